"""COCO: instances with boxes, polygons and masks, in one file or one per split; and predictions in the same shape."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tailwise.domain.errors import RequestError, UnreadableSourceError
from tailwise.domain.findings import FindingLog
from tailwise.domain.records import Role, SourceData
from tailwise.formats.coco_checks import asked_reading, check_boxes, check_sizes
from tailwise.formats.coco_codes import report
from tailwise.formats.coco_items import ItemPlacer, add_extra_images
from tailwise.formats.coco_layout import MAX_PROBED, CocoFile, Kind, choose, find_files, is_of_label_studio
from tailwise.formats.coco_lvis import LvisJoiner
from tailwise.formats.coco_parts import FileParts, FileReader
from tailwise.formats.coco_results import NAMING, PREDICTIONS_KEY, file_at, names_for, with_role
from tailwise.formats.coco_scenes import SceneJoiner
from tailwise.formats.coco_source import ALL_FILES, FILE_KEY, SKIPPED_SHARE, SourceJoiner, extend
from tailwise.formats.contract import Evidence
from tailwise.formats.text_encoding import ENCODING_KEY

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tailwise.formats.coco_annotations import FileColumns
    from tailwise.formats.contract import ReadRequest
    from tailwise.formats.listing import Listing
    from tailwise.ops.progress import Progress

_ANSWERS = {
    "no_annotations": ("empty", "unlabelled"),
    "extra_images": ("pool", "ignore"),
    "placeholder_class": ("keep", "drop"),
    PREDICTIONS_KEY: ("yes", "no"),
}

Read = list[tuple[CocoFile, FileParts]]


class CocoReader:
    """Reads COCO JSON of any size; masks and polygons stay in the file, box and area come along."""

    key = "coco"
    title = "COCO"

    def probe(self, listing: Listing) -> Evidence:
        """Judge by the names of the members in the first bytes of JSON files."""
        files = find_files(listing, MAX_PROBED)
        usable = [file for file in files if file.kind not in {Kind.CAPTIONS, Kind.RESULTS}]
        found = [f"{file.path} ({', '.join(file.sections)})" for file in usable[:3]]
        if len(usable) > 3:
            found.append(f"{len(usable) - 3:,} more files like it")
        others = [file for file in files if file not in usable]
        found += [f"{file.path} ({file.kind.value})" for file in others[:3]]
        if usable:
            is_sure = any({"categories", "annotations"} & set(file.sections) for file in usable)
            lvis = ("COCO itself: this is LVIS, where a missing label means nothing",) if usable[0].is_lvis else ()
            return Evidence(95 if is_sure else 85, tuple(found), lvis)
        missing = ("a JSON file with images, annotations and categories",)
        if any(file.kind is Kind.RESULTS for file in others):
            return Evidence(75, tuple(found), missing)
        return Evidence(40 if others else 0, tuple(found), missing)

    def read(self, request: ReadRequest, progress: Progress) -> SourceData:
        """Read the whole source.

        Raises:
            UnreadableSourceError: there is no COCO file, or one is no JSON; the sentence has line and column.
            QuestionError: keys `encoding`; `file` where two files describe the same; `predictions` and `reference` for
                a list of results.
        """
        _check_answers(request.answers)
        log = FindingLog()
        progress.stage("Looking for annotation files")
        files = _files(request, log)
        if files[0].kind is Kind.RESULTS:
            request = with_role(request, files[0])
        reading = asked_reading(request.answers)
        reader = FileReader(request.listing, request.answers.get(ENCODING_KEY, ""), reading, log, progress)
        read = _read_all(request, files, reader)
        name = request.path.stem if request.listing.dropped else request.path.name
        data = SourceData(self.key, name, str(request.listing.root), request.role, answers=dict(request.answers))
        _settle_role(data, [parts for _, parts in read])
        _tell_records(data, [parts for _, parts in read], log)
        columns = _join(data, request, read, log, progress)
        check_sizes(data, request, log, progress)
        progress.stage("Checking boxes")
        check_boxes(data, columns, reading, log)
        _emit(data, columns)
        data.findings = log.findings()
        return data


def _check_answers(answers: Mapping[str, str]) -> None:
    for key, allowed in _ANSWERS.items():
        if answers.get(key, allowed[0]) not in allowed:
            raise RequestError(f"{key}={answers[key]} is not known", f"Answer {' or '.join(allowed)}")


def _files(request: ReadRequest, log: FindingLog) -> list[CocoFile]:
    """Return the files to read, and name those that are left out."""
    listing = request.listing
    wanted = request.answers.get(FILE_KEY, listing.dropped)
    if wanted not in {None, ALL_FILES}:
        # Whatever it looks like, the user pointed at it: reading it says best what is wrong with it.
        files, left_out = [file_at(listing, str(wanted), FILE_KEY)], list[CocoFile]()
    else:
        files, left_out = choose(find_files(listing), wants_predictions=request.role is Role.PREDICTIONS)
    if not files:
        only = f": {left_out[0].path} holds {left_out[0].kind.value}" if left_out else ""
        raise UnreadableSourceError(
            f"There is no COCO file with images and classes below {request.path.name}{only}",
            "Open the folder or the JSON file of the instances, or choose another format",
        )
    if files[0].kind is Kind.RESULTS:
        left_out = [file for file in left_out if file.kind not in NAMING]
    for file in left_out:
        report(log, "CO-17", f"{file.path} ({file.kind.value})")
    return files


def _read_all(request: ReadRequest, files: Sequence[CocoFile], reader: FileReader) -> Read:
    """Read all files; of several, those that cannot be read are told and the others go on."""
    read: Read = []
    for file in files:
        try:
            if file.kind is Kind.RESULTS:
                read.append((file, reader.read_results(file, names_for(request, file, reader))))
            else:
                read.append((file, reader.read(file)))
                if is_of_label_studio(request.listing, file):
                    report(reader.log, "LS-10", file.path)
        except UnreadableSourceError as error:
            if file is files[-1] and not read:
                raise
            report(reader.log, "CO-24", error.summary)
    return read


def _settle_role(data: SourceData, parts: Sequence[FileParts]) -> None:
    """Take annotations with scores for predictions, unless the user says that they are not."""
    annotated = [part.annotations for part in parts if part.annotations.count]
    answer = data.answers.get(PREDICTIONS_KEY)
    if data.role is Role.LABELS and answer != "no" and annotated and all(part.is_scored for part in annotated):
        data.role = Role.PREDICTIONS


def _tell_records(data: SourceData, parts: Sequence[FileParts], log: FindingLog) -> None:
    """Tell what was found in single records, as far as it matters for the role of the source."""
    is_predicted = data.role is Role.PREDICTIONS
    for part in parts:
        for table in part.tables():
            table.tally.tell(log)
        part.annotations.tell(log, {"CO-07", "CO-08"} if is_predicted else {"CO-22"})


def _join(data: SourceData, request: ReadRequest, read: Read, log: FindingLog, progress: Progress) -> FileColumns:
    """Put the files together and return their annotations; items, classes, splits and axes go to `data`."""
    if data.role is not request.role and PREDICTIONS_KEY not in request.answers:
        report(log, "CO-23", read[0][0].path, sum(parts.annotations.count for _, parts in read))
    placer = ItemPlacer(request.listing, data.items, log)
    joiner, scenes, lvis = SourceJoiner(data, log), SceneJoiner(log), LvisJoiner(data, log)
    placed = placer.place(read, progress)
    progress.stage("Joining files", 2 * len(read))
    for place, ((file, parts), items) in enumerate(zip(read, placed, strict=True)):
        joiner.add_file(file, parts, items)
        progress.advance()
        scenes.add_file(file, parts, items, joiner.images[place])
        lvis.add_file(file, parts, items)
        progress.advance()
    joiner.finish(request.answers, placer.shared, federated=any(parts.is_lvis for _, parts in read))
    data.axes = scenes.axes()
    if data.role is not Role.PREDICTIONS:
        lvis.finish(joiner.columns)
    if data.role is not Role.PREDICTIONS and request.answers.get("extra_images") != "ignore":
        is_single = request.listing.dropped is not None or request.answers.get(FILE_KEY, ALL_FILES) != ALL_FILES
        add_extra_images(request.listing, data.items, log, is_single=is_single)
    if joiner.skipped > SKIPPED_SHARE * joiner.records:
        report(log, "IMP-20", f"{joiner.skipped:,} of {joiner.records:,} records", joiner.skipped)
    return joiner.columns


def _emit(data: SourceData, columns: FileColumns) -> None:
    target = data.annotations
    extend(target.item, columns.image.astype(np.int32))
    extend(target.category, columns.category.astype(np.int32))
    extend(target.kind, columns.kind)
    extend(target.flags, columns.flags)
    for place, column in enumerate((target.x, target.y, target.width, target.height)):
        extend(column, columns.box[:, place])
    extend(target.area, columns.area)
    extend(target.ext_id, columns.id)
    if data.role is Role.PREDICTIONS:
        extend(target.score, columns.score)
