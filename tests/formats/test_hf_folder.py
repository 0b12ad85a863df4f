import json

import pytest

from dataset_trees import a_request, axis, codes, objects, read, splits, states, write_tree
from tailwise.domain.errors import UnreadableSourceError
from tailwise.formats import registry
from tailwise.formats.hf_folder import HuggingFaceReader

PNG = (64, 48)
README = "---\ndataset_info:\n  features:\n  - name: label\n    dtype:\n      class_label:\n        names:\n          '0': cat\n          '1': dog\n---\n# Data\n"


def lines(*records):
    return "".join(json.dumps(record) + "\n" for record in records)


def hf(root, files, images=("a.png",), **kwargs):
    return read(HuggingFaceReader(), write_tree(root, files | dict.fromkeys(images, PNG)), **kwargs)


BOXES = {"file_name": "a.png", "objects": {"bbox": [[1, 2, 10, 20], [5, 5, 4, 4]], "categories": [0, 1]}}


def test_boxes_are_left_top_width_height_and_numbers_are_named_by_the_readme(tmp_path):
    data = hf(tmp_path, {"metadata.jsonl": lines(BOXES), "README.md": README})
    a = data.annotations

    assert list(zip(a.x, a.y, a.width, a.height, a.area, strict=True)) == [(1, 2, 10, 20, 200), (5, 5, 4, 4, 16)]
    assert objects(data) == {"cat": 1, "dog": 1}


def test_columns_are_classes_and_conditions_and_folders_splits(tmp_path):
    files = {
        "train/metadata.csv": "file_name,label,light\na.png,NA,day\nb.png,dog,night\n",
        "test/metadata.csv": "file_name,label,light\nc.png,dog,night\n",
    }
    data = hf(tmp_path, files, ("train/a.png", "train/b.png", "test/c.png"))

    assert objects(data) == {"NA": 1, "dog": 2}
    assert splits(data) == {"test": ["test/c.png"], "train": ["train/a.png", "train/b.png"]}
    assert axis(data, "light")["train/a.png"] == "day"
    assert registry.choose(a_request(tmp_path).listing).key == "huggingface"


@pytest.mark.parametrize(
    ("files", "images", "expected"),
    [
        ({"metadata.jsonl": lines({"file_name": "train/a.png", "label": "x"}, {"file_name": "test/b.png", "label": "x"})},
         ("train/a.png", "test/b.png"), {"HF-01": 1}),
        ({"metadata.jsonl": lines({"file_name": "a.png", "label": "x"}), "metadata.csv": "file_name,label\na.png,y\n"},
         ("a.png",), {"HF-02": 1}),
        ({"x/metadata.csv": "file_name,label\na.png,x\n", "y/metadata.csv": "file_name,label,z\nb.png,y,1\n"},
         ("x/a.png", "y/b.png"), {"HF-03": 1}),
        ({"metadata.jsonl": lines({"file_name": "a.png", "label": 7})}, ("a.png",), {"HF-05": 1}),
        ({"metadata.jsonl": lines({"file_name": "a.png", "label": "x"})}, ("a.png", "b.png"), {"HF-07": 1}),
        ({"metadata.jsonl": lines({"file_name": "a.png", "label": "x"}), "load.py": "raise SystemExit"}, ("a.png",),
         {"HF-08": 1}),
        ({"metadata.jsonl": lines(*[{"file_name": "a.png", "label": "x"}] * 9, {"label": "x"})}, ("a.png",),
         {"HF-09": 1}),
        ({"metadata.jsonl": lines(BOXES | {"objects": {"bbox": [[1, 2, 3]], "categories": ["x"]}})}, ("a.png",),
         {"HF-10": 1}),
    ],
)  # fmt: skip
def test_each_dirty_case_has_its_finding(tmp_path, files, images, expected):
    assert {code: n for code, n in codes(hf(tmp_path, files, images)).items() if code != "HF-11"} == expected


def test_rows_without_a_class_are_unlabelled_and_metadata_without_rows_says_so(tmp_path):
    data = hf(tmp_path, {"metadata.jsonl": lines({"file_name": "a.png", "label": None})})

    assert states(data) == {"a.png": "unlabelled"}
    with pytest.raises(UnreadableSourceError, match="names an image"):
        hf(tmp_path / "b", {"metadata.jsonl": lines({"label": "x"})})
