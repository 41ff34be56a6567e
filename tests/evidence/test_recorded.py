"""References as an entry recorded them."""

from node.evidence.entry import Entry, Kind
from node.evidence.recorded import recorded_references
from tests.bundles import BEGAN


def test_the_references_of_an_entry_are_read_or_there_are_none() -> None:
    row = {"uri": "#m", "method": "urn:m", "digest": "AAE="}
    for name, kind in (("signed", Kind.PACKAGED), ("verified", Kind.RECEIVED)):
        (one,) = recorded_references(Entry(kind, BEGAN, facts={name: {"references": [row]}}))
        assert (one.uri, one.digest_method, one.digest) == ("#m", "urn:m", b"\x00\x01")
    for told in ({}, {"signed": None}, {"signed": {}}, {"signed": {"references": [{"uri": "#m"}]}}):
        assert recorded_references(Entry(Kind.PACKAGED, BEGAN, facts=told)) == ()
    assert recorded_references(Entry(Kind.PACKAGED, BEGAN, facts={"signed": {"references": [{**row, "digest": "!"}]}})) == ()
