"""The long-tail chart: empty classes are seen, keys and clicks reach every class, pyqtgraph waits for a worker."""

import subprocess
import sys

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest

from tailwise.domain.coverage import TailGroup
from tailwise.gui.theme import DARK, LIGHT, palette_of


@pytest.fixture
def chart(qtbot):
    from tailwise.gui.widgets.long_tail_chart import LongTailChart, TailBar

    chart = LongTailChart()
    qtbot.addWidget(chart)
    chart.resize(600, 200)
    chart.set_bars(
        [
            TailBar("Car", 5000, TailGroup.HEAD),
            TailBar("Bicycle", 40, TailGroup.MID, target=400),
            TailBar("Wheelchair", 1, TailGroup.TAIL, target=400),
            TailBar("Horse", 0, TailGroup.NONE),
        ],
        "objects",
    )
    chart.show()
    return chart


def colours_of_column(chart, share):
    image = chart.grab().toImage()
    x = int(70 + (image.width() - 80) * share)
    return {QColor(image.pixel(x, y)).name() for y in range(image.height())}


def test_a_class_with_one_object_has_a_bar_and_an_empty_one_a_hollow_stub(chart):
    chart.setPalette(palette_of(LIGHT))

    assert "#d55e00" in colours_of_column(chart, 0.62), "Wheelchair, 1 object, above the floor"
    empty = colours_of_column(chart, 0.88)
    assert LIGHT.alert.lower() in empty, "Horse, 0 objects, an outline"
    assert not {"#0072b2", "#56b4e9", "#d55e00"} & empty


def test_keys_walk_over_the_classes_and_enter_opens_one(qtbot, chart):
    chart.set_current_class("Car")
    seen = []
    chart.cursor_moved.connect(seen.append)
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_End, Qt.Key.Key_Right, Qt.Key.Key_Left):
        QTest.keyClick(chart, key)
    with qtbot.waitSignal(chart.class_opened) as opened:
        QTest.keyClick(chart, Qt.Key.Key_Return)

    assert seen == ["Bicycle", "Wheelchair", "Horse", "Horse", "Wheelchair"]
    assert opened.args == ["Wheelchair"]


def test_it_says_each_class_and_its_groups_in_words(chart):
    assert chart.sentence(1) == "Bicycle: 40 objects, target 400"
    assert chart.accessibleDescription() == (
        "head: over 100 images (1), mid: 11 to 100 (1), tail: at most 10 (1), no image (1)"
    )


def test_the_cursor_stays_on_its_class_when_the_counts_change(chart):
    from tailwise.gui.widgets.long_tail_chart import TailBar

    chart.set_current_class("Wheelchair")
    chart.set_bars([TailBar("Wheelchair", 500, TailGroup.HEAD), TailBar("Car", 5, TailGroup.TAIL)], "images")
    assert chart.current_class() == "Wheelchair"

    chart.set_bars([TailBar("Car", 5, TailGroup.TAIL)], "images")
    assert chart.current_class() == ""


def test_it_follows_the_theme(chart):
    chart.setPalette(palette_of(DARK))

    assert DARK.base.lower() in colours_of_column(chart, 0.88)


def test_pages_do_not_import_the_plotting_library():
    code = "import sys, tailwise.gui.pages.counts; print([m for m in sys.modules if m in {'pyqtgraph','numpy','cv2'}])"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"
