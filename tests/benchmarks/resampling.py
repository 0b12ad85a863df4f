"""The target program beside RFS and IRFS on TACO, and how long large sets take: `python tests/benchmarks/resampling.py`.

One run prints every method at the same total and cap, side by side, and says which bars hold: evenness at least .870,
largest to smallest at most 172, tail classes used 5.00 times, at most 21 classes under 50 (algorithms reference, 2).
"""

import json
import os
import sys
import time
from pathlib import Path

import numpy as np

from tailwise.analysis.measures import evenness, imbalance_ratio
from tailwise.domain.resampling import ResamplingRequest
from tailwise.planning.resampling import baselines, solve_resampling
from tailwise.planning.resampling_items import TrainingItems
from tailwise.planning.split_groups import stable_keys
from tailwise.planning.water_filling import water_fill

REAL = Path(os.environ.get("TAILWISE_REAL_DATA", Path(__file__).parents[3] / "shared" / "data"))
CAP = 5.0


def taco():
    """Return the items of TACO."""
    document = json.loads((REAL / "taco_coco" / "annotations.json").read_text(encoding="utf-8"))
    image = {found["id"]: k for k, found in enumerate(document["images"])}
    category = {found["id"]: k for k, found in enumerate(document["categories"])}
    item = np.array([image[a["image_id"]] for a in document["annotations"]])
    code = np.array([category[a["category_id"]] for a in document["annotations"]])
    return TrainingItems(stable_keys(i["file_name"] for i in document["images"]), item, code, len(category))


def synthetic(items, classes, seed=0):
    """Return items with Zipf-distributed objects, five each on average."""
    rng = np.random.default_rng(seed)
    share = 1.0 / np.arange(1, classes + 1) ** 1.2
    per_item = rng.poisson(4, items) + 1
    item = np.repeat(np.arange(items), per_item)
    code = rng.choice(classes, item.size, p=share / share.sum())
    keys = rng.integers(0, 2**63, items).astype(np.uint64)
    return TrainingItems(keys, item, code, classes)


def measures(items, effective):
    """Return evenness, largest to smallest, tail multiplier and classes under 50."""
    used = items.class_counts > 0
    rare = used & (items.class_items <= 10)
    times = (effective[rare] / items.class_counts[rare]).mean() if rare.any() else float("nan")
    values = effective[used]
    return evenness(values), imbalance_ratio(values), times, int((values < 50 - 1e-9).sum())


def line(name, found, seconds):
    even, ratio, times, under = found
    print(f"{name:<28}{even:>9.4f}{ratio:>9.1f}{times:>8.2f}{under:>9}{seconds:>9.3f}")


def side_by_side(items, total):
    """Print all methods and return the measures of repeat-only target program and of the baselines."""
    print(f"{'method':<28}{'evenness':>9}{'max/min':>9}{'tail x':>8}{'under 50':>9}{'seconds':>9}")
    line("as it is", measures(items, items.class_counts.astype(float)), 0.0)
    weights = np.ones(items.n_classes)
    ours = None
    for floor in (1.0, 0.5, 0.1):
        began = time.perf_counter()
        plan = solve_resampling(items, ResamplingRequest(total=total, cap=CAP, floor=floor), weights)
        uses = next(plan.epochs.epochs(1))
        assert uses.sum() == total
        assert uses.max() <= CAP
        line(f"target program, floor {floor:g}", measures(items, plan.effective), time.perf_counter() - began)
        if ours is None:
            ours, theirs = measures(items, plan.effective), baselines(plan)
    for other in theirs:
        line(other.method.value.upper(), measures(items, other.effective), 0.0)
    return ours, [measures(items, other.effective) for other in theirs]


def main():
    """Run everything; the exit code is 1 when a bar is missed."""
    items = taco()
    total = items.n_items * 3 // 2
    print(
        f"TACO: {items.n_items:,} images, {int(items.class_counts.sum()):,} objects, {total:,} per epoch, cap {CAP:g}"
    )
    ours, theirs = side_by_side(items, total)
    holds = ours[0] >= 0.870 and ours[1] <= 172 and abs(ours[2] - 5) < 0.005 and ours[3] <= 21
    beaten = all(ours[0] >= t[0] and ours[1] <= t[1] and ours[2] >= t[2] and ours[3] <= t[3] for t in theirs)
    print(f"bars {'hold' if holds else 'MISSED'}; better than RFS and IRFS on all four: {'yes' if beaten else 'NO'}\n")

    counts = np.random.default_rng(1).integers(1, 100_000, 10_000)
    began = time.perf_counter()
    water_fill(counts, int(counts.sum()))
    print(f"water-filling, 10,000 classes: {1000 * (time.perf_counter() - began):.1f} ms")
    for n_items, n_classes in ((100_000, 100), (1_000_000, 500)):
        items = synthetic(n_items, n_classes)
        began = time.perf_counter()
        kinds = items.kinds(per_scene=False)
        request = ResamplingRequest(total=n_items * 3 // 2, cap=CAP)
        plan = solve_resampling(items, request, np.ones(n_classes))
        seconds = time.perf_counter() - began
        before, after = measures(items, items.class_counts.astype(float)), measures(items, plan.effective)
        print(
            f"{n_items:,} images, {n_classes} classes, {kinds.size:,} kinds: {seconds:.1f} s, "
            f"evenness {before[0]:.3f} -> {after[0]:.3f}"
        )
    return 0 if holds and beaten else 1


if __name__ == "__main__":
    sys.exit(main())
