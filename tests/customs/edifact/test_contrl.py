import pytest

from node.customs.edifact.contrl import to_contrl
from node.customs.edifact.envelope import InterchangeRefused, read_interchange
from node.customs.edifact.found import Found
from node.customs.edifact.outgoing import References
from node.customs.edifact.walk import Walk
from tests.customs.edifact.manifests import DIRECTORY, SHORT


def refusal(octets: bytes) -> bytes | None:
    with pytest.raises(InterchangeRefused) as refused:
        read_interchange(octets)
    return to_contrl(refused.value.header, refused.value.found, References("TW1", "1"), "202611161000")


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("UNT+21", "UNT+22", "29"),
        ("UNZ+1+TYO00042", "UNZ+1+X", "28"),
        ("UNZ+1+TYO00042'", "", "13"),
        ("UNOC:3", "UNOX:3", "2"),
        ("UNOC:3", "UNOA:3", "21"),
        ("TYO00042'\n", "TYO00042", "18"),
    ],
)
def test_an_interchange_that_is_refused_is_answered_with_the_reason(old: str, new: str, code: str) -> None:
    octets = refusal((SHORT[::-1].replace(old[::-1], new[::-1], 1)[::-1] if "TYO" in old else SHORT.replace(old, new)).encode())
    assert octets is not None
    interchange = read_interchange(octets)
    found = Found()
    walk = Walk(DIRECTORY.tables["CONTRL:D:3:UN"], 1, interchange.separators, found)
    segments = [segment for _, _, segment in walk.steps(interchange.segments(interchange.messages[0])) if segment]
    assert found.findings == ()
    assert segments[1].elements == [["TYO00042"], ["JPCUS"], ["TWCUS"], ["4"], [code]]
    assert (interchange.header.sender, interchange.header.recipient) == ("TWCUS", "JPCUS")


@pytest.mark.parametrize(
    "octets",
    [
        b"UNB",
        b"",
        SHORT.replace("JPCUS", "").encode(),
        SHORT.replace("JPCUS", "J" * 36).encode(),
        SHORT.replace("JPCUS", "J\x07").encode(),
    ],
)
def test_without_somebody_to_answer_there_is_no_answer(octets: bytes) -> None:
    assert refusal(octets) is None
