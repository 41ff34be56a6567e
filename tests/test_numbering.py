"""The numbers of documents in an imported log are read out of its payloads."""

import gzip
import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from node.app import Node
from node.cli.root import run
from node.codelists import open_lists
from node.library import open_packs, shipped_documents
from node.msh.octets import HeldOctets
from node.msh.retention import Goes, Removes
from node.numbering import number_of, uncompressed
from node.searching import Sought
from node.store.evidence_places import EvidenceFolder
from tests.archives import Archive
from tests.homes import make_pair

SAMPLES = shipped_documents() / "n2n-co" / "samples" / "good"
ONE, OTHER, THIRD = (SAMPLES / name for name in ("co-ecfa-zh.xml", "co-rcep-multi-item.xml", "co-atiga-third-party.xml"))


@pytest.fixture(scope="module")
def packs() -> Any:
    return open_packs(None, open_lists(None))


def numbers(packs: Any) -> tuple[str, str]:
    one, other = (number_of(file.read_bytes(), packs) for file in (ONE, OTHER))
    assert one and other and one != other
    assert one.encode() in ONE.read_bytes()
    return one, other


@pytest.mark.parametrize("octets", [b"", b"no XML", b"<unknown/>", b"<!DOCTYPE a><a/>", ONE.read_bytes()[:-300]])
def test_what_is_no_document_has_no_number(packs: Any, octets: bytes) -> None:
    assert number_of(octets, packs) == ""


def test_what_came_compressed_is_inflated_and_what_is_damaged_is_nothing() -> None:
    assert uncompressed(HeldOctets(gzip.compress(b"<a/>"))) == b"<a/>" == uncompressed(HeldOctets(b"<a/>"))
    assert uncompressed(HeldOctets(gzip.compress(b"<a/>" * 100)[:-9])) == b""


def test_an_imported_message_is_found_by_the_number_of_its_document(
    tmp_path: Path, packs: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    one, other = numbers(packs)
    archive = Archive(tmp_path, ONE, 1)
    for archive.document in (OTHER, THIRD):
        archive.send()
    _purge(archive.tw.folder, "m3@tw.example")
    archive.run()
    shutil.rmtree(archive.tw.folder)
    (tmp_path / "new").mkdir()
    home = make_pair(tmp_path / "new")[0].folder
    node = Node.open(home)
    node.proof.importing(EvidenceFolder(archive.folder)).run(node.clock.now(), "Lin")
    searching = node.proof.searching()
    for number, found in ((one, ["m1@tw.example"]), (other, ["m2@tw.example"]), ("none", [])):
        assert [each.message_id for each in searching.find(Sought(number=number), 9)] == found
        # Whether the one without its payload had it, nobody can tell.
        assert searching.unread == 1
    assert searching.find(Sought(number=one, partner="us"), 9) == []
    node.close()
    assert run(["--home", str(home), "evidence", "search", "--number", other, "--why", "case 7"], {}) == 0
    told = capsys.readouterr().out
    assert "m2@tw.example" in told
    assert "note: 1 imported message has payloads that are not here any more" in told


def _purge(home: Path, message_id: str) -> None:
    node = Node.open(home)
    at = node.clock.now()
    for one in node.messages.oldest("out", at + timedelta(days=1), 9):
        if one.message_id == message_id:
            assert node.messages.remove_payloads(one, Goes(Removes.PAYLOADS, "payload = 30d, by the standard rule"), at)
            break
    else:
        raise AssertionError(message_id)
    node.close()
