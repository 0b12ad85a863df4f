"""Index images as pages and commands of the window do it; runs on a worker thread."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from tailwise.domain.changes import Changes
from tailwise.ops.progress import OpCancelledError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tailwise.domain.index import IndexOutcome
    from tailwise.ops.progress import Progress
    from tailwise.usecases.projects import Project

T = TypeVar("T")


def index_images(project: Project, progress: Progress) -> IndexOutcome:
    """Index the images that are new or changed, in processes that leave a core to the window."""
    from tailwise.domain.index import IndexRequest
    from tailwise.ops.executors import cores_beside_a_window
    from tailwise.usecases.image_index import build_index

    return build_index(project, IndexRequest(workers=cores_beside_a_window()), progress)


def index_first(project: Project, progress: Progress, then: Callable[[], T]) -> T:
    """Index images, then do what needs them.

    Raises:
        OpCancelledError: cancelled; it says that images indexed by then stay indexed.
    """
    done = index_images(project, progress)
    try:
        return then()
    except OpCancelledError as error:
        told = error.kept or ("The images are indexed and stay so." if done.indexed else "")
        raise OpCancelledError(told, error.changes | (done.changes if done.indexed else Changes.NONE)) from None
