import pytest

from node.customs.edifact.envelope import read_interchange
from node.customs.edifact.outgoing import Outgoing, References


@pytest.mark.parametrize(("syntax", "date", "text"), [("UNOC:3", "261116", "a*b?+é"), ("UNOY:4", "20261116", "a*b?+臺")])
def test_what_goes_out_has_a_sound_envelope_and_says_what_it_was_told(syntax: str, date: str, text: str) -> None:
    out = Outgoing("CUSRES:D:95B:UN", References("I1", "M1"), syntax, "ref")
    out.segment("FTX", [["AAO"], [], [], [text]])
    interchange = read_interchange(out.octets("A", "B", "202611160930"))
    header = interchange.header
    assert (header.sender, header.recipient, header.date, header.time, header.reference) == ("A", "B", date, "0930", "I1")
    (message,) = interchange.messages
    assert (message.kind, message.reference) == ("CUSRES:D:95B:UN", "M1")
    assert [segment.elements for segment in interchange.segments(message)][1] == [["AAO"], [""], [""], [text]]
