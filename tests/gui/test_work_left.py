"""The rail says how many clusters wait for a decision before their page was ever shown."""

import numpy as np
import pytest

from builders import a_project, a_source
from tailwise.domain.changes import Changes
from tailwise.domain.errors import RequestError
from tailwise.domain.index import ImageIssue, ItemMark
from tailwise.gui.main_window import MainWindow
from tailwise.gui.session import Session
from tailwise.storage import index_tables
from tailwise.storage.index_tables import IndexRow
from tailwise.usecases import near_duplicates
from tailwise.usecases.duplicate_review import Decision, decide

WAIT = 30_000


@pytest.fixture
def path(tmp_path):
    """A project whose index holds two pairs of equal files and one that is alone; nothing was decoded for it."""
    project = a_project(tmp_path / "p.tailwise", a_source({f"{i}.jpg": {"car": 1} for i in range(5)}))
    ids = project.columns.item_ids.tolist()
    sums = [np.full(32, n, dtype=np.uint8).tobytes() for n in (1, 1, 2, 2, 3)]
    rows = [
        IndexRow(item, f"{i}.jpg", 10, 1, ImageIssue.NONE, digest)
        for i, (item, digest) in enumerate(zip(ids, sums, strict=True))
    ]
    with project.file.writing() as db:
        index_tables.put_rows(db, rows)
    project.close()
    return tmp_path / "p.tailwise"


@pytest.fixture
def window(qtbot, settings, tmp_path):
    session = Session(settings=settings)
    window = MainWindow(session, tmp_path / "tailwise.log")
    window.show()
    yield window
    with qtbot.waitSignal(session.ready_to_quit, timeout=WAIT):
        window.close()
    qtbot.waitUntil(lambda: not window.isVisible(), timeout=WAIT)
    assert session.runner.close()
    window.deleteLater()
    session.deleteLater()


def test_the_rail_counts_at_once_follows_the_index_and_leaves_the_shown_page_alone(qtbot, window, path, monkeypatch):
    session, told = window._session, window.rail._buttons["duplicates"].accessibleDescription
    with qtbot.waitSignal(session.opened, timeout=WAIT):
        session.open_project(path)
    qtbot.waitUntil(lambda: told() == "2 things left to decide", timeout=WAIT)
    assert window.pages.page("duplicates") is None

    first, second = session.project.columns.item_ids[:2].tolist()
    marks = Decision("decide", {first: ItemMark.KEEP, second: ItemMark.EXCLUDE})
    session.run("Decide", lambda project, _progress: decide(project, marks))
    qtbot.waitUntil(lambda: told() == "1 thing left to decide", timeout=WAIT)

    def broken(*_args):
        raise RequestError("no clusters", "look")

    with monkeypatch.context() as patch:
        patch.setattr(near_duplicates, "duplicate_report", broken)
        with qtbot.assertNotEmitted(window.work_left.counted, wait=50):
            session.changed.emit(Changes.PLANS)
        session.changed.emit(Changes.INDEX)
        qtbot.waitUntil(lambda: not told(), timeout=WAIT)

    monkeypatch.setattr(window.pages, "_wanted", ("duplicates", None))
    with qtbot.assertNotEmitted(window.work_left.counted, wait=50):
        session.changed.emit(Changes.INDEX)
