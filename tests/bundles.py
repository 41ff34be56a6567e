"""A small log with two exchanges, signed by our own signer and the partner's, and bundles of it; every part can be made wrong and signed again."""

import hashlib
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from node.ebms.envelope import empty_body, write_envelope
from node.ebms.header_writer import write_messaging
from node.ebms.message import (
    CollaborationInfo,
    MessageInfo,
    Messaging,
    PartInfo,
    Party,
    PartyId,
    Receipt,
    Service,
    SignalMessage,
    SignedReference,
    UserMessage,
)
from node.ebms.receipts import acknowledge
from node.evidence.bundle import Evidence, ProvenEntry, SignedCheckpoint, Stamp, make_bundle
from node.evidence.chain import NOTHING, leaf_hash, link
from node.evidence.checkpoint import Checkpoint
from node.evidence.checkpoint import sign as sign_checkpoint
from node.evidence.entry import Clock, Entry, Kind, instant
from node.evidence.manifest import Exchange, Signers
from node.evidence.merkle import LeafHashes, consistency, inclusion, root
from node.evidence.notes import make_note, sha256, stamp
from node.keyring.demo_stamps import DemoTimestampAuthority
from node.security.keys import SoftwareKey
from node.security.sign import security_header, sign
from node.security.suites import EDELIVERY_1_15, EDELIVERY_2_EDDSA, Suite
from tests.seals import CA, STAMP, Authority, private_key, usage

BEGAN = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
NOW = datetime(2026, 11, 28, 8, 0, tzinfo=UTC)
LOG = "node-tw.example/2026-11-24"
PARTNER = "kr"
PAYLOAD = b"\x1f\x8b a compressed certificate of origin"
SECOND = b"\x1f\x8b a compressed invoice"
OUT, IN = "m1@node-tw.example", "m2@node-kr.example"


def user_message(message_id: str, contents: Sequence[str]) -> Messaging:
    parts = tuple(PartInfo(f"cid:{one}") for one in contents)
    party = Party((PartyId("tw", "urn:x"),), "sender"), Party((PartyId("kr", "urn:x"),), "receiver")
    about = CollaborationInfo(Service("urn:customs"), "Submit", "c1")
    return Messaging(UserMessage(MessageInfo("2026-11-24T08:00:00Z", message_id), *party, about, payload_info=parts))


def suite_of(key: SoftwareKey) -> Suite:
    return EDELIVERY_2_EDDSA if "Ed25519" in type(key.private_key).__name__ else EDELIVERY_1_15


def signed(
    key: SoftwareKey, messaging: Messaging, payloads: Mapping[str, bytes], unique: str
) -> tuple[bytes, tuple[SignedReference, ...]]:
    """An envelope as it goes out, and what was signed."""
    head, body = write_messaging(messaging, f"_m-{unique}"), empty_body(f"_b-{unique}")
    digests = [(name, hashlib.sha256(octets).digest()) for name, octets in payloads.items()]
    parts = sign(
        head,
        f"_m-{unique}",
        body,
        f"_b-{unique}",
        digests,
        suite_of(key).signature(key_identifier=getattr(key, "key_identifier", "bst")),
        key,
        unique,
    )
    return write_envelope(security_header([parts.octets]), head, body), parts.references


def signed_receipt(
    key: SoftwareKey, message_id: str, references: tuple[SignedReference, ...], name: str = "r1"
) -> tuple[bytes, tuple[SignedReference, ...]]:
    """A receipt for a message, and what its own signature is over."""
    info = MessageInfo("2026-11-24T08:00:02Z", f"{name}@node-kr.example", message_id)
    told: Receipt = acknowledge(references)
    return signed(key, Messaging(signal_messages=(SignalMessage(info, receipt=told),)), {}, name)


def receipt_for(key: SoftwareKey, message_id: str, references: tuple[SignedReference, ...], name: str = "r1") -> bytes:
    return signed_receipt(key, message_id, references, name)[0]


def told_references(references: Sequence[SignedReference]) -> list[dict[str, str]]:
    return [{"uri": one.uri, "method": one.digest_method, "digest": b64encode(one.digest).decode()} for one in references]


@dataclass
class Material:
    """Everything before it is put into a log; a test changes it before `evidence` proves it."""

    entries: list[Entry]
    objects: dict[str, bytes]


@dataclass
class BundleWorld:
    """Two authorities, a node and its partner, and an authority for time."""

    tsa_until: datetime = NOW + timedelta(days=365 * 15)
    home: Authority = field(default_factory=lambda: Authority("Home root"))
    abroad: Authority = field(default_factory=lambda: Authority("Partner root"))
    time_root: Authority = field(init=False)
    stamps_at: datetime = BEGAN + timedelta(minutes=10)

    def __post_init__(self) -> None:
        self.own = self.signer(self.home, "node-tw sign", "rsa", 1)
        self.seal_key = self.signer(self.home, "node-tw seal", "rsa", 2)
        self.log_key = self.signer(self.home, "node-tw log", "p256", 3)
        self.partner = self.signer(self.abroad, "node-kr sign", "ed25519", 4)
        self.time_root = Authority("Time root")
        # An authority for time outlives the certificates that it issues.
        self.time_root.certificate = self.time_root.issue(
            "Time root", self.time_root.key, *CA, until=NOW + timedelta(days=365 * 40)
        )
        self.tsa = self.authority("Time", 77, BEGAN - timedelta(days=300), self.tsa_until)

    def signer(self, issuer: Authority, name: str, kind: str, number: int, **validity: datetime) -> SoftwareKey:
        private = private_key(kind, number)
        certificate = issuer.issue(name, private, (usage(digital_signature=True, content_commitment=True), True), **validity)
        return SoftwareKey(certificate, (issuer.certificate, certificate), private)

    def authority(self, name: str, number: int, since: datetime, until: datetime) -> DemoTimestampAuthority:
        key = private_key("p256", number)
        certificate = self.time_root.issue(name, key, (usage(digital_signature=True), True), STAMP, since=since, until=until)
        return DemoTimestampAuthority(key, certificate, lambda: self.stamps_at, (self.time_root.certificate,))

    # -- what happened -------------------------------------------------------------------------------------------------

    def material(self, **changed: Any) -> Material:
        """One message out and acknowledged, one in and received."""
        objects: dict[str, bytes] = {}

        def put(octets: bytes) -> str:
            objects[sha256(octets)] = octets
            return sha256(octets)

        clock = Clock(12, 3, "chrony", BEGAN - timedelta(minutes=5))
        payloads = {"p1@node-tw.example": PAYLOAD, "p2@node-tw.example": SECOND}
        envelope, references = signed(self.own, user_message(OUT, list(payloads)), payloads, "1")
        receipt_references = changed.get("receipt_references", references)
        receipt_key = changed.get("receipt_key", self.partner)
        made, receipt_signed = signed_receipt(receipt_key, changed.get("refers_to", OUT), receipt_references)
        receipt = changed.get("receipt") or made
        if "receipt_edit" in changed:
            receipt = changed["receipt_edit"](receipt)
        came, signed_in = signed(self.partner, user_message(IN, ["q1@node-kr.example"]), {"q1@node-kr.example": PAYLOAD}, "2")
        own_receipt = receipt_for(self.own, IN, signed_in, "r2")
        above, theirs = put(self.home.certificate.der), put(self.abroad.certificate.der)
        own, partner = put(self.own.certificate.der), put(self.partner.certificate.der)
        agreed = put(changed.get("agreed", self.partner.certificate).der)
        crl = put(self.abroad.crl(BEGAN - timedelta(hours=1)))
        about = {"message_id": OUT, "partner": PARTNER, "direction": "out"}
        about_in = {"message_id": IN, "partner": PARTNER, "direction": "in"}
        algorithm = suite_of(self.partner).signature_algorithm
        verified = {"signature_algorithm": algorithm, "signer": partner, "policy": "path", "revocation": "good"}
        due = changed.get("due", BEGAN + timedelta(minutes=5))
        entries = [
            Entry(
                Kind.ACTED, BEGAN - timedelta(minutes=1), facts={"who": "officer", "what": "began", "why": "a test"}, clock=clock
            ),
            Entry(
                Kind.PACKAGED,
                BEGAN,
                about,
                {
                    "envelope": put(envelope),
                    "payload-1": put(changed.get("payload", PAYLOAD)),
                    "payload-2": put(SECOND),
                    "wire": put(b"--b\r\n" + envelope + PAYLOAD + SECOND),
                    "signer": own,
                    "signer-path-1": above,
                },
                clock=clock,
            ),
            Entry(Kind.ATTEMPTED, BEGAN + timedelta(seconds=1), about, {"answer": put(receipt)}, {"status": 200}, clock),
            Entry(
                Kind.ACKNOWLEDGED,
                changed.get("came_at", BEGAN + timedelta(seconds=2)),
                about,
                {"receipt": put(receipt), "signer": agreed, "signer-path-1": theirs, "revocation-1": crl},
                {
                    "verified": {**verified, "signer": agreed, "references": told_references(receipt_signed)},
                    "due_at": instant(due),
                },
                clock,
            ),
            Entry(
                Kind.RECEIVED,
                BEGAN + timedelta(minutes=3),
                about_in,
                {
                    "envelope": put(came),
                    "payload-1": put(PAYLOAD),
                    "http": put(b"POST /as4 HTTP/1.1\r\nHost: node-tw.example\r\n"),
                    "receipt": put(own_receipt),
                    "signer": partner,
                    "signer-path-1": theirs,
                    "revocation-1": crl,
                },
                {"verified": {**verified, "references": told_references(signed_in)}},
                clock,
            ),
            Entry(Kind.DELIVERED, BEGAN + timedelta(minutes=4), about_in),
            Entry(Kind.ACTED, BEGAN + timedelta(minutes=6), facts={"who": "officer", "what": "looked", "why": "a test"}),
        ]
        return Material(entries, objects)

    # -- the log -------------------------------------------------------------------------------------------------------

    def evidence(
        self,
        material: Material | None = None,
        *,
        sizes: Sequence[int] = (4, 7),
        renewals: Sequence[tuple[datetime, DemoTimestampAuthority]] = (),
        made_at: datetime = NOW,
        stamp_it: Callable[[bytes], bytes] | None = None,
        stamped: bool = True,
        late: bool = False,
        **changed: Any,
    ) -> Evidence:
        """What the store hands over; `renewals` are the times of further tokens, and whose."""
        held = material or self.material()
        octets = [one.octets() for one in held.entries]
        leaves = [leaf_hash(one) for one in octets]
        objects = dict(held.objects)
        for one in (self.home, self.abroad, self.time_root):
            objects[one.certificate.sha256] = one.certificate.der
        objects[self.log_key.certificate.sha256] = self.log_key.certificate.der
        checkpoints = []
        before = 0
        for size in sizes:
            checkpoints.append(self._checkpoint(leaves, before, size, objects, renewals, stamp_it, stamped, changed))
            before = size
        numbers = {OUT: (2, 3, 4), IN: (5, 6)}
        proven = tuple(
            ProvenEntry(number, octets[number - 1], size, tuple(inclusion(LeafHashes(leaves[:size]), number - 1, size)))
            for number in sorted(numbers[OUT] + numbers[IN])
            for size in [next(one for one in sizes if one >= number)]
        )
        signers = Signers(
            (self.log_key.certificate.sha256, self.home.certificate.sha256),
            (self.home.certificate.sha256,),
            {PARTNER: (self.abroad.certificate.sha256,)},
            (self.time_root.certificate.sha256,),
        )
        return Evidence(
            log=LOG,
            made_at=made_at,
            made_by="n2n 0.1.0, node-tw.example",
            scope={"messages": [OUT, IN]},
            exchanges=(Exchange(OUT, PARTNER, "out", numbers[OUT]), Exchange(IN, PARTNER, "in", numbers[IN])),
            entries=proven,
            checkpoints=tuple(checkpoints),
            objects=objects,
            signers=signers,
        )

    def _checkpoint(
        self,
        leaves: list[bytes],
        before: int,
        size: int,
        objects: dict[str, bytes],
        renewals: Sequence[tuple[datetime, DemoTimestampAuthority]],
        stamp_it: Callable[[bytes], bytes] | None,
        stamped: bool,
        changed: Mapping[str, Any],
    ) -> SignedCheckpoint:
        tree, value = LeafHashes(leaves[:size]), NOTHING
        for leaf in leaves[:size]:
            value = link(value, leaf)
        checkpoint = Checkpoint(LOG, size, root(tree, size), value, BEGAN + timedelta(minutes=7), Clock(12, 3, "chrony", BEGAN))
        signature = sign_checkpoint(checkpoint, changed.get("log_key", self.log_key))
        first = make_note(checkpoint.octets(), signature)
        stamps = [Stamp(first, (stamp_it or self._stamp)(first) if stamped else None)]
        for moment, authority in renewals:
            self.stamps_at = moment
            evidence = [self.tsa.certificate.der, self.time_root.certificate.der]
            objects |= {sha256(one): one for one in evidence}
            note = make_note(checkpoint.octets(), signature, [one.token for one in stamps if one.token], evidence)
            stamps.append(Stamp(note, stamp(note, authority)))
        self.stamps_at = BEGAN + timedelta(minutes=10)
        path = tuple(consistency(tree, before, size)) if before else ()
        return SignedCheckpoint(checkpoint.octets(), signature, tuple(stamps), path)

    def _stamp(self, note: bytes) -> bytes:
        return stamp(note, self.tsa)

    def bundle(self, evidence: Evidence | None = None, **how: Any) -> bytes:
        return make_bundle(evidence or self.evidence(), how.pop("key", self.seal_key), **how)
