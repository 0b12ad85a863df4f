"""Overlap matching against the known toy, Wilson's known intervals, and label issues against cleanlab."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tailwise.analysis.iou_matching import DetectionKind, Places, iou_matrix, match_detections
from tailwise.analysis.label_issues import (
    class_thresholds,
    find_label_issues,
    missing_label_threshold,
    self_confidence,
)
from tailwise.analysis.mining_proposals import (
    Annotated,
    background_proposals,
    edge_density,
    free_windows,
    typical_sizes,
)
from tailwise.analysis.mining_screen import canvas_of, learn_screen, looks_of
from tailwise.analysis.wilson import wilson_interval


def places(*rows):
    return Places(
        np.array([r[0] for r in rows]),
        np.array([r[1] for r in rows]),
        np.array([r[2:] for r in rows], dtype=float).reshape(-1, 4),
    )


def kinds(matches):
    return [DetectionKind(k).name for k in matches.kind]


def test_the_known_toy_of_the_model_metrics():
    truth = places(*((image, 0, 10, 10, 40, 40) for image in range(4)))
    found = places(
        (0, 0, 10, 10, 40, 40), (0, 0, 70, 70, 20, 20), (1, 0, 10, 10, 40, 30), (2, 0, 10, 10, 20, 20),
        (3, 0, 12, 10, 40, 40),
    )  # fmt: skip

    matches = match_detections(truth, found, np.array([0.9, 0.8, 0.7, 0.6, 0.5]))

    assert matches.iou.tolist() == pytest.approx([1, 0, 0.75, 0.25, 0.904762], abs=1e-6)
    assert kinds(matches) == ["MATCHED", "BACKGROUND", "MATCHED", "LOCALISATION", "MATCHED"]
    assert matches.truth.tolist() == [0, -1, 1, 2, 3]


def test_every_kind_of_mistake_is_told():
    truth = places((7, 0, 0, 0, 100, 100), (7, 1, 200, 0, 100, 100))
    found = places(
        (7, 0, 0, 0, 100, 100),  # matched
        (7, 0, 5, 0, 100, 100),  # the same object again
        (7, 0, 200, 0, 100, 90),  # on an object of another class
        (7, 0, 60, 0, 100, 100),  # beside its object
        (7, 0, 270, 0, 100, 100),  # beside an object of another class
        (7, 0, 0, 300, 50, 50),  # nowhere
        (8, 0, 0, 0, 50, 50),  # in an image without objects
    )

    matches = match_detections(truth, found, np.linspace(0.9, 0.3, 7))

    assert kinds(matches) == [
        "MATCHED", "DUPLICATE", "CONFUSION", "LOCALISATION", "NEIGHBOUR", "BACKGROUND", "BACKGROUND",
    ]  # fmt: skip


def test_the_better_score_takes_the_object_whatever_the_order():
    truth = places((0, 0, 0, 0, 10, 10))
    found = places((0, 0, 0, 0, 10, 8), (0, 0, 0, 0, 10, 10))

    assert kinds(match_detections(truth, found, np.array([0.4, 0.8]))) == ["DUPLICATE", "MATCHED"]
    assert kinds(match_detections(truth, found, np.array([0.8, 0.4]))) == ["MATCHED", "DUPLICATE"]


@given(st.lists(st.tuples(*[st.floats(0, 50)] * 4), min_size=1, max_size=6))
@settings(max_examples=60)
def test_overlap_is_symmetric_and_one_with_itself(boxes):
    first = np.array(boxes)
    iou = iou_matrix(first, first)

    assert np.allclose(iou, iou.T)
    assert ((iou >= 0) & (iou <= 1 + 1e-9)).all()
    has_area = first[:, 2:].min(axis=1) > 1e-3
    assert np.allclose(np.diag(iou)[has_area], 1)


@pytest.mark.parametrize(
    ("k", "n", "low", "high"),
    [
        (0, 10, 0, 0.277533), (1, 10, 0.017876, 0.404150), (5, 50, 0.043476, 0.213602), (0, 30, 0, 0.113513),
        (3, 12, 0.088942, 0.532305), (50, 100, 0.403832, 0.596168), (170, 200, 0.7939, 0.8929), (0, 0, 0, 1),
    ],
)  # fmt: skip
def test_the_known_intervals_of_wilson(k, n, low, high):
    assert wilson_interval(k, n) == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))


def test_impossible_counts_are_refused():
    with pytest.raises(ValueError, match="3 successes of 2"):
        wilson_interval(3, 2)


def noisy(seed=0, n=600, k=4, flips=0.08):
    """Labels of which some were flipped, and honest probabilities for the true ones. Returns which were flipped too."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, k, n)
    logits = rng.normal(size=(n, k)) * 0.3
    logits[np.arange(n), truth] += 3
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    labels = truth.copy()
    flipped = rng.random(n) < flips
    labels[flipped] = (truth[flipped] + rng.integers(1, k, flipped.sum())) % k
    return labels, probabilities, flipped


def test_self_confidence_and_thresholds_are_those_of_cleanlab():
    rank = pytest.importorskip("cleanlab.rank")
    count = pytest.importorskip("cleanlab.count")
    labels, probabilities, _ = noisy()

    ours = self_confidence(labels, probabilities)
    assert ours == pytest.approx(
        rank.get_label_quality_scores(labels, probabilities, method="self_confidence"), abs=1e-9
    )
    theirs = count.get_confident_thresholds(labels, probabilities)
    assert class_thresholds(labels, probabilities) == pytest.approx(theirs, abs=1e-9)


def test_planted_label_errors_are_found_worst_first():
    labels, probabilities, flipped = noisy()

    issues = find_label_issues(labels, probabilities)

    assert flipped[issues.rows].mean() > 0.7
    assert flipped[issues.rows].sum() / flipped.sum() > 0.75
    assert (np.diff(issues.self_confidence[issues.rows]) >= 0).all()
    assert (issues.suggested != labels[issues.rows]).all()
    assert len(find_label_issues(labels, probabilities, most=5).rows) == 5


def test_a_class_without_items_claims_nothing():
    probabilities = np.array([[0.1, 0.1, 0.8], [0.9, 0.05, 0.05], [0.2, 0.7, 0.1]])

    issues = find_label_issues(np.array([0, 0, 1]), probabilities)

    assert np.isnan(issues.thresholds[2])
    assert issues.rows.tolist() == []


@pytest.mark.parametrize(
    ("positives", "negatives", "threshold"),
    [
        ([0.2, 0.4], [0.1, 0.1, 0.3], 0.3),  # what positives score on average
        ([0.9, 0.99, 0.9], [0.6, 0.1], 0.5),  # sure of most: one half is enough
        ([0.2, 0.2], [0.3, 0.3, 0.3, 0.2, 0.1], 1.0),  # most that scores so high is not labelled: no reason to doubt
        ([0.7, 0.6, 0.1, 0.1], [0.99, 0.3, 0.05], 0.375),  # a negative above all others is still suspected
        ([0.7, 0.6, 0.1], [0.99, 0.4, 0.4, 0.4, 0.4], 0.6),  # half of all that reaches it is labelled
        ([], [0.5], 1.0),
    ],
)
def test_a_label_is_suspected_missing_where_labelled_places_score_alike(positives, negatives, threshold):
    score = np.array([*positives, *negatives])

    assert missing_label_threshold(np.arange(len(score)) < len(positives), score) == pytest.approx(threshold)


def a_picture(*patches):
    """Flat grey with patches of noise, 40 x 40: (x, y, ink) each."""
    pixels = np.full((120, 200, 3), 128, dtype=np.uint8)
    rng = np.random.default_rng(0)
    for x, y, ink in patches:
        pixels[y : y + 40, x : x + 40] = np.array(ink) * rng.random((40, 40, 1))
    return pixels


GREY, RED = (255, 255, 255), (40, 40, 255)
SIZES = ((30, 30), (40, 40), (50, 50))
NOTHING_LEARNED = np.zeros(68)


def annotations(*boxes, of_class=()):
    return Annotated(
        np.array(boxes, dtype=float).reshape(-1, 4), np.array([b in of_class for b in range(len(boxes))], dtype=bool)
    )


def test_proposals_lie_on_texture_and_on_nothing_that_is_annotated():
    annotated = annotations((20, 20, 40, 40), of_class=[0])
    canvas = canvas_of(a_picture((120, 40, GREY), (20, 20, GREY)))

    found = background_proposals(canvas, annotated, SIZES, 8, NOTHING_LEARNED)

    boxes = found.box
    assert len(boxes) >= 1
    assert iou_matrix(boxes, annotated.box).max() < 0.25
    assert iou_matrix(boxes[:1], np.array([[120, 40, 40, 40]]))[0, 0] > 0.3
    assert found.is_background[0]
    assert (boxes[:, 0] >= 0).all()
    assert (boxes[:, :2] + boxes[:, 2:] <= [200, 120]).all()
    apart = iou_matrix(boxes, boxes)[np.triu_indices(len(boxes), 1)]
    assert (apart <= 0.4).all()


def test_a_proposal_that_touches_an_object_is_no_background():
    canvas, patch = canvas_of(a_picture((80, 40, GREY))), np.array([[80.0, 40, 40, 40]])

    beside, inside, same = (
        background_proposals(canvas, annotated, SIZES[1:2], 1, NOTHING_LEARNED)
        for annotated in (
            annotations((102, 40, 60, 40)),
            annotations((90, 50, 10, 10)),
            annotations((102, 40, 60, 40), of_class=[0]),
        )
    )

    assert iou_matrix(beside.box, patch)[0, 0] == iou_matrix(inside.box, patch)[0, 0] > 0.7
    assert [*beside.is_background, *inside.is_background] == [False, False]
    assert iou_matrix(same.box, patch)[0, 0] < 0.7, "a loose box around an object of the class shows nothing new"


def test_the_place_that_looks_like_the_class_comes_before_denser_edges():
    red, grey = (20, 20, RED), (120, 60, GREY)
    learned = canvas_of(a_picture(red, (140, 10, RED), grey))
    ours = annotations((20, 20, 40, 40), (140, 10, 40, 40), (60, 70, 4, 4), of_class=[0, 1])
    windows = free_windows(learned, ours, SIZES)
    normal = learn_screen([looks_of(learned, ours.box[:2])] * 2, [looks_of(learned, windows)])
    asked = canvas_of(a_picture((30, 60, GREY), (130, 20, RED)))

    found = background_proposals(asked, annotations(), SIZES, 3, normal)
    blind = background_proposals(asked, annotations(), SIZES, 3, NOTHING_LEARNED)

    assert iou_matrix(found.box[:1], np.array([[130, 20, 40, 40]]))[0, 0] > 0.6
    assert iou_matrix(blind.box[:1], np.array([[30, 60, 40, 40]]))[0, 0] > 0.3
    assert (np.diff(found.value) <= 0).all()


def test_a_look_is_the_means_of_cells_and_what_is_around():
    pixels = np.zeros((40, 40, 3), dtype=np.uint8)
    pixels[10:20, 10:20, 2] = 255

    look = looks_of(canvas_of(pixels), np.array([[10.0, 10, 10, 10], [35, 35, 20, 20]]))

    assert look.shape == (2, 68)
    assert look[0, 2:64:4] == pytest.approx(1)  # all cells are red
    assert look[0, 66] == pytest.approx(1 - 100 / 256, abs=0.01)  # and stand out from 16 x 16 around
    assert np.isfinite(look[1]).all()
    assert looks_of(canvas_of(pixels), np.zeros((0, 4))).shape == (0, 68)


def test_too_few_positives_teach_nothing():
    look = np.random.default_rng(0).random((50, 68))

    assert not learn_screen([look[:2]], [look]).any()
    assert not learn_screen([], [look]).any()
    assert learn_screen([look[:3]], [look]).any()


def test_a_flat_picture_has_nothing_to_propose():
    flat = canvas_of(np.full((60, 60, 3), 90, dtype=np.uint8))
    dot = canvas_of(np.zeros((1, 1, 3), dtype=np.uint8))

    assert edge_density(flat).max() == 0
    assert len(background_proposals(flat, annotations(), ((20, 20),), 5, NOTHING_LEARNED).box) == 0
    assert len(background_proposals(dot, annotations(), (), 5, NOTHING_LEARNED).box) == 0
    assert typical_sizes(np.zeros((0, 4))) == ()
    assert typical_sizes(np.array([[0, 0, 10, 20], [0, 0, 30, 40.0]]))[1] == (20, 30)
