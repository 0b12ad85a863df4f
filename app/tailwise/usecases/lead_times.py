"""How long labelling took, item by item, as the labelling tools measured it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tailwise.domain.coverage import LeadSummary
from tailwise.storage.lead_tables import load_lead_origins, load_lead_seconds

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tailwise.usecases.projects import Project

TOP_PERCENTILE = 99.0
"""Times above it are cut down to it: a tab that was left open says nothing about labelling."""


def lead_seconds(project: Project) -> NDArray[np.float32]:
    """Return the seconds one person needed for each item, as measured.

    Returns:
        (n,) array aligned to `project.columns.item_ids`; NaN where nobody measured. Use `winsorised` for estimates.
    """
    columns = project.columns
    with project.file.reading() as db:
        return load_lead_seconds(db, columns)


def winsorised(seconds: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the seconds with those above the 99th percentile of what is known cut down to it; NaN stays NaN."""
    known = seconds[~np.isnan(seconds)]
    return np.minimum(seconds, np.percentile(known, TOP_PERCENTILE).astype(np.float32)) if len(known) else seconds


def lead_summaries(project: Project) -> tuple[LeadSummary, ...]:
    """Return the measured times of every source that has some, in the order of the sources."""
    columns = project.columns
    with project.file.reading() as db:
        origins, seconds = load_lead_origins(db), load_lead_seconds(db, columns)
    found: list[LeadSummary] = []
    for name, origin in origins.items():
        of_source = winsorised(seconds[columns.source == columns.source_names.index(name)])
        known = of_source[~np.isnan(of_source)]
        median, p90 = np.percentile(known, (50, 90)).tolist()
        found.append(LeadSummary(name, origin, len(known), median, p90))
    return tuple(found)
