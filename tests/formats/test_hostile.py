"""Datasets made to do harm: nothing outside of them is opened, and whatever they say ends in findings or a sentence."""

from __future__ import annotations

import contextlib
import json
import struct
import sys
import threading
from pathlib import Path

import pytest

from dataset_trees import a_request, png, write_tree
from tailwise.domain.errors import QuestionError, UserError
from tailwise.domain.records import MediaState
from tailwise.formats import enrich, registry
from tailwise.formats.contract import read_source
from tailwise.formats.listing import scan
from tailwise.imaging.headers import read_header
from tailwise.ops.progress import SILENT

OPENED: list[str] = []
WATCHED = threading.local()


def _watch(event: str, arguments: tuple[object, ...]) -> None:
    if event == "open" and getattr(WATCHED, "on", False) and isinstance(arguments[0], str | bytes):
        OPENED.append(arguments[0] if isinstance(arguments[0], str) else arguments[0].decode("utf-8", "replace"))
    assert not (event in {"os.system", "subprocess.Popen", "socket.connect"} and getattr(WATCHED, "on", False)), event


sys.addaudithook(_watch)  # stays for the life of the process, and is deaf but in `opened_by`


def opened_by(root: Path, reader: str, **answers):
    """Read a dataset as an import does; return the result or the error, and the files opened outside of it."""
    OPENED.clear()
    WATCHED.on = True
    try:
        request = a_request(root, **answers)
        found = enrich.enrich(registry.reader_for(reader).read(request, SILENT), request, None, SILENT)
    except UserError as error:
        found = error
    finally:
        WATCHED.on = False
    inside = (str(root), str(Path(sys.prefix).resolve()), str(Path(sys.base_prefix).resolve()), sys.prefix)
    strangers = [path for path in OPENED if Path(path).is_absolute() and not path.startswith(inside)]
    return found, [path for path in strangers if "site-packages" not in path and not path.startswith("/proc/")]


def coco(name):
    images = [
        {"id": 1, "file_name": name, "width": 64, "height": 48},
        {"id": 2, "file_name": "a.png", "width": 64, "height": 48},
    ]
    boxes = [{"id": n, "image_id": n, "category_id": 1, "bbox": [1, 1, 9, 9], "area": 81, "iscrowd": 0} for n in (1, 2)]
    return {"i.json": json.dumps({"images": images, "annotations": boxes, "categories": [{"id": 1, "name": "cat"}]})}


def voc(name):
    text = name.replace("&", "&amp;").replace("<", "&lt;").replace("\0", "")
    box = "<bndbox><xmin>1</xmin><ymin>1</ymin><xmax>9</xmax><ymax>9</ymax></bndbox>"
    return {"a.xml": f"<annotation><filename>{text}</filename><object><name>cat</name>{box}</object></annotation>"}


def yolo(name):
    return {
        "data.yaml": "names: [cat]\ntrain: train.txt\n",
        "train.txt": f"{name}\na.png\n",
        "a.txt": "0 .5 .5 .1 .1\n",
    }


def table(name):
    quoted = name.replace('"', '""')
    return {"t.csv": f'file,label\n"{quoted}",cat\na.png,dog\n'}


def folders(name):
    return {"cat/a.png": (64, 48), "dog/b.png": (64, 48), "train.txt": f"{name}\ncat/a.png\n"}


def labelme(name):
    shape = {"label": "cat", "points": [[1, 1], [9, 9]], "shape_type": "rectangle", "flags": {}}
    return {
        "a.json": json.dumps(
            {"version": "5", "imagePath": name, "imageHeight": 48, "imageWidth": 64, "shapes": [shape]}
        )
    }


def cvat(name):
    quoted = name.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;").replace("\0", "")
    box = '<box label="cat" xtl="1" ytl="1" xbr="9" ybr="9" occluded="0"/>'
    return {
        "annotations.xml": f'<annotations><version>1.1</version><image id="0" name="{quoted}" width="64" height="48">{box}</image></annotations>'
    }


FORMATS = {"coco": coco, "voc": voc, "yolo": yolo, "csv": table, "folders": folders, "labelme": labelme, "cvat": cvat}
NAMES = {
    "up": "../secret.png",
    "far up": "../../../../../../../../etc/passwd",
    "hidden up": "x/../../secret.png",
    "absolute": "{outside}/secret.png",
    "drive": "C:\\Users\\me\\secret.png",
    "network": "\\\\server\\share\\secret.png",
    "device": "/dev/zero",
    "url": "https://example.org/secret.png",
    "file url": "file:///etc/passwd",
    "long": "a" * 4000 + ".png",
    "deep": "a/" * 1500 + "b.png",
    "control": "a\x01\x1b[31m.png",
    "turned": "cat\u202egnp.exe",
    "formula": "=cmd|' /C calc'!A0.png",
    "null": "a\0b.png",
    "dots": "..",
    "blank": "   ",
}


@pytest.mark.parametrize("kind", NAMES)
@pytest.mark.parametrize("key", FORMATS)
def test_no_name_in_an_annotation_leads_out_of_the_dataset(tmp_path, key, kind):
    outside = write_tree(tmp_path / "outside", {"secret.png": (8, 8)})
    (tmp_path / "secret.png").write_bytes(png(8, 8))
    files = FORMATS[key](NAMES[kind].replace("{outside}", str(outside)))
    root = write_tree(tmp_path / "set", {"a.png": (64, 48)} | files)

    found, strangers = opened_by(root, key)

    assert strangers == []
    if isinstance(found, UserError):
        assert found.sentence
        return
    for name, media in zip(found.items.file_name, found.items.media, strict=True):
        assert name
        assert not name.startswith("/")
        assert ".." not in name.split("/")
        assert "\0" not in name
        assert (media == MediaState.PRESENT) == (root / name[:250]).is_file()


def test_links_in_a_circle_and_links_out_are_not_followed(tmp_path):
    outside = write_tree(tmp_path / "outside", {"secret.png": (8, 8)})
    root = write_tree(tmp_path / "set", {"cat/a.png": (64, 48), "dog/b.png": (64, 48)})
    (root / "cat" / "loop").symlink_to(root)
    (root / "dog" / "self").symlink_to(root / "dog" / "self")
    (root / "dog" / "out").symlink_to(outside)
    (root / "dog" / "c.png").symlink_to(outside / "secret.png")

    found, strangers = opened_by(root, "folders")

    assert strangers == []
    assert sorted(found.items.file_name) == ["cat/a.png", "dog/b.png"]
    assert sum(f.count for f in found.findings if f.code in {"FS-02", "IF-07"}) >= 2


def lying(width, height):
    """Return a PNG whose header tells another size than its few bytes hold."""
    return png(8, 8)[:16] + struct.pack(">II", width, height) + png(8, 8)[24:]


@pytest.mark.parametrize(
    "content",
    [lying(2**31 - 1, 2**31 - 1), lying(0, 48), lying(60_000, 60_000), png()[:20], b"\x89PNG\r\n\x1a\n", b"BM" + b"\xff" * 60,
     b"\xff\xd8\xff\xe0" + b"\xff" * 70_000, b"GIF89a\xff\xff\xff\xff", b"RIFF\xff\xff\xff\xffWEBPVP8X" + b"\xff" * 30, b"II*\0" + b"\xff" * 400],
    ids=["huge", "no width", "large", "cut", "signature only", "bmp", "jpeg of marks", "gif", "webp", "tiff"],
)  # fmt: skip
def test_an_image_header_that_lies_costs_nothing_and_is_told(tmp_path, content):
    root = write_tree(tmp_path, {"cat/a.png": content, "dog/b.png": (64, 48)})

    found, _ = opened_by(root, "folders")

    item = found.items.file_name.index("cat/a.png")
    size = found.items.width[item], found.items.height[item]
    assert max(size) <= 2**31 - 1
    if found.items.media[item] == MediaState.UNREADABLE:
        assert size == (0, 0)
        assert any(f.code == "IMG-04" and "cat/a.png" in f.examples for f in found.findings)


def test_files_that_vanish_or_change_while_they_are_read_end_in_a_finding_or_a_sentence(tmp_path):
    for key, files in {k: make("a.png") for k, make in FORMATS.items()}.items():
        for change in ("gone", "cut", "replaced by a folder"):
            root = write_tree(tmp_path / key / change, {"a.png": (64, 48)} | files)
            listing = scan(root, SILENT)
            target = root / next(name for name in files if not name.endswith(".png"))
            half = target.read_bytes()[: target.stat().st_size // 2]
            target.unlink()
            if change == "cut":
                target.write_bytes(half)
            elif change != "gone":
                target.mkdir()
            request = a_request(root)
            request.listing.entries[:] = listing.entries
            with contextlib.suppress(UserError):
                data = read_source(registry.reader_for(key), request, SILENT)
                assert data.findings or key == "folders", (key, change)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.yaml", "names: !!python/object/apply:os.system ['echo hi']\ntrain: images\n"),
        ("a.yaml", "a: &a [x,x]\nb: &b [*a,*a]\nc: &c [*b,*b]\n" + "names: [" + "*c," * 200 + "]\n"),
        ("a.json", "[" * 2000 + "]" * 2000),
        ("a.json", '{"images": ' + '{"a":' * 2000 + "1" + "}" * 2000 + "}"),
        ("a.json", '{"images": [], "annotations": [], "categories": [{"id": 1e400, "name": "a"}]}'),
        ("a.xml", '<!DOCTYPE a [<!ENTITY b "' + "x" * 1000 + '">]><annotation>' + "&b;" * 1000 + "</annotation>"),
        ("a.xml", '<!DOCTYPE a SYSTEM "file:///etc/passwd"><annotation/>'),
        ("a.csv", "file,label\n" + '"' * 9999),
        ("a.csv", "file,label\n" + "," * 100_000),
    ],
    ids=["tag", "aliases", "deep list", "deep object", "infinite id", "entities", "external", "quotes", "commas"],
)
def test_a_file_made_to_exhaust_the_reader_is_refused_in_one_sentence(tmp_path, name, content):
    root = write_tree(tmp_path, {name: content, "a.png": (64, 48)})
    OPENED.clear()
    WATCHED.on = True
    sentence = "kept"
    try:
        request = a_request(root)
        data = read_source(registry.choose(request.listing), request, SILENT)
    except QuestionError as question:
        sentence = question.questions[0].text
    except UserError as error:
        sentence = error.sentence
    else:
        assert data.findings or data.format == "images"
    finally:
        WATCHED.on = False
    assert 0 < len(sentence) < 2000
    assert not [path for path in OPENED if "passwd" in path]
    assert read_header(root / "a.png") is not None
