"""The data page: figures with units, sources and findings of a real project, and what is behind each."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QPlainTextEdit, QPushButton

from builders import a_project
from tailwise.domain.changes import Changes
from tailwise.domain.coverage import ItemFilter
from tailwise.domain.errors import ProjectFileError
from tailwise.gui.navigation import ShowItems
from tailwise.gui.pages import data
from tailwise.gui.pages.data import DataPage

GUI_WAIT = 20_000


@pytest.fixture
def page(qtbot, opened):
    page = DataPage(opened)
    qtbot.addWidget(page)
    page.resize(1100, 620)
    with qtbot.waitActive(page):
        page.show()
        page.activateWindow()
    page.refresh()
    qtbot.waitUntil(lambda: page.states.state == "content", timeout=GUI_WAIT)
    qtbot.waitUntil(lambda: opened.runner.is_idle, timeout=GUI_WAIT)  # the checks come after the content
    return page


def asked(qtbot, page, act):
    with qtbot.waitSignal(page.page_requested, timeout=GUI_WAIT) as caught:
        act()
    return caught.args


def click(qtbot, tile):
    return lambda: qtbot.mouseClick(tile, Qt.MouseButton.LeftButton)


def test_figures_have_units_and_are_those_of_the_project(page):
    tiles = (page.images, page.objects, page.classes, page.unlabelled, page.missing, page.found)

    assert [tile.accessibleName() for tile in tiles] == [
        "5 images",
        "5 objects",
        "2 classes",
        "2 unlabelled",
        "0 missing files",
        "6 findings",
    ]
    assert page.images.accessibleDescription() == "60 % labelled"  # two with objects and one found empty, of five
    assert page.found.accessibleDescription() == "in 9 places"


def test_every_figure_opens_what_is_behind_it(qtbot, page):
    unlabelled = ItemFilter(where=(("state", "unlabelled"),))

    assert asked(qtbot, page, click(qtbot, page.images)) == ["items", ShowItems(ItemFilter(), came_from="data")]
    assert asked(qtbot, page, click(qtbot, page.objects)) == ["items", ShowItems(ItemFilter(), came_from="data")]
    assert asked(qtbot, page, click(qtbot, page.unlabelled)) == ["items", ShowItems(unlabelled, came_from="data")]
    assert asked(qtbot, page, click(qtbot, page.classes)) == ["classes", None]
    page.found.click()
    assert page.findings_view.hasFocus()
    assert page.findings_view.selected_record() is not None
    page.missing.click()
    assert page.sources_view.hasFocus()


def test_sources_are_listed_with_what_they_hold(page):
    held = {(source.name, source.items, source.annotations) for source in page.sources.records()}

    assert held == {("street", 3, 5), ("drive", 2, 0)}


def test_selected_source_is_explained_and_opens_its_items(qtbot, page):
    row = [source.name for source in page.sources.records()].index("street")

    page.sources_view.select_row(row)

    texts = [label.text() for label in page.inspector.widget().findChildren(QLabel)]
    assert texts[:2] == ["street", "coco, labels"]
    show = next(b for b in page.inspector.findChildren(QPushButton) if b.text() == "Show its items")
    key, wanted = asked(qtbot, page, show.click)
    assert (key, wanted.which) == ("items", ItemFilter(where=(("source", "street"),)))


def test_selected_finding_shows_its_places_which_can_be_copied(qtbot, qapp, page):
    heard = []
    page.selection_described.connect(heard.append)

    page.findings_view.select_row(0)

    assert page.inspector.findChild(QPlainTextEdit).toPlainText() == "7\n9"
    next(b for b in page.inspector.findChildren(QPushButton) if b.text() == "Copy examples").click()
    assert qapp.clipboard().text() == "7\n9"
    assert heard == ["CO-06: 2 places"]


def test_only_one_of_the_two_lists_has_a_selection(page):
    page.findings_view.select_row(0)
    page.sources_view.select_row(0)

    assert page.findings_view.selected_record() is None
    assert page.sources_view.selected_record() is not None


def test_filter_keeps_findings_that_hold_every_word(page):
    page.focus_filter()
    assert page.filter.hasFocus()

    QTest.keyClicks(page.filter, "street TWICE")
    assert [row.source for row in page.findings.records()] == ["street"]

    QTest.keyClicks(page.filter, " nonsense")
    assert page.findings.records() == ()

    page.found.click()  # the figure shows all of them again
    assert len(page.findings.records()) == 6


def test_project_without_data_says_what_to_do_and_offers_the_demo(qtbot, session, tmp_path):
    a_project(tmp_path / "empty.tailwise").close()
    with qtbot.waitSignal(session.opened, timeout=GUI_WAIT):
        session.open_project(tmp_path / "empty.tailwise")
    page = DataPage(session)
    qtbot.addWidget(page)
    page.show()

    page.refresh()
    qtbot.waitUntil(lambda: page.states.state == "empty", timeout=GUI_WAIT)

    buttons = {b.text(): b for b in page.states.findChildren(QPushButton) if b.isVisible()}
    with qtbot.waitSignal(page.import_requested):
        buttons["Import dataset…"].click()
    with qtbot.waitSignal(page.demo_requested):
        buttons["Try the demo"].click()


def test_page_that_cannot_be_read_says_so_and_is_read_again_on_retry(qtbot, page, monkeypatch):
    def fail(project, progress):
        raise ProjectFileError("street.tailwise cannot be read (input/output error)", "Look at the disk")

    whole = data.load
    monkeypatch.setattr(data, "load", fail)
    page.refresh()
    qtbot.waitUntil(lambda: page.states.state == "error", timeout=GUI_WAIT)
    texts = [label.text() for label in page.states.findChildren(QLabel) if label.isVisible()]
    assert "street.tailwise cannot be read (input/output error)." in texts

    monkeypatch.setattr(data, "load", whole)
    page.states.retry_clicked.emit()
    qtbot.waitUntil(lambda: page.states.state == "content", timeout=GUI_WAIT)


def test_number_of_images_is_remembered_for_the_start_page(page, settings, project_path):
    recent = settings.recent()

    assert [(entry.path, entry.images) for entry in recent] == [(str(project_path), 5)]


def test_page_is_interested_in_what_an_import_touches():
    assert DataPage.interest & Changes.FINDINGS
    assert not DataPage.interest & Changes.PLANS


def test_page_follows_the_theme(qapp, page):
    from tailwise.gui import theme as th

    th.apply_scheme(qapp, th.Scheme.DARK)
    index = page.findings.index(0, page.findings.SEVERITY)

    assert index.data(Qt.ItemDataRole.ForegroundRole).name().upper() == th.DARK.warn
