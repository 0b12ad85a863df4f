"""Where the checks over a whole project put what they find."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tailwise.domain.checks import PROJECT, ProjectFinding
from tailwise.domain.findings import MAX_EXAMPLES, Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from tailwise.domain.checks import Fix
    from tailwise.usecases.slices import ProjectCube

MAX_ITEMS = 5000
"""Items a finding opens; more are not looked at one by one."""


@dataclass(slots=True)
class CheckReport:
    """Collects findings of the project; `names` are the file names by row."""

    sliced: ProjectCube
    names: Sequence[str]
    found: list[ProjectFinding] = field(default_factory=list[ProjectFinding])

    def add(  # noqa: PLR0913  one keyword per part of a finding
        self,
        code: str,
        severity: Severity,
        message: str,
        action: str,
        *,
        count: int,
        rows: NDArray[np.integer] | Sequence[int] = (),
        examples: Sequence[str] | None = None,
        fixes: Sequence[Fix] = (),
    ) -> None:
        """Add a finding unless its count is zero; without examples the file names of the rows are shown."""
        if not count:
            return
        ordered = list(dict.fromkeys(int(row) for row in list(rows)[: 4 * MAX_ITEMS]))[:MAX_ITEMS]
        if examples is None:
            examples = [self.names[row] for row in ordered[:MAX_EXAMPLES]]
        ids = tuple(int(self.sliced.columns.item_ids[row]) for row in ordered)
        finding = Finding(code, severity, message, count, action, tuple(examples[:MAX_EXAMPLES]))
        self.found.append(ProjectFinding(PROJECT, finding, ids, tuple(fixes)))
