"""OASIS CPPA 3.0 agreements (`http://docs.oasis-open.org/ebcore/ns/cppa/v3.0`): two parties, services bound to ebMS3 channels, and transports."""

import base64
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final

from node.agreements.retrying import TEXT
from node.ebms.message import AgreementRef, PartyId, Service
from node.ebms.namespaces import DEFAULT_MPC
from node.foreign.account import Account, Rule, Rules, asks, gives, holds, ignored, secret, unsupported
from node.foreign.exchange import Exchange, Side
from node.foreign.items import Item, boolean, integer
from node.foreign.reading import Reading, check_rules
from node.foreign.waits import steady_text
from node.foreign.we import We

NAMESPACE: Final = "http://docs.oasis-open.org/ebcore/ns/cppa/v3.0"
_ID = holds("a name within this file")
_REFERS = holds("refers to a name within this file")
_PEOPLE = ignored("for people")
_CH: Final = "CPA/ebMS3Channel"
_SEC: Final = f"{_CH}/WSSecurityBinding"
_AB: Final = "CPA/ServiceSpecification/ServiceBinding/ActionBinding"
_PACKAGING = ignored("messages are packaged as AS4 prescribes")


def _party(name: str) -> dict[str, Rule]:
    above = f"CPA/{name}"
    certificate = f"{above}/Certificate"
    return {
        above: holds(),
        f"{above}/PartyName": _PEOPLE,
        f"{above}/PartyName/@xml:lang": _PEOPLE,
        f"{above}/PartyId": gives("Party"),
        f"{above}/PartyId/@type": gives("Party (type)"),
        f"{above}/PartyContact": _PEOPLE,
        f"{above}/PartyContact/**": _PEOPLE,
        certificate: holds(),
        f"{certificate}/@id": _ID,
        f"{certificate}/ds:KeyInfo": holds(),
        f"{certificate}/ds:KeyInfo/ds:KeyName": _PEOPLE,
        f"{certificate}/ds:KeyInfo/ds:X509Data": holds(),
        f"{certificate}/ds:KeyInfo/ds:X509Data/ds:X509Certificate": gives("Security.X509 certificate"),
        f"{above}/TrustAnchorSet": asks("trust is a matter of certs/trust: n2n cert add --trust"),
        f"{above}/TrustAnchorSet/**": asks("trust is a matter of certs/trust: n2n cert add --trust"),
        f"{above}/CertificateDefaults": holds(),
        **{
            f"{above}/CertificateDefaults/{ref}": holds()
            for ref in ("SigningCertificateRef", "EncryptionCertificateRef", "ClientCertificateRef", "ServerCertificateRef")
        },
        **{
            f"{above}/CertificateDefaults/{ref}/@certId": _REFERS
            for ref in ("SigningCertificateRef", "EncryptionCertificateRef", "ClientCertificateRef", "ServerCertificateRef")
        },
    }


# fmt: off
RULES: Final[Rules] = {
    "CPA": holds(), "CPA/@xsi:schemaLocation": ignored("says where a schema lies"),
    "CPA/AgreementInfo": holds(), "CPA/AgreementInfo/AgreementDescription": _PEOPLE,
    "CPA/AgreementInfo/AgreementDescription/@xml:lang": _PEOPLE,
    "CPA/AgreementInfo/AgreementIdentifier": gives("PMode.Agreement"),
    "CPA/AgreementInfo/AgreementIdentifier/@type": gives("PMode.Agreement"),
    "CPA/AgreementInfo/ProfileIdentifier": ignored("names the profiles that it was made of"),
    "CPA/AgreementInfo/ProfileIdentifier/**": ignored("names the profiles that it was made of"),
    "CPA/AgreementInfo/ActivationDate": asks("an agreement holds here from when it is added"),
    "CPA/AgreementInfo/ExpirationDate": asks("an agreement holds here until it is taken away"),
    **_party("PartyInfo"), **_party("CounterPartyInfo"),
    "CPA/ServiceSpecification": holds(), "CPA/ServiceSpecification/@name": _PEOPLE, "CPA/ServiceSpecification/@uuid": _PEOPLE,
    "CPA/ServiceSpecification/@version": _PEOPLE,
    "CPA/ServiceSpecification/PartyRole": holds(), "CPA/ServiceSpecification/PartyRole/@name": gives("Role (us)"),
    "CPA/ServiceSpecification/CounterPartyRole": holds(), "CPA/ServiceSpecification/CounterPartyRole/@name": gives("Role (partner)"),
    "CPA/ServiceSpecification/ServiceBinding": holds(), "CPA/ServiceSpecification/ServiceBinding/Description": _PEOPLE,
    "CPA/ServiceSpecification/ServiceBinding/Description/@xml:lang": _PEOPLE,
    "CPA/ServiceSpecification/ServiceBinding/Service": gives("BusinessInfo.Service"),
    "CPA/ServiceSpecification/ServiceBinding/Service/@type": gives("BusinessInfo.Service"),
    _AB: holds(), f"{_AB}/@id": _ID, f"{_AB}/@action": gives("BusinessInfo.Action"), f"{_AB}/@sendOrReceive": gives("direction"),
    f"{_AB}/@replyTo": _REFERS, f"{_AB}/@payloadProfileId": _REFERS, f"{_AB}/@propertySetId": _REFERS, f"{_AB}/ChannelId": _REFERS,
    f"{_AB}/PayloadProfileId": _REFERS,
    f"{_AB}/Property": holds(), f"{_AB}/Property/@name": gives("BusinessInfo.Properties[]"),
    f"{_AB}/Property/@minOccurs": gives("BusinessInfo.Properties[]"), f"{_AB}/Property/@maxOccurs": ignored("a property stands once"),
    "CPA/PropertySet": holds(), "CPA/PropertySet/@id": _ID, "CPA/PropertySet/Property": holds(),
    "CPA/PropertySet/Property/@name": gives("BusinessInfo.Properties[]"),
    "CPA/PropertySet/Property/@minOccurs": gives("BusinessInfo.Properties[]"),
    "CPA/PropertySet/Property/@maxOccurs": ignored("a property stands once"),
    "CPA/PayloadProfile": holds(), "CPA/PayloadProfile/@id": _ID, "CPA/PayloadProfile/Description": _PEOPLE,
    "CPA/PayloadProfile/Description/@xml:lang": _PEOPLE, "CPA/PayloadProfile/PayloadPart": holds(),
    "CPA/PayloadProfile/PayloadPart/@minOccurs": gives("BusinessInfo.PayloadProfile[]"),
    "CPA/PayloadProfile/PayloadPart/@maxOccurs": ignored("how many there may be is x.Payload.MaxParts"),
    "CPA/PayloadProfile/PayloadPart/PartName": gives("BusinessInfo.PayloadProfile[]"),
    "CPA/PayloadProfile/PayloadPart/MIMEContentType": gives("BusinessInfo.PayloadProfile[]"),
    "CPA/PayloadProfile/PayloadPart/Schema": asks("documents are checked by packs here"),
    "CPA/PayloadProfile/PayloadPart/Schema/**": asks("documents are checked by packs here"),
    _CH: holds(), f"{_CH}/@id": _ID, f"{_CH}/@transport": _REFERS, f"{_CH}/@package": _PACKAGING,
    f"{_CH}/@asResponse": gives("PMode.MEPbinding"), f"{_CH}/@mpc": gives("BusinessInfo.MPC"),
    f"{_CH}/@includeAgreementRef": gives("PMode.Agreement"), f"{_CH}/@includePmode": ignored("P-Modes are not named in messages"),
    f"{_CH}/@actorOrRole": unsupported("Protocol.AddActorOrRoleAttribute"),
    f"{_CH}/Description": _PEOPLE, f"{_CH}/Description/@xml:lang": _PEOPLE,
    f"{_CH}/ChannelProfile": ignored("its values are said one by one"),
    f"{_CH}/SOAPVersion": gives("Protocol.SOAPVersion"),
    f"{_CH}/FaultHandling": ignored("errors are understood with and without a SOAP fault"),
    f"{_CH}/FaultHandling/**": ignored("errors are understood with and without a SOAP fault"),
    f"{_CH}/Addressing": unsupported("Addressing"), f"{_CH}/Addressing/**": unsupported("Addressing"),
    _SEC: holds(), f"{_SEC}/@actorOrRole": ignored("the header for pull requests"), f"{_SEC}/WSSVersion": gives("Security.WSSVersion"),
    f"{_SEC}/SecurityPolicy": asks("what a policy asks for stands elsewhere"), f"{_SEC}/SecurityPolicy/**": asks("what a policy asks for stands elsewhere"),
    f"{_SEC}/Signature": gives("Security.X509.Sign"),
    f"{_SEC}/Signature/SignatureFormat": ignored("AS4 knows one"), f"{_SEC}/Signature/SignatureFormat/**": ignored("AS4 knows one"),
    f"{_SEC}/Signature/SignatureAlgorithm": gives("Security.X509.Signature.Algorithm"),
    f"{_SEC}/Signature/DigestAlgorithm": gives("Security.X509.Signature.HashFunction"),
    f"{_SEC}/Signature/CanonicalizationMethod": ignored("AS4 knows one"),
    f"{_SEC}/Signature/SigningCertificateRef": holds(), f"{_SEC}/Signature/SigningCertificateRef/@certId": _REFERS,
    f"{_SEC}/Signature/SigningCertificateRequired": ignored("a signer is always known by its certificate"),
    f"{_SEC}/Signature/SigningCertificateRefType": asks("how the key is named is our x.signature.key_identifier", "x.Signature.KeyIdentifier"),
    f"{_SEC}/Signature/SigningTrustAnchorSetRef": asks("trust is a matter of certs/trust"),
    f"{_SEC}/Signature/SigningTrustAnchorSetRef/**": asks("trust is a matter of certs/trust"),
    f"{_SEC}/Signature/SignElements": ignored("AS4 fixes what is signed"), f"{_SEC}/Signature/SignElements/**": ignored("AS4 fixes what is signed"),
    f"{_SEC}/Signature/SignAttachments": ignored("AS4 fixes what is signed"),
    f"{_SEC}/Signature/SignExternalPayloads": ignored("payloads of this node are attachments"),
    f"{_SEC}/Encryption": gives("Security.X509.Encryption.Encrypt"), f"{_SEC}/Encryption/KeyEncryption": holds(),
    f"{_SEC}/Encryption/KeyEncryption/EncryptionAlgorithm": gives("x.Encryption.KeyTransport"),
    f"{_SEC}/Encryption/KeyEncryption/MaskGenerationFunction": gives("x.Encryption.MGF"),
    f"{_SEC}/Encryption/KeyEncryption/DigestAlgorithm": gives("x.Encryption.Digest"),
    f"{_SEC}/Encryption/EncryptionAlgorithm": gives("Security.X509.Encryption.Algorithm"),
    f"{_SEC}/Encryption/EncryptElements": ignored("attachments are encrypted, as eDelivery prescribes"),
    f"{_SEC}/Encryption/EncryptElements/**": ignored("attachments are encrypted, as eDelivery prescribes"),
    f"{_SEC}/Encryption/EncryptAttachments": ignored("attachments are encrypted, as eDelivery prescribes"),
    f"{_SEC}/Encryption/EncryptExternalPayloads": ignored("payloads of this node are attachments"),
    f"{_SEC}/Encryption/EncryptionCertificateRef": holds(), f"{_SEC}/Encryption/EncryptionCertificateRef/@certId": _REFERS,
    f"{_SEC}/Encryption/EncryptionCertificateRequired": ignored("a recipient is always known by its certificate"),
    f"{_SEC}/Encryption/EncryptionCertificateRefType": asks("how the key is named is our x.encryption.key_identifier", "x.Encryption.KeyIdentifier"),
    f"{_SEC}/Encryption/EncryptionTrustAnchorSetRef": asks("trust is a matter of certs/trust"),
    f"{_SEC}/Encryption/EncryptionTrustAnchorSetRef/**": asks("trust is a matter of certs/trust"),
    f"{_SEC}/UserAuthentication": holds(),
    f"{_SEC}/UserAuthentication/Username": asks("the password is agreed anew", "PMode.Initiator.Authorization.username"),
    f"{_SEC}/UserAuthentication/Password": secret(), f"{_SEC}/UserAuthentication/Digest": gives("Security.UsernameToken.Digest"),
    f"{_SEC}/UserAuthentication/Nonce": ignored("this node sends and wants both"),
    f"{_SEC}/UserAuthentication/Created": ignored("this node sends and wants both"),
    f"{_CH}/WSReliableMessagingBinding": unsupported("Reliability.AtLeastOnce.Contract", "AS4 has reception awareness instead"),
    f"{_CH}/WSReliableMessagingBinding/**": unsupported("Reliability.AtLeastOnce.Contract", "AS4 has reception awareness instead"),
    f"{_CH}/AS4ReceptionAwareness": gives("ReceptionAwareness"), f"{_CH}/AS4ReceptionAwareness/DuplicateHandling": holds(),
    f"{_CH}/AS4ReceptionAwareness/DuplicateHandling/DuplicateElimination": gives("ReceptionAwareness.DuplicateDetection"),
    f"{_CH}/AS4ReceptionAwareness/DuplicateHandling/PersistDuration": gives("ReceptionAwareness.DetectDuplicates.Parameters"),
    f"{_CH}/AS4ReceptionAwareness/RetryHandling": holds(),
    f"{_CH}/AS4ReceptionAwareness/RetryHandling/Retries": gives("ReceptionAwareness.Retry.Parameters"),
    f"{_CH}/AS4ReceptionAwareness/RetryHandling/RetryInterval": gives("ReceptionAwareness.Retry.Parameters"),
    f"{_CH}/AS4ReceptionAwareness/RetryHandling/ExponentialBackoff": asks("say it as leg.x.retry.factor", "x.Retry.Multiplier"),
    f"{_CH}/ErrorHandling": holds(),
    f"{_CH}/ErrorHandling/DeliveryFailuresNotifyProducer": gives("ErrorHandling.Report.DeliveryFailuresNotifyProducer"),
    f"{_CH}/ErrorHandling/ProcessErrorNotifyConsumer": gives("ErrorHandling.Report.ProcessErrorNotifyConsumer"),
    f"{_CH}/ErrorHandling/ProcessErrorNotifyProducer": gives("ErrorHandling.Report.ProcessErrorNotifyProducer"),
    f"{_CH}/ErrorHandling/SenderErrorsReportChannelId": unsupported("ErrorHandling.Report.SenderErrorsTo"),
    f"{_CH}/ErrorHandling/ReceiverErrorsReportChannelId": gives("ErrorHandling.Report.AsResponse"),
    f"{_CH}/ReceiptHandling": gives("Security.SendReceipt"), f"{_CH}/ReceiptHandling/ReceiptFormat": gives("Security.SendReceipt.NonRepudiation"),
    f"{_CH}/ReceiptHandling/ReceiptChannelId": gives("Security.SendReceipt.ReplyPattern"),
    f"{_CH}/PullHandling": holds(), f"{_CH}/PullHandling/PullChannelId": _REFERS,
    f"{_CH}/Compression": holds(), f"{_CH}/Compression/CompressionAlgorithm": gives("PayloadService.CompressionType"),
    f"{_CH}/Bundling": unsupported("bundling.policy"), f"{_CH}/Bundling/**": unsupported("bundling.policy"),
    f"{_CH}/Splitting": unsupported("Splitting"), f"{_CH}/Splitting/**": unsupported("Splitting"),
    f"{_CH}/AlternateChannelId": unsupported("PMode.MEPbinding.Alternate"),
    "CPA/HTTPTransport": holds(), "CPA/HTTPTransport/@id": _ID, "CPA/HTTPTransport/@method": ignored("AS4 posts"),
    "CPA/HTTPTransport/Description": _PEOPLE, "CPA/HTTPTransport/Description/@xml:lang": _PEOPLE,
    "CPA/HTTPTransport/Endpoint": gives("Protocol.Address"),
    "CPA/HTTPTransport/TransportLayerSecurity": holds(),
    "CPA/HTTPTransport/TransportLayerSecurity/**": asks("TLS is set in node.toml and by certificates.tls: compare by hand"),
    **{f"CPA/HTTPTransport/{name}": asks("firewalls are set elsewhere: compare by hand") for name in ("ClientIPv4", "ClientIPv6", "ServerIPv4", "ServerIPv6")},
    "CPA/HTTPTransport/UserAuthentication": holds(), "CPA/HTTPTransport/UserAuthentication/**": secret(),
    "CPA/HTTPTransport/TransportRestart": unsupported("Protocol.Restart"), "CPA/HTTPTransport/TransportRestart/**": unsupported("Protocol.Restart"),
    **{f"CPA/HTTPTransport/{name}": ignored("both forms of HTTP are understood") for name in ("HTTPVersion", "ChunkedTransferCoding", "ContentCoding", "Pipelining")},
    **{f"CPA/{name}": _PACKAGING for name in ("SOAPWithAttachmentsEnvelope", "SimplePart", "MIMEEnvelope")},
    **{f"CPA/{name}/**": _PACKAGING for name in ("SOAPWithAttachmentsEnvelope", "SimplePart", "MIMEEnvelope")},
    "CPA/ds:Signature": asks("who signed this agreement is not checked here: compare it by another way"),
    "CPA/ds:Signature/**": asks("who signed this agreement is not checked here: compare it by another way"),
}
# fmt: on

_X509: Final = "leg.security.x509."
_REPORT: Final = "leg.error_handling.report."
_PROOF: Final = "NonRepudiationInformation"
_DURATION: Final = re.compile(r"P(?:(\d{1,6})D)?(?:T(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,6})S)?)?")


def duration(text: str) -> timedelta | None:
    """An xsd:duration of days, hours, minutes and seconds; None for what is none."""
    found = _DURATION.fullmatch(text.strip())
    if found is None or not any(found.groups()):
        return None
    days, hours, minutes, seconds = (int(one or 0) for one in found.groups())
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)


def read(root: Item, account: Account, we: We) -> Reading:
    """The exchanges of an agreement. Raises PartyUnknown."""
    return _Cpa(root, account, we).reading()


class _Cpa:
    def __init__(self, root: Item, account: Account, we: We) -> None:
        self.root, self.account = root, account
        self.ids: dict[str, Item] = {}
        for one in root.walk():
            if identity := one.text("@id"):
                self.ids.setdefault(identity, one)
        party, counterparty = (root.first(name) for name in ("PartyInfo", "CounterPartyInfo"))
        names = {self._name(one): self._party_ids(one) for one in (party, counterparty) if one is not None}
        us = we.among(names)
        self.ours_is_first = party is not None and self._name(party) == us
        self.us, self.partner = (party, counterparty) if self.ours_is_first else (counterparty, party)
        for concerned in (party, counterparty, root.first("AgreementInfo")):
            account.reach(concerned)

    def reading(self) -> Reading:
        found = [one for spec in self.root.all("ServiceSpecification") for one in self._specification(spec)]
        certificates = {
            (found[0].partner.name, purpose): der for purpose, der in self._certificates(found, self.partner).items() if found
        }
        for _ in self._certificates(found, self.us):
            pass
        return Reading(tuple(found), whole=True, certificates=certificates)

    def _name(self, item: Item) -> str:
        return item.text("PartyName") or item.text("PartyId")

    def _party_ids(self, item: Item | None) -> tuple[PartyId, ...]:
        listed = item.all("PartyId") if item else []
        found = (PartyId(one.text(), one.text("@type") or None) for one in listed)
        return tuple(sorted(found, key=lambda one: (one.type or "", one.value)))

    def _certificates(self, exchanges: list[Exchange], party: Item | None) -> dict[str, bytes]:
        """A party's certificates by purpose: as its defaults name them, else as the channels do."""
        if party is None or not exchanges:
            return {}
        found: dict[str, bytes] = {}
        own = {one.text("@id"): one for one in party.all("Certificate")}
        named = [(purpose, one) for purpose, one in self._references(party) if one.text("@certId") in own]
        for purpose, refers in named:
            item = own[refers.text("@certId")].first("ds:KeyInfo", "ds:X509Data", "ds:X509Certificate")
            der = _der(item)
            if item is not None and der is None:
                self.account.asks(item, "is no certificate in base 64: ask for the file")
            elif item is not None and der is not None:
                found.setdefault(purpose, der)
                if party is self.us:
                    self.account.ignored(item, "our own certificates lie in certs/own")
        return found

    def _references(self, party: Item) -> Iterator[tuple[str, Item]]:
        places = [party.first("CertificateDefaults")]
        for channel in self.root.all("ebMS3Channel"):
            places += [channel.first("WSSecurityBinding", "Signature"), channel.first("WSSecurityBinding", "Encryption")]
        for place in places:
            for purpose, name in (("sign", "SigningCertificateRef"), ("encrypt", "EncryptionCertificateRef")):
                if place is not None:
                    yield from ((purpose, one) for one in place.all(name))

    # -- services ----------------------------------------------------------------------------------------------------

    def _refer(self, refers: Item | None) -> Item | None:
        if refers is None or not refers.value:
            return None
        found = self.ids.get(refers.text())
        if found is None:
            self.account.asks(refers, "nothing in this file has this id")
        self.account.reach(found)
        return found

    def _specification(self, spec: Item) -> Iterator[Exchange]:
        self.account.reach(spec)
        roles = [spec.text("PartyRole", "@name"), spec.text("CounterPartyRole", "@name")]
        our_role, partner_role = roles if self.ours_is_first else roles[::-1]
        for binding in spec.all("ServiceBinding"):
            item = binding.first("Service")
            if item is None:
                continue
            service = Service(item.text(), item.text("@type") or None)
            actions = {one.text("@id"): one for one in binding.all("ActionBinding")}
            for one in actions.values():
                exchange = self._exchange(one, service, (our_role, partner_role), actions)
                if exchange is not None:
                    yield exchange

    def _exchange(self, bound: Item, service: Service, roles: tuple[str, str], actions: dict[str, Item]) -> Exchange | None:
        channel = self._refer(bound.first("ChannelId"))
        if channel is None or channel.name != "ebMS3Channel":
            self.account.unsupported(
                bound.first("ChannelId") or bound, "Protocol", "this node speaks through ebMS3 channels alone"
            )
            return None
        for further in bound.all("ChannelId")[1:]:
            self.account.unsupported(further, "PMode.MEPbinding.Alternate", "one action has one channel here")
        sends = (bound.text("@sendOrReceive") == "send") == self.ours_is_first
        answers = actions.get(bound.text("@replyTo"))
        pull = self._refer(channel.first("PullHandling", "PullChannelId"))
        as_response = bool(boolean(channel.first("@asResponse")))
        mpc = channel.text("@mpc") or (pull.text("@mpc") if pull else "") or DEFAULT_MPC
        url = self._endpoint(pull if pull is not None else channel)
        if sends == (pull is not None):
            # We do not call: what we know of the partner's address is where its receipts are awaited.
            url = "" if sends else self._signal_url(channel)
        return Exchange(
            service=service,
            action=bound.text("@action"),
            sends=sends,
            us=self._side(self.us, roles[0]),
            partner=self._side(self.partner, roles[1], url),
            agreement_ref=self._agreement(channel),
            pulled=pull is not None,
            sync=as_response and pull is None,
            mpc=mpc,
            answers=answers.text("@action") if answers else "",
            parameters=self._parameters(bound, channel, pull),
        )

    def _side(self, item: Item | None, role: str, url: str = "") -> Side:
        return Side(self._party_ids(item), role, url, self._name(item) if item else "")

    def _endpoint(self, channel: Item | None) -> str:
        transport = self._refer(channel.first("@transport")) if channel else None
        return transport.text("Endpoint") if transport else ""

    def _signal_url(self, channel: Item) -> str:
        """Where receipts of what we receive are posted; empty where they are answers."""
        signals = self._refer(channel.first("ReceiptHandling", "ReceiptChannelId"))
        return "" if signals is None or boolean(signals.first("@asResponse")) else self._endpoint(signals)

    def _agreement(self, channel: Item) -> AgreementRef | None:
        identifier = self.root.first("AgreementInfo", "AgreementIdentifier")
        include = channel.first("@includeAgreementRef")
        if identifier is None or not identifier.value:
            return None
        if include is not None and boolean(include) is False:
            return None
        return AgreementRef(identifier.text(), identifier.text("@type") or None)

    # -- parameters --------------------------------------------------------------------------------------------------

    def _parameters(self, bound: Item, channel: Item, pull: Item | None) -> dict[str, Any]:
        found: dict[str, Any] = {}
        self.account.take_text(found, channel.first("SOAPVersion"), "leg.protocol.soap_version")
        self._security(found, channel.first("WSSecurityBinding"))
        self._awareness(found, channel.first("AS4ReceptionAwareness"))
        self._errors(found, channel.first("ErrorHandling"))
        self._receipts(found, channel.first("ReceiptHandling"))
        compression = channel.first("Compression", "CompressionAlgorithm")
        if compression is None:
            self.account.take_implied(
                found, "leg.payload_service.compression_type", "none", "a channel without Compression does not compress"
            )
        self.account.take_text(found, compression, "leg.payload_service.compression_type")
        self._properties(found, bound)
        self._payloads(found, bound)
        if pull is not None:
            self.account.take_truth(
                found, pull.first("WSSecurityBinding", "UserAuthentication", "Digest"), "leg.security.username_token.digest"
            )
        return found

    def _security(self, found: dict[str, Any], security: Item | None) -> None:
        signature = security.first("Signature") if security else None
        encryption = security.first("Encryption") if security else None
        if security is not None:
            self.account.take_text(found, security.first("WSSVersion"), "leg.security.wss_version")
        for part, key in ((signature, "sign"), (encryption, "encryption.encrypt")):
            if part is None:
                self.account.take_implied(
                    found, _X509 + key, False, "a channel whose security binding does not have it does without"
                )
            else:
                self.account.take(found, part, _X509 + key, True)
        if signature is not None:
            self.account.take_text(found, signature.first("SignatureAlgorithm"), _X509 + "signature.algorithm")
            self.account.take_text(found, signature.first("DigestAlgorithm"), _X509 + "signature.hash_function")
        if encryption is not None:
            self.account.take_text(found, encryption.first("EncryptionAlgorithm"), _X509 + "encryption.algorithm")
            self.account.take_text(
                found, encryption.first("KeyEncryption", "EncryptionAlgorithm"), "leg.x.encryption.key_transport"
            )
            self.account.take_text(found, encryption.first("KeyEncryption", "MaskGenerationFunction"), "leg.x.encryption.mgf")
            self.account.take_text(found, encryption.first("KeyEncryption", "DigestAlgorithm"), "leg.x.encryption.digest")

    def _awareness(self, found: dict[str, Any], awareness: Item | None) -> None:
        if awareness is None:
            self.account.take_implied(
                found, "leg.reception_awareness.retry", False, "a channel without AS4ReceptionAwareness sends once"
            )
            return
        self.account.take(found, awareness, "leg.reception_awareness.enabled", True)
        duplicates = awareness.first("DuplicateHandling")
        if duplicates is not None:
            self.account.take_truth(
                found, duplicates.first("DuplicateElimination"), "leg.reception_awareness.duplicate_detection"
            )
            self._window(found, duplicates.first("PersistDuration"))
        retries = awareness.first("RetryHandling", "Retries")
        interval = awareness.first("RetryHandling", "RetryInterval")
        count, wait = integer(retries), duration(interval.text()) if interval else None
        if retries is None or not count:
            self.account.take_implied(
                found, "leg.reception_awareness.retry", False, "without RetryHandling nothing is sent again"
            )
            return
        if not wait:
            self.account.asks(interval or retries, "how long between two attempts?", "ReceptionAwareness.Retry.Parameters")
            return
        found["leg.reception_awareness.retry"] = True
        for item in (retries, interval):
            if item is not None:
                self.account.take(found, item, TEXT, steady_text(count, wait))

    def _window(self, found: dict[str, Any], item: Item | None) -> None:
        window = duration(item.text()) if item else None
        if item is not None and window:
            key = "leg.reception_awareness.detect_duplicates_parameters"
            self.account.take(found, item, key, f"window={window // timedelta(seconds=1)}s")

    def _errors(self, found: dict[str, Any], errors: Item | None) -> None:
        if errors is None:
            return
        for name, key in (
            ("DeliveryFailuresNotifyProducer", "delivery_failures_notify_producer"),
            ("ProcessErrorNotifyConsumer", "process_error_notify_consumer"),
            ("ProcessErrorNotifyProducer", "process_error_notify_producer"),
        ):
            self.account.take_truth(found, errors.first(name), _REPORT + key)
        refers = errors.first("ReceiverErrorsReportChannelId")
        channel = self._refer(refers)
        if refers is not None and channel is not None:
            self.account.take(found, refers, _REPORT + "as_response", bool(boolean(channel.first("@asResponse"))))

    def _receipts(self, found: dict[str, Any], receipts: Item | None) -> None:
        if receipts is None:
            self.account.take_implied(
                found, "leg.security.send_receipt.send", False, "a channel without ReceiptHandling has no receipts"
            )
            return
        self.account.take(found, receipts, "leg.security.send_receipt.send", True)
        form = receipts.first("ReceiptFormat")
        if form is not None:
            self.account.take(found, form, "leg.security.send_receipt.non_repudiation", form.text() == _PROOF)
        refers = receipts.first("ReceiptChannelId")
        channel = self._refer(refers)
        if refers is not None and channel is not None:
            pattern = "Response" if boolean(channel.first("@asResponse")) else "Callback"
            self.account.take(found, refers, "leg.security.send_receipt.reply_pattern", pattern)

    def _properties(self, found: dict[str, Any], bound: Item) -> None:
        shared = self._refer(bound.first("@propertySetId"))
        listed = [*bound.all("Property"), *(shared.all("Property") if shared else [])]
        found["leg.business_info.properties"] = check_rules(
            [
                {
                    "name": one.text("@name"),
                    "required": (integer(one.first("@minOccurs")) or 0) > 0,
                    "datatype": "string",
                    "description": "",
                }
                for one in listed
            ]
        )

    def _payloads(self, found: dict[str, Any], bound: Item) -> None:
        profile = self._refer(bound.first("@payloadProfileId") or bound.first("PayloadProfileId"))
        parts = profile.all("PayloadPart") if profile else []
        found["leg.business_info.payload_profile"] = check_rules(
            [
                {
                    "name": one.text("PartName"),
                    "mime_type": one.text("MIMEContentType") or None,
                    "max_size": None,
                    "required": (integer(one.first("@minOccurs")) or 0) > 0,
                }
                for one in parts
            ]
        )


def _der(item: Item | None) -> bytes | None:
    if item is None or not item.value:
        return None
    try:
        found = base64.b64decode("".join(item.text().split()), validate=True)
    except ValueError:
        return None
    # A certificate is a sequence.
    return found if found[:1] == b"\x30" else None
