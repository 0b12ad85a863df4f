"""Tile plans: counts of every tile, rare classes first, and the CSV file."""

import csv
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from augment_dataset import a_project_with_pictures
from builders import a_project, a_source
from cli_runs import Shell
from tailwise.domain.errors import ExportTargetError, RequestError
from tailwise.domain.tiles import TileRequest
from tailwise.imaging.augment_shapes import LabelShape, ShapeKind, box_shape, raster
from tailwise.imaging.augment_tiles import class_counts, tile_counts, tile_windows
from tailwise.ops.progress import SILENT
from tailwise.planning.tile_selection import choose_tiles, instances
from tailwise.usecases.tiles import plan_tiles, write_tiles


@given(st.integers(1, 60), st.integers(1, 60), st.integers(1, 30), st.integers(1, 30), st.integers(0, 9))
@settings(max_examples=40)
def test_integral_counts_are_those_of_every_window_and_windows_leave_nothing_out(width, height, side, stride, seed):
    mask = (np.random.default_rng(seed).random((height, width)) < 0.4).astype(np.uint8)
    windows = tile_windows((width, height), side, min(side, stride))

    counts = tile_counts(mask, windows)

    assert counts.tolist() == [int(mask[y : y + h, x : x + w].sum()) for x, y, w, h in windows.tolist()]
    seen = np.zeros((height, width), bool)
    for x, y, w, h in windows.tolist():
        seen[y : y + h, x : x + w] = True
    assert seen.all()


def test_classes_are_counted_where_they_are_as_on_the_whole_picture():
    rng = np.random.default_rng(6)
    size = (300, 200)
    windows = tile_windows(size, 64, 40)
    mask = np.zeros((200, 300), np.uint8)
    mask[150:199, 250:299] = 1
    shapes = [LabelShape(1, ShapeKind.MASK, mask=mask), LabelShape(2, ShapeKind.LABEL)]
    for _ in range(8):
        x, y = rng.random(2) * [320, 220] - 15
        shapes.append(box_shape(int(rng.integers(0, 2)), (x, y, rng.random() * 80, rng.random() * 80)))

    counts = class_counts(shapes, size, windows)

    for category in (0, 1):
        drawn = np.zeros((200, 300), np.uint8)
        for shape in (s for s in shapes if s.category == category):
            drawn |= raster(shape, size)
        assert counts[category].tolist() == tile_counts(drawn, windows).tolist()
    assert set(counts) == {0, 1}
    assert class_counts([box_shape(5, (900, 900, 5, 5))], size, windows)[5].sum() == 0


@given(st.lists(st.lists(st.integers(0, 4000), min_size=3, max_size=3), max_size=12), st.integers(0, 14))
@settings(max_examples=40)
def test_no_tile_is_chosen_twice_and_each_shows_the_class_it_was_taken_for(table, total):
    pixels = np.array(table, np.int64).reshape(-1, 3)

    chosen, reason = choose_tiles(pixels, total)

    assert len(set(chosen.tolist())) == len(chosen) == min(total, int((pixels.sum(axis=1) > 0).sum()))
    assert all(pixels[row, category] > 0 for row, category in zip(chosen, reason, strict=True))


def test_the_rarest_class_is_served_first_and_the_least_seen_is_seen_most():
    pixels = np.array([[9000, 0, 0]] * 8 + [[0, 3000, 0]] * 2 + [[500, 0, 700]])

    chosen, reason = choose_tiles(pixels, 4)

    assert (chosen.tolist(), reason.tolist()) == ([10, 8, 0, 9], [2, 1, 0, 1])
    assert instances(np.array([1, 1000, 1001])).tolist() == [1, 1, 2]
    assert choose_tiles(np.zeros((0, 2), np.int64), 5)[0].tolist() == []


@pytest.fixture
def project(tmp_path):
    project = a_project_with_pictures(tmp_path)
    yield project
    project.close()


def test_a_plan_prefers_the_rare_class_and_its_file_says_where_every_tile_lies(project, tmp_path):
    plan = plan_tiles(project, TileRequest(16, 16, total=6, background=0.5), SILENT)
    size = write_tiles(project, plan, tmp_path / "tiles.csv")

    assert (plan.images, plan.background, len(plan.tiles)) == (6, 3, 6)
    assert plan.tiles[0].chosen_for == "left part"
    assert plan.classes[0].class_name == "left part"
    with (tmp_path / "tiles.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert (tmp_path / "tiles.csv").stat().st_size == size
    first = rows[0]
    assert int(first["pixels: left part"]) == dict(plan.tiles[0].pixels)["left part"] == 176
    assert all(int(r["x"]) + int(r["width"]) <= 96 and int(r["y"]) + int(r["height"]) <= 64 for r in rows)
    whole = plan_tiles(project, TileRequest(500, 500, background=0.0), SILENT)
    assert (whole.total, len(whole.tiles), whole.tiles[0].width) == (6, 6, 96)
    assert plan_tiles(project, plan.request, SILENT) == plan


def test_impossible_requests_and_places_are_refused(project, tmp_path):
    for request, told in (
        (TileRequest(side=0), "tile of 0 pixels"),
        (TileRequest(stride=600), "gaps between tiles"),
        (TileRequest(total=-1), "-1 tiles"),
        (TileRequest(background=1.0), "background share"),
    ):
        with pytest.raises(RequestError, match=told):
            plan_tiles(project, request, SILENT)
    plan = plan_tiles(project, TileRequest(), SILENT)
    with pytest.raises(ExportTargetError, match="never written to"):
        write_tiles(project, plan, tmp_path / "parts" / "tiles.csv")
    with pytest.raises(ExportTargetError, match="cannot be written"):
        write_tiles(project, plan, tmp_path / "none" / "tiles.csv")
    assert not list(tmp_path.glob(".tiles.csv*"))


def test_pictures_of_unknown_size_are_left_out_and_told(tmp_path):
    data = a_source({"a.jpg": {"car": 1}, "b.jpg": {"car": 1}})
    data.items.width[0] = 0
    project = a_project(tmp_path / "p.tailwise", data)
    try:
        assert "1 pictures of unknown size were left out" in plan_tiles(project, TileRequest(), SILENT).notes
    finally:
        project.close()
    data.items.width[1] = 0
    project = a_project(tmp_path / "q.tailwise", data)
    try:
        with pytest.raises(RequestError, match="No training picture can be cut"):
            plan_tiles(project, TileRequest(), SILENT)
    finally:
        project.close()


def test_commands_write_tiles_and_pictures(project, tmp_path, capsys):
    path = project.path
    project.close()
    shell = Shell(capsys)

    told = shell.json("tiles", path, "--side", 32, "--stride", 32, "--total", 4, "--out", tmp_path / "t.csv")
    assert (told["chosen"], told["images"], told["classes"][0]["class"]) == (4, 6, "left part")
    assert "left part" in shell("tiles", path)
    assert shell("tiles", path, "--side", 20) == shell("tiles", path, "--side", 20, "--stride", 10)
    done = shell.json("augment", path, "--class", "nut", "--out", tmp_path / "out", "--seed", 3)
    assert done["variants"] == 6
    assert done["classes"][0] == {"class": "nut", "before": 6, "added": 6, "after": 12}
    shell("augment", path, "--class", "nut", "--out", tmp_path / "out", "--use", "winter", code=1)
    assert "no recipe 'winter'" in shell.err
    shell("augment", path, "--class", "nut", "--out", "x", "--use", "w", "--recipe", "r.json", code=2)
    recipe = tmp_path / "out" / "recipe.json"
    assert json.loads(recipe.read_text("utf-8"))["seed"] == 3
    out = shell("augment", path, "--class", "nut", "--out", tmp_path / "two", "--recipe", recipe, "--multiplier", 1.5)
    assert "nut" in out
    assert "3 synthetic pictures written" in shell.err
