"""XML that nobody vouches for: small annotation files, parsed without document types, entities and references."""

from __future__ import annotations

import codecs
import re
from typing import TYPE_CHECKING
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException, DTDForbidden
from defusedxml.ElementTree import fromstring

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

MAX_BYTES = 16 << 20
MAX_DEPTH = 64
_HEAD_BYTES = 200
_DECLARED = re.compile(rb"<\?xml[^>]*?encoding\s*=\s*[\"']([A-Za-z0-9._-]{1,40})[\"']")
_OWN = frozenset({"utf-8", "utf8", "us-ascii", "ascii", "utf-16"})  # what the parser decodes by itself


class XmlRefusedError(Exception):
    """A file was not parsed; the text says why and where, in the user's words."""


class XmlForbiddenError(XmlRefusedError):
    """A file has a document type or entities, which could read other files or fill the memory."""


def parse_xml(data: bytes, encoding: str = "") -> Element:
    """Return the root element of a document.

    `encoding` overrides what the document says of itself; it is used only where the bytes are no UTF-8.

    Raises:
        XmlForbiddenError: the document has a document type.
        XmlRefusedError: the document is too large, nested too deep, not well formed, or in another encoding.
    """
    if len(data) > MAX_BYTES:
        raise XmlRefusedError(f"it has {len(data) >> 20} MB, far more than the annotations of one image")
    if not data.strip(b"\0 \t\r\n"):
        raise XmlRefusedError("it is empty")
    text = _text(data, encoding)
    try:
        root: Element = fromstring(text, forbid_dtd=True)
    except DTDForbidden as error:
        raise XmlForbiddenError("it has a document type (DTD), which annotations do not need") from error
    except DefusedXmlException as error:
        raise XmlForbiddenError("it defines entities or refers to other files") from error
    except ParseError as error:
        line, column = error.position
        raise XmlRefusedError(f"line {line}, column {column + 1}: {_reason(error)}") from error
    except (ValueError, LookupError) as error:
        raise XmlRefusedError(f"its encoding cannot be read ({error})") from error
    if data.count(b"<") > MAX_DEPTH and _is_too_deep(root):
        raise XmlRefusedError(f"its elements are nested deeper than {MAX_DEPTH}")
    return root


def child_text(element: Element, name: str) -> str:
    """Return the text of the first child called `name` without white space at its ends; empty when there is none."""
    return (element.findtext(name) or "").strip()


def _text(data: bytes, encoding: str) -> str | bytes:
    """Return the document as the parser takes it: bytes where it can decode them itself, else text."""
    declared = _DECLARED.match(data.lstrip()[:_HEAD_BYTES])
    name = declared[1].decode("ascii").lower() if declared else "utf-8"
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data
    try:
        if name not in _OWN:
            return data.decode(name)
        data.decode("utf-8")
    except LookupError:
        raise XmlRefusedError(f"it says that its encoding is {name}, which is none") from None
    except UnicodeDecodeError as error:
        try:
            if encoding:
                return data.decode(encoding)
        except (LookupError, UnicodeDecodeError):
            pass
        raise XmlRefusedError(f"byte {error.start} is not {name.upper()}, as it should be") from None
    return data.lstrip()


def _reason(error: ParseError) -> str:
    words = str(error).partition(":")[0]
    return {"no element found": "the file ends too early; it was cut off"}.get(words, words)


def _is_too_deep(root: Element) -> bool:
    level = [root]
    for _ in range(MAX_DEPTH):
        level = [child for element in level for child in element]
        if not level:
            return False
    return True
