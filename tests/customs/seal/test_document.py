"""A document and its seal, held or streamed: the same place, the same digests."""

import subprocess
import sys

import pytest

from node.customs.seal import document as module
from node.customs.seal.algorithms import INCLUSIVE
from node.customs.seal.document import open_document, place_of
from node.customs.seal.making import seal
from node.customs.seal.refused import SealRefused
from node.ebms.xml import parse_xml
from node.security.algorithms import SHA256, SHA384, SHA512
from tests.conftest import ROOT
from tests.seals import DOCUMENT, LIMITS, NOW


@pytest.fixture
def octets(world):
    return seal(DOCUMENT, world.key(), NOW)


@pytest.mark.parametrize("exclusive", [False, True])
@pytest.mark.parametrize("algorithm", [SHA256, SHA384, SHA512])
def test_a_tree_and_a_stream_give_the_same_digest(octets, algorithm, exclusive):
    held, streamed = (open_document(octets, root, required=True) for root in (parse_xml(octets), None))
    assert held is not None
    assert streamed is not None
    assert held.location == streamed.location == place_of("CertificateOfOrigin") == "/CertificateOfOrigin/Signature"
    assert held.digest(algorithm, exclusive=exclusive) == streamed.digest(algorithm, exclusive=exclusive)
    assert INCLUSIVE in held.signature[0][0].get("Algorithm")


def test_a_large_document_is_streamed_whatever_tree_comes_along(octets, monkeypatch):
    monkeypatch.setattr(module, "LARGE", 100)
    other = parse_xml(b"<Other><Row/></Other>")
    found = open_document(octets, other, required=True)
    assert found is not None
    assert found.location == "/CertificateOfOrigin/Signature"


@pytest.mark.parametrize("root", [True, False])
def test_none_is_given_where_none_is_needed(root):
    assert open_document(DOCUMENT, parse_xml(DOCUMENT) if root else None, required=False) is None
    with pytest.raises(SealRefused, match="SIG-01"):
        open_document(DOCUMENT, parse_xml(DOCUMENT) if root else None, required=True)


@pytest.mark.parametrize("octets", [b"<a", b"<!DOCTYPE a><a/>", b"<a><?p?></a>"])
def test_what_cannot_be_streamed_is_refused(octets):
    with pytest.raises(SealRefused, match="SIG-05"):
        open_document(octets, None, required=True)


def test_an_instruction_is_refused_in_a_tree_too(octets):
    from dataclasses import replace

    changed = octets.replace(b"<ID>", b"<?p?><ID>")
    with pytest.raises(SealRefused, match="instruction"):
        open_document(changed, parse_xml(changed, replace(LIMITS, only_elements=False)), required=True)


LARGE_DOCUMENT = """
import pathlib, re
from node.customs.seal.judge import judge
from node.customs.seal.making import seal
from tests.conftest import ROOT
from tests.seals import AUTHORITY, NOW, World
world = World()
row = b"<Record><TIN>TW12345678</TIN><Name>Some Trading Company</Name><LocalName languageID='zh-Hant'>\\xe9\\x97\\x9c</LocalName></Record>\\n"
octets = b"<AeoRecordSet xmlns='urn:n2n:customs:aeo:1'>" + row * (20 * 2**20 // len(row)) + b"</AeoRecordSet>"
octets = seal(octets, world.key(), NOW)
found = judge(octets, None, partners=world.partners(), now=NOW, authority=AUTHORITY, country="KR", required=True)
print(found.level, len(octets) >> 20, int(re.search(r'VmHWM:\\s+(\\d+)', pathlib.Path('/proc/self/status').read_text())[1]) >> 10)
"""


@pytest.mark.slow
def test_a_list_of_twenty_million_octets_is_sealed_and_judged_within_150_mib():
    ended = subprocess.run([sys.executable, "-c", LARGE_DOCUMENT], cwd=ROOT, capture_output=True, text=True, check=True)
    level, size, peak = ended.stdout.split()
    assert (level, int(size) in (19, 20), int(peak) < 150) == ("B", True, True), ended.stdout
