"""The duplicates page: leaks first, decided by keys, stored at once, and undone."""

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton

from builders import a_project
from photo_sets import inline_pool, jpeg_of, photo, photo_project
from tailwise.domain.index import IndexOutcome, IndexRequest, ItemMark
from tailwise.gui import theme as th
from tailwise.gui.models import indexing
from tailwise.gui.models.duplicate_view import nothing_texts
from tailwise.gui.navigation import ShowItems
from tailwise.gui.pages.duplicates import DuplicatesPage
from tailwise.gui.project_commands import ProjectCommands
from tailwise.ops.child import run_here
from tailwise.ops.progress import SILENT, OpCancelledError

WAIT = 30_000
Key = Qt.Key
SHIFT = Qt.KeyboardModifier.ShiftModifier
CTRL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    """A project with a leaking copy, a pair of edits and a picture that is alone; indexed and compared."""
    from tailwise.domain.duplicates import DuplicateRequest
    from tailwise.usecases.image_index import build_index
    from tailwise.usecases.near_duplicates import find_duplicates

    folder = tmp_path_factory.mktemp("page")
    files = {
        "a1.jpg": jpeg_of(photo(1)),
        "a2.jpg": jpeg_of(photo(1), 40),
        "b1.jpg": jpeg_of(photo(2)),
        "b2.jpg": jpeg_of(photo(2)),
        "c.jpg": jpeg_of(photo(3)),
    }
    project = photo_project(folder, files, splits={"train": ["b1.jpg"], "val": ["b2.jpg"]})
    build_index(project, IndexRequest(descriptors=False), SILENT, inline_pool)
    find_duplicates(project, DuplicateRequest(), SILENT, run_here, inline_pool)
    project.close()
    return folder / "p.tailwise"


@pytest.fixture
def page(qtbot, session, template, tmp_path):
    path = tmp_path / "p.tailwise"
    path.write_bytes(template.read_bytes())
    return shown(qtbot, session, path)


def shown(qtbot, session, path):
    with qtbot.waitSignal(session.opened, timeout=WAIT):
        session.open_project(path)
    page = DuplicatesPage(session)
    session.changed.connect(page.refresh)
    qtbot.addWidget(page)
    page.resize(1100, 640)
    page.show()
    page.refresh()
    settle(qtbot, page)
    return page


def settle(qtbot, page):
    qtbot.waitUntil(lambda: page._session.runner.is_idle, timeout=WAIT)
    qtbot.wait(20)
    qtbot.waitUntil(lambda: page._session.runner.is_idle, timeout=WAIT)


def press(qtbot, page, key, modifier=Qt.KeyboardModifier.NoModifier, view=None):
    QTest.keyClick(view or page.grid, key, modifier)
    settle(qtbot, page)


def clusters(page):
    return [one.items for one in page.clusters.records()]


def test_the_leak_comes_first_with_its_images_and_the_reason(qtbot, page):
    assert page.states.state == "content"
    assert clusters(page) == [(3, 4), (1, 2)]
    assert page.model.total == 2
    assert page.edges.index(0, 3).data() == "the same file, byte for byte"
    assert "leak: train / val" in page.clusters.index(0, 3).data()
    assert page.controls.summary.text() == "2 clusters of 4 images · 2 to decide · ⚠ 1 pair across splits"
    for scheme in (th.Scheme.LIGHT, th.Scheme.DARK):
        from PySide6.QtWidgets import QApplication

        th.apply_scheme(QApplication.instance(), scheme)
        assert not page.grab().isNull()


def test_keep_and_exclude_by_key_are_stored_drawn_and_undone(qtbot, page):
    press(qtbot, page, Key.Key_K)
    page.grid.go_to(1)
    press(qtbot, page, Key.Key_E)
    assert page._cluster.marks == {3: ItemMark.KEEP, 4: ItemMark.EXCLUDE}
    assert "✓ decided" in page.clusters.index(0, 3).data()
    assert not page.grab().isNull()

    # The same key again takes it back; undo brings it again; the cursor stays where it was.
    press(qtbot, page, Key.Key_E)
    assert page._cluster.marks == {3: ItemMark.KEEP}
    press(qtbot, page, Key.Key_Z, CTRL)
    assert page._cluster.marks == {3: ItemMark.KEEP, 4: ItemMark.EXCLUDE}
    assert page.grid.current_position() == 1
    press(qtbot, page, Key.Key_Z, CTRL | SHIFT)
    assert page._cluster.marks == {3: ItemMark.KEEP}


def test_next_previous_and_resolve_walk_through_the_clusters(qtbot, page):
    press(qtbot, page, Key.Key_N)
    assert page._cluster.items == (1, 2)
    press(qtbot, page, Key.Key_N)
    assert page._cluster.items == (1, 2)
    press(qtbot, page, Key.Key_P, view=page.clusters_view)
    press(qtbot, page, Key.Key_C)
    settle(qtbot, page)

    assert page._cluster.items == (1, 2)
    assert sorted(page.clusters.records()[0].marks.values()) == [ItemMark.EXCLUDE, ItemMark.KEEP]
    # With one kept by hand, the others are excluded.
    page.grid.go_to(1)
    press(qtbot, page, Key.Key_K)
    press(qtbot, page, Key.Key_C)
    assert page._cluster.marks == {1: ItemMark.EXCLUDE, 2: ItemMark.KEEP}


def test_where_labels_disagree_the_page_asks_whose_is_right_before_it_resolves(qtbot, page):
    doubted = page._cluster = replace(page._cluster, labels=(("glass", 1), ("plastic", 1)))
    press(qtbot, page, Key.Key_C)
    assert page.banner.text() == "The labels of cluster 3 disagree. Press K on the image whose label is right, then C."
    assert (page.undo_stack.count(), page._cluster) == (0, doubted)
    assert not replace(doubted, marks={3: ItemMark.KEEP}).is_ambiguous
    press(qtbot, page, Key.Key_N)
    assert not page.banner.isVisible()


def test_not_duplicates_takes_the_cluster_apart_for_good(qtbot, page):
    press(qtbot, page, Key.Key_K, SHIFT)
    assert clusters(page) == [(1, 2)]
    page.edges_view.select_row(0)
    press(qtbot, page, Key.Key_Delete, view=page.edges_view)
    assert clusters(page) == []
    assert page.model.total == 0
    press(qtbot, page, Key.Key_K)  # nothing to keep, nothing happens

    page.undo_stack.undo()
    settle(qtbot, page)
    assert clusters(page) == [(1, 2)]


def test_two_clusters_are_merged(qtbot, page):
    press(qtbot, page, Key.Key_M)
    assert "Press M on another cluster" in page.banner.text()
    press(qtbot, page, Key.Key_M)
    assert not page.banner.isVisible()
    press(qtbot, page, Key.Key_M)
    press(qtbot, page, Key.Key_Escape)
    assert not page.banner.isVisible()
    press(qtbot, page, Key.Key_M)
    press(qtbot, page, Key.Key_N)
    press(qtbot, page, Key.Key_M)

    assert clusters(page) == [(1, 2, 3, 4)]


def test_the_threshold_re_forms_the_clusters_and_is_used_when_asked(qtbot, page):
    from tailwise.usecases.near_duplicates import applied_threshold

    assert not page.controls.apply.isEnabled()
    page.controls.threshold.slider.setValue(100)
    qtbot.waitUntil(lambda: clusters(page) == [(3, 4)], timeout=WAIT)
    settle(qtbot, page)
    assert page.controls.threshold.value_label.text() == "1.00"
    assert applied_threshold(page._session.project) == 0.8
    page.controls.apply.click()
    settle(qtbot, page)

    assert applied_threshold(page._session.project) == 1
    assert not page.controls.apply.isEnabled()
    page.controls.rule.click()
    assert page.banner.text() == ("1 image is kept (the most objects, then the sharpest), 1 excluded from sampling.")
    assert not page.clusters.records()[0].is_resolved
    page.banner.findChild(QPushButton).click()
    settle(qtbot, page)
    assert page.clusters.records()[0].is_resolved
    assert set(page._cluster.reasons.values()) == {"near-duplicate"}


def test_return_opens_the_images_of_the_cluster(qtbot, page):
    with qtbot.waitSignal(page.page_requested) as requested:
        press(qtbot, page, Key.Key_Return, view=page.clusters_view)

    assert requested.args == ["items", ShowItems(ids=(3, 4), title="in cluster 3", came_from="duplicates")]


def test_a_decision_that_cannot_be_stored_is_said(qtbot, page, monkeypatch):
    from tailwise.domain.errors import ProjectFileError
    from tailwise.usecases import duplicate_review

    def refuse(*_args):
        raise ProjectFileError("The disk is full", "Make room")

    monkeypatch.setattr(duplicate_review, "decide", refuse)
    press(qtbot, page, Key.Key_K)

    assert "The disk is full" in page.banner.text()
    assert not page.undo_stack.canUndo()


def test_empty_states_lead_from_data_to_index_to_search(qtbot, session, tmp_path, monkeypatch):
    a_project(tmp_path / "empty.tailwise").close()
    page = shown(qtbot, session, tmp_path / "empty.tailwise")
    with qtbot.waitSignal(page.page_requested) as requested:
        page.states.empty_button_clicked.emit()
    assert requested.args[0] == "data"

    photo_project(tmp_path, {"a.jpg": jpeg_of(photo(1)), "b.jpg": jpeg_of(photo(1), 50)}).close()
    with qtbot.waitSignal(session.opened, timeout=WAIT):
        session.open_project(tmp_path / "p.tailwise")
    page.refresh()
    settle(qtbot, page)
    use_inline_pools(monkeypatch)
    commands = ProjectCommands(session, page)
    commands.serve(page)
    page.states.empty_button_clicked.emit()
    settle(qtbot, page)
    assert page.states.state == "empty"
    assert page._view.state.indexed == 2
    assert nothing_texts(page._view.state, is_searched=True)[0] == "No image looks like another"

    with session.project.file.writing() as db:
        db.execute("UPDATE image_index SET method = method - 1")
    page.refresh()
    settle(qtbot, page)
    gone = replace(page._view.state, missing=2, outdated=0)
    assert nothing_texts(gone)[0] == "None of the pictures is on this computer"
    title, text, _button = nothing_texts(page._view.state)
    assert title == "The index was made by an earlier version"
    assert text.startswith("2 images are looked at once more")
    page.states.empty_button_clicked.emit()
    settle(qtbot, page)
    assert (page._view.state.indexed, page._view.state.outdated) == (2, 0)

    page.states.empty_button_clicked.emit()
    settle(qtbot, page)
    assert page.states.state == "content"
    assert clusters(page) == [(1, 2)]
    with qtbot.waitSignal(session.closed, timeout=WAIT):
        session.close_project()
    assert page.clusters.rowCount() == 0


def test_before_a_search_the_page_says_that_only_identical_files_are_listed(page):
    begun = replace(page._view, applied=None)
    page.controls.show_facts(begun)
    assert "the search is not finished" in page.controls.summary.text()
    page.controls.show_facts(replace(begun, report=replace(begun.report, compared=0)))
    assert "identical files only" in page.controls.summary.text()
    page.controls.show_facts(page._view)
    assert "identical files only" not in page.controls.summary.text()
    state = replace(page._view.state, images=9)
    assert nothing_texts(state)[1].startswith("5 of 9 images are indexed.")


@pytest.mark.parametrize(("indexed", "kept"), [(4, "The images are indexed and stay so."), (0, "")])
def test_a_search_cancelled_after_indexing_says_what_stays(monkeypatch, indexed, kept):
    def cancelled():
        raise OpCancelledError

    done = IndexOutcome(indexed, 0, 0, 0, 0)
    monkeypatch.setattr(indexing, "index_images", lambda _project, _progress: done)
    with pytest.raises(OpCancelledError) as stopped:
        indexing.index_first(None, SILENT, cancelled)
    assert stopped.value.kept == kept
    assert bool(stopped.value.changes) == bool(indexed)


def use_inline_pools(monkeypatch):
    """Let the verbs of the page work without spawning processes."""
    from tailwise.usecases import image_index, near_duplicates

    monkeypatch.setattr(image_index, "pool_of", lambda _request: inline_pool)
    monkeypatch.setattr(near_duplicates.find_duplicates, "__defaults__", (run_here, inline_pool))


def test_a_failure_of_loading_is_shown_with_retry(qtbot, page, monkeypatch):
    from tailwise.domain.errors import ProjectFileError
    from tailwise.usecases import near_duplicates

    def refuse(*_args):
        raise ProjectFileError("The disk is gone", "Plug it in")

    monkeypatch.setattr(near_duplicates, "duplicate_report", refuse)
    page.refresh()
    settle(qtbot, page)

    assert page.states.state == "error"


def test_v_shows_the_difference_and_decisions_are_about_the_second_image(qtbot, page):
    page.grid.setFocus()
    press(qtbot, page, Key.Key_N)
    press(qtbot, page, Key.Key_V)
    view = page.detail.difference
    qtbot.waitUntil(lambda: "laid over each other" in view.sentence().lower(), timeout=WAIT)
    assert view.sentence().startswith("Laid over each other: 0 % of what both show differs, 100 %")
    assert view.hasFocus() or not page.isActiveWindow()
    assert not page.grab().isNull()

    press(qtbot, page, Key.Key_E, view=view)
    assert page._cluster.marks == {2: ItemMark.EXCLUDE}
    assert page._cluster.reasons == {2: "near-duplicate"}
    assert "excluded: near-duplicate" in page.detail.head.text()
    press(qtbot, page, Key.Key_Right, view=view)
    press(qtbot, page, Key.Key_Left, view=view)
    press(qtbot, page, Key.Key_Tab, view=view)
    press(qtbot, page, Key.Key_P, view=view)
    qtbot.waitUntil(lambda: view.sentence() != "", timeout=WAIT)
    press(qtbot, page, Key.Key_V, view=view)
    assert not page.detail.look.isChecked()
    assert page.detail.current_item() == 3


def test_a_leak_lists_only_the_clusters_between_its_splits_and_escape_all_again(qtbot, page):
    assert [(leak.a_split, leak.b_split, leak.pairs) for leak in page.leaks.records()] == [("train", "val", 1)]
    page.leaks_view.select_row(0)
    press(qtbot, page, Key.Key_Return, view=page.leaks_view)
    assert clusters(page) == [(3, 4)]
    assert page.banner.text() == "Only clusters that lie in train and in val."
    press(qtbot, page, Key.Key_Escape, view=page.clusters_view)
    assert clusters(page) == [(3, 4), (1, 2)]
    press(qtbot, page, Key.Key_Return, view=page.leaks_view)
    press(qtbot, page, Key.Key_Return, view=page.leaks_view)
    assert len(clusters(page)) == 2

    # Once the two are said to differ there is no leak, and that is said.
    press(qtbot, page, Key.Key_K, SHIFT)
    assert not page.leaks_view.isVisible()
    assert "✓ no leaks between splits" in page.controls.summary.text()


def test_a_missing_picture_has_no_difference_and_that_is_said(qtbot, page, monkeypatch):
    from tailwise.usecases import duplicate_difference

    monkeypatch.setattr(duplicate_difference, "item_picture", lambda *_args: None)
    press(qtbot, page, Key.Key_V)
    qtbot.waitUntil(lambda: page.detail.difference.sentence() != "", timeout=WAIT)

    assert page.detail.difference.sentence() == "The two images cannot be laid over each other."
    assert not page.grab().isNull()


def test_the_rail_says_how_many_clusters_are_left_to_decide(qtbot, page):
    from tailwise.gui.widgets.rail import Rail

    rail = Rail([("start", "Start", "start"), ("duplicates", "Duplicates", "copy")])
    qtbot.addWidget(rail)
    page.work_left.connect(rail.set_left)
    press(qtbot, page, Key.Key_C)
    button = rail._buttons["duplicates"]
    assert button.accessibleDescription() == "1 thing left to decide"
    rail.set_left("duplicates", 250)
    for narrow in (False, True):
        rail.set_collapsed(is_collapsed=narrow)
        assert not rail.grab().isNull()
    rail.set_left("items", 3)  # a page that is not listed
    rail.forget_left()
    assert not button.accessibleDescription()
