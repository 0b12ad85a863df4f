"""The audit of a recipe: bounds against SciPy, sentences, and verdicts that are given and taken back."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import beta

from tailwise.domain.errors import RequestError
from tailwise.domain.label_audit import (
    AuditedVariant,
    LabelAudit,
    LabelVerdict,
    audit_result,
    checked_size,
    upper_bound,
)
from tailwise.domain.recipe import Recipe, RecipeStep, StepKind

KEPT, LOST = LabelVerdict.KEPT, LabelVerdict.LOST


def an_audit(verdicts, steps=(StepKind.FLIP,)):
    recipe = Recipe("r", "bolt", (RecipeStep(StepKind.FLIP), RecipeStep(StepKind.BLUR)))
    return LabelAudit(recipe, 100, tuple(AuditedVariant(i, f"{i}.jpg", 0, steps, v) for i, v in enumerate(verdicts)))


@settings(max_examples=40)
@given(st.integers(1, 300).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_bound_is_that_of_clopper_and_pearson(pair):
    bad, judged = pair

    expected = 1.0 if bad == judged else float(beta.ppf(0.95, bad + 1, judged - bad))

    assert math.isclose(upper_bound(bad, judged), expected, rel_tol=1e-9)


def test_the_largest_sample_has_a_bound_too():
    assert math.isclose(upper_bound(500, 1000), float(beta.ppf(0.95, 501, 500)), rel_tol=1e-9)


def test_59_without_a_bad_label_pass_and_one_bad_label_does_not():
    passed, failed = audit_result(an_audit([KEPT] * 59)), audit_result(an_audit([KEPT] * 58 + [LOST]))

    assert passed.is_passed
    assert passed.at_most == pytest.approx(1 - 0.05 ** (1 / 59))
    assert "at most 5.0 % of all variants are bad, with 95 % confidence" in passed.text
    assert not failed.is_passed
    assert "1 of 59 variants with a bad label: at most 7.8 %" in failed.text


def test_a_part_of_the_sample_never_passes_and_says_what_is_left():
    result = audit_result(an_audit([KEPT] * 59 + [None]))

    assert not result.is_passed
    assert result.text.endswith("1 are still to be judged")
    assert "has been judged yet" in audit_result(an_audit([None])).text


def test_steps_count_only_the_variants_that_got_them():
    flip, blur = audit_result(an_audit([KEPT, LOST, None])).steps

    assert (flip.judged, flip.lost) == (2, 1)
    assert (blur.judged, blur.lost, blur.at_most) == (0, 0, 1.0)


def test_the_next_open_variant_comes_after_the_current_one_and_then_from_the_start():
    audit = an_audit([None, None, KEPT])

    assert audit.next_open(0) == 1
    assert audit.with_verdict(1, LOST).next_open(1) == 0
    assert audit.with_verdict(1, LOST).with_verdict(0, KEPT).next_open() == 3
    assert audit.with_verdict(2, None).next_open(1) == 2


@pytest.mark.parametrize("size", [0, 1001])
def test_sizes_nobody_looks_at_are_refused(size):
    with pytest.raises(RequestError, match="audit of"):
        checked_size(size)
