"""The plan page: a request typed as sheets is the text the command line takes, and a plan says what, when and why not."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QUndoStack
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton

from builders import a_project, a_source
from tailwise.domain.errors import RequestError
from tailwise.domain.plan import (
    Capacity,
    ClassQuota,
    Objective,
    PlanRequest,
    QuotaUnit,
    Reserve,
    Route,
    RouteShare,
    Share,
    SourceShare,
    Stream,
    StreamYield,
    Tier,
)
from tailwise.domain.plan_outcome import PlanStatus
from tailwise.gui.models.plan_table import class_totals, reason_text, verdict
from tailwise.gui.models.quota_request import RequestSheets, head_of
from tailwise.gui.models.quota_tables import YIELD, read_yield
from tailwise.gui.models.sheet_cells import Bad
from tailwise.gui.navigation import ExportThis, PlanClass
from tailwise.gui.pages.plan import PlanPage
from tailwise.ops.progress import SILENT

WAIT = 60_000

GATE = """
[plan]
name = "Gate"
weeks = 1
[capacity]
items_per_week = 100
[[class]]
name = "wheelchair"
tier = "must-not-miss"
min_per_week = {quota}
[[stream]]
name = "hospital"
available = {available}
seconds_per_item = 90
yields = {{ wheelchair = 0.25 }}
"""


@pytest.fixture
def page(qtbot, opened):
    page = PlanPage(opened)
    qtbot.addWidget(page)
    page.resize(1100, 650)
    page.show()
    page.refresh()
    settle(qtbot, page)
    return page


def settle(qtbot, page):
    timers = (page._store_timer, page.live.timer)
    qtbot.waitUntil(
        lambda: page._session.runner.is_idle and not any(timer.isActive() for timer in timers), timeout=WAIT
    )


def import_text(qtbot, page, tmp_path, text):
    file = tmp_path / "request.toml"
    file.write_text(text, encoding="utf-8")
    page.files.read(str(file))
    settle(qtbot, page)


def stored_text(page):
    from tailwise.usecases.plans import REQUEST_DRAFT
    from tailwise.usecases.projects import load_draft

    return load_draft(page._session.project, REQUEST_DRAFT)


# The request between sheets and text

NAMES = st.text("abcdefgh ÄÖ='\"[]", min_size=1, max_size=8).map(str.strip).filter(bool)
AMOUNT = st.integers(0, 10_000).map(float)


@st.composite
def requests(draw):
    weeks = draw(st.integers(1, 4))
    names = draw(st.lists(NAMES, min_size=1, max_size=3, unique=True))
    classes = tuple(
        ClassQuota(
            name,
            draw(st.sampled_from([Tier.NICE_TO_HAVE, Tier.EXPERIMENTAL])) if k else Tier.MUST_NOT_MISS,
            draw(AMOUNT),
            draw(st.none() | AMOUNT),
            draw(st.none() | st.integers(0, 500)) if k else None,
        )
        for k, name in enumerate(names)
    )
    streams = tuple(
        Stream(
            name,
            draw(st.integers(0, 100_000)),
            draw(st.none() | NAMES),
            draw(st.sampled_from(Route)),
            draw(st.sampled_from([30.0, 60.0, 12.5])),
            draw(st.sampled_from([0.0, 20.0])),
            draw(st.sampled_from([None, Share(0.0, 0.4), Share(0.1, 1.0)])),
            tuple(
                draw(st.sampled_from([StreamYield(c, 0.3), StreamYield(c, None, 200, 60.0), StreamYield(c, None, 0, 0.0, 0.2)]))
                for c in names
            ),
        )
        for name in draw(st.lists(NAMES, max_size=3, unique=True))
    )  # fmt: skip
    sources = sorted({s.source for s in streams if s.source})
    return PlanRequest(
        weeks=weeks,
        classes=classes,
        name=draw(NAMES),
        start=draw(st.none() | st.dates(dt.date(2020, 1, 1), dt.date(2030, 1, 1))),
        unit=draw(st.sampled_from(QuotaUnit)),
        objective=draw(st.sampled_from(Objective)),
        seed=draw(st.integers(0, 1000)),
        capacity=Capacity(
            draw(st.none() | st.just((40.0,) * weeks)),
            draw(st.none() | st.just(tuple(float(k) for k in range(weeks)))),
            draw(st.none() | st.just((1000,) * weeks)),
        ),
        streams=streams,
        sources=tuple(SourceShare(name, Share(0.2, 0.5)) for name in sources[:1]),
        routes=draw(st.sampled_from([(), (RouteShare(Route.RULE, Share(0.0, 0.5)),)])),
        reserve=Reserve(draw(st.sampled_from([0.0, 0.15])), draw(st.sampled_from([0.0, 0.1]))),
    )


@given(requests())
def test_a_request_shown_in_sheets_is_the_same_request(qapp, request_):
    sheets = RequestSheets(QUndoStack())

    sheets.show(request_)

    assert sheets.first_problem() is None
    assert sheets.build(head_of(request_)) == request_


def test_what_is_wrong_in_a_request_is_said_with_its_place(qapp):
    sheets = RequestSheets(QUndoStack())
    sheets.show(
        PlanRequest(
            weeks=2,
            classes=(ClassQuota("Car", Tier.MUST_NOT_MISS), ClassQuota("Bus")),
            streams=(Stream("a", 5), Stream("b", 5)),
        )
    )
    head = head_of(PlanRequest(weeks=2, classes=(ClassQuota("x"),)))
    wrong = (
        (sheets.classes, [(0, "easy_cap", 5)], "Classes, row 1: A must-not-miss class has no easy cap"),
        (sheets.classes, [(1, "name", "Car")], "Classes, row 1: Car is there twice"),
        (sheets.streams, [(1, "least", 0.5), (1, "most", 0.2)], "Streams, row 2: The least is above the most"),
        (sheets.capacity, [(0, "label", 40.0)], "Capacity, row 2: Label hours: give it for every week or for none"),
    )
    for sheet, changes, sentence in wrong:
        sheet.change(changes, "x")
        with pytest.raises(RequestError) as refused:
            sheets.build(head)
        assert refused.value.summary == sentence
        sheet.undo_stack.undo()
    assert sheets.build(head).weeks == 2


@pytest.mark.parametrize("text", ["-1", "a", "3/0", "1/2.5", "60/", "/", "1/2/3", "6,/2"])
def test_a_yield_that_is_none_is_refused(text):
    assert isinstance(read_yield(text), Bad)


# The page


def test_without_a_request_the_page_offers_a_draft(qtbot, page):
    assert page.states.state == "empty"

    page.states.empty_button_clicked.emit()
    settle(qtbot, page)

    assert page.states.state == "content"
    assert page.editor.sheets.classes.names() == ("car", "wheelchair")
    assert 'name = "car"' in stored_text(page)


def test_edits_are_kept_with_the_project_as_the_text_of_the_command_line(qtbot, page, opened, tmp_path):
    import_text(qtbot, page, tmp_path, GATE.format(quota=10, available=60))
    page.editor.sheets.classes.change([(0, "min_per_week", 12.0)], "x")
    page.editor.head.weeks.setValue(3)
    page.editor.sheets.capacity.change([(2, "items", 50)], "x")
    settle(qtbot, page)

    from tailwise.usecases.plans import read_request

    kept = read_request(stored_text(page))
    assert (kept.classes[0].min_per_week, kept.weeks, kept.capacity.items_per_week) == (12.0, 3, (100, 100, 50))

    again = PlanPage(opened)
    qtbot.addWidget(again)
    again.refresh()
    settle(qtbot, again)
    assert again.editor.request() == kept


def test_a_plan_that_meets_its_quota_says_so_and_shows_items_and_hours(qtbot, page, opened, tmp_path):
    import_text(qtbot, page, tmp_path, GATE.format(quota=10, available=60))
    with qtbot.waitSignal(opened.result, timeout=WAIT):
        QTest.keyClick(page, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    settle(qtbot, page)

    assert page.side.current() == "plan"
    assert page.result.verdict.text().startswith("✓  Every quota is met")
    line = page.result.lines.records()[0]
    assert (line.stream, line.items, line.hours) == ("hospital", 40, 1.0)
    total = page.result.totals.records()[0]
    assert (total.name, total.have, total.expected, total.need, total.sign) == ("wheelchair", 1, 10.0, 10.0, "✓ met")
    assert "1.0 h" in page.result.hours.accessibleDescription()


def test_a_quota_that_cannot_be_met_is_explained_with_amounts(qtbot, page, tmp_path):
    import_text(qtbot, page, tmp_path, GATE.format(quota=10, available=30))
    page._solve()
    settle(qtbot, page)

    assert "wheelchair short by 2.5" in page.result.verdict.text()
    said = page.result.reasons.toPlainText()
    assert "◆ wheelchair, 2.5 objects short: not enough to label" in said
    assert "10" in said, "10 more items of 0.25 each"


def test_plans_are_kept_and_their_request_can_be_edited_again(qtbot, page, tmp_path):
    for available in (30, 60):
        import_text(qtbot, page, tmp_path, GATE.format(quota=10, available=available))
        page._solve()
        settle(qtbot, page)
    assert [page.plans.itemText(k).split(",")[1].strip() for k in range(2)] == ["optimal", "infeasible"]

    page._on_plan_chosen(1)
    settle(qtbot, page)
    assert "short by 2.5" in page.result.verdict.text()
    page._edit_shown_request()
    assert page.editor.request().streams[0].available == 30
    page._bring_back()
    assert page.editor.request().streams[0].available == 60
    settle(qtbot, page)


def test_a_class_from_the_counts_page_gets_its_row(qtbot, page):
    from tailwise.usecases.classes import ClassEdit, set_classes

    set_classes(page._session.project, [ClassEdit("wheelchair", "must-not-miss", 40)], SILENT)
    page.refresh()
    settle(qtbot, page)

    page.open_payload(PlanClass("wheelchair"))
    settle(qtbot, page)

    row = page.editor.sheets.classes.row(page.editor.views["classes"].current_row())
    assert (row["name"], row["tier"], row["target"]) == ("wheelchair", "must-not-miss", 39), "one is there"


def test_a_request_that_cannot_be_used_is_not_solved_and_leads_to_its_cell(qtbot, page, tmp_path):
    import_text(qtbot, page, tmp_path, GATE.format(quota=10, available=60))
    before = stored_text(page)
    page.editor.sheets.streams.change([(0, "available", Bad("lots", "Available takes a number"))], "x")
    settle(qtbot, page)

    assert not page.solve_button.isEnabled()
    assert "Streams, row 1: Available takes a number" in page.banner.text()
    assert stored_text(page) == before
    page.editor.go_to_problem()
    assert page.editor.tabs.currentIndex() == 1


def test_renaming_a_class_takes_its_yields_along_and_undo_brings_both_back(qtbot, page, tmp_path):
    import_text(qtbot, page, tmp_path, GATE.format(quota=10, available=60))
    sheets = page.editor.sheets

    sheets.classes.change([(0, "name", "wheel chair")], "x")
    assert page.editor.request().streams[0].yields == (StreamYield("wheel chair", 0.25),)
    assert sheets.streams.columns[-1].key == f"{YIELD}wheel chair"
    page.editor.undo_stack.undo()
    assert page.editor.request().streams[0].yields == (StreamYield("wheelchair", 0.25),)
    settle(qtbot, page)


@pytest.mark.parametrize(
    ("text", "said"),
    [("nonsense", "not valid TOML"), ('[plan]\nweeks = 1\ncolour = "red"\n', "colour"), ("\udcff", "is no text")],
    ids=["no TOML", "unknown key", "no text"],
)
def test_a_file_that_is_no_request_is_refused_in_a_sentence(qtbot, page, tmp_path, text, said):
    file = tmp_path / "request.toml"
    file.write_bytes(text.encode("utf-8", "surrogateescape"))

    page.files.read(str(file))
    settle(qtbot, page)

    assert said in page.banner.text()
    assert page.states.state == "empty"


def test_the_exported_request_reads_back(qtbot, page, opened, tmp_path):
    import_text(qtbot, page, tmp_path, GATE.format(quota=10, available=60))
    with qtbot.waitSignal(opened.result, timeout=WAIT):
        page.files._request = page.editor.request()
        page.files.write(str(tmp_path / "out.toml"))

    from tailwise.usecases.plans import read_request

    assert read_request((tmp_path / "out.toml").read_text(encoding="utf-8")) == page.editor.request()


def test_a_plan_leads_to_its_work_order_and_can_be_copied(qtbot, page, tmp_path):
    import_text(qtbot, page, tmp_path, GATE.format(quota=10, available=60))
    page._solve()
    settle(qtbot, page)

    with qtbot.waitSignal(page.page_requested) as requested:
        page.result._on_work_order()
    assert requested.args == ["export", ExportThis("work-order", plan_id=page._shown.id)]
    with qtbot.waitSignal(page.page_requested) as requested:
        page.result._on_playbook()
    assert requested.args == ["export", ExportThis("playbook", plan_id=page._shown.id)]
    page.result._copy()
    assert QGuiApplication.clipboard().text().splitlines()[1].split("\t") == [
        "1",
        "hospital",
        "targeted",
        "40",
        "1.00",
        "0.00",
    ]


def test_known_example_of_two_weeks_is_shown_with_its_hours(qapp):
    from tailwise.planning.quota_plan import compute_plan
    from tailwise.usecases.plans import read_request

    text = """
[plan]
weeks = 2
[[class]]
name = "Wheelchair"
tier = "must-not-miss"
min_per_week = 150
[[stream]]
name = "pool"
available = 400
seconds_per_item = 60
yields = { Wheelchair = 0.28 }
"""
    request = read_request(text)
    outcome = compute_plan(request, SILENT)

    sentence, tone = verdict(outcome)
    totals = class_totals(outcome, request, {"Wheelchair": 5})

    assert outcome.status is PlanStatus.INFEASIBLE
    assert tone == "alert"
    assert "Wheelchair short by 188" in sentence
    assert totals[0].sign == "▲ short by 188"
    assert all(reason_text(reason, "objects").startswith("◆ Wheelchair") for reason in outcome.reasons)


def test_a_project_that_is_read_only_keeps_no_draft(qtbot, session, tmp_path):
    path = tmp_path / "p.tailwise"
    a_project(path, a_source({"a.jpg": {"car": 1}}, pool=("b.jpg",))).close()
    with qtbot.waitSignal(session.opened, timeout=WAIT):
        session.open_project(path, read_only=True)
    page = PlanPage(session)
    qtbot.addWidget(page)
    page.refresh()
    settle(qtbot, page)
    page._draft()
    settle(qtbot, page)

    assert page.editor.request().classes[0].name == "car"
    assert stored_text(page) == ""


# Preview, versions, and what could be met


def test_the_preview_follows_every_edit_and_the_slider_changes_nothing_until_it_is_taken(qtbot, page, tmp_path):
    text = GATE.format(quota=30, available=600).replace("items_per_week = 100", "label_hours = 2")
    import_text(qtbot, page, tmp_path, text)
    strip = page.editor.preview
    assert strip.text.text() == (
        "▲  Short: wheelchair by 10. 80 items, 2.0 h of labelling of 2.0 h. One more labelling hour brings 10 wheelchair."
    )

    strip.slider.setValue(150)
    settle(qtbot, page)
    assert strip.text.text().startswith("✓  Every quota would be met in expectation: 120 items, 3.0 h")
    assert page.editor.request().capacity.label_hours == (2.0,)

    QTest.mouseClick(strip.take, Qt.MouseButton.LeftButton)
    settle(qtbot, page)
    assert page.editor.request().capacity.label_hours == (3.0,)
    assert (strip.slider.value(), strip.take.isEnabled()) == (100, False)

    page.editor.sheets.classes.change([(0, "min_per_week", -1.0)], "x")
    settle(qtbot, page)
    assert "mistake" in strip.text.text()


def test_the_head_is_undone_field_by_field_and_typing_on_is_one_step(qtbot, page, tmp_path):
    import_text(qtbot, page, tmp_path, GATE.format(quota=10, available=60))
    head, stack = page.editor.head, page.editor.undo_stack

    for name in ("S", "Sp", "Spring"):
        head.name.setText(name)
    head.confidence.setValue(80)
    head.experimental.setValue(10)
    assert (stack.count(), page.editor.request().confidence) == (3, 0.8)
    assert page.editor.request().capacity.experimental_share == 0.1

    stack.undo()
    stack.undo()
    assert (head.confidence.value(), page.editor.request().confidence) == (0.0, None)
    stack.undo()
    assert (head.name.text(), page.editor.request().name) == ("Gate", "Gate")
    stack.redo()
    assert page.editor.request().name == "Spring"
    settle(qtbot, page)
    assert 'name = "Spring"' in stored_text(page)


def test_the_nearest_request_is_accepted_with_one_click_and_can_be_taken_back(qtbot, page, tmp_path):
    import_text(qtbot, page, tmp_path, GATE.format(quota=50, available=60))
    page._solve()
    settle(qtbot, page)
    assert page._shown.outcome.status is PlanStatus.INFEASIBLE
    assert page.result.nearest.isVisible()

    QTest.mouseClick(page.result.nearest, Qt.MouseButton.LeftButton)
    settle(qtbot, page)

    assert "class 'wheelchair': min_per_week 50 → 15" in page.banner.text()
    assert page._shown.outcome.status is PlanStatus.OPTIMAL
    assert not page.result.nearest.isVisible()
    page._bring_back()
    assert page.editor.request().classes[0].min_per_week == 50
    settle(qtbot, page)


def test_two_versions_of_a_plan_are_compared(qtbot, page, tmp_path):
    assert not page.side.findChild(QAbstractButton, "compare").isEnabled()
    for quota in (10, 12):
        import_text(qtbot, page, tmp_path, GATE.format(quota=quota, available=60))
        page._solve()
        settle(qtbot, page)

    page._show_side("compare")
    settle(qtbot, page)

    assert page.compare.sentence.text() == "Gate, version 1 → Gate, version 2"
    rows = {(row.part, row.what): row.change for row in page.compare.table.records()}
    assert rows["Total", "items"] == "+8"
    assert ("Request", "class 'wheelchair': min_per_week") in rows
    page.compare._copy()
    assert QGuiApplication.clipboard().text().startswith("part\twhat\tbefore\tafter\tchange\nTotal\titems\t40\t48")


def test_a_deficit_becomes_the_target_of_a_row_and_its_condition_that_of_the_streams(qtbot, page):
    page.open_payload(PlanClass("wheelchair", 7, ("lighting",)))
    settle(qtbot, page)

    request = page.editor.request()
    assert request.conditions == ("lighting",)
    assert next(c.target for c in request.classes if c.name == "wheelchair") == 7

    page.open_payload(PlanClass("wheelchair", 9))
    assert next(c.target for c in page.editor.request().classes if c.name == "wheelchair") == 9
    page.open_payload(PlanClass("wheelchair", 3))
    assert next(c.target for c in page.editor.request().classes if c.name == "wheelchair") == 9
    settle(qtbot, page)


def test_a_plan_shows_what_it_brings_under_each_condition(qtbot, page):
    page.open_payload(PlanClass("wheelchair", 1, ("lighting",)))
    settle(qtbot, page)
    page._solve()
    settle(qtbot, page)

    totals = {(t.class_name, t.condition): t for t in page.result.conditions.records()}
    assert totals["wheelchair", "night"].have == 1
    assert totals["wheelchair", "(none)"].items > 0
    assert page.result.tabs.isTabVisible(1)


def test_streams_are_taken_from_the_project_by_the_conditions_ticked_as_one_step(qtbot, page, tmp_path):
    text = GATE.format(quota=1, available=60)
    import_text(qtbot, page, tmp_path, text)
    menu = page.editor.head.streams_by
    assert [action.data() for action in menu.menu().actions()] == ["lighting"]

    menu.menu().actions()[0].toggle()
    page.editor.streams_wanted.emit()
    settle(qtbot, page)

    request = page.editor.request()
    assert request.conditions == ("lighting",)
    assert [(s.name, s.available) for s in request.streams] == [("drive, lighting = (none)", 2)]
    page.editor.undo_stack.undo()
    assert [s.name for s in page.editor.request().streams] == ["hospital"]
    settle(qtbot, page)


def test_what_cannot_be_previewed_or_taken_from_the_project_is_told(qtbot, page, tmp_path):
    text = GATE.format(quota=1, available=60).replace("wheelchair = 0.25", "wheelchair = { labelled = 0, found = 0 }")
    import_text(qtbot, page, tmp_path, text.replace("weeks = 1", 'weeks = 1\nconditions = ["weather"]'))
    assert page.editor.preview.text.text().startswith("No preview: stream 'hospital': nothing was labelled there")

    page.editor.streams_wanted.emit()
    settle(qtbot, page)
    assert "no axis 'weather'" in page.banner.text()

    page.editor.sheets.classes.change([(0, "min_per_week", -1.0)], "x")
    page.editor.streams_wanted.emit()
    settle(qtbot, page)
    assert page.banner.text().startswith("class 'wheelchair': min_per_week is -1")


def test_a_request_that_can_be_met_by_now_is_not_lowered(qtbot, page, tmp_path):
    import_text(qtbot, page, tmp_path, GATE.format(quota=10, available=60))
    page.nearest.find(page.editor.request())
    settle(qtbot, page)
    assert "can be met: solve it again" in page.banner.text()
