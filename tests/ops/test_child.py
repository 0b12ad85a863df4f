import os
import signal
import threading
import time

import pytest

from tailwise.domain.errors import Question, QuestionError, UnreadableSourceError
from tailwise.ops import child
from tailwise.ops.child import ChildCrashedError, run_here, run_in_child
from tailwise.ops.progress import SILENT, OpCancelledError, SharedProgress


def add(a, b, progress):
    progress.stage("Adding", 2)
    progress.advance(2)
    return a + b


def fail_politely(progress):
    raise UnreadableSourceError("a.json, line 3: a comma is missing", "Repair the file", "detail")


def ask(progress):
    raise QuestionError([Question("label", "Which column holds the class?")])


def fail(progress):
    return 1 / 0


def die(progress):
    os.kill(os.getpid(), signal.SIGKILL)


def hold_the_lock(progress):
    progress.stage("Sorting")
    sorted(range(30_000_000), key=lambda n: -n)


def ignore_politeness(progress):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    progress.stage("Stubborn")
    time.sleep(60)


def flood(progress):
    progress.stage("Flood", 2_000_000)
    for _ in range(2_000_000):
        progress.advance()
    return "done"


@pytest.mark.parametrize("run", [run_here, run_in_child])
def test_the_result_comes_back(run):
    assert run(add, 2, 3, progress=SILENT) == 5


def test_a_user_error_arrives_with_all_its_parts():
    with pytest.raises(UnreadableSourceError) as caught:
        run_in_child(fail_politely, progress=SILENT)

    assert caught.value.hint == "Repair the file"
    assert caught.value.detail == "detail"


def test_a_question_arrives_with_its_questions():
    with pytest.raises(QuestionError) as caught:
        run_in_child(ask, progress=SILENT)

    assert caught.value.questions[0].key == "label"


def test_a_bug_in_the_child_is_a_crash_with_its_traceback():
    with pytest.raises(ChildCrashedError, match="ZeroDivisionError"):
        run_in_child(fail, progress=SILENT)


def test_a_killed_child_is_a_crash_not_a_hang():
    with pytest.raises(ChildCrashedError, match="-9"):
        run_in_child(die, progress=SILENT)


def test_cancel_takes_effect_within_a_second_though_the_child_never_reports():
    progress = SharedProgress()
    cancelled_at = []

    def cancel():
        cancelled_at.append(time.monotonic())
        progress.cancel()

    timer = threading.Timer(1.5, cancel)
    timer.start()
    with pytest.raises(OpCancelledError):
        run_in_child(hold_the_lock, progress=progress)
    timer.join()

    assert time.monotonic() - cancelled_at[0] < 1.0


class Pipe:
    """The sending end of a pipe that remembers, or that nobody listens to."""

    def __init__(self, is_broken=False):
        self.sent = []
        self.is_broken = is_broken
        self.is_closed = False

    def send(self, message):
        if self.is_broken:
            raise BrokenPipeError
        self.sent.append(message)

    def close(self):
        self.is_closed = True


@pytest.fixture
def pipe():
    before = signal.getsignal(signal.SIGINT)
    yield Pipe()
    signal.signal(signal.SIGINT, before)


def test_the_child_sends_its_stages_and_then_its_result(pipe):
    child._child_main(pipe, add, (2, 3))

    *reports, last = pipe.sent
    assert [(r.label, r.total) for r in reports] == [("Adding", 2)]
    assert last == ("result", 5)
    assert pipe.is_closed


def test_the_child_sends_user_errors_whole_and_bugs_as_text(pipe):
    child._child_main(pipe, fail_politely, ())
    child._child_main(pipe, fail, ())

    assert pipe.sent[0][0] == "user_error"
    assert pipe.sent[0][1].hint == "Repair the file"
    assert pipe.sent[1][0] == "crash"
    assert "ZeroDivisionError" in pipe.sent[1][1]


def test_the_child_goes_quietly_when_nobody_listens(pipe):
    pipe.is_broken = True

    child._child_main(pipe, add, (2, 3))

    assert pipe.is_closed


def test_progress_is_sent_at_most_every_twentieth_of_a_second(pipe, monkeypatch):
    now = [0.0]
    monkeypatch.setattr(child.time, "monotonic", lambda: now[0])
    progress = child._PipeProgress(pipe)
    progress.stage("Reading", 100)
    for _ in range(100):
        now[0] += 0.01
        progress.advance()

    assert 15 <= len(pipe.sent) <= 22
    assert pipe.sent[-1].done > 90


def test_a_child_that_does_not_end_is_killed(monkeypatch):
    monkeypatch.setattr(child, "JOIN_SECONDS", 0.2)

    class CancelAtStage(SharedProgress):
        def stage(self, label, total=0):
            super().stage(label, total)
            self.cancel()

    with pytest.raises(OpCancelledError):
        run_in_child(ignore_politeness, progress=CancelAtStage())


def test_a_flood_of_reports_is_merged_and_counted_fully_enough():
    reports = []

    class Recorder(SharedProgress):
        def advance(self, steps=1):
            super().advance(steps)
            if steps:
                reports.append(steps)

    assert run_in_child(flood, progress=Recorder()) == "done"

    assert 0 < len(reports) < 200
