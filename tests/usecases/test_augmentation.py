"""Recipes of a project, variants of its training pictures, and the folder they are written to."""

import csv
import json

import numpy as np
import pytest

from augment_dataset import CLASSES, SIZE, a_dataset, a_project_of, a_project_of_folders, a_project_with_pictures
from builders import a_project, a_source
from tailwise.domain.changes import Changes
from tailwise.domain.errors import ExportTargetError, RequestError
from tailwise.domain.index import IndexRequest
from tailwise.domain.recipe import ClassRule, Recipe, RecipeStep, StepKind, default_steps
from tailwise.domain.records import NEAR_DUPLICATE_AXIS, AxisKind
from tailwise.domain.split import SplitRequest
from tailwise.domain.variants import FlagKind
from tailwise.imaging.augment_shapes import ShapeKind
from tailwise.ops.child import run_here
from tailwise.ops.progress import SILENT, OpCancelledError, SharedProgress
from tailwise.storage import derived_axes, plan_tables
from tailwise.usecases.augment_preview import ORIGINAL, open_studio, preview_tiles
from tailwise.usecases.augmentation import (
    Studio,
    delete_recipe,
    list_recipes,
    load_recipe,
    measure_drift,
    new_recipe,
    read_recipe,
    recipe_effect,
    save_recipe,
)
from tailwise.usecases.exports import ExportRequest, export
from tailwise.usecases.generated import register_generated
from tailwise.usecases.image_index import build_index
from tailwise.usecases.materialise import MaterialiseRequest, materialise
from tailwise.usecases.splits import compute_split

FLIP = Recipe("flip", "bolt", (RecipeStep(StepKind.FLIP),))


@pytest.fixture
def project(tmp_path):
    project = a_project_with_pictures(tmp_path)
    yield project
    project.close()


class CancelAfter(SharedProgress):
    def __init__(self, reports):
        super().__init__()
        self._left = reports

    def advance(self, steps=1):
        self._left -= 1
        if self._left <= 0:
            self.cancel()
        super().advance(steps)


def written(project, to, **changes):
    request = MaterialiseRequest("bolt", to, changes.pop("recipe", FLIP), **changes)
    return materialise(project, request, SILENT, run_here)


def test_a_scene_has_the_polygons_and_masks_of_its_source(project):
    studio = Studio(project, "left part")
    shapes = {s.category: s for s in studio.original(studio.items.rows[0]).shapes}

    kinds = {CLASSES[c]: s.kind for c, s in shapes.items()}
    assert kinds == {"bolt": ShapeKind.POLYGON, "nut": ShapeKind.BOX, "left part": ShapeKind.MASK}
    assert [s.box() for s in shapes.values()] == [(20, 10, 30, 30), (60, 30, 20, 20), (55, 5, 35, 20)]
    assert len(studio.items.rows) == 2
    assert "no split" in studio.items.warning


def test_what_is_written_reads_back_exactly_mirrored_and_names_its_parent(project, tmp_path):
    done = written(project, tmp_path / "out", target="both", created_utc="2026-11-21T00:00:00Z")

    document = json.loads((tmp_path / "out" / "annotations.json").read_text("utf-8"))
    bolts = [a for a in document["annotations"] if a["category_id"] == 1]
    assert [a["bbox"] for a in bolts] == [[46, 10, 30, 30]] * 6
    assert {tuple(a["segmentation"][0][:2]) for a in bolts} == {(76, 10)}
    left = next(a for a in document["annotations"] if a["category_id"] == 3)
    assert left["bbox"] == [6, 5, 35, 20]
    assert sum(left["segmentation"]["counts"][1::2]) == 700
    assert all(i["synthetic"] and i["split"] == "train" and i["parent_id"] for i in document["images"])
    lines = (tmp_path / "out" / "labels").glob("*.txt")
    assert sorted(next(lines).read_text("utf-8").split()[:2]) == ["0", "0.635417"]
    with (tmp_path / "out" / "synthetic.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {r["synthetic"] for r in rows} == {"yes"}
    assert {r["group: parent"] for r in rows} == {r["parent_id"] for r in rows}
    counts = {c.class_name: (c.before, c.added) for c in done.classes}
    assert counts == {"bolt": (6, 6), "nut": (6, 6), "left part": (2, 2)}
    again = written(project, tmp_path / "again", target="both", created_utc="2026-11-21T00:00:00Z")
    assert [f.sha256 for f in again.files] == [f.sha256 for f in done.files]
    assert again.changes is Changes.EXPORTS


def test_the_order_of_the_records_changes_nothing(tmp_path):
    recipe = Recipe("p", "bolt", (RecipeStep(StepKind.COPY_PASTE, 0.3), RecipeStep(StepKind.AFFINE, 0.3)))
    sums = []
    for place in ("one", "two"):
        (tmp_path / place).mkdir()
        root = a_dataset(tmp_path / place / "parts")
        if place == "two":
            told = json.loads((root / "annotations.json").read_text("utf-8"))
            told["images"].reverse()
            (root / "annotations.json").write_text(json.dumps(told), encoding="utf-8")
        project = a_project_of(tmp_path / place, root)
        done = written(project, tmp_path / place / "out", recipe=recipe, multiplier=1.5)
        project.close()
        pictures = (tmp_path / place / "out" / "images").iterdir()
        sums.append({p.name.partition(".i")[0]: p.read_bytes() for p in pictures})
        assert done.variants == 3
    assert sums[0] == sums[1]


def test_validation_and_test_pictures_never_get_variants(project, tmp_path):
    split = compute_split(project, SplitRequest((("train", 0.5), ("val", 0.5)), seed=3), SILENT)
    from tailwise.usecases.splits import split_items_by_name

    members = split_items_by_name(project, split.id)
    done = written(project, tmp_path / "out", multiplier=3.0)

    with (tmp_path / "out" / "synthetic.csv").open(encoding="utf-8", newline="") as file:
        parents = [int(r["parent_id"]) for r in csv.DictReader(file)]
    assert set(parents) == set(members["train"])
    assert len(parents) == 2 * len(members["train"]) == done.variants
    assert not any("no split" in note for note in done.notes)


def test_a_class_that_is_only_in_validation_is_refused(tmp_path):
    data = a_source({"a.jpg": {"car": 1}, "b.jpg": {"bus": 1}}, splits={"train": ["a.jpg"], "val": ["b.jpg"]})
    project = a_project(tmp_path / "p.tailwise", data)
    try:
        with pytest.raises(
            RequestError, match=r"No real image of the training part shows 'bus' \(1 labelled elsewhere\)"
        ):
            Studio(project, "bus")
    finally:
        project.close()


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"multiplier": 7.0}, "Collect more instead"),
        ({"multiplier": 1.0}, "nothing to write"),
        ({"target": "xml"}, "no kind of labels"),
        ({"recipe": Recipe("r", "bolt", (RecipeStep(StepKind.FLIP, is_on=False),))}, "no step that is on"),
        ({"recipe": Recipe("r", "bolt", (RecipeStep(StepKind.FLIP, strength=3),))}, "strength is 3"),
    ],
)
def test_what_cannot_be_written_is_refused_before_anything_is_made(project, tmp_path, changes, told):
    with pytest.raises(RequestError, match=told):
        written(project, tmp_path / "out", **changes)
    assert not (tmp_path / "out").exists()


def test_nothing_is_written_into_a_dataset_and_a_cancelled_run_leaves_nothing(project, tmp_path):
    with pytest.raises(ExportTargetError, match="datasets are never written to"):
        written(project, tmp_path / "parts" / "out")
    for reports in range(1, 200, 9):
        try:
            materialise(project, MaterialiseRequest("bolt", tmp_path / "out", FLIP), CancelAfter(reports), run_here)
        except OpCancelledError:
            assert not (tmp_path / "out").exists()
            assert not [p for p in tmp_path.iterdir() if p.name.startswith(".tailwise-export")]
        else:
            break
    assert (tmp_path / "out" / "package.json").is_file()


def test_left_and_right_change_places_and_lost_objects_are_told(project, tmp_path):
    rules = (ClassRule("left part", mirrored_as="right part"),)
    written(project, tmp_path / "a", recipe=Recipe("m", "left part", FLIP.steps, rules))
    names = {
        a["category_id"] for a in json.loads((tmp_path / "a" / "annotations.json").read_text("utf-8"))["annotations"]
    }
    assert names == {1, 2, 4}

    hard = Recipe("h", "bolt", (RecipeStep(StepKind.CROP, 1.0),))
    done = written(project, tmp_path / "b", recipe=hard, multiplier=4.0)
    assert done.flags["object lost"] > 0
    assert {w.code for w in done.warnings} == {"AU-02", "AU-04"}


def test_a_picture_that_cannot_be_decoded_is_told_and_left_out(project, tmp_path):
    (tmp_path / "parts" / "images" / "p0.png").write_bytes(b"no picture")

    done = written(project, tmp_path / "out")

    assert (done.variants, [w.code for w in done.warnings]) == (5, ["AU-01"])


def test_the_effect_counts_everything_beside_the_class_and_says_when_to_collect(project):
    effect = recipe_effect(project, FLIP, 3.0)
    too_much = recipe_effect(project, FLIP, 9.0)

    assert (effect.items, effect.variants) == (6, 12)
    assert [(c.class_name, c.before, c.added, c.factor) for c in effect.classes] == [
        ("bolt", 6, 12, 3.0), ("nut", 6, 12, 3.0), ("left part", 2, 4, 3.0),
    ]  # fmt: skip
    assert "Collect more" in too_much.advice
    assert too_much.multiplier == 5.0


def test_variants_that_leave_the_look_of_the_class_are_told(project):
    studio = Studio(project, "bolt")
    mild = measure_drift(studio, FLIP, SILENT)
    dark = measure_drift(studio, Recipe("d", "bolt", (RecipeStep(StepKind.LOW_LIGHT, 1.0),)), SILENT)

    assert (mild.tried, mild.is_warning, mild.text, mild.from_index) == (6, False, "", False)
    assert dark.is_warning
    assert "brightness 6" in dark.text


def test_the_range_of_a_class_comes_from_the_image_index_when_there_is_one(project):
    build_index(project, IndexRequest(workers=1, descriptors=False), SILENT)

    drift = measure_drift(Studio(project, "bolt"), FLIP, SILENT)

    assert (drift.from_index, drift.is_warning) == (True, False)


def test_recipes_are_saved_replaced_taken_away_and_exported(project, tmp_path):
    save_recipe(project, FLIP)
    save_recipe(project, Recipe("flip", "nut", default_steps()))

    assert [(s.recipe.name, s.recipe.class_name) for s in list_recipes(project)] == [("flip", "nut")]
    assert load_recipe(project, "flip").steps == default_steps()
    done = export(project, ExportRequest("recipe", tmp_path / "policy"), SILENT, run_here)
    assert [f.path for f in done.files] == [
        "recipes/flip.albumentations.json", "recipes/flip.json", "recipes/recipes.json",
    ]  # fmt: skip
    assert read_recipe(tmp_path / "policy" / "recipes" / "flip.json") == load_recipe(project, "flip")
    assert delete_recipe(project, "flip") is Changes.RECIPES
    with pytest.raises(RequestError, match="none yet"):
        load_recipe(project, "flip")
    with pytest.raises(RequestError, match="has no name"):
        save_recipe(project, Recipe(" ", "bolt"))
    with pytest.raises(RequestError, match="no class 'zebra'"):
        new_recipe(project, "zebra")
    with pytest.raises(RequestError, match="cannot be read"):
        read_recipe(tmp_path / "none.json")
    (tmp_path / "bad.json").write_bytes(b"\xff")
    with pytest.raises(RequestError, match="not UTF-8"):
        read_recipe(tmp_path / "bad.json")


def test_tiles_carry_shapes_as_fractions_and_a_dragged_slider_shows_the_same_smaller(project):
    studio, rows = open_studio(project, "left part", SILENT, 4)
    recipe = Recipe("r", "left part", (RecipeStep(StepKind.FLIP), RecipeStep(StepKind.CUTOUT, 1.0)))
    wanted = [(rows[0], number) for number in (ORIGINAL, 0, 1)]

    tiles = preview_tiles(studio, recipe, wanted, 256, SILENT)
    small = preview_tiles(studio, recipe, wanted, 48, SILENT)

    assert (tiles[0].width, tiles[0].height, len(tiles[0].pixels)) == (*SIZE, SIZE[0] * SIZE[1] * 3)
    shapes = {s.class_name: s for s in tiles[0].shapes}
    assert np.allclose(shapes["bolt"].box, (20 / 96, 10 / 64, 30 / 96, 30 / 64))
    assert [shapes[c].is_box for c in ("bolt", "nut", "left part")] == [False, True, False]
    assert len(shapes["left part"].outlines[0]) >= 4
    assert (small[1].width, small[1].height) == (48, 32)
    assert {s.class_name for s in small[1].shapes} <= {s.class_name for s in shapes.values()}


def test_whole_image_classes_are_mixed_with_soft_labels(tmp_path):
    project = a_project_of_folders(tmp_path)
    try:
        recipe = Recipe("m", "cat", (RecipeStep(StepKind.MIXUP, 0.9), RecipeStep(StepKind.CUTMIX, 0.5)))
        done = materialise(project, MaterialiseRequest("cat", tmp_path / "out", recipe, 3.0), SILENT, run_here)
        with (tmp_path / "out" / "labels.csv").open(encoding="utf-8", newline="") as file:
            weights = {}
            for row in csv.DictReader(file):
                weights.setdefault(row["file"], []).append(float(row["weight"]))
        assert len(weights) == done.variants == 6
        assert all(sum(w) == pytest.approx(1, abs=1e-5) for w in weights.values())
        assert not (tmp_path / "out" / "annotations.json").exists()
        assert done.unit == "images"
    finally:
        project.close()


def with_axes(project):
    """Give the six pictures lighting, scenes, a day, and a near-duplicate in validation."""
    ids = project.columns.item_ids

    def axis(name, kind, texts):
        values = tuple(sorted(set(filter(None, texts))))
        has = [i for i, t in enumerate(texts) if t]
        codes = np.array([values.index(texts[i]) for i in has], np.int32)
        derived_axes.write_axis(db, derived_axes.DerivedAxis(name, kind, "test", values, ids[has], codes))

    with project.file.writing() as db:
        axis("lighting", AxisKind.CONDITION, ["day", "day", "night", "day", "night", "day"])
        axis("scene", AxisKind.GROUP, ["a", "a", "b", "c", "d", "e"])
        axis(NEAR_DUPLICATE_AXIS, AxisKind.GROUP, ["", "", "", "t", "", "t"])
        plan_tables.add_split(db, "{}", "{}", ("train", "val"), ids, np.array([0, 0, 0, 0, 0, 1], np.int8), 1)


def test_objects_are_pasted_from_other_scenes_of_the_same_conditions_only(project, tmp_path):
    with_axes(project)
    recipe = Recipe("p", "bolt", (RecipeStep(StepKind.COPY_PASTE, 0.0),))
    studio = Studio(project, "bolt")

    assert (studio.items.rows.tolist(), studio.items.leaky) == ([0, 1, 2, 4], 1)
    flags = {row: {f.kind for f in studio.variant(row, 0, recipe).flags} for row in (0, 1, 2, 4)}
    assert all(FlagKind.NO_PARTNER in flags[row] for row in (0, 1))  # one scene by day, the rest is validation's twin
    assert all(FlagKind.NO_PARTNER not in flags[row] for row in (2, 4))
    done = written(project, tmp_path / "out", recipe=recipe)
    document = json.loads((tmp_path / "out" / "annotations.json").read_text("utf-8"))
    pasted = [a for a in document["annotations"] if a["pasted"]]
    assert len(pasted) == 2
    assert {a["category_id"] for a in pasted} == {1}
    assert any("have a twin in validation" in note for note in done.notes)
    with (tmp_path / "out" / "synthetic.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {(r["group: scene"], r["lighting"]) for r in rows} == {("a", "day"), ("b", "night"), ("d", "night")}


def test_variants_that_hardly_differ_from_their_original_are_counted(project):
    faint = Recipe("f", "bolt", (RecipeStep(StepKind.BRIGHTNESS, 0.05),))
    strong = Recipe("s", "bolt", (RecipeStep(StepKind.FLIP), RecipeStep(StepKind.QUARTER)))
    studio = Studio(project, "bolt")

    assert measure_drift(studio, faint, SILENT).duplicate_risk == "high"
    assert measure_drift(studio, strong, SILENT).alike == 0


def test_generated_pictures_neither_count_as_real_nor_get_variants(project, tmp_path):
    table = tmp_path / "made.csv"
    table.write_text("file,parent,generator\np1.png,p0.png,model\np2.png,p0.png,model\n", encoding="utf-8")
    before = recipe_effect(project, FLIP, 2.0)

    register_generated(project, table, SILENT)
    after = recipe_effect(project, FLIP, 2.0)

    assert (before.items, before.classes[0].before) == (6, 6)
    assert (after.items, after.classes[0].before, after.variants) == (4, 4, 4)
    assert "2 images of the class are generated" in " ".join(after.notes)


def test_a_lost_object_of_a_rarer_class_counts_as_a_loss(project):
    bolts, lefts = Studio(project, "bolt"), Studio(project, "left part")

    assert [CLASSES[c] for c in sorted(bolts.rare)] == ["bolt", "nut", "left part", "right part"]
    assert [CLASSES[c] for c in sorted(lefts.rare)] == ["left part", "right part"]
