"""A folder of images without labels: the pool."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tailwise.domain.errors import UnreadableSourceError
from tailwise.domain.records import LabelState, MediaState, SourceData
from tailwise.formats.contract import Evidence
from tailwise.ops.progress import track

if TYPE_CHECKING:
    from tailwise.formats.contract import ReadRequest
    from tailwise.formats.listing import Listing
    from tailwise.ops.progress import Progress

LABEL_SUFFIXES = frozenset(
    {".json", ".jsonl", ".ndjson", ".manifest", ".xml", ".yaml", ".yml", ".txt", ".csv", ".parquet"}
)
"""Files that may hold labels; with one of them around, other readers are asked first."""


class PlainImagesReader:
    """Reads any folder as unlabelled images."""

    key = "images"
    title = "Images without labels"

    def probe(self, listing: Listing) -> Evidence:
        """Fit well only where there is nothing but images and no folder could be a class."""
        images = listing.images()
        if not images or listing.dropped is not None:
            return Evidence(0, (), ("a folder with images",))
        found = [f"{len(images):,} images"]
        labels = [e for e in listing.entries if e.suffix in LABEL_SUFFIXES]
        folders = {e.folder for e in images}
        if labels:
            return Evidence(5, tuple(found), (f"nothing but images: {labels[0].path} may hold labels",))
        if len(folders) > 1:
            return Evidence(30, (*found, f"{len(folders):,} folders"), ("a single folder: these may be classes",))
        return Evidence(75, (*found, "no file that could hold labels"))

    def read(self, request: ReadRequest, progress: Progress) -> SourceData:
        """Return every image as an unlabelled item.

        Raises:
            UnreadableSourceError: there is no image below the folder.
        """
        listing = request.listing
        images = listing.images()
        if not images:
            raise UnreadableSourceError(f"There is no image below {request.path}", "Choose the folder with the images")
        data = SourceData(format=self.key, name=request.path.name, root=str(listing.root), role=request.role)
        progress.stage("Listing images", len(images))
        for entry in track(images, progress, 256):
            data.items.append(entry.path, ext_id=entry.path, state=LabelState.UNLABELLED, media=MediaState.PRESENT)
        data.answers = dict(request.answers)
        return data
