"""One tiny document per finding of the COCO reader: code, count, and what became of the record."""

import math
from array import array

import pytest

from coco_documents import SQUARE, a_document, an_annotation, an_image, boxes, coco, finding, many
from dataset_trees import codes, objects
from tailwise.domain.errors import QuestionError, RequestError, UnreadableSourceError
from tailwise.domain.findings import Severity
from tailwise.domain.records import AnnotationFlag, AnnotationKind, LabelState, MediaState, Role


def test_a_clean_file_has_no_findings(tmp_path):
    data = coco(tmp_path, a_document([an_annotation()]))

    assert codes(data) == {}
    assert boxes(data) == [(10, 10, 20, 20)]
    a = data.annotations
    assert (a.area[0], a.kind[0], a.flags[0], a.ext_id[0]) == (400, AnnotationKind.POLYGON, 0, 1)
    assert len(a.score) == 0
    assert (data.items.file_name, data.items.ext_id) == (["1.png"], ["1"])
    assert data.items.state[0] == LabelState.LABELLED
    assert data.items.media[0] == MediaState.PRESENT
    assert [file.path for file in data.files] == ["instances.json"]
    assert data.items.file.tolist() == [0]
    assert [(c.name, c.ext_id) for c in data.categories] == [("dog", "1"), ("cat", "2")]


# Classes


def test_category_id_zero_is_kept(tmp_path):
    data = coco(tmp_path, a_document([an_annotation(category_id=0)], categories=[{"id": 0, "name": "dog"}]))

    assert objects(data) == {"dog": 1}
    assert codes(data) == {"CO-01": 1}


def test_the_placeholder_class_of_roboflow_is_kept_or_dropped_as_answered(tmp_path):
    root = [{"id": 3, "name": "pets", "supercategory": "none"}]
    categories = root + [{"id": n, "name": f"c{n}", "supercategory": "pets"} for n in (1, 2)]
    document = a_document([an_annotation(category_id=2)], categories=categories)

    kept, dropped = coco(tmp_path, document), coco(tmp_path, document, placeholder_class="drop")

    assert objects(kept) == {"pets": 0, "c1": 0, "c2": 1}
    assert objects(dropped) == {"c1": 0, "c2": 1}
    assert codes(kept) == {"CO-02": 1}


def test_one_name_under_two_ids_is_one_class(tmp_path):
    categories = [{"id": 1, "name": "fish"}, {"id": 2, "name": "fish"}]
    data = coco(tmp_path, a_document([an_annotation(1), an_annotation(2, category_id=2)], categories=categories))

    assert objects(data) == {"fish": 2}
    assert codes(data) == {"CO-02b": 1}


def test_an_undefined_category_becomes_a_class_of_its_own(tmp_path):
    data = coco(tmp_path, a_document([an_annotation(1, category_id=7), an_annotation(2, category_id=...)]))

    assert objects(data) == {"dog": 0, "cat": 0, "unknown:7": 1, "unknown:missing": 1}
    assert codes(data) == {"CO-03": 2}


def test_a_category_without_a_name_is_called_by_its_id(tmp_path):
    data = coco(tmp_path, a_document([an_annotation()], categories=[{"id": 1}, {"id": 2, "name": 7}]))

    assert objects(data) == {"unnamed:1": 1, "7": 0}


# Ids


def test_an_annotation_of_an_image_that_is_not_listed_is_left_out(tmp_path):
    data = coco(tmp_path, a_document([*many(an_annotation(1, image_id=5)), an_annotation(2, image_id=...)]))

    assert len(data.annotations) == 9
    assert codes(data) == {"CO-04": 2}
    assert finding(data, "CO-04").examples == (
        "instances.json: annotation 1 of image 5",
        "instances.json: annotation 2 of image without id",
    )


def test_text_and_number_ids_meet(tmp_path):
    images = [an_image("1", file_name="1.png"), an_image("b", file_name="b.png")]
    annotations = [an_annotation(1, image_id=1), an_annotation(2, image_id="b", category_id="2"), an_annotation("x")]
    data = coco(tmp_path, a_document(annotations, images=images))

    assert data.annotations.item.tolist() == [0, 1, 0]
    assert objects(data) == {"dog": 2, "cat": 1}
    assert data.items.ext_id == ["1", "b"]
    assert data.annotations.ext_id.tolist() == [1, 2, -1]
    assert codes(data)["CO-05"] == 2


def test_repeated_annotation_ids_are_kept(tmp_path):
    data = coco(tmp_path, a_document([an_annotation(3), an_annotation(3), an_annotation(4)]))

    assert len(data.annotations) == 3
    assert codes(data) == {"CO-06": 1}


def test_an_image_id_for_two_images_leaves_their_annotations_out(tmp_path):
    images = [an_image(1), an_image(1, file_name="2.png"), an_image(3)]
    data = coco(
        tmp_path, a_document([an_annotation(1), an_annotation(2, image_id=3)], images=images), extra_images="ignore"
    )

    assert data.annotations.item.tolist() == [2]
    assert data.items.state.tolist() == [LabelState.UNLABELLED, LabelState.UNLABELLED, LabelState.LABELLED]
    assert finding(data, "CO-06b").severity is Severity.ERROR


@pytest.mark.parametrize("number", [2**31 + 1, 2**53 + 1, 2**62, 2**70, -(2**70), 10**300, 1e15, -5])
def test_ids_of_any_size_are_matched_exactly(tmp_path, number):
    images = [an_image(number, file_name="1.png"), an_image(1, file_name="2.png")]
    data = coco(
        tmp_path,
        a_document([an_annotation(1, image_id=number)], images=images, categories=[{"id": number, "name": "x"}]),
    )

    assert data.annotations.item.tolist() == [0]
    assert data.items.ext_id[0] == str(int(number))


# Members of annotations and images


def test_missing_crowd_and_sizes_are_repaired(tmp_path):
    images = [an_image(1, width=..., height=None), an_image(2, width="64", height=0)]
    images[0].pop("width")
    data = coco(tmp_path, a_document([an_annotation(1, iscrowd=None), an_annotation(2, iscrowd=...)], images=images))

    assert data.annotations.flags.tolist() == [0, 0]
    assert (data.items.width[0], data.items.height[0]) == (64, 48)
    assert (codes(data)["CO-07"], codes(data)["CO-07b"]) == (2, 2)


@pytest.mark.parametrize("area", [..., None, 0, -5, 601, 1e300, "NaN"])
def test_an_impossible_area_is_computed_from_the_polygon(tmp_path, area):
    triangle = [[10, 10, 30, 10, 10, 30]]
    data = coco(tmp_path, a_document([an_annotation(area=area, segmentation=triangle)]))

    assert data.annotations.area.tolist() == [200]
    assert codes(data) == {"CO-08": 1}


def test_an_area_within_one_and_a_half_boxes_is_believed(tmp_path):
    assert coco(tmp_path, a_document([an_annotation(area=600)])).annotations.area.tolist() == [600]


def test_the_area_comes_from_the_box_where_there_is_no_shape(tmp_path):
    data = coco(tmp_path, a_document([an_annotation(area=..., segmentation=...)]))

    assert data.annotations.area.tolist() == [400]
    assert data.annotations.kind.tolist() == [AnnotationKind.BOX]


@pytest.mark.parametrize(
    ("segmentation", "kind", "flags"),
    [
        (SQUARE[0], AnnotationKind.POLYGON, 0),
        ([[]], AnnotationKind.BOX, AnnotationFlag.BAD_GEOMETRY),
        ([[1, 2, 3, 4]], AnnotationKind.BOX, AnnotationFlag.BAD_GEOMETRY),
        ([[10, 10, 30, 10, 30, 30, 10]], AnnotationKind.POLYGON, 0),
        ([*SQUARE, [1, 2]], AnnotationKind.POLYGON, 0),
        ("text", AnnotationKind.BOX, AnnotationFlag.BAD_GEOMETRY),
        ([["a", "b", "c", "d", "e", "f"]], AnnotationKind.BOX, AnnotationFlag.BAD_GEOMETRY),
        ([[None] * 8], AnnotationKind.BOX, AnnotationFlag.BAD_GEOMETRY),
        ([], AnnotationKind.BOX, 0),
    ],
)
def test_a_polygon_that_cannot_be_used_leaves_the_box(tmp_path, segmentation, kind, flags):
    data = coco(tmp_path, a_document([an_annotation(1), an_annotation(2, segmentation=segmentation)]))

    assert (data.annotations.kind[1], data.annotations.flags[1]) == (kind, flags)
    assert boxes(data)[1] == (10, 10, 20, 20)
    is_plainly_a_polygon = isinstance(segmentation, list) and [
        len(part) if isinstance(part, list) else 0 for part in segmentation
    ] == [7]
    assert codes(data) == ({} if is_plainly_a_polygon else {"CO-09": 1})


def test_empty_lists_everywhere_are_the_way_of_box_tools(tmp_path):
    assert codes(coco(tmp_path, a_document([an_annotation(n, segmentation=[]) for n in (1, 2)]))) == {}


def a_mask(counts=(490, 20, 2362), size=(48, 64)):
    """Return the run-length mask of one column of twenty pixels at x = 10, y = 10."""
    return {"counts": list(counts) if isinstance(counts, tuple) else counts, "size": list(size)}


@pytest.mark.parametrize("counts", [(490, 20, 2562), "Z?d0R`2"])
def test_masks_give_area_and_box(tmp_path, counts):
    column = an_annotation(segmentation=a_mask(counts, (48, 64)), bbox=..., area=..., iscrowd=1)
    data = coco(tmp_path, a_document([column]))

    assert boxes(data) == [(10, 10, 1, 20)]
    assert data.annotations.area.tolist() == [20]
    assert (data.annotations.kind[0], data.annotations.flags[0]) == (AnnotationKind.MASK, AnnotationFlag.CROWD)
    assert codes(data) == {"CO-08": 1}


@pytest.mark.parametrize(
    "mask",
    [
        a_mask((490, 20, 5)),
        a_mask((490, 20, 2562), (64, 48)),
        a_mask((490, -20, 2602)),
        a_mask((490, 20.5, 2561.5)),
        a_mask("~~~"),
        a_mask((490, 20, 2562), (48,)),
        a_mask((490, 20, 2562), (2**40, 2**40)),
        {"counts": None, "size": [48, 64]},
        {},
    ],
)
def test_a_mask_that_does_not_fill_its_image_leaves_the_box(tmp_path, mask):
    data = coco(tmp_path, a_document([an_annotation(segmentation=mask, bbox=[10, 10, 1, 20], area=20)]))

    assert (data.annotations.kind[0], data.annotations.flags[0]) == (AnnotationKind.BOX, AnnotationFlag.BAD_GEOMETRY)
    assert data.annotations.area.tolist() == [20]
    assert codes(data) == {"CO-10": 1}


def test_a_mask_written_row_by_row_lies_outside_of_its_box(tmp_path):
    by_rows = a_mask((10 * 64 + 10, 1, *[63, 1] * 19, 3072 - 650 - 1 - 64 * 19))
    data = coco(tmp_path, a_document([an_annotation(segmentation=by_rows, bbox=[10, 10, 1, 20], area=20)]))

    assert codes(data) == {"CO-10": 1}
    assert boxes(data) == [(10, 10, 1, 20)]


@pytest.mark.parametrize(
    ("box", "code"),
    [([10, 10, 0, 5], "BOX-01"), ([10, 10, -3, 5], "BOX-01"), ([60, 10, 5, 5], "BOX-02"), ([-1, 0, 5, 5], "BOX-02")],
)
def test_boxes_without_extent_or_outside_are_kept_and_marked(tmp_path, box, code):
    data = coco(
        tmp_path,
        a_document(
            [an_annotation(n, bbox=[0, 0, 9, 9], area=81) for n in range(9)]
            + [an_annotation(10, bbox=box, area=25 if code == "BOX-02" else 0, segmentation=...)]
        ),
    )

    flag = AnnotationFlag.DEGENERATE if code == "BOX-01" else AnnotationFlag.OUTSIDE
    assert data.annotations.flags[9] == flag
    assert boxes(data)[9] == tuple(box)
    assert codes(data) == {code: 1}
    assert "annotation 10 (dog)" in finding(data, code).examples[0]


def test_half_a_pixel_outside_is_rounding(tmp_path):
    assert codes(coco(tmp_path, a_document([an_annotation(bbox=[-0.5, 0, 64.9, 48.5], area=3000)]))) == {}


@pytest.mark.parametrize("box", [[1, 2, 3], [1, 2, 3, None], [1, 2, 3, 1e12], "box", {"x": 1}])
def test_a_box_of_other_things_than_four_numbers_comes_from_the_polygon(tmp_path, box):
    data = coco(tmp_path, a_document([an_annotation(bbox=box)]))

    assert boxes(data) == [(10, 10, 20, 20)]
    assert codes(data) == {"BOX-03": 1}


@pytest.mark.parametrize(
    "box", [["10", "10", "20", "20"], {"x": 10, "y": 10, "width": 20, "height": 20}, [10, 10, 20, 20, 0.7]]
)
def test_other_ways_to_write_a_box_are_understood(tmp_path, box):
    assert boxes(coco(tmp_path, a_document([an_annotation(bbox=box, segmentation=...)]))) == [(10, 10, 20, 20)]


def test_an_annotation_without_any_place_is_a_class_of_the_image(tmp_path):
    data = coco(tmp_path, a_document([an_annotation(bbox=..., segmentation=..., area=...)]))

    assert data.annotations.kind.tolist() == [AnnotationKind.LABEL]
    assert math.isnan(data.annotations.area[0])
    assert codes(data) == {}


def test_flags_come_from_attributes_and_ignore(tmp_path):
    rows = [
        an_annotation(1, attributes={"Occluded": True, "truncated": "true"}),
        an_annotation(2, ignore=1),
        an_annotation(3, attributes=[1]),
    ]
    data = coco(tmp_path, a_document(rows))

    assert data.annotations.flags.tolist() == [
        AnnotationFlag.OCCLUDED | AnnotationFlag.TRUNCATED,
        AnnotationFlag.DIFFICULT,
        0,
    ]


def test_records_that_are_no_objects_are_left_out(tmp_path):
    images = [an_image(), 5, {"file_name": "x.png"}]
    data = coco(
        tmp_path, a_document([*many(None), "x", [1]], images=images, categories=[{"id": 1, "name": "dog"}, None])
    )

    assert len(data.annotations) == 9
    assert len(data.items) == 1
    assert codes(data)["CO-19"] == 6


def test_more_than_a_fifth_left_out_is_an_error_that_stops_nothing(tmp_path):
    data = coco(tmp_path, a_document([an_annotation(1), None, None]))

    assert finding(data, "IMP-20").severity is Severity.ERROR
    assert objects(data) == {"dog": 1, "cat": 0}


# The reading of boxes


def several(box_of, count=30, **image):
    images = [an_image(1, **image)]
    return a_document(
        [an_annotation(n, bbox=box_of(n), area=..., segmentation=...) for n in range(count)], images=images
    )


@pytest.mark.parametrize(
    ("reading", "document", "first"),
    [
        ("xyxy", several(lambda n: [20 + n, 10, 30 + n, 40]), (20, 10, 10, 30)),
        ("normalised", several(lambda n: [0.25, 0.5, 0.5, 0.01 * n]), (16, 24, 32, 0)),
        ("percent", several(lambda n: [25, 50, 50, n], width=640, height=480), (160, 240, 320, 0)),
    ],
)
def test_another_reading_of_boxes_is_offered_and_applied_when_answered(tmp_path, reading, document, first):
    assert f"boxes={reading}" in finding(coco(tmp_path, document), "CO-11").action

    answered = coco(tmp_path, document, boxes=reading)
    assert boxes(answered)[0] == pytest.approx(first)
    assert answered.annotations.area[0] == pytest.approx(first[2] * first[3])
    assert "CO-11" not in codes(answered)


def test_boxes_of_turned_images_are_recognised(tmp_path):
    data = coco(tmp_path, several(lambda n: [30, n, 17, 30]))

    assert "change places" in finding(data, "CO-11").message


def test_an_unknown_reading_or_answer_is_refused(tmp_path):
    with pytest.raises(RequestError, match="boxes=left"):
        coco(tmp_path, a_document([]), boxes="left")
    with pytest.raises(RequestError, match="extra_images=no"):
        coco(tmp_path, a_document([]), extra_images="no")


# States and roles


def test_images_without_annotations_were_looked_at_unless_the_user_says_otherwise(tmp_path):
    document = a_document([an_annotation()], images=[an_image(1), an_image(2)])

    asked = coco(tmp_path, document)
    assert asked.items.state.tolist() == [LabelState.LABELLED, LabelState.EMPTY]
    assert codes(asked)["CO-14"] == 1
    for kwargs in ({"no_annotations": "unlabelled"}, {"role": Role.POOL}):
        data = coco(tmp_path, document, **kwargs)
        assert data.items.state.tolist() == [LabelState.LABELLED, LabelState.UNLABELLED]
        assert "CO-14" not in codes(data)


@pytest.mark.parametrize("annotations", [{}, {"annotations": []}, {"annotations": None}])
def test_a_file_without_annotations_is_a_pool(tmp_path, annotations):
    document = {"images": [an_image()], "categories": [{"id": 1, "name": "dog"}]} | annotations
    data = coco(tmp_path, document)

    assert data.items.state.tolist() == [LabelState.UNLABELLED]
    assert codes(data) == {"CO-16": 1}


def test_labels_of_lvis_say_nothing_about_images_without_them(tmp_path):
    data = coco(tmp_path, a_document([an_annotation()], images=[an_image(1, neg_category_ids=[2]), an_image(2)]))

    assert data.items.state.tolist() == [LabelState.LABELLED, LabelState.UNLABELLED]
    assert "LV-02" in codes(data)


def test_scores_make_predictions_unless_the_user_says_otherwise(tmp_path):
    document = a_document([an_annotation(1, score=0.25, area=...), an_annotation(2, score=0.5, iscrowd=...)])

    guessed, told, labels = (
        coco(tmp_path, document),
        coco(tmp_path, document, role=Role.PREDICTIONS),
        coco(tmp_path, document, predictions="no"),
    )
    assert guessed.role is told.role is Role.PREDICTIONS
    assert guessed.annotations.score.tolist() == told.annotations.score.tolist() == [0.25, 0.5]
    assert codes(guessed) == {"CO-23": 2}
    assert codes(told) == {}
    assert labels.role is Role.LABELS
    assert len(labels.annotations.score) == 0


def test_scores_that_are_none_are_told(tmp_path):
    data = coco(tmp_path, a_document([an_annotation(1, score=7), an_annotation(2)]), role=Role.PREDICTIONS)

    assert all(math.isnan(score) for score in data.annotations.score)
    assert codes(data) == {"CO-22": 2}


# Order


def test_sections_and_annotations_in_any_order_give_the_same(tmp_path):
    images = [an_image(n, file_name=f"{n}.png") for n in (1, 2, 3)]
    rows = [an_annotation(n, image_id=1 + n % 3) for n in range(6)]
    document = a_document(rows, images=images)
    one = coco(tmp_path / "a", document)
    other = coco(tmp_path / "b", dict(reversed(document.items())))

    assert one.annotations == other.annotations
    assert one.annotations.item == array("i", [0, 1, 2, 0, 1, 2])


def test_nothing_of_coco_is_one_sentence(tmp_path):
    with pytest.raises(UnreadableSourceError, match="no COCO file"):
        coco(tmp_path, {"a.json": {"shapes": [], "imagePath": "1.png"}})


def test_two_versions_of_the_same_labels_are_a_question(tmp_path):
    versions = {f"{n}.json": a_document([an_annotation()], images=[an_image(n) for n in range(1, 12)]) for n in "ab"}

    with pytest.raises(QuestionError, match="which of them") as raised:
        coco(tmp_path, versions)
    assert [choice.value for choice in raised.value.questions[0].choices] == ["a.json", "b.json", "all"]
    assert len(coco(tmp_path, versions, file="b.json").annotations) == 1
    both = coco(tmp_path, versions, file="all")
    assert (len(both.items), len(both.annotations), codes(both)["CO-13b"]) == (11, 2, 11)
