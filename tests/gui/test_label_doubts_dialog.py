"""Doubted labels in the window: found behind it, shown with their pictures, narrowed, opened, saved, and cancelled."""

import csv
import threading
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtTest import QTest

from builders import a_project, a_source
from tailwise.domain.changes import Changes
from tailwise.domain.errors import RequestError
from tailwise.domain.index import IndexState
from tailwise.domain.label_doubts import LabelDoubt, LabelDoubts
from tailwise.domain.review import Neighbour
from tailwise.gui.dialogs.label_doubts import LabelDoubtsDialog
from tailwise.gui.navigation import DATA, ITEMS
from tailwise.gui.pages.negatives import NegativesPage
from tailwise.gui.widgets.candidate_view import ASKED
from tailwise.usecases import image_index, label_doubts

WAIT = 20_000
BOX = (0.0, 0.0, 10.0, 20.0)
"""Of the first annotation of every item that `a_source` makes."""
INDEXED = IndexState(images=4, indexed=4, failed=0, missing=0, objects=8, embedding="classical", dimensions=8)


def a_doubt(item, given="car", claimed="bus", sure=0.9, box=BOX):
    near = (Neighbour(1, BOX, 0.8), Neighbour(2, BOX, 0.7))
    return LabelDoubt(item, f"{item - 1:03}.jpg", box, given, round(1 - sure, 2), claimed, sure, near)


FOUND = LabelDoubts(
    labels=40,
    doubted=7,
    classes=("bus", "car", "=van"),
    doubts=(a_doubt(2), a_doubt(2, claimed="=van", sure=0.8), a_doubt(3, "bus", "car", 0.75), a_doubt(4, box=None)),
    notes=("Too few examples or scenes to weigh: tram",),
)


class Weighing:
    """Stands in for weighing: what it finds can be changed, and it can be made to wait."""

    def __init__(self):
        self.found, self.state = FOUND, INDEXED
        self.go_on = threading.Event()
        self.go_on.set()
        self.asked = 0

    def __call__(self, project, progress, class_name=None, limit=0, **_more):
        self.asked += 1
        progress.stage("Weighing labels", 3)
        while not self.go_on.wait(0.01):
            progress.advance(0)
        if isinstance(self.found, Exception):
            raise self.found
        return self.found


@pytest.fixture
def weighing(monkeypatch):
    stand_in = Weighing()
    monkeypatch.setattr(label_doubts, "doubted_labels", stand_in)
    monkeypatch.setattr(image_index, "index_state", lambda _project: stand_in.state)
    yield stand_in
    stand_in.go_on.set()


@pytest.fixture
def project_path(tmp_path):
    root = tmp_path / "pictures"
    root.mkdir()
    for n in range(4):
        image = QImage(60, 40, QImage.Format.Format_RGB32)
        image.fill(QColor(20, 60, 200))
        image.save(str(root / f"{n:03}.jpg"))
    path = tmp_path / "doubts.tailwise"
    a_project(path, a_source({f"{n:03}.jpg": {"car": 1, "bus": 1} for n in range(4)}, root=str(root))).close()
    return path


@pytest.fixture
def page(qtbot, opened, weighing):
    page = NegativesPage(opened)
    qtbot.addWidget(page)
    page.resize(1000, 700)
    page.show()
    page.activateWindow()
    qtbot.waitUntil(page.isActiveWindow, timeout=WAIT)
    return page


@pytest.fixture
def dialog(qtbot, page, opened):
    """The dialog as the key opens it, with what was found."""
    page.setFocus()
    QTest.keyClick(page, Qt.Key.Key_L)
    dialog = page.findChild(LabelDoubtsDialog)
    qtbot.waitUntil(lambda: opened.runner.is_idle and dialog.states.state != "blank", timeout=WAIT)
    return dialog


def listed(dialog):
    return [(card.doubt.item, card.doubt.class_name, card.doubt.looks_like) for card in dialog.table.records()]


def test_the_least_believed_come_first_each_with_its_picture_and_box(qtbot, dialog, page, opened):
    assert dialog.states.state == "content"
    assert listed(dialog) == [(2, "car", "bus"), (2, "car", "=van"), (3, "bus", "car"), (4, "car", "bus")]
    assert [dialog.table.index(0, column).data() for column in range(5)] == ["001.jpg", "car", "10 %", "bus", "90 %"]
    assert dialog.sentence.text() == (
        "7 of 40 labels are doubted. The 4 least believed are listed. Too few examples or scenes to weigh: tram."
    )
    detail = dialog.detail
    assert detail.sentence.whole_text() == "Labelled car (10 %), looks like bus (90 %)"
    qtbot.waitUntil(lambda: not detail.view.area_of(0).isEmpty(), timeout=WAIT)
    assert detail.view.zoom > 1.0, "the box is looked at closely"
    image, edge = detail.view.grab().toImage(), detail.view.area_of(0).toRect()
    assert image.pixelColor(edge.right() + 1, edge.center().y()) == QColor(ASKED)
    QTest.keyClick(dialog, Qt.Key.Key_Z)
    assert detail.view.zoom == 1.0
    for _row in range(3):
        QTest.keyClick(dialog.rows, Qt.Key.Key_Down)
    assert (detail.view.accessibleDescription()[:7], detail.caption.text()) == ("003.jpg", "Nearest examples of bus")

    page.doubts.show_doubts()
    assert len(page.findChildren(LabelDoubtsDialog)) == 1


def test_rows_sort_by_their_numbers_and_their_tips_say_the_whole(dialog):
    tip, last = Qt.ItemDataRole.ToolTipRole, dialog.table.rowCount() - 1
    assert [dialog.table.index(0, column).data(tip) for column in range(5)] == [
        "001.jpg, box of 10 × 20 pixels at 0, 0",
        "car", "Probability of car, by scorers that never saw this item",
        "bus", "Probability of bus, by scorers that never saw this item",
    ]  # fmt: skip
    assert dialog.table.index(last, 0).data(tip) == "003.jpg, the whole image"
    dialog.rows.sortByColumn(4, Qt.SortOrder.AscendingOrder)
    assert [dialog.table.index(row, 4).data() for row in range(4)] == ["75 %", "80 %", "90 %", "90 %"]
    dialog.rows.sortByColumn(2, Qt.SortOrder.DescendingOrder)
    assert dialog.table.index(0, 2).data() == "25 %"


def test_a_class_narrows_the_rows_enter_opens_the_item_and_csv_has_what_is_shown(qtbot, dialog, page, opened, tmp_path):
    names = [dialog.classes.itemText(row) for row in range(dialog.classes.count())]
    assert names == ["All classes  ·  4", "=van  ·  1", "bus  ·  3", "car  ·  4"]
    dialog.classes.setCurrentIndex(1)
    dialog.classes.activated.emit(1)
    assert listed(dialog) == [(2, "car", "=van")]

    with qtbot.waitSignal(page.page_requested) as asked:
        QTest.keyClick(dialog.rows, Qt.Key.Key_Return)
    key, show = asked.args
    assert (key, list(show.ids), show.title, show.came_from) == (ITEMS, [2], "labelled car, looks like =van", page.key)
    with qtbot.waitSignal(page.page_requested):
        dialog.open_item.click()

    picked = []
    opened.picker.pick = lambda *_args, **_more: picked.append(_args[4])
    QTest.keyClick(dialog, Qt.Key.Key_E, Qt.KeyboardModifier.ControlModifier)
    to = tmp_path / "doubts.csv"
    with qtbot.waitSignal(opened.result, timeout=WAIT) as told:
        picked[0](str(to))
    assert told.args[0].text == "1 doubted label written to doubts.csv."
    rows = list(csv.DictReader(to.read_text(encoding="utf-8").splitlines()))
    assert [(r["item"], r["x"], r["width"], r["looks_like"], r["nearest"]) for r in rows] == [
        ("2", "0.0", "10.0", "'=van", "1 2"),
    ]


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (replace(INDEXED, indexed=0, dimensions=0), ("not indexed yet", "Index images", "index_requested")),
        (replace(INDEXED, indexed=0, dimensions=0, outdated=4), ("earlier version", "Index again", "index_requested")),
        (replace(INDEXED, missing=4), ("on this computer", "Go to Data", "page_requested")),
    ],
)
def test_what_is_missing_is_said_with_the_way_to_it(qtbot, page, opened, weighing, state, said):
    weighing.state, (title, button, signal) = state, said
    page.doubts.click()
    dialog = page.findChild(LabelDoubtsDialog)
    qtbot.waitUntil(lambda: dialog.states.state == "empty", timeout=WAIT)
    shown = dialog.states.currentWidget()
    assert title in shown._title.text()
    assert (shown._button.text(), weighing.asked) == (button, 0)
    assert not dialog.again.isEnabled()
    with qtbot.waitSignal(getattr(page, signal)) as asked:
        shown._button.click()
    assert asked.args[:1] in ([], [DATA])

    weighing.state = INDEXED
    opened.changed.emit(Changes.INDEX)
    qtbot.waitUntil(lambda: dialog.states.state == "content", timeout=WAIT)


def test_a_letter_typed_as_a_name_opens_nothing(page):
    line = page.head.reviewer.lineEdit()
    line.setFocus()
    QTest.keyClick(line, Qt.Key.Key_L)
    assert line.text().endswith("l")
    assert page.findChild(LabelDoubtsDialog) is None


def test_that_nothing_is_doubted_is_said_and_an_error_can_be_tried_again(qtbot, page, weighing):
    weighing.found = RequestError("Fewer than two classes have 8 examples", "Label more")
    page.doubts.click()
    dialog = page.findChild(LabelDoubtsDialog)
    qtbot.waitUntil(lambda: dialog.states.state == "error", timeout=WAIT)
    assert not dialog.save.isEnabled()

    weighing.found = LabelDoubts(40, 0, ("bus", "car"), ())
    dialog.states.retry_clicked.emit()
    qtbot.waitUntil(lambda: dialog.states.state == "empty", timeout=WAIT)
    shown = dialog.states.currentWidget()
    assert shown._title.text() == "No label is doubted"
    assert shown._text.text() == "40 labels were weighed between 2 classes, and no other class claims one of them."
    assert dialog.again.isEnabled()


def test_it_can_be_cancelled_and_what_was_found_stays_until_it_is_looked_for_again(qtbot, page, opened, weighing):
    weighing.go_on.clear()
    page.doubts.click()
    dialog = page.findChild(LabelDoubtsDialog)
    qtbot.waitUntil(lambda: weighing.asked == 1, timeout=WAIT)
    assert not dialog._row.isHidden()
    dialog._row._cancel.click()
    qtbot.waitUntil(lambda: dialog.states.state == "empty", timeout=WAIT)
    assert dialog.states.currentWidget()._title.text() == "The labels were not weighed"

    weighing.go_on.set()
    dialog.states.empty_button_clicked.emit()
    qtbot.waitUntil(lambda: dialog.states.state == "content", timeout=WAIT)
    opened.changed.emit(Changes.VERDICTS)
    assert dialog.stale.isHidden()
    opened.changed.emit(Changes.SPLITS)
    assert not dialog.stale.isHidden()

    weighing.go_on.clear()
    QTest.keyClick(dialog, Qt.Key.Key_F5)
    qtbot.waitUntil(lambda: weighing.asked == 3, timeout=WAIT)
    assert dialog.stale.isHidden()
    dialog._row._cancel.click()
    qtbot.waitUntil(lambda: opened.runner.is_idle, timeout=WAIT)
    assert (dialog.states.state, len(listed(dialog)), dialog.again.isEnabled()) == ("content", 4, True)

    QTest.keyClick(dialog, Qt.Key.Key_F5)
    qtbot.waitUntil(lambda: weighing.asked == 4, timeout=WAIT)
    dialog.close()
    qtbot.waitUntil(lambda: opened.runner.is_idle and page.findChild(LabelDoubtsDialog) is None, timeout=WAIT)
