"""Axes that no source stated, and the user's rules over those that one did."""

from __future__ import annotations

import numpy as np
import pytest

from builders import a_project, a_source, store
from tailwise.domain.errors import RequestError
from tailwise.domain.records import AxisKind
from tailwise.storage import derived_axes
from tailwise.storage.columns import load_columns
from tailwise.storage.derived_axes import AxisRule, DerivedAxis

FILES = ("a.jpg", "b.jpg", "c.jpg", "d.jpg")


def a_set(files=FILES, **more):
    conditions = more.pop("conditions", {"weather": {"a.jpg": "rain", "b.jpg": "Rain", "c.jpg": "dry"}})
    conditions = {axis: {f: v for f, v in by_file.items() if f in files} for axis, by_file in conditions.items()}
    return a_source({f: {"Cup": 1} for f in files}, conditions=conditions, **more)


@pytest.fixture
def project(tmp_path):
    project = a_project(tmp_path / "p.tailwise", a_set())
    yield project
    project.close()


def shown(project):
    """Return `{axis: {file: values}}` as counts, filters and plans see them."""
    with project.file.reading() as db:
        columns = load_columns(db, 0)
        names = [r[0] for r in db.execute("SELECT file_name FROM item ORDER BY source_id, position")]
    found = {}
    for axis in columns.axes:
        by_file = found[axis.name] = {}
        for row, code in zip(axis.rows.tolist(), axis.codes.tolist(), strict=True):
            by_file.setdefault(names[row], []).append(axis.values[code])
    return found


def ids(project, *files):
    with project.file.reading() as db:
        by_name = dict(db.execute("SELECT file_name, id FROM item").fetchall())
    return [by_name[f] for f in files]


def an_axis(project, name, values, kind=AxisKind.CONDITION):
    texts = tuple(sorted(set(values.values())))
    codes = np.array([texts.index(v) for v in values.values()], dtype=np.int32)
    return DerivedAxis(name, kind, "computed", texts, np.array(ids(project, *values), dtype=np.int64), codes)


def write(project, axis):
    with project.file.writing() as db:
        derived_axes.write_axis(db, axis)


def test_a_computed_axis_is_counted_filtered_and_grouped_like_any_other(project):
    write(project, an_axis(project, "season", {"a.jpg": "winter", "d.jpg": "summer"}))

    assert shown(project)["season"] == {"a.jpg": ["winter"], "d.jpg": ["summer"]}
    cube = project.cube()
    assert cube.cube.item_mask([("season", "winter")]).tolist() == [True, False, False, False]
    assert cube.group_columns(["season"])[0].tolist() == [1, -1, -1, 0]
    assert [(a.name, a.kind, a.origin) for a in cube.axis_facts()][-1] == ("season", "condition", "computed")


def test_computed_values_stay_with_their_files_when_the_source_is_imported_again(project):
    write(project, an_axis(project, "season", {"a.jpg": "winter", "c.jpg": "spring", "d.jpg": "summer"}))

    store(project, a_set(("new.jpg", "d.jpg", "a.jpg")))

    assert shown(project)["season"] == {"d.jpg": ["summer"], "a.jpg": ["winter"]}


def test_a_new_file_never_inherits_the_values_of_one_that_is_gone(project):
    write(project, an_axis(project, "season", {"d.jpg": "summer"}))

    store(project, a_set(("a.jpg",)))
    store(project, a_set(("a.jpg", "x.jpg", "y.jpg", "z.jpg")))
    store(project, a_set(("k.jpg",), name="other", root="/data/other"))

    assert shown(project)["season"] == {}


def test_computed_values_replace_stated_ones_only_for_the_items_they_speak_of(project):
    write(project, an_axis(project, "weather", {"a.jpg": "fog"}))

    assert shown(project)["weather"] == {"a.jpg": ["fog"], "b.jpg": ["Rain"], "c.jpg": ["dry"]}
    with project.file.writing() as db:
        assert derived_axes.delete_axis(db, "weather")
        assert not derived_axes.delete_axis(db, "weather")
    assert shown(project)["weather"]["a.jpg"] == ["rain"]


def test_rules_merge_spellings_rename_and_hide_without_touching_what_was_stated(project):
    store(project, a_set(name="two", root="/data/two", conditions={"Weather": {"d.jpg": "dry"}}))
    with project.file.writing() as db:
        before = derived_axes.snapshot(db, ["weather", "Weather"])
        derived_axes.write_rule(db, AxisRule("weather", "weather", renamed={"Rain": "rain"}))
        derived_axes.write_rule(db, AxisRule("Weather", "weather", kind="group"))
    columns = project.columns

    assert [(a.name, a.values, a.kind) for a in columns.axes] == [("weather", ("rain", "dry"), "condition")]
    assert columns.axes[0].rows.tolist() == [0, 1, 2, 7]
    with project.file.writing() as db:
        derived_axes.write_rule(db, AxisRule("weather", "weather", is_hidden=True))
    assert [(a.name, a.kind) for a in project.columns.axes] == [("weather", "group")]
    with project.file.writing() as db:
        derived_axes.restore(db, before)
    assert [(a.name, a.values) for a in project.columns.axes] == [
        ("weather", ("Rain", "dry", "rain")),
        ("Weather", ("dry",)),
    ]


def test_an_item_with_both_merged_values_counts_once(tmp_path):
    data = a_set(conditions={"weather": {"a.jpg": "Rain", "b.jpg": "rain"}})
    data.axes[0].append(0, data.axes[0].values.index("rain"), records=3)
    project = a_project(tmp_path / "q.tailwise", data)
    with project.file.writing() as db:
        derived_axes.write_rule(db, AxisRule("weather", "weather", renamed={"Rain": "rain"}))

    axis = project.columns.axes[0]

    assert (axis.values, axis.rows.tolist(), axis.records.tolist()) == (("rain",), [0, 1], [4, 1])
    project.close()


def test_what_is_set_by_hand_lies_on_top_and_can_take_a_value_away(project):
    write(project, an_axis(project, "weather", {"b.jpg": "fog", "d.jpg": "fog"}))
    with project.file.writing() as db:
        derived_axes.set_by_hand(db, "weather", ids(project, "a.jpg", "b.jpg"), "snow")
        derived_axes.set_by_hand(db, "weather", ids(project, "b.jpg", "c.jpg"), None)
        derived_axes.set_by_hand(db, "checked", ids(project, "c.jpg"), "yes")

    assert shown(project) == {"weather": {"a.jpg": ["snow"], "d.jpg": ["fog"]}, "checked": {"c.jpg": ["yes"]}}
    with project.file.writing() as db:
        derived_axes.clear_by_hand(db, "weather")
    assert shown(project)["weather"]["a.jpg"] == ["rain"]


def test_a_rename_carries_what_was_set_by_hand_along(project):
    with project.file.writing() as db:
        derived_axes.set_by_hand(db, "sky", ids(project, "a.jpg", "b.jpg"), "clear")
        derived_axes.set_by_hand(db, "weather", ids(project, "b.jpg"), "fog")
        derived_axes.set_by_hand(db, "weather", ids(project, "c.jpg"), None)
        derived_axes.change_by_hand(db, "weather", "sky", {"fog": "mist"})
        derived_axes.change_by_hand(db, "nowhere", "sky", {})

    # b.jpg had a value under the new name already, which wins; taking away stays taking away.
    assert shown(project)["sky"] == {"a.jpg": ["clear"], "b.jpg": ["clear"]}
    with project.file.reading() as db:
        assert list(derived_axes.values_by_hand(db)) == ["sky"]


@pytest.mark.parametrize(
    ("axis", "error"),
    [
        (("  ", ("x",), [1], [0]), RequestError),
        (("n", ("x",), [1], [1]), RequestError),
        (("n", ("x",), [1, 2], [0]), ValueError),
    ],
)
def test_an_axis_that_cannot_be_right_is_refused_whole(project, axis, error):
    name, values, item_ids, codes = axis
    bad = DerivedAxis(name, AxisKind.GROUP, "x", values, np.array(item_ids, np.int64), np.array(codes, np.int32))

    with pytest.raises(error):
        write(project, bad)

    assert list(shown(project)) == ["weather"]


def test_axes_of_a_project_without_items_have_no_values(tmp_path):
    project = a_project(tmp_path / "q.tailwise")
    axis = DerivedAxis("n", AxisKind.GROUP, "x", ("v",), np.array([5], np.int64), np.array([0], np.int32))

    write(project, axis)

    assert [(a.name, a.values) for a in project.columns.axes] == [("n", ())]
    project.close()
