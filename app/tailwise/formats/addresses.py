"""Addresses of images in storage, as opaque texts: the path in them is a name to look for, and nothing is fetched."""

from __future__ import annotations

import re
from urllib.parse import unquote, urlsplit

from tailwise.formats.json_text import printable
from tailwise.formats.paths import last_part

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")


def is_address(value: str) -> bool:
    """Tell whether a text begins like an address.

    >>> is_address("s3://bucket/a.jpg"), is_address("C:/a.jpg"), is_address("a/b.jpg")
    (True, False, False)
    """
    return _SCHEME.match(value) is not None


def path_in(value: str) -> str:
    """Return the path in an address, without host, bucket and signature; other texts as they are.

    Percent signs are only read in addresses of files: elsewhere `%20` can be part of a name.

    >>> path_in("https://host.invalid/a/b.jpg?token=secret"), path_in("file:///a%20b.jpg"), path_in("a/b.jpg")
    ('a/b.jpg', 'a b.jpg', 'a/b.jpg')
    """
    value = printable(value)
    if not is_address(value):
        return value
    try:
        parts = urlsplit(value)
    except ValueError:  # for instance brackets that hold no address
        return last_part(value.partition("?")[0])
    path = unquote(parts.path) if parts.scheme == "file" else parts.path
    return path.lstrip("/") or parts.netloc
