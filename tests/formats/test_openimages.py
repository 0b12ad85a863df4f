import pytest

from dataset_trees import codes, objects, read, splits, states, write_tree
from realdata import REAL, needs_real_data, real_counts
from tailwise.domain.errors import RequestError, UnreadableSourceError
from tailwise.domain.records import AnnotationFlag, Role
from tailwise.formats.openimages import OpenImagesReader

HEADER = "ImageID,Source,LabelName,Confidence,XMin,XMax,YMin,YMax,IsOccluded,IsTruncated,IsGroupOf\n"
LABELS = "ImageID,Source,LabelName,Confidence\n"
NAMES = {"class-descriptions.csv": "LabelName,DisplayName\n/m/1,cat\n/m/2,dog\n"}
ROW = "a,xclick,/m/1,1,0.25,0.5,0.5,1,0,0,0\n"
PNG = (64, 48)


def openimages(root, files, images=("a.png",), **kwargs):
    tree = NAMES | files | {f"images/{name}": PNG for name in images}
    return read(OpenImagesReader(), write_tree(root, tree), **kwargs)


def test_boxes_are_shares_with_both_x_before_both_y(tmp_path):
    data = openimages(tmp_path, {"train-annotations-bbox.csv": HEADER + ROW.replace(",0,0,0\n", ",1,0,1\n")})
    a = data.annotations

    assert (a.x[0], a.y[0], a.width[0], a.height[0], a.area[0]) == (16, 24, 16, 24, 384)
    assert a.flags[0] == AnnotationFlag.OCCLUDED | AnnotationFlag.GROUP_OF
    assert objects(data) == {"cat": 1}
    assert splits(data) == {"train": ["images/a.png"]}
    assert codes(data) == {}


@pytest.mark.parametrize(
    ("files", "images", "expected"),
    [
        ({"b.csv": HEADER + ROW + ROW.replace("a,", "1.2E+15,", 1)}, ("a.png",), {"OI-01": 1, "OI-03": 1}),
        ({"b.csv": HEADER + ROW, "class-descriptions.csv": "/m/1,cat\n"}, ("a.png",), {"OI-02": 1}),
        ({"b.csv": HEADER + ROW + ROW.replace("a,", "b,", 1)}, ("a.png",), {"OI-03": 1}),
        ({"b.csv": HEADER + ROW, "ids.csv": "ImageID,Subset,Rotation\na,train,90.0\n"}, ("a.png",), {"OI-04": 1}),
        ({"b.csv": HEADER + ROW.replace("/m/1", "/m/9")}, ("a.png",), {"OI-05": 1}),
        ({"b.csv": HEADER + ROW.replace(",0,0,0\n", ",-1,0,0\n")}, ("a.png",), {"OI-06": 1}),
        ({"b.csv": HEADER + "".join(f"{n:03d}{ROW[1:]}" for n in range(50))}, [f"{n:03d}.png" for n in range(50)],
         {"OI-07": 1}),
        ({"b.csv": HEADER + ROW, "t-machine-imagelabels.csv": f"{LABELS}a,machine,/m/2,0.7\n"}, ("a.png",),
         {"OI-08": 1}),
        ({"b.csv": HEADER + ROW}, (), {"OI-09": 1, "IMG-01": 1}),
        ({"b.csv": HEADER + ROW, "human-imagelabels.csv": f"{LABELS}a,v,/m/2,0\n"}, ("a.png",), {"OI-10": 1}),
        ({"b.csv": HEADER + ROW * 9 + "a,xclick,/m/1,1,x,0.5,0.5,1,0,0,0\n"}, ("a.png",), {"OI-11": 1}),
    ],
)  # fmt: skip
def test_each_dirty_case_has_its_finding(tmp_path, files, images, expected):
    assert codes(openimages(tmp_path, files, images)) == expected


def test_labels_of_people_add_classes_without_boxes_and_negatives_make_an_image_looked_at(tmp_path):
    labels = {"human-imagelabels.csv": f"{LABELS}a,v,/m/1,1\na,v,/m/2,1\nb,v,/m/1,0\n"}
    data = openimages(tmp_path, {"x-bbox.csv": HEADER + ROW} | labels, ("a.png", "b.png", "c.png"))

    assert objects(data) == {"cat": 1, "dog": 1}
    assert states(data) == {"images/a.png": "labelled", "images/b.png": "empty", "images/c.png": "unlabelled"}


def test_machine_labels_count_when_they_are_asked_for_or_are_predictions(tmp_path):
    files = {"t-machine-imagelabels.csv": f"{LABELS}a,machine,/m/2,0.7\n", "b.csv": HEADER + ROW}

    assert objects(openimages(tmp_path, files, machine_labels="keep")) == {"cat": 1, "dog": 1}
    predicted = openimages(tmp_path, files, role=Role.PREDICTIONS)
    assert [round(score, 3) for score in predicted.annotations.score] == [1, 0.7]
    with pytest.raises(RequestError, match="drop or keep"):
        openimages(tmp_path, files, machine_labels="x")


def test_tables_without_rows_say_so(tmp_path):
    with pytest.raises(UnreadableSourceError, match="is about an image"):
        openimages(tmp_path, {"b.csv": HEADER})


@needs_real_data
@pytest.mark.realdata
def test_published_tables_have_their_counts_with_decimal_commas():
    data = read(OpenImagesReader(), REAL / "voc100_multiformat_predictions/database/gts/openimages_format")
    counts = real_counts()["voc100_multiformat_predictions"]

    assert len(data.annotations) == counts["openimages_csv_rows"]
    assert objects(data) == counts["cvat_xml_boxes"]
