"""Colours: everything reads, in both schemes, and the switch works where the platform gives none."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QPushButton, QWidget

from tailwise.gui import theme as th
from tailwise.gui.appearance import Appearance
from tailwise.gui.icons import icon, pixmap, retint, set_icon

THEMES = pytest.mark.parametrize("theme", [th.LIGHT, th.DARK], ids=lambda t: t.name)
Role = QPalette.ColorRole


@THEMES
def test_every_ink_reads_on_every_surface(theme):
    worst = {
        (ink, surface): th.contrast(colour, background)
        for ink, colour in theme.inks().items()
        for surface, background in theme.surfaces().items()
    }

    assert {pair: ratio for pair, ratio in worst.items() if ratio < 4.5} == {}


@THEMES
def test_text_on_the_accent_reads_and_the_focus_ring_stands_out(theme):
    assert th.contrast(theme.accent_text, theme.accent) >= 4.5
    for surface in theme.surfaces().values():
        assert th.contrast(theme.focus, surface) >= 3.0


@THEMES
def test_every_palette_pair_reads(theme):
    palette = th.palette_of(theme)
    pairs = [
        (Role.WindowText, Role.Window),
        (Role.Text, Role.Base),
        (Role.Text, Role.AlternateBase),
        (Role.ButtonText, Role.Button),
        (Role.ToolTipText, Role.ToolTipBase),
        (Role.HighlightedText, Role.Highlight),
        (Role.Link, Role.Base),
        (Role.Link, Role.Window),
        (Role.LinkVisited, Role.Base),
        (Role.PlaceholderText, Role.Base),
    ]

    for ink, surface in pairs:
        assert th.contrast(palette.color(ink).name(), palette.color(surface).name()) >= 4.5, (ink, surface)


def test_contrast_of_black_and_white_is_21():
    assert th.contrast("#000000", "#FFFFFF") == pytest.approx(21.0)
    assert th.contrast("#777777", "#777777") == pytest.approx(1.0)


def test_switching_the_scheme_changes_the_palette_although_the_platform_ignores_it(qapp):
    th.apply_scheme(qapp, th.Scheme.DARK)
    dark = qapp.palette().color(Role.Window).name().upper()
    th.apply_scheme(qapp, th.Scheme.LIGHT)

    assert (dark, qapp.palette().color(Role.Window).name().upper()) == (th.DARK.window, th.LIGHT.window)
    assert th.Theme.of(qapp.palette()) is th.LIGHT


def test_system_is_light_where_the_desktop_says_nothing(qapp):
    assert th.apply_scheme(qapp, th.Scheme.SYSTEM) is th.LIGHT


def test_cividis_is_the_published_table_within_six_levels():
    import pyqtgraph

    published = pyqtgraph.colormap.get("cividis").getLookupTable(0, 1, 256, alpha=False).astype(int)
    ours = np.array(th.CIVIDIS)

    assert ours.shape == (256, 3)
    assert np.abs(ours - published).max() <= 6
    assert np.abs(ours - published).mean() < 0.5


def test_cividis_grows_lighter_all_the_way():
    luminance = [th._luminance("#{:02X}{:02X}{:02X}".format(*colour)) for colour in th.CIVIDIS]

    assert luminance[0] < luminance[-1]
    assert all(b >= a - 1e-3 for a, b in itertools.pairwise(luminance))


@given(st.floats(allow_nan=False))
def test_scale_takes_any_number(fraction):
    assert th.cividis(fraction) in th.CIVIDIS


@given(st.tuples(*[st.integers(0, 255)] * 3))
def test_text_on_any_colour_reads(colour):
    assert th.contrast(th.text_on(colour), "#{:02X}{:02X}{:02X}".format(*colour)) >= 4.5


def test_larger_font_keeps_figures_of_one_width(qapp):
    font = th.larger(qapp.font(), 8, bold=True)

    assert font.pointSizeF() == pytest.approx(qapp.font().pointSizeF() + 8)
    assert font.bold() or font.weight() > 500


def test_icon_is_drawn_in_the_colour_asked_for(qapp):
    drawn = pixmap("tick-on-accent", "#FF0000", 32)

    assert drawn.width() == 32
    image = drawn.toImage()
    inks = {image.pixelColor(x, y).name() for x in range(32) for y in range(32) if image.pixelColor(x, y).alpha() > 250}
    assert inks == {"#ffffff"}  # this one names its colour; others take the one asked for


def test_missing_icon_leaves_the_text_alone(qtbot):
    button = QPushButton("Open")
    qtbot.addWidget(button)

    set_icon(button, "no-such-icon", th.LIGHT)

    assert button.icon().isNull()
    assert pixmap("no-such-icon", "#000000", 16) is None


def test_icons_are_tinted_anew_for_another_theme(qtbot, monkeypatch, tmp_path):
    svg = tmp_path / "probe.svg"
    svg.write_text(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><rect width="8" height="8" fill="currentColor"/></svg>'
    )
    monkeypatch.setattr("tailwise.gui.icons.resource_path", lambda relative: svg)
    root = QWidget()
    qtbot.addWidget(root)
    button = QPushButton(root)

    set_icon(button, "probe", th.LIGHT)
    light = button.icon().pixmap(16, 16).toImage().pixelColor(8, 8)
    retint(root, th.DARK)
    dark = button.icon().pixmap(16, 16).toImage().pixelColor(8, 8)

    assert light == QColor(th.LIGHT.text)
    assert dark == QColor(th.DARK.text)
    assert not icon("probe", th.DARK).isNull()


def test_appearance_follows_the_setting_and_toggles(qtbot, qapp, settings):
    from tailwise.gui.actions import ActionRegistry, ActionSpec
    from tailwise.gui.settings import SCHEME

    window = QWidget()
    qtbot.addWidget(window)
    registry = ActionRegistry(window)
    window.show()
    appearance = Appearance(settings, registry, window)
    for scheme in th.Scheme:
        registry.add(ActionSpec(f"view.{scheme}", scheme, "View"), appearance.choose_by_action).setCheckable(True)

    registry.action("view.dark").trigger()
    assert (settings.text(SCHEME), th.Theme.of(window.palette())) == ("dark", th.DARK)
    assert registry.action("view.dark").isChecked()

    appearance.toggle()
    assert (settings.text(SCHEME), th.Theme.of(window.palette())) == ("light", th.LIGHT)
