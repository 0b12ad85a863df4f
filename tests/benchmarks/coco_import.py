"""How fast a COCO file of train2017's shape is read, against `pycocotools.COCO(file)` on the same machine in the same run.

    python tests/benchmarks/coco_import.py [FILE] [--rounds N]

Reader and oracle run in turns, each in a process of its own, so that caches, clocks and peak memory are comparable; the
best round of each counts. Without FILE one of 118,287 images and 860,001 objects is written to a temporary folder.
Exit code 1 when the reader takes more than 0.3 of the oracle's time, or more than 1.1 GB.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from coco_shape import write_coco_shape

MAX_SHARE = 0.3
MAX_BYTES = 1_100_000_000

_MEASURE = """
import json, resource, sys, time
path = sys.argv[1]
{prepare}
wall, cpu = time.perf_counter(), time.process_time()
{run}
wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
unit = 1 if sys.platform == "darwin" else 1024
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
print("RESULT", json.dumps({{"wall": wall, "cpu": cpu, "peak": peak, "images": {images}, "objects": {objects}}}))
"""
_READER = _MEASURE.format(
    prepare=(
        "from pathlib import Path\n"
        "from tailwise.formats.coco import CocoReader\n"
        "from tailwise.formats.contract import ReadRequest\n"
        "from tailwise.formats.listing import scan\n"
        "from tailwise.imaging.headers import read_header\n"
        "from tailwise.ops.progress import SILENT"
    ),
    run=(
        "request = ReadRequest(Path(path), scan(Path(path), SILENT), read_header=read_header)\n"
        "data = CocoReader().read(request, SILENT)"
    ),
    images="len(data.items)",
    objects="len(data.annotations)",
)
_ORACLE = _MEASURE.format(
    prepare="from pycocotools.coco import COCO",
    run="data = COCO(path)",
    images="len(data.imgs)",
    objects="len(data.anns)",
)


def measure(script: str, path: Path) -> dict[str, float]:
    """Run one of the two in a fresh process and return its seconds, peak bytes and counts."""
    done = subprocess.run([sys.executable, "-c", script, str(path)], capture_output=True, text=True, check=True)
    return json.loads(done.stdout.rpartition("RESULT ")[2])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("path", type=Path, nargs="?")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = options.path or Path(folder) / "instances_train2017.json"
        if not path.exists():
            shape = write_coco_shape(path)
            print(f"{path.stat().st_size:,} bytes, {shape.images:,} images, {shape.objects:,} objects")
        rounds = [(measure(_READER, path), measure(_ORACLE, path)) for _ in range(options.rounds)]
    reader, oracle = ({key: min(one[which][key] for one in rounds) for key in rounds[0][which]} for which in (0, 1))
    for name, found in (("reader", reader), ("pycocotools", oracle)):
        print(
            f"{name:12} {found['wall']:6.2f} s wall {found['cpu']:6.2f} s cpu {found['peak'] / 1e6:7.0f} MB peak  "
            f"{found['images']:,} images {found['objects']:,} objects"
        )
    share = reader["cpu"] / oracle["cpu"]
    print(f"{share:.2f} of the time (at most {MAX_SHARE}), by CPU, which other work on the machine disturbs least")
    same = all(reader[key] == oracle[key] for key in ("images", "objects"))
    return 0 if share <= MAX_SHARE and reader["peak"] <= MAX_BYTES and same else 1


if __name__ == "__main__":
    sys.exit(main())
