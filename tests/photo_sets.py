"""Small photographs drawn by a seed, so that duplicates and damaged files can be made of them."""

import contextlib
from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np

from builders import a_project, a_source
from tailwise.ops.executors import Pool


def photo(seed, width=320, height=240):
    """Return a picture with shapes, edges and texture that is like no other: (rows, columns, 3)."""
    rng = np.random.default_rng(seed)
    picture = cv2.resize(
        rng.integers(0, 256, (6, 8, 3), dtype=np.uint8), (width, height), interpolation=cv2.INTER_CUBIC
    )
    for _ in range(40):
        x, y, r = int(rng.integers(0, width)), int(rng.integers(0, height)), int(rng.integers(4, 30))
        colour = tuple(int(c) for c in rng.integers(0, 256, 3))
        if rng.random() < 0.5:
            cv2.circle(picture, (x, y), r, colour, -1)
        else:
            cv2.rectangle(picture, (x, y), (x + 2 * r, y + r), colour, -1)
    return picture


def jpeg_of(picture, quality=92):
    return cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()


@contextlib.contextmanager
def inline_pool():
    """A pool of one thread of this process: no spawning, the same results."""
    with ThreadPoolExecutor(1) as executor:
        yield Pool(executor, 1)


def photo_project(folder, files, **source):
    """Make a project over image files given as `{name: bytes}`; further keywords go to `a_source`."""
    root = folder / "photos"
    root.mkdir()
    for name, data in files.items():
        (root / name).write_bytes(data)
    labels = source.pop("labels", {name: {"thing": 1} for name in files})
    return a_project(folder / "p.tailwise", a_source(labels, root=str(root), **source))
