"""The split manifest: who is where and why, for programs (`splits.csv`, `splits.json`) and per class.

Texts are not escaped in these files: they are read by training code, and a file name must open the file.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any

from tailwise.domain.errors import RequestError
from tailwise.domain.exports import Audience, SplitExport
from tailwise.exports.table_files import add_csv
from tailwise.exports.tables import Row, Table, table_of
from tailwise.exports.texts import natural_key, shown
from tailwise.ops.progress import track

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tailwise.domain.exports import SplitItem
    from tailwise.exports.package import Package
    from tailwise.ops.progress import Progress

SCHEMA = "planner.splits/1"
FOLDER = "splits"
SPLIT_COLUMNS = (
    "item_id",
    "file_name",
    "split",
    "fold",
    "group_id",
    "stratum",
    "source",
    "label_state",
    "n_annotations",
    "width",
    "height",
    "content_sha256",
    "locked",
    "reason",
)
FOLD_COLUMNS = ("item_id", "fold")
CLASS_COLUMNS = ("item_id", "class", "n")
_EXAMPLES = 5


def write_split_manifest(data: SplitExport, package: Package, progress: Progress) -> None:
    """Write `splits.csv`, `splits_classes.csv`, `splits.json`, and `folds.csv` for parts that are tested in turn.

    Raises:
        RequestError: a group lies in two splits and nobody said why that is accepted (EX-02).
    """
    cut = cut_groups(data)
    if cut and not data.leak_reason:
        named = ", ".join(shown(group, 40) for group in cut[:_EXAMPLES])
        raise RequestError(
            f"{len(cut)} group(s) lie in more than one split ({named})",
            "Split again without locking the splits that cut them; published lists that cut them need a new split",
        )
    items = sorted_items(data)
    add_csv(_splits_table(items), f"{FOLDER}/splits.csv", Audience.TRAINING, package, progress)
    classes = _classes_table(data, items)
    add_csv(classes, f"{FOLDER}/splits_classes.csv", Audience.TRAINING, package, progress)
    in_turn = [(i.item_id, i.fold) for i in items if i.fold is not None]
    if in_turn:
        table = table_of("folds.csv", FOLD_COLUMNS, in_turn)
        add_csv(table, f"{FOLDER}/folds.csv", Audience.TRAINING, package, progress)
    progress.stage("Writing the split summary", len(items))
    summary = _summary(data, progress)
    content = _document(data, items, summary, cut)
    package.add_json(f"{FOLDER}/splits.json", content, len(items), "splits", Audience.TRAINING)
    _add_warnings(data, summary, cut, package)


def sorted_items(data: SplitExport) -> list[SplitItem]:
    """Return the items in the order of every file: by name as people count, then source, then id."""
    return sorted(data.items, key=lambda i: (natural_key(i.file_name), i.source, i.item_id))


def cut_groups(data: SplitExport) -> list[str]:
    """Return the groups with items in more than one of the splits, in natural order."""
    splits_of: defaultdict[str, set[str]] = defaultdict(set)
    names = set(data.split_names)
    for item in data.items:
        if item.group and item.split in names:
            splits_of[item.group].add(item.split)
    return sorted((g for g, splits in splits_of.items() if len(splits) > 1), key=natural_key)


def all_split_names(data: SplitExport) -> list[str]:
    """Return the splits in order, then what else items are in (pool, quarantine)."""
    rest = {item.split for item in data.items} - set(data.split_names)
    return [*data.split_names, *sorted(rest, key=natural_key)]


def _splits_table(items: list[SplitItem]) -> Table:
    def rows() -> Iterator[Row]:
        for i in items:
            yield (
                i.item_id,
                i.file_name,
                i.split,
                i.fold,
                i.group,
                i.stratum,
                i.source,
                i.state.text,
                i.n_annotations,
                i.width or None,
                i.height or None,
                i.sha256,
                int(i.locked),
                i.reason,
            )

    return Table("splits.csv", SPLIT_COLUMNS, rows, len(items))


def _classes_table(data: SplitExport, items: list[SplitItem]) -> Table:
    def rows() -> Iterator[Row]:
        for item in items:
            for position, n in sorted(item.counts):
                yield (item.item_id, data.classes[position], n)

    return Table("splits_classes.csv", CLASS_COLUMNS, rows, sum(len(i.counts) for i in items))


def _summary(data: SplitExport, progress: Progress) -> list[dict[str, Any]]:
    """Count items and annotations of each class in each split from the items themselves."""
    images: Counter[tuple[str, int]] = Counter()
    objects: Counter[tuple[str, int]] = Counter()
    for item in track(data.items, progress):
        for position, n in item.counts:
            images[item.split, position] += 1
            objects[item.split, position] += n
    asked = {(t.split, t.class_name): t for t in data.targets}
    rows: list[dict[str, Any]] = []
    for split in all_split_names(data):
        for position, name in enumerate(data.classes):
            target = asked.get((split, name))
            rows.append(
                {
                    "split": split,
                    "class": name,
                    "images": images[split, position],
                    "instances": objects[split, position],
                    "target": None if target is None else target.asked,
                    "deviation": None if target is None else target.achieved - target.asked,
                }
            )
    return rows


def _document(
    data: SplitExport, items: list[SplitItem], summary: list[dict[str, Any]], cut: list[str]
) -> dict[str, Any]:
    splits: dict[str, list[int]] = {name: [] for name in all_split_names(data)}
    for item in items:
        splits[item.split].append(item.item_id)
    checks: dict[str, Any] = {
        "leaked_groups": len(cut),
        "leaked_duplicates": data.leaked_duplicates,
        "empty_classes": [
            {"class": row["class"], "split": row["split"]}
            for row in summary
            if row["images"] == 0 and row["split"] in data.split_names
        ],
    }
    if data.leak_reason:
        checks["leaks_accepted"] = data.leak_reason
    return {
        "schema": SCHEMA,
        "algorithm": data.algorithm,
        "params": dict(data.params),
        "seed": data.seed,
        "group_by": list(data.group_by),
        "stratify_by": list(data.stratify_by),
        "splits": splits,
        "files": {str(item.item_id): item.file_name for item in items},
        "summary": summary,
        "checks": checks,
        "parent_release": data.parent_release or None,
        "moved": sorted(data.moved),
    }


def _add_warnings(data: SplitExport, summary: list[dict[str, Any]], cut: list[str], package: Package) -> None:
    package.warn("EX-02", f"groups in more than one split, accepted because: {data.leak_reason}", len(cut), cut)
    package.warn("EX-02", "near-duplicates in more than one split", data.leaked_duplicates)
    for split in data.split_names:
        empty = [str(row["class"]) for row in summary if row["split"] == split and row["images"] == 0]
        package.warn("EX-03", f"classes without an example in {split}", len(empty), empty)
    package.check("leaked_groups", len(cut))
    package.check("leaked_duplicates", data.leaked_duplicates)
    package.check("empty_cells", sum(row["images"] == 0 and row["split"] in data.split_names for row in summary))
    for name in all_split_names(data):
        package.check(f"items_{name}", sum(item.split == name for item in data.items))
