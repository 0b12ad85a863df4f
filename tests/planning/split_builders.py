"""Items to split and splits to check, for tests and benchmarks; everything not said is a sensible default."""

import json
from itertools import product

import numpy as np

from tailwise.domain.split import Floors, SplitRequest
from tailwise.ops.progress import OpCancelledError
from tailwise.planning.split_features import Pairs, SplitItems
from tailwise.planning.split_groups import connected_groups, stable_keys

THREE = (("train", 0.7), ("val", 0.15), ("test", 0.15))
HALVES = (("train", 0.5), ("test", 0.5))


def a_request(ratios=THREE, *, floors=Floors.OFF, **settings):
    return SplitRequest(ratios, floors=floors, **settings)


def some_items(labels, groups=None, *, conditions=(), names=None, **settings):
    """Return items from a list of class codes per item; every item is its own group unless said otherwise.

    `conditions` are columns of one code per item.
    """
    count = len(labels)
    item = np.repeat(np.arange(count), [len(codes) for codes in labels])
    value = np.array([code for codes in labels for code in codes], dtype=np.int64)
    size = settings.pop("classes", int(value.max(initial=-1)) + 1)
    return SplitItems(
        keys=stable_keys(names if names is not None else [f"image {i}.jpg" for i in range(count)]),
        groups=connected_groups(count) if groups is None else connected_groups(count, np.asarray(groups)),
        labels=Pairs(item, value, size),
        conditions=tuple(
            Pairs(np.arange(count), np.asarray(codes), int(max(codes, default=-1)) + 1) for codes in conditions
        ),
        **settings,
    )


def one_class_each(counts):
    """Return items of single classes: `counts[c]` of class c."""
    return some_items([[c] for c, count in enumerate(counts) for _ in range(count)])


def random_items(seed, groups, *, classes=5, largest=30):
    """Return groups of different sizes in which classes cluster."""
    random = np.random.default_rng(seed)
    sizes = random.integers(1, largest, groups)
    group = np.repeat(np.arange(groups), sizes)
    has = random.random((group.size, classes)) < random.gamma(1, 0.25, (groups, classes))[group]
    return some_items([np.flatnonzero(row).tolist() for row in has], group, classes=classes)


def clustered_items(seed, count, groups, *, classes=14, values=0):
    """Return many items of one class each (Zipf) in groups that favour some classes; optionally with a condition."""
    random = np.random.default_rng(seed)
    group = np.sort(random.integers(0, groups, count))
    favour = random.gamma(0.5, 1, (groups, classes)) / np.arange(1, classes + 1) ** 1.3
    favour /= favour.sum(axis=1, keepdims=True)
    label = (favour[group].cumsum(axis=1) > random.random((count, 1))).argmax(axis=1)
    condition = random.integers(0, max(1, values), groups)[group]
    return SplitItems(
        keys=stable_keys(map(str, range(count))),
        groups=connected_groups(count, group),
        labels=Pairs(np.arange(count), label, classes),
        conditions=(Pairs(np.arange(count), condition, values),) if values else (),
    )


def reordered(items, order):
    """Return the same items in another order of rows, with groups numbered anew and pairs listed backwards."""
    place = np.empty(items.count, dtype=np.int64)
    place[order] = np.arange(items.count)

    def moved(pairs):
        return Pairs(place[pairs.item][::-1], pairs.value[::-1], pairs.size)

    return SplitItems(
        keys=items.keys[order],
        groups=connected_groups(items.count, items.groups[order]),
        labels=moved(items.labels),
        conditions=tuple(moved(axis) for axis in items.conditions),
        locked=None if items.locked is None else items.locked[order],
        must_not_miss=items.must_not_miss,
    )


def by_class(items, assignment, splits):
    """Return splits × classes, counted plainly."""
    item, code = np.unique(np.stack([items.labels.item, items.labels.value]), axis=1)
    table = np.zeros((splits, items.labels.size), dtype=np.int64)
    inside = assignment[item] >= 0
    np.add.at(table, (assignment[item[inside]], code[inside]), 1)
    return table


def cost(table, held, shares):
    """Return the imbalance of what splits hold, written down as in the reference."""
    total = held.sum(axis=-2, keepdims=True)
    asked = np.asarray(shares)[:, None] * total
    return (table.weight * (held - asked) ** 2 / asked).sum(axis=(-1, -2))


def cheapest(table, shares):
    """Return the least imbalance over every assignment of the groups (rows) of a table."""
    content = table.matrix.toarray()
    codes = np.array(list(product(range(len(shares)), repeat=len(content))), dtype=np.int8)
    held = np.stack([(codes == split).astype(float) @ content for split in range(len(shares))], axis=1)
    return cost(table, held, shares).min()


def taco(folder):
    """Return the images of TACO as (items, batch folders, runs of about five neighbouring images)."""
    data = json.loads((folder / "taco_coco" / "annotations.json").read_text(encoding="utf-8"))
    names = [image["file_name"] for image in data["images"]]
    at = {image["id"]: i for i, image in enumerate(data["images"])}
    category = {entry["id"]: i for i, entry in enumerate(data["categories"])}
    scenes = [(at[s["image_id"]], code) for s in data["scene_annotations"] for code in s["background_ids"]]
    batch = np.unique([name.split("/")[0] for name in names], return_inverse=True)[1]
    in_batch = np.lexsort((np.arange(len(names)), batch))
    runs = np.empty(len(names), dtype=np.int64)
    cuts = np.sort(np.random.default_rng(0).choice(len(names) - 1, 321, replace=False)) + 1
    runs[in_batch] = np.searchsorted(cuts, np.arange(len(names)), side="right")
    items = SplitItems(
        keys=stable_keys(names),
        groups=connected_groups(len(names)),
        labels=Pairs(
            np.array([at[a["image_id"]] for a in data["annotations"]]),
            np.array([category[a["category_id"]] for a in data["annotations"]]),
            len(category),
        ),
        conditions=(Pairs(np.array([i for i, _ in scenes]), np.array([code for _, code in scenes]), 8),),
    )
    return items, batch, runs


class CancelAfter:
    """A progress that cancels at its n-th report."""

    def __init__(self, reports):
        self.left = reports

    def stage(self, label, total=0):
        self.advance()

    def advance(self, steps=1):
        self.left -= 1
        if self.left < 0:
            raise OpCancelledError
