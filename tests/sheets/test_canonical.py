"""The vectors of RFC 8785, and JSON that is none."""

import json

import pytest

from node.sheets.canonical import MAX_OCTETS, SheetRefused, canonical, digest, read_json

# RFC 8785 3.2.2 to 3.2.4
RFC = r"""{
  "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
  "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
  "literals": [null, true, false]
}"""
RFC_OCTETS = (
    "7b 22 6c 69 74 65 72 61 6c 73 22 3a 5b 6e 75 6c 6c 2c 74 72 75 65 2c 66 61 6c 73 65 5d 2c 22 6e 75 6d 62 65 72 73 22 3a"
    "5b 33 33 33 33 33 33 33 33 33 2e 33 33 33 33 33 33 33 2c 31 65 2b 33 30 2c 34 2e 35 2c 30 2e 30 30 32 2c 31 65 2d 32 37"
    "5d 2c 22 73 74 72 69 6e 67 22 3a 22 e2 82 ac 24 5c 75 30 30 30 66 5c 6e 41 27 42 5c 22 5c 5c 5c 5c 5c 22 2f 22 7d"
)


def test_the_example_of_the_rfc_is_written_octet_for_octet():
    assert canonical(json.loads(RFC)) == bytes.fromhex(RFC_OCTETS)


def test_names_are_sorted_by_utf_16_as_the_rfc_shows():
    # RFC 8785 3.2.3
    names = ["\u20ac", "\r", "\ufb33", "1", "\U0001f600", "\u0080", "\u00f6"]
    wanted = ["\r", "1", "\u0080", "\u00f6", "\u20ac", "\U0001f600", "\ufb33"]
    assert list(json.loads(canonical(dict.fromkeys(names, 1)))) == wanted


def test_the_digest_does_not_depend_on_how_the_value_was_written():
    assert digest(read_json(b'{"b": 1, "a": [1.0]}')) == digest(read_json(b'{"a":[1],\n"b":1}'))


@pytest.mark.parametrize(
    ("octets", "said"),
    [
        (b'{"a": 1, "a": 2}', "a: comes twice"),
        (b"\xff", "no JSON"),
        (b"{", "no JSON"),
        (b'{"a": NaN}', "NaN is no number"),
        (b"9007199254740992", "too large"),
        (b"-9007199254740992", "too large"),
        (b"1e999", "too large"),
        (b"[" * 20 + b"]" * 20, "deeper than 12"),
        (b"[" * 200_000 + b"]" * 200_000, "nested too deeply"),
        (b'"' + b"x" * MAX_OCTETS + b'"', "larger than"),
    ],
)
def test_what_is_no_plain_json_is_refused(octets, said):
    with pytest.raises(SheetRefused, match=said):
        read_json(octets)


def test_negative_numbers_keep_their_sign():
    assert read_json(b"[-3, -9007199254740991, -0.5]") == [-3, -9007199254740991, -0.5]


@pytest.mark.parametrize("value", [{"a": {1, 2}}, float("nan"), 1 << 60])
def test_what_has_no_canonical_form_is_refused(value):
    with pytest.raises(SheetRefused, match="no canonical form"):
        canonical(value)
