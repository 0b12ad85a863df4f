"""Choose which vectors stand for images: files made elsewhere, an ONNX model, or the classical ones again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot

from tailwise.gui.session import ResultLine
from tailwise.gui.texts import counted

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from tailwise.domain.changes import Changes
    from tailwise.gui.session import Session
    from tailwise.ops.progress import Progress
    from tailwise.usecases.embeddings import EmbeddingOutcome
    from tailwise.usecases.projects import Project

ONNX = ".onnx"


class VectorCommands(QObject):
    """The verbs about vectors of the File menu."""

    def __init__(self, session: Session, window: QWidget) -> None:
        super().__init__(window)
        self._session = session
        self._window = window

    @Slot()
    def choose_vectors(self) -> None:
        """Ask for a file of vectors or a model."""
        if self._session.project is not None:
            self._session.picker.pick(
                self._window,
                "open-file",
                "vectors",
                self.tr("Vectors of your own"),
                self.use_file,
                name_filter=self.tr("Vectors or a model (*.npy *.parquet *.onnx)"),
            )

    @Slot(str)
    def use_file(self, path: str) -> None:
        """Take vectors from a file, or make them with a model, and use them from now on."""
        file = Path(path)

        def work(project: Project, progress: Progress) -> EmbeddingOutcome:
            from tailwise.usecases.embeddings import OnnxRequest, embed_with_model, import_vectors

            if file.suffix.lower() == ONNX:
                return embed_with_model(project, OnnxRequest(file), progress)
            return import_vectors(project, file, None, "", progress)

        self._session.run(self.tr("Vectors from {}").format(file.name), work, on_done=self._on_done, slot="vectors")

    @Slot()
    def use_classical(self) -> None:
        """Use the vectors of the index again."""

        def work(project: Project, progress: Progress) -> Changes:
            from tailwise.domain.index import CLASSICAL_EMBEDDING
            from tailwise.usecases.embeddings import use_embedding

            progress.stage("Switching")
            return use_embedding(project, CLASSICAL_EMBEDDING)

        if self._session.project is not None:
            self._session.run(self.tr("Use the classical vectors"), work, lane="ordered", on_done=self._on_switched)

    @Slot(object)
    def _on_done(self, outcome: EmbeddingOutcome) -> None:
        strangers = counted(outcome.unknown, "name is", "names are") if outcome.unknown else ""
        ending = self.tr("; {} no image of the project").format(strangers) if strangers else ""
        images = counted(outcome.images, "image has", "images have")
        length = counted(outcome.dimensions, "number", "numbers")
        text = self.tr("{} vectors of {} from {}{}.").format(images, length, outcome.name, ending)
        self._session.announce(ResultLine(text, tone="warn" if strangers else "ok"))

    @Slot(object)
    def _on_switched(self, _changes: Changes) -> None:
        self._session.announce(ResultLine(self.tr("Look-alikes use the classical vectors again.")))
