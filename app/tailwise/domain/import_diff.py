"""What an import would change, before it happens."""

from __future__ import annotations

from dataclasses import dataclass

from tailwise.domain.wording import counted, first_names

MAX_DIFF_EXAMPLES = 20


@dataclass(frozen=True, slots=True)
class ClassChange:
    """Annotations of one class before and after an import; 0 before and a class that is new, or 0 after and gone."""

    name: str
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class ItemChange:
    """What changed on one item that stays: its file, and how many annotations of what became what."""

    file_name: str
    text: str


@dataclass(frozen=True, slots=True)
class ImportDiff:
    """What an import adds, takes away and changes. Items are told apart by file name.

    Attributes:
        source: name of the source that is updated, or of the new one.
        is_update: whether the source was imported before; else everything is new.
        items_added, items_removed, items_kept: numbers of items.
        items_relabelled: kept items whose annotations or state changed.
        annotations_added, annotations_removed: on kept items only. An annotation whose box stayed and whose class
            changed counts in `classes_changed` instead.
        new_classes, gone_classes: classes of the source by name.
        classes: every class whose number of annotations changes.
        removed_in_split: items to be removed that have a place in the active split.
        added, removed: file names of the first items.
        relabelled: the first changed items.
    """

    source: str
    is_update: bool
    items_added: int
    items_removed: int
    items_kept: int
    items_relabelled: int
    annotations_added: int
    annotations_removed: int
    classes_changed: int
    new_classes: tuple[str, ...]
    gone_classes: tuple[str, ...]
    classes: tuple[ClassChange, ...]
    removed_in_split: int = 0
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    relabelled: tuple[ItemChange, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether the import changes nothing about items, annotations and classes."""
        return not (
            self.items_added or self.items_removed or self.items_relabelled or self.new_classes or self.gone_classes
        )

    def sentence(self) -> str:
        """Say the numbers on one line.

        >>> ImportDiff("a", True, 2, 0, 5, 1, 3, 0, 1, ("van",), (), ()).sentence()
        '2 items added, 1 item relabelled (3 annotations added, 1 with another class), 1 new class: van'
        """
        if self.is_empty:
            return "nothing changes"
        inner = [
            counted(self.annotations_added, "annotation") + " added" if self.annotations_added else "",
            counted(self.annotations_removed, "annotation") + " removed" if self.annotations_removed else "",
            f"{self.classes_changed:,} with another class" if self.classes_changed else "",
        ]
        what = ", ".join(filter(None, inner))
        relabelled = f"{counted(self.items_relabelled, 'item')} relabelled" + (f" ({what})" if what else "")
        parts = [
            counted(self.items_added, "item") + " added" if self.items_added else "",
            counted(self.items_removed, "item") + " removed" if self.items_removed else "",
            relabelled if self.items_relabelled else "",
            _named(self.new_classes, "new class", "new classes"),
            _named(self.gone_classes, "class gone", "classes gone"),
        ]
        return ", ".join(filter(None, parts))

    def as_json(self) -> dict[str, object]:
        """Return the keys of `import --preview --json`."""
        return {
            "source": self.source,
            "is_update": self.is_update,
            "items": {
                "added": self.items_added,
                "removed": self.items_removed,
                "kept": self.items_kept,
                "relabelled": self.items_relabelled,
                "removed_in_split": self.removed_in_split,
            },
            "annotations": {
                "added": self.annotations_added,
                "removed": self.annotations_removed,
                "class_changed": self.classes_changed,
            },
            "classes": [{"class": c.name, "before": c.before, "after": c.after} for c in self.classes],
            "new_classes": list(self.new_classes),
            "gone_classes": list(self.gone_classes),
            "examples": {
                "added": list(self.added),
                "removed": list(self.removed),
                "relabelled": [{"file_name": c.file_name, "change": c.text} for c in self.relabelled],
            },
        }


def _named(names: tuple[str, ...], one: str, many: str) -> str:
    if not names:
        return ""
    return f"{counted(len(names), one, many)}: {first_names(names, 5)}"
