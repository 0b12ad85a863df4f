"""Errors a user can act on. Anything else that is raised is a bug."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


class UserError(Exception):
    """A fault in the user's data, request or environment, told in one sentence with the next step.

    Args:
        summary: one sentence without a full stop: the file, the place and what was found.
        hint: what the user can do about it, one sentence without a full stop.
        detail: further facts, for the details pane and the log; may hold several lines.
    """

    def __init__(self, summary: str, hint: str = "", detail: str = "") -> None:
        self.summary = summary
        self.hint = hint
        self.detail = detail
        super().__init__(self.sentence)

    def __reduce__(self) -> tuple[type[UserError], tuple[str, str, str]]:
        """Travel between processes with all three parts."""
        return type(self), (self.summary, self.hint, self.detail)

    @property
    def sentence(self) -> str:
        """Summary and hint as they are printed on one line."""
        end = "" if self.summary.endswith("?") else "."
        return f"{self.summary}{end} {self.hint}." if self.hint else f"{self.summary}{end}"


class ProjectFileError(UserError):
    """The project file cannot be used: not ours, damaged, read-only, on a full disk."""


class ProjectTooNewError(ProjectFileError):
    """The project file was written by a newer Tailwise."""


class ProjectLockedError(ProjectFileError):
    """Another running Tailwise has the project open."""


class UnreadableSourceError(UserError):
    """A dataset cannot be opened at all; single bad records are findings instead."""


class RequestError(UserError):
    """A request (plan, split, filter, recipe) says something impossible or unknown."""


class ExportTargetError(UserError):
    """The place an export should go to cannot be used."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One possible answer: the value to pass, and what it means with its consequence in numbers."""

    value: str
    label: str


@dataclass(frozen=True, slots=True)
class Question:
    """Something only the user knows, asked once and remembered with the source.

    `key` is what `--answer KEY=VALUE` takes. Without choices any text is an answer.
    """

    key: str
    text: str
    choices: tuple[Choice, ...] = ()
    default: str | None = None


class QuestionError(UserError):
    """A dataset fits two readings and the user has to choose one."""

    def __init__(self, questions: Sequence[Question]) -> None:
        self.questions = tuple(questions)
        first = self.questions[0]
        options = ", ".join(f"{c.value} ({c.label})" for c in first.choices)
        hint = f"Answer with --answer {first.key}=VALUE" + (f", where VALUE is one of: {options}" if options else "")
        super().__init__(first.text.rstrip("."), hint)

    def __reduce__(self) -> tuple[type[QuestionError], tuple[tuple[Question, ...]]]:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Travel between processes with the questions."""
        return type(self), (self.questions,)
