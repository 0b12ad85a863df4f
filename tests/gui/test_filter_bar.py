"""Filter chips: found by typing, taken away by key or click, wrapped over as many lines as they need."""

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QToolButton

from tailwise.domain.coverage import AxisFacts, ItemFilter
from tailwise.gui.widgets.filter_bar import FilterBar, FilterChoice

AXES = (
    AxisFacts("lighting", "condition", "", (("day", 30), ("night", 12))),
    AxisFacts("scene", "group", "", tuple((f"scene {k}", 3) for k in range(40))),
)


@pytest.fixture
def bar(qtbot):
    bar = FilterBar()
    qtbot.addWidget(bar)
    bar.resize(500, 40)
    bar.set_axes(AXES, (("Car", 200), ("Wheelchair", 7)))
    bar.show()
    return bar


def popup_field(bar):
    return bar._popup.findChild(QLineEdit)


def test_a_value_is_found_by_typing_and_taken_with_enter(qtbot, bar):
    bar.open_search()
    QTest.keyClicks(popup_field(bar), "nig light")
    with qtbot.waitSignal(bar.changed) as changed:
        QTest.keyClick(popup_field(bar), Qt.Key.Key_Return)

    assert changed.args == [ItemFilter((("lighting", "night"),))]
    assert not bar._popup.isVisible()
    assert "lighting: night" in bar.accessibleDescription()


def test_arrows_choose_among_the_values_found(qtbot, bar):
    bar.open_search()
    QTest.keyClicks(popup_field(bar), "scene 1")
    QTest.keyClick(bar._popup, Qt.Key.Key_Down)
    QTest.keyClick(bar._popup, Qt.Key.Key_Down)
    QTest.keyClick(bar._popup, Qt.Key.Key_Up)
    with qtbot.waitSignal(bar.changed) as changed:
        QTest.keyClick(popup_field(bar), Qt.Key.Key_Return)

    assert changed.args == [ItemFilter((("scene", "scene 10"),))]


def test_classes_are_filtered_beside_conditions_and_nothing_twice(qtbot, bar):
    heard = []
    bar.changed.connect(heard.append)
    for choice in (FilterChoice("class", "Wheelchair", 7), FilterChoice("lighting", "day", 30)) * 2:
        bar._add(choice)

    assert bar.filter == ItemFilter((("lighting", "day"),), ("Wheelchair",))
    assert len(heard) == 2


def test_chips_go_by_their_cross_by_delete_and_all_at_once(qtbot, bar):
    bar.set_filter(ItemFilter((("lighting", "day"), ("lighting", "night"), ("scene", "scene 3")), ("Car",)))
    first = bar._chips[0]
    qtbot.mouseClick(first.findChild(QToolButton), Qt.MouseButton.LeftButton)
    assert bar.filter.classes == ()
    QTest.keyClick(bar._chips[0], Qt.Key.Key_Delete)
    assert bar.filter.where == (("lighting", "night"), ("scene", "scene 3"))

    bar.clear()
    assert bar.filter == ItemFilter()
    assert not bar._chips


def test_many_chips_wrap_and_none_is_cut(qtbot, bar):
    bar.set_filter(ItemFilter(tuple(("scene", f"scene {k}") for k in range(12))))
    bar.resize(400, bar.heightForWidth(400))
    QTest.qWaitForWindowExposed(bar)
    bar.layout().setGeometry(bar.rect())

    lines = {chip.y() for chip in bar._chips}

    assert len(lines) > 2
    assert all(bar.rect().contains(chip.geometry()) for chip in bar._chips)
    areas = [chip.geometry() for chip in bar._chips]
    assert not any(a.intersects(b) for k, a in enumerate(areas) for b in areas[k + 1 :])


def test_the_search_stays_on_the_screen(qtbot, bar):
    screen = bar.screen().availableGeometry()
    bar._popup.open_at(QPoint(screen.right(), screen.bottom()))

    assert screen.adjusted(0, 0, 4, 4).contains(bar._popup.geometry()), "but for the frame of the window system"
    QTest.keyClick(popup_field(bar), Qt.Key.Key_Escape)
    assert not bar._popup.isVisible()
