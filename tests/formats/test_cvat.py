import pytest

from dataset_trees import CancelAfter, a_request, axis, codes, finding, objects, read, splits, states, write_tree
from realdata import REAL, needs_real_data, real_counts
from tailwise.domain.errors import RequestError, UnreadableSourceError
from tailwise.domain.records import AnnotationFlag, AnnotationKind, AxisKind
from tailwise.formats.cvat import CvatReader
from tailwise.ops.progress import OpCancelledError

LABELS = "<labels><label><name>car</name></label><label><name>dog</name></label></labels>"
META = f"<meta><task><id>7</id><name>walk</name>{LABELS}</task></meta>"
BOX = '<box label="car" xtl="10" ytl="20" xbr="30" ybr="30"/>'


def image(shapes=BOX, name="a.png", extra=""):
    return f'<image id="0" name="{name}" width="64" height="48" {extra}>{shapes}</image>'


def document(body, meta=META):
    return f"<annotations><version>1.1</version>{meta}{body}</annotations>"


def cvat(root, body, meta=META, images=("a.png",), **answers):
    files = {"annotations.xml": document(body, meta)} | {f"images/{name}": (64, 48) for name in images}
    return read(CvatReader(), write_tree(root, files), **answers)


def boxes(data):
    a = data.annotations
    return [tuple(round(n, 3) for n in box) for box in zip(a.x, a.y, a.width, a.height, strict=True)]


def test_a_box_is_continuous_pixels_and_its_image_is_found_in_the_folder_beside_the_file(tmp_path):
    data = cvat(tmp_path, image())

    assert data.items.file_name == ["images/a.png"]
    assert boxes(data) == [(10, 20, 20, 10)]
    assert data.annotations.area.tolist() == [200]
    assert objects(data) == {"car": 1, "dog": 0}
    assert codes(data) == {}


@pytest.mark.parametrize(
    ("shape", "kind", "box", "area"),
    [
        ('<box label="car" xtl="10" ytl="10" xbr="30" ybr="20" rotation="90"/>', "BOX", (15, 5, 10, 20), 200),
        ('<polygon label="car" points="1,2;11,2;1,22"/>', "POLYGON", (1, 2, 10, 20), 100),
        ('<ellipse label="car" cx="20" cy="20" rx="4" ry="2"/>', "POLYGON", (16, 18, 8, 4), 25.133),
        ('<mask label="car" rle="1,2,1,2" left="5" top="6" width="3" height="2"/>', "MASK", (5, 6, 3, 2), 4),
        ('<polyline label="car" points="1,2;11,22"/>', "POINT", (1, 2, 10, 20), None),
        (
            '<cuboid label="car" xtl1="1" ytl1="2" xbl1="1" ybl1="9" xtr2="8" ytr2="2" xbr2="8" ybr2="9"/>',
            "BOX", (1, 2, 7, 7), 49,
        ),
    ],
)  # fmt: skip
def test_every_kind_of_shape_gives_its_hull_and_area(tmp_path, shape, kind, box, area):
    data = cvat(tmp_path, image(shape))

    assert boxes(data) == [box]
    assert data.annotations.kind[0] == AnnotationKind[kind]
    assert data.annotations.area[0] == pytest.approx(area, abs=0.001, nan_ok=True) if area else True


def test_points_without_extent_count_for_their_class_without_a_box(tmp_path):
    data = cvat(tmp_path, image('<points label="car" points="3,4"/>'))

    assert objects(data)["car"] == 1
    assert data.annotations.x[0] != data.annotations.x[0]


SKELETON = '<skeleton label="car"><points label="1" points="1,2"/><points label="2" points="9,12"/></skeleton>'


@pytest.mark.parametrize(
    ("body", "meta", "expected"),
    [
        (image(name="folder/a.png"), META, {"CV-01": 1}),
        (image(name="frame_000007.png"), META, {"CV-02": 1, "IMG-01": 1, "IMG-10": 1}),
        (image(name="a.jpg"), META, {"CV-03": 1}),
        (image('<box label="cat" xtl="1" ytl="2" xbr="3" ybr="4"/>'), META, {"CV-04": 1}),
        (image('<mask label="car" rle="1,2" left="5" top="6" width="3" height="2"/>'), META, {"CV-05": 1}),
        (image(""), META, {"CV-06": 1}),
        (image(SKELETON), META, {"CV-07": 1}),
        (image('<box label="car" xtl="10" ytl="10" xbr="30" ybr="20" rotation="45"/>'), META, {"CV-08": 1}),
        (image(extra='task_id="1"') + image(extra='task_id="2"'), META, {"CV-11": 1}),
        (image() + "<image", META, {"CV-12": 1}),
        (image(BOX.replace("/>", ' source="auto"/>')), META, {"CV-13": 1}),
        (image(), f"<meta><task>{LABELS}<owner><username>eve</username></owner></task></meta>", {"CV-14": 1}),
        (image(BOX * 9 + '<box label="" xtl="1" ytl="2" xbr="3" ybr="4"/>'), META, {"CV-15": 1}),
        (image(BOX * 9 + '<polygon label="car" points="1,2;x,4;5,5"/>'), META, {"CV-15": 1}),
        (image(BOX + '<box label="car" xtl="9" ytl="9" xbr="9" ybr="12"/>'), META, {"BOX-01": 1}),
        (image('<box label="car" xtl="9" ytl="9" xbr="90" ybr="12"/>'), META, {"BOX-02": 1}),
        (image().replace('width="64"', 'width="65"'), META, {"IMG-02": 1}),
        (image().replace('width="64"', ""), META, {"IMG-09": 1}),
    ],
)
def test_each_dirty_case_has_its_finding(tmp_path, body, meta, expected):
    assert codes(cvat(tmp_path, body, meta)) == expected


def test_a_skeleton_is_one_object_around_the_points_that_are_seen(tmp_path):
    hidden = '<points label="3" outside="1" points="60,40"/></skeleton>'

    assert boxes(cvat(tmp_path, image(SKELETON.replace("</skeleton>", hidden)))) == [(1, 2, 8, 10)]


def test_attributes_of_shapes_and_tags_become_conditions_of_their_image(tmp_path):
    light = '<tag label="dog"><attribute name="light">night </attribute></tag>'
    wet = BOX.replace("/>", '><attribute name="wet">true</attribute></box>')
    data = cvat(tmp_path, image(light + wet))

    assert axis(data, "light") == {"images/a.png": "night"}
    assert axis(data, "wet") == {"images/a.png": "true"}
    assert objects(data) == {"car": 1, "dog": 1}


def test_occlusion_and_shapes_of_a_model_are_marked(tmp_path):
    data = cvat(tmp_path, image(BOX.replace("/>", ' occluded="1" source="auto"/>')))

    assert data.annotations.flags[0] == AnnotationFlag.OCCLUDED | AnnotationFlag.AUTOMATIC


def test_subsets_are_splits_and_tasks_groups_and_equal_names_stay_apart(tmp_path):
    tasks = "".join(f"<task><id>{n}</id><name>t</name></task>" for n in (1, 2))
    meta = f"<meta><project><tasks>{tasks}</tasks>{LABELS}</project></meta>"
    body = image(extra='subset="Train" task_id="1"') + image(extra='subset="Validation" task_id="2"')
    data = cvat(tmp_path, body, meta, images=("Train/a.png", "Validation/a.png"))

    assert splits(data) == {"train": ["images/Train/a.png"], "val": ["images/Validation/a.png"]}
    assert axis(data, "task") == {"images/Train/a.png": "t (1)", "images/Validation/a.png": "t (2)"}
    assert codes(data) == {}


def test_jobs_are_told_by_the_number_of_the_frame(tmp_path):
    segments = "".join(f"<segment><id>{n}</id><start>{n}</start><stop>{n}</stop></segment>" for n in (0, 1))
    meta = f"<meta><task>{LABELS}<segments>{segments}</segments></task></meta>"
    body = image() + image(name="b.png").replace('id="0"', 'id="1"')

    assert axis(cvat(tmp_path, body, meta, ("a.png", "b.png")), "job") == {"images/a.png": "0", "images/b.png": "1"}


def test_tracks_are_frames_of_one_video_and_leave_out_what_is_not_seen(tmp_path):
    def seen(frame, outside=0):
        return f'<box frame="{frame}" outside="{outside}" xtl="1" ytl="1" xbr="9" ybr="9"/>'

    track = f'<track id="3" label="car">{seen(0)}{seen(1)}{seen(2, 1)}</track>'
    names = [f"frame_{n:06d}.png" for n in range(3)]
    data = cvat(tmp_path, track, images=names)

    assert objects(data)["car"] == 2
    assert set(axis(data, "video").values()) == {"walk"}
    assert axis(data, "track") == {f"images/{name}": "walk 3" for name in names[:2]}
    assert next(a.kind for a in data.axes) is AxisKind.GROUP
    assert codes(data) == {"CV-06": 1, "CV-16": 1, "IMG-09": 3}


def test_images_without_shapes_are_what_the_answer_says(tmp_path):
    assert states(cvat(tmp_path / "a", image(""))) == {"images/a.png": "unlabelled"}
    assert states(cvat(tmp_path / "b", image(""), no_annotations="empty")) == {"images/a.png": "empty"}
    with pytest.raises(RequestError, match="unlabelled or empty"):
        cvat(tmp_path / "c", image(""), no_annotations="maybe")


def test_what_was_read_before_a_cut_stays_and_a_bomb_is_not_opened(tmp_path):
    data = cvat(tmp_path / "a", image() + '<image id="1" name="b.png"><box ')

    assert objects(data)["car"] == 1
    assert "annotations.xml: line 1" in finding(data, "CV-12").examples[0]
    bomb = '<!DOCTYPE a [<!ENTITY b "bbbb">]>' + document(image())
    with pytest.raises(UnreadableSourceError, match=r"document type \(DTD\)"):
        read(CvatReader(), write_tree(tmp_path / "b", {"annotations.xml": bomb}))
    deep = document(image("<a>" * 80 + "</a>" * 80))
    with pytest.raises(UnreadableSourceError, match="nested deeper than 64"):
        read(CvatReader(), write_tree(tmp_path / "c", {"annotations.xml": deep}))


def test_reading_can_be_cancelled_between_blocks(tmp_path):
    root = write_tree(tmp_path, {"annotations.xml": document(image(BOX * 20_000) + image(BOX * 20_000, "b.png"))})

    with pytest.raises(OpCancelledError):
        CvatReader().read(a_request(root), CancelAfter(2))


@needs_real_data
@pytest.mark.realdata
def test_published_exports_of_cvat_have_their_counts():
    data = read(CvatReader(), REAL / "voc100_multiformat_predictions/database/gts/cvat_format")
    assert objects(data) == real_counts()["voc100_multiformat_predictions"]["cvat_xml_boxes"]

    project = read(CvatReader(), REAL / "format_fixtures/datumaro/cvat_dataset/for_images/export_project")
    assert objects(project) == {"label1": 6, "label2": 6}
    assert {name: len(items) for name, items in project.splits.items()} == {"test": 2, "train": 2, "val": 2}
    video = read(CvatReader(), REAL / "format_fixtures/datumaro/cvat_dataset/for_video")
    assert objects(video) == {"II": 2, "klhg": 1, "z U k": 0}
