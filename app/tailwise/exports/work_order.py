"""Work orders: `vendor/` may leave the building, `internal/` never does.

The workbook and the CSV files hold the same sheets. In the CSV files texts are escaped, because they are opened in
spreadsheets by people who do not know where the class names come from.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from tailwise.domain.errors import RequestError
from tailwise.domain.exports import Audience
from tailwise.exports.order_readme import package_readme, vendor_readme
from tailwise.exports.order_sheets import internal_tables, items_table, vendor_tables
from tailwise.exports.table_files import add_csv, add_workbook
from tailwise.exports.texts import is_anchored, shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tailwise.domain.orders import WorkOrder
    from tailwise.exports.package import Package
    from tailwise.exports.tables import Table
    from tailwise.ops.progress import Progress

VENDOR = "vendor"
INTERNAL = "internal"


def write_work_order(order: WorkOrder, package: Package, progress: Progress) -> None:
    """Write `vendor/` (work_order.xlsx, csv/, README.txt), `internal/` (planning.xlsx, csv/) and README.txt.

    Raises:
        RequestError: a file name says where it lies on a computer.
    """
    _check_names(order)
    tables = vendor_tables(order)
    add_workbook(tables, f"{VENDOR}/work_order.xlsx", Audience.VENDOR, package, progress)
    for table in tables:
        csv_table = items_table(order, for_csv=True) if table.name == "Items" else table
        add_csv(csv_table, f"{VENDOR}/csv/{table.name.lower()}.csv", Audience.VENDOR, package, progress)
    package.add_text(f"{VENDOR}/README.txt", vendor_readme(order), "readme", Audience.VENDOR)
    if order.yields or order.costs:
        inside = internal_tables(order)
        add_workbook(inside, f"{INTERNAL}/planning.xlsx", Audience.INTERNAL, package, progress)
        for table in inside:
            add_csv(table, f"{INTERNAL}/csv/{table.name.lower()}.csv", Audience.INTERNAL, package, progress)
    package.add_text("README.txt", package_readme(order), "readme", Audience.INTERNAL)
    package.allow_words((*order.allowed_words, *_own_words(order, tables)))
    _check_batches(order, package)
    package.check("items_ordered", sum(batch.n_items for batch in order.batches))
    package.check("items_listed", len(order.items))
    for name, count in (
        ("near_duplicates_held_back", order.held_back.total),
        ("second_of_a_cluster", order.held_back.second),
    ):
        if count:
            package.check(name, count)


def _own_words(order: WorkOrder, tables: Sequence[Table]) -> list[str]:
    """Return words that are in every order, or that somebody wrote into this one on purpose.

    A user called Max would otherwise never get an order out: `max` is a column.
    """
    texts = [vendor_readme(order), order.contact, order.work_type, order.delivery_format, order.terms]
    texts += [text for term in order.acceptance for text in (term.criterion, term.defect, term.unit, term.on_reject)]
    texts += [text for change in order.changes for text in (change.what, change.why)]
    texts += [text for table in tables for text in (table.name, *table.columns)]
    texts += [str(row[0]) for table in tables if table.name == "Summary" for row in table.rows()]
    text = " ".join(texts)
    return [*re.findall(r"\w+", text.replace("_", " ")), *re.split(r"[\s@,;<>]+", text)]


def _check_names(order: WorkOrder) -> None:
    bad = [i.file_name for i in order.items if is_anchored(i.file_name) or ".." in i.file_name.split("/")]
    if bad:
        raise RequestError(
            f"{len(bad)} file name(s) say where they lie on a computer ({shown(bad[0], 60)})",
            "Import the dataset from its folder, so that names are relative to it",
        )


def _check_batches(order: WorkOrder, package: Package) -> None:
    listed = Counter(item.batch_id for item in order.items)
    short = [
        f"{b.batch_id}: {listed[b.batch_id]} of {b.n_items}" for b in order.batches if listed[b.batch_id] < b.n_items
    ]
    package.warn("WO-01", "batches that list fewer items than are ordered", len(short), short)
