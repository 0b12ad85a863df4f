"""Tables of sources and findings: real models, sorted and read aloud correctly."""

import pytest
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest

from tailwise.domain.coverage import LeadSummary, SourceFacts
from tailwise.domain.findings import Finding, Severity
from tailwise.gui.models.findings_table import FindingRow, FindingsTable
from tailwise.gui.models.record_table import RECORD_ROLE, SORT_ROLE
from tailwise.gui.models.sources_table import SourcesTable
from tailwise.gui.theme import DARK, LIGHT, Scheme, apply_scheme
from tailwise.gui.widgets.record_view import LEAST_STRETCH, RecordView

SOURCES = (
    SourceFacts("street", "coco", "labels", "/data/street", "2026-11-20T10:00:00+00:00", 1200, 34567, 2),
    SourceFacts("Drive", "yolo", "pool", "/data/drive", "2026-11-21T10:00:00+00:00", 90, 0, 0),
    SourceFacts("aerial", "voc", "labels", "/data/aerial", "2026-11-19T10:00:00+00:00", 90, 7, 0),
)


def a_finding(code, severity, count, message="class index without a name"):
    return FindingRow("street", Finding(code, severity, message, count, "kept", ("a.txt:3", "b.txt:1")))


FINDINGS = [
    a_finding("CO-01", Severity.NOTE, 90),
    a_finding("YO-02", Severity.WARNING, 3),
    a_finding("YO-03", Severity.WARNING, 12),
    a_finding("VO-01", Severity.ERROR, 1),
]


@pytest.fixture
def sources(qapp):
    table = SourcesTable()
    table.set_records(SOURCES)
    return table


@pytest.fixture
def findings(qapp):
    table = FindingsTable(LIGHT)
    table.set_findings(FINDINGS)
    return table


def column(table, title):
    titles = [table.headerData(c, Qt.Orientation.Horizontal) for c in range(table.columnCount())]
    return titles.index(title)


def cells(table, title, role=Qt.ItemDataRole.DisplayRole):
    c = column(table, title)
    return [table.index(row, c).data(role) for row in range(table.rowCount())]


def test_sources_show_the_time_that_labelling_took_where_it_was_measured(qapp):
    lead = LeadSummary("studio", "lead_time of Label Studio", 2, 30.2, 38.9)
    timed = SourceFacts("studio", "label_studio", "labels", "/data", "2026-11-20T10:00:00+00:00", 2, 2, 0, lead)
    table = SourcesTable()
    table.set_records((*SOURCES, timed))

    assert cells(table, "Time per item") == ["", "", "", "30 s"]
    assert cells(table, "Time per item", SORT_ROLE) == [-1, -1, -1, 30.2]
    tips = cells(table, "Time per item", Qt.ItemDataRole.ToolTipRole)
    assert tips[0] == "No times were measured"
    assert tips[3] == "Median of 2 items; 9 of 10 took less than 39 s. Measured by lead_time of Label Studio"


def test_models_keep_the_rules_of_qt(qtmodeltester, sources, findings):
    qtmodeltester.check(sources)
    qtmodeltester.check(findings)


def test_numbers_are_grouped_and_aligned_right_under_their_heading(sources):
    c = column(sources, "Annotations")

    assert cells(sources, "Annotations") == ["34,567", "0", "7"]
    alignment = sources.index(0, c).data(Qt.ItemDataRole.TextAlignmentRole)
    assert alignment & Qt.AlignmentFlag.AlignRight
    assert sources.headerData(c, Qt.Orientation.Horizontal, Qt.ItemDataRole.TextAlignmentRole) == alignment


@pytest.mark.parametrize(
    ("title", "names"),
    [
        ("Source", ["aerial", "Drive", "street"]),  # without regard to case
        ("Annotations", ["Drive", "aerial", "street"]),  # as numbers, not as texts
        ("Imported", ["aerial", "street", "Drive"]),  # as times, not as "yesterday"
    ],
)
def test_columns_sort_by_what_they_mean(sources, title, names):
    sources.sort(column(sources, title), Qt.SortOrder.AscendingOrder)

    assert [source.name for source in sources.records()] == names


def test_sorting_is_stable_and_keeps_the_selected_row(qtbot, sources):
    view = RecordView(sources, "Sources")
    qtbot.addWidget(view)
    view.select_row(2)

    sources.sort(column(sources, "Source"), Qt.SortOrder.AscendingOrder)
    sources.sort(column(sources, "Items"), Qt.SortOrder.AscendingOrder)

    assert [source.name for source in sources.records()] == ["aerial", "Drive", "street"]
    assert view.selected_record().name == "aerial"


def test_column_that_does_not_exist_sorts_nothing(sources):
    sources.sort(-1)

    assert sources.records() == SOURCES


def test_folder_of_a_source_is_in_its_tooltip_and_its_record_behind_every_cell(sources):
    index = sources.index(0, column(sources, "Source"))

    assert index.data(Qt.ItemDataRole.ToolTipRole) == "/data/street"
    assert index.data(RECORD_ROLE) is SOURCES[0]
    assert index.data(Qt.ItemDataRole.AccessibleTextRole) == "Source: street"
    assert sources.index(0, column(sources, "Items")).data(SORT_ROLE) == 1200
    assert sources.data(QModelIndex()) is None


def test_findings_come_worst_first_then_most_frequent(findings):
    assert cells(findings, "Code") == ["VO-01", "YO-03", "YO-02", "CO-01"]


def test_severity_is_a_sign_a_word_and_a_colour_of_the_theme(findings):
    assert cells(findings, "Severity") == ["✗ error", "▲ warning", "▲ warning", "ℹ note"]
    assert cells(findings, "Severity", Qt.ItemDataRole.ForegroundRole)[0] == QColor(LIGHT.alert)

    findings.set_theme(DARK)

    assert cells(findings, "Severity", Qt.ItemDataRole.ForegroundRole)[1] == QColor(DARK.warn)


def test_view_says_which_record_is_selected_and_that_none_is(qtbot, findings):
    view = RecordView(findings, "Findings")
    qtbot.addWidget(view)
    heard = []
    view.record_selected.connect(heard.append)

    view.select_row(1)
    findings.set_findings([])

    assert heard[0].finding.code == "YO-03"
    assert heard[-1] is None


def test_row_is_copied_with_tabs(qtbot, qapp, findings):
    view = RecordView(findings, "Findings")
    qtbot.addWidget(view)
    view.show()
    view.select_row(0)

    QTest.keyClick(view, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)

    assert qapp.clipboard().text() == "✗ error\tVO-01\tclass index without a name\t1\tkept\tstreet"


def test_view_tells_its_name_to_a_screen_reader(qtbot, findings):
    view = RecordView(findings, "Findings")
    qtbot.addWidget(view)

    assert view.accessibleName() == "Findings"


def test_wide_column_takes_the_rest_and_never_vanishes(qtbot, findings):
    view = RecordView(findings, "Findings")
    qtbot.addWidget(view)
    view.show()
    wide = column(findings, "What was found")

    view.resize(1200, 300)
    assert sum(view.columnWidth(c) for c in range(findings.columnCount())) == view.viewport().width()
    view.resize(300, 300)
    assert view.columnWidth(wide) == LEAST_STRETCH


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda t: t.name)
def test_selected_row_is_filled_and_its_text_still_reads(qtbot, qapp, findings, theme):
    apply_scheme(qapp, Scheme(theme.name))
    view = RecordView(findings, "Findings")
    qtbot.addWidget(view)
    view.resize(900, 300)
    view.show()
    view.select_row(0)

    image = view.viewport().grab().toImage()
    inside = view.visualRect(findings.index(0, 0)).bottomLeft()
    below = view.visualRect(findings.index(1, 0)).bottomLeft()

    assert image.pixelColor(inside.x() + 2, inside.y() - 2) == QColor(theme.selection)
    assert image.pixelColor(below.x() + 2, below.y() - 2) != QColor(theme.selection)
