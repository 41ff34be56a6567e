"""What an entry of a pack's TOML may be."""

import pytest

from node.customs.packs.entries import one_of, texts


def test_a_list_of_texts_is_read():
    assert texts({"rows": ["A", "B"]}, "rows") == ("A", "B")
    assert texts({}, "rows") == ()


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("Row", r"rows: 'Row' is no list of texts; write it as rows = \['Row'\]"),
        ([1], r"write it as rows = \['1'\]"),
        ({}, "rows: {}"),
    ],
)
def test_a_text_is_no_list_of_its_letters(said, told):
    with pytest.raises(ValueError, match=told):
        texts({"rows": said}, "rows")


def test_one_of_a_few():
    assert one_of({"a": "x"}, "a", ("x", "y"), "y") == "x"
    assert one_of({}, "a", ("x", "y"), "y") == "y"
    with pytest.raises(ValueError, match="a: 'z' is not one of x, y"):
        one_of({"a": "z"}, "a", ("y", "x"), "y")
