"""The conformance cases of one partner: what the agreement has nothing of is left out with its reason, and nothing reaches the partner's business."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from node.ebms.message import AgreementRef, ErrorReport, MessageInfo, PartInfo, Party, Property, Receipt, Service, SignalMessage
from node.ebms.namespaces import OCTET_STREAM
from node.ebms.pmode import PMode
from node.msh.octets import HeldOctets
from node.msh.packaging import package
from node.msh.ports import Grounds, HttpAnswer, Keyring
from node.msh.pulling import Brought, pull_request, take_pulled
from node.msh.signals import write_signal
from node.msh.submit import Payload, timestamp
from node.onboarding import altering
from node.onboarding.cases import CASES, Answered, Case, Expects, Outcome
from node.onboarding.strangers import stranger, stranger_to_encrypt_to
from node.probing import (
    Post,
    Probe,
    Probing,
    about,
    damaged_gzip,
    dense,
    text,
    uncompressed,
    unencrypted,
    unsigned,
)
from node.security.certificates import Certificate
from node.security.keys import DecryptionKey, SigningKey
from node.store.messages import StoredMessages

#: Of these nobody has agreed.
_NOT_AGREED: Final = "urn:n2n:onboarding:not-agreed"
_NOBODY: Final = "urn:n2n:onboarding:nobody"
#: After so many cases in a row that nobody answered no further one is sent.
PATIENCE: Final = 3
#: The largest payload of a case.
_MOST: Final = 10_000_000
#: What one line of a person may hold anywhere: Han of four octets, Latin with marks, and what XML writes otherwise.
_ANY_SCRIPT: Final = '產地證明書 原産地 𠮷 Zürich ✓ & < > "'
#: After these a plain test message must still go through.
_SHAKEN: Final = (Expects.REFUSAL, Expects.CALM)

#: When and as what a test message of the partner came here.
Came = Callable[[], tuple[str, datetime] | None]


class _LeftOut(Exception):
    """The agreement has nothing of the kind; the text says why."""


class _NotNow(Exception):
    """What the case needs is not there; the text says what is to be done."""


class _OtherKeys:
    """The keyring with another key to sign with, or another certificate to encrypt to."""

    def __init__(self, under: Keyring, sign: SigningKey | None = None, recipient: Certificate | None = None) -> None:
        self._under, self._sign, self._recipient = under, sign, recipient

    def signing_key(self, name: str, now: datetime) -> SigningKey:
        return self._sign or self._under.signing_key(name, now)

    def recipient(self, names: Sequence[str], now: datetime) -> Certificate:
        return self._recipient or self._under.recipient(names, now)

    def decryption_keys(self, names: Sequence[str], now: datetime) -> Sequence[DecryptionKey]:
        return self._under.decryption_keys(names, now)

    def signers(self, names: Sequence[str], now: datetime) -> Sequence[Certificate]:
        return self._under.signers(names, now)

    def password(self, name: str) -> bytes | None:
        return self._under.password(name)

    def why_not(self, names: Sequence[str], now: datetime) -> Mapping[str, str]:
        return self._under.why_not(names, now)

    def why_no_connection(self, certificate: bytes, now: datetime) -> str | None:
        return self._under.why_no_connection(certificate, now)

    def grounds(self, certificate: Certificate, now: datetime) -> Grounds | None:
        return self._under.grounds(certificate, now)


@dataclass(frozen=True, slots=True)
class _Same:
    """One identifier again and again, so that a header packaged twice is the same."""

    value: str

    def unique(self) -> str:
        return self.value


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the cases need beside the partner."""

    post: Post
    rest: Callable[[float], None]
    messages: StoredMessages
    #: Every P-Mode with the partner.
    pmodes: Collection[PMode]
    came: Came
    #: Whether some process serves this home.
    served: bool


class Conforming:
    """Runs the cases in their order."""

    def __init__(self, probing: Probing, around: Surroundings) -> None:
        self._probing, self._around = probing, around
        self._ports, self._pmode = probing.ports, probing.pmode
        self._first: Probe | None = None
        self._makers: Mapping[str, Callable[[], Probe | Answered]] = {
            "PNG-01": self._plain,
            "RCT-08": self._callback,
            "RLY-05": self._again,
            "RLY-06": self._packaged_anew,
            "RLY-11": self._cut_then_whole,
            "HDR-19": lambda: self._probing.probe(conversation_id=""),
            "HDR-27": self._long_id,
            "PRP-07": lambda: self._probing.probe(properties=(Property("n2n.remark", _ANY_SCRIPT),)),
            "PKG-01": lambda: self._probing.probe([text()]),
            "PKG-20": self._three,
            "CMP-04": self._where(self._compressing, lambda: self._probing.probe([text(b" " * 2000)])),
            "CMP-05": self._where(self._compressing, lambda: self._probing.probe([dense(2000)], change=uncompressed)),
            "CMP-18": self._where(self._compressing, lambda: self._probing.probe([text(b" " * 2000), dense(2000)])),
            "PRP-18": lambda: self._probing.probe([Payload(HeldOctets(b""), OCTET_STREAM)], change=uncompressed),
            "LRG-01": self._large,
            "RLY-07": self._other_content,
            "SIG-13": self._changed_payload,
            "SIG-14": self._where(self._signing, lambda: self._altered(self._probing.probe(), altering.changed_header)),
            "SIG-16": self._where(self._signing, lambda: self._altered(self._probing.probe(), altering.changed_signature)),
            "SIG-17": self._where(self._signing, lambda: self._probing.probe(change=unsigned)),
            "SIG-19": self._where(self._signing, lambda: self._signed_by_a_stranger(timedelta(days=1))),
            "SIG-20": self._where(self._signing, lambda: self._signed_by_a_stranger(timedelta(days=60))),
            "ENC-10": self._where(self._encrypting, lambda: self._probing.probe([text()], change=unencrypted)),
            "ENC-12": self._encrypted_for_another,
            "ENC-13": self._changed_ciphertext,
            "HDR-08": lambda: self._probing.probe(change=lambda pmode: replace(pmode, initiator=_renamed(pmode.initiator))),
            "HDR-09": lambda: self._probing.probe(change=lambda pmode: replace(pmode, responder=_renamed(pmode.responder))),
            "HDR-10": lambda: self._probing.probe(change=about(service=Service(_NOT_AGREED))),
            "HDR-11": lambda: self._probing.probe(change=about(action=_NOT_AGREED)),
            "HDR-12": self._other_agreement,
            "HDR-13": self._swapped_roles,
            "HDR-14": lambda: self._probing.probe(change=about(mpc=f"{_NOBODY}:mpc")),
            "PRP-08": lambda: self._probing.probe(parts=(PartInfo("http://n2n.invalid/document.xml"),)),
            "PRP-09": lambda: self._probing.probe([text()], parts=(PartInfo(f"cid:missing@{self._ports.host}"),)),
            "CMP-08": self._where(self._compressing, lambda: self._probing.mislabelled(damaged_gzip(), "application/gzip")),
            "CMP-09": self._where(self._compressing, lambda: self._probing.mislabelled(damaged_gzip(), "application/zip")),
            "LRG-04": self._too_large,
            "RLY-01": lambda: self._altered(self._probing.probe(), altering.cut_off),
            "PKG-29": lambda: self._altered(
                self._probing.probe(), lambda _: altering.without_ebms(self._pmode.leg.protocol.soap_version)
            ),
            "NEG-01": lambda: self._altered(self._probing.probe(), altering.with_doctype),
            "HDR-26": self._plain_text,
            "RCT-14": self._unknown_receipt,
            "ERR-12": self._unknown_error,
            "PUL-04": self._look_into_the_channel,
            "PUL-05": self._pull_unsigned,
            "PUL-07": lambda: self._pull(about(mpc=f"{_NOBODY}:mpc")),
            "TWO-01": self._two_way,
            "SPL-01": self._fragments,
            "PNG-06": self._theirs,
            "PNG-99": self._probing.probe,
        }

    def outcomes(self) -> Iterator[Outcome]:
        """What came of each case; as soon as it is plain that the partner does not answer, the others are not sent."""
        silent, stopped = 0, ""
        for case in CASES:
            outcome = self._outcome(case, stopped)
            yield outcome
            unanswered = outcome.answer is not None and outcome.answer.status is None and not outcome.alive
            silent = silent + 1 if unanswered else 0 if outcome.answer is not None else silent
            if case.id == "PNG-01" and outcome.answer is not None and not outcome.passed:
                # Of what is then refused nobody knows for which reason.
                stopped = "not sent, since a plain test message gets no receipt: gate 3 first"
            elif silent >= PATIENCE:
                stopped = f"not sent, since nobody answered the last {PATIENCE} cases"

    def _outcome(self, case: Case, stopped: str) -> Outcome:
        try:
            if not self._pmode.leg.protocol.address and case.expects is not Expects.THEIRS:
                raise _LeftOut("nothing is pushed to this partner: the agreement has no address of it")
            if stopped and case.expects is not Expects.THEIRS:
                raise _NotNow(stopped)
            made = self._makers[case.id]()
            if isinstance(made, Answered):
                return Outcome(case, made, alive=self._alive(case))
            return Outcome(case, self._asked(case, made), alive=self._alive(case))
        except _LeftOut as why:
            return Outcome(case, why=str(why), applies=False)
        except _NotNow as why:
            return Outcome(case, why=str(why))

    def _asked(self, case: Case, probe: Probe) -> Answered:
        around = self._around
        try:
            if not self._probing.by_callback or case.expects in _SHAKEN:
                return self._probing.ask(probe, around.post)[0]
            if not around.served:
                raise _NotNow("the partner answers by callback, and nobody serves this home: n2n serve, and this gate again")
            return self._probing.ask_and_wait(probe, around.post, around.messages, around.rest)[0]
        finally:
            if not self._probing.by_callback:
                probe.discard()

    def _alive(self, case: Case) -> bool | None:
        if case.expects not in _SHAKEN:
            return None
        said, _ = self._probing.ask(self._probing.probe(), self._around.post)
        # By callback nobody waits here for the receipt.
        return said.receipt or said.taken or (self._probing.by_callback and said.status in (200, 202, 204))

    # -- what the agreement has ------------------------------------------------------------------------------------

    def _where(self, agreed: Callable[[], None], make: Callable[[], Probe]) -> Callable[[], Probe]:
        def made() -> Probe:
            agreed()
            return make()

        return made

    def _signing(self) -> None:
        if not self._pmode.leg.security.signature.sign:
            raise _LeftOut("no signature is agreed")

    def _encrypting(self) -> None:
        if not self._pmode.leg.security.encryption.encrypt:
            raise _LeftOut("no encryption is agreed")

    def _compressing(self) -> None:
        if not self._pmode.leg.payload_service.compression_type:
            raise _LeftOut("no compression is agreed")

    def _on_the_connection(self) -> None:
        if self._probing.by_callback:
            raise _LeftOut("answers come by callback, where a second one cannot be told from the first")

    # -- what is right ---------------------------------------------------------------------------------------------

    def _plain(self) -> Probe:
        self._first = self._probing.probe()
        return self._first

    def _callback(self) -> Probe:
        receipt = self._pmode.leg.security.send_receipt
        if not receipt.by_callback:
            raise _LeftOut("receipts come on the connection, as PNG-01 shows" if receipt.send else "no receipt is agreed")
        return self._probing.probe()

    def _again(self) -> Probe:
        self._on_the_connection()
        assert self._first is not None
        return self._first

    def _packaged_anew(self) -> Probe:
        self._on_the_connection()
        # The same header under the same ids; the signature, the content key and the ciphertext are others.
        ports = replace(self._ports, identifiers=_Same(self._ports.identifiers.unique()))
        probe = self._probing.probe([text()], ports=ports)
        self._probing.ask(probe, self._around.post)
        packaged = package(probe.exchange, self._pmode, ports)
        probe.discard()
        return replace(
            probe,
            outgoing=replace(
                probe.outgoing, body=packaged.wire, content_type=packaged.content_type, references=packaged.references
            ),
        )

    def _cut_then_whole(self) -> Probe:
        probe = self._probing.probe()
        self._probing.ask(self._altered(probe, altering.cut_off), self._around.post)
        return probe

    def _long_id(self) -> Probe:
        right = f"@{self._ports.host}"
        left = self._ports.identifiers.unique()
        return self._probing.probe(message_id=left + "x" * (255 - len(left) - len(right)) + right)

    def _three(self) -> Probe:
        return self._probing.probe([text(), Payload(HeldOctets(b"%PDF-1.7 n2n"), "application/pdf"), dense(2000)])

    def _agreed_size(self) -> int | None:
        return self._pmode.leg.business_info.payload_max_size

    def _large(self) -> Probe:
        return self._probing.probe([dense(min(_MOST, self._agreed_size() or _MOST, self._pmode.leg.limits.max_total))])

    # -- what is wrong ---------------------------------------------------------------------------------------------

    def _altered(self, probe: Probe, change: Callable[[bytes], bytes]) -> Probe:
        return probe.altered(change(probe.octets))

    def _other_content(self) -> Probe:
        self._on_the_connection()
        assert self._first is not None
        return self._probing.probe(message_id=self._first.outgoing.message_id)

    def _changed_payload(self) -> Probe:
        self._signing()
        if self._pmode.leg.security.encryption.encrypt:
            raise _LeftOut("payloads are encrypted, so ENC-13 changes the ciphertext")
        return self._altered(self._probing.probe([dense(2000)], change=uncompressed), altering.changed_payload)

    def _changed_ciphertext(self) -> Probe:
        self._encrypting()
        return self._altered(self._probing.probe([dense(2000)]), altering.changed_payload)

    def _signed_by_a_stranger(self, ago: timedelta) -> Probe:
        now = self._ports.clock.now()
        own = self._ports.keyring.signing_key(self._pmode.leg.security.signature.certificate[0], now)
        keys = _OtherKeys(self._ports.keyring, sign=stranger(own.certificate, now - ago))
        return self._probing.probe(ports=replace(self._ports, keyring=keys))

    def _encrypted_for_another(self) -> Probe:
        self._encrypting()
        now = self._ports.clock.now()
        theirs = self._ports.keyring.recipient(self._pmode.leg.security.encryption.certificate, now)
        keys = _OtherKeys(self._ports.keyring, recipient=stranger_to_encrypt_to(theirs, now - timedelta(days=1)))
        return self._probing.probe([text()], ports=replace(self._ports, keyring=keys))

    def _other_agreement(self) -> Probe:
        agreed = self._pmode.agreement
        if agreed is None:
            raise _LeftOut("no AgreementRef is agreed")
        other = AgreementRef(f"{_NOBODY}:agreement", agreed.type)
        return self._probing.probe(change=lambda pmode: replace(pmode, agreement=other))

    def _swapped_roles(self) -> Probe:
        ours, theirs = self._pmode.initiator, self._pmode.responder
        if ours.role == theirs.role:
            raise _LeftOut("both sides have the same role")
        swapped = replace(self._pmode, initiator=replace(ours, role=theirs.role), responder=replace(theirs, role=ours.role))
        return self._probing.probe(change=lambda _: swapped)

    def _too_large(self) -> Probe:
        size = self._agreed_size()
        if size is None:
            raise _LeftOut("no size is agreed")
        if size >= _MOST:
            raise _LeftOut(f"{size} octets are agreed: so many are not sent to try that one more is refused")
        return self._probing.probe([dense(size + 1)])

    def _plain_text(self) -> Probe:
        probe = self._probing.probe()
        return probe.altered(probe.octets, "text/plain; charset=UTF-8")

    # -- signals ---------------------------------------------------------------------------------------------------

    def _unknown_receipt(self) -> Probe:
        never_sent = self._probing.probe()
        return self._signal(never_sent, receipt=Receipt(never_sent.outgoing.references))

    def _unknown_error(self) -> Probe:
        error = ErrorReport("EBMS:0004", "failure", "Other", "Content", "ebMS")
        never_sent = self._probing.probe()
        return self._signal(never_sent, errors=(replace(error, ref_to_message_in_error=never_sent.outgoing.message_id),))

    def _signal(self, about_it: Probe, receipt: Receipt | None = None, errors: tuple[ErrorReport, ...] = ()) -> Probe:
        if receipt is not None:
            self._signing()
        ports = self._ports
        info = MessageInfo(
            timestamp(ports.clock.now()), f"{ports.identifiers.unique()}@{ports.host}", about_it.outgoing.message_id
        )
        content_type, octets = write_signal(SignalMessage(info, receipt=receipt, errors=errors), self._pmode, ports)
        return about_it.altered(octets, content_type)

    # -- pulling ---------------------------------------------------------------------------------------------------

    def _channel(self) -> PMode:
        found = next((one for one in self._around.pmodes if one.inbound and one.pulling is not None), None)
        if found is None:
            raise _LeftOut("we pull nothing from this partner")
        return found

    def _look_into_the_channel(self) -> Answered:
        pmode = self._channel()
        said, answer, request = self._pulled(pmode)
        if answer is None or said.code is not None:
            return said
        # Whatever waits there is taken in as if the served node had pulled it: nothing is lost by a look.
        host = urlsplit(request.outgoing.url).hostname or ""
        pulled = take_pulled(request.outgoing, answer.status, answer.content_type, (answer.octets,), host, self._ports)
        return replace(said, message=pulled.brought is Brought.MESSAGE, detail=pulled.detail)

    def _pull_unsigned(self) -> Answered:
        if not self._channel().leg.security.signal_signature.sign:
            raise _LeftOut("no signature is agreed")
        return self._pull(lambda pmode: unsigned(replace(pmode, pulling=None)))

    def _pull(self, change: Callable[[PMode], PMode]) -> Answered:
        return self._pulled(change(self._channel()))[0]

    def _pulled(self, pmode: PMode) -> tuple[Answered, HttpAnswer | None, Probe]:
        try:
            request = pull_request(pmode, self._ports)
        except LookupError as error:
            raise _NotNow(str(error)) from error
        probe = Probe(request, pmode, self._probing.probe().exchange)
        said, answer = self._probing.ask(probe, self._around.post)
        return said, answer, probe

    # -- what other gates show -------------------------------------------------------------------------------------

    def _two_way(self) -> Answered:
        if not any(one.answers for one in self._around.pmodes):
            raise _LeftOut("no two-way exchange is agreed")
        raise _LeftOut("requests belong to services of the partner's business: gate 5 asks its queries and checks their answers")

    def _fragments(self) -> Answered:
        raise _LeftOut("this node does not split messages; LRG-01 shows the largest that is agreed")

    def _theirs(self) -> Answered:
        if not any(one.inbound and not one.test_service for one in self._around.pmodes):
            raise _LeftOut("we receive nothing from this partner")
        came = self._around.came()
        if came is None:
            raise _NotNow(
                "none has come under this version: serve this home, and let the partner send one (with this product: n2n partner ping, or its gate 3)"
            )
        return Answered(True, None, 200, f"came at {came[1]:%Y-%m-%dT%H:%M:%SZ}", message_id=came[0])


def _renamed(party: Party) -> Party:
    return replace(party, party_ids=tuple(replace(one, value=_NOBODY) for one in party.party_ids[:1]))
