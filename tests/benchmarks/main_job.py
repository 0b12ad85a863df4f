"""The main job at the size of COCO train2017: import against pycocotools, stalls, cancel, re-opening, re-slicing.

Run from the checkout: `.venv/bin/python tests/benchmarks/main_job.py [--images N --objects M] [--keep FOLDER]`.
Everything is measured in one run on one machine; figures that depend on the machine are ratios or bounds.
The window is a real one on Qt's offscreen platform; the reference is `pycocotools.COCO(file)` in a process of its own.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import psutil

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).parent))

from coco_shape import IMAGES, OBJECTS, write_coco_shape
from stall_meter import StallMeter

REFERENCE = """
import contextlib, io, resource, sys, time
from pycocotools.coco import COCO
began = time.perf_counter()
with contextlib.redirect_stdout(io.StringIO()):
    COCO(sys.argv[1])
print(time.perf_counter() - began, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""
CONDITIONS = {"light": ("day", "dusk", "night"), "weather": ("clear", "rain", "snow", "fog")}


class MemoryWatch(threading.Thread):
    """The peak of the resident memory of this process and its children together, in MiB, above what it began with."""

    def __init__(self):
        super().__init__(daemon=True)
        self._me = psutil.Process()
        self._ended = threading.Event()
        self.base = self._now()
        self.peak = self.child_peak = 0.0

    def run(self):
        while not self._ended.wait(0.02):
            self.peak = max(self.peak, self._now())

    def stop(self):
        self._ended.set()
        self.join()

    def _now(self):
        total = self._me.memory_info().rss
        children = 0
        for child in self._me.children(recursive=True):
            try:
                children = max(children, child.memory_info().rss)
            except psutil.NoSuchProcess:
                continue
        self.child_peak = max(getattr(self, "child_peak", 0.0), children / 2**20)
        return (total + children) / 2**20


def reference(path):
    out = subprocess.run(
        [sys.executable, "-c", REFERENCE, str(path)], capture_output=True, text=True, check=True
    ).stdout.split()
    return float(out[0]), float(out[1])


def wait_for(app, handle):
    """Let the event loop run until an operation ends; return what came of it."""
    from PySide6.QtCore import QEventLoop

    told = {}
    loop = QEventLoop()
    handle.succeeded.connect(lambda result: told.update(result=result))
    handle.failed.connect(lambda error: told.update(error=error))
    handle.cancelled.connect(lambda: told.update(cancelled=time.perf_counter()))
    handle.finished.connect(loop.quit)
    loop.exec()
    if "error" in told:
        raise told["error"]
    return told


def in_the_window(source, folder, ratio_base):
    from PySide6.QtCore import QTimer

    from tailwise.gui.application import make_application
    from tailwise.gui.session import ImportChoice, Session
    from tailwise.gui.settings import Settings

    app = make_application()
    session = Session(settings=Settings(folder / "settings.ini"), parent=app)
    # The window loads these after its first paint; what is measured is the import, not the loading of modules.
    import tailwise.usecases.counts
    import tailwise.usecases.import_source  # noqa: F401

    meter = StallMeter()
    meter.start()
    QTimer.singleShot(1500, app.quit)
    app.exec()
    idle = meter.summary()
    session.opened.connect(app.quit)
    session.create_project(folder / "bench.tailwise")
    app.exec()
    watch = MemoryWatch()
    watch.start()
    meter.start()
    began = time.perf_counter()
    told = wait_for(app, session.import_source(ImportChoice(source)))
    seconds = time.perf_counter() - began
    meter.stop()
    watch.stop()
    stall = meter.summary()

    handle = session.import_source(ImportChoice(source))
    asked = []

    def cancel():
        asked.append(time.perf_counter())
        handle.cancel()

    QTimer.singleShot(int(min(seconds / 3, 2.0) * 1000), cancel)
    cancelled = wait_for(app, handle)["cancelled"]
    session.ready_to_quit.connect(app.quit)
    session.shut_down()
    app.exec()
    return {
        "import_seconds": round(seconds, 2),
        "ratio_to_pycocotools": round(seconds / ratio_base, 3),
        "peak_mib": round(watch.peak),
        "child_peak_mib": round(watch.child_peak),
        "items": told["result"].added,
        "objects": told["result"].annotations,
        "idle_event_loop": idle,
        "import_event_loop": stall,
        "cancel_seconds": round(cancelled - asked[0], 2),
    }


REOPEN = """
import sys, time
began = time.perf_counter()
from pathlib import Path
from tailwise.domain.coverage import CountRequest
from tailwise.ops.progress import SILENT
from tailwise.usecases.counts import count_table
from tailwise.usecases.projects import open_project
imported = time.perf_counter()
project = open_project(Path(sys.argv[1]), read_only=True)
table = count_table(project, CountRequest(), SILENT)
print(imported - began, time.perf_counter() - imported, sum(map(sum, table.counts)))
"""


def reopening(project):
    out = subprocess.run(
        [sys.executable, "-c", REOPEN, str(project)], capture_output=True, text=True, check=True
    ).stdout.split()
    return {"modules_seconds": round(float(out[0]), 2), "first_counts_seconds": round(float(out[1]), 2)}


def slicing(project):
    """Milliseconds of a table by another condition, every unit, after the first table was shown."""
    from tailwise.domain.coverage import CountRequest, Unit
    from tailwise.ops.progress import SILENT
    from tailwise.usecases.counts import count_table
    from tailwise.usecases.projects import open_project

    opened = open_project(project, read_only=True)
    count_table(opened, CountRequest(), SILENT)
    times = {}
    for unit in Unit:
        count_table(opened, CountRequest((), unit), SILENT)
        runs = []
        for axis in [*CONDITIONS, *CONDITIONS]:
            began = time.perf_counter()
            count_table(opened, CountRequest((axis,), unit), SILENT)
            runs.append((time.perf_counter() - began) * 1000)
        times[unit.value] = [round(min(runs), 1), round(max(runs), 1)]
    opened.close()
    return times


def add_conditions(project, source, folder):
    """Join two conditions by a table, as a lead would."""
    import csv

    from tailwise.domain.coverage import ItemFilter
    from tailwise.ops.child import run_here
    from tailwise.ops.progress import SILENT
    from tailwise.usecases.import_source import ImportRequest, import_source
    from tailwise.usecases.items import find_items, item_rows
    from tailwise.usecases.projects import open_project

    opened = open_project(project)
    table = folder / "conditions.csv"
    ids = find_items(opened, ItemFilter(), SILENT)
    with table.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["file_name", *CONDITIONS])
        for number, row in enumerate(item_rows(opened, ids)):
            writer.writerow([row.file_name, *(values[number % len(values)] for values in CONDITIONS.values())])
    import_source(opened, ImportRequest(source, conditions_csv=table), SILENT, run_here)
    opened.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=IMAGES)
    parser.add_argument("--objects", type=int, default=OBJECTS)
    parser.add_argument("--keep", type=Path, help="work in this folder and keep it")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.keep or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        source = folder / "instances_train2017.json"
        if not source.exists():
            write_coco_shape(source, options.images, options.objects)
        project = folder / "bench.tailwise"
        project.unlink(missing_ok=True)
        seconds, peak = reference(source)
        report = {
            "file_mb": round(source.stat().st_size / 1e6, 1),
            "pycocotools_seconds": round(seconds, 2),
            "pycocotools_peak_mib": round(peak),
            **in_the_window(source, folder, seconds),
        }
        add_conditions(project, source, folder)
        report["reopen"] = reopening(project)
        report["reslice_ms_min_max"] = slicing(project)
        report["project_mb"] = round(project.stat().st_size / 1e6, 1)
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
