import pytest

from dataset_trees import a_request, png, write_tree
from realdata import REAL, needs_real_data
from tailwise.domain.errors import QuestionError, RequestError, UnreadableSourceError
from tailwise.formats import registry

SIZE = (64, 48)
BOX = "0 0.5 0.5 0.25 0.5\n"
COCO = '{"images": [{"id": 1, "file_name": "a.png", "width": 64, "height": 48}], "annotations": [], "categories": []}'
CORNERS = "<xmin>1</xmin><ymin>1</ymin><xmax>9</xmax><ymax>9</ymax>"
VOC = f"<annotation><object><name>cat</name><bndbox>{CORNERS}</bndbox></object></annotation>"
KEYS = [
    "coco",
    "yolo",
    "voc",
    "dota",
    "cvat",
    "labelme",
    "scalabel",
    "openimages",
    "huggingface",
    "masks",
    "label_studio",
    "sagemaker",
    "datumaro",
    "supervisely",
    "labelbox",
    "folders",
    "csv",
    "images",
]
CVAT = '<image name="a.png"><box label="cat" xtl="1" ytl="1" xbr="9" ybr="9"/></image>'
TREES = {
    "coco": {"annotations/instances.json": COCO, "images/a.png": SIZE},
    "yolo": {"data.yaml": "names: [cat]\ntrain: images\n", "images/a.png": SIZE, "labels/a.txt": BOX},
    "voc": {"Annotations/a.xml": VOC, "JPEGImages/a.png": SIZE, "ImageSets/Main/train.txt": "a\n"},
    "dota": {"labelTxt/a.txt": "1 1 9 1 9 5 1 5 plane 0\n", "images/a.png": SIZE},
    "cvat": {"annotations.xml": f"<annotations><version>1.1</version>{CVAT}</annotations>", "images/a.png": SIZE},
    "labelme": {"a.json": '{"shapes": [], "imagePath": "a.png", "imageData": null}', "a.png": SIZE},
    "scalabel": {"a.json": '[{"name": "a.png", "attributes": {"weather": "clear"}, "labels": []}]', "a.png": SIZE},
    "label_studio": {"a.json": '[{"id": 1, "data": {"image": "a.png"}, "annotations": []}]', "a.png": SIZE},
    "sagemaker": {
        "a.manifest": '{"source-ref": "s3://b/a.png", "w": 0, "w-metadata": {"class-name": "cat"}}',
        "a.png": SIZE,
    },
    "datumaro": {"annotations/a.json": '{"categories": {"label": {}}, "items": [{"id": "a"}]}', "images/a/a.png": SIZE},
    "supervisely": {
        "d/ann/a.png.json": '{"size": {}, "objects": []}',
        "meta.json": '{"classes": []}',
        "d/img/a.png": SIZE,
    },
    "labelbox": {"a.ndjson": '{"data_row": {"external_id": "a.png"}, "projects": {}}', "a.png": SIZE},
    "openimages": {
        "a-bbox.csv": "ImageID,Source,LabelName,Confidence,XMin,XMax,YMin,YMax\na,x,/m/1,1,0,1,0,1\n",
        "a.png": SIZE,
    },
    "huggingface": {"metadata.jsonl": '{"file_name": "a.png", "label": "cat"}\n', "a.png": SIZE},
    "masks": {"images/a.png": SIZE, "masks/a.png": SIZE},
    "folders": {"cat/a.png": SIZE, "dog/b.png": SIZE},
    "csv": {"labels.csv": "file,class\na.png,cat\n", "a.png": SIZE},
    "images": {"a.png": SIZE, "b.png": SIZE},
}


def listing(root, files):
    return a_request(write_tree(root, files)).listing


@pytest.mark.parametrize("key", TREES)
def test_every_format_wins_its_own_folder_by_a_clear_lead(tmp_path, key):
    found = registry.detect(listing(tmp_path, TREES[key]))

    assert found[0].format == key
    assert found[0].score >= registry.SURE_SCORE
    assert len(found) == 1 or found[0].score - found[1].score >= registry.SURE_LEAD
    assert found[0].found
    assert registry.choose(listing(tmp_path, {})).key == key


def test_readers_are_in_the_order_and_under_the_names_that_commands_take():
    assert [reader.key for reader in registry.READERS] == KEYS
    with pytest.raises(RequestError, match=", ".join(KEYS)):
        registry.reader_for("tfrecord")


@pytest.mark.parametrize(("first", "second"), [("coco", "yolo"), ("coco", "voc"), ("yolo", "voc")])
def test_two_formats_in_one_folder_are_asked_about(tmp_path, first, second):
    shared = listing(tmp_path, TREES[first] | TREES[second])

    with pytest.raises(QuestionError) as caught:
        registry.choose(shared)

    question = caught.value.questions[0]
    assert question.key == "format"
    assert {first, second} <= {choice.value for choice in question.choices}
    assert registry.choose(shared, second).key == second
    assert registry.choose(shared, None, {"format": first}).key == first


def test_datasets_side_by_side_are_offered_and_never_merged(tmp_path):
    files = {f"site a/{name}": content for name, content in TREES["yolo"].items()}
    files |= {f"site b/{name}": content for name, content in TREES["coco"].items()}
    both = listing(tmp_path, files)

    with pytest.raises(QuestionError) as caught:
        registry.choose(both)

    question = caught.value.questions[0]
    assert (question.key, [c.value for c in question.choices]) == ("dataset", ["site a", "site b"])
    part = registry.narrowed(both, {"dataset": "site b"})
    assert (part.root, registry.choose(part).key) == (tmp_path / "site b", "coco")
    assert [entry.path for entry in part.entries] == ["annotations/instances.json", "images/a.png"]
    with pytest.raises(RequestError, match="site a, site b"):
        registry.narrowed(both, {"dataset": "site c"})


@pytest.mark.parametrize(
    "files",
    [
        {f"{split}/{name}": c for split in ("train", "valid") for name, c in TREES["coco"].items()},
        TREES["yolo"] | {f"extra/{name}": content for name, content in TREES["yolo"].items()},
        {f"{part}/{name}": c for part in ("cat", "dog") for name, c in TREES["folders"].items()},
    ],
    ids=["splits of one dataset", "a description above both", "classes with sub-folders"],
)
def test_parts_of_one_dataset_are_not_mistaken_for_several(tmp_path, files):
    registry.choose(listing(tmp_path, files))


def test_label_folders_beside_shared_images_are_one_dataset_in_two_formats(tmp_path):
    files = {"a.png": SIZE, "b.png": SIZE, "yolo/a.txt": BOX, "yolo/b.txt": BOX, "voc/a.xml": VOC, "voc/b.xml": VOC}

    with pytest.raises(QuestionError) as caught:
        registry.choose(listing(tmp_path, files))

    assert caught.value.questions[0].key == "format"


@pytest.mark.parametrize(
    ("name", "content", "title"),
    [
        ("project.json", '{"_via_settings": {}, "_via_img_metadata": {}}', "VIA"),
        ("create.json", '[{"image": "a.jpg", "annotations": [{"coordinates": {"x": 1, "width": 2}}]}]', "CreateML"),
        ("train.tfrecord", b"\0\1\2", "TFRecord"),
        ("data.zip", b"PK\3\4", "a zip archive"),
        ("book.xlsx", b"PK\3\4", "a workbook"),
    ],
)
def test_formats_that_are_not_read_are_called_by_their_name_with_advice(tmp_path, name, content, title):
    with pytest.raises(UnreadableSourceError) as caught:
        registry.choose(listing(tmp_path, {name: content}))

    assert title in caught.value.summary
    assert caught.value.summary.startswith(name)
    assert any(word in caught.value.hint.lower() for word in ("export", "convert", "save", "unpack"))


def test_an_empty_folder_and_one_of_prose_are_told_apart(tmp_path):
    with pytest.raises(UnreadableSourceError, match="holds no files but hidden ones"):
        registry.choose(listing(tmp_path / "a", {".git/config": "x"}))
    with pytest.raises(UnreadableSourceError, match=r"No dataset was recognised in b \(1 files\)"):
        registry.choose(listing(tmp_path / "b", {"notes.md": "x"}))


def test_looking_reads_little_of_large_folders(tmp_path, monkeypatch):
    files = {f"labels/{n}.txt": BOX for n in range(300)} | {f"images/{n}.png": png() for n in range(300)}
    files |= {f"meta/{n}.json": "{}" for n in range(100)} | {f"tables/{n}.csv": "a,b\n1,2\n" for n in range(100)}
    files |= {f"configs/{n}.yaml": "a: 1\n" for n in range(100)}
    seen = listing(tmp_path, files)
    peeked: list[int] = []
    peek = type(seen).peek

    def counted(self, relative, limit=65_536):
        peeked.append(limit)
        return peek(self, relative, limit)

    monkeypatch.setattr(type(seen), "peek", counted)
    for reader in registry.READERS:
        peeked.clear()
        reader.probe(seen)
        assert len(peeked) <= 60, reader.key
        assert max(peeked, default=0) <= 65_536


@needs_real_data
@pytest.mark.realdata
@pytest.mark.parametrize(
    ("folder", "key"),
    [
        ("bccd_voc", "voc"),
        ("coco_tiny", "coco"),
        ("taco_coco", "coco"),
        ("trashnet_folders", "folders"),
        ("trashnet_folders/dataset-resized", "folders"),
        ("honeybee_conditions", "csv"),
        ("honeybee_conditions/bee_data_subset.csv", "csv"),
        ("bccd_voc/test.csv", "csv"),
        ("dawn_fog_yolo/Fog/Fog_YOLO_darknet", "yolo"),
        ("dawn_fog_yolo/Fog/Fog_PASCAL_VOC", "voc"),
        ("voc100_multiformat_predictions/database/gts/yolo_format", "yolo"),
        ("voc100_multiformat_predictions/database/gts/coco_format_v2", "coco"),
    ],
)
def test_published_datasets_are_recognised(folder, key):
    assert registry.choose(a_request(REAL / folder).listing).key == key


@needs_real_data
@pytest.mark.realdata
@pytest.mark.parametrize(
    ("folder", "key", "values"),
    [
        ("", "dataset", {"bccd_voc", "coco_tiny", "dawn_fog_yolo", "honeybee_conditions", "taco_coco"}),
        ("dawn_fog_yolo", "format", {"yolo", "voc"}),
        ("voc100_multiformat_predictions", "format", {"yolo", "coco", "voc"}),
        (
            "voc100_multiformat_predictions/database/gts",
            "dataset",
            {"coco_format_v1", "yolo_format", "pascalvoc_format"},
        ),
    ],
)
def test_published_folders_that_fit_several_readings_are_asked_about(folder, key, values):
    with pytest.raises(QuestionError) as caught:
        registry.choose(a_request(REAL / folder).listing)

    question = caught.value.questions[0]
    assert question.key == key
    assert values <= {choice.value for choice in question.choices}
