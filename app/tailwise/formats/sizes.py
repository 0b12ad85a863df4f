"""Image sizes for readers whose annotations do not tell them, through the header reader they were given."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tailwise.ops.progress import track

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tailwise.domain.records import ImageHeader
    from tailwise.formats.contract import HeaderReader
    from tailwise.formats.listing import Listing
    from tailwise.ops.progress import Progress


def read_headers(
    listing: Listing, paths: Iterable[str], read_header: HeaderReader, progress: Progress
) -> dict[str, ImageHeader | None]:
    """Return the header of every path of the listing, None where the file is empty or no image."""
    empty = {entry.path for entry in listing.entries if entry.size == 0}
    wanted = list(dict.fromkeys(paths))
    progress.stage("Reading image sizes", len(wanted))
    return {path: None if path in empty else read_header(listing.absolute(path)) for path in track(wanted, progress)}
