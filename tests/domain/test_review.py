"""Verdicts: the last of each reviewer counts, contradictions go to the lead, agreement has its known answers."""

import pytest

from tailwise.domain.errors import RequestError
from tailwise.domain.review import (
    CandidateKind,
    Decision,
    MiningRequest,
    ReasonTag,
    Verdict,
    VerdictEntry,
    agreement,
    checked_reviewer,
    cohen_kappa,
    current,
    decide,
    positive_agreement,
)

YES, NO, UNSURE = Verdict.HARD_NEGATIVE, Verdict.MISSED_LABEL, Verdict.UNSURE


def entry(candidate, reviewer, verdict):
    return VerdictEntry(candidate, reviewer, reviewer[:1].upper(), verdict, (ReasonTag.SHAPE,), "2026-11-21T00:00:00Z")


def table(both_yes, first_no, second_no, both_no):
    """Pairs of a 2 x 2 table [[a, b], [c, d]]."""
    return [(1, 1)] * both_yes + [(1, 0)] * first_no + [(0, 1)] * second_no + [(0, 0)] * both_no


@pytest.mark.parametrize(
    ("cells", "kappa"),
    [((20, 5, 10, 15), 0.40), ((45, 15, 25, 15), 0.130435), ((25, 35, 5, 35), 0.259259), ((970, 10, 10, 10), 0.489796)],
)
def test_the_known_answers_of_kappa(cells, kappa):
    assert cohen_kappa(table(*cells)) == pytest.approx(kappa, abs=1e-6)


def test_a_rare_verdict_shows_in_positive_agreement():
    assert positive_agreement(table(970, 10, 10, 10), 0) == pytest.approx(0.5)
    assert positive_agreement([(1, 1)], 0) is None
    assert cohen_kappa([]) is None


def test_the_last_verdict_of_each_reviewer_counts_and_can_be_taken_back():
    states = current([
        entry(1, "ann", YES), entry(1, "bob", NO), entry(1, "ann", NO), entry(2, "ann", YES),
        entry(2, "ann", Verdict.TAKE_BACK), entry(3, "bob", YES), entry(3, "bob", Verdict.TAKE_BACK), entry(3, "bob", NO),
    ])  # fmt: skip

    assert [v.verdict for v in states[1].verdicts] == [NO, NO]
    assert states[1].decision is Decision.MISSED_LABEL
    assert states[2].decision is Decision.OPEN
    assert states[2].by("ann") is None
    assert states[3].by("bob").verdict is NO


@pytest.mark.parametrize(
    ("verdicts", "decision"),
    [
        ([], Decision.OPEN),
        ([YES], Decision.HARD_NEGATIVE),
        ([UNSURE], Decision.ESCALATED),
        ([UNSURE, YES], Decision.HARD_NEGATIVE),
        ([YES, NO], Decision.ESCALATED),
        ([Verdict.DUPLICATE, Verdict.DUPLICATE], Decision.DUPLICATE),
        ([Verdict.TAKE_BACK], Decision.OPEN),
    ],
)
def test_what_several_verdicts_come_to(verdicts, decision):
    assert decide(verdicts) is decision


def test_agreement_counts_candidates_both_have_judged():
    found = agreement("A01", "A02", [(YES, YES), (YES, NO), (NO, NO)])

    assert (found.both, found.agreed) == (3, 2)
    assert found.positive == pytest.approx(2 / 3)


@pytest.mark.parametrize(
    "wrong", [{"limit": 0}, {"limit": 10**6}, {"shares": (0.5, 0.5, 0.5)}, {"score_weight": 1.5}, {"rounds": 0}]
)
def test_an_impossible_request_is_refused(wrong):
    with pytest.raises(RequestError):
        MiningRequest("car", **wrong)


def test_a_rare_class_asks_for_three_negatives_per_positive():
    assert MiningRequest("car").limit_for(12) == 36
    assert MiningRequest("car").limit_for(5000) == 200
    assert MiningRequest("car", limit=500).limit_for(12) == 500
    assert MiningRequest("car").parameters()["class"] == "car"
    assert CandidateKind.PARTIAL.text == "partial match"


@pytest.mark.parametrize("name", ["", "  ", "a\tb", "x" * 81])
def test_a_reviewer_needs_a_name_that_can_be_shown(name):
    with pytest.raises(RequestError):
        checked_reviewer(name)


def test_spaces_around_a_reviewer_do_not_count():
    assert checked_reviewer("  Ann  ") == "Ann"
