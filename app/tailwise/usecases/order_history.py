"""What work orders of the last 13 weeks listed: remembered with each export, so that later orders can spare it."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any

import numpy as np

from tailwise.storage import plan_tables

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tailwise.domain.orders import WorkOrder
    from tailwise.usecases.plan_store import StoredPlan
    from tailwise.usecases.projects import Project

WORK_ORDER = "work-order"
QUARTER = dt.timedelta(weeks=13)
_KEY = "order"
_PREFIX = "I"


def item_ref(item_id: int) -> str:
    """Return our key of an item in an order."""
    return f"{_PREFIX}{item_id:07d}"


def order_record(plan: StoredPlan, order: WorkOrder) -> dict[str, Any]:
    """Return what an export of this order keeps of it."""
    items = sorted(int(item.item_ref.removeprefix(_PREFIX)) for item in order.items)
    return {_KEY: {"plan": plan.id, "name": plan.name, "items": items}}


def ordered_rows(
    project: Project, plan_name: str, plan_id: int | None = None, day: dt.date | None = None
) -> NDArray[np.bool_]:
    """Return the rows that orders of plans of other names listed within 13 weeks.

    Versions of one plan take the place of each other. An order that was exported before is taken as of then, so that
    it lists the same items when it is exported again.

    Args:
        project: the exports are noted there; those made while it could only be read are not.
        plan_name: of the plan an order is made of.
        plan_id: its number; None for a plan that has no order yet.
        day: when the order is made; None for today.
    """
    with project.file.reading() as db:
        rows = plan_tables.list_exports(db, WORK_ORDER)
    noted = [(row, json.loads(row.outcome).get(_KEY)) for row in rows]
    earlier = [(row, order) for row, order in noted if order is not None]
    own = next((row for row, order in earlier if order["plan"] == plan_id), None)
    if own is not None:
        earlier = [(row, order) for row, order in earlier if row.id < own.id]
        day = dt.date.fromisoformat(own.created_utc[:10])
    since = ((day or dt.datetime.now(dt.UTC).date()) - QUARTER).isoformat()
    listed: set[int] = set()
    for row, order in earlier:
        if order["name"] != plan_name and row.created_utc[:10] >= since:
            listed.update(order["items"])
    return np.isin(project.cube().columns.item_ids, np.array(sorted(listed), dtype=np.int64))
