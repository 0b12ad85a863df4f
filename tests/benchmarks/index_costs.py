"""What the index costs an image and a region, in processor time: a share of a core, whatever else the machine does."""

import contextlib
import os
import sys
import threading
import time

import cv2
import numpy as np

SETS = ("voc100_multiformat_predictions", "bccd_voc", "trashnet_folders", "dawn_fog_yolo")
SOURCES = {
    "voc100": ("voc100_multiformat_predictions/database", "yolo"),
    "bccd": ("bccd_voc", "voc"),
    "trashnet": ("trashnet_folders", "folders"),
    "dawn": ("dawn_fog_yolo", "voc"),
    "taco": ("taco_coco", "coco"),
}
ROUNDS = 9
MOST = 512
SAME_BITS = ("trashnet", "dawn", "bccd")
"""Sets that are also indexed by two workers and by a Dask cluster."""


def photos(data, name, most=120, kind="jpg"):
    files = sorted(str(p) for p in (data / name).rglob(f"*.{kind}") if p.stat().st_size)
    return files[:: max(1, len(files) // most)][:most]


def large_photos(data, folder, count=10):
    """Enlarge some photos to 12 megapixels, as cameras give them."""
    files = []
    for at, path in enumerate(photos(data, SETS[0], count)):
        target = folder / f"large{at}.jpg"
        cv2.imwrite(str(target), cv2.resize(cv2.imread(path), (4000, 3000), interpolation=cv2.INTER_CUBIC))
        files.append(str(target))
    return files


def reduction(file):
    """Return the flag with which OpenCV decodes a file as small as it can with 256 pixels left."""
    import imagesize

    ways = {8: cv2.IMREAD_REDUCED_COLOR_8, 4: cv2.IMREAD_REDUCED_COLOR_4, 2: cv2.IMREAD_REDUCED_COLOR_2}
    return next((ways[by] for by in (8, 4, 2) if max(imagesize.get(file)) >= 256 * by), cv2.IMREAD_COLOR)


def best_of(function, rounds=5):
    """Return the least processor time in seconds."""
    taken = []
    for _ in range(rounds):
        began = time.process_time()
        function()
        taken.append(time.process_time() - began)
    return min(taken)


def costs(data, folder):
    """Thumbnail, hashes and statistics against the bare reduced decode of the same files; hashing against imagehash.

    `ratio` is against the largest reduction that leaves 256 pixels, each picture dropped before the next is read;
    rounds of both take turns, for the speed of the processor changes meanwhile. `encode` is the share of the JPEG
    encoder alone.
    """
    import imagehash
    from PIL import Image

    from tailwise.imaging.decode import ImageFile
    from tailwise.imaging.hashes import perceptual_hashes
    from tailwise.imaging.index_picture import index_files
    from tailwise.imaging.pixels import encode_jpeg
    from tailwise.imaging.scaling import shrunk
    from tailwise.ops.executors import single_threaded
    from tailwise.usecases.index_work import ImageWork, in_pieces

    single_threaded()
    result = {}
    sets = {name: photos(data, name, MOST) for name in SETS}
    sets |= {"honeybee_conditions (png)": photos(data, "honeybee_conditions", MOST, kind="png")}
    for name, files in {**sets, "12 megapixels": large_photos(data, folder)}.items():
        flags = [reduction(file) for file in files]
        work = [ImageWork(at, ImageFile(file), size_bytes=os.stat(file).st_size) for at, file in enumerate(files)]
        pieces = [[one.file for one in piece] for piece in in_pieces(work)]
        smalls = [np.ascontiguousarray(shrunk(cv2.imread(f, flag), 256)) for f, flag in zip(files, flags, strict=True)]

        def bare(files=files, flags=flags):
            for file, flag in zip(files, flags, strict=True):
                cv2.imread(file, flag)

        def ours(pieces=pieces):
            for piece in pieces:
                index_files(piece)

        taken = [(best_of(bare, 1), best_of(ours, 1)) for _ in range(ROUNDS)]
        least, most = (min(column) for column in zip(*taken, strict=True))
        encode = best_of(lambda smalls=smalls: [encode_jpeg(small) for small in smalls])
        result[name] = {
            "decode_ms": round(1000 * least / len(files), 2),
            "index_ms": round(1000 * most / len(files), 2),
            "ratio": round(most / least, 2),
            "encode": round(encode / least, 2),
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
    for name, (source, kind) in SOURCES.items():
        found = {}
        for way in ("one", "two", "dask") if name in SAME_BITS else ("one",):
            project = create_project(folder / f"{name}-{way}.tailwise")
            import_source(project, ImportRequest(data / source, kind), SILENT, run_here)
            with dask_cluster() if way == "dask" else contextlib.nullcontext("") as address:
                request = IndexRequest(workers=2 if way == "two" else 1, scheduler=address)
                first = measured(lambda project=project, request=request: build_index(project, request, SILENT))
            if way == "one":
                anew = IndexRequest(workers=1, rebuild=True)
                again = measured(lambda project=project, anew=anew: build_index(project, anew, SILENT))
                kept = measured(lambda project=project: build_index(project, IndexRequest(workers=1), SILENT))
                result[name] = figures(first, again, kept)
            index = load_index(project)
            found[way] = {f: getattr(index, f) for f in index.__dataclass_fields__ if f != "embedding"}
            project.close()
        one = found.pop("one")
        if found:
            result[name]["same_bits"] = {
                way: all(np.array_equal(one[f], other[f]) for f in one) for way, other in found.items()
            }
        print(name, result[name], file=sys.stderr, flush=True)  # the whole takes minutes
    return result


def figures(first, again, kept):
    """Return what is printed of a set: processor time of all processes by image and by region, and the peak memory."""
    outcome = again["outcome"]
    images, regions = outcome.indexed, outcome.indexed + outcome.objects
    if not images:
        return {"images": 0, "note": "the set came without image files"}
    return {
        "images": images,
        "objects": outcome.objects,
        "ms_per_image": round(1000 * again["cpu"] / images, 1),
        "ms_per_region": round(1000 * again["cpu"] / regions, 2),
        "with_learning_ms_per_image": round(1000 * first["cpu"] / images, 1),
        "seconds": round(first["seconds"], 1),
        "up_to_date_seconds": round(kept["seconds"], 2),
        "peak_mib": round(max(first["peak"], again["peak"]) / 2**20),
    }


def measured(work):
    """Return what work returned, its seconds, and processor time and peak memory of this process and its children."""
    import psutil

    process, stop, peak = psutil.Process(), threading.Event(), [0]

    def watch():
        while not stop.wait(0.2):
            sizes = []
            for one in (process, *process.children(recursive=True)):
                with contextlib.suppress(psutil.Error):
                    sizes.append(one.memory_info().rss)
            peak[0] = max(peak[0], sum(sizes))

    watcher = threading.Thread(target=watch)
    before, began = os.times(), time.perf_counter()
    watcher.start()
    outcome = work()
    seconds, after = time.perf_counter() - began, os.times()
    stop.set()
    watcher.join()
    return {"outcome": outcome, "seconds": seconds, "cpu": sum(after[:4]) - sum(before[:4]), "peak": peak[0]}


@contextlib.contextmanager
def dask_cluster():
    """A Dask LocalCluster of two workers; gives its address."""
    from distributed import LocalCluster

    with LocalCluster(2, threads_per_worker=1, dashboard_address=None) as workers:
        yield workers.scheduler_address
