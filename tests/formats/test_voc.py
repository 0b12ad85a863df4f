from array import array

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dataset_trees import codes, images_and_objects, objects, read, write_tree
from realdata import REAL, needs_real_data, real_counts
from tailwise.domain.errors import QuestionError, RequestError, UnreadableSourceError, UserError
from tailwise.domain.records import AnnotationFlag, AnnotationKind, LabelState, MediaState, Role
from tailwise.formats.listing import scan
from tailwise.formats.voc import VocReader
from tailwise.ops.progress import SILENT

SIZE = "<size><width>64</width><height>48</height><depth>3</depth></size>"
FULL, EMPTY_FILE = "1.xml", "2.xml"


def xml(objects="", filename="1.png", size=SIZE, extra=""):
    return f"<annotation><filename>{filename}</filename>{size}{extra}{objects}</annotation>"


def an_object(box=(10, 20, 30, 40), name="dog", extra=""):
    sides = "".join(f"<{t}>{v}</{t}>" for t, v in zip(("xmin", "ymin", "xmax", "ymax"), box, strict=True))
    return f"<object>{f'<name>{name}</name>' if name else ''}{extra}<bndbox>{sides}</bndbox></object>"


def voc(root, files, **kwargs):
    return read(VocReader(), write_tree(root, files), **kwargs)


def one(root, objects="", **kwargs):
    return voc(root, {"1.xml": xml(objects, **kwargs), "1.png": (64, 48)})


def boxes(data):
    a = data.annotations
    return list(zip(a.x, a.y, a.width, a.height, strict=True))


def example(data, code):
    return next(f.examples[0] for f in data.findings if f.code == code)


def test_a_box_is_taken_as_written_without_a_shift(tmp_path):
    data = voc(tmp_path, {"Annotations/1.xml": xml(an_object()), "JPEGImages/1.png": (64, 48)})

    assert boxes(data) == [(10, 20, 20, 20)]
    assert data.annotations.area.tolist() == [400]
    assert data.items.file_name == ["JPEGImages/1.png"]
    assert data.annotations.kind[0] == AnnotationKind.BOX
    assert codes(data) == {"VO-09": 1}


def test_coordinates_that_reach_zero_leave_no_doubt_about_where_they_begin(tmp_path):
    assert codes(one(tmp_path, an_object((0, 20, 30, 40)))) == {}


@pytest.mark.parametrize(
    ("dirt", "code", "annotations"),
    [
        (an_object((30, 20, 10, 40)), "VO-04", 1),
        (an_object((10, 20, 10, 40)), "VO-04b", 1),
        (an_object(("a", 2, 3, 4)), "VO-05", 1),
        (an_object(("nan", 2, 3, 4)), "VO-05", 1),
        (an_object((1, 2, 3, 4e20)), "VO-05", 1),
        ("<object><name>dog</name><bndbox><xmin>1</xmin></bndbox></object>", "VO-05", 1),
        (an_object(name=""), "VO-07", 0),
        ("<object><name>dog</name></object>", "VO-07b", 1),
        (an_object((50, 20, 80, 40)), "BOX-02", 1),
    ],
)
def test_each_dirty_object_has_its_finding(tmp_path, dirt, code, annotations):
    data = one(tmp_path, an_object((0, 0, 5, 5)) * 8 + dirt)

    assert codes(data) == {code: 1}
    assert len(data.annotations) == 8 + annotations


def test_objects_that_only_lack_a_place_count_for_their_class(tmp_path):
    data = one(tmp_path, "<object><name>cat</name></object>")

    assert objects(data) == {"cat": 1}
    assert data.annotations.kind[0] == AnnotationKind.LABEL
    assert data.items.state[0] == LabelState.LABELLED


def test_exchanged_corners_are_turned_round_and_boxes_without_extent_marked(tmp_path):
    data = one(tmp_path, an_object((30, 40, 10, 20)) + an_object((5, 5, 5, 9)) + an_object((-3, 1, 9, 9)))

    assert boxes(data)[0] == (10, 20, 20, 20)
    assert data.annotations.flags.tolist() == [0, AnnotationFlag.DEGENERATE, AnnotationFlag.OUTSIDE]


def test_decimals_are_kept(tmp_path):
    assert boxes(one(tmp_path, an_object((0.5, 1.25, 10, 20.75)))) == [(0.5, 1.25, 9.5, 19.5)]


@pytest.mark.parametrize(
    "polygon",
    [
        "".join(f"<pt><x>{x}</x><y>{y}</y></pt>" for x, y in ((1, 2), (11, 2), (1, 22))),
        "<x1>1</x1><y1>2</y1><x2>11</x2><y2>2</y2><x3>1</x3><y3>22</y3>",
    ],
)
def test_a_polygon_without_a_box_gives_its_hull_and_area(tmp_path, polygon):
    data = one(tmp_path, f"<object><name>dog</name><polygon>{polygon}</polygon></object>")

    assert boxes(data) == [(1, 2, 10, 20)]
    assert data.annotations.area[0] == 100
    assert data.annotations.kind[0] == AnnotationKind.POLYGON


def test_a_rotated_box_gives_the_upright_box_around_it(tmp_path):
    turned = "<cx>30</cx><cy>20</cy><w>10</w><h>4</h><angle>1.5707963267948966</angle>"
    data = one(tmp_path, f"<object><name>dog</name><robndbox>{turned}</robndbox></object>")

    assert boxes(data)[0] == pytest.approx((28, 15, 4, 10))
    assert data.annotations.area[0] == pytest.approx(40)


def test_difficult_truncated_and_occluded_become_flags_and_no_conditions(tmp_path):
    extra = "<pose>Left</pose><difficult>1</difficult><truncated>True</truncated><occluded>0</occluded>"
    data = one(tmp_path, an_object(extra=extra))

    assert data.annotations.flags[0] == AnnotationFlag.DIFFICULT | AnnotationFlag.TRUNCATED
    assert data.axes == []


def test_parts_of_an_object_are_no_objects(tmp_path):
    part = "<part><name>head</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>2</xmax><ymax>2</ymax></bndbox></part>"
    assert objects(one(tmp_path, an_object(extra=part))) == {"dog": 1}


# Images


def test_a_file_without_objects_was_looked_at_and_an_image_without_a_file_was_not(tmp_path):
    data = voc(tmp_path, {"1.xml": xml(), "1.png": (64, 48), "2.png": (64, 48)})

    assert data.items.state.tolist() == [LabelState.EMPTY, LabelState.UNLABELLED]
    assert codes(data) == {"VO-13": 1, "VO-15": 1}


def test_answers_turn_empty_files_into_the_pool_and_leave_other_images_out(tmp_path):
    files = {"1.xml": xml(), "1.png": (64, 48), "2.png": (64, 48)}
    data = voc(tmp_path, files, no_annotations="unlabelled", extra_images="ignore")

    assert data.items.state.tolist() == [LabelState.UNLABELLED]
    assert codes(data) == {}


def test_a_pool_has_no_empty_images(tmp_path):
    data = voc(tmp_path, {"1.xml": xml(), "1.png": (64, 48)}, role=Role.POOL)

    assert data.items.state.tolist() == [LabelState.UNLABELLED]


def test_an_unknown_answer_is_refused(tmp_path):
    with pytest.raises(RequestError, match="no_annotations=maybe"):
        voc(tmp_path, {"1.xml": xml()}, no_annotations="maybe")


def test_the_name_of_the_file_wins_over_a_stale_name_inside(tmp_path):
    data = voc(tmp_path, {"1.xml": xml(filename="2.png"), "1.png": (64, 48), "2.png": (64, 48)})

    assert data.items.file_name == ["1.png", "2.png"]
    assert codes(data)["VO-03"] == 1


def test_the_name_inside_helps_where_there_is_no_image_of_the_file_name(tmp_path):
    data = voc(tmp_path, {"1.xml": xml(an_object(), filename="x.png"), "x.png": (64, 48)})

    assert data.items.file_name == ["x.png"]
    assert data.items.media[0] == MediaState.PRESENT


@pytest.mark.parametrize("inside", ["img.v2", "img.v2.png", r"C:\cam\img.v2.png", ""])
def test_dots_belong_to_the_name(tmp_path, inside):
    data = voc(tmp_path, {"img.v2.xml": xml(filename=inside), "img.v2.png": (64, 48), "img.v3.png": (64, 48)})

    assert data.items.file_name[0] == "img.v2.png"
    assert codes(data).get("VO-03", 0) == (inside == "img.v2")


def test_data_sets_with_the_same_names_stay_apart(tmp_path):
    files = {}
    for year, name in (("VOC2007", "cat"), ("VOC2012", "dog")):
        files[f"{year}/Annotations/1.xml"] = xml(an_object(name=name))
        files[f"{year}/JPEGImages/1.png"] = (64, 48)
        files[f"{year}/ImageSets/Main/{'train' if name == 'cat' else 'val'}.txt"] = "1\n"
    data = voc(tmp_path, files)

    assert data.items.file_name == ["VOC2007/JPEGImages/1.png", "VOC2012/JPEGImages/1.png"]
    assert data.splits == {"train": array("i", [0]), "val": array("i", [1])}


def test_two_files_for_one_image_do_not_share_it(tmp_path):
    data = voc(tmp_path, {"a/1.xml": xml(an_object()), "b/1.xml": xml(an_object()), "images/1.png": (64, 48)})

    assert codes(data)["VO-12"] == 1
    assert data.items.media.tolist() == [MediaState.PRESENT, MediaState.MISSING]
    assert len(set(data.items.file_name)) == 2


def test_missing_images_are_one_finding_and_keep_their_objects(tmp_path):
    data = voc(tmp_path, {f"Annotations/{n}.xml": xml(an_object(), filename=f"{n}.jpg") for n in range(3)})

    assert data.items.file_name == [f"JPEGImages/{n}.jpg" for n in range(3)]
    assert codes(data)["IMG-01"] == 3
    assert len(data.annotations) == 3


def test_sizes_come_from_the_file_else_from_the_image_and_must_agree(tmp_path):
    zero = "<size><width>0</width><height>0</height></size>"
    swapped = "<size><width>48</width><height>64</height></size>"
    files = {"1.xml": xml(size=zero), "2.xml": xml(size=swapped, filename="2.png"), "3.xml": xml(size="", filename="")}
    data = voc(tmp_path, files | {"1.png": (64, 48), "2.png": (64, 48)})

    assert list(zip(data.items.width, data.items.height, strict=True)) == [(64, 48), (48, 64), (0, 0)]
    assert codes(data)["VO-01"] == 2
    assert codes(data)["VO-02"] == 1
    assert "exchanged" in example(data, "VO-02")


def test_an_unreadable_image_is_marked(tmp_path):
    data = voc(tmp_path, {"1.xml": xml(an_object()), "1.png": b"no image"})

    assert data.items.media[0] == MediaState.UNREADABLE
    assert codes(data)["IMG-04"] == 1


def test_the_path_of_the_labelling_computer_is_told_once_and_never_kept(tmp_path):
    data = one(tmp_path, an_object(), extra="<path>/home/somebody/1.png</path>")

    assert codes(data)["VO-11"] == 1
    assert "somebody" not in repr(data)


# Lists


def test_published_lists_are_kept_and_class_lists_name_classes(tmp_path):
    files = {f"Annotations/{n}.xml": xml(an_object(), filename=f"{n}.jpg") for n in ("a b", "2", "3")}
    files["ImageSets/Main/train.txt"] = '"a b"\n\n'
    files["ImageSets/Main/trainval.txt"] = "a b\n2\nmissing\n2\n"
    files["ImageSets/Main/dog_train.txt"] = "a b  1\n"
    files["ImageSets/Main/bird_train.txt"] = "a b -1\n"
    files["ImageSets/Main/background_train.txt"] = "a b -1\n"
    files["ImageSets/Layout/train.txt"] = "2 1\n"
    data = voc(tmp_path, files)

    name = data.items.ext_id
    assert {k: [name[i] for i in v] for k, v in data.splits.items()} == {"train": ["a b"], "trainval": ["a b", "2"]}
    assert objects(data) == {"dog": 3, "bird": 0}
    found = codes(data)
    assert (found["VO-08"], found["VO-08b"], found["VO-14"]) == (1, 1, 3)
    assert example(data, "VO-08") == "ImageSets/Main/trainval.txt:3 missing"
    assert [file.path for file in data.files] == ["ImageSets/Main/train.txt", "ImageSets/Main/trainval.txt"]


def test_images_without_annotations_can_be_in_a_list(tmp_path):
    files = {"Annotations/1.xml": xml(), "JPEGImages/1.png": (64, 48), "JPEGImages/2.png": (64, 48)}
    data = voc(tmp_path, files | {"ImageSets/Main/test.txt": "2\n"})

    assert data.splits == {"test": array("i", [1])}


def test_folders_called_after_splits_are_splits_where_there_is_no_list(tmp_path):
    files = {f"{s}/{s}.xml": xml(filename=f"{s}.png") for s in ("train", "valid")}
    data = voc(tmp_path, files | {"train/train.png": (64, 48), "valid/new.png": (64, 48)})

    assert {k: [data.items.ext_id[i] for i in v] for k, v in data.splits.items()} == {
        "train": ["train"],
        "val": ["valid", "new"],
    }


def test_the_encoding_of_a_list_is_asked_for(tmp_path):
    files = {"Annotations/1.xml": xml(), "ImageSets/Main/train.txt": "Größe\n".encode("cp1252")}

    with pytest.raises(QuestionError):
        voc(tmp_path, files)
    assert codes(voc(tmp_path, files, encoding="cp1252"))["VO-08"] == 1


# Files that cannot be read


@pytest.mark.parametrize(
    ("content", "code", "words"),
    [
        (b'<!DOCTYPE a [<!ENTITY b "c">]><annotation>&b;</annotation>', "VO-10b", "document type"),
        (b"<annotation><object>", "VO-10", "cut off"),
        (b"<annotation>\n<a></b></annotation>", "VO-10", "line 2, column 6"),
        (b"<annotation>\xe9\xe8</annotation>", "VO-10", "byte 12 is not UTF-8"),
        (b"<a>" * 100 + b"</a>" * 100, "VO-10", "deeper than 64"),
        (b'<?xml version="1.0" encoding="nope"?><annotation/>', "VO-10", "nope"),
        (b"\xff\xfe\x00", "VO-10", ""),
        (b"", "VO-10", "empty"),
        (b"<annotations><version>1.1</version></annotations>", "VO-16", ""),
    ],
)
def test_a_file_that_cannot_be_read_is_left_out_and_the_rest_goes_on(tmp_path, content, code, words):
    files = {f"{n}.xml": xml(an_object((0, 0, 9, 9)) * 2, filename=f"{n}.png") for n in range(4)}
    data = voc(tmp_path, files | {"9.xml": content, "9.png": (64, 48)}, extra_images="ignore")

    found = codes(data)
    assert found.pop("IMG-01") == 4
    assert found == {code: 1}
    assert words in example(data, code)
    assert len(data.items) == 4


def test_old_encodings_are_read_when_declared_or_answered(tmp_path):
    declared = '<?xml version="1.0" encoding="gbk"?>' + xml(an_object(name="小狗"))
    silent = xml(an_object(name="größer"), filename="2.png")
    files = {"1.xml": declared.encode("gbk"), "2.xml": silent.encode("cp1252")}

    data = voc(tmp_path, files, encoding="cp1252")

    assert objects(data) == {"小狗": 1, "größer": 1}
    assert codes(voc(tmp_path, files))["VO-10"] == 1


def test_more_than_a_fifth_left_out_is_an_error_that_stops_nothing(tmp_path):
    data = voc(tmp_path, {"1.xml": xml(an_object()), "2.xml": "<annotation>"})

    assert codes(data)["IMP-20"] == 1
    assert objects(data) == {"dog": 1}


def test_nothing_readable_at_all_is_one_sentence(tmp_path):
    with pytest.raises(UnreadableSourceError, match=r"None of the 1 XML files.*2\.xml"):
        voc(tmp_path, {"2.xml": "<annotation>"})


def test_predictions_carry_their_scores(tmp_path):
    dirt = an_object(extra="<score>0.5</score>") + an_object(extra="<confidence>7</confidence>")
    data = read(VocReader(), write_tree(tmp_path, {"1.xml": xml(dirt)}), role=Role.PREDICTIONS)

    assert data.annotations.score[0] == 0.5
    assert data.annotations.score[1] != data.annotations.score[1]


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.binary(max_size=200)
    | st.text(max_size=60).map(lambda t: xml(t).encode("utf-8", "replace"))
    | st.tuples(*[st.one_of(st.floats(), st.text(max_size=5), st.integers())] * 4).map(
        lambda b: xml(an_object(b)).encode("utf-8", "replace")
    )
)
def test_no_content_raises_anything_but_a_sentence(tmp_path, content):
    try:
        data = voc(tmp_path, {FULL: xml(an_object()), EMPTY_FILE: content, "1.png": (64, 48)})
    except UserError:
        return
    assert len(data.annotations.flags) == len(data.annotations)


# Detection and published sets


def test_detection_tells_what_is_there_and_what_is_missing(tmp_path):
    listing = scan(write_tree(tmp_path, {"Annotations/1.xml": xml(), "ImageSets/Main/train.txt": "1"}), SILENT)
    evidence = VocReader().probe(listing)

    assert evidence.score == 91
    assert evidence.missing == ("a folder JPEGImages",)


def test_other_xml_is_not_voc(tmp_path):
    listing = scan(
        write_tree(tmp_path, {"annotations.xml": "<annotations><version>1.1</version></annotations>"}), SILENT
    )

    assert VocReader().probe(listing).score == 0


@needs_real_data
@pytest.mark.realdata
@pytest.mark.parametrize(
    ("folder", "counts"),
    [
        ("bccd_voc", ("bccd_voc", "voc")),
        ("dawn_fog_yolo", ("dawn_fog_yolo", "voc")),
        ("voc100_multiformat_predictions/database", ("voc100_multiformat_predictions", "pascalvoc")),
        (
            "voc100_multiformat_predictions/database/gts/pascalvoc_format",
            ("voc100_multiformat_predictions", "pascalvoc"),
        ),
    ],
)
def test_counts_of_published_sets_are_exact(folder, counts):
    data = read(VocReader(), REAL / folder)
    wanted = real_counts()[counts[0]][counts[1]]

    assert images_and_objects(data) == wanted["classes"]
    assert len(data.annotations) == wanted["instances"]
    assert len(data.items) == wanted["annotation_files"]
    assert codes(data).get("IMG-01", 0) == (100 if "gts" in folder else 0)


@needs_real_data
@pytest.mark.realdata
def test_blood_cells_have_their_published_splits_and_quirks():
    data = read(VocReader(), REAL / "bccd_voc")

    assert {k: len(v) for k, v in data.splits.items()} == real_counts()["bccd_voc"]["splits"]
    degenerate = next(f for f in data.findings if f.code == "VO-04b")
    assert degenerate.count == 2
    assert "BloodImage_00338" in degenerate.examples[0]
    assert "BloodImage_00343" in degenerate.examples[1]
    assert codes(data)["VO-11"] > 300
    assert "/home" not in repr(data)
    assert set(zip(data.items.width, data.items.height, strict=True)) == {(640, 480)}
