"""`kill -9` at random moments of an import: the project opens each time with what it had before, or with all of it."""

import json
import random
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from builders import a_project, a_source
from tailwise.ops.child import run_in_child
from tailwise.ops.progress import SILENT, OpCancelledError, SharedProgress
from tailwise.usecases.import_source import ImportRequest, import_source
from tailwise.usecases.projects import open_project, project_facts

ROUNDS = 20
IMAGES, OBJECTS = 4_000, 40_000

IMPORT_AND_SAY = textwrap.dedent("""
    import sys
    from pathlib import Path
    from tailwise.ops.child import run_here, run_in_child
    from tailwise.ops.progress import SILENT
    from tailwise.usecases.import_source import ImportRequest, import_source
    from tailwise.usecases.projects import open_project
    project = open_project(Path(sys.argv[1]))
    print("begin", flush=True)
    import_source(project, ImportRequest(Path(sys.argv[2])), SILENT, run_in_child if sys.argv[3] == "child" else run_here)
    print("saved", flush=True)
    project.close()
    print("closed", flush=True)
""")


@pytest.fixture(scope="module")
def coco(tmp_path_factory):
    folder = tmp_path_factory.mktemp("source")
    random_state = random.Random(5)
    document = {
        "images": [{"id": i, "file_name": f"{i:06d}.jpg", "width": 640, "height": 480} for i in range(IMAGES)],
        "categories": [{"id": c, "name": f"class {c}"} for c in range(1, 21)],
        "annotations": [
            {
                "id": n,
                "image_id": random_state.randrange(IMAGES),
                "category_id": random_state.randint(1, 20),
                "bbox": [10, 10, 50, 40],
                "area": 2000,
                "iscrowd": 0,
                "segmentation": [[10, 10, 60, 10, 60, 50, 10, 50]],
            }
            for n in range(OBJECTS)
        ],
    }
    path = folder / "instances.json"
    path.write_text(json.dumps(document))
    return path


def start(project: Path, source: Path, where: str) -> subprocess.Popen:
    process = subprocess.Popen(
        [sys.executable, "-c", IMPORT_AND_SAY, str(project), str(source), where], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "begin\n"
    return process


def facts_of(path):
    project = open_project(path)
    facts = project_facts(project, SILENT)
    project.close()
    return facts


@pytest.mark.slow
def test_a_kill_at_any_moment_leaves_what_was_there_before_or_everything(tmp_path, coco):
    path = tmp_path / "p.tailwise"
    a_project(path, a_source({"a.jpg": {"car": 2}})).close()
    before = facts_of(path)
    pristine = path.read_bytes()
    process = start(path, coco, "here")
    began = time.monotonic()
    assert process.stdout.readline() == "saved\n"
    whole = time.monotonic() - began
    process.communicate()
    after = facts_of(path)
    assert after.objects == before.objects + OBJECTS

    survived = 0
    moments = random.Random(11)
    for number in range(ROUNDS):
        path.write_bytes(pristine)
        process = start(path, coco, "child" if number % 4 == 0 else "here")
        time.sleep(moments.uniform(0, whole * 1.05))
        process.send_signal(signal.SIGKILL)
        process.communicate()

        found = facts_of(path)

        assert found.items in {before.items, after.items}
        assert found.objects == (before.objects if found.items == before.items else after.objects)
        assert found.classes == (before.classes if found.items == before.items else after.classes)
        survived += found.items == before.items
        assert not list(tmp_path.glob("*.staging-*"))
    # Most moments lie before the swap; a test in which no kill ever came in time would show nothing.
    assert survived >= ROUNDS // 2


class CancelAfter(SharedProgress):
    """Cancels at the n-th report."""

    def __init__(self, reports):
        super().__init__()
        self.left = reports
        self.seen = 0

    def stage(self, label, total=0):
        self._count()
        super().stage(label, total)

    def advance(self, steps=1):
        self._count()
        super().advance(steps)

    def _count(self):
        self.seen += 1
        self.left -= 1
        if self.left == 0:
            self.cancel()


def test_a_cancel_at_any_report_leaves_the_file_as_it_was(tmp_path, coco):
    from tailwise.ops.child import run_here

    path = tmp_path / "p.tailwise"
    a_project(path, a_source({"a.jpg": {"car": 2}})).close()
    pristine = path.read_bytes()
    counter = CancelAfter(10**9)
    project = open_project(path)
    import_source(project, ImportRequest(coco), counter, run_here)
    project.close()
    reports = counter.seen
    step = max(1, reports // 25)

    for number in range(1, reports + 1, step):
        path.write_bytes(pristine)
        project = open_project(path)
        with pytest.raises(OpCancelledError):
            import_source(project, ImportRequest(coco), CancelAfter(number), run_here)
        project.close()

        assert path.read_bytes()[100:] == pristine[100:]  # the header counts openings
        assert [p.name for p in tmp_path.iterdir()] == ["p.tailwise"]


def test_a_cancelled_child_leaves_no_staging_file(tmp_path, coco):
    path = tmp_path / "p.tailwise"
    project = a_project(path, a_source({"a.jpg": {"car": 2}}))
    progress = CancelAfter(12)

    with pytest.raises(OpCancelledError):
        import_source(project, ImportRequest(coco), progress, run_in_child)

    project.close()
    assert [p.name for p in tmp_path.iterdir()] == ["p.tailwise"]
