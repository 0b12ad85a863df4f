"""The classes page: tiers and targets are typed like in a spreadsheet, stored at once, and undone where they are stored."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox

from builders import a_project
from tailwise.gui.navigation import PlanClass
from tailwise.gui.pages.classes import ClassesPage
from tailwise.gui.widgets.sheet_view import NumberBox
from tailwise.ops.progress import SILENT

WAIT = 20_000


@pytest.fixture
def page(qtbot, opened):
    page = ClassesPage(opened)
    qtbot.addWidget(page)
    page.resize(900, 500)
    page.show()
    page.refresh()
    settle(qtbot, page)
    page.sheet.setFocus()
    return page


def settle(qtbot, page):
    qtbot.waitUntil(lambda: page._session.runner.is_idle, timeout=WAIT)


def stored(page):
    from tailwise.usecases.classes import list_classes

    return {row.name: (row.tier, row.target) for row in list_classes(page._session.project, SILENT)}


def test_typing_a_target_stores_it_and_goes_down(qtbot, page):
    page.sheet.go_to(page.model.stored_of("car"), "target")
    QTest.keyClick(page.sheet, Qt.Key.Key_2)
    editor = page.sheet.findChild(NumberBox)
    QTest.keyClicks(editor, "50")
    QTest.keyClick(editor, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: page.model.row(0)["target"] == 250, timeout=WAIT)
    settle(qtbot, page)

    assert stored(page)["car"] == ("nice-to-have", 250)
    assert page.sheet.currentIndex().row() == 1
    assert "246 objects short" in page.summary.text()


def test_an_emptied_target_is_none_and_not_zero(qtbot, page):
    page.model.change([(0, "target", 9)], "x")
    page.sheet.go_to(0, "target")
    page.sheet.edit(page.model.index(0, 2))
    editor = page.sheet.findChild(NumberBox)
    editor.lineEdit().selectAll()
    QTest.keyClick(editor, Qt.Key.Key_Delete)
    QTest.keyClick(editor, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: page.model.row(0)["target"] is None, timeout=WAIT)
    settle(qtbot, page)

    assert stored(page)["car"][1] is None


def test_the_tier_is_chosen_from_a_list(qtbot, page):
    row = page.model.stored_of("wheelchair")
    page.sheet.go_to(row, "tier")
    QTest.keyClick(page.sheet, Qt.Key.Key_F2)
    editor = page.sheet.findChild(QComboBox)
    editor.setCurrentIndex(0)
    QTest.keyClick(editor, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: page.model.row(row)["tier"] == "must-not-miss", timeout=WAIT)
    settle(qtbot, page)

    assert stored(page)["wheelchair"][0] == "must-not-miss"


def test_a_pasted_block_is_stored_and_undo_stores_the_old_values(qtbot, page):
    page.sheet.go_to(0, "tier")
    QGuiApplication.clipboard().setText("Must not miss\t100\nExperimental\t40")
    QTest.keyClick(page.sheet, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    settle(qtbot, page)
    assert stored(page) == {"car": ("must-not-miss", 100), "wheelchair": ("experimental", 40)}

    QTest.keyClick(page.sheet, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    settle(qtbot, page)
    assert stored(page) == {"car": ("nice-to-have", None), "wheelchair": ("nice-to-have", None)}
    QTest.keyClick(page.sheet, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    settle(qtbot, page)
    assert stored(page)["car"] == ("must-not-miss", 100)


def test_a_value_that_cannot_be_used_stays_visible_and_is_not_stored(qtbot, page):
    page.model.paste("lots", (range(1), range(2, 3)))
    settle(qtbot, page)

    assert page.model.index(0, 2).data() == "lots"
    assert "Target takes a number" in page.banner.text()
    assert stored(page)["car"][1] is None
    page.model.paste("7", (range(1), range(2, 3)))
    settle(qtbot, page)
    assert not page.banner.isVisible()
    assert stored(page)["car"][1] == 7


def test_search_narrows_and_the_inspector_plans(qtbot, page):
    page.search.setText("wheel")
    assert page.model.rowCount() == 1
    page.sheet.go_to(page.model.stored_of("wheelchair"))
    with qtbot.waitSignal(page.page_requested) as requested:
        page._plan_current()
    assert requested.args == ["plan", PlanClass("wheelchair")]

    with qtbot.waitSignal(page.page_requested) as requested:
        page.sheet.row_opened.emit(0)
    assert requested.args[0] == "items"


def test_a_store_that_fails_is_said_and_the_sheet_shows_what_is_stored(qtbot, page, monkeypatch):
    from tailwise.domain.errors import ProjectFileError
    from tailwise.usecases import classes

    def refuse(*_args):
        raise ProjectFileError("The disk is full", "Make room")

    monkeypatch.setattr(classes, "set_classes", refuse)
    page.model.change([(0, "target", 5)], "x")
    settle(qtbot, page)

    assert "The disk is full" in page.banner.text()
    assert page.model.row(0)["target"] is None


def test_a_project_without_classes_says_what_to_do(qtbot, session, tmp_path):
    a_project(tmp_path / "empty.tailwise").close()
    with qtbot.waitSignal(session.opened, timeout=WAIT):
        session.open_project(tmp_path / "empty.tailwise")
    page = ClassesPage(session)
    qtbot.addWidget(page)
    page.refresh()
    settle(qtbot, page)

    assert page.states.state == "empty"
