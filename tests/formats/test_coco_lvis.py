import pytest

from coco_documents import a_document, an_annotation, an_image, coco
from dataset_trees import axis, codes, finding, states
from tailwise.domain.findings import Severity

CLASSES = [
    {"id": 5, "name": "dog", "frequency": "f", "synset": "dog.n.01"},
    {"id": 9, "name": "owl", "frequency": "r", "synset": "owl.n.01"},
    {"id": 7, "name": "cat", "frequency": "c", "synset": "cat.n.01"},
]


def lvis(annotated=(), negative=(), partial=(), number=1, **members):
    """Return one image with what is known about it, and its annotations."""
    told = {"neg_category_ids": list(negative), "not_exhaustive_category_ids": list(partial)}
    rows = [an_annotation(10 * number + n, image_id=number, category_id=c) for n, c in enumerate(annotated)]
    return an_image(number, **told, **members), rows


def document(*parts, categories=CLASSES):
    return a_document([row for _, rows in parts for row in rows], images=[i for i, _ in parts], categories=categories)


def read_one(root, *parts, **kwargs):
    return coco(root, {"lvis.json": document(*parts, **kwargs)} | {f"{n}.png": (64, 48) for n in (1, 2)})


def test_present_absent_and_unknown_pairs_are_counted(tmp_path):
    data = read_one(tmp_path, lvis([5, 5, 9], negative=[7], partial=[5]), lvis([], negative=[9, 7], number=2))

    assert codes(data) == {"LV-02": 1, "LV-09": 3, "LV-10": 1}
    assert finding(data, "LV-02").examples == (
        "2 pairs of image and class present, 3 absent, 1 not exhaustive; unknown for 16.7 % of all pairs",
    )
    assert finding(data, "LV-09").examples == ("1.png: cat", "2.png: owl", "2.png: cat")
    assert axis(data, "not exhaustive") == {"1.png": "yes"}
    assert axis(data, "rarest class (LVIS)") == {"1.png": "rare"}
    assert states(data) == {"1.png": "labelled", "2.png": "unlabelled"}


def test_frequencies_that_are_missing_are_counted_here(tmp_path):
    classes = [CLASSES[0], {"id": 9, "name": "owl"}, CLASSES[2]]
    data = read_one(tmp_path, lvis([5]), lvis([9], number=2), categories=classes)

    assert codes(data) == {"LV-02": 1, "LV-05": 1}
    assert axis(data, "rarest class (LVIS)") == {"1.png": "frequent", "2.png": "rare"}


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ([(an_image(1), [an_annotation(1, category_id=5)]), (an_image(2), [])], {"LV-01": 2}),
        ([lvis([5], negative=[5, 7]), lvis([5], number=2)], {"LV-02": 1, "LV-04": 1, "LV-09": 2}),
        ([lvis([5], negative=[99]), lvis([5], number=2)], {"LV-02": 1}),
    ],
)
def test_each_kind_of_dirt_has_its_finding(tmp_path, parts, expected):
    assert codes(read_one(tmp_path, *parts)) == expected


def test_without_the_lists_of_lvis_images_without_annotations_are_unlabelled(tmp_path):
    data = read_one(tmp_path, (an_image(1), [an_annotation(1, category_id=5)]), (an_image(2), []))

    assert states(data)["2.png"] == "unlabelled"


def test_an_image_without_name_and_address_is_an_error(tmp_path):
    data = read_one(tmp_path, lvis([5]), lvis([5], number=2, file_name=""))

    assert (finding(data, "LV-06").severity, codes(data)["LV-06"]) == (Severity.ERROR, 1)


def test_versions_that_number_the_same_sense_differently_are_told_apart(tmp_path):
    other = [{"id": 6, "name": "dog", "frequency": "f", "synset": "dog.n.01"}, *CLASSES[1:]]
    files = {
        "lvis_train.json": document(lvis([5])),
        "lvis_val.json": document(lvis([6], number=2), categories=other),
        "1.png": (64, 48),
        "2.png": (64, 48),
    }
    data = coco(tmp_path, files)

    assert finding(data, "LV-03").examples == ("dog.n.01: lvis_train.json: 5 dog; lvis_val.json: 6 dog",)
    assert [c.name for c in data.categories] == ["dog", "owl", "cat"]
