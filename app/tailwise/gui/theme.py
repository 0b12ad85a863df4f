"""Colours, spacing and fonts of the window, and the palettes data is drawn with.

`QStyleHints.setColorScheme` does nothing on platforms without a desktop theme, so light and dark are two palettes of
our own on the Fusion style. Widgets ask `Theme.of(self.palette())` when they paint, and hear of a change through
`changeEvent(PaletteChange)`; there is no global theme object.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QGuiApplication, QPalette

from tailwise.resource_files import resource_path

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication, QWidget

Rgb = tuple[int, int, int]

SPACE_XS: Final = 4
SPACE_S: Final = 8
SPACE_M: Final = 12
SPACE_L: Final = 16
SPACE_XL: Final = 24
RADIUS: Final = 6
ROW_HEIGHT: Final = 30
COMPACT_ROW_HEIGHT: Final = 24
RAIL_WIDTH: Final = 168
RAIL_COLLAPSED_WIDTH: Final = 56
RAIL_COLLAPSES_BELOW: Final = 1100
INSPECTOR_WIDTH: Final = 280
FOCUS_WIDTH: Final = 2

_STYLED: Final = "tailwiseStyled"
_SHOWN: Final = "tailwiseTheme"


class Scheme(StrEnum):
    """What the user chose."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


class Data:
    """Okabe-Ito colours (2008), told apart with any colour vision; always with a sign or a word beside them."""

    BLUE: Final = "#0072B2"  # head
    SKY: Final = "#56B4E9"  # mid
    VERMILLION: Final = "#D55E00"  # tail, alert
    GREEN: Final = "#009E73"  # met
    ORANGE: Final = "#E69F00"  # warning
    PURPLE: Final = "#CC79A7"  # zero
    YELLOW: Final = "#F0E442"
    BLACK: Final = "#000000"
    CATEGORIES: Final = (BLUE, ORANGE, GREEN, VERMILLION, SKY, PURPLE, YELLOW, BLACK)


_CIVIDIS_ANCHORS: Final = (
    "00204d 002b67 00356e 28406c 3d4a6b 4d556c 5b606e 696b71 767676"
    " 848179 928d78 a19976 b1a573 c1b26d d1bf66 e2cd5c f3db4f ffea46"
)


def _interpolated(anchors: str) -> tuple[Rgb, ...]:
    """Return 256 colours through 18 evenly spaced hexadecimal anchors."""
    points = [tuple(bytes.fromhex(anchor)) for anchor in anchors.split()]
    step = 255 // (len(points) - 1)
    colours: list[Rgb] = []
    for low, high in pairwise(points):
        for k in range(step):
            red, green, blue = (round(a + (b - a) * k / step) for a, b in zip(low, high, strict=True))
            colours.append((red, green, blue))
    last = points[-1]
    return (*colours, (last[0], last[1], last[2]))


CIVIDIS: Final = _interpolated(_CIVIDIS_ANCHORS)
"""Sequential colours, dark blue to yellow, even for colour-blind eyes (Nuñez, Anderton and Renslow 2018). Between the
anchors we interpolate: at most 6 of 255 levels from the published table."""


@dataclass(frozen=True, slots=True)
class Theme:
    """The colours of one scheme as "#RRGGBB". Every text colour reads at 4.5:1 or better on every surface."""

    name: str
    is_dark: bool
    # Surfaces
    window: str
    base: str
    alternate: str
    hover: str
    selection: str
    # Text
    text: str
    muted: str
    link: str
    ok: str
    warn: str
    alert: str
    # Lines and fills
    line: str
    strong_line: str
    accent: str
    accent_text: str
    focus: str
    disabled: str

    @staticmethod
    def of(palette: QPalette) -> Theme:
        """Return the theme that a widget with this palette is shown in."""
        return DARK if palette.color(QPalette.ColorRole.Window).lightness() < 128 else LIGHT

    def surfaces(self) -> dict[str, str]:
        """Return the colours text is put on, by name."""
        return {name: getattr(self, name) for name in ("window", "base", "alternate", "hover", "selection")}

    def inks(self) -> dict[str, str]:
        """Return the colours text is written in, by name."""
        return {name: getattr(self, name) for name in ("text", "muted", "link", "ok", "warn", "alert")}


LIGHT: Final = Theme(
    name="light",
    is_dark=False,
    window="#F4F5F7",
    base="#FFFFFF",
    alternate="#F8F9FB",
    hover="#E9ECF0",
    selection="#D6E6F5",
    text="#1B1F24",
    muted="#58616C",
    link="#0B5CA0",
    ok="#00694A",
    warn="#7A5000",
    alert="#A83E00",
    line="#C9CED6",
    strong_line="#8A94A0",
    accent="#0B62A8",
    accent_text="#FFFFFF",
    focus="#0B62A8",
    disabled="#8A929B",
)

DARK: Final = Theme(
    name="dark",
    is_dark=True,
    window="#1E2227",
    base="#16191D",
    alternate="#1B1F24",
    hover="#2A3037",
    selection="#1F3C57",
    text="#E6E9EC",
    muted="#A3ADB8",
    link="#6CB6FF",
    ok="#4CC9A0",
    warn="#F0B840",
    alert="#FF9457",
    line="#3A414A",
    strong_line="#6B7683",
    accent="#2B76B5",
    accent_text="#FFFFFF",
    focus="#6CB6FF",
    disabled="#7B848E",
)


def contrast(first: str, second: str) -> float:
    """Return the WCAG 2 contrast ratio of two "#RRGGBB" colours, 1..21."""
    lighter, darker = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def text_on(background: Rgb) -> str:
    """Return black or white, whichever reads better on `background`.

    >>> text_on((255, 234, 70)), text_on((0, 32, 77))
    ('#000000', '#FFFFFF')
    """
    colour = "#{:02X}{:02X}{:02X}".format(*background)
    return max(("#000000", "#FFFFFF"), key=lambda ink: contrast(ink, colour))


def cividis(fraction: float) -> Rgb:
    """Return the colour at `fraction` of the scale; values outside 0..1 are clamped."""
    return CIVIDIS[round(min(1.0, max(0.0, fraction)) * 255)]


def palette_of(theme: Theme) -> QPalette:
    """Return the Qt palette of a theme, with its disabled group, links and tooltips."""
    role = QPalette.ColorRole
    palette = QPalette()
    for colour, roles in (
        (theme.window, (role.Window, role.Button)),
        (theme.base, (role.Base,)),
        (theme.alternate, (role.AlternateBase,)),
        (theme.text, (role.WindowText, role.Text, role.ButtonText, role.ToolTipText)),
        (theme.hover, (role.ToolTipBase, role.Midlight)),
        (theme.muted, (role.PlaceholderText,)),
        (theme.accent, (role.Highlight, role.Accent)),
        (theme.accent_text, (role.HighlightedText, role.BrightText)),
        (theme.link, (role.Link, role.LinkVisited)),
        (theme.line, (role.Mid,)),
        (theme.strong_line, (role.Dark,)),
        (theme.base, (role.Light,)),
        ("#000000", (role.Shadow,)),
    ):
        for each in roles:
            palette.setColor(each, QColor(colour))
    for each in (role.WindowText, role.Text, role.ButtonText, role.HighlightedText):
        palette.setColor(QPalette.ColorGroup.Disabled, each, QColor(theme.disabled))
    palette.setColor(QPalette.ColorGroup.Disabled, role.Highlight, QColor(theme.hover))
    return palette


def apply_scheme(app: QApplication, scheme: Scheme) -> Theme:
    """Show `app` in a scheme and return the theme that came of it. SYSTEM is light where the platform says nothing."""
    hints = QGuiApplication.styleHints()
    wanted = {Scheme.LIGHT: Qt.ColorScheme.Light, Scheme.DARK: Qt.ColorScheme.Dark}
    hints.setColorScheme(wanted.get(scheme, Qt.ColorScheme.Unknown))
    is_dark = scheme is Scheme.DARK or (scheme is Scheme.SYSTEM and hints.colorScheme() == Qt.ColorScheme.Dark)
    theme = DARK if is_dark else LIGHT
    if app.property(_STYLED) is None:  # a style that is set polishes every widget anew
        app.setStyle("Fusion")
        app.setProperty(_STYLED, True)
    if app.property(_SHOWN) == theme.name:
        return theme
    app.setProperty(_SHOWN, theme.name)
    app.setPalette(palette_of(theme))
    app.setStyleSheet(_style_sheet(theme))
    return theme


def larger(font: QFont, points: float, *, bold: bool = False) -> QFont:
    """Return a copy of `font`, `points` larger; figures keep one width so that numbers do not dance."""
    copy = QFont(font)
    copy.setPointSizeF(max(6.0, font.pointSizeF() + points))
    if bold:
        copy.setWeight(QFont.Weight.DemiBold)
    return tabular(copy)


def tabular(font: QFont) -> QFont:
    """Return a copy of `font` whose digits have one width, for columns of numbers."""
    copy = QFont(font)
    copy.setFeature(QFont.Tag("tnum"), 1)
    return copy


def set_role(widget: QWidget, role: str) -> None:
    """Give a widget another role of the style sheet, also while it is shown; empty for none."""
    widget.setProperty("role", role)
    widget.style().unpolish(widget)
    widget.style().polish(widget)


def _style_sheet(theme: Theme) -> str:
    """Return the little that palettes cannot say; kept short because style sheets fight item views."""
    return f"""
QToolTip {{ color: {theme.text}; background: {theme.hover}; border: 1px solid {theme.line}; padding: 4px; }}
QLabel[role="muted"] {{ color: {theme.muted}; }}
QLabel[role="alert"] {{ color: {theme.alert}; }}
QLabel[role="ok"] {{ color: {theme.ok}; }}
QFrame[role="card"] {{ background: {theme.base}; border: 1px solid {theme.line}; border-radius: {RADIUS}px; }}
QFrame[role="bar"] {{ background: {theme.window}; border: none; border-bottom: 1px solid {theme.line}; }}
QPushButton {{ padding: 5px 14px; min-height: 18px; border: 1px solid {theme.strong_line}; border-radius: {RADIUS}px;
  background: {theme.base}; }}
QPushButton:hover {{ background: {theme.hover}; }}
QPushButton:pressed {{ background: {theme.selection}; }}
QPushButton:disabled {{ color: {theme.disabled}; border-color: {theme.line}; }}
QPushButton[role="primary"] {{ background: {theme.accent}; color: {theme.accent_text}; border-color: {theme.accent}; }}
QPushButton[role="primary"]:disabled {{ background: {theme.hover}; color: {theme.disabled};
  border-color: {theme.line}; }}
QPushButton[role="link"] {{ border: none; background: transparent; color: {theme.link}; padding: 2px 4px; }}
QPushButton[role="link"]:hover {{ text-decoration: underline; }}
QPushButton:focus {{ border: {FOCUS_WIDTH}px solid {theme.focus}; padding: 4px 13px; }}
QPushButton[role="primary"]:focus {{ border: {FOCUS_WIDTH}px solid {theme.text}; }}
QPushButton[role="link"]:focus {{ border: {FOCUS_WIDTH}px solid {theme.focus}; padding: 0px 2px; }}
QLineEdit, QPlainTextEdit, QTextEdit {{ background: {theme.base}; border: 1px solid {theme.strong_line};
  border-radius: {RADIUS}px; padding: 4px 6px; }}
QLineEdit {{ min-height: 20px; }}
QLineEdit:focus, QPlainTextEdit:focus, QTextEdit:focus {{ border: {FOCUS_WIDTH}px solid {theme.focus};
  padding: 3px 5px; }}
QLineEdit:disabled {{ color: {theme.disabled}; border-color: {theme.line}; }}
QAbstractSpinBox {{ background: {theme.base}; border: 1px solid {theme.strong_line}; border-radius: {RADIUS}px;
  padding: 3px; min-height: 20px; qproperty-alignment: 'AlignRight | AlignVCenter'; }}
QAbstractSpinBox:focus {{ border: {FOCUS_WIDTH}px solid {theme.focus}; padding: 2px; }}
QAbstractSpinBox:disabled {{ color: {theme.disabled}; border-color: {theme.line}; }}
QAbstractSpinBox::up-button, QAbstractSpinBox::down-button {{ subcontrol-origin: border; width: 18px; border: none;
  background: transparent; }}
QAbstractSpinBox::up-button {{ subcontrol-position: top right; margin: 2px 2px 0 0; }}
QAbstractSpinBox::down-button {{ subcontrol-position: bottom right; margin: 0 2px 2px 0; }}
QAbstractSpinBox::up-button:hover, QAbstractSpinBox::down-button:hover {{ background: {theme.hover}; }}
QAbstractSpinBox::up-arrow {{ width: 10px; height: 10px; {_picture("chevron-up-grey")} }}
QAbstractSpinBox::down-arrow {{ width: 10px; height: 10px; {_picture("chevron-grey")} }}
QComboBox {{ background: {theme.base}; border: 1px solid {theme.strong_line}; border-radius: {RADIUS}px;
  padding: 4px 8px; min-height: 20px; }}
QComboBox:focus {{ border: {FOCUS_WIDTH}px solid {theme.focus}; padding: 3px 7px; }}
QComboBox:disabled {{ color: {theme.disabled}; border-color: {theme.line}; }}
QComboBox::drop-down, QDateEdit::drop-down {{ border: none; background: transparent; width: 22px; }}
QComboBox::down-arrow, QDateEdit::down-arrow {{ width: 14px; height: 14px; {_picture("chevron-grey")} }}
QComboBox QAbstractItemView {{ background: {theme.base}; border: 1px solid {theme.line};
  selection-background-color: {theme.selection}; selection-color: {theme.text}; }}
QCheckBox::indicator, QRadioButton::indicator {{ width: 14px; height: 14px; border: 1px solid {theme.strong_line};
  border-radius: 3px; background: {theme.base}; }}
QRadioButton::indicator {{ border-radius: 8px; }}
QCheckBox::indicator:checked {{ background: {theme.accent}; border-color: {theme.accent};
  {_picture("tick-on-accent")} }}
QRadioButton::indicator:checked {{ border: 5px solid {theme.accent}; width: 6px; height: 6px; }}
QCheckBox::indicator:focus, QRadioButton::indicator:focus {{ border: {FOCUS_WIDTH}px solid {theme.focus}; }}
QCheckBox:focus, QRadioButton:focus {{ color: {theme.link}; }}
QLabel[role="badge"] {{ color: {theme.warn}; border: 1px solid {theme.warn}; border-radius: 4px; padding: 1px 6px; }}
QHeaderView::section {{ background: {theme.window}; color: {theme.muted}; border: none; padding: 4px 8px;
  border-bottom: 1px solid {theme.line}; }}
QTableView {{ gridline-color: {theme.line}; selection-background-color: {theme.selection};
  selection-color: {theme.text}; border: 1px solid {theme.line}; border-radius: {RADIUS}px; }}
QTableView:focus {{ border: {FOCUS_WIDTH}px solid {theme.focus}; }}
QSplitter::handle {{ background: transparent; }}
QAbstractScrollArea::corner {{ background: transparent; border: none; }}
QScrollBar {{ background: transparent; width: 12px; height: 12px; }}
QScrollBar::handle {{ background: {theme.strong_line}; border-radius: 4px; margin: 2px; min-width: 24px;
  min-height: 24px; }}
QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}
"""


def _picture(name: str) -> str:
    """Return a picture for the style sheet, which takes files only and cannot tint them; nothing if not shipped."""
    try:
        path = resource_path(f"icons/{name}.svg").as_posix()
    except FileNotFoundError:
        return ""
    return f'image: url("{path}");'


def _luminance(colour: str) -> float:
    linear = [
        channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4
        for channel in (int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5))
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
