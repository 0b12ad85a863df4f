import builtins
import json

import pytest

from dataset_trees import axis, codes, finding, images_and_objects, objects, read, splits, states, write_tree
from realdata import REAL, needs_real_data, real_counts
from tailwise.domain.errors import RequestError, UnreadableSourceError
from tailwise.domain.records import AnnotationKind, MediaState, Role
from tailwise.formats import registry
from tailwise.formats.csv_reader import CsvReader
from tailwise.formats.listing import scan
from tailwise.ops.progress import SILENT

READER = CsvReader()
SENTENCES = [f"sentence number {n} of the set" for n in range(30)]


def texts(root, body, name="t.csv", **kwargs):
    return read(READER, write_tree(root, {name: body}), **kwargs)


def lines(*records):
    return "".join(json.dumps(record) + "\n" for record in records)


def test_a_column_of_sentences_makes_texts_that_are_called_by_their_ids(tmp_path):
    data = texts(tmp_path, 'id,text,label\n7,"one, two\nthree",spam\n8,four five,ham\n')

    assert data.items.file_name == ["7", "8"]
    assert data.items.text == ["one, two\nthree", "four five"]
    assert set(data.items.media) == {MediaState.NONE}
    assert objects(data) == {"ham": 1, "spam": 1}
    assert set(data.annotations.kind) == {AnnotationKind.LABEL}
    assert codes(data) == {}


def test_texts_without_ids_keep_their_names_when_rows_move(tmp_path):
    rows = [f"{text},{n % 2}\n" for n, text in enumerate(SENTENCES[:4])]
    one, other = ("text,label\n" + "".join(order) for order in (rows, [f"new words here,1\n{rows[0]}", *rows[:0:-1]]))
    first, second = texts(tmp_path, one), texts(tmp_path, other)

    assert (
        dict(zip(first.items.text, first.items.file_name, strict=True)).items()
        <= dict(zip(second.items.text, second.items.file_name, strict=True)).items()
    )
    assert first.items.ext_id[0] == "row 2"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("id,text,label\n1,same words,a\n2,same  words,b\n3,other words,a\n", {"TX-03": 2}),
        ("id,text,label\n1,same words,a\n2,  ,b\n3,other words,a\n", {"TX-04": 1}),
        (f"id,text,label\n1,{'long word ' * 100_001},a\n2,other words,a\n", {"TX-09": 1}),
        ("id,text,label\n1,some words,None\n2,more words,a\n3,no words,\n4,last words,a\n", {"CS-01": 1}),
    ],
)
def test_each_dirty_case_has_its_finding(tmp_path, body, expected):
    assert codes(texts(tmp_path, body)) == expected


def test_an_empty_class_is_unlabelled_and_the_word_none_a_class(tmp_path):
    data = texts(tmp_path, "id,text,label\n1,some words,None\n2,more words,a\n3,no words,\n4,last words,a\n")

    assert [states(data)[n] for n in ("1", "3")] == ["labelled", "unlabelled"]
    assert objects(data) == {"None": 1, "a": 2}


def votes(rows):
    return "text,count,bad,good,class\n" + "".join(f"{s},{sum(v)},{v[0]},{v[1]},{c}\n" for s, (v, c) in rows)


def test_columns_of_votes_are_found_by_their_sum_and_the_majority_is_the_class(tmp_path):
    rows = [(SENTENCES[n], ((3, 0), 0) if n < 20 else ((1, 3), 1)) for n in range(29)]
    data = texts(tmp_path, votes([*rows, (SENTENCES[29], ((2, 2), 1))]))

    assert objects(data) == {"bad": 20, "good": 9}
    agreement = list(axis(data, "agreement").values())
    assert [agreement.count(word) for word in ("unanimous", "majority", "tie")] == [20, 9, 1]
    assert list(states(data).values()).count("unlabelled") == 1
    assert codes(data) == {"TX-11": 30, "TX-12": 1, "TX-13": 1}
    assert [a.name for a in data.axes] == ["agreement", "count"]


def test_a_column_that_contradicts_the_votes_is_told(tmp_path):
    rows = [(SENTENCES[n], ((3, 0), 0) if n < 20 else ((1, 3), 1)) for n in range(29)]

    assert codes(texts(tmp_path, votes([*rows, (SENTENCES[29], ((0, 3), 0))])))["TX-14"] == 1


def test_votes_can_be_named_or_left_alone(tmp_path):
    body = "id,text,good,bad,label\n1,some words,2,1,x\n2,more words,0,3,y\n"

    assert objects(texts(tmp_path, body, votes="good,bad")) == {"bad": 1, "good": 1}
    assert objects(texts(tmp_path, body, votes="none", label="label")) == {"x": 1, "y": 1}
    with pytest.raises(RequestError, match="no column"):
        texts(tmp_path, body, votes="best")


def test_rows_of_several_annotators_are_one_item_with_the_class_of_most(tmp_path):
    answers = [("a", "x"), ("b", "x"), ("c", "y")]
    body = "id,text,annotator,label\n" + "".join(f"1,some words,{who},{c}\n" for who, c in answers)
    data = texts(tmp_path, body + "2,more words,a,y\n2,more words,b,y\n")

    assert images_and_objects(data) == {"x": {"images": 1, "instances": 1}, "y": {"images": 1, "instances": 1}}
    assert axis(data, "agreement") == {"1": "majority", "2": "unanimous"}
    assert "annotator" not in [a.name for a in data.axes]


@pytest.mark.parametrize(
    ("name", "body", "classes"),
    [
        ("t.jsonl", lines({"text": "one two", "label": "x"}, {"text": "three four", "label": "y"}), {"x": 1, "y": 1}),
        ("t.jsonl", lines({"text": "one two", "labels": ["x", "y"]}, {"text": "b c", "labels": []}), {"x": 1, "y": 1}),
        (
            "t.jsonl",
            lines({"text": "Ann at ACME", "entities": [[0, 3, "PER"], [7, 11, "ORG"], [0, 3, "PER"]]}),
            {"ORG": 1, "PER": 2},
        ),
        ("t.txt", "__label__x one two\n__label__x __label__y three four\n", {"x": 2, "y": 1}),
    ],
    ids=["class", "list of classes", "spans", "fastText"],
)
def test_lines_of_json_and_of_fasttext_are_tables_of_texts(tmp_path, name, body, classes):
    data = texts(tmp_path, body, name)

    assert objects(data) == classes
    assert registry.choose(scan(tmp_path, SILENT)).key == "csv"


def test_members_of_records_are_columns_by_their_path_and_broken_lines_are_told(tmp_path):
    records = [{"id": n, "text": SENTENCES[n], "label": "x", "meta": {"place": f"p{n % 2}"}} for n in range(8)]
    data = texts(tmp_path, lines(*records) + '{"id": 9, "text": \n[1]\n\n', "t.jsonl")

    assert axis(data, "meta.place")["0"] == "p0"
    assert codes(data) == {"CS-32": 2}
    assert finding(data, "CS-32").examples[0].startswith("t.jsonl line 9: ")
    with pytest.raises(UnreadableSourceError, match="no JSON object"):
        texts(tmp_path / "b", "[1]\n", "t.jsonl")


def test_a_jsonl_file_of_images_is_a_table_like_any_other(tmp_path):
    body = lines(
        {"image": "a.png", "class": "cat", "split": "train"}, {"image": "b.png", "class": "dog", "split": "val"}
    )
    data = read(READER, write_tree(tmp_path, {"t.jsonl": body, "a.png": (64, 48), "b.png": (64, 48)}))

    assert splits(data) == {"train": ["a.png"], "val": ["b.png"]}
    assert objects(data) == {"cat": 1, "dog": 1}


def test_a_pool_of_texts_has_no_classes(tmp_path):
    data = texts(tmp_path, "text\n" + "".join(f"{s}\n" for s in SENTENCES), role=Role.POOL)

    assert set(states(data).values()) == {"unlabelled"}
    assert len(data.items) == 30


def test_parquet_is_read_without_its_bytes(tmp_path):
    pa = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    rows = {"id": [1, 2, 3], "text": ["one two", "three four", "more words"], "label": ["x", "y", "y"]}
    rows["image"] = [b"1", b"2", b"3"]
    rows["meta"] = [{"place": "yard"}, {"place": "hall"}, None]
    parquet.write_table(pa.table(rows), tmp_path / "t.parquet")
    data = read(READER, tmp_path)

    assert objects(data) == {"x": 1, "y": 2}
    assert codes(data) == {"HF-06": 1}
    assert axis(data, "meta.place") == {"1": "yard", "2": "hall"}
    (tmp_path / "t.parquet").write_bytes(b"PAR1 broken")
    with pytest.raises(UnreadableSourceError, match="cannot be read as Parquet"):
        read(READER, tmp_path)


def test_parquet_without_its_package_says_what_to_install(tmp_path, monkeypatch):
    importing = builtins.__import__

    def without(name, *args, **kwargs):
        if name.startswith("pyarrow"):
            raise ImportError(name)
        return importing(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(UnreadableSourceError, match=r"needs the package pyarrow.*tailwise\[parquet\]"):
        texts(tmp_path, b"PAR1", "t.parquet")


@needs_real_data
@pytest.mark.realdata
def test_published_tweets_have_their_counts_and_votes():
    data = read(READER, REAL / "hate_offensive_votes")
    counts = real_counts()["hate_offensive_votes"]

    names = {"0": "hate_speech", "1": "offensive_language", "2": "neither"}
    assert objects(data) == {names[code]: n for code, n in counts["class"].items()}
    agreement = list(axis(data, "agreement").values())
    assert agreement.count("unanimous") == counts["unanimous"]
    assert agreement.count("tie") == counts["ties_for_top"]
    assert {v: list(axis(data, "count").values()).count(v) for v in ("3", "9")} == {"3": 22807, "9": 167}
    assert sum("\n" in text for text in data.items.text) == counts["rows_with_embedded_newline"]
