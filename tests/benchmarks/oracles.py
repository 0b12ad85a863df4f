"""The same published files read by Tailwise and by others: images, objects and classes, who dropped what, seconds.

    python tests/benchmarks/oracles.py [--datumaro PYTHON] [--shape IMAGES]

pycocotools and labelformat come with the dependency group `oracles`; datumaro pins old versions of our own
dependencies, so it is asked for by the Python of an environment of its own. Every reader runs in a fresh process; files
are linked into the layout it wants. `--shape` also reads a COCO file of that many images in the shape of train2017 with
all of them (default 11,829, a tenth) and prints Tailwise's share of datumaro's CPU time (at most 0.15).
Exit code 1 when another reader counts more objects of any class than Tailwise, or the share is above its bar.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from coco_shape import IMAGES, OBJECTS, write_coco_shape

sys.path.insert(0, str(Path(__file__).parents[1]))
from realdata import REAL

MAX_DATUMARO_SHARE = 0.15
_TAIL = """
print("RESULT", json.dumps({"images": images, "objects": sum(classes.values()), "classes": dict(classes), "seconds": seconds}))
"""
_OURS = """
import json, sys, time
from collections import Counter
from pathlib import Path
import numpy
from tailwise.formats import registry
from tailwise.formats.contract import ReadRequest
from tailwise.formats.listing import scan
from tailwise.imaging.headers import read_header
from tailwise.ops.collector import paused_collector
from tailwise.ops.progress import SILENT
path, answers = Path(sys.argv[1]), json.loads(sys.argv[2])
seconds = time.process_time()
with paused_collector():
    listing = scan(path, SILENT)
    reader = registry.choose(listing, answers.pop("format", None), answers)
    data = reader.read(ReadRequest(path, listing, answers, read_header=read_header), SILENT)
seconds = time.process_time() - seconds
classes = Counter(data.categories[category].name for category in data.annotations.category)
images = len(data.items)
"""
_COCO = """
import json, sys, time
from collections import Counter
from pycocotools.coco import COCO
seconds = time.process_time()
coco = COCO(sys.argv[1])
seconds = time.process_time() - seconds
classes = Counter(coco.cats[one["category_id"]]["name"] for one in coco.anns.values())
images = len(coco.imgs)
"""
_LABELFORMAT = """
import json, sys, time
from collections import Counter
from pathlib import Path
from labelformat import formats
kind, arguments = sys.argv[2], json.loads(sys.argv[3])
seconds = time.process_time()
reader = getattr(formats, kind)(Path(sys.argv[1]), **arguments)
images, classes = 0, Counter()
for label in reader.get_labels():
    images += 1
    classes.update(one.category.name for one in label.objects)
images = max(images, sum(1 for _ in reader.get_images()))
seconds = time.process_time() - seconds
"""
_DATUMARO = """
import json, logging, sys, time
from collections import Counter
logging.disable(logging.WARNING)
from datumaro import AnnotationType, Dataset
seconds = time.process_time()
data = Dataset.import_from(sys.argv[1], sys.argv[2])
names = [label.name for label in data.categories()[AnnotationType.label]]
known, classes = set(), Counter()
for item in data:
    if item.id in known:  # lists overlap: trainval holds train and val
        continue
    known.add(item.id)
    found = [one for one in item.annotations if getattr(one, "label", None) is not None]
    # Several polygons of one object are several annotations of one group.
    classes.update(names[label] for label, _ in {(one.label, one.group or -place) for place, one in enumerate(found, 1)})
images = len(known)
seconds = time.process_time() - seconds
"""


@dataclass(frozen=True)
class Case:
    """One dataset and how each tool is asked to read it; None where it cannot."""

    name: str
    ours: tuple[Path, dict[str, str]]
    coco: Path | None = None
    labelformat: tuple[Path, str, dict[str, Any]] | None = None
    datumaro: tuple[Path, str] | None = None


def laid_out(folder: Path, *copies: tuple[str, Path]) -> Path:
    """Return a folder with files or folders under the names a tool wants; copies, for links that lead out stay shut."""
    for name, source in copies:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, folder / name)
        else:
            shutil.copy(source, folder / name)
    return folder


def cases(place: Path) -> list[Case]:
    """Lay the published sets out for every tool."""
    gts = REAL / "voc100_multiformat_predictions/database/gts"
    images = REAL / "voc100_multiformat_predictions/database/images"
    tiny = REAL / "coco_tiny/annotations"
    names = (REAL / "voc100_multiformat_predictions/database/voc.names").read_text().split()
    bccd = REAL / "bccd_voc/BCCD"
    taco = REAL / "taco_coco/annotations.json"
    found = [
        coco_case("taco", taco, place / "taco"),
        coco_case("coco_tiny train", tiny / "instances_train2017.json", place / "train"),
        coco_case("coco_tiny val", tiny / "instances_val2017.json", place / "val"),
        Case(
            "bccd (VOC)",
            (REAL / "bccd_voc", {"format": "voc"}),
            labelformat=(bccd / "Annotations", "PascalVOCObjectDetectionInput", {"category_names": "RBC,WBC,Platelets"}),
            datumaro=(with_labelmap(place / "bccd", bccd, ["RBC", "WBC", "Platelets"]), "voc"),
        ),
        Case(
            "voc100 (VOC)",
            (gts / "pascalvoc_format", {"format": "voc"}),
            labelformat=(gts / "pascalvoc_format", "PascalVOCObjectDetectionInput", {"category_names": ",".join(names)}),
        ),
        Case("voc100 (CVAT)", (gts / "cvat_format", {"format": "cvat"}),
             labelformat=(only(gts / "cvat_format", "*.xml"), "CVATObjectDetectionInput", {}),
             datumaro=(laid_out(place / "cvat", ("annotations.xml", only(gts / "cvat_format", "*.xml"))), "cvat")),
    ]  # fmt: skip
    for version in ("coco_format_v1", "coco_format_v2"):
        files = sorted((gts / version).glob("*.json"))
        if len(files) == 1:
            found.append(coco_case(f"voc100 ({version})", files[0], place / version))
    yolo = laid_out(place / "yolo", ("images/train", images), ("labels/train", labels_of(gts / "yolo_format")))
    listed = "".join(f"  {number}: {name}\n" for number, name in enumerate(names))
    (yolo / "data.yaml").write_text(f"path: .\ntrain: images/train\nnames:\n{listed}")
    found.append(
        Case(
            "voc100 (YOLO)",
            (yolo, {"format": "yolo"}),
            labelformat=(yolo / "data.yaml", "YOLOv8ObjectDetectionInput", {"input_split": "train"}),
            datumaro=(yolo, "yolo"),
        )
    )
    return found


def coco_case(name: str, file: Path, folder: Path) -> Case:
    (folder / "images").mkdir(parents=True)  # datumaro wants one, empty or not
    return Case(
        name,
        (file, {"format": "coco"}),
        coco=file,
        labelformat=(file, "COCOObjectDetectionInput", {}),
        datumaro=(laid_out(folder, (f"annotations/instances_{folder.name}.json", file)), "coco"),
    )


def with_labelmap(folder: Path, voc: Path, names: list[str]) -> Path:
    laid_out(folder, *((part.name, part) for part in voc.iterdir()))
    (folder / "labelmap.txt").write_text("# label:color_rgb:parts:actions\n" + "".join(f"{n}:::\n" for n in names))
    return folder


def labels_of(folder: Path) -> Path:
    return next(iter(sorted({file.parent for file in folder.rglob("*.txt") if file.parent != folder}))) \
        if list(folder.rglob("*/*.txt")) else folder  # fmt: skip


def only(folder: Path, pattern: str) -> Path:
    return min(folder.rglob(pattern))


def run(python: str, script: str, *arguments: str) -> dict[str, Any] | str:
    """Return what a reader counted, or why it could not."""
    done = subprocess.run([python, "-c", script + _TAIL, *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        return (done.stderr.strip().splitlines() or ["no message"])[-1][:110]
    return json.loads(done.stdout.rpartition("RESULT ")[2])


def show(case: Case, results: dict[str, dict[str, Any] | str]) -> list[str]:
    """Print one dataset; return what others counted more of than we."""
    ours = results["tailwise"]
    print(f"\n{case.name}")
    more: list[str] = []
    for tool, found in results.items():
        if isinstance(found, str):
            print(f"  {tool:12} failed: {found}")
            continue
        note = ""
        if tool != "tailwise" and isinstance(ours, dict):
            lost = {name: n - found["classes"].get(name, 0) for name, n in ours["classes"].items()}
            note = ", ".join(f"{n:+,} {name}" for name, n in sorted((k, -v) for k, v in lost.items() if v))[:90]
            lost_images = ours["images"] - found["images"]
            note = "; ".join(filter(None, [f"{-lost_images:+,} images" if lost_images else "", note]))
            more += [f"{case.name}: {tool} has more {name}" for name, n in lost.items() if n < 0]
            more += [
                f"{case.name}: {tool} alone has {name}" for name in found["classes"] if name not in ours["classes"]
            ]
        print(f"  {tool:12} {found['images']:>8,} images {found['objects']:>9,} objects {len(found['classes']):>4} classes"
              f" {found['seconds']:8.2f} s   {note or 'the same' if tool != 'tailwise' else ''}")  # fmt: skip
    if isinstance(ours, str):
        more.append(f"{case.name}: not read by Tailwise")
    return more


def read_all(case: Case, datumaro: str | None) -> dict[str, dict[str, Any] | str]:
    path, answers = case.ours
    results = {"tailwise": run(sys.executable, _OURS, str(path), json.dumps(answers))}
    if case.coco:
        results["pycocotools"] = run(sys.executable, _COCO, str(case.coco))
    if case.labelformat:
        file, kind, arguments = case.labelformat
        results["labelformat"] = run(sys.executable, _LABELFORMAT, str(file), kind, json.dumps(arguments))
    if case.datumaro and datumaro:
        results["datumaro"] = run(datumaro, _DATUMARO, *map(str, case.datumaro))
    return results


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--datumaro", help="Python of an environment that has datumaro")
    parser.add_argument("--shape", type=int, default=11_829, help="images of the generated file; 0 for none")
    options = parser.parse_args()
    if not REAL.is_dir():
        print("the published datasets are not beside this checkout")
        return 1
    problems: list[str] = []
    with tempfile.TemporaryDirectory() as place:
        for case in cases(Path(place)):
            problems += show(case, read_all(case, options.datumaro))
        if options.shape:
            file = Path(place) / "shape.json"
            write_coco_shape(file, images=options.shape, objects=round(OBJECTS * options.shape / IMAGES))
            case = coco_case("the shape of train2017", file, Path(place) / "shape")
            results = read_all(case, options.datumaro)
            problems += show(case, results)
            ours, theirs = results["tailwise"], results.get("datumaro")
            if isinstance(ours, dict) and isinstance(theirs, dict):
                share = ours["seconds"] / theirs["seconds"]
                print(f"  {share:.3f} of datumaro's time (at most {MAX_DATUMARO_SHARE})")
                problems += ["slower than the bar"] if share > MAX_DATUMARO_SHARE else []
    print("\n" + ("\n".join(problems) or "nobody found more than Tailwise"))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
