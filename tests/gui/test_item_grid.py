"""The grid of items: any number of them, walked by keyboard, pictures for what is visible and nothing else."""

from array import array

import cv2
import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QGuiApplication
from PySide6.QtTest import QTest

from builders import a_project, a_source
from tailwise.domain.coverage import AnnotationView, ItemFilter
from tailwise.gui.models.item_grid import PAGE, ItemGridModel
from tailwise.gui.navigation import ShowItems
from tailwise.gui.pages.items import ItemsPage
from tailwise.gui.theme import LIGHT
from tailwise.gui.widgets.item_grid import ItemGridView
from tailwise.gui.widgets.item_tile import box_area, fitted
from tailwise.gui.widgets.item_view import ItemView
from tailwise.gui.widgets.thumb_loader import Thumb, ThumbLoader, ThumbState

WAIT = 20_000


@pytest.fixture
def project_path(tmp_path):
    """Three pictures, one broken and one missing file, one of them lit at night."""
    root = tmp_path / "set"
    root.mkdir()
    for name in ("a.jpg", "b.jpg", "c.jpg"):
        cv2.imwrite(str(root / name), np.full((80, 100, 3), 90, np.uint8))
    (root / "broken.jpg").write_text("no picture")
    data = a_source(
        {"a.jpg": {"car": 2}, "b.jpg": {"car": 1, "bus": 1}, "c.jpg": {}, "broken.jpg": {"bus": 1}},
        root=str(root),
        conditions={"lighting": {"a.jpg": "day", "b.jpg": "night"}},
    )
    path = tmp_path / "small.tailwise"
    a_project(path, data).close()
    return path


@pytest.fixture
def page(qtbot, opened):
    page = ItemsPage(opened)
    qtbot.addWidget(page)
    page.resize(1000, 600)
    page.show()
    return page


def settle(qtbot, page):
    qtbot.waitUntil(lambda: page.states.state in {"content", "empty", "error"}, timeout=WAIT)
    qtbot.waitUntil(lambda: page._session.runner.is_idle, timeout=WAIT)


def test_the_model_keeps_qts_rules(qtbot, opened, qtmodeltester):
    model = ItemGridModel(opened)
    model.set_ids(range(1, 12))
    model.set_columns(4)

    qtmodeltester.check(model)
    qtbot.waitUntil(lambda: opened.runner.is_idle, timeout=WAIT)

    assert (model.rowCount(), model.columnCount()) == (3, 4)
    assert model.position_of(model.index(2, 2)) == 10
    assert model.position_of(model.index(2, 3)) == -1
    assert not model.flags(model.index(2, 3))


def test_a_million_items_are_shown_at_once_and_only_visible_pages_are_fetched(qtbot, opened):
    model = ItemGridModel(opened)
    model.set_ids(array("q", range(1_000_000)))
    fetched = []
    model.page_loaded.connect(lambda first, last: fetched.append(first // PAGE))
    view = ItemGridView(model, ThumbLoader(opened))
    qtbot.addWidget(view)
    view.resize(900, 600)
    view.show()

    view.grab()
    view.setFocus()
    view.go_to(0)
    QTest.keyClick(view, Qt.Key.Key_End)
    view.grab()
    qtbot.waitUntil(lambda: opened.runner.is_idle and len(fetched) > 1, timeout=WAIT)

    assert view.current_position() == 999_999
    assert set(fetched) <= {0, 1_000_000 // PAGE, 1_000_000 // PAGE - 1}


def test_keys_walk_over_the_ends_of_rows_and_resizing_keeps_the_item(qtbot, opened):
    model = ItemGridModel(opened)
    model.set_ids(range(1, 31))
    view = ItemGridView(model, ThumbLoader(opened))
    qtbot.addWidget(view)
    view.resize(700, 500)
    view.show()
    view.setFocus()
    view.go_to(0)
    columns = model.columnCount()

    for _ in range(columns):
        QTest.keyClick(view, Qt.Key.Key_Right)
    assert view.current_position() == columns, "right of the last tile in a row is the first of the next"
    QTest.keyClick(view, Qt.Key.Key_Left)
    QTest.keyClick(view, Qt.Key.Key_Down)
    assert view.current_position() == 2 * columns - 1
    view.resize(400, 500)
    assert model.columnCount() < columns
    assert view.current_position() == 2 * columns - 1
    QTest.keyClick(view, Qt.Key.Key_End)
    QTest.keyClick(view, Qt.Key.Key_Down)
    assert view.current_position() == 29
    QTest.keyClick(view, Qt.Key.Key_Plus)
    assert view.current_position() == 29
    qtbot.waitUntil(lambda: opened.runner.is_idle, timeout=WAIT)


def test_the_page_says_in_its_title_what_the_number_is(qtbot, page):
    page.open_payload(ShowItems(ItemFilter((("lighting", "night"),), ("car",))))
    settle(qtbot, page)

    assert page.heading.text() == "1 image with car, lighting night"
    assert [chip.text for chip in page.filter_bar.chips()] == ["class: car", "lighting: night"]

    page.filter_bar.remove(page.filter_bar.chips()[1])
    settle(qtbot, page)
    assert page.heading.text() == "2 images with car"


def test_pictures_come_for_what_is_visible_and_others_say_why_not(qtbot, page):
    page.open_payload(ItemFilter())
    settle(qtbot, page)
    ids = [page.model.id_at(k) for k in range(4)]
    qtbot.waitUntil(lambda: all(page.loader.thumb(i).state is not ThumbState.WAITING for i in ids), timeout=WAIT)

    states = {page.model.item(k).file_name: page.loader.thumb(ids[k]).state for k in range(4)}

    assert states == {
        "a.jpg": ThumbState.READY,
        "b.jpg": ThumbState.READY,
        "c.jpg": ThumbState.READY,
        "broken.jpg": ThumbState.UNREADABLE,
    }
    assert page.model.sentence(0).startswith("a.jpg: 2 × car, 1 of 4")


def test_a_fixed_set_of_items_can_be_narrowed_and_let_go(qtbot, page):
    page.open_payload(ItemFilter())
    settle(qtbot, page)
    ids = [page.model.id_at(k) for k in (0, 1)]

    page.open_payload(ShowItems(ids=ids, title="in train"))
    settle(qtbot, page)
    assert page.heading.text() == "2 images in train"

    page.filter_bar._add(page.filter_bar._choices.choice(0))
    settle(qtbot, page)
    assert page.model.total <= 2
    page.filter_bar.clear()
    settle(qtbot, page)
    assert page.heading.text() == "4 images"


def test_no_such_item_offers_to_clear_the_filter(qtbot, page):
    page.open_payload(ItemFilter((("lighting", "day"),), ("bus",)))
    settle(qtbot, page)
    assert page.states.state == "empty"

    page.states.empty_button_clicked.emit()
    settle(qtbot, page)
    assert (page.states.state, page.model.total) == ("content", 4)


def test_an_unknown_axis_is_an_error_that_can_be_left(qtbot, page):
    page.open_payload(ItemFilter((("nonsense", "x"),)))
    settle(qtbot, page)

    assert page.states.state == "error"
    page.filter_bar.clear()
    settle(qtbot, page)
    assert page.states.state == "content"


def test_enter_goes_to_the_large_picture_and_copy_takes_the_path(qtbot, page, tmp_path):
    page.open_payload(ItemFilter())
    settle(qtbot, page)
    page.activateWindow()
    page.grid.setFocus()
    page.grid.go_to(1)
    QTest.keyClick(page.grid, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text() == str(tmp_path / "set" / "b.jpg")

    page.grid.item_opened.emit(1)
    assert page.focusWidget() is page.view
    QTest.keyClick(page.view, Qt.Key.Key_B)
    assert not page.boxes.isChecked()
    QTest.keyClick(page.view, Qt.Key.Key_Left)
    assert page.grid.current_position() == 0
    QTest.keyClick(page.view, Qt.Key.Key_Plus)
    QTest.keyClick(page.view, Qt.Key.Key_Right)
    assert page.grid.current_position() == 0, "zoomed: the arrows pan"


@pytest.fixture
def large(qtbot, opened):
    view = ItemView(opened)
    qtbot.addWidget(view)
    view.resize(500, 400)
    view.show()
    return view


def a_thumb(width=100, height=80):
    from PySide6.QtGui import QPixmap

    pixmap = QPixmap(width, height)
    pixmap.fill(Qt.GlobalColor.gray)
    return Thumb(ThumbState.READY, pixmap, ((0.5, 0.5, 0.1, 0.1), (0.0, 0.0, 0.2, 0.2)))


def test_zooming_keeps_the_point_under_the_pointer_and_boxes_stay_on_the_picture(qtbot, large, opened):
    from coverage_builders import an_item

    item = an_item(7)
    object.__setattr__(item, "annotations", (AnnotationView("Car", (50, 40, 10, 8)), AnnotationView("Bus", None)))
    large.show_item(item, a_thumb())
    before = large.area_of(0).center()

    large.zoom_by(3.0, before)
    after = large.area_of(0)
    assert (after.center() - before).manhattanLength() < 1.0
    assert after.width() == pytest.approx(3 * 50, rel=0.01)

    large.fit()
    QTest.keyClick(large, Qt.Key.Key_Z)
    assert large.rect().contains(large.area_of(0).toRect())
    assert large.zoom > 3
    QTest.keyClick(large, Qt.Key.Key_Z)
    QTest.keyClick(large, Qt.Key.Key_Z)
    assert large.zoom == 1.0, "after the last box the whole picture"
    qtbot.waitUntil(lambda: opened.runner.is_idle, timeout=WAIT)


def test_boxes_are_drawn_where_the_fractions_say():
    from PySide6.QtCore import QRectF, QSizeF

    shown = fitted(QSizeF(200, 100), QRectF(0, 0, 100, 100))

    assert shown == QRectF(0, 25, 100, 50)
    assert box_area((0.5, 0.5, 0.25, 0.5), shown) == QRectF(50, 50, 25, 25)


def test_the_newest_wish_wins_and_sizes_are_not_mixed(qtbot, opened, page):
    page.open_payload(ItemFilter())
    settle(qtbot, page)
    rows = page.model.items(range(4))
    loader = ThumbLoader(opened)

    loader.want(rows, 64)
    loader.want(rows[:1], 96)
    qtbot.waitUntil(lambda: opened.runner.is_idle, timeout=WAIT)

    assert loader.thumb(rows[0].id).state is ThumbState.READY
    assert loader.thumb(rows[0].id).pixmap.width() == 96
    assert loader.thumb(rows[1].id).state is ThumbState.WAITING


def test_tiles_show_the_picture_or_a_grey_place_for_it(qtbot, page):
    page.boxes.setChecked(False)
    page.open_payload(ItemFilter(classes=("bus",)))
    settle(qtbot, page)
    page.boxes.setFocus()
    assert page.grid.current_position() == 0, "the colour of the cursor's tile must not run into the next one"
    ids = [page.model.id_at(k) for k in range(2)]
    qtbot.waitUntil(lambda: all(page.loader.thumb(i).state is not ThumbState.WAITING for i in ids), timeout=WAIT)
    shown = page.grid.viewport().grab().toImage()

    colours = {}
    for k in range(2):
        tile = page.grid.visualRect(page.model.index_of(k))
        place = tile.topLeft() + QPoint(tile.width() // 2, tile.height() // 4)
        colours[page.model.item(k).file_name] = QColor(shown.pixel(place)).name()

    assert colours == {"b.jpg": "#5a5a5a", "broken.jpg": LIGHT.hover.lower()}
