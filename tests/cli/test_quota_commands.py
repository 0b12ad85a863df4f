"""Quota plans by command: drafted, previewed, solved, compared, shown again, and the nearest one accepted."""

import csv
from contextlib import closing

import pytest

from builders import a_project, a_source
from cli_runs import Shell
from tailwise.usecases.projects import open_project

REQUEST = """\
[plan]
name = "Gate"
weeks = 1
[capacity]
label_hours = 1
[[class]]
name = "bike"
tier = "must-not-miss"
target = {target}
[[stream]]
name = "drive"
source = "drive"
available = 60
seconds_per_item = 90
yields = {{ bike = 0.5 }}
"""


@pytest.fixture
def path(tmp_path):
    labels = {f"{i:02}.jpg": {"bike": 1} if i % 2 else {"car": 1} for i in range(20)}
    light = {name: "night" if i % 2 else "day" for i, name in enumerate(labels)}
    pool = tuple(f"p{i:02}.jpg" for i in range(60))
    labelled = a_source(labels, conditions={"light": light})
    a_project(tmp_path / "p.tailwise", labelled, a_source({}, name="drive", pool=pool)).close()
    return tmp_path / "p.tailwise"


@pytest.fixture
def shell(capsys):
    return Shell(capsys)


def test_what_cannot_be_met_is_previewed_lowered_solved_and_compared(shell, path, tmp_path):
    asked, easy, near = (tmp_path / f"{name}.toml" for name in ("asked", "easy", "near"))
    asked.write_text(REQUEST.format(target=25), encoding="utf-8")
    easy.write_text(REQUEST.format(target=5), encoding="utf-8")

    preview = shell.json("plan", "preview", path, asked)
    assert preview["shortfall"] == pytest.approx({"bike": 5}, abs=1e-3)
    assert preview["per_hour"] == pytest.approx(
        {"bike": 5}, abs=1e-3
    )  # twenty more items would fit, ten of them are there
    assert "one more hour brings" in shell("plan", "preview", path, asked)

    first = shell.json("plan", "quota", path, easy)
    assert first["status"] == "optimal"
    second = shell.json("plan", "quota", path, asked, "--accept-nearest", near)
    assert (second["status"], second["totals"]["expected"]) == ("optimal", {"bike": 20})
    assert "class 'bike': target: 25 → 20" in shell.err
    assert "target = 20" in near.read_text(encoding="utf-8")
    shell("plan", "quota", path, asked, "--accept-nearest", near, code=1)
    assert "is there already. Name a new file." in shell.err
    shell("plan", "quota", path, easy, "--accept-nearest", tmp_path / "none.toml")
    assert "was not written" in shell.err
    assert not (tmp_path / "none.toml").exists()

    versions = shell.json("plan", "versions", path)["plans"]
    assert [(p["version"], p["items"]) for p in versions] == [(3, 10), (2, 40), (1, 10)]
    assert "label hours" in shell("plan", "versions", path)
    diff = shell.json("plan", "diff", path, 1, 2)
    assert [c["place"] for c in diff["request"]] == ["class 'bike': target"]
    assert "Gate, version 1 → Gate, version 3: no difference" in shell("plan", "diff", path, 1)
    assert "30.00" in shell("plan", "diff", path, 1, 2)
    shell("plan", "diff", path, 7, code=1)
    assert "no plan number 7" in shell.err

    assert shell.json("plan", "show", path, "--plan", 1) == first
    assert "met with" in shell("plan", "show", path, "--plan", 1)
    assert shell("plan", "show", path, "--plan", 1, "--request") == REQUEST.format(target=5)


def test_a_draft_tells_streams_apart_by_what_was_asked(shell, path):
    assert 'conditions = ["light"]' in shell("plan", "draft", path, "--by", "light")
    shell("plan", "draft", path, "--by", "weather", code=1)
    assert "no axis 'weather'" in shell.err


def test_review_hours_and_the_playbook_come_by_command(shell, path, tmp_path):
    table, request = tmp_path / "review.csv", tmp_path / "easy.toml"
    table.write_text("class,checked,wrong,cost,seconds\nbike,10,1,100,36\ncar,50,1,1,36\n", encoding="utf-8")
    rows = shell.json("plan", "review", path, table, "--hours", 0.12, "--floor", 1)["rows"]
    assert [(row["class"], row["items"]) for row in rows] == [("bike", 10), ("car", 2)]
    assert "harm removed" in shell("plan", "review", path, table, "--hours", 1)

    request.write_text(REQUEST.format(target=5), encoding="utf-8")
    shell("plan", "quota", path, request)
    shell("export", path, "playbook", "--to", tmp_path / "book", "--plan", 1)
    assert (tmp_path / "book" / "playbook" / "playbook.md").read_text(encoding="utf-8").startswith("# Gate\n")
    shell("export", path, "work-order", "--to", tmp_path / "order", "--plan", 9, code=1)
    assert "no plan number 9" in shell.err


def test_an_order_is_noted_where_the_project_can_be_written_and_the_next_lists_other_items(shell, path, tmp_path):
    listed = []
    for name in ("Gate", "Yard"):
        request = tmp_path / f"{name}.toml"
        request.write_text(REQUEST.format(target=5).replace("Gate", name), encoding="utf-8")
        shell("plan", "quota", path, request)
        shell("export", path, "work-order", "--to", tmp_path / name)
        with (tmp_path / name / "vendor" / "csv" / "items.csv").open(encoding="utf-8", newline="") as file:
            listed.append({row["file_name"] for row in csv.DictReader(file)})
    assert listed[0]
    assert not listed[0] & listed[1]

    with closing(open_project(path)):
        shell("export", path, "work-order", "--to", tmp_path / "locked")
    assert "later orders will not know what this one lists" in shell.err


@pytest.mark.parametrize(("content", "said"), [(None, "cannot be read"), (b"\xff\xfe", "is not UTF-8")])
def test_a_request_that_cannot_be_read_is_told(shell, path, tmp_path, content, said):
    request = tmp_path / "r.toml"
    if content is not None:
        request.write_bytes(content)
    shell("plan", "quota", path, request, code=1)
    assert said in shell.err


def test_a_nearest_request_that_cannot_be_written_leaves_nothing_behind(shell, path, tmp_path):
    request = tmp_path / "r.toml"
    request.write_text(REQUEST.format(target=25), encoding="utf-8")
    shell("plan", "quota", path, request, "--accept-nearest", tmp_path / "missing" / "near.toml", code=1)
    assert "cannot be written" in shell.err
    assert shell.json("plan", "versions", path) == {"plans": []}
