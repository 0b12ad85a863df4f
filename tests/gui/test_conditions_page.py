"""Conditions and the class mapping in the window: made, merged, renamed and undone; patterns show what they capture."""

import pytest
from PySide6.QtCore import QItemSelectionModel, Qt
from PySide6.QtTest import QTest

from builders import a_project, a_source
from exif_bytes import jpeg_with, photo
from tailwise.gui.main_window import MainWindow
from tailwise.gui.navigation import ShowItems
from tailwise.gui.pages.classes import ClassesPage
from tailwise.gui.pages.conditions import ConditionsPage
from tailwise.gui.pages.data import DataPage
from tailwise.gui.widgets.sequence_gaps import SequenceGaps

WAIT = 20_000
FILES = [f"{site}_{n:03d}.jpg" for site in ("gate", "yard") for n in range(4)]


@pytest.fixture
def project_path(tmp_path):
    root = tmp_path / "set"
    root.mkdir()
    for n, name in enumerate(FILES):
        (root / name).write_bytes(jpeg_with(photo(model=f"M{n % 2}", taken=f"2024:06:01 12:00:0{n}")))
    weather = {f: ("Rain", "rain", "dry", "dry")[n % 4] for n, f in enumerate(FILES)}
    data = a_source(
        {f: {("stop sign", "stop_sign")[n % 2]: 1} for n, f in enumerate(FILES)},
        conditions={"weather": weather, "speed": {f: str(n) for n, f in enumerate(FILES)}},
        splits={"train": FILES[:2] + FILES[4:], "test": FILES[2:4]},
        root=str(root),
    )
    path = tmp_path / "street.tailwise"
    a_project(path, data).close()
    return path


def shown(qtbot, session, page):
    qtbot.addWidget(page)
    page.resize(1200, 760)
    page.show()
    session.changed.connect(page.refresh)
    page.refresh()
    settle(qtbot, session)
    return page


def settle(qtbot, session):
    qtbot.wait(20)
    qtbot.waitUntil(lambda: session.runner.is_idle, timeout=WAIT)
    qtbot.wait(20)


@pytest.fixture
def page(qtbot, opened):
    return shown(qtbot, opened, ConditionsPage(opened))


def table(page):
    return {axis.name: dict(axis.values) for axis in page.table.records()}


def select(page, *values):
    rows = [v.value for v in page.values.records()]
    flags = QItemSelectionModel.SelectionFlag.Select | QItemSelectionModel.SelectionFlag.Rows
    page.values_view.selectionModel().clearSelection()
    for value in values:
        page.values_view.selectionModel().select(page.values.index(rows.index(value), 0), flags)


def test_two_spellings_are_merged_and_undone(qtbot, opened, page):
    page.open_payload("weather")
    select(page, "Rain", "rain")
    assert page.merge.text() == "Merge values"
    page.value.setText("rain")
    QTest.keyClick(page.value, Qt.Key.Key_Return)
    settle(qtbot, opened)

    assert table(page)["weather"] == {"rain": 4, "dry": 4}
    assert opened.history.stack.undoText() == "weather: Rain now rain"
    opened.history.stack.undo()
    settle(qtbot, opened)
    assert table(page)["weather"] == {"Rain": 2, "rain": 2, "dry": 4}
    opened.history.stack.redo()
    settle(qtbot, opened)
    assert table(page)["weather"] == {"rain": 4, "dry": 4}


def test_a_condition_is_renamed_made_a_group_and_deleted(qtbot, opened, page):
    page.open_payload("weather")
    page.name.setText("sky")
    page.rename.click()
    settle(qtbot, opened)
    assert page.name.text() == "sky"  # the renamed condition is still the current one

    page._switch_kind()
    settle(qtbot, opened)
    assert {a.name: a.kind for a in page.table.records()}["sky"] == "group"
    page._delete()
    settle(qtbot, opened)
    assert "sky" not in table(page)


def test_a_name_that_cannot_be_is_said_and_changes_nothing(qtbot, opened, page):
    page.open_payload("weather")
    page.name.setText("source")
    page.rename.click()
    settle(qtbot, opened)

    assert "built in" in page.banner.text()
    assert opened.history.stack.count() == 0


def test_a_pattern_shows_what_it_captures_while_it_is_typed(qtbot, opened, page):
    panel = page.maker.names
    QTest.keyClicks(panel.pattern, "{site}_{number}")
    qtbot.waitUntil(lambda: len(panel.fields.records()) == 2, timeout=WAIT)

    site, running = panel.fields.records()
    assert (site.becomes, site.examples) == ("a condition", "gate (4), yard (4)")
    assert running.becomes.startswith("nothing")
    assert panel.names.records()[0].captured == "site gate, number 000"
    assert "site" not in table(page)
    QTest.keyClick(panel.pattern, Qt.Key.Key_Return)
    settle(qtbot, opened)
    assert table(page)["site"] == {"gate": 4, "yard": 4}

    panel.pattern.setText("{site}{number}")
    qtbot.waitUntil(lambda: "touch" in panel.note.text(), timeout=WAIT)
    assert not panel.make.isEnabled()
    panel.pattern.clear()
    settle(qtbot, opened)


@pytest.mark.parametrize(
    ("way", "made"),
    [("headers", "camera"), ("numbers", "speed range"), ("bursts", "burst")],
)
def test_every_way_makes_its_conditions_and_says_so(qtbot, opened, page, way, made):
    maker = page.maker
    maker.ways.choose(way)
    maker._on_way(way)
    maker.number.setCurrentText("speed")
    maker.gap.setValue(2.5)
    with qtbot.waitSignal(opened.result, timeout=WAIT) as said:
        {"headers": maker.headers_button, "numbers": maker.numbers_button, "bursts": maker.bursts_button}[way].click()
    settle(qtbot, opened)

    assert made in table(page)
    assert made in said.args[0].text.casefold()
    opened.history.stack.undo()
    settle(qtbot, opened)
    assert made not in table(page)


def test_edges_that_are_no_numbers_are_said(qtbot, opened, page):
    page.maker.edges.setText("1, x")
    with qtbot.waitSignal(opened.user_error, timeout=WAIT) as said:
        page.maker.numbers_button.click()

    assert "Edges are numbers" in said.args[1].sentence


def test_values_open_their_images(qtbot, page):
    page.open_payload("weather")
    select(page, "dry")
    with qtbot.waitSignal(page.page_requested, timeout=WAIT) as asked:
        page._open_values()

    assert asked.args[0] == "items"
    assert asked.args[1].which.where == (("weather", "dry"),)


def test_the_filter_keeps_conditions_with_every_word(page):
    page.focus_filter()
    page.filter.setText("weath cond")
    assert list(table(page)) == ["weather"]
    page.filter.setText("nothing like it")
    assert table(page) == {}
    assert page.values.records() == ()


def test_a_class_is_mapped_by_its_suggestion_split_off_and_called_no_class(qtbot, opened):
    page = shown(qtbot, opened, ClassesPage(opened))
    mapping = page.mapping
    page.parts.choose("mapping")
    page._on_part("mapping")
    rows = {m.source_class: i for i, m in enumerate(mapping.table.records())}
    assert "1 suggestion" in mapping.summary.text()
    suggested = next(m for m in mapping.table.records() if m.suggestion)
    mapping.view.select_row(rows[suggested.source_class])

    mapping.accept.click()
    settle(qtbot, opened)
    assert {m.project_class for m in mapping.table.records()} == {suggested.suggestion}
    mapping.split.click()
    settle(qtbot, opened)
    assert {m.project_class for m in mapping.table.records()} == {"stop sign", "stop_sign"}
    mapping.no_class.click()
    settle(qtbot, opened)
    assert "" in {m.project_class for m in mapping.table.records()}
    for _ in range(3):
        opened.history.stack.undo()
        settle(qtbot, opened)
    assert {m.project_class for m in mapping.table.records()} == {"stop sign", "stop_sign"}
    mapping.target.setEditText("Sign")
    mapping.map.click()
    settle(qtbot, opened)
    assert "Sign" in {m.project_class for m in mapping.table.records()}


def test_a_finding_is_settled_shown_and_saved(qtbot, opened, tmp_path):
    page = shown(qtbot, opened, DataPage(opened))
    codes = [row.finding.code for row in page.findings.records()]
    page.findings_view.select_row(codes.index("CK-32"))
    with qtbot.waitSignal(page.page_requested, timeout=WAIT) as asked:
        page.finding_actions._find_items()
    assert isinstance(asked.args[1], ShowItems)
    assert len(asked.args[1].ids) == 2

    page.findings_view.select_row(codes.index("CL-01"))
    page.finding_actions._fix_first()
    settle(qtbot, opened)
    assert "CL-01" not in [row.finding.code for row in page.findings.records()]
    with qtbot.waitSignal(opened.result, timeout=WAIT):
        page.finding_actions.save_csv(str(tmp_path / "f.csv"))
    assert "CK-32" in (tmp_path / "f.csv").read_text()
    settle(qtbot, opened)


def test_a_finding_about_no_image_says_so(qtbot, opened):
    page = shown(qtbot, opened, DataPage(opened))
    codes = [row.finding.code for row in page.findings.records()]
    page.findings_view.select_row(codes.index("CO-06"))
    with qtbot.waitSignal(opened.result, timeout=WAIT) as said:
        page.finding_actions._find_items()

    assert "not about images" in said.args[0].text


def test_the_gaps_in_sequences_are_told_and_open_their_neighbours(qtbot, opened):
    widget = SequenceGaps(opened)
    qtbot.addWidget(widget)
    widget.refresh()
    settle(qtbot, opened)

    assert widget.summary.text().startswith("▲ 2 numbered sequences; 1 neighbours")
    with qtbot.waitSignal(widget.items_requested, timeout=WAIT) as asked:
        widget._on_activated(widget.table.index(0, 0))
    assert len(asked.args[0].ids) == 2


def test_undo_in_the_edit_menu_takes_back_the_last_edit_of_conditions(qtbot, opened, tmp_path):
    window = MainWindow(opened, tmp_path / "log")
    qtbot.addWidget(window)
    window.show()
    qtbot.waitUntil(lambda: window.warm_up.is_finished or not window.warm_up.begin(), timeout=WAIT)
    window.pages.go("conditions")
    qtbot.waitUntil(lambda: isinstance(window.pages.current_page, ConditionsPage), timeout=WAIT)
    page = window.pages.current_page
    settle(qtbot, opened)
    page.open_payload("weather")
    page._delete()
    settle(qtbot, opened)
    assert "weather" not in table(page)

    window.registry.action("edit.undo").trigger()
    settle(qtbot, opened)
    assert "weather" in table(page)
    window.registry.action("edit.redo").trigger()
    settle(qtbot, opened)
    assert "weather" not in table(page)
