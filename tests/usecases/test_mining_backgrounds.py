"""Background to mine: unlabelled places are found in the pixels of the dataset, however a picture lies in its file."""

from contextlib import closing

import numpy as np
import pytest

from builders import a_project
from desk_projects import CLASSES, SIZE, a_scene
from imaging_bytes import with_exif
from photo_sets import inline_pool, jpeg_of
from tailwise.analysis.iou_matching import iou_matrix
from tailwise.domain.index import IndexRequest
from tailwise.domain.records import AnnotationKind, CategoryRecord, LabelState, MediaState, SourceData, SourceFile
from tailwise.ops.progress import SILENT
from tailwise.usecases.image_index import build_index
from tailwise.usecases.mining_backgrounds import CROPS_PER_PICTURE, background_places
from tailwise.usecases.mining_crops import Cutter
from tailwise.usecases.mining_places import annotated_places, load_mining_project

UNLABELLED = np.array([[114.0, 70.0, 34.0, 34.0]])
"""The ball that nobody annotated, in every fifth scene."""
ON_ITS_SIDE = 6
"""EXIF: the raster is to be turned by a quarter clockwise to stand upright."""


def a_project_of(folder, pictures):
    """Index pictures: (number of the scene, bytes of the file, declared size, boxes in pixels of that size)."""
    data = SourceData(format="coco", name="scenes", root=str(folder))
    data.categories = [CategoryRecord(name, str(i)) for i, name in enumerate(CLASSES)]
    for at, (number, content, size, turned) in enumerate(pictures):
        name = f"{at}.jpg"
        (folder / name).write_bytes(content)
        item = data.items.append(
            name, ext_id=name, size=size, state=LabelState.LABELLED, media=MediaState.PRESENT, file=0
        )
        for label, box in a_scene(number)[1]:
            shown = turned(box) if turned else box
            data.annotations.append(item, CLASSES.index(label), kind=AnnotationKind.BOX, box=shown, area=34.0 * 34)
    data.files = [SourceFile("annotations.json", 1)]
    project = a_project(folder / "p.tailwise", data)
    build_index(project, IndexRequest(), SILENT, inline_pool)
    return project


def in_the_raster(box):
    """Return where a box of the upright picture lies in the raster that is to be turned clockwise."""
    x, y, width, height = box
    return y, SIZE[0] - x - width, height, width


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    """The places found on eight plain scenes, then a broken one, one upright by its EXIF, and one declared unturned.

    First for 30 candidates, then for 300.
    """
    folder = tmp_path_factory.mktemp("backgrounds")
    plain = [(number, jpeg_of(a_scene(number)[0]), SIZE, None) for number in range(1, 9)]
    sideways = with_exif(jpeg_of(np.rot90(a_scene(10)[0]).copy()), ON_ITS_SIDE)
    odd = [
        (11, b"\xff\xd8\xff\xe0 no picture", SIZE, None),
        (10, sideways, SIZE, None),
        (10, sideways, SIZE[::-1], in_the_raster),
    ]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
        with closing(a_project_of(folder, [*plain, *odd])) as project:
            loaded = load_mining_project(project, "ball")
            annotated = annotated_places(loaded)
            positives = annotated.take(np.flatnonzero(annotated.is_positive))
            return [background_places(loaded, Cutter(project, loaded), positives, n, SILENT) for n in (30, 300)]


@pytest.fixture
def found(both):
    return both[0]


def test_a_broken_picture_and_one_declared_on_its_side_give_no_places_and_the_others_do(found):
    assert set(found.row.tolist()) == {*range(8), 9}
    assert found.features.any(axis=1).all(), "every place is described"


def test_a_place_on_a_picture_turned_by_its_exif_is_where_its_labels_would_be(found):
    best = iou_matrix(found.box[found.row == 9], UNLABELLED).max()

    assert best >= 0.5
    assert (found.box[:, :2] >= 0).all()
    assert (found.box[:, :2] + found.box[:, 2:] <= np.array(SIZE) + 1e-6).all()


def test_more_candidates_need_more_background(both):
    few, many = both
    known = {(row, *box) for row, box in zip(many.row.tolist(), many.box.tolist(), strict=True)}

    assert np.bincount(few.row).max() == CROPS_PER_PICTURE < np.bincount(many.row).max()
    assert known > {(row, *box) for row, box in zip(few.row.tolist(), few.box.tolist(), strict=True)}
