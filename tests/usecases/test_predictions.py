import json

import numpy as np
import pytest

from builders import a_project, a_source
from dataset_trees import write_tree
from realdata import REAL, needs_real_data, real_counts
from tailwise.domain.coverage import CountRequest
from tailwise.domain.errors import QuestionError, UnreadableSourceError
from tailwise.domain.records import Role
from tailwise.ops.progress import SILENT
from tailwise.usecases.classes import ClassEdit, set_classes
from tailwise.usecases.counts import count_table
from tailwise.usecases.import_source import ImportRequest, detect_source, import_source
from tailwise.usecases.predictions import matched_predictions
from tailwise.usecases.projects import create_project, list_findings, project_facts

VOC = REAL / "voc100_multiformat_predictions" / "database"


def here(work, *args, progress):
    return work(*args, progress)


def predicted(files, root="/models/a", name="model", ext_id="7"):
    data = a_source({file: {"car": 1} for file in files}, name=name, root=root, role=Role.PREDICTIONS)
    data.items.ext_id = [ext_id] * len(data.items)
    data.annotations.score.extend([0.5] * len(data.annotations))
    return data


def found_files(project):
    with project.file.reading() as db:
        names = [row[0] for row in db.conn.execute("SELECT file_name FROM item ORDER BY source_id, position")]
    return [names[row] for row in matched_predictions(project).rows]


def between(project):
    return {f.finding.code: (f.finding.count, f.finding.examples) for f in list_findings(project, "model")}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a/1.jpg", "a/1.jpg"),
        ("A/1.JPG", "a/1.jpg"),
        ("elsewhere/2.jpg", "b/2.jpg"),
        ("2.png", "b/2.jpg"),
        ("photo:2", "b/2.jpg"),
        ("3.jpg", None),
        ("9.jpg", None),
    ],
)
def test_predictions_find_their_image_by_name_or_by_the_id_of_another_source(tmp_path, name, expected):
    labels = a_source({"a/1.jpg": {"car": 1}, "b/2.jpg": {}, "b/3.jpg": {}}, pool=("c/3.jpg",))
    labels.items.ext_id[1] = "photo:2"
    project = a_project(tmp_path / "p.tailwise", labels, predicted([name]))

    matched = matched_predictions(project)

    assert found_files(project) == ([expected] if expected else [])
    assert matched.unmatched == ((0,) if expected else (1,))
    assert matched.sources == ("model",)
    project.close()


def test_the_same_file_is_the_same_image_even_where_names_are_ambiguous(tmp_path):
    first = a_source({"1.jpg": {"car": 1}}, root="/data/x", name="x")
    second = a_source({"1.jpg": {}}, root="/data/y", name="y")
    pool = a_source({}, pool=("1.jpg",), root="/data/x", name="pool", role=Role.POOL)
    project = a_project(tmp_path / "p.tailwise", pool, second, first, predicted(["1.jpg"], root="/data/x"))

    matched = matched_predictions(project)

    columns = project.columns
    assert [columns.source_names[columns.source[row]] for row in matched.rows] == ["x"]
    project.close()


def test_small_numbers_are_ids_of_one_file_only(tmp_path):
    labels = a_source({"a.jpg": {}})
    labels.items.ext_id[0] = "1"
    project = a_project(tmp_path / "p.tailwise", labels, predicted(["b.jpg"], ext_id="1"))

    assert len(matched_predictions(project)) == 0
    project.close()


def test_predictions_carry_class_box_and_score_and_are_never_counted(tmp_path):
    data = predicted(["1.jpg", "lost.jpg", "2.jpg"])
    data.annotations.score[2] = 0.25
    project = a_project(tmp_path / "p.tailwise", a_source({"1.jpg": {"bus": 2}, "2.jpg": {}}), data)

    matched = matched_predictions(project)

    names = [project.columns.categories[code].name for code in matched.category]
    assert (names, matched.box[0].tolist()) == (["car", "car"], [0, 0, 10, 20])
    assert matched.score.tolist() == pytest.approx([0.5, 0.25])
    assert matched.annotation.tolist() == [2, 4]
    facts = project_facts(project, SILENT)
    assert (facts.objects, [row.name for row in facts.classes]) == (2, ["bus"])  # a car is only predicted
    assert [row.name for row in count_table(project, CountRequest(), SILENT).rows] == ["bus"]
    set_classes(project, [ClassEdit("car", "must-not-miss", None)], SILENT)
    assert [row.name for row in project_facts(project, SILENT).classes] == ["bus", "car"]
    project.close()


def test_a_project_of_predictions_alone_has_no_classes_to_count(tmp_path):
    project = a_project(tmp_path / "p.tailwise", predicted(["1.jpg"]))

    assert count_table(project, CountRequest(), SILENT).rows == ()
    assert matched_predictions(project).unmatched == (1,)
    project.close()


def test_a_project_without_predictions_has_none(tmp_path):
    project = a_project(tmp_path / "p.tailwise", a_source({"1.jpg": {"bus": 2}}))

    assert len(matched_predictions(project)) == 0
    assert matched_predictions(project).box.shape == (0, 4)
    project.close()


RESULTS = [
    {"image_id": 1, "category_id": 3, "bbox": [1, 2, 10, 12], "score": 0.75},
    {"image_id": 2, "category_id": 4, "bbox": [1, 2, 10, 12], "score": 0.5},
]
NAMED = {
    "images": [{"id": 1, "file_name": "1.png"}, {"id": 2, "file_name": "2.png"}],
    "categories": [{"id": 3, "name": "car"}, {"id": 4, "name": "bus"}],
    "annotations": [],
}
LABELLED = NAMED | {
    "images": NAMED["images"][:1],
    "categories": NAMED["categories"][:1],
    "annotations": [{"id": 1, "image_id": 1, "category_id": 3, "bbox": [1, 2, 3, 4], "area": 12, "iscrowd": 0}],
}


def test_what_predictions_lack_is_told_until_labels_arrive(tmp_path):
    model = write_tree(tmp_path / "model", {"results.json": json.dumps(RESULTS), "val.json": json.dumps(NAMED)})
    project = create_project(tmp_path / "p.tailwise")
    request = ImportRequest(model, role=Role.PREDICTIONS)
    outcome = import_source(project, request, SILENT, here)

    assert {f.code: f.count for f in outcome.findings if f.code.startswith("PR")} == {"PR-01": 2}

    labels = write_tree(tmp_path / "labels", {"train.json": json.dumps(LABELLED), "images/1.png": (20, 20)})
    import_source(project, ImportRequest(labels), SILENT, here)

    found = between(project)
    assert found["PR-01"] == (1, ("2.png",))
    assert found["PR-02"] == (1, ("1.png → images/1.png (by its last part)",))
    assert found["PR-03"] == (1, ("bus",))
    assert found_files(project) == ["images/1.png"]
    project.close()


def test_results_alone_take_the_names_of_labels_that_the_project_has(tmp_path):
    model = write_tree(tmp_path / "model", {"results.json": json.dumps(RESULTS[:1])})
    labels = write_tree(tmp_path / "labels", {"train.json": json.dumps(LABELLED), "images/1.png": (20, 20)})
    project = create_project(tmp_path / "p.tailwise")
    alone = ImportRequest(model, role=Role.PREDICTIONS)
    with pytest.raises(UnreadableSourceError, match="Import the COCO labels"):
        import_source(project, alone, SILENT, here)

    import_source(project, ImportRequest(labels), SILENT, here)
    import_source(project, ImportRequest(model / "results.json", answers={"predictions": "yes"}), SILENT, here)

    assert found_files(project) == ["images/1.png"]
    assert [c.name for c in project.columns.categories] == ["car"]
    import_source(project, ImportRequest(labels / "train.json"), SILENT, here)
    with pytest.raises(QuestionError) as raised:
        import_source(project, alone, SILENT, here)
    assert [(q.key, [c.value for c in q.choices]) for q in raised.value.questions] == [
        ("reference", ["labels", "train"])
    ]
    import_source(project, ImportRequest(model, role=Role.PREDICTIONS, answers={"reference": "train"}), SILENT, here)
    project.close()


@needs_real_data
def test_published_detections_meet_the_published_images(tmp_path):
    truth = real_counts()["voc100_multiformat_predictions"]
    counts = truth["predictions"]
    project = create_project(tmp_path / "p.tailwise")
    labels = VOC / "gts" / "pascalvoc_format"
    import_source(project, ImportRequest(labels), SILENT, here)
    dets = next((VOC / "dets" / "coco_format").glob("*.json"))

    assert detect_source(dets, SILENT, here)[0].format == "coco"
    outcome = import_source(project, ImportRequest(dets, role=Role.PREDICTIONS), SILENT, here)

    matched = matched_predictions(project)
    columns = project.columns
    names = [c.name for c in columns.categories]
    per_class = {names[code]: n for code, n in enumerate(np.bincount(matched.category).tolist()) if n}
    assert outcome.annotations == len(matched) == counts["detections"]
    assert len(set(matched.rows.tolist())) == counts["images"]
    assert per_class == counts["per_class"]
    assert float(matched.score.min()) == pytest.approx(counts["min_score"])
    facts = project_facts(project, SILENT)
    assert (facts.items, facts.objects) == (100, truth["pascalvoc"]["instances"])
    project.close()
