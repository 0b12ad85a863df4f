"""The small widgets: what they say is also said to a screen reader, and nothing is clipped."""

import itertools

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetrics
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QPlainTextEdit, QPushButton, QWidget

from tailwise.domain.errors import UserError
from tailwise.gui import theme as th
from tailwise.gui.panes import move_pane
from tailwise.gui.widgets.banner import Banner
from tailwise.gui.widgets.elided_label import ElidedLabel
from tailwise.gui.widgets.empty_state import EmptyState, StateStack
from tailwise.gui.widgets.inspector import Inspector
from tailwise.gui.widgets.kpi import KpiRow, KpiTile
from tailwise.gui.widgets.rail import Rail

ENTRIES = [("start", "Start", "start"), ("data", "Data", "data"), ("counts", "Counts", "counts")]


@pytest.fixture
def shown(qtbot):
    def show(widget, width=600, height=300):
        qtbot.addWidget(widget)
        widget.resize(width, height)
        with qtbot.waitActive(widget):
            widget.show()
            widget.activateWindow()
        return widget

    return show


def test_figure_has_its_unit_and_tells_it_to_a_screen_reader(shown):
    tile = shown(KpiTile("images"), 200, 90)

    tile.set_value(1_000_000, note="92 % labelled")

    assert tile.figure() == "1,000,000"
    assert tile.accessibleName() == "1,000,000 images"
    assert tile.accessibleDescription() == "92 % labelled"
    needed = QFontMetrics(th.larger(tile.font(), 8, bold=True)).horizontalAdvance("1,000,000")
    assert tile.minimumSizeHint().width() > needed


def test_unknown_figure_is_a_dash_and_a_single_one_can_have_a_singular(shown):
    tile = shown(KpiTile("findings"), 200, 90)
    tile.set_value(None)
    assert tile.accessibleName() == "– findings"

    tile.set_value(1)
    tile.set_unit("finding")
    assert tile.accessibleName() == "1 finding"


def test_tile_is_pressed_by_mouse_and_by_key_and_looks_different_with_focus(qtbot, shown):
    row = shown(KpiRow((KpiTile("images"), KpiTile("objects"))), 500, 90)
    first, second = row.findChildren(KpiTile)
    pressed = []
    first.clicked.connect(lambda: pressed.append("first"))

    second.setFocus()
    without = first.grab().toImage()
    qtbot.mouseClick(first, Qt.MouseButton.LeftButton)
    first.setFocus()
    QTest.keyClick(first, Qt.Key.Key_Space)

    assert pressed == ["first", "first"]
    assert first.hasFocus()
    assert first.grab().toImage() != without
    assert second.height() == first.height()


def test_tiles_take_two_rows_where_one_is_too_narrow_and_none_is_clipped(qtbot, shown):
    row = shown(KpiRow(tuple(KpiTile("annotated pixels") for _ in range(6))), 1200, 90)
    tiles = row.findChildren(KpiTile)
    for tile in tiles:
        tile.set_value(10_000_000)
    qtbot.waitUntil(lambda: len({tile.y() for tile in tiles}) == 1)

    row.resize(600, 180)
    qtbot.waitUntil(lambda: len({tile.y() for tile in tiles}) == 2)

    assert all(tile.width() >= tile.sizeHint().width() for tile in tiles)
    assert row.sizeHint().height() > 1.5 * tiles[0].sizeHint().height()


@pytest.mark.parametrize("tone", ["ok", "warn", "alert"])
def test_tone_is_a_sign_and_not_only_a_colour(shown, tone):
    tile = shown(KpiTile("findings"), 200, 90)
    tile.set_value(3)
    plain = tile._marked()

    tile.set_value(3, tone=tone)

    assert tile._marked() != plain


def test_banner_shows_one_sentence_and_its_own_actions(qtbot, shown):
    banner = shown(Banner())
    banner.show_text("First.", tone="warn")
    banner.add_action("Show log", banner.dismiss)
    banner.show_text("Second.")

    assert banner.text() == "Second."
    assert [b for b in banner.findChildren(QPushButton) if b.isVisibleTo(banner)] == []

    with qtbot.waitSignal(banner.dismissed):
        banner.dismiss()
    assert not banner.isVisible()


def test_empty_state_has_room_for_a_wrapped_text(shown):
    state = shown(EmptyState(), 900, 500)
    state.set_texts("No data yet", "Import a folder. " * 12, "Import…", "Try the demo")

    label = next(each for each in state.findChildren(QLabel) if each.text().startswith("Import a folder"))
    assert label.height() >= label.heightForWidth(label.width())
    assert [b.text() for b in state.findChildren(QPushButton) if b.isVisible()] == ["Import…", "Try the demo"]


@pytest.fixture
def stack(shown):
    return shown(StateStack(QLabel("content"), "data"))


def test_page_goes_through_its_four_states(qtbot, stack):
    stack.show_content()
    assert stack.state == "content"

    stack.show_empty("No data yet", "Import something.", "Import…")
    assert stack.state == "empty"

    stack.show_loading()
    qtbot.waitUntil(lambda: stack.state == "loading", timeout=5000)

    stack.show_error(UserError("The file is gone", "Put it back", "errno 2"), "Counts still work.")
    assert stack.state == "error"


def test_content_stays_while_it_is_loaded_again(qtbot, stack):
    stack.show_content()

    stack.show_loading()
    stack.show_content()

    assert stack.state == "content"
    assert not stack._patience.isActive()


def test_error_says_what_and_what_to_do_and_can_be_retried_and_copied(qtbot, qapp, stack):
    stack.show_error(UserError("The file is gone", "Put it back", "errno 2"), "Counts still work.")
    texts = [label.text() for label in stack.findChildren(QLabel) if label.isVisible()]
    assert "The file is gone." in texts
    assert "Put it back.\nCounts still work." in texts

    buttons = {b.text(): b for b in stack.findChildren(QPushButton) if b.isVisible()}
    with qtbot.waitSignal(stack.retry_clicked):
        qtbot.mouseClick(buttons["Retry"], Qt.MouseButton.LeftButton)
    qtbot.mouseClick(buttons["Copy details"], Qt.MouseButton.LeftButton)

    assert qapp.clipboard().text() == "The file is gone.\nPut it back.\nerrno 2"


def test_bug_is_not_told_in_its_own_words_but_can_be_copied(qtbot, qapp, stack):
    stack.show_error(KeyError("internal name"))

    shown = " ".join(label.text() for label in stack.findChildren(QLabel) if label.isVisible())
    assert "internal name" not in shown
    stack._copy_details()
    assert "internal name" in qapp.clipboard().text()


def test_inspector_shows_a_thing_and_forgets_it(qtbot, shown):
    inspector = shown(Inspector("Nothing selected."), 300, 500)
    pressed = []
    tile = KpiTile("x", inspector)
    tile.clicked.connect(lambda: pressed.append(1))

    inspector.show_thing(
        "YO-02",
        subtitle="warning",
        facts=(("Places", "12"),),
        text="A <b>class</b> without a name.",
        lines=("labels/a.txt:3", "labels/b.txt:1"),
        actions=(("Show items", tile.click),),
    )
    body = inspector.widget()
    texts = [label.text() for label in body.findChildren(QLabel)]
    assert texts == ["YO-02", "warning", "Places", "12", "A <b>class</b> without a name."]
    assert all(label.textFormat() == Qt.TextFormat.PlainText for label in body.findChildren(QLabel))
    assert body.findChild(QPlainTextEdit).toPlainText() == "labels/a.txt:3\nlabels/b.txt:1"
    body.findChild(QPushButton).click()
    assert pressed == [1]

    inspector.clear()
    assert [label.text() for label in inspector.widget().findChildren(QLabel)] == ["Nothing selected."]


def test_long_path_is_shortened_in_the_middle_and_whole_in_the_tooltip(shown):
    label = shown(ElidedLabel(Qt.TextElideMode.ElideMiddle), 120, 20)
    path = "/home/lead/projects/2026/street/roadscenes.tailwise"

    label.set_whole_text(path)

    assert label.text() != path
    assert label.text().endswith("wise")
    assert label.toolTip() == label.accessibleName() == label.whole_text() == path
    label.resize(900, 20)
    assert (label.text(), label.toolTip()) == (path, "")


@pytest.fixture
def rail(shown):
    return shown(Rail(ENTRIES), 168, 300)


def test_rail_goes_to_the_page_that_is_clicked(qtbot, rail):
    with qtbot.waitSignal(rail.page_chosen) as chosen:
        qtbot.mouseClick(rail.findChild(QWidget, "rail-counts"), Qt.MouseButton.LeftButton)

    assert chosen.args == ["counts"]


def test_arrows_walk_the_rail_and_skip_what_is_forbidden(rail):
    rail.set_enabled(["data"], is_enabled=False)
    start = rail.findChild(QWidget, "rail-start")
    start.setFocus()

    QTest.keyClick(start, Qt.Key.Key_Down)

    assert rail.findChild(QWidget, "rail-counts").hasFocus()
    QTest.keyClick(rail.findChild(QWidget, "rail-counts"), Qt.Key.Key_Down)
    assert start.hasFocus()


def test_rows_of_the_rail_do_not_overlap_and_collapse(rail):
    buttons = [rail.findChild(QWidget, f"rail-{key}") for key, _, _ in ENTRIES]
    for above, below in itertools.pairwise(buttons):
        assert above.geometry().bottom() < below.geometry().top()

    rail.set_collapsed(is_collapsed=True)

    assert rail.width() == th.RAIL_COLLAPSED_WIDTH


def test_ring_of_the_rail_is_for_the_keyboard(qtbot, rail):
    data = rail.findChild(QWidget, "rail-data")
    plain = data.grab().toImage()

    data.setFocus(Qt.FocusReason.MouseFocusReason)
    assert data.grab().toImage() == plain
    data.clearFocus()
    data.setFocus(Qt.FocusReason.TabFocusReason)
    assert data.grab().toImage() != plain


def test_page_that_is_not_listed_leaves_the_mark_where_it_was(rail):
    rail.set_current("counts")
    rail.set_current("items")

    assert rail.findChild(QWidget, "rail-counts").isChecked()


def test_f6_moves_between_panes_and_back(qtbot, shown):
    window = QWidget()
    panes = [QWidget(window) for _ in range(3)]
    layout = QHBoxLayout(window)
    for pane in panes:
        layout.addWidget(pane)
        QHBoxLayout(pane).addWidget(QLineEdit(pane))
    shown(window)
    panes[1].hide()
    first, last = panes[0].findChild(QLineEdit), panes[2].findChild(QLineEdit)
    first.setFocus()

    move_pane(panes, 1)
    assert last.hasFocus()
    move_pane(panes, 1)
    assert first.hasFocus()
    move_pane(panes, -1)
    assert last.hasFocus()
