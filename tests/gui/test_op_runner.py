"""Operations: every one ends in exactly one way, on the GUI thread, whatever the timing."""

import gc
import sys
import threading
import weakref

import pytest
from PySide6.QtCore import QObject, QThread

from tailwise.gui.op_runner import SWITCH_SECONDS, OpRunner
from tailwise.ops.progress import OpCancelledError

GUI_WAIT = 10_000


class Ear(QObject):
    """Writes down what it hears and on which thread."""

    def __init__(self):
        super().__init__()
        self.heard = []
        self.threads = set()

    def _note(self, word, *values):
        self.heard.append((word, *values))
        self.threads.add(QThread.currentThread())

    def on_succeeded(self, result):
        self._note("succeeded", result)

    def on_failed(self, error):
        self._note("failed", type(error))

    def on_cancelled(self):
        self._note("cancelled")

    def on_finished(self):
        self._note("finished")

    def on_progressed(self, snapshot):
        self._note("progressed", snapshot.label, snapshot.done, snapshot.total)

    def listen(self, handle):
        for name in ("succeeded", "failed", "cancelled", "finished"):
            getattr(handle, name).connect(getattr(self, f"on_{name}"))
        return handle


@pytest.fixture
def runner(qapp):
    runner = OpRunner()
    yield runner
    assert runner.close()
    runner.deleteLater()


@pytest.fixture
def ear():
    return Ear()


def wait_until_cancelled(progress):
    started = threading.Event()
    while True:
        progress.advance(0)
        started.wait(0.001)


def test_result_comes_on_the_gui_thread_and_then_finished(qtbot, runner, ear):
    handle = ear.listen(runner.run("Add", lambda progress: 40 + 2))

    qtbot.waitSignal(handle.finished, timeout=GUI_WAIT).wait()

    assert ear.heard == [("succeeded", 42), ("finished",)]
    assert ear.threads == {QThread.currentThread()}
    assert runner.is_idle


def test_operation_that_ends_at_once_is_heard_by_listeners_that_connect_after_run(qtbot, runner, ear):
    for number in range(300):
        handle = runner.run("Short", lambda progress, n=number: n, lane="ordered")
        while not handle._future.done():
            pass
        ear.listen(handle)
    qtbot.waitUntil(lambda: runner.is_idle, timeout=GUI_WAIT)

    assert [entry[1] for entry in ear.heard if entry[0] == "succeeded"] == list(range(300))


def test_each_of_many_mixed_operations_ends_in_exactly_one_way(qtbot, runner):
    def succeed(progress):
        progress.advance()
        return "good"

    def fail(progress):
        raise KeyError("bad")

    def stop(progress):
        raise OpCancelledError

    expected = {succeed: "succeeded", fail: "failed", stop: "cancelled"}
    pairs = []
    for number in range(1500):
        function = (succeed, fail, stop)[number % 3]
        ear = Ear()
        ear.listen(runner.run("Mixed", function, lane="ordered" if number % 2 else "long"))
        pairs.append((ear, expected[function]))
    qtbot.waitUntil(lambda: runner.is_idle, timeout=60_000)

    assert all([entry[0] for entry in ear.heard] == [word, "finished"] for ear, word in pairs)


def test_ordered_lane_keeps_the_order_and_never_overlaps(qtbot, runner):
    inside, overlaps, order = [], [], []

    def work(number):
        def function(progress):
            inside.append(number)
            overlaps.append(len(inside))
            order.append(number)
            inside.remove(number)

        return function

    for number in range(200):
        runner.run("Write", work(number), lane="ordered")
    qtbot.waitUntil(lambda: runner.is_idle, timeout=GUI_WAIT)

    assert order == list(range(200))
    assert max(overlaps) == 1


def test_progress_is_polled_and_ten_thousand_reports_become_a_few_signals(qtbot, runner, ear):
    go_on = threading.Event()

    def work(progress):
        progress.stage("Counting", 10_000)
        for _ in range(10_000):
            progress.advance()
        go_on.wait(10)

    handle = runner.run("Count", work)
    handle.progressed.connect(ear.on_progressed)
    qtbot.waitUntil(lambda: ("progressed", "Counting", 10_000, 10_000) in ear.heard, timeout=GUI_WAIT)
    go_on.set()
    qtbot.waitUntil(lambda: runner.is_idle, timeout=GUI_WAIT)

    assert len(ear.heard) < 100


def test_cancel_ends_a_running_operation_and_one_that_has_not_begun(qtbot, runner):
    running, waiting = Ear(), Ear()
    first = running.listen(runner.run("Long", wait_until_cancelled, lane="ordered"))
    never = []
    second = waiting.listen(runner.run("Later", never.append, lane="ordered"))

    second.cancel()
    first.cancel()
    qtbot.waitUntil(lambda: runner.is_idle, timeout=GUI_WAIT)

    assert running.heard == waiting.heard == [("cancelled",), ("finished",)]
    assert never == []


def test_newest_of_a_slot_wins_and_the_older_result_is_not_delivered(qtbot, runner):
    release = threading.Event()
    old, new = Ear(), Ear()
    completed = []

    def older(progress):
        release.wait(10)
        return "old"

    runner.completed.connect(lambda handle, result: completed.append(result))
    old.listen(runner.run("Preview", older, slot="preview"))
    new.listen(runner.run("Preview", lambda progress: "new", slot="preview"))
    release.set()
    qtbot.waitUntil(lambda: runner.is_idle, timeout=GUI_WAIT)

    assert new.heard == [("succeeded", "new"), ("finished",)]
    assert old.heard == [("cancelled",), ("finished",)]
    # What it wrote must still be announced to the rest of the window.
    assert set(completed) <= {"old", "new"}
    assert "new" in completed


def test_listener_that_died_is_not_called_and_not_kept_alive(qtbot, runner):
    ear = Ear()
    gone = weakref.ref(ear)
    release = threading.Event()
    handle = ear.listen(runner.run("Load", lambda progress: release.wait(10)))

    del ear
    gc.collect()
    release.set()
    qtbot.waitSignal(handle.finished, timeout=GUI_WAIT).wait()

    assert gone() is None


def test_close_cancels_and_waits_and_then_refuses(qapp, ear):
    runner = OpRunner()
    ear.listen(runner.run("Long", wait_until_cancelled))

    assert runner.close(timeout_seconds=10)

    assert runner.is_idle
    with pytest.raises(RuntimeError, match="closing"):
        runner.run("Too late", lambda progress: None)


def test_close_says_when_a_worker_does_not_stop(qapp):
    runner = OpRunner()
    release = threading.Event()
    begun = threading.Event()

    def stubborn(progress):
        begun.set()
        release.wait(10)

    runner.run("Stubborn", stubborn)
    assert begun.wait(10)

    assert not runner.close(timeout_seconds=0.05)
    release.set()


def test_switch_interval_is_short_while_a_runner_exists(runner):
    assert sys.getswitchinterval() == pytest.approx(SWITCH_SECONDS)


def test_no_failure_leaves_the_frames_of_the_gui_thread_to_the_collector(qtbot, runner):
    def fail(_progress):
        raise ValueError

    seen = []
    runner.broke.connect(lambda _handle, error: seen.append(error))
    runner.run("Broken", fail)
    qtbot.waitUntil(lambda: runner.is_idle, timeout=GUI_WAIT)

    names = set()
    trace = seen[0].__traceback__
    while trace is not None:
        names.add(trace.tb_frame.f_code.co_name)
        trace = trace.tb_next
    assert "fail" in names
    assert not names & {"_deliver", "_settle"}
