"""The open project as pages see it: one at a time, changes announced, nothing lost on the way out."""

import threading
from dataclasses import dataclass

import pytest
from PySide6.QtCore import QObject

from tailwise.domain.changes import Changes
from tailwise.domain.errors import RequestError
from tailwise.gui.session import ImportChoice, ResultLine, Session
from tailwise.usecases.projects import project_facts

GUI_WAIT = 20_000


@dataclass(frozen=True)
class Outcome:
    changes: Changes = Changes.PLANS


class Ear(QObject):
    def __init__(self):
        super().__init__()
        self.heard = []

    def hear(self, value):
        self.heard.append(value)


def fail_with(error):
    def work(project, progress):
        raise error

    return work


def test_opening_a_project_sets_it_and_says_so(qtbot, session, project_path):
    with qtbot.waitSignal(session.opened, timeout=GUI_WAIT):
        session.open_project(project_path)

    assert session.project.path == project_path


def test_use_case_runs_on_the_open_project(qtbot, opened):
    ear = Ear()

    handle = opened.run("Count", project_facts, on_done=ear.hear)
    qtbot.waitSignal(handle.finished, timeout=GUI_WAIT).wait()

    assert [facts.objects for facts in ear.heard] == [5]


@pytest.mark.parametrize("result", [Changes.PLANS, Outcome()], ids=["changes", "outcome"])
def test_result_with_changes_is_announced_before_it_is_delivered(qtbot, opened, result):
    order = []
    opened.changed.connect(order.append)

    handle = opened.run("Plan", lambda project, progress: result)
    handle.succeeded.connect(order.append)
    with qtbot.waitSignals([opened.saved, handle.finished], timeout=GUI_WAIT):
        pass

    assert order == [Changes.PLANS, result]


def test_result_without_changes_is_not_announced(qtbot, opened):
    opened.changed.connect(lambda changes: pytest.fail("nothing changed"))

    handle = opened.run("Read", lambda project, progress: 1)
    qtbot.waitSignal(handle.finished, timeout=GUI_WAIT).wait()


def test_changes_of_a_superseded_operation_are_still_announced(qtbot, opened):
    begun, release = threading.Event(), threading.Event()
    seen = []
    opened.changed.connect(seen.append)

    def writes(project, progress):
        begun.set()
        release.wait(10)
        return Changes.SPLITS

    opened.run("Write", writes, slot="split")
    assert begun.wait(10)
    opened.run("Write", lambda project, progress: None, slot="split")
    release.set()
    qtbot.waitUntil(lambda: opened.runner.is_idle, timeout=GUI_WAIT)

    assert seen == [Changes.SPLITS]


def test_user_error_nobody_handles_is_announced(qtbot, opened):
    error = RequestError("No class is called Wheelchiar", "Did you mean Wheelchair")

    with qtbot.waitSignal(opened.user_error, timeout=GUI_WAIT) as caught:
        opened.run("Plan", fail_with(error))

    assert caught.args == ["Plan", error]


def test_user_error_goes_only_to_whoever_asked_for_it(qtbot, opened):
    error = RequestError("No class is called Wheelchiar")
    ear = Ear()
    opened.user_error.connect(lambda *args: pytest.fail("the page shows it"))

    handle = opened.run("Plan", fail_with(error), on_failed=ear.hear)
    qtbot.waitSignal(handle.finished, timeout=GUI_WAIT).wait()

    assert ear.heard == [error]


def test_bug_is_reported_even_where_a_page_handles_failures(qtbot, opened):
    ear = Ear()

    with qtbot.waitSignal(opened.bug, timeout=GUI_WAIT) as caught:
        opened.run("Plan", fail_with(ZeroDivisionError("1/0")), on_failed=ear.hear)
    qtbot.waitUntil(lambda: bool(ear.heard), timeout=GUI_WAIT)

    assert caught.args[0] == "Plan"
    assert isinstance(caught.args[1], ZeroDivisionError)


def test_callback_that_qt_cannot_disconnect_is_refused(opened):
    with pytest.raises(TypeError, match="bound method"):
        opened.run("Read", lambda project, progress: None, on_done=print)


def test_without_a_project_nothing_runs(session):
    with pytest.raises(RuntimeError, match="no project"):
        session.run("Read", lambda project, progress: None)


def test_closing_cancels_operations_and_then_closes_the_file(qtbot, opened, project_path):
    begun = threading.Event()

    def endless(project, progress):
        begun.set()
        while True:
            progress.advance(0)

    handle = opened.run("Endless", endless)
    assert begun.wait(10)
    with qtbot.waitSignals([opened.closed, handle.cancelled], timeout=GUI_WAIT):
        opened.close_project()
    assert opened.project is None
    qtbot.waitUntil(lambda: not opened.is_busy, timeout=GUI_WAIT)

    # One file again: the side files of SQLite and the lock are gone.
    assert [path.name for path in project_path.parent.glob("street.tailwise*")] == ["street.tailwise"]


def test_opening_another_project_closes_the_first(qtbot, opened, tmp_path):
    first = opened.project.path

    with qtbot.waitSignals([opened.closed, opened.opened], timeout=GUI_WAIT):
        opened.create_project(tmp_path / "other")

    assert opened.project.path == tmp_path / "other.tailwise"
    assert list(first.parent.glob("street.tailwise-*")) == []


def test_of_two_projects_opened_in_one_breath_the_last_stays(qtbot, session, project_path, tmp_path):
    with qtbot.waitSignal(session.opened, timeout=GUI_WAIT):
        session.open_project(project_path)
        session.create_project(tmp_path / "late")
    qtbot.waitUntil(lambda: not session.is_busy, timeout=GUI_WAIT)

    assert session.project.path.name == "late.tailwise"
    assert list(tmp_path.glob("street.tailwise-*")) == []


def test_project_that_cannot_be_opened_leaves_none_open(qtbot, session, tmp_path):
    broken = tmp_path / "broken.tailwise"
    broken.write_text("not a database, not ours", encoding="utf-8")

    with qtbot.waitSignal(session.user_error, timeout=GUI_WAIT) as caught:
        session.open_project(broken)

    assert caught.args[0] == "Open broken.tailwise"
    assert session.project is None


def test_shutting_down_in_the_middle_of_opening_leaves_no_open_file(qtbot, settings, project_path):
    session = Session(settings=settings)

    with qtbot.waitSignal(session.ready_to_quit, timeout=GUI_WAIT):
        session.open_project(project_path)
        session.shut_down()

    assert session.project is None
    assert session.runner.close()
    assert [path.name for path in project_path.parent.glob("street.tailwise*")] == ["street.tailwise"]
    session.deleteLater()


def test_shutting_down_while_a_project_is_being_closed_still_closes_it(qtbot, settings, project_path):
    session = Session(settings=settings)
    with qtbot.waitSignal(session.opened, timeout=GUI_WAIT):
        session.open_project(project_path)
    busy = threading.Event()
    session.run_detached("Ahead of it", lambda progress: busy.wait(10), lane="ordered")

    with qtbot.waitSignal(session.ready_to_quit, timeout=GUI_WAIT):
        session.close_project()  # waits its turn on the ordered lane
        session.shut_down()
        busy.set()

    assert session.runner.close()
    assert [path.name for path in project_path.parent.glob("street.tailwise*")] == ["street.tailwise"]
    session.deleteLater()


def test_import_of_nothing_is_an_error_the_caller_hears(qtbot, opened, tmp_path):
    ear = Ear()

    handle = opened.import_source(ImportChoice(tmp_path / "gone"), on_failed=ear.hear)
    qtbot.waitSignal(handle.finished, timeout=GUI_WAIT).wait()

    assert len(ear.heard) == 1
    assert "gone" in ear.heard[0].sentence


def test_result_line_reaches_the_foot_of_the_window(qtbot, session):
    line = ResultLine("Copy saved.")

    with qtbot.waitSignal(session.result, timeout=GUI_WAIT) as caught:
        session.announce(line)

    assert caught.args == [line]
