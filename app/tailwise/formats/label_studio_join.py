"""Tasks of Label Studio put together to a source: names, whose labels count, conditions, people and seconds."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from tailwise.domain.errors import RequestError
from tailwise.domain.records import AnnotationFlag, AxisKind, LabelState, Role
from tailwise.formats.class_questions import class_questions
from tailwise.formats.label_studio_names import name_of
from tailwise.formats.label_studio_regions import UNLABELLED_REGION
from tailwise.formats.lead_times import LeadGatherer
from tailwise.formats.matching import ImageMatcher
from tailwise.formats.people import Pseudonyms
from tailwise.formats.text_spans import Counted, counted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tailwise.formats.gathering import Gathering
    from tailwise.formats.label_studio_names import TaskName
    from tailwise.formats.label_studio_regions import Answer, Drawn, Region
    from tailwise.formats.label_studio_tasks import Submission, Task
    from tailwise.ops.progress import Progress

ANSWERS = {"no_annotations": ("empty", "unlabelled"), "old_times": ("leave out", "use")}
MODEL_KEY = "model"
_LONG_S = 3600
_ORIGIN = "Label Studio"


class TaskJoiner:
    """Takes the tasks of all files, and turns them into items, annotations and axes once all of them are known."""

    def __init__(self, gathering: Gathering) -> None:
        self.gathering = gathering
        self.takes_predictions = gathering.data.role is Role.PREDICTIONS
        self._people = Pseudonyms()
        self._lead = LeadGatherer("lead_time of Label Studio")
        self._tasks: list[tuple[str, Task, int]] = []
        self._class_questions: set[str] = set()

    def add(self, tasks: Iterable[tuple[str, Task]], file: int) -> None:
        """Take tasks, each with its place, that come from a file at a position."""
        self._tasks += [(place, task, file) for place, task in tasks]

    def settle(self, progress: Progress) -> None:
        """Put everything into the source.

        Raises:
            QuestionError: several questions could name the class; key `label`.
        """
        gathering = self.gathering
        progress.stage("Joining tasks", len(self._tasks))
        model = self._model()
        self._class_questions = self._questions_of_class(model)
        names = self._names()
        for (place, task, file), name in zip(self._tasks, names, strict=True):
            size = next((drawn.size for drawn in _drawn(task) if drawn.size[0]), (0, 0))
            item = gathering.item(name.name, size=size, ext_id=task.ext_id, file=file, text=name.text)
            if self.takes_predictions:
                self._add_predictions(item, task, model, name, place)
            else:
                self._add_labels(item, task, name, place)
            progress.advance()
        gathering.data.lead = self._lead.columns()
        if self._people.is_named:
            gathering.report("LS-19", _ORIGIN)
        gathering.finish(progress)

    # Names

    def _names(self) -> list[TaskName]:
        """Return what every task is about; uploads under the name they had, unless two of them had the same."""
        names = [name_of(task.data, task.ext_id) for _, task, _ in self._tasks]
        originals = Counter(name.plain for name in {name.name: name for name in names}.values())
        matcher = ImageMatcher(self.gathering.request.listing)
        return [
            name._replace(name=name.plain)
            if name.plain and originals[name.plain] == 1 and matcher.find(name.name).path is None
            else name
            for name in names
        ]

    # Labels

    def _add_labels(self, item: int, task: Task, name: TaskName, place: str) -> None:
        gathering = self.gathering
        for code, count in (("LS-04", task.bare), ("LS-17", len(task.predictions)), ("LS-18", task.drafts)):
            if count:
                gathering.report(code, place)
        handed_in = [(submission, self._people.of(submission.person)) for submission in task.submissions]
        for submission, person in handed_in:
            self._add_time(item, submission, person, place)
            gathering.axis("annotator", AxisKind.CONDITION, f"{_ORIGIN}, under pseudonyms").put(item, person)
        done = [entry for entry in handed_in if not entry[0].is_cancelled]
        if handed_in and not done:
            gathering.raise_state(item, LabelState.SKIPPED)
            gathering.report("LS-28", place)
        if not done:
            return
        self._compare(item, done, place)
        chosen = max(done, key=lambda entry: (entry[0].is_gold, entry[0].when))[0]
        if chosen.review:
            gathering.axis("review", AxisKind.CONDITION, _ORIGIN).put(item, chosen.review)
        self._add_drawn(item, chosen.drawn, name, place)
        answer = gathering.request.answers.get("no_annotations")
        if not chosen.is_empty or answer != "unlabelled":
            gathering.raise_state(item, LabelState.EMPTY)  # stays labelled where there is something
        if chosen.is_empty and answer is None:
            gathering.report("LS-06", place)

    def _compare(self, item: int, done: list[tuple[Submission, str]], place: str) -> None:
        """Tell of tasks that were labelled more than once, and whether those who did agree."""
        gathering = self.gathering
        by_person = Counter(person for _, person in done if person)
        if any(count > 1 for count in by_person.values()):
            gathering.report("LS-05", place)
        if len(by_person) < 2:
            return
        gathering.report("LS-16", place)
        latest = {person: submission for submission, person in sorted(done, key=lambda entry: entry[0].when)}
        said = {tuple(sorted(self._classes(submission.drawn))) for submission in latest.values()}
        value = "same classes" if len(said) == 1 else "different classes"
        gathering.axis("agreement", AxisKind.CONDITION, f"{_ORIGIN}, compared here").put(item, value)

    def _classes(self, drawn: Drawn) -> list[str]:
        found = [label for region in drawn.regions for label in region.labels or [UNLABELLED_REGION]]
        return found + [answer.value for answer in drawn.answers if self._is_class(answer)]

    def _add_time(self, item: int, submission: Submission, person: str, place: str) -> None:
        gathering = self.gathering
        if submission.seconds is None:
            gathering.report("LS-02", place)
            return
        if not submission.is_reliable and gathering.request.answers.get("old_times") != "use":
            gathering.report("LS-01", place)
            return
        if submission.seconds > _LONG_S:
            gathering.report("LS-03", f"{place}: {submission.seconds:,.0f} seconds")
        self._lead.add(item, person, submission.seconds)

    # Predictions

    def _model(self) -> str:
        """Return the version of the model that is read: the one that is asked for, else the one that came last."""
        if not self.takes_predictions:
            return ""
        last: dict[str, str] = {}
        for _, task, _ in self._tasks:
            for prediction in task.predictions:
                last[prediction.model] = max(last.get(prediction.model, ""), prediction.when)
        answer = self.gathering.request.answers.get(MODEL_KEY)
        if answer is not None and answer not in last:
            raise RequestError(f"model={answer} is not in the export", f"Answer one of {', '.join(sorted(last))}")
        if len(last) > 1 and answer is None:
            examples = (f"{model}: last on {when[:10] or 'an unknown day'}" for model, when in sorted(last.items()))
            self.gathering.report_all("LS-24", len(last), examples)
        return answer or max(last, key=lambda model: (last[model], model), default="")

    def _add_predictions(self, item: int, task: Task, model: str, name: TaskName, place: str) -> None:
        if task.bare:
            self.gathering.report("LS-04", place)
        for prediction in task.predictions:
            if prediction.model == model:
                self._add_drawn(item, prediction.drawn, name, place)

    # What is drawn and answered

    def _add_drawn(self, item: int, drawn: Drawn, name: TaskName, place: str) -> None:
        gathering = self.gathering
        for kind in drawn.ignored:
            gathering.report("LS-20", f"{place}: {kind}")
        for region in drawn.regions:
            gathering.records += 1
            for code in [*region.codes, *_doubts(region, name.text)]:
                gathering.report(code, f"{place}: {', '.join(region.labels) or 'no label'}")
            for label in region.labels or [UNLABELLED_REGION]:
                gathering.annotate(item, gathering.category(label), region.shape)
        for answer in drawn.answers:
            if self._is_class(answer):
                above = answer.value.rpartition("/")[0]
                gathering.annotate(item, gathering.category(answer.value, supercategory=above))
            else:
                gathering.axis(answer.question, AxisKind.CONDITION, f"{_ORIGIN} question").put(item, answer.value)

    def _is_class(self, answer: Answer) -> bool:
        return answer.is_global and answer.question in self._class_questions

    def _questions_of_class(self, model: str) -> set[str]:
        """Return the questions whose answers are classes: where things are drawn, answers only describe the scene."""
        asked: Counter[str] = Counter()
        has_regions = False
        for _, task, _ in self._tasks:
            for drawn in _drawn(task, model):
                has_regions = has_regions or bool(drawn.regions)
                asked.update({answer.question for answer in drawn.answers if answer.is_global})
        return class_questions(asked, self.gathering.request.answers, has_objects=has_regions)


def _doubts(region: Region, text: str) -> list[str]:
    """Return the codes of what is odd about a region beside its shape; `text` is that of the task."""
    codes = [] if region.labels else ["LS-11"]
    if region.shape.flags & AnnotationFlag.AUTOMATIC:
        codes.append("LS-25")
    if region.span is not None and text:
        how = counted(text, *region.span)
        codes += {Counted.CHARACTERS: [], Counted.UTF16: ["LS-09"], Counted.NEITHER: ["LS-09b"]}[how]
    return codes


def _drawn(task: Task, model: str | None = None) -> list[Drawn]:
    found = [submission.drawn for submission in task.submissions if not model]
    return found + [prediction.drawn for prediction in task.predictions if model is None or prediction.model == model]
