"""Every finding a reader can report is provoked by a test; here are those that belong to no format's own tests."""

import json
import os
import re
import sys
from pathlib import Path

import pytest

from dataset_trees import a_request, codes, finding, write_tree
from tailwise.formats import enrich, registry, table_files
from tailwise.ops.progress import SILENT

TESTS = Path(__file__).parents[1]
SOURCES = TESTS.parent / "app" / "tailwise"
CODE = re.compile(r'"([A-Z]{2,4}-\d{2}[a-z]?)"')
SIZE = (64, 48)


def enriched(path, reader, **answers):
    request = a_request(path, **answers)
    return enrich.enrich(registry.reader_for(reader).read(request, SILENT), request, None, SILENT)


def test_every_code_of_a_finding_is_provoked_by_a_test():
    known = {code for file in (SOURCES / "formats").rglob("*.py") for code in CODE.findall(file.read_text("utf-8"))}
    tested = "".join(file.read_text("utf-8") for file in TESTS.rglob("*.py"))

    assert len(known) > 200
    assert sorted(code for code in known if not re.search(rf"\b{code}\b", tested)) == []


def frame(number):
    """Return a frame whose weather no other frame has."""
    box = {"category": "car", "box2d": {"x1": 1, "y1": 1, "x2": 9, "y2": 9}}
    return {
        "name": f"{number}.png",
        "size": {"width": 64, "height": 48},
        "attributes": {"weather": f"w{number}"},
        "labels": [box],
    }


BOXES = "file,xmin,ymin,xmax,ymax"


@pytest.mark.parametrize(
    ("code", "reader", "files", "answers"),
    [
        ("AX-06", "images", {f"cam{n % 2}-{n}.png": SIZE for n in range(8)}, {}),
        ("CS-12", "csv", {"t.csv": "file,label\na.png,cat\nb.png,dog\n", "a.png": SIZE, "b.png": SIZE, "c.png": SIZE}, {}),
        ("CS-23", "csv", {"t.csv": f"{BOXES},class\na.png,.1,.1,.5,.5,cat\nb.png,.2,.2,.6,.6,dog\n", "a.png": SIZE}, {}),
        ("CS-26", "csv", {"t.csv": "file,label\na.png,cat\nb.png,dog\n", "x/a.png": SIZE, "y/a.png": (32, 32)}, {}),
        ("CS-29", "csv", {"t.csv": f"{BOXES}\na.png,1,1,9,9\nb.png,2,2,8,8\n", "a.png": SIZE, "b.png": SIZE}, {}),
        ("YO-20", "yolo", {"data.yaml": "names: [cat]\ntrain: images\n", "images/a.png": SIZE, "labels/a.txt": "0 .5 .5 .1 .1\n",
                           "labels/b.txt": "0 .5 .5 .1 .1\n", "labels/about.txt": "made in spring by us\n"}, {}),
        ("AXIS-01", "scalabel", {"det.json": json.dumps([frame(n) for n in range(60)])}, {}),
    ],
)  # fmt: skip
def test_the_code_is_reported(tmp_path, code, reader, files, answers):
    data = enriched(write_tree(tmp_path, files), reader, **answers)

    assert codes(data)[code] >= 1
    assert finding(data, code).action


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere every name is text")
def test_names_that_are_no_text_are_left_out_and_told(tmp_path):
    write_tree(tmp_path, {"a.png": SIZE, "b.png": SIZE})
    with open(os.fsencode(tmp_path) + b"/caf\xe9.png", "wb") as file:
        file.write(b"x")

    data = enriched(tmp_path, "images")

    assert finding(data, "FS-03").examples == ("caf\\xe9.png",)


def test_a_label_file_that_is_gone_is_told_and_its_image_stays(tmp_path):
    label = "0 .5 .5 .1 .1\n"
    files = {"data.yaml": "names: [cat]\ntrain: images\n"}
    for name in "abcdefghijkl":
        files |= {f"images/{name}.png": SIZE, f"labels/{name}.txt": label}
    request = a_request(write_tree(tmp_path, files))
    (tmp_path / "labels" / "b.txt").unlink()

    data = registry.reader_for("yolo").read(request, SILENT)

    assert finding(data, "YO-25").count == 1
    assert len(data.items) == 12


def test_a_line_longer_than_any_record_is_left_out(tmp_path, monkeypatch):
    monkeypatch.setattr(table_files, "_MAX_LINE", 200)
    lines = [json.dumps({"text": f"text {n}", "label": "a" if n % 2 else "b"}) for n in range(8)]
    lines.insert(3, json.dumps({"text": "x" * 300, "label": "a"}))

    data = enriched(write_tree(tmp_path, {"t.jsonl": "\n".join(lines)}), "csv", text="text", label="label")

    assert codes(data)["TX-09b"] == 1
    assert len(data.items) == 8


def test_a_label_file_of_dota_that_is_gone_leaves_its_image_unlabelled(tmp_path):
    line = "1 1 9 1 9 9 1 9 plane 0\n"
    files = {f"images/{n}.png": SIZE for n in range(3)} | {f"labelTxt/{n}.txt": line for n in range(3)}
    request = a_request(write_tree(tmp_path, files))
    (tmp_path / "labelTxt" / "1.txt").unlink()

    data = registry.reader_for("dota").read(request, SILENT)

    assert finding(data, "DT-06").count == 1
    assert len(data.annotations) == 2
