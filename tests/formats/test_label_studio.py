import base64
import json
import math

import pytest

from dataset_trees import axis, codes, media, objects, read, states, write_tree
from realdata import REAL, needs_real_data
from tailwise.domain.errors import QuestionError, RequestError, UnreadableSourceError
from tailwise.domain.records import AnnotationFlag, AnnotationKind, Role
from tailwise.formats.label_studio import LabelStudioReader
from tailwise.formats.label_studio_brush import measure_brush
from tailwise.formats.label_studio_names import name_of

NEW = "2025-01-02T03:04:05Z"
SIZE = {"original_width": 200, "original_height": 100}
PNG = (200, 100)


def result(kind="rectanglelabels", labels=("car",), **value):
    value = value or {"x": 10, "y": 20, "width": 30, "height": 40}
    return {"type": kind, "from_name": "label", "value": value | {kind: list(labels)}, **SIZE}


def choice(*values, question="scene", **more):
    return {"type": "choices", "from_name": question, "value": {"choices": list(values)}, **more}


def annotation(*results, **more):
    return {"completed_by": 7, "result": list(results), "lead_time": 20.0, "created_at": NEW} | more


def task(*annotations, number=1, **more):
    data = {"image": f"/data/local-files/?d={number}.png"}
    return {"id": number, "data": data, "annotations": list(annotations)} | more


def studio(root, *tasks, images=("1.png",), role=Role.LABELS, **answers):
    tree = {"export.json": json.dumps(tasks)} | dict.fromkeys(images, PNG)
    return read(LabelStudioReader(), write_tree(root, tree), role=role, **answers)


def box(data, place=0):
    a = data.annotations
    return tuple(round(column[place], 3) for column in (a.x, a.y, a.width, a.height))


@pytest.mark.parametrize(
    ("drawn", "kind", "expected", "area"),
    [
        (result(), "BOX", (20, 20, 60, 40), 2400),
        (result(x=50, y=50, width=10, height=40, rotation=90), "BOX", (60, 50, 40, 20), 800),
        (result("polygonlabels", points=[[0, 0], [10, 0], [0, 20]]), "POLYGON", (0, 0, 20, 20), 200),
        (result("ellipselabels", x=50, y=50, radiusX=10, radiusY=10), "POLYGON", (80, 40, 40, 20), math.pi * 200),
    ],
)
def test_percent_of_the_image_become_pixels(tmp_path, drawn, kind, expected, area):
    data = studio(tmp_path, task(annotation(drawn)))

    assert (data.annotations.kind[0], box(data)) == (AnnotationKind[kind], expected)
    assert data.annotations.area[0] == pytest.approx(area)
    assert data.items.width[0] == 200


def test_key_points_and_spans_have_a_label_and_no_box(tmp_path):
    span = {"type": "labels", "value": {"start": 0, "end": 3, "text": "Eve", "labels": ["person"]}}
    tasks = (task(annotation(result("keypointlabels", x=1, y=2, width=1))), {"id": 2, "data": {"text": "Eve sat."}})
    data = studio(tmp_path, tasks[0], tasks[1] | {"annotations": [annotation(span)]})

    assert data.annotations.kind.tolist() == [AnnotationKind.POINT, AnnotationKind.SPAN]
    assert all(math.isnan(x) for x in data.annotations.x)
    assert media(data) == {"1.png": "present", "task 2": "none"}
    assert data.items.text == ["", "Eve sat."]
    assert codes(data) == {}


def packed(runs):
    """Pack `(length, value)` as Label Studio does: 8-bit values, run lengths of 16 bits."""
    bits = f"{sum(length for length, _ in runs):032b}{7:05b}" + f"{15:04b}" * 4
    for length, value in runs:
        bits += f"1{0:02b}{length - 1:016b}{value:08b}"
    bits += "0" * (-len(bits) % 8)
    return list(int(bits, 2).to_bytes(len(bits) // 8, "big"))


def test_brush_strokes_are_measured_from_their_runs():
    # 5 x 4 pixels: three pixels from the second of row 1 on, then the whole of row 2
    runs = [(6 * 4, 0), (3 * 4, 255), (1 * 4, 0), (5 * 4, 255), (5 * 4, 0)]

    assert measure_brush(packed(runs), 5, 4) == (8, (0, 1, 5, 2))
    assert measure_brush(packed([(80, 0)]), 5, 4) == (0, (0, 0, 0, 0))
    assert measure_brush(packed(runs), 4, 4) is None
    assert measure_brush(packed(runs)[:-4], 5, 4) is None
    assert measure_brush([300, 1], 5, 4) is None


def test_single_values_of_a_brush_count_like_runs():
    bits = (
        f"{8:032b}{7:05b}" + f"{2:04b}" * 4 + f"0{0:02b}{7:03b}" + "".join(f"{v:08b}" for v in (9, 9, 9, 1, 9, 9, 9, 0))
    )
    data = list(int(bits + "0" * (-len(bits) % 8), 2).to_bytes((len(bits) + 7) // 8, "big"))

    assert measure_brush(data, 2, 1) == (1, (0, 0, 1, 1))


TEXT = "a\U0001f600 bee"


def on_text(start, end, quoted="bee"):
    span = {"type": "labels", "value": {"start": start, "end": end, "text": quoted, "labels": ["insect"]}}
    return {"id": 1, "data": {"text": TEXT}, "annotations": [annotation(span)]}


RECT = annotation(result())


@pytest.mark.parametrize(
    ("tasks", "expected"),
    [
        ([task(annotation(result(), created_at="2024-01-01", draft_created_at="2024-01-01"))], {"LS-01": 1}),
        ([task(annotation(result(), created_at="2022-01-01"))], {"LS-01": 1}),
        ([task(annotation(result(), lead_time=None))], {"LS-02": 1}),
        ([task(annotation(result(), lead_time=4000))], {"LS-03": 1}),
        ([task(RECT, predictions=[17, 18])], {"LS-04": 1}),
        ([task(RECT, annotation(result(labels=["bus"])))], {"LS-05": 1}),
        ([task(annotation(result=None))], {"LS-06": 1, "LS-26": 1}),
        ([task(RECT, data={"image": "s3://bucket/deep/1.png"})], {"LS-07": 1}),
        ([task(RECT, data={"image": "/data/local-files/?d=c/1.png"})], {"LS-07b": 1, "IMG-01": 1, "IMG-10": 2}),
        ([task(annotation(result() | {"original_width": 100, "original_height": 200}))], {"LS-08": 1}),
        ([on_text(4, 7)], {"LS-09": 1}),
        ([on_text(3, 6)], {}),
        ([on_text(0, 2)], {"LS-09b": 1}),
        ([task(annotation(result(labels=[])))], {"LS-11": 1}),
        ([task(RECT, annotation(result(), completed_by=8))], {"LS-16": 1}),
        ([task(RECT, predictions=[{"model_version": "m", "result": [result()]}])], {"LS-17": 1}),
        ([task(drafts=[{"result": []}])], {"LS-18": 1, "LS-26": 1}),
        ([task(annotation(result(), completed_by={"id": 7, "email": "eve@example.org"}))], {"LS-19": 1}),
        ([task(annotation(result(), {"type": "videorectangle", "value": {}}))], {"LS-20": 1}),
        ([task(annotation(result() | {"original_width": None}))], {"LS-21": 1, "LS-26": 1}),
        ([task(annotation(result(x=50, y=50, width=10, height=10, rotation=30)))], {"LS-22": 1}),
        ([task(annotation(result("brushlabels", rle=[1, 2])))], {"LS-23": 1}),
        ([task(annotation(result("polygonlabels", points=[[1, 2]])))], {"LS-23": 1}),
        ([task(annotation(result() | {"origin": "prediction"}))], {"LS-25": 1}),
        ([*[task(RECT)] * 9, {"id": 3, "annotations": []}], {"LS-27": 1}),
        ([task(annotation(was_cancelled=True))], {"LS-26": 1, "LS-28": 1}),
        ([task(RECT, data={"image": "/data/local-files/?d=../../etc/9.png"})], {"NAME-02": 1, "IMG-01": 1, "IMG-10": 1}),
    ],
)  # fmt: skip
def test_each_kind_of_dirt_has_its_finding(tmp_path, tasks, expected):
    images = (
        ("a/1.png", "b/1.png") if "LS-07b" in expected else () if "text" in tasks[0].get("data", {}) else ("1.png",)
    )

    assert codes(studio(tmp_path, *tasks, images=images)) == expected


def test_an_export_without_tasks_says_how_to_get_them(tmp_path):
    path = write_tree(tmp_path, {"export.json": "[]"}) / "export.json"
    with pytest.raises(UnreadableSourceError, match="0 tasks"):
        read(LabelStudioReader(), path)


def test_the_ground_truth_counts_else_the_latest_and_everybody_for_agreement(tmp_path):
    old = annotation(result(labels=["bus"]), completed_by=8, created_at="2025-01-01")
    data = studio(
        tmp_path,
        task(RECT, old | {"ground_truth": True}),
        task(RECT, old, number=2),
        task(RECT, old, annotation(result(), completed_by=8, created_at="2025-02-01"), number=3),
        images=("1.png", "2.png", "3.png"),
    )

    assert [data.categories[c].name for c in data.annotations.category] == ["bus", "car", "car"]
    assert axis(data, "agreement") == {
        "1.png": "different classes",
        "2.png": "different classes",
        "3.png": "same classes",
    }


def test_people_are_numbers_and_their_sittings_add_up(tmp_path):
    eve = {"id": 3, "email": "Eve@example.org", "first_name": "Eve"}
    data = studio(
        tmp_path,
        task(
            annotation(result(), completed_by=eve, lead_time=10),
            annotation(result(), completed_by=eve, lead_time=20),
            annotation(completed_by=9, lead_time=50, was_cancelled=True),
        ),
    )

    assert (data.lead.item.tolist(), data.lead.seconds.tolist()) == ([0], [40])
    assert next(a for a in data.axes if a.name == "annotator").values == ["A01", "A02"]
    stored = repr((data.items, data.axes, data.findings, data.answers, data.categories))
    assert "Eve" not in stored


def test_times_of_old_versions_are_used_when_asked(tmp_path):
    old = task(annotation(result(), created_at="2021-01-01", lead_time=33))

    assert studio(tmp_path, old).lead.item.tolist() == []
    assert studio(tmp_path, old, old_times="use").lead.seconds.tolist() == [33]


def test_states_tell_nobody_looked_from_nothing_there_and_from_gave_up(tmp_path):
    tasks = (
        task(number=1),
        task(annotation(), number=2),
        task(annotation(was_cancelled=True), number=3),
        task(annotation(choice("day"), result()), number=4),
    )
    images = [f"{n}.png" for n in range(1, 5)]

    assert list(states(studio(tmp_path, *tasks, images=images)).values()) == [
        "unlabelled", "empty", "skipped", "labelled",
    ]  # fmt: skip
    assert states(studio(tmp_path, *tasks, images=images, no_annotations="unlabelled"))["2.png"] == "unlabelled"


def test_choices_describe_the_scene_where_things_are_drawn_and_are_classes_elsewhere(tmp_path):
    drawn = studio(tmp_path / "a", task(annotation(result(), choice("night"))))
    alone = studio(tmp_path / "b", task(annotation(choice("night"))))
    taxonomy = {"type": "taxonomy", "from_name": "kind", "value": {"taxonomy": [["animal", "dog"], ["animal"]]}}
    tree = studio(tmp_path / "c", task(annotation(taxonomy)))

    assert (objects(drawn), axis(drawn, "scene")) == ({"car": 1}, {"1.png": "night"})
    assert objects(alone) == {"night": 1}
    assert [(c.name, c.supercategory) for c in tree.categories] == [("animal/dog", "animal"), ("animal", "")]


def test_several_questions_are_asked_about(tmp_path):
    asked = task(annotation(choice("night"), choice("dog", question="animal")))
    with pytest.raises(QuestionError) as raised:
        studio(tmp_path, asked)
    assert raised.value.questions[0].key == "label"

    data = studio(tmp_path, asked, label="animal")
    assert (objects(data), axis(data, "scene")) == ({"dog": 1}, {"1.png": "night"})
    with pytest.raises(RequestError, match="no question"):
        studio(tmp_path, asked, label="cat")


def test_a_shape_its_labels_and_answers_about_it_are_one_object(tmp_path):
    shape = {"id": "r", "type": "rectangle", "value": {"x": 0, "y": 0, "width": 50, "height": 50}, **SIZE}
    labels = {"id": "r", "type": "labels", "value": {"labels": ["car"]}}
    data = studio(tmp_path, task(annotation(shape, labels, choice("red", question="colour", id="r"))))

    assert (objects(data), box(data)) == ({"car": 1}, (0, 0, 100, 50))
    assert axis(data, "colour") == {"1.png": "red"}


def test_predictions_are_read_on_request_from_the_newest_model(tmp_path):
    said = [
        {
            "model_version": "new",
            "score": 0.5,
            "created_at": "2025-02",
            "result": [result() | {"score": 0.9}, result()],
        },
        {"model_version": "old", "score": 0.1, "created_at": "2025-01", "result": [result(labels=["bus"])]},
    ]
    data = studio(tmp_path, task(RECT, predictions=said), role=Role.PREDICTIONS)

    assert (objects(data), codes(data)) == ({"car": 2}, {"LS-24": 2})
    assert data.annotations.score.tolist() == pytest.approx([0.9, 0.5])
    assert objects(studio(tmp_path, task(predictions=said), role=Role.PREDICTIONS, model="old")) == {"bus": 1}
    with pytest.raises(RequestError, match="model=x"):
        studio(tmp_path, task(predictions=said), role=Role.PREDICTIONS, model="x")


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("/data/local-files/?d=a/b%20c.jpg", "a/b c.jpg"),
        ("/data/local-files/?d=100%2525.jpg", "100%25.jpg"),
        ("https://host.invalid/a/b%20c.jpg?signature=secret", "a/b%20c.jpg"),
        ("s3://bucket/a/b.jpg", "a/b.jpg"),
        ("file:///a/b%20c.jpg", "a/b c.jpg"),
        ("/tasks/1/presign/?fileuri=" + base64.b64encode(b"gs://bucket/x/y.jpg").decode(), "x/y.jpg"),
        ("data:image/png;base64,AAAA", "task 5"),
        ("pictures/1.jpg", "pictures/1.jpg"),
    ],
)
def test_addresses_become_names_without_host_and_signature(address, name):
    assert name_of({"note": "n", "image": address}, "5").name == name


def test_uploads_have_the_name_they_had_unless_two_had_the_same(tmp_path):
    def upload(number, name):
        return task(RECT, number=number, data={"image": f"/data/upload/3/{name}"})

    data = studio(
        tmp_path,
        upload(1, "01234567-a.png"),
        upload(2, "11111111-b.png"),
        upload(3, "22222222-b.png"),
        upload(4, "33333333-c.png"),
        images=("a.png", "22222222-b.png", "33333333-c.png"),
    )

    assert data.items.file_name == ["a.png", "11111111-b.png", "22222222-b.png", "33333333-c.png"]


def test_the_minimal_export_has_labels_people_and_times(tmp_path):
    region = {"x": 10, "y": 20, "width": 30, "height": 40, "rectanglelabels": ["car"], **SIZE}
    row = {"image": "/data/local-files/?d=1.png", "id": 1, "annotator": 7, "annotation_id": 2, "created_at": NEW}
    rows = [row | {"label": [region], "scene": "day", "lead_time": 5.5}, row | {"label": [region], "scene": "day"}]
    data = studio(tmp_path, *rows)

    assert (objects(data), box(data), axis(data, "scene")) == ({"car": 1}, (20, 20, 60, 40), {"1.png": "day"})
    assert (data.lead.seconds.tolist(), codes(data)) == ([5.5], {"LS-02": 1, "LS-05": 1})


def test_legacy_completions_are_annotations(tmp_path):
    data = studio(tmp_path, {"id": 1, "data": {"image": "1.png"}, "completions": [annotation(result())]})

    assert objects(data) == {"car": 1}
    assert not data.annotations.flags[0] & AnnotationFlag.AUTOMATIC


def test_an_answer_that_is_not_known_is_told(tmp_path):
    with pytest.raises(RequestError, match="old_times"):
        studio(tmp_path, task(RECT), old_times="maybe")


@needs_real_data
def test_published_exports_are_read(tmp_path):
    folder = REAL / "format_fixtures" / "label_studio"
    found = {
        name: objects(read(LabelStudioReader(), folder / name / "data.json"))
        for name in ("test_export_coco", "test_export_yolo", "test_export_json_min")
    }

    assert found == {
        "test_export_coco": {"rectangle_label": 1, "polygon_label": 1, "keypoint_label1": 1, "keypoint_label2": 1},
        "test_export_yolo": {"parasites": 1, "white": 3},
        "test_export_json_min": {"Airplane": 1},
    }
