import doctest

import numpy as np
import pytest

from dataset_trees import (
    CancelAfter,
    a_request,
    axis,
    codes,
    finding,
    images_and_objects,
    media,
    objects,
    read,
    splits,
    states,
    write_tree,
)
from realdata import REAL, needs_real_data, real_counts
from tailwise.domain.errors import QuestionError, RequestError, UnreadableSourceError, UserError
from tailwise.domain.records import AnnotationFlag, AxisKind, Role
from tailwise.formats import positions
from tailwise.formats.csv_reader import CsvReader
from tailwise.ops.progress import OpCancelledError

READER = CsvReader()
SIZE = (64, 48)


def table(tmp_path, text, **more):
    return write_tree(tmp_path, {"t.csv": text, **more})


def rows(count, line):
    return "".join(line(n) + "\n" for n in range(count))


def question(tmp_path, **answers):
    with pytest.raises(QuestionError) as caught:
        read(READER, tmp_path, **answers)
    return caught.value.questions[0]


def test_examples_hold():
    assert doctest.testmod(positions).failed == 0


def test_one_row_per_image_gives_a_class_and_conditions(tmp_path):
    text = "file,class,light,camera\n" + rows(6, lambda n: f"{n}.png,{'cat' if n < 4 else 'dog'},{n % 2},c1")
    data = read(READER, table(tmp_path, text, **{"images/0.png": SIZE}))

    assert objects(data) == {"cat": 4, "dog": 2}
    assert media(data) == {"images/0.png": "present"} | {f"{n}.png": "missing" for n in range(1, 6)}
    assert [(a.name, a.kind, a.values) for a in data.axes] == [("light", AxisKind.CONDITION, ["0", "1"])]
    assert axis(data, "light")["5.png"] == "1"
    assert codes(data) == {"CS-17": 1, "CS-28": 5}


def test_a_column_that_could_be_anything_is_asked_for_with_its_values(tmp_path):
    table(tmp_path, "file,health,place\n" + rows(6, lambda n: f"{n}.png,h{n % 2},p{n % 3}"))

    asked = question(tmp_path)

    assert (asked.key, [c.value for c in asked.choices]) == ("label", ["health", "place", "none"])
    assert asked.choices[0].label == "health: 2 different values, “h0”, “h1”"
    assert objects(read(READER, tmp_path, label="place")) == {"p0": 2, "p1": 2, "p2": 2}
    assert set(states(read(READER, tmp_path, label="none")).values()) == {"unlabelled"}
    assert set(states(read(READER, tmp_path, role=Role.POOL)).values()) == {"unlabelled"}


def test_a_table_that_names_no_images_is_asked_for_the_column_or_numbers_its_rows(tmp_path):
    table(tmp_path, "key,place,label\n" + rows(4, lambda n: f"k{n},yard{n},{n % 2}"))

    assert (question(tmp_path).key, question(tmp_path).choices[-1].value) == ("file_name", "#row")
    assert list(states(read(READER, tmp_path, file_name="#row"))) == ["row 1", "row 2", "row 3", "row 4"]
    assert list(states(read(READER, tmp_path, map__file_name="key", map__label="place"))) == ["k0", "k1", "k2", "k3"]


def test_two_tables_are_asked_about_and_one_per_split_belongs_together(tmp_path):
    two = write_tree(tmp_path / "two", {"a.csv": "file,class\n1.png,x\n", "b.csv": "file,class\n2.png,x\n"})
    header = "file,class\n"
    split = write_tree(tmp_path / "split", {"train/_a.csv": f"{header}1.png,x\n", "valid/_a.csv": f"{header}2.png,y\n"})

    assert [c.value for c in question(two).choices] == ["a.csv", "b.csv"]
    assert list(states(read(READER, two, file="b.csv"))) == ["2.png"]
    data = read(READER, split)
    assert splits(data) == {"train": ["1.png"], "val": ["2.png"]}
    assert [(f.path, f.split) for f in data.files] == [("train/_a.csv", "train"), ("valid/_a.csv", "val")]
    assert list(data.items.file) == [0, 1]


@pytest.mark.parametrize(
    ("header", "row"),
    [
        ("filename,width,height,class,xmin,ymin,xmax,ymax", "a.png,64,48,cat,8,12,24,36"),
        ("filename,cell_type,xmin,xmax,ymin,ymax", "a.png,cat,8,24,12,36"),
        ("image,label,x,y,w,h", "a.png,cat,8,12,16,24"),
        ("image,label,bbox_x,bbox_y,bbox_width,bbox_height", "a.png,cat,8,12,16,24"),
        ("image,label,x_center,y_center,width,height", "a.png,cat,16,24,16,24"),
        ("image,label,x1,y1,x2,y2", "a.png,cat,24,36,8,12"),
        ("image,label,x1,y1,x2,y2", "a.png,cat,0.125,0.25,0.375,0.75"),
        ("image;label;x1;y1;x2;y2", "a.png;cat;8,0;12,0;24,0;36,0"),
    ],
)
def test_boxes_are_read_in_all_usual_forms(tmp_path, header, row):
    data = read(READER, table(tmp_path, f"{header}\n{row}\n", **{"a.png": SIZE}))

    columns = data.annotations
    assert [columns.x[0], columns.y[0], columns.width[0], columns.height[0], columns.area[0]] == [8, 12, 16, 24, 384]
    assert (objects(data), data.items.width[0], columns.flags[0]) == ({"cat": 1}, 64, 0)


def test_four_numbers_in_one_column_are_asked_for_their_meaning(tmp_path):
    table(tmp_path, 'image,label,bbox\na.png,cat,"[8.0, 12.0, 16.0, 24.0]"\n')

    assert question(tmp_path).key == "box_form"
    assert read(READER, tmp_path, box_form="xywh").annotations.width[0] == 16
    assert read(READER, tmp_path, box_form="xyxy").annotations.width[0] == 8


def test_columns_of_other_names_become_boxes_by_answers(tmp_path):
    table(tmp_path, 'image,what,"l,eft",t,r,b\na.png,cat,8,12,24,36\n')

    data = read(READER, tmp_path, label="what", map__box='"l,eft",t,r,b', box_form="xyxy")
    same = read(READER, tmp_path, label="what", map__xmin="l,eft", map__ymin="t", map__xmax="r", map__ymax="b")

    assert (data.annotations.width[0], same.annotations.width[0]) == (16, 16)


@pytest.mark.parametrize(
    ("code", "row", "kept"),
    [
        ("CS-11", "a.png,cat,50,12,80,36", 1),
        ("CS-16", "a.png,cat,24,36,8,12", 1),
        ("CS-22", "a.png,cat,8,oops,24,36", 0),
        ("CS-22", "a.png,cat,8,nan,24,36", 0),
        ("CS-24", "a.png,cat,8,12,8,36", 1),
        ("CS-30", "a.png,,,,,", 0),
        ("CS-31", "a.png,,8,12,24,36", 0),
    ],
)
def test_every_kind_of_doubtful_box_has_its_code(tmp_path, code, row, kept):
    text = f"image,label,x1,y1,x2,y2\nb.png,cat,1,1,9,9\n{row}\n"

    data = read(READER, table(tmp_path, text, **{"a.png": SIZE, "b.png": SIZE}))

    assert (codes(data), len(data.annotations)) == ({code: 1}, 1 + kept)
    assert states(data)["a.png"] == ("labelled" if kept else "empty")


def test_flags_of_boxes_are_kept(tmp_path):
    text = "image,label,x1,y1,x2,y2\na.png,cat,8,12,8,36\na.png,cat,50,12,80,36\na.png,cat,1,1,9,9\n"

    flags = list(read(READER, table(tmp_path, text, **{"a.png": SIZE})).annotations.flags)

    assert flags == [AnnotationFlag.DEGENERATE, AnnotationFlag.OUTSIDE, 0]


def test_scores_are_read_for_predictions(tmp_path):
    table(tmp_path, "image,label,x1,y1,x2,y2,score\na.png,cat,8,12,24,36,0.5\n")

    assert list(read(READER, tmp_path, role=Role.PREDICTIONS).annotations.score) == [0.5]
    assert len(read(READER, tmp_path).annotations.score) == 0


@pytest.mark.parametrize(
    ("answers", "header", "row"),
    [
        ({"labels": "tags"}, "file,tags", 'a.png,"cat, dog"'),
        ({"labels": "tags", "separator": "+"}, "file,tags", "a.png,cat+dog"),
        ({"labels": "tags"}, "file,tags", 'a.png,"[""cat"", ""dog""]"'),
        ({"one_hot": "cat,dog,fox"}, "file,cat,dog,fox", "a.png,1,1,0"),
    ],
)
def test_several_classes_per_image_are_read_in_all_usual_forms(tmp_path, answers, header, row):
    data = read(READER, table(tmp_path, f"{header}\n{row}\n"), **answers)

    assert {name: n for name, n in objects(data).items() if n} == {"cat": 1, "dog": 1}


def test_several_rows_per_image_count_every_class_once(tmp_path):
    data = read(READER, table(tmp_path, "file,class\na.png,cat\na.png,cat\na.png,dog\nb.png,cat\n"))

    assert objects(data) == {"cat": 2, "dog": 1}
    assert "4 rows, 2 items, 3 pairs" in finding(data, "CS-13").message


def test_an_axis_may_have_several_values_per_image_and_says_how_often(tmp_path):
    text = (
        "file,label,x1,y1,x2,y2,view\n" + "a.png,cat,1,1,9,9,side\n" * 3 + "a.png,cat,1,1,9,9,top\nb.png,cat,1,1,9,9,\n"
    )

    view = read(READER, table(tmp_path, text)).axes[0]

    assert (view.values, list(view.item), list(view.records)) == (["side", "top"], [0, 0], [3, 1])


def test_many_repeating_values_are_a_group_and_the_rest_is_told(tmp_path):
    header = "file,class,patient,weight,note,id\n"
    text = header + rows(200, lambda n: f"{n}.png,{n % 2},p{n // 3},{n / 7:.3f},{'long ' * 50}{n % 60},{n}")

    data = read(READER, table(tmp_path, text))

    assert [(a.name, a.kind, len(a.values), a.origin) for a in data.axes] == [
        ("patient", AxisKind.GROUP, 67, "column patient"),
        ("weight", AxisKind.CONDITION, 200, "numbers of column weight"),  # sorted into ranges by the import
    ]
    assert codes(data) == {"CS-18": 1, "CS-19": 1, "CS-21": 1, "CS-28": 200}
    assert read(READER, tmp_path, group="weight").axes[1].kind is AxisKind.GROUP
    assert [a.name for a in read(READER, tmp_path, ignore="patient", condition="weight").axes] == ["weight"]


def test_a_split_column_becomes_the_published_splits(tmp_path):
    data = read(READER, table(tmp_path, "file,class,split\na.png,x,TRAIN\nb.png,x,valid\nc.png,x,train\n"))

    assert splits(data) == {"train": ["a.png", "c.png"], "val": ["b.png"]}


@pytest.mark.parametrize(
    ("code", "count", "text"),
    [
        ("CS-01", 2, "file,class\na.png,NA\nb.png,NA\nc.png,cat\n"),
        ("CS-06", 1, "file,class,class\na.png,cat,\nb.png,dog,\n"),
        ("CS-07", 1, "file,class\na.png,cat\nb.png,cat,dog\nc.png,dog\n"),
        ("CS-08", 1, "file,class\na.png,2-Jan\nb.png,cat\n"),
        ("CS-09", 1, "a.png,cat\nb.png,dog\n"),
        ("CS-20", 1, "file,class,empty\na.png,cat,\nb.png,dog,\n"),
        ("CS-25", 1, "file,class\na.png,cat\n ,dog\n"),
        ("CS-27", 1, "file,class\na.png,cat\n../../x/b.png,dog\n"),
    ],
)
def test_every_kind_of_dirty_table_has_its_code(tmp_path, code, count, text):
    answers = {"label": "column 2"} if code == "CS-09" else {}

    data = read(READER, table(tmp_path, text, **{"a.png": SIZE}), **answers)

    assert codes(data)[code] == count
    assert set(codes(data)) <= {code, "CS-20", "CS-28", "CS-17"}


def test_ragged_rows_are_told_by_their_lines(tmp_path):
    text = 'file,class\na.png,"two\nlines"\nb.png\nc.png,cat,\nd.png,cat,x\n'

    found = finding(read(READER, table(tmp_path, text)), "CS-07")

    assert (found.count, found.examples) == (2, ("t.csv line 4", "t.csv line 6"))


def test_null_words_stay_classes_unless_answered_otherwise(tmp_path):
    table(tmp_path, "file,class\na.png,None\nb.png,cat\n")

    assert objects(read(READER, tmp_path)) == {"None": 1, "cat": 1}
    assert states(read(READER, tmp_path, null_labels="unlabelled"))["a.png"] == "unlabelled"


def test_an_empty_class_means_unlabelled(tmp_path):
    assert states(read(READER, table(tmp_path, "file,class\na.png,\nb.png,cat\n"))) == {
        "a.png": "unlabelled", "b.png": "labelled"
    }  # fmt: skip


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_encodings_and_delimiters_of_spreadsheets_are_understood(tmp_path, encoding, delimiter):
    text = delimiter.join(["file", "class", "größe"]) + "\r\n"
    text += "".join(delimiter.join([f"{n}.png", "Käfer" if n % 2 else "Maus", "groß"]) + "\r\n" for n in range(4))
    write_tree(tmp_path, {"t.csv": text.encode(encoding)})

    data = read(READER, tmp_path, **({"encoding": "cp1252"} if encoding == "cp1252" else {}))

    assert objects(data) == {"Käfer": 2, "Maus": 2}


def test_images_are_found_in_less_exact_ways_and_that_is_told(tmp_path):
    write_tree(tmp_path, {f"images/{n}.png": SIZE for n in ("a", "b", "c")})
    names = ["IMAGES/A.PNG", "/home/somebody/b.png", "c"]

    data = read(READER, table(tmp_path, "file,class\n" + "".join(f"{name},cat\n" for name in names)), file_name="file")

    assert list(media(data)) == ["images/a.png", "images/b.png", "images/c.png"]
    assert codes(data) == {"CS-10": 3}
    assert "somebody" not in repr(data.findings)


def test_names_that_lost_their_zeros_are_pointed_out(tmp_path):
    data = read(READER, table(tmp_path, "file,class\n7.png,cat\n", **{"007.png": SIZE}))

    assert finding(data, "CS-02").examples == ("7.png for 007",)


def test_images_no_row_names_join_the_pool_unless_answered_otherwise(tmp_path):
    table(tmp_path, "file,class\na.png,cat\n", **{"a.png": SIZE, "b.png": SIZE})

    assert states(read(READER, tmp_path))["b.png"] == "unlabelled"
    assert list(states(read(READER, tmp_path, extra_images="ignore"))) == ["a.png"]


@pytest.mark.parametrize(
    "answers",
    [{"label": "nope"}, {"file": "nope"}, {"box": "class,file"}, {"box_form": "nope"}, {"extra_images": "nope"}, {"null_labels": "nope"}, {"delimiter": "nope"}],
)  # fmt: skip
def test_answers_that_are_not_known_are_refused(tmp_path, answers):
    with pytest.raises(RequestError):
        read(READER, table(tmp_path, "file,class\na.png,cat\n", **{"b.png": SIZE}), **answers)


@pytest.mark.parametrize("text", ["", "file,class\n", "\n\n", 'file,class\n"never closed'])
def test_a_table_without_rows_is_refused_with_a_sentence(tmp_path, text):
    with pytest.raises(UserError):
        read(READER, table(tmp_path, text or b""), label="class")
    with pytest.raises(UnreadableSourceError):
        read(READER, write_tree(tmp_path / "none", {"a.png": SIZE}))


def test_reading_can_be_cancelled_at_every_report(tmp_path):
    request = a_request(table(tmp_path, "file,class\na.png,cat\n"))
    for reports in range(4):
        with pytest.raises(OpCancelledError):
            READER.read(request, CancelAfter(reports))


@needs_real_data
@pytest.mark.realdata
@pytest.mark.parametrize(("file", "part"), [("bee_data.csv", "full"), ("bee_data_subset.csv", "subset")])
@pytest.mark.parametrize("is_dropped", [True, False])
def test_honeybee_equals_its_counts(file, part, is_dropped):
    expected = real_counts()["honeybee_conditions"][part]
    path = REAL / "honeybee_conditions"
    answers = {"label": "health"} if is_dropped else {"label": "health", "file": file}

    data = read(READER, path / file if is_dropped else path, **answers)

    assert objects(data) == expected["health"]
    for name in ("location", "date", "subspecies", "zip code", "pollen_carrying"):
        column = next(a for a in data.axes if a.name == name)
        assert dict(zip(column.values, np.bincount(column.value).tolist(), strict=True)) == expected[name]
        assert column.kind is AxisKind.CONDITION
    assert finding(data, "CS-17").examples == ("caste: worker",)
    assert sum(state == "present" for state in media(data).values()) == 442


@needs_real_data
@pytest.mark.realdata
def test_honeybee_asks_which_table_and_which_column():
    path = REAL / "honeybee_conditions"

    assert (question(path).key, question(path, file="bee_data.csv").key) == ("file", "label")


@needs_real_data
@pytest.mark.realdata
@pytest.mark.parametrize("folder", ["bccd_voc", "bccd_voc/test.csv"])
def test_blood_cells_equal_their_counts_as_a_table_too(folder):
    expected = real_counts()["bccd_voc"]

    data = read(READER, REAL / folder)

    assert images_and_objects(data) == expected["voc"]["classes"]
    assert codes(data) == {"CS-24": len(expected["voc"]["issues"]["degenerate_boxes"])}
    assert len(data.items) == 364


@needs_real_data
@pytest.mark.realdata
def test_open_images_shares_with_decimal_commas_are_read():
    path = REAL / "voc100_multiformat_predictions/database"

    data = read(READER, path)

    assert images_and_objects(data) == real_counts()["voc100_multiformat_predictions"]["pascalvoc"]["classes"]
    assert np.isfinite(np.frombuffer(data.annotations.area)).all()
