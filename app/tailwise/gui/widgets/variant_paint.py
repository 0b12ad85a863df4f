"""How a variant is painted, small in the grid and large beside its original: picture, shapes, wipe and flags."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QPainter, QPainterPath, QPen, QPixmap, QPolygonF

from tailwise.gui.widgets.item_tile import box_area, class_colour, fitted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tailwise.gui.theme import Theme
    from tailwise.usecases.augment_preview import PreviewTile, TileShape

_EDGE: Final = "#FFFFFF"
_LEAST_NAME: Final = 56.0


@dataclass(frozen=True, slots=True)
class ShownTile:
    """A tile whose pixels crossed threads as QImage."""

    tile: PreviewTile
    image: QImage | None

    def pixmap(self) -> QPixmap | None:
        """Return the picture for the screen, None where there is none; on the GUI thread only."""
        return QPixmap.fromImage(self.image) if self.image is not None else None


def shown_tile(tile: PreviewTile) -> ShownTile:
    """Return a tile ready to be painted; safe on any thread. The pixels are copied out of the bytes."""
    if not tile.pixels:
        return ShownTile(tile, None)
    image = QImage(tile.pixels, tile.width, tile.height, 3 * tile.width, QImage.Format.Format_BGR888)
    return ShownTile(tile, image.copy())


def drawn_tile(tile: PreviewTile, side: int, ratio: float) -> ShownTile:
    """Return a tile with its shapes drawn on it at `side` pixels of the screen; safe on any thread.

    Antialiased outlines of 24 pictures cost 60 ms: the window only copies what is drawn here. `ratio` is device pixels
    per logical pixel.
    """
    shown = shown_tile(tile)
    if shown.image is None:
        return shown
    smooth = Qt.TransformationMode.SmoothTransformation
    image = shown.image.scaled(side, side, Qt.AspectRatioMode.KeepAspectRatio, smooth)
    image = image.convertToFormat(QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(ratio)
    painter = QPainter(image)
    paint_shapes(painter, QRectF(0, 0, image.width() / ratio, image.height() / ratio), tile.shapes)
    painter.end()
    return ShownTile(tile, image)


def paint_variant(painter: QPainter, area: QRectF, tile: PreviewTile, pixmap: QPixmap | None, theme: Theme) -> QRectF:
    """Draw a tile into an area, or say why there is none; return where the picture is."""
    if pixmap is None:
        painter.setPen(QColor(theme.muted))
        flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
        painter.drawText(area, int(flags), "image cannot be decoded")
        return area
    shown = fitted(QSizeF(tile.width, tile.height), area, enlarge=True)
    painter.drawPixmap(shown, pixmap, QRectF(pixmap.rect()))
    return shown


def paint_wipe(
    painter: QPainter, area: QRectF, original: tuple[PreviewTile, QPixmap], edge: float, theme: Theme, *, is_bare: bool
) -> None:
    """Lay the original over the left part of an area, up to the share `edge` of its width.

    `is_bare` says that its shapes are not drawn on the picture yet.
    """
    tile, pixmap = original
    left = QRectF(area.left(), area.top(), edge * area.width(), area.height())
    painter.save()
    painter.setClipRect(left)
    painter.fillRect(left, QColor(theme.hover))
    shown = fitted(QSizeF(tile.width, tile.height), area, enlarge=True)
    painter.drawPixmap(shown, pixmap, QRectF(pixmap.rect()))
    if is_bare:
        paint_shapes(painter, shown, tile.shapes)
    painter.restore()
    painter.setPen(QPen(QColor(0, 0, 0, 150), 4))
    painter.drawLine(left.topRight(), left.bottomRight())
    painter.setPen(QPen(QColor(_EDGE), 2))
    painter.drawLine(left.topRight(), left.bottomRight())


def paint_flag(painter: QPainter, area: QRectF, tile: PreviewTile, theme: Theme) -> None:
    """Draw the first remark of a tile on its lower edge, in few words, with the number of the others."""
    first = next(iter(tile.marks), "")
    if not first:
        return
    more = f" (+{len(tile.marks) - 1})" if len(tile.marks) > 1 else ""
    metrics = QFontMetricsF(painter.font(), painter.device())
    sign = "✗" if tile.is_loss else "⚠"
    room = area.width() - 16 - metrics.horizontalAdvance(f"{sign} {more}")
    if metrics.horizontalAdvance(first) > room:
        first = first.partition(":")[0]
    text = f"{sign} {metrics.elidedText(first, Qt.TextElideMode.ElideRight, room)}{more}"
    plate = QRectF(area.left() + 2, area.bottom() - metrics.height() - 4, metrics.horizontalAdvance(text) + 8, 0)
    plate.setHeight(metrics.height() + 2)
    path = QPainterPath()
    path.addRoundedRect(plate, 3, 3)
    painter.fillPath(path, QColor(theme.base))
    painter.setPen(QColor(theme.alert if tile.is_loss else theme.warn))
    painter.drawText(plate.adjusted(4, 0, 0, 0), int(Qt.AlignmentFlag.AlignVCenter), text)


def paint_shapes(painter: QPainter, shown: QRectF, shapes: Sequence[TileShape]) -> None:
    """Draw outlines, and a thin box around those that are no boxes; each line has a dark one under it."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for shape in shapes:
        colour = class_colour(shape.class_name)
        area = box_area(shape.box, shown)
        if shape.is_box:
            painter.setPen(QPen(QColor(0, 0, 0, 150), 3))
            painter.drawRect(area)
        painter.setPen(QPen(colour, 1.5 if shape.is_box else 0.75))
        painter.drawRect(area)
        if shape.is_box:
            continue
        for outline in shape.outlines:
            ring = QPolygonF(
                [QPointF(shown.left() + x * shown.width(), shown.top() + y * shown.height()) for x, y in outline]
            )
            filled = QColor(colour)
            filled.setAlpha(60)
            path = QPainterPath()
            path.addPolygon(ring)
            path.closeSubpath()
            painter.fillPath(path, filled)
            painter.setPen(QPen(colour, 1.25))
            painter.drawPath(path)
    painter.restore()


def paint_names(painter: QPainter, shown: QRectF, shapes: Sequence[TileShape], theme: Theme) -> None:
    """Write the class on every object that is large enough for it, on its upper edge."""
    metrics = QFontMetricsF(painter.font(), painter.device())
    for shape in shapes:
        area = box_area(shape.box, shown)
        text = metrics.elidedText(shape.class_name, Qt.TextElideMode.ElideRight, max(area.width(), _LEAST_NAME))
        if area.width() < _LEAST_NAME / 2:
            continue
        top = max(shown.top(), area.top() - metrics.height())
        plate = QRectF(area.left(), top, metrics.horizontalAdvance(text) + 6, metrics.height())
        painter.fillRect(plate, QColor(theme.base))
        painter.setPen(QColor(theme.text))
        painter.drawText(plate, int(Qt.AlignmentFlag.AlignCenter), text)
