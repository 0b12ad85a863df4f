"""Generated pictures: they inherit their parent's groups, never reach validation, and never outnumber real ones."""

import pytest

from builders import a_project, a_source, store
from cli_runs import Shell
from tailwise.domain.coverage import ItemFilter
from tailwise.domain.errors import RequestError
from tailwise.domain.generated import GENERATED_BY, GENERATED_FROM, GENERATED_REVIEW, TO_REVIEW
from tailwise.domain.split import SplitRequest
from tailwise.ops.progress import SILENT
from tailwise.usecases.generated import read_table, register_generated
from tailwise.usecases.items import find_items, item_rows
from tailwise.usecases.splits import compute_split, split_items_by_name

REAL = [f"r{i}.jpg" for i in range(12)]
MADE = [f"gen/g{i}.jpg" for i in range(6)]


@pytest.fixture
def project(tmp_path):
    groups = {"scene": {name: f"s{i // 2}" for i, name in enumerate(REAL)}}
    real = a_source({name: {"car": 1} for name in REAL}, name="street", groups=groups)
    made = a_source({name: {"car": 1} for name in MADE}, name="made", root="/data/made")
    project = a_project(tmp_path / "p.tailwise", real)
    store(project, made)
    yield project
    project.close()


def a_table(path, rows, header="file,parent,generator,prompt"):
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


def ids_of(project, axis, value):
    return set(find_items(project, ItemFilter(where=((axis, value),)), SILENT))


def test_a_generated_picture_belongs_to_the_groups_of_its_parent_and_a_tenth_is_reviewed(project, tmp_path):
    table = a_table(tmp_path / "t.csv", [f'{m},{r},img2img,"snow, fog"' for m, r in zip(MADE[:3], REAL, strict=False)])
    done = register_generated(project, table, SILENT)
    more = a_table(tmp_path / "u.csv", ["g3.jpg,r5.jpg,other,"])
    register_generated(project, more, SILENT, review=1.0)

    assert (done.registered, done.to_review, done.classes) == (3, 1, (("car", 3, 18),))
    rows = {r.file_name: r for r in item_rows(project, find_items(project, ItemFilter(), SILENT))}
    assert [rows[m].conditions["scene"] for m in MADE[:4]] == ["s0", "s0", "s1", "s2"]
    assert rows["gen/g0.jpg"].conditions[GENERATED_FROM] == rows["r0.jpg"].conditions[GENERATED_FROM] == "r0.jpg"
    assert GENERATED_BY not in rows["r0.jpg"].conditions
    assert len(ids_of(project, GENERATED_BY, "img2img")) == 3
    assert len(ids_of(project, GENERATED_REVIEW, TO_REVIEW)) == 2
    split = compute_split(
        project, SplitRequest((("train", 0.6), ("val", 0.4)), group_keys=("scene", GENERATED_FROM), seed=1), SILENT
    )
    for members in split_items_by_name(project, split.id).values():
        for made, real in ((rows[m], rows[r]) for m, r in zip(MADE[:3], REAL, strict=False)):
            assert (made.id in members) == (real.id in members)


def test_what_cannot_be_kept_out_of_validation_is_left_out_and_told(project, tmp_path):
    compute_split(project, SplitRequest((("train", 0.5), ("val", 0.5)), seed=2), SILENT)
    rows = item_rows(project, find_items(project, ItemFilter(), SILENT))
    part = {r.file_name: r.split for r in rows}
    val = next(n for n in REAL if part[n] == "val")
    train = next(n for n in REAL if part[n] == "train")
    child = next(m for m in MADE if part[m] == "train")
    other = next(m for m in MADE if part[m] == "train" and m != child)
    lines = [f"{child},{train},x,", f"{other},{val},x,", f"nowhere.jpg,{train},x,", "r1.jpg,none.jpg,x,"]

    done = register_generated(project, a_table(tmp_path / "t.csv", lines), SILENT)

    assert (done.registered, done.held_out, done.unknown_count) == (1, (other,), 2)
    assert done.unknown == ("nowhere.jpg", "r1.jpg (parent none.jpg)")


def test_more_than_half_of_a_class_is_refused_and_nothing_is_stored(tmp_path):
    real = a_source({"r.jpg": {"car": 1}}, name="street")
    project = a_project(tmp_path / "p.tailwise", real)
    store(project, a_source({m: {"car": 1} for m in MADE[:3]}, name="made", root="/data/made"))
    table = a_table(tmp_path / "t.csv", [f"{m},r.jpg,x," for m in MADE[:3]])
    try:
        with pytest.raises(RequestError, match="3 of the 4 images of 'car' would be generated"):
            register_generated(project, table, SILENT)
        assert GENERATED_BY not in project.cube().cube.axes
    finally:
        project.close()


@pytest.mark.parametrize(
    ("rows", "header", "told"),
    [
        ([], "file,parent", "has no column 'generator'"),
        (["a.jpg,,"], "file,parent,generator", "row 2: file or generator is empty"),
        (["a.jpg,b.jpg,x", "a.jpg,b.jpg,x"], "file,parent,generator", "row 3: a.jpg is there twice"),
    ],
)
def test_a_bad_table_is_refused_with_the_row(tmp_path, rows, header, told):
    with pytest.raises(RequestError, match=told):
        read_table(a_table(tmp_path / "t.csv", rows, header))


def test_bad_quotas_and_tables_about_nothing_are_refused(project, tmp_path):
    table = a_table(tmp_path / "t.csv", ["x.jpg,r0.jpg,x,"])
    with pytest.raises(RequestError, match=r"review quota of 0\.05"):
        register_generated(project, table, SILENT, review=0.05)
    with pytest.raises(RequestError, match="No line of the table names a picture"):
        register_generated(project, table, SILENT)
    with pytest.raises(RequestError, match="cannot be read"):
        read_table(tmp_path / "none.csv")
    (tmp_path / "bad.csv").write_bytes(b"\xff")
    with pytest.raises(RequestError, match="no CSV table"):
        read_table(tmp_path / "bad.csv")


def test_the_command_prints_what_was_left_out(project, tmp_path, capsys):
    path = project.path
    table = a_table(tmp_path / "t.csv", ["g0.jpg,r0.jpg,x,", "x.jpg,r0.jpg,x,"])
    project.close()
    shell = Shell(capsys)

    told = shell.json("generated", path, table)
    shell("generated", path, table)

    assert (told["registered"], told["unknown"]) == (1, {"count": 1, "examples": ["x.jpg"]})
    assert "1 pictures are not in the project" in shell.err


def test_the_list_of_written_variants_is_a_table_and_may_outnumber_real_pictures(tmp_path):
    made = [f"images/v{i}.jpg" for i in range(4)]
    project = a_project(tmp_path / "p.tailwise", a_source({"images/a.jpg": {"car": 1}}, name="street"))
    for name in ("made", "again"):  # two folders whose files are called alike
        (tmp_path / name).mkdir()
        store(project, a_source({m: {"car": 1} for m in made}, name=name, root=str(tmp_path / name)))
    header = "file,synthetic,split,parent_id,parent_file,source,generator"
    rows = [f"{m},yes,train,1,images/a.jpg,street,Tailwise recipe mild" for m in made]

    with pytest.raises(RequestError, match="No line of the table"):
        register_generated(project, a_table(tmp_path / "elsewhere.csv", rows, header), SILENT)
    done = register_generated(project, a_table(tmp_path / "made" / "synthetic.csv", rows, header), SILENT)

    assert (done.registered, done.classes) == (4, (("car", 4, 9),))
    real = find_items(project, ItemFilter(where=((GENERATED_BY, "(none)"),)), SILENT)
    assert {r.source for r in item_rows(project, real)} == {"street", "again"}
    project.close()
