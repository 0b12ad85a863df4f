"""The window: rail, header, pages, op bar and status line. Joins them; knows no data and computes nothing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent, QSize, Qt, QTimer, Slot
from PySide6.QtGui import QUndoStack
from PySide6.QtWidgets import QHBoxLayout, QMainWindow, QVBoxLayout, QWidget

from tailwise.gui import messages
from tailwise.gui import theme as th
from tailwise.gui.actions import ActionRegistry
from tailwise.gui.appearance import Appearance
from tailwise.gui.drop import DropTarget
from tailwise.gui.help_view import CONTENTS, HelpDock
from tailwise.gui.icons import retint
from tailwise.gui.page_stack import ENTRIES, PageStack
from tailwise.gui.pages import PAGES, hints_of
from tailwise.gui.panes import move_pane
from tailwise.gui.project_commands import ProjectCommands
from tailwise.gui.recent_menu import RecentMenu
from tailwise.gui.settings import REOPEN
from tailwise.gui.shell_actions import NEEDS_PROJECT, build_menus
from tailwise.gui.shell_dialogs import ShellDialogs
from tailwise.gui.vector_commands import VectorCommands
from tailwise.gui.warm_up import WarmUp
from tailwise.gui.widgets.banner import Banner
from tailwise.gui.widgets.header import Header
from tailwise.gui.widgets.op_bar import OpBar
from tailwise.gui.widgets.rail import Rail
from tailwise.gui.widgets.status_line import StatusLine
from tailwise.gui.work_left import WorkLeft

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtGui import QCloseEvent, QResizeEvent

    from tailwise.domain.errors import UserError
    from tailwise.gui.session import Session

LEAST_SIZE: Final = QSize(900, 600)
FIRST_SIZE: Final = QSize(1280, 800)
CLOSE_MILLISECONDS: Final = 5000


class MainWindow(QMainWindow):
    """One window, one project. Closing cancels what runs, closes the file and then goes."""

    def __init__(self, session: Session, log_path: Path) -> None:
        super().__init__()
        self._session = session
        self._is_leaving = False
        self._may_leave = False
        self._resumed_page = ""
        self._percent = -1
        self.setObjectName("main-window")
        self.setMinimumSize(LEAST_SIZE)
        self.resize(FIRST_SIZE)
        self.commands = ProjectCommands(session, self)
        self.vectors = VectorCommands(session, self)
        self.warm_up = WarmUp(session)
        self.pages = PageStack(session, self.warm_up, self)
        self.rail = Rail([(page.key, page.title, page.icon) for page in PAGES], self)
        self.work_left = WorkLeft(session, self.pages, self)
        self.header = Header(self)
        self.banner = Banner(self)
        self.op_bar = OpBar(session.runner, self)
        self.help = HelpDock(self)
        self.status = StatusLine(self)
        self.registry = ActionRegistry(self)
        self.dialogs = ShellDialogs(session, self.registry, log_path, self)
        self.appearance = Appearance(session.settings, self.registry, self)
        self.recent_menu = RecentMenu(session.settings, self)
        build_menus(self, self.registry, self._slots(), self.recent_menu)
        self._lay_out()
        self._connect()
        session.settings.restore_window(self)
        self.appearance.show_choice()
        self._on_project_changed()

    # Building

    def _lay_out(self) -> None:
        centre = QWidget(self)
        column = QVBoxLayout()
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.header)
        column.addWidget(self.banner)
        column.addWidget(self.pages, 1)
        column.addWidget(self.op_bar)
        row = QHBoxLayout(centre)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.rail)
        row.addLayout(column, 1)
        self.setCentralWidget(centre)
        self.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, self.help)
        self.setStatusBar(self.status)

    def _slots(self) -> dict[str, Callable[[], object]]:
        commands, dialogs = self.commands, self.dialogs
        slots: dict[str, Callable[[], object]] = {
            "file.new": commands.choose_new,
            "file.open": commands.choose_open,
            "file.import": commands.choose_import,
            "file.index": commands.index_images,
            "file.vectors": self.vectors.choose_vectors,
            "file.classical": self.vectors.use_classical,
            "file.copy": commands.choose_copy,
            "file.close": commands.close,
            "file.quit": self.close,
            "edit.undo": self._undo,
            "edit.redo": self._redo,
            "edit.find": self._ask_page_to_find,
            "edit.export": self._ask_page_to_export,
            "edit.preferences": dialogs.show_preferences,
            "view.system": self.appearance.choose_by_action,
            "view.light": self.appearance.choose_by_action,
            "view.dark": self.appearance.choose_by_action,
            "view.fullscreen": self._toggle_fullscreen,
            "view.reset": self._reset_layout,
            "go.conditions": self._go_by_action,
            "go.back": self.pages.back,
            "go.forward": self.pages.forward,
            "go.next-pane": self._next_pane,
            "go.previous-pane": self._previous_pane,
            "go.palette": dialogs.show_palette,
            "help.topic": self._show_help,
            "help.shortcuts": dialogs.show_shortcuts,
            "help.demo": commands.open_demo,
            "help.log": dialogs.open_log_folder,
            "help.about": dialogs.show_about,
        }
        return slots | {f"go.{page.key}": self._go_by_action for page in PAGES}

    def _connect(self) -> None:
        session = self._session
        session.opened.connect(self._show_data)
        session.opened.connect(self._on_project_changed)
        session.closed.connect(self._on_project_changed)
        session.saved.connect(self.status.say_saved_now)
        session.result.connect(self.op_bar.show_result)
        session.user_error.connect(self._on_user_error)
        session.ready_to_quit.connect(self._on_ready_to_quit, Qt.ConnectionType.QueuedConnection)
        self.commands.imported.connect(self._show_data)
        self.pages.page_shown.connect(self._on_page_shown)
        self.pages.page_built.connect(self._on_page_built)
        self.pages.selection_described.connect(self.status.say_selection)
        self.pages.work_left.connect(self.rail.set_left)
        self.work_left.counted.connect(self.rail.set_left)
        self.rail.page_chosen.connect(self.pages.go)
        self.dialogs.recent_chosen.connect(self.commands.open)
        self.header.palette_requested.connect(self.dialogs.show_palette)
        self.header.scheme_toggled.connect(self.appearance.toggle)
        self.op_bar.percent_changed.connect(self._on_percent)
        self.recent_menu.project_chosen.connect(self.commands.open)
        drops = DropTarget(self)
        drops.project_dropped.connect(self.commands.open)
        drops.dataset_dropped.connect(self.commands.import_path)
        drops.hover_changed.connect(self._on_drop_hover)
        drops.refused.connect(self.say)

    # What happens to the project

    @Slot()
    def _show_data(self) -> None:
        self.pages.go(self._resumed_page or "data")
        self._resumed_page = ""

    @Slot()
    def _on_project_changed(self) -> None:
        project = self._session.project
        self.header.set_project(project)
        self.rail.forget_left()
        self.rail.set_enabled([page.key for page in PAGES if page.needs_project], is_enabled=project is not None)
        for key in NEEDS_PROJECT:
            self.registry.set_usable(key, why_not="" if project else self.tr("open a project first"))
        if not self._is_leaving:
            self.status.say_saved(self.tr("All changes are saved") if project else "")
        self.status.say_selection("")
        self._show_title()
        if project is None:
            self.op_bar.clear_result()
            self.pages.go("start")

    @Slot(str, object)
    def _on_user_error(self, title: str, error: UserError) -> None:
        messages.fail(self, title, error)

    @Slot(str)
    def say(self, text: str) -> None:
        """Show one sentence under the header until it is dismissed."""
        self.banner.show_text(text, tone="warn")

    def say_unclean_exit(self) -> None:
        """Tell that the run before this one did not end well."""
        self.banner.show_text(self.tr("The last session ended unexpectedly. Nothing was lost."), tone="warn")
        self.banner.add_action(self.tr("Show log"), self.dialogs.open_log_folder)

    def resume(self) -> Path | None:
        """Return the project to go on with if the user wants that and it is there; its last page will be shown."""
        settings = self._session.settings
        recent = settings.recent()[:1] if settings.flag(REOPEN) else ()
        path = next((Path(entry.path) for entry in recent if not entry.is_missing), None)
        self._resumed_page = settings.last_page() if path is not None and settings.last_page() in ENTRIES else ""
        return path

    # Pages

    @Slot(str)
    def _on_page_shown(self, key: str) -> None:
        self.rail.set_current(key)
        self.header.set_title(ENTRIES[key].title)
        self.status.say_selection("")
        page = self.pages.current_page
        for action, method in (("edit.find", "focus_filter"), ("edit.export", "export_view")):
            why_not = "" if hasattr(page, method) else self.tr("not on this page")
            self.registry.set_usable(action, why_not=why_not)
        if self.help.isVisible():
            self._show_help()

    @Slot(object)
    def _on_page_built(self, page: QWidget) -> None:
        self.registry.add_hints(ENTRIES[self.pages.current_key].title, hints_of(page))
        self.commands.serve(page)

    @Slot()
    def _go_by_action(self) -> None:
        self.pages.go(self.sender().objectName().removeprefix("go."))

    @Slot()
    def _undo(self) -> None:
        own = self._page_stack()
        (own if own is not None and own.canUndo() else self._session.history.stack).undo()

    @Slot()
    def _redo(self) -> None:
        own = self._page_stack()
        (own if own is not None and own.canRedo() else self._session.history.stack).redo()

    def _page_stack(self) -> QUndoStack | None:
        """Return the undo stack of the page shown; edits of conditions and classes are in the session's history."""
        page = self.pages.current_page
        return page.findChild(QUndoStack) if page is not None else None

    @Slot()
    def _ask_page_to_find(self) -> None:
        getattr(self.pages.current_page, "focus_filter", _ignore)()

    @Slot()
    def _ask_page_to_export(self) -> None:
        getattr(self.pages.current_page, "export_view", _ignore)()

    @Slot(bool)
    def _on_drop_hover(self, is_over: bool) -> None:
        getattr(self.pages.current_page, "show_drop_hover", _ignore)(is_over)

    @Slot()
    def _next_pane(self) -> None:
        move_pane((self.rail, self.pages, self.op_bar, self.help), 1)

    @Slot()
    def _previous_pane(self) -> None:
        move_pane((self.rail, self.pages, self.op_bar, self.help), -1)

    @Slot()
    def _show_help(self) -> None:
        self.help.show_topic(getattr(self.pages.current_page, "help_topic", CONTENTS))

    # The window itself

    @Slot()
    def _toggle_fullscreen(self) -> None:
        self.setWindowState(self.windowState() ^ Qt.WindowState.WindowFullScreen)

    @Slot()
    def _reset_layout(self) -> None:
        self._session.settings.forget_layout()
        self.showNormal()
        self.resize(FIRST_SIZE)
        self.help.hide()
        self.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, self.help)

    @Slot(int)
    def _on_percent(self, percent: int) -> None:
        self._percent = percent
        self._show_title()

    def _show_title(self) -> None:
        project = self._session.project
        name = f"{project.path.name} – Tailwise" if project else "Tailwise"
        self.setWindowTitle(f"{name} ({self._percent} %)" if self._percent >= 0 else name)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: D102
        super().resizeEvent(event)
        self.rail.set_collapsed(is_collapsed=self.width() < th.RAIL_COLLAPSES_BELOW)

    def changeEvent(self, event: QEvent) -> None:  # noqa: D102
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            retint(self, th.Theme.of(self.palette()))

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: D102
        if self._may_leave:
            event.accept()
            return
        event.ignore()
        if not self._is_leaving:
            self._is_leaving = True
            self._session.settings.save_window(self, self.pages.current_key)
            self.status.say_saved(self.tr("Finishing…"))
            QTimer.singleShot(CLOSE_MILLISECONDS, self, self._on_ready_to_quit)
            self._session.shut_down()

    @Slot()
    def _on_ready_to_quit(self) -> None:
        if not self._may_leave:
            self._may_leave = True
            self.close()


def _ignore(*_args: object) -> None:
    """Stand in for a method that a page need not have."""
