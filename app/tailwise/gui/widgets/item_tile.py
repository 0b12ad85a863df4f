"""Paint one item: its picture with boxes, or why there is none, and two lines about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPainterPath, QPen, QTextOption

from tailwise.domain.records import AnnotationFlag
from tailwise.gui.theme import Data, Theme
from tailwise.gui.widgets.thumb_loader import Thumb, ThumbState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tailwise.domain.coverage import AnnotationView, ItemRow
    from tailwise.gui.widgets.thumb_loader import Box

PAD: Final = 6.0
MOST_PAINTED: Final = 4000
"""Characters of a text that are laid out; no tile or view holds more."""
_COLOURS: Final = (
    Data.ORANGE,
    Data.SKY,
    Data.GREEN,
    Data.YELLOW,
    Data.VERMILLION,
    Data.PURPLE,
    Data.BLUE,
)
_REASONS: Final = {
    ThumbState.MISSING: ("image file missing", "Counts and plans work without it."),
    ThumbState.UNREADABLE: ("image cannot be decoded", "The file is damaged or of an unknown kind."),
}


def class_colour(name: str) -> QColor:
    """Return the colour of a class, the same in every session; the name always stands beside it somewhere."""
    return QColor(_COLOURS[sum(name.encode()) % len(_COLOURS)])


def fitted(size: QSizeF, area: QRectF, *, enlarge: bool = False) -> QRectF:
    """Return the largest rectangle of the shape of `size` centred in `area`, by default at most at its own size."""
    if size.isEmpty():
        return QRectF(area.center(), QSizeF(0, 0))
    scale = min(area.width() / size.width(), area.height() / size.height())
    if not enlarge:
        scale = min(1.0, scale)
    shown = QSizeF(size.width() * scale, size.height() * scale)
    left, top = area.center().x() - shown.width() / 2, area.center().y() - shown.height() / 2
    return QRectF(QPointF(left, top), shown)


def paint_tile(  # noqa: PLR0913  one picture, all of it visible
    painter: QPainter, area: QRectF, item: ItemRow | None, thumb: Thumb, theme: Theme, *, boxes: bool, ratio: float
) -> None:
    """Draw one tile of the grid into `area`; `ratio` is device pixels per logical pixel of the thumbnail."""
    metrics = QFontMetricsF(painter.font(), painter.device())
    caption = 2 * metrics.lineSpacing() + PAD
    inner = area.adjusted(PAD, PAD, -PAD, -PAD - caption)
    painter.fillRect(inner, QColor(theme.hover))
    if thumb.pixmap is not None:
        size = QSizeF(thumb.pixmap.width() / ratio, thumb.pixmap.height() / ratio)
        shown = fitted(size, inner, enlarge=size.width() < inner.width() / 2)
        painter.drawPixmap(shown, thumb.pixmap, QRectF(thumb.pixmap.rect()))
        if boxes and item is not None:
            paint_boxes(painter, shown, item.annotations, thumb.boxes)
    elif item is not None and item.text:
        paint_text(painter, inner, item.text, theme)
    elif thumb.state in _REASONS:
        paint_reason(painter, inner, thumb.state, theme)
    if item is not None:
        below = QRectF(inner.left(), inner.bottom() + PAD / 2, inner.width(), caption)
        _paint_caption(painter, below, item, theme)


def _paint_caption(painter: QPainter, area: QRectF, item: ItemRow, theme: Theme) -> None:
    metrics = QFontMetricsF(painter.font(), painter.device())
    name = item.file_name.rpartition("/")[2]
    lines = (
        (name, theme.text, Qt.TextElideMode.ElideMiddle),
        (classes_text(item), theme.muted, Qt.TextElideMode.ElideRight),
    )
    top = area.top()
    for text, ink, elide in lines:
        painter.setPen(QColor(ink))
        line = QRectF(area.left(), top, area.width(), metrics.lineSpacing())
        painter.drawText(line, int(Qt.AlignmentFlag.AlignLeft), metrics.elidedText(text, elide, area.width()))
        top += metrics.lineSpacing()


def classes_text(item: ItemRow) -> str:
    """Return what is on an item: `Bottle, 3 × Cigarette`, or its label state."""
    parts = [name if count == 1 else f"{count} × {name}" for name, count in item.classes.items()]
    return ", ".join(parts) or item.state


def paint_reason(painter: QPainter, area: QRectF, state: ThumbState, theme: Theme) -> None:
    """Say in place of the picture why there is none."""
    title, _why = _REASONS[state]
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(QColor(theme.strong_line), 1, Qt.PenStyle.DashLine))
    painter.drawRoundedRect(area.adjusted(1, 1, -1, -1), 4, 4)
    painter.setPen(QColor(theme.muted))
    flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
    painter.drawText(area.adjusted(PAD, PAD, -PAD, -PAD), int(flags), title)
    painter.restore()


def paint_text(painter: QPainter, area: QRectF, text: str, theme: Theme) -> None:
    """Draw the beginning of a text, as plain text, as far as it fits; the painter's font is used."""
    painter.setPen(QColor(theme.text))
    option = QTextOption(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
    option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
    painter.save()
    painter.setClipRect(area)
    painter.drawText(area.adjusted(PAD, PAD, -PAD, -PAD), text[:MOST_PAINTED], option)
    painter.restore()


def reason_text(state: ThumbState) -> str:
    """Return what it means that there is no picture, as a sentence."""
    return _REASONS[state][1]


def paint_boxes(
    painter: QPainter,
    shown: QRectF,
    annotations: Sequence[AnnotationView],
    boxes: Sequence[Box | None],
    *,
    names: bool = False,
) -> None:
    """Draw boxes over a picture; each line has a dark one under it, so that it shows on any picture.

    Doubtful boxes (difficult, crowd, degenerate, outside) are dashed.
    """
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    placed = [(view, box) for view, box in zip(annotations, boxes, strict=False) if box is not None]
    for view, box in placed:
        area = box_area(box, shown)
        doubtful = view.flags & ~int(AnnotationFlag.TRUNCATED | AnnotationFlag.OCCLUDED)
        painter.setPen(QPen(QColor(0, 0, 0, 150), 3))
        painter.drawRect(area)
        style = Qt.PenStyle.DashLine if doubtful else Qt.PenStyle.SolidLine
        painter.setPen(QPen(class_colour(view.class_name), 1.5, style))
        painter.drawRect(area)
    if names:
        for view, box in placed:
            _paint_name(painter, box_area(box, shown), view.class_name, shown)
    painter.restore()


def box_area(box: Box, shown: QRectF) -> QRectF:
    """Return where a box given in fractions lies on a picture drawn at `shown`."""
    x, y, width, height = box
    return QRectF(
        shown.left() + x * shown.width(),
        shown.top() + y * shown.height(),
        width * shown.width(),
        height * shown.height(),
    )


def _paint_name(painter: QPainter, area: QRectF, name: str, shown: QRectF) -> None:
    metrics = QFontMetricsF(painter.font(), painter.device())
    width, height = metrics.horizontalAdvance(name) + 8, metrics.height() + 2
    # Above its box, or inside when that would leave the picture.
    top = area.top() - height if area.top() - height >= shown.top() else area.top()
    left = max(shown.left(), min(area.left(), shown.right() - width))
    plate = QRectF(left, top, width, height)
    path = QPainterPath()
    path.addRoundedRect(plate, 3, 3)
    painter.fillPath(path, QColor(0, 0, 0, 190))
    painter.fillRect(QRectF(plate.left(), plate.top() + 2, 3, plate.height() - 4), class_colour(name))
    painter.setPen(QColor("#FFFFFF"))
    painter.drawText(plate.adjusted(5, 0, -2, 0), int(Qt.AlignmentFlag.AlignVCenter), name)
