"""Small sources and projects for tests; everything they do not say is a sensible default."""

from __future__ import annotations

from array import array
from pathlib import Path

from tailwise.domain.findings import Finding, Severity
from tailwise.domain.records import (
    AnnotationKind,
    AxisColumns,
    AxisKind,
    CategoryRecord,
    LabelState,
    MediaState,
    Role,
    SourceData,
    SourceFile,
)
from tailwise.storage import source_tables
from tailwise.storage.project_file import ProjectFile
from tailwise.storage.staging import write_staging
from tailwise.usecases.projects import Project


def a_source(
    labels: dict[str, dict[str, int]],
    *,
    name: str = "set",
    root: str = "/data/set",
    conditions: dict[str, dict[str, str]] | None = None,
    groups: dict[str, dict[str, str]] | None = None,
    splits: dict[str, list[str]] | None = None,
    pool: tuple[str, ...] = (),
    role: Role = Role.LABELS,
    classes: tuple[str, ...] = (),
) -> SourceData:
    """Build a source from `{file: {class: objects}}`; conditions and groups are `{axis: {file: value}}`."""
    data = SourceData(format="coco", name=name, root=root, role=role)
    names = [*classes, *sorted({c for found in labels.values() for c in found} - set(classes))]
    data.categories = [CategoryRecord(n, str(i)) for i, n in enumerate(names)]
    for file, found in labels.items():
        state = LabelState.LABELLED if found else LabelState.EMPTY
        item = data.items.append(file, ext_id=file, size=(100, 80), state=state, media=MediaState.PRESENT, file=0)
        for label, count in found.items():
            for n in range(count):
                data.annotations.append(
                    item, names.index(label), kind=AnnotationKind.BOX, box=(n, n, 10, 20), area=200.0, ext_id=n
                )
    for file in pool:
        data.items.append(file, ext_id=file, size=(100, 80), state=LabelState.UNLABELLED, media=MediaState.PRESENT)
    position = {file: i for i, file in enumerate(data.items.file_name)}
    for kind, axes in ((AxisKind.CONDITION, conditions), (AxisKind.GROUP, groups)):
        for axis_name, by_file in (axes or {}).items():
            values = sorted(set(by_file.values()))
            axis = AxisColumns(axis_name, kind, "test", values)
            for file, value in by_file.items():
                axis.append(position[file], values.index(value))
            data.axes.append(axis)
    data.splits = {n: array("i", [position[f] for f in files]) for n, files in (splits or {}).items()}
    data.files = [SourceFile("annotations.json", 1234)]
    data.findings = [Finding("CO-06", Severity.WARNING, "an id occurs twice", 2, "kept both", ("7", "9"))]
    return data


def store(project: Project, data: SourceData) -> source_tables.SwapOutcome:
    """Put a source into a project the way an import does."""
    staging = project.path.with_name(project.path.name + ".staging-test")
    write_staging(staging, data)
    try:
        with source_tables.swapping(project.file, staging) as db:
            return source_tables.swap_in(db, "test")
    finally:
        source_tables.remove_staging(staging)


def a_project(path: Path, *sources: SourceData) -> Project:
    """Create a project holding the sources."""
    project = Project(ProjectFile.create(path))
    for data in sources:
        store(project, data)
    return project
