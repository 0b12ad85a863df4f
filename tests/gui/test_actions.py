"""Actions: one table, no two alike, all of them found by menu, palette and sheet."""

import pytest
import shiboken6
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QListView, QWidget

from tailwise.gui.actions import ActionRegistry, ActionSpec, DuplicateShortcutError, KeyHint
from tailwise.gui.dialogs.palette_dialog import PaletteDialog, PaletteEntry, score
from tailwise.gui.dialogs.shortcuts_dialog import ShortcutsDialog, sheet
from tailwise.gui.shell_actions import MENUS, SPECS


@pytest.fixture
def window(qtbot):
    window = QWidget()
    qtbot.addWidget(window)
    return window


@pytest.fixture
def registry(window):
    return ActionRegistry(window)


def nothing():
    pass


def test_action_runs_its_slot_and_shows_its_keys(registry):
    ran = []
    action = registry.add(
        ActionSpec("file.open", "&Open && go…", "File", ("Ctrl+O",), "Open it."), lambda: ran.append(1)
    )

    action.trigger()

    assert ran == [1]
    assert action.toolTip() == "Open & go… (Ctrl+O)"
    assert registry.action("file.open") is action


@pytest.mark.parametrize(
    "second",
    [
        ActionSpec("file.open", "Other", "File"),
        ActionSpec("file.other", "Other", "File", ("Ctrl+P", "Ctrl+O")),
        ActionSpec("file.other", "Other", "File", ("ctrl+o",)),
        ActionSpec("file.other", "Other", "File", ("no such key",)),
    ],
    ids=["same key", "same shortcut", "same shortcut in other letters", "no shortcut at all"],
)
def test_clash_is_found_when_the_window_is_built(registry, second):
    registry.add(ActionSpec("file.open", "Open", "File", ("Ctrl+O",)), nothing)

    with pytest.raises(DuplicateShortcutError):
        registry.add(second, nothing)


def test_every_action_of_the_window_is_in_a_menu_and_has_a_tip():
    in_menus = {key for _, keys in MENUS for key in keys if key}

    assert {spec.key for spec in SPECS} == in_menus - {"file.recent"}
    without = [spec.key for spec in SPECS if not spec.tip]
    assert without == ["view.light", "view.dark"]


def test_shortcuts_of_the_window_do_not_clash_with_typing():
    """Printable keys without a modifier are left to text fields; only `?` is taken, which text fields keep for themselves."""
    plain = [k for spec in SPECS for k in spec.shortcuts if len(k) == 1]

    assert plain == ["?"]


def test_question_mark_typed_into_a_field_is_a_question_mark(qtbot, window, registry):
    ran = []
    registry.add(ActionSpec("help.shortcuts", "Keys", "Help", ("?",)), lambda: ran.append(1))
    line = QLineEdit(window)
    with qtbot.waitActive(window):
        window.show()
        window.activateWindow()
    line.setFocus()

    QTest.keyClicks(line, "why?")

    assert line.text() == "why?"
    assert ran == []


def test_action_that_cannot_be_used_says_why(registry):
    registry.add(ActionSpec("file.close", "Close", "File"), nothing)

    registry.set_usable("file.close", why_not="open a project first")
    assert not registry.action("file.close").isEnabled()
    assert registry.why_not("file.close") == "open a project first"

    registry.set_usable("file.close")
    assert registry.action("file.close").isEnabled()
    assert registry.why_not("file.close") == ""


def test_sheet_lists_shortcuts_and_the_keys_of_pages(qtbot, registry, window):
    registry.add(ActionSpec("file.open", "&Open…", "File", ("Ctrl+O",)), nothing)
    registry.add(ActionSpec("view.light", "Light", "View"), nothing)
    registry.add_hints("Counts", (KeyHint("T", "Set a target"),))
    registry.add_hints("Start", ())

    assert sheet(registry) == {"File": [("Ctrl+O", "Open")], "Counts": [("T", "Set a target")]}

    dialog = ShortcutsDialog(registry, window)
    dialog.show()
    assert dialog.grab().width() > 0
    dialog.close()


@pytest.mark.parametrize(
    ("query", "best"),
    [
        ("op", "Open project…"),
        ("imp", "Import dataset…"),
        ("sc", "Save a copy…"),  # initials
        ("keyb", "Keyboard shortcuts"),
    ],
)
def test_few_letters_find_the_action(query, best):
    texts = [spec.plain_text for spec in SPECS]
    hits = [(score(query, text), text) for text in texts if score(query, text) is not None]

    assert min(hits, key=lambda hit: hit[0])[1] == best


@pytest.fixture
def palette(qtbot, window):
    ran = []
    entries = [
        PaletteEntry("Open project…", "File", "Ctrl+O", lambda: ran.append("open")),
        PaletteEntry("Close project", "File", "Ctrl+W", lambda: ran.append("close"), "open a project first"),
        PaletteEntry("Counts", "Go", "Ctrl+2", lambda: ran.append("counts")),
    ]
    palette = PaletteDialog(entries, window)
    palette.ran = ran
    palette.show()
    yield palette
    if shiboken6.isValid(palette):  # running an entry closes it
        palette.close()


def test_palette_runs_what_enter_is_pressed_on(qtbot, palette):
    line = palette.findChild(QLineEdit)
    QTest.keyClicks(line, "cou")
    QTest.keyClick(line, Qt.Key.Key_Return)

    assert palette.ran == ["counts"]
    assert not palette.isVisible()


def test_palette_moves_with_arrows_while_the_line_keeps_the_focus(palette):
    line, view = palette.findChild(QLineEdit), palette.findChild(QListView)

    QTest.keyClick(line, Qt.Key.Key_Down)
    assert view.currentIndex().row() == 1
    QTest.keyClick(line, Qt.Key.Key_Up)
    QTest.keyClick(line, Qt.Key.Key_Return)

    assert palette.ran == ["open"]


def test_palette_does_not_run_what_cannot_be_done_and_says_why(palette):
    line, view = palette.findChild(QLineEdit), palette.findChild(QListView)
    QTest.keyClicks(line, "close")
    QTest.keyClick(line, Qt.Key.Key_Return)

    assert palette.ran == []
    assert palette.isVisible()
    assert "open a project first" in view.currentIndex().data(Qt.ItemDataRole.AccessibleTextRole)


def test_palette_without_a_match_does_nothing(palette):
    line = palette.findChild(QLineEdit)
    QTest.keyClicks(line, "qqq")
    QTest.keyClick(line, Qt.Key.Key_Return)

    assert palette.findChild(QListView).model().rowCount() == 0
    assert palette.isVisible()


def test_palette_model_keeps_the_rules_of_qt_and_paints(qtmodeltester, palette):
    view = palette.findChild(QListView)
    qtmodeltester.check(view.model())

    assert not view.grab().isNull()


def test_shortcuts_are_known_key_sequences():
    for spec in SPECS:
        for keys in spec.shortcuts:
            assert not QKeySequence(keys, QKeySequence.SequenceFormat.PortableText).isEmpty()
