"""The grid of variants with what stands below it: makes the pictures, small while a slider is dragged, then sharp."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QTimer, Signal, Slot
from PySide6.QtWidgets import QVBoxLayout, QWidget

from tailwise.gui import theme as th
from tailwise.gui.dialogs.audit_sheet import AuditSheet
from tailwise.gui.dialogs.variant_look import VariantLook
from tailwise.gui.models.augment_view import DRAG_SIDE, render, render_large
from tailwise.gui.widgets.materialise_bar import MaterialiseBar
from tailwise.gui.widgets.variant_grid import VariantGrid

if TYPE_CHECKING:
    from tailwise.domain.recipe import Recipe
    from tailwise.gui.models.augment_view import OpenedClass
    from tailwise.gui.session import Session
    from tailwise.gui.widgets.variant_paint import ShownTile

SETTLE_MILLISECONDS: Final = 150
"""A resized grid wants sharper pictures once it has been left alone this long."""
_SHARPER: Final = 1.15
_ORIGINAL: Final = -1


class VariantPane(QWidget):
    """Shows the variants of one recipe of one class; newest wins."""

    failed = Signal(object)
    seed_wanted = Signal()

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._opened: OpenedClass | None = None
        self._recipe: Recipe | None = None
        self._side = 0
        self._look: VariantLook | None = None
        self.grid = VariantGrid()
        self.bar = MaterialiseBar(session)
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(SETTLE_MILLISECONDS)
        self._settle.timeout.connect(self._sharpen)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(th.SPACE_S)
        column.addWidget(self.grid, 1)
        column.addWidget(self.bar)
        self.grid.opened.connect(self.open_look)
        self.grid.resized.connect(self._settle.start)
        self.bar.flags_requested.connect(self.grid.go_to_flag)
        self.bar.audit_requested.connect(self.open_audit)

    def open(self, opened: OpenedClass) -> None:
        """Begin with the originals of a class."""
        self._opened = opened
        self.grid.set_rows(opened.rows)

    def clear(self) -> None:
        """Show nothing, and close what is open."""
        self._opened = self._recipe = None
        self._settle.stop()
        self.grid.clear()
        if self._look is not None:
            self._look.close()

    def show_recipe(self, recipe: Recipe, *, dragging: bool) -> None:
        """Make the variants of a recipe: small while a slider is dragged, else as sharp as the tiles are large."""
        self._recipe = recipe
        self._side = DRAG_SIDE if dragging else self.grid.side()
        opened, side = self._opened, self._side
        screen = self.grid.side(), self.grid.devicePixelRatioF()
        if opened is None or self._session.project is None:
            return
        self._session.run_detached(
            self.tr("Make variants"), lambda progress: render(opened, recipe, side, screen, progress),
            on_done=self._on_tiles, on_failed=self._on_failed, slot="augment-tiles", quiet=True,
        )  # fmt: skip
        if self._look is not None and not dragging:
            self._render_look()

    @Slot(object)
    def _on_tiles(self, shown: tuple[ShownTile, ...]) -> None:
        if self._opened is None:
            return
        self.grid.show_tiles(shown)
        tiles = self.grid.tiles()
        self.bar.show_check(len(tiles), sum(tile.loses for tile in tiles))

    @Slot(object)
    def _on_failed(self, error: BaseException) -> None:
        self.failed.emit(error)

    @Slot()
    def _sharpen(self) -> None:
        if self._recipe is not None and self.grid.side() > _SHARPER * self._side:
            self.show_recipe(self._recipe, dragging=False)

    # The variant large

    @Slot()
    def open_look(self) -> None:
        """Show the tile under the cursor as large as the window allows."""
        if self._look is not None or self.grid.current_tile() is None:
            return
        look = self._look = VariantLook(self.window())
        look.moved.connect(self._move_look)
        look.resized.connect(self._render_look)
        look.seed_wanted.connect(self.seed_wanted)
        look.finished.connect(self._on_look_closed)
        look.open()
        self._render_look()

    @Slot(int, int)
    def _move_look(self, rows: int, columns: int) -> None:
        row, column = self.grid.current_place()
        self.grid.go_to(row + rows, column + columns)
        self._render_look()

    @Slot()
    def _render_look(self) -> None:
        opened, recipe, look, key = self._opened, self._recipe, self._look, self.grid.current_key()
        if opened is None or recipe is None or look is None or key is None:
            return
        side = look.view.side()
        self._session.run_detached(
            self.tr("Make a large variant"), lambda progress: render_large(opened, recipe, key, side, progress),
            on_done=self._on_look, on_failed=self._on_failed, slot="augment-look", quiet=True,
        )  # fmt: skip

    @Slot(object)
    def _on_look(self, shown: tuple[ShownTile, ...]) -> None:
        if self._look is not None:
            original, variant = shown
            is_original = variant.tile.number == _ORIGINAL
            self._look.show_tile(variant, None if is_original else original, self.grid.accessibleDescription())

    @Slot(int)
    def _on_look_closed(self, _result: int) -> None:
        self._look = None
        self.grid.setFocus()

    # The audit

    @Slot()
    def open_audit(self) -> None:
        """Ask a reviewer whether the labels of a sample still fit."""
        opened, recipe = self._opened, self._recipe
        if opened is not None and recipe is not None and recipe.active and self._session.project is not None:
            named = recipe if recipe.name else replace(recipe, name=recipe.class_name)
            sheet = AuditSheet(self._session, opened.studio, named, self.window())
            sheet.open()
