"""The audit of a recipe: 59 variants beside their originals, two keys, and how many labels may be bad."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from tailwise.domain.label_audit import LabelAudit, LabelVerdict, StepVerdicts, audit_result, percent_up
from tailwise.domain.recipe_steps import STEPS
from tailwise.gui import theme as th
from tailwise.gui.models.audit_work import begin_audit, keep_audit, load_pair
from tailwise.gui.models.record_table import Column, RecordTable
from tailwise.gui.texts import number
from tailwise.gui.widgets.record_view import RecordView
from tailwise.gui.widgets.variant_view import VariantView

if TYPE_CHECKING:
    from PySide6.QtGui import QKeyEvent

    from tailwise.domain.recipe import Recipe
    from tailwise.gui.models.audit_work import AuditPair
    from tailwise.gui.session import Session
    from tailwise.usecases.augmentation import Studio

_SHARE: Final = 0.92
_TABLE_WIDTH: Final = 372
_KEYS: Final = {Qt.Key.Key_K: LabelVerdict.KEPT, Qt.Key.Key_L: LabelVerdict.LOST}


class AuditSheet(QDialog):
    """K: the labels still fit; L: one is lost; Backspace takes the last verdict back; left and right look around."""

    def __init__(self, session: Session, studio: Studio, recipe: Recipe, parent: QWidget) -> None:
        super().__init__(parent)
        self._session, self._studio = session, studio
        self._audit: LabelAudit | None = None
        self._position = -1
        self._is_shown = False  # a verdict needs the picture it is about
        self._given: list[int] = []
        self._ready: AuditPair | None = None
        self.setObjectName("audit-sheet")
        self.setWindowTitle(self.tr("Audit of {}").format(recipe.name))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.original = VariantView(self.tr("Original with its labels"))
        self.variant = VariantView(self.tr("Variant with its labels"))
        self.caption, self.verdict = QLabel(self.tr("Drawing a sample…")), QLabel()
        self.kept = QPushButton(self.tr("Labels fit (K)"))
        self.lost = QPushButton(self.tr("A label is bad (L)"))
        self.back = QPushButton(self.tr("Take back (Backspace)"))
        self.steps: RecordTable[StepVerdicts] = RecordTable(
            (
                Column("Step", lambda s: STEPS[s.kind].title, width=0),
                Column("Judged", lambda s: s.judged, width=8),
                Column("Bad", lambda s: s.lost, width=5),
                Column("At most", lambda s: percent_up(s.at_most) if s.judged else "", lambda s: s.at_most, width=9),
            ),
            self,
        )
        self._lay_out()
        self.variant.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.variant.setFocus()
        self.resize(parent.size() * _SHARE)
        self._session.run(
            self.tr("Draw a sample of variants"),
            lambda project, progress: begin_audit(project, studio, recipe, progress),
            on_done=self._on_begun,
            slot="augment-audit",
        )

    def _lay_out(self) -> None:
        self.caption.setTextFormat(Qt.TextFormat.PlainText)
        self.caption.setWordWrap(True)
        pictures = QHBoxLayout()
        pictures.setSpacing(th.SPACE_M)
        pictures.addWidget(self.original, 1)
        pictures.addWidget(self.variant, 1)
        pictures.addWidget(self._results())
        layout = QVBoxLayout(self)
        layout.setContentsMargins(th.SPACE_L, th.SPACE_M, th.SPACE_L, th.SPACE_M)
        layout.setSpacing(th.SPACE_M)
        layout.addWidget(self.caption)
        layout.addLayout(pictures, 1)
        layout.addLayout(self._verbs())

    def _results(self) -> QWidget:
        self.verdict.setTextFormat(Qt.TextFormat.PlainText)
        self.verdict.setWordWrap(True)
        self.verdict.setFont(th.larger(self.font(), 1, bold=True))
        table = RecordView(self.steps, self.tr("Verdicts per step"))
        table.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # its search would take the keys of the verdicts
        note = QLabel(
            self.tr(
                "A label is bad when the object is gone, has become another one, or its outline is off. 59 variants "
                "without a bad label allow to say: at most 5 % of all are bad, with 95 % confidence."
            )
        )
        note.setWordWrap(True)
        note.setProperty("role", "muted")
        side = QWidget()
        side.setFixedWidth(_TABLE_WIDTH)
        column = QVBoxLayout(side)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(th.SPACE_M)
        column.addWidget(self.verdict)
        column.addWidget(table, 1)
        column.addWidget(note)
        return side

    def _verbs(self) -> QHBoxLayout:
        verbs = QHBoxLayout()
        verbs.setSpacing(th.SPACE_S)
        self.kept.setProperty("role", "primary")
        close = QPushButton(self.tr("Close"))
        buttons = ((self.kept, self._keep), (self.lost, self._lose), (self.back, self._take_back), (close, self.close))
        for button, slot in buttons:
            button.setAutoDefault(False)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click leaves the keys to the pictures
            button.setEnabled(button is close)
            button.clicked.connect(slot)
            verbs.addWidget(button)
        verbs.insertStretch(verbs.count() - 1, 1)
        return verbs

    # Pictures

    @Slot(object)
    def _on_begun(self, audit: LabelAudit) -> None:
        self._audit = audit
        self._tell()
        self._go_to(min(audit.next_open(), len(audit.variants) - 1))

    def _go_to(self, position: int) -> None:
        """Show a variant; the one that was made ahead comes at once."""
        if self._audit is None:
            return
        self._position = position
        self._is_shown = False
        self._update_buttons()
        if self._ready is not None and self._ready.position == position:
            self._on_pair(self._ready)
        else:
            self._load(position)

    def _load(self, position: int) -> None:
        audit, studio = self._audit, self._studio
        if audit is None or self._session.project is None:
            return
        side = max(self.original.side(), self.variant.side())
        self._session.run_detached(
            self.tr("Make a variant to judge"), lambda progress: load_pair(studio, audit, position, side, progress),
            on_done=self._on_pair, slot="augment-audit-pair", quiet=True,
        )  # fmt: skip

    @Slot(object)
    def _on_pair(self, pair: AuditPair) -> None:
        if self._audit is None:
            return
        if pair.position != self._position:
            self._ready = pair
            return
        said = self._audit.variants[pair.position]
        steps = " + ".join(STEPS[kind].title for kind in said.steps) or self.tr("no step")
        verdict = self.tr(" · judged: {}").format(said.verdict.value) if said.verdict is not None else ""
        place = self.tr("Variant {} of {}").format(number(pair.position + 1), number(len(self._audit.variants)))
        flags = "".join(f" · ⚠ {flag}" for flag in pair.variant.tile.flags)
        self.caption.setText(f"{place} · {said.file_name} · {steps}{verdict}{flags}")
        self.original.show_tile(pair.original)
        self.variant.show_tile(pair.variant)
        self._is_shown = True
        self._update_buttons()
        following = self._audit.next_open(pair.position)
        if following < len(self._audit.variants) and following != pair.position:
            self._load(following)

    # Verdicts

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: D102
        verdict = _KEYS.get(Qt.Key(event.key()))
        if verdict is not None and not event.modifiers():
            self._judge(verdict)
        elif event.key() == Qt.Key.Key_Backspace:
            self._take_back()
        elif event.key() in {Qt.Key.Key_Left, Qt.Key.Key_Right} and self._audit is not None:
            step = 1 if event.key() == Qt.Key.Key_Right else -1
            self._go_to(min(max(0, self._position + step), len(self._audit.variants) - 1))
        else:
            super().keyPressEvent(event)

    @Slot()
    def _keep(self) -> None:
        self._judge(LabelVerdict.KEPT)

    @Slot()
    def _lose(self) -> None:
        self._judge(LabelVerdict.LOST)

    def _judge(self, verdict: LabelVerdict) -> None:
        if self._audit is None or not self._is_shown:
            return
        self._given.append(self._position)
        self._change(self._position, verdict)
        following = self._audit.next_open(self._position)
        self._go_to(self._position if following == len(self._audit.variants) else following)

    @Slot()
    def _take_back(self) -> None:
        if self._audit is not None and self._given:
            position = self._given.pop()
            self._change(position, None)
            self._go_to(position)

    def _change(self, position: int, verdict: LabelVerdict | None) -> None:
        if self._audit is None:
            return
        audit = self._audit = self._audit.with_verdict(position, verdict)
        self._tell()
        if self._session.project is not None and not self._session.project.read_only:
            self._session.run(
                self.tr("Keep a verdict"), lambda project, _progress: keep_audit(project, audit),
                lane="ordered", quiet=True, can_cancel=False,
            )  # fmt: skip

    def _tell(self) -> None:
        if self._audit is None:
            return
        result = audit_result(self._audit)
        self.verdict.setText(f"{result.text}.")
        th.set_role(self.verdict, "alert" if result.is_complete and not result.is_passed else "")
        self.steps.set_records(result.steps)

    def _update_buttons(self) -> None:
        for button in (self.kept, self.lost):
            button.setEnabled(self._is_shown)
        self.back.setEnabled(bool(self._given))
