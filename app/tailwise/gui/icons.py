"""One-colour SVG icons, drawn in the colour of the text they stand beside."""

from __future__ import annotations

import logging
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QAction, QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QAbstractButton

from tailwise.resource_files import resource_path

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from tailwise.gui.theme import Theme

SIZES: Final = (16, 32, 48)
"""Side in device pixels: what buttons and menus show at the scales 1, 2 and 3."""

_PROPERTY: Final = "iconName"
_LOG = logging.getLogger(__name__)


@lru_cache(maxsize=512)
def pixmap(name: str, colour: str, side: int) -> QPixmap | None:
    """Draw an icon into a square of `side` device pixels; None when no such icon is shipped."""
    try:
        svg = resource_path(f"icons/{name}.svg").read_text(encoding="utf-8")
    except FileNotFoundError:
        _LOG.debug("no icon called %s", name)
        return None
    renderer = QSvgRenderer(QByteArray(svg.replace("currentColor", colour).encode()))
    result = QPixmap(side, side)
    result.fill(Qt.GlobalColor.transparent)
    painter = QPainter(result)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    renderer.setAspectRatioMode(Qt.AspectRatioMode.KeepAspectRatio)
    renderer.render(painter, QRectF(0, 0, side, side))
    painter.end()
    return result


def icon(name: str, theme: Theme, ink: str = "") -> QIcon:
    """Return an icon in `ink`, by default the theme's text; an empty one if none is shipped, so that text stands alone.

    Args:
        name: file name below `resources/icons` without its suffix.
        theme: gives the colours of the normal and the disabled state.
        ink: another "#RRGGBB" for the normal state.
    """
    result = QIcon()
    for mode, colour in (
        (QIcon.Mode.Normal, ink or theme.text),
        (QIcon.Mode.Disabled, theme.disabled),
    ):
        for side in SIZES:
            drawn = pixmap(name, colour, side)
            if drawn is None:
                return QIcon()
            result.addPixmap(drawn, mode)
    return result


def set_icon(target: QAbstractButton | QAction, name: str, theme: Theme) -> None:
    """Give a button or action an icon that `retint` will find again."""
    target.setProperty(_PROPERTY, name)
    target.setIcon(icon(name, theme, _ink_of(target, theme)))


def retint(root: QWidget, theme: Theme) -> None:
    """Draw every icon set by `set_icon` below `root` in the colours of `theme`."""
    for target in (*root.findChildren(QAbstractButton), *root.findChildren(QAction)):
        name = target.property(_PROPERTY)
        if isinstance(name, str) and name:
            target.setIcon(icon(name, theme, _ink_of(target, theme)))


def _ink_of(target: QAbstractButton | QAction, theme: Theme) -> str:
    """Return the colour of the text an icon stands beside."""
    return theme.accent_text if target.property("role") == "primary" else theme.text
