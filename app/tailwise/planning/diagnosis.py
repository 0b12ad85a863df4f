"""Why a quota is not met, in the lead's words: the pool, the hours, or rules that cannot hold together.

Every class that falls short is looked at on its own, while no other quota may get less than it has. Its shortfall is
taken apart by re-solving: what even the whole pool could not give (pool), what only more hours would give (hours), and
what is left when hours do not count (rules). All re-solves allow fractions of items; what only whole items cost is told
with the last of the reasons.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from tailwise.domain.plan_outcome import Reason, ReasonKind
from tailwise.planning.solver import Limits, Programme, reachable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from tailwise.ops.progress import Progress
    from tailwise.planning.quota_model import QuotaModel

LIMITS = Limits(nodes=200, seconds=20.0)
KEPT_WITHIN = 1e-6
MAX_CONFLICTS = 8
WHOLE_ITEMS = "only whole items can be labelled"


@dataclass(frozen=True, slots=True)
class _Parts:
    """Shortfall of a class: as planned, with fractions of items, with hours unlimited, and with the whole pool."""

    planned: float
    fractions: float
    free_hours: float
    pool: float


def explain(model: QuotaModel, columns: NDArray[np.float64], progress: Progress) -> tuple[Reason, ...]:
    """Return the reasons for every class that falls short in a plan, in order of class.

    `columns` are all columns of the plan, as `columns_of` gives them.
    """
    short = [k for k, name in enumerate(model.short_classes) if _is_short(model, columns, name)]
    progress.stage("Looking for reasons", len(short))
    reasons: list[Reason] = []
    for k in short:
        reasons += _Diagnosis(model, columns, k, progress).reasons()
        progress.advance()
    return tuple(reasons)


def missing(model: QuotaModel, columns: NDArray[np.float64], class_name: str) -> float:
    """Return the shortfall of a class in objects, 0 for a class without a quota."""
    if class_name not in model.short_classes:
        return 0.0
    return float(columns[model.columns.class_short + model.short_classes.index(class_name)])


def _is_short(model: QuotaModel, columns: NDArray[np.float64], name: str) -> bool:
    short = columns[model.columns.short : model.columns.worst]
    return any(s > quota.tolerance for s, quota in zip(short, model.quotas, strict=True) if quota.class_name == name)


class _Diagnosis:
    """The re-solves for one class."""

    def __init__(self, model: QuotaModel, columns: NDArray[np.float64], k: int, progress: Progress) -> None:
        self._model = model
        self._name = model.short_classes[k]
        self._progress = progress
        self._planned = float(columns[model.columns.class_short + k])
        self._costs = model.costs(model.columns.class_short + k, np.array([1.0]))
        self._programme = self._others_kept(columns)
        self._rates = model.yields.mean[:, model.yields.classes.index(self._name)]

    def reasons(self) -> list[Reason]:
        """Return the reasons in the order in which a lead can act on them: pool, hours, rules."""
        parts = self._parts()
        at = self._tolerance
        answer: list[Reason] = []
        if parts.pool > at:
            answer.append(self._pool_reason(parts.pool))
        if parts.fractions - parts.free_hours > at:
            answer.append(self._hours_reason(parts))
        if parts.free_hours - parts.pool > at:
            answer.append(self._rule_reason(parts))
        whole = parts.planned - parts.fractions
        if not answer:
            return [self._whole_items_reason(parts.planned)]
        if answer[-1].kind is not ReasonKind.POOL:
            answer[-1] = replace(answer[-1], short_by=answer[-1].short_by + whole)
        elif whole > at:
            answer.append(self._whole_items_reason(whole))
        return answer

    @property
    def _tolerance(self) -> float:
        """Below this nothing is said: a hundredth of a per cent of what was asked, as for quotas that count as met."""
        return max(q.tolerance for q in self._model.quotas if q.class_name == self._name)

    def _others_kept(self, columns: NDArray[np.float64]) -> Programme:
        """Return the relaxed programme in which no other quota gets less than it has in the plan.

        A gate that is shut in the plan stays shut: the easy cap is then the rule that is named.
        """
        model = self._model
        gates = slice(model.columns.gate, model.columns.gate + model.columns.weeks)
        high = model.high.copy()
        high[gates] = columns[gates]
        for q, quota in enumerate(model.quotas):
            if quota.class_name != self._name:
                high[model.columns.short + q] = columns[model.columns.short + q] + KEPT_WITHIN
        return Programme(model.low, high, np.zeros_like(model.whole), model.rows)

    def _parts(self) -> _Parts:
        fractions = min(self._planned, self._least(self._programme))
        free_hours = min(fractions, self._least(self._with_free_hours(self._programme)))
        return _Parts(self._planned, fractions, free_hours, min(free_hours, self._beyond_pool()))

    def _least(self, programme: Programme) -> float:
        """Return the least shortfall of the class; as planned if a limit cut the search off."""
        solution = reachable(programme, self._costs, LIMITS)
        self._progress.advance(0)
        return self._planned if solution is None else max(0.0, solution.value)

    def _with_free_hours(self, programme: Programme) -> Programme:
        columns = self._model.columns
        high = programme.high.copy()
        high[columns.extra_label : columns.class_short] = np.inf
        return replace(programme, high=high)

    def _beyond_pool(self) -> float:
        """Return what is missing even if everything there is were labelled."""
        request = self._model.request
        need = next(c.need(request.weeks) for c in request.classes if c.name == self._name)
        available = np.array([s.available for s in request.streams], dtype=np.float64)
        return max(0.0, need - float(available @ self._rates))

    def _pool_reason(self, short_by: float) -> Reason:
        best = float(self._rates.max(initial=0.0))
        said = f"{self._name}: the pool is short by {_number(short_by)}: widen collection first"
        if best <= 0.0:
            advice = f"{said}. No stream yields this class: add one that does."
            return Reason(self._name, ReasonKind.POOL, short_by, advice)
        items = math.ceil(short_by / best - KEPT_WITHIN)
        stream = self._model.request.streams[int(self._rates.argmax())].name
        advice = f"{said}. Collect about {items:,} more items like {stream!r} ({best:g} per item)."
        return Reason(self._name, ReasonKind.POOL, short_by, advice, extra_items=items)

    def _hours_reason(self, parts: _Parts) -> Reason:
        """Ask for the fewest extra hours that bring the shortfall down to what hours cannot help."""
        columns = self._model.columns
        programme = self._with_free_hours(self._programme)
        rows = programme.rows.with_limit(self._costs, parts.free_hours + KEPT_WITHIN)
        costs = self._model.costs(columns.extra_label, np.ones(2 * columns.weeks))
        solution = reachable(replace(programme, rows=rows), costs, LIMITS)
        short_by = parts.fractions - parts.free_hours
        said = f"{self._name}: the hours are short: {_number(short_by)} more would be met with"
        if solution is None:
            return Reason(self._name, ReasonKind.HOURS, short_by, f"{said} more hours.")
        label = float(solution.columns[columns.extra_label : columns.extra_review].sum())
        review = float(solution.columns[columns.extra_review : columns.class_short].sum())
        kinds = [f"{_hours(h)} more {kind} hours" for h, kind in ((label, "label"), (review, "review")) if h > 0.005]
        advice = f"{said} {' and '.join(kinds) or 'a few more minutes'}."
        per_hour = self._one_more_hour(parts.fractions)
        if per_hour is not None:
            advice += f" One more labelling hour brings {_number(per_hour)} {self._name}."
        return Reason(self._name, ReasonKind.HOURS, short_by, advice, extra_hours=label + review, per_hour=per_hour)

    def _one_more_hour(self, before: float) -> float | None:
        """Return the objects that one more hour of labelling brings, put where it helps most; None for no more.

        Solved rather than read off the dual value, which holds for the next minute only where the plan has a kink.
        """
        columns = self._model.columns
        high = self._programme.high.copy()
        high[columns.extra_label : columns.extra_review] = 1.0
        hours = self._model.costs(columns.extra_label, np.ones(columns.weeks))
        rows = self._programme.rows.with_limit(hours, 1.0)
        brought = before - self._least(replace(self._programme, high=high, rows=rows))
        return brought if brought > self._tolerance else None

    def _rule_reason(self, parts: _Parts) -> Reason:
        """Name the rules that cannot hold together with the quota even if hours did not count."""
        programme = self._with_free_hours(self._programme)
        enough = parts.pool + self._tolerance

        def conflicts(kept: Sequence[int]) -> bool:
            return self._least(self._only(programme, kept)) > enough

        left = list(range(len(self._model.rules)))
        sets: list[list[int]] = []
        while left and len(sets) < MAX_CONFLICTS and (not sets or conflicts(left)):
            sets.append(smallest_conflict(left, conflicts))
            left = [r for r in left if r not in sets[-1]]
        every = range(len(self._model.rules))
        named = list(itertools.chain.from_iterable(sets))
        single = [r for r in named if len(sets) == 1 and not conflicts([o for o in every if o != r])]
        short_by = parts.free_hours - parts.pool
        said = f"{self._name}: rules stand in the way of {_number(short_by)}"
        advice = f"{said}. {self._relax(sets, single)}."
        return Reason(self._name, ReasonKind.RULE, short_by, advice, rules=tuple(map(self._rule, named)))

    def _relax(self, sets: list[list[int]], single: list[int]) -> str:
        """Say which rules to relax: one that is enough on its own if there is any."""
        if len(single) == 1:
            return f"Relax this one: {self._rule(single[0])}"
        if single:
            return f"Relax one of these: {'; '.join(map(self._rule, single))}"
        if len(sets) == 1:
            return f"Relax more than one of these: {'; '.join(map(self._rule, sets[0]))}"
        groups = (" or ".join(map(self._rule, rules)) for rules in sets)
        return f"No single one is to blame; relax these together: {'; '.join(groups)}"

    def _rule(self, number: int) -> str:
        return self._model.rules[number]

    def _only(self, programme: Programme, kept: Sequence[int]) -> Programme:
        left_out = sorted(set(range(len(self._model.rules))) - set(kept))
        return replace(programme, rows=programme.rows.without(left_out))

    def _whole_items_reason(self, short_by: float) -> Reason:
        advice = f"{self._name}: {_number(short_by)} is lost because {WHOLE_ITEMS}. Ask for that much less."
        return Reason(self._name, ReasonKind.RULE, short_by, advice, rules=(WHOLE_ITEMS,))


def smallest_conflict(rules: Sequence[int], conflicts: Callable[[list[int]], bool]) -> list[int]:
    """Return a set of rules that conflict together, of which none can be left out.

    A deletion filter that leaves out halves before it leaves out single rules, so that a few rules among many are found
    with few re-solves (Junker, QuickXplain, 2004).

    Args:
        rules: all of them conflict together.
        conflicts: whether the rules given conflict with what is asked for; more rules never resolve a conflict.

    >>> smallest_conflict(range(8), lambda kept: {2, 5} <= set(kept))
    [2, 5]
    """

    def needed(background: list[int], is_grown: bool, among: list[int]) -> list[int]:
        if is_grown and conflicts(background):
            return []
        if len(among) == 1:
            return among
        half = len(among) // 2
        right = needed(background + among[:half], True, among[half:])
        left = needed(background + right, bool(right), among[:half])
        return left + right

    return sorted(needed([], False, list(rules))) if rules else []


def _number(value: float) -> str:
    return f"{round(value, 2):,.10g}"


def _hours(value: float) -> str:
    """Round up: fewer hours than that would not do."""
    return f"{math.ceil(round(value * 100, 4)) / 100:,.10g}"
