"""The texts beside a work order: one for the vendor, one for ourselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tailwise.domain.orders import WorkOrder

_VENDOR = """\
Work order {order_id}, revision {revision}, {day}

work_order.xlsx holds everything; the folder csv holds the same sheets for programs.

Summary     what is ordered, when, in which format to deliver
Quotas      what is wanted: per class and condition, what is there, the target, and how many items to label
Batches     delivery units with their dates; batches with a smaller priority number come first
Items       the pictures of each batch; item_ref is our key, please return it with the delivery
Classes     what to label and what not
Acceptance  how a delivery is checked: of a lot, n units are drawn; it is accepted with at most c defects.
            rate_accepted_95 is the share of defects that passes with 95 % probability,
            rate_accepted_10 the share that still passes with 10 %
Changes     what is new in this revision

"to_label" counts items to label; "target" and "have" count labelled objects or images, as "unit" says.

In the CSV files a text that a spreadsheet could take for a formula has an apostrophe (') before it, and where
file_name_escaped is 1 the file name has one that does not belong to it. The workbook holds all names as they are.

SHA256SUMS lets you check that every file arrived whole (sha256sum --check SHA256SUMS).
"""

_PACKAGE = """\
Work order {order_id}, revision {revision}, {day}

vendor/       this may leave the building, and nothing else may. It was searched for absolute paths and the names
              of this computer and its user before this folder appeared.
{internal}package.json  what was written from what, with the check of every file
SHA256SUMS    sums of all files (sha256sum --check SHA256SUMS)
"""

_INTERNAL = """\
internal/     expected yields, times and costs: never send these
"""


def vendor_readme(order: WorkOrder) -> str:
    """Return the text for the vendor."""
    return _VENDOR.format(order_id=_line(order.order_id), revision=order.revision, day=order.day.isoformat())


def package_readme(order: WorkOrder) -> str:
    """Return the text for whoever sends the order."""
    internal = _INTERNAL if order.yields or order.costs else ""
    text = _PACKAGE.format(
        order_id=_line(order.order_id), revision=order.revision, day=order.day.isoformat(), internal=internal
    )
    held = order.held_back.sentence
    return f"{text}\n{held}\n" if held else text


def _line(text: str) -> str:
    return " ".join(text.split())
