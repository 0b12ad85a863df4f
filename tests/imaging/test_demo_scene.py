"""The drawn demo dataset: the same bytes every time, exact boxes, the gaps and the tail its recipe promises."""

import csv
import itertools
import json
import re
import tomllib
from collections import Counter

import cv2
import numpy as np
import pytest

from tailwise.imaging.demo_scene import PART_PATTERN, render_demo
from tailwise.imaging.demo_scene_camera import CAMERAS, LIGHTS, Pose, Prepared, Stage
from tailwise.imaging.demo_scene_defects import DEFECTS, LOOKALIKES, MISSING_SCREW, spoil
from tailwise.imaging.demo_scene_parts import FAMILIES
from tailwise.imaging.demo_scene_recipe import LABELLED, POOL, bursts, read_recipe
from tailwise.ops.progress import SILENT, OpCancelledError, SharedProgress
from tailwise.resource_files import resource_path


@pytest.fixture(scope="module")
def recipe():
    return read_recipe(resource_path("demo/recipe.toml"))


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    return render_demo(tmp_path_factory.mktemp("demo"), SILENT)


@pytest.fixture(scope="module")
def coco(demo):
    return json.loads(demo.annotations.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def seen(coco):
    """Count objects by class and condition value, and images by condition value."""
    names = {c["id"]: c["name"] for c in coco["categories"]}
    conditions = {i["id"]: i["attributes"] for i in coco["images"]}
    objects = Counter()
    for annotation in coco["annotations"]:
        for value in conditions[annotation["image_id"]].values():
            objects[names[annotation["category_id"]], value] += 1
    return objects


def test_the_demo_is_small_and_its_tail_is_long(demo):
    files = [p for p in demo.labelled.parent.rglob("*") if p.is_file()]

    assert sum(p.stat().st_size for p in files) < 6_000_000
    assert 400 <= demo.images <= 450
    assert 160 <= demo.pool_images <= 200
    assert list(demo.objects) == ["scratch", "stain", "dent", "contamination", "burr", MISSING_SCREW, "crack"]
    assert demo.objects["scratch"] > 15 * demo.objects["crack"]
    assert 0.2 < demo.background / demo.images < 0.5


def test_every_listed_image_is_there_but_the_lost_ones(demo, coco):
    missing = [i["file_name"] for i in coco["images"] if not (demo.labelled / i["file_name"]).is_file()]

    assert len(missing) == demo.lost_files == 2
    assert len(coco["images"]) == demo.images
    picture = cv2.imread(str(demo.labelled / coco["images"][0]["file_name"]))
    assert picture.shape == (240, 320, 3)


def test_boxes_lie_within_their_images_and_have_their_area(coco):
    for annotation in coco["annotations"]:
        x, y, w, h = annotation["bbox"]
        assert x >= 0
        assert y >= 0
        assert w >= 3
        assert h >= 3
        assert x + w <= 320.05
        assert y + h <= 240.05
        assert annotation["area"] == pytest.approx(w * h, abs=0.01)


def test_the_hidden_gaps_are_there(seen):
    assert seen["crack", "backlit"] == 0
    assert seen["crack", "cam3"] == 0
    assert seen[MISSING_SCREW, "night"] == 0
    assert seen["burr", "cam1"] == 0
    # Each of these classes does occur, and each of these conditions does hold other classes.
    assert min(seen["crack", "bright"], seen[MISSING_SCREW, "day"], seen["burr", "cam2"]) > 0
    assert min(seen["scratch", value] for value in ("backlit", "cam3", "night", "cam1")) > 20


def test_pool_images_have_conditions_and_no_labels(demo):
    with demo.pool_conditions.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))

    names = {r["file_name"] for r in rows}
    assert names == {p.relative_to(demo.pool).as_posix() for p in demo.pool.rglob("*.jpg")}
    assert len(rows) == demo.pool_images
    assert {r["lighting"] for r in rows} == set(LIGHTS)
    assert not list(demo.pool.rglob("*.json"))


def test_the_part_pattern_groups_the_frames_of_one_burst(recipe, coco):
    expected = Counter(b.part for b in bursts(recipe) if b.session.set == LABELLED for _ in range(b.frames))

    found = Counter(re.search(PART_PATTERN, i["file_name"])["part"] for i in coco["images"])

    assert found == expected
    assert max(found.values()) == 4


def test_drawing_it_again_gives_the_same_bytes(demo, tmp_path):
    again = render_demo(tmp_path, SILENT)

    first, second = demo.labelled.parent, again.labelled.parent
    names = sorted(p.relative_to(first) for p in first.rglob("*") if p.is_file())
    assert names == sorted(p.relative_to(second) for p in second.rglob("*") if p.is_file())
    assert [n for n in names if (first / n).read_bytes() != (second / n).read_bytes()] == []


def test_frames_of_one_part_are_alike_and_those_of_another_are_not(demo, coco):
    groups = {}
    for image in coco["images"]:
        path = demo.labelled / image["file_name"]
        if path.is_file() and image["attributes"] == coco["images"][0]["attributes"]:
            groups.setdefault(re.search(PART_PATTERN, image["file_name"])["part"], []).append(path)
    bursts_of_two = [g for g in groups.values() if len(g) > 1]

    def distance(a, b):
        small = [cv2.resize(cv2.imread(str(p), 0), (32, 24), interpolation=cv2.INTER_AREA) for p in (a, b)]
        return float(np.abs(small[0].astype(float) - small[1]).mean())

    within = [distance(g[0], g[1]) for g in bursts_of_two]
    across = [distance(a[0], b[0]) for a, b in itertools.pairwise(bursts_of_two)]
    assert np.median(within) < 0.7 * np.median(across)


def test_the_lights_look_different(demo, coco):
    brightness = {}
    for image in coco["images"]:
        path = demo.labelled / image["file_name"]
        if path.is_file():
            brightness.setdefault(image["attributes"]["lighting"], []).append(cv2.imread(str(path)).mean())

    means = {light: np.mean(values) for light, values in brightness.items()}
    assert means["dim"] + 25 < means["bright"] < means["backlit"] - 50


@pytest.mark.parametrize("defect", [*DEFECTS, MISSING_SCREW])
@pytest.mark.parametrize("lighting", LIGHTS)
def test_a_defect_changes_the_picture_inside_its_box_and_nowhere_else(defect, lighting):
    def photograph(defects):
        rng = np.random.default_rng(11)
        part = FAMILIES["plate"](rng)
        spoil(part, defects, (), np.random.default_rng(5))
        stage = Stage(320, 240, np.random.default_rng(1))
        prepared = Prepared(part.finished(), tuple(part.marks))
        pose = Pose(0, 0, 0)
        return stage.photograph(prepared, pose, CAMERAS["cam2"], LIGHTS[lighting], np.random.default_rng(2))

    clean, no_boxes = photograph(())
    spoilt, boxes = photograph((defect,))

    assert no_boxes == []
    [(category, (x, y, w, h))] = boxes
    assert category == defect
    changed = np.abs(spoilt.astype(int) - clean).max(axis=2)
    inside = np.zeros(changed.shape, bool)
    inside[int(y) : int(y + h) + 1, int(x) : int(x + w) + 1] = True
    assert changed[inside].max() > 15
    rows, columns = np.nonzero(changed > 15)
    strays = ~inside[rows, columns]
    # A missing screw moves the others' slots (they are turned at random), so only its own box is looked at.
    if defect != MISSING_SCREW:
        assert strays.sum() <= 0.1 * len(strays)


@pytest.mark.parametrize("lookalike", LOOKALIKES)
def test_a_lookalike_is_drawn_and_not_labelled(lookalike):
    rng = np.random.default_rng(3)
    part = FAMILIES["flange"](rng)
    spoil(part, (), (), np.random.default_rng(4))
    before = part.colour.copy()

    LOOKALIKES[lookalike](part, rng)

    assert float(np.abs(part.colour - before).max()) > 0.1
    assert part.marks == []


def test_each_session_carries_exactly_what_its_recipe_says(recipe):
    for session in recipe.sessions:
        mine = [b for b in bursts(recipe) if b.session is session]
        for name, wanted in session.defects.items():
            assert sum(name in b.defects for b in mine) == wanted
        assert sum(b.family is None for b in mine) == session.empty
        assert Counter(b.family for b in mine if b.family) == session.parts


def test_the_sprint_request_fits_the_pool_and_what_was_labelled(recipe, coco, demo):
    """Its numbers are written by hand; this is what keeps them true."""
    sprint = tomllib.loads(demo.sprint.read_text(encoding="utf-8"))
    names = {c["id"]: c["name"] for c in coco["categories"]}
    setting = {i["id"]: (i["attributes"]["camera"], i["attributes"]["lighting"]) for i in coco["images"]}
    images = Counter(setting.values())
    objects = Counter((setting[a["image_id"]], names[a["category_id"]]) for a in coco["annotations"])
    pool = [b.session for b in bursts(recipe) if b.session.set == POOL]
    parts = Counter(f"{demo.pool.name}, folder = {s.line}/{s.camera}" for s in pool)
    recorded = {f"{demo.pool.name}, folder = {s.line}/{s.camera}": (s.camera, s.lighting) for s in pool}

    assert {c["name"] for c in sprint["class"]} == set(names.values())
    streams = {s["name"]: s for s in sprint["stream"]}
    assert set(streams) == {*parts, "anything from the pool"}
    # No part is promised twice, and none that is not there.
    assert sum(s["available"] for s in streams.values()) == len(pool)
    assert all(streams[name]["available"] <= count for name, count in parts.items())
    for stream, told in streams.items():
        for name, estimate in told["yields"].items():
            where = [recorded[stream]] if stream in recorded else list(images)
            seen = {"labelled": sum(images[w] for w in where), "found": sum(objects[w, name] for w in where)}
            assert estimate == seen, (stream, name)


def test_cancelling_stops_the_drawing(tmp_path):
    progress = SharedProgress()
    progress.cancel()

    with pytest.raises(OpCancelledError):
        render_demo(tmp_path, progress)
