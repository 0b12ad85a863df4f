"""Two images of a cluster with their boxes, and beside them what differs once one lies on the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt, Signal, Slot
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from tailwise.gui import theme as th
from tailwise.gui.number_text import percent
from tailwise.gui.texts import counted
from tailwise.gui.widgets.heatmap_paint import paint_cursor
from tailwise.gui.widgets.item_tile import fitted, paint_boxes, paint_reason
from tailwise.gui.widgets.thumb_loader import ThumbState

if TYPE_CHECKING:
    from PySide6.QtGui import QKeyEvent, QPaintEvent

    from tailwise.domain.coverage import ItemRow
    from tailwise.gui.session import Session
    from tailwise.imaging.thumbnails import Picture
    from tailwise.ops.progress import Progress
    from tailwise.usecases.duplicate_difference import ComparedItems

FIRST_INK, SECOND_INK = QColor(255, 255, 255), QColor(th.Data.SKY)
LINES: Final = 2


@dataclass(frozen=True, slots=True)
class _Shown:
    pair: tuple[int, int]
    images: tuple[QImage | None, QImage | None, QImage | None]
    compared: ComparedItems


def _image(picture: Picture | None) -> QImage | None:
    return None if picture is None else QImage.fromData(picture.encoded)


class DifferenceView(QWidget):
    """Three pictures: both images with their boxes, and the first in grey with the difference in orange."""

    stepped = Signal(int)  # Left and Right: compare with the image before or after

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._rows: tuple[ItemRow, ItemRow] | None = None
        self._shown: _Shown | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(self.tr("Difference of two images"))
        self.setMinimumHeight(120)

    def compare(self, first: ItemRow, second: ItemRow) -> None:
        """Show two images and what differs between them; the comparison runs beside the window."""
        self._rows = (first, second)
        pair = (first.id, second.id)
        if self._shown is not None and self._shown.pair == pair:
            self.update()
            return

        def work(_progress: Progress) -> _Shown:
            from tailwise.usecases.duplicate_difference import compare_items

            found = compare_items(first, second)
            jpeg = QImage.fromData(found.difference.jpeg) if found.difference is not None else None
            return _Shown(pair, (_image(found.first), _image(found.second), jpeg), found)

        self._session.run_detached(
            self.tr("Compare two images"), work, on_done=self._on_compared, slot="duplicates-difference", quiet=True
        )
        self.update()

    def clear(self) -> None:
        """Show nothing."""
        self._rows = self._shown = None
        self.update()

    def sentence(self) -> str:
        """Return what was found, in words; empty while it is being looked for."""
        shown, rows = self._shown, self._rows
        if shown is None or rows is None or shown.pair != (rows[0].id, rows[1].id):
            return ""
        found = shown.compared.difference
        if found is None:
            return self.tr("The two images cannot be laid over each other.")
        mirrored = self.tr("mirrored, ") if found.is_mirrored else ""
        how = mirrored + (self.tr("laid over each other") if found.is_aligned else self.tr("stretched, not aligned"))
        return self.tr("{}: {} of what both show differs, {} is shown by both").format(
            how[0].upper() + how[1:], percent(found.changed, 1), percent(found.overlap)
        )

    def _found(self) -> tuple[str, str]:
        """Return the two lines under the difference: what differs, and how the two were laid together."""
        shown = self._shown
        if shown is None or not self.sentence():
            return self.tr("Difference"), self.tr("Comparing …")
        found = shown.compared.difference
        if found is None:
            return self.tr("Difference"), self.tr("They share nothing")
        how = self.tr("aligned") if found.is_aligned else self.tr("not aligned")
        mirrored = self.tr(", mirrored") if found.is_mirrored else ""
        return (
            self.tr("{} differs").format(percent(found.changed, 1)),
            self.tr("{} shared, {}").format(percent(found.overlap), how) + mirrored,
        )

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: D102
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        if step is None:
            super().keyPressEvent(event)
        else:
            self.stepped.emit(step)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: D102
        theme = th.Theme.of(self.palette())
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.fillRect(self.rect(), QColor(theme.base))
        if self._rows is not None:
            self._paint_panels(painter, theme)
        if self.hasFocus():
            paint_cursor(painter, QRectF(self.rect()), theme)
        painter.end()

    def _paint_panels(self, painter: QPainter, theme: th.Theme) -> None:
        assert self._rows is not None  # noqa: S101  asked before
        first, second = self._rows
        shown = self._shown if self._shown is not None and self._shown.pair == (first.id, second.id) else None
        metrics = QFontMetricsF(painter.font(), self)
        caption = LINES * metrics.lineSpacing() + th.SPACE_XS
        width = (self.width() - 4 * th.SPACE_S) / 3
        texts = (_about(first), _about(second), self._found())
        for place, (title, text) in enumerate(texts):
            left = th.SPACE_S + place * (width + th.SPACE_S)
            area = QRectF(left, th.SPACE_S, width, self.height() - caption - 2 * th.SPACE_S)
            painter.fillRect(area, QColor(theme.hover))
            if shown is not None:
                self._paint_picture(painter, area, shown, place, theme)
            below = QRectF(left, area.bottom() + th.SPACE_XS, width, metrics.lineSpacing())
            for words, ink in ((title, theme.text), (text, theme.muted)):
                painter.setPen(QColor(ink))
                elided = metrics.elidedText(words, Qt.TextElideMode.ElideMiddle, width)
                painter.drawText(below, int(Qt.AlignmentFlag.AlignVCenter), elided)
                below.translate(0, metrics.lineSpacing())

    def _paint_picture(self, painter: QPainter, area: QRectF, shown: _Shown, place: int, theme: th.Theme) -> None:
        image = shown.images[place]
        if image is None or image.isNull():
            if place < 2:
                paint_reason(painter, area, ThumbState.UNREADABLE, theme)
            return
        frame = fitted(QSizeF(image.size()), area, enlarge=True)
        painter.drawImage(frame, image)
        assert self._rows is not None  # noqa: S101  there is something shown
        picture = (shown.compared.first, shown.compared.second)[min(place, 1)]
        if place < 2 and picture is not None:
            paint_boxes(painter, frame, self._rows[place].annotations, picture.boxes)
        elif place == 2:
            _paint_both(painter, frame, shown.compared)

    @Slot(object)
    def _on_compared(self, shown: _Shown) -> None:
        self._shown = shown
        self.setAccessibleDescription(self.sentence())
        self.setToolTip(self.sentence())
        self.update()


def _about(row: ItemRow) -> tuple[str, str]:
    """Return the name of an image, and how many boxes of what it has."""
    boxes = sum(a.box is not None for a in row.annotations)
    classes = ", ".join(row.classes) or row.state
    return row.file_name.rpartition("/")[2], f"{counted(boxes, 'box', 'boxes')} · {classes}" if boxes else classes


def _paint_both(painter: QPainter, frame: QRectF, compared: ComparedItems) -> None:
    """Draw the boxes of both images on the difference: the first white, the second blue and dashed."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    quads = [
        (((x, y), (x + w, y), (x + w, y + h), (x, y + h)), FIRST_INK, Qt.PenStyle.SolidLine)
        for x, y, w, h in (box for box in (compared.first.boxes if compared.first else ()) if box is not None)
    ]
    found = compared.difference
    quads += [(quad, SECOND_INK, Qt.PenStyle.DashLine) for quad in (found.boxes if found else ()) if quad is not None]
    painter.save()
    painter.setClipRect(frame)
    for corners, ink, style in quads:
        points = [QPointF(frame.left() + x * frame.width(), frame.top() + y * frame.height()) for x, y in corners]
        for pen in (QPen(QColor(0, 0, 0, 150), 3), QPen(ink, 1.5, style)):
            painter.setPen(pen)
            painter.drawPolygon(QPolygonF(points))
    painter.restore()
