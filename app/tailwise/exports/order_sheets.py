"""The sheets of a work order as tables: what a vendor sees, and what stays inside.

The columns are fixed here and documented in the help; expected yields, prices and gold answers are in no vendor sheet.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from typing import TYPE_CHECKING

from tailwise.exports.acceptance import accepted_rates
from tailwise.exports.tables import Row, Table, table_of
from tailwise.exports.texts import escape_cell, natural_key, writable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tailwise.domain.orders import WorkBatch, WorkItem, WorkOrder

SUMMARY_COLUMNS = ("field", "value")
QUOTA_COLUMNS = ("line_id", "class")
QUOTA_TAIL = ("unit", "have", "target", "to_label", "min", "max", "priority", "source_pool", "notes")
BATCH_COLUMNS = (
    "batch_id",
    "phase",
    "week",
    "n_items",
    "priority",
    "start",
    "due",
    "overlap",
    "sample_plan_id",
    "guideline_version",
    "source_pool",
)
ITEM_COLUMNS = ("batch_id", "seq", "item_ref", "file_name", "width", "height", "sha256", "media_url")
CLASS_COLUMNS = (
    "index",
    "name",
    "definition",
    "include",
    "exclude",
    "attributes",
    "min_size_px",
    "colour",
    "parent",
    "example_files",
    "tier",
    "have",
    "target",
)
ACCEPTANCE_COLUMNS = (
    "criterion",
    "defect",
    "unit",
    "lot",
    "n",
    "c",
    "rate_accepted_95",
    "rate_accepted_10",
    "on_reject",
    "rework_days",
)
CHANGE_COLUMNS = ("revision", "date", "what", "why")
YIELD_COLUMNS = ("line_id", "class", "expected_per_item", "probability", "basis", "low", "high")
COST_COLUMNS = (
    "batch_id",
    "items",
    "seconds_p50",
    "seconds_p90",
    "hours",
    "overlap_factor",
    "review_factor",
    "rate",
    "cost",
    "uncertainty",
)
ESCAPED_COLUMN = "file_name_escaped"


def vendor_tables(order: WorkOrder) -> list[Table]:
    """Return Summary, Quotas, Batches, Items, Classes, Acceptance and Changes."""
    return [
        _summary(order),
        _quotas(order),
        table_of("Batches", BATCH_COLUMNS, [_batch_row(b) for b in order.batches], (18, 12, 8, 10, 10, 12, 12)),
        items_table(order, for_csv=False),
        table_of("Classes", CLASS_COLUMNS, _class_rows(order), (8, 24, 48, 32, 32, 24)),
        table_of("Acceptance", ACCEPTANCE_COLUMNS, _acceptance_rows(order), (28, 40, 10, 8, 8, 8, 18, 18, 28)),
        table_of(
            "Changes", CHANGE_COLUMNS, [(c.revision, c.day, c.what, c.why) for c in order.changes], (10, 12, 60, 60)
        ),
    ]


def internal_tables(order: WorkOrder) -> list[Table]:
    """Return Yield and Cost; these never leave."""
    yields: list[Row] = [
        (y.line_id, y.class_name, y.per_item, y.probability, y.basis, y.low, y.high) for y in order.yields
    ]
    costs: list[Row] = [
        (
            c.batch_id,
            c.items,
            c.seconds_p50,
            c.seconds_p90,
            c.hours,
            c.overlap_factor,
            c.review_factor,
            c.rate,
            c.cost,
            c.uncertainty,
        )
        for c in order.costs
    ]
    return [table_of("Yield", YIELD_COLUMNS, yields, (14, 24)), table_of("Cost", COST_COLUMNS, costs, (18,))]


def items_table(order: WorkOrder, *, for_csv: bool) -> Table:
    """Return the item list, batch by batch and by name within; in CSV it says which names had to be escaped."""
    ordered = ordered_items(order)
    columns = ITEM_COLUMNS + (("focus",) if order.include_focus else ()) + ((ESCAPED_COLUMN,) if for_csv else ())

    def rows() -> Iterator[Row]:
        batch, seq = "", 0
        for item in ordered:
            seq = seq + 1 if item.batch_id == batch else 1
            batch = item.batch_id
            row = _item_row(item, seq) + ((item.focus,) if order.include_focus else ())
            name = writable(item.file_name)
            yield (*row, int(escape_cell(name) != name)) if for_csv else row

    return Table("Items", columns, rows, len(ordered), (18, 8, 14, 48, 9, 9, 20, 30))


def ordered_items(order: WorkOrder) -> list[WorkItem]:
    """Return the items in the order of the batches, by name as people count within each.

    Raises:
        ValueError: an item names a batch that is not in the order.
    """
    by_batch: defaultdict[str, list[WorkItem]] = defaultdict(list)
    for item in order.items:
        by_batch[item.batch_id].append(item)
    unknown = by_batch.keys() - {batch.batch_id for batch in order.batches}
    if unknown:
        raise ValueError(f"items of unknown batches: {sorted(unknown)}")
    return [
        item
        for batch in order.batches
        for item in sorted(by_batch[batch.batch_id], key=lambda i: (natural_key(i.file_name), natural_key(i.item_ref)))
    ]


def item_list_hash(order: WorkOrder) -> str:
    """Return SHA-256 over the lines `item_ref TAB file_name` in the order of the Items sheet, in hexadecimal."""
    text = "".join(f"{writable(i.item_ref)}\t{writable(i.file_name)}\n" for i in ordered_items(order))
    return hashlib.sha256(text.encode()).hexdigest()


def _summary(order: WorkOrder) -> Table:
    rows: list[Row] = [
        ("order", order.order_id),
        ("project", order.project),
        ("plan", order.plan),
        ("revision", order.revision),
        ("date", order.day),
        ("contact", order.contact),
        ("task", order.work_type),
        ("delivery format", order.delivery_format),
        ("guideline version", order.guideline_version),
        ("items ordered", sum(b.n_items for b in order.batches)),
        ("items listed", len(order.items)),
        ("batches", len(order.batches)),
        ("classes", len(order.classes)),
    ]
    for phase in dict.fromkeys(b.phase for b in order.batches):
        rows.extend(_phase_rows(phase, [b for b in order.batches if b.phase == phase]))
    rows += [("item list sha256", item_list_hash(order)), ("further terms", order.terms)]
    return table_of("Summary", SUMMARY_COLUMNS, rows, (24, 72))


def _phase_rows(phase: str, batches: list[WorkBatch]) -> list[Row]:
    starts = [b.start for b in batches if b.start is not None]
    dues = [b.due for b in batches if b.due is not None]
    rows: list[Row] = [(f"{phase}: items", sum(b.n_items for b in batches))]
    if starts:
        rows.append((f"{phase}: start", min(starts)))
    if dues:
        rows.append((f"{phase}: due", max(dues)))
    return rows


def _quotas(order: WorkOrder) -> Table:
    axes = max((len(q.conditions) for q in order.quotas), default=0)
    columns = QUOTA_COLUMNS + tuple(f"condition_{i + 1}" for i in range(axes)) + QUOTA_TAIL
    rows: list[Row] = []
    for q in order.quotas:
        conditions = [f"{axis}={value}" for axis, value in q.conditions]
        conditions += [""] * (axes - len(conditions))
        tail = (q.unit, q.have, q.target, q.to_label, q.minimum, q.maximum, q.priority, q.pool, q.notes)
        rows.append((q.line_id, q.class_name, *conditions, *tail))
    return table_of("Quotas", columns, rows, (10, 24))


def _batch_row(b: WorkBatch) -> Row:
    head = (b.batch_id, b.phase, b.week, b.n_items, b.priority, b.start, b.due, b.overlap)
    return (*head, b.sample_plan, b.guideline_version, b.pool)


def _item_row(i: WorkItem, seq: int) -> Row:
    return (i.batch_id, seq, i.item_ref, i.file_name, i.width or None, i.height or None, i.sha256, i.media_url)


def _class_rows(order: WorkOrder) -> list[Row]:
    return [
        (
            index,
            c.name,
            c.definition,
            c.include,
            c.exclude,
            c.attributes,
            c.min_size_px,
            c.colour,
            c.parent,
            c.examples,
            c.tier,
            c.have,
            c.target,
        )
        for index, c in enumerate(order.classes)
    ]


def _acceptance_rows(order: WorkOrder) -> list[Row]:
    rows: list[Row] = []
    for term in order.acceptance:
        good, bad = accepted_rates(term.lot, term.n, term.c) if term.lot > 0 and term.n > 0 else (None, None)
        rates = (None if good is None else round(good, 4), None if bad is None else round(bad, 4))
        head = (term.criterion, term.defect, term.unit, term.lot, term.n, term.c)
        rows.append((*head, *rates, term.on_reject, term.rework_days))
    return rows
