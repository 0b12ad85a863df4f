"""One item large: zoom, pan, boxes with class names. The sharper picture is decoded on a worker when it is needed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QPointF, QRectF, QSize, QSizeF, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QColor, QImage, QPainter, QPixmap
from PySide6.QtWidgets import QSizePolicy, QWidget

from tailwise.gui.theme import SPACE_M, Theme
from tailwise.gui.widgets.heatmap_paint import paint_cursor
from tailwise.gui.widgets.item_tile import (
    box_area,
    classes_text,
    fitted,
    paint_boxes,
    paint_reason,
    paint_text,
    reason_text,
)
from tailwise.gui.widgets.thumb_loader import Thumb, ThumbState

if TYPE_CHECKING:
    from PySide6.QtGui import QKeyEvent, QMouseEvent, QPaintEvent, QResizeEvent, QWheelEvent

    from tailwise.domain.coverage import ItemRow
    from tailwise.gui.session import Session
    from tailwise.gui.widgets.thumb_loader import Box
    from tailwise.ops.progress import Progress

SIDES: Final = (1024, 2048, 4096)
MOST_ZOOM: Final = 16.0
ZOOM_STEP: Final = 1.25
BOX_MARGIN: Final = 0.6
"""Share of a box left free around it when it is zoomed to."""
_SETTLE_MILLISECONDS: Final = 60


@dataclass(frozen=True, slots=True)
class _Sharp:
    item_id: int
    side: int
    image: QImage | None
    boxes: tuple[Box | None, ...]


class ItemView(QWidget):
    """Wheel and + - zoom, 0 fits, Z goes from box to box, B hides the boxes.

    Dragging and the arrows pan a zoomed picture; when all of it is shown, the arrows ask for the item beside.
    """

    boxes_toggled = Signal(bool)
    step_requested = Signal(int)  # -1 or 1

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._item: ItemRow | None = None
        self._thumb = Thumb(ThumbState.WAITING)
        self._side = 0
        self._zoom = 1.0
        self._centre = QPointF(0.5, 0.5)
        self._boxes_shown = True
        self._box = -1
        self._dragged_from: QPointF | None = None
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(_SETTLE_MILLISECONDS)
        self._settle.timeout.connect(self._sharpen)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(self.tr("Picture of the item"))

    def show_item(self, item: ItemRow | None, thumb: Thumb) -> None:
        """Show an item, at first by the thumbnail there is; the same item again keeps its zoom."""
        is_new = item is None or self._item is None or item.id != self._item.id
        if is_new:
            self._zoom, self._centre, self._box, self._side = 1.0, QPointF(0.5, 0.5), -1, 0
        if is_new or not self._side:
            self._thumb = thumb
        self._item = item
        self.setAccessibleDescription(
            "" if item is None else f"{item.file_name}: {classes_text(item)} {item.text}".strip()
        )
        self._settle.start()
        self.update()

    def set_boxes_shown(self, shown: bool) -> None:
        """Draw the boxes, or not."""
        if shown != self._boxes_shown:
            self._boxes_shown = shown
            self.boxes_toggled.emit(shown)
            self.update()

    @property
    def zoom(self) -> float:
        """How much larger than fitted the picture is shown."""
        return self._zoom

    def zoom_by(self, factor: float, around: QPointF | None = None) -> None:
        """Zoom so that what is at `around` (default: the middle) stays there."""
        pivot = around if around is not None else QRectF(self.rect()).center()
        before = self._fraction_at(pivot)
        self._zoom = min(MOST_ZOOM, max(1.0, self._zoom * factor))
        after = self._fraction_at(pivot)
        self._centre = self._bounded(self._centre + before - after)
        self._settle.start()
        self.update()

    def fit(self) -> None:
        """Show the whole picture."""
        self._zoom, self._centre, self._box = 1.0, QPointF(0.5, 0.5), -1
        self.update()

    def zoom_to_next_box(self) -> None:
        """Go to the next annotation that has a box; after the last one the whole picture is shown."""
        boxes = [box for box in self._thumb.boxes if box is not None]
        self._box += 1
        if self._box >= len(boxes):
            self.fit()
            return
        x, y, width, height = boxes[self._box]
        base = self._base()
        wanted_w, wanted_h = width * (1 + BOX_MARGIN) * base.width(), height * (1 + BOX_MARGIN) * base.height()
        zoom = min(self.width() / max(1.0, wanted_w), self.height() / max(1.0, wanted_h))
        self._zoom = min(MOST_ZOOM, max(1.0, zoom))
        self._centre = self._bounded(QPointF(x + width / 2, y + height / 2))
        self._settle.start()
        self.update()

    # Qt's side

    def sizeHint(self) -> QSize:  # noqa: D102
        return QSize(420, 320)

    def minimumSizeHint(self) -> QSize:  # noqa: D102
        return QSize(180, 140)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: D102
        theme = Theme.of(self.palette())
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(theme.base))
        area = QRectF(self.rect())
        if self._thumb.pixmap is not None:
            self._paint_picture(painter)
        elif self._item is not None and self._item.text:
            paint_text(painter, area.adjusted(SPACE_M, SPACE_M, -SPACE_M, -SPACE_M), self._item.text, theme)
        elif self._item is not None and self._thumb.state is not ThumbState.WAITING:
            middle = fitted(QSizeF(4, 3), area.adjusted(SPACE_M, SPACE_M, -SPACE_M, -SPACE_M), enlarge=True)
            paint_reason(painter, middle, self._thumb.state, theme)
            painter.setPen(QColor(theme.muted))
            below = middle.adjusted(SPACE_M, middle.height() * 0.55, -SPACE_M, -SPACE_M)
            flags = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap
            painter.drawText(below, int(flags), f"{self._item.file_name}\n{reason_text(self._thumb.state)}")
        if self.hasFocus():
            paint_cursor(painter, area, theme)
        painter.end()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: D102
        pans = {
            Qt.Key.Key_Left: (-1, 0),
            Qt.Key.Key_Right: (1, 0),
            Qt.Key.Key_Up: (0, -1),
            Qt.Key.Key_Down: (0, 1),
        }
        verbs = {
            Qt.Key.Key_Plus: self._zoom_in,
            Qt.Key.Key_Equal: self._zoom_in,
            Qt.Key.Key_Minus: self._zoom_out,
            Qt.Key.Key_0: self.fit,
            Qt.Key.Key_Z: self.zoom_to_next_box,
            Qt.Key.Key_B: self._toggle_boxes,
        }
        key = Qt.Key(event.key())
        if key in pans:
            self._pan(*pans[key])
        elif key in verbs:
            verbs[key]()
        else:
            super().keyPressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: D102
        steps = event.angleDelta().y() / 120
        self.zoom_by(ZOOM_STEP**steps, event.position())
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: D102
        self._dragged_from = event.position()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: D102
        if self._dragged_from is None or self._zoom <= 1.0:
            return
        moved = event.position() - self._dragged_from
        self._dragged_from = event.position()
        shown = self._shown()
        self._centre = self._bounded(self._centre - QPointF(moved.x() / shown.width(), moved.y() / shown.height()))
        self.update()

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:  # noqa: D102, N802
        self._dragged_from = None

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: D102
        super().resizeEvent(event)
        self._settle.start()

    # Ours

    def _paint_picture(self, painter: QPainter) -> None:
        pixmap = self._thumb.pixmap
        if pixmap is None or self._item is None:
            return
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, self._zoom < 4)  # pixels stay pixels
        shown = self._shown()
        painter.drawPixmap(shown, pixmap, QRectF(pixmap.rect()))
        if self._boxes_shown:
            paint_boxes(painter, shown, self._item.annotations, self._thumb.boxes, names=True)

    def _base(self) -> QRectF:
        """Return where the picture lies when it is fitted."""
        pixmap = self._thumb.pixmap
        size = QSizeF(pixmap.size()) if pixmap is not None else QSizeF(4, 3)
        return fitted(size, QRectF(self.rect()), enlarge=True)

    def _shown(self) -> QRectF:
        """Return where the whole picture lies now, most of it perhaps outside."""
        base = self._base()
        size = QSizeF(base.width() * self._zoom, base.height() * self._zoom)
        middle = QRectF(self.rect()).center()
        place = QPointF(middle.x() - self._centre.x() * size.width(), middle.y() - self._centre.y() * size.height())
        return QRectF(place, size)

    def _fraction_at(self, place: QPointF) -> QPointF:
        shown = self._shown()
        return QPointF(
            (place.x() - shown.left()) / max(1.0, shown.width()), (place.y() - shown.top()) / max(1.0, shown.height())
        )

    def _bounded(self, centre: QPointF) -> QPointF:
        """Keep the picture from being pushed out of sight: what is fitted in a direction stays in the middle of it."""
        base = self._base()

        def bound(value: float, length: float, room: float) -> float:
            half = min(0.5, room / max(1.0, length * self._zoom) / 2)
            return min(1 - half, max(half, value))

        return QPointF(bound(centre.x(), base.width(), self.width()), bound(centre.y(), base.height(), self.height()))

    def _pan(self, x: int, y: int) -> None:
        if self._zoom > 1.0:
            self._centre = self._bounded(self._centre + QPointF(x, y) * (0.2 / self._zoom))
            self.update()
        else:
            self.step_requested.emit(x or y)

    def _zoom_in(self) -> None:
        self.zoom_by(ZOOM_STEP)

    def _zoom_out(self) -> None:
        self.zoom_by(1 / ZOOM_STEP)

    def _toggle_boxes(self) -> None:
        self.set_boxes_shown(not self._boxes_shown)

    @Slot()
    def _sharpen(self) -> None:
        """Ask for as many pixels as are shown, newest item first."""
        item = self._item
        if item is None or not item.path or self._session.project is None or not self.isVisible():
            return
        base = self._base()
        needed = max(base.width(), base.height()) * self._zoom * self.devicePixelRatioF()
        side = next((side for side in SIDES if side >= needed), SIDES[-1])
        if side <= self._side:
            return

        def work(progress: Progress) -> _Sharp:
            from tailwise.usecases.items import item_picture

            progress.advance(0)
            picture = item_picture(item, side)
            image = QImage.fromData(picture.encoded) if picture else None
            return _Sharp(item.id, side, image, picture.boxes if picture else ())

        title = self.tr("Picture")
        self._session.run_detached(title, work, on_done=self._on_sharp, slot="item view", quiet=True)

    @Slot(object)
    def _on_sharp(self, sharp: _Sharp) -> None:
        if self._item is None or sharp.item_id != self._item.id or sharp.side <= self._side:
            return
        self._side = sharp.side
        if sharp.image is None or sharp.image.isNull():
            self._thumb = Thumb(ThumbState.UNREADABLE)
        else:
            self._thumb = Thumb(ThumbState.READY, QPixmap.fromImage(sharp.image), sharp.boxes)
        self.update()

    def area_of(self, position: int) -> QRectF:
        """Return where the box of an annotation is drawn; an empty rectangle when it has none."""
        boxes = self._thumb.boxes
        box = boxes[position] if position < len(boxes) else None
        return QRectF() if box is None else box_area(box, self._shown())
