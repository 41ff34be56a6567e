"""Identifiers with a scheme."""

import pytest

from node.discovery.identifiers import Identifier, IdentifierRefused, read_identifier


@pytest.mark.parametrize(
    ("said", "scheme", "value"),
    [
        ("iso6523-actorid-upis::0088:1", "iso6523-actorid-upis", "0088:1"),
        ("urn:x:y", "", "urn:x:y"),
        ("bdx-docid-qns::urn:a::b##c", "bdx-docid-qns", "urn:a::b##c"),
    ],
)
def test_an_identifier_is_read_and_written(said, scheme, value):
    one = read_identifier(said)
    assert (one.scheme, one.value, str(one)) == (scheme, value, said)


@pytest.mark.parametrize("said", ["", "  ", "scheme::", "a\x00b", "x" * 513])
def test_what_names_nobody_is_refused(said):
    with pytest.raises(IdentifierRefused, match="is no identifier"):
        read_identifier(said)


def test_a_path_holds_nothing_unencoded():
    assert Identifier("s", "a/b?c#d e:%").encoded() == "s%3A%3Aa%2Fb%3Fc%23d%20e%3A%25"


def test_participants_are_compared_without_case():
    assert Identifier("S", "A").folded() == Identifier("s", "a").folded()
