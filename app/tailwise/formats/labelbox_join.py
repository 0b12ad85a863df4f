"""Data rows of Labelbox put together to a source: names, whose label counts, conditions, people and seconds."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from tailwise.domain.records import AnnotationKind, AxisKind, LabelState
from tailwise.formats.addresses import path_in
from tailwise.formats.class_questions import class_questions
from tailwise.formats.lead_times import LeadGatherer
from tailwise.formats.matching import ImageMatcher
from tailwise.formats.paths import is_anchored, last_part
from tailwise.formats.people import Pseudonyms

if TYPE_CHECKING:
    from tailwise.formats.gathering import Gathering
    from tailwise.formats.labelbox_rows import Label, Row
    from tailwise.ops.progress import Progress

_ORIGIN = "Labelbox"
_NEW_TIME, _OLD_TIME = "seconds_to_create of Labelbox", "Seconds to Label of Labelbox, review included"
_ASTRAL = "\U00010000"


class RowJoiner:
    """Takes data rows, and turns them into items, annotations and axes once all of them are known."""

    def __init__(self, gathering: Gathering) -> None:
        self.gathering = gathering
        self.rows: list[tuple[Row, str, int]] = []
        self._people = Pseudonyms()
        self._questions: set[str] = set()

    def add(self, row: Row, place: str, file: int) -> None:
        """Take a row, its place, and the position of its file."""
        self.rows.append((row, place, file))

    def settle(self, progress: Progress) -> None:
        """Put everything into the source.

        Raises:
            QuestionError: several questions could name the class; key `label`.
        """
        gathering = self.gathering
        labels = [label for row, _, _ in self.rows for label in row.labels]
        asked = Counter(question for label in labels for question, _ in label.answers)
        has_objects = any(label.classes for label in labels)
        self._questions = class_questions(asked, gathering.request.answers, has_objects=has_objects)
        is_old = [row.is_old for row, _, _ in self.rows]
        lead = LeadGatherer(_OLD_TIME if any(is_old) else _NEW_TIME)
        matcher = ImageMatcher(gathering.request.listing)
        progress.stage("Joining data rows", len(self.rows))
        for row, place, file in self.rows:
            name = f"row {row.ext_id}" if row.text else self._name(row, matcher, place)
            item = gathering.item(name, size=row.size, ext_id=row.ext_id, file=file, text=row.text)
            for fact, value in row.facts:
                if fact:
                    gathering.axis(fact, AxisKind.CONDITION, _ORIGIN).put(item, value)
            self._add_labels(item, row, lead, place)
            progress.advance()
        gathering.data.lead = lead.columns()
        self._report_whole(labels, is_old)
        gathering.finish(progress)

    def _name(self, row: Row, matcher: ImageMatcher, place: str) -> str:
        """Return the name of the image: global key, external id or end of the address, the first that is on disk."""
        key, external = row.names
        if "?" in row.address and "://" in row.address:
            self.gathering.report("LB-01", place)
        if external and is_anchored(external):
            self.gathering.report("LB-09", place)
        if external and (is_anchored(external) or "\\" in external):
            external = last_part(external)
        names = [name for name in (key, external, path_in(row.address)) if name]
        for number, name in enumerate(names):
            if matcher.find(name).path is not None:
                if number and key:
                    self.gathering.report("LB-02", f"{place}: {last_part(name)}")
                return name
        with_suffix = [name for name in names if "." in last_part(name)]
        return (with_suffix or names or [f"row {row.ext_id}"])[0]

    def _add_labels(self, item: int, row: Row, lead: LeadGatherer, place: str) -> None:
        gathering = self.gathering
        done: list[tuple[Label, str]] = []
        for label in row.labels:
            person = self._people.of(label.person)
            gathering.axis("annotator", AxisKind.CONDITION, f"{_ORIGIN}, under pseudonyms").put(item, person)
            if label.seconds is not None:
                lead.add(item, person, label.seconds)
            if not label.is_skipped:
                done.append((label, person))
        if row.labels and not done:
            gathering.raise_state(item, LabelState.SKIPPED)
            gathering.report("LB-15", place)
        if not done:
            return
        self._compare(item, done, place)
        self._add_label(item, max(done, key=lambda entry: entry[0].when)[0], row, place)

    def _compare(self, item: int, done: list[tuple[Label, str]], place: str) -> None:
        if len({person for _, person in done if person}) < 2:
            return
        self.gathering.report("LB-14", place)
        said = {tuple(sorted([*(name for name, _ in label.classes), *self._classes(label)])) for label, _ in done}
        value = "same classes" if len(said) == 1 else "different classes"
        self.gathering.axis("agreement", AxisKind.CONDITION, f"{_ORIGIN}, compared here").put(item, value)

    def _classes(self, label: Label) -> list[str]:
        return [value for question, value in label.answers if question in self._questions]

    def _add_label(self, item: int, label: Label, row: Row, place: str) -> None:
        gathering = self.gathering
        for code in label.codes:
            gathering.records += 1
            (gathering.skip if code == "LB-12" else gathering.report)(code, place)
        if label.review:
            gathering.axis("review", AxisKind.CONDITION, _ORIGIN).put(item, label.review)
        for name, shape in label.classes:
            gathering.records += 1
            gathering.annotate(item, gathering.category(name), shape)
        for name in self._classes(label):
            gathering.annotate(item, gathering.category(name))
        for question, value in [*label.details, *label.answers]:
            if question not in self._questions:
                gathering.axis(question, AxisKind.CONDITION, f"{_ORIGIN} question").put(item, value)
        if (
            any(shape.kind is AnnotationKind.SPAN for _, shape in label.classes)
            and max(row.text, default="") >= _ASTRAL
        ):
            gathering.report("LB-08", place)
        self._settle_empty(item, label, row, place)

    def _settle_empty(self, item: int, label: Label, row: Row, place: str) -> None:
        gathering = self.gathering
        answer = gathering.request.answers.get("no_annotations")
        if label.has_content:
            gathering.raise_state(item, LabelState.EMPTY)  # stays labelled where there is something
        elif not row.is_to_label and not label.codes:
            if answer != "unlabelled":
                gathering.raise_state(item, LabelState.EMPTY)
            if answer is None:
                gathering.report("LB-06", place)

    def _report_whole(self, labels: list[Label], is_old: list[bool]) -> None:
        """Report what holds for the export as a whole."""
        gathering = self.gathering
        if labels and not any(label.seconds is not None for label in labels):
            gathering.report("LB-03", "performance_details: no times")
        if labels and not any(label.person for label in labels):
            gathering.report("LB-03", "label_details: no people")
        if any(is_old) and not all(is_old):
            gathering.report("LB-07", f"{sum(is_old):,} old and {len(is_old) - sum(is_old):,} present rows")
        if any(is_old) and len(gathering.data.lead.item):
            gathering.report("LB-16", f"{len(gathering.data.lead.item):,} rows")
        if self._people.is_named:
            gathering.report("LB-13", _ORIGIN)
