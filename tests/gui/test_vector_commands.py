"""Vectors of one's own from the menu: chosen, used, and given up again."""

import numpy as np
from PySide6.QtWidgets import QWidget

from photo_sets import inline_pool, jpeg_of, photo, photo_project
from tailwise.domain.index import IndexRequest
from tailwise.gui.vector_commands import VectorCommands
from tailwise.ops.progress import SILENT

WAIT = 20_000


def test_a_file_of_vectors_is_used_and_the_classical_ones_again(qtbot, session, tmp_path, monkeypatch):
    from tailwise.usecases import embeddings
    from tailwise.usecases.image_index import build_index, load_index

    project = photo_project(tmp_path, {f"p{i}.jpg": jpeg_of(photo(i, 64, 48)) for i in range(3)})
    build_index(project, IndexRequest(), SILENT, inline_pool)
    project.close()
    np.save(tmp_path / "mine.npy", np.random.default_rng(1).normal(size=(3, 4)))
    (tmp_path / "mine.txt").write_text("p0.jpg\np2.jpg\nstranger.jpg")
    window = QWidget()
    qtbot.addWidget(window)
    commands = VectorCommands(session, window)
    commands.choose_vectors()  # without a project there is nothing to choose for
    commands.use_classical()
    told = []
    session.result.connect(told.append)
    with qtbot.waitSignal(session.opened, timeout=WAIT):
        session.open_project(tmp_path / "p.tailwise")

    def act(verb, *arguments):
        verb(*arguments)
        qtbot.waitUntil(lambda: session.runner.is_idle, timeout=WAIT)

    act(commands.use_file, str(tmp_path / "mine.npy"))
    qtbot.waitUntil(lambda: len(told) == 1, timeout=WAIT)
    assert told[0].text == "2 images have vectors of 1 number from mine; 1 name is no image of the project."
    assert load_index(session.project).embedding == "mine"
    act(commands.use_classical)
    assert load_index(session.project).embedding == "classical"

    asked = []
    monkeypatch.setattr(embeddings, "embed_with_model", lambda _project, request, _progress: asked.append(request.path))
    monkeypatch.setattr(commands, "_on_done", commands._on_switched)
    act(commands.use_file, str(tmp_path / "m.onnx"))
    assert asked == [tmp_path / "m.onnx"]
    commands.choose_vectors()
    dialog = window.findChild(QWidget, "pick-vectors")
    assert dialog is not None
    dialog.reject()
