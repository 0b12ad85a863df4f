import doctest

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tailwise.domain.errors import UnreadableSourceError
from tailwise.formats import paths


def test_examples_hold():
    assert doctest.testmod(paths).failed == 0


@pytest.mark.parametrize(
    "name", ["../a", "a/../../b", "/etc/passwd", r"C:\x", r"\\host\share\x", "~/x", "a\0b", r"..\x"]
)
def test_names_that_leave_the_root_are_refused(tmp_path, name):
    with pytest.raises(UnreadableSourceError, match="leads out"):
        paths.join_inside(tmp_path, name)


def test_a_link_may_lead_to_a_place_inside_but_not_outside(tmp_path):
    root = tmp_path / "root"
    (root / "real").mkdir(parents=True)
    (root / "in").symlink_to(root / "real")
    (root / "out").symlink_to(tmp_path)

    assert paths.join_inside(root, "in/a.jpg") == (root / "real" / "a.jpg").resolve()
    with pytest.raises(UnreadableSourceError, match="leads out"):
        paths.join_inside(root, "out/a.jpg")


@given(st.text(alphabet="ab./\\:~\0", max_size=12))
def test_a_clean_name_never_climbs(name):
    cleaned = paths.clean(name.replace("\\", "/"), "x/y")

    assert cleaned is None or not ({"..", "."} & set(cleaned.split("/")) or cleaned.startswith("/"))
