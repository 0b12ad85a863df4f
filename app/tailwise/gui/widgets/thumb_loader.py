"""Thumbnails for what is visible now: the newest wish wins, late ones are dropped.

Decoding runs on worker threads in small batches, so that what scrolled out of sight is never waited for. Pictures cross
threads as QImage; pixmaps are made here, on the GUI thread.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QImage, QPixmap

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tailwise.domain.coverage import ItemRow
    from tailwise.gui.session import Session
    from tailwise.ops.progress import Progress

Box = tuple[float, float, float, float]

BATCH: Final = 6
LANES: Final = 2
KEPT_BYTES: Final = 128_000_000


class ThumbState(Enum):
    """What can be shown of an item."""

    WAITING = auto()
    READY = auto()
    MISSING = auto()  # the dataset has no such file on this computer
    UNREADABLE = auto()  # there is a file, and no picture in it


@dataclass(frozen=True, slots=True)
class Thumb:
    """A picture with its boxes as fractions of it, in the order of the item's annotations."""

    state: ThumbState
    pixmap: QPixmap | None = None
    boxes: tuple[Box | None, ...] = ()


@dataclass(frozen=True, slots=True)
class _Decoded:
    item_id: int
    side: int
    image: QImage | None
    boxes: tuple[Box | None, ...]


_WAITING: Final = Thumb(ThumbState.WAITING)
_MISSING: Final = Thumb(ThumbState.MISSING)
_UNREADABLE: Final = Thumb(ThumbState.UNREADABLE)


def decode_batch(rows: Sequence[ItemRow], side: int, progress: Progress) -> tuple[_Decoded, ...]:
    """Return the pictures of some items; runs on a worker thread."""
    from tailwise.usecases.items import item_picture

    decoded: list[_Decoded] = []
    for row in rows:
        progress.advance()
        picture = item_picture(row, side)
        image = QImage.fromData(picture.encoded) if picture else None
        decoded.append(_Decoded(row.id, side, image, picture.boxes if picture else ()))
    return tuple(decoded)


class ThumbLoader(QObject):
    """Keeps the thumbnails last looked at, at most `KEPT_BYTES` of them."""

    loaded = Signal(int)  # item id

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._wanted: list[ItemRow] = []
        self._side = 0
        self._flying: set[int] = set()
        self._batches = 0
        self._kept: OrderedDict[int, Thumb] = OrderedDict()
        self._bytes = 0

    def want(self, rows: Sequence[ItemRow], side: int) -> None:
        """Load these, in this order, and forget earlier wishes that have not begun; `side` is device pixels."""
        if side != self._side:
            self.clear()
            self._side = side
        self._wanted = [row for row in rows if row.id not in self._kept and row.id not in self._flying]
        self._start()

    def thumb(self, item_id: int) -> Thumb:
        """Return what there is of an item."""
        found = self._kept.get(item_id)
        if found is None:
            return _WAITING
        self._kept.move_to_end(item_id)
        return found

    def clear(self) -> None:
        """Forget everything, for instance because the project changed."""
        self._wanted.clear()
        self._kept.clear()
        self._flying.clear()
        self._bytes = 0

    def _start(self) -> None:
        while self._wanted and self._batches < LANES and self._session.project is not None:
            batch, self._wanted = self._wanted[:BATCH], self._wanted[BATCH:]
            there = [row for row in batch if row.path]
            for row in batch:
                if not row.path:
                    self._keep(row.id, _MISSING)
            if there:
                self._fetch(there)

    def _fetch(self, rows: list[ItemRow]) -> None:
        side = self._side
        self._flying.update(row.id for row in rows)
        self._batches += 1
        handle = self._session.run_detached(
            self.tr("Thumbnails"),
            lambda progress: decode_batch(rows, side, progress),
            on_done=self._on_decoded,
            quiet=True,
        )
        handle.finished.connect(self._on_finished)

    @Slot(object)
    def _on_decoded(self, decoded: tuple[_Decoded, ...]) -> None:
        for each in decoded:
            if each.side != self._side or each.item_id not in self._flying:
                continue  # the size or the project changed meanwhile
            self._flying.discard(each.item_id)
            if each.image is None or each.image.isNull():
                self._keep(each.item_id, _UNREADABLE)
            else:
                self._keep(each.item_id, Thumb(ThumbState.READY, QPixmap.fromImage(each.image), each.boxes))

    @Slot()
    def _on_finished(self) -> None:
        self._batches -= 1
        self._start()

    def _keep(self, item_id: int, thumb: Thumb) -> None:
        self._kept[item_id] = thumb
        self._bytes += _bytes_of(thumb)
        while self._bytes > KEPT_BYTES and len(self._kept) > 1:
            _oldest, dropped = self._kept.popitem(last=False)
            self._bytes -= _bytes_of(dropped)
        self.loaded.emit(item_id)


def _bytes_of(thumb: Thumb) -> int:
    return 0 if thumb.pixmap is None else thumb.pixmap.width() * thumb.pixmap.height() * 4
