"""What the columns of a table mean: told by the user, else by their names and values where that is unmistakable."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tailwise.domain.errors import Choice, Question, QuestionError, RequestError
from tailwise.domain.records import Role
from tailwise.formats.csv_table import plain_name
from tailwise.formats.csv_texts import find_id_column, find_text_column
from tailwise.formats.csv_votes import find_vote_columns
from tailwise.formats.image_lists import folder_split, image_name
from tailwise.formats.table_files import span_classes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tailwise.formats.csv_table import Table
    from tailwise.formats.matching import NameMatcher

ROW_NUMBER = "#row"
NONE = "none"

_SINGLE = ("file_name", "text", "item_id", "label", "labels", "spans", "annotator", "split", "width", "height", "score")
_LISTS = ("group", "condition", "ignore", "one_hot", "votes", "box")
BOX_FORMS = {"xyxy": "left, top, right, bottom", "xywh": "left, top, width, height", "cxcywh": "centre, width, height"}

_FILE_HEADERS = frozenset("filename file image imagename imagefile imagepath img imgname path filepath imageid".split())  # noqa: SIM905
_LABEL_HEADERS = frozenset("class label category classname categoryname labelname target classlabel".split())  # noqa: SIM905
_SPLIT_HEADERS = frozenset("split subset set partition datasplit phase".split())  # noqa: SIM905
_SEVERAL_HEADERS = frozenset("labels tags categories classes topics label".split())  # noqa: SIM905
_SPAN_HEADERS = frozenset("entities spans label ner".split())  # noqa: SIM905
_ANNOTATOR_HEADERS = frozenset("annotator annotatorid worker workerid rater raterid coder coderid".split())  # noqa: SIM905
_SCORE_HEADERS = frozenset("score confidence conf probability".split())  # noqa: SIM905
_BOXES = (
    ("xyxy", ("xmin", "ymin", "xmax", "ymax")),
    ("xyxy", ("x1", "y1", "x2", "y2")),
    ("xyxy", ("left", "top", "right", "bottom")),
    ("xyxy", ("xtl", "ytl", "xbr", "ybr")),
    ("xyxy", ("bboxxmin", "bboxymin", "bboxxmax", "bboxymax")),
    ("xyxy", ("bboxx1", "bboxy1", "bboxx2", "bboxy2")),
    ("cxcywh", ("xcenter", "ycenter", "width", "height")),
    ("cxcywh", ("xcenter", "ycenter", "w", "h")),
    ("cxcywh", ("cx", "cy", "w", "h")),
    ("xywh", ("bboxx", "bboxy", "bboxwidth", "bboxheight")),
    ("xywh", ("left", "top", "width", "height")),
    ("xywh", ("x", "y", "w", "h")),
    ("xywh", ("x", "y", "width", "height")),
)
_BOX_COLUMNS = ("bbox", "box", "boundingbox")
_WIDTHS, _HEIGHTS = ("width", "imagewidth", "imgwidth", "imgw"), ("height", "imageheight", "imgheight", "imgh")
_LIST_OF_FOUR = re.compile(r"[\[({]?\s*(?:[-+\d.eE]+[\s,;]+){3}[-+\d.eE]+\s*[\])}]?")
_SAMPLE = 200
_MAX_CLASSES = 5000


@dataclass(slots=True)
class Roles:
    """Columns by role; empty where there is none. `box` has four columns, or one that holds all four numbers.

    `text` is set where the items are texts, which `item_id` may name; `votes` are columns with the number of votes for
    a class each; `spans` holds the labelled parts of a text.
    """

    file_name: str = ""
    text: str = ""
    item_id: str = ""
    label: str = ""
    labels: str = ""
    spans: str = ""
    annotator: str = ""
    split: str = ""
    width: str = ""
    height: str = ""
    score: str = ""
    group: list[str] = field(default_factory=list[str])
    condition: list[str] = field(default_factory=list[str])
    ignore: list[str] = field(default_factory=list[str])
    one_hot: list[str] = field(default_factory=list[str])
    votes: list[str] = field(default_factory=list[str])
    box: list[str] = field(default_factory=list[str])
    box_form: str = ""

    def used(self) -> set[str]:
        """Return every column that has a role other than that of an axis."""
        single = {getattr(self, role) for role in _SINGLE}
        return (single | {*self.ignore, *self.one_hot, *self.votes, *self.box}) - {""}

    def has_classes(self) -> bool:
        """Tell whether some column holds classes."""
        return bool(self.label or self.labels or self.spans or self.one_hot or self.votes)


def find_roles(table: Table, matcher: NameMatcher, answers: Mapping[str, str], role: Role) -> Roles:
    """Give every column its role.

    Raises:
        QuestionError: the images or the labels could be in several columns; keys `file_name` and `label`.
        RequestError: an answer names a column that does not exist.
    """
    roles = _answered(table, answers)
    taken = roles.used() | {*roles.group, *roles.condition}
    named = {plain_name(name): name for name in reversed(table.columns) if name not in taken}
    _find_box(roles, table, named)
    if not roles.annotator:
        roles.annotator = next((name for header, name in named.items() if header in _ANNOTATOR_HEADERS), "")
    if not roles.file_name and not roles.text:
        _find_items(table, matcher, roles)
    if roles.text and not roles.item_id:
        roles.item_id = find_id_column(table, roles.used(), is_repeated=bool(roles.annotator))
    for attribute, headers in (("width", _WIDTHS), ("height", _HEIGHTS)):
        if not getattr(roles, attribute):
            fitting = (named[header] for header in headers if header in named)
            setattr(roles, attribute, next((name for name in fitting if name not in roles.used()), ""))
    if not roles.split:
        roles.split = _find_split(table, named, roles)
    if not roles.score and role is Role.PREDICTIONS:
        roles.score = next((name for header, name in named.items() if header in _SCORE_HEADERS), "")
    if not roles.has_classes() and answers.get("label") != NONE and role is not Role.POOL:
        _find_several(table, roles, answers)
        if not roles.has_classes():
            roles.label = _find_label(table, roles)
    return roles


def class_columns(table: Table, roles: Roles) -> set[str]:
    """Return the columns without a role that are called like columns of classes."""
    return {name for name in table.columns if plain_name(name) in _LABEL_HEADERS and name not in roles.used()}


def looks_like_boxes(header: Sequence[str]) -> bool:
    """Tell whether a table has columns of boxes by its header."""
    plain = {plain_name(name) for name in header}
    return any(set(headers) <= plain for _, headers in _BOXES) or bool(plain & set(_BOX_COLUMNS))


def _answered(table: Table, answers: Mapping[str, str]) -> Roles:
    roles = Roles()
    for role in _SINGLE:
        value = answers.get(f"map.{role}", answers.get(role, ""))
        if value and not (role == "label" and value == NONE and NONE not in table.columns):
            is_row = role == "file_name" and value == ROW_NUMBER  # rows name items; they are no other role
            setattr(roles, role, value if is_row else column_called(table, value, role))
    for role in _LISTS:
        key = f"map.{role}" if f"map.{role}" in answers else role
        is_none = role == "votes" and answers.get(key) == NONE and NONE not in table.columns
        setattr(roles, role, [] if is_none else answered_columns(table, answers, key))
    single = [answers.get(f"map.{key}", "") for key in ("xmin", "ymin", "xmax", "ymax")]
    if all(single):
        roles.box, roles.box_form = [column_called(table, name, "box") for name in single], "xyxy"
    if roles.box and len(roles.box) not in {1, 4}:
        raise RequestError(
            f"box names {len(roles.box)} columns", "Name four columns, or the one that holds four numbers"
        )
    form = answers.get("box_form", "")
    if form and form not in BOX_FORMS:
        raise RequestError(f"box_form={form} is not known", f"Answer one of {', '.join(BOX_FORMS)}")
    roles.box_form = form or roles.box_form
    return roles


def answered_columns(table: Table, answers: Mapping[str, str], key: str) -> list[str]:
    """Return the columns an answer names, separated by commas and quoted where a name holds one."""
    names = next(csv.reader([answers.get(key, "")]), [])
    return [column_called(table, name.strip(), key) for name in names if name.strip()]


def column_called(table: Table, name: str, key: str) -> str:
    """Return the column of that name, or the only one whose name has the same letters and digits.

    Raises:
        RequestError: there is none; the sentence names all.
    """
    if name in table.columns:
        return name
    alike = [column for column in table.columns if plain_name(column) == plain_name(name)]
    if len(alike) == 1:
        return alike[0]
    raise RequestError(f"{key}={name} is no column of {table.name}", f"The columns are {', '.join(table.columns)}")


def _find_box(roles: Roles, table: Table, named: Mapping[str, str]) -> None:
    if not roles.box:
        for form, headers in _BOXES:
            if all(header in named for header in headers):
                roles.box, roles.box_form = [named[header] for header in headers], roles.box_form or form
                return
        for header in _BOX_COLUMNS:
            cells = [cell for cell in table.columns[named[header]].values[:_SAMPLE] if cell] if header in named else []
            if cells and all(_LIST_OF_FOUR.fullmatch(cell) for cell in cells):
                roles.box = [named[header]]
                break
    if roles.box and not roles.box_form:
        choices = tuple(Choice(form, meaning) for form, meaning in BOX_FORMS.items())
        text = f"What do the four numbers of the boxes in {', '.join(roles.box)} mean?"
        raise QuestionError([Question("box_form", text, choices)])


def _find_items(table: Table, matcher: NameMatcher, roles: Roles) -> None:
    """Find what the rows are about: the column that names images, else the one that holds texts.

    Raises:
        QuestionError: neither is clear; key `file_name`.
    """
    shares = {
        name: _share_of_images(column.values, matcher)
        for name, column in table.columns.items()
        if name not in roles.used()
    }
    fitting = [name for name, share in shares.items() if share >= 0.5]
    if fitting:
        best = max(fitting, key=lambda name: (shares[name], plain_name(name) in _FILE_HEADERS, -fitting.index(name)))
        roles.file_name = best
        return
    by_header = [name for name in shares if plain_name(name) in _FILE_HEADERS and _are_distinct(table, name)]
    if len(by_header) == 1:
        roles.file_name = by_header[0]
        return
    roles.text = find_text_column(table, roles.used())
    if roles.text:
        return
    choices = [Choice(name, f"{name}: for instance {_examples(table.columns[name].values)}") for name in shares]
    choices.append(Choice(ROW_NUMBER, "no column: the rows are the items, called by their number"))
    text = f"Which column of {table.name} names the images? If the rows hold texts, answer text=COLUMN instead"
    raise QuestionError([Question("file_name", text, tuple(choices))])


def _share_of_images(values: Sequence[str], matcher: NameMatcher) -> float:
    sample = [value for value in values[:: max(1, len(values) // _SAMPLE)] if value.strip()]
    hits = sum(image_name(value) is not None or matcher.find(value.strip()).path is not None for value in sample)
    return hits / len(sample) if sample else 0.0


def _are_distinct(table: Table, name: str) -> bool:
    return len(table.columns[name].values) > 0.2 * len(table)


def _find_split(table: Table, named: Mapping[str, str], roles: Roles) -> str:
    for header, name in named.items():
        if header in _SPLIT_HEADERS and name not in roles.used():
            values = {value.strip() for value in table.columns[name].values if value.strip()}
            if values and all(folder_split(value) is not None for value in values):
                return name
    return ""


def _find_several(table: Table, roles: Roles, answers: Mapping[str, str]) -> None:
    """Find columns that hold several classes per item: votes, spans, or lists."""
    taken = roles.used() | {*roles.group, *roles.condition}
    if answers.get("votes") != NONE:
        roles.votes = find_vote_columns(table, taken)
    if roles.votes:
        return
    for name, column in table.columns.items():
        if name in taken:
            continue
        filled = [value for value in column.values[:_SAMPLE] if value.strip()]
        if not filled or not all(value.startswith("[") and value.endswith("]") for value in filled):
            continue
        if plain_name(name) in _SPAN_HEADERS and any(span_classes(value) for value in filled):
            roles.spans = name
            return
        if plain_name(name) in _SEVERAL_HEADERS:
            roles.labels = name
            return


def _find_label(table: Table, roles: Roles) -> str:
    """Return the only column that can hold the classes; ask when there are several."""
    left_out = roles.used() | {*roles.group, *roles.condition}
    distinct = {name: sum(map(bool, column.values)) for name, column in table.columns.items() if name not in left_out}
    limit = min(_MAX_CLASSES, max(2, len(table) // 2))
    fitting = [name for name, count in distinct.items() if count <= limit]
    by_header = [name for name in fitting if plain_name(name) in _LABEL_HEADERS]
    if len(by_header) == 1:
        return by_header[0]
    if len(fitting) == 1 and roles.box:
        return fitting[0]
    if not fitting and not distinct:
        return ""
    offered = [name for name in fitting if distinct[name] > 1] or fitting or list(distinct)
    choices = [
        Choice(name, f"{name}: {distinct[name]:,} different values, {_examples(table.columns[name].values)}")
        for name in offered[:40]
    ]
    choices.append(Choice(NONE, "no column: the items are not labelled"))
    raise QuestionError([Question("label", f"Which column of {table.name} holds the classes?", tuple(choices))])


def _examples(values: Sequence[str]) -> str:
    return ", ".join(f"“{value[:30]}”" for value in [value for value in values[:50] if value.strip()][:3])
