"""How many near-duplicates a work order takes: one of a cluster, two for a rare class, three in 13 weeks."""

import csv
import json

import pytest

from builders import a_project, a_source
from tailwise.domain.errors import RequestError
from tailwise.domain.orders import HeldBack
from tailwise.ops.child import run_here
from tailwise.ops.progress import SILENT
from tailwise.storage import plan_tables
from tailwise.usecases.exports import ExportRequest, export
from tailwise.usecases.plans import compute_plan

LABELLED = {f"car/{i}.jpg": {"car": 1} for i in range(12)} | {"bike.jpg": {"bike": 1}, "skip.jpg": {"skip": 1}}


def _project(path, clusters, light, identical=None):
    groups = {"near-duplicate cluster": clusters} | ({"identical file": identical} if identical else {})
    pool = tuple(light)
    return a_project(path, a_source(LABELLED, pool=pool, groups=groups, conditions={"light": light}))


def _order(project, to, plan_id=None):
    done = export(project, ExportRequest("work-order", to, plan_id=plan_id), SILENT, run_here)
    with (to / "vendor" / "csv" / "items.csv").open(encoding="utf-8", newline="") as file:
        return {row["file_name"] for row in csv.DictReader(file)}, done.checks, (to / "README.txt").read_text("utf-8")


@pytest.mark.parametrize(
    ("cls", "route", "second"), [("bike", "targeted", 1), ("car", "targeted", 0), ("bike", "random", 0)]
)
def test_a_second_of_a_cluster_is_for_a_rare_class_and_another_condition(tmp_path, cls, route, second):
    # c differs in light, d does not, e only by being the same file under another name
    clusters = {"c0": "c", "c1": "c", "c2": "c", "d0": "d", "d1": "d", "e0": "e", "e1": "e"}
    light = {"c0": "day", "c1": "night", "c2": "night", "d0": "day", "d1": "day", "e0": "day", "e1": "dusk"}
    project = _project(tmp_path / "p.tailwise", clusters, light, identical={"e0": "x", "e1": "x"})
    text = (
        f'[plan]\nweeks = 1\n[[class]]\nname = "{cls}"\ntarget = 7\n[[stream]]\nname = "all"\nsource = "set"\n'
        f'route = "{route}"\navailable = 7\nyields = {{ {cls} = 1.0 }}\n'
    )

    plan = compute_plan(project, text, SILENT)
    listed, checks, readme = _order(project, tmp_path / "out")

    assert sorted(name[0] for name in listed) == sorted("cde" + "c" * second)
    assert len({light[name] for name in listed if name[0] == "c"}) == 1 + second
    assert (checks["near_duplicates_held_back"], checks.get("second_of_a_cluster", 0)) == (4 - second, second)
    assert f"{4 - second} unlabelled items are held back as near-duplicates" in readme
    assert ("1 item is the second of a cluster" in readme) == bool(second)
    assert any(note.startswith("4 unlabelled items are held back: of near-dup") for note in plan.outcome.notes)
    project.close()


def test_three_of_a_cluster_are_ordered_in_thirteen_weeks_and_none_twice(tmp_path):
    clusters = dict.fromkeys(("c0", "c1", "c2", "c3"), "c")
    project = _project(tmp_path / "p.tailwise", clusters, dict.fromkeys((*clusters, "lone"), "day"))
    text = '[plan]\nname = "{}"\nweeks = 1\n[[class]]\nname = "car"\ntarget = 9\n'
    plans, orders = [], []
    for name in "ABC":
        plans.append(compute_plan(project, text.format(name), SILENT))
        orders.append(_order(project, tmp_path / name)[0])
    fourth = compute_plan(project, text.format("D"), SILENT)
    held, checks, readme = _order(project, tmp_path / "D")

    assert all(order > {"lone"} for order in orders)
    assert len(set().union(*orders)) == 4, "three of the cluster, never one of them twice, and the lone one"
    assert held == {"lone"}
    assert checks["near_duplicates_held_back"] == 4
    assert "4 of clusters that orders of the last 13 weeks took three items of" in readme
    assert fourth.outcome.lines[0].items == 1
    assert any("work orders of the last 13 weeks took three" in note for note in fourth.outcome.notes)
    assert _order(project, tmp_path / "again", plans[0].id)[0] == orders[0], "an order exported again is the same"
    compute_plan(project, text.format("A"), SILENT)
    assert _order(project, tmp_path / "A2")[0] >= {"lone"}, "a new version takes the place of the old one"

    with project.file.writing() as db:
        db.execute("UPDATE export SET created_utc = '2001-01-01T00:00:00Z'")
    assert len(_order(project, tmp_path / "later", compute_plan(project, text.format("E"), SILENT).id)[0]) == 2
    project.close()


def test_a_pool_that_is_ordered_out_and_orders_of_older_programs_are_no_riddle(tmp_path):
    clusters = dict.fromkeys(("c0", "c1", "c2"), "c")
    project = _project(tmp_path / "p.tailwise", clusters, dict.fromkeys(clusters, "day"))
    text = '[plan]\nname = "{}"\nweeks = 1\n[[class]]\nname = "car"\ntarget = 9\n'
    items = project.columns.item_ids[-3:].tolist()
    with project.file.writing() as db:
        earlier = {"order": {"plan": 99, "name": "A", "items": items}}
        plan_tables.add_export(db, "work-order", "", json.dumps(earlier))

    with pytest.raises(RequestError, match="took three near-duplicates"):
        compute_plan(project, text.format("D"), SILENT)
    with project.file.writing() as db:
        db.execute("UPDATE export SET outcome = ?", (json.dumps({"files": []}),))
    assert compute_plan(project, text.format("D"), SILENT).outcome.items == 1
    assert not HeldBack().sentence
    assert HeldBack(in_quarter=1).sentence.startswith("1 unlabelled item is held back")
    assert HeldBack(second=2).sentence.startswith("2 items are the second")
    project.close()
