"""Make conditions and groups the sources do not state: from EXIF, file names, numbers, and times of capture."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tailwise.analysis import exif_conditions, name_patterns, ranges
from tailwise.domain.changes import Changes
from tailwise.domain.errors import RequestError
from tailwise.domain.records import AxisKind, MediaState
from tailwise.imaging.exif import ExifRead, read_exif
from tailwise.ops.child import Runner, run_in_child
from tailwise.ops.progress import track
from tailwise.storage import derived_axes, plan_tables, source_tables
from tailwise.storage.derived_axes import AxisSnapshot, DerivedAxis
from tailwise.usecases.conditions import BUILT_IN, COMPUTED_GROUPS
from tailwise.usecases.projects import versions

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from tailwise.analysis.name_patterns import Captures, NamePattern
    from tailwise.domain.capture import ExifFacts
    from tailwise.domain.coverage import AxisFacts
    from tailwise.domain.findings import Finding
    from tailwise.ops.progress import Progress
    from tailwise.usecases.projects import Project

EXIF_ORIGIN = "EXIF of the image files"
BURST_AXIS = "burst"
PATTERN_SECONDS = 20.0
"""A pattern that has not been through all names by then is given up."""
PREVIEW_NAMES = 2000
PREVIEW_SECONDS = 3.0
MEASURES = ("width", "height", "megapixels", "aspect ratio", "objects per image")
"""What can be sorted into ranges beside the axes that hold numbers."""
INDEX_MEASURES = ("brightness", "blur", "saturation")


@dataclass(frozen=True, slots=True)
class DerivedOutcome:
    """What was made: the axes with their values, what was found odd or left out, and what undoes it."""

    axes: tuple[AxisFacts, ...]
    findings: tuple[Finding, ...]
    text: str
    before: AxisSnapshot
    after: AxisSnapshot
    changes: Changes = Changes.CONDITIONS


@dataclass(frozen=True, slots=True)
class NamePreview:
    """What a pattern finds in the first names of the project, and examples of name and fields.

    `examples` holds (file name, fields, or None where the pattern does not fit).
    """

    pattern: str
    captures: Captures
    looked_at: int
    items: int
    examples: tuple[tuple[str, Mapping[str, str] | None], ...]


def conditions_from_exif(project: Project, progress: Progress, run: Runner = run_in_child) -> DerivedOutcome:
    """Read the EXIF block of every image that is there and make the conditions that enough of them tell.

    Nothing is decoded. Positions are used to work out the height of the sun and are never stored.
    """
    began = time.monotonic()
    rows, names, facts, broken = _read_blocks(project, progress, run)
    progress.stage("Deriving conditions")
    derived = exif_conditions.conditions_from_exif(facts, names)
    findings = exif_conditions.with_broken(derived.findings, broken)
    axes = [
        _axis(project, _free_name(project, name), AxisKind.CONDITION, EXIF_ORIGIN, rows, texts)
        for name, texts in derived.values.items()
    ]
    return _write(project, axes, findings, {"from": "exif"}, began)


def bursts_from_exif(
    project: Project, gap_seconds: float, progress: Progress, run: Runner = run_in_child
) -> DerivedOutcome:
    """Group the images one camera took at most `gap_seconds` apart; a split never cuts such a group.

    Raises:
        RequestError: the gap is not positive, or no two images are that close.
    """
    if not 0 < gap_seconds <= 86_400:
        raise RequestError(f"A gap of {gap_seconds:g} seconds is not possible", "Take more than 0 and at most 86400")
    began = time.monotonic()
    rows, names, facts, _broken = _read_blocks(project, progress, run)
    progress.stage("Grouping bursts")
    found, _order = exif_conditions.bursts(facts, names, gap_seconds)
    if not any(found):
        raise RequestError(
            f"No two images of one camera were taken within {gap_seconds:g} s",
            "Take a longer gap; images without a capture time cannot be grouped by it",
        )
    origin = f"{EXIF_ORIGIN}: gap of {gap_seconds:g} s"
    axis = _axis(project, BURST_AXIS, AxisKind.GROUP, origin, rows, found)
    return _write(project, [axis], (), {"from": "bursts", "gap_seconds": gap_seconds}, began)


def preview_names(project: Project, pattern: str, groups: Sequence[str], progress: Progress) -> NamePreview:
    """Say what a pattern would capture, from the first file names of the project; changes nothing.

    Raises:
        RequestError: the pattern cannot be used, or takes too long.
    """
    names = _all_names(project)
    seen = names[:PREVIEW_NAMES]
    parsed = name_patterns.name_pattern(pattern)
    found = _captured(parsed, seen, groups, progress, PREVIEW_SECONDS)
    fits = [i for i, row in enumerate(found.rows) if row is not None][:8]
    unfit = [i for i, row in enumerate(found.rows) if row is None][:4]
    examples = tuple((seen[i], found.rows[i]) for i in (*fits, *unfit))
    return NamePreview(pattern, found, len(seen), len(names), examples)


def conditions_from_names(project: Project, pattern: str, groups: Sequence[str], progress: Progress) -> DerivedOutcome:
    """Make an axis of every field of the pattern that is a condition or a group.

    Raises:
        RequestError: the pattern cannot be used, takes too long, fits no name, or every field names each item.
    """
    began = time.monotonic()
    names = _all_names(project)
    parsed = name_patterns.name_pattern(pattern)
    found = _captured(parsed, names, groups, progress, PATTERN_SECONDS)
    if found.unfit == len(names):
        example = f", for instance {names[0]}" if names else ""
        raise RequestError(f"The pattern {pattern!r} fits no file name{example}", "Look at it with --preview")
    rows = np.arange(len(names))
    axes: list[DerivedAxis] = []
    for field in found.fields:
        if field.kind is not None:
            texts = ["" if row is None else row[field.name] for row in found.rows]
            name = _free_name(project, field.name.removeprefix("group_"), f"file names {pattern}")
            axes.append(_axis(project, name, field.kind, f"file names {pattern}", rows, texts))
    if not axes:
        raise RequestError(f"The fields of {pattern!r} name every single item", "Name a part that several items share")
    return _write(project, axes, (), {"from": "names", "pattern": pattern, "groups": list(groups)}, began)


def conditions_from_numbers(
    project: Project, source: str, edges: Sequence[float] | int, progress: Progress
) -> DerivedOutcome:
    """Sort a number every item has into ranges: a measure of `MEASURES`, or an axis whose values are numbers.

    Args:
        project: changed.
        source: name of the measure or axis.
        edges: rising inner edges, or how many ranges of about equal size.
        progress: told about stages.

    Raises:
        RequestError: there is no such number, or the edges cannot be used.
    """
    began = time.monotonic()
    progress.stage("Sorting into ranges")
    numbers = _numbers(project, source)
    chosen = ranges.equal_edges(numbers, edges) if isinstance(edges, int) else tuple(edges)
    if not chosen:
        raise RequestError(f"{source} has no two different numbers", "There is nothing to sort into ranges")
    names, codes = ranges.sort_into(numbers, chosen)
    rows = np.flatnonzero(codes >= 0)
    used = np.unique(codes[rows])
    how = f"{len(used)} ranges of {source}" + (", of about equal size" if isinstance(edges, int) else "")
    axis = DerivedAxis(f"{source} range", AxisKind.CONDITION, how, names, project.columns.item_ids[rows], codes[rows])
    return _write(project, [axis], (), {"from": "numbers", "source": source, "edges": list(chosen)}, began)


def _numbers(project: Project, source: str) -> NDArray[np.float64]:
    sliced = project.cube()
    columns = sliced.columns
    width, height = columns.width.astype(np.float64), columns.height.astype(np.float64)
    is_known = (width > 0) & (height > 0)
    if source in {"width", "height"}:
        return np.where(is_known, width if source == "width" else height, np.nan)
    if source == "megapixels":
        return np.where(is_known, width * height / 1e6, np.nan)
    if source == "aspect ratio":
        return np.where(is_known, width / np.maximum(height, 1), np.nan)
    if source == "objects per image":
        return np.where(sliced.labelled, np.bincount(sliced.cube.item, minlength=sliced.cube.n_items), np.nan)
    if source in INDEX_MEASURES:
        return _index_numbers(project, source)
    axis = sliced.cube.axis(source)
    numbers = ranges.numbers_of(axis.values)
    if np.isnan(numbers).mean() > 0.05 if len(numbers) else True:
        raise RequestError(
            f"The values of {source} are no numbers",
            f"Take one of {', '.join((*MEASURES, *INDEX_MEASURES))}, or a condition with numbers",
        )
    found = np.full(sliced.cube.n_items, np.nan)
    found[axis.rows] = numbers[axis.codes]
    return found


def _index_numbers(project: Project, source: str) -> NDArray[np.float64]:
    from tailwise.usecases.index_columns import load_index, not_indexed

    index = load_index(project)
    known = dict(zip(index.item_ids.tolist(), getattr(index, source).tolist(), strict=True))
    if not known:
        with project.file.reading() as db:
            raise not_indexed(db, project.path.name)
    return np.array([known.get(item_id, np.nan) for item_id in project.columns.item_ids.tolist()], dtype=np.float64)


class _Deadline:
    """Progress that gives up after a while; the child that works for it is ended then."""

    def __init__(self, inner: Progress, seconds: float, pattern: str) -> None:
        self._inner, self._end, self._pattern = inner, time.monotonic() + seconds, pattern

    def stage(self, label: str, total: int = 0) -> None:
        self._inner.stage(label, total)

    def advance(self, steps: int = 1) -> None:
        self._inner.advance(steps)
        if time.monotonic() > self._end:
            raise RequestError(
                f"The pattern {self._pattern!r} takes too long on these names",
                "Say more exactly what the parts are, for instance [^_]+ up to the next _",
            )


def _captured(
    pattern: NamePattern, names: Sequence[str], groups: Sequence[str], progress: Progress, seconds: float
) -> Captures:
    """Match templates here and expressions in a child process, which can be stopped in the middle of a match."""
    if pattern.is_template:
        rows = _match_all(pattern.text, names, progress)
    else:
        rows = run_in_child(_match_all, pattern.text, names, progress=_Deadline(progress, seconds, pattern.text))
    return name_patterns.captures(pattern, rows, groups)


def _match_all(text: str, names: Sequence[str], progress: Progress) -> list[Mapping[str, str] | None]:
    pattern = name_patterns.name_pattern(text)
    progress.stage("Matching file names", len(names))
    return [pattern.capture(name) for name in track(names, progress, 256)]


def _all_names(project: Project) -> list[str]:
    with project.file.reading() as db:
        return plan_tables.all_item_names(db)


def _read_blocks(
    project: Project, progress: Progress, run: Runner
) -> tuple[NDArray[np.int64], list[str], list[ExifFacts | None], list[str]]:
    """Return rows, names and facts of every counted item, and the names whose block is damaged."""
    sliced = project.cube()
    columns = sliced.columns
    names = _all_names(project)
    with project.file.reading() as db:
        roots = [source.root for source in source_tables.list_sources(db)]
    rows = np.flatnonzero(sliced.counted)
    paths = [
        str(Path(roots[columns.source[row]], *names[row].split("/")))
        if columns.media[row] == MediaState.PRESENT and roots[columns.source[row]]
        else ""
        for row in rows.tolist()
    ]
    reads = run(_read_all, paths, progress=progress)
    chosen = [names[row] for row in rows.tolist()]
    broken = [name for name, read in zip(chosen, reads, strict=True) if read.is_broken]
    return rows, chosen, [read.facts for read in reads], broken


def _read_all(paths: Sequence[str], progress: Progress) -> list[ExifRead]:
    progress.stage("Reading EXIF", len(paths))
    nothing = ExifRead(None)
    return [read_exif(Path(path)) if path else nothing for path in track(paths, progress, 32)]


def _free_name(project: Project, name: str, origin: str = EXIF_ORIGIN) -> str:
    """Return `name`, or one with the origin behind it where a source states a condition of that name."""
    same = next((axis for axis in project.columns.axes if axis.name == name), None)
    is_ours = same is not None and same.origin.startswith(origin.split(" ", maxsplit=1)[0])
    if (same is None or is_ours) and name not in BUILT_IN | COMPUTED_GROUPS:
        return name
    return f"{name} ({'EXIF' if origin == EXIF_ORIGIN else 'file name'})"


def _axis(
    project: Project, name: str, kind: AxisKind, origin: str, rows: NDArray[np.int64], texts: Sequence[str]
) -> DerivedAxis:
    values = sorted(set(texts) - {""})
    code_of = {value: code for code, value in enumerate(values)}
    codes = np.array([code_of.get(text, -1) for text in texts], dtype=np.int32)
    has = codes >= 0
    return DerivedAxis(name, kind, origin, tuple(values), project.columns.item_ids[rows[has]], codes[has])


def _write(
    project: Project,
    axes: Sequence[DerivedAxis],
    findings: tuple[Finding, ...],
    parameters: Mapping[str, object],
    began: float,
) -> DerivedOutcome:
    names = [axis.name for axis in axes]
    text = f"{', '.join(names)} made" if names else "no condition made"
    with project.file.writing() as db:
        before = derived_axes.snapshot(db, names)
        rules = derived_axes.axis_rules(db)
        for axis in axes:
            rule = rules.get(axis.name)
            if rule is not None and rule.is_hidden:  # made again after it was deleted
                derived_axes.write_rule(db, derived_axes.AxisRule(axis.name, axis.name))
            derived_axes.write_axis(db, axis)
        after = derived_axes.snapshot(db, names)
        plan_tables.log_entry(db, "conditions", parameters, versions().as_json(), time.monotonic() - began, text)
    facts = {facts.name: facts for facts in project.cube().axis_facts()}
    made = tuple(facts[name] for name in names if name in facts)
    return DerivedOutcome(made, findings, text, before, after)
