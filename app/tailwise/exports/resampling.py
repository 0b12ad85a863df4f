"""A resampling plan for training code: repeats per item, a sampler, a repeated list, and how to use them.

Weights go out with ids and names and never as a bare list, because trainers sort their lists (formats reference, 4.4).
Items of validation, test or any other split must not be in any of these files; that is checked while writing and again
on what was written.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tailwise.domain.errors import RequestError
from tailwise.domain.exports import Audience, Dialect
from tailwise.domain.resampling import Method
from tailwise.exports.resampling_readme import resampling_readme
from tailwise.exports.table_files import add_csv
from tailwise.exports.tables import Row, Table, read_csv, write_csv
from tailwise.exports.texts import natural_key
from tailwise.exports.yolo_rules import is_listable, is_picture, picture_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tailwise.domain.resampling import RepeatColumns, ResamplingExport
    from tailwise.exports.package import Package
    from tailwise.ops.progress import Progress

SCHEMA = "planner.sampler/1"
FOLDER = "resampling"
COLUMNS = (
    "item_id",
    "file_name",
    "split",
    "repeat_factor",
    "repeats_int",
    "sampling_weight",
    "driver_class",
    "capped",
    "reason",
)
EPOCH_COLUMNS = ("epoch", "item_id", "repeats")
_ID, _REPEATS = COLUMNS.index("item_id"), COLUMNS.index("repeats_int")
_NEAR = 1e-9


def write_resampling(data: ResamplingExport, package: Package, progress: Progress) -> None:
    """Write `resampling.csv`, `sampler.json`, `train_repeated.txt`, for several epochs `epochs.csv`, and a README.

    Raises:
        RequestError: an item of validation or test is in the plan; nothing is written then.
    """
    columns = data.columns
    if not data.held_out_ids.isdisjoint(columns.item_id):
        raise RequestError(
            "The plan repeats items of validation or test, which is never done", "Plan the resampling anew"
        )
    order = sorted(range(len(columns.item_id)), key=lambda k: (natural_key(columns.file_name[k]), columns.item_id[k]))
    _write_items(data, order, package, progress)
    progress.stage("Writing the sampler", len(order))
    package.add_json(f"{FOLDER}/sampler.json", _sampler(data, order), len(order), "sampler", Audience.TRAINING)
    if len(columns.repeats) > 1:
        add_csv(_epochs_table(columns, order), f"{FOLDER}/epochs.csv", Audience.TRAINING, package, progress)
    _write_list(columns, order, package, progress)
    package.add_text(f"{FOLDER}/README.txt", resampling_readme(data), "readme", Audience.TRAINING)
    for note in data.outcome.notes:
        package.warn("RS-01", note, 1)
    first = next(iter(columns.repeats), ())
    package.check("items_per_epoch", sum(first))
    package.check("held_out_repeated", 0)
    package.check("most_repeats", max(first, default=0))


def _write_items(data: ResamplingExport, order: list[int], package: Package, progress: Progress) -> None:
    table = Table("resampling.csv", COLUMNS, lambda: _rows(data, order), len(order))
    relative = f"{FOLDER}/resampling.csv"
    progress.stage(f"Writing {relative}", table.count)
    with package.text_file(relative) as file:
        write_csv(table, file, Dialect.PLAIN, progress)
    package.add(relative, table.count, "resampling", Audience.TRAINING, _items_verifier(data), Dialect.PLAIN)


def _rows(data: ResamplingExport, order: list[int]) -> Iterator[Row]:
    columns, total = data.columns, data.outcome.total
    for k in order:
        driver = columns.drivers[columns.driver[k]] if columns.driver[k] >= 0 else ""
        yield (
            columns.item_id[k],
            columns.file_name[k],
            data.split,
            columns.factor[k],
            columns.repeats[0][k],
            columns.factor[k] / total,
            driver,
            columns.capped[k],
            _reason(columns.factor[k], driver, is_capped=bool(columns.capped[k])),
        )


def _reason(factor: float, driver: str, *, is_capped: bool) -> str:
    if abs(factor - 1.0) < _NEAR and not driver:
        return "used once"
    if factor > 1.0 or is_capped:
        held = ", as often as the cap allows" if is_capped else ""
        return (f"repeated for {driver}" if driver else "repeated to fill the epoch") + held
    return f"held back: enough of {driver}" if driver else "held back to make room"


def _items_verifier(data: ResamplingExport) -> Callable[[Path, Progress], int]:
    """Read the table back: the columns, the total of an epoch, and no item that is held out."""

    def verify(path: Path, progress: Progress) -> int:
        tally = read_csv(path, Dialect.PLAIN, progress, keep=True)
        is_right = (
            tally.columns == COLUMNS
            and not tally.ragged
            and sum(int(row[_REPEATS]) for row in tally.cells) == data.outcome.total
            and data.held_out_ids.isdisjoint(int(row[_ID]) for row in tally.cells)
        )
        return tally.rows if is_right else -1

    return verify


def _epochs_table(columns: RepeatColumns, order: list[int]) -> Table:
    def rows() -> Iterator[Row]:
        for number, uses in enumerate(columns.repeats, start=1):
            for k in order:
                if uses[k]:
                    yield (number, columns.item_id[k], uses[k])

    count = sum(sum(1 for n in uses if n) for uses in columns.repeats)
    return Table("epochs.csv", EPOCH_COLUMNS, rows, count)


def _sampler(data: ResamplingExport, order: list[int]) -> dict[str, Any]:
    outcome, columns = data.outcome, data.columns
    request = outcome.request
    factors = [columns.factor[k] for k in order]
    return {
        "schema": SCHEMA,
        "unit": "group" if request.per_scene else "image",
        "formula": {
            "name": "target" if outcome.method is Method.TARGET_LP else outcome.method.value,
            "target": request.target.value if request.temperature is None else None,
            "temperature": request.temperature,
            "t": None,
            "alpha": None,
            "beta": None,
            "agg": None,
            "cap": request.cap,
            "floor": outcome.floor,
            "over_weight": request.over_weight if outcome.method is Method.TARGET_LP else None,
        },
        "num_samples": outcome.total,
        "replacement": True,
        "seed": request.seed,
        "order_ref": data.order_ref or None,
        "ids": [columns.item_id[k] for k in order],
        "file_names": [columns.file_name[k] for k in order],
        "weights": [factor / outcome.total for factor in factors],
        "repeat_factors": factors,
        "effective_class_counts": [{"class": r.name, "before": r.count, "after": r.effective} for r in outcome.rows],
        "rfs_thresholds": {m.method.value: m.threshold for m in outcome.comparison if m.threshold is not None},
    }


def _write_list(columns: RepeatColumns, order: list[int], package: Package, progress: Progress) -> None:
    """Write the first epoch as a list with lines there several times, for trainers that accept that."""
    left_out: list[str] = []
    lines: list[str] = []
    for k in order:
        name = columns.file_name[k]
        if not (is_listable(name) and is_picture(name)):
            left_out.append(name)
            continue
        lines.extend([picture_line(name)] * columns.repeats[0][k])
    package.warn(
        "EX-13", "files a list of pictures cannot hold, left out of train_repeated.txt", len(left_out), left_out
    )
    if not lines:
        return
    progress.stage("Writing the repeated list", len(lines))
    package.add_text(f"{FOLDER}/train_repeated.txt", "\n".join(lines) + "\n", "compatibility list", Audience.TRAINING)
