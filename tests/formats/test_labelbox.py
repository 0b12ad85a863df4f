import json

import pytest

from dataset_trees import axis, codes, media, objects, read, states, write_tree
from tailwise.domain.errors import QuestionError, RequestError, UnreadableSourceError
from tailwise.domain.records import AnnotationKind
from tailwise.formats.labelbox import LabelboxReader

BOX = {"name": "dog", "annotation_kind": "ImageBoundingBox",
       "bounding_box": {"top": 20, "left": 10, "height": 8, "width": 30}}  # fmt: skip


def radio(question, value):
    return {"name": question, "radio_answer": {"name": value, "value": value.lower()}}


def label(*objects_, answers=(), person=7, seconds=20.0, **more):
    return {
        "label_details": {"created_by": person, "created_at": more.pop("when", "2025-01-01")},
        "performance_details": {"seconds_to_create": seconds, "seconds_to_review": 5} | more,
        "annotations": {"objects": list(objects_), "classifications": list(answers)},
    }


def row(*labels, name="a.png", number="r1", project="p1", status="DONE", **told):
    return {
        "data_row": {"id": number, "global_key": name, "row_data": f"https://host.invalid/{name}"} | told,
        "media_attributes": {"width": 64, "height": 48, "mime_type": "image/png"},
        "projects": {
            project: {"name": f"Name {project}", "labels": list(labels), "project_details": {"workflow_status": status}}
        },
    }


def labelbox(root, *rows, images=("a.png",), as_list=False, raw=None, **answers):
    text = json.dumps(rows) if as_list else "".join(json.dumps(one) + "\n" for one in rows)
    tree = {"export.json" if as_list else "export.ndjson": raw or text} | dict.fromkeys(images, (64, 48))
    return read(LabelboxReader(), write_tree(root, tree), **answers)


@pytest.mark.parametrize(
    ("drawn", "kind", "box", "area"),
    [
        (BOX, "BOX", (10, 20, 30, 8), 240),
        ({"name": "dog", "polygon": [{"x": 1, "y": 2}, {"x": 11, "y": 2}, {"x": 1, "y": 22}]},
         "POLYGON", (1, 2, 10, 20), 100),
        ({"name": "dog", "line": [{"x": 1, "y": 2}, {"x": 11, "y": 22}]}, "POINT", (1, 2, 10, 20), None),
    ],
)  # fmt: skip
@pytest.mark.parametrize("as_list", [False, True])
def test_every_kind_of_object_gives_its_hull_and_area(tmp_path, drawn, kind, box, area, as_list):
    data = labelbox(tmp_path, row(label(drawn)), as_list=as_list)
    a = data.annotations

    assert (a.x[0], a.y[0], a.width[0], a.height[0]) == box
    assert (AnnotationKind[kind], codes(data)) == (a.kind[0], {})
    assert (a.area[0] if area else None) == area


POINT = {"name": "dog", "point": {"x": 1, "y": 2}}
MASK = {"name": "dog", "mask": {"url": "https://host.invalid/mask"}}
FRAMES = label() | {"annotations": {"frames": {"1": {}}}}
SPAN = {"name": "insect", "annotation_kind": "TextEntity", "location": {"start": 3, "end": 5}}
TEXT = row(label(SPAN), row_data="a\U0001f600 bee") | {"media_attributes": {"mime_type": "text/plain"}}
OLD = {
    "ID": "l1",
    "DataRow ID": "r9",
    "Labeled Data": "https://host.invalid/a.png",
    "External ID": "a.png",
    "Label": {"objects": [{"title": "dog", "bbox": BOX["bounding_box"]}], "classifications": []},
    "Created By": "eve@example.org",
    "Seconds to Label": 33.0,
    "Reviews": [{"score": 1}],
}


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([row(label(BOX), row_data="https://host.invalid/a.png?token=x")], {"LB-01": 1}),
        ([row(label(BOX), global_key="key-17", external_id="a.png")], {"LB-02": 1}),
        ([row(label(BOX, seconds=None))], {"LB-03": 1}),
        ([row(label(BOX, person=None, seconds=None))], {"LB-03": 2}),
        ([row(label(MASK))], {"LB-04": 1}),
        ([row(label())], {"LB-06": 1}),
        ([row(label(), status="TO_LABEL")], {}),
        ([TEXT], {"LB-08": 1}),
        ([row(label(BOX), global_key="", external_id="C:\\Users\\eve\\a.png")], {"LB-09": 1}),
        ([row(FRAMES)], {"LB-10": 1}),
        ([*[row(label(BOX))] * 9, {"data_row": None, "projects": {}}], {"LB-11": 1}),
        ([row(label(*[BOX] * 9, {"name": "dog"}))], {"LB-12": 1}),
        ([row(label(BOX, person="eve@example.org"))], {"LB-13": 1}),
        ([row(label(BOX), label(BOX, person=8))], {"LB-14": 1}),
        ([row(label(BOX, skipped=True))], {"LB-15": 1}),
        ([OLD], {"LB-13": 1, "LB-16": 1, "IMG-09": 1}),
        ([OLD, row(label(BOX), name="b.png")], {"LB-07": 1, "LB-13": 1, "LB-16": 1, "IMG-01": 1, "IMG-09": 1}),
        ([row(label(BOX), global_key="../../../etc/p.png", row_data="")], {"NAME-02": 1, "IMG-01": 1, "IMG-10": 1}),
    ],
)
def test_each_kind_of_dirt_has_its_finding(tmp_path, rows, expected):
    assert codes(labelbox(tmp_path, *rows, images=() if rows == [TEXT] else ("a.png",))) == expected


def test_states_come_from_labels_and_workflow(tmp_path):
    rows = (
        row(label(), status="ToLabel"),
        row(label(), name="b.png"),
        row(label(skipped=True), name="c.png"),
        row(name="d.png"),
        row(FRAMES, name="e.png"),
        row(label(POINT), name="f.png"),
    )
    images = [f"{letter}.png" for letter in "abcdef"]
    found = states(labelbox(tmp_path, *rows, images=images))

    assert list(found.values()) == ["unlabelled", "empty", "skipped", "unlabelled", "unlabelled", "labelled"]
    assert states(labelbox(tmp_path, *rows, images=images, no_annotations="unlabelled"))["b.png"] == "unlabelled"


def test_the_latest_label_counts_and_times_are_those_of_one_person(tmp_path):
    early, late = label(BOX, person=8, when="2025-01-02", seconds=10), label(BOX, BOX, when="2025-02-01", seconds=30)
    data = labelbox(tmp_path, row(late, early))

    assert (objects(data), data.lead.seconds.tolist()) == ({"dog": 2}, [20])
    assert axis(data, "agreement") == {"a.png": "different classes"}
    assert data.lead.origin == "seconds_to_create of Labelbox"


def test_answers_are_conditions_beside_objects_and_classes_alone(tmp_path):
    many = {"name": "weather", "checklist_answers": [{"name": "rain"}, {"name": "fog"}]}
    beside = labelbox(tmp_path / "a", row(label(BOX | {"classifications": [radio("colour", "red")]}, answers=[many])))
    alone = labelbox(tmp_path / "b", row(label(answers=[many])))

    assert {a.name: a.values for a in beside.axes if a.name in {"weather", "colour"}} == {
        "weather": ["rain", "fog"],
        "colour": ["red"],
    }
    assert objects(alone) == {"rain": 1, "fog": 1}
    with pytest.raises(QuestionError) as raised:
        labelbox(tmp_path / "c", row(label(answers=[many, radio("animal", "dog")])))
    assert raised.value.questions[0].key == "label"


def test_metadata_and_workflow_are_conditions(tmp_path):
    told = row(label(BOX)) | {"metadata_fields": [{"schema_name": "camera", "value": "left"}]}
    data = labelbox(tmp_path, told)

    assert (axis(data, "camera"), axis(data, "workflow")) == ({"a.png": "left"}, {"a.png": "DONE"})


def test_several_projects_are_asked_about(tmp_path):
    both = row(label(BOX))
    both["projects"] |= row(label(BOX, BOX), project="p2")["projects"]
    with pytest.raises(QuestionError) as raised:
        labelbox(tmp_path, both)
    assert [choice.value for choice in raised.value.questions[0].choices] == ["p1", "p2"]

    assert objects(labelbox(tmp_path, both, project="Name p2")) == {"dog": 2}
    with pytest.raises(RequestError, match="project=x"):
        labelbox(tmp_path, both, project="x")
    with pytest.raises(RequestError, match="no_annotations"):
        labelbox(tmp_path, both, no_annotations="x")


def test_the_old_export_has_one_label_with_review(tmp_path):
    skipped = OLD | {
        "Skipped": True,
        "Label": {},
        "External ID": "b.png",
        "Labeled Data": "",
        "Reviews": [{"score": -1}],
        "DataRow ID": "r8",
    }
    data = labelbox(tmp_path, OLD, skipped, as_list=True)

    assert (objects(data), axis(data, "review")) == ({"dog": 1}, {"a.png": "accepted"})
    assert list(states(data).values()) == ["labelled", "skipped"]
    assert "eve" not in repr((data.items, data.axes, data.categories))


def test_texts_have_no_image(tmp_path):
    data = labelbox(tmp_path, TEXT, images=())

    assert (media(data), data.items.text, objects(data)) == ({"row r1": "none"}, ["a\U0001f600 bee"], {"insect": 1})


def test_lines_that_are_broken_are_left_out_and_none_at_all_is_refused(tmp_path):
    line = json.dumps(row(label(BOX)))
    assert codes(labelbox(tmp_path, raw=f"{line}\n" * 9 + "{oops\n"))["LB-11"] == 1
    with pytest.raises(UnreadableSourceError, match="no data row"):
        labelbox(tmp_path / "b", {"data_row": 1, "projects": 2})
