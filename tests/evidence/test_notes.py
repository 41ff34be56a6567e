"""Stamped notes, and the tokens over them."""

import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from node.evidence.notes import Note, NoteRefused, judge_token, make_note, read_note, renewing_note, sha256, stamp
from tests.bundles import BEGAN, BundleWorld
from tests.time_authorities import OpensslAuthority

NOTE = make_note(b"checkpoint", b"signature")


@pytest.fixture(scope="module")
def world() -> BundleWorld:
    return BundleWorld()


def test_a_note_is_read_as_it_was_written() -> None:
    assert (
        b'{"checkpoint":"%b","evidence":[],"signature":"%b","tokens":[],"v":1}'
        % (sha256(b"checkpoint").encode(), sha256(b"signature").encode())
    ) == NOTE
    again = make_note(b"checkpoint", b"signature", [b"t2", b"t1"], [b"c", b"c"])
    assert read_note(again) == Note(
        sha256(b"checkpoint"), sha256(b"signature"), tuple(sorted((sha256(b"t1"), sha256(b"t2")))), (sha256(b"c"),)
    )


@pytest.mark.parametrize(
    ("octets", "why"),
    [
        (b"[]", "version 1"),
        (b"\xff", "no stamped note"),
        (NOTE.replace(b'"v":1', b'"v":2'), "version 1"),
        (NOTE.replace(b'"v":1', b'"v":1,"w":1'), "version 1"),
        (NOTE.replace(b'"tokens":[]', b'"tokens":["A"]'), "no SHA-256"),
        (NOTE.replace(b'"tokens":[]', b'"tokens":[1]'), "no SHA-256"),
        (NOTE.replace(b'"evidence":[]', b'"evidence":["%b","%b"]' % (b"0" * 64, b"0" * 64)), "canonical"),
        (NOTE + b" ", "canonical"),
        (b"[" * 70_000, "octets, at most"),
        (b"[" * 60_000, "no stamped note"),
    ],
)
def test_what_is_no_note_is_refused(octets: bytes, why: str) -> None:
    with pytest.raises(NoteRefused, match=why):
        read_note(octets)


def test_a_token_holds_over_its_note_and_no_other(world: BundleWorld) -> None:
    token = stamp(NOTE, world.tsa)
    anchors = [world.time_root.certificate]
    held = judge_token(token, NOTE, [], anchors, [])
    assert held.token.time == BEGAN + timedelta(minutes=10)
    assert held.path == (world.tsa.certificate, world.time_root.certificate)
    assert held.good_until == world.tsa.certificate.x509.not_valid_after_utc
    with pytest.raises(NoteRefused, match="something else"):
        judge_token(token, NOTE + b" ", [], anchors, [])
    with pytest.raises(NoteRefused, match="not among the anchors"):
        judge_token(token, NOTE, [], [world.home.certificate], [])


def test_a_note_that_renews_names_what_verifies_the_row(world: BundleWorld) -> None:
    token = stamp(NOTE, world.tsa)
    held = judge_token(token, NOTE, [], [world.time_root.certificate], [])
    octets, objects = renewing_note(b"checkpoint", b"signature", [(token, held)], [b"a list"])
    note = read_note(octets)
    assert note.tokens == (sha256(token),)
    assert set(objects.values()) == {world.tsa.certificate.der, world.time_root.certificate.der, b"a list"}
    assert set(note.evidence) == set(objects)


def test_an_answer_that_is_none_is_refused(world: BundleWorld) -> None:
    class Silent:
        def stamp(self, request: bytes) -> bytes:
            return b"\x30\x05\x30\x03\x02\x01\x02"

    with pytest.raises(NoteRefused, match="refused: status 2"):
        stamp(NOTE, Silent())


def test_the_tokens_of_openssl_hold(world: BundleWorld, require, tmp_path: Path) -> None:
    assert shutil.which(require("openssl"))
    token = stamp(NOTE, OpensslAuthority(world.tsa.key, world.tsa.certificate, tmp_path))
    held = judge_token(token, NOTE, [], [world.time_root.certificate], [])
    assert held.path[0] == world.tsa.certificate
