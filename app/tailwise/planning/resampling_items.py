"""Training items as columns, and the kinds of items that a plan can treat alike."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from tailwise.planning.split_groups import mixed

if TYPE_CHECKING:
    from numpy.typing import NDArray

MAX_KINDS = 50_000
"""With more kinds than this, items are told apart by their rarest classes only."""
RAREST_KEPT = 3


@dataclass(frozen=True, slots=True)
class Kinds:
    """Items with equal class counts (and equally large scenes) are one kind.

    Attributes:
        of_item: (n,) kind of each item, numbered in an order that does not depend on the order of rows.
        copies: (M,) items of each kind.
        scene_size: (M,) items of the scene each of them belongs to; 1 where scenes do not count.
        counts: M × classes, mean samples of one item of the kind.
        is_reduced: kinds were joined because there are too many; `counts` are then means.
    """

    of_item: NDArray[np.int64]
    copies: NDArray[np.int64]
    scene_size: NDArray[np.int64]
    counts: sparse.csr_array
    is_reduced: bool = False

    @property
    def size(self) -> int:
        """Number of kinds."""
        return int(self.copies.size)


class TrainingItems:
    """The items that may be repeated, with their classes and scenes.

    Args:
        keys: (n,) stable keys that decide ties, see `split_groups.stable_keys`.
        item: (m,) row of each annotation, 0 .. n - 1.
        category: (m,) class of each annotation, 0 .. n_classes - 1.
        n_classes: number of classes.
        scenes: (n,) code of the scene of each item; negative for an item that is its own scene; None for no scenes.
        counts_objects: every annotation counts; otherwise a class counts once per item.
    """

    def __init__(
        self,
        keys: NDArray[np.uint64],
        item: NDArray[np.integer],
        category: NDArray[np.integer],
        n_classes: int,
        scenes: NDArray[np.int64] | None = None,
        *,
        counts_objects: bool = True,
    ) -> None:
        self.keys = keys
        self.n_items = int(keys.size)
        self.n_classes = n_classes
        matrix = sparse.coo_array(
            (np.ones(item.size), (item.astype(np.int64), category.astype(np.int64))), shape=(self.n_items, n_classes)
        ).tocsr()
        matrix.sum_duplicates()
        if not counts_objects:
            matrix.data[:] = 1.0
        self.matrix = matrix
        self._scenes = scenes
        self._kinds: dict[tuple[bool, int], Kinds] = {}

    @cached_property
    def class_counts(self) -> NDArray[np.int64]:
        """(classes,) samples of each class."""
        return np.rint(self.matrix.sum(axis=0)).astype(np.int64)

    @cached_property
    def class_items(self) -> NDArray[np.int64]:
        """(classes,) items that hold each class."""
        return np.bincount(self.matrix.indices, minlength=self.n_classes).astype(np.int64)

    @cached_property
    def scene(self) -> NDArray[np.int64]:
        """(n,) scene of each item, 0 .. scenes - 1."""
        if self._scenes is None:
            return np.arange(self.n_items, dtype=np.int64)
        own = self._scenes < 0
        codes = self._scenes.astype(np.int64)
        codes[own] = codes.max(initial=-1) + 1 + np.arange(int(own.sum()))
        return np.unique(codes, return_inverse=True)[1].astype(np.int64)

    @cached_property
    def scene_size(self) -> NDArray[np.int64]:
        """(n,) items of the scene each item belongs to."""
        return np.bincount(self.scene)[self.scene] if self.n_items else np.zeros(0, dtype=np.int64)

    @cached_property
    def class_scenes(self) -> NDArray[np.int64]:
        """(classes,) different scenes that hold each class."""
        rows = np.repeat(np.arange(self.n_items), np.diff(self.matrix.indptr))
        pairs = np.unique(self.scene[rows] * max(1, self.n_classes) + self.matrix.indices)
        return np.bincount(pairs % max(1, self.n_classes), minlength=self.n_classes).astype(np.int64)

    @cached_property
    def is_single(self) -> bool:
        """Whether no item holds more than one sample: then classes can be filled one by one, exactly."""
        per_item = np.diff(self.matrix.indptr)
        return bool((per_item <= 1).all() and (self.matrix.data <= 1).all())

    @cached_property
    def single_class(self) -> NDArray[np.int64]:
        """(n,) the class of each item, `n_classes` for an item without one; only where `is_single`."""
        found = np.full(self.n_items, self.n_classes, dtype=np.int64)
        found[np.repeat(np.arange(self.n_items), np.diff(self.matrix.indptr))] = self.matrix.indices
        return found

    def kinds(self, *, per_scene: bool, most: int = MAX_KINDS) -> Kinds:
        """Gather items with equal counts; beyond `most` kinds, items that agree in their rarest classes."""
        known = self._kinds.get((per_scene, most))
        if known is None:
            size = self.scene_size if per_scene else np.ones(self.n_items, dtype=np.int64)
            known = self._gather(self.matrix, size, is_reduced=False)
            for kept in range(RAREST_KEPT, 0, -1):
                if known.size <= most:
                    break
                known = self._gather(self._rarest_only(kept), size, is_reduced=True)
            self._kinds[per_scene, most] = known
        return known

    def _gather(self, matrix: sparse.csr_array, size: NDArray[np.int64], *, is_reduced: bool) -> Kinds:
        """Number the kinds by their fingerprint; the fingerprint of equal contents is equal whatever the row order."""
        prints = [_fingerprint(matrix, size, seed) for seed in (5, 6)]
        order = np.lexsort((prints[1], prints[0]))
        is_new = np.ones(order.size, dtype=np.bool_)
        is_new[1:] = (np.diff(prints[0][order]) != 0) | (np.diff(prints[1][order]) != 0)
        of_item = np.empty(order.size, dtype=np.int64)
        of_item[order] = np.cumsum(is_new) - 1
        leaders = order[is_new]
        copies = np.bincount(of_item, minlength=leaders.size)
        if is_reduced:
            member = sparse.csr_array(
                (1.0 / copies[of_item], (of_item, np.arange(order.size))), shape=(leaders.size, order.size)
            )
            counts = sparse.csr_array(member @ self.matrix)
        else:
            counts = sparse.csr_array(self.matrix[leaders])
        return Kinds(of_item, copies, size[leaders], counts, is_reduced)

    def _rarest_only(self, kept: int) -> sparse.csr_array:
        """Keep the counts of the rarest classes of each item; all others become one number, to a power of 2."""
        rows = np.repeat(np.arange(self.n_items), np.diff(self.matrix.indptr))
        rank = np.empty(self.n_classes, dtype=np.int64)
        rank[np.lexsort((np.arange(self.n_classes), self.class_counts))] = np.arange(self.n_classes)
        order = np.lexsort((rank[self.matrix.indices], rows))
        place = np.arange(order.size) - self.matrix.indptr[rows[order]]
        columns = np.where(place < kept, self.matrix.indices[order], self.n_classes)
        joined = sparse.coo_array(
            (self.matrix.data[order], (rows[order], columns)), shape=(self.n_items, self.n_classes + 1)
        ).tocsr()
        joined.sum_duplicates()
        is_rest = joined.indices == self.n_classes
        joined.data[is_rest] = 2.0 ** np.floor(np.log2(joined.data[is_rest]))
        return joined


def _fingerprint(matrix: sparse.csr_array, size: NDArray[np.int64], seed: int) -> NDArray[np.uint64]:
    """Return one number per row that equal rows share: amounts times a scrambled number per column, modulo 2^64."""
    per_column = mixed(np.arange(matrix.shape[1], dtype=np.uint64), seed)
    terms = matrix.data.astype(np.uint64) * per_column[matrix.indices]
    running = np.concatenate([np.zeros(1, dtype=np.uint64), np.cumsum(terms, dtype=np.uint64)])
    sums = running[matrix.indptr[1:]] - running[matrix.indptr[:-1]]
    return mixed(sums + size.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15), seed)
