import json

import pytest

from dataset_trees import axis, codes, media, objects, read, states, write_tree
from tailwise.domain.errors import QuestionError, RequestError, UnreadableSourceError
from tailwise.domain.records import AnnotationFlag, Role
from tailwise.formats.sagemaker import SageMakerReader

BOX = {"class_id": 0, "left": 10, "top": 20, "width": 30, "height": 8}


def metadata(kind, **more):
    base = {"type": f"groundtruth/{kind}", "human-annotated": "yes", "creation-date": "2025-01-01T00:00:00"}
    return base | {name.replace("_", "-"): value for name, value in more.items()}


def boxes(*drawn, name="1.png", **more):
    value = {"annotations": list(drawn), "image_size": [{"width": 64, "height": 48, "depth": 3}]}
    told = metadata("object-detection", class_map={"0": "dog"}, objects=[{"confidence": 0.5}] * len(drawn))
    return {"source-ref": f"s3://bucket/{name}", "work": value, "work-metadata": told | more}


def sagemaker(root, *lines, raw=None, role=Role.LABELS, images=("1.png",), **answers):
    text = raw if raw is not None else "".join(json.dumps(line) + "\n" for line in lines)
    tree = {"output.manifest": text} | dict.fromkeys(images, (64, 48))
    return read(SageMakerReader(), write_tree(root, tree), role=role, **answers)


def test_boxes_are_pixels_with_names_from_the_class_map(tmp_path):
    data = sagemaker(tmp_path, boxes(BOX, BOX | {"class_id": "0"}))

    a = data.annotations
    assert (a.x[0], a.y[0], a.width[0], a.height[0], a.area[0]) == (10, 20, 30, 8, 240)
    assert (objects(data), codes(data), len(a.score)) == ({"dog": 2}, {}, 0)
    assert data.items.file_name == ["1.png"]


ONE = {
    "source-ref": "s3://b/1.png",
    "work": 3,
    "work-metadata": metadata("image-classification", class_name="cat", confidence=0.9, job_name="labeling-job/spring"),
}
SEVERAL = {
    "source-ref": "s3://b/1.png",
    "work": [0, 2],
    "work-metadata": metadata("image-classification-multilabel", class_map={"0": "dog", "2": "cat"}),
}
MASK = {
    "source-ref": "s3://b/1.png",
    "work-ref": "s3://b/mask.png",
    "work-ref-metadata": metadata(
        "semantic-segmentation", internal_color_map={"0": {"class-name": "BACKGROUND"}, "1": {"class-name": "road"}}
    ),
}


@pytest.mark.parametrize(
    ("line", "expected"), [(ONE, {"cat": 1}), (SEVERAL, {"dog": 1, "cat": 1}), (MASK, {"road": 1})]
)
def test_classes_of_whole_images(tmp_path, line, expected):
    assert objects(sagemaker(tmp_path, line)) == expected


def test_texts_have_no_image(tmp_path):
    line = {"source": "a fine day", "work": 0, "work-metadata": metadata("text-classification", class_name="good")}
    data = sagemaker(tmp_path, line, images=())

    assert (media(data), codes(data), data.items.text) == ({"line 1": "none"}, {}, ["a fine day"])


CLEAN = boxes(BOX)
FAILED = {"source-ref": "s3://b/1.png", "work-metadata": {"failure-reason": "ClientError"}}


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([FAILED], {"SM-01": 1, "IMG-09": 1}),
        ([boxes(BOX | {"class_id": 7})], {"SM-03": 1}),
        ([boxes()], {"SM-04": 1}),
        ([CLEAN, CLEAN], {"SM-07": 1}),
        ([*[CLEAN | {"source-ref": f"s3://b/{n}.png"} for n in range(1, 10)],
          {"source-ref": "s3://b/x.json", "w-ref": "s3://b/SeqLabel.json"}], {"SM-08": 1, "IMG-01": 8}),
        ([boxes(BOX, **{"human-annotated": "no"})], {"SM-09": 1}),
        ([MASK], {"SM-10": 1, "IMG-09": 1}),
        ([boxes(*[BOX] * 9, {"class_id": 0, "left": "x"})], {"SM-13": 1}),
        ([boxes(BOX, name="../../../etc/9.png")], {"NAME-02": 1, "IMG-01": 1, "IMG-10": 1}),
    ],
)  # fmt: skip
def test_each_kind_of_dirt_has_its_finding(tmp_path, lines, expected):
    assert codes(sagemaker(tmp_path, *lines)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("\ufeff{line}\r\n\r\n", {"SM-05": 1}),
        ("{line}\n\n\n{line}\n", {"SM-05": 1, "SM-07": 1}),
        ("{line}\r\n\n", {}),
        ("{many}not json\n", {"SM-12": 1, "SM-07": 8}),
    ],
)
def test_lines_are_read_however_they_end(tmp_path, text, expected):
    line = json.dumps(CLEAN)

    assert codes(sagemaker(tmp_path, raw=text.replace("{line}", line).replace("{many}", f"{line}\n" * 9))) == expected


def test_several_works_are_asked_about_and_verification_is_a_condition(tmp_path):
    checked = {"check": 0, "check-metadata": metadata("label-verification", class_name="good")}
    later = {"adjusted": CLEAN["work"], "adjusted-metadata": CLEAN["work-metadata"] | {"creation-date": "2025-02"}}

    assert axis(sagemaker(tmp_path, CLEAN | checked), "review") == {"1.png": "good"}
    with pytest.raises(QuestionError) as raised:
        sagemaker(tmp_path, CLEAN | checked | later)
    question = raised.value.questions[0]
    assert (question.key, question.default, len(question.choices)) == ("attribute", "adjusted", 2)
    assert objects(sagemaker(tmp_path, CLEAN | later, attribute="work")) == {"dog": 1}
    with pytest.raises(RequestError, match="attribute=x"):
        sagemaker(tmp_path, CLEAN, attribute="x")


def test_work_of_a_model_is_read_as_predictions_only(tmp_path):
    lines = (boxes(BOX, **{"human-annotated": "no"}), boxes(BOX, BOX, name="2.png"))
    images = ("1.png", "2.png")
    labels = sagemaker(tmp_path, *lines, images=images)
    predicted = sagemaker(tmp_path, *lines, images=images, role=Role.PREDICTIONS)

    assert (objects(labels), states(labels)["1.png"]) == ({"dog": 2}, "unlabelled")
    assert (objects(predicted), predicted.annotations.score.tolist()) == ({"dog": 1}, [0.5])
    assert predicted.annotations.flags[0] & AnnotationFlag.AUTOMATIC


def test_empty_lines_of_a_work_can_be_unlabelled(tmp_path):
    assert states(sagemaker(tmp_path, boxes())) == {"1.png": "empty"}
    assert states(sagemaker(tmp_path, boxes(), no_annotations="unlabelled")) == {"1.png": "unlabelled"}
    with pytest.raises(RequestError, match="no_annotations"):
        sagemaker(tmp_path, boxes(), no_annotations="maybe")


@pytest.mark.parametrize(
    ("line", "message"),
    [({"source-ref": "s3://b/x", "w-ref": "s3://b/SeqLabel.json"}, "sequences"), ({"a": 1}, "no line")],
)
def test_a_manifest_without_images_is_refused(tmp_path, line, message):
    with pytest.raises(UnreadableSourceError, match=message):
        sagemaker(tmp_path, line)
