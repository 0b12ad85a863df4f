"""The tools of the page Augment: tiles, generated pictures, filled-up tables, asked in a few fields."""

import csv

import pytest
from PySide6.QtWidgets import QDialog

from augment_dataset import a_project_with_pictures
from tailwise.domain.artefacts import ArtefactCheck, Telling
from tailwise.domain.errors import RequestError
from tailwise.domain.tiles import TileRequest
from tailwise.gui.dialogs.tool_dialog import GeneratedDialog, SmoteDialog, TilesDialog
from tailwise.gui.widgets.augment_tools import AugmentTools, headings

WAIT = 20_000


@pytest.fixture
def tools(qtbot, session, tmp_path):
    a_project_with_pictures(tmp_path).close()
    with qtbot.waitSignal(session.opened, timeout=WAIT):
        session.open_project(tmp_path / "parts.tailwise")
    tools = AugmentTools(session)
    qtbot.addWidget(tools)
    tools.show()
    return tools


def test_the_menu_names_every_tool(tools):
    names = ["Tiles…", "Generated pictures…", "Real or made?", "Fill up a table…", "", "Export saved recipes…"]
    assert [a.text() for a in tools.menu().actions()] == names


def test_real_or_made_says_what_to_do_without_generated_pictures(qtbot, session, tools):
    errors = []
    session.user_error.connect(lambda _title, error: errors.append(error.sentence))

    tools.compare()
    qtbot.waitUntil(lambda: bool(errors), timeout=WAIT)

    assert "registered as generated" in errors[0]


def test_real_or_made_tells_the_area(qtbot, session, tools, monkeypatch):
    from tailwise.usecases import artefacts

    lines, told = [], Telling("", 20, 20, 0.99, 0.97, 1.0)
    session.result.connect(lines.append)
    monkeypatch.setattr(artefacts, "check_artefacts", lambda *_all: ArtefactCheck("v", (told,), 0, ("bolt",)))

    tools.compare()
    qtbot.waitUntil(lambda: bool(lines), timeout=WAIT)

    assert lines[0].tone == "warn"
    assert lines[0].text.startswith("AUC 0.990 (0.970 to 1.000)")


def test_tiles_are_asked_for_chosen_and_written(qtbot, session, tools, tmp_path):
    lines = []
    session.result.connect(lines.append)
    tools.ask_tiles()
    dialog = tools.window().findChild(TilesDialog)
    assert dialog.request() == TileRequest()
    dialog.side.setValue(32)
    assert dialog.stride.value() == 32
    dialog.total.setValue(5)
    dialog.start.click()
    tools.findChild(QDialog, "pick-export").close()

    tools._plan_tiles(str(tmp_path / "tiles.csv"))
    qtbot.waitUntil(lambda: bool(lines), timeout=WAIT)

    assert "5 tiles chosen of 36" in lines[0].text
    assert "left part" in lines[0].text
    assert (tmp_path / "tiles.csv").is_file()


def test_a_table_of_generated_pictures_is_registered(qtbot, session, tools, tmp_path):
    lines = []
    session.result.connect(lines.append)
    (tmp_path / "t.csv").write_text("file,parent,generator\np0.png,p1.png,x\nq.png,p1.png,x\n", encoding="utf-8")
    rows = "".join(f"p{child}.png,p1.png,x\n" for child in (0, 2))
    (tmp_path / "two.csv").write_text(f"file,parent,generator\n{rows}", encoding="utf-8")
    tools.ask_generated()
    dialog = tools.window().findChild(GeneratedDialog)
    assert dialog.review() == 0.1
    dialog.share.setValue(100)
    dialog.start.click()
    tools.findChild(QDialog, "pick-project").close()

    for name in ("t.csv", "two.csv"):
        tools._register(str(tmp_path / name))
        qtbot.waitUntil(lambda: session.runner.is_idle, timeout=WAIT)

    assert [line.text for line in lines] == [
        "1 generated picture registered, 1 to be reviewed, 1 left out.",
        "2 generated pictures registered, 2 to be reviewed.",
    ]


def test_a_table_that_cannot_be_opened_is_not_called_a_bad_table(tmp_path):
    with pytest.raises(RequestError, match="cannot be read"):
        headings(tmp_path / "gone.csv")


def test_a_plan_of_tiles_that_cannot_be_written_is_a_sentence(qtbot, session, tools, tmp_path):
    errors = []
    session.user_error.connect(lambda _title, error: errors.append(error.sentence))
    (tmp_path / "file").write_text("x")
    tools._tile_request = TileRequest(side=32, stride=32)
    tools._plan_tiles(str(tmp_path / "file" / "tiles.csv"))
    qtbot.waitUntil(lambda: bool(errors), timeout=WAIT)
    assert "cannot be written (Not a directory)" in errors[0]


def test_a_feature_table_is_filled_up_after_its_columns_are_named(qtbot, session, tools, tmp_path):
    lines = []
    session.result.connect(lines.append)
    rows = [[i, i * 1.5, i % 3 + 0.25, "ab"[i % 4 == 0]] for i in range(32)]
    with (tmp_path / "t.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["id", "x", "y", "kind"], *rows])
    tools.ask_table()
    tools.findChild(QDialog, "pick-project").close()

    tools._on_table(str(tmp_path / "t.csv"))
    qtbot.waitUntil(lambda: tools.window().findChild(SmoteDialog) is not None, timeout=WAIT)
    dialog = tools.window().findChild(SmoteDialog)
    assert dialog.label.currentText() == "kind"
    dialog.ignore.setCurrentIndex(1)
    dialog.start.click()
    tools.findChild(QDialog, "pick-export").close()
    tools._fill_up(str(tmp_path / "out.csv"))
    qtbot.waitUntil(lambda: bool(lines), timeout=WAIT)

    assert lines[0].text == "16 rows added, marked synthetic."


def test_a_file_that_is_no_table_is_told(qtbot, session, tools, tmp_path):
    errors = []
    session.user_error.connect(lambda _title, error: errors.append(error.sentence))
    (tmp_path / "bad.csv").write_bytes(b"\xff")
    (tmp_path / "empty.csv").write_bytes(b"")

    tools._on_table(str(tmp_path / "bad.csv"))
    tools._on_table(str(tmp_path / "empty.csv"))

    qtbot.waitUntil(lambda: len(errors) == 2, timeout=WAIT)
    assert "no CSV table" in " ".join(errors)
    assert "is empty" in " ".join(errors)
