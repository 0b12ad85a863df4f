"""The axes of a COCO source: image attributes and further members, licences, scenes, videos."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tailwise.domain.records import AxisKind
from tailwise.formats.coco_axes import MAX_VALUES, AxisBuilder, fact_text, is_group
from tailwise.formats.coco_codes import report_all
from tailwise.formats.coco_ids import NO_ID

if TYPE_CHECKING:
    from tailwise.domain.findings import FindingLog
    from tailwise.domain.records import AxisColumns
    from tailwise.formats.coco_ids import IdIndex
    from tailwise.formats.coco_layout import CocoFile
    from tailwise.formats.coco_parts import FileParts
    from tailwise.formats.geometry import Ints

_LICENCE, _SCENE = "license", "scene"
_VIDEO_IDS = frozenset({"video_id", "vid_id"})


class SceneJoiner:
    """Joins what the files of a source say about the scenes of their images."""

    def __init__(self, log: FindingLog) -> None:
        self._log = log
        self._builders: dict[str, AxisBuilder] = {}
        self._crowded: dict[str, int] = {}

    def add_file(self, file: CocoFile, parts: FileParts, items: Ints, images: IdIndex) -> None:
        """Add one file, whose images are the items at the positions `items`."""
        for name, fact in parts.images.facts.by_name.items():
            kind = AxisKind.GROUP if is_group(name) else AxisKind.CONDITION
            texts = fact.texts
            if name.lower() in _VIDEO_IDS and parts.videos.names:
                texts = [parts.videos.names.get(parts.ids.code(text), text) for text in texts]
            self._builder(name, kind, "COCO images").add(items[fact.rows], texts)
        for name, count in parts.images.facts.crowded.items():
            self._crowded[name] = self._crowded.get(name, 0) + count
        self._add_licences(parts, items)
        self._add_scenes(file, parts, images)

    def axes(self) -> list[AxisColumns]:
        """Return the axes that divide the items into kinds, by name; tell which did not."""
        found: list[AxisColumns] = []
        for name, builder in sorted(self._builders.items()):
            if name in self._crowded or (builder.kind is AxisKind.CONDITION and builder.values > MAX_VALUES):
                self._crowded[name] = self._crowded.get(name, 0) + builder.items
            elif builder.is_telling() or name == _SCENE:
                found.append(builder.columns())
            elif builder.values > 1 and name != _LICENCE:
                self._crowded[name] = builder.items
        for name, count in sorted(self._crowded.items()):
            report_all(self._log, "CO-20", count, [f"{name}: a value for {count:,} images"])
        return found

    def _add_licences(self, parts: FileParts, items: Ints) -> None:
        values = [None if isinstance(value, list | dict) else value for value in parts.images.licences]
        names = {value: parts.licences.names.get(parts.ids.code(value)) or fact_text(value) for value in set(values)}
        texts = [names[value] for value in values]
        known = np.array([text is not None for text in texts], np.bool_)
        if known.any():
            found = [text for text in texts if text is not None]
            self._builder(_LICENCE, AxisKind.CONDITION, "COCO licenses").add(items[known], found)

    def _add_scenes(self, file: CocoFile, parts: FileParts, images: IdIndex) -> None:
        image_codes, scene_codes = parts.scenes.pairs()
        if not len(image_codes):
            return
        items = images.find(image_codes)
        names, odd = parts.scene_names.names, 0
        texts: list[str] = []
        examples: list[str] = []
        for item, image, scene in zip(items.tolist(), image_codes.tolist(), scene_codes.tolist(), strict=True):
            name = names.get(scene, f"unknown:{parts.ids.text(scene) or 'missing'}")
            texts.append(name)
            if item < 0 or scene not in names or scene == NO_ID:
                odd += 1
                lost = "" if item >= 0 else ", which is not listed"
                examples.append(f"{file.path}: {name} at image {parts.ids.text(image)}{lost}")
        self._builder(_SCENE, AxisKind.CONDITION, "COCO scene_annotations").add(items, texts)
        report_all(self._log, "CO-21", odd, examples)

    def _builder(self, name: str, kind: AxisKind, origin: str) -> AxisBuilder:
        return self._builders.setdefault(name, AxisBuilder(name, kind, origin))
