"""Tile plans: which windows of large pictures to train on, so that rare classes are seen."""

from __future__ import annotations

from dataclasses import dataclass

from tailwise.domain.errors import RequestError

MOST_SIDE = 65_536


@dataclass(frozen=True, slots=True)
class TileRequest:
    """What is asked for.

    Attributes:
        side, stride: of the windows, pixels. Pictures smaller than a window are one tile.
        total: how many tiles to choose; 0 for every tile with a label.
        background: share (0..1) of the chosen tiles that show no object.
        seed: which background tiles.
    """

    side: int = 512
    stride: int = 256
    total: int = 0
    background: float = 0.1
    seed: int = 17

    def checked(self) -> TileRequest:
        """Return the request if it can be used.

        Raises:
            RequestError: a number is out of its range.
        """
        if not 1 <= self.side <= MOST_SIDE:
            raise RequestError(f"A tile of {self.side} pixels is not possible", f"Use 1 to {MOST_SIDE:,}")
        if not 1 <= self.stride <= self.side:
            raise RequestError(
                f"A stride of {self.stride} pixels would leave gaps between tiles of {self.side}",
                f"Use 1 to {self.side}",
            )
        if self.total < 0:
            raise RequestError(f"{self.total} tiles are not possible", "Use a number from 0; 0 takes all with a label")
        if not 0 <= self.background < 1:
            raise RequestError(f"A background share of {self.background:g} is not possible", "Use 0 up to below 1")
        return self


@dataclass(frozen=True, slots=True)
class Tile:
    """A chosen window of an item: left, top, width, height in pixels of the raster that the labels are drawn on.

    `chosen_for` is the class it was taken for, empty for background; `pixels` are those of every class that it shows.
    """

    item_id: int
    file_name: str
    source: str
    x: int
    y: int
    width: int
    height: int
    chosen_for: str
    pixels: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class TileClass:
    """One class in all tiles and in the chosen ones: tiles that show it, and its pixels."""

    class_name: str
    tiles: int
    chosen_tiles: int
    pixels: int
    chosen_pixels: int


@dataclass(frozen=True, slots=True)
class TilePlan:
    """The chosen tiles with what they hold; `total` counts all windows of all `images`."""

    request: TileRequest
    images: int
    total: int
    with_label: int
    tiles: tuple[Tile, ...]
    classes: tuple[TileClass, ...]
    notes: tuple[str, ...] = ()

    @property
    def background(self) -> int:
        """How many chosen tiles show no object."""
        return sum(not tile.chosen_for for tile in self.tiles)
