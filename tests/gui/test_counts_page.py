"""The counts page: numbers with their meaning, every one of them leads to its items, and the view can be taken along."""

import csv

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest

from builders import a_project, a_source
from tailwise.domain.coverage import CountRequest, ItemFilter, Unit
from tailwise.domain.records import NEAR_DUPLICATE_AXIS
from tailwise.gui.models.count_table import ValueMode
from tailwise.gui.models.count_view import read_request, write_request
from tailwise.gui.navigation import PlanClass, ShowItems
from tailwise.gui.pages.counts import CountsPage

WAIT = 20_000


@pytest.fixture
def project_path(tmp_path):
    """Forty images: cars by day and night, wheelchairs by day only."""
    labels = {f"{k:02}.jpg": {"car": 1} | ({"wheelchair": 1} if k < 20 else {}) for k in range(40)}
    lighting = {name: "day" if k < 20 else "night" for k, name in enumerate(labels)}
    camera = {name: "left" if k % 2 else "right" for k, name in enumerate(labels)}
    pool = tuple(f"pool-{k}.jpg" for k in range(3))
    data = a_source(
        labels, conditions={"lighting": lighting | dict.fromkeys(pool, "night"), "camera": camera}, pool=pool
    )
    path = tmp_path / "street.tailwise"
    a_project(path, data).close()
    return path


@pytest.fixture
def page(qtbot, opened):
    page = CountsPage(opened)
    qtbot.addWidget(page)
    page.resize(1100, 700)
    page.show()
    page.open_payload(CountRequest(("lighting",)))
    settle(qtbot, page)
    return page


def settle(qtbot, page):
    qtbot.waitUntil(lambda: page._session.runner.is_idle and not page._rest.isActive(), timeout=WAIT)


def cell(page, class_name, value):
    columns = [page.model.where_of(c)[0][1] for c in range(page.model.columnCount())]
    return page.model.index(page.model.row_of(class_name), columns.index(value))


def inspected(page):
    return "\n".join(label.text() for label in page.inspector.widget().findChildren(type(page.inspector._label(""))))


def test_it_shows_counts_flags_and_measures(page):
    assert cell(page, "car", "night").data() == "20"
    assert page.model.sentence(cell(page, "wheelchair", "night").row(), 1) == (
        "wheelchair, night: 0 objects, 6.7 expected, empty"
    )
    assert page.tiles.items.figure() == "40"
    assert page.tiles.imbalance.figure() == "2 : 1"


def test_the_cell_under_the_cursor_is_explained_with_what_the_pool_holds(qtbot, page):
    page.heat_map.setCurrentIndex(cell(page, "wheelchair", "night"))
    settle(qtbot, page)

    said = inspected(page)

    assert "0 of 6.7 expected objects" in said
    assert "◆ empty" in said
    assert "3 unlabelled images" in said


def test_moving_the_cursor_says_the_cell_in_the_status_bar(qtbot, page):
    told = []
    page.selection_described.connect(told.append)
    page.heat_map.setCurrentIndex(cell(page, "car", "night"))

    assert told == ["car, night: 20 objects, 13.3 expected"]
    settle(qtbot, page)


def test_enter_opens_exactly_the_images_that_were_counted(qtbot, page, opened):
    from tailwise.ops.progress import SILENT
    from tailwise.usecases.items import find_items

    page.heat_map.setFocus()
    page.heat_map.setCurrentIndex(cell(page, "wheelchair", "day"))
    with qtbot.waitSignal(page.page_requested) as requested:
        QTest.keyClick(page.heat_map, Qt.Key.Key_Return)

    key, payload = requested.args
    assert (key, payload) == ("items", ShowItems(ItemFilter((("lighting", "day"),), ("wheelchair",))))
    assert len(find_items(opened.project, payload.which, SILENT)) == 20
    settle(qtbot, page)


def test_a_column_total_opens_the_labelled_images_and_not_the_pool(qtbot, page, opened):
    from tailwise.ops.progress import SILENT
    from tailwise.usecases.items import find_items

    with qtbot.waitSignal(page.page_requested) as requested:
        page.heat_map.cell_opened.emit(-1, cell(page, "car", "night").column())

    assert len(find_items(opened.project, requested.args[1].which, SILENT)) == 20


def test_a_class_is_planned_from_its_cell(qtbot, page):
    """A deficit goes along, with the condition it is under; a cell that has enough plans the class alone."""
    page.heat_map.setFocus()
    for value, planned in (("day", (None, ())), ("night", (7, ("lighting",)))):  # 20 of 13.3 expected, 0 of 6.7
        page.heat_map.setCurrentIndex(cell(page, "wheelchair", value))
        with qtbot.waitSignal(page.page_requested) as requested:
            QTest.keyClick(page.heat_map, Qt.Key.Key_Plus)
        assert requested.args == ["plan", PlanClass("wheelchair", *planned)]
    settle(qtbot, page)


def test_unit_axes_and_filter_count_anew_and_are_remembered(qtbot, page, opened):
    page.controls.second.setCurrentIndex(page.controls.second.findData("camera"))
    page.controls.second.activated.emit(1)
    settle(qtbot, page)
    assert page.model.columnCount() == 4
    page.controls.unit._buttons[Unit.IMAGES.value].click()
    settle(qtbot, page)
    page.controls.filter_bar._add(page.controls.filter_bar._choices.choice(0))
    settle(qtbot, page)

    again = CountsPage(opened)
    qtbot.addWidget(again)
    again.refresh()
    settle(qtbot, again)
    assert again._view.request == page._view.request
    assert again._view.request.by == ("lighting", "camera")
    assert again._view.request.unit is Unit.IMAGES
    assert len(again._view.request.where) == 1


def test_mode_and_order_keep_the_cursor_on_its_class(qtbot, page):
    page.heat_map.setCurrentIndex(cell(page, "wheelchair", "night"))
    page.controls.mode._buttons[ValueMode.RATIO.value].click()
    assert page._current_class() == "wheelchair"
    assert page.heat_map.currentIndex().data() == "× 0.00"

    page.controls.order.setCurrentIndex(1)
    page.controls.order.activated.emit(1)
    assert page.heat_map.currentIndex().row() == 0
    assert page._current_class() == "wheelchair"
    settle(qtbot, page)


def test_the_long_tail_and_the_table_share_one_cursor(qtbot, page):
    page.chart.cursor_moved.emit("wheelchair")
    assert page._current_class() == "wheelchair"
    page.heat_map.setCurrentIndex(cell(page, "car", "day"))
    assert page.chart.current_class() == "car"
    settle(qtbot, page)


def test_without_condition_there_is_one_column_and_no_expectation(qtbot, page):
    page.open_payload(CountRequest(()))
    settle(qtbot, page)

    assert page.model.columnCount() == 1
    assert not page.controls.mode._buttons["ratio"].isEnabled()
    assert page.model.index(0, 0).data() == "40"


def test_the_pool_has_no_counts_and_leads_to_its_items(qtbot, page):
    which = ItemFilter((("state", "unlabelled"),))
    with qtbot.waitSignal(page.page_requested) as requested:
        page.open_payload(which)

    assert requested.args == ["items", ShowItems(which)]


def test_too_many_columns_is_said_and_can_be_undone(qtbot, page):
    page.open_payload(CountRequest(("no such axis",)))
    settle(qtbot, page)
    assert page.states.state == "error"

    page.states.retry_clicked.emit()
    settle(qtbot, page)
    assert page.states.state == "content"


@pytest.mark.parametrize("suffix", ["png", "pdf", "csv"])
def test_the_view_is_written_as_it_is_shown(qtbot, page, opened, tmp_path, suffix):
    file = tmp_path / f"view.{suffix}"

    with qtbot.waitSignal(opened.result, timeout=WAIT) as result:
        page._write(str(file))

    assert file.name in result.args[0].text
    if suffix == "png":
        assert QImage(str(file)).width() > 1000
    elif suffix == "pdf":
        assert file.read_bytes().startswith(b"%PDF")
    else:
        rows = list(csv.DictReader(file.read_text(encoding="utf-8-sig").splitlines()))
        assert [(r["class"], r["day"], r["night"]) for r in rows] == [("car", "20", "20"), ("wheelchair", "20", "0")]
        assert float(rows[1]["night (expected)"]) == pytest.approx(6.6667, abs=1e-3)


def test_a_suffix_that_says_nothing_is_refused_in_a_sentence(qtbot, page, opened, tmp_path):
    with qtbot.waitSignal(opened.user_error, timeout=WAIT) as failed:
        page._write(str(tmp_path / "view.docx"))

    assert "no suffix" in failed.args[1].sentence
    assert list(tmp_path.glob("view*")) == []


def test_an_empty_project_says_what_to_do(qtbot, session, tmp_path):
    a_project(tmp_path / "empty.tailwise").close()
    with qtbot.waitSignal(session.opened, timeout=WAIT):
        session.open_project(tmp_path / "empty.tailwise")
    page = CountsPage(session)
    qtbot.addWidget(page)
    page.show()

    page.refresh()
    settle(qtbot, page)

    assert page.states.state == "empty"
    with qtbot.waitSignal(page.page_requested) as requested:
        page.states.empty_button_clicked.emit()
    assert requested.args[0] == "data"


def test_near_duplicates_are_counted_once_where_there_are_any(qtbot, session, tmp_path, page):
    assert page.controls.unique.isHidden()

    twins = {f"{k}.jpg": "one scene" for k in range(3)}
    data = a_source({f"{k}.jpg": {"car": 1} for k in range(8)}, conditions={NEAR_DUPLICATE_AXIS: twins})
    path = tmp_path / "twins.tailwise"
    a_project(path, data).close()
    with qtbot.waitSignal(session.opened, timeout=WAIT):
        session.open_project(path)
    page.refresh()
    settle(qtbot, page)
    page.controls.unique.click()
    settle(qtbot, page)

    assert page.controls.request().unique
    assert page.model.index(page.model.row_of("car"), 0).data() == "6"


def test_a_remembered_view_survives_axes_and_values_that_are_gone():
    from tailwise.domain.coverage import AxisFacts

    text = write_request(CountRequest(("lighting", "gone"), Unit.PIXELS, (("lighting", "night"), ("lighting", "x"))))
    axes = (AxisFacts("lighting", "condition", "", (("day", 1), ("night", 2))),)

    assert read_request(text, axes) == CountRequest(("lighting",), Unit.PIXELS, (("lighting", "night"),))
    for broken in ("", "{}", "nonsense", '{"by": 3, "unit": null, "where": []}', '{"by":[],"unit":"x","where":[]}'):
        assert read_request(broken, axes) is None
