"""How Ultralytics reads lists and finds labels, and what its lists therefore may hold.

Rules as of ultralytics 8.3 (formats reference, sections 3.4 and 4.3): a line that begins with `./` is relative to the
folder of the list; the label file of a picture is its path with the last `/images/` replaced by `/labels/` and the
suffix replaced by `.txt`; pictures with other suffixes are passed over in silence.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tailwise.exports.texts import is_anchored, writable

if TYPE_CHECKING:
    from collections.abc import Iterable

ASSUMED_VERSION = "8.3"
SUFFIXES = frozenset({"bmp", "dng", "heic", "jpeg", "jpg", "mpo", "pfm", "png", "tif", "tiff", "webp"})
LISTS = ("train", "val", "test")
_ALIASES = {"training": "train", "valid": "val", "validation": "val", "testing": "test"}
_IMAGES, _LABELS = "/images/", "/labels/"


def list_of(split: str) -> str | None:
    """Return which of the three lists a split goes to, or None.

    >>> list_of("Valid"), list_of("holdout")
    ('val', None)
    """
    name = split.casefold()
    name = _ALIASES.get(name, name)
    return name if name in LISTS else None


def picture_line(file_name: str, prefix: str = "") -> str:
    """Return the line for a picture whose labels are written: below a folder `images`, so that labels have theirs.

    >>> picture_line("batch_1/6.jpg"), picture_line("train/images/1.jpg"), picture_line("1.jpg", "cam")
    ('./images/batch_1/6.jpg', './train/images/1.jpg', './images/cam/1.jpg')
    """
    name = f"{prefix}/{file_name}" if prefix else file_name
    return f"./{name}" if _IMAGES in f"/{name}" else f"./images/{name}"


def label_path(line: str) -> str:
    """Return the label file that a trainer looks for, relative to the folder of the list.

    >>> label_path("./images/a/images/x.y.jpg"), label_path("./a/x.jpg")
    ('images/a/labels/x.y.txt', 'a/x.txt')
    """
    path = line.removeprefix(".")
    head, found, tail = path.rpartition(_IMAGES)
    path = f"{head}{_LABELS}{tail}" if found else path
    return path.rpartition(".")[0].removeprefix("/") + ".txt"


def is_picture(file_name: str) -> bool:
    """Tell whether a trainer would look at a file of this name at all.

    >>> is_picture("a.JPG"), is_picture("a.gif")
    (True, False)
    """
    return file_name.rpartition(".")[2].lower() in SUFFIXES and "." in file_name.rpartition("/")[2]


def is_listable(file_name: str) -> bool:
    r"""Tell whether a line can hold this name (EX-05): lists are split at every line end Unicode knows.

    >>> [is_listable(n) for n in ("a b.jpg", "a\nb.jpg", "a\u2028b.jpg", "a./b.jpg", "../a.jpg", "/a.jpg", "a\\b.jpg")]
    [True, False, False, False, False, False, False]
    """
    return (
        len(f"{file_name}.".splitlines()) == 1
        and "./" not in file_name
        and "\t" not in file_name
        and "\\" not in file_name
        and not is_anchored(file_name)
        and writable(file_name) == file_name
        and file_name == file_name.strip()
    )


def list_faults(lines: Iterable[str]) -> int:
    """Count the lines of a list that break its rules: not `./…`, out of order or there twice, no picture."""
    faults = 0
    previous = ""
    for line in lines:
        faults += not line.startswith("./") or line <= previous or not is_picture(line)
        previous = line
    return faults


def label_faults(text: str, classes: int) -> tuple[int, int]:
    """Return rows and faults of a label file: five numbers, a known class, centre and size within the picture."""
    rows = faults = 0
    for line in text.splitlines():
        rows += 1
        tokens = line.split(" ")
        if len(tokens) != 5 or not tokens[0].isdecimal() or int(tokens[0]) >= classes:
            faults += 1
            continue
        x, y, width, height = map(float, tokens[1:])
        faults += not (0 <= x <= 1 and 0 <= y <= 1 and 0 < width <= 1 and 0 < height <= 1)
    return rows, faults
