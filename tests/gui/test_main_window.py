"""The whole window: pages in order, one project, nothing frozen, and a clean way out."""

import itertools
import threading

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtGui import QAccessible
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QLabel, QMessageBox, QToolButton, QWidget

from builders import a_project
from tailwise.domain.changes import Changes
from tailwise.gui import theme as th
from tailwise.gui.main_window import MainWindow
from tailwise.gui.session import ResultLine, Session
from tailwise.gui.settings import REOPEN, SCHEME

GUI_WAIT = 30_000


def build(settings, tmp_path):
    session = Session(settings=settings)
    window = MainWindow(session, tmp_path / "log" / "tailwise.log")
    window.resize(1280, 720)
    return window


def leave(qtbot, window):
    session = window._session
    if not window._may_leave:
        with qtbot.waitSignal(session.ready_to_quit, timeout=GUI_WAIT):
            window.close()
        qtbot.waitUntil(lambda: not window.isVisible(), timeout=GUI_WAIT)
    assert session.project is None
    assert session.runner.close()
    window.deleteLater()
    session.deleteLater()


@pytest.fixture
def window(qtbot, settings, tmp_path):
    window = build(settings, tmp_path)
    with qtbot.waitActive(window):
        window.show()
        window.activateWindow()
    yield window
    leave(qtbot, window)


@pytest.fixture
def open_window(qtbot, window, project_path):
    with qtbot.waitSignal(window._session.opened, timeout=GUI_WAIT):
        window.commands.open(str(project_path))
    qtbot.waitUntil(lambda: window.pages.current_page.states.state == "content", timeout=GUI_WAIT)
    return window


def title_of(window):
    return window.header.findChild(QLabel, "page-title").text()


def rail_button(window, key):
    return window.rail.findChild(QAbstractButton, f"rail-{key}")


def test_window_begins_on_the_start_page_where_nothing_needs_a_project(window):
    assert (window.pages.current_key, title_of(window), window.windowTitle()) == ("start", "Start", "Tailwise")
    assert rail_button(window, "start").isEnabled()
    assert not rail_button(window, "data").isEnabled()
    assert not window.registry.action("go.counts").isEnabled()
    assert window.registry.why_not("file.close") == "open a project first"


def test_opening_a_project_shows_its_data_and_its_name(open_window):
    window = open_window

    assert (window.pages.current_key, title_of(window)) == ("data", "Data")
    assert window.windowTitle() == "street.tailwise – Tailwise"
    assert window.status.saved_text() == "All changes are saved"
    assert rail_button(window, "data").isChecked()
    assert window.registry.action("go.counts").isEnabled()


def test_closing_the_project_goes_back_to_start(qtbot, open_window):
    with qtbot.waitSignal(open_window._session.closed, timeout=GUI_WAIT):
        open_window.registry.action("file.close").trigger()

    assert open_window.pages.current_key == "start"
    assert not rail_button(open_window, "data").isEnabled()
    assert open_window.windowTitle() == "Tailwise"


def test_keys_go_to_pages_and_back(qtbot, open_window):
    window = open_window

    QTest.keyClick(window, Qt.Key.Key_0, Qt.KeyboardModifier.ControlModifier)
    assert window.pages.current_key == "start"
    QTest.keyClick(window, Qt.Key.Key_1, Qt.KeyboardModifier.ControlModifier)
    assert window.pages.current_key == "data"
    QTest.keyClick(window, Qt.Key.Key_Left, Qt.KeyboardModifier.AltModifier)
    assert window.pages.current_key == "start"
    QTest.keyClick(window, Qt.Key.Key_Right, Qt.KeyboardModifier.AltModifier)
    assert window.pages.current_key == "data"
    QTest.keyClick(window, Qt.Key.Key_Right, Qt.KeyboardModifier.AltModifier)
    assert window.pages.current_key == "data"


def test_hidden_page_is_only_marked_stale_and_loaded_when_it_is_shown(qtbot, open_window, monkeypatch):
    window = open_window
    page = window.pages.page("data")
    loads = []
    monkeypatch.setattr(page, "refresh", lambda: loads.append(window.pages.current_key))

    window.pages.go("start")
    window._session.changed.emit(Changes.FINDINGS)
    assert loads == []
    window.pages.go("data")
    assert loads == ["data"]

    window._session.changed.emit(Changes.PLANS)  # none of its business
    assert loads == ["data"]
    window._session.changed.emit(Changes.ITEMS)
    assert loads == ["data", "data"]


def test_heavy_page_waits_for_its_modules_instead_of_freezing(qtbot, open_window, monkeypatch):
    window = open_window
    built = []

    def build_now(entry):
        built.append(entry.key)
        page = window.pages.page("data")
        window.pages._pages[entry.key] = page
        return page

    monkeypatch.setattr(window.pages, "_build", build_now)
    assert not window.warm_up.is_finished

    window.pages.go("counts")
    assert built == []
    assert window.pages.currentWidget().accessibleName() == "Loading"
    qtbot.waitUntil(lambda: window.warm_up.is_finished, timeout=GUI_WAIT)

    assert built == ["counts"]
    del window.pages._pages["counts"]


def test_saved_is_said_with_the_time(qtbot, open_window):
    with qtbot.waitSignal(open_window._session.saved, timeout=GUI_WAIT):
        open_window._session.run("Edit", lambda project, progress: Changes.CATEGORIES)

    assert open_window.status.saved_text().startswith("✓ Saved ")


def test_user_error_becomes_one_message_box(qtbot, window, tmp_path):
    broken = tmp_path / "broken.tailwise"
    broken.write_text("this is a letter to my aunt, and no project at all")

    window.commands.open(str(broken))
    qtbot.waitUntil(lambda: bool(window.findChildren(QMessageBox)), timeout=GUI_WAIT)

    box = window.findChild(QMessageBox)
    assert box.text() == "Open broken.tailwise: this could not be done."
    assert "broken.tailwise" in box.informativeText()
    box.close()


def test_project_open_elsewhere_can_be_opened_read_only(qtbot, window, project_path):
    from tailwise.usecases.projects import open_project

    other = open_project(project_path)
    window.commands.open(str(project_path))
    qtbot.waitUntil(lambda: bool(window.findChildren(QMessageBox)), timeout=GUI_WAIT)
    box = window.findChild(QMessageBox)

    with qtbot.waitSignal(window._session.opened, timeout=GUI_WAIT):
        next(button for button in box.buttons() if "read-only" in button.text()).click()

    assert window._session.project.read_only
    badge = next(label for label in window.header.findChildren(QLabel) if label.text() == "read-only")
    assert badge.isVisible()
    other.close()


def test_copy_is_saved_and_said_with_its_folder(qtbot, open_window, tmp_path):
    open_window.commands.save_copy(str(tmp_path / "copy.tailwise"))
    qtbot.waitUntil(lambda: bool(open_window.op_bar.result_text()), timeout=GUI_WAIT)

    assert open_window.op_bar.result_text() == "Copy saved as copy.tailwise."
    assert (tmp_path / "copy.tailwise").is_file()


def test_opened_project_becomes_the_first_recent_one(open_window, settings, project_path):
    assert settings.recent()[0].path == str(project_path)
    open_window.recent_menu.fill()
    action = open_window.recent_menu.actions()[0]
    assert (action.text(), action.isEnabled()) == ("street.tailwise", True)


def test_recent_menu_opens_a_project(qtbot, window, settings, project_path):
    settings.remember_project(project_path)

    with qtbot.waitSignal(window._session.opened, timeout=GUI_WAIT):
        window.recent_menu.actions()[0].trigger()


def test_theme_is_switched_by_one_click_and_everything_follows(qtbot, window, settings):
    switch = window.header.findChild(QToolButton, "switch-scheme")

    qtbot.mouseClick(switch, Qt.MouseButton.LeftButton)
    assert settings.text(SCHEME) == "dark"
    assert th.Theme.of(window.pages.current_page.palette()) is th.DARK
    assert window.registry.action("view.dark").isChecked()

    qtbot.mouseClick(switch, Qt.MouseButton.LeftButton)
    assert th.Theme.of(window.palette()) is th.LIGHT


def test_help_opens_at_the_topic_of_the_page_and_follows(open_window):
    QTest.keyClick(open_window, Qt.Key.Key_F1)
    assert open_window.help.isVisible()
    assert open_window.help.browser.topic == "data"

    open_window.pages.go("start")

    assert open_window.help.browser.topic == "start"


def test_find_goes_to_the_filter_of_the_page(open_window):
    QTest.keyClick(open_window, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)

    assert open_window.pages.current_page.filter.hasFocus()
    open_window.pages.go("start")
    assert not open_window.registry.action("edit.find").isEnabled()


def test_palette_reaches_every_action(qtbot, window):
    window.dialogs.show_palette()
    palette = window.findChild(QWidget, "command-palette")

    assert palette.isVisible()
    assert palette._model.rowCount() == len(window.registry.specs()) - 1  # itself
    palette.close()


def test_percent_of_an_operation_is_in_the_title(open_window):
    open_window.op_bar.percent_changed.emit(42)
    assert open_window.windowTitle() == "street.tailwise – Tailwise (42 %)"

    open_window.op_bar.percent_changed.emit(-1)
    assert open_window.windowTitle() == "street.tailwise – Tailwise"


def test_rail_collapses_in_a_narrow_window(window):
    window.resize(1000, 640)
    assert window.rail.width() == th.RAIL_COLLAPSED_WIDTH

    window.resize(1280, 720)
    assert window.rail.width() == th.RAIL_WIDTH


def test_unclean_end_is_told_once_in_one_line(window):
    window.say_unclean_exit()

    assert window.banner.text() == "The last session ended unexpectedly. Nothing was lost."
    window.banner.dismiss()
    assert not window.banner.isVisible()


def test_layout_can_be_put_back(open_window):
    window = open_window
    window.help.show()
    window.resize(1000, 640)

    window.registry.action("view.reset").trigger()

    assert not window.help.isVisible()
    assert window.width() == 1280


def test_last_project_and_page_are_resumed_only_when_the_user_wants_that(qtbot, window, settings, project_path):
    settings.remember_project(project_path)
    settings.save_window(window, "start")
    assert window.resume() is None

    settings.set(REOPEN, True)
    assert window.resume() == project_path
    with qtbot.waitSignal(window._session.opened, timeout=GUI_WAIT):
        window.commands.open(str(project_path))
    assert window.pages.current_key == "start"

    project_path.rename(project_path.with_name("moved.tailwise"))
    assert window.resume() is None


def test_demo_is_made_once_and_opened(qtbot, window, project_path, monkeypatch):
    made = []

    def make_demo(folder, progress):
        progress.stage("Drawing images", 10)
        made.append(folder)
        return project_path

    monkeypatch.setattr("tailwise.usecases.demo.make_demo", make_demo)
    start = window.pages.current_page
    with qtbot.waitSignal(window._session.opened, timeout=GUI_WAIT):
        start.demo_requested.emit()

    assert window.windowTitle() == "street.tailwise – Tailwise"
    assert [folder.name for folder in made] == ["demo"]


def test_leaving_in_the_middle_of_work_cancels_it_and_closes_the_file(qtbot, settings, tmp_path, project_path):
    window = build(settings, tmp_path)
    window.show()
    session = window._session
    with qtbot.waitSignal(session.opened, timeout=GUI_WAIT):
        window.commands.open(str(project_path))
    begun, ended = threading.Event(), []

    def endless(project, progress):
        begun.set()
        while True:
            progress.advance(0)

    handle = session.run("Endless", endless)
    handle.cancelled.connect(lambda: ended.append("cancelled"))
    assert begun.wait(10)

    window.close()
    assert window.isVisible()  # it stays to say that it is finishing
    assert window.status.saved_text() == "Finishing…"
    qtbot.waitUntil(lambda: not window.isVisible(), timeout=GUI_WAIT)

    assert ended == ["cancelled"]
    assert [path.name for path in tmp_path.glob("street.tailwise*")] == ["street.tailwise"]
    leave(qtbot, window)


def test_operation_that_does_not_stop_cannot_keep_the_window_open(qtbot, settings, tmp_path, monkeypatch):
    monkeypatch.setattr("tailwise.gui.main_window.CLOSE_MILLISECONDS", 50)
    window = build(settings, tmp_path)
    window.show()
    release = threading.Event()
    window._session.run_detached("Stubborn", lambda progress: release.wait(20))

    window.close()
    qtbot.waitUntil(lambda: not window.isVisible(), timeout=GUI_WAIT)

    assert not window._session.runner.is_idle
    release.set()
    qtbot.waitUntil(lambda: window._session.runner.is_idle, timeout=GUI_WAIT)
    leave(qtbot, window)


def test_window_can_be_built_and_left_many_times_without_residue(qtbot, settings, tmp_path):
    gone = []
    for _ in range(5):
        window = build(settings, tmp_path)
        window.show()
        window.destroyed.connect(lambda: gone.append(1))
        leave(qtbot, window)
        QCoreApplication.sendPostedEvents(window, QEvent.Type.DeferredDelete)

    assert len(gone) == 5


def test_every_control_says_its_name_to_a_screen_reader(open_window):
    unnamed = []
    for widget in open_window.findChildren(QWidget):
        if not (widget.isVisible() and widget.focusPolicy() & Qt.FocusPolicy.TabFocus):
            continue
        interface = QAccessible.queryAccessibleInterface(widget)
        if interface is not None and not interface.text(QAccessible.Text.Name):
            unnamed.append(f"{type(widget).__name__} {widget.objectName()}")

    assert unnamed == []


@pytest.mark.parametrize("size", [(1280, 720), (900, 600)])
def test_no_text_is_clipped(qtbot, open_window, size):
    open_window.resize(*size)
    for label in open_window.findChildren(QLabel):
        if label.isVisible() and label.text() and not label.wordWrap() and "Elided" not in type(label).__name__:
            assert label.width() >= label.fontMetrics().horizontalAdvance(label.text()), label.text()


def test_result_is_shown_at_the_foot_and_goes_with_the_project(qtbot, open_window):
    open_window._session.announce(ResultLine("street: 5 items added."))
    assert open_window.op_bar.result_text() == "street: 5 items added."

    with qtbot.waitSignal(open_window._session.closed, timeout=GUI_WAIT):
        open_window._session.close_project()

    assert open_window.op_bar.result_text() == ""


def test_second_project_replaces_the_first(qtbot, open_window, tmp_path):
    a_project(tmp_path / "second.tailwise").close()

    with qtbot.waitSignal(open_window._session.opened, timeout=GUI_WAIT):
        open_window.commands.open(str(tmp_path / "second.tailwise"))
    page = open_window.pages.current_page
    qtbot.waitUntil(lambda: page.states.state == "empty", timeout=GUI_WAIT)

    assert open_window.windowTitle() == "second.tailwise – Tailwise"


def test_menus_have_no_two_entries_with_the_same_mnemonic(window):
    for menu in [action.menu() for action in window.menuBar().actions()]:
        texts = [action.text() for action in menu.actions() if "&" in action.text()]
        letters = [text[text.index("&") + 1].lower() for text in texts]
        clashes = [pair for pair in itertools.combinations(sorted(letters), 2) if pair[0] == pair[1]]
        assert clashes == [], menu.title()


def test_palette_change_reaches_the_icons(qapp, window, monkeypatch):
    seen = []
    monkeypatch.setattr("tailwise.gui.main_window.retint", lambda root, theme: seen.append(theme.name))

    th.apply_scheme(qapp, th.Scheme.DARK)

    assert "dark" in seen
