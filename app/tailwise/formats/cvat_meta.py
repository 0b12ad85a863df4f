"""What the head of a CVAT file says: labels, tasks, jobs, and whether people are named."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tailwise.formats.json_text import printable
from tailwise.formats.xml_text import child_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from xml.etree.ElementTree import Element


@dataclass(slots=True)
class CvatMeta:
    """Labels by name, names of tasks by id, jobs as (first frame, last frame, id), and what else was noted.

    `jobs` is empty for an export of several tasks: their frames are numbered anew. `has_people` tells of names or
    e-mail addresses, which are not kept. `title` names the task or project, `size` is that of a video.
    """

    labels: dict[str, str] = field(default_factory=dict[str, str])
    tasks: dict[str, str] = field(default_factory=dict[str, str])
    jobs: list[tuple[int, int, str]] = field(default_factory=list[tuple[int, int, str]])
    size: tuple[int, int] = (0, 0)
    title: str = ""
    has_people: bool = False

    def job_of(self, frame: str) -> str:
        """Return the id of the first job that holds a frame; empty where there are less than two jobs."""
        if len(self.jobs) < 2 or not frame.isdecimal():
            return ""
        number = int(frame[:18])
        return next((name for first, last, name in self.jobs if first <= number <= last), "")


def read_meta(element: Element) -> CvatMeta:
    """Read the element `meta` of an export of a task, a job or a project."""
    meta = CvatMeta()
    for label in element.iterfind("./*/labels/label"):
        name = printable(child_text(label, "name"))
        if name and not child_text(label, "parent"):  # labels below a skeleton are parts of it
            meta.labels.setdefault(name, child_text(label, "type"))
    for task in _tasks(element):
        task_id, name = child_text(task, "id"), printable(child_text(task, "name"))
        if task_id:
            meta.tasks[task_id] = f"{name} ({task_id})" if name else task_id
    top = next((child for child in element if child.tag in {"task", "job", "project"}), None)
    if top is not None:
        meta.title = printable(child_text(top, "name")) or child_text(top, "id")
        meta.jobs = list(_jobs(top)) if top.tag != "project" else []
        size = top.find("original_size")
        if size is not None:
            meta.size = whole_number(child_text(size, "width")), whole_number(child_text(size, "height"))
    people = ("username", "email", "assignee", "owner")
    meta.has_people = any((found.text or "").strip() for name in people for found in element.iter(name))
    return meta


def _tasks(element: Element) -> Iterator[Element]:
    yield from element.iterfind("task")
    yield from element.iterfind("project/tasks/task")


def _jobs(task: Element) -> Iterator[tuple[int, int, str]]:
    for segment in task.iterfind("segments/segment"):
        first, last = child_text(segment, "start"), child_text(segment, "stop")
        if first.isdecimal() and last.isdecimal():
            yield int(first[:18]), int(last[:18]), child_text(segment, "id")


def whole_number(text: str) -> int:
    """Return a size in pixels; 0 for text that is none."""
    return int(text) if text.isdecimal() and len(text) < 7 else 0
