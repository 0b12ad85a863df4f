"""Class folders: the name of the folder is the class of every image in it."""

from __future__ import annotations

from array import array
from collections import Counter
from typing import TYPE_CHECKING

from tailwise.domain.errors import RequestError, UnreadableSourceError
from tailwise.domain.findings import FindingLog, Severity
from tailwise.domain.records import AnnotationKind, CategoryRecord, LabelState, MediaState, SourceData, SourceFile
from tailwise.formats.class_folders import POOL, STRUCTURE, find_class_folders, label_like_files
from tailwise.formats.contract import Evidence
from tailwise.formats.folder_findings import report_classes, report_files
from tailwise.formats.image_lists import find_image_lists, names_in, split_names
from tailwise.formats.matching import ImageMatcher
from tailwise.formats.text_encoding import decode
from tailwise.ops.progress import track

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tailwise.formats.class_folders import ClassFolders
    from tailwise.formats.contract import ReadRequest
    from tailwise.formats.listing import Entry, Listing
    from tailwise.ops.progress import Progress

CLASS_LEVEL_KEY, EXTRA_KEY = "class_level", "extra_images"
MAX_LIST_BYTES = 64_000_000


class FolderReader:
    """Reads one label per image; images outside of class folders belong to the pool."""

    key = "folders"
    title = "Class folders"

    def probe(self, listing: Listing) -> Evidence:
        """Fit where sibling folders hold images and nothing else looks like labels; always the last resort."""
        images = listing.images()
        folders = find_class_folders(listing)
        if not images or listing.dropped is not None or not folders.found:
            return Evidence(0, (), ("two or more sibling folders of images",))
        classes = Counter(name for entry in images if (name := _class_of(entry.folder, folders, 1)) is not None)
        found = [f"{len(classes):,} sibling folders hold {sum(classes.values()):,} of {len(images):,} images"]
        if splits := [split for split in folders.bases.values() if split]:
            found.append(f"below folders for {', '.join(splits)}")
        score = round(50 + 30 * sum(classes.values()) / len(images))
        labels = label_like_files(listing)
        if not labels:
            return Evidence(score, tuple(found))
        score = min(score, 30 if len(labels) >= 0.2 * len(images) else 50)
        return Evidence(score, tuple(found), (f"nothing but images: {labels[0].path} may hold labels",))

    def read(self, request: ReadRequest, progress: Progress) -> SourceData:
        """Read the whole source.

        Raises:
            UnreadableSourceError: there are no images in folders.
            QuestionError: a list of images is saved in an encoding that has to be asked for; key `encoding`.
        """
        listing = request.listing
        log = FindingLog()
        folders = find_class_folders(listing)
        data = SourceData(format=self.key, name=request.path.name, root=str(listing.root), role=request.role)
        data.answers = dict(request.answers)
        level = _level(request.answers)
        images = listing.images()
        placed = [(entry, _class_of(entry.folder, folders, level)) for entry in images]
        if not any(name is not None for _, name in placed):
            raise UnreadableSourceError(
                f"There are no class folders below {request.path}",
                "Class folders are folders of images named after their class; open the folder that holds them",
            )
        names = {name for _, name in placed if name is not None} | _empty_classes(listing, folders, level, log)
        for index, name in enumerate(sorted(names)):
            data.categories.append(CategoryRecord(name, ext_id=str(index)))
        progress.stage("Reading class folders", len(placed))
        _add_items(data, placed, folders, (request.answers, log), progress)
        _add_listed_splits(data, request, log)
        report_files(listing, folders, log)
        report_classes(data, folders, level, log)
        data.findings = log.findings()
        return data


def _level(answers: Mapping[str, str]) -> int:
    answer = answers.get(CLASS_LEVEL_KEY, "1")
    if not answer.isdecimal() or not 1 <= int(answer[:3]) <= 9:
        raise RequestError(f"class_level={answer} is not known", "Answer 1 for the first folder, 2 for the one below")
    return int(answer)


def _class_of(folder: str, folders: ClassFolders, level: int) -> str | None:
    """Return the class of the images in a folder; None for images in no class folder."""
    place = folders.place(folder)
    if place is None or len(place[2]) < level or place[2][0].lower() in STRUCTURE | POOL:
        return None
    return place[2][level - 1]


def _empty_classes(listing: Listing, folders: ClassFolders, level: int, log: FindingLog) -> set[str]:
    """Return class folders without any file: their class is known and lacks everything."""
    parts = [folder.split("/") for folder in {entry.folder for entry in listing.entries}]
    filled = {"/".join(folder[:depth]) for folder in parts for depth in range(1, len(folder) + 1)}
    found: set[str] = set()
    for folder in listing.folders:
        place = folders.place(folder)
        if place is None or len(place[2]) != level or folder in filled:
            continue
        name = place[2][-1]
        if name.lower() not in STRUCTURE | POOL:
            found.add(name)
            log.add(
                "IF-02",
                Severity.WARNING,
                "a class folder is empty",
                "kept as a class without images: a gap to plan for; torchvision refuses to load it",
                folder,
            )
    return found


def _add_items(
    data: SourceData,
    placed: list[tuple[Entry, str | None]],
    folders: ClassFolders,
    context: tuple[Mapping[str, str], FindingLog],
    progress: Progress,
) -> None:
    answers, log = context
    extra = answers.get(EXTRA_KEY, "pool")
    if extra not in {"pool", "ignore"}:
        raise RequestError(f"extra_images={extra} is not known", "Answer pool or ignore")
    position = {category.name: index for index, category in enumerate(data.categories)}
    for entry, name in track(placed, progress, 256):
        place = folders.place(entry.folder)
        top = place[2][0].lower() if place is not None and place[2] else ""
        if name is None and top not in POOL and not _keeps_extra(entry, top, extra, log):
            continue
        state = LabelState.UNLABELLED if name is None else LabelState.LABELLED
        item = data.items.append(entry.path, state=state, media=MediaState.PRESENT)
        if name is not None:
            data.annotations.append(item, position[name], kind=AnnotationKind.LABEL)
        if place is not None and place[1]:
            data.splits.setdefault(place[1], array("i")).append(item)


def _keeps_extra(entry: Entry, top: str, extra: str, log: FindingLog) -> bool:
    if top in STRUCTURE:
        log.add("IF-13", Severity.NOTE, "images in folders that are no classes", "left out", entry.path)
        return False
    log.add(
        "IF-12",
        Severity.QUESTION,
        "images outside of the class folders",
        "left out, as answered"
        if extra == "ignore"
        else "added without a label; answer extra_images=ignore to leave out",
        entry.path,
    )
    return extra == "pool"


def _add_listed_splits(data: SourceData, request: ReadRequest, log: FindingLog) -> None:
    """Keep published lists of images as splits; what they list beyond the images here is counted."""
    listing = request.listing
    lists = find_image_lists(listing)
    by_stem = split_names(entry.stem for entry in lists)
    item_of = {path: item for item, path in enumerate(data.items.file_name)}
    matcher = ImageMatcher(listing)
    absent: dict[str, None] = {}
    for entry in lists:
        text, _ = decode(listing.peek(entry.path, MAX_LIST_BYTES), entry.path, request.answers)
        split = by_stem.get(entry.stem, "")
        split = entry.stem if split in data.splits else split
        data.files.append(SourceFile(entry.path, entry.size, split))
        for name, match in matcher.find_all(names_in(text), [entry.folder]).items():
            item = item_of.get(match.path or "")
            if match.level == "ambiguous":
                message = "a list names an image by a name that several images have"
                log.add("IF-14", Severity.WARNING, message, "that line was left out", f"{entry.path}: {name}")
            elif match.path is None:
                absent[name] = None
            elif item is not None and split:
                data.splits.setdefault(split, array("i")).append(item)
        if not split:
            message = "a list of images without a split in its name"
            log.add("IF-15", Severity.NOTE, message, "only used to look for missing images", entry.path)
    if absent:
        log.add(
            "IF-11",
            Severity.WARNING,
            "published lists name images that are not here",
            "left out of the splits",
            next(iter(absent)),
            count=len(absent),
        )
