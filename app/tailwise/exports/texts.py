r"""Texts that come from strangers, made fit for the places they are written to, each way with its way back.

Nothing here opens a file. The rules are those of the formats reference, sections 1.3, 4.1 and 5.1.
"""

from __future__ import annotations

import re
import unicodedata

REPLACEMENT = "�"
EXCEL_CELL_UNITS = 32_767
"""Most UTF-16 code units a spreadsheet cell holds; XlsxWriter drops longer texts with only a return code."""

_DIGITS = re.compile(r"([0-9]+)")
_UNWRITABLE = re.compile("[\0\ud800-\udfff]")
# Where a cell begins: at the start, and after everything a program with other separators might split at.
_CELL_START = r"""(?:\A|(?<=[,;\t\r\n"]))"""
_DANGEROUS = re.compile(_CELL_START + r"(?=[=+\-@\t\r\n\0'＝＋－＠])")
_ESCAPED = re.compile(_CELL_START + "'")
_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_EXCEL_ESCAPE = re.compile("_x([0-9A-Fa-f]{4})_")
_UNSLUGGED = re.compile(r"[^\w.-]+", re.ASCII)
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\..*)?", re.IGNORECASE)
_ANCHORED = re.compile(r"[/\\]|[A-Za-z]:[/\\]|~[^/\\]*[/\\]|[A-Za-z][A-Za-z0-9+.-]+://")


def natural_key(text: str) -> tuple[tuple[str | tuple[int, str], ...], str]:
    """Order `img2` before `img10`; equal only for equal texts.

    Numbers compare by length and digits, so that a name of five thousand digits is no problem either.

    >>> sorted(["img10", "img2", "img02"], key=natural_key)
    ['img02', 'img2', 'img10']
    """
    parts: list[str | tuple[int, str]] = list(_DIGITS.split(text))
    for i in range(1, len(parts), 2):
        digits = str(parts[i]).lstrip("0")
        parts[i] = (len(digits), digits)
    return tuple(parts), text


def writable(text: str) -> str:
    r"""Replace what UTF-8 text files cannot hold: NUL and halves of surrogate pairs.

    >>> writable("a\0b") == "a�b"
    True
    """
    return _UNWRITABLE.sub(REPLACEMENT, text)


def escape_cell(text: str) -> str:
    r"""Put an apostrophe before everything a spreadsheet could take for a formula; `unescape_cell` takes it away.

    Not only the first character counts: a program that splits at `;` begins a new cell in the middle of the text.

    >>> escape_cell("=1+1"), escape_cell("a;=b"), escape_cell("'til"), escape_cell("car-2")
    ("'=1+1", "a;'=b", "''til", 'car-2')
    """
    return _DANGEROUS.sub("'", text)


def unescape_cell(text: str) -> str:
    """Undo `escape_cell`.

    >>> unescape_cell("a;'=b")
    'a;=b'
    """
    return _ESCAPED.sub("", text)


def spreadsheet_text(text: str) -> tuple[str, int]:
    """Return `text` as a spreadsheet cell can hold it, and how many characters were cut off.

    Control characters go; line ends become LF; too long a text ends in a note that says how long it was.
    """
    clean = _NO_XML.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    if utf16_units(clean) <= EXCEL_CELL_UNITS:
        return clean, 0
    note = f"… [cut: {len(clean):,} characters, the CSV file has them all]"
    keep = clean.encode("utf-16-le")[: 2 * (EXCEL_CELL_UNITS - utf16_units(note))]
    kept = keep.decode("utf-16-le", errors="ignore")
    return kept + note, len(clean) - len(kept)


def utf16_units(text: str) -> int:
    """Return the length as spreadsheets count it.

    >>> utf16_units("a😀")
    3
    """
    return len(text) + sum(c > "\uffff" for c in text) if not text.isascii() else len(text)


def from_excel(text: str) -> str:
    """Decode the `_xHHHH_` form that spreadsheet files use for what XML cannot hold.

    >>> from_excel("a_x005F_x0041_b")
    'a_x0041_b'
    """
    return _EXCEL_ESCAPE.sub(lambda m: chr(int(m[1], 16)), text)


def yaml_quoted(text: str) -> str:
    r"""Return `text` as a double-quoted YAML scalar that every YAML reader takes for the same text.

    >>> print(yaml_quoted('say "no"\n'), yaml_quoted("Köln"))
    "say \"no\"\n" "Köln"
    """
    short = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}
    return '"' + "".join(short.get(c) or (c if _is_plain(c) else _yaml_escape(c)) for c in writable(text)) + '"'


def slug(text: str, taken: set[str] | None = None) -> str:
    """Return a name for a file or folder on every system; with `taken`, one that is not in it yet, and add it.

    >>> slug("fog & rain/2"), slug("../x"), slug("con"), slug("test"), slug("test", {"test"})
    ('fog-rain-2', 'x', 'con-', 'test', 'test-2')
    """
    ascii_text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    base = _UNSLUGGED.sub("-", ascii_text).strip("-.")[:80].rstrip("-.") or "unnamed"
    if _RESERVED.fullmatch(base):
        base += "-"
    if taken is None:
        return base
    name, number = base, 1
    while name.casefold() in taken:
        number += 1
        name = f"{base}-{number}"
    taken.add(name.casefold())
    return name


def is_anchored(name: str) -> bool:
    r"""Tell whether a file name says where it starts: absolute, drive, share, home folder or URL.

    >>> [is_anchored(n) for n in ("/a", r"C:\a", r"\\host\a", "~me/a", "file://a", "a/b", "~a", "a: b")]
    [True, True, True, True, True, False, False, False]
    """
    return _ANCHORED.match(name) is not None


def shown(text: str, limit: int = 120) -> str:
    r"""Return `text` for a sentence: control and direction characters visible, the middle of a long text left out.

    >>> shown("a\tb\u202egpj")
    'a\\tb\\u202egpj'
    """
    visible = "".join(c if c.isprintable() else c.encode("unicode_escape", "backslashreplace").decode() for c in text)
    return visible if len(visible) <= limit else f"{visible[: limit // 2]}…{visible[-limit // 3 :]}"


def _is_plain(character: str) -> bool:
    return character.isprintable() and character not in "\x85\u2028\u2029\ufeff"


def _yaml_escape(character: str) -> str:
    code = ord(character)
    if code < 0x100:
        return f"\\x{code:02X}"
    return f"\\u{code:04X}" if code < 0x10000 else f"\\U{code:08X}"
