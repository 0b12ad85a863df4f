"""Synthetic pictures as they are written: where each comes from, and what is on it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tailwise.domain.recipe import Recipe


@dataclass(frozen=True, slots=True)
class SyntheticObject:
    """One object on a synthetic picture, in its pixels.

    Attributes:
        box: x, y, width, height of what is visible.
        polygons: parts as x1, y1, x2, y2, …; empty for a plain box or a mask.
        runs: of a mask its runs down the columns, background first.
        visible: share of the object that is still to be seen, 0..1.
        is_pasted: it comes from another picture.
        is_crowd: the annotation stands for many objects.
    """

    class_name: str
    box: tuple[float, float, float, float]
    area: float
    polygons: tuple[tuple[float, ...], ...] = ()
    runs: tuple[int, ...] = ()
    visible: float = 1.0
    is_pasted: bool = False
    is_crowd: bool = False


@dataclass(frozen=True, slots=True)
class SyntheticImage:
    """One synthetic picture.

    Attributes:
        file: path below the folder of the export, POSIX.
        parent_id, parent_file, source: the real picture it was made from.
        groups: what the parent belongs to and the variant inherits, so that no split ever parts them.
        seed, variant: what makes it again.
        labels: weight of every whole-image class, soft where pictures were mixed.
        flags: what is worth a look, in words.
    """

    file: str
    width: int
    height: int
    parent_id: int
    parent_file: str
    source: str
    seed: int
    variant: int
    groups: Mapping[str, str] = field(default_factory=dict[str, str])
    conditions: Mapping[str, str] = field(default_factory=dict[str, str])
    labels: Mapping[str, float] = field(default_factory=dict[str, float])
    objects: tuple[SyntheticObject, ...] = ()
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SyntheticSet:
    """Everything one run wrote. `classes` is the order of class numbers in YOLO labels and COCO ids (from 1)."""

    recipe: Recipe
    classes: tuple[str, ...]
    images: tuple[SyntheticImage, ...]
    with_coco: bool = True
    with_yolo: bool = False
