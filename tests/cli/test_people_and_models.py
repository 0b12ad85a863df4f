"""By command: what labelling tools tell about people and time, and what a model says, beside the labels."""

import json

import pytest

from cli_runs import Shell
from dataset_trees import write_tree

REGION = {"x": 10, "y": 10, "width": 50, "height": 50, "rectanglelabels": ["car"]}
RESULT = {"type": "rectanglelabels", "original_width": 64, "original_height": 48, "value": REGION}


def a_task(number, seconds):
    work = {"completed_by": number, "lead_time": seconds, "created_at": "2025-01-01", "result": [RESULT]}
    return {"id": number, "data": {"image": f"/data/local-files/?d={number}.png"}, "annotations": [work]}


@pytest.fixture
def shell(capsys):
    return Shell(capsys)


def test_info_tells_the_seconds_that_the_labelling_tool_measured(tmp_path, shell):
    tasks = json.dumps([a_task(1, 20), a_task(2, 40)])
    source = write_tree(tmp_path / "studio", {"export.json": tasks, "1.png": (64, 48), "2.png": (64, 48)})
    project = tmp_path / "p.tailwise"

    assert shell.json("import", source, project)["format"] == "label_studio"

    [times] = shell.json("info", project)["lead_times"]
    assert (times["source"], times["measured_by"], times["items"]) == ("studio", "lead_time of Label Studio", 2)
    assert times["median_s"] == pytest.approx(30, abs=0.2)
    assert "labelling time in studio: 30 s" in shell("info", project)
    assert shell.json("info", project)["conditions"]["annotator"] == ["A01", "A02"]


def test_results_of_a_model_are_asked_about_joined_and_never_counted(tmp_path, shell):
    labels = {
        "images": [{"id": 1, "file_name": "1.png", "width": 64, "height": 48}],
        "categories": [{"id": 3, "name": "car"}],
        "annotations": [{"id": 1, "image_id": 1, "category_id": 3, "bbox": [1, 2, 3, 4], "area": 12, "iscrowd": 0}],
    }
    results = [{"image_id": 1, "category_id": 3, "bbox": [1, 2, 10, 12], "score": 0.75}]
    train = write_tree(tmp_path / "train", {"train.json": json.dumps(labels), "1.png": (64, 48)})
    model = write_tree(tmp_path / "model", {"results.json": json.dumps(results)}) / "results.json"
    project = tmp_path / "p.tailwise"
    shell("import", train, project)

    shell("import", model, project, code=1)
    assert "are these predictions?" in shell.err

    outcome = shell.json("import", model, project, "--role", "predictions")
    assert (outcome["objects"], outcome["findings"].keys() & {"PR-01", "IMG-01"}) == (1, set())
    info = shell.json("info", project)
    assert [(s["name"], s["role"]) for s in info["sources"]] == [("train", "labels"), ("results", "predictions")]
    assert (info["objects"], info["items"]) == (1, 1)
