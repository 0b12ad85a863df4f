"""The audit of a recipe from the sample to its result: strata, sheets, verdicts by table, and the command."""

import csv
import json
from collections import Counter
from dataclasses import replace

import cv2
import pytest

from augment_dataset import a_project_with_pictures
from cli_runs import Shell
from tailwise.domain.errors import RequestError
from tailwise.domain.label_audit import LabelVerdict, audit_result
from tailwise.domain.recipe import Recipe, RecipeStep, StepKind
from tailwise.imaging.augment_run import steps_of, variant_seed
from tailwise.ops.child import run_here
from tailwise.ops.progress import SILENT
from tailwise.usecases.audit_sheets import read_verdicts, write_sheets
from tailwise.usecases.augment_preview import ORIGINAL
from tailwise.usecases.augmentation import Studio, step_plan
from tailwise.usecases.label_audit import audit_tiles, draw_audit, load_audit, same_variants, save_audit

STEPS = (RecipeStep(StepKind.FLIP, 0.5, 0.5), RecipeStep(StepKind.BLUR, 0.5, 0.2), RecipeStep(StepKind.CUTOUT))
RECIPE = Recipe("mild", "bolt", STEPS)


@pytest.fixture
def project(tmp_path):
    with_pictures = a_project_with_pictures(tmp_path)
    yield with_pictures
    with_pictures.close()


def test_the_sample_holds_every_combination_of_steps_by_its_share(project):
    audit = draw_audit(project, RECIPE, SILENT)

    assert len(audit.variants) == 59
    assert audit.population == 594
    assert len({(v.item_id, v.number) for v in audit.variants}) == 59
    assert audit == draw_audit(project, RECIPE, SILENT)
    plan, everything = step_plan(project, RECIPE), Counter()
    for image in range(6):
        for number in range(99):
            seed = variant_seed(RECIPE.seed, f"images/p{image}.png", number)
            everything[steps_of(plan, seed, {0, 1, 2})] += 1
    sample = Counter(v.steps for v in audit.variants)
    assert {steps: round(count * 59 / 594) for steps, count in everything.items()} == pytest.approx(sample, abs=1)
    assert all(v.steps[-1] is StepKind.CUTOUT for v in audit.variants)


def test_the_steps_that_are_told_are_those_the_variant_gets(project):
    recipe = replace(RECIPE, steps=(RecipeStep(StepKind.FLIP, 0.5, 0.5),))
    audit, studio = draw_audit(project, recipe, SILENT, 12), Studio(project, "bolt")

    for position, variant in enumerate(audit.variants):
        original, made = audit_tiles(studio, audit, position, 96, SILENT)
        assert original.number == ORIGINAL
        assert (original.pixels == made.pixels) == (variant.steps == ())


def test_verdicts_are_kept_with_the_recipe_they_were_given_for(project):
    audit = draw_audit(project, RECIPE, SILENT, 5)
    for position in range(5):
        audit = audit.with_verdict(position, LabelVerdict.KEPT)
        save_audit(project, audit)

    assert load_audit(project, "mild") == audit
    assert load_audit(project, "other") is None
    assert same_variants(audit, replace(RECIPE, name="renamed"))
    assert not same_variants(audit, replace(RECIPE, seed=18))


def test_a_recipe_without_steps_or_pictures_has_nothing_to_audit(project, tmp_path):
    with pytest.raises(RequestError, match="no step that is on"):
        draw_audit(project, replace(RECIPE, steps=()), SILENT)
    for picture in (tmp_path / "parts" / "images").iterdir():
        picture.unlink()
    audit = draw_audit(project, RECIPE, SILENT, 2)  # still listed: nobody imported again
    original, made = audit_tiles(Studio(project, "bolt"), audit, 0, 96, SILENT)
    assert (original.pixels, made.pixels) == (b"", b"")


def test_sheets_are_written_filled_in_and_read_back(project, tmp_path):
    done = write_sheets(project, RECIPE, 4, tmp_path / "sheets", SILENT, run_here)

    with (done.to / "audit.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert cv2.imread(str(done.to / rows[0]["sheet"])).shape[1] == 2 * 96 + 12
    for row, said in zip(rows, ("kept", "LOST ", "kept", ""), strict=True):
        row["verdict"] = said
    filled = tmp_path / "filled.csv"
    fill(filled, rows)
    result = audit_result(read_verdicts(filled, done.audit))
    assert (result.judged, result.lost) == (3, 1)
    first = replace(done.audit.variants[0], file_name="=1+1.jpg")  # a spreadsheet must not compute it
    fill(filled, [rows[0] | {"file": "'=1+1.jpg"}])
    assert read_verdicts(filled, replace(done.audit, variants=(first,))).variants[0].verdict is not None
    for change, message in (
        ({"verdict": "maybe"}, "the verdict is 'maybe'"),
        ({"variant": "99"}, "no variant of this audit"),
        ({"number": "x"}, "no variant of this audit"),
    ):
        fill(filled, [rows[0] | change])
        with pytest.raises(RequestError, match=message):
            read_verdicts(filled, done.audit)
    filled.write_text("number,sheet\n", encoding="utf-8")
    with pytest.raises(RequestError, match="no column 'file'"):
        read_verdicts(filled, done.audit)
    filled.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(RequestError, match="UTF-8"):
        read_verdicts(filled, done.audit)
    with pytest.raises(RequestError, match="cannot be read"):
        read_verdicts(tmp_path / "none.csv", done.audit)


def test_the_command_draws_takes_verdicts_and_tells_the_bound(project, tmp_path, capsys):
    shell = Shell(capsys)
    place, sheets = project.path, tmp_path / "out"
    project.close()
    chosen = ["--class", "nut", "--size", "3", "--seed", "4"]

    drawn = shell.json("audit", place, *chosen, "--to", sheets)
    assert (drawn["size"], drawn["judged"], drawn["passed"]) == (3, 0, False)
    with (sheets / "audit.csv").open(encoding="utf-8", newline="") as file:
        rows = [row | {"verdict": "kept"} for row in csv.DictReader(file)]
    fill(tmp_path / "filled.csv", rows)
    told = shell.json("audit", place, *chosen, "--verdicts", tmp_path / "filled.csv")
    assert told["at_most"] == pytest.approx(1 - 0.05 ** (1 / 3), abs=1e-6)
    assert told == shell.json("audit", place, "--class", "nut")
    shell("audit", place, "--class", "nut")
    assert "0 of 3 variants with a bad label: at most 63.2 %" in shell.err
    shell("audit", place, "--class", "bolt", code=1)
    assert "never audited" in shell.err
    for both in (("--to", sheets, "--verdicts", sheets), ("--recipe", sheets, "--use", "x")):
        shell("audit", place, "--class", "nut", *both, code=2)
        assert "exclude each other" in shell.err
    recipe = tmp_path / "r.json"
    recipe.write_text(json.dumps({"steps": [{"step": "fog"}]}), encoding="utf-8")
    shell("audit", place, *chosen, "--recipe", recipe, "--to", sheets, "--replace")
    assert "3 sheets" in shell.err


def fill(path, rows):
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)
