import pytest

from builders import a_project, a_source, store
from tailwise.domain.coverage import CellFlag, CountRequest, ItemFilter, TailGroup, Unit
from tailwise.domain.errors import RequestError
from tailwise.domain.records import Role
from tailwise.ops.progress import SILENT
from tailwise.usecases.classes import ClassEdit, list_classes, set_classes
from tailwise.usecases.counts import count_axes, count_table, tail_measures
from tailwise.usecases.items import find_items, item_rows
from tailwise.usecases.projects import list_findings, open_project, project_facts

LABELS = {
    "a/1.jpg": {"car": 2, "bike": 1},
    "a/2.jpg": {"car": 1},
    "b/3.jpg": {"car": 1},
    "b/4.jpg": {},
}
LIGHT = {"a/1.jpg": "day", "a/2.jpg": "night", "b/3.jpg": "day", "b/4.jpg": "day"}


@pytest.fixture
def project(tmp_path):
    source = a_source(
        LABELS,
        conditions={"light": LIGHT},
        groups={"scene": {f: f[0] for f in LABELS}},
        splits={"train": ["a/1.jpg", "a/2.jpg"], "val": ["b/3.jpg"], "trainval": ["a/1.jpg", "a/2.jpg", "b/3.jpg"]},
        pool=("p/5.jpg",),
        classes=("truck",),
    )
    project = a_project(tmp_path / "p.tailwise", source)
    yield project
    project.close()


def cells(table):
    return {
        (row.name, *column): table.counts[i][j]
        for i, row in enumerate(table.rows)
        for j, column in enumerate(table.columns)
    }


def test_classes_are_counted_by_condition_and_unit(project):
    objects = count_table(project, CountRequest(("light",), Unit.OBJECTS), SILENT)
    images = count_table(project, CountRequest(("light",), Unit.IMAGES), SILENT)

    assert cells(objects)["car", "day"] == 3
    assert cells(images)["car", "day"] == 2
    assert cells(objects)["truck", "night"] == 0
    assert objects.items == 4  # the pool is not counted, the empty image is
    assert objects.column_items == (3, 1)


def test_expected_counts_follow_the_margins(project):
    table = count_table(project, CountRequest(("light",), Unit.OBJECTS), SILENT)

    row = [r.name for r in table.rows].index("car")
    assert table.expected[row] == pytest.approx((4 * 4 / 5, 4 * 1 / 5))


def test_published_lists_may_overlap_and_each_has_its_column(project):
    table = count_table(project, CountRequest(("split",), Unit.IMAGES), SILENT)

    found = cells(table)
    assert (found["car", "train"], found["car", "val"], found["car", "trainval"]) == (2, 1, 3)


def test_a_filter_narrows_what_is_counted(project):
    table = count_table(project, CountRequest((), Unit.OBJECTS, (("light", "night"),)), SILENT)

    assert cells(table) == {("car",): 1, ("bike",): 0, ("truck",): 0}


def test_every_number_opens_exactly_its_items(project):
    table = count_table(project, CountRequest(("light",), Unit.IMAGES), SILENT)

    for (name, light), count in cells(table).items():
        which = ItemFilter(where=(("light", light), ("state", "labelled")), classes=(name,))
        assert len(find_items(project, which, SILENT)) == count


def test_items_tell_their_classes_conditions_and_narrowest_split(project):
    ids = find_items(project, ItemFilter(classes=("bike",)), SILENT)

    (row,) = item_rows(project, ids)

    assert row.file_name == "a/1.jpg"
    assert row.classes == {"bike": 1, "car": 2}
    assert row.conditions == {"light": "day", "scene": "a"}
    assert row.split == "train"
    assert {a.box[:2] for a in row.annotations} == {(0, 0), (1, 1)}


def test_unknown_classes_and_axes_are_answered_with_the_known_ones(project):
    with pytest.raises(RequestError, match="bike"):
        find_items(project, ItemFilter(classes=("bycicle",)), SILENT)
    with pytest.raises(RequestError, match="light"):
        count_table(project, CountRequest(("weather",)), SILENT)


def test_facts_add_up(project):
    facts = project_facts(project, SILENT)

    assert (facts.items, facts.labelled, facts.empty, facts.unlabelled) == (5, 3, 1, 1)
    assert facts.objects == 5
    assert facts.pixels == 5 * 200
    assert dict(facts.splits) == {"train": 2, "val": 1, "trainval": 3}
    assert [a.name for a in facts.axes] == ["light", "scene"]
    assert facts.has_boxes


def test_axes_begin_with_the_built_in_ones(project):
    names = [a.name for a in count_axes(project)]

    assert names[:3] == ["split", "source", "state"]
    assert set(names[3:]) == {"light", "scene"}


def test_measures_list_empty_classes_apart(project):
    found = tail_measures(project, Unit.OBJECTS, (), SILENT)

    assert found.empty_classes == ("truck",)
    assert found.imbalance_ratio == 4.0
    assert (found.head, found.mid, found.tail) == (0, 0, 2)


def test_tiers_and_targets_are_kept_and_flag_cells_below_target(project):
    set_classes(project, [ClassEdit("bike", "must-not-miss", 10)], SILENT)

    rows = {r.name: r for r in list_classes(project, SILENT)}
    table = count_table(project, CountRequest(()), SILENT)

    assert (rows["bike"].tier, rows["bike"].target, rows["bike"].tail) == ("must-not-miss", 10, TailGroup.TAIL)
    assert table.flags[[r.name for r in table.rows].index("bike")] == (CellFlag.BELOW_TARGET,)


def test_one_bad_edit_changes_nothing(project):
    with pytest.raises(RequestError, match="unicorn"):
        set_classes(project, [ClassEdit("car", "experimental", 5), ClassEdit("unicorn", "experimental", 5)], SILENT)

    assert {r.name: r.target for r in list_classes(project, SILENT)}["car"] is None


def test_predictions_are_kept_apart_from_every_count(project):
    before = project_facts(project, SILENT)

    store(project, a_source({"a/1.jpg": {"car": 9}}, name="model", root="/data/model", role=Role.PREDICTIONS))

    after = project_facts(project, SILENT)
    assert (after.items, after.objects) == (before.items, before.objects)
    assert [s.annotations for s in after.sources] == [5, 9]


def test_importing_again_keeps_ids_by_file_name(project):
    before = {r.file_name: r.id for r in item_rows(project, find_items(project, ItemFilter(), SILENT))}
    again = {"b/3.jpg": {"car": 5}, "a/1.jpg": {"car": 1}, "c/9.jpg": {"car": 1}}

    outcome = store(project, a_source(again))

    after = {r.file_name: r.id for r in item_rows(project, find_items(project, ItemFilter(), SILENT))}
    assert (outcome.added, outcome.updated, outcome.removed) == (1, 2, 3)
    assert after["b/3.jpg"] == before["b/3.jpg"]
    assert after["c/9.jpg"] not in before.values()
    assert project_facts(project, SILENT).objects == 7


def test_two_sources_share_classes_and_axes_by_name(project):
    store(project, a_source({"x.jpg": {"car": 3}}, name="two", root="/two", conditions={"light": {"x.jpg": "dusk"}}))

    table = count_table(project, CountRequest(("light",), Unit.OBJECTS), SILENT)

    assert cells(table)["car", "dusk"] == 3
    assert cells(table)["car", "day"] == 3


def test_everything_is_there_after_reopening(project):
    path = project.path
    facts = project_facts(project, SILENT)
    project.close()

    again = open_project(path, read_only=True)

    assert project_facts(again, SILENT) == facts
    assert [f.finding.code for f in list_findings(again)] == ["CO-06"]
    assert list_findings(again)[0].finding.examples == ("7", "9")
    again.close()
