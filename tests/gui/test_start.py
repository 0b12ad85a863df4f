"""The start page: go on where one was, or begin."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QLabel, QPushButton, QToolButton

from tailwise.gui.pages.start import StartPage


@pytest.fixture
def files(settings, tmp_path):
    there, gone = tmp_path / "there.tailwise", tmp_path / "gone.tailwise"
    there.write_text("")
    settings.remember_project(gone, 12)
    settings.remember_project(there, 1_000_000)
    return there, gone


@pytest.fixture
def page(qtbot, session, files):
    page = StartPage(session)
    qtbot.addWidget(page)
    page.resize(1100, 620)
    with qtbot.waitActive(page):
        page.show()
        page.activateWindow()
    return page


def test_recent_projects_are_listed_newest_first_with_what_they_hold(page):
    names = [row.accessibleName() for row in page.recent.rows()]

    assert names[0].startswith("there.tailwise, 1,000,000 images")
    assert names[1].startswith("gone.tailwise, 12 images, file not found")


def test_project_is_opened_by_mouse_and_by_key(qtbot, page, files):
    row = page.recent.rows()[0]
    with qtbot.waitSignal(page.project_chosen) as chosen:
        qtbot.mouseClick(row, Qt.MouseButton.LeftButton)
    assert chosen.args == [str(files[0])]

    row.setFocus()
    assert row.hasFocus()
    with qtbot.waitSignal(page.project_chosen):
        QTest.keyClick(row, Qt.Key.Key_Space)


def test_missing_project_is_located_instead_of_opened(qtbot, page, files, tmp_path, settings):
    moved = tmp_path / "moved" / "gone.tailwise"
    moved.parent.mkdir()
    moved.write_text("")
    locate = page.recent.rows()[1].findChild(QPushButton)

    with qtbot.waitSignal(page.project_chosen) as chosen:
        locate.click()
        dialog = page.findChild(QFileDialog)
        dialog.fileSelected.emit(str(moved))
        dialog.close()

    assert chosen.args == [str(moved)]
    assert [entry.path for entry in settings.recent()] == [str(files[0])]


def test_project_can_be_taken_off_the_list_and_its_file_stays(page, files):
    page.recent.rows()[0].findChild(QToolButton).click()

    assert [row.accessibleName().split(",")[0] for row in page.recent.rows()] == ["gone.tailwise"]
    assert files[0].exists()


def test_list_follows_files_that_come_and_go(page, files):
    files[0].unlink()

    page.refresh()

    assert "file not found" in page.recent.rows()[0].accessibleName()


def test_without_projects_a_sentence_says_what_the_list_is_for(page, settings):
    for entry in settings.recent():
        settings.forget_project(entry.path)

    assert page.recent.rows() == ()
    assert page.recent.findChild(QLabel).text() == "Projects you open are listed here."


@pytest.mark.parametrize(
    ("text", "signal"),
    [
        ("Open…", "open_requested"),
        ("New empty project…", "new_requested"),
        ("Choose dataset…", "import_requested"),
        ("Try the demo", "demo_requested"),
    ],
)
def test_every_way_to_begin_asks_for_it(qtbot, page, text, signal):
    button = next(each for each in page.findChildren(QPushButton) if each.text() == text)

    with qtbot.waitSignal(getattr(page, signal)):
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def test_page_says_that_nothing_leaves_this_computer(page):
    texts = [label.text() for label in page.findChildren(QLabel)]

    assert "Everything stays on this computer. Datasets are only read." in texts


def test_drop_area_lights_up_while_something_is_dragged(page):
    before = page.drop_area.grab().toImage()

    page.show_drop_hover(True)
    over = page.drop_area.grab().toImage()
    page.show_drop_hover(False)

    assert over != before
    assert page.drop_area.grab().toImage() == before


def test_nothing_is_clipped_at_the_smallest_window(page):
    page.resize(900 - 56, 520)

    for label in page.findChildren(QLabel):
        if label.isVisible() and label.wordWrap():
            assert label.height() >= label.heightForWidth(label.width()), label.text()
