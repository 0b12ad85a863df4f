import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tailwise.domain.errors import QuestionError, RequestError, UnreadableSourceError, UserError
from tailwise.formats.text_encoding import decode


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        ("Prüfstück;1".encode(), "utf-8"),
        ("Prüfstück;1".encode("utf-8-sig"), "utf-8-sig"),
        ("Prüfstück;1".encode("utf-16"), "utf-16"),
        (codecs.BOM_UTF16_BE + "Prüfstück;1".encode("utf-16-be"), "utf-16"),
        ("Prüfstück;1".encode("utf-16-le"), "utf-16-le"),
        ("Prüfstück;1".encode("utf-16-be"), "utf-16-be"),
        ("Prüfstück;1".encode("utf-32"), "utf-32"),
    ],
)
def test_unicode_is_read_in_all_its_forms(data, encoding):
    assert decode(data, "a.csv", {}) == ("Prüfstück;1", encoding)


def test_other_encodings_are_asked_for_with_the_doubtful_line():
    data = "a;b\nPrüfstück;1\n".encode("cp1252")

    with pytest.raises(QuestionError) as caught:
        decode(data, "a.csv", {})

    question = caught.value.questions[0]
    assert (question.key, question.text.split(" is")[0]) == ("encoding", "a.csv line 2")
    assert ("cp1252", "Western European: “Prüfstück;1”") in [(c.value, c.label) for c in question.choices]
    assert decode(data, "a.csv", {"encoding": "cp1252"})[0] == "a;b\nPrüfstück;1\n"


def test_an_answer_that_does_not_fit_is_said():
    with pytest.raises(UnreadableSourceError, match="byte 1 does not fit"):
        decode(b"a\xff\xff", "a.csv", {"encoding": "utf-8"})
    with pytest.raises(RequestError, match="not a known encoding"):
        decode(b"a", "a.csv", {"encoding": "klingon"})


@given(st.binary(max_size=300), st.sampled_from(["", "utf-8", "utf-16", "cp1252", "zip", "idna", "punycode", "a\0b"]))
def test_no_bytes_raise_anything_but_a_user_error(data, answer):
    try:
        text, _ = decode(data, "a.csv", {"encoding": answer} if answer else {})
    except UserError:
        return
    assert isinstance(text, str)


def test_nul_is_no_part_of_any_text():
    assert decode(b"a\0b", "a.txt", {})[0] == "a\ufffdb"
