"""Large XML files read element by element: bounded memory and depth, no document types, progress by bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, BinaryIO, cast
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException, DTDForbidden
from defusedxml.ElementTree import iterparse

from tailwise.formats.xml_text import MAX_DEPTH, XmlForbiddenError, XmlRefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from xml.etree.ElementTree import Element

    from tailwise.ops.progress import Progress

MAX_BYTES = 4 << 30
_BLOCK = 1 << 20


class _Counted:
    """A file that tells its progress as it is read."""

    def __init__(self, file: BinaryIO, progress: Progress) -> None:
        self._file = file
        self._progress = progress

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(min(size, _BLOCK) if size > 0 else _BLOCK)
        self._progress.advance(len(data))
        return data


def children_of_root(path: Path, name: str, root_tag: str, progress: Progress) -> Iterator[Element]:
    """Yield the elements directly below the root, each complete and forgotten when the next one is asked for.

    Raises:
        XmlForbiddenError: the document has a document type.
        XmlRefusedError: another root, too large, nested too deep, not well formed; elements before it were yielded.
        OSError: the file cannot be read.
    """
    size = path.stat().st_size
    if size > MAX_BYTES:
        raise XmlRefusedError(f"it has {size >> 30} GB, far more than annotations ever have")
    progress.stage(f"Reading {name}", size)
    with path.open("rb") as file:
        events = cast(
            "Iterator[tuple[str, Any]]", iterparse(_Counted(file, progress), ("start", "end"), forbid_dtd=True)
        )
        depth, root = 0, None
        try:
            for event, found in events:
                element = cast("Element", found)
                if event == "start":
                    depth += 1
                    root = _checked(element, root, depth, root_tag)
                    continue
                depth -= 1
                if depth == 1 and root is not None:
                    yield element
                    root.clear()
        except DTDForbidden as error:
            raise XmlForbiddenError("it has a document type (DTD), which annotations do not need") from error
        except DefusedXmlException as error:
            raise XmlForbiddenError("it defines entities or refers to other files") from error
        except ParseError as error:
            raise XmlRefusedError(_reason(error)) from error
        except (ValueError, LookupError) as error:
            raise XmlRefusedError(f"its encoding cannot be read ({error})") from error


def _checked(element: Element, root: Element | None, depth: int, root_tag: str) -> Element:
    """Return the root, which is the first element that begins."""
    if root is None:
        if element.tag != root_tag:
            raise XmlRefusedError(f"it begins with <{element.tag}>, not with <{root_tag}>")
        return element
    if depth > MAX_DEPTH:
        raise XmlRefusedError(f"its elements are nested deeper than {MAX_DEPTH}")
    return root


def _reason(error: ParseError) -> str:
    line, column = error.position
    words = str(error).partition(":")[0]
    ends = words in {"no element found", "unclosed token"}
    return f"line {line}, column {column + 1}: {'the file ends too early; it was cut off' if ends else words}"
