"""How fast label files and tables are read, against the plainest way to touch the same bytes, in the same run.

    python tests/benchmarks/readers.py [--files N] [--rows N] [--rounds N] [--only yolo|voc|csv|growth]

Three shapes are written to a temporary folder: N YOLO label files, N VOC files, and a table of rows with nine columns.
The reference of the first two opens and reads every file (`os.scandir`, `open().read()`); that of the table is
`pandas.read_csv` with the options the reader needs (all text, nothing missing). Reader and reference run in turns, each
in a process of its own; the best round counts, by CPU. `growth` reads a tenth of the shapes, then all of them.
The longest silence is the longest time between two reports of progress, which is also what a cancel waits for.
Exit code 1 when a share is above its bar (YOLO 4, VOC 8, CSV 2), ten times the data take more than 11.5 times as long,
or a silence lasts more than half a second.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
from pathlib import Path

BARS = {"yolo": 4.0, "voc": 8.0, "csv": 2.0}
MAX_GROWTH = 11.5
MAX_SILENCE = 0.5  # seconds
CLASSES = 80

_MEASURE = """
import json, os, resource, sys, time
from pathlib import Path
path = Path(sys.argv[1])
{prepare}
cpu, wall = time.process_time(), time.perf_counter()
{run}
cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
unit = 1 if sys.platform == "darwin" else 1024
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
print("RESULT", json.dumps({{"cpu": cpu, "wall": wall, "peak": peak, "count": {count}}}))
"""
READER = _MEASURE.format(
    prepare=(
        "import numpy, pandas\n"
        "from tailwise.formats import registry\n"
        "from tailwise.formats.contract import ReadRequest\n"
        "from tailwise.formats.listing import scan\n"
        "from tailwise.imaging.headers import read_header\n"
        "from tailwise.ops.collector import paused_collector\n"
        "class Heard:\n"
        "    last = time.perf_counter()\n"
        "    longest = 0.0\n"
        "    def stage(self, label, total=0): self.advance()\n"
        "    def advance(self, steps=1):\n"
        "        now = time.perf_counter()\n"
        "        self.longest, self.last = max(self.longest, now - self.last), now\n"
        "heard = Heard()\n"
        "reader, answers = registry.reader_for(sys.argv[2]), json.loads(sys.argv[3])"
    ),
    run=(
        "heard.last = time.perf_counter()\n"
        "with paused_collector():\n"
        "    data = reader.read(ReadRequest(path, scan(path, heard), answers, read_header=read_header), heard)\n"
        "heard.advance()"
    ),
    count="len(data.items), 'silence': heard.longest",
)
BYTES = _MEASURE.format(
    prepare="",
    run=(
        "folders, count = [path], 0\n"
        "while folders:\n"
        "    for entry in os.scandir(folders.pop()):\n"
        "        if entry.is_dir():\n"
        "            folders.append(entry.path)\n"
        "        else:\n"
        "            with open(entry.path, 'rb') as file:\n"
        "                file.read()\n"
        "            count += 1"
    ),
    count="count",
)
PANDAS = _MEASURE.format(
    prepare="import pandas",
    run="data = pandas.read_csv(path / 'table.csv', dtype=str, keep_default_na=False, na_filter=False)",
    count="len(data)",
)
SHAPES = {
    "yolo": ("yolo", {}, BYTES, "reading the bytes"),
    "voc": ("voc", {}, BYTES, "reading the bytes"),
    "csv": ("csv", {"label": "health"}, PANDAS, "pandas.read_csv"),
}


def write_yolo(folder: Path, files: int) -> None:
    """Write label files of 0 to 15 boxes and a list of classes; the images are somewhere else."""
    rng = random.Random(1)
    labels = folder / "labels" / "train"
    labels.mkdir(parents=True)
    for number in range(files):
        lines = (
            f"{rng.randrange(CLASSES)} {rng.uniform(0.25, 0.75):.6f} {rng.uniform(0.25, 0.75):.6f} "
            f"{rng.uniform(0.01, 0.4):.6f} {rng.uniform(0.01, 0.4):.6f}\n"
            for _ in range(rng.randrange(16))
        )
        (labels / f"{number:06d}.txt").write_text("".join(lines))
    names = ", ".join(f"class {number}" for number in range(CLASSES))
    (folder / "data.yaml").write_text(f"names: [{names}]\ntrain: images/train\n")


def write_voc(folder: Path, files: int) -> None:
    """Write annotation files of 1 to 7 objects as labelImg writes them."""
    rng = random.Random(2)
    annotations = folder / "Annotations"
    annotations.mkdir(parents=True)
    for number in range(files):
        objects = "".join(
            f"<object>\n\t\t<name>class {rng.randrange(CLASSES)}</name>\n\t\t<pose>Unspecified</pose>\n"
            "\t\t<truncated>0</truncated>\n\t\t<difficult>0</difficult>\n\t\t<bndbox>\n"
            f"\t\t\t<xmin>{rng.randrange(1, 300)}</xmin>\n\t\t\t<ymin>{rng.randrange(1, 200)}</ymin>\n"
            f"\t\t\t<xmax>{rng.randrange(310, 640)}</xmax>\n\t\t\t<ymax>{rng.randrange(210, 480)}</ymax>\n"
            "\t\t</bndbox>\n\t</object>\n\t"
            for _ in range(rng.randrange(1, 8))
        )
        (annotations / f"{number:06d}.xml").write_text(
            f"<annotation>\n\t<folder>JPEGImages</folder>\n\t<filename>{number:06d}.jpg</filename>\n"
            "\t<size>\n\t\t<width>640</width>\n\t\t<height>480</height>\n\t\t<depth>3</depth>\n\t</size>\n"
            f"\t<segmented>0</segmented>\n\t{objects}</annotation>\n"
        )


def write_csv(folder: Path, rows: int) -> None:
    """Write a table of images with a class and conditions; some cells are quoted."""
    rng = random.Random(3)
    folder.mkdir(parents=True)
    with (folder / "table.csv").open("w") as file:
        file.write("file,date,time,location,zip code,subspecies,health,pollen_carrying,caste\n")
        file.writelines(
            f"{number // 300:03d}_{number % 300:03d}.png,8/{rng.randrange(1, 29)}/18,{rng.randrange(8, 20)}:0"
            f'{rng.randrange(10)},"City {rng.randrange(8)}, CA, USA",{rng.randrange(7) + 30000},sub {rng.randrange(7)},'
            f"health {rng.randrange(6)},{rng.choice(['TRUE', 'FALSE'])},worker\n"
            for number in range(rows)
        )


def measure(script: str, *arguments: str) -> dict[str, float]:
    """Run one script in a fresh process and return its seconds, peak bytes and count."""
    done = subprocess.run([sys.executable, "-c", script, *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    return json.loads(done.stdout.rpartition("RESULT ")[2])


def best(rounds: list[dict[str, float]]) -> dict[str, float]:
    return {key: min(one[key] for one in rounds) for key in rounds[0]}


def compare(name: str, folder: Path, rounds: int) -> tuple[float, dict[str, float]]:
    """Print reader and reference of one shape side by side; return the share and the reader's figures."""
    key, answers, reference, title = SHAPES[name]
    pairs = [(measure(READER, str(folder), key, json.dumps(answers)), measure(reference, str(folder)))
             for _ in range(rounds)]  # fmt: skip
    ours, theirs = best([one for one, _ in pairs]), best([other for _, other in pairs])
    for label, found in ((f"{name} reader", ours), (title, theirs)):
        print(
            f"  {label:20} {found['cpu']:7.2f} s cpu {found['wall']:7.2f} s wall {found['peak'] / 1e6:6.0f} MB peak "
            f"{found['count']:>9,}" + (f"  longest silence {found['silence']:.2f} s" if "silence" in found else "")
        )
    return ours["cpu"] / theirs["cpu"], ours


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=100_000)
    parser.add_argument("--rows", type=int, default=300_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", choices=[*BARS, "growth"])
    options = parser.parse_args()
    writers = {"yolo": (write_yolo, options.files), "voc": (write_voc, options.files), "csv": (write_csv, options.rows)}
    failed: list[str] = []
    with tempfile.TemporaryDirectory() as place:
        for name, (write, count) in writers.items():
            if options.only not in {None, "growth", name}:
                continue
            whole = Path(place) / name / "whole"
            write(whole, count)
            share, ours = compare(name, whole, options.rounds)
            print(f"{name}: {share:.2f} of the time (at most {BARS[name]:g})")
            if share > BARS[name] and options.only != "growth":
                failed.append(name)
            if ours["silence"] > MAX_SILENCE:
                failed.append(f"{name} silence")
            if options.only in {None, "growth"}:
                tenth = Path(place) / name / "tenth"
                write(tenth, count // 10)
                key, answers, *_ = SHAPES[name]
                small = best([measure(READER, str(tenth), key, json.dumps(answers)) for _ in range(options.rounds)])
                factor = ours["cpu"] / small["cpu"]
                print(f"{name}: ten times the data take {factor:.1f} times as long, "
                      f"{small['peak'] / 1e6:.0f} -> {ours['peak'] / 1e6:.0f} MB")  # fmt: skip
                failed += [f"{name} growth"] if factor > MAX_GROWTH else []
    print("above the bar: " + ", ".join(failed) if failed else "all within their bars")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
