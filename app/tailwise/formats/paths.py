"""Names found inside a dataset are untrusted text; this is the only way from such a name to a place on disk.

A name is *safe* when it is relative and stays below the root after `.` and `..` are taken out: no absolute path, no
drive, no UNC share, no home folder, no NUL. Links are judged where a file is opened, by `join_inside`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tailwise.domain.errors import UnreadableSourceError

if TYPE_CHECKING:
    from pathlib import Path

_ANCHORED = re.compile(r"[/\\]|[A-Za-z]:|~[^/\\]*[/\\]|[A-Za-z][A-Za-z0-9+.-]+://")


def is_anchored(name: str) -> bool:
    r"""Tell whether a name says where it starts: absolute, drive, UNC share, home folder or URL.

    >>> [is_anchored(n) for n in ("/a", r"C:\a", r"\\host\a", "~me/a", "s3://b/a", "a/b", "~a")]
    [True, True, True, True, True, False, False]
    """
    return _ANCHORED.match(name) is not None


def clean(name: str, folder: str = "") -> str | None:
    """Return `folder/name` as a relative POSIX path without `.` and `..`, or None when it is unsafe.

    `folder` is trusted and relative to the root; `name` is not. `..` may leave `folder`, never the root.

    >>> clean("./b//c.jpg", "a"), clean("../b.jpg", "a"), clean("../../b.jpg", "a"), clean("C:/b.jpg")
    ('a/b/c.jpg', 'b.jpg', None, None)
    """
    if "\0" in name or is_anchored(name):
        return None
    parts = folder.split("/") if folder else []
    for part in name.split("/"):
        if part == "..":
            if not parts:
                return None
            parts.pop()
        elif part not in {"", "."}:
            parts.append(part)
    return "/".join(parts)


def last_part(name: str) -> str:
    r"""Return what follows the last separator of either kind; empty where that names a folder.

    >>> last_part(r"C:\a/b.jpg"), last_part("b.jpg"), last_part("a/"), last_part("a/..")
    ('b.jpg', 'b.jpg', '', '')
    """
    last = name[max(name.rfind("/"), name.rfind("\\")) + 1 :]
    return "" if last in {".", ".."} else last


def join_inside(root: Path, untrusted: str) -> Path:
    """Return the resolved path of an untrusted relative name below `root`.

    Raises:
        UnreadableSourceError: the name is unsafe, or a link on its way leads out of the root.
    """
    relative = clean(untrusted.replace("\\", "/"))
    if relative is not None:
        try:
            resolved = root.joinpath(relative).resolve()
        except (OSError, RuntimeError, ValueError):  # a loop of links, or bytes the file system cannot hold
            resolved = None
        if resolved is not None and resolved.is_relative_to(root.resolve()):
            return resolved
    raise UnreadableSourceError(
        f"the name {untrusted!r} leads out of the dataset folder",
        "Files are only read below the folder that was opened; move the file there and correct the name",
    )
