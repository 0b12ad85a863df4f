"""The table of the window's actions and the menus made from it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtGui import QActionGroup

from tailwise.gui.actions import ActionSpec
from tailwise.gui.pages import PAGES, shortcut_of
from tailwise.gui.theme import Scheme

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from PySide6.QtWidgets import QMainWindow, QMenu

    from tailwise.gui.actions import ActionRegistry

SEPARATOR: Final = ""
RECENT: Final = "file.recent"
NEEDS_PROJECT: Final = (
    "file.index",
    "file.vectors",
    "file.classical",
    "file.copy",
    "file.close",
    "go.conditions",
    *(f"go.{page.key}" for page in PAGES if page.needs_project),
)

SPECS: Final = (
    ActionSpec("file.new", "&New project…", "File", ("Ctrl+N",), "Make an empty project file.", "new"),
    ActionSpec("file.open", "&Open project…", "File", ("Ctrl+O",), "Open a project file.", "open"),
    ActionSpec("file.import", "&Import dataset…", "File", ("Ctrl+I",), "Add a dataset to the project.", "import"),
    ActionSpec(
        "file.index", "Inde&x images", "File", ("Ctrl+Shift+X",), "Look at every new or changed image once.", "images"
    ),
    ActionSpec(
        "file.vectors", "Use &vectors of your own…", "File", (), "NumPy, Parquet or an ONNX model instead of ours."
    ),
    ActionSpec("file.classical", "Use the c&lassical vectors", "File", (), "Go back to the vectors of the index."),
    ActionSpec(
        "file.copy", "&Save a copy…", "File", ("Ctrl+S",), "The project is always saved; this makes a second file."
    ),
    ActionSpec("file.close", "&Close project", "File", ("Ctrl+W",), "Close the project and show the start page."),
    ActionSpec("file.quit", "&Quit", "File", ("Ctrl+Q",), "Cancel what runs, close the project and leave."),
    ActionSpec("edit.undo", "&Undo", "Edit", ("Ctrl+Z",), "Take the last edit back.", "undo"),
    ActionSpec("edit.redo", "&Redo", "Edit", ("Ctrl+Shift+Z",), "Do the edit again that was taken back.", "redo"),
    ActionSpec("edit.find", "&Find on this page", "Edit", ("Ctrl+F",), "Go to the filter of this page."),
    ActionSpec("edit.export", "&Export this view…", "Edit", ("Ctrl+E",), "Write exactly what this page shows."),
    ActionSpec("edit.preferences", "&Preferences…", "Edit", ("Ctrl+,",), "Change how the program looks and starts."),
    ActionSpec("view.system", "&System colours", "View", (), "Follow the desktop where it tells."),
    ActionSpec("view.light", "&Light colours", "View"),
    ActionSpec("view.dark", "&Dark colours", "View"),
    ActionSpec("view.fullscreen", "&Full screen", "View", ("F11",), "Show nothing but this window."),
    ActionSpec("view.reset", "&Reset layout", "View", (), "Put window, docks and panes where they were at first."),
    ActionSpec("go.back", "&Back", "Go", ("Alt+Left",), "Go to the page shown before."),
    ActionSpec("go.forward", "&Forward", "Go", ("Alt+Right",), "Undo going back."),
    ActionSpec(
        "go.conditions", "&Conditions", "Go", ("Ctrl+Shift+G",), "Make, merge and edit conditions and groups.", "group"
    ),
    ActionSpec("go.next-pane", "Ne&xt pane", "Go", ("F6",), "Move the keyboard to the next pane."),
    ActionSpec("go.previous-pane", "Pre&vious pane", "Go", ("Shift+F6",), "Move the keyboard to the pane before."),
    ActionSpec("go.palette", "Find &action…", "Go", ("Ctrl+K",), "Type a few letters of any page or action."),
    ActionSpec("help.topic", "&Help on this page", "Help", ("F1",), "Open the help at the topic of this page.", "help"),
    ActionSpec("help.shortcuts", "&Keyboard shortcuts", "Help", ("?",), "Show every key of the program."),
    ActionSpec("help.demo", "Open the &demo project", "Help", (), "A small made-up dataset, made on this computer."),
    ActionSpec("help.log", "Open &log folder", "Help", (), "Where Tailwise writes what it did."),
    ActionSpec("help.about", "&About Tailwise", "Help", (), "Versions and licence."),
    *(
        ActionSpec(f"go.{page.key}", page.title, "Go", (shortcut_of(number),), f"Go to {page.title}.", page.icon)
        for number, page in enumerate(PAGES)
    ),
)

MENUS: Final = (
    (
        "&File",
        (
            *("file.new", "file.open", RECENT, SEPARATOR, "file.import", "file.index", "file.vectors"),
            *("file.classical", "file.copy", SEPARATOR, "file.close", "file.quit"),
        ),
    ),
    ("&Edit", ("edit.undo", "edit.redo", SEPARATOR, "edit.find", "edit.export", SEPARATOR, "edit.preferences")),
    ("&View", ("view.system", "view.light", "view.dark", SEPARATOR, "view.fullscreen", "view.reset")),
    (
        "&Go",
        (
            *(f"go.{page.key}" for page in PAGES),
            "go.conditions",
            SEPARATOR,
            "go.back",
            "go.forward",
            SEPARATOR,
            "go.next-pane",
            "go.previous-pane",
            SEPARATOR,
            "go.palette",
        ),
    ),
    ("&Help", ("help.topic", "help.shortcuts", "help.demo", SEPARATOR, "help.log", "help.about")),
)


def build_menus(
    window: QMainWindow, registry: ActionRegistry, slots: Mapping[str, Callable[[], object]], recent: QMenu
) -> None:
    """Make every action and the menu bar.

    Args:
        window: gets the menu bar.
        registry: gets the actions.
        slots: what each action does, by key; KeyError when one is missing.
        recent: the menu of recent projects.
    """
    for spec in SPECS:
        registry.add(spec, slots[spec.key])
    schemes = QActionGroup(window)
    for scheme in Scheme:
        action = registry.action(f"view.{scheme}")
        action.setCheckable(True)
        schemes.addAction(action)
    for title, keys in MENUS:
        menu = window.menuBar().addMenu(title)
        for key in keys:
            if key == SEPARATOR:
                menu.addSeparator()
            elif key == RECENT:
                menu.addMenu(recent)
            else:
                menu.addAction(registry.action(key))
