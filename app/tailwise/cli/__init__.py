"""The command line: one thin command per use case. Works without a display; `--json` prints one document on stdout."""

from __future__ import annotations

import logging
import os
import sys
from typing import TYPE_CHECKING

import click

from tailwise import __version__
from tailwise.cli import audit, augment, balance, conditions, data, imaging, planning, review, splits
from tailwise.cli.output import print_json, say
from tailwise.cli.support import EXIT_INTERRUPTED, PATH, json_option, terminal_progress
from tailwise.domain.errors import UserError
from tailwise.ops.progress import OpCancelledError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    WindowOpener = Callable[[Path | None], int]

EXIT_FAULT, EXIT_USAGE = 1, 2


def run(arguments: Sequence[str], open_window: WindowOpener | None = None) -> int:
    """Run a command and return its exit code: 0 done, 1 user or data error, 2 usage, 130 interrupted.

    `open_window` is how the entry point opens the window; this package knows none.
    """
    logging.getLogger("tailwise").addHandler(logging.NullHandler())
    try:
        result = main.main(args=list(arguments), prog_name="tailwise", standalone_mode=False, obj=open_window)
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
        return _open_window(context, None)
    return None


@main.command("open")
@click.argument("project", type=PATH, required=False)
@click.pass_context
def open_command(context: click.Context, project: Path | None) -> int:
    """Open a project in the window; without one the start page, as a desktop entry needs it."""
    return _open_window(context, project)


@main.command()
@click.argument("folder", type=PATH, required=False)
@click.option("--no-window", is_flag=True, help="Only make the demo, do not open it.")
@json_option
@click.pass_context
def demo(context: click.Context, folder: Path | None, no_window: bool, as_json: bool) -> int | None:
    """Render the demo dataset and its project (deterministic, nothing is downloaded) and open it."""
    from tailwise.usecases.demo import default_demo_folder, make_demo

    with terminal_progress() as progress:
        project = make_demo(folder or default_demo_folder(), progress)
    if as_json:
        print_json({"project": str(project)})
    else:
        say(f"The demo project is {project}")
    return None if no_window else _open_window(context, project)


def _open_window(context: click.Context, project: Path | None) -> int:
    open_window: WindowOpener | None = context.obj
    if open_window is None:
        say("tailwise: This is the command line alone; start the program with: tailwise.")
        return EXIT_USAGE
    return open_window(project)


for _command in (
    *data.COMMANDS,
    *conditions.COMMANDS,
    *imaging.COMMANDS,
    *planning.COMMANDS,
    *splits.COMMANDS,
    *augment.COMMANDS,
    *audit.COMMANDS,
    *review.COMMANDS,
):
    main.add_command(_command)
for _command in balance.PLAN_COMMANDS:
    planning.plan.add_command(_command)
