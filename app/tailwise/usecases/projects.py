"""Open and close projects, and say what is in them."""

from __future__ import annotations

import platform
import threading
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING

from tailwise import __version__
from tailwise.domain.coverage import ProjectFacts, SourceFacts, Unit
from tailwise.domain.records import LabelState, MediaState
from tailwise.storage import plan_tables, source_tables
from tailwise.storage.columns import ProjectColumns, load_columns
from tailwise.storage.project_file import ProjectFile
from tailwise.usecases.lead_times import lead_summaries
from tailwise.usecases.slices import ProjectCube, build_cube

if TYPE_CHECKING:
    from pathlib import Path

    from tailwise.ops.progress import Progress
    from tailwise.storage.plan_tables import JournalEntry
    from tailwise.storage.source_tables import SourceFinding


class Project:
    """One open project: the file and its columns, loaded once per data version. Safe to use from any thread."""

    def __init__(self, file: ProjectFile) -> None:
        self.file = file
        self._lock = threading.Lock()
        self._cube: ProjectCube | None = None
        self._cube_key: tuple[int, int] | None = None

    @property
    def path(self) -> Path:
        """Where the project file is."""
        return self.file.path

    @property
    def read_only(self) -> bool:
        """Whether nothing can be changed."""
        return self.file.read_only

    def close(self) -> None:
        """Stop running queries and close the file."""
        self.file.interrupt()
        self.file.close()

    def cube(self) -> ProjectCube:
        """Return the count cube of the present data, building it when data or the active split changed."""
        with self._lock, self.file.reading() as db:
            active = next((s for s in plan_tables.list_splits(db) if s.is_active), None)
            key = (source_tables.data_version(db), active.id if active else 0)
            if self._cube is None or self._cube_key != key:
                self._cube = build_cube(load_columns(db, key[0]), active)
                self._cube_key = key
            return self._cube

    @property
    def columns(self) -> ProjectColumns:
        """The stored columns behind the cube."""
        return self.cube().columns


@dataclass(frozen=True, slots=True)
class Versions:
    """What a stored result was made with."""

    program: str
    python: str
    numpy: str
    scipy: str

    def as_json(self) -> dict[str, str]:
        """Return the versions as the journal stores them."""
        return {"tailwise": self.program, "python": self.python, "numpy": self.numpy, "scipy": self.scipy}


def versions() -> Versions:
    """Return the versions that influence results."""
    return Versions(__version__, platform.python_version(), version("numpy"), version("scipy"))


def create_project(path: Path) -> Project:
    """Make an empty project file; the suffix `.tailwise` is added where it is missing."""
    if path.suffix != ".tailwise":
        path = path.with_name(path.name + ".tailwise")
    return Project(ProjectFile.create(path))


def open_project(path: Path, *, read_only: bool = False) -> Project:
    """Open a project file."""
    return Project(ProjectFile.open(path, read_only=read_only))


def save_copy(project: Project, to: Path, progress: Progress) -> None:
    """Write a consistent copy of the project to `to`."""
    progress.stage("Copying the project")
    project.file.copy_to(to)


def project_facts(project: Project, progress: Progress) -> ProjectFacts:
    """Count what is in the project."""
    progress.stage("Counting")
    cube = project.cube()
    columns = cube.columns
    is_item = cube.counted
    state = columns.state[is_item]
    with project.file.reading() as db:
        sources = source_tables.list_sources(db)
        findings = len(source_tables.list_findings(db))
        plans = len(plan_tables.list_plans(db))
    annotated = cube.annotations_per_source()
    lead = {summary.source: summary for summary in lead_summaries(project)}
    facts = tuple(
        SourceFacts(
            name=s.name,
            format=s.format,
            role=s.role,
            root=s.root,
            imported_utc=s.imported_utc,
            items=int((columns.source == i).sum()),
            annotations=annotated[i],
            missing_files=int(((columns.source == i) & (columns.media == MediaState.MISSING)).sum()),
            lead=lead.get(s.name),
        )
        for i, s in enumerate(sources)
    )
    rows = cube.class_rows()
    return ProjectFacts(
        path=str(project.path),
        items=int(is_item.sum()),
        images=int(is_item.sum()),
        labelled=int((state == LabelState.LABELLED).sum()),
        empty=int((state == LabelState.EMPTY).sum()),
        unlabelled=int((state == LabelState.UNLABELLED).sum()),
        missing_files=int((columns.media[is_item] == MediaState.MISSING).sum()),
        objects=int(cube.cube.totals(Unit.OBJECTS, is_item).sum()),
        pixels=int(cube.cube.totals(Unit.PIXELS, is_item).sum()),
        classes=rows,
        sources=facts,
        axes=cube.axis_facts(),
        splits=cube.split_sizes(),
        findings=findings,
        plans=plans,
        has_boxes=cube.has_boxes,
    )


def list_findings(project: Project, source: str | None = None) -> tuple[SourceFinding, ...]:
    """Return the data findings of all sources or of one."""
    with project.file.reading() as db:
        return tuple(source_tables.list_findings(db, source))


def journal(project: Project) -> tuple[JournalEntry, ...]:
    """Return what was done to this project, newest first."""
    with project.file.reading() as db:
        return tuple(plan_tables.list_journal(db))


def load_draft(project: Project, key: str) -> str:
    """Return a text saved with the project (a request being edited, a remembered view), empty if none."""
    with project.file.reading() as db:
        return plan_tables.load_fact(db, f"draft:{key}")


def save_draft(project: Project, key: str, text: str) -> None:
    """Save a text with the project."""
    with project.file.writing() as db:
        plan_tables.save_fact(db, f"draft:{key}", text)
