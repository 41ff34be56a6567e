"""Exchanges written as an agreement of CPPA 3.0: we are PartyInfo, and each way of exchanging has a channel."""

import base64
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

from node.agreements.retrying import TEXT
from node.ebms.namespaces import DEFAULT_MPC, DS, GZIP
from node.foreign.cppa3 import NAMESPACE
from node.foreign.exchange import Exchange, Side
from node.foreign.markup import add, octets, root
from node.foreign.waits import steady
from node.msh.schedule import ScheduleError, read_duration
from node.security import algorithms as a

_X509: Final = "leg.security.x509."
_REPORT: Final = "leg.error_handling.report."
_SIGNALS: Final = "ch_signals"


def write(exchanges: Sequence[Exchange], *, for_partner: bool) -> dict[str, bytes]:
    """One agreement. `for_partner`: the partner is PartyInfo, whose view it is."""
    return {"cpa.xml": octets(_Cpa(exchanges, for_partner=for_partner).element())}


class _Cpa:
    def __init__(self, exchanges: Sequence[Exchange], *, for_partner: bool) -> None:
        self.exchanges, self.for_partner = exchanges, for_partner
        self.channels: dict[tuple[Any, ...], str] = {}
        self.transports: dict[str, str] = {}
        self.places = {one.place: one for one in exchanges}
        self.numbers = {one.place: i for i, one in enumerate(exchanges, 1)}
        self.p = next((one.parameters for one in exchanges if not one.test), exchanges[0].parameters)

    def element(self) -> Any:
        top = root(NAMESPACE, "CPA", "cppa")
        first = self.exchanges[0]
        info = add(top, "AgreementInfo")
        agreement_ref = first.agreement_ref
        add(info, "AgreementIdentifier", {"type": agreement_ref.type if agreement_ref else None}, self._identifier())
        sides = (first.partner, first.us) if self.for_partner else (first.us, first.partner)
        for name, side in zip(("PartyInfo", "CounterPartyInfo"), sides, strict=True):
            self._party(add(top, name), side)
        for roles, listed in self._by_roles().items():
            self._specification(add(top, "ServiceSpecification"), roles, listed)
        self._properties(top)
        self._payloads(top)
        for key, name in self.channels.items():
            self._channel(top, key, name)
        self._signal_channels(top)
        for url, name in self.transports.items():
            add(add(top, "HTTPTransport", {"id": name}), "Endpoint", text=url)
        _take_namespace(top)
        return top

    def _identifier(self) -> str:
        first = self.exchanges[0]
        return first.agreement_ref.value if first.agreement_ref else f"{first.us.name}-{first.partner.name}"

    def _party(self, above: Any, side: Side) -> None:
        add(above, "PartyName", text=side.name)
        for one in side.party_ids:
            add(above, "PartyId", {"type": one.type}, one.value)
        for purpose, der in side.certificates.items():
            keys = add(add(above, "Certificate", {"id": self._certificate_id(side, purpose)}), f"{{{DS}}}KeyInfo")
            add(add(keys, f"{{{DS}}}X509Data"), f"{{{DS}}}X509Certificate", text=base64.b64encode(der).decode())
        named = (("sign", "SigningCertificateRef"), ("encrypt", "EncryptionCertificateRef"))
        held = [(purpose, name) for purpose, name in named if purpose in side.certificates]
        defaults = add(above, "CertificateDefaults") if held else above
        for purpose, name in held:
            add(defaults, name, {"certId": self._certificate_id(side, purpose)})

    def _certificate_id(self, side: Side, purpose: str) -> str:
        which = "us" if side is self.exchanges[0].us else "partner"
        return f"cert_{which}_{purpose}"

    # -- services ----------------------------------------------------------------------------------------------------

    def _by_roles(self) -> dict[tuple[str, str], list[Exchange]]:
        found: dict[tuple[str, str], list[Exchange]] = {}
        for one in self.exchanges:
            found.setdefault((one.us.role, one.partner.role), []).append(one)
        return found

    def _specification(self, above: Any, roles: tuple[str, str], exchanges: list[Exchange]) -> None:
        ours, theirs = roles[::-1] if self.for_partner else roles
        add(above, "PartyRole", {"name": ours})
        add(above, "CounterPartyRole", {"name": theirs})
        services: dict[Any, list[Exchange]] = {}
        for one in exchanges:
            services.setdefault(one.service, []).append(one)
        for service, listed in services.items():
            binding = add(above, "ServiceBinding")
            add(binding, "Service", {"type": service.type}, service.value)
            for one in listed:
                self._action(binding, one)

    def _action(self, above: Any, one: Exchange) -> None:
        first = self._answered(one)
        attributes = {
            "id": self._action_id(one),
            "action": one.action,
            "sendOrReceive": "send" if one.sends != self.for_partner else "receive",
            "replyTo": self._action_id(first) if first else None,
            "payloadProfileId": "payloads" if self.p["leg.business_info.payload_profile"] and not one.test else None,
            "propertySetId": "properties" if self.p["leg.business_info.properties"] and not one.test else None,
        }
        add(add(above, "ActionBinding", attributes), "ChannelId", text=self._channel_of(one))

    def _answered(self, one: Exchange) -> Exchange | None:
        direction = "receive" if one.sends else "send"
        return self.places.get((direction, one.service.value, one.answers)) if one.answers else None

    def _action_id(self, one: Exchange) -> str:
        return f"ab_{self.numbers[one.place]}"

    def _channel_of(self, one: Exchange) -> str:
        key = (one.pulled, one.sync, one.mpc, one.sends, one.sender.url, one.receiver.url, one.agreement_ref is not None)
        return self.channels.setdefault(key, f"ch_{len(self.channels) + 1}")

    def _transport(self, url: str) -> str | None:
        return self.transports.setdefault(url, f"http_{len(self.transports) + 1}") if url else None

    # -- channels ----------------------------------------------------------------------------------------------------

    def _channel(self, top: Any, key: tuple[Any, ...], name: str) -> None:
        pulled, sync, mpc, sends, sender_url, receiver_url, referred = key
        attributes = {
            "id": name,
            "transport": None if pulled or sync else self._transport(receiver_url),
            "asResponse": True if pulled or sync else None,
            "mpc": None if mpc == DEFAULT_MPC else mpc,
            "includeAgreementRef": None if referred else False,
        }
        above = add(top, "ebMS3Channel", attributes)
        add(above, "SOAPVersion", text=self.p["leg.protocol.soap_version"])
        self._security(above, sends=sends)
        self._awareness(above)
        errors = add(above, "ErrorHandling")
        for element, parameter in (
            ("DeliveryFailuresNotifyProducer", "delivery_failures_notify_producer"),
            ("ProcessErrorNotifyConsumer", "process_error_notify_consumer"),
            ("ProcessErrorNotifyProducer", "process_error_notify_producer"),
        ):
            add(errors, element, text=self.p[_REPORT + parameter])
        add(errors, "ReceiverErrorsReportChannelId", text=self._signals(self.p[_REPORT + "as_response"], sender_url))
        if self.p["leg.security.send_receipt.send"]:
            receipts = add(above, "ReceiptHandling")
            proof = self.p["leg.security.send_receipt.non_repudiation"]
            add(receipts, "ReceiptFormat", text="NonRepudiationInformation" if proof else "ReceptionAwareness")
            answered = str(self.p["leg.security.send_receipt.reply_pattern"]).lower() == "response"
            add(receipts, "ReceiptChannelId", text=self._signals(answered, sender_url))
        if pulled:
            add(add(above, "PullHandling"), "PullChannelId", text=f"{name}_pull")
        if self.p["leg.payload_service.compression_type"] == GZIP:
            add(add(above, "Compression"), "CompressionAlgorithm", text=GZIP)
        if pulled:
            asking = {"id": f"{name}_pull", "transport": self._transport(sender_url), "mpc": attributes["mpc"]}
            add(add(top, "ebMS3Channel", asking), "SOAPVersion", text=self.p["leg.protocol.soap_version"])

    def _signals(self, as_response: bool, sender_url: str) -> str:
        """The channel of receipts and errors: the answer, or the sender's address."""
        return _SIGNALS if as_response else f"{_SIGNALS}_{self._transport(sender_url) or 'callback'}"

    def _signal_channels(self, top: Any) -> None:
        named = {one.text for one in top.iter("ReceiptChannelId", "ReceiverErrorsReportChannelId")}
        for name in sorted(one for one in named if one):
            transport = name.removeprefix(f"{_SIGNALS}_") if name != _SIGNALS else None
            known = transport if transport in self.transports.values() else None
            channel = add(top, "ebMS3Channel", {"id": name, "asResponse": True if name == _SIGNALS else None, "transport": known})
            add(channel, "SOAPVersion", text=self.p["leg.protocol.soap_version"])

    def _security(self, above: Any, *, sends: bool) -> None:
        p, first = self.p, self.exchanges[0]
        signer, recipient = (first.us, first.partner) if sends else (first.partner, first.us)
        security = add(above, "WSSecurityBinding")
        add(security, "WSSVersion", text=p["leg.security.wss_version"])
        if p[_X509 + "sign"]:
            signature = add(security, "Signature")
            add(signature, "SignatureAlgorithm", text=p[_X509 + "signature.algorithm"])
            add(signature, "DigestAlgorithm", text=p[_X509 + "signature.hash_function"])
            if "sign" in signer.certificates:
                add(signature, "SigningCertificateRef", {"certId": self._certificate_id(signer, "sign")})
        if p[_X509 + "encryption.encrypt"]:
            encryption = add(security, "Encryption")
            transport = p["leg.x.encryption.key_transport"]
            keys = add(encryption, "KeyEncryption")
            add(keys, "EncryptionAlgorithm", text=transport)
            if transport == a.RSA_OAEP:
                add(keys, "MaskGenerationFunction", text=p["leg.x.encryption.mgf"])
            if transport in (a.RSA_OAEP, a.RSA_OAEP_MGF1P):
                add(keys, "DigestAlgorithm", text=p["leg.x.encryption.digest"])
            add(encryption, "EncryptionAlgorithm", text=p[_X509 + "encryption.algorithm"])
            if "encrypt" in recipient.certificates:
                add(encryption, "EncryptionCertificateRef", {"certId": self._certificate_id(recipient, "encrypt")})

    def _awareness(self, above: Any) -> None:
        p = self.p
        awareness = add(above, "AS4ReceptionAwareness")
        duplicates = add(awareness, "DuplicateHandling")
        add(duplicates, "DuplicateElimination", text=p["leg.reception_awareness.duplicate_detection"])
        window = _window(p["leg.reception_awareness.detect_duplicates_parameters"])
        if window:
            add(duplicates, "PersistDuration", text=window)
        if p["leg.reception_awareness.retry"]:
            found = steady(p[TEXT])
            retries = add(awareness, "RetryHandling")
            add(retries, "Retries", text=found.retries)
            add(retries, "RetryInterval", text=f"PT{max(round(found.interval / timedelta(seconds=1)), 1)}S")

    # -- lists -------------------------------------------------------------------------------------------------------

    def _properties(self, top: Any) -> None:
        rules: Sequence[Mapping[str, Any]] = self.p["leg.business_info.properties"]
        if rules:
            above = add(top, "PropertySet", {"id": "properties"})
            for one in rules:
                add(above, "Property", {"name": one["name"], "minOccurs": 1 if one["required"] else 0})

    def _payloads(self, top: Any) -> None:
        rules: Sequence[Mapping[str, Any]] = self.p["leg.business_info.payload_profile"]
        if rules:
            above = add(top, "PayloadProfile", {"id": "payloads"})
            for one in rules:
                part = add(above, "PayloadPart", {"minOccurs": 1 if one["required"] else 0, "maxOccurs": 1})
                add(part, "PartName", text=one["name"])
                if one["mime_type"]:
                    add(part, "MIMEContentType", text=one["mime_type"])


def _window(text: str) -> str | None:
    _, _, value = text.partition("=")
    try:
        return f"PT{read_duration(value) // timedelta(seconds=1)}S"
    except ScheduleError:
        return None


def _take_namespace(top: Any) -> None:
    for element in top.iter():
        if not element.tag.startswith("{"):
            element.tag = f"{{{NAMESPACE}}}{element.tag}"
