"""Paint the part of a picture that is meant: a box with its surroundings, or the whole picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from tailwise.gui.widgets.item_tile import fitted, paint_reason
from tailwise.gui.widgets.thumb_loader import ThumbState

if TYPE_CHECKING:
    from tailwise.gui.theme import Theme
    from tailwise.gui.widgets.thumb_loader import Box, Thumb

CONTEXT: Final = 1.8
"""How much more than the box is shown, each way."""
LEAST_SHARE: Final = 0.06
"""Of the longer side of the picture: a tiny box is shown with more around it rather than as a few blurred pixels."""


def paint_crop(painter: QPainter, area: QRectF, thumb: Thumb, theme: Theme, ink: str) -> None:
    """Draw into `area` the first box of a picture with its surroundings, or all of a picture without one."""
    painter.fillRect(area, QColor(theme.hover))
    pixmap = thumb.pixmap
    if pixmap is None:
        if thumb.state is not ThumbState.WAITING:
            paint_reason(painter, area, thumb.state, theme)
        return
    box = thumb.boxes[0] if thumb.boxes else None
    whole = QRectF(pixmap.rect())
    painter.save()
    painter.setClipRect(area)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    if box is None:
        painter.drawPixmap(fitted(whole.size(), area, enlarge=True), pixmap, whole)
        painter.restore()
        return
    source = crop_of(box, whole.size(), area.size())
    painter.drawPixmap(area, pixmap, source)
    scale = area.width() / source.width()
    x, y, width, height = box
    corner = QPointF(
        area.left() + (x * whole.width() - source.left()) * scale,
        area.top() + (y * whole.height() - source.top()) * scale,
    )
    drawn = QRectF(corner, QSizeF(width * whole.width() * scale, height * whole.height() * scale))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(QColor(0, 0, 0, 150), 3))
    painter.drawRect(drawn)
    painter.setPen(QPen(QColor(ink), 1.5))
    painter.drawRect(drawn)
    painter.restore()


def crop_of(box: Box, picture: QSizeF, area: QSizeF) -> QRectF:
    """Return which part of a picture to show: as wide to its height as `area`, the box in its middle.

    Args:
        box: shares of the picture.
        picture: its size in pixels.
        area: size of the place it is drawn at.
    """
    x, y, width, height = box
    least = LEAST_SHARE * max(picture.width(), picture.height())
    wanted_w = max(width * picture.width() * CONTEXT, least)
    wanted_h = max(height * picture.height() * CONTEXT, least)
    shape = area.width() / max(1.0, area.height())
    if wanted_w < wanted_h * shape:
        wanted_w = wanted_h * shape
    else:
        wanted_h = wanted_w / shape
    # Less around it where the picture ends, but always the whole box.
    room = min(1.0, picture.width() / wanted_w, picture.height() / wanted_h)
    needed = max(width * picture.width() / wanted_w, height * picture.height() / wanted_h)
    wanted_w, wanted_h = wanted_w * max(room, needed), wanted_h * max(room, needed)
    return QRectF(
        _inside((x + width / 2) * picture.width(), wanted_w, picture.width()),
        _inside((y + height / 2) * picture.height(), wanted_h, picture.height()),
        wanted_w,
        wanted_h,
    )


def _inside(middle: float, length: float, whole: float) -> float:
    """Return where a stretch begins, moved inside the picture, or centred on it where it is longer."""
    if length > whole:
        return (whole - length) / 2
    return min(max(middle - length / 2, 0.0), whole - length)
