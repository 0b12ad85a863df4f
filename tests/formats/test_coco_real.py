"""Published COCO files: counts to the last object, and the dirt their collector described."""

import json
from collections import Counter

import pytest

from coco_documents import finding
from dataset_trees import codes, images_and_objects, objects, read
from realdata import REAL, needs_real_data, real_counts
from tailwise.domain.records import AnnotationFlag, AnnotationKind, LabelState, MediaState, Role
from tailwise.formats.coco import CocoReader
from tailwise.formats.geometry import Mask, measure_masks, polygon_area

pytestmark = [needs_real_data, pytest.mark.realdata]

VOC100 = REAL / "voc100_multiformat_predictions" / "database"


def coco(path, **kwargs):
    return read(CocoReader(), path, **kwargs)


def test_taco_is_exact_and_its_quirks_are_found():
    data, wanted = coco(REAL / "taco_coco"), real_counts()["taco_coco"]

    assert images_and_objects(data) == wanted["classes"]
    assert [name for name, count in objects(data).items() if not count] == wanted["categories_unused"]
    assert len(data.items) == wanted["images"]
    assert finding(data, "CO-06").examples == ("annotations.json: annotation 309", "annotations.json: annotation 4040")
    outside = [
        data.annotations.ext_id[row]
        for row, flags in enumerate(data.annotations.flags)
        if flags & AnnotationFlag.OUTSIDE
    ]
    assert sorted(outside) == wanted["issues"]["boxes_outside_image_by_more_than_half_px"]
    assert codes(data) == {"BOX-02": 6, "CO-01": 1, "CO-06": 2, "CO-21": 114, "IMG-01": wanted["image_files_missing"]}
    assert set(data.annotations.kind) == {AnnotationKind.POLYGON}


def test_the_scenes_of_taco_are_conditions():
    data, wanted = coco(REAL / "taco_coco"), real_counts()["taco_coco"]
    licence, scene = data.axes

    said = Counter()
    for value, records in zip(scene.value, scene.records, strict=True):
        said[scene.values[value].replace("unknown:7", "UNDEFINED id 7")] += records
    assert said == wanted["scene_background_counts"]
    named = {name: n for name, n in wanted["image_license_field"].items() if name != "None"}
    assert Counter(licence.values[value] for value in licence.value) == named


@pytest.mark.parametrize("split", ["train2017", "val2017"])
def test_coco_tiny_is_exact_per_file(split):
    data = coco(REAL / "coco_tiny" / "annotations" / f"instances_{split}.json")
    wanted = real_counts()["coco_tiny"][split]

    assert images_and_objects(data) == wanted["classes"]
    assert sum(bool(flags & AnnotationFlag.CROWD) for flags in data.annotations.flags) == wanted["iscrowd"]
    assert Counter(data.annotations.kind)[AnnotationKind.MASK] == wanted["segmentation"]["rle"]
    assert list(data.items.media).count(MediaState.MISSING) == wanted["image_files_missing"]
    assert list(data.items.state).count(LabelState.EMPTY) == wanted["images_without_annotations"]
    assert set(codes(data)) == {"IMG-01"} | ({"CO-14"} if wanted["images_without_annotations"] else set())


def test_coco_tiny_as_a_whole_has_both_splits():
    data = coco(REAL / "coco_tiny")

    assert {name: len(items) for name, items in data.splits.items()} == {"train": 32, "val": 6}
    assert len(data.annotations) == 288 + 136


def test_areas_and_boxes_computed_from_shapes_agree_with_the_published_ones():
    oracle = pytest.importorskip("pycocotools.mask")
    document = json.loads((REAL / "coco_tiny/annotations/instances_train2017.json").read_text())
    size = {image["id"]: (image["height"], image["width"]) for image in document["images"]}
    for annotation in document["annotations"]:
        shape = annotation["segmentation"]
        if isinstance(shape, dict):
            code = oracle.frPyObjects(shape, *size[annotation["image_id"]])
            runs, text = measure_masks([Mask(shape["counts"], *shape["size"]), Mask(code["counts"], *code["size"])])
            assert runs == text
            assert runs.area == int(oracle.area(code))
            assert list(runs.box) == oracle.toBbox(code).tolist()
        else:
            assert polygon_area(shape) == pytest.approx(annotation["area"], rel=0.02, abs=1)


@pytest.mark.parametrize(("folder", "key"), [("coco_format_v1", "coco_v1"), ("coco_format_v2", "coco_v2")])
def test_both_versions_of_voc100_are_exact(folder, key):
    alone = coco(VOC100 / "gts" / folder)
    whole = coco(VOC100, file=next(f"gts/{folder}/{path.name}" for path in (VOC100 / "gts" / folder).iterdir()))
    wanted = real_counts()["voc100_multiformat_predictions"][key]

    assert images_and_objects(alone) == images_and_objects(whole) == wanted["classes"]
    assert codes(alone) == {"IMG-01": 100}
    assert codes(whole) == {"CO-12": 100}
    assert set(whole.items.media) == {MediaState.PRESENT}


def test_detections_are_predictions():
    wanted = real_counts()["voc100_multiformat_predictions"]["predictions"]
    told = coco(VOC100 / "dets/coco_format/coco_dets.json", role=Role.PREDICTIONS)
    guessed = coco(VOC100 / "dets")

    for data in (told, guessed):
        assert data.role is Role.PREDICTIONS
        assert objects(data) == wanted["per_class"]
        assert min(data.annotations.score) == pytest.approx(wanted["min_score"])
        assert len(data.items) == wanted["images"]
    assert codes(guessed)["CO-23"] == wanted["detections"]


def test_counts_agree_with_pycocotools(capsys):
    oracle = pytest.importorskip("pycocotools.coco")
    path = REAL / "taco_coco/annotations.json"
    published = oracle.COCO(str(path))
    data = coco(path)

    names = {category["id"]: category["name"] for category in published.loadCats(published.getCatIds())}
    assert objects(data) == {
        name: len([a for a in published.dataset["annotations"] if a["category_id"] == number])
        for number, name in names.items()
    }
    areas = sorted(a["area"] for a in published.dataset["annotations"])
    assert sorted(data.annotations.area) == areas
