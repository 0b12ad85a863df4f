"""What the program remembers about this computer: preferences, window layout, recent projects.

Kept in one INI file at a path that is passed in. Choices about the data are not settings; they live in the project. A
value that cannot be used is replaced by its default and logged, never a crash.
"""

from __future__ import annotations

import json
import logging
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

import platformdirs
from PySide6.QtCore import QByteArray, QObject, QSettings, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QSplitter

from tailwise.gui.theme import Scheme

if TYPE_CHECKING:
    from PySide6.QtCore import QRect
    from PySide6.QtWidgets import QMainWindow

LAYOUT_VERSION: Final = 1
"""Raised when the window's docks and toolbars change; an older stored layout is then left alone."""

MAX_RECENT: Final = 12
LEAST_VISIBLE: Final = 80
"""Device-independent pixels of a restored window that must lie on a screen, in each direction."""

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Setting:
    """One preference; the dialog, the defaults and the checks are made from it.

    Attributes:
        key: group/name in the INI file.
        default: its type is the type of the setting: str with `choices`, or bool.
        label: what the dialog says.
        note: one sentence on what it changes.
        choices: allowed values with their texts, for str.
    """

    key: str
    default: str | bool
    label: str
    note: str = ""
    choices: tuple[tuple[str, str], ...] = ()

    @property
    def group(self) -> str:
        """Heading in the dialog."""
        return self.key.partition("/")[0].capitalize()


SCHEME: Final = Setting(
    "appearance/scheme",
    Scheme.SYSTEM.value,
    "Colours",
    "System follows the desktop where it tells; otherwise light.",
    ((Scheme.SYSTEM.value, "System"), (Scheme.LIGHT.value, "Light"), (Scheme.DARK.value, "Dark")),
)
REOPEN: Final = Setting(
    "general/reopen", default=False, label="Open the last project at start", note="Otherwise the start page is shown."
)
SETTINGS: Final = (SCHEME, REOPEN)


@dataclass(frozen=True, slots=True)
class RecentProject:
    """A project that was open before. `images` is what it held then, None if nobody knows."""

    path: str
    opened_utc: str
    images: int | None = None

    @property
    def is_missing(self) -> bool:
        """Whether the file is not there now; it may be on a drive that is not plugged in."""
        return not Path(self.path).is_file()


def default_settings_path() -> Path:
    """Return where the INI file of this user is."""
    return Path(platformdirs.user_config_path("tailwise", appauthor=False)) / "tailwise.ini"


class Settings(QObject):
    """Typed access to the INI file."""

    changed = Signal(str)  # key of a preference
    recent_changed = Signal()

    def __init__(self, path: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.path = path
        self._store = QSettings(str(path), QSettings.Format.IniFormat)

    # Preferences

    def text(self, setting: Setting) -> str:
        """Return a preference with choices; its default when what is stored is none of them."""
        value = self._store.value(setting.key, setting.default)
        if isinstance(value, str) and value in dict(setting.choices):
            return value
        return str(self._default(setting, value))

    def flag(self, setting: Setting) -> bool:
        """Return a yes-or-no preference; its default when what is stored is neither."""
        value = self._store.value(setting.key, setting.default)
        known = {True: True, False: False, "true": True, "false": False}
        if isinstance(value, (bool, str)) and value in known:
            return known[value]
        return bool(self._default(setting, value))

    def set(self, setting: Setting, value: str | bool) -> None:
        """Store a preference and announce it."""
        self._store.setValue(setting.key, value)
        self.changed.emit(setting.key)

    def reset(self) -> None:
        """Forget preferences and window layout; recent projects and folders stay."""
        for setting in SETTINGS:
            self._store.remove(setting.key)
        self.forget_layout()
        for setting in SETTINGS:
            self.changed.emit(setting.key)

    def _default(self, setting: Setting, found: object) -> str | bool:
        _LOG.warning("setting %s: %r cannot be used; the default is", setting.key, found)
        self._store.remove(setting.key)
        return setting.default

    # Window

    def save_window(self, window: QMainWindow, page: str) -> None:
        """Remember geometry, docks, splitters and the page shown."""
        self._store.setValue("window/version", LAYOUT_VERSION)
        self._store.setValue("window/geometry", window.saveGeometry())
        self._store.setValue("window/state", window.saveState(LAYOUT_VERSION))
        self._store.setValue("window/page", page)
        for splitter in window.findChildren(QSplitter):
            if splitter.objectName():
                self._store.setValue(f"splitters/{splitter.objectName()}", splitter.saveState())
        self._store.sync()

    def restore_window(self, window: QMainWindow) -> bool:
        """Restore geometry, then docks; False, and nothing done, when there is nothing usable.

        A window that would lie outside every screen is moved into the first one.
        """
        if self._store.value("window/version") not in {LAYOUT_VERSION, str(LAYOUT_VERSION)}:
            return False
        geometry = self._bytes("window/geometry")
        if geometry is None or not window.restoreGeometry(geometry):
            _LOG.info("the stored window geometry cannot be used")
            return False
        if not is_reachable(window.geometry()):
            screen = QGuiApplication.primaryScreen().availableGeometry()
            window.setGeometry(screen.adjusted(LEAST_VISIBLE, LEAST_VISIBLE, -LEAST_VISIBLE, -LEAST_VISIBLE))
        state = self._bytes("window/state")
        if state is not None:
            window.restoreState(state, LAYOUT_VERSION)
        return True

    def restore_splitter(self, splitter: QSplitter) -> None:
        """Give a named splitter the sizes it had."""
        state = self._bytes(f"splitters/{splitter.objectName()}")
        if state is not None:
            splitter.restoreState(state)

    def forget_layout(self) -> None:
        """Forget where windows and splitters were."""
        self._store.remove("window")
        self._store.remove("splitters")

    def last_page(self) -> str:
        """Return the key of the page shown when the program was left, or empty."""
        value = self._store.value("window/page", "")
        return value if isinstance(value, str) else ""

    def _bytes(self, key: str) -> QByteArray | None:
        value = self._store.value(key)
        return value if isinstance(value, QByteArray) else None

    # Folders and recent projects

    def folder(self, purpose: str) -> Path:
        """Return the folder last used for a purpose, the home folder if it is gone."""
        value = self._store.value(f"folders/{purpose}", "")
        folder = Path(value) if isinstance(value, str) and value else Path.home()
        return folder if folder.is_dir() else Path.home()

    def set_folder(self, purpose: str, folder: Path) -> None:
        """Remember the folder used for a purpose."""
        self._store.setValue(f"folders/{purpose}", str(folder))

    def recent(self) -> tuple[RecentProject, ...]:
        """Return the recent projects, newest first."""
        stored = self._store.value("recent/projects", "[]")
        try:
            entries = cast("list[dict[str, Any]]", json.loads(stored if isinstance(stored, str) else "[]"))
            return tuple(RecentProject(**entry) for entry in entries)
        except (ValueError, TypeError):
            _LOG.warning("the list of recent projects cannot be read; starting a new one")
            self._store.remove("recent/projects")
            return ()

    def remember_project(self, path: Path, images: int | None = None) -> None:
        """Put a project at the head of the recent ones. Without `images` the number known before stays."""
        text = str(path)
        known = next((entry.images for entry in self.recent() if entry.path == text), None)
        now = datetime.now(UTC).isoformat(timespec="seconds")
        entry = RecentProject(text, now, known if images is None else images)
        self._store_recent((entry, *(e for e in self.recent() if e.path != text)))

    def forget_project(self, path: str) -> None:
        """Take a project off the list; the file stays where it is."""
        self._store_recent(tuple(entry for entry in self.recent() if entry.path != path))

    def _store_recent(self, entries: tuple[RecentProject, ...]) -> None:
        self._store.setValue("recent/projects", json.dumps([asdict(entry) for entry in entries[:MAX_RECENT]]))
        self.recent_changed.emit()


def is_reachable(frame: QRect) -> bool:
    """Return whether enough of a window lies on some screen to get hold of it."""
    return any(
        (shown := screen.availableGeometry().intersected(frame)).width() >= LEAST_VISIBLE
        and shown.height() >= LEAST_VISIBLE
        for screen in QGuiApplication.screens()
    )
