"""The order of a listing is the natural one, however it is reached."""

from hypothesis import example, given, settings
from hypothesis import strategies as st

from tailwise.formats import listing
from tailwise.formats.listing import Entry, natural_key

PATHS = st.lists(st.from_regex(r"[ab]{0,1}/?(img)?[0-3]{1,3}(\.txt|\.jpg)?", fullmatch=True), max_size=30, unique=True)


@given(PATHS)
@example([f"labels/{number:03d}.txt" for number in range(20, 0, -1)] + ["data.yaml"])
@example([f"a{number}" for number in range(120)])
@settings(max_examples=150, deadline=None)
def test_entries_come_in_natural_order_of_their_paths(paths):
    found = [entry.path for entry in listing._naturally_sorted([Entry(path, 0) for path in paths])]

    assert found == sorted(paths, key=natural_key)


def test_an_entry_is_read_whole_whatever_its_size(tmp_path):
    content = bytes(range(256)) * 1000
    (tmp_path / "a.bin").write_bytes(content)

    assert listing.Listing(tmp_path).content("a.bin") == content
