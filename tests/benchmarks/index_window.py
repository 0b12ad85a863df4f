"""Stalls of the event loop: 100,000 tiles scrolled from end to end, and a real set indexed from the open window."""

import os
import time
from pathlib import Path

from index_costs import SOURCES, photos


def gui_meter():
    """Return a stall meter that also knows how much of each gap this thread, and this process, was computing.

    On a busy machine a gap is mostly waiting for a core. `held`: the longest gap in which the window's process computed
    for at least half of the time, so that something in it kept the event loop waiting.
    """
    from stall_meter import StallMeter

    class Meter(StallMeter):
        def start(self):
            self.own, self.process = [], []
            self._cpu = time.thread_time(), time.process_time()
            super().start()

        def _tick(self):
            now = time.thread_time(), time.process_time()
            self.own.append((now[0] - self._cpu[0]) * 1000)
            self.process.append((now[1] - self._cpu[1]) * 1000)
            self._cpu = now
            super()._tick()

        def summary(self):
            held = [gap for gap, busy in zip(self.gaps, self.process, strict=True) if busy >= gap / 2]
            return super().summary() | {
                "own_max_ms": round(max(self.own, default=0), 1),
                "held_max_ms": round(max(held, default=0), 1),
                "held_over_100": sum(gap > 100 for gap in held),
            }

    return Meter()


def scrolling(data, folder):
    """100,000 tiles scrolled from end to end: the longest stall of the event loop."""
    from PySide6.QtTest import QTest
    from PySide6.QtWidgets import QApplication

    from builders import a_project, a_source
    from tailwise.gui.models.item_grid import ItemGridModel
    from tailwise.gui.session import Session
    from tailwise.gui.settings import Settings
    from tailwise.gui.widgets.item_grid import ItemGridView
    from tailwise.gui.widgets.thumb_loader import ThumbLoader

    application = QApplication.instance() or QApplication([])
    files = photos(data, "trashnet_folders", 500)
    root = folder / "many"
    root.mkdir()
    pool = [f"{at:06}.jpg" for at in range(100_000)]
    for at, name in enumerate(pool[:3000]):
        (root / name).write_bytes(Path(files[at % len(files)]).read_bytes())
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
    idle = idle_summary(meter)
    meter.start()
    model.set_ids(ids)
    bar = grid.verticalScrollBar()
    for step in range(120):
        bar.setValue(bar.maximum() * step // 119)
        QTest.qWait(15)
    QTest.qWait(300)
    meter.stop()
    session.shut_down()
    QTest.qWait(300)
    grid.deleteLater()
    application.processEvents()
    return {"idle": idle, "scroll_100k": meter.summary()}


def indexing(data, folder):
    """The whole window with its Duplicates page open while it indexes a real set: stalls and peak memory."""
    import psutil
    from PySide6.QtTest import QTest
    from PySide6.QtWidgets import QApplication

    from tailwise.gui.main_window import MainWindow
    from tailwise.gui.project_commands import ProjectCommands
    from tailwise.gui.session import Session
    from tailwise.gui.settings import Settings
    from tailwise.ops.child import run_here
    from tailwise.ops.progress import SILENT
    from tailwise.usecases.import_source import ImportRequest, import_source
    from tailwise.usecases.projects import create_project

    application = QApplication.instance() or QApplication([])
    result = {"load_of_the_machine": os.getloadavg()[0]}
    for name in ("trashnet", "bccd"):
        path = folder / f"{name}.tailwise"
        project = create_project(path)
        import_source(project, ImportRequest(data / SOURCES[name][0], SOURCES[name][1]), SILENT, run_here)
        project.close()
        session = Session(settings=Settings(folder / "settings.ini"))
        window = MainWindow(session, folder / "log.txt")
        window.resize(1400, 900)
        window.show()
        session.open_project(path)
        while session.project is None:
            QTest.qWait(20)
        window.pages.go("duplicates")
        while window.pages.current_page is None:  # its modules are loaded; what is measured is the window at work
            QTest.qWait(20)
        QTest.qWait(2000)
        meter, process, peak = gui_meter(), psutil.Process(), 0
        idle = idle_summary(meter)
        began = time.perf_counter()
        meter.start()
        ProjectCommands(session, window).index_images()
        QTest.qWait(200)
        while not session.runner.is_idle:
            QTest.qWait(50)
            sizes = [p.memory_info().rss for p in (process, *process.children(recursive=True)) if p.is_running()]
            peak = max(peak, sum(sizes))
        QTest.qWait(1000)
        meter.stop()
        seconds = round(time.perf_counter() - began, 1)
        result[name] = {"idle": idle, "seconds": seconds, **meter.summary(), "peak_mib": round(peak / 2**20)}
        session.shut_down()
        QTest.qWait(500)
        window.deleteLater()
        application.processEvents()
    return result


def idle_summary(meter):
    """Return what the meter shows when nothing is done."""
    from PySide6.QtTest import QTest

    meter.start()
    QTest.qWait(1500)
    meter.stop()
    return meter.summary()
