"""Everything the index wants of image files, from one decode each."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from tailwise.domain.index import THUMBNAIL_SIDE, ImageIssue
from tailwise.imaging.decode import Decoded, ImageFile, decode_file, decode_files
from tailwise.imaging.descriptors import RawFeatures, describe, regions_on
from tailwise.imaging.picture_facts import PictureFacts, ReadPicture, facts_of, read_picture
from tailwise.imaging.statistics import MEASURE_SIDE
from tailwise.imaging.thumbnails import Box, upright_fractions

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

OBJECT_SIDE: Final = 64
MAX_SIDE: Final = 1024


@dataclass(frozen=True, slots=True)
class IndexedFile:
    """One image file: what is wrong with it, the hash of its bytes, and the rest where there is a picture.

    Attributes:
        issue: what is wrong with it, or NONE.
        sha256: of its bytes; empty where they could not be read.
        facts: None without a picture.
        regions: how many rows of the features found with it are of this file.
    """

    issue: ImageIssue
    sha256: bytes
    facts: PictureFacts | None = None
    regions: int = 0


@dataclass(slots=True)
class _Gathered:
    """What the steps for many pictures start from; None in `pictures` for a file without one."""

    issues: list[ImageIssue] = field(default_factory=list[ImageIssue])
    hashes: list[bytes] = field(default_factory=list[bytes])
    pictures: list[ReadPicture | None] = field(default_factory=list["ReadPicture | None"])
    regions: list[list[NDArray[np.uint8]]] = field(default_factory=list["list[NDArray[np.uint8]]"])

    def add(self, decoded: Decoded, boxes: Sequence[Box] | None = None) -> None:
        """Take what is wanted of a decoded picture: all of it must not be kept, it may have many megapixels."""
        pixels, frame = decoded.pixels, decoded.frame
        self.issues.append(decoded.issue)
        self.hashes.append(decoded.sha256)
        if pixels is None or frame is None:
            self.pictures.append(None)
            self.regions.append([])
        else:
            self.pictures.append(read_picture(pixels, frame.upright_size, decoded.thumbnail))
            self.regions.append([] if boxes is None else regions_on(pixels, boxes))

    def indexed(self) -> list[IndexedFile]:
        """Return the files with their facts."""
        found = iter(facts_of([picture for picture in self.pictures if picture is not None]))
        facts = [None if picture is None else next(found) for picture in self.pictures]
        return list(map(IndexedFile, self.issues, self.hashes, facts, map(len, self.regions)))


def index_files(files: Sequence[ImageFile]) -> list[IndexedFile]:
    """Read image files once each and return what the index keeps of them, but for features."""
    gathered = _Gathered()
    for decoded in decode_files(((file.path, THUMBNAIL_SIDE) for file in files), own_side=MEASURE_SIDE):
        gathered.add(decoded)
    return gathered.indexed()


def index_and_describe(files: Sequence[ImageFile]) -> tuple[list[IndexedFile], RawFeatures]:
    """Read image files once each; return what the index keeps of them, and features of pictures and boxes.

    The features are in the order of the files: the whole picture first, then its boxes. A box that cannot be placed,
    as no size is known, has none.
    """
    gathered = _Gathered()
    sides = ((file.path, _decode_side(file)) for file in files)
    for file, decoded in zip(files, decode_files(sides), strict=True):
        gathered.add(decoded, upright_fractions(file.boxes, file.declared, decoded.frame))
    return gathered.indexed(), describe([region for regions in gathered.regions for region in regions])


def describe_boxes(file: ImageFile) -> RawFeatures | None:
    """Return raw features of the boxes on an image file, None where there is no picture; see `index_and_describe`."""
    decoded = decode_file(file.path, _decode_side(file))
    if decoded.pixels is None:
        return None
    placed = upright_fractions(file.boxes, file.declared, decoded.frame)
    return describe(regions_on(decoded.pixels, placed, whole=False))


def _decode_side(file: ImageFile) -> int:
    """Return the size at which the middle one of the boxes still has `OBJECT_SIDE` pixels, within bounds.

    One tiny box must not force a photo of many megapixels to be decoded whole.
    """
    if not file.boxes or 0 in file.declared:
        return 2 * THUMBNAIL_SIDE if file.boxes else THUMBNAIL_SIDE
    shares = sorted(max(box[2], box[3]) / max(file.declared) for box in file.boxes)
    middle = max(shares[len(shares) // 2], OBJECT_SIDE / MAX_SIDE)
    return max(THUMBNAIL_SIDE, round(OBJECT_SIDE / middle))
