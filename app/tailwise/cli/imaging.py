"""Commands about what the images show: index, near-duplicates, embeddings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tailwise.cli.output import print_json, say
from tailwise.cli.support import PATH, json_option, terminal_progress, writing

if TYPE_CHECKING:
    from pathlib import Path


@click.command()
@click.argument("project", type=PATH)
@click.option("--workers", type=click.IntRange(min=0), default=0, help="Processes to use; 0 means one per core.")
@click.option("--scheduler", default="", metavar="ADDR", help="Dask scheduler to use instead, as tcp://HOST:PORT.")
@click.option("--rebuild", is_flag=True, help="Read every image again, also those that did not change.")
@click.option("--no-descriptors", is_flag=True, help="Only thumbnails, hashes and statistics: several times faster.")
@json_option
def index(  # noqa: PLR0913, PLR0917  one parameter per option
    project: Path, workers: int, scheduler: str, rebuild: bool, no_descriptors: bool, as_json: bool
) -> None:
    """Look at every image of PROJECT once: thumbnail, hashes, brightness, blur, and vectors of images and objects."""
    from tailwise.domain.index import IndexRequest
    from tailwise.usecases.image_index import build_index, index_state

    request = IndexRequest(workers, scheduler, rebuild, descriptors=not no_descriptors)
    with writing(project) as opened, terminal_progress() as progress:
        outcome = build_index(opened, request, progress)
        state = index_state(opened)
    if as_json:
        print_json(
            {
                "indexed": outcome.indexed,
                "kept": outcome.kept,
                "failed": outcome.failed,
                "missing": outcome.missing,
                "objects": state.objects,
                "embedding": state.embedding,
                "dimensions": state.dimensions,
                "findings": dict(outcome.findings),
            }
        )
        return
    say(
        f"{outcome.indexed:,} images indexed, {outcome.kept:,} were up to date, {outcome.failed:,} hold no readable "
        f"picture, {outcome.missing:,} have gone; {state.objects:,} objects described."
    )
    if outcome.findings:
        say(f"{len(outcome.findings)} kinds of findings; see them with: tailwise findings {project}")


COMMANDS = (index,)
"""Every command of this module, in the order of the help."""
