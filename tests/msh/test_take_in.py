"""Taking payloads in: which parts may be named, what a part may grow to, and that nothing stays behind."""

import gzip
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from bench.pair import Pair, body_of
from node.ebms.errors import EbmsError
from node.ebms.message import CollaborationInfo, MessageInfo, PartInfo, Party, PartyId, Property, Service, UserMessage
from node.ebms.pmode import Limits, PayloadRule, PropertyRule
from node.msh.take_in import check_business, check_part, content_ids, known_charset
from node.store.in_memory import MemorySink
from tests.msh.edits import DOCUMENT, PairOf, business, change, leg

GZIP = ("CompressionType", "application/gzip")


def message(*parts: PartInfo, properties: tuple[Property, ...] = ()) -> UserMessage:
    party = Party((PartyId("urn:party"),), "urn:role")
    collaboration = CollaborationInfo(service=Service("urn:s"), action="a", conversation_id="c")
    info = MessageInfo("2026-11-24T08:00:00Z", "m@x")
    return UserMessage(info, party, party, collaboration, message_properties=properties, payload_info=parts)


def part(href: str | None, *properties: tuple[str, str]) -> PartInfo:
    return PartInfo(href=href, part_properties=tuple(Property(name, value) for name, value in properties))


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        ([part(None)], "EBMS:0008"),
        ([part("#in-the-body")], "EBMS:0008"),
        ([part("http://169.254.169.254/latest")], "EBMS:0011"),
        ([part("file:///etc/passwd")], "EBMS:0011"),
        ([part("CID:a@b")], "EBMS:0011"),
        ([part("cid:a@b"), part("cid:a@b")], "EBMS:0003"),
        ([part("cid:a@b"), part("cid:a%40b")], "EBMS:0003"),
        ([part("cid:a@b", ("CompressionType", "application/zip"), ("MimeType", "text/xml"))], "EBMS:0003"),
        ([part("cid:a@b", GZIP)], "EBMS:0003"),
        ([part("cid:a@b", ("CharacterSet", "klingon"))], "EBMS:0003"),
    ],
)
def test_a_part_that_cannot_be_an_attachment_here_is_refused(parts: list[PartInfo], code: str) -> None:
    with pytest.raises(EbmsError) as caught:
        content_ids(message(*parts))
    assert caught.value.definition.code == code


def test_parts_are_named_by_content_id_in_their_order() -> None:
    parts = [part("cid:z@x", GZIP, ("MimeType", "text/xml")), part("cid:a%2Bb@x"), part("cid:c@x", ("CharacterSet", "UTF-16"))]
    assert content_ids(message(*parts)) == {"z@x": parts[0], "a+b@x": parts[1], "c@x": parts[2]}
    assert content_ids(message()) == {}


def test_a_part_without_properties_is_as_good_as_any() -> None:
    check_part(part("cid:a@b"))


@pytest.mark.parametrize(
    ("name", "known"), [("utf-8", True), ("Big5", True), ("x" * 300, False), ("", False), ("utf-8\0", False)]
)
def test_a_character_set_is_one_that_can_be_decoded(name: str, known: bool) -> None:
    assert known_charset(name) is known


def test_as_many_parts_as_agreed_and_no_more(pair_of: PairOf) -> None:
    pmode = leg(pair_of().b.ports.agreements.get("a-b:co.certificate"), limits=Limits(max_parts=2))
    named = {str(n): part(f"cid:{n}") for n in range(3)}
    with pytest.raises(EbmsError, match=r"3 parts: .* allows 2"):
        check_business(message(), pmode, named)
    named.popitem()
    check_business(message(), pmode, named)


def test_a_property_that_is_agreed_and_not_required_may_be_absent(pair_of: PairOf) -> None:
    pmode = business(pair_of().b.ports.agreements.get("a-b:co.certificate"), properties=(PropertyRule("hint"),))
    check_business(message(), pmode, {})


@pytest.mark.parametrize(
    ("datatype", "value", "fits"),
    [("integer", "12", True), ("integer", "12a", False), ("uri", "urn:x", True), ("uri", "x", False)],
)
def test_a_property_has_the_data_type_that_was_agreed(pair_of: PairOf, datatype: str, value: str, fits: bool) -> None:
    pmode = business(
        pair_of().b.ports.agreements.get("a-b:co.certificate"), properties=(PropertyRule("hint", datatype=datatype),)
    )
    given = message(properties=(Property("hint", value),))
    if fits:
        check_business(given, pmode, {})
        return
    with pytest.raises(EbmsError, match=f"hint: agreed is {datatype}, got"):
        check_business(given, pmode, {})


class Watched(MemorySink):
    """A sink that tells what became of it."""

    made: list["Watched"]

    def __init__(self) -> None:
        super().__init__()
        self.gone = False
        self.made.append(self)

    def discard(self) -> None:
        self.gone = True
        super().discard()


def watched(pair: Pair) -> list[Watched]:
    made: list[Watched] = []
    pair.b.ports.quarantine.sink = type("Here", (Watched,), {"made": made})  # type: ignore[method-assign]
    return made


def refused(pair: Pair, *payloads: bytes, edit: Callable[[bytes], bytes] = lambda body: body, **more: Any) -> tuple[str, str]:
    outgoing = pair.a.prepare(pair.a.submit("b", *payloads, **more))
    pair.b.receive(outgoing.content_type, edit(body_of(outgoing)))
    (refusal,) = pair.b.messages.refused()
    return refusal.error_code, refusal.detail


def test_the_octets_of_every_part_are_gone_when_the_last_one_is_bad(pair_of: PairOf) -> None:
    pair = pair_of()
    made = watched(pair)

    def flip_last(body: bytes) -> bytes:
        at = body.rindex(b"\r\n--") - 1
        return body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :]

    assert refused(pair, DOCUMENT, DOCUMENT, DOCUMENT, edit=flip_last)[0] == "EBMS:0102"
    assert [sink.gone for sink in made] == [True, True, True]


def test_nothing_is_written_of_a_message_whose_signature_is_wrong(pair_of: PairOf) -> None:
    pair = pair_of()
    made = watched(pair)
    code, _ = refused(pair, DOCUMENT, edit=lambda body: body.replace(b"2026-11-24T08:00:00.000Z", b"2026-11-24T08:00:00.001Z", 1))
    assert code == "EBMS:0101"
    assert made == []


INFLATING = b"<a>" + b"x" * 5000 + b"</a>"


@pytest.mark.parametrize("compress", [True, False])
def test_the_octets_that_a_message_may_become_are_counted_over_all_its_parts(pair_of: PairOf, compress: bool) -> None:
    pair = pair_of(compress=compress)
    most = 2 * len(INFLATING)
    change(pair.b, lambda p: leg(p, limits=replace(p.leg.limits, max_inflated=most)), inbound=True)
    pair.exchange(INFLATING, INFLATING)
    assert pair.b.messages.refused() == []
    change(pair.b, lambda p: leg(p, limits=replace(p.leg.limits, max_inflated=most - 1)), inbound=True)
    made = watched(pair)
    assert refused(pair, INFLATING, INFLATING)[0] == ("EBMS:0303" if compress else "EBMS:0003")
    assert all(sink.gone for sink in made)


def test_payload_max_size_of_the_p_mode_counts_like_the_node_s_own_cap(pair_of: PairOf) -> None:
    pair = pair_of()
    change(pair.b, lambda p: business(p, payload_max_size=1000), inbound=True)
    assert refused(pair, INFLATING)[0] == "EBMS:0303"


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        (PayloadRule("scan", "application/pdf", required=True), "EBMS:0010"),
        (PayloadRule("certificate", "application/xml", required=True), None),
        (PayloadRule("certificate", "application/xml", len(DOCUMENT)), None),
        (PayloadRule("certificate", "application/xml", len(DOCUMENT) - 1), "EBMS:0003"),
        (PayloadRule("anything", None, len(DOCUMENT) - 1), "EBMS:0003"),
        (PayloadRule("scan", "application/pdf", 1), None),
    ],
)
def test_payloads_are_those_that_were_agreed_and_no_larger(pair_of: PairOf, rule: PayloadRule, code: str | None) -> None:
    pair = pair_of()
    change(pair.b, lambda p: business(p, payload_profile=(rule,)), inbound=True)
    if code is not None:
        made = watched(pair)
        assert refused(pair, DOCUMENT)[0] == code
        assert all(sink.gone for sink in made)
        return
    pair.exchange(DOCUMENT)
    assert pair.b.messages.refused() == []


def test_octets_on_the_wire_are_capped_before_they_inflate(pair_of: PairOf) -> None:
    pair = pair_of(compress=False)
    change(pair.b, lambda p: leg(p, limits=replace(p.leg.limits, max_total=4999)), inbound=True)
    code, detail = refused(pair, INFLATING)
    assert code == "EBMS:0003"
    assert "more than 4999 octets" in detail


def test_a_part_that_says_gzip_and_is_none_is_refused_once_its_digest_is_proven(pair_of: PairOf) -> None:
    pair = pair_of()
    # The sender signs a part as compressed that is not: its packaging is told another Deflater.
    from node.msh import packaging

    class Plain:
        def feed(self, chunk: bytes) -> bytes:
            return bytes(chunk)

        def finish(self) -> bytes:
            return b""

    was, packaging.Deflater = packaging.Deflater, Plain  # type: ignore[assignment,misc]
    try:
        assert refused(pair, DOCUMENT)[0] == "EBMS:0303"
    finally:
        packaging.Deflater = was  # type: ignore[misc]


def test_what_is_kept_is_what_was_signed(pair_of: PairOf) -> None:
    pair = pair_of()
    pair.exchange(DOCUMENT)
    (arrived,) = pair.b.messages.deliverable(1)
    (kept,) = arrived.payloads
    octets = b"".join(map(bytes, kept.octets.chunks()))
    assert gzip.decompress(octets) == DOCUMENT
    assert kept.inflated_size == len(DOCUMENT)
    assert (kept.compressed, kept.media_type) == (True, "application/xml")
