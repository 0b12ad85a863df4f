"""What the duplicates page shows, loaded in one operation, and what it says while there is nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tailwise.domain.duplicates import DEFAULT_THRESHOLD, DuplicateReport, DuplicateRequest
from tailwise.gui.texts import counted

if TYPE_CHECKING:
    from tailwise.domain.duplicates import DuplicateCluster
    from tailwise.domain.index import IndexState
    from tailwise.ops.progress import Progress
    from tailwise.usecases.projects import Project


ABOUT_INDEXING = (
    "Indexing looks at every image once. It can be cancelled at any time and goes on where it was; nothing is written "
    "into the dataset."
)
NO_PICTURES_TITLE = "None of the pictures is on this computer"
NO_PICTURES = (
    "Pictures are compared here. Put them where the dataset says they are, then import it again on the Data page."
)
OUTDATED_TITLE = "The index was made by an earlier version"


def outdated_text(state: IndexState) -> str:
    """Return what to do about an index that nothing can be compared with any more, and what that takes and keeps."""
    images = counted(state.outdated, "image is", "images are")
    return (
        f"{images} looked at once more, which takes as long as the first time. It can be cancelled and goes on where "
        "it was. Decisions, marks and verdicts stay."
    )


@dataclass(frozen=True, slots=True)
class DuplicatesView:
    """What the page shows. `applied` is the threshold that counts and splits use; `has_splits`: leaks are possible."""

    state: IndexState
    report: DuplicateReport
    names: dict[int, str]
    applied: float | None
    has_splits: bool

    @property
    def is_searched(self) -> bool:
        """Whether look-alikes were searched; before that only files that are the same byte for byte are known."""
        return self.applied is not None

    def between(self, splits: tuple[str, str] | None) -> tuple[DuplicateCluster, ...]:
        """Return the clusters that lie in both splits of a pair, all of them without a pair."""
        if splits is None:
            return self.report.clusters
        return tuple(one for one in self.report.clusters if set(splits) <= set(one.splits))


def load(project: Project, progress: Progress, threshold: float | None, bursts: bool) -> DuplicatesView:
    """Form the clusters from stored pairs; runs on a worker thread. No threshold means the one in use."""
    from tailwise.usecases.duplicate_review import file_names
    from tailwise.usecases.image_index import index_state
    from tailwise.usecases.near_duplicates import applied_threshold, duplicate_report

    progress.stage("Forming clusters")
    applied = applied_threshold(project)
    wanted = threshold if threshold is not None else applied if applied is not None else DEFAULT_THRESHOLD
    report = duplicate_report(project, DuplicateRequest(wanted, bursts=bursts))
    names = file_names(project, [item for one in report.clusters for item in one.items])
    return DuplicatesView(index_state(project), report, names, applied, len(project.cube().split_sizes()) > 1)


def nothing_texts(state: IndexState, *, is_searched: bool = False) -> tuple[str, str, str]:
    """Return title, sentence and button of the page while there are no clusters to show."""
    if not state.images:
        return "No images yet", "Import a dataset on the Data page.", "Go to Data"
    if not state.has_pictures:
        return NO_PICTURES_TITLE, NO_PICTURES, "Go to Data"
    if state.outdated and not state.indexed:
        return OUTDATED_TITLE, outdated_text(state), "Index again"
    if not state.indexed:
        return "The images are not indexed yet", ABOUT_INDEXING, "Index images"
    of_all = "" if state.is_whole else f" of {state.images:,}"
    indexed = f"{state.indexed:,}{of_all} {'image is' if state.images == 1 else 'images are'}"
    if is_searched:
        return (
            "No image looks like another",
            f"{indexed} indexed, and no two are close enough to be laid over each other.",
            "Search again",
        )
    return (
        "Not searched yet",
        f"{indexed} indexed. Images that look alike are laid over each other to be sure.",
        "Find duplicates",
    )
