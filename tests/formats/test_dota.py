import pytest

from dataset_trees import codes, objects, read, splits, states, write_tree
from realdata import REAL, needs_real_data
from tailwise.domain.errors import RequestError, UnreadableSourceError
from tailwise.domain.records import AnnotationFlag
from tailwise.formats import registry
from tailwise.formats.dota import DotaReader
from tailwise.formats.listing import scan
from tailwise.ops.progress import SILENT

LINE = "10 0 20 10 10 20 0 10 plane 0\n"
PNG = (64, 48)


def dota(root, text=LINE, images=("a.png",), **kwargs):
    files = {"train/labelTxt/a.txt": text} | {f"train/images/{name}": PNG for name in images}
    return read(DotaReader(), write_tree(root, files), **kwargs)


def test_a_rotated_box_gives_its_hull_and_its_own_area(tmp_path):
    data = dota(tmp_path, f"imagesource:GoogleEarth\ngsd:0.14\n{LINE}10,0,20,0,20,10,10,10,small-vehicle,1\n")
    a = data.annotations

    assert list(zip(a.x, a.y, a.width, a.height, a.area, strict=True)) == [(0, 0, 20, 20, 200), (10, 0, 10, 10, 100)]
    assert list(a.flags) == [0, AnnotationFlag.DIFFICULT]
    assert objects(data) == {"plane": 1, "small-vehicle": 1}
    assert splits(data) == {"train": ["train/images/a.png"]}


@pytest.mark.parametrize(
    ("text", "images", "expected"),
    [
        (LINE * 9 + "1 2 3 plane\n", ("a.png",), {"DT-01": 1}),
        (LINE * 9 + "1 2 3 4 5 6 7 x plane\n", ("a.png",), {"DT-01": 1}),
        (f"gsd:null\n{LINE}", ("a.png",), {"DT-02": 1}),
        (LINE, ("a.png", "b.png"), {"DT-04": 1}),
        ("60 0 70 0 70 9 60 9 plane 0\n", ("a.png",), {"BOX-02": 1}),
        ("5 0 5 0 5 9 5 9 plane 0\n", ("a.png",), {"BOX-01": 1}),
    ],
)
def test_each_dirty_case_has_its_finding(tmp_path, text, images, expected):
    assert {code: n for code, n in codes(dota(tmp_path, text, images)).items() if code != "DT-05"} == expected


def test_an_empty_file_is_what_the_answer_says(tmp_path):
    write_tree(tmp_path, {"train/labelTxt/b.txt": "", "train/images/b.png": PNG})

    data = dota(tmp_path)
    assert (states(data)["train/images/b.png"], codes(data)["DT-03"]) == ("empty", 1)
    assert states(dota(tmp_path, no_annotations="unlabelled"))["train/images/b.png"] == "unlabelled"
    with pytest.raises(RequestError, match="empty or unlabelled"):
        dota(tmp_path, no_annotations="x")
    with pytest.raises(UnreadableSourceError, match="four corners and a class"):
        dota(tmp_path / "x", "prose\n")


@needs_real_data
@pytest.mark.realdata
@pytest.mark.parametrize("folder", ["dota_dataset", "roboflow_dataset/yolo_obb"])
def test_published_label_folders_are_recognised(folder):
    path = REAL / "format_fixtures/datumaro" / folder

    assert registry.choose(scan(path, SILENT)).key == "dota"
    assert sum(objects(read(DotaReader(), path)).values()) == 4
