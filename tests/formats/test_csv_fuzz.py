import csv
import io
import shutil

from hypothesis import given, settings
from hypothesis import strategies as st

from dataset_trees import axis, read, write_tree
from tailwise.domain.errors import UserError
from tailwise.formats.csv_reader import CsvReader

CELL = st.sampled_from(["a.png", "b.png", "", "cat", "dog", "1", "0.5", "nan", "-1", "../x", 'q"q', "two\nlines", "x,y", "NA", "[1,2,3,4]"])  # fmt: skip
HEADER = st.sampled_from(["file", "class", "x", "y", "w", "h", "bbox", "split", "", "width", "score"])


def outcome(tmp_path_factory, content, **answers):
    root = tmp_path_factory.mktemp("fuzz")
    try:
        return read(CsvReader(), write_tree(root, {"t.csv": content, "a.png": (8, 8)}), **answers)
    except UserError:
        return None
    finally:
        shutil.rmtree(root)


@given(st.binary(max_size=200), st.sampled_from([{}, {"encoding": "cp1252"}, {"file_name": "#row", "label": "none"}]))
@settings(max_examples=100)
def test_no_bytes_raise_anything_but_a_user_error(tmp_path_factory, content, answers):
    outcome(tmp_path_factory, content, **answers)


@given(st.lists(HEADER, min_size=1, max_size=7), st.lists(st.lists(CELL, max_size=8), max_size=8), st.data())
@settings(max_examples=150)
def test_no_table_raises_anything_but_a_user_error(tmp_path_factory, header, body, data):
    text = io.StringIO()
    csv.writer(text).writerows([header, *body])
    answers = data.draw(
        st.dictionaries(
            st.sampled_from(["file_name", "label", "labels", "one_hot", "box", "group", "condition", "score", "split"]),
            HEADER | st.just("#row"),
            max_size=3,
        )
    )
    if data.draw(st.booleans()):
        answers["box_form"] = "xyxy"

    found = outcome(tmp_path_factory, text.getvalue(), **answers)

    if found is not None:
        columns = found.annotations
        lengths = {
            len(c) for c in (columns.item, columns.category, columns.kind, columns.flags, columns.x, columns.ext_id)
        }
        assert len(lengths) == 1
        assert all(0 <= item < len(found.items) for item in columns.item)
        assert all(0 <= c < len(found.categories) for c in columns.category)
        assert (
            len({len(c) for c in (found.items.file_name, found.items.ext_id, found.items.state, found.items.media)})
            == 1
        )


@given(
    st.lists(st.tuples(st.text(alphabet="ab ,;\"'\n|é", max_size=8), st.sampled_from("xyz")), min_size=2, max_size=20)
)
@settings(max_examples=60)
def test_every_cell_survives_quoting_as_it_is_written(tmp_path_factory, cells):
    text = io.StringIO()
    csv.writer(text).writerows([["file", "note", "class"], *([f"{n}.png", *cell] for n, cell in enumerate(cells))])

    found = outcome(tmp_path_factory, text.getvalue(), condition="note", delimiter="comma", label="class")

    tidy = {f"{n}.png": " ".join(cell[0].split()) for n, cell in enumerate(cells)}
    assert {n: found.categories[c].name for n, c in enumerate(found.annotations.category)} == {
        n: cell[1] for n, cell in enumerate(cells)
    }
    if any(tidy.values()):
        assert axis(found, "note") == {name: note for name, note in tidy.items() if note}
