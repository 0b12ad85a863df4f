"""Ultralytics YOLO: `train.txt`, `val.txt`, `test.txt` and `data.yaml`, with label files where the source has none.

Never written: `path` (it would tie the lists to one computer), `nc` (it could contradict the names), `download`.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tailwise.domain.errors import RequestError
from tailwise.domain.exports import Audience, SplitSource, YoloLabels
from tailwise.domain.records import LabelState
from tailwise.domain.wording import first_names
from tailwise.exports.texts import shown, slug, yaml_quoted
from tailwise.exports.yolo_labels import LabelLines, label_lines
from tailwise.exports.yolo_readme import yolo_readme
from tailwise.exports.yolo_rules import (
    LISTS,
    is_listable,
    is_picture,
    label_faults,
    label_path,
    list_faults,
    list_of,
    picture_line,
)
from tailwise.ops.progress import track

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from tailwise.domain.exports import SplitExport, SplitItem
    from tailwise.exports.package import Package
    from tailwise.ops.progress import Progress

FOLDER = "splits/yolo"
MAX_CLASS_NUMBER = 9_999


@dataclass(slots=True)
class _Lists:
    """What goes into the lists: per list, line and position of the item; and what was left out, by reason."""

    lines: dict[str, dict[str, int]] = field(default_factory=lambda: {name: {} for name in LISTS})
    left_out: Counter[str] = field(default_factory=Counter[str])
    examples: dict[str, list[str]] = field(default_factory=dict[str, list[str]])

    def leave_out(self, code: str, item: SplitItem) -> None:
        self.left_out[code] += 1
        named = self.examples.setdefault(code, [])
        if len(named) < 20:
            named.append(item.file_name)


_LEFT_OUT = {
    "EX-06": "items nobody has labelled, left out: in a list they would teach the model that nothing is there",
    "EX-11": "items whose picture size is unknown, left out: boxes cannot be written as shares of it",
    "EX-12": "labelled items without a box that YOLO can hold, left out: they would be read as empty",
    "EX-13": "files of a kind that Ultralytics passes over, left out",
    "EX-14": "labelled items without a label file where a trainer looks for it, left out",
    "EX-15": "items in splits that are not train, val or test, left out",
}


def write_yolo_lists(
    data: SplitExport, package: Package, progress: Progress, labels: YoloLabels = YoloLabels.AUTO
) -> None:
    """Write the lists, `data.yaml`, the label files where needed, and a README that says where the pictures go.

    Raises:
        RequestError: there is no train or val split, nothing with boxes, or names that a list cannot hold.
    """
    _check_splits(data)
    lists = _Lists()
    chosen = _trainable(data, lists)
    source = _own_labels(data, chosen, labels, lists, progress)
    if source is None:
        names = dict(enumerate(data.classes))
        converted = _fill_written(data, chosen, lists, progress)
        _write_labels(data, lists, converted, package, progress)
        _warn_about_boxes(converted, package)
    else:
        names = _class_numbers(source, package)
        for position in chosen:
            _add_line(lists, data, position, f"./{data.items[position].file_name}")
    _check_filled(lists)
    for name in LISTS:
        if lists.lines[name]:
            _write_list(name, lists.lines[name], package)
    _write_data_yaml(names, [n for n in LISTS if lists.lines[n]], package)
    readme = yolo_readme({n: len(lists.lines[n]) for n in LISTS}, _an_example(lists), written=source is None)
    package.add_text(f"{FOLDER}/README.txt", readme, "readme", Audience.TRAINING)
    for code, text in _LEFT_OUT.items():
        package.warn(code, text, lists.left_out[code], lists.examples.get(code, ()))
    package.check("yolo_items", sum(len(lines) for lines in lists.lines.values()))
    package.check("yolo_labels", "written" if source is None else "of the source")


def _check_splits(data: SplitExport) -> None:
    present = {list_of(name) for name in data.split_names}
    for needed, why in (("train", "there is nothing to train on"), ("val", "Ultralytics does not start without one")):
        if needed not in present:
            raise RequestError(
                f"There is no {needed} split, and {why}",
                f"Split again with a ratio for {needed}; train is never used in its place",
            )


def _trainable(data: SplitExport, lists: _Lists) -> list[int]:
    """Return the positions of items that may be in a list: in one of its splits, looked at, and a picture."""
    names = set(data.split_names)
    chosen: list[int] = []
    unlistable: list[str] = []
    for position, item in enumerate(data.items):
        if item.split not in names or list_of(item.split) is None:
            if item.split in names:
                lists.leave_out("EX-15", item)
        elif item.state not in {LabelState.LABELLED, LabelState.EMPTY}:
            lists.leave_out("EX-06", item)
        elif not is_listable(item.file_name):
            unlistable.append(item.file_name)
        elif not is_picture(item.file_name):
            lists.leave_out("EX-13", item)
        else:
            chosen.append(position)
    if unlistable:
        raise RequestError(
            f"{len(unlistable)} file name(s) cannot stand in a YOLO list ({_some(unlistable)})",
            "Rename these files in the dataset and import it again",
        )
    return chosen


def _own_labels(
    data: SplitExport, chosen: list[int], labels: YoloLabels, lists: _Lists, progress: Progress
) -> SplitSource | None:
    """Return the one YOLO source whose own label files serve, None when labels are written."""
    if labels is YoloLabels.WRITTEN:
        return None
    used = {data.items[position].source for position in chosen}
    sources = [s for s in data.sources if s.name in used]
    source = sources[0] if len(sources) == 1 == len(used) else None
    fits = (
        source is not None
        and source.format.startswith("yolo")
        and source.root is not None
        and source.class_numbers
        and source.names_classes_as_project
    )
    if source is None or source.root is None or not fits:
        if labels is YoloLabels.SOURCE:
            raise RequestError(
                "Lists without label files need all items to come from one YOLO dataset on this computer",
                "Let the label files be written too",
            )
        return None
    progress.stage("Looking for label files", len(chosen))
    root = source.root
    missing = [
        position
        for position in track(chosen, progress)
        if data.items[position].state is LabelState.LABELLED
        and not root.joinpath(label_path(f"./{data.items[position].file_name}")).is_file()
    ]
    if missing and labels is YoloLabels.AUTO:
        return None
    for position in missing:
        lists.leave_out("EX-14", data.items[position])
    gone = set(missing)
    chosen[:] = [position for position in chosen if position not in gone]
    return source


def _fill_written(data: SplitExport, chosen: list[int], lists: _Lists, progress: Progress) -> LabelLines:
    """Add the items whose boxes can be written; return their label lines."""
    if data.boxes is None or not any(w == w for w in data.boxes.width):  # noqa: PLR0124  NaN is unequal to itself
        raise RequestError(
            "There are no boxes in this split, and YOLO lists are for detection",
            "Use the split manifest, whose splits_classes.csv holds the classes of each item",
        )
    sized: set[int] = set()
    for position in chosen:
        item = data.items[position]
        if item.state is LabelState.EMPTY or (item.width > 0 and item.height > 0):
            sized.add(position)
        else:
            lists.leave_out("EX-11", item)
    converted = label_lines(data.boxes, data.items, sized, progress)
    prefixes = _prefixes(data, sized)
    for position in sorted(sized):
        item = data.items[position]
        if item.state is LabelState.LABELLED and position not in converted.lines:
            lists.leave_out("EX-12", item)
        else:
            _add_line(lists, data, position, picture_line(item.file_name, prefixes[item.source]))
    return converted


def _prefixes(data: SplitExport, positions: Iterable[int]) -> dict[str, str]:
    """Return a folder for the pictures of each source; none is needed where there is only one."""
    used = {data.items[position].source for position in positions}
    names = [s for s in dict.fromkeys(item.source for item in data.items) if s in used]
    taken: set[str] = set()
    return {name: slug(name, taken) if len(names) > 1 else "" for name in sorted(names)}


def _add_line(lists: _Lists, data: SplitExport, position: int, line: str) -> None:
    name = list_of(data.items[position].split)
    if name is None:
        raise ValueError(f"{data.items[position].split} is in no list")
    clash = next((other for other in LISTS if line in lists.lines[other]), None)
    if clash is not None:
        raise RequestError(
            f"Two items have the file name {shown(data.items[position].file_name)}",
            "Remove one of them from the dataset and import it again",
        )
    lists.lines[name][line] = position


def _check_filled(lists: _Lists) -> None:
    for name in ("train", "val"):
        if not lists.lines[name]:
            reasons = "; ".join(f"{n:,} {_LEFT_OUT[code]}" for code, n in sorted(lists.left_out.items()))
            raise RequestError(
                f"The {name} list would be empty" + (f" ({reasons})" if reasons else ""),
                "Split again with labelled items in it",
            )


def _write_labels(
    data: SplitExport, lists: _Lists, converted: LabelLines, package: Package, progress: Progress
) -> None:
    placed = {line: position for lines in lists.lines.values() for line, position in lines.items()}
    progress.stage("Writing label files", len(placed))
    children: dict[str, str] = {}
    clashes: list[str] = []
    for line, position in track(sorted(placed.items()), progress):
        relative = f"{FOLDER}/{label_path(line)}"
        if relative.casefold() in children:
            clashes.append(data.items[position].file_name)
            continue
        children[relative.casefold()] = relative
        with package.text_file(relative) as file:
            file.writelines(f"{label}\n" for label in converted.lines.get(position, ()))
    if clashes:
        raise RequestError(
            f"{len(clashes)} picture(s) would share their label file with another one ({_some(clashes)})",
            "Give pictures in one folder names that differ in more than suffix and case, and import again",
        )
    rows = sum(len(converted.lines.get(position, ())) for position in placed.values())
    paths = list(children.values())
    folder = f"{FOLDER}/labels/" if all(p.startswith(f"{FOLDER}/labels/") for p in paths) else f"{FOLDER}/"

    def verify(_: Path, progress: Progress) -> int:
        found = faults = 0
        for relative in track(paths, progress):
            rows, wrong = label_faults(package.read_text(relative), len(data.classes))
            found, faults = found + rows, faults + wrong
        return -1 if faults else found

    package.add_folder(folder, paths, rows, "labels", verify)
    package.check("yolo_boxes", rows)


def _write_list(name: str, lines: dict[str, int], package: Package) -> None:
    relative = f"{FOLDER}/{name}.txt"
    with package.text_file(relative) as file:
        file.writelines(f"{line}\n" for line in sorted(lines))
    package.add(relative, len(lines), "list", Audience.TRAINING, _verify_list)


def _verify_list(path: Path, progress: Progress) -> int:
    lines = path.read_text(encoding="utf-8").strip().splitlines()
    progress.advance(len(lines))
    return -1 if list_faults(lines) else len(lines)


def _write_data_yaml(names: dict[int, str], lists: list[str], package: Package) -> None:
    relative = f"{FOLDER}/data.yaml"
    with package.text_file(relative) as file:
        file.writelines(f"{name}: {name}.txt\n" for name in lists)
        file.write("names:\n")
        file.writelines(f"  {number}: {yaml_quoted(names[number])}\n" for number in sorted(names))
    package.add(relative, len(names), "data", Audience.TRAINING, _yaml_verifier(names, lists))


def _yaml_verifier(names: dict[int, str], lists: list[str]) -> Callable[[Path, Progress], int]:
    def verify(path: Path, progress: Progress) -> int:
        import yaml

        progress.advance()
        try:
            found = yaml.load(path.read_bytes(), Loader=yaml.BaseLoader)  # noqa: S506  BaseLoader builds only text
        except yaml.YAMLError:
            return -1
        expected = {name: f"{name}.txt" for name in lists} | {"names": {str(k): v for k, v in names.items()}}
        return len(found["names"]) if found == expected else -1

    return verify


def _class_numbers(source: SplitSource, package: Package) -> dict[int, str]:
    """Return a name for every number up to the largest: trainers refuse gaps."""
    largest = max(source.class_numbers)
    if min(source.class_numbers) < 0 or largest > MAX_CLASS_NUMBER:
        raise RequestError(
            f"The class numbers of {source.name} run up to {largest}, which no trainer takes",
            "Let the label files be written anew",
        )
    gaps = [n for n in range(largest + 1) if n not in source.class_numbers]
    package.warn("EX-16", "class numbers that the labels never use, named as place-holders", len(gaps), map(str, gaps))
    return {n: source.class_numbers.get(n, f"unused_{n}") for n in range(largest + 1)}


def _warn_about_boxes(converted: LabelLines, package: Package) -> None:
    package.warn("EX-17", "boxes without area, or outside of the picture, left out", converted.degenerate)
    package.warn("EX-18", "crowd regions left out: YOLO has no word for them", converted.crowds)
    package.warn("EX-19", "annotations without a box left out", converted.no_box)
    package.warn("EX-20", "boxes cut at the border of the picture", converted.clipped)


def _an_example(lists: _Lists) -> str:
    return min(line for lines in lists.lines.values() for line in lines)


def _some(names: list[str]) -> str:
    return first_names([shown(name, 60) for name in names])
