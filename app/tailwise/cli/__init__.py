"""The command line: one thin command per use case. Works without a display; `--json` prints one document on stdout."""

from __future__ import annotations

import logging
import os
import sys
from typing import TYPE_CHECKING

import click

from tailwise import __version__
from tailwise.cli import data, planning
from tailwise.cli.output import print_json, say
from tailwise.cli.support import PATH, json_option, terminal_progress
from tailwise.domain.errors import UserError
from tailwise.ops.progress import OpCancelledError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

EXIT_FAULT, EXIT_USAGE, EXIT_INTERRUPTED = 1, 2, 130


def run(arguments: Sequence[str]) -> int:
    """Run a command and return its exit code: 0 done, 1 user or data error, 2 usage, 130 interrupted."""
    logging.getLogger("tailwise").addHandler(logging.NullHandler())
    try:
        result = main.main(args=list(arguments), prog_name="tailwise", standalone_mode=False)
    except UserError as error:
        say(f"tailwise: {error.sentence}")
        return EXIT_FAULT
    except click.ClickException as error:
        error.show()
        return EXIT_USAGE
    except (click.Abort, KeyboardInterrupt, OpCancelledError):
        say("tailwise: interrupted, nothing was changed.")
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        # The reader of our output (head, less) went away: that is its right. Python would complain at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return int(result) if isinstance(result, int) else 0


@click.group(invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="Tailwise %(version)s")
@click.pass_context
def main(context: click.Context) -> int | None:
    """Plan labelling so that rare classes do not vanish. Without a command the window opens."""
    if context.invoked_subcommand is None:
        return _open_window(None)
    return None


@main.command("open")
@click.argument("project", type=PATH, required=False)
def open_command(project: Path | None) -> int:
    """Open a project in the window; without one the start page, as a desktop entry needs it."""
    return _open_window(project)


@main.command()
@click.argument("folder", type=PATH, required=False)
@click.option("--no-window", is_flag=True, help="Only make the demo, do not open it.")
@json_option
def demo(folder: Path | None, no_window: bool, as_json: bool) -> int | None:
    """Render the demo dataset and its project (deterministic, nothing is downloaded) and open it."""
    from tailwise.usecases.demo import default_demo_folder, make_demo

    with terminal_progress() as progress:
        project = make_demo(folder or default_demo_folder(), progress)
    if as_json:
        print_json({"project": str(project)})
    else:
        say(f"The demo project is {project}")
    return None if no_window else _open_window(project)


def _open_window(project: Path | None) -> int:
    try:
        from tailwise.gui.application import display_problem, run_window
    except ModuleNotFoundError as error:
        if not (error.name or "").startswith("PySide6"):
            raise
        say("tailwise: The window needs PySide6, which is not installed. Every other command works without it.")
        return EXIT_USAGE
    problem = display_problem()
    if problem:
        say(f"tailwise: {problem}")
        return EXIT_USAGE
    return run_window(project)


for _command in (*data.COMMANDS, *planning.COMMANDS):
    main.add_command(_command)
