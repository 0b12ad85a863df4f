"""Where the pictures of a recipe are written to, and whether those on screen lost something."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget

from tailwise.gui import theme as th
from tailwise.gui.icons import set_icon
from tailwise.gui.session import ResultLine
from tailwise.gui.texts import counted, number

if TYPE_CHECKING:
    from tailwise.domain.recipe import Recipe
    from tailwise.gui.session import Session
    from tailwise.ops.progress import Progress
    from tailwise.usecases.materialise import Materialised
    from tailwise.usecases.projects import Project


class MaterialiseBar(QWidget):
    """Label check of what is shown, and where the pictures are written to."""

    flags_requested = Signal()
    audit_requested = Signal()
    asked = Signal()  # the button was pressed; the page answers with `write`

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._class = ""
        self._is_allowed = True
        self._is_writing = False
        self.check = QLabel()
        self.show_flags = QPushButton(self.tr("show"))
        self.show_flags.setProperty("role", "link")
        self.show_flags.clicked.connect(self.flags_requested)
        self.risk, self.caveat = QLabel(), QLabel()
        self.audit = QPushButton(self.tr("Audit…"))
        self.folder = QLineEdit()
        self.folder.setPlaceholderText(self.tr("Folder to make for the synthetic pictures"))
        self.folder.setAccessibleName(self.tr("Folder to make"))
        self.browse = QPushButton(self.tr("Browse…"))
        self.target = QComboBox()
        self.target.setAccessibleName(self.tr("Kind of labels"))
        for text, data in (("COCO", "coco"), ("YOLO", "yolo"), (self.tr("COCO and YOLO"), "both")):
            self.target.addItem(text, data)
        self.replace = QCheckBox(self.tr("Replace"))
        self.replace.setToolTip(self.tr("Replace an earlier export there"))
        self.start = QPushButton(self.tr("Write pictures"))
        self.start.setProperty("role", "primary")
        self.start.setShortcut("Ctrl+Return")
        self._meaning = self.tr("Write the variants with their labels, for training only (Ctrl+Return)")
        self._reason = self.tr("Nothing is written with a budget of × 1 or above × 5")
        self.start.setToolTip(self._meaning)
        set_icon(self.start, "export", th.Theme.of(self.palette()))
        self.start.clicked.connect(self.asked)
        self.browse.clicked.connect(self._browse)
        self._explain()
        self._lay_out()

    def _explain(self) -> None:
        self.audit.setToolTip(self.tr("Judge the labels of 59 variants, and learn how many may be bad (A)"))
        self.audit.clicked.connect(self.audit_requested)
        self.caveat.setText(
            self.tr(
                "Copy-paste gains on rare objects in instance segmentation (+3.6 mask AP on rare classes of LVIS, "
                "Ghiasi 2021); SMOTE helps weak learners, not strong ones once thresholds are tuned (73 data sets, "
                "Elor 2022). Synthetic pictures never count as real."
            )
        )
        self.caveat.setWordWrap(True)
        for label in (self.risk, self.caveat):
            label.setProperty("role", "muted")

    def _lay_out(self) -> None:
        top, below = QHBoxLayout(), QHBoxLayout()
        top.addWidget(self.check)
        top.addWidget(self.show_flags)
        top.addSpacing(th.SPACE_M)
        top.addWidget(self.risk)
        top.addStretch(1)
        top.addWidget(self.audit)
        below.setSpacing(th.SPACE_S)
        below.addWidget(self.folder, 1)
        for widget in (self.browse, self.target, self.replace, self.start):
            below.addWidget(widget)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(th.SPACE_S)
        layout.addLayout(top)
        layout.addLayout(below)
        layout.addWidget(self.caveat)

    def show_check(self, shown: int, losing: int) -> None:
        """Say how many of the variants on screen lose an object or a step."""
        text = self.tr("Label check: {} of {} variants lose an object").format(number(losing), number(shown))
        self.check.setText(text if shown else "")
        th.set_role(self.check, "alert" if losing else "muted")
        self.show_flags.setVisible(losing > 0)

    def show_risk(self, risk: str, alike: int, tried: int) -> None:
        """Say how many of the tried variants hardly differ from their original; nothing for an empty risk."""
        self.risk.setText(self.tr("Duplicate risk: {}").format(risk) if risk else "")
        text = self.tr("{} of {} tried variants hardly differ from their original")
        self.risk.setToolTip(text.format(number(alike), number(tried)))

    def allow(self, allowed: bool) -> None:
        """Let the button be pressed, unless pictures are being written."""
        self._is_allowed = allowed
        self.start.setToolTip(self._meaning if allowed else self._reason)
        self.start.setEnabled(allowed and not self._is_writing)

    def set_class(self, name: str) -> None:
        """Remember whose pictures are written."""
        self._class = name

    def write(self, recipe: Recipe, multiplier: float) -> None:
        """Write the variants of a recipe to the folder that is entered."""
        folder, target = self.folder.text().strip(), str(self.target.currentData())
        if not folder:
            self.folder.setFocus(Qt.FocusReason.OtherFocusReason)
            self._session.announce(ResultLine(self.tr("Name a folder for the pictures first."), "warn"))
            return
        to = Path(folder).expanduser()
        if not to.is_absolute():
            self.folder.setFocus(Qt.FocusReason.OtherFocusReason)
            text = self.tr("Where is {}? Give the whole path of the folder, or choose it with Browse.")
            self._session.announce(ResultLine(text.format(folder), "warn"))
            return
        is_replacing, name = self.replace.isChecked(), self._class

        def work(project: Project, progress: Progress) -> Materialised:
            from tailwise.usecases.materialise import MaterialiseRequest, materialise

            request = MaterialiseRequest(name, to, recipe, multiplier, target, replace=is_replacing)
            return materialise(project, request, progress)

        self._is_writing = True
        self.allow(self._is_allowed)
        handle = self._session.run(self.tr("Write synthetic pictures"), work, on_done=self._on_written)
        handle.finished.connect(self._on_ended)

    @Slot()
    def _on_ended(self) -> None:
        self._is_writing = False
        self.allow(self._is_allowed)

    @Slot(object)
    def _on_written(self, done: Materialised) -> None:
        pictures = counted(done.variants, "synthetic picture", "synthetic pictures")
        text = self.tr("{} written and read back, for training only.").format(pictures)
        self._session.announce(ResultLine(text, "warn" if done.warnings else "ok", done.to))

    @Slot()
    def _browse(self) -> None:
        self._session.picker.pick(
            self, "open-folder", "export", self.tr("Where the synthetic pictures go"), self._on_folder
        )

    @Slot(str)
    def _on_folder(self, path: str) -> None:
        name = "".join(c if c.isalnum() else "-" for c in f"synthetic-{self._class}")
        self.folder.setText(str(Path(path) / name))
