"""Which questions of a labelling project name the class: where things are drawn, answers only describe the scene."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tailwise.domain.errors import Choice, Question, QuestionError, RequestError

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Mapping

LABEL_KEY = "label"
_NONE = "none"


def class_questions(asked: Counter[str], answers: Mapping[str, str], *, has_objects: bool) -> set[str]:
    """Return the questions whose answers are classes.

    Args:
        asked: the questions about whole items, each with the number of answers.
        answers: the user's; `label` names the question.
        has_objects: whether anything is drawn in the project.

    Raises:
        QuestionError: several questions could be meant; key `label`.
        RequestError: the answer names no question.
    """
    wanted = answers.get(LABEL_KEY)
    if wanted is not None:
        if wanted not in {*asked, _NONE}:
            known = ", ".join(sorted(asked)) or _NONE
            raise RequestError(f"label={wanted} is no question of the project", f"Answer one of {known}")
        return {wanted}
    if has_objects or not asked:
        return set()
    if len(asked) > 1:
        choices = tuple(Choice(name, f"answered {count:,} times") for name, count in asked.most_common())
        text = "Which question names the class? The others become conditions"
        raise QuestionError([Question(LABEL_KEY, text, choices, default=choices[0].value)])
    return set(asked)
