"""Items that are texts: drawn in the grid and in the large view, as plain text."""

from __future__ import annotations

import pytest

from tailwise.domain.coverage import ItemRow

pytest.importorskip("PySide6")

from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QImage, QPainter

from tailwise.gui.theme import LIGHT
from tailwise.gui.widgets.item_tile import paint_tile
from tailwise.gui.widgets.thumb_loader import Thumb, ThumbState


def tile(text):
    image = QImage(200, 220, QImage.Format.Format_RGB32)
    image.fill(QColor(LIGHT.base))
    painter = QPainter(image)
    item = ItemRow(1, "17", "tweets", "", "labelled", 0, 0, "", text=text)
    paint_tile(painter, QRectF(0, 0, 200, 220), item, Thumb(ThumbState.MISSING), LIGHT, boxes=True, ratio=1.0)
    painter.end()
    return image


def test_a_text_is_drawn_in_the_place_of_a_picture(qtbot):
    del qtbot
    one, other, none = tile("<b>words</b> to read"), tile("other words to read"), tile("")

    assert one != other
    assert one != none
    assert tile("word " * 100_000) == tile("word " * 50_000)
