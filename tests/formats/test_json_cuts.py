import json

from hypothesis import given, settings
from hypothesis import strategies as st

from dataset_trees import CancelAfter, write_tree
from tailwise.formats import json_records
from tailwise.formats.json_cuts import last_separator
from tailwise.formats.json_lines import Repairs, read_lines
from tailwise.formats.json_records import read_records
from tailwise.formats.json_sections import Section

VALUES = st.recursive(
    st.none() | st.integers() | st.text(alphabet='a"\\,[]{}é', max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(alphabet='b"\\,', max_size=3), inner, max_size=3)
    ),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(values=st.lists(VALUES, max_size=8), share=st.floats(0, 1), after=st.sampled_from(["", ', "x": [1, 2]}']))
def test_what_lies_before_the_cut_is_a_whole_array_and_the_longest_there_is(values, share, after):
    data = (json.dumps(values, ensure_ascii=False) + after).encode()
    data = data[: 1 + int(share * (len(data) - 1))]

    cut = last_separator(data, 1)

    whole = [len(json.dumps(values[:n], ensure_ascii=False).encode()) - 1 for n in range(1, len(values))]
    expected = [place for place in whole if place < len(data)]
    assert cut == (expected[-1] if expected else -1)
    if cut >= 0:
        assert json.loads(data[:cut] + b"]") == values[: len(expected)]


def test_records_that_hold_others_which_begin_alike_are_read_in_runs(tmp_path, monkeypatch):
    import msgspec

    monkeypatch.setattr(json_records, "WINDOW_BYTES", 100_000)
    records = [{"id": n, "parts": [{"id": k, "text": 'a "quoted" \\ one'} for k in range(40)]} for n in range(300)]
    path = write_tree(tmp_path, {"a.json": json.dumps({"items": records, "more": {"id": 1}})}) / "a.json"
    taken: list[int] = []

    def take(found):
        taken.append(len(found))
        assert all(record["id"] == n for n, record in enumerate(found, sum(taken[:-1])))

    many, one = msgspec.json.Decoder(list[dict]), msgspec.json.Decoder(dict)
    section = Section(many, one, taken.clear, take, lambda _found: None)
    outline = read_records(path, "a.json", {"items": section}, CancelAfter(10_000), keep=frozenset({"more", "absent"}))

    assert (sum(taken), outline.loose_steps) == (300, 0)
    assert len(taken) < 20
    assert outline.kept == {"more": {"id": 1}, "absent": None}


def test_lines_are_read_singly_with_their_faults(tmp_path):
    text = b'\xef\xbb\xbf{"a": 1}\r\n\r\n[1]\n{"a": NaN}\n{"a": \n{"a": "\xff"}\n' + b"[" * 100_000 + b"\n\n"
    path = write_tree(tmp_path, {"a.jsonl": text}) / "a.jsonl"
    repairs = Repairs()

    found = [(line.number, line.record, line.fault[:12]) for line in read_lines(path, "a", CancelAfter(99), repairs)]

    assert found == [
        (1, {"a": 1}, ""),
        (3, {}, "it is no obj"),
        (4, {"a": None}, ""),
        (5, {}, "column 6: th"),
        (6, {}, "byte 7 is no"),
        (7, {}, "it is nested"),
    ]
    assert (repairs.encoding, repairs.blank) == ("utf-8-sig", 1)
