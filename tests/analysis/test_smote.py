"""SMOTE: known answers, bounds, and imbalanced-learn as the oracle of what lies between what."""

import csv

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cli_runs import Shell
from tailwise.analysis.smote import nearest, smote
from tailwise.domain.errors import ExportTargetError, RequestError
from tailwise.domain.feature_table import SmoteRequest
from tailwise.ops.progress import SILENT
from tailwise.usecases.feature_tables import fill_up

NO_CODES = np.zeros((2, 0), np.int64)


def test_between_0_0_and_2_0_every_row_lies_on_the_line():
    made, _ = smote(np.array([[0.0, 0.0], [2.0, 0.0]]), NO_CODES, 50, 1, seed=3)

    assert (made[:, 1] == 0).all()
    assert ((made[:, 0] >= 0) & (made[:, 0] <= 2)).all()
    assert made[:, 0].std() > 0.3
    assert np.array_equal(made, smote(np.array([[0.0, 0.0], [2.0, 0.0]]), NO_CODES, 50, 1, seed=3)[0])


@given(st.integers(0, 50), st.integers(7, 30), st.integers(1, 4))
@settings(max_examples=25)
def test_no_feature_ever_leaves_the_range_it_has(seed, rows, columns):
    numbers = np.random.default_rng(seed).normal(size=(rows, columns)) * 1e3

    made, _ = smote(numbers, np.zeros((rows, 0), np.int64), 40, 5, seed)

    assert (made >= numbers.min(axis=0)).all()
    assert (made <= numbers.max(axis=0)).all()


def test_categories_are_those_of_most_neighbours():
    numbers = np.array([[0.0], [0.1], [0.2], [0.3], [9.0]])
    codes = np.array([[1, 0], [1, 2], [1, 2], [0, 2], [1, 1]])

    _, votes = smote(numbers, codes, 10, 3, seed=1)

    assert set(votes[:, 0].tolist()) == {1}
    assert 2 in votes[:, 1].tolist()


def test_imbalanced_learn_makes_rows_between_the_neighbours_we_find():
    over_sampling = pytest.importorskip("imblearn.over_sampling")
    rng = np.random.default_rng(0)
    rare = rng.normal(size=(20, 3))
    x = np.concatenate([rng.normal(5, 1, (60, 3)), rare])
    y = np.array([0] * 60 + [1] * 20)
    theirs = over_sampling.SMOTE(k_neighbors=5, random_state=1).fit_resample(x, y)[0][80:]
    near = nearest(rare, np.zeros((20, 0), np.int64), 5)

    ends = [(a, rare[b]) for i, a in enumerate(rare) for b in near[i]]
    for row in theirs:
        off = min(np.linalg.norm(np.cross(b - a, a - row)) / np.linalg.norm(b - a) for a, b in ends)
        assert off < 1e-9
    ours = smote(rare, np.zeros((20, 0), np.int64), 400, 5, seed=1)[0]
    assert np.allclose(ours.mean(axis=0), rare.mean(axis=0), atol=0.25)


def a_table(path, rows, header=("id", "size", "weight", "colour", "kind")):
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return path


def some_rows(rare=8, common=20):
    rng = np.random.default_rng(2)
    rows = [[f"c{i}", *np.round(rng.normal(10, 2, 2), 3), "red", "nut"] for i in range(common)]
    return rows + [[f"r{i}", *np.round(rng.normal(3, 1, 2), 3), "blue", "bolt"] for i in range(rare)]


def test_a_table_is_filled_up_and_new_rows_are_marked(tmp_path, capsys):
    source = a_table(tmp_path / "t.csv", some_rows())
    shell = Shell(capsys)

    told = shell.json("smote", source, "--label", "kind", "--ignore", "id", "--out", tmp_path / "out.csv")

    assert told["classes"] == [{"class": "bolt", "before": 8, "added": 12}]
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    made = [r for r in rows if r["synthetic"] == "yes"]
    assert (len(rows), len(made)) == (40, 12)
    assert {(r["id"], r["colour"], r["kind"]) for r in made} == {("", "blue", "bolt")}
    again = fill_up(source, tmp_path / "two.csv", SmoteRequest("kind", ignore=("id",)), SILENT)
    assert (tmp_path / "two.csv").read_bytes() == (tmp_path / "out.csv").read_bytes()
    assert (again.added, again.features, again.categorical) == (12, 2, 1)
    assert (
        "12 rows added"
        in (shell("smote", source, "--label", "kind", "--out", tmp_path / "x.csv") or shell.err) + shell.err
    )


def test_only_training_rows_are_used_and_grow(tmp_path):
    rows = [[*row, "train" if i % 7 else "val"] for i, row in enumerate(some_rows())]
    source = a_table(tmp_path / "t.csv", rows, ("id", "size", "weight", "colour", "kind", "part"))

    fill_up(source, tmp_path / "o.csv", SmoteRequest("kind", ignore=("id",), split="part"), SILENT)

    with (tmp_path / "o.csv").open(encoding="utf-8", newline="") as file:
        assert {r["part"] for r in csv.DictReader(file) if r["synthetic"] == "yes"} == {"train"}


def pixels(columns, rows=20):
    rng = np.random.default_rng(0)
    return [[*rng.integers(0, 256, columns).tolist(), "ab"[i % 5 == 0]] for i in range(rows)]


@pytest.mark.parametrize(
    ("columns", "told"),
    [(64, "all 64 features are whole numbers from 0 to 255, as pixels are"), (1200, "1,200 feature")],
)
def test_pixels_are_refused_with_the_reason(tmp_path, columns, told):
    source = a_table(tmp_path / "t.csv", pixels(columns), [*(f"p{i}" for i in range(columns)), "kind"])

    with pytest.raises(RequestError, match=told) as caught:
        fill_up(source, tmp_path / "o.csv", SmoteRequest("kind"), SILENT)
    assert "never for pixels" in str(caught.value)


@pytest.mark.parametrize(
    ("rows", "changes", "told"),
    [
        (some_rows(rare=5), {}, "has 5 training rows, and 5 neighbours need 6"),
        (some_rows()[:20] + [["x", 1.5, 2.5, "b", "bolt"]] * 9, {}, "89% of the rows of 'bolt' are duplicates"),
        (some_rows(), {"group": "colour"}, "are duplicates"),
        (some_rows(), {"label": "species"}, "has no column 'species'"),
        (some_rows(), {"classes": ("screw",)}, "No training row has the class 'screw'"),
        (some_rows(), {"split": "colour"}, "No row is in the split 'train'"),
        (some_rows(), {"ignore": ("id", "size", "weight")}, "no column of numbers"),
        ([], {}, "has no rows"),
        ([["a", 1]], {}, "row 2: 2 cells under 5 headings"),
    ],
)
def test_what_cannot_be_filled_up_is_refused(tmp_path, rows, changes, told):
    source = a_table(tmp_path / "t.csv", rows)

    with pytest.raises(RequestError, match=told):
        fill_up(source, tmp_path / "o.csv", SmoteRequest(**{"label": "kind", "ignore": ("id",), **changes}), SILENT)
    assert not (tmp_path / "o.csv").exists()


def test_bad_files_and_places_are_told(tmp_path):
    source = a_table(tmp_path / "t.csv", some_rows())
    request = SmoteRequest("kind", ignore=("id",))
    with pytest.raises(ExportTargetError, match="is the table itself"):
        fill_up(source, source, request, SILENT)
    with pytest.raises(ExportTargetError, match="cannot be written"):
        fill_up(source, tmp_path / "none" / "o.csv", request, SILENT)
    with pytest.raises(RequestError, match="cannot be read"):
        fill_up(tmp_path / "none.csv", tmp_path / "o.csv", request, SILENT)
    (tmp_path / "bad.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(RequestError, match="no CSV table in UTF-8"):
        fill_up(tmp_path / "bad.csv", tmp_path / "o.csv", request, SILENT)
    fill_up(source, tmp_path / "o.csv", request, SILENT)
    with pytest.raises(RequestError, match="filled up before"):
        fill_up(tmp_path / "o.csv", tmp_path / "p.csv", request, SILENT)
    twice = a_table(tmp_path / "twice.csv", [[1, 2]], ("kind", "kind"))
    with pytest.raises(RequestError, match="two columns have one name"):
        fill_up(twice, tmp_path / "p.csv", request, SILENT)
