"""Items are chosen by key and mouse, and a condition is set for all of them at once, undone and redone."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from tailwise.gui.pages.items import ItemsPage

WAIT = 20_000


@pytest.fixture
def page(qtbot, opened):
    page = ItemsPage(opened)
    qtbot.addWidget(page)
    page.resize(1100, 700)
    page.show()
    opened.changed.connect(page.refresh)
    page.refresh()
    settle(qtbot, opened)
    page.grid.setFocus()
    return page


def settle(qtbot, session):
    qtbot.wait(20)
    qtbot.waitUntil(lambda: session.runner.is_idle, timeout=WAIT)
    qtbot.wait(20)


def lighting(opened):
    sliced = opened.project.cube()
    axis = sliced.cube.axes["lighting"]
    return {int(sliced.columns.item_ids[r]): axis.values[c] for r, c in zip(axis.rows, axis.codes, strict=True)}


def test_keys_choose_one_a_range_all_and_none(page):
    QTest.keyClick(page.grid, Qt.Key.Key_Space)
    assert page.grid.choice.ids() == (1,)
    assert page.condition_bar.isVisible()
    QTest.keyClick(page.grid, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    QTest.keyClick(page.grid, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    assert page.grid.choice.ids() == (1, 2, 3)
    QTest.keyClick(page.grid, Qt.Key.Key_Space)
    assert page.grid.choice.ids() == (1, 2)
    QTest.keyClick(page.grid, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    assert page.condition_bar.amount.text() == "5 images chosen"
    QTest.keyClick(page.grid, Qt.Key.Key_Escape)
    assert page.grid.choice.ids() == ()
    assert not page.condition_bar.isVisible()


def test_the_mouse_chooses_with_control_and_shift(page):
    def click(position, modifier):
        place = page.grid.visualRect(page.model.index_of(position)).center()
        QTest.mouseClick(page.grid.viewport(), Qt.MouseButton.LeftButton, modifier, place)

    click(1, Qt.KeyboardModifier.ControlModifier)
    click(3, Qt.KeyboardModifier.ShiftModifier)
    click(2, Qt.KeyboardModifier.ControlModifier)
    assert page.grid.choice.ids() == (2, 4)
    assert page.grid.current_position() == 2
    click(0, Qt.KeyboardModifier.NoModifier)
    assert page.grid.choice.ids() == (2, 4)


def test_a_condition_is_set_for_all_chosen_items_taken_away_and_undone(qtbot, opened, page):
    before = lighting(opened)
    QTest.keyClick(page.grid, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    page.condition_bar.condition.setEditText("lighting")
    page.condition_bar.value.setEditText("dusk")
    page.condition_bar.set_button.click()
    settle(qtbot, opened)
    assert set(lighting(opened).values()) == {"dusk"}
    assert len(page.grid.choice) == 5  # still chosen, for the next condition

    page.condition_bar.take_away.click()
    settle(qtbot, opened)
    assert lighting(opened) == {}
    opened.history.stack.undo()
    settle(qtbot, opened)
    opened.history.stack.undo()
    settle(qtbot, opened)
    assert lighting(opened) == before


def test_a_new_name_makes_a_condition_and_a_changed_filter_forgets_the_choice(qtbot, opened, page):
    QTest.keyClick(page.grid, Qt.Key.Key_Space)
    page.condition_bar.condition.setEditText("checked")
    assert not page.condition_bar.set_button.isEnabled()
    page.condition_bar.value.setEditText("yes")
    page.condition_bar.set_button.click()
    settle(qtbot, opened)

    assert opened.project.cube().cube.axes["checked"].values == ("yes",)
    page.filter_bar.changed.emit(page.filter_bar.filter)
    settle(qtbot, opened)
    assert page.grid.choice.ids() == ()
