"""The Desk: verdicts land on the candidate that was under the cursor, are stored in order, undone, and never typed."""

import random
import time

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from builders import a_project, a_source
from tailwise.domain.review import Candidate, CandidateKind, Decision, Neighbour, ReasonTag, ReviewQueue, Verdict
from tailwise.gui.models.desk_view import pace_text
from tailwise.gui.pages.negatives import NegativesPage
from tailwise.gui.widgets import thumb_loader
from tailwise.gui.widgets.crop_paint import crop_of
from tailwise.storage import review_tables
from tailwise.storage.review_tables import RandomNegatives
from tailwise.usecases.verdicts import record_verdict, review_states, review_summary, verdict_history

np = pytest.importorskip("numpy")

WAIT = 60_000
IMAGES = 12


def put_candidates(project, count, missing=0):
    names = {i + 1: f"{i:03}.jpg" for i in range(IMAGES)}
    found = [
        Candidate(
            item=1 + n % IMAGES,
            box=(float(n), 2.0, 20.0, 20.0),
            queue=ReviewQueue.MISSING_LABELS if n >= count - missing else ReviewQueue.HARD_NEGATIVES,
            kind=CandidateKind.SIMILAR,
            score=1 - n / 1000,
            why=f"place {n}",
            nearest=(Neighbour(1, (0.0, 0.0, 10.0, 20.0), 0.9),),
            position=n,
            class_name="car",
        )
        for n in range(count)
    ]
    nothing = RandomNegatives(np.zeros(0, dtype=np.int64), np.zeros((0, 4), dtype=np.float32))
    with project.file.writing() as db:
        run = review_tables.add_run(db, "car", request={}, outcome={"pool": 50}, random=nothing, version=1)
        return [c.id for c in review_tables.put_candidates(db, run, found, names)]


@pytest.fixture
def amount():
    return 8


@pytest.fixture
def project_path(tmp_path, amount):
    path = tmp_path / "desk.tailwise"
    project = a_project(path, a_source({f"{n:03}.jpg": {"car": 1, "bus": 1} for n in range(IMAGES)}))
    if amount:
        put_candidates(project, amount, missing=2)
    project.close()
    return path


@pytest.fixture
def page(qtbot, opened):
    page = NegativesPage(opened)
    qtbot.addWidget(page)
    page.resize(1100, 700)
    page.show()
    page.refresh()
    settle(qtbot, page)
    return page


def settle(qtbot, page):
    qtbot.waitUntil(lambda: page._session.runner.is_idle and not page._summarise.isActive(), timeout=WAIT)


def press(page, *keys):
    for key in keys:
        QTest.keyClick(page.grid, key)


def stored(page):
    return {c: s.verdicts[0].verdict for c, s in review_states(page._session.project, "car").items() if s.verdicts}


def test_a_verdict_marks_stores_and_goes_on(qtbot, page):
    assert page.states.state == "content"
    assert page.queue.rowCount() == 6
    first = page.grid.current_id()

    press(page, "1", "4", "A", "D", "F", "S")
    settle(qtbot, page)

    assert list(stored(page).values()) == [
        Verdict.HARD_NEGATIVE, Verdict.MISSED_LABEL, Verdict.DUPLICATE, Verdict.UNSURE,
    ]  # fmt: skip
    assert verdict_history(page._session.project, first)[0].reasons == (ReasonTag.COLOUR, ReasonTag.PART)
    assert page.grid.currentIndex().row() == 4
    assert page.foot.progress.text() == "4 of 6 judged"
    assert page.foot.precision.text().startswith("precision@6 33 %")
    assert "hard negative (colour, only a part)" in page.queue.sentence(0)


def test_undo_brings_back_what_was_and_the_cursor(qtbot, page):
    first = page.grid.current_id()
    press(page, "A", "D")

    page.undo_stack.undo()
    page.undo_stack.undo()
    settle(qtbot, page)
    assert stored(page) == {}
    assert page.grid.current_id() == first

    page.undo_stack.redo()
    page.undo_stack.redo()
    settle(qtbot, page)
    assert list(stored(page).values()) == [Verdict.HARD_NEGATIVE, Verdict.MISSED_LABEL]


def test_any_sequence_is_undone_whole_and_redone_whole(qtbot, page):
    draw = random.Random(4)
    press(page, *draw.choices(["A", "S", "D", "F", "U", "1", "7", ".", "J", "K"], k=60))
    settle(qtbot, page)
    after = {c: (s.verdicts[0].verdict, s.verdicts[0].reasons) for c, s in states(page).items()}

    while page.undo_stack.canUndo():
        page.undo_stack.undo()
    settle(qtbot, page)
    assert states(page) == {}
    while page.undo_stack.canRedo():
        page.undo_stack.redo()
    settle(qtbot, page)

    assert {c: (s.verdicts[0].verdict, s.verdicts[0].reasons) for c, s in states(page).items()} == after


def states(page):
    return {c: s for c, s in review_states(page._session.project, "car").items() if s.verdicts}


@pytest.mark.parametrize("amount", [102])
def test_verdicts_match_their_candidates_however_slow_the_pictures_are(qtbot, page, monkeypatch):
    def slow(rows, side, progress):
        time.sleep(0.3)
        return ()

    monkeypatch.setattr(thumb_loader, "decode_batch", slow)
    keys = {"A": Verdict.HARD_NEGATIVE, "S": Verdict.UNSURE, "D": Verdict.MISSED_LABEL, "F": Verdict.DUPLICATE}
    draw = random.Random(0)
    given = {}
    for _ in range(99):
        key = draw.choice(list(keys))
        given[page.grid.current_id()] = keys[key]
        press(page, key)
    settle(qtbot, page)

    assert len(given) == 99
    assert stored(page) == given


def test_typing_a_name_gives_no_verdict(qtbot, page):
    line = page.head.reviewer.lineEdit()
    line.setFocus()
    line.clear()
    QTest.keyClicks(line, "asdf")
    assert stored(page) == {}

    QTest.keyClick(line, Qt.Key.Key_Return)
    settle(qtbot, page)
    assert page._view.reviewer == "asdf"
    assert stored(page) == {}


def test_two_reviewers_are_kept_apart_and_compared(qtbot, page):
    project = page._session.project
    for row, verdict in ((0, Verdict.HARD_NEGATIVE), (1, Verdict.MISSED_LABEL)):
        record_verdict(project, page.queue.card(row).candidate.id, verdict, "Bob")
    page.refresh()
    settle(qtbot, page)
    assert page.queue.judged == 0, "what Bob said is not shown"

    press(page, "A", "A")
    settle(qtbot, page)

    assert page.foot.agreement.text().startswith("agreement with Bob 50 % of 2")
    assert review_summary(project, "car").decisions[Decision.ESCALATED] == 1
    page.refresh()
    settle(qtbot, page)
    page.head.queues._buttons["escalated"].click()
    assert page.queue.rowCount() == 1


def test_a_verdict_is_stored_although_the_project_is_closed_at_once(qtbot, page, opened, project_path):
    press(page, "A", "A", "A")
    with qtbot.waitSignal(opened.closed, timeout=WAIT):
        opened.close_project()
    qtbot.waitUntil(lambda: not opened.is_busy, timeout=WAIT)

    with qtbot.waitSignal(opened.opened, timeout=WAIT):
        opened.open_project(project_path)
    assert len(stored(page)) == 3
    assert page.queue.rowCount() == 0


def test_the_end_of_a_queue_is_a_summary(qtbot, page):
    press(page, *"AAAAAA")
    settle(qtbot, page)

    assert page.states.state == "empty"
    page.states.empty_button_clicked.emit()
    assert page.states.state == "content"
    page.head.queues._buttons["escalated"].click()
    assert page.states.state == "empty"


def test_buttons_and_small_keys_do_what_they_say(qtbot, page):
    press(page, "N")
    assert not page.head.auto.isChecked()
    page.detail.verdicts[Verdict.UNSURE].click()
    page.detail.reasons[ReasonTag.SMALL].click()
    press(page, "B", "Z", "X")
    settle(qtbot, page)
    candidate = page.grid.current_id()
    said = states(page)[candidate].verdicts[0]
    assert (said.verdict, said.reasons) == (Verdict.UNSURE, (ReasonTag.SMALL,))
    assert page.detail.verdicts[Verdict.UNSURE].isChecked()

    page.detail.verdicts[Verdict.UNSURE].click()
    settle(qtbot, page)
    assert states(page) == {}
    press(page, "J", "K")
    assert page.grid.current_id() == candidate


@pytest.mark.parametrize("amount", [0])
def test_without_an_index_the_page_offers_to_build_it(qtbot, page):
    assert page.states.state == "empty"
    assert page._view.class_name == "bus"
    assert not page.head.mine.isEnabled()

    page.head.classes.setCurrentIndex(page.head.classes.findData("car"))
    page.head.classes.activated.emit(page.head.classes.currentIndex())
    settle(qtbot, page)
    assert page._view.class_name == "car"


def test_a_failed_write_shows_what_is_stored(qtbot, page, opened):
    seen = []
    opened.user_error.connect(lambda title, error: seen.append(error.sentence))
    page.verdicts.judge([9999], Verdict.HARD_NEGATIVE)
    settle(qtbot, page)

    assert "no candidate number 9999" in seen[0]
    assert not page.undo_stack.canUndo()
    assert page.queue.judged == 0


def test_a_crop_keeps_the_shape_of_its_place_and_stays_inside():
    from PySide6.QtCore import QSizeF

    crop = crop_of((0.0, 0.4, 0.1, 0.1), QSizeF(200, 100), QSizeF(120, 60))

    assert crop.width() / crop.height() == pytest.approx(2)
    assert (crop.left(), crop.right() >= 20) == (0, True)


def test_the_pace_is_told_once_there_is_one():
    assert pace_text(3, 10, 3, 10) == "3 of 10 judged"
    assert pace_text(40, 200, 40, 60) == "40 of 200 judged  ·  40 per minute  ·  about 4 min left"
