"""Hard negatives: planted ones are found, duplicates once, shares and rounds add up, and shuffling changes nothing."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tailwise.analysis.hard_negatives import (
    Examples,
    TooFewGroupsError,
    calibrated,
    group_parts,
    out_of_fold_scores,
    scattered,
    thinned,
)
from tailwise.analysis.label_issues import missing_label_threshold
from tailwise.analysis.mining_evidence import (
    KindEvidence,
    best_similarity,
    kinds_of,
    nearest_positives,
    part_similarities,
    typical_similarity,
    unit,
)
from tailwise.analysis.mining_rounds import RoundPlan, inclusion, mine_in_rounds, score_all
from tailwise.analysis.mining_selection import SelectionPool, one_per_object, pick, quotas
from tailwise.ops.progress import SILENT

SHARES = (0.4, 0.3, 0.3)


def examples_of(features, positive, group=None):
    n = len(features)
    return Examples(
        unit(np.asarray(features, dtype=np.float32)),
        np.asarray(positive, dtype=bool),
        np.arange(n) if group is None else np.asarray(group),
        np.arange(n, dtype=np.uint64),
    )


def a_world(seed=0, positives=40, negatives=400, planted=20, d=24):
    """Positives around one direction, negatives anywhere, planted ones near the positives. Returns planted rows too."""
    rng = np.random.default_rng(seed)
    centre = np.zeros(d)
    centre[0] = 3.0
    near = centre + rng.normal(size=(positives, d))
    hard = 0.75 * centre + rng.normal(size=(planted, d)) * 0.9
    far = rng.normal(size=(negatives, d))
    features = np.concatenate([near, hard, far])
    is_positive = np.arange(len(features)) < positives
    return examples_of(features, is_positive), np.arange(positives, positives + planted)


def pool_of(examples, score, kind=None, cluster=None, spread=None):
    n = len(examples)
    none = np.full(n, -1)
    return SelectionPool(
        np.asarray(score, dtype=float),
        examples.features,
        np.zeros(n, dtype=int) if kind is None else np.asarray(kind),
        none if cluster is None else np.asarray(cluster),
        none if spread is None else np.asarray(spread),
    )


# Scores


def test_groups_are_never_cut_and_every_part_holds_positives():
    rng = np.random.default_rng(1)
    group = rng.integers(0, 30, 200)
    examples = examples_of(rng.normal(size=(200, 4)), rng.random(200) < 0.3, group)

    part = group_parts(examples)

    assert all(len(set(part[group == g])) == 1 for g in set(group))
    positives = np.bincount(part[examples.is_positive])
    assert len(positives) == 5
    assert positives.max() <= 2 * positives.min()


def test_groups_without_positives_are_spread_over_all_parts():
    # Dealt by positives alone they would all lie in the part that has the fewest: the others then train on nothing else.
    part = group_parts(examples_of(np.ones((400, 2)), np.arange(400) < 47))

    rows = np.bincount(part)
    assert rows.max() - rows.min() <= 1
    assert np.ptp(np.bincount(part[:47])) <= 1


def test_a_part_with_many_positives_does_not_score_low_for_that():
    # Noise: nothing can be learned, so the score must not tell the sides apart. One picture holds most positives.
    rng = np.random.default_rng(2)
    positive = np.r_[np.ones(30), np.zeros(570)].astype(bool)
    group = np.r_[np.zeros(24), np.arange(1, 577)].astype(int)
    examples = examples_of(rng.normal(size=(600, 40)), positive, group)

    score = score_all(examples, SILENT).score

    above = (score[positive][:, None] > score[~positive][None, :]).mean()
    assert 0.4 < above < 0.6


def test_one_group_of_positives_cannot_be_asked_about():
    with pytest.raises(TooFewGroupsError):
        group_parts(examples_of(np.eye(6), [1, 1, 0, 0, 0, 0], [0, 0, 1, 2, 3, 4]))


def test_the_twin_of_a_positive_cannot_vouch_for_itself():
    # A negative that is the exact copy of an odd positive: with the copy in its own group it would score high.
    rng = np.random.default_rng(3)
    features = np.concatenate([rng.normal(size=(30, 8)) + 4 * np.eye(8)[0], rng.normal(size=(120, 8))])
    odd = np.array([[0, 0, 0, 0, 0, 0, 0, 9.0]])
    features = np.concatenate([features, odd, odd])
    positive = np.r_[np.ones(30), np.zeros(120), 1, 0].astype(bool)
    apart = examples_of(features, positive)
    together = examples_of(features, positive, np.r_[np.arange(150), 150, 150])

    leaking = out_of_fold_scores(apart, np.r_[np.arange(150) % 5, 0, 1], SILENT)[151]
    honest = out_of_fold_scores(together, group_parts(together), SILENT)[151]

    assert honest < leaking


def test_scores_are_probabilities_that_tell_the_sides_apart_and_do_not_depend_on_the_order():
    examples, _ = a_world()
    scored = score_all(examples, SILENT)

    assert scored.score[examples.is_positive].mean() > 0.4
    assert scored.score[60:].mean() < 0.1
    assert 0 < scored.score.min() <= scored.score.max() < 1
    assert scored.threshold == missing_label_threshold(examples.is_positive, scored.score) <= 0.5
    assert (scored.score[scored.suspected] >= scored.threshold).all()
    assert (np.diff(scored.score[scored.suspected]) <= 0).all()


def test_calibration_keeps_the_order_and_the_mean():
    rng = np.random.default_rng(0)
    margin = rng.normal(size=2000)
    positive = rng.random(2000) < 1 / (1 + np.exp(-(3 * margin - 1)))

    p = calibrated(margin, positive, np.ones(2000))

    assert (np.argsort(p) == np.argsort(margin)).all()
    assert p.mean() == pytest.approx(positive.mean(), abs=0.002)
    assert np.abs(p - 1 / (1 + np.exp(-(3 * margin - 1)))).mean() < 0.02


def test_a_thinned_training_set_stands_for_all_rows():
    examples, _ = a_world(negatives=5000)
    rows, weight = thinned(np.arange(len(examples)), np.ones(len(examples)), examples, most=500)

    assert len(rows) == 500
    positive = examples.is_positive[rows]
    assert positive.sum() == 40, "no positive is left out while there is room"
    assert weight[positive].sum() == pytest.approx(40)
    assert weight[~positive].sum() == pytest.approx(5020)


# Picking


def test_with_the_weight_of_the_score_at_one_the_top_is_picked():
    examples, _ = a_world()
    score = np.random.default_rng(5).random(len(examples))

    assert pick(pool_of(examples, score), 25, (1.0,), 1.0).rows == np.argsort(-score)[:25].tolist()


def test_of_duplicates_one_is_picked():
    examples, _ = a_world(positives=0)
    score = np.linspace(1, 0, len(examples))
    cluster = np.full(len(examples), -1)
    cluster[:10] = 7

    picked = pick(pool_of(examples, score, cluster=cluster), 20, (1.0,), 1.0).rows

    assert [row for row in picked if row < 10] == [0]
    assert len(picked) == 20


def test_variety_avoids_copies_even_without_clusters():
    features = np.concatenate([np.tile([1.0, 0, 0], (5, 1)), [[0, 1, 0]], [[0, 0, 1]]])
    examples = examples_of(features, np.zeros(7))

    picked = pick(pool_of(examples, [0.9, 0.89, 0.88, 0.87, 0.86, 0.85, 0.84]), 3, (1.0,), 0.5).rows

    assert sorted(picked) == [0, 5, 6]


def test_kinds_get_their_shares_and_what_one_lacks_goes_to_the_others():
    examples, _ = a_world(positives=0)
    kind = np.r_[np.zeros(100), np.ones(3), np.full(50, 2), np.full(267, 3)].astype(int)
    score = np.linspace(1, 0, len(examples))

    picked = pick(pool_of(examples, score, kind), 40, SHARES, 1.0).rows

    held = np.bincount(kind[picked], minlength=4)
    assert held[0] >= 16
    assert held[1] == 3
    assert held[2] == 12
    assert held.sum() == 40


def test_of_places_that_show_one_object_the_best_is_kept():
    whole = [np.nan] * 4
    box = np.array([
        [0, 0, 40, 40],  # kept: the best of its object
        [12, 0, 40, 40],  # overlaps it by 0.54
        [25, 0, 40, 40],  # overlaps it by 0.23 only: kept
        [2, 2, 12, 12],  # lies inside the first
        [-20, -20, 120, 120],  # holds all of them
        [0, 0, 40, 40],  # the same place on another picture: kept
        [102, 100, 20, 20],  # repeats the annotated place below, which counts as better
        [100, 100, 20, 20],  # annotated: kept
        [105, 105, 5, 5],  # annotated inside it: has a label of its own, kept
        whole, whole,  # pictures as such: kept
    ])  # fmt: skip
    item = np.array([1, 1, 1, 1, 1, 2, 3, 3, 3, 4, 4])
    is_annotated = np.isin(np.arange(11), (7, 8))

    assert one_per_object(item, box, is_annotated).tolist() == [0, 2, 5, 7, 8, 9, 10]
    assert one_per_object(item, box, np.zeros(11, dtype=bool)).tolist() == [0, 2, 5, 6, 9, 10]
    assert one_per_object(item[:0], box[:0], is_annotated[:0]).tolist() == []


def test_no_condition_takes_more_than_twice_its_share_while_others_have_some():
    examples, _ = a_world(positives=0)
    spread = np.r_[np.zeros(300), np.ones(60), np.full(60, 2)].astype(int)
    score = np.linspace(1, 0, len(examples))

    picked = pick(pool_of(examples, score, spread=spread), 30, (1.0,), 1.0).rows

    assert np.bincount(spread[picked], minlength=3).tolist() == [20, 10, 0]


@given(st.integers(0, 500), st.sampled_from([SHARES, (1.0,), (0.5, 0.5, 0.0), (0.2, 0.2, 0.6)]))
@settings(max_examples=60)
def test_quotas_add_up_and_are_never_a_whole_off(total, shares):
    parts = quotas(total, shares)

    assert parts.sum() == total
    assert (np.abs(parts - np.array(shares) * total) < 1 + 1e-9).all()


# Rounds


def test_a_planted_oracle_gives_exactly_what_was_planted():
    # The score is the truth: planted rows are the only negatives like the class.
    rng = np.random.default_rng(0)
    features = np.zeros((330, 12))
    features[:50, 0] = 1
    features[30:50, 1] = 0.8  # planted: rows 30 to 49, negatives that point the way of the positives
    features[50:, 2:] = rng.normal(size=(280, 10))
    examples = examples_of(features, np.arange(330) < 30)
    scored = score_all(examples, SILENT)
    plan = RoundPlan(20, 3, (1.0,), 1.0, 0)

    mined = mine_in_rounds(examples, scored, pool_of(examples, scored.score), ~examples.is_positive, plan, SILENT)

    assert sorted(mined.rows) == list(range(30, 50))
    assert np.bincount(mined.round)[1:].tolist() == [7, 7, 6]
    assert not set(mined.random) & set(mined.rows)
    assert len(mined.random) == 20


def test_closed_rows_are_neither_picked_nor_drawn():
    examples, planted = a_world()
    scored = score_all(examples, SILENT)
    is_open = ~examples.is_positive
    is_open[planted] = False
    plan = RoundPlan(1000, 3, SHARES, 0.7, 0)

    mined = mine_in_rounds(examples, scored, pool_of(examples, scored.score), is_open, plan, SILENT)

    assert sorted([*mined.rows, *mined.random]) == np.flatnonzero(is_open).tolist()


def test_random_and_mined_negatives_together_stand_for_the_pool():
    share = inclusion(pool=5020, mined=120, random=60)

    assert 120 * share.mined + 60 * share.random == pytest.approx(5020)
    assert inclusion(pool=5, mined=5, random=0).random == 0


def test_the_draw_depends_on_keys_and_seed_alone():
    keys = np.arange(1000, dtype=np.uint64)
    order = np.argsort(scattered(keys, 3))

    shuffled = np.random.default_rng(0).permutation(keys)
    assert shuffled[np.argsort(scattered(shuffled, 3))].tolist() == keys[order].tolist()
    assert np.argsort(scattered(keys, 4)).tolist() != order.tolist()
    assert np.abs(np.corrcoef(order, keys)[0, 1]) < 0.1


# Evidence


def test_the_nearest_positives_come_nearest_first():
    positives = unit(np.array([[1, 0, 0], [0, 1, 0], [1, 1, 0]], dtype=np.float32))
    found, similarity = nearest_positives(unit(np.array([[1, 0.1, 0]], dtype=np.float32)), positives, 2)

    assert found.tolist() == [[0, 2]]
    assert similarity[0, 0] == pytest.approx(best_similarity(unit(np.array([[1, 0.1, 0]], np.float32)), positives)[0])
    assert np.isnan(best_similarity(positives, positives[:0])).all()


def test_similarity_is_measured_by_part():
    positives = np.array([[1, 0, 0, 1]], dtype=np.float32)
    found = part_similarities(
        np.array([[2, 0, 5, 0]], dtype=np.float32), positives, {"colour": slice(0, 2), "shape": slice(2, 4)}
    )

    assert (found["colour"][0], found["shape"][0]) == (pytest.approx(1), pytest.approx(0))


def test_what_is_typical_of_positives_leaves_their_own_group_out():
    positives = unit(np.array([[1, 0], [1, 0], [1, 1], [1, 1]], dtype=np.float32))

    assert typical_similarity(positives, np.array([0, 0, 1, 1])) == pytest.approx(np.sqrt(0.5))
    assert np.isnan(typical_similarity(positives, np.zeros(4, dtype=int)))


def test_the_kinds_are_told_apart():
    n = 20
    low = np.linspace(0, 0.5, n)
    colour, shape, whole, part = low.copy(), low.copy(), np.full(n, 0.4), np.full(n, np.nan)
    colour[:2] = shape[:2] = 0.9  # similar in both
    colour[3] = 0.95  # similar in colour alone
    part[4] = 0.6  # a part matches better than the whole
    part[5] = 0.3  # no better than the whole
    is_background = np.zeros(n, dtype=bool)
    is_background[1] = True

    is_loose = np.zeros(n, dtype=bool)
    is_loose[6:8] = True
    whole[6] = 0.6  # of the two only this one resembles the class

    kinds = kinds_of(KindEvidence(colour, shape, whole, part, is_background, is_loose, typical=0.7))

    assert kinds[:8].tolist() == [0, 2, 3, 3, 1, 3, 1, 3]
