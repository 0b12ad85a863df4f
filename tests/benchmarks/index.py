"""The image index and near-duplicates on published photos: costs as ratios, recall and precision, stalls, Dask.

Run from the checkout: `.venv/bin/python tests/benchmarks/index.py [--data FOLDER] [--only NAME]…`. Everything is
measured in one run on one machine; what depends on the machine is a ratio against OpenCV or imagehash on the same files.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parent))

import cv2
import numpy as np
from index_costs import SETS, costs, photos, whole_index
from index_window import indexing, scrolling

HERE = Path(__file__).parents[2]
RECALL_PHOTOS = int(os.environ.get("RECALL_PHOTOS", "40"))
"""Photos of each set that are edited."""


def self_join(_data, _folder):
    """A million random hashes, radius 7: 19.1 pairs are expected by chance."""
    from tailwise.analysis.hamming import close_pairs
    from tailwise.ops.progress import SILENT

    rng = np.random.default_rng(1)
    hashes = rng.integers(0, 2**64, 1_000_000, dtype=np.uint64)
    for at in range(1000):
        bits = rng.choice(64, size=int(rng.integers(0, 8)), replace=False)
        hashes[500_000 + at] = hashes[at] ^ np.uint64(sum(1 << int(bit) for bit in bits))
    began = time.perf_counter()
    a, b = close_pairs(hashes, 7, SILENT)
    planted = sum(y - x == 500_000 and x < 1000 for x, y in zip(a.tolist(), b.tolist(), strict=True))
    return {"seconds": round(time.perf_counter() - began, 1), "planted_found": planted, "by_chance": len(a) - planted}


def transforms(picture):
    height, width = picture.shape[:2]
    rng = np.random.default_rng(3)
    yield "jpeg 30", cv2.imdecode(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 30])[1], cv2.IMREAD_COLOR)
    yield "half size", cv2.resize(picture, (width // 2, height // 2), interpolation=cv2.INTER_AREA)
    yield "brightness", cv2.convertScaleAbs(picture, alpha=1, beta=40)
    yield "contrast 1.3", cv2.convertScaleAbs(picture, alpha=1.3, beta=-30)
    yield "blur", cv2.GaussianBlur(picture, (0, 0), 1.5)
    yield "noise", np.clip(picture + rng.normal(0, 12, picture.shape), 0, 255).astype(np.uint8)
    for share in (0.05, 0.10, 0.20):
        dy, dx = int(height * share / 2), int(width * share / 2)
        yield f"crop {share:.0%}", picture[dy : height - dy, dx : width - dx]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), 3, 1)
    yield "rotate 3 degrees", cv2.warpAffine(picture, turn, (width, height), borderMode=cv2.BORDER_REFLECT)
    move = np.array([[1, 0, width * 0.04], [0, 1, height * 0.04]])
    yield "shift 4 %", cv2.warpAffine(picture, move, (width, height), borderMode=cv2.BORDER_REFLECT)
    yield "mirror", np.ascontiguousarray(picture[:, ::-1])


def recall(data, folder):
    """Twelve edits of photos among all photos: does each edit end in the cluster of its original, and who else does."""
    return cluster_recall(data, folder / "twelve", transforms, turned=False)


def imagededup(data, folder):
    """The transformed set of the imagededup benchmark: crop, both flips, 25 degrees, another aspect; with turns on."""
    return cluster_recall(data, folder / "imagededup", imagededup_transforms, turned=True)


def imagededup_straight(data, folder):
    """The same set with turns off: 25 degrees and upside down are not asked for then, the other three are."""
    return cluster_recall(data, folder / "straight", imagededup_transforms, turned=False)


def imagededup_transforms(picture):
    height, width = picture.shape[:2]
    dy, dx = height // 16, width // 16  # 560 x 420 of 640 x 480
    yield "crop", picture[dy : height - dy, dx : width - dx]
    yield "mirror", np.ascontiguousarray(picture[:, ::-1])
    yield "upside down", np.ascontiguousarray(picture[::-1])
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), 25, 1)
    yield "rotate 25 degrees", cv2.warpAffine(picture, turn, (width, height))
    yield "aspect", cv2.resize(picture, (width * 3 // 4, height), interpolation=cv2.INTER_AREA)


def cluster_recall(data, folder, edits_of, *, turned):
    """Index photos with their edits, search, and count edits in the cluster of their original, and strangers."""
    from tailwise.domain.duplicates import DuplicateRequest
    from tailwise.domain.index import IndexRequest
    from tailwise.ops.child import run_here
    from tailwise.ops.progress import SILENT
    from tailwise.usecases.image_index import build_index
    from tailwise.usecases.import_source import ImportRequest, import_source
    from tailwise.usecases.near_duplicates import find_duplicates
    from tailwise.usecases.projects import create_project

    root = folder / "dataset" / "photos"
    root.mkdir(parents=True)
    originals, edits = {}, {}
    for name in SETS:
        for at, path in enumerate(photos(data, name, RECALL_PHOTOS)):
            picture = cv2.imread(path)
            key = f"{name[:4]}{at:03}"
            (root / f"{key}-original.jpg").write_bytes(Path(path).read_bytes())
            originals[key] = f"{key}-original.jpg"
            for number, (edit, edited) in enumerate(edits_of(picture)):
                cv2.imwrite(str(root / f"{key}-{number:02}q.jpg"), edited, [cv2.IMWRITE_JPEG_QUALITY, 92])
                edits[f"{key}-{number:02}q.jpg"] = (key, edit)
    project = create_project(folder / "edits.tailwise")
    import_source(project, ImportRequest(root.parent, "folders"), SILENT, run_here)
    began = time.perf_counter()
    build_index(project, IndexRequest(descriptors=False), SILENT)
    indexed = time.perf_counter() - began
    began = time.perf_counter()
    report = find_duplicates(project, DuplicateRequest(bursts=False, turned=turned), SILENT)
    searched = time.perf_counter() - began
    with project.file.reading() as db:
        names = {i: n.rpartition("/")[2] for i, n in db.conn.execute("SELECT id, file_name FROM item")}
    project.close()
    cluster_of = {names[item]: one.id for one in report.clusters for item in one.items}
    hit, missed = {}, []
    for name, (key, edit) in edits.items():
        found = name in cluster_of and cluster_of[name] == cluster_of.get(originals[key])
        hit.setdefault(edit, []).append(found)
        missed += [] if found else [f"{name} {edit}"]
    by_set = {
        name: round(float(np.mean([cluster_of.get(n, n) == cluster_of.get(originals[k], k)
                                   for n, (k, _e) in edits.items() if k.startswith(name[:4])])), 4)
        for name in SETS
    }  # fmt: skip
    strangers = [
        (names[e.a], names[e.b]) for one in report.clusters for e in one.edges
        if names[e.a].partition("-")[0] != names[e.b].partition("-")[0]
    ]  # fmt: skip
    edges = sum(len(one.edges) for one in report.clusters)
    photos_joined = sorted({tuple(sorted((a.partition("-")[0], b.partition("-")[0]))) for a, b in strangers})
    return {
        "images": report.images,
        "recall": {edit: round(float(np.mean(found)), 4) for edit, found in hit.items()},
        "recall_all": round(float(np.mean([f for found in hit.values() for f in found])), 4),
        "recall_by_set": by_set,
        "missed": missed[:40],
        "edges": edges,
        "edges_between_photos": len(strangers),
        "photos_joined": photos_joined,
        "index_seconds": round(indexed, 1),
        "search_seconds": round(searched, 1),
        "pairs_compared": report.compared,
    }


PARTS = {
    "costs": costs,
    "whole_index": whole_index,
    "self_join": self_join,
    "recall": recall,
    "imagededup": imagededup,
    "imagededup_straight": imagededup_straight,
    "scrolling": scrolling,
    "indexing": indexing,
}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=HERE.parent / "shared" / "data")
    parser.add_argument("--only", action="append", choices=list(PARTS))
    options = parser.parse_args()
    for name in options.only or PARTS:
        with tempfile.TemporaryDirectory() as folder:
            os.environ["XDG_CACHE_HOME"] = str(Path(folder) / "cache")
            print(json.dumps({name: PARTS[name](options.data, Path(folder))}, indent=1), flush=True)


if __name__ == "__main__":
    main()
