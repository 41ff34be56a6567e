"""What the log of evidence says of each fact. Made of what the fact itself knows, before its transaction wherever that is possible."""

import hashlib
from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from node.ebms.message import SignedReference
from node.ebms.pmode import PMode
from node.ebms.states import OutboundEvent, OutboundState
from node.evidence.entry import MAX_OCTETS, Clock, Kind
from node.msh.ports import Accepted, Grounds, Packaged, Peer, Settlement, Signed
from node.store.agreed_octets import agreement_octets
from node.store.connection import Noted
from node.store.log import noted_fast

IN, OUT = "in", "out"
#: A wire body is named up to this size; of a larger one the envelope and the payloads say all that was signed.
WIRE_OCTETS: Final = 1 << 20
#: Events by which an attempt, or a signal that came by itself, brought something.
BROUGHT: Final = frozenset(
    {
        OutboundEvent.TAKEN,
        OutboundEvent.TAKEN_NO_RECEIPT_OWED,
        OutboundEvent.ATTEMPT_FAILED,
        OutboundEvent.ERROR_RECEIVED,
        OutboundEvent.REFUSAL_DOUBTED,
        OutboundEvent.HINT_RECEIVED,
        OutboundEvent.RECEIPT_MATCHED,
    }
)
#: Agreements and grounds of which the digest is remembered; the oldest setting is forgotten with all others.
_MOST: Final = 10_000


class Entries:
    """Makes entries; `keep` sees that octets which many of them name are there, and gives their SHA-256."""

    def __init__(self, keep: Callable[[bytes], str], clock: Callable[[], Clock | None] = lambda: None) -> None:
        self.keep, self.clock = keep, clock
        #: What was heard last of a partner's clock.
        self.partner_clock: Callable[[str], list[dict[str, Any]]] = lambda _partner: []
        # By identity, with what is identified, so that no other takes its place.
        self._agreements: dict[int, tuple[PMode, str]] = {}
        self._grounds: dict[int, tuple[Grounds, Mapping[str, str]]] = {}

    # -- inbound ---------------------------------------------------------------------------------------------------

    def received(self, accepted: Accepted, envelope: str, receipt: str) -> Noted:
        """A user message was accepted; `envelope` and `receipt` are the SHA-256 of these."""
        message, peer = accepted.user_message, accepted.peer
        info = message.collaboration_info
        objects = {
            "envelope": envelope,
            "receipt": receipt,
            **{f"payload-{number}": one.octets.sha256 for number, one in enumerate(accepted.payloads, 1)},
            **self._of_peer(peer),
            **self._of_signed(accepted.signed),
            "agreement": self._agreement(accepted.pmode),
        }
        facts: dict[str, Any] = {
            "pmode": accepted.pmode.id,
            "service": info.service.value,
            "action": info.action,
            "conversation_id": info.conversation_id,
            "fingerprint": accepted.fingerprint,
            "partner_clock": self.partner_clock(accepted.pmode.partner),
            **_connection(peer),
        }
        if accepted.age is not None:
            facts["time"] = accepted.age.facts()
        if accepted.signed is not None:
            facts["verified"] = _verified(accepted.signed)
        about = {"message_id": message.message_info.message_id, "partner": accepted.pmode.partner, "direction": IN}
        return self._noted(Kind.RECEIVED, accepted.received_at, about, objects, facts, peer.head or None)

    def delivered(self, message_id: str, partner: str, at: datetime, detail: str) -> Noted:
        """The Consumer has a message."""
        about = {"message_id": message_id, "partner": partner, "direction": IN}
        return self._noted(Kind.DELIVERED, at, about, {}, {"detail": _plain(detail)})

    # -- outbound --------------------------------------------------------------------------------------------------

    def packaged(self, packaged: Packaged, at: datetime) -> Callable[[str], Noted]:
        """A user message was packaged; the partner is said in the transaction."""
        sealed = packaged.sealed
        objects: dict[str, str] = {}
        facts: dict[str, Any] = {"content_type": packaged.content_type}
        if sum(one.size for one in packaged.wire) <= WIRE_OCTETS:
            digest = hashlib.sha256()
            for segment in packaged.wire:
                for chunk in segment.chunks():
                    digest.update(chunk)
            objects["wire"] = digest.hexdigest()
        if sealed is not None:
            objects["envelope"] = hashlib.sha256(sealed.envelope).hexdigest()
            objects |= {f"payload-{number}": one for number, one in enumerate(sealed.payloads, 1)}
            objects |= {"agreement": self._agreement(sealed.pmode), **self._of_signed(sealed.signed)}
            facts["pmode"] = sealed.pmode.id
            if sealed.signed is not None:
                facts["signed"] = _signed(sealed.signed)
        about = {"message_id": packaged.message_id, "direction": OUT}
        return lambda partner: self._noted(Kind.PACKAGED, at, {**about, "partner": partner}, objects, facts)

    def settled(self, settlement: Settlement, answer: str | None) -> "Outcome":
        """What an attempt or a signal brought, as far as it is known before the transaction; `answer` is the SHA-256 of its body."""
        peer, signed = settlement.peer, settlement.signed
        objects = {**self._of_peer(peer), **self._of_signed(signed)}
        facts: dict[str, Any] = {"event": settlement.event.value, "detail": _plain(settlement.detail)}
        if settlement.http_status is not None:
            facts["http_status"] = settlement.http_status
        if settlement.error_code:
            facts["error_code"] = _plain(settlement.error_code)
        if signed is not None:
            facts["verified"] = _verified(signed)
        if peer is not None:
            facts |= _connection(peer)
        if answer is not None:
            root, proves = settlement.receipt, settlement.event is OutboundEvent.RECEIPT_MATCHED
            alone = proves and (not root or root == settlement.answer)
            objects["receipt" if alone else "answer"] = answer
            if proves and not alone:
                objects["receipt"] = hashlib.sha256(root).hexdigest()
        return Outcome(self, settlement, objects, facts)

    def brought(
        self, outcome: "Outcome", partner: str, attempts: int, due_at: str | None, before: OutboundState, after: OutboundState
    ) -> Noted | None:
        """The entry of what was brought; None for what no connection brought and nobody gave up."""
        settlement = outcome.settlement
        fails = after is OutboundState.FAILED and before is not OutboundState.FAILED
        if settlement.event not in BROUGHT:
            return self.failed(settlement, partner, attempts) if fails else None
        proves = settlement.event is OutboundEvent.RECEIPT_MATCHED
        kind = Kind.ACKNOWLEDGED if proves else Kind.FAILED if fails else Kind.ATTEMPTED
        facts = {**outcome.facts, "attempt": attempts, "partner_clock": self.partner_clock(partner)}
        if proves and due_at:
            facts["due_at"] = due_at
        about = {"message_id": settlement.message_id, "partner": partner, "direction": OUT}
        head = settlement.peer.head if settlement.peer else b""
        return self._noted(kind, settlement.at, about, outcome.objects, facts, head or None)

    def failed(self, settlement: Settlement, partner: str, attempts: int) -> Noted:
        """A message was given up."""
        about = {"message_id": settlement.message_id, "partner": partner, "direction": OUT}
        facts = {"event": OutboundEvent.GAVE_UP.value, "detail": _plain(settlement.detail), "attempt": attempts}
        return self._noted(Kind.FAILED, settlement.at, about, {}, facts)

    # -- what people and rules do ----------------------------------------------------------------------------------

    def done(
        self,
        kind: Kind,
        at: datetime,
        who: str,
        what: str,
        why: str,
        about: Mapping[str, str] | None = None,
        objects: Mapping[str, str] | None = None,
        facts: Mapping[str, Any] | None = None,
    ) -> Noted:
        """An act, a retrieval, or what a rule removed."""
        said = {"who": _plain(who), "what": _plain(what), "why": _plain(why)}
        return self._noted(kind, at, about or {}, objects or {}, {**(facts or {}), **said})

    # -- what they have in common ----------------------------------------------------------------------------------

    def _noted(
        self,
        kind: Kind,
        at: datetime,
        about: Mapping[str, str],
        objects: Mapping[str, str],
        facts: Mapping[str, Any],
        head: bytes | None = None,
    ) -> Noted:
        one = noted_fast(kind, at, about, objects, facts, self.clock(), head)
        if len(one.octets) <= MAX_OCTETS:
            return one
        # A hundred parts with names of a kilobyte each: the envelope, which is named, says what was signed.
        short = {name: {**value, "references": []} if name in ("verified", "signed") else value for name, value in facts.items()}
        return noted_fast(kind, at, about, objects, {**short, "shortened": True}, self.clock(), head)

    def _of_peer(self, peer: Peer | None) -> dict[str, str]:
        if peer is None:
            return {}
        found = {"http": hashlib.sha256(peer.head).hexdigest()} if peer.head else {}
        if peer.certificate:
            found["tls"] = self.keep(peer.certificate)
        return found

    def _of_signed(self, signed: Signed | None) -> Mapping[str, str]:
        if signed is None:
            return {}
        found = {"signer": self.keep(signed.signer.der), **self._numbered("signer-path", signed.above)}
        return {**found, **self._of_grounds(signed.grounds)} if signed.grounds is not None else found

    def _of_grounds(self, grounds: Grounds) -> Mapping[str, str]:
        known = self._grounds.get(id(grounds))
        if known is None:
            named = self._numbered("signer-path", grounds.above) | self._numbered("revocation", grounds.revocation_data)
            _forget(self._grounds)
            known = self._grounds[id(grounds)] = grounds, named
        return known[1]

    def _numbered(self, name: str, octets: Iterable[bytes]) -> dict[str, str]:
        return {f"{name}-{number}": self.keep(one) for number, one in enumerate(octets, 1)}

    def _agreement(self, pmode: PMode) -> str:
        known = self._agreements.get(id(pmode))
        if known is None:
            _forget(self._agreements)
            known = self._agreements[id(pmode)] = pmode, self.keep(agreement_octets(pmode))
        return known[1]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an attempt or a signal brought; the rest is known in its transaction."""

    entries: Entries
    settlement: Settlement
    objects: Mapping[str, str]
    facts: Mapping[str, Any]

    def said(
        self,
        partner: str,
        attempts: int,
        due_at: str | None,
        before: OutboundState,
        after: OutboundState,
        decided: OutboundState,
    ) -> list[Noted]:
        """Its entries: `after` is the state that the event led to, `decided` the one that follows from that."""
        brought = self.entries.brought(self, partner, attempts, due_at, before, after)
        gave_up = decided is OutboundState.FAILED and after is not OutboundState.FAILED
        failed = self.entries.failed(self.settlement, partner, attempts) if gave_up else None
        return [one for one in (brought, failed) if one is not None]


def _forget(known: dict[int, Any]) -> None:
    if len(known) >= _MOST:
        known.clear()


def _connection(peer: Peer) -> dict[str, Any]:
    found: dict[str, Any] = {"peer": _plain(peer.address)}
    if peer.tls is not None:
        found["tls"] = {"version": peer.tls.version, "cipher": peer.tls.cipher}
    return found


def _verified(signed: Signed) -> dict[str, Any]:
    grounds = signed.grounds
    return {
        **_signed(signed),
        "policy": grounds.policy if grounds else "unknown",
        "revocation": grounds.revocation if grounds else "unknown",
    }


def _signed(signed: Signed) -> dict[str, Any]:
    return {
        "signature_algorithm": signed.algorithm,
        "signer": signed.signer.sha256,
        "references": _references(signed.references),
    }


def _references(references: Sequence[SignedReference]) -> list[dict[str, str]]:
    return [{"uri": one.uri, "method": one.digest_method, "digest": b64encode(one.digest).decode("ascii")} for one in references]


def _plain(text: str) -> str:
    """A text that is Unicode, whatever a stranger's error said."""
    return text[:2000].encode("utf-8", "replace").decode("utf-8")
