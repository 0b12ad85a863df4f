"""The main job by command on published datasets: counts equal COUNTS.json, quirks are findings, and all the way out."""

import csv
import json

import pytest

from cli_runs import Shell
from realdata import REAL, needs_real_data, real_counts

pytestmark = [needs_real_data, pytest.mark.realdata]

RATIOS = ("--ratio", "train=0.7", "--ratio", "val=0.15", "--ratio", "test=0.15")


@pytest.fixture
def shell(capsys):
    return Shell(capsys)


def by_class(rows):
    return {row["class"]: row["count"] for row in rows if row["count"]}


def wanted(table, what):
    return {name: n[what] for name, n in table.items() if n[what]}


def check_counts(shell, project, table, rename=lambda name: name):
    table = {rename(name): n for name, n in table.items()}
    assert by_class(shell.json("counts", project, "--unit", "objects")["rows"]) == wanted(table, "instances")
    assert by_class(shell.json("counts", project, "--unit", "images")["rows"]) == wanted(table, "images")


def findings_of(shell, project):
    return {f["code"]: f for f in shell.json("findings", project)["findings"]}


DETECTION = [
    ("bccd_voc", (), ("bccd_voc", "voc"), str),
    ("dawn_fog_yolo", ("--format", "yolo"), ("dawn_fog_yolo", "yolo"), "class_{}".format),
    ("dawn_fog_yolo", ("--format", "voc"), ("dawn_fog_yolo", "voc"), str),
    ("taco_coco", (), ("taco_coco", None), str),
    ("voc100_multiformat_predictions/database/gts/coco_format_v1", (), ("voc100_multiformat_predictions", "coco_v1"), str),
    ("voc100_multiformat_predictions/database/gts/coco_format_v2", (), ("voc100_multiformat_predictions", "coco_v2"), str),
    ("voc100_multiformat_predictions/database/gts/yolo_format", (), ("voc100_multiformat_predictions", "yolo"), str),
    ("voc100_multiformat_predictions/database/gts/pascalvoc_format", (), ("voc100_multiformat_predictions", "pascalvoc"), str),
]  # fmt: skip


@pytest.mark.parametrize(("folder", "options", "key", "rename"), DETECTION)
def test_detection_sets_count_exactly(shell, tmp_path, folder, options, key, rename):
    project = tmp_path / "p.tailwise"
    outcome = shell.json("import", REAL / folder, project, *options)
    counts = real_counts()[key[0]]
    counts = counts[key[1]] if key[1] else counts

    check_counts(shell, project, counts["classes"], rename)
    objects = counts.get("instances", counts.get("annotations"))
    assert outcome["objects"] == objects
    assert shell.json("info", project)["objects"] == objects


@pytest.mark.parametrize("split", ["train2017", "val2017"])
def test_coco_tiny_counts_exactly_per_split(shell, tmp_path, split):
    project = tmp_path / "p.tailwise"
    shell.json("import", REAL / "coco_tiny", project)
    counts = real_counts()["coco_tiny"][split]
    name = split.removesuffix("2017")

    rows = shell.json("counts", project, "--where", f"split={name}", "--unit", "objects")["rows"]
    info = shell.json("info", project)

    assert by_class(rows) == wanted(counts["classes"], "instances")
    assert info["splits"] == {"train": 32, "val": 6}
    assert info["missing_files"] == 21 + 4
    assert info["empty"] == 2


def test_class_folders_count_exactly_and_tell_their_quirks(shell, tmp_path):
    project = tmp_path / "p.tailwise"
    shell.json("import", REAL / "trashnet_folders", project)

    rows = shell.json("counts", project)
    assert rows["unit"] == "images"
    assert by_class(rows["rows"]) == real_counts()["trashnet_folders"]["folder_counts"]
    found = findings_of(shell, project)
    assert found["IF-04"]["count"] == 3  # the same bytes in two classes
    assert any("glass115" in example and "metal91" in example for example in found["IF-04"]["examples"])
    assert found["IF-11"]["count"] == 1662  # published lists name images that are not here


@pytest.mark.parametrize(("table", "key"), [("bee_data_subset.csv", "subset"), ("bee_data.csv", "full")])
def test_a_table_counts_exactly_by_class_and_condition(shell, tmp_path, table, key):
    project = tmp_path / "p.tailwise"
    source = REAL / "honeybee_conditions" / table
    shell("import", source, project, code=1)
    assert "health" in shell.err  # which column holds the class is asked, not guessed

    shell.json("import", source, project, "--answer", "label=health", "--answer", "extra_images=ignore")

    counts = real_counts()["honeybee_conditions"]
    rows = shell.json("counts", project, "--unit", "images")["rows"]
    assert by_class(rows) == counts[key]["health"]
    rows = shell.json("counts", project, "--unit", "images", "--by", "location")["rows"]
    found = {f"{r['location']} | {r['class']}": r["count"] for r in rows if r["count"]}
    assert found == counts[f"health_by_location_{key}"]


def test_bees_tell_their_quirks(shell, tmp_path):
    project = tmp_path / "p.tailwise"
    source = REAL / "honeybee_conditions" / "bee_data_subset.csv"
    shell.json("import", source, project, "--answer", "label=health")

    texts = json.dumps(shell.json("findings", project))
    assert "030_402.png" in texts  # the empty file
    assert "Athens, GA, USA" in texts  # two spellings of one place
    assert "caste" in texts  # a constant column
    identical = findings_of(shell, project)["IMG-05"]["count"]
    assert identical == len(real_counts()["honeybee_conditions"]["images"]["exact_duplicate_groups"])


def test_blood_cells_keep_their_published_splits_and_quirks(shell, tmp_path):
    project = tmp_path / "p.tailwise"
    shell.json("import", REAL / "bccd_voc", project)

    assert shell.json("info", project)["splits"] == real_counts()["bccd_voc"]["splits"]
    texts = json.dumps(shell.json("findings", project))
    assert "BloodImage_00338" in texts
    assert "BloodImage_00343" in texts


def test_litter_tells_its_quirks_and_its_scenes(shell, tmp_path):
    project = tmp_path / "p.tailwise"
    shell.json("import", REAL / "taco_coco", project)
    counts = real_counts()["taco_coco"]

    found = findings_of(shell, project)
    assert found["IMG-01"]["count"] == counts["image_files_missing"]
    assert found["CO-06"]["count"] == len(counts["issues"]["duplicate_annotation_ids"])
    assert found["BOX-02"]["count"] == len(counts["issues"]["boxes_outside_image_by_more_than_half_px"])
    assert found["CO-21"]["count"] == counts["scene_background_counts"]["UNDEFINED id 7"]
    rows = shell.json("counts", project, "--by", "scene", "--unit", "images")["rows"]
    assert {r["scene"] for r in rows} >= {"Vegetation", "Water", "Clean"}


def test_detections_become_predictions_and_change_no_count(shell, tmp_path):
    project = tmp_path / "p.tailwise"
    database = REAL / "voc100_multiformat_predictions" / "database"
    shell.json("import", database / "gts" / "coco_format_v1", project)
    before = shell.json("counts", project)

    outcome = shell.json(
        "import", database / "dets" / "coco_format" / "coco_dets.json", project, "--role", "predictions"
    )

    assert outcome["objects"] == real_counts()["voc100_multiformat_predictions"]["predictions"]["detections"]
    assert shell.json("counts", project) == before


JOURNEYS = [
    ("taco_coco", (), ("--group", "folder", "--stratify", "scene"), ("manifest", "coco", "yolo-labels")),
    ("bccd_voc", (), (), ("manifest", "coco", "yolo-labels")),
    ("dawn_fog_yolo", ("--format", "yolo"), ("--stratify", "prefix"), ("manifest", "coco", "yolo")),
    ("trashnet_folders", (), (), ("manifest",)),
    ("coco_tiny", (), (), ("manifest", "coco", "yolo-labels")),
    ("voc100_multiformat_predictions/database/gts/yolo_format", (), (), ("manifest",)),  # its images lie elsewhere
    ("voc100_multiformat_predictions/database", ("--format", "yolo"), (), ("manifest", "coco", "yolo-labels")),
    ("voc100_multiformat_predictions/database/gts/pascalvoc_format", (), (), ("manifest", "coco")),
    ("honeybee_conditions/bee_data_subset.csv", ("--answer", "label=health"), ("--group", "prefix"), ("manifest",)),
]


@pytest.mark.parametrize(("folder", "options", "keys", "targets"), JOURNEYS)
def test_import_counts_plan_split_export_end_to_end(shell, tmp_path, folder, options, keys, targets):
    project = tmp_path / "p.tailwise"
    shell.json("import", REAL / folder, project, *options)
    rows = shell.json("counts", project)["rows"]
    rare = min((r for r in rows if r["count"]), key=lambda r: (r["count"], r["class"]))["class"]
    request = tmp_path / "request.toml"
    request.write_text(
        f"""[plan]
name = "Next"
weeks = 2
[capacity]
label_hours = 20
[[class]]
name = {json.dumps(rare)}
tier = "must-not-miss"
min_per_week = 5
[[stream]]
name = "anything"
available = 4000
route = "random"
yields = {{ {json.dumps(rare)} = 0.05 }}
""",
        encoding="utf-8",
    )

    plan = shell.json("plan", "quota", project, request)
    assert plan["status"] == "optimal"
    assert plan["totals"]["expected"][rare] >= 10

    split = shell.json("split", project, *RATIOS, *keys, "--seed", "3")
    info = shell.json("info", project)
    assert sum(len(ids) for ids in split["splits"].values()) == info["labelled"] + info["empty"]
    assert split["checks"]["cut_groups"] == 0
    assert split["checks"]["leaked_duplicates"] == 0

    for target in targets:
        done = shell.json("export", project, "splits", "--to", tmp_path / target, "--target", target)
        assert all((tmp_path / target / f["path"]).exists() for f in done["files"])
    order = shell.json("export", project, "work-order", "--to", tmp_path / "order")
    assert any(f["path"].endswith(".xlsx") for f in order["files"])
    with (tmp_path / targets[0] / "splits" / "splits.csv").open(encoding="utf-8", newline="") as file:
        manifest = {int(r["item_id"]): r["split"] for r in csv.DictReader(file)}
    assert {name: sorted(i for i, s in manifest.items() if s == name) for name in split["splits"]} == split["splits"]
