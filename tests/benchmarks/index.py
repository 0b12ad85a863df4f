"""The image index and near-duplicates on published photos: costs as ratios, recall and precision, stalls, Dask.

Run from the checkout: `.venv/bin/python tests/benchmarks/index.py [--data FOLDER] [--only NAME]…`. Everything is
measured in one run on one machine; what depends on the machine is a ratio against OpenCV or imagehash on the same files.
"""

import argparse
import contextlib
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

HERE = Path(__file__).parents[2]
RECALL_PHOTOS = int(os.environ.get("RECALL_PHOTOS", "40"))
"""Photos of each set that are edited."""

FORMATS = {"trashnet_folders": "folders", "dawn_fog_yolo": "voc"}
SETS = ("voc100_multiformat_predictions", "bccd_voc", "trashnet_folders", "dawn_fog_yolo")


def photos(data, name, most=120):
    files = sorted(str(p) for p in (data / name).rglob("*.jpg"))
    return files[:: max(1, len(files) // most)][:most]


def large_photos(data, folder, count=10):
    """Enlarge some photos to 12 megapixels, as cameras give them."""
    files = []
    for at, path in enumerate(photos(data, SETS[0], count)):
        target = folder / f"large{at}.jpg"
        cv2.imwrite(str(target), cv2.resize(cv2.imread(path), (4000, 3000), interpolation=cv2.INTER_CUBIC))
        files.append(str(target))
    return files


def best_of(function, rounds=4):
    taken = []
    for _ in range(rounds):
        began = time.perf_counter()
        function()
        taken.append(time.perf_counter() - began)
    return min(taken)


def costs(data, folder):
    """Thumbnail, hashes and statistics against the bare reduced decode of the same files; hashing against imagehash."""
    import imagehash
    from PIL import Image

    from tailwise.imaging.hashes import perceptual_hashes
    from tailwise.imaging.index_picture import index_file
    from tailwise.imaging.thumbnails import decode_flags, read_frame
    from tailwise.ops.executors import single_threaded

    single_threaded()
    result = {}
    for name, files in {**{s: photos(data, s) for s in SETS}, "12 megapixels": large_photos(data, folder)}.items():
        flags = {f: decode_flags(read_frame(f), 256) for f in files}
        bare = best_of(lambda files=files, flags=flags: [cv2.imread(f, flags[f]) for f in files])
        full = best_of(lambda files=files: [index_file(f, (0, 0), (), describe=False) for f in files])
        described = best_of(lambda files=files: [index_file(f, (0, 0), (), describe=True) for f in files], 2)
        result[name] = {
            "decode_ms": round(1000 * bare / len(files), 2),
            "index_ms": round(1000 * full / len(files), 2),
            "ratio": round(full / bare, 2),
            "with_raw_features_ms": round(1000 * described / len(files), 2),
        }
    greys = [cv2.cvtColor(cv2.resize(cv2.imread(f), (256, 192)), cv2.COLOR_BGR2GRAY) for f in photos(data, SETS[0])]
    pictures = [Image.fromarray(grey) for grey in greys]
    ours = best_of(lambda: [perceptual_hashes(grey) for grey in greys])
    theirs = best_of(lambda: [imagehash.phash(picture) for picture in pictures])
    result["hash"] = {
        "ours_us": round(1e6 * ours / len(greys)),
        "imagehash_us": round(1e6 * theirs / len(greys)),
        "times_faster": round(theirs / ours, 1),
        "note": "ours makes two hashes, the mirrored one too",
    }
    return result


def whole_index(data, folder):
    """The index with descriptors through the use case: one worker, two workers, a Dask cluster of two; same bits."""
    from tailwise.domain.index import IndexRequest
    from tailwise.ops.child import run_here
    from tailwise.ops.progress import SILENT
    from tailwise.usecases.image_index import build_index, load_index
    from tailwise.usecases.import_source import ImportRequest, import_source
    from tailwise.usecases.projects import create_project

    result = {}
    found = {}
    for name in ("trashnet_folders", "dawn_fog_yolo"):
        for way in ("one", "two", "dask"):
            project = create_project(folder / f"{name}-{way}.tailwise")
            import_source(project, ImportRequest(data / name, FORMATS[name]), SILENT, run_here)
            with dask_cluster() if way == "dask" else contextlib.nullcontext("") as address:
                request = IndexRequest(workers=2 if way == "two" else 1, scheduler=address)
                began = time.perf_counter()
                outcome = build_index(project, request, SILENT)
                taken = time.perf_counter() - began
            began = time.perf_counter()
            again = build_index(project, IndexRequest(workers=1), SILENT)
            index = load_index(project)
            found[way] = {f: getattr(index, f) for f in index.__dataclass_fields__ if f != "embedding"}
            regions = outcome.indexed + outcome.objects
            result[f"{name} {way}"] = {
                "images": outcome.indexed,
                "objects": outcome.objects,
                "seconds": round(taken, 1),
                "ms_per_image": round(1000 * taken / max(1, outcome.indexed), 1),
                "ms_per_region": round(1000 * taken / max(1, regions), 1),
                "again_seconds": round(time.perf_counter() - began, 2),
                "again_indexed": again.indexed,
            }
            project.close()
        one = found["one"]
        result[f"{name} same bits"] = {
            way: all(np.array_equal(one[f], found[way][f]) for f in one) for way in ("two", "dask")
        }
    return result


@contextlib.contextmanager
def dask_cluster():
    """A Dask LocalCluster of two workers; gives its address."""
    from distributed import LocalCluster

    with LocalCluster(2, threads_per_worker=1, dashboard_address=None) as workers:
        yield workers.scheduler_address


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


def gui_meter():
    """Return a stall meter that also knows how much of each gap this thread was computing.

    On a busy machine the gap is mostly waiting for a core; what the window itself did is the second figure.
    """
    from stall_meter import StallMeter

    class Meter(StallMeter):
        def start(self):
            self.busy, self._cpu = [], time.thread_time()
            super().start()

        def _tick(self):
            now = time.thread_time()
            self.busy.append((now - self._cpu) * 1000)
            self._cpu = now
            super()._tick()

        def summary(self):
            ordered = sorted(self.busy) or [0.0]
            p99 = ordered[int(0.99 * (len(ordered) - 1))]
            return super().summary() | {"own_p99_ms": round(p99, 1), "own_max_ms": round(ordered[-1], 1)}

    return Meter()


def window(data, folder):
    """100,000 tiles scrolled from end to end, then indexing in the window: the longest stall of the event loop."""
    import psutil
    from PySide6.QtTest import QTest
    from PySide6.QtWidgets import QApplication

    from builders import a_project, a_source
    from tailwise.gui.models.item_grid import ItemGridModel
    from tailwise.gui.project_commands import ProjectCommands
    from tailwise.gui.session import Session
    from tailwise.gui.settings import Settings
    from tailwise.gui.widgets.item_grid import ItemGridView
    from tailwise.gui.widgets.thumb_loader import ThumbLoader

    application = QApplication.instance() or QApplication([])
    files = photos(data, "trashnet_folders", 500)
    root = folder / "many"
    root.mkdir()
    pool = []
    for at in range(100_000):
        pool.append(f"{at:06}.jpg")
        if at < 3000:
            os.link(files[at % len(files)], root / pool[-1]) if os.stat(files[0]).st_dev == os.stat(root).st_dev else (
                root / pool[-1]
            ).write_bytes(Path(files[at % len(files)]).read_bytes())
    a_project(folder / "many.tailwise", a_source({}, pool=tuple(pool), root=str(root))).close()
    session = Session(settings=Settings(folder / "settings.ini"))
    session.open_project(folder / "many.tailwise")
    while session.project is None:
        QTest.qWait(20)
    ids = session.project.columns.item_ids.tolist()
    model, meter = ItemGridModel(session), gui_meter()
    grid = ItemGridView(model, ThumbLoader(session))
    grid.resize(1280, 760)
    grid.show()
    QTest.qWait(300)
    meter.start()
    QTest.qWait(1500)
    meter.stop()
    idle = meter.summary()
    meter.start()
    model.set_ids(ids)
    bar = grid.verticalScrollBar()
    for step in range(120):
        bar.setValue(bar.maximum() * step // 119)
        QTest.qWait(15)
    QTest.qWait(300)
    meter.stop()
    scrolled = meter.summary()
    commands = ProjectCommands(session, grid)
    process = psutil.Process()
    peak = 0
    meter.start()
    commands.index_images()
    began = time.perf_counter()
    while not session.runner.is_idle and time.perf_counter() - began < 25:
        QTest.qWait(50)
        peak = max(
            peak, sum(p.memory_info().rss for p in (process, *process.children(recursive=True)) if p.is_running())
        )
    meter.stop()
    stalls = meter.summary()
    session.runner.cancel_all()
    while not session.runner.is_idle:
        QTest.qWait(50)
    session.shut_down()
    QTest.qWait(300)
    grid.deleteLater()
    application.processEvents()
    return {
        "idle": idle,
        "scroll_100k": scrolled,
        "while_indexing": stalls,
        "peak_mib_all_processes": round(peak / 2**20),
    }


PARTS = {
    "costs": costs,
    "whole_index": whole_index,
    "self_join": self_join,
    "recall": recall,
    "imagededup": imagededup,
    "window": window,
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
