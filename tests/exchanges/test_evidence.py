"""Whatever two real nodes exchange, either of them proves it: every bundle holds for both verifiers."""

import asyncio
import os
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from node.app import Node
from node.ebms.states import OutboundState
from node.evidence.bundle import open_bundle
from node.evidence.entry import Kind, read_entry
from node.evidence.finding import Check
from node.evidence.verify import Verdict
from node.home import init_home, put_certificate, put_own_key
from node.keyring.demo_authority import DemoAuthority
from node.msh.submit import Payload, Submission
from node.retrieving import Message, NotRetrievable
from node.service import Service
from tests.homes import ACTION, PARTY_TYPE, PURPOSES, Side, agree, free_port, make_pair, make_side
from tests.judged_bundles import holds, holds_by_hand
from tests.services import delivered, ended, serving
from tests.test_pulling import PULL
from tests.test_two_way import ANSWER, PULLED

UNCOMPRESSED = '\n[leg]\npayload_service.compression_type = "none"\n'
UNENCRYPTED = """
[leg]
security.x509.encryption.encrypt = false
[[weakened]]
parameter = "leg.security.x509.encryption.encrypt"
reason = "a test"
"""


@dataclass(frozen=True)
class Document:
    """What a payload is made of."""

    octets: bytes
    media_type: str = "application/xml"


XML = Document(f"<x>{'<a>產地證明書</a>' * 50}</x>\r\n".encode())
SHOWN = Document(b'<?xml version="1.0"?>\n<?xml-stylesheet href="a.xsl"?>\n<!-- c --><a><?in side?></a>\n<?after it?>\n')
TEXT = Document(b"one\ntwo\r\nthree\r" * 9, "text/plain")
PICTURE = Document(os.urandom(70_000), "image/png")
LARGE = Document(os.urandom(3_000_000), "application/octet-stream")
EMPTY = Document(b"", "application/octet-stream")
PACKED = Document(b"\x1f\x8b\x08\x00" + bytes(40), "application/gzip")


def payloads(node: Node, folder: Path, documents: Sequence[Document]) -> tuple[Payload, ...]:
    found = []
    for number, one in enumerate(documents):
        path = folder / f"{number}.bin"
        path.write_bytes(one.octets)
        found.append(node.payload(path, one.media_type))
    return tuple(found)


def proven(side: Side, *message_ids: str, redact: bool = False, by_hand: bool = False) -> Verdict:
    """What a node that is not served any more proves of some messages."""
    node = Node.open(side.folder)
    try:
        retrieving = node.proof.retrieving()
        messages = [one for message_id in message_ids for one in retrieving.named(message_id)]
        assert len(messages) == len(message_ids)
        octets = retrieving.bundle(retrieving.gather(messages, {"messages": list(message_ids)}), redact=redact)
    finally:
        node.close()
    if by_hand:
        with TemporaryDirectory() as folder:
            holds_by_hand(octets, Path(folder))
    return holds(octets)


def both_prove(sides: tuple[Side, Side], *message_ids: str) -> None:
    for side in sides:
        for redact in (False, True):
            verdict = proven(side, *message_ids, redact=redact, by_hand=not redact)
            assert [one.message_id for one in verdict.manifest.exchanges] == list(message_ids)


async def sent(here: Service, there: Service, folder: Path, documents: Sequence[Document], **what: object) -> str:
    submission = Submission("kr", ACTION, payloads(here.node, folder, documents), **what)  # type: ignore[arg-type]
    message_id = here.node.submit(submission).message_id
    here.push.wake()
    await ended(here.node, message_id, OutboundState.ACKNOWLEDGED)
    await delivered(there.node, message_id)
    return message_id


def pushed(tw: Side, kr: Side, folder: Path, documents: Sequence[Document]) -> str:
    async def story() -> str:
        async with serving(tw) as here, serving(kr) as there:
            return await sent(here, there, folder, documents)

    return asyncio.run(story())


@pytest.mark.parametrize(
    "documents",
    [[XML, SHOWN, TEXT, PICTURE], [LARGE], [EMPTY], [PACKED, XML], []],
    ids=["several", "large", "empty", "packed", "none"],
)
@pytest.mark.parametrize("more", ["", UNCOMPRESSED, UNENCRYPTED], ids=["whole", "uncompressed", "unencrypted"])
def test_payloads_of_every_kind(tmp_path: Path, documents: list[Document], more: str) -> None:
    sides = make_pair(tmp_path, more=more)
    both_prove(sides, pushed(*sides, tmp_path, documents))


@pytest.mark.parametrize("more", [PULL, ANSWER, ANSWER + PULLED], ids=["pull and callback", "push and push", "push and pull"])
def test_every_way_of_an_exchange(tmp_path: Path, more: str) -> None:
    sides = make_pair(tmp_path, more=more)

    async def story() -> list[str]:
        async with serving(sides[0]) as here, serving(sides[1]) as there:
            asked = await sent(here, there, tmp_path, [XML])
            if "answers" not in more:
                return [asked]
            answer = Submission("tw", "co.answer", payloads(there.node, tmp_path, [XML]), ref_to_message_id=asked)
            message_id = there.node.submit(answer).message_id
            there.push.wake()
            await delivered(here.node, message_id)
            await ended(there.node, message_id, OutboundState.ACKNOWLEDGED)
            return [asked, message_id]

    found = asyncio.run(story())
    both_prove(sides, *found)
    both_prove(sides, found[-1])


def test_a_partner_whose_very_certificate_was_agreed(tmp_path: Path) -> None:
    sides = make_pair(tmp_path, trust="pinned")
    both_prove(sides, pushed(*sides, tmp_path, [XML]))


def test_authorities_that_know_nothing_of_each_other(tmp_path: Path) -> None:
    """Each home trusts the authority of the other alone; nobody here has the one above its own keys."""
    now = datetime.now(UTC)
    one, other = DemoAuthority(now), DemoAuthority(now)
    tw, kr = make_side(tmp_path, "tw", one, other.certificate), make_side(tmp_path, "kr", other, one.certificate)
    agree(tw, kr)
    agree(kr, tw)
    both_prove((tw, kr), pushed(tw, kr, tmp_path, [XML]))


def sealer(side: Side) -> None:
    node = Node.open(side.folder)
    try:
        node.proof.retrieving().sealer()
    finally:
        node.close()


@pytest.mark.parametrize("suite", ["rsa3072", "eddsa"])
def test_keys_of_other_suites(tmp_path: Path, suite: str) -> None:
    authority = DemoAuthority(datetime.now(UTC))
    sides = []
    for name in ("tw", "kr"):
        issued = {use: authority.issue(name, "ecdsa" if use == "tls" else suite, use) for use in PURPOSES}
        side = Side(name, tmp_path / name, free_port(), issued)
        init_home(
            side.folder, party_id=side.party_id, party_type=PARTY_TYPE, host=f"{name}.example", port=side.port, client_ca=["ca"]
        )
        put_certificate(side.folder, "trust", "ca", authority.certificate)
        for use, one in issued.items():
            put_own_key(side.folder, use, one.private_key + one.certificate)
        # XAdES seals are RSA or ECDSA.
        seal = authority.issue(f"{name} seal", "ecdsa", "sign")
        put_own_key(side.folder, "seal", seal.private_key + seal.certificate)
        if suite == "eddsa":
            with pytest.raises(NotRetrievable, match=r"name another key of certs/own in node.toml: \[evidence\] seal"):
                sealer(side)
        settings = side.folder / "node.toml"
        settings.write_text(f'{settings.read_text("utf-8")}\n[evidence]\nseal = "seal"\n', "utf-8")
        sides.append(side)
    profile = {"rsa3072": "edelivery-as4-1.15", "eddsa": "edelivery-as4-2.0-eddsa"}[suite]
    for us, them in (sides, sides[::-1]):
        agree(us, them)
        path = us.folder / "partners" / them.name / "agreement.toml"
        path.write_text(path.read_text().replace("edelivery-as4-2.0-ecdsa", profile))
    both_prove((sides[0], sides[1]), pushed(*sides, tmp_path, [XML, TEXT]))


@pytest.mark.parametrize("named", ["issuer-serial", "ski", "thumbprint", "bst-pkipath"])
def test_signers_that_are_named_in_every_way(tmp_path: Path, named: str) -> None:
    sides = make_pair(tmp_path, more=f'\n[leg]\nx.signature.key_identifier = "{named}"\n')
    both_prove(sides, pushed(*sides, tmp_path, [XML]))


async def until(look: Callable[[], object]) -> None:
    async with asyncio.timeout(20):
        while not look():  # noqa: ASYNC110 - the store has no event to wait for
            await asyncio.sleep(0.02)


def ending(side: Side, story: Callable[[Service], Awaitable[str]]) -> str:
    async def served() -> str:
        async with serving(side) as here:
            return await story(here)

    return asyncio.run(served())


def kinds_of(side: Side, message_id: str) -> list[str]:
    node = Node.open(side.folder)
    try:
        return [one.entry.kind.value for one in node.evidence.of_message(message_id)]
    finally:
        node.close()


def test_a_message_that_nobody_took(tmp_path: Path) -> None:
    tw, _ = make_pair(tmp_path, more='\n[leg.reception_awareness]\nretry_parameters = "retries=1; period=100ms"\n')

    async def story(here: Service) -> str:
        message_id = here.node.submit(Submission("kr", ACTION, payloads(here.node, tmp_path, [XML]))).message_id
        here.push.wake()
        await ended(here.node, message_id, OutboundState.FAILED)
        return message_id

    message_id = ending(tw, story)
    verdict = proven(tw, message_id)
    assert not [one for one in verdict.of(Check.RECEIPTS) if one.step]
    assert kinds_of(tw, message_id)[0] == "message.packaged"
    assert kinds_of(tw, message_id)[-1] == "message.failed"


def test_a_message_whose_refusal_was_not_signed_is_given_up(tmp_path: Path) -> None:
    tw, kr = make_pair(tmp_path, more='\n[leg.reception_awareness]\nretry_parameters = "retries=1; period=100ms"\n')
    agreement = kr.folder / "partners" / "tw" / "agreement.toml"
    agreement.write_text(agreement.read_text().replace(f'"{ACTION}"', '"something.else"'))
    message_id = asyncio.run(refused(tw, kr, tmp_path))
    assert kinds_of(tw, message_id) == ["message.packaged", *["message.attempted"] * 2, "message.failed"]
    assert kinds_of(kr, message_id) == []


def test_a_message_whose_octets_the_partner_doubts_is_sent_again(tmp_path: Path) -> None:
    tw, kr = make_pair(tmp_path, more='\n[leg.reception_awareness]\nretry_parameters = "retries=1; period=100ms"\n')
    # Encrypted to a key that the partner has not.
    put = tw.folder / "certs" / "partners" / "kr-encrypt.pem"
    put.write_bytes(DemoAuthority(datetime.now(UTC)).issue("kr", "ecdsa", "encrypt").certificate)
    pinned = tw.folder / "partners" / "kr" / "agreement.toml"
    pinned.write_text(pinned.read_text().replace('trust   = "path"', 'trust   = "pinned"'))
    message_id = asyncio.run(refused(tw, kr, tmp_path))
    assert kinds_of(tw, message_id)[-1] == "message.failed"
    assert kinds_of(kr, message_id) == []


def test_a_message_that_was_refused(tmp_path: Path) -> None:
    tw, kr = make_pair(tmp_path)
    agreement = kr.folder / "partners" / "tw" / "agreement.toml"
    agreement.write_text(agreement.read_text() + "\n[leg]\nx.payload.max_total = 10\n")
    message_id = asyncio.run(refused(tw, kr, tmp_path))
    # The refusal was signed, and its signer is named.
    assert kinds_of(tw, message_id) == ["message.packaged", "message.failed"]
    assert kinds_of(kr, message_id) == []


async def refused(tw: Side, kr: Side, folder: Path) -> str:
    """The MessageId of what failed, and of which tw proves that."""
    async with serving(kr), serving(tw) as here:
        message_id = here.node.submit(Submission("kr", ACTION, payloads(here.node, folder, [XML]))).message_id
        here.push.wake()
        await ended(here.node, message_id, OutboundState.FAILED)
    proven(tw, message_id)
    proven(tw, message_id, redact=True)
    return message_id


def test_two_messages_of_one_identifier(tmp_path: Path) -> None:
    """Each of two partners sends the other a message, and both call it the same."""
    tw, kr = make_pair(tmp_path)

    async def story() -> None:
        async with serving(tw) as here, serving(kr) as there:
            await sent(here, there, tmp_path, [XML], message_id="same@example")
            back = Submission("tw", ACTION, payloads(there.node, tmp_path, [TEXT]), message_id="same@example")
            there.node.submit(back)
            there.push.wake()
            await ended(there.node, "same@example", OutboundState.ACKNOWLEDGED)
            await delivered(here.node, "same@example")

    asyncio.run(story())
    node = Node.open(tw.folder)
    try:
        retrieving = node.proof.retrieving()
        both = retrieving.named("same@example")
        assert both == [Message("same@example", "kr", "out"), Message("same@example", "kr", "in")]
        for chosen in ([both[0]], [both[1]], both):
            ids = [one.message_id for one in chosen]
            octets = retrieving.bundle(retrieving.gather(chosen, {"messages": ids}))
            verdict = holds(octets)
            assert [one.direction for one in verdict.manifest.exchanges] == [one.direction for one in chosen]
    finally:
        node.close()


def test_what_was_done_by_hand_is_in_the_bundle_of_its_message(tmp_path: Path) -> None:
    sides = make_pair(tmp_path)
    message_id = pushed(*sides, tmp_path, [XML])
    node = Node.open(sides[0].folder)
    try:
        node.evidence.act(node.clock.now(), "lin", "message resend", "asked by phone", {"message_id": message_id})
        retrieving = node.proof.retrieving()
        octets = retrieving.bundle(retrieving.gather(retrieving.named(message_id), {"messages": [message_id]}))
    finally:
        node.close()
    verdict = holds(octets)
    files = open_bundle(octets).files
    entries = [read_entry(files[f"log/{number}.json"]) for number in verdict.manifest.exchanges[0].entries]
    assert [one.kind for one in entries][-1] is Kind.ACTED
