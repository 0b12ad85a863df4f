"""COCO documents as text: encodings, broken and hostile files, windows of any size, and random damage."""

import contextlib
import json
import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coco_documents import a_document, an_annotation, an_image, boxes, coco, finding
from dataset_trees import a_request, codes, objects, read, write_tree
from tailwise.domain.errors import QuestionError, UnreadableSourceError, UserError
from tailwise.domain.records import Role
from tailwise.formats import json_records
from tailwise.formats.coco import CocoReader
from tailwise.formats.json_sections import Section
from tailwise.ops.progress import SILENT, OpCancelledError

DOCUMENT = a_document([an_annotation(n) for n in range(5)])
TEXT = json.dumps(DOCUMENT)


def test_not_a_number_is_missing(tmp_path):
    text = TEXT.replace('"area": 400', '"area": NaN', 1).replace("[10, 10, 20, 20]", "[10, Infinity, 20, -Infinity]", 1)
    data = coco(tmp_path, {"i.json": text})

    assert data.annotations.area.tolist() == [400] * 5
    assert boxes(data)[0] == (10, 10, 20, 20)
    assert (codes(data)["JSON-01"], codes(data)["BOX-03"], codes(data)["CO-08"]) == (3, 1, 1)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_other_unicode_is_read(tmp_path, encoding):
    text = json.dumps(a_document([an_annotation()], categories=[{"id": 1, "name": "größer 猫"}]), ensure_ascii=False)
    data = coco(tmp_path, {"i.json": text.encode(encoding)}, file="i.json")

    assert objects(data) == {"größer 猫": 1}
    assert codes(data) == {"JSON-02": 1}


def test_other_encodings_are_asked_for_with_the_place(tmp_path):
    text = json.dumps(
        a_document([an_annotation()], categories=[{"id": 1, "name": "größer"}]), ensure_ascii=False, indent=1
    )
    files = {"i.json": text.encode("cp1252")}

    with pytest.raises(QuestionError, match=r"i\.json, line \d+, column \d+: byte \d+ is not UTF-8") as raised:
        coco(tmp_path, files)
    assert raised.value.questions[0].key == "encoding"
    assert objects(coco(tmp_path, files, encoding="cp1252")) == {"größer": 1}
    with pytest.raises(UnreadableSourceError, match="no text encoding"):
        coco(tmp_path, files, encoding="klingon")


def test_characters_that_cannot_be_stored_are_replaced(tmp_path):
    text = json.dumps(
        a_document([an_annotation()], categories=[{"id": 1, "name": "do\0g"}, {"id": 2, "name": "c\ud800at"}])
    )
    data = coco(tmp_path, {"i.json": text})

    assert objects(data) == {"do�g": 1, "c�at": 0}
    assert codes(data) == {"JSON-03": 2}


def test_of_members_given_twice_the_last_counts(tmp_path):
    text = TEXT[:-1] + ', "annotations": [' + json.dumps(an_annotation(9, category_id=2)) + "]}"
    data = coco(tmp_path, {"i.json": text.replace('"id": 9', '"id": 8, "id": 9')})

    assert objects(data) == {"dog": 0, "cat": 1}
    assert data.annotations.ext_id.tolist() == [9]


def test_a_line_break_inside_of_a_text_is_let_through(tmp_path):
    assert objects(coco(tmp_path, {"i.json": TEXT.replace('"dog"', '"do\ng\t"')})) == {"do\ng": 5, "cat": 0}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty"),
        ("   \n", "is empty"),
        ("hello", "line 1, column 1"),
        (TEXT[:-30], "cut off"),
        (TEXT + TEXT, "one JSON value per line"),
        (TEXT + "]", "more after the end"),
        (TEXT.replace('"image_id": 1, ', '"image_id": 1,, ', 1), "line 1, column"),
        (json.dumps(DOCUMENT, indent=1).replace('"iscrowd": 0,', '"iscrowd": 0;', 1), "line 22, column 16"),
        (TEXT.replace("}]", "},]", 1), "a comma too many"),
        (TEXT.replace('"images"', "'images'"), "name in double quotes"),
        (TEXT.replace("{", "{/* comment */", 1), "name in double quotes"),
        ('{"images": [' + "[" * 100_000 + "]" * 100_000 + "]}", "nested too deep"),
        ('{"info": ' + '{"a":' * 100_000 + "1" + "}" * 100_000 + "}", "nested too deep"),
        ('{"annotations": [{"segmentation": ' + "[" * 100_000 + "]" * 100_000 + "}]}", "nested too deep"),
        ("{}", "neither images nor annotations"),
        ('{"images": {"1": {}}}', "not a list"),
        ('{"images": [], "annotations": "none"}', "not a list"),
    ],
)
def test_a_broken_file_is_one_sentence_with_the_place(tmp_path, text, words):
    with pytest.raises(UnreadableSourceError, match=r"i\.json") as raised:
        coco(tmp_path, {"i.json": text}, file="i.json")

    assert words in raised.value.sentence


def test_hostile_numbers_and_names_raise_nothing(tmp_path):
    digits = "9" * 5000
    text = f"""{{"images": [{{"id": {digits}, "file_name": "1.png", "width": 1e400, "height": -0}},
        {{"id": 1, "file_name": {{}}, "width": {digits}}}, {{"id": true}}, {{"id": []}}],
        "annotations": [{{"id": {digits}, "image_id": 1, "category_id": {digits}, "bbox": [1e308, 1e308, 1e308, 1e308],
        "area": 1e400, "score": 1e300, "iscrowd": [], "segmentation": {{"counts": [{digits}], "size": [1e9, 1]}}}},
        {{"image_id": 1, "bbox": [1, 2, 3, 4], "segmentation": [[1e200, 0, 0, 1e200, 1, 1]], "attributes": {{"a": [[]]}}}}],
        "categories": {json.dumps([{"id": 1, "name": "x" * 4000}, {"id": {}, "name": "=cmd|"}])}}}"""
    data = coco(tmp_path, {"i.json": text})

    assert len(data.annotations) == 2
    assert data.annotations.area[1] == 12


def test_a_bad_record_costs_only_itself(tmp_path):
    rows = [json.dumps(an_annotation(n)) for n in range(2000)]
    rows[1234] = rows[1234].replace('"area": 400', '"area": NaN')
    rows[500] = rows[500].replace('"bbox": [10, 10, 20, 20]', '"bbox": "?"')
    text = json.dumps(a_document([])).replace('"annotations": []', f'"annotations": [{", ".join(rows)}]')
    data = coco(tmp_path, {"i.json": text})

    assert data.annotations.ext_id.tolist() == list(range(2000))
    assert (codes(data)["JSON-01"], codes(data)["BOX-03"]) == (1, 1)
    assert finding(data, "CO-08").examples == ("i.json: annotation 1234",)


def test_reading_can_be_cancelled_while_it_goes_on(tmp_path, monkeypatch):
    monkeypatch.setattr(json_records, "WINDOW_BYTES", 4096)
    monkeypatch.setattr(json_records, "_LOOSE_BYTES", 4096)
    write_tree(tmp_path, {"i.json": json.dumps(a_document([an_annotation(n) for n in range(2000)]))})

    class Stops:
        done = total = 0

        def stage(self, label, total=0):
            self.total = total

        def advance(self, steps=1):
            self.done += steps
            if self.total > 1000 and self.done > self.total / 2:
                raise OpCancelledError

    progress = Stops()
    with pytest.raises(OpCancelledError):
        CocoReader().read(a_request(tmp_path), progress)
    assert progress.done < 0.6 * progress.total


# Windows


def documents():
    """Return random documents of records that look alike, nest, and hold brackets in their texts."""
    chooser = random.Random(11)

    def record():
        if chooser.random() < 0.05:
            return chooser.choice([None, 5, 'x},{"id":3', [], [{"id": 1}, {"id": 2}], True, 1.5e3])
        names = ["a", '},{"id":', "ü", '"]},{"id"', "\\"]
        found = {"id": chooser.randrange(1000), "name": chooser.choice(names)}
        if chooser.random() < 0.3:
            found["parts"] = [{"id": 1}, {"id": 2, "z": [{"id": []}]}]
        if chooser.random() < 0.05:
            found["blob"] = "x" * chooser.randrange(3000)
        return {"z": 1, **found} if chooser.random() < 0.1 else found

    for _ in range(300):
        members = chooser.sample(["a", "b", "c", "info"], chooser.randrange(5))
        document = {
            key: {"x": [{}]} if key == "info" else [record() for _ in range(chooser.choice([0, 1, 2, 10, 60]))]
            for key in members
        }
        yield (
            document,
            json.dumps(
                document,
                indent=chooser.choice([None, None, 2]),
                ensure_ascii=chooser.random() < 0.5,
                separators=chooser.choice([None, (",", ":")]),
            ),
        )


def records_of(path):
    import msgspec

    found = {}

    class Row(msgspec.Struct):
        id: int
        name: str

    def section(key):
        many, one = msgspec.json.Decoder(list[Row]), msgspec.json.Decoder(Row)

        def restart():
            found[key] = []

        def take(rows):
            found[key] += [(row.id, row.name) for row in rows]

        def take_loose(rows):
            found[key] += rows

        return Section(many, one, restart, take, take_loose)

    outline = json_records.read_records(path, "d.json", {key: section(key) for key in "ab"}, SILENT)
    return found, outline


def expected(document):
    return {
        key: [(r["id"], r["name"]) if isinstance(r, dict) and {"id", "name"} <= r.keys() else r for r in rows]
        for key, rows in document.items()
        if key in "ab"
    }


@pytest.mark.parametrize("window", [40, 500, 5000, 4 << 20])
def test_windows_of_any_size_give_what_the_standard_parser_gives(tmp_path, monkeypatch, window):
    monkeypatch.setattr(json_records, "WINDOW_BYTES", window)
    monkeypatch.setattr(json_records, "_SMALL_BYTES", min(window, 64))
    monkeypatch.setattr(json_records, "_LOOSE_BYTES", min(window, 256))
    path = tmp_path / "d.json"

    for document, text in documents():
        path.write_text(text, encoding="utf-8")
        found, outline = records_of(path)
        assert found == expected(document)
        assert list(outline.kinds) == list(document)


def test_damaged_documents_are_refused_exactly_when_the_standard_parser_refuses_them(tmp_path, monkeypatch):
    monkeypatch.setattr(json_records, "WINDOW_BYTES", 500)
    monkeypatch.setattr(json_records, "_LOOSE_BYTES", 100)
    chooser, path = random.Random(5), tmp_path / "d.json"

    for _, text in documents():
        place = chooser.randrange(len(text))
        insert = chooser.choice([None, ",", "}", "NaN", '"', " ", "]", "x", "0"])
        damaged = text[:place] if insert is None else text[:place] + insert + text[place:]
        path.write_text(damaged, encoding="utf-8")
        try:
            wanted = json.loads(damaged, strict=False, parse_constant=lambda _: None)
        except ValueError:
            with pytest.raises(UserError):
                records_of(path)
        else:
            assert records_of(path)[0] == expected(wanted)


def test_clean_files_never_need_the_tolerant_parser(tmp_path, monkeypatch):
    monkeypatch.setattr(json_records, "WINDOW_BYTES", 3000)
    path = tmp_path / "d.json"
    path.write_text(json.dumps({"a": [{"id": n, "name": "n" * (n % 50)} for n in range(3000)], "b": []}))

    found, outline = records_of(path)

    assert len(found["a"]) == 3000
    assert outline.loose_steps == 0


# Random damage

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
JSONISH = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
PATHS = st.sampled_from(
    [
        (section, place, member)
        for section, members in {
            "images": ["id", "file_name", "width", "height", "license", "attributes", "coco_url", "video_id"],
            "annotations": [
                "id",
                "image_id",
                "category_id",
                "bbox",
                "area",
                "iscrowd",
                "segmentation",
                "score",
                "attributes",
                "segments_info",
                "caption",
                "ignore",
            ],
            "categories": ["id", "name", "supercategory"],
            "scene_annotations": ["image_id", "background_ids"],
            "scene_categories": ["id", "name"],
            "licenses": ["id", "name"],
        }.items()
        for place in (0, 1)
        for member in [None, *members]
    ]
    + [
        (section, None, None)
        for section in ("images", "annotations", "categories", "scene_annotations", "videos", "info")
    ]
)


def a_full_document():
    images = [an_image(n, license=n, attributes={"light": "day"}) for n in (1, 2)]
    mask = {"counts": [490, 20, 2562], "size": [48, 64]}
    return a_document(
        [an_annotation(1), an_annotation(2, image_id=2, segmentation=mask, score=0.5)],
        images=images,
        licenses=[{"id": n, "name": f"L{n}"} for n in (1, 2)],
        scene_annotations=[{"image_id": n, "background_ids": [n]} for n in (1, 2)],
        scene_categories=[{"id": n, "name": f"S{n}"} for n in (1, 2)],
    )


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(damage=st.lists(st.tuples(PATHS, JSONISH), min_size=1, max_size=4), role=st.sampled_from(Role))
def test_any_value_anywhere_is_a_finding_or_a_sentence(tmp_path, damage, role):
    document = a_full_document()
    for (section, place, member), value in damage:
        records = document.get(section)
        if place is None or not isinstance(records, list) or len(records) <= place:
            document[section] = value
        elif member is None or not isinstance(records[place], dict):
            records[place] = value
        else:
            records[place][member] = value
    try:
        data = coco(tmp_path, {"i.json": json.dumps(document)}, role=role, file="i.json")
    except UserError:
        return
    columns, items = data.annotations, data.items
    sizes = {
        len(getattr(columns, name))
        for name in ("item", "category", "kind", "flags", "x", "y", "width", "height", "area", "ext_id")
    }
    assert len(sizes) == 1
    assert len(columns.score) in {0, len(columns)}
    assert all(0 <= item < len(items) for item in columns.item)
    assert all(0 <= category < len(data.categories) for category in columns.category)
    assert (
        len(
            {len(getattr(items, name)) for name in ("file_name", "ext_id", "width", "height", "state", "media", "file")}
        )
        == 1
    )
    assert len(set(items.file_name)) == len(items)
    assert all(name and "\0" not in name for name in items.file_name)
    for axis in data.axes:
        assert all(0 <= item < len(items) for item in axis.item)
        assert all(0 <= value < len(axis.values) for value in axis.value)
    json.dumps([repr(finding) for finding in data.findings]).encode("utf-8")
    "".join([*items.file_name, *(c.name for c in data.categories), *(v for a in data.axes for v in a.values)]).encode(
        "utf-8"
    )


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_damaged_bytes_are_a_finding_or_a_sentence(tmp_path, data):
    text = bytearray(json.dumps(a_full_document()).encode())
    for _ in range(data.draw(st.integers(1, 5))):
        place = data.draw(st.integers(0, len(text) - 1))
        text[place : place + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    write_tree(tmp_path, {"i.json": bytes(text)})
    with contextlib.suppress(UserError):
        read(CocoReader(), tmp_path, file="i.json")
