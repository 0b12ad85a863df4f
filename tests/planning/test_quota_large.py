"""Large requests: solved in seconds, whole, within the rules, and close to the proven bound."""

import json
import random
import subprocess
import sys

import pytest

from planning.quota_requests import MUST, NICE, TRY
from tailwise.domain.plan import (
    Capacity,
    ClassQuota,
    PlanRequest,
    Reserve,
    Route,
    Share,
    SourceShare,
    Stream,
    StreamYield,
)
from tailwise.domain.plan_outcome import PlanStatus
from tailwise.ops.progress import SILENT, OpCancelledError, SharedProgress
from tailwise.planning.quiet_stdout import stdout_to_stderr
from tailwise.planning.quota_plan import compute_plan


def large(weeks, streams, classes, ask=0.6, seed=1):
    """A long-tailed request: 30 classes from one in two items to one in 10,000, six sources, all routes."""
    dice = random.Random(seed)
    names = [f"class {k:02d}" for k in range(classes)]
    frequency = [0.5 * 0.75**k for k in range(classes)]
    rows = []
    for j in range(streams):
        yields = [
            StreamYield(n, rate=round(min(2.0, f * dice.lognormvariate(0, 1)), 5))
            for n, f in zip(names, frequency, strict=True)
            if dice.random() < 0.7
        ]
        rows.append(
            Stream(
                f"stream {j:02d}",
                dice.randint(200, 4_000),
                source=f"source {j % 6}",
                route=list(Route)[j % 7],
                seconds_per_item=dice.randint(20, 120),
                review_seconds_per_item=10,
                share=Share(0.0, 0.4),
                yields=tuple(yields),
            )
        )
    quotas = []
    for k, (name, f) in enumerate(zip(names, frequency, strict=True)):
        tier = NICE if k < classes // 3 else MUST if k < 3 * classes // 4 else TRY
        least = float(round(1_500 * f * ask)) if k % 3 else 0.0
        target = round(1_500 * f * ask * weeks * 1.2) if k % 2 else None
        quotas.append(ClassQuota(name, tier, least, target or None, easy_cap=300 if k < 2 and tier is NICE else None))
    return PlanRequest(
        weeks=weeks,
        classes=tuple(quotas),
        streams=tuple(rows),
        capacity=Capacity((40.0,) * weeks, (20.0,) * weeks, (2_500,) * weeks),
        sources=tuple(SourceShare(f"source {i}", Share(0.05, 0.5)) for i in range(6)),
        reserve=Reserve(0.15, 0.1),
    )


@pytest.mark.slow
def test_twelve_weeks_of_sixty_streams_and_thirty_classes_are_planned_in_seconds():
    outcome = compute_plan(large(12, 60, 30), SILENT)
    assert outcome.status is PlanStatus.OPTIMAL
    assert outcome.reasons == ()
    assert all(short <= 1e-4 * 1_500 for _, short in outcome.shortfall)
    assert outcome.gap < 3e-3  # whole items cost that much against fractions
    assert outcome.seconds < 60  # 4 s of processor time; the fence allows for a machine that does much else


def test_a_request_just_above_the_exact_size_is_close_to_its_bound():
    outcome = compute_plan(large(4, 28, 9, ask=0.3), SILENT)
    assert outcome.status is PlanStatus.OPTIMAL
    assert all(line.items == int(line.items) for line in outcome.lines)
    assert outcome.gap < 1e-2


def test_a_large_request_gives_the_same_bytes_twice():
    request = large(4, 28, 9, ask=0.3)
    first, second = (json.dumps(compute_plan(request, SILENT).as_json()) for _ in range(2))
    assert first == second


def test_a_large_request_that_cannot_be_met_still_has_lines_and_reasons():
    outcome = compute_plan(large(3, 34, 9, ask=3.0), SILENT)
    assert outcome.status is PlanStatus.INFEASIBLE
    short = {name for name, amount in outcome.shortfall if amount > 1}
    assert {r.class_name for r in outcome.reasons} == short
    assert outcome.items > 0


def test_a_cancelled_plan_stops_between_two_solves():
    progress = SharedProgress()
    progress.cancel()
    with pytest.raises(OpCancelledError):
        compute_plan(large(2, 10, 3), progress)


def test_what_c_code_prints_while_solving_goes_to_standard_error():
    """HiGHS has a stray printf; `--json` must stay one document whatever it prints."""
    script = (
        "import ctypes, sys\n"
        "from tailwise.planning.quiet_stdout import stdout_to_stderr\n"
        "c = ctypes.CDLL('ucrtbase' if sys.platform == 'win32' else None)\n"
        "print('before')\n"
        "with stdout_to_stderr():\n"
        "    with stdout_to_stderr():\n"
        "        c.printf(b'stray 1\\n')\n"
        "    c.printf(b'stray 2\\n')\n"
        "print('after')\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.split() == ["before", "after"]
    assert done.stderr.count("stray") == 2


def test_standard_output_is_back_when_solving_fails(capfd):
    with pytest.raises(ZeroDivisionError), stdout_to_stderr():
        1 / 0  # noqa: B018
    print("heard")
    assert capfd.readouterr().out == "heard\n"
