"""A token that could be read in two ways is judged by neither verifier, though its authority signed it so."""

from collections.abc import Callable
from hashlib import new

import pytest

from node.customs.seal.token import token_of
from node.evidence.notes import NoteRefused, judge_token, stamp
from node.evidence.token_form import check_form
from node.security.der import SEQUENCE, DerRefused, write, write_number
from tests.bundles import BundleWorld
from tests.verifier.tokens import Apart, Node
from verifier import n2n_verify as second

NOTE = b"a note"
WORLD = BundleWorld()
TOKEN = stamp(NOTE, WORLD.tsa)
NULL, EMPTY = Node(0x05), Node(0x30)
SHA512 = bytes.fromhex("608648016503040203")
FIRST_ESS = bytes.fromhex("2a864886f70d010910020c")


def nested(deep: int) -> Node:
    return Node(0x30, held=[nested(deep - 1)] if deep else [])


def ess(digest: bytes, *more: Node) -> Node:
    named = Node(0x30, held=[Node(0x30, held=[Node(0x30, held=[Node(0x04, digest), *more])])])
    return Node(0x30, held=[Node(0x06, FIRST_ESS), Node(0x31, held=[named])])


def in_order(token: Apart, *more: Node) -> None:
    token.attributes.held = sorted([*token.attributes.held, *more], key=Node.der)


def time(said: bytes) -> Callable[[Apart], None]:
    return lambda token: setattr(token.info.held[4], "content", said)


LYING: dict[str, Callable[[Apart], None]] = {
    "a length wider than it must be": lambda token: token.info.held[2].wide(),
    "a length that is not told": lambda token: token.signer.held[2].endless(),
    "a wide length around all": lambda token: token.whole.wide(),
    "a wide length in an attribute": lambda token: token.attributes.held[0].wide(),
    "octets behind the content": lambda token: token.whole.held[1].held.append(NULL),
    "a field behind the signed data": lambda token: token.whole.held.append(NULL),
    "another version of the data": lambda token: setattr(token.data.held[0], "content", b"\x09"),
    "a number with a zero in front": lambda token: setattr(token.data.held[0], "content", b"\x00\x03"),
    "a number of nothing": lambda token: setattr(token.info.held[3], "content", b""),
    "no digest announced": lambda token: token.data.held[1].held.clear(),
    "another digest announced": lambda token: setattr(token.data.held[1].held[0].held[0], "content", SHA512),
    "two digests announced": lambda token: token.data.held[1].held.append(token.data.held[1].held[0]),
    "a field behind the type of the content": lambda token: token.data.held[2].held.append(NULL),
    "an unknown field of the data": lambda token: token.data.held.insert(3, Node(0xA3)),
    "no signer": lambda token: token.data.held[-1].held.clear(),
    "two signers": lambda token: token.data.held[-1].held.append(token.signer),
    "another version of the signer": lambda token: setattr(token.signer.held[0], "content", b"\x03"),
    "a signer named by more": lambda token: token.signer.held[1].held.append(NULL),
    "a field behind the signature": lambda token: token.signer.held.append(NULL),
    "a digest with parameters": lambda token: token.signer.held[2].held.append(EMPTY),
    "a digest with two parameters": lambda token: token.signer.held[2].held.extend([NULL, NULL]),
    "a signature algorithm with parameters": lambda token: token.signer.held[4].held.append(EMPTY),
    "attributes in another order": lambda token: token.attributes.held.reverse(),
    "an attribute with a field more": lambda token: token.attributes.held[0].held.append(NULL),
    "an attribute with two values": lambda token: token.attributes.held[0].held[1].held.append(NULL),
    "an attribute twice": lambda token: in_order(token, *token.attributes.held[:1]),
    "an older attribute for another certificate": lambda token: in_order(token, ess(bytes(20))),
    "an attribute for the certificate of another issuer": lambda token: in_order(
        token, ess(new("sha1", WORLD.tsa.certificate.der).digest(), Node(0x30, held=[EMPTY, Node(0x02, b"\x01")]))
    ),
    "another version of the info": lambda token: setattr(token.info.held[0], "content", b"\x02"),
    "a name of a policy that does not end": lambda token: setattr(token.info.held[1], "content", b"\x2a\x83"),
    "a name of a policy with nothing in front": lambda token: setattr(token.info.held[1], "content", b"\x2a\x80\x03"),
    "an imprint with a field more": lambda token: token.info.held[2].held.append(NULL),
    "an info with a field more": lambda token: token.info.held.append(NULL),
    "an ordering that is the default": lambda token: token.info.held.insert(5, Node(0x01, b"\x00")),
    "an ordering of another truth": lambda token: token.info.held.insert(5, Node(0x01, b"\x01")),
    "a critical extension": lambda token: token.info.held.append(
        Node(0xA1, held=[Node(0x30, held=[Node(0x06, b"\x2a\x03"), Node(0x01, b"\xff"), Node(0x04, b"x")])])
    ),
    "nested deeper than 32": lambda token: token.info.held.insert(5, nested(40)),
    "nested deeper than the stack": lambda token: token.info.held.insert(5, nested(400)),
    "a time with a fraction of zero": time(b"20261124081000.0Z"),
    "a time with zeros behind": time(b"20261124081000.10Z"),
    "a time with a point alone": time(b"20261124081000.Z"),
    "a time of another zone": time(b"20261124081000+0000"),
    "a time of no calendar": time(b"20261324081000Z"),
    "a time without seconds": time(b"202611240810Z"),
    "a time in other digits": time("\uff120261124081000Z".encode()),
}


def both(token: bytes) -> list[bool]:
    """Whether each of them judges the token good."""
    taken = [True, True]
    try:
        judge_token(token, NOTE, [WORLD.tsa.certificate.der], [WORLD.time_root.certificate], [])
    except NoteRefused:
        taken[0] = False
    known = second.Certificates(
        [second.read_certificate(one.der) for one in (WORLD.tsa.certificate, WORLD.time_root.certificate)]
    )
    try:
        read = second.read_token(token, known.stampers)
        second.path_to_anchor(read.signer, read.beside(known), known, read.time)
    except second.Refused:
        taken[1] = False
    return taken


def made(change: Callable[[Apart], object]) -> bytes:
    token = Apart(TOKEN)
    change(token)
    return token.der(WORLD.tsa.key)


@pytest.mark.parametrize(
    "change",
    [
        lambda token: None,
        time(b"20261124081000.5Z"),
        lambda token: token.signer.held[2].held.append(NULL),
        lambda token: token.info.held.insert(5, Node(0x30, held=[Node(0x02, b"\x01")])),
        lambda token: in_order(token, ess(new("sha1", WORLD.tsa.certificate.der).digest())),
        lambda token: token.signer.held.append(Node(0xA1)),
    ],
    ids=["as it came", "a fraction", "parameters of nothing", "an accuracy", "both attributes", "unsigned attributes"],
)
def test_a_token_of_the_form_is_judged_by_both(change: Callable[[Apart], object]) -> None:
    assert both(made(change)) == [True, True]


@pytest.mark.parametrize("change", LYING.values(), ids=LYING)
def test_a_token_of_another_form_is_refused_by_both(change: Callable[[Apart], object]) -> None:
    assert both(made(change)) == [False, False]


@pytest.mark.parametrize(
    "octets", [b"", b"\x30", b"\x30\x80\x00\x00", b"\x30\x00", TOKEN[:-1], TOKEN + b"\x00", b"\x30\x84\xff\xff\xff\xff"]
)
def test_what_is_no_token_is_refused_by_both(octets: bytes) -> None:
    assert both(octets) == [False, False]
    with pytest.raises(DerRefused):
        check_form(octets)


class Wordy:
    """An authority whose tokens have a field too many."""

    def stamp(self, request: bytes) -> bytes:
        token = Apart(token_of(WORLD.tsa.stamp(request)))
        token.info.held.append(NULL)
        return write(SEQUENCE, write(SEQUENCE, write_number(0)), token.der(WORLD.tsa.key))


def test_an_answer_of_another_form_is_not_kept() -> None:
    with pytest.raises(NoteRefused, match="a field too many"):
        stamp(NOTE, Wordy())
