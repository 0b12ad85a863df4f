"""The Desk: verdicts land on the candidate that was under the cursor, are stored in order, undone, and never typed."""

import dataclasses
import random
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QSizeF, Qt
from PySide6.QtGui import QAction, QColor, QImage, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QMenu

from builders import a_project, a_source
from tailwise.domain.coverage import ItemRow
from tailwise.domain.review import Candidate, CandidateKind, Decision, Neighbour, ReasonTag, ReviewQueue, Verdict
from tailwise.gui.models.desk_view import Place, pace_text
from tailwise.gui.models.queue_order import FOUND_BY_MODEL, DeskFilter, DeskOrder, arranged
from tailwise.gui.pages.negatives import NegativesPage
from tailwise.gui.widgets import thumb_loader
from tailwise.gui.widgets.candidate_view import ASKED
from tailwise.gui.widgets.crop_paint import crop_of
from tailwise.storage import review_tables
from tailwise.storage.review_tables import RandomNegatives
from tailwise.usecases.candidate_likeness import CandidateLikeness
from tailwise.usecases.verdicts import ReviewCard, record_verdict, review_states, review_summary, verdict_history

np = pytest.importorskip("numpy")

WAIT = 60_000
EVERYTHING = DeskFilter()
IMAGES = 12


def put_candidates(project, count, missing=0):
    names = {i + 1: f"{i:03}.jpg" for i in range(IMAGES)}
    found = [
        Candidate(
            item=1 + n % IMAGES,
            box=(float(n), 2.0, 20.0, 20.0),
            queue=ReviewQueue.MISSING_LABELS if n >= count - missing else ReviewQueue.HARD_NEGATIVES,
            kind=CandidateKind.SIMILAR,
            score=1 - n / 200,
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
def pictures():
    return False


@pytest.fixture
def project_path(tmp_path, amount, pictures):
    path = tmp_path / "desk.tailwise"
    root = tmp_path / "pictures"
    root.mkdir()
    source = a_source({f"{n:03}.jpg": {"car": 1, "bus": 1} for n in range(IMAGES)}, root=str(root))
    if pictures:
        for n in range(IMAGES):
            image = QImage(60, 40, QImage.Format.Format_RGB32)
            image.fill(QColor(200, 15 * n, 90))
            image.save(str(root / f"{n:03}.jpg"))
    project = a_project(path, source)
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
    qtbot.waitUntil(lambda: page._session.runner.is_idle and not page.score.is_waiting, timeout=WAIT)


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


def test_u_takes_the_last_verdict_back_after_the_desk_went_on_but_never_gives_one(qtbot, page):
    first = page.grid.current_id()
    press(page, "A", "D", "U")
    settle(qtbot, page)
    assert list(stored(page).values()) == [Verdict.HARD_NEGATIVE]
    assert page.grid.currentIndex().row() == 1

    press(page, "U")
    settle(qtbot, page)
    assert stored(page) == {}
    assert page.grid.current_id() == first
    press(page, "A", "K", "U", "U")  # taken back where it was given, then there is nothing more to take back
    settle(qtbot, page)
    assert stored(page) == {}


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


def likeness_of(page, *alike):
    """Say that candidates look alike: the first row of each tuple, and those like it."""
    ids = [card.candidate.id for card in page._view.all_cards]
    at = [page.queue.card(row).candidate.id for row in range(page.queue.rowCount())]
    similar = {at[first]: tuple(at[row] for row in others) for first, *others in alike}
    group = {one: n for n, one in enumerate(ids)}
    for first, others in similar.items():
        group |= dict.fromkeys(others, group[first])
    page.similar._patience.stop()
    page.similar._on_compared(CandidateLikeness({i: similar.get(i, ()) for i in ids}, group, 0.5))
    return at


def test_a_verdict_is_handed_on_to_similar_ones_after_their_number_was_told(qtbot, page):
    press(page, "X")
    assert "Judge a candidate first" in page.banner.text()
    press(page, "2", "A", "X")
    assert "still being compared" in page.banner.text()
    at = likeness_of(page, (0, 5, 2, 4))

    press(page, "X")
    assert page.banner.text().startswith("3 open candidates look like 000.jpg. X gives “hard negative (shape)”")
    assert page.grid.is_proposed(at[5])
    press(page, Qt.Key.Key_Escape)
    assert page.banner.isHidden()
    assert page.queue.judged == 1
    press(page, "X", "X")
    settle(qtbot, page)

    assert set(stored(page)) == {at[0], at[2], at[4], at[5]}
    assert verdict_history(page._session.project, at[4])[0].reasons == (ReasonTag.SHAPE,)
    assert page.grid.current_id() == at[1], "what is looked at was not judged, so the cursor stays"
    page.undo_stack.undo()
    settle(qtbot, page)
    assert set(stored(page)) == {at[0]}

    page.grid.go_to(0)
    assert page.detail.similar.whole_text() == "3 alike, 0 confirmed"
    page.detail.show_similar.click()
    assert page.queue.rowCount() == 4
    press(page, Qt.Key.Key_Escape)
    assert page.queue.rowCount() == 6


def test_several_selected_are_judged_and_undone_as_one(qtbot, page):
    first = page.grid.current_id()
    for _ in range(2):
        QTest.keyClick(page.grid, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    chosen = page.grid.selected_ids()
    press(page, "D")
    settle(qtbot, page)

    assert (len(chosen), chosen[0]) == (3, first)
    assert stored(page) == dict.fromkeys(chosen, Verdict.MISSED_LABEL)
    assert page.grid.currentIndex().row() == 3
    assert page.grid.selected_ids() == (page.grid.current_id(),)
    undo = QAction(page)
    undo.setShortcut(QKeySequence.StandardKey.Undo)
    undo.triggered.connect(page.undo_stack.undo)
    page.addAction(undo)
    page.activateWindow()
    page.grid.setFocus()
    QTest.keyClick(page.grid, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    settle(qtbot, page)
    assert stored(page) == {}
    assert page.grid.selected_ids() == (first,), "Ctrl, still down, must not add to the selection"

    QTest.keyClick(page.grid, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    press(page, Qt.Key.Key_Escape)
    assert page.grid.selected_ids() == (page.grid.current_id(),)


def test_tab_stays_on_the_desk_and_space_looks_at_the_whole_picture(qtbot, page):
    page.grid.setFocus()
    press(page, Qt.Key.Key_Tab)
    assert not page.head.auto.isChecked()
    press(page, Qt.Key.Key_Tab, Qt.Key.Key_Space)
    look = page.panes.quick_look
    assert not look.isHidden()
    assert look.why.text().startswith("000.jpg: place 0; not judged")

    press(page, "A")
    assert look.why.text().startswith("001.jpg: place 1; not judged"), "keys still judge"
    press(page, Qt.Key.Key_Escape)
    assert look.isHidden()
    press(page, Qt.Key.Key_Space)
    QTest.mouseClick(look, Qt.MouseButton.LeftButton)
    assert look.isHidden()
    assert page.queue.judged == 1


def test_the_queue_is_filtered_ordered_and_grouped(qtbot, page):
    filters = page.head.filters
    press(page, "A", "J")
    at = page.grid.current_id()
    filters.score.setValue(0.98)
    assert page.queue.rowCount() == 5
    assert page.grid.current_id() == at, "the cursor stays where it was"
    filters.kinds.setCurrentIndex(1)
    filters.kinds.activated.emit(1)
    assert page.queue.rowCount() == 5
    filters.score.setValue(1.0)
    press(page, "F")
    assert page.queue.rowCount() == 1
    filters.show_only(frozenset(), "nothing")
    assert page.states.state == "empty"
    page.states.empty_button_clicked.emit()
    assert (page.states.state, page.queue.rowCount()) == ("content", 6)

    ids = likeness_of(page, (0, 3))
    page.grid.go_to(1)
    press(page, "G")
    assert [page.queue.card(row).candidate.id for row in range(3)] == [ids[0], ids[3], ids[1]]
    assert page.queue.group_of(1) == page.queue.group_of(0)
    assert page.grid.current_id() == ids[1]
    press(page, "G")
    assert page.queue.group_of(0) is None

    page.head.queues._buttons["missing-labels"].click()
    page.head.queues._buttons["hard-negatives"].click()
    assert page.queue.said(ids[0]).verdict is Verdict.DUPLICATE, "what was said stays shown"


@pytest.mark.parametrize(("keys", "row"), [("JJA", 3), ("JJJJ", 4)], ids=["judged", "looked at"])
def test_the_desk_opens_where_it_was_left(qtbot, page, opened, project_path, keys, row):
    press(page, *keys)
    qtbot.waitUntil(lambda: not page._remember.isActive(), timeout=WAIT)
    settle(qtbot, page)
    expected = page.queue.card(row).candidate.id
    with qtbot.waitSignal(opened.closed, timeout=WAIT):
        opened.close_project()
    qtbot.waitUntil(lambda: not opened.is_busy, timeout=WAIT)
    with qtbot.waitSignal(opened.opened, timeout=WAIT):
        opened.open_project(project_path)
    page.refresh()
    settle(qtbot, page)

    assert page.grid.current_id() == expected


def test_what_two_reviewers_disagree_on_is_listed_once_both_have_judged(qtbot, page):
    project, first = page._session.project, page.grid.current_id()
    for row, verdict in ((0, Verdict.MISSED_LABEL), (1, Verdict.HARD_NEGATIVE)):
        record_verdict(project, page.queue.card(row).candidate.id, verdict, "Bob")
    lines = []
    page.work.history_loaded.connect(lines.append)
    press(page, "H")
    qtbot.waitUntil(lambda: bool(lines), timeout=WAIT)
    assert lines[0] == ["1 verdict of others, shown once you have judged"]
    page.findChild(QMenu, "verdict-history").close()

    press(page, "A", "A")
    settle(qtbot, page)
    assert page.foot.disagreements.text() == "1 disagreement"
    page.foot.disagreements.click()
    assert (page.queue.rowCount(), page.grid.current_id()) == (1, first)
    assert page.detail.similar.whole_text() == "Bob: missed label"
    assert "Bob: missed label" in page.queue.sentence(0)
    page.detail.history.click()
    settle(qtbot, page)
    assert [line[18:] for line in lines[-1]] == ["reviewer: hard negative", "Bob: missed label"]
    page.findChild(QMenu, "verdict-history").close()


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
    press(page, "B", "Z")
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


@pytest.mark.parametrize("pictures", [True])
def test_the_place_asked_about_is_drawn_close_and_on_its_tile(qtbot, page):
    first = page.grid.current_id()
    qtbot.waitUntil(lambda: page.panes.large.thumb(first).pixmap is not None, timeout=WAIT)
    qtbot.waitUntil(lambda: page.panes.tiles.thumb(first).pixmap is not None, timeout=WAIT)
    settle(qtbot, page)

    def has_asked(widget):
        image = widget.grab().toImage()
        return any(image.pixelColor(x, y) == QColor(ASKED) for x in range(image.width()) for y in range(image.height()))

    assert page.detail.view.zoom > 1
    assert has_asked(page.detail.view)
    press(page, "B")
    assert not has_asked(page.detail.view)
    press(page, "B", "Z")
    assert page.detail.view.zoom == 1
    press(page, "Z", "J", "K")
    close = page.detail.view.zoom
    page.resize(1300, 800)
    assert page.detail.view.zoom > 1, f"stays close, was {close}"

    page.grid.grab()
    page.similar.proposed.emit(frozenset({page.queue.card(1).candidate.id}))
    again = page.grid.grab().toImage()
    assert again == page.grid.grab().toImage(), "a kept cut-out looks like the first"


def test_what_is_empty_leads_on(qtbot, page, monkeypatch):
    asked = []
    monkeypatch.setattr(page.work, "mine", asked.append)
    page.index_requested.connect(lambda: asked.append("index"))
    page.page_requested.connect(lambda key, _payload: asked.append(key))
    page.head.mine_clicked.emit()
    page.work.mining_ended.emit()
    page.head.queues._buttons["escalated"].click()
    assert page.states.state == "empty"
    page.states.empty_link_clicked.emit()
    assert page.queue.rowCount() == 6, "to the queue that has most"

    press(page, *"AAAAAA")
    settle(qtbot, page)
    page.states.empty_link_clicked.emit()
    assert page.queue.rowCount() == 2, "to the queue that waits"
    press(page, "D", "D")
    settle(qtbot, page)
    page.states.empty_link_clicked.emit()

    empty = dataclasses.replace(page._view, cards={}, said={}, is_indexed=True)
    page._on_loaded(empty)
    page.states.empty_button_clicked.emit()
    page._on_loaded(dataclasses.replace(empty, is_indexed=False))
    page.states.empty_button_clicked.emit()
    page._on_loaded(dataclasses.replace(empty, is_indexed=False, outdated="4 images are looked at once more."))
    assert page.head.mine.isEnabled(), "look-alikes of an outdated index are found after it was made again"
    assert any("earlier version" in label.text() for label in page.states.findChildren(QLabel))
    page.states.empty_button_clicked.emit()
    page._on_loaded(dataclasses.replace(empty, is_indexed=False, has_pictures=False))
    page.states.empty_button_clicked.emit()
    page._on_loaded(dataclasses.replace(empty, class_name=""))
    page.states.empty_button_clicked.emit()
    assert asked == ["car", "export", "car", "index", "index", "data", "data"]
    page._on_failed(RuntimeError("broken"))
    assert page.states.state == "error"
    page.open_payload("bus")
    settle(qtbot, page)
    assert page._view.class_name == "bus"


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


@given(st.tuples(*[st.floats(0, 0.99)] * 2, *[st.floats(0.001, 1)] * 2), st.tuples(*[st.integers(20, 900)] * 4))
@settings(max_examples=60, deadline=None)
def test_a_crop_holds_its_place_in_the_shape_asked_for(box, sizes):
    x, y = box[:2]
    width, height = min(box[2], 1 - x), min(box[3], 1 - y)
    picture, area = QSizeF(*sizes[:2]), QSizeF(*sizes[2:])

    crop = crop_of((x, y, width, height), picture, area)

    assert crop.width() / crop.height() == pytest.approx(area.width() / area.height())
    assert crop.left() <= x * picture.width() + 1e-6
    assert crop.right() >= (x + width) * picture.width() - 1e-6
    assert crop.top() <= y * picture.height() + 1e-6
    assert crop.bottom() >= (y + height) * picture.height() - 1e-6
    across, down = crop.width() / picture.width(), crop.height() / picture.height()
    assert across <= 1 + 1e-9 or down <= 1 + 1e-9 or min(across, down) <= 1.8


def test_the_pace_is_told_once_there_is_one():
    assert pace_text(3, 10, 3, 10) == "3 of 10 judged"
    assert pace_text(199, 200, 40, 60).endswith("less than 1 min left")
    assert pace_text(40, 200, 40, 60) == "40 of 200 judged  ·  40 per minute  ·  about 4 min left"


@pytest.mark.parametrize("text", ["", "car", "car\nAnn", "car\nAnn\nhard-negatives\nx", "car\nAnn\nnowhere\n-1\n\n"])
def test_a_place_that_is_not_understood_is_the_beginning(text):
    place = Place.of(text)
    assert (place.queue, place.candidate) == ("hard-negatives", 0)
    assert Place.of(Place("a", "b", "escalated", 7).text) == Place("a", "b", "escalated", 7)


def test_a_queue_is_arranged_by_what_was_chosen():
    def card(number, score, kind, source, **evidence):
        row = ItemRow(number, f"{9 - number}.jpg", source, "train", "labelled", 9, 9, "")
        one = Candidate(1, None, ReviewQueue.HARD_NEGATIVES, kind, score, "", evidence=evidence, id=number)
        return ReviewCard(one, row, ())

    similar, partial = CandidateKind.SIMILAR, CandidateKind.PARTIAL
    cards = [
        card(1, 0.2, similar, "a"), card(2, 0.9, partial, "b", detector=0.7), card(3, 0.5, similar, "b"),
    ]  # fmt: skip

    def ids(chosen=EVERYTHING, order=DeskOrder.FOUND, group=None):
        return [each.candidate.id for each in arranged(cards, chosen, order, group or {})]

    assert ids(DeskFilter(least_score=0.5)) == [2, 3]
    assert ids(DeskFilter(kind="similar", source="b")) == [3]
    assert ids(DeskFilter(source=FOUND_BY_MODEL)) == [2]
    assert ids(DeskFilter(only=frozenset({1, 3}))) == [1, 3]
    assert ids(order=DeskOrder.SCORE) == [2, 3, 1]
    assert ids(order=DeskOrder.FILE) == [1, 3, 2]
    assert ids(order=DeskOrder.LOOK_ALIKES, group={1: 0, 3: 0}) == [1, 3, 2]
