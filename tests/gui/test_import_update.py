"""A second import of one source in the window: nothing happens before the user has seen what would change."""

import json

import pytest

from coco_documents import a_document, an_annotation, an_image
from tailwise.gui.dialogs.import_diff_sheet import ImportDiffSheet
from tailwise.gui.main_window import MainWindow
from tailwise.gui.session import ImportChoice

WAIT = 20_000


@pytest.fixture
def window(qtbot, session, tmp_path):
    window = MainWindow(session, tmp_path / "log")
    qtbot.addWidget(window)
    window.show()
    with qtbot.waitSignal(session.opened, timeout=WAIT):
        session.create_project(tmp_path / "p.tailwise")
    return window


def bring(qtbot, window, folder, images):
    folder.mkdir(exist_ok=True)
    document = a_document([an_annotation(n, image_id=n) for n in images], [an_image(n) for n in images])
    (folder / "instances.json").write_text(json.dumps(document))
    window.commands._run_import(ImportChoice(folder, answers={"automatic_axes": "no"}))
    qtbot.wait(20)
    qtbot.waitUntil(lambda: window._session.runner.is_idle, timeout=WAIT)
    qtbot.wait(20)


def files(window):
    with window._session.project.file.reading() as db:
        return [r[0] for r in db.execute("SELECT file_name FROM item ORDER BY id")]


@pytest.mark.parametrize("answer", ["update", "cancel", "close project"])
def test_an_update_is_shown_before_it_happens(qtbot, window, tmp_path, answer):
    bring(qtbot, window, tmp_path / "set", [1, 2])
    assert files(window) == ["1.png", "2.png"]
    bring(qtbot, window, tmp_path / "set", [2, 3])

    sheet = window.findChild(ImportDiffSheet)
    assert sheet.summary.text() == "set was imported before. This import changes: 1 item added, 1 item removed."
    assert sheet.examples.toPlainText() == "+ 3.png\n- 1.png"
    assert files(window) == ["1.png", "2.png"]
    if answer == "update":
        with qtbot.waitSignal(window.commands.imported, timeout=WAIT):
            sheet.update_button.click()
        assert files(window) == ["2.png", "3.png"]
    elif answer == "cancel":
        sheet.close()
        qtbot.waitUntil(lambda: window._session.runner.is_idle, timeout=WAIT)
        assert files(window) == ["1.png", "2.png"]
    else:
        window._session.close_project()
    qtbot.waitUntil(lambda: not list(tmp_path.glob("*.staging-*")), timeout=WAIT)


def test_an_import_that_changes_nothing_asks_nothing(qtbot, window, tmp_path):
    bring(qtbot, window, tmp_path / "set", [1, 2])
    bring(qtbot, window, tmp_path / "set", [1, 2])

    assert window.findChild(ImportDiffSheet) is None
