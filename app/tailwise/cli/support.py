"""What every command shares: opening projects, progress, and reading KEY=VALUE."""

from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from tailwise.cli.output import TerminalProgress, say
from tailwise.ops.progress import OpCancelledError

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from tailwise.usecases.projects import Project

EXIT_INTERRUPTED = 130
PATH = click.Path(path_type=Path)
json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON document on stdout.")


@contextlib.contextmanager
def terminal_progress() -> Generator[TerminalProgress]:
    """Draw progress on the terminal while the block runs."""
    progress = TerminalProgress()
    try:
        yield progress
    finally:
        progress.clear()


@contextlib.contextmanager
def goes_on() -> Generator[None]:
    """Say, when a command that keeps what it has done is interrupted, that the next run goes on from there."""
    try:
        yield
    except (KeyboardInterrupt, OpCancelledError):
        say("tailwise: interrupted; what was finished is kept, and the same command goes on from there.")
        raise click.exceptions.Exit(EXIT_INTERRUPTED) from None


@contextlib.contextmanager
def reading(path: Path) -> Generator[Project]:
    """Open a project for reading; another process may have it open for writing."""
    from tailwise.usecases.projects import open_project

    with contextlib.closing(open_project(path, read_only=True)) as project:
        yield project


@contextlib.contextmanager
def writing(path: Path) -> Generator[Project]:
    """Open a project for changing."""
    from tailwise.usecases.projects import open_project

    with contextlib.closing(open_project(path)) as project:
        yield project


@contextlib.contextmanager
def project_for_import(path: Path) -> Generator[Project]:
    """Open the project, or make it and take it away again when the first import fails."""
    from tailwise.usecases.projects import create_project, open_project

    is_new = not path.exists() and not path.with_name(path.name + ".tailwise").exists()
    if not is_new and not path.exists():
        path = path.with_name(path.name + ".tailwise")
    project = create_project(path) if is_new else open_project(path)
    try:
        yield project
    except BaseException:
        project.close()
        if is_new:
            project.path.unlink(missing_ok=True)
        raise
    project.close()


@contextlib.contextmanager
def scratch_project(path: Path) -> Generator[Project]:
    """Open the project for reading, or an empty one for the moment where there is none yet."""
    from tailwise.usecases.projects import create_project

    existing = next((p for p in (path, path.with_name(path.name + ".tailwise")) if p.exists()), None)
    if existing is not None:
        with reading(existing) as project:
            yield project
        return
    with (
        tempfile.TemporaryDirectory(prefix="tailwise-") as folder,
        contextlib.closing(create_project(Path(folder, path.name))) as project,
    ):
        yield project


def pairs_of(texts: Sequence[str], option: str) -> tuple[tuple[str, str], ...]:
    """Split KEY=VALUE texts at the first equals sign."""
    pairs: list[tuple[str, str]] = []
    for text in texts:
        key, equals, value = text.partition("=")
        if not equals or not key:
            raise click.UsageError(f"{option} takes KEY=VALUE, not {text!r}")
        pairs.append((key, value))
    return tuple(pairs)


def plain(value: object) -> object:
    """Turn tuples and mappings into what JSON has."""
    if isinstance(value, tuple):
        return list(cast("tuple[object, ...]", value))
    return dict(cast("dict[str, object]", value)) if isinstance(value, dict) else value
