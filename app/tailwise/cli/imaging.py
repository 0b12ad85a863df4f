"""Commands about what the images show: index, near-duplicates, embeddings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tailwise.cli.output import print_json, print_table, say
from tailwise.cli.support import PATH, goes_on, json_option, terminal_progress, writing
from tailwise.domain.wording import counted

if TYPE_CHECKING:
    from pathlib import Path


@click.command()
@click.argument("project", type=PATH)
@click.option("--workers", type=click.IntRange(min=0), default=0, help="Processes to use; 0 means one per core.")
@click.option("--scheduler", default="", metavar="ADDR", help="Dask scheduler to use instead, as tcp://HOST:PORT.")
@click.option("--rebuild", is_flag=True, help="Read every image again, also those that did not change.")
@click.option("--no-descriptors", is_flag=True, help="Only thumbnails, hashes and statistics: several times faster.")
@json_option
def index(project: Path, workers: int, scheduler: str, rebuild: bool, no_descriptors: bool, as_json: bool) -> None:
    """Look at every image of PROJECT once: thumbnail, hashes, brightness, blur, and vectors of images and objects."""
    from tailwise.domain.index import IndexRequest
    from tailwise.usecases.image_index import build_index, index_state

    request = IndexRequest(workers, scheduler, rebuild, descriptors=not no_descriptors)
    with goes_on(), writing(project) as opened, terminal_progress() as progress:
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
    if not state.has_pictures:
        say(f"None of the {state.images:,} pictures is on this computer: put them where the dataset says they are.")
    if outcome.findings:
        kinds = "1 kind of finding" if len(outcome.findings) == 1 else f"{len(outcome.findings)} kinds of findings"
        say(f"{kinds}; see them with: tailwise findings {project}")


@click.command("near-duplicates")
@click.argument("project", type=PATH)
@click.option("--threshold", type=float, default=0.8, show_default=True, help="Least correlation of aligned pictures.")
@click.option("--no-bursts", is_flag=True, help="Do not join less alike images that follow each other in time.")
@click.option("--turned", is_flag=True, help="Also look for images that were turned or are upside down.")
@click.option("--workers", type=click.IntRange(min=0), default=0, help="Processes to use; 0 means one per core.")
@json_option
def near_duplicates(
    project: Path, threshold: float, no_bursts: bool, turned: bool, workers: int, as_json: bool
) -> None:
    """Find images of PROJECT that show the same, verified by laying them over each other, and leaks between splits."""
    from tailwise.domain.duplicates import DuplicateRequest
    from tailwise.usecases.near_duplicates import find_duplicates

    request = DuplicateRequest(threshold, bursts=not no_bursts, workers=workers, turned=turned)
    with goes_on(), writing(project) as opened, terminal_progress() as progress:
        report = find_duplicates(opened, request, progress)
    if as_json:
        print_json(
            {
                "clusters": [
                    {
                        "id": one.id,
                        "kind": one.kind.value,
                        "items": list(one.items),
                        "splits": list(one.splits),
                        "labels_disagree": one.labels_disagree,
                        "labels": [{"classes": text, "images": count} for text, count in one.labels],
                        "edges": [{"a": e.a, "b": e.b, "kind": e.kind.value, "reason": e.reason} for e in one.edges],
                    }
                    for one in report.clusters
                ],
                "leaks": [{"a_split": k.a_split, "b_split": k.b_split, "pairs": k.pairs} for k in report.leaks],
                "images": report.images,
                "compared": report.compared,
                "threshold": report.threshold,
            }
        )
        return
    print_table(
        ("cluster", "kind", "images", "splits", "held together by"),
        [(c.id, c.kind.value, len(c.items), ", ".join(c.splits), c.edges[0].reason) for c in report.clusters[:50]],
        empty="No two images show the same.",
    )
    print_table(
        ("split", "and split", "leaking pairs"),
        [(leak.a_split, leak.b_split, leak.pairs) for leak in report.leaks],
        empty="No cluster lies in two splits.",
    )
    clusters = counted(len(report.clusters), "cluster")
    say(f"{clusters} of {report.in_clusters:,} among {report.images:,} indexed images.")


@click.command()
@click.argument("project", type=PATH)
@click.argument("decision", type=click.Choice(["keep", "exclude", "same", "different", "forget"]))
@click.argument("items", type=int, nargs=-1, required=True)
@click.option("--reason", default="", metavar="TEXT", help="Why, in a few words; kept with keep and exclude.")
@json_option
def duplicate(project: Path, decision: str, items: tuple[int, ...], reason: str, as_json: bool) -> None:
    """Decide by hand: keep or exclude ITEMS, say that all of them are the same or different, or forget all that."""
    from itertools import combinations

    from tailwise.domain.index import ItemMark, PairVerdict
    from tailwise.usecases.duplicate_review import Decision, decide

    pairs = list(combinations(sorted(set(items)), 2))
    if decision in {"same", "different"} and not pairs:
        raise click.UsageError(f"{decision} takes two items or more")
    if decision in {"keep", "exclude"}:
        wanted = Decision(decision, {item: ItemMark(decision) for item in items}, reasons=dict.fromkeys(items, reason))
    elif decision == "forget":
        wanted = Decision(decision, dict.fromkeys(items), dict.fromkeys(pairs))
    else:
        wanted = Decision(decision, verdicts={pair: PairVerdict(decision) for pair in pairs})
    with writing(project) as opened:
        decided = decide(opened, wanted)
    if as_json:
        print_json({"marks": len(decided.done.marks), "pairs": len(decided.done.verdicts)})
        return
    say(f"Stored for {len(set(items)):,} images; undo with: tailwise duplicate {project} forget …")


@click.command()
@click.argument("project", type=PATH)
@click.option("--vectors", type=PATH, help="Take vectors made elsewhere: .npy or .parquet.")
@click.option("--names", type=PATH, help="File names or item ids for a .npy file, one per line.")
@click.option("--onnx", type=PATH, help="Embed images and objects with this ONNX model.")
@click.option("--scale", type=click.Choice(["imagenet", "unit", "bytes"]), default="imagenet", show_default=True)
@click.option("--name", default="", help="What to call the embedding; the name of the file by default.")
@click.option("--use", default="", metavar="NAME", help="Use one of the embeddings there are, for example classical.")
@click.option("--workers", type=click.IntRange(min=0), default=0, help="Processes to use; 0 means one per core.")
@json_option
def embed(  # noqa: PLR0913, PLR0917  one parameter per option
    project: Path,
    vectors: Path | None,
    names: Path | None,
    onnx: Path | None,
    scale: str,
    name: str,
    use: str,
    workers: int,
    as_json: bool,
) -> None:
    """Choose which vectors stand for the images of PROJECT; without an option, list those there are."""
    from tailwise.usecases import embeddings as verbs

    if sum(map(bool, (vectors, onnx, use))) > 1:
        raise click.UsageError("--vectors, --onnx and --use exclude each other")
    with writing(project) as opened, terminal_progress() as progress:
        if vectors is not None:
            outcome = verbs.import_vectors(opened, vectors, names, name, progress)
            if outcome.unknown:
                say(f"{outcome.unknown:,} names belong to no image of the project, or occur twice.")
        elif onnx is not None:
            wanted = verbs.OnnxRequest(onnx, name, verbs.PixelScale(scale), workers)
            verbs.embed_with_model(opened, wanted, progress)
        elif use:
            verbs.use_embedding(opened, use)
        found = verbs.list_embeddings(opened)
    fields = ("name", "origin", "dimensions", "images", "is_active")
    if as_json:
        print_json({"embeddings": [{f: getattr(e, f) for f in fields} for e in found]})
        return
    print_table(
        ("embedding", "from", "dimensions", "images", "in use"),
        [tuple(getattr(e, f) for f in fields) for e in found],
        empty="There are no vectors yet; make them with: tailwise index PROJECT",
    )


COMMANDS = (index, near_duplicates, duplicate, embed)
"""Every command of this module, in the order of the help."""
