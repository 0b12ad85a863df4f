"""Index images as pages and commands of the window do it; runs on a worker thread."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tailwise.domain.index import IndexOutcome
    from tailwise.ops.progress import Progress
    from tailwise.usecases.projects import Project


def index_images(project: Project, progress: Progress) -> IndexOutcome:
    """Index the images that are new or changed, in processes that leave a core to the window."""
    from tailwise.domain.index import IndexRequest
    from tailwise.ops.executors import cores_beside_a_window
    from tailwise.usecases.image_index import build_index

    return build_index(project, IndexRequest(workers=cores_beside_a_window()), progress)
