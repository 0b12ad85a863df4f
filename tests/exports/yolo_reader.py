"""The reader rules of Ultralytics, written down a second time, as a checker of what we write."""

from __future__ import annotations

from pathlib import Path

import yaml

SUFFIXES = {"bmp", "dng", "heic", "jpeg", "jpg", "mpo", "pfm", "png", "tif", "tiff", "webp"}


def read_yolo(folder: Path) -> tuple[dict[int, str], dict[str, dict[str, list[tuple[float, ...]] | None]]]:
    """Return class names, and per list the label rows of each picture; None where there is no label file."""
    data = yaml.safe_load((folder / "data.yaml").read_text(encoding="utf-8"))
    names = data["names"]
    assert isinstance(names, dict)
    assert max(names) < len(names)
    assert min(names) == 0
    assert not data.keys() & {"path", "nc", "download"}
    found = {}
    for key in ("train", "val", "test"):
        if key in data:
            found[key] = _read_list(folder / data[key], len(names))
    return names, found


def _read_list(path: Path, classes: int) -> dict[str, list[tuple[float, ...]] | None]:
    lines = path.read_text(encoding="utf-8").strip().splitlines()
    parent = str(path.parent) + "/"
    pictures = [line.replace("./", parent) if line.startswith("./") else line for line in lines]
    pictures = [p for p in pictures if p.rpartition(".")[-1].lower() in SUFFIXES]
    assert len(pictures) == len(lines), "the trainer would pass over some lines"
    assert pictures == sorted(pictures)
    assert len(set(pictures)) == len(pictures)
    found = {}
    for picture in pictures:
        assert picture.startswith(parent)
        label = Path("/labels/".join(picture.rsplit("/images/", 1)).rsplit(".", 1)[0] + ".txt")
        rows = None
        if label.is_file():
            rows = [tuple(map(float, line.split())) for line in label.read_text().strip().splitlines()]
            assert all(len(r) == 5 and 0 <= r[0] < classes and min(r[1:]) >= 0 and max(r[1:]) <= 1 for r in rows)
        found[picture.removeprefix(parent)] = rows
    return found
