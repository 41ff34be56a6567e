"""GEN-01 in all its forms, and what hostile octets cost."""

import json
import subprocess
import sys

import pytest

from node.customs.checking.safe import DEEPEST, MOST_OCTETS, Oversized, Unsafe, read_safely
from tests.customs.checking.hostile import HOSTILE, laughs
from tests.documents import rules, sample

GOOD = sample("co-rcep-multi-item").read_bytes()
DECLARED = b'<?xml version="1.0" encoding="UTF-8"?>'


@pytest.mark.parametrize(
    ("octets", "told"),
    [
        (b"<!DOCTYPE a><a/>", "a document type declaration"),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "a document type declaration"),
        (laughs(), "a document type declaration"),
        (b"<a>&b;</a>", "undefined entity"),
        (b"<?go on?><a/>", "the processing instruction go"),
        (b'<?xml version="1.0"?><a><?xml-stylesheet href="x"?></a>', "the processing instruction xml-stylesheet"),
        (b"<a>" * 65 + b"</a>" * 65, f"more than {DEEPEST} deep"),
        ("<a/>".encode("utf-16"), "octets of nought"),
        ("<a/>".encode("utf-16-be"), "octets of nought"),
        (b'<?xml version="1.0" encoding="ISO-8859-1"?><a/>', "encoding ISO-8859-1"),
        (b'<?xml version="1.0" encoding="utf-16"?><a/>', "encoding utf-16"),
        (b'<?xml version="1.1"?><a/>', "XML version 1.1"),
        (b"<a>\x00</a>", "octets of nought"),
        (b"<a>\xff</a>", "not well-formed"),
        ("<a>\ud800</a>".encode("utf-8", "surrogatepass"), "not well-formed"),
        (b"<a>&#0;</a>", "reference to invalid character number"),
        (b"<a>&#x1F;</a>", "reference to invalid character number"),
        (b"<a><b></a>", "mismatched tag"),
        (b"<a/><b/>", "junk after document element"),
        (b"<a b='1' b='2'/>", "duplicate attribute"),
        (b"<x:a/>", "unbound prefix"),
        (b"", "no element found"),
        (b"no XML", "syntax error"),
    ],
)
def test_what_is_not_safe_is_refused(octets: bytes, told: str) -> None:
    with pytest.raises(Unsafe, match=told):
        read_safely(octets)
    assert rules(octets) == ["GEN-01"]


def test_the_limit_of_octets_is_exact() -> None:
    body = b"<a>" + b" " * (MOST_OCTETS - 7) + b"</a>"
    assert len(body) == MOST_OCTETS
    assert read_safely(body).elements == 1
    with pytest.raises(Unsafe, match=f"{MOST_OCTETS + 1} octets, at most {MOST_OCTETS}"):
        read_safely(body + b" ")


def test_the_limit_of_depth_is_exact() -> None:
    assert read_safely(b"<a>" * 64 + b"</a>" * 64).elements == 64


@pytest.mark.parametrize(
    "octets", [b"\xef\xbb\xbf" + GOOD, GOOD.replace(b"UTF-8", b"utf-8"), GOOD.removeprefix(DECLARED), GOOD + b"<!-- end -->\n"]
)
def test_what_is_safe_in_another_form_is_read(octets: bytes) -> None:
    assert rules(octets) == []


def test_the_root_says_what_it_is_and_how_much_is_below() -> None:
    root = read_safely(b"<a xmlns='urn:x:1'><b><c/><c/></b><b/><d><b/></d></a>")
    assert (root.namespace, root.name, root.elements) == ("urn:x:1", "a", 7)
    assert root.at_once(()) == 6
    assert root.at_once(("b",)) == 3 + 2


def test_names_and_attributes_are_counted_before_anything_is_kept() -> None:
    with pytest.raises(Oversized, match="different names"):
        read_safely(b"<a>" + b"".join(b"<b%d/>" % number for number in range(2_001)) + b"</a>")
    with pytest.raises(Oversized, match="attributes in one tag"):
        read_safely(b"<a " + b" ".join(b'b%d=""' % number for number in range(2_001)) + b"/>")


def cost(name: str, size: int) -> dict[str, float]:
    command = [sys.executable, "-m", "tests.customs.checking.hostile", name, str(size)]
    ended = subprocess.run(command, capture_output=True, text=True, check=True)
    found: dict[str, float] = json.loads(ended.stdout.splitlines()[-1])
    return found


@pytest.mark.slow
@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_document_of_nearly_twenty_mebibytes_is_refused_in_little_memory(name: str) -> None:
    found = cost(name, 18_000_000)
    assert found["rules"] in (["GEN-01"], ["GEN-03"])
    assert found["mebibytes"] < 150
