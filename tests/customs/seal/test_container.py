"""Containers: every file is covered, and what is hidden, doubled or altered is refused."""

import re
from datetime import timedelta

import pytest

from node.customs.seal.archive import Bounds, read_archive, write_archive
from node.customs.seal.container import (
    SIGNATURES,
    Content,
    complete_container,
    judge_container,
    seal_files,
    stamp_container,
)
from node.customs.seal.making import SealImpossible
from node.customs.seal.refused import SealRefused
from tests.seals import AUTHORITY, NOW

FILES = {
    "certificate of origin.pdf": Content(b"%PDF-1.7 \x00\xff" * 50, "application/pdf"),
    "附件/清單 & 100%.txt": Content("關務".encode(), "text/plain"),
    "empty.bin": Content(b""),
}


def judged(octets, world, **changed):
    asked = {"partners": world.partners(), "now": NOW, "authority": AUTHORITY, "country": "KR", **changed}
    return judge_container(octets, **asked)


def refusal(octets, world, **changed):
    with pytest.raises(SealRefused) as refused:
        judged(octets, world, **changed)
    assert refused.value.finding.location == "/XAdESSignatures/Signature"
    return refused.value.finding.rule


@pytest.fixture
def sealed(world):
    return seal_files(FILES, world.key(), NOW)


def rewritten(octets, change):
    """The container with other files."""
    files = read_archive(octets)
    change(files)
    return write_archive(files, NOW)


def test_what_goes_in_comes_out(world, sealed):
    found = judged(sealed, world)
    assert found.files == {name: content.octets for name, content in FILES.items()}
    assert (found.seal.level, found.seal.signer, found.seal.warnings) == ("B", world.key().certificate, ())
    assert sealed[30:69] == b"mimetypeapplication/vnd.etsi.asic-e+zip"


def test_the_levels_follow_one_another(world, sealed):
    stamped = stamp_container(sealed, world.tsa, NOW)
    whole = complete_container(stamped, world.partners(), "KR", NOW)
    later = NOW + timedelta(days=1)
    found = [judged(one, world, now=later).seal for one in (sealed, stamped, whole)]
    assert [(one.level, one.proven_time) for one in found] == [("B", later), ("T", NOW), ("LT", NOW)]
    with pytest.raises(SealImpossible, match="no time-stamp"):
        complete_container(sealed, world.partners(), "KR", NOW)
    with pytest.raises(SealImpossible):
        stamp_container(b"PK\x03\x04", world.tsa, NOW)


def put(name, octets):
    def change(files):
        files[name] = octets

    return change


def on_signatures(before, after):
    def change(files):
        found, times = re.subn(before, after, files[SIGNATURES])
        assert times
        files[SIGNATURES] = found

    return change


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (put("empty.bin", b"x"), "SIG-02"),
        (put("another.pdf", b"x"), "SIG-05"),
        (put("META-INF/other.xml", b"<x/>"), "SIG-05"),
        (put("META-INF/signatures2.xml", b"<x/>"), "SIG-01"),
        (lambda files: files.pop("empty.bin"), "SIG-05"),
        (lambda files: files.pop(SIGNATURES), "SIG-01"),
        (put(SIGNATURES, b"<x/>"), "SIG-05"),
        (put(SIGNATURES, b"none"), "SIG-05"),
        (on_signatures(rb'URI="empty.bin"', b'URI="certificate%20of%20origin.pdf"'), "SIG-05"),
        (on_signatures(rb'URI="empty.bin"', b'URI="http://example.org/empty.bin"'), "SIG-05"),
        (on_signatures(rb'(URI="empty.bin">)', rb'\1<ds:Transforms><ds:Transform Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"/></ds:Transforms>'), "SIG-05"),
        (on_signatures(rb'Id="r1-', b'Id="r9-'), "SIG-05"),
        (on_signatures(rb"<xades:MimeType>application/pdf", b"<xades:MimeType>text/html"), "SIG-02"),
        (on_signatures(rb"(<ds:Signature .*</ds:Signature>)", rb"\1\1"), "SIG-05"),
    ],
)  # fmt: skip
def test_what_was_changed_is_refused(world, sealed, change, rule):
    assert judged(rewritten(sealed, lambda files: None), world)
    assert refusal(rewritten(sealed, change), world) == rule


def test_whom_we_trust_is_asked_as_of_a_document(world, sealed):
    assert refusal(sealed, world, authority="KR-OTHER") == "SIG-04"
    assert refusal(sealed, world, country="XX") == "SIG-03"
    assert refusal(b"<x/>", world) == "SIG-05"
    world.root.revoke(world.key().certificate, NOW)
    assert refusal(sealed, world, partners=world.partners()) == "SIG-03"


@pytest.mark.parametrize(
    ("files", "why"),
    [({}, "no file"), ({"META-INF/x": Content(b"")}, "needs itself"), ({"mimetype": Content(b"")}, "needs itself"), ({"../x": Content(b"")}, "name")],
)  # fmt: skip
def test_what_makes_no_container_is_told(world, files, why):
    with pytest.raises(SealImpossible, match=why):
        seal_files(files, world.key(), NOW)
    with pytest.raises(SealImpossible):
        seal_files(FILES, world.key("ed25519"), NOW)


def test_more_files_than_a_document_may_have_where_it_is_asked_for(world):
    bounds = Bounds(files=1000)
    files = {f"f{number}": Content(b"%d" % number) for number in range(300)}
    octets = stamp_container(seal_files(files, world.key(), NOW, bounds), world.tsa, NOW, bounds)
    whole = complete_container(octets, world.partners(), "KR", NOW, bounds)
    asked = {"partners": world.partners(), "now": NOW, "authority": AUTHORITY, "country": "KR"}
    assert judge_container(whole, **asked, bounds=bounds).seal.level == "LT"
    with pytest.raises(SealRefused, match="at most 200"):
        judge_container(whole, **asked)
    fewer = {name: files[name] for name in list(files)[:100]}
    with pytest.raises(SealRefused, match="more than 64 references"):
        judge_container(seal_files(fewer, world.key(), NOW, bounds), **asked)
