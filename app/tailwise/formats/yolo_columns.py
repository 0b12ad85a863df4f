"""What the numbers on the lines of YOLO label files mean.

How many numbers a line has decides what it can be; the decision is made once per dataset, by vote over a sample,
because single lines are ambiguous (nine numbers: a turned box, four corners, or three corners with two extras).
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from tailwise.domain.errors import Choice, Question, QuestionError, RequestError, UnreadableSourceError
from tailwise.domain.findings import FindingLog
from tailwise.formats.yolo_lines import Columns, LabelParser

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from tailwise.formats.yolo_lines import Numbers

COLUMNS_KEY = "columns"

_FAR_OUTSIDE = 2.0  # shares of an image side; what is out there is no rounding but pixels
_VOTES = 5000


def decide_columns(batch: Sequence[bytes], names: Sequence[str], task: str, answers: Mapping[str, str]) -> Columns:
    """Decide by vote over a sample of label files what their lines hold.

    Args:
        batch: contents of the sampled files.
        names: their paths, for findings and as hints.
        task: what the description of the dataset says, for instance `pose`.
        answers: `columns` overrides the vote.

    Raises:
        QuestionError: two readings fit; key `columns`.
        UnreadableSourceError: the coordinates are pixels.
    """
    if (answer := answers.get(COLUMNS_KEY)) is not None:
        if answer not in set(Columns):
            raise RequestError(f"columns={answer} is not known", f"Answer one of {', '.join(Columns)}")
        return Columns(answer)
    found = LabelParser(names, FindingLog()).numbers(batch, 0)  # what is broken is reported when all is parsed
    if len(found.count) == 0:
        return Columns.BOX
    columns = Columns.POSE if task == "pose" else _vote(found)
    _refuse_pixels(found, columns, names)
    return columns


def _vote(found: Numbers) -> Columns:
    votes = Counter(found.count[:_VOTES].tolist())
    length, most = votes.most_common(1)[0]
    total = sum(votes.values())
    rows = _rows(found, length)
    if length == 5:
        return Columns.BOX
    if length == 6:
        return _vote_of_six(rows)
    if length == 7 and _is_score(rows[:, 5]) and _is_track(rows[:, 6]):
        return Columns.BOX_SCORE_TRACK
    if most == total and length >= 11 and _is_pose(rows):
        return Columns.POSE
    even = sum(n for count, n in votes.items() if count % 2 == 0)
    return Columns.POLYGON_SCORE if even > 0.9 * total and _is_score(rows[:, -1]) else Columns.POLYGON


def _vote_of_six(rows: NDArray[np.float64]) -> Columns:
    last_is_score, second_is_score = _is_score(rows[:, 5]), _is_score(rows[:, 1])
    if not last_is_score and _is_track(rows[:, 5]):
        return Columns.BOX_TRACK
    outside = _share_outside(rows[:, 1:5]), _share_outside(rows[:, 2:6])
    if last_is_score and (not second_is_score or outside[0] + 0.05 < outside[1]):
        return Columns.BOX_SCORE
    if second_is_score and outside[1] + 0.05 < outside[0]:
        return Columns.SCORE_BOX
    text = "Six numbers per line can be a box with its score behind or before it, or with a track number"
    raise QuestionError(
        [
            Question(
                COLUMNS_KEY,
                text,
                (
                    Choice("box+score", f"class, box, score; {outside[0]:.0%} of the boxes would reach outside"),
                    Choice("score+box", f"class, score, box; {outside[1]:.0%} of the boxes would reach outside"),
                    Choice("box+track", "class, box, number of the tracked object"),
                ),
                "box+score",
            )
        ]
    )


def _refuse_pixels(found: Numbers, columns: Columns, names: Sequence[str]) -> None:
    offset = 2 if columns is Columns.SCORE_BOX else 1
    last = found.start + found.count - 1
    corner = np.max([found.flat[np.minimum(found.start + offset + row, last)] for row in range(4)], axis=0)
    far = np.flatnonzero(corner > _FAR_OUTSIDE)
    if len(far) > 0.5 * len(corner):
        line = f"{names[int(found.file[far[0]])]}:{found.line[far[0]]}"
        raise UnreadableSourceError(
            f"the coordinates are pixels ({corner[far[0]]:g} in {line}), but YOLO labels are shares of the image side",
            "Export the dataset as YOLO, COCO or CSV with named columns",
        )


def _rows(found: Numbers, length: int) -> NDArray[np.float64]:
    starts = found.start[np.flatnonzero(found.count == length)[:_VOTES]]
    return found.flat[starts[:, None] + np.arange(length)]


def _is_score(values: NDArray[np.float64]) -> bool:
    return bool(((values >= 0) & (values <= 1)).all() and (values != np.floor(values)).any())


def _is_track(values: NDArray[np.float64]) -> bool:
    return bool(((values >= 0) & (values == np.floor(values))).all())


def _is_pose(rows: NDArray[np.float64]) -> bool:
    """Key points come behind a box and lie in it; with three numbers each, the third is their visibility 0, 1 or 2."""
    points = rows[:, 5:]
    if points.shape[1] % 3 == 0 and np.isin(points[:, 2::3], (0, 1, 2)).all():
        return True
    if points.shape[1] % 2:
        return False
    left, right = rows[:, 1] - rows[:, 3] / 2, rows[:, 1] + rows[:, 3] / 2
    inside = (points[:, 0::2] >= left[:, None] - 0.02) & (points[:, 0::2] <= right[:, None] + 0.02)
    return bool((inside | (points[:, 0::2] == 0)).mean() > 0.95)


def _share_outside(boxes: NDArray[np.float64]) -> float:
    centre, size = boxes[:, :2], boxes[:, 2:]
    outside = (centre - size / 2 < -0.01) | (centre + size / 2 > 1.01) | (size <= 0)
    return float(outside.any(axis=1).mean())
