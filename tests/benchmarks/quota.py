"""Measure quota plans: time and memory of large requests, previews, what quoted odds are worth, and simpler planners.

    python tests/benchmarks/quota.py [--only PART] [--plans N] [--requests N]

Seconds are wall clock, with processor seconds beside them where a busy machine matters. Memory is the peak of this
process. The simulation draws true yields from what the plans assume, plans, then lets the planned items hold what the
true yields give: of plans quoted 80 %, about 80 % must succeed.
"""

from __future__ import annotations

import argparse
import random
import resource
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from planning.quota_requests import MUST, NICE
from planning.test_quota_large import large
from tailwise.domain.plan import Capacity, ClassQuota, PlanRequest, Stream, StreamYield
from tailwise.ops.progress import SILENT
from tailwise.planning.quota_model import build_model
from tailwise.planning.quota_plan import compute_plan
from tailwise.planning.quota_preview import preview_plan
from tailwise.planning.quota_yields import yield_table

CONFIDENCE = 0.8


def peak_megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure_large() -> None:
    print("12 weeks x 60 streams x 30 classes")
    for name, integer, confidence in (
        ("fractions", False, None),
        ("whole items", True, None),
        ("whole items, 80 % sure", True, CONFIDENCE),
    ):
        request = replace(large(12, 60, 30), confidence=confidence)
        began, processor = time.perf_counter(), time.process_time()
        outcome = compute_plan(request, SILENT, integer=integer)
        print(
            f"  {name:24s} {time.perf_counter() - began:6.2f} s ({time.process_time() - processor:5.2f} s processor), "
            f"gap {outcome.gap:.1e}, {outcome.status.value}, peak {peak_megabytes():,.0f} MB"
        )
    for ask in (0.6, 1.2, 2.0, 4.0):
        request = large(12, 60, 30, ask)
        seconds = sorted(preview_plan(request, SILENT).seconds for _ in range(3))[1]
        print(f"  preview, {ask:.1f} x as much wanted   {seconds:6.3f} s")


def measure_calibration(plans: int) -> None:
    dice = np.random.default_rng(7)
    results: dict[str, list[tuple[float, bool]]] = {"expected only": [], "80 % sure": []}
    for _ in range(plans):
        prior = float(dice.uniform(0.02, 0.3))
        truth = dice.beta(10 * prior, 10 * (1 - prior), 3)
        labelled = dice.integers(0, 120, 3)
        found = dice.binomial(labelled, truth)
        streams = tuple(
            Stream(
                f"s{j}",
                int(dice.integers(300, 3_000)),
                seconds_per_item=float(dice.uniform(20, 90)),
                yields=(StreamYield("R", labelled=int(labelled[j]), found=float(found[j]), prior=prior),),
            )
            for j in range(3)
        )
        target = float(round(0.3 * prior * sum(s.available for s in streams)) + 1)
        base = PlanRequest(1, (ClassQuota("R", MUST, target=target),), streams=streams)
        for name, confidence in (("expected only", None), ("80 % sure", CONFIDENCE)):
            outcome = compute_plan(replace(base, confidence=confidence), SILENT)
            if not outcome.reasons:
                items = {line.stream: round(line.items) for line in outcome.lines}
                have = sum(int(dice.binomial(items.get(f"s{j}", 0), truth[j])) for j in range(3))
                results[name].append((outcome.risk[0].p_met, have >= target))
    print(f"What quoted odds are worth, {plans:,} requests of three streams with random yields")
    for name, pairs in results.items():
        near = [(p, met) for p, met in pairs if name == "expected only" or 0.77 <= p <= 0.85]
        quoted, succeeded = (float(np.mean(column)) for column in zip(*near, strict=True))
        print(f"  {name:16s} {len(near):5,} plans, quoted {quoted:.1%}, succeeded {succeeded:.1%}")


def random_request(dice: random.Random) -> PlanRequest:
    names = [f"c{k}" for k in range(dice.randint(3, 6))]
    streams = tuple(
        Stream(
            f"s{j}",
            dice.randint(50, 900),
            seconds_per_item=dice.randint(20, 120),
            yields=tuple(StreamYield(n, rate=round(dice.random() ** 3, 4)) for n in names if dice.random() < 0.6),
        )
        for j in range(dice.randint(3, 10))
    )
    weeks = dice.randint(1, 4)
    classes = tuple(
        ClassQuota(n, MUST if k < 3 else NICE, min_per_week=float(dice.randint(5, 60))) for k, n in enumerate(names)
    )
    hours = tuple(float(dice.randint(1, 5)) for _ in range(weeks))
    return PlanRequest(weeks, classes, streams=streams, capacity=Capacity(label_hours=hours))


def shortfall_of(request: PlanRequest, weights: np.ndarray) -> float:
    """Return the must-not-miss shortfall when every week's hours go to streams in proportion to `weights`."""
    model = build_model(request, yield_table(request))
    left = np.array([s.available for s in request.streams], dtype=float)
    total = 0.0
    for hours in request.capacity.label_hours or ():
        seconds, items = hours * 3600.0, np.zeros(len(left))
        for _ in range(50):  # what a used-up stream cannot take goes to the others
            open_ = weights * (left - items > 1e-9)
            if seconds < 1e-6 or not open_.any():
                break
            more = np.minimum(open_ / open_.sum() * seconds / model.seconds, left - items)
            items, seconds = items + more, seconds - float(more @ model.seconds)
        left -= items
        expected = items @ model.yields.mean
        for quota in (q for q in model.quotas if q.tier is MUST and q.week == 0):
            brought = float(expected[model.yields.classes.index(quota.class_name)])
            total += max(0.0, quota.amount - brought) / quota.amount
    return total


def measure_baselines(requests: int) -> None:
    dice = random.Random(3)
    wins = {"proportional": [0, 0], "uniform": [0, 0], "greedy by yield per second": [0, 0]}
    counted = 0
    while counted < requests:
        request = random_request(dice).in_stable_order()
        model = build_model(request, yield_table(request))
        must = [model.yields.classes.index(c.name) for c in request.classes if c.tier is MUST]
        outcome = compute_plan(request, SILENT, integer=False)
        ours = next((s.value for s in outcome.stages if s.name == "must-not-miss shortfall"), 0.0)
        rates = model.yields.mean[:, must].sum(axis=1) / model.seconds
        weights = {
            "proportional": np.array([s.available for s in request.streams], dtype=float) * model.seconds,
            "uniform": model.seconds,
            "greedy by yield per second": np.where(rates > 0, (rates / rates.max()) ** 40, 0.0)
            if rates.any()
            else rates,
        }
        counted += 1
        for name, found in wins.items():
            theirs = shortfall_of(request, weights[name])
            found[0] += ours <= theirs + 1e-5
            found[1] += ours < theirs - 1e-5
    print(f"Must-not-miss shortfall beside simpler planners, {requests} random requests")
    for name, (not_worse, better) in wins.items():
        print(f"  {name:28s} never worse in {not_worse} of {requests}, better in {better}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--plans", type=int, default=1_000, help="plans of the simulation")
    parser.add_argument("--requests", type=int, default=50, help="random requests beside simpler planners")
    parser.add_argument("--only", choices=("large", "planners", "odds"), help="measure this part alone")
    given = parser.parse_args()
    parts = {
        "large": measure_large,
        "planners": lambda: measure_baselines(given.requests),
        "odds": lambda: measure_calibration(given.plans),
    }
    for name, measure in parts.items():
        if given.only in {None, name}:
            measure()


if __name__ == "__main__":
    main()
