import pytest

from dataset_trees import (
    CancelAfter,
    a_request,
    codes,
    finding,
    images_and_objects,
    objects,
    png,
    read,
    splits,
    states,
    write_tree,
)
from realdata import REAL, needs_real_data, real_counts
from tailwise.domain.errors import RequestError, UnreadableSourceError
from tailwise.domain.records import AnnotationKind
from tailwise.formats.image_folder import FolderReader
from tailwise.ops.progress import OpCancelledError

READER = FolderReader()
SIZE = (64, 48)


def pets(tmp_path, **more):
    return write_tree(tmp_path, {"cat/1.png": SIZE, "cat/2.png": SIZE, "dog/3.png": SIZE, **more})


def test_the_folder_is_the_class_of_every_image_in_it(tmp_path):
    data = read(READER, pets(tmp_path, **{"dog/puppies/4.png": SIZE}))

    assert objects(data) == {"cat": 2, "dog": 2}
    assert list(data.items.file_name) == ["cat/1.png", "cat/2.png", "dog/3.png", "dog/puppies/4.png"]
    assert set(data.annotations.kind) == {AnnotationKind.LABEL}
    assert [c.ext_id for c in data.categories] == ["0", "1"]
    assert codes(data) == {}


@pytest.mark.parametrize("prefix", ["", "set/", "set/images/", "images/"])
def test_classes_are_found_some_folders_down(tmp_path, prefix):
    write_tree(tmp_path, {f"{prefix}cat/1.png": SIZE, f"{prefix}dog/2.png": SIZE, "readme.md": "hello"})

    assert objects(read(READER, tmp_path)) == {"cat": 1, "dog": 1}


def test_split_folders_above_the_classes_become_splits(tmp_path):
    write_tree(tmp_path, {
        "train/cat/1.png": SIZE, "train/dog/2.png": SIZE, "valid/images/cat/3.png": SIZE, "valid/images/dog/4.png": SIZE,
        "test/cat/5.png": SIZE,
    })  # fmt: skip

    data = read(READER, tmp_path)

    assert objects(data) == {"cat": 3, "dog": 2}
    assert {split: len(items) for split, items in data.splits.items()} == {"test": 1, "train": 2, "val": 2}
    assert finding(data, "IF-03").examples == ("test: dog",)


def test_published_lists_become_splits_and_what_they_miss_is_counted(tmp_path):
    pets(tmp_path, **{
        "lists/files_train.txt": "1.png 0\n3.png 1\ngone.png 1\n",
        "lists/files_val.txt": "cat/2.png 0\n",
        "lists/all.txt": "1.png\n2.png\n3.png\ngone.png\nlost.png\n",
    })  # fmt: skip

    data = read(READER, tmp_path)

    assert splits(data) == {"train": ["cat/1.png", "dog/3.png"], "val": ["cat/2.png"]}
    assert codes(data) == {"IF-03": 1, "IF-11": 2, "IF-15": 1}
    assert [(f.path, f.split) for f in data.files] == [
        ("lists/all.txt", ""), ("lists/files_train.txt", "train"), ("lists/files_val.txt", "val")
    ]  # fmt: skip


def test_a_list_name_that_several_images_have_is_left_out(tmp_path):
    write_tree(tmp_path, {"cat/1.png": SIZE, "dog/1.png": SIZE, "train.txt": "1.png\ndog/1.png\n"})

    data = read(READER, tmp_path)

    assert splits(data) == {"train": ["dog/1.png"]}
    assert codes(data) == {"IF-10": 1, "IF-14": 1}


def test_pool_folders_and_loose_images_are_unlabelled(tmp_path):
    pets(tmp_path, **{"unlabeled/x.png": SIZE, "y.png": SIZE, "thumbs/cat/z.png": SIZE})

    data = read(READER, tmp_path)

    assert {n: s for n, s in states(data).items() if s != "labelled"} == {
        "unlabeled/x.png": "unlabelled", "y.png": "unlabelled"
    }  # fmt: skip
    assert codes(data) == {"IF-12": 1, "IF-13": 1}
    assert "y.png" not in states(read(READER, tmp_path, extra_images="ignore"))


@pytest.mark.parametrize(
    ("code", "count", "more"),
    [
        ("IF-01", 1, {"cat/.ipynb_checkpoints/1.png": SIZE}),
        ("IF-02", 1, {"bird": None}),
        ("IF-05", 1, {"1/a.png": SIZE, "2/b.png": SIZE, "10/c.png": SIZE}),
        ("IF-05", 2, {"true/a.png": SIZE, "false/b.png": SIZE}),
        ("IF-08", 1, {"Cat/9.png": SIZE}),
        ("IF-09", 2, {"cat/notes.md": "x", "dog/Makefile": "x"}),
        ("IF-10", 1, {"dog/1.png": SIZE}),
        ("IF-16", 1, {"dog/empty.png": b""}),
    ],
)
def test_every_kind_of_dirt_has_its_code(tmp_path, code, count, more):
    assert codes(read(READER, pets(tmp_path, **more))) == {code: count}


def test_an_empty_class_folder_stays_a_class(tmp_path):
    assert objects(read(READER, pets(tmp_path, bird=None))) == {"bird": 0, "cat": 2, "dog": 1}


def test_links_are_followed_inside_the_folder_only(tmp_path):
    root = pets(tmp_path / "set")
    (root / "hound").symlink_to(root / "dog")
    (root / "wolf").symlink_to(write_tree(tmp_path / "elsewhere", {"w.png": SIZE}))

    data = read(READER, root)

    assert codes(data)["IF-07"] == 1
    assert not any("w.png" in name for name in data.items.file_name)
    assert len({name.rpartition("/")[2] for name in data.items.file_name}) == len(data.items)


def test_folders_below_the_classes_may_be_the_classes(tmp_path):
    write_tree(tmp_path, {f"{a}/{b}/{a}{b}.png": SIZE for a in ("red", "blue") for b in ("cup", "pan")})

    first = read(READER, tmp_path)
    second = read(READER, tmp_path, class_level="2")

    assert objects(first) == {"blue": 2, "red": 2}
    assert "2 classes at the first level, 4 at the second" in finding(first, "IF-06").message
    assert objects(second) == {"cup": 2, "pan": 2}


def test_without_folders_of_images_the_reader_refuses(tmp_path):
    with pytest.raises(UnreadableSourceError, match="no class folders"):
        read(READER, write_tree(tmp_path, {"a.png": SIZE, "docs/readme.md": "x"}))


@pytest.mark.parametrize("answers", [{"class_level": "0"}, {"class_level": "x"}, {"extra_images": "x"}])
def test_answers_that_are_not_known_are_refused(tmp_path, answers):
    with pytest.raises(RequestError, match="is not known"):
        read(READER, pets(tmp_path), **answers)


@pytest.mark.parametrize(
    ("files", "lowest", "highest"),
    [
        ({"cat/1.png": SIZE, "dog/2.png": SIZE}, 70, 100),
        ({"train/cat/1.png": SIZE, "train/dog/2.png": SIZE, "val/cat/3.png": SIZE}, 70, 100),
        ({"cat/1.png": SIZE, "dog/2.png": SIZE, "train.txt": "1.png 0\n2.png 1\n"}, 70, 100),
        ({"cat/1.png": SIZE, "cat/1.txt": "0 .5 .5 1 1\n", "dog/2.png": SIZE, "dog/2.txt": "0 .5 .5 1 1\n"}, 0, 40),
        ({"images/1.png": SIZE, "labels/1.png": SIZE}, 0, 0),
        ({"train/1.png": SIZE, "val/2.png": SIZE}, 0, 0),
        ({"one/1.png": SIZE}, 0, 0),
        ({"a.csv": "x,y\n"}, 0, 0),
    ],
)
def test_only_sibling_folders_of_nothing_but_images_fit_well(tmp_path, files, lowest, highest):
    assert lowest <= READER.probe(a_request(write_tree(tmp_path, files)).listing).score <= highest


def test_reading_can_be_cancelled(tmp_path):
    with pytest.raises(OpCancelledError):
        READER.read(a_request(pets(tmp_path)), CancelAfter(1))


def test_file_names_that_are_no_text_are_left_out(tmp_path):
    root = pets(tmp_path)
    try:
        (root / "cat" / b"\xff.png".decode("utf-8", "surrogateescape")).write_bytes(png())
    except (OSError, UnicodeError):
        pytest.skip("this file system holds text names only")

    assert a_request(root).listing.garbled == ["cat/\\xff.png"]
    assert objects(read(READER, root)) == {"cat": 2, "dog": 1}


@needs_real_data
@pytest.mark.realdata
@pytest.mark.parametrize("folder", ["", "dataset-resized"])
def test_trashnet_equals_its_counts(folder):
    expected = real_counts()["trashnet_folders"]

    data = read(READER, REAL / "trashnet_folders" / folder)

    assert {name: n["instances"] for name, n in images_and_objects(data).items()} == expected["folder_counts"]
    assert len(data.items) == expected["images"]["files"]
    if not folder:
        listed = {path.name: path.read_text().splitlines() for path in (REAL / "trashnet_folders/data").glob("*.txt")}
        here = {name.rpartition("/")[2] for name in data.items.file_name}
        for split in ("train", "val", "test"):
            lines = listed[f"one-indexed-files-notrash_{split}.txt"]
            assert len(data.splits[split]) == sum(line.split()[0] in here for line in lines)
        assert codes(data) == {"IF-11": 1662, "IF-15": 2}
