"""The splits page: what was asked and what came of it, nothing leaks, and every number opens its images."""

import dataclasses

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from builders import a_project, a_source
from tailwise.gui.dialogs.split_compare import SplitCompare
from tailwise.gui.models.split_table import SHARES_ROLE
from tailwise.gui.navigation import ExportThis
from tailwise.gui.pages.splits import SplitsPage
from tailwise.gui.widgets.split_facts import measures_text
from tailwise.ops.progress import SILENT

WAIT = 60_000


@pytest.fixture
def project_path(tmp_path):
    """Sixty images in twenty scenes of three; wheelchairs in every tenth image."""
    labels = {f"{k:02}.jpg": {"car": 1} | ({"wheelchair": 1} if k % 10 == 0 else {}) for k in range(60)}
    scenes = {name: f"scene {k // 3}" for k, name in enumerate(labels)}
    lighting = {name: "day" if k % 2 else "night" for k, name in enumerate(labels)}
    path = tmp_path / "street.tailwise"
    a_project(path, a_source(labels, groups={"scene": scenes}, conditions={"lighting": lighting})).close()
    return path


@pytest.fixture
def page(qtbot, opened):
    page = SplitsPage(opened)
    qtbot.addWidget(page)
    page.resize(1000, 650)
    page.show()
    page.refresh()
    settle(qtbot, page)
    return page


def settle(qtbot, page):
    qtbot.waitUntil(lambda: page._session.runner.is_idle, timeout=WAIT)


def propose(qtbot, page, seed=0):
    page.controls.seed.setValue(seed)
    page.controls.propose.click()
    settle(qtbot, page)


def test_before_the_first_split_the_page_says_what_to_do(page):
    assert page.states.state == "empty"
    assert page.controls.groups.ticked() == ("scene",), "a group axis is kept together unless the user says otherwise"


def test_a_proposed_split_cuts_no_scene_and_shows_asked_against_achieved(qtbot, page):
    propose(qtbot, page)

    assert page.states.state == "content"
    assert page.cut.figure() == "0"
    assert page.leaks.figure() == "0"
    sizes = {size.split: size.items for size in page.sizes.records()}
    assert sum(sizes.values()) == 60
    assert sizes["train"] == pytest.approx(42, abs=3)
    row = [page.classes.index(0, c).data() for c in range(4)]
    assert row[0] == "car"
    assert "of 42" in row[1]
    asked, achieved = page.classes.index(0, 1).data(SHARES_ROLE)
    assert (asked, achieved) == (pytest.approx(0.7), pytest.approx(sizes["train"] / 60))


def test_the_keyboard_proposes_too(qtbot, page):
    page.activateWindow()
    qtbot.waitUntil(page.isActiveWindow, timeout=WAIT)
    with qtbot.waitSignal(page.controls.proposed, timeout=WAIT):
        QTest.keyClick(page, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    settle(qtbot, page)

    assert page.states.state == "content"


def test_the_cells_are_said_in_words(qtbot, page, qtmodeltester):
    propose(qtbot, page)
    qtmodeltester.check(page.classes)

    said = page.classes.index(1, 1).data(Qt.ItemDataRole.AccessibleTextRole)

    assert said.startswith("wheelchair, train: ")
    assert "asked" in said


def test_ratios_that_do_not_sum_to_one_cannot_be_proposed(page):
    page.controls.shares[0].setValue(50)

    assert not page.controls.propose.isEnabled()
    assert "sum to 0.8" in page.controls.problem.text()
    page.controls.shares[1].setValue(35)
    assert page.controls.propose.isEnabled()


def test_a_cell_opens_exactly_its_images_of_the_active_split_and_of_another(qtbot, page, opened):
    from tailwise.usecases.items import find_items

    propose(qtbot, page, seed=1)
    propose(qtbot, page, seed=2)
    index = page.classes.index(1, 1)
    achieved = int(index.data().removeprefix("▲ ").partition(" ")[0])
    with qtbot.waitSignal(page.page_requested) as requested:
        page.classes_view.activated.emit(index)
    assert requested.args[0] == "items"
    assert len(find_items(opened.project, requested.args[1].which, SILENT)) == achieved

    page.history_view.select_row(1)
    assert not page._shown.is_active
    index = page.classes.index(1, 1)
    achieved = int(index.data().removeprefix("▲ ").partition(" ")[0])
    with qtbot.waitSignal(page.page_requested, timeout=WAIT) as requested:
        page.classes_view.activated.emit(index)
    payload = requested.args[1]
    wheelchairs = set(find_items(opened.project, payload.which, SILENT))
    assert len(wheelchairs & set(payload.ids)) == achieved


def test_an_older_split_can_be_made_the_active_one(qtbot, page, opened):
    propose(qtbot, page, seed=1)
    propose(qtbot, page, seed=2)
    page.history_view.select_row(1)
    assert page.activate.isEnabled()

    page.activate.click()
    settle(qtbot, page)

    from tailwise.usecases.splits import list_splits

    assert [split.is_active for split in list_splits(opened.project)] == [False, True]
    assert not page.activate.isEnabled()


def test_the_same_seed_gives_the_same_split(qtbot, page):
    results = []
    for _ in range(2):
        propose(qtbot, page, seed=7)
        results.append(page._shown.result.sizes)
    assert results[0] == results[1]


def test_a_split_leads_to_its_export(qtbot, page):
    propose(qtbot, page)
    with qtbot.waitSignal(page.page_requested) as requested:
        page.hand_out.click()

    assert requested.args == ["export", ExportThis("splits", split_id=page._shown.id)]


def test_without_labels_there_is_nothing_to_split(qtbot, session, tmp_path):
    a_project(tmp_path / "pool.tailwise", a_source({}, pool=("a.jpg",))).close()
    with qtbot.waitSignal(session.opened, timeout=WAIT):
        session.open_project(tmp_path / "pool.tailwise")
    page = SplitsPage(session)
    qtbot.addWidget(page)
    page.refresh()
    settle(qtbot, page)

    assert page.states.state == "empty"
    assert not page.controls.isEnabled()


def test_measures_pairs_and_proof_are_shown(qtbot, page):
    propose(qtbot, page)

    text = page.measures.text()
    assert all(word in text for word in ("LD ", "LPD ", "JS ", "largest deviation", "bound"))
    pairs = page.pairs.records()
    assert [(p.first, p.second, p.twins) for p in pairs] == [
        ("train", "val", 0), ("train", "test", 0), ("val", "test", 0),
    ]  # fmt: skip
    assert page.pairs.index(0, 2).data() == "✓ 0"


def test_quarantine_notes_and_an_early_end_are_said(qtbot, page):
    propose(qtbot, page)
    result = dataclasses.replace(
        page._shown.result, quarantined=2, conflicts=1, notes=("3 items have no time",), stopped_early=True
    )

    text = measures_text(result)

    assert "2 items are in quarantine, in no split: 1 group" in text
    assert "3 items have no time" in text
    assert "ended by its time limit" in text


def test_l_says_what_to_select_and_what_cannot_be_locked(qtbot, page):
    propose(qtbot, page)
    page.sizes_view.clearSelection()
    with qtbot.waitSignal(page._session.result, timeout=WAIT) as said:
        page._toggle_lock()
    assert "Select a split" in said.args[0].text


def test_p_proposes_and_l_locks_the_selected_split(qtbot, page):
    page.activateWindow()
    qtbot.waitUntil(page.isActiveWindow, timeout=WAIT)
    page.setFocus()
    with qtbot.waitSignal(page.controls.proposed, timeout=WAIT):
        QTest.keyClick(page, Qt.Key.Key_P)
    settle(qtbot, page)

    page.sizes_view.select_row(2)
    page.sizes_view.setFocus()
    QTest.keyClick(page.sizes_view, Qt.Key.Key_L)
    assert page.controls.request().locked == {"test"}
    QTest.keyClick(page.sizes_view, Qt.Key.Key_L)
    assert page.controls.request().locked == frozenset()


def test_parts_in_turn_take_the_place_of_the_ratios(qtbot, page):
    page.controls.parts.setValue(4)
    assert not page.controls.shares[0].isEnabled()
    propose(qtbot, page)

    assert [size.split for size in page.sizes.records()] == [f"part-{k}" for k in range(1, 5)]
    page.controls.show_request(page._shown.request)
    assert page.controls.request() == page._shown.request


def test_a_slice_of_the_test_split_opens_its_items(qtbot, page):
    propose(qtbot, page)
    page.slice.per_cell.setValue(2)
    with qtbot.waitSignal(page.page_requested, timeout=WAIT) as asked:
        page.slice.draw.click()

    key, payload = asked.args
    assert key == "items"
    assert 1 <= len(payload.ids) <= 4
    assert "at most 2 per cell" in payload.title


def test_neighbours_of_numbered_sequences_in_two_splits_are_counted(qtbot, page):
    propose(qtbot, page)

    assert "numbered sequence" in page.gaps.summary.text()
    assert page.gaps.summary.text().startswith("▲")
    with qtbot.waitSignal(page.page_requested, timeout=WAIT) as asked:
        page.gaps.view.activated.emit(page.gaps.table.index(0, 0))
    assert asked.args[0] == "items"


def test_two_splits_are_compared_and_the_images_that_moved_open(qtbot, page):
    propose(qtbot, page, seed=1)
    QTest.keyClick(page, Qt.Key.Key_C)
    assert page.findChild(SplitCompare) is None, "there is nothing yet to compare with"
    page.controls.groups.toggle_value("scene")
    propose(qtbot, page, seed=2)

    QTest.keyClick(page, Qt.Key.Key_C)
    dialog = page.findChild(SplitCompare)
    settle(qtbot, page)

    assert (dialog.before.currentData(), dialog.after.currentData()) == (1, 2)
    move = dialog.moves.records()[0]
    assert move.before != move.after
    assert {"seed", "group_by"} <= {row.what for row in dialog.changes.records() if row.part == "Request"}
    with qtbot.waitSignal(page.page_requested) as asked:
        dialog.moves_view.activated.emit(dialog.moves.index(0, 0))
    assert asked.args[1].ids == list(move.item_ids)
    dialog.close()
