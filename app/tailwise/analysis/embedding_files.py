"""Vectors made elsewhere: NumPy files with a list of names beside them, and Parquet tables. Nothing is unpickled."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from tailwise.domain.errors import RequestError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

NAME_COLUMNS: Final = ("file_name", "image", "image_path", "path", "filename", "name", "item_id", "id")
VECTOR_COLUMNS: Final = ("embedding", "vector", "embeddings", "features")
NAME_SUFFIXES: Final = (".txt", ".csv", ".names")


@dataclass(frozen=True, slots=True)
class NamedVectors:
    """Vectors (n, d) as they were read, and what each is called: a file name or an item id."""

    names: tuple[str, ...]
    vectors: NDArray[np.float32]


def read_vectors(path: Path, names: Path | None) -> NamedVectors:
    """Read vectors from `.npy` (names in a text file, one per line) or `.parquet`.

    Raises:
        RequestError: the file cannot be read, holds no vectors, or names and vectors do not fit together.
    """
    if not path.is_file():
        raise RequestError(f"There is no file {path.name}", "Check the path of the vectors")
    suffix = path.suffix.lower()
    if suffix == ".npy":
        found = _read_npy(path, names)
    elif suffix == ".parquet":
        found = _read_parquet(path)
    else:
        raise RequestError(f"{path.name} is neither .npy nor .parquet", "Save the vectors in one of these forms")
    if not np.isfinite(found.vectors).all():
        raise RequestError(f"{path.name} holds numbers that are not finite", "Export the vectors again")
    return found


def _read_npy(path: Path, names: Path | None) -> NamedVectors:
    beside = names or next((p for s in NAME_SUFFIXES if (p := path.with_suffix(s)).is_file()), None)
    if beside is None:
        raise RequestError(
            f"There is no list of names for {path.name}",
            f"Put {path.stem}.txt beside it, one file name or item id per line, or say --names FILE",
        )
    try:
        values = np.load(path, allow_pickle=False)
        lines = [line.strip() for line in beside.read_text(encoding="utf-8-sig").splitlines() if line.strip()]
    except OSError as error:
        raise RequestError(f"{error.filename} cannot be read ({error.strerror})", "Choose another file") from error
    except (ValueError, EOFError) as error:
        raise RequestError(f"{path.name} is no plain NumPy array", "Save it with numpy.save", str(error)) from error
    if not isinstance(values, np.ndarray) or values.ndim != 2 or values.dtype.kind not in "fiu" or not values.size:
        raise RequestError(
            f"{path.name} is no table of numbers with a row per image", "Save an array of two dimensions"
        )
    if len(lines) != len(values):
        raise RequestError(
            f"{path.name} has {len(values):,} rows, {beside.name} has {len(lines):,} names", "Export both again"
        )
    return NamedVectors(tuple(lines), values.astype(np.float32))


def _read_parquet(path: Path) -> NamedVectors:
    try:
        parquet: Any = importlib.import_module("pyarrow.parquet")
    except ImportError as error:
        raise RequestError(
            "A Parquet file needs the package pyarrow", "Install tailwise[parquet], or save as .npy"
        ) from error
    try:
        table: Any = parquet.read_table(path)
    except (OSError, ValueError) as error:  # pyarrow's own exceptions derive from these
        raise RequestError(f"{path.name} cannot be read as Parquet", "Export it again", str(error)) from error
    columns: list[str] = list(table.column_names)
    named = next((c for c in NAME_COLUMNS if c in columns), None)
    if named is None:
        raise RequestError(
            f"{path.name} has no column of names (its columns are {', '.join(columns[:12])})",
            f"Call it one of: {', '.join(NAME_COLUMNS)}",
        )
    listed = next((c for c in VECTOR_COLUMNS if c in columns), None)
    rows: list[Any] = table.column(listed).to_pylist() if listed else []
    try:
        if listed is None:
            numeric = [c for c in columns if c != named]
            vectors = np.stack([np.asarray(table.column(c).to_pylist(), dtype=np.float32) for c in numeric], axis=1)
        else:
            vectors = np.array(rows, dtype=np.float32)
    except (ValueError, TypeError) as error:
        raise RequestError(
            f"{path.name} holds no vectors of one length", f"Put them in a list column {VECTOR_COLUMNS[0]!r}"
        ) from error
    if vectors.ndim != 2 or not vectors.size:
        raise RequestError(f"{path.name} holds no vectors", f"Put them in a list column {VECTOR_COLUMNS[0]!r}")
    return NamedVectors(tuple(str(name) for name in table.column(named).to_pylist()), vectors)
