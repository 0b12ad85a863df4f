"""Resampling and class weights of a project, end to end without a window: who is repeated, what is said, what goes out."""

import csv
import dataclasses
import json

import numpy as np
import pytest

from builders import a_project, a_source, store
from cli_runs import Shell
from tailwise.domain.class_weights import Scheme, WeightsRequest
from tailwise.domain.errors import RequestError
from tailwise.domain.records import IDENTICAL_AXIS, AnnotationKind
from tailwise.domain.resampling import BACKGROUND, ResamplingRequest
from tailwise.domain.split import SplitRequest
from tailwise.exports.resampling import write_resampling
from tailwise.ops.child import run_here
from tailwise.ops.progress import SILENT
from tailwise.usecases.exports import ExportRequest, export, export_targets
from tailwise.usecases.projects import journal
from tailwise.usecases.resampling import plan_resampling, preview_resampling, resampling_export, stored_resampling
from tailwise.usecases.resampling_outcome import outcome_json
from tailwise.usecases.splits import compute_split, split_items_by_name
from tailwise.usecases.training_part import load_training
from tailwise.usecases.weights import load_weights_base, plan_weights, stored_weights, weights_export
from tailwise.usecases.weights_outcome import preview_weights

RATIOS = (("train", 0.6), ("val", 0.2), ("test", 0.2))


def photos(car=60, bike=20, empty=0):
    labels = {f"car/{k:03}.jpg": {"car": 1} for k in range(car)} | {
        f"bike/{k:03}.jpg": {"bike": 1} for k in range(bike)
    }
    return labels | {f"none/{k:03}.jpg": {} for k in range(empty)}


def single_labelled(labels, **more):
    """Build a source whose annotations are classes of whole images."""
    data = a_source(labels, **more)
    for k in range(len(data.annotations)):
        data.annotations.kind[k] = AnnotationKind.LABEL
    return data


@pytest.fixture
def project(tmp_path):
    project = a_project(tmp_path / "p.tailwise", single_labelled(photos()))
    yield project
    project.close()


@pytest.fixture
def detection(tmp_path):
    """Half of the hundred images hold cars only, one in ten a wheelchair beside its cars."""
    labels = {f"{k:03}.jpg": {"car": 3} | ({"wheelchair": 1} if k % 10 == 0 else {}) for k in range(100)}
    project = a_project(tmp_path / "d.tailwise", a_source(labels))
    yield project
    project.close()


def test_only_training_items_are_repeated_in_any_file(tmp_path, project):
    split = compute_split(project, SplitRequest(RATIOS), SILENT)
    train = set(split_items_by_name(project, split.id)["train"])

    _, outcome = plan_resampling(project, ResamplingRequest(total=60, cap=3), SILENT)
    done = export(project, ExportRequest("resampling", tmp_path / "out"), SILENT, run_here)

    with (tmp_path / "out/resampling/resampling.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    sampler = json.loads((tmp_path / "out/resampling/sampler.json").read_text())
    lines = (tmp_path / "out/resampling/train_repeated.txt").read_text().splitlines()
    assert {int(r["item_id"]) for r in rows} == set(sampler["ids"]) == train
    assert sum(int(r["repeats_int"]) for r in rows) == len(lines) == outcome.total == 60
    assert max(int(r["repeats_int"]) for r in rows) <= 3
    assert sum(sampler["weights"]) == pytest.approx(1.0)
    assert sampler["order_ref"] == "splits/splits.csv#train"
    assert done.checks["held_out_repeated"] == 0
    assert outcome.part.held_out == 80 - len(train)
    assert {r.name: round(r.effective) for r in outcome.rows} == {"car": 30, "bike": 30}


def test_what_a_list_cannot_hold_is_left_out_and_said(tmp_path):
    labels = {"a.gif": {"car": 1}, "b.jpg": {"bike": 1}, "c.gif": {"bike": 1}}
    project = a_project(tmp_path / "g.tailwise", single_labelled(labels))
    plan_resampling(project, ResamplingRequest(total=6), SILENT)

    done = export(project, ExportRequest("resampling", tmp_path / "out"), SILENT, run_here)

    lines = (tmp_path / "out/resampling/train_repeated.txt").read_text().splitlines()
    assert set(lines) == {"./images/b.jpg"}
    assert next(w.count for w in done.warnings if w.code == "EX-13") == 2
    project.close()


def test_a_plan_that_holds_a_validation_item_is_never_written(project):
    compute_split(project, SplitRequest(RATIOS), SILENT)
    plan_resampling(project, ResamplingRequest(), SILENT)
    data = resampling_export(project)
    planted = dataclasses.replace(data, held_out_ids=frozenset({data.columns.item_id[0]}))

    with pytest.raises(RequestError, match="never done"):
        write_resampling(planted, None, SILENT)


def test_published_lists_that_overlap_do_not_leak(tmp_path):
    labels = photos(6, 4)
    names = list(labels)
    lists = {"train": names[:8], "val": names[6:9]}
    with_lists = a_project(tmp_path / "l.tailwise", single_labelled(labels, splits=lists))

    part = load_training(with_lists).part

    assert (part.items, part.leaked, part.held_out, part.unassigned) == (6, 2, 3, 1)
    assert "listed for training and elsewhere" in part.warning
    with_lists.close()


def test_a_project_of_validation_items_alone_cannot_be_resampled(tmp_path):
    labels = photos(3, 3)
    alone = a_project(tmp_path / "v.tailwise", single_labelled(labels, splits={"val": list(labels)}))

    with pytest.raises(RequestError, match="No labelled item is in a training split"):
        load_training(alone)
    alone.close()


def test_without_a_split_all_labelled_items_are_used_and_it_is_said(project):
    outcome = preview_resampling(load_training(project), ResamplingRequest(total=80, cap=5))

    assert outcome.part.items == 80
    assert any("no split" in note for note in outcome.notes)
    assert any("holds nothing back" in note for note in outcome.notes), "40 bikes are 2 uses, the cap is 5"
    told = outcome_json(outcome)
    assert told["rows"][0] | {"class": "car", "count": 60, "effective": 40} == told["rows"][0]
    assert told["after"]["evenness"] == 1.0


def test_settings_that_change_nothing_and_totals_out_of_reach_are_said(project):
    base = load_training(project)

    same = preview_resampling(base, ResamplingRequest(total=80, cap=1))
    floor = preview_resampling(base, ResamplingRequest(total=80, floor=0.1))
    over = preview_resampling(base, ResamplingRequest(total=401, cap=5))
    scene = preview_resampling(base, ResamplingRequest(total=80, per_scene=True))

    assert same.changes_nothing
    assert any("changes nothing: every training item" in n for n in same.notes)
    assert any("floor of 0.1 changes nothing" in n for n in floor.notes)
    assert not over.is_feasible
    assert any("short by 1" in n and "5.0125" in n for n in over.notes)
    assert any("No near-duplicates are known" in n for n in scene.notes)


def test_empty_images_are_a_class_of_their_own_where_each_image_has_one(tmp_path):
    source = single_labelled(photos(30, 0, empty=90), classes=("car", "tram"))
    cracks = a_project(tmp_path / "c.tailwise", source)

    outcome = preview_resampling(load_training(cracks), ResamplingRequest(total=120, cap=5))

    assert {r.name: (r.count, round(r.effective)) for r in outcome.rows} == {
        BACKGROUND: (90, 60), "car": (30, 60), "tram": (0, 0),
    }  # fmt: skip
    assert any("No training item holds tram" in n for n in outcome.notes)
    cracks.close()


def test_objects_share_images_and_the_price_is_shown(detection):
    outcome = preview_resampling(load_training(detection), ResamplingRequest(total=150, cap=5))
    car, wheelchair = outcome.rows

    assert outcome.method.value == "target-lp"
    assert outcome.floor == 1.0
    assert wheelchair.multiplier == pytest.approx(5.0)
    assert wheelchair.is_capped
    assert car.surplus > 0
    assert any(n.startswith("Above their target") for n in outcome.notes)
    assert [m.method.value for m in outcome.comparison] == ["target-lp", "rfs", "irfs"]
    fewer = preview_resampling(load_training(detection), ResamplingRequest(total=50, floor=0.8))
    assert any("too few" in n and "0.5" in n for n in fewer.notes)


def test_identical_files_are_one_scene(tmp_path):
    labels = photos(20, 4)
    twins = {IDENTICAL_AXIS: {f"bike/{k:03}.jpg": "twin" for k in range(3)}}
    project = a_project(tmp_path / "t.tailwise", single_labelled(labels, groups=twins))

    outcome = preview_resampling(load_training(project), ResamplingRequest(total=24, cap=5, per_scene=True))

    bike = next(r for r in outcome.rows if r.name == "bike")
    assert (bike.count, bike.scenes, bike.effective) == (4, 2, pytest.approx(10))
    assert outcome.emission.max_scene_repeats == 5
    project.close()


def test_plans_are_kept_and_go_stale_with_the_data(project):
    assert stored_resampling(project) is None
    assert {t.kind: t.available for t in export_targets(project)}["resampling"] is False
    with pytest.raises(RequestError, match="No resampling is planned"):
        resampling_export(project)

    stored, _ = plan_resampling(project, ResamplingRequest(total=70, seed=3), SILENT)
    assert stored_resampling(project) == stored
    assert journal(project)[0].verb == "resample"

    store(project, single_labelled(photos(10, 10), name="more", root="/more"))
    assert stored_resampling(project).is_current is False
    assert len(resampling_export(project).columns.item_id) == 100


def test_weights_follow_the_choice_rule_and_warn_of_correcting_twice(project):
    alone = preview_weights(load_weights_base(project), WeightsRequest())
    assert alone.scheme is Scheme.NONE, "60 to 20 is 3"

    plan_resampling(project, ResamplingRequest(total=200, cap=8), SILENT)
    stored, both = plan_weights(project, WeightsRequest(Scheme.BALANCED), SILENT)

    bike = next(r for r in both.rows if r.name == "bike")
    assert (bike.weight, bike.multiplier, bike.product) == (pytest.approx(2), pytest.approx(5), pytest.approx(10))
    assert not any("Corrected twice" in w for w in both.warnings), "10 is below 8 x sqrt(3)"
    plan_resampling(project, ResamplingRequest(total=200, cap=5), SILENT)
    again = preview_weights(load_weights_base(project), stored.request)
    assert any("Corrected twice: bike is repeated 5.00 times and weighted 2.00" in w for w in again.warnings)
    assert stored_weights(project).request == stored.request


@pytest.mark.parametrize(
    ("scheme", "car", "bike"),
    [
        ("inverse", 0.25, 0.75),
        ("median", 1.111111, 0.888889),
        ("pos-weight", 1 / 3, 3.0),
        ("sqrt", 0.732051, 1.267949),
        ("effective", 0.579, 1.42),
        ("none", 1.0, 1.0),
    ],
)
def test_each_scheme_weighs_the_project(project, scheme, car, bike):
    outcome = preview_weights(load_weights_base(project), WeightsRequest(Scheme.of(scheme)))

    found = {r.name: r.weight for r in outcome.rows}
    if scheme == "median":
        assert found["bike"] / found["car"] == pytest.approx(3.0)
    else:
        assert found == {"car": pytest.approx(car, abs=2e-2), "bike": pytest.approx(bike, abs=3e-2)}


def test_cuts_missing_classes_and_unknown_sizes_are_said(tmp_path):
    data = a_source(photos(300, 2), classes=("car", "bike", "tram"))
    data.items.width[0] = 0
    project = a_project(tmp_path / "w.tailwise", data)
    base = load_weights_base(project)

    auto = preview_weights(base, WeightsRequest(cap=1.5, use_tiers=True))
    median = preview_weights(base, WeightsRequest(Scheme.MEDIAN))
    positive = preview_weights(base, WeightsRequest(Scheme.POS_WEIGHT))

    assert (auto.scheme, auto.beta) == (Scheme.EFFECTIVE, 150 / 151)
    assert any("No weight is defined" in w and "tram" in w for w in auto.warnings)
    assert any("Weights are cut at 1.5" in w for w in auto.warnings)
    assert any("bike would have 150" in w for w in auto.warnings)
    assert any("size of 1 images is unknown" in w for w in median.warnings)
    assert next(r for r in positive.rows if r.name == "bike").weight == 100
    assert "focal loss" in positive.focal
    project.close()


def test_exported_weights_read_the_same_in_every_form(tmp_path, project):
    plan_weights(project, WeightsRequest(Scheme.BALANCED), SILENT)
    export(project, ExportRequest("weights", tmp_path / "out"), SILENT, run_here)

    document = json.loads((tmp_path / "out/resampling/class_weights.json").read_text())
    names = [c["name"] for c in document["classes"]]
    expected = {r.name: r.weight for r in weights_export(project).rows}
    assert document["sklearn"] == expected
    assert [document["keras"][str(k)] for k in range(2)] == document["torch"] == [expected[n] for n in names]
    with (tmp_path / "out/resampling/class_weights.csv").open(newline="") as file:
        assert {r["class"]: float(r["weight"]) for r in csv.DictReader(file)} == expected


def test_imbalanced_learn_takes_the_class_totals_as_they_are(project):
    over = pytest.importorskip("imblearn.over_sampling")
    rows = preview_resampling(load_training(project), ResamplingRequest(total=120, cap=5)).rows
    wanted = {r.name: round(r.effective) for r in rows if r.multiplier > 1}
    y = np.repeat([r.name for r in rows], [r.count for r in rows])

    _, repeated = over.RandomOverSampler(sampling_strategy=wanted, random_state=0).fit_resample(
        np.arange(y.size)[:, None], y
    )

    assert {n: int((repeated == n).sum()) for n in wanted} == wanted


def test_by_command(tmp_path, capsys, project):
    project.close()
    shell = Shell(capsys)

    told = shell.json("plan", "resample", project.path, "--total", 120, "--cap", 3, "--epochs", 2)
    weights = shell.json("plan", "weights", project.path, "--scheme", "effective_number", "--beta", 0.9)
    files = shell.json("export", project.path, "resampling", "--to", tmp_path / "out")["files"]
    text = shell("plan", "resample", project.path, "--total", 500, "--cap", 3)
    words = shell("plan", "weights", project.path)

    assert told["total"] == 120
    assert sum(r["effective"] for r in told["rows"]) == 120
    assert (weights["scheme"], weights["beta"]) == ("effective", 0.9)
    assert "resampling/epochs.csv" in {f["path"] for f in files}
    assert "short by 260" in text
    assert "up to 3 times no weights are needed" in words
    shell("plan", "weights", project.path, "--scheme", "magic", code=1)
    assert "Choose one of" in shell.err
