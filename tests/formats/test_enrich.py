import doctest

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataset_trees import CancelAfter, a_request, axis, codes, finding, media, png, write_tree
from imaging_bytes import turned_jpeg
from realdata import REAL, needs_real_data, real_counts
from tailwise.domain.errors import QuestionError, RequestError, UnreadableSourceError, UserError
from tailwise.domain.records import IDENTICAL_AXIS, AxisKind
from tailwise.formats import enrich as enrich_module
from tailwise.formats import enrich_names, registry
from tailwise.ops.progress import SILENT, OpCancelledError

SIZE = (64, 48)


def enriched(path, reader="images", conditions=None, **answers):
    request = a_request(path, **answers)
    return enrich_module.enrich(registry.reader_for(reader).read(request, SILENT), request, conditions, SILENT)


def images(tmp_path, *names):
    return write_tree(tmp_path, dict.fromkeys(names, SIZE))


def kinds(data):
    return {a.name: (str(a.kind), len(a.values)) for a in data.axes}


def test_examples_hold():
    assert doctest.testmod(enrich_module).failed == 0
    assert doctest.testmod(enrich_names).failed == 0


def test_sizes_come_from_headers_and_unreadable_images_are_marked(tmp_path):
    files = {
        "a.png": (64, 48),
        "b.jpg": turned_jpeg(64, 48),
        "c.png": b"",
        "d.png": b"no image",
        "e.csv": "file\nf.png\n",
    }
    write_tree(tmp_path, files)

    data = enriched(tmp_path, "csv", label="none", file_name="file")

    sizes = dict(zip(data.items.file_name, zip(data.items.width, data.items.height, strict=True), strict=True))
    assert sizes == {"a.png": (64, 48), "b.jpg": (48, 64), "c.png": (0, 0), "d.png": (0, 0), "f.png": (0, 0)}
    assert media(data) == {
        "a.png": "present", "b.jpg": "present", "c.png": "unreadable", "d.png": "unreadable", "f.png": "missing"
    }  # fmt: skip
    assert {c: n for c, n in codes(data).items() if c.startswith("IMG")} == {"IMG-01": 1, "IMG-03": 1, "IMG-04": 2}


def test_hidden_files_and_links_that_lead_out_are_told(tmp_path):
    root = images(tmp_path / "set", "a.png", ".trash/b.png")
    (root / "out.png").symlink_to(write_tree(tmp_path, {"c.png": SIZE}) / "c.png")

    assert codes(enriched(root)) == {"FS-01": 1, "FS-02": 1}


def test_a_pattern_with_names_becomes_conditions_and_groups(tmp_path):
    root = images(tmp_path, "x/cam1_night_s7_001.png", "x/cam2_day_s7_002.png", "x/other.png")

    data = enriched(root, pattern="(?P<camera>cam[0-9])_(?P<light>[a-z]+)_(?P<group_scene>s[0-9])", groups="camera")

    assert {name: kind for name, (kind, _) in kinds(data).items()} == {
        "camera": "group", "light": "condition", "scene": "group"
    }  # fmt: skip
    assert axis(data, "light") == {"x/cam1_night_s7_001.png": "night", "x/cam2_day_s7_002.png": "day"}
    assert finding(data, "AX-01").examples == ("other.png",)


def test_a_pattern_with_a_slash_sees_the_folders(tmp_path):
    data = enriched(images(tmp_path, "berlin/1.png", "rome/2.png"), pattern="^(?P<city>[a-z]+)/", automatic_axes="no")

    assert axis(data, "city") == {"berlin/1.png": "berlin", "rome/2.png": "rome"}


def test_folder_levels_become_axes(tmp_path):
    root = images(tmp_path, "berlin/day/1.png", "rome/night/2.png", "3.png")

    data = enriched(root, folder_level__1="group_city", folder_level__2="light", automatic_axes="no")

    assert kinds(data) == {"city": ("group", 2), "light": ("condition", 2)}
    assert axis(data, "light")["rome/night/2.png"] == "night"
    assert codes(data) == {"AX-02": 2}


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["foggy-001.png", "foggy-002.png", "mist-001.png", "mist-2.png"], {"prefix": ("condition", 2)}),
        ([f"{clip:03d}_{n}.png" for clip in range(13) for n in range(2)], {"prefix": ("group", 13)}),
        ([f"{n:06d}.png" for n in range(9)], {}),
        ([f"img_{n}.png" for n in range(9)], {}),
        ([f"{letter}_1.png" for letter in "abcdef"], {}),
        (["a/1.png", "a/2.png", "b/3.png", "4.png"], {"folder": ("group", 2)}),
        (["train/images/1.png", "val/images/2.png", "test/images/3.png"], {}),
        (["train/siteA/1.png", "train/siteA/2.png", "val/siteB/3.png"], {"folder": ("group", 2)}),
        (["a/1.png", "b/2.png", "c/3.png"], {}),
    ],
)
def test_folders_and_prefixes_show_where_images_come_from(tmp_path, names, expected):
    data = enriched(images(tmp_path, *names))

    assert kinds(data) == expected
    assert kinds(enriched(tmp_path, automatic_axes="no")) == {}


def test_what_only_repeats_the_class_is_no_axis(tmp_path):
    root = images(tmp_path, "glass/glass1.png", "glass/glass2.png", "metal/metal1.png", "metal/metal2.png")

    assert kinds(enriched(root, "folders")) == {}


def test_axes_never_share_a_name(tmp_path):
    write_tree(
        tmp_path, {"t.csv": "file,class,prefix\n" + "".join(f"{'ab'[n % 2]}-{n}.png,x,{n % 3}\n" for n in range(9))}
    )

    assert list(kinds(enriched(tmp_path, "csv"))) == ["prefix", "prefix 2"]


@pytest.mark.parametrize("key", ["a-1.png", "a-1", "elsewhere/a-1.png", "A-1.PNG", " a-1.png "])
def test_a_table_of_conditions_joins_by_any_form_of_the_name(tmp_path, key):
    root = images(tmp_path / "set", "deep/a-1.png", "deep/b-2.png")
    write_tree(tmp_path, {"c.csv": f"image;light;patient\n{key};night;p1\nb-2.png;day;p2\nc.png;dusk;p3\n"})

    data = enriched(root, conditions=tmp_path / "c.csv", conditions__group="patient", automatic_axes="no")

    assert axis(data, "light") == {"deep/a-1.png": "night", "deep/b-2.png": "day"}
    assert kinds(data) == {"light": ("condition", 2), "patient": ("group", 2)}
    assert codes(data) == {"AX-03": 1}


def test_items_without_a_row_and_with_several_are_told(tmp_path):
    root = images(tmp_path / "set", "a.png", "b.png", "c.png")
    write_tree(tmp_path, {"c.csv": "image,light\na.png,night\na.png,day\nb.png,day\n"})

    data = enriched(root, conditions=tmp_path / "c.csv")

    assert codes(data) == {"AX-04": 1, "AX-05": 1}
    assert finding(data, "AX-04").examples == ("c.png",)


def test_a_table_that_names_no_item_is_refused_or_asked_about(tmp_path):
    root = images(tmp_path / "set", "a.png")
    write_tree(tmp_path, {"c.csv": "image,light\nx.png,night\ny.png,day\n", "empty.csv": "image,light\n"})

    with pytest.raises(QuestionError, match=r"conditions\.key"):
        enriched(root, conditions=tmp_path / "c.csv")
    with pytest.raises(RequestError, match="names an item"):
        enriched(root, conditions=tmp_path / "c.csv", conditions__key="image")
    with pytest.raises(RequestError, match="no column"):
        enriched(root, conditions=tmp_path / "c.csv", conditions__key="nope")
    for name in ("empty.csv", "gone.csv"):
        with pytest.raises(UnreadableSourceError):
            enriched(root, conditions=tmp_path / name)


def test_coco_ids_join_a_table_too(tmp_path):
    coco = '{"images": [{"id": 17, "file_name": "a.png"}, {"id": 18, "file_name": "b.png"}], "annotations": [], "categories": []}'
    root = write_tree(tmp_path / "set", {"annotations/instances.json": coco, "a.png": SIZE, "b.png": SIZE})
    write_tree(tmp_path, {"c.csv": "image_id,light\n17,night\n18,day\n"})

    assert axis(enriched(root, "coco", tmp_path / "c.csv"), "light") == {"a.png": "night", "b.png": "day"}


@pytest.mark.parametrize(
    "answers",
    [{"pattern": "("}, {"pattern": "abc"}, {"folder_level__0": "x"}, {"folder_level__x": "x"}, {"automatic_axes": "x"}],
)
def test_answers_that_cannot_be_used_are_refused(tmp_path, answers):
    with pytest.raises(RequestError):
        enriched(images(tmp_path, "a.png", "b.png"), **answers)


@pytest.mark.parametrize(
    ("code", "classes"),
    [
        ("CL-01", ["traffic light", "Traffic_Lights"]),
        ("CL-02", ["17", "cat"]),
        ("CL-03", ["nan", "cat"]),
        ("CL-04", ["background", "cat"]),
    ],
)
def test_doubtful_class_names_are_told_and_kept(tmp_path, code, classes):
    data = enriched(images(tmp_path, *(f"{name}/{n}.png" for n, name in enumerate(classes))), "folders")

    assert codes(data)[code] == 1
    assert [c.name for c in data.categories] == sorted(classes)


def test_a_class_without_objects_is_a_gap_and_told(tmp_path):
    write_tree(tmp_path, {"classes.txt": "cat\ndog\n", "a.png": SIZE, "a.txt": "0 .5 .5 1 1\n"})

    assert finding(enriched(tmp_path, "yolo"), "CL-05").examples == ("dog",)


def test_values_that_may_mean_the_same_are_proposed_and_not_merged(tmp_path):
    places = ["Athens, GA, USA", "Athens, Georgia, USA", "Keene, NH, USA"]
    lines = "".join(f'{n}.png,c{n % 2},"{places[n % 3]}"\n' for n in range(12))
    write_tree(tmp_path, {"t.csv": f"file,class,place\n{lines}"})

    data = enriched(tmp_path, "csv")

    assert finding(data, "AX-07").examples == ("place: “Athens, GA, USA” and “Athens, Georgia, USA”",)
    assert kinds(data)["place"] == ("condition", 3)


def test_a_class_seen_under_one_value_only_is_told(tmp_path):
    lines = "".join(
        f"{n}.png,{'rare' if n < 12 else 'common'},{'night' if n < 12 or n % 2 else 'day'}\n" for n in range(40)
    )
    write_tree(tmp_path, {"t.csv": f"file,class,light\n{lines}"})

    assert finding(enriched(tmp_path, "csv"), "AX-08").examples == ("rare: only light = night (12 items)",)


def test_identical_files_are_a_group_and_their_contradictions_are_told(tmp_path):
    same, other = png(seed=1), png(seed=2)
    write_tree(tmp_path, {
        "glass/1.png": same, "metal/2.png": same, "metal/3.png": other, "metal/4.png": other, "metal/5.png": SIZE,
        "train.txt": "1.png\n3.png\n", "val.txt": "2.png\n4.png\n",
        "c.csv": "image,light\n1.png,day\n2.png,night\n3.png,day\n4.png,day\n5.png,day\n",
    })  # fmt: skip

    data = enriched(tmp_path, "folders", tmp_path / "c.csv")

    assert {c: n for c, n in codes(data).items() if c[:2] in {"IM", "IF"} and c != "IF-03"} == {
        "IF-04": 1, "IMG-05": 2, "IMG-07": 1, "IMG-08": 2
    }  # fmt: skip
    assert finding(data, "IMG-07").examples == ("glass/1.png = metal/2.png: light day or night",)
    assert axis(data, IDENTICAL_AXIS) == {
        "glass/1.png": "glass/1.png", "metal/2.png": "glass/1.png",
        "metal/3.png": "metal/3.png", "metal/4.png": "metal/3.png",
    }  # fmt: skip


def test_a_list_inside_another_is_no_leak(tmp_path):
    same = png(seed=1)
    write_tree(tmp_path, {
        "a/1.png": same, "a/2.png": same, "b/3.png": SIZE,
        "train.txt": "1.png\n2.png\n", "trainval.txt": "1.png\n2.png\n3.png\n",
    })  # fmt: skip

    assert "IMG-08" not in codes(enriched(tmp_path, "folders"))


def test_enriching_can_be_cancelled(tmp_path):
    request = a_request(images(tmp_path, "a.png", "b.png"))
    data = registry.reader_for("images").read(request, SILENT)

    with pytest.raises(OpCancelledError):
        enrich_module.enrich(data, request, None, CancelAfter(0))


@needs_real_data
@pytest.mark.realdata
def test_honeybee_quirks_are_findings():
    expected = real_counts()["honeybee_conditions"]

    data = enriched(REAL / "honeybee_conditions", "csv", file="bee_data_subset.csv", label="health")

    prefix = next(a for a in data.axes if a.name == "prefix")
    assert (prefix.kind, len(prefix.values)) == (AxisKind.GROUP, expected["clips_subset"])
    assert codes(data)["IMG-05"] == len(expected["images"]["exact_duplicate_groups"])
    assert finding(data, "IMG-04").examples == ("bee_imgs/bee_imgs/030_402.png",)
    assert "location: “Athens, GA, USA” and “Athens, Georgia, USA”" in finding(data, "AX-07").examples
    assert finding(data, "CL-01").examples == ("“Varroa, Small Hive Beetles” and “few varrao, hive beetles”",)
    confined = {e.partition(":")[0] for e in finding(data, "AX-08").examples if "location" in e}
    assert confined == {"few varrao, hive beetles", "ant problems", "Varroa, Small Hive Beetles", "hive being robbed"}
    assert set(zip(data.items.width, data.items.height, strict=True)) == {(100, 100), (0, 0)}


@needs_real_data
@pytest.mark.realdata
@pytest.mark.parametrize(
    ("folder", "reader", "contradiction"),
    [("trashnet_folders", "folders", "IF-04"), ("dawn_fog_yolo", "yolo", "IMG-06")],
)
def test_published_duplicates_contradict_each_other(folder, reader, contradiction):
    groups = real_counts()[folder]["images"]["exact_duplicate_groups"]

    data = enriched(REAL / folder, reader)

    assert codes(data)["IMG-05"] == codes(data)[contradiction] == len(groups)
    assert {tuple(sorted(e.split(" = "))) for e in finding(data, "IMG-05").examples} == {tuple(g) for g in groups}


@needs_real_data
@pytest.mark.realdata
def test_prefixes_and_folders_of_published_sets_are_axes():
    fog = next(a for a in enriched(REAL / "dawn_fog_yolo", "yolo").axes if a.name == "prefix")
    taco = enriched(REAL / "taco_coco", "coco")

    counts = {fog.values[v]: list(fog.value).count(v) for v in set(fog.value)}
    assert counts == real_counts()["dawn_fog_yolo"]["prefix"]
    assert kinds(taco)["folder"] == ("group", 15)


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "a\0b", "C:\\x"])
def test_names_in_a_table_never_lead_out(tmp_path, name):
    root = images(tmp_path / "set", "a.png")
    write_tree(tmp_path, {"c.csv": f"image,light\n{name},night\na.png,day\n"})
    try:
        data = enriched(root, conditions=tmp_path / "c.csv", conditions__key="image")
    except UserError:
        pytest.fail("one bad name stopped the join")

    assert codes(data)["AX-03"] == 1


@given(st.lists(st.from_regex(r"([a-b0-3_/.]|\.jpg|\.rf\.|\n){0,6}", fullmatch=True), max_size=8))
@settings(max_examples=100, deadline=None)
def test_prefixes_of_many_names_are_those_of_each(names):
    assert enrich_names.prefixes_of(names) == [enrich_names.prefix_of(name) for name in names]
