import pytest
from hypothesis import given
from hypothesis import strategies as st

from tailwise.domain.errors import UnreadableSourceError, UserError
from tailwise.formats.yaml_text import load


def test_every_scalar_stays_text():
    assert load("names: [no, 007, 1:30, ~, 2024-01-01]\n0: yes", "a") == {
        "names": ["no", "007", "1:30", "~", "2024-01-01"],
        "0": "yes",
    }


def test_tags_build_text_and_run_nothing():
    assert load("!!python/object/apply:os.system [echo hi]", "a") == ["echo hi"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\nb: 2\na: 3", "the key 'a' is given twice, in lines 1 and 3"),
        ("a: &x [1]\n" + "b: [" + "*x, " * 101 + "]", "more than 100 aliases"),
        ("[" * 5000, "nested too deep"),
        ("a: [1", "data.yaml line 1"),
        ("? [1, 2]\n: x", "unhashable"),
        ("a: \0", "data.yaml: "),
        ("x" * 2_000_001, "larger than 2,000,000"),
    ],
)
def test_hostile_and_broken_files_get_a_sentence(text, message):
    with pytest.raises(UnreadableSourceError, match=message):
        load(text, "data.yaml")


@given(st.text(alphabet="ab:-[]{}&*!|>?#%@`'\" \n\t\0,0", max_size=60))
def test_no_text_raises_anything_but_a_user_error(text):
    try:
        load(text, "a")
    except UserError:
        return
