"""What a YOLO dataset says about itself: data.yaml of Ultralytics, obj.data of Darknet, and bare class lists.

Read as text only. `download:` and anything else a trainer would act on is not looked at.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from tailwise.domain.errors import UnreadableSourceError
from tailwise.domain.findings import Severity
from tailwise.formats.text_encoding import decode
from tailwise.formats.yaml_text import NOTHING, load

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tailwise.domain.findings import FindingLog
    from tailwise.formats.listing import Listing

MAX_CONFIG_BYTES = 8_000_000
MAX_CLASSES = 100_000  # an index beyond this is no class but a broken line

SPLIT_KEYS = {"train": "train", "val": "val", "valid": "val", "validation": "val", "test": "test"}

# The class list labelImg shows until it is given another; its indices creep into real label files.
LABELIMG_DEFAULT = (
    "dog", "person", "cat", "tv", "car", "meatballs", "marinara sauce", "tomato soup", "chicken noodle soup",
    "french onion soup", "chicken breast", "ribs", "pulled pork", "hamburger", "cavity",
)  # fmt: skip
# Words YAML 1.1 reads as true, false or nothing where they are not quoted.
_YAML_WORDS = frozenset("y n yes no on off true false null ~".split())  # noqa: SIM905


@dataclass(slots=True)
class YoloConfig:
    """The description of one dataset; `path` and `folder` are relative to the root, and empty where there is no file.

    Attributes:
        names: class names by index, None where none are given.
        names_file: where the names are instead, as written.
        splits: what each split points to, as written: folders, list files or images.
        bases: folders, relative to the root, that the entries of `splits` may be relative to; as written.
        task: what `task:` says, or `pose` where key points are declared.
    """

    path: str = ""
    names: dict[int, str] | None = None
    names_file: str = ""
    splits: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    bases: list[str] = field(default_factory=list[str])
    task: str = ""

    @property
    def folder(self) -> str:
        """Folder of the description, empty for the root."""
        return self.path.rpartition("/")[0]


def is_data_yaml(head: bytes) -> bool:
    """Tell from its first bytes whether a YAML file describes a YOLO dataset."""
    text = f"\n{head.decode('utf-8', 'replace')}".replace("\r", "\n")
    has_classes = "\nnames:" in text or "\nnc:" in text
    return has_classes and any(f"\n{key}:" in text for key in (*SPLIT_KEYS, "path"))


def is_obj_data(head: bytes) -> bool:
    """Tell from its first bytes whether a file is a Darknet description."""
    keys = _assignments(head.decode("utf-8", "replace")).keys()
    return "names" in keys and bool(keys & {"train", "valid", "classes"})


def read_config(listing: Listing, path: str, answers: Mapping[str, str], log: FindingLog) -> YoloConfig:
    """Read a data.yaml or an obj.data.

    Raises:
        UnreadableSourceError: the file is broken.
        QuestionError: it is saved in an encoding that has to be asked for.
    """
    text = read_text(listing, path, answers)
    config = YoloConfig(path=path)
    if path.lower().endswith((".yaml", ".yml")):
        document = load(text, path)
        if not isinstance(document, dict):
            raise UnreadableSourceError(f"{path} holds no keys", "A data.yaml has names and train, val or test")
        _fill_from_yaml(config, cast("dict[Any, Any]", document), log)
    else:
        _fill_from_obj_data(config, _assignments(text))
    return config


def read_class_list(listing: Listing, path: str, answers: Mapping[str, str], log: FindingLog) -> dict[int, str]:
    """Read one class name per line; empty lines keep their index, those at the end are left out."""
    lines = [line.strip() for line in read_text(listing, path, answers).splitlines()]
    while lines and not lines[-1]:
        lines.pop()
    names = {index: line or f"class_{index}" for index, line in enumerate(lines[:MAX_CLASSES])}
    check_names(names, path, log)
    return names


def read_text(listing: Listing, path: str, answers: Mapping[str, str]) -> str:
    """Return the text of a small file of the listing."""
    try:
        data = listing.peek(path, MAX_CONFIG_BYTES + 1)
    except OSError as error:
        raise UnreadableSourceError(f"{path} cannot be read: {error.strerror}", "Check the file") from error
    if len(data) > MAX_CONFIG_BYTES:
        raise UnreadableSourceError(f"{path} is larger than {MAX_CONFIG_BYTES:,} bytes", "Check that it is a list")
    return decode(data, path, answers)[0]


def check_names(names: Mapping[int, str], path: str, log: FindingLog) -> None:
    """Report class names that other programs are known to read differently."""
    if tuple(names.get(i, "").lower() for i in range(len(LABELIMG_DEFAULT))) == LABELIMG_DEFAULT:
        log.add(
            "YO-06",
            Severity.QUESTION,
            "the first 15 classes are the built-in list of labelImg",
            "kept; drop the classes without objects if they are not yours",
            path,
        )
    for index, name in names.items():
        if name.lower() in _YAML_WORDS or _is_number(name):
            log.add(
                "YO-05",
                Severity.NOTE,
                "a class name that YAML readers turn into a number, true, false or nothing",
                "kept as text",
                f"{path}: {index} {name!r}",
            )


def _is_number(name: str) -> bool:
    return name.replace(".", "", 1).replace("_", "").replace(":", "").isdigit()


def _fill_from_yaml(config: YoloConfig, document: dict[Any, Any], log: FindingLog) -> None:
    names = document.get("names")
    if _is_text(names):
        config.names_file = str(names)
    config.names = _names(names, config.path, log)
    declared = document.get("nc")
    if config.names is not None and _is_text(declared) and str(declared) != str(len(config.names)):
        log.add(
            "YO-03",
            Severity.WARNING,
            f"nc is {declared} but {len(config.names):,} names are given",
            "the names were used; Ultralytics refuses to train",
            config.path,
        )
    if config.names is None and not config.names_file and _is_text(declared) and str(declared).isdecimal():
        config.names = {index: f"class_{index}" for index in range(min(int(str(declared)[:9]), MAX_CLASSES))}
        log.add(
            "YO-19",
            Severity.QUESTION,
            "no class names are given, only their number",
            "named class_0, class_1 and so on; answer names=FILE to name them",
            config.path,
        )
    root = document.get("path")
    config.bases = [str(root)] if _is_text(root) else []
    config.bases.append("")
    for key, split in SPLIT_KEYS.items():
        value = document.get(key)
        values = cast("list[Any]", value) if isinstance(value, list) else [value]
        config.splits.setdefault(split, []).extend(str(v) for v in values if _is_text(v))
    config.splits = {split: values for split, values in config.splits.items() if values}
    task = document.get("task")
    config.task = "pose" if document.get("kpt_shape") else str(task).lower() if _is_text(task) else ""


def _fill_from_obj_data(config: YoloConfig, keys: dict[str, str]) -> None:
    for key, split in SPLIT_KEYS.items():
        if keys.get(key):
            config.splits.setdefault(split, []).append(keys[key])
    config.bases = [""]
    config.names_file = keys.get("names", "")


def _assignments(text: str) -> dict[str, str]:
    pairs = (line.partition("=") for line in text.splitlines() if not line.lstrip().startswith("#"))
    return {key.strip().lower(): value.strip() for key, separator, value in pairs if separator}


def _is_text(value: object) -> bool:
    return isinstance(value, str) and value not in NOTHING


def _names(value: object, path: str, log: FindingLog) -> dict[int, str] | None:
    if isinstance(value, list):
        items = cast("list[Any]", value)
        names = {index: _name(name, index) for index, name in enumerate(items[:MAX_CLASSES])}
    elif isinstance(value, dict):
        names = _names_by_key(cast("dict[Any, Any]", value), path, log)
    else:
        return None
    check_names(names, path, log)
    return names or None


def _names_by_key(value: dict[Any, Any], path: str, log: FindingLog) -> dict[int, str]:
    keys = [str(key).strip() for key in value]
    if all(_is_index(key) for key in keys):
        names = {int(key): _name(name, int(key)) for key, name in zip(keys, value.values(), strict=True)}
        if list(names) != list(range(len(names))):
            log.add(
                "YO-04",
                Severity.NOTE,
                "the class indices have gaps or are not in order",
                "every name keeps the index it is written with",
                path,
            )
        return dict(sorted(names.items()))
    if all(_is_index(number) for number in value.values()) and len(set(value.values())) == len(value):
        return dict(sorted((int(number), str(name)) for name, number in value.items()))
    log.add(
        "YO-04",
        Severity.WARNING,
        "class names are given under keys that are no indices",
        "the order of the file was taken for the index",
        path,
    )
    return {index: _name(name, index) for index, name in enumerate(value.values())}


def _is_index(value: object) -> bool:
    return isinstance(value, str) and value.isdecimal() and len(value) <= 6


def _name(value: object, index: int) -> str:
    return value if isinstance(value, str) and value.strip() else f"class_{index}"
