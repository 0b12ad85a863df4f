"""What every package that leaves the program says of the project it came from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tailwise import __version__
from tailwise.domain.exports import PackageInfo
from tailwise.exports.package import dataset_fingerprint
from tailwise.storage import plan_tables
from tailwise.usecases.projects import project_facts

if TYPE_CHECKING:
    from tailwise.ops.progress import Progress
    from tailwise.usecases.projects import Project


def package_info(project: Project, created_utc: str | None, progress: Progress) -> PackageInfo:
    """Return who made a package, when, and from how much data; of no plan in particular.

    Args:
        project: where the data comes from; its path is not told, only its name.
        created_utc: for reproducible bytes; None for the present time.
        progress: of the counting.
    """
    facts = project_facts(project, progress)
    columns = project.columns
    with project.file.reading() as db:
        files = plan_tables.all_item_names(db)
    keys = (columns.source_names[source] for source in columns.source.tolist())
    return PackageInfo(
        created_utc=created_utc or plan_tables.utc_now(),
        project=project.path.stem,
        version=__version__,
        items=facts.items,
        annotations=facts.objects,
        classes=len(facts.classes),
        dataset_fingerprint=dataset_fingerprint((f"{k}/{f}", 0, "") for k, f in zip(keys, files, strict=True)),
    )
