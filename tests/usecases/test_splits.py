"""Splits of a project: twins stay together, parts in turn, the order of time, and a slice with known probabilities."""

import csv

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders import a_project, a_source
from cli_runs import Shell
from tailwise.domain.errors import RequestError
from tailwise.domain.records import IDENTICAL_AXIS, NEAR_DUPLICATE_AXIS
from tailwise.domain.split import SplitRequest, equal_parts
from tailwise.domain.split_diff import NO_SPLIT
from tailwise.ops.progress import SILENT
from tailwise.planning.split_groups import connected_groups, cut_between, stable_keys
from tailwise.planning.split_slice import draw_slice
from tailwise.storage import plan_tables
from tailwise.usecases.split_diff import compare_splits
from tailwise.usecases.split_slice import SliceRequest, balanced_slice
from tailwise.usecases.splits import compute_split, group_keys, list_splits, split_items_by_name

RATIOS = (("train", 0.6), ("val", 0.2), ("test", 0.2))


@pytest.fixture
def project(tmp_path):
    """Ninety images over nine months in groups of three; every second pair shows the same."""
    labels = {f"{k:03}.jpg": {"car": 1} | ({"bike": 1} if k % 6 == 0 else {}) for k in range(90)}
    names = list(labels)
    project = a_project(
        tmp_path / "p.tailwise",
        a_source(
            labels,
            conditions={
                "month": {n: f"2026-{1 + k // 10:02}" for k, n in enumerate(names) if k},
                "light": {n: "night" if k % 4 == 0 else "day" for k, n in enumerate(names)},
            },
            groups={
                "scene": {n: f"s{k // 3}" for k, n in enumerate(names)},
                NEAR_DUPLICATE_AXIS: {n: f"n{k // 4}" for k, n in enumerate(names) if k % 4 < 2},
                IDENTICAL_AXIS: {names[40]: "i0", names[43]: "i0"},
            },
        ),
    )
    yield project
    project.close()


def test_two_splits_differ_by_exactly_the_items_that_are_elsewhere(project):
    first = compute_split(project, SplitRequest(RATIOS, ("scene",), seed=1), SILENT)
    second = compute_split(project, SplitRequest((("train", 0.8), ("test", 0.2)), seed=2), SILENT)

    diff = compare_splits(project, first.id, second.id)

    was, now = (
        {i: name for name, ids in split_items_by_name(project, stored.id).items() for i in ids}
        for stored in (first, second)
    )
    expected = {}
    for item in was:
        if was[item] != now[item]:
            expected.setdefault((was[item], now[item]), []).append(item)
    assert {(m.before, m.after): list(m.item_ids) for m in diff.moves} == {k: sorted(v) for k, v in expected.items()}
    assert diff.kept + diff.moved == 90
    sizes = {change.what: (change.before, change.after) for change in diff.sizes}
    assert sizes["val"] == (18, 0)
    assert {"ratios", "group_by", "seed"} == {change.place for change in diff.request}
    assert compare_splits(project, first.id, first.id).is_same


def test_an_item_that_one_split_does_not_know_comes_from_no_split(project):
    compute_split(project, SplitRequest(RATIOS), SILENT)
    with project.file.writing() as db:
        row = plan_tables.list_splits(db)[0]
        # As it is after an import: the later split knows items that the earlier one does not.
        plan_tables.add_split(db, row.request, row.result, row.names, row.item_ids[7:], row.codes[7:], 1)

    diff = compare_splits(project, 2, 1)

    assert {move.before for move in diff.moves} == {NO_SPLIT}
    assert sorted(i for move in diff.moves for i in move.item_ids) == sorted(row.item_ids[:7].tolist())
    assert (diff.kept, diff.moved) == (83, 0)
    assert "7 items are new" in diff.sentence()
    assert "7 items are in no split any more" in compare_splits(project, 1, 2).sentence()


def test_stored_splits_are_listed_compared_and_chosen_by_command(project, capsys):
    compute_split(project, SplitRequest(RATIOS, seed=1), SILENT)
    compute_split(project, SplitRequest(RATIOS, seed=2), SILENT)
    path = project.path
    project.close()
    shell = Shell(capsys)

    listed = shell.json("splits", path)["splits"]
    assert [(s["id"], s["active"]) for s in listed] == [(2, True), (1, False)]
    chosen = shell.json("splits", path, "--activate", 1)["splits"]
    assert [s["active"] for s in chosen] == [False, True]
    told = shell.json("splits", path, "--compare", 1, 2)
    assert told["moved"] == sum(len(m["items"]) for m in told["moves"]) > 0
    assert f"{told['moved']} items change sides" in shell("splits", path, "--compare", 1, 2)
    assert "active" in shell("splits", path)
    shell("splits", path, "--compare", 1, 9, code=1)
    assert "There is no split number 9" in shell.err
    shell("splits", path, "--compare", 1, 2, "--activate", 1, code=2)


def test_twins_are_never_cut_whether_asked_for_or_not(project):
    stored = compute_split(project, SplitRequest(RATIOS), SILENT)
    where = {i: name for name, ids in split_items_by_name(project, stored.id).items() for i in ids}
    ids = project.columns.item_ids.tolist()

    assert all(where[ids[k]] == where[ids[k + 1]] for k in range(0, 88, 4))
    assert where[ids[40]] == where[ids[43]]
    assert stored.result.checks.leaked_duplicates == 0
    assert stored.result.leaks == (("train", "val", 0), ("train", "test", 0), ("val", "test", 0))
    assert {a.name for a in group_keys(project)}.isdisjoint({NEAR_DUPLICATE_AXIS, IDENTICAL_AXIS})
    assert stored.result.measures.label_pair_distribution >= 0


def test_parts_are_tested_in_turn_and_leave_the_active_split_alone(project):
    first = compute_split(project, SplitRequest(RATIOS), SILENT)
    parts = compute_split(project, SplitRequest(equal_parts(5), group_keys=("scene",), parts=5), SILENT)

    assert [s.items for s in parts.result.sizes] == pytest.approx([18] * 5, abs=8)
    assert sorted(i for ids in split_items_by_name(project, parts.id).values() for i in ids) == sorted(
        project.columns.item_ids.tolist()
    )
    assert [s.id for s in list_splits(project) if s.is_active] == [first.id]
    assert list_splits(project)[0].request.parts == 5
    with pytest.raises(RequestError, match="21 parts"):
        equal_parts(21)


def test_the_latest_groups_are_the_test_and_the_rest_is_balanced(project):
    request = SplitRequest(RATIOS, group_keys=("month",), time_axis="month")
    stored = compute_split(project, request, SILENT)
    month = project.cube().cube.axis("month")
    latest = {int(project.columns.item_ids[r]): month.values[c] for r, c in zip(month.rows, month.codes, strict=True)}
    parts = split_items_by_name(project, stored.id)

    begin = min(latest[i] for i in parts["test"])
    assert all(latest.get(i, "") < begin for name in ("train", "val") for i in parts[name])
    assert stored.result.checks.cut_groups == 0
    assert sum(len(ids) for ids in parts.values()) == 90
    assert len(parts["test"]) == pytest.approx(18, abs=10)


def test_what_time_cannot_tell_is_said(project):
    two = compute_split(project, SplitRequest((("train", 0.5), ("test", 0.5)), time_axis="month"), SILENT)

    assert [s.split for s in two.result.sizes] == ["train", "test"]
    assert any("reach into its time" in n or "no time" in n for n in two.result.notes) or not two.result.notes
    with pytest.raises(RequestError, match="fewer than two times"):
        compute_split(project, SplitRequest(RATIOS, time_axis=IDENTICAL_AXIS), SILENT)
    with pytest.raises(RequestError, match="cannot have locked splits"):
        SplitRequest(RATIOS, time_axis="month", locked=frozenset({"test"}))


def test_a_locked_test_stays_while_the_dataset_grows(project):
    first = compute_split(project, SplitRequest(RATIOS, group_keys=("scene",)), SILENT)
    test = split_items_by_name(project, first.id)["test"]

    again = compute_split(project, SplitRequest(RATIOS, ("scene",), locked=frozenset({"test"}), seed=9), SILENT)

    assert set(test) <= set(split_items_by_name(project, again.id)["test"])


def test_a_slice_is_balanced_and_its_weights_stand_for_the_whole(tmp_path, project):
    compute_split(project, SplitRequest((("train", 0.3), ("test", 0.7))), SILENT)

    found = balanced_slice(project, SliceRequest(per_cell=4, by=("light",)), SILENT)
    cells = {c.cell: c for c in found.cells}

    assert all(c.taken <= 4 for c in found.cells)
    assert cells["bike", "night"].taken >= 1
    assert len({r.item_id for r in found.rows}) == len(found.rows)
    assert all(0 < r.probability <= 1 for r in found.rows)
    assert sum(r.weight for r in found.rows) == pytest.approx(found.represented)
    assert balanced_slice(project, SliceRequest(4, ("light",)), SILENT) == found
    with pytest.raises(RequestError, match="no split 'holdout'"):
        balanced_slice(project, SliceRequest(4, split="holdout"), SILENT)
    with pytest.raises(RequestError, match="0 items per cell"):
        SliceRequest(0)


def test_by_command(tmp_path, capsys, project):
    project.close()
    shell = Shell(capsys)

    told = shell.json("split", project.path, "--parts", 3, "--group", "scene", "--floors", "spread")
    text = shell("split", project.path, "--ratio", "train=0.7", "--ratio", "test=0.3", "--time", "month", "--objects")
    parts = shell.json("export", project.path, "splits", "--split", 1, "--to", tmp_path / "parts")
    sliced = shell.json("slice", project.path, "--per-cell", 3, "--by", "light", "--csv", tmp_path / "s.csv")
    words = shell("slice", project.path, "--per-cell", 3)

    assert list(told["splits"]) == ["part-1", "part-2", "part-3"]
    assert told["leaks"] == [
        {"a_split": f"part-{a}", "b_split": f"part-{b}", "clusters": 0} for a, b in ((1, 2), (1, 3), (2, 3))
    ]
    assert {f["path"]: f["rows"] for f in parts["files"]}["splits/folds.csv"] == 90
    assert "LPD" in text
    assert "at most 3 per cell" in words
    with (tmp_path / "s.csv").open(newline="") as file:
        assert [int(r["item_id"]) for r in csv.DictReader(file)] == [r["id"] for r in sliced["rows"]]
    shell("slice", project.path, "--per-cell", 3, "--csv", tmp_path / "none" / "s.csv", code=1)
    shell("split", project.path, code=2)


def test_clusters_between_splits_are_counted_once_per_pair():
    groups = np.array([0, 0, 0, 1, 1, -1])

    both = cut_between(groups, np.array([0, 1, 1, 1, 2, 0]), 3)

    assert both.tolist() == [[1, 1, 0], [1, 2, 1], [0, 1, 1]]
    assert cut_between(np.full(2, -1), np.array([0, 1]), 2).tolist() == [[0, 0], [0, 0]]


rows = st.lists(st.frozensets(st.integers(0, 4), max_size=3), min_size=1, max_size=40).filter(any)


@settings(max_examples=40, deadline=None)
@given(rows, st.integers(1, 6), st.integers(0, 3), st.randoms())
def test_slices_keep_to_the_cells_and_ignore_the_order_of_rows(held, per_cell, seed, random):
    order = random.sample(range(len(held)), len(held))
    keys = stable_keys(str(k) for k in range(len(held)))

    def drawn(at):
        pairs = [(k, c) for k, row in enumerate(at) for c in sorted(held[row])]
        item, cell = (np.array(column, dtype=np.int64) for column in zip(*pairs, strict=True))
        found = draw_slice(keys[at], item, cell, per_cell, seed)
        taken = np.bincount(cell[np.isin(item, found.rows)], minlength=5)
        return {at[k] for k in found.rows.tolist()}, taken, found.probability

    chosen, taken, probability = drawn(list(range(len(held))))
    again, _, shuffled = drawn(order)

    assert (taken <= per_cell).all()
    assert chosen == again
    assert probability[order] == pytest.approx(shuffled)
    assert probability.sum() == pytest.approx(len(chosen))
    counts = np.array([sum(c in row for row in held) for c in range(5)])
    single = connected_groups(len(held)) if all(len(row) <= 1 for row in held) else None
    assert single is None or (taken == np.minimum(counts, per_cell)).all()
