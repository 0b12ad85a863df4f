import shutil

from hypothesis import given, settings
from hypothesis import strategies as st

from dataset_trees import read, write_tree
from tailwise.domain.errors import UserError
from tailwise.formats.yolo import YoloReader

LINES = st.lists(
    st.lists(
        st.sampled_from(
            ["0", "1", "7", "-1", "0.5", "1.5", ".1", "1e3", "1e999", "nan", "inf", "1_0", "0x1", "٣", "", ","]
        ),
        max_size=12,
    ).map(" ".join),
    max_size=6,
).map("\n".join)
YAML = st.text(alphabet="names:train valpth[]{}-0123&*!#'\"\n,.", max_size=80) | st.sampled_from(
    [
        "names: [a]\ntrain: images\n",
        "names: {0: a, 9: b}\nval: x\n",
        "nc: 99999999999\ntrain: .\n",
        "names:\n  a: [1]\n",
    ]
)


def outcome(tmp_path_factory, files, **answers):
    root = tmp_path_factory.mktemp("fuzz")
    try:
        data = read(YoloReader(), write_tree(root, files), **answers)
    except UserError:
        return None
    finally:
        shutil.rmtree(root)
    columns = data.annotations
    assert (
        len({len(c) for c in (columns.item, columns.category, columns.kind, columns.flags, columns.x, columns.area)})
        == 1
    )
    assert all(0 <= item < len(data.items) for item in columns.item)
    assert all(0 <= category < len(data.categories) for category in columns.category)
    return data


@given(st.binary(max_size=200) | LINES, st.binary(max_size=60), YAML | st.binary(max_size=100))
@settings(max_examples=150)
def test_no_content_raises_anything_but_a_user_error(tmp_path_factory, label, names, description):
    files = {"data.yaml": description, "classes.txt": names, "images/a.png": (8, 8), "labels/a.txt": label}

    outcome(tmp_path_factory, files)
    outcome(tmp_path_factory, files, columns="polygon", names="classes.txt")


@given(st.lists(st.tuples(st.integers(0, 3), *[st.floats(0, 1, width=16)] * 4), min_size=1, max_size=20))
@settings(max_examples=50)
def test_every_well_formed_line_becomes_an_object(tmp_path_factory, rows):
    text = "\n".join(" ".join(map(str, row)) for row in rows)

    data = outcome(tmp_path_factory, {"images/a.png": (100, 50), "labels/a.txt": text})

    assert [int(data.categories[c].ext_id) for c in data.annotations.category] == [row[0] for row in rows]
    for index, (_, x, y, w, h) in enumerate(rows):
        columns = data.annotations
        box = columns.x[index], columns.y[index], columns.width[index], columns.height[index]
        assert all(
            abs(a - b) < 1e-6 for a, b in zip(box, ((x - w / 2) * 100, (y - h / 2) * 50, w * 100, h * 50), strict=True)
        )
