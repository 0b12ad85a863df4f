"""Damage datasets at random and read them: whatever happens, it is a result with findings or one clear sentence.

    python tests/benchmarks/fuzz_readers.py FOLDER... [--seconds N] [--seed N] [--keep DIR]

Each FOLDER is a small dataset (above 2 MB it is left out, its images are left as they are). Per run a copy of one is
damaged in one to four places (bytes flipped, cut, doubled, replaced by tokens that have broken parsers before), scanned,
detected, read and enriched in this process. Anything but a `SourceData` or a `UserError`, and anything that takes
longer than 20 seconds, is printed with its seed; `--keep` saves the damaged copy. Exit code 1 when there was any.
"""

from __future__ import annotations

import argparse
import random
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path
from types import FrameType

from tailwise.domain.errors import QuestionError, UserError
from tailwise.formats import enrich, registry
from tailwise.formats.contract import ReadRequest
from tailwise.formats.listing import IMAGE_SUFFIXES, scan
from tailwise.imaging.headers import read_header
from tailwise.ops.progress import SILENT

MAX_BYTES = 2_000_000
LIMIT_SECONDS = 20
TOKENS = [
    b"\0", b"\xff\xfe", b"\xef\xbb\xbf", b"\x80", b"NaN", b"Infinity", b"-1", b"1e999", b"9" * 30, b"null", b"true", b'""', b"[]", b"{}",
    b"[" * 3000, b"{\"a\":" * 3000, b"<a>" * 500, b"&lol;", b"<!DOCTYPE a [<!ENTITY b \"c\">]>", b"\\ud800", b"\\u0000", b"../../etc/passwd",
    b"/etc/passwd", b"\\\\server\\share\\x.jpg", b"C:\\x.jpg", b"a" * 5000, b",,,,", b"\"", b"'", b"\n", b"\r", b"\t", b"0x10", b"1_0", b"*a", b"&a",
    b"!!python/object:os.system", b"=cmd|' /C calc'!A0", "é\u202e".encode(), b"0 0 0 0 0", b"id", b"category_id", b"image_id", b"bbox", b"-0.0",
]  # fmt: skip


class TooLongError(Exception):
    """A read took longer than allowed."""


def damaged(data: bytes, rng: random.Random) -> bytes:
    """Return the bytes with one damage."""
    at = rng.randrange(len(data) + 1)
    end = min(len(data), at + rng.choice([1, 1, 2, 8, 64, 1024]))
    match rng.randrange(8):
        case 0:
            return data[:at]
        case 1:
            return data[:at] + data[end:]
        case 2:
            return data[:at] + data[at:end] * rng.choice([2, 3, 50]) + data[end:]
        case 3:
            return data[:at] + bytes(rng.randrange(256) for _ in range(end - at)) + data[end:]
        case 4:
            other = rng.randrange(len(data) + 1)
            return data[:at] + data[other : other + (end - at)] + data[end:]
        case 5:
            return data[:at] + rng.choice(TOKENS) + data[at:]
        case _:
            return data[:at] + rng.choice(TOKENS) + data[end:]


def damage_tree(root: Path, rng: random.Random) -> list[str]:
    """Damage one to four files that are no images; sometimes rename, empty or remove one."""
    files = sorted(f for f in root.rglob("*") if f.is_file() and f.suffix.lower() not in IMAGE_SUFFIXES)
    done: list[str] = []
    for _ in range(rng.randint(1, 4)):
        if not files:
            break
        file = rng.choice(files)
        kind = rng.randrange(20)
        if kind == 0:
            file.unlink()
            files.remove(file)
        elif kind == 1:
            file.write_bytes(b"")
        else:
            file.write_bytes(damaged(file.read_bytes(), rng))
        done.append(f"{file.relative_to(root)} ({kind})")
    return done


def read(path: Path) -> str:
    """Read a dataset as an import does; answer questions with their first choice, at most four."""
    answers: dict[str, str] = {}
    for _ in range(4):
        try:
            listing = registry.narrowed(scan(path, SILENT), answers)
            reader = registry.choose(listing, None, answers)
            request = ReadRequest(listing.root, listing, answers, read_header=read_header)
            data = enrich.enrich(reader.read(request, SILENT), request, None, SILENT)
        except QuestionError as question:
            for one in question.questions:
                if one.choices:
                    answers[one.key] = one.choices[0].value
            continue
        except UserError as error:
            return "sentence" if error.sentence.strip() else "empty sentence"
        check(data)
        return data.format
    return "question"


def check(data: object) -> None:
    """Hold what a reader returns to the contract that storage relies on."""
    from tailwise.domain.records import SourceData

    assert isinstance(data, SourceData)
    n, m = len(data.items), len(data.annotations)
    items, annotations = data.items, data.annotations
    assert all(len(c) == n for c in (items.ext_id, items.width, items.height, items.state, items.media, items.file))
    assert all(
        len(c) == m
        for c in (annotations.category, annotations.kind, annotations.flags, annotations.x, annotations.area)
    )
    assert m == 0 or (min(annotations.item) >= 0 and max(annotations.item) < n)
    assert m == 0 or (min(annotations.category) >= 0 and max(annotations.category) < len(data.categories))
    assert len(set(items.file_name)) == n, "two items of one name"
    for text in (*items.file_name, *items.ext_id, *(c.name for c in data.categories)):
        text.encode()
        assert "\0" not in text
    assert all(name and not name.startswith("/") and ".." not in name.split("/") for name in items.file_name)
    for axis in data.axes:
        assert len(axis.item) == len(axis.value)
        assert not len(axis.item) or (max(axis.item) < n and max(axis.value) < len(axis.values))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path)
    options = parser.parse_args()

    def too_long(_signal: int, _frame: FrameType | None) -> None:
        raise TooLongError

    signal.signal(signal.SIGALRM, too_long)
    small = [f for f in options.folders if sum(p.stat().st_size for p in f.rglob("*") if p.is_file()) <= MAX_BYTES]
    outcomes: Counter[str] = Counter()
    faults: Counter[str] = Counter()
    began, seed = time.monotonic(), options.seed
    while time.monotonic() - began < options.seconds:
        rng = random.Random(seed)
        with tempfile.TemporaryDirectory() as place:
            copy = Path(place) / "set"
            source = rng.choice(small)
            shutil.copytree(source, copy)
            done = damage_tree(copy, rng)
            signal.alarm(LIMIT_SECONDS)
            try:
                outcomes[read(copy)] += 1
            except BaseException as error:  # that is what is looked for
                if isinstance(error, KeyboardInterrupt):
                    raise
                where = traceback.extract_tb(error.__traceback__)[-1]
                key = f"{type(error).__name__} at {Path(where.filename).name}:{where.lineno}: {str(error)[:80]}"
                faults[key] += 1
                if faults[key] == 1:
                    print(f"seed {seed} {source.name} {done}\n{traceback.format_exc(limit=-6)}")
                    if options.keep:
                        shutil.copytree(copy, options.keep / f"{seed}", dirs_exist_ok=True)
            finally:
                signal.alarm(0)
        seed += 1
    print(f"{seed - options.seed:,} damaged datasets of {len(small)}: {dict(outcomes.most_common())}")
    print("\n".join(f"{count:,} x {key}" for key, count in faults.most_common()) or "no fault")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
