"""Whatever happens to a file between writing and reading back, the export does not appear."""

import pytest

from exports.export_builders import a_coco_file, a_count_table, a_split, an_info, an_item, an_order, boxes_of, snapshot
from tailwise.domain.errors import ExportTargetError
from tailwise.domain.exports import SplitSource
from tailwise.exports.coco_splits import write_coco_splits
from tailwise.exports.counts import write_counts
from tailwise.exports.package import Package
from tailwise.exports.split_manifest import write_split_manifest
from tailwise.exports.work_order import write_work_order
from tailwise.exports.yolo_lists import write_yolo_lists
from tailwise.ops.progress import SILENT


@pytest.fixture
def written(tmp_path):
    """Return a function that writes everything into a new package and says where."""

    def write(name: str):
        (tmp_path / name).mkdir()
        package = Package(tmp_path / name, an_info())
        ref = a_coco_file(tmp_path / f"{name}.json", 3)
        items = [an_item(1), an_item(2, "val"), an_item(3, "test")]
        boxes = boxes_of(*((i, 0, 40, 30, 20, 20) for i in range(3)))
        split = a_split(items, sources=(SplitSource("streets", "coco", tmp_path, (ref,)),), boxes=boxes)
        write_split_manifest(split, package, SILENT)
        write_yolo_lists(split, package, SILENT)
        write_coco_splits(split, package, SILENT)
        write_work_order(an_order(), package, SILENT)
        write_counts(a_count_table(), package, SILENT)
        return package, tmp_path / name

    return write


def test_every_file_cut_short_is_noticed(written):
    package, folder = written("whole")

    for path, content in snapshot(folder).items():
        (folder / path).write_bytes(content[: len(content) // 2])
        with pytest.raises(ExportTargetError, match=f"^{path.partition('labels/')[0]}.* does not read back"):
            package.seal(SILENT)
        (folder / path).write_bytes(content)

    package.seal(SILENT)


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("splits/splits.csv", b'"file_name"', b'"filename"'),
        ("splits/splits.csv", b'"images/1.jpg",', b""),
        ("splits/splits.json", b'"seed": 7', b'"seed": 8'),
        ("splits/yolo/train.txt", b"./images", b"/images"),
        ("splits/yolo/labels/1.txt", b"0 0.5", b"7 0.5"),
        ("splits/yolo/labels/1.txt", b"0 0.5", b"0 1.5"),
        ("splits/yolo/labels/1.txt", b"0 0.5", b"x 0.5"),
        ("splits/yolo/data.yaml", b'"car"', b'"cat"'),
        ("splits/yolo/data.yaml", b'"car"', b'"car'),
        ("splits/coco/annotations/instances_train.json", b'"image_id": 1', b'"image_id": 2'),
        ("splits/coco/annotations/instances_train.json", b'{"id": 1, "file_name"', b'{"id": 2, "file_name"'),
        ("vendor/csv/classes.csv", b'"Wheelchair"', b'"=1"'),
        ("internal/csv/cost.csv", b'"cost"', b'"costs"'),
        ("counts/counts.csv", b'"night"', b'"+1"'),
    ],
)
def test_a_damage_inside_a_file_is_noticed(written, path, old, new):
    package, folder = written("damaged")
    content = (folder / path).read_bytes()
    assert old in content
    (folder / path).write_bytes(content.replace(old, new, 1))

    with pytest.raises(ExportTargetError, match="does not read back as it was written"):
        package.seal(SILENT)
