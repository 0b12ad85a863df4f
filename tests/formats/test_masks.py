import cv2
import numpy as np
import pytest

from dataset_trees import codes, objects, read, splits, states, write_tree
from realdata import REAL, needs_real_data
from tailwise.domain.errors import RequestError, UnreadableSourceError
from tailwise.domain.records import AnnotationKind
from tailwise.formats.mask_folders import MaskReader
from tailwise.imaging.masks import count_mask

IMAGE = (8, 4)


def mask(*values, dtype=np.uint8, suffix=".png"):
    """Return a mask of 8 x 4 pixels whose first pixels hold `values`, the rest being the last of them."""
    flat = [*values, *[values[-1]] * (32 - len(values))]
    pixels = np.array(flat, dtype).reshape(4, 8, *np.shape(values[0]))
    return cv2.imencode(suffix, pixels)[1].tobytes()


def palette(indices, depth):
    """Return a palette PNG of one row with `depth` bits a pixel."""
    import struct
    import zlib

    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    bits = "".join(f"{index:0{depth}b}" for index in indices)
    row = bytes([0]) + int(bits.ljust(-(-len(bits) // 8) * 8, "0"), 2).to_bytes(-(-len(bits) // 8), "big")
    colours = b"\xff\0\0" * 2**depth  # all alike: colours tell nothing of the index
    header = struct.pack(">IIBBBBB", len(indices), 1, depth, 3, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"PLTE", colours)
        + chunk(b"IDAT", zlib.compress(row))
        + chunk(b"IEND", b"")
    )


def masks(root, files, images=("a.png",), **kwargs):
    tree = {f"images/{name}": IMAGE for name in images} | files
    return read(MaskReader(), write_tree(root, tree), **kwargs)


@pytest.mark.parametrize("depth", [1, 2, 4, 8])
def test_palette_masks_count_the_indices_that_are_stored_and_not_their_colours(tmp_path, depth):
    top = 2**depth - 1
    path = tmp_path / "m.png"
    path.write_bytes(palette([0, top, top, top], depth))

    counted = count_mask(path)

    assert counted.kind == "palette"
    assert dict(counted.values) == {0: 1, top: 3}


def test_what_is_no_image_is_no_mask(tmp_path):
    (tmp_path / "m.png").write_bytes(b"\x89PNG\r\n\x1a\nbroken")

    assert count_mask(tmp_path / "m.png") is None
    assert count_mask(tmp_path / "none.png") is None


def test_an_image_has_the_classes_its_mask_shows_with_their_pixels(tmp_path):
    data = masks(tmp_path, {"masks/a.png": mask(1, 1, 2, 2, 2, 0), "labelmap.txt": "background\ncat\ndog\nbird\n"})

    assert objects(data) == {"cat": 1, "dog": 1, "bird": 0}
    assert data.annotations.area.tolist() == [3, 2]
    assert set(data.annotations.kind) == {AnnotationKind.MASK}
    assert data.items.file_name == ["images/a.png"]
    assert codes(data) == {}


@pytest.mark.parametrize(
    "listed", ["bg:0,0,0::\nroad:128,64,32::\n", "name,r,g,b\nbg,0,0,0\nroad,128,64,32\n", "128 64 32 road\n"]
)
def test_colours_are_named_by_the_list(tmp_path, listed):
    name = "class_dict.csv" if "name," in listed else "labelmap.txt"
    data = masks(tmp_path, {"masks/a.png": mask((32, 64, 128), (0, 0, 0)), name: listed})

    assert {name: n for name, n in objects(data).items() if n} == {"road": 1}
    assert codes(data) == {}


NAMES = {"labelmap.txt": "background\ncat\n"}


@pytest.mark.parametrize(
    ("files", "images", "expected"),
    [
        (NAMES | {"masks/a.png": mask(1, 255, 0)}, ("a.png",), {"MK-01": 1}),
        (NAMES | {"masks/a.jpg": mask(1, 0, suffix=".jpg")}, ("a.png",), {"MK-02": 1}),
        (NAMES | {"masks/a.png": mask(1, 7, 0)}, ("a.png",), {"MK-03": 1}),
        ({"masks/a.png": mask((9, 9, 9), (0, 0, 0))}, ("a.png",), {"MK-04": 1}),
        (NAMES | {"masks/a.png": mask(1, 0), "images/a.png": (9, 4)}, (), {"MK-05": 1}),
        (NAMES | {"masks/a.png": mask(1001, 1002, 0, dtype=np.uint16)}, ("a.png",), {"MK-06": 1}),
        ({"masks/a.png": mask(255, 0)}, ("a.png",), {"MK-07": 1}),
        (NAMES | {"masks/a.png": mask(1, 0)}, ("a.png", "b.png"), {"MK-08": 1}),
        (NAMES | {"masks/a.png": mask((0, 0, 0, 9), (0, 0, 0, 0))}, ("a.png",), {"MK-09": 1}),
        ({"masks/a.png": mask(1, 2, 0)}, ("a.png",), {"MK-10": 1}),
        (NAMES | {f"masks/{n}.png": mask(1, 0) for n in range(9)} | {"masks/a.png": b"x"},
         [f"{n}.png" for n in range(9)] + ["a.png"], {"MK-11": 1, "MK-08": 1}),
        (NAMES | {"masks/a.png": mask(1, 0), "masks/b.png": mask(1, 0)}, ("a.png",), {"MK-12": 1}),
    ],
)  # fmt: skip
def test_each_dirty_case_has_its_finding(tmp_path, files, images, expected):
    assert codes(masks(tmp_path, files, images)) == expected


def test_classes_of_objects_and_small_shares_are_what_the_answers_say(tmp_path):
    wide = NAMES | {"masks/a.png": mask(1001, 1002, 0, dtype=np.uint16)}

    data = masks(tmp_path / "a", wide)
    assert (objects(data), data.annotations.area.tolist()) == ({"cat": 1}, [2])
    few = masks(tmp_path / "b", {"masks/a.png": mask(1, 2, 2, 0)}, min_pixels="2", background="none")
    assert objects(few) == {"class_0": 1, "class_2": 1}
    for answer in ({"min_pixels": "x"}, {"background": "7"}, {"names": "no.txt"}):
        with pytest.raises(RequestError):
            masks(tmp_path / "b", {}, **answer)


def test_an_empty_mask_is_looked_at_and_masks_beside_images_are_found_by_their_ending(tmp_path):
    files = {
        "train/a.jpg": mask(9, 9, suffix=".jpg"),
        "train/a_mask.png": mask(0),
        "val/b.png": IMAGE,
        "val/b_L.png": mask(1),
    }
    data = read(MaskReader(), write_tree(tmp_path, files | NAMES))

    assert states(data) == {"train/a.jpg": "empty", "val/b.png": "labelled"}
    assert splits(data) == {"train": ["train/a.jpg"], "val": ["val/b.png"]}


def test_a_folder_without_a_readable_mask_says_so(tmp_path):
    with pytest.raises(UnreadableSourceError, match="No mask in"):
        masks(tmp_path, {"masks/a.png": b"x"})


@needs_real_data
@pytest.mark.realdata
def test_published_masks_are_read():
    folder = REAL / "format_fixtures/datumaro"

    assert objects(read(MaskReader(), folder / "kaggle_dataset/image_mask_with_labelmap")) == {"cat": 3, "dog": 3}
    camvid = read(MaskReader(), folder / "camvid_dataset")
    assert {split: len(items) for split, items in camvid.splits.items()} == {"test": 2, "train": 1, "val": 1}
