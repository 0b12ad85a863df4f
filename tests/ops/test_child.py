import os
import signal
import threading
import time

import pytest

from tailwise.domain.errors import Question, QuestionError, UnreadableSourceError
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


def test_a_flood_of_reports_is_merged_and_counted_fully_enough():
    reports = []

    class Recorder(SharedProgress):
        def advance(self, steps=1):
            super().advance(steps)
            if steps:
                reports.append(steps)

    assert run_in_child(flood, progress=Recorder()) == "done"

    assert 0 < len(reports) < 200
