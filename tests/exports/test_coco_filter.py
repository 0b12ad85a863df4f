"""COCO files filtered so that every object that stays is the same to the last byte."""

import json
import re

import pytest

from exports.export_builders import CountingProgress, a_coco_file
from tailwise.domain.errors import UnreadableSourceError
from tailwise.exports.coco_document import open_document
from tailwise.exports.coco_filter import CocoFilterJob, CocoInput, clashes, filter_coco
from tailwise.ops.child import run_in_child
from tailwise.ops.progress import SILENT


def filtered(tmp_path, *inputs, outputs=2, run=None):
    paths = tuple(tmp_path / f"out{i}.json" for i in range(outputs))
    job = CocoFilterJob(tuple(inputs), paths, tuple(f"part {i}" for i in range(outputs)))
    report = filter_coco(job, SILENT) if run is None else run(filter_coco, job, progress=SILENT)
    return report, paths


def an_input(ref, **output_of):
    return CocoInput(ref.path, ref.size_bytes, {key.removeprefix("i"): value for key, value in output_of.items()})


def objects(text: str, key: str) -> list[str]:
    """Return the texts of the elements of a list, cut out by the standard parser."""
    start = re.search(f'"{key}" *: *\\[', text).end()
    found = []
    while True:
        start = re.compile(r"[\s,]*").match(text, start).end()
        if text[start] == "]":
            return found
        _, end = json.JSONDecoder().raw_decode(text, start)
        found.append(text[start:end])
        start = end


def test_objects_are_copied_byte_for_byte(tmp_path):
    ref = a_coco_file(tmp_path / "a.json")
    before = ref.path.read_text(encoding="utf-8")

    report, paths = filtered(tmp_path, an_input(ref, i1=0, i2=1, i3=0))

    texts = [p.read_text(encoding="utf-8") for p in paths]
    assert objects(texts[0], "images") == [objects(before, "images")[i] for i in (0, 2)]
    assert objects(texts[0], "annotations") == [objects(before, "annotations")[i] for i in (0, 1, 4, 5)]
    assert objects(texts[1], "annotations") == objects(before, "annotations")[2:4]
    assert [objects(t, "categories") for t in texts] == [objects(before, "categories")] * 2
    assert [(p.images, p.annotations) for p in report.parts] == [(2, 4), (1, 2)]
    assert (report.left_out_images, report.left_out_annotations, report.orphans) == (1, 2, 0)


def test_unknown_members_survive_and_lists_by_image_are_filtered(tmp_path):
    ref = a_coco_file(
        tmp_path / "a.json",
        licenses=[{"id": 1, "name": "CC0"}],
        scene_annotations=[{"image_id": 1, "background_ids": [3]}, {"image_id": 2, "background_ids": []}],
        scene_categories=[{"id": 3, "name": "Sand"}],
        version={"any": ["thing"]},
        empty=[],
    )

    _, paths = filtered(tmp_path, an_input(ref, i1=0, i2=1))

    found = [json.loads(p.read_text(encoding="utf-8")) for p in paths]
    assert list(found[0]) == list(json.loads(ref.path.read_text(encoding="utf-8")))
    assert found[0]["scene_annotations"] == [{"image_id": 1, "background_ids": [3]}]
    assert found[1]["scene_annotations"] == [{"image_id": 2, "background_ids": []}]
    for part in found:
        assert part["scene_categories"] == [{"id": 3, "name": "Sand"}]
        assert part["version"] == {"any": ["thing"]}
        assert part["empty"] == []
        assert part["licenses"] == [{"id": 1, "name": "CC0"}]
    assert [part["info"]["description"] for part in found] == ["small (part 0)", "small (part 1)"]


def test_annotations_may_come_before_images_and_in_any_order(tmp_path):
    ref = a_coco_file(tmp_path / "a.json")
    content = json.loads(ref.path.read_text(encoding="utf-8"))
    turned = {"annotations": content["annotations"][::-1], "images": content["images"], "categories": []}
    turned["annotations"].append({"id": 99, "image_id": 77})
    ref = a_coco_file(tmp_path / "b.json", text=json.dumps(turned))

    report, paths = filtered(tmp_path, an_input(ref, i1=0, i2=1))

    found = json.loads(paths[0].read_text())
    assert [a["id"] for a in found["annotations"]] == [2, 1]
    assert report.orphans == 1


def test_ids_match_by_their_text_whatever_the_file_wrote(tmp_path):
    text = '{"images":[{"id":"1"},{"id":2.0},{"id":"a b"}],"annotations":[{"id":1,"image_id":1},{"id":2,"image_id":"2"},{"id":3,"image_id":"a b"}],"categories":[{"id":0,"name":"x"}]}'
    ref = a_coco_file(tmp_path / "a.json", text=text)
    source = CocoInput(ref.path, ref.size_bytes, {"1": 0, "2": 0, "a b": 1})

    report, paths = filtered(tmp_path, source)

    assert [(p.images, p.annotations) for p in report.parts] == [(2, 2), (1, 1)]
    assert report.zero_category
    assert objects(paths[0].read_text(), "images") == ['{"id":"1"}', '{"id":2.0}']


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda text: text.replace("200.0", "NaN"), id="NaN"),
        pytest.param(lambda text: "\ufeff" + text, id="byte order mark"),
        pytest.param(lambda text: text.replace("µ", "\\ud800"), id="half a surrogate pair"),
        pytest.param(lambda text: text.replace('"area"', ' "area" \n'), id="white space"),
        pytest.param(lambda text: text.replace('"iscrowd": 0', '"iscrowd": -Infinity'), id="Infinity"),
    ],
)
def test_what_strict_json_refuses_is_copied_all_the_same(tmp_path, damage):
    whole = a_coco_file(tmp_path / "a.json").path.read_text(encoding="utf-8")
    ref = a_coco_file(tmp_path / "b.json", text=damage(whole))
    before = ref.path.read_text(encoding="utf-8-sig")

    report, paths = filtered(tmp_path, an_input(ref, i1=0, i2=1, i3=0, i4=0))

    texts = [p.read_text(encoding="utf-8") for p in paths]
    assert objects(texts[1], "annotations") == objects(before, "annotations")[2:4]
    assert sorted(a for t in texts for a in objects(t, "annotations")) == sorted(objects(before, "annotations"))
    assert [(p.images, p.annotations) for p in report.parts] == [(3, 6), (1, 2)]


def test_a_utf_16_file_is_written_as_utf_8(tmp_path):
    text = a_coco_file(tmp_path / "a.json").path.read_text(encoding="utf-8")
    (tmp_path / "b.json").write_bytes(text.encode("utf-16"))

    report, paths = filtered(tmp_path, CocoInput(tmp_path / "b.json", -1, {"1": 0}), outputs=1)

    assert objects(paths[0].read_text(encoding="utf-8"), "annotations") == objects(text, "annotations")[:2]
    assert report.parts[0].images == 1


@pytest.mark.parametrize("text", ['{"images": [{"id": 1}', '{"images": [}', "nothing", '{"images" 1}', "[1]", " "])
def test_a_file_cut_short_is_told_in_a_sentence(tmp_path, text):
    ref = a_coco_file(tmp_path / "a.json", text=text)

    with pytest.raises(UnreadableSourceError, match=r"a.json is no complete JSON file") as raised:
        filtered(tmp_path, an_input(ref, i1=0))

    assert raised.value.hint


def test_an_empty_missing_or_wrongly_encoded_file_is_told_in_a_sentence(tmp_path):
    (tmp_path / "a.json").write_bytes(b"")
    with pytest.raises(UnreadableSourceError, match="is empty"):
        filtered(tmp_path, CocoInput(tmp_path / "a.json", -1, {}))
    with pytest.raises(UnreadableSourceError, match=r"cannot be opened \(No such file"):
        filtered(tmp_path, CocoInput(tmp_path / "b.json", -1, {}))
    (tmp_path / "c.json").write_bytes(b'{"images": [NaN, "\xff"]}')
    with pytest.raises(UnreadableSourceError, match="no valid utf-8 text at byte 18"):
        filtered(tmp_path, CocoInput(tmp_path / "c.json", -1, {}))


def test_a_file_that_changed_since_its_import_is_refused(tmp_path):
    ref = a_coco_file(tmp_path / "a.json")
    source = an_input(ref, i1=0)
    ref.path.write_text(ref.path.read_text(encoding="utf-8") + " ", encoding="utf-8")

    with pytest.raises(UnreadableSourceError, match="changed since it was imported"):
        filtered(tmp_path, source)


def test_an_image_that_is_gone_is_told(tmp_path):
    with pytest.raises(UnreadableSourceError, match=r"no longer lists 1 image\(s\)"):
        filtered(tmp_path, an_input(a_coco_file(tmp_path / "a.json"), i1=0, i99=1))


def test_files_without_clashing_ids_are_joined(tmp_path):
    first = a_coco_file(tmp_path / "a.json", 2, licenses=[{"id": 1, "name": "CC0"}])
    second = a_coco_file(
        tmp_path / "b.json",
        2,
        first=3,
        ann=5,
        categories=[{"id": 2, "name": "person"}, {"id": 9, "name": "dog"}],
        extra=1,
    )
    inputs = (an_input(first, i1=0, i2=1), an_input(second, i3=0, i4=1))
    assert clashes(inputs, SILENT) == ""

    report, paths = filtered(tmp_path, *inputs)

    found = json.loads(paths[0].read_text(encoding="utf-8"))
    assert [i["id"] for i in found["images"]] == [1, 3]
    assert [a["id"] for a in found["annotations"]] == [1, 2, 5, 6]
    assert [(c["id"], c["name"]) for c in found["categories"]] == [(1, "car"), (2, "person"), (9, "dog")]
    assert found["extra"] == 1
    assert [(p.images, p.annotations) for p in report.parts] == [(2, 4), (2, 4)]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"first": 1, "ann": 50}, "images share ids"),
        ({"first": 50, "ann": 1}, "annotations share ids"),
        (
            {"first": 50, "ann": 50, "categories": [{"id": 1, "name": "bus"}]},
            "one category id stands for different classes",
        ),
    ],
)
def test_files_with_clashing_ids_are_not_joined(tmp_path, change, reason):
    first = a_coco_file(tmp_path / "a.json", 2)
    second = a_coco_file(tmp_path / "b.json", 2, **change)
    start = change["first"]

    inputs = (an_input(first, i1=0, i2=1), CocoInput(second.path, -1, {str(start): 0, str(start + 1): 1}))

    assert clashes(inputs, SILENT) == reason


def test_clashing_ids_of_images_that_stay_behind_do_not_matter(tmp_path):
    first, second = a_coco_file(tmp_path / "a.json", 2), a_coco_file(tmp_path / "b.json", 4, ann=50)

    assert clashes((an_input(first, i1=0, i2=0), an_input(second, i3=0)), SILENT) == ""


def test_filtering_runs_in_a_child_process_with_the_same_result(tmp_path):
    ref = a_coco_file(tmp_path / "a.json")
    here, paths = filtered(tmp_path, an_input(ref, i1=0, i2=1))
    bytes_here = [p.read_bytes() for p in paths]
    for path in paths:
        path.unlink()

    there, paths = filtered(tmp_path, an_input(ref, i1=0, i2=1), run=run_in_child)

    assert there == here
    assert [p.read_bytes() for p in paths] == bytes_here


def test_progress_counts_the_bytes_of_the_file(tmp_path):
    ref = a_coco_file(tmp_path / "a.json", 2000)
    progress = CountingProgress()

    filter_coco(CocoFilterJob((an_input(ref, i1=0),), (tmp_path / "o.json",), ("",)), progress)

    assert progress.reports > 8
    assert "Filtering annotations" in progress.labels


def test_an_exception_while_a_document_is_open_is_the_one_that_arrives(tmp_path):
    ref = a_coco_file(tmp_path / "a.json")

    def fail_holding_elements():
        with open_document(ref.path, SILENT) as document:
            kept = document.elements("images")
            assert next(kept)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_holding_elements()


def test_a_file_nested_too_deep_is_told_in_a_sentence(tmp_path):
    ref = a_coco_file(tmp_path / "a.json", text='{"images": [NaN, ' + "[" * 200_000 + "]" * 200_000 + "]}")

    with pytest.raises(UnreadableSourceError, match="nested too deep"):
        filtered(tmp_path, an_input(ref, i1=0))


def test_a_file_without_images_is_refused(tmp_path):
    ref = a_coco_file(tmp_path / "a.json", text='{"annotations": []}')

    with pytest.raises(UnreadableSourceError, match="lists no images"):
        filtered(tmp_path, an_input(ref))


@pytest.mark.parametrize("odd", ["NaN", "1"])
def test_elements_that_are_no_objects_belong_to_no_image(tmp_path, odd):
    """In the strict and in the tolerant parser alike."""
    text = f'{{"images":[{{"id":1}}],"annotations":[{odd},[{{"image_id":1}}],{{"id":true,"image_id":1}},null],"info":[],"x":{odd}}}'
    ref = a_coco_file(tmp_path / "a.json", text=text)

    report, paths = filtered(tmp_path, an_input(ref, i1=0), outputs=1)

    assert objects(paths[0].read_text(), "annotations") == ['{"id":true,"image_id":1}']
    assert report.orphans == 3
    assert '"info": []' in paths[0].read_text()
    assert f'"x": {odd}' in paths[0].read_text()


def test_an_info_without_description_gets_one(tmp_path):
    ref = a_coco_file(tmp_path / "a.json", info={"year": 2026, "description": None})

    _, paths = filtered(tmp_path, an_input(ref, i1=0), outputs=1)

    assert json.loads(paths[0].read_text(encoding="utf-8"))["info"] == {"year": 2026, "description": "part 0"}
