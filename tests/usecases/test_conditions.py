"""Conditions that no source states are made, edited, undone, and outlive the next import."""

import numpy as np
import pytest

from builders import a_project, a_source, store
from cli_runs import Shell
from exif_bytes import jpeg_with, photo
from tailwise.domain.errors import RequestError
from tailwise.domain.records import AxisKind
from tailwise.ops.child import run_here
from tailwise.ops.progress import SILENT
from tailwise.usecases import conditions as cs
from tailwise.usecases import conditions_derived as cd
from tailwise.usecases.import_source import ImportRequest, import_source
from tailwise.usecases.projects import create_project
from tailwise.usecases.sequences import audit_sequences

FILES = [f"{site}_cam{n % 2}_{n:04d}.jpg" for site in ("gate", "yard") for n in range(6)]


def a_set(root, **more):
    conditions = {"weather": {f: ("Rain", "rain", "dry")[i % 3] for i, f in enumerate(FILES)}}
    conditions["speed"] = {f: str(10 * i) for i, f in enumerate(FILES)}
    return a_source({f: {"Cup": 1 + i % 3} for i, f in enumerate(FILES)}, conditions=conditions, root=str(root), **more)


@pytest.fixture
def root(tmp_path):
    root = tmp_path / "set"
    root.mkdir()
    for n, name in enumerate(FILES):
        taken = f"2024:0{1 + n % 2 * 6}:01 {'13' if n % 2 else '02'}:00:{n:02d}"
        place = (52.5, 13.4) if n < 11 else None
        (root / name).write_bytes(jpeg_with(photo(model=f"M{n % 2}", taken=taken, offset="+01:00", place=place)))
    return root


@pytest.fixture
def project(tmp_path, root):
    splits = {"train": FILES[:3] + FILES[6:], "test": FILES[3:6]}
    project = a_project(tmp_path / "p.tailwise", a_set(root, splits=splits))
    yield project
    project.close()


def values(project):
    return {facts.name: dict(facts.values) for facts in cs.list_conditions(project)}


def test_conditions_come_from_the_headers_of_the_images_and_no_place_is_kept(project, root):
    outcome = cd.conditions_from_exif(project, SILENT, run_here)

    found = values(project)
    assert found["camera"] == {"Canon M0": 6, "Canon M1": 6}
    assert found["time of day"] == {"afternoon 12-18 h": 6, "night 0-6 h": 6}
    assert found["season"] == {"summer": 6, "winter": 6}
    assert found["outdoor light, assumed"] == {"day": 5, "night": 6}
    assert "flash" not in found
    assert [f.code for f in outcome.findings] == ["XF-04", "XF-06"]
    project.close()
    assert b"52.5" not in project.path.read_bytes()


def test_made_conditions_survive_the_next_import_and_their_undo_takes_them_away(project, root):
    outcome = cd.conditions_from_exif(project, SILENT, run_here)
    store(project, a_set(root))
    assert values(project)["season"] == {"summer": 6, "winter": 6}

    cs.restore_conditions(project, outcome.before, "undo")
    assert set(values(project)) == {"weather", "speed"}
    cs.restore_conditions(project, outcome.after, "redo")
    assert "season" in values(project)


def test_a_condition_a_source_states_is_not_replaced_by_a_made_one(project):
    cs.rename_condition(project, "weather", "camera")

    cd.conditions_from_exif(project, SILENT, run_here)
    cd.conditions_from_exif(project, SILENT, run_here)

    assert {"camera", "camera (EXIF)"} <= set(values(project))


def test_a_damaged_block_is_a_finding(project, root):
    (root / FILES[0]).write_bytes(jpeg_with(photo()[:100]))

    codes = {f.code: f.examples for f in cd.conditions_from_exif(project, SILENT, run_here).findings}

    assert codes["XF-07"] == (FILES[0],)


def test_bursts_are_groups_of_one_camera(project):
    outcome = cd.bursts_from_exif(project, 2.5, SILENT, run_here)

    assert outcome.axes[0].kind == "group"
    assert sorted(values(project)["burst"].values()) == [6, 6]
    for gap, sentence in ((0, "not possible"), (1, "No two images")):
        with pytest.raises(RequestError, match=sentence):
            cd.bursts_from_exif(project, gap, SILENT, run_here)


def test_a_pattern_is_looked_at_before_it_makes_anything(project):
    seen = cd.preview_names(project, "{site}_{camera}_{number}", (), SILENT)

    assert (seen.looked_at, seen.items, seen.captures.unfit) == (12, 12, 0)
    assert [(f.name, f.kind) for f in seen.captures.fields] == [
        ("site", "condition"), ("camera", "condition"), ("number", None),
    ]  # fmt: skip
    assert seen.examples[0] == (FILES[0], {"site": "gate", "camera": "cam0", "number": "0000"})
    assert set(values(project)) == {"weather", "speed"}


def test_a_pattern_makes_conditions_and_groups(project):
    cd.conditions_from_names(project, "(?P<site>[a-z]+)_(?P<camera>cam[0-9])", ("camera",), SILENT)

    assert values(project)["site"] == {"gate": 6, "yard": 6}
    assert {f.name: f.kind for f in cs.list_conditions(project)}["camera"] == "group"
    with pytest.raises(RequestError, match="fits no file name"):
        cd.conditions_from_names(project, "{a}+{b}", (), SILENT)


def test_an_expression_that_takes_forever_is_given_up_and_said_so(project, tmp_path, monkeypatch):
    monkeypatch.setattr(cd, "PREVIEW_SECONDS", 0.5)
    store(project, a_source({"a" * 250 + ".jpg": {}}, name="long", root="/data/long"))

    with pytest.raises(RequestError, match="takes too long"):
        cd.preview_names(project, "(?P<x>" + "a*" * 9 + ")b", (), SILENT)


def test_numbers_are_sorted_into_ranges(project):
    cd.conditions_from_numbers(project, "speed", (30.0, 60.0), SILENT)
    cd.conditions_from_numbers(project, "objects per image", 2, SILENT)
    cd.conditions_from_numbers(project, "aspect ratio", (1.0,), SILENT)
    cd.conditions_from_numbers(project, "megapixels", (1.0,), SILENT)

    found = values(project)
    assert found["speed range"] == {"below 30": 3, "30 to 60": 3, "60 and above": 6}
    assert found["objects per image range"] == {"below 2": 4, "2 and above": 8}
    assert found["aspect ratio range"] == {"1 and above": 12}
    for source, sentence in (
        ("weather", "are no numbers"), ("width", "no two different"), ("brightness", "not indexed yet"), ("x", "no axis"),
    ):  # fmt: skip
        with pytest.raises(RequestError, match=sentence):
            cd.conditions_from_numbers(project, source, 3, SILENT)


def test_two_spellings_become_one_value_and_a_second_merge_builds_on_the_first(project):
    first = cs.merge_values(project, "weather", ["Rain"], "rain")
    second = cs.merge_values(project, "weather", ["rain", "dry"], "any")

    assert values(project)["weather"] == {"any": 12}
    cs.restore_conditions(project, second.before, "undo")
    assert values(project)["weather"] == {"rain": 8, "dry": 4}
    cs.restore_conditions(project, first.before, "undo")
    assert values(project)["weather"] == {"Rain": 4, "rain": 4, "dry": 4}


def test_values_set_by_hand_follow_renames_of_condition_and_value(project):
    ids = project.columns.item_ids[:3].tolist()
    cs.set_values(project, "weather", ids, "snow")
    cs.merge_values(project, "weather", ["snow"], "sleet")
    cs.rename_condition(project, "weather", "sky")

    assert values(project)["sky"]["sleet"] == 3
    done = cs.set_values(project, "sky", ids[:1], None)
    assert (done.text, values(project)["sky"]["sleet"]) == ("1 item: sky taken away", 2)


def test_a_group_can_be_made_a_condition_and_a_condition_a_group(project):
    cs.set_condition_kind(project, "weather", AxisKind.GROUP)
    assert {f.name: f.kind for f in cs.list_conditions(project)}["weather"] == "group"
    cs.set_condition_kind(project, "weather", AxisKind.CONDITION)
    assert {f.name: f.kind for f in cs.list_conditions(project)}["weather"] == "condition"


def test_a_deleted_condition_is_gone_until_it_is_undone_or_made_again(project):
    cd.conditions_from_exif(project, SILENT, run_here)
    done = cs.delete_condition(project, "season")
    assert "season" not in values(project)

    cd.conditions_from_exif(project, SILENT, run_here)
    assert "season" in values(project)
    cs.restore_conditions(project, done.after, "redo")
    assert "season" not in values(project)


@pytest.mark.parametrize(
    ("edit", "sentence"),
    [
        (lambda p: cs.rename_condition(p, "split", "x"), "built in"),
        (lambda p: cs.rename_condition(p, "wether", "x"), "There is no condition 'wether'. There are: weather, speed"),
        (lambda p: cs.rename_condition(p, "weather", "source"), "built in"),
        (lambda p: cs.rename_condition(p, "weather", "\t"), "cannot be the name"),
        (lambda p: cs.merge_values(p, "weather", ["hail"], "x"), "has no value 'hail'"),
        (lambda p: cs.set_values(p, "identical file", [1], "x"), "cannot be set by hand"),
        (lambda p: cs.set_values(p, "weather", [999], "x"), "No item is selected"),
    ],
)
def test_a_bad_edit_changes_nothing_and_says_why(project, edit, sentence):
    before = values(project)

    with pytest.raises(RequestError, match=sentence):
        edit(project)

    assert values(project) == before


def test_the_audit_measures_frames_between_splits_from_names_alone(project, root):
    for path in root.iterdir():
        path.unlink()

    report = audit_sequences(project, SILENT, close_frames=2)

    # Each of the four sequences is one camera at one site: every second frame.
    assert (report.sequences, report.items, report.step) == (4, 12, 2.0)
    (gap,) = report.gaps
    assert (gap.a_split, gap.b_split, gap.neighbours, gap.close, gap.nearest, gap.median) == (
        "train", "test", 2, 2, 2, 2.0,
    )  # fmt: skip
    assert {(e.a_file, e.b_file) for e in gap.examples} == {
        ("gate_cam0_0002.jpg", "gate_cam0_0004.jpg"),
        ("gate_cam1_0001.jpg", "gate_cam1_0003.jpg"),
    }
    assert audit_sequences(project, SILENT, close_frames=1).close == 0
    with pytest.raises(RequestError, match="no distance"):
        audit_sequences(project, SILENT, close_frames=-1)


def test_every_verb_works_from_the_command_line(project, root, capsys):
    path = project.path
    project.close()
    shell = Shell(capsys)

    assert shell.json("conditions", "from-exif", path)["findings"] == {"XF-04": 2, "XF-06": 6}
    seen = shell.json("conditions", "from-names", path, "{site}_{camera}_{number}", "--preview", "--group", "camera")
    assert [(f["name"], f["becomes"]) for f in seen["fields"][:2]] == [("site", "condition"), ("camera", "group")]
    shell("conditions", "from-names", path, "{site}_{cam}_{number}", "--preview")
    assert "gate 6, yard 6" in shell.out
    shell("conditions", "from-names", path, "{site}_{cam}_{}")
    shell("conditions", "bins", path, "speed", "--edges", "30,60")
    shell("conditions", "bins", path, "speed", "--edges", "30,x", code=2)
    shell("conditions", "bursts", path, "--gap", "2.5")
    shell("conditions", "merge", path, "weather", "Rain", "--to", "rain")
    shell("conditions", "rename", path, "weather", "sky")
    shell("conditions", "kind", path, "site", "group")
    shell("conditions", "delete", path, "speed")
    shell("conditions", "set", path, "sky", "snow", "--where", "sky=dry")
    shell("conditions", "set", path, "sky", "--item", 1)
    shell("conditions", "set", path, "sky", "snow", code=2)
    listed = {c["name"]: c for c in shell.json("conditions", "list", path)["conditions"]}
    assert listed["sky"]["values"] == {"rain": 7, "snow": 4}
    assert (listed["site"]["kind"], listed["burst"]["kind"]) == ("group", "group")
    assert "speed" not in listed
    assert shell.json("conditions", "sequences", path)["close"] == 2
    assert "train and test" in shell("conditions", "sequences", path, "--frames", 3)
    assert shell.json("classes", path, "--rename", "Cup=Mug")["changed"] == ["Cup renamed to Mug"]
    shell("classes", path, "--map", "Cup=Cup", "--no-class", "Bowl", code=1)
    assert "There is no class 'Bowl'" in shell.err
    assert "(no class)" in shell("classes", path, "--no-class", "Cup")
    assert "(no class)" not in shell("classes", path, "--is-class", "Cup")
    found = shell.json("findings", path, "--csv", path.with_suffix(".csv"))["findings"]
    assert {f["code"] for f in found} == {
        line.split(",")[0] for line in path.with_suffix(".csv").read_text().splitlines()[1:]
    }
    assert "CK-32" in {f["code"] for f in found}


def test_the_index_measures_can_be_sorted_once_there_is_an_index(project, monkeypatch):
    from tailwise.usecases import index_columns

    class Index:
        item_ids = project.columns.item_ids[:6]
        brightness = np.arange(6.0)

    monkeypatch.setattr(index_columns, "load_index", lambda _project: Index)

    cd.conditions_from_numbers(project, "brightness", (3.0,), SILENT)

    assert values(project)["brightness range"] == {"below 3": 3, "3 and above": 3}


def test_a_column_of_measured_numbers_comes_in_as_ranges(tmp_path):
    rows = "".join(f"{n}.png,{n % 2},{n / 8:.3f},{n},{n * n}\n" for n in range(200))
    (tmp_path / "t.csv").write_text(f"file,class,weight,id,square\n{rows}")
    project = create_project(tmp_path / "n.tailwise")

    outcome = import_source(project, ImportRequest(tmp_path / "t.csv"), SILENT, run_here)

    assert values(project) == {"weight": {"below 6.2": 50, "6.2 to 12": 46, "12 to 19": 56, "19 and above": 48}}
    assert cs.list_conditions(project)[0].origin == "ranges of column weight"
    assert {f.code: f.count for f in outcome.findings if f.code in {"CS-18", "CS-21"}} == {"CS-18": 1, "CS-21": 2}
    project.close()
