"""Findings of the whole project: every check finds what was planted and nothing else, fixes settle it, undo brings it back."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders import a_project, a_source
from tailwise.analysis.box_checks import Boxes, odd_pairs
from tailwise.domain.records import AnnotationKind, CategoryRecord
from tailwise.ops.progress import SILENT
from tailwise.usecases import findings as fs
from tailwise.usecases import index_columns
from tailwise.usecases.project_checks import check_project


def found_in(project):
    return {f.finding.code: f for f in check_project(project, SILENT)}


def a_box(data, file, label, box):
    item = data.items.file_name.index(file)
    names = [c.name for c in data.categories]
    if label not in names:
        data.categories.append(CategoryRecord(label))
        names.append(label)
    data.annotations.append(item, names.index(label), kind=AnnotationKind.BOX, box=box, area=box[2] * box[3])


@pytest.fixture
def make(tmp_path):
    made = []

    def build(*sources):
        made.append(a_project(tmp_path / f"{len(made)}.tailwise", *sources))
        return made[-1]

    yield build
    for project in made:
        project.close()


def a_clean_set():
    """Two classes on twelve images each, boxes of many sizes that do not touch."""
    data = a_source({f"{c}{n}x.jpg": {} for n in range(12) for c in "ab"}, classes=("Cup", "Plate"))
    for n in range(12):
        for k in range(2):
            side = 10 * 1.25 ** ((5 * n + 7 * k) % 24)
            a_box(data, f"a{n}x.jpg", "Cup", (k * 3000, 0, side, side))
            a_box(data, f"b{n}x.jpg", "Plate", (k * 3000, 0, side, side * 1.1))
        for name in (f"a{n}x.jpg", f"b{n}x.jpg"):
            data.items.state[data.items.file_name.index(name)] = 1
    return data


def test_clean_data_has_no_finding(make):
    assert found_in(make(a_clean_set())) == {}


@pytest.mark.parametrize(
    ("code", "box"),
    [
        ("CK-09", (5, 5, 0, 10)),
        ("CK-11", (0, 5000, 1e9, 1e9)),
        ("CK-12", (0, 9000, 1e5, 1e-3)),
        ("CK-13", (0.1, 0, 10, 10)),
        ("CK-14", None),
        ("CK-15", (1, 1, 2, 2)),
        ("CK-16", (0, 0, 10, 8.5)),
    ],
)
def test_one_planted_box_is_found_under_its_code_and_opens_its_image(make, code, box):
    data = a_clean_set()
    if code == "CK-14":
        a_box(data, "a0x.jpg", "Plate", (0, 0, 10, 10))
    else:
        a_box(data, "a0x.jpg", "Cup", box)
    project = make(data)

    found = found_in(project)

    assert (found[code].finding.count, len(found[code].items)) == (1, 1)
    assert found[code].finding.examples[0].startswith("a0x.jpg: Cup")
    assert fs.items_behind(project, found[code])[0] == found[code].items[0]


def test_a_box_that_is_no_number_is_found_and_disturbs_no_other_check(make):
    data = a_clean_set()
    a_box(data, "a0x.jpg", "Cup", (float("inf"), 0, 5, 5))

    assert set(found_in(make(data))) == {"CK-10"}


def test_labels_few_lone_uneven_and_missing_are_found(make):
    labels = {f"{n}.x.jpg": {"Car": 60} for n in range(30)} | {"one.jpg": {"Van": 1}}
    labels |= {f"bus{n}.x.jpg": {"Bus": 2} for n in range(3)}
    data = a_source(labels, classes=("Car", "Van", "Bus", "Tram"), pool=("later.jpg",))

    found = found_in(make(data))

    assert found["CK-01"].finding.examples == ("later.jpg",)
    assert found["CK-03"].finding.examples == ("Tram",)
    assert found["CK-05"].finding.examples == ("Van: 1 image, 1 object",)
    assert found["CK-06"].finding.examples == ("Bus: 3 images, 6 objects",)
    assert found["CK-07"].finding.examples == ("Car 1,800, Van 1 objects",)
    assert "CK-08" not in found  # all boxes are of one size exactly: that is a convention, not a tendency


def test_several_image_classes_where_nearly_all_have_one(make):
    data = a_source({f"{n}.x.jpg": {} for n in range(40)}, classes=("Cat", "Dog"))
    for n in range(40):
        data.annotations.append(n, n % 2, kind=AnnotationKind.LABEL)
        data.items.state[n] = 1
    data.annotations.append(3, 0, kind=AnnotationKind.LABEL)

    assert found_in(make(data))["CK-02"].finding.examples == ("3.x.jpg",)


def test_conditions_lone_rare_missing_and_twice_told(make):
    files = [f"{n}.x.jpg" for n in range(80)]
    light = {f: "night" if n == 0 else "day" for n, f in enumerate(files)}
    data = a_source(
        {f: {"Car": 1} for f in files},
        conditions={
            "lighting": light,
            "Light": {f: {"night": "dark", "day": "bright"}[v] for f, v in light.items()},
            "city": dict.fromkeys(files, "Ulm"),
            "weather": {f: ("Rain", "rain", "Rain", "dry")[n % 4] for n, f in enumerate(files[:60])},
        },
    )
    project = make(data)

    found = found_in(project)

    assert found["CK-20"].finding.examples == ("city: Ulm",)
    assert found["CK-21"].finding.examples == ("lighting night: 1", "Light dark: 1")
    assert found["CK-22"].finding.examples == ("lighting: day 79, night 1", "Light: bright 79, dark 1")
    assert found["CK-23"].finding.examples == ("weather: 20 of 80 images",)
    assert found["CK-24"].finding.examples == ("lighting and Light",)
    (fix,) = found["AX-07"].fixes
    assert (fix.axis, fix.names, fix.to) == ("weather", ("rain",), "Rain")

    done = fs.apply_fix(project, fix)
    fs.apply_fix(project, found["CK-24"].fixes[0])
    fs.apply_fix(project, found["CK-20"].fixes[0])

    assert not {"AX-07", "CK-20", "CK-24"} & set(found_in(project))
    fs.take_back(project, done)
    assert "AX-07" in found_in(project)
    fs.take_back(project, done, redo=True)
    assert "AX-07" not in found_in(project)


def test_class_names_are_compared_over_all_sources_and_the_fix_settles_it(make):
    project = make(
        a_source({f"{n}.x.jpg": {"stop sign": 2} for n in range(12)}, name="one"),
        a_source({f"{n}.y.jpg": {"Stop_Sign": 1, "void": 1} for n in range(12)}, name="two", root="/data/two"),
    )
    found = found_in(project)
    assert [f.title for f in found["CL-01"].fixes] == ["Merge Stop_Sign into stop sign"]

    for code in ("CL-01", "CL-04"):
        done = fs.apply_fix(project, found[code].fixes[0])

    assert set(found_in(project)) & {"CL-01", "CL-04"} == set()
    fs.take_back(project, done)
    assert "CL-04" in found_in(project)


def test_two_sources_that_contradict_each_other_are_a_conflict(make):
    project = make(
        a_source({"p/a.jpg": {"car": 1}, "p/b.jpg": {"car": 2}, "c.jpg": {}}, name="one"),
        a_source({"q/a.jpg": {"van": 1}, "q/b.jpg": {"car": 2}, "c.jpg": {"car": 1}}, name="two", root="/data/two"),
    )

    found = found_in(project)["CK-31"]

    assert found.finding.count == 2
    assert found.finding.examples[0] == "p/a.jpg (one) = q/a.jpg (two)"
    assert len(found.items) == 4


def test_the_same_file_with_other_labels_is_a_conflict(make):
    groups = {"identical file": {"a.jpg": "a.jpg", "b.jpg": "a.jpg", "c.jpg": "c.jpg", "d.jpg": "c.jpg"}}
    project = make(a_source({"a.jpg": {"car": 1}, "b.jpg": {"van": 1}, "c.jpg": {"car": 1}, "d.jpg": {"car": 1}},
                            groups=groups))  # fmt: skip

    assert found_in(project)["CK-30"].finding.examples == ("a.jpg (set) = b.jpg (set)",)


def test_stored_findings_open_the_items_their_examples_name(make):
    data = a_source({"img/a.jpg": {"car": 1}, "b.jpg": {"car": 1}, "c d.jpg": {}})
    from dataclasses import replace

    data.findings = [
        replace(data.findings[0], examples=("img/a.jpg = c d.jpg", "labels/b.txt:3", "nowhere.jpg: class 7"))
    ]
    project = make(data)
    (stored,) = [f for f in fs.all_findings(project, SILENT) if f.source == "set"]

    names = dict(zip(fs.items_behind(project, stored), ("img/a.jpg", "c d.jpg", "b.jpg"), strict=True))

    with project.file.reading() as db:
        assert names == dict(db.execute("SELECT id, file_name FROM item"))


def test_the_csv_holds_every_finding_and_runs_nothing(make, tmp_path):
    data = a_source({f"{n}.x.jpg": {"=HYPERLINK(1)": 1} for n in range(12)})
    found = fs.all_findings(make(data), SILENT)
    fs.write_findings_csv(found, tmp_path / "f.csv")

    rows = list(csv.DictReader(io.StringIO((tmp_path / "f.csv").read_text())))

    assert [row["code"] for row in rows] == [f.finding.code for f in found]
    assert next(row for row in rows if row["code"] == "CK-04")["examples"] == "'=HYPERLINK(1)"
    with pytest.raises(fs.RequestError, match="cannot be written"):
        fs.write_findings_csv(found, tmp_path)


def iou_of(a, b):
    wide = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    high = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    common = max(0, wide) * max(0, high)
    return common / (a[2] * a[3] + b[2] * b[3] - common), common


squares = st.tuples(st.integers(0, 6), st.integers(0, 6), st.integers(1, 8), st.integers(1, 8))


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 1), squares), max_size=14))
def test_the_sweep_finds_exactly_the_pairs_that_comparing_all_with_all_finds(objects):
    rows, classes, boxes = (list(part) for part in zip(*objects, strict=True)) if objects else ([], [], [])
    pairs = odd_pairs(
        Boxes(np.array(rows, np.int64), np.array(classes, np.int64), np.array(boxes, float).reshape(-1, 4))
    )

    wanted = {"doubles": set(), "two_classes": set(), "nested": set(), "overlapping": set()}
    for i in range(len(objects)):
        for j in range(i + 1, len(objects)):
            iou, common = iou_of(boxes[i], boxes[j])
            small, large = sorted((boxes[i][2] * boxes[i][3], boxes[j][2] * boxes[j][3]))
            inside = common >= 0.99 * small and small <= 0.5 * large
            if rows[i] != rows[j]:
                continue
            if iou >= 0.95:
                wanted["doubles" if classes[i] == classes[j] else "two_classes"].add((i, j))
            elif classes[i] == classes[j] and (inside or iou >= 0.8):
                wanted["nested" if inside else "overlapping"].add((i, j))
    for name, expected in wanted.items():
        assert {tuple(sorted(pair)) for pair in getattr(pairs, name).tolist()} == expected


def test_the_index_tells_byte_identical_files_of_two_sources(make, monkeypatch):
    project = make(
        a_source({"a.jpg": {"car": 1}, "b.jpg": {"car": 1}}, name="one"),
        a_source({"x.jpg": {"van": 1}, "y.jpg": {"car": 1}}, name="two", root="/data/two"),
    )

    class Index:
        item_ids = np.array([1, 2, 3, 4, 99])
        sha256 = np.array([[1] * 32, [2] * 32, [1] * 32, [2] * 32, [0] * 32], dtype=np.uint8)

    monkeypatch.setattr(index_columns, "load_index", lambda _project: Index)

    found = found_in(project)["CK-30"].finding

    assert (found.count, found.examples) == (1, ("a.jpg (one) = x.jpg (two)",))


def test_the_findings_of_one_source_are_those_of_its_imports(make):
    project = make(a_source({"a.jpg": {"car": 1}}, name="one"), a_source({"b.jpg": {}}, name="two", root="/data/two"))

    assert {f.source for f in fs.all_findings(project, SILENT, "two")} == {"two"}
    assert fs.items_behind(project, fs.all_findings(project, SILENT, "two")[0]) == ()
