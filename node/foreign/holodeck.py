"""Holodeck B2B P-Modes (`http://holodeck-b2b.org/schemas/2014/10/pmode`): one file has one P-Mode, of one action or of two that answer each other."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final

from node.agreements.retrying import TEXT
from node.ebms.message import AgreementRef, PartyId, Service
from node.ebms.namespaces import DEFAULT_MPC, GZIP
from node.foreign.account import Account, Rule, Rules, asks, gives, holds, ignored, secret, unsupported
from node.foreign.bindings import LegWay, ways
from node.foreign.exchange import Exchange, Side
from node.foreign.items import Item, boolean, integer
from node.foreign.reading import Reading
from node.foreign.uris import HOLODECK_KEYS
from node.foreign.waits import steady_text
from node.foreign.we import We
from node.security import algorithms as a

NAMESPACE: Final = "http://holodeck-b2b.org/schemas/2014/10/pmode"
_DELIVERY = ignored("how that product hands messages over to its own applications")
_KEYSTORE = asks("the certificate lies in their keystore under this name: ask for the file", "Security.X509 certificate")
_OWN = ignored("how that product treats what goes wrong within it")
_FLOW: Final = "PMode/Leg/UserMessageFlow"


def _token(above: str) -> dict[str, Rule]:
    name = f"{above}/UsernameToken"
    return {
        name: holds(),
        f"{name}/@target": ignored("on this node a token goes with pull requests alone"),
        f"{name}/username": gives("PMode.Initiator.Authorization.username"),
        f"{name}/password": secret(),
        f"{name}/password/@type": gives("Security.UsernameToken.Digest"),
        f"{name}/includeNonce": ignored("this node sends and wants both"),
        f"{name}/includeCreated": ignored("this node sends and wants both"),
    }


def _signing(above: str) -> dict[str, Rule]:
    name = f"{above}/Signing"
    return {
        name: gives("Security.X509.Sign"),
        f"{name}/KeystoreAlias": _KEYSTORE,
        f"{name}/KeystoreAlias/@password": secret(),
        f"{name}/enableRevocationCheck": ignored("revocation is each receiver's own policy"),
        f"{name}/KeyReferenceMethod": gives("x.Signature.KeyIdentifier"),
        f"{name}/IncludeCertificatePath": gives("x.Signature.KeyIdentifier"),
        f"{name}/Algorithm": gives("Security.X509.Signature.Algorithm"),
        f"{name}/HashFunction": gives("Security.X509.Signature.HashFunction"),
    }


def _encryption(above: str) -> dict[str, Rule]:
    name = f"{above}/Encryption"
    return {
        name: gives("Security.X509.Encryption.Encrypt"),
        f"{name}/KeystoreAlias": _KEYSTORE,
        f"{name}/KeystoreAlias/@password": secret(),
        f"{name}/Algorithm": gives("Security.X509.Encryption.Algorithm"),
        f"{name}/KeyTransport": holds(),
        f"{name}/KeyTransport/Algorithm": gives("x.Encryption.KeyTransport"),
        f"{name}/KeyTransport/MGFAlgorithm": gives("x.Encryption.MGF"),
        f"{name}/KeyTransport/DigestAlgorithm": gives("x.Encryption.Digest"),
        f"{name}/KeyTransport/KeyReferenceMethod": gives("x.Encryption.KeyIdentifier"),
        f"{name}/KeyAgreement/**": asks("choose the preset whose key agreement this is", "x.Encryption.KeyTransport"),
        f"{name}/KeyAgreement": asks("choose the preset whose key agreement this is", "x.Encryption.KeyTransport"),
    }


def _partner(name: str) -> dict[str, Rule]:
    above = f"PMode/{name}"
    security = f"{above}/SecurityConfiguration"
    return {
        above: holds(),
        f"{above}/PartyId": gives("Party"),
        f"{above}/PartyId/@type": gives("Party (type)"),
        f"{above}/Role": gives(f"PMode.{name}.Role"),
        security: holds(),
        **{shape: _user_token(rule) for shape, rule in _token(security).items()},
        **_signing(security),
        **_encryption(security),
    }


def _user_token(rule: Rule) -> Rule:
    """A token of user messages, which this node does not send."""
    return rule if rule.secret else unsupported("Security.UsernameToken.username", "user messages carry no username token here")


# fmt: off
RULES: Final[Rules] = {
    "PMode": holds(), "PMode/@xsi:schemaLocation": ignored("says where a schema lies"),
    "PMode/id": ignored("P-Modes of this node are named by partner, service and action"), "PMode/id/@include": gives("PMode.ID"),
    "PMode/mep": gives("PMode.MEP"), "PMode/mepBinding": gives("PMode.MEPbinding"),
    **_partner("Initiator"), **_partner("Responder"),
    "PMode/Agreement": holds(), "PMode/Agreement/name": gives("PMode.Agreement"), "PMode/Agreement/type": gives("PMode.Agreement"),
    "PMode/Leg": holds(), "PMode/Leg/@label": ignored("legs are counted"),
    "PMode/Leg/Protocol": holds(), "PMode/Leg/Protocol/Address": gives("Protocol.Address"),
    "PMode/Leg/Protocol/SoapVersion": gives("Protocol.SOAPVersion"),
    "PMode/Leg/Protocol/AddActorOrRoleAttribute": gives("Protocol.AddActorOrRoleAttribute"),
    "PMode/Leg/Protocol/UseChunking": ignored("both forms of HTTP are understood"),
    "PMode/Leg/Protocol/UseHTTPCompression": ignored("payloads are compressed by the AS4 feature"),
    "PMode/Leg/Protocol/TLSConfiguration": holds(),
    "PMode/Leg/Protocol/TLSConfiguration/**": asks("TLS is set in node.toml and by certificates.tls: compare by hand"),
    "PMode/Leg/Receipt": gives("Security.SendReceipt"),
    "PMode/Leg/Receipt/ReplyPattern": gives("Security.SendReceipt.ReplyPattern"),
    "PMode/Leg/Receipt/To": gives("Security.SendReceipt.ReplyTo"),
    "PMode/Leg/Receipt/NotifyReceiptToBusinessApplication": gives("ErrorHandling.Report.MissingReceiptNotifyProducer"),
    "PMode/Leg/Receipt/ReceiptDelivery": _DELIVERY, "PMode/Leg/Receipt/ReceiptDelivery/**": _DELIVERY,
    "PMode/Leg/ReceptionAwareness": holds(),
    "PMode/Leg/ReceptionAwareness/MaxRetries": gives("ReceptionAwareness.Retry.Parameters"),
    "PMode/Leg/ReceptionAwareness/RetryInterval": gives("ReceptionAwareness.Retry.Parameters"),
    "PMode/Leg/ReceptionAwareness/WaitIntervals": gives("ReceptionAwareness.Retry.Parameters"),
    "PMode/Leg/ReceptionAwareness/UseDuplicateElimination": gives("ReceptionAwareness.DuplicateDetection"),
    "PMode/Leg/DefaultDelivery": _DELIVERY, "PMode/Leg/DefaultDelivery/**": _DELIVERY,
    "PMode/Leg/PullRequestFlow": holds(), "PMode/Leg/PullRequestFlow/Mpc": gives("BusinessInfo.MPC"),
    "PMode/Leg/PullRequestFlow/ErrorHandling": _OWN, "PMode/Leg/PullRequestFlow/ErrorHandling/**": _OWN,
    "PMode/Leg/PullRequestFlow/SecurityConfiguration": holds(),
    **_token("PMode/Leg/PullRequestFlow/SecurityConfiguration"),
    "PMode/Leg/PullRequestFlow/SecurityConfiguration/Signing": ignored("pull requests are signed as messages are"),
    "PMode/Leg/PullRequestFlow/SecurityConfiguration/Signing/**": ignored("pull requests are signed as messages are"),
    "PMode/Leg/PullRequestFlow/SecurityConfiguration/Signing/KeystoreAlias/@password": secret(),
    _FLOW: holds(), f"{_FLOW}/BusinessInfo": holds(), f"{_FLOW}/BusinessInfo/Action": gives("BusinessInfo.Action"),
    f"{_FLOW}/BusinessInfo/Mpc": gives("BusinessInfo.MPC"), f"{_FLOW}/BusinessInfo/Service": holds(),
    f"{_FLOW}/BusinessInfo/Service/name": gives("BusinessInfo.Service"), f"{_FLOW}/BusinessInfo/Service/type": gives("BusinessInfo.Service"),
    f"{_FLOW}/BusinessInfo/Property": holds(), f"{_FLOW}/BusinessInfo/Property/name": gives("BusinessInfo.Properties[]"),
    f"{_FLOW}/BusinessInfo/Property/value": asks("each submission gives the values of its properties: let the application give this one"),
    f"{_FLOW}/BusinessInfo/Property/type": ignored("each submission gives its properties"),
    f"{_FLOW}/ErrorHandling": holds(), f"{_FLOW}/ErrorHandling/ReplyPattern": gives("ErrorHandling.Report.AsResponse"),
    f"{_FLOW}/ErrorHandling/ReceiverErrorsTo": gives("ErrorHandling.Report.ReceiverErrorsTo"),
    f"{_FLOW}/ErrorHandling/AddSOAPFault": ignored("errors are understood with and without a SOAP fault"),
    f"{_FLOW}/ErrorHandling/ReportErrorOnError": _OWN, f"{_FLOW}/ErrorHandling/ReportErrorOnReceipt": _OWN,
    f"{_FLOW}/ErrorHandling/NotifyErrorToBusinessApplication": gives("ErrorHandling.Report.ProcessErrorNotifyProducer"),
    f"{_FLOW}/ErrorHandling/ErrorDelivery": _DELIVERY, f"{_FLOW}/ErrorHandling/ErrorDelivery/**": _DELIVERY,
    f"{_FLOW}/PayloadProfile": holds(), f"{_FLOW}/PayloadProfile/UseAS4Compression": gives("PayloadService.CompressionType"),
    f"{_FLOW}/CustomValidation": ignored("documents are checked by packs here"),
    f"{_FLOW}/CustomValidation/**": ignored("documents are checked by packs here"),
    "PMode/Leg/EventHandlers": _DELIVERY, "PMode/Leg/EventHandlers/**": _DELIVERY,
}
# fmt: on

_X509: Final = "leg.security.x509."
_OUR_ADDRESS: Final = "our own address stands in node.toml"


def read(root: Item, account: Account, we: We) -> Reading:
    """The exchanges of one P-Mode. Raises PartyUnknown."""
    return Reading(tuple(_PMode(root, account, we).exchanges()), whole=False)


class _PMode:
    def __init__(self, root: Item, account: Account, we: We) -> None:
        self.root, self.account = root, account
        account.reach(root)
        self.items = {name: root.first(name) for name in ("Initiator", "Responder")}
        sides = {name: self._side(item) for name, item in self.items.items() if item is not None}
        names = {side.name: side.party_ids for side in sides.values() if side.party_ids}
        us = we.among(names)
        self.we_initiate = "Initiator" in sides and sides["Initiator"].name == us
        self.initiator = sides.get("Initiator") or Side(())
        self.responder = sides.get("Responder") or Side(())
        self._own_keys("Initiator" if self.we_initiate else "Responder")

    def _own_keys(self, ours: str) -> None:
        for part in ("Signing", "Encryption"):
            alias = (self._security(ours, part) or Item("", "", "")).first("KeystoreAlias")
            if alias is not None:
                self.account.ignored(alias, "our own keys lie in certs/own")

    def _side(self, item: Item) -> Side:
        party_ids = tuple(
            sorted(
                (PartyId(one.text(), one.text("@type") or None) for one in item.all("PartyId")),
                key=lambda one: (one.type or "", one.value),
            )
        )
        return Side(party_ids, item.text("Role"), "", party_ids[0].value if party_ids else "")

    def exchanges(self) -> Iterator[Exchange]:
        mep, binding = self.root.first("mep"), self.root.first("mepBinding")
        legs = ways(self.root.text("mep"), self.root.text("mepBinding"))
        if legs is None:
            for item, parameter in ((mep, "PMode.MEP"), (binding, "PMode.MEPbinding")):
                if item is not None:
                    self.account.unsupported(item, parameter, "this node cannot do the pattern with this binding")
            return
        self._id()
        action = ""
        for way, leg in zip(legs, self.root.all("Leg"), strict=False):
            exchange = self._exchange(way, leg, action)
            if exchange is not None:
                action = exchange.action
                yield exchange
        for leg in self.root.all("Leg")[len(legs) :]:
            self.account.unsupported(leg, "PMode.MEP", "the pattern has fewer legs")

    def _id(self) -> None:
        include = self.root.first("id", "@include")
        if include is not None and boolean(include):
            self.account.used(include, "PMode.ID", self.root.text("id"))
        elif include is not None:
            self.account.ignored(include, "the P-Mode is not named in messages, which is as it should be")

    def _agreement(self) -> AgreementRef | None:
        name = self.root.text("Agreement", "name")
        if not name:
            return None
        pmode = self.root.text("id") if boolean(self.root.first("id", "@include")) else None
        return AgreementRef(name, self.root.text("Agreement", "type") or None, pmode)

    def _exchange(self, way: LegWay, leg: Item, answers: str) -> Exchange | None:
        info = leg.first("UserMessageFlow", "BusinessInfo")
        action = info.text("Action") if info else ""
        service = info.text("Service", "name") if info else ""
        if info is None or not action or not service:
            self.account.asks(info or leg, "service and action are left to each submission there: which are agreed?")
            return None
        sends = way.by_initiator == self.we_initiate
        us, partner = (self.initiator, self.responder) if self.we_initiate else (self.responder, self.initiator)
        return Exchange(
            service=Service(service, info.text("Service", "type") or None),
            action=action,
            sends=sends,
            us=us,
            partner=Side(partner.party_ids, partner.role, self._partner_url(leg, way, sends=sends), partner.name),
            agreement_ref=self._agreement(),
            pulled=way.pulled,
            sync=way.sync,
            mpc=self._mpc(leg, info, pulled=way.pulled),
            answers=answers,
            parameters=self._parameters(leg, way, sends=sends),
        )

    def _partner_url(self, leg: Item, way: LegWay, *, sends: bool) -> str:
        """The partner's address: that of the leg where we call, else where receipts and errors about its messages go."""
        address = leg.first("Protocol", "Address")
        receipts, errors = leg.first("Receipt", "To"), leg.first("UserMessageFlow", "ErrorHandling", "ReceiverErrorsTo")
        we_call = sends != way.pulled
        found = address.text() if address is not None and we_call else ""
        if address is not None and not we_call:
            self.account.ignored(address, _OUR_ADDRESS)
        for one in (receipts, errors):
            if one is not None and sends:
                self.account.ignored(one, _OUR_ADDRESS)
            elif one is not None:
                found = found or one.text()
        return found

    def _mpc(self, leg: Item, info: Item, *, pulled: bool) -> str:
        channel = leg.text("PullRequestFlow", "Mpc") if pulled else ""
        return channel or info.text("Mpc") or DEFAULT_MPC

    # -- parameters --------------------------------------------------------------------------------------------------

    def _parameters(self, leg: Item, way: LegWay, *, sends: bool) -> dict[str, Any]:
        found: dict[str, Any] = {}
        self.account.take_text(found, leg.first("Protocol", "SoapVersion"), "leg.protocol.soap_version")
        self.account.take_truth(
            found, leg.first("Protocol", "AddActorOrRoleAttribute"), "leg.protocol.add_actor_or_role_attribute"
        )
        self._receipt(found, leg)
        self._awareness(found, leg.first("ReceptionAwareness"))
        flow = leg.first("UserMessageFlow")
        if flow is not None:
            self._flow(found, flow)
        from_initiator = sends == self.we_initiate
        sender, receiver = ("Initiator", "Responder") if from_initiator else ("Responder", "Initiator")
        self._signing(found, self._security(sender, "Signing"))
        self._encryption(found, self._security(receiver, "Encryption"))
        self._signals(found, self._security(receiver, "Signing"))
        self._authorization(found, leg, pulled=way.pulled)
        return found

    def _security(self, party: str, part: str) -> Item | None:
        item = self.items[party]
        return item.first("SecurityConfiguration", part) if item else None

    def _receipt(self, found: dict[str, Any], leg: Item) -> None:
        receipt = leg.first("Receipt")
        if receipt is None:
            self.account.take_implied(found, "leg.security.send_receipt.send", False, "a leg without Receipt has no receipts")
            return
        self.account.take(found, receipt, "leg.security.send_receipt.send", True)
        pattern = receipt.first("ReplyPattern")
        if pattern is not None:
            self.account.take(found, pattern, "leg.security.send_receipt.reply_pattern", pattern.text().capitalize())
        notify = receipt.first("NotifyReceiptToBusinessApplication")
        self.account.take_truth(found, notify, "leg.error_handling.report.missing_receipt_notify_producer")

    def _awareness(self, found: dict[str, Any], awareness: Item | None) -> None:
        if awareness is None:
            self.account.take_implied(
                found, "leg.reception_awareness.retry", False, "a leg without ReceptionAwareness sends once"
            )
            return
        self.account.take_truth(found, awareness.first("UseDuplicateElimination"), "leg.reception_awareness.duplicate_detection")
        retries, interval, waits = (awareness.first(name) for name in ("MaxRetries", "RetryInterval", "WaitIntervals"))
        if waits is not None:
            words = waits.text().replace(",", " ").split()
            if words and all(one.isascii() and one.isdigit() for one in words):
                found["leg.reception_awareness.retry"] = True
                self.account.take(found, waits, TEXT, "intervals=" + " ".join(f"{one}s" for one in words))
            else:
                self.account.asks(waits, "is no list of seconds")
        count, seconds = integer(retries), integer(interval)
        if retries is None or count is None:
            return
        if not count or not seconds:
            self.account.take(found, retries, "leg.reception_awareness.retry", False)
            return
        text = steady_text(count, timedelta(seconds=seconds))
        found["leg.reception_awareness.retry"] = True
        self.account.take(found, retries, TEXT, text)
        if interval is not None:
            self.account.take(found, interval, TEXT, text)

    def _flow(self, found: dict[str, Any], flow: Item) -> None:
        errors = flow.first("ErrorHandling")
        pattern = errors.first("ReplyPattern") if errors else None
        if pattern is not None:
            self.account.take(found, pattern, "leg.error_handling.report.as_response", pattern.text() == "RESPONSE")
        if errors is not None:
            notify = errors.first("NotifyErrorToBusinessApplication")
            self.account.take_truth(found, notify, "leg.error_handling.report.process_error_notify_producer")
        compression = flow.first("PayloadProfile", "UseAS4Compression")
        if compression is not None:
            self.account.take(
                found, compression, "leg.payload_service.compression_type", GZIP if boolean(compression) else "none"
            )
        else:
            self.account.take_implied(
                found, "leg.payload_service.compression_type", "none", "without UseAS4Compression nothing is compressed"
            )
        info = flow.first("BusinessInfo")
        rules = [
            {"name": one.text("name"), "required": True, "datatype": "string", "description": ""}
            for one in (info.all("Property") if info else [])
        ]
        if rules:
            found["leg.business_info.properties"] = rules

    def _signing(self, found: dict[str, Any], signing: Item | None) -> None:
        if signing is None:
            self.account.take_implied(found, _X509 + "sign", False, "a sender without Signing does not sign")
            return
        self.account.take(found, signing, _X509 + "sign", True)
        for item, key, value in _signing_values(signing):
            if item is None:
                self.account.take_implied(found, key, value, "the default of the product")
            else:
                self.account.take(found, item, key, value)
                path = signing.first("IncludeCertificatePath")
                if path is not None and key == "leg.x.signature.key_identifier":
                    self.account.take(found, path, key, value)

    def _signals(self, found: dict[str, Any], signing: Item | None) -> None:
        """How the receiver signs receipts: here as the sender signs messages."""
        if signing is None:
            return
        if not found.get(_X509 + "sign"):
            self.account.unsupported(
                signing, "Security.X509.Sign", "this node signs receipts where it signs messages, and there alone"
            )
            return
        for item, key, value in _signing_values(signing):
            if item is not None and found.get(key) not in (None, value):
                self.account.unsupported(item, "", "the two sides sign in different ways: this node takes one way for both")
            elif item is not None:
                self.account.take(found, item, key, value)

    def _encryption(self, found: dict[str, Any], encryption: Item | None) -> None:
        if encryption is None:
            self.account.take_implied(
                found, _X509 + "encryption.encrypt", False, "nothing is encrypted to a receiver without Encryption"
            )
            return
        self.account.take(found, encryption, _X509 + "encryption.encrypt", True)
        algorithm = encryption.first("Algorithm")
        if algorithm is None:
            self.account.take_implied(found, _X509 + "encryption.algorithm", a.AES128_GCM, "the default of the product")
        self.account.take_text(found, algorithm, _X509 + "encryption.algorithm")
        transport = encryption.first("KeyTransport")
        if transport is not None:
            self.account.take_text(found, transport.first("Algorithm"), "leg.x.encryption.key_transport")
            self.account.take_text(found, transport.first("MGFAlgorithm"), "leg.x.encryption.mgf")
            self.account.take_text(found, transport.first("DigestAlgorithm"), "leg.x.encryption.digest")
        key = "leg.x.encryption.key_identifier"
        method = transport.first("KeyReferenceMethod") if transport else None
        if method is not None:
            self.account.take(found, method, key, HOLODECK_KEYS.get(method.text(), method.text()))
        elif encryption.first("KeyAgreement") is None:
            self.account.take_implied(found, key, "issuer-serial", "the default of the product")

    def _authorization(self, found: dict[str, Any], leg: Item, *, pulled: bool) -> None:
        token = leg.first("PullRequestFlow", "SecurityConfiguration", "UsernameToken")
        username = token.first("username") if token else None
        if not pulled or username is None or token is None:
            return
        self.account.asks(
            username, "the password is agreed anew: then leg.security.pmode_authorize = true and both names are set"
        )
        kind = token.first("password", "@type")
        if kind is not None:
            self.account.take(found, kind, "leg.security.username_token.digest", kind.text() == "Digest")


def _signing_values(signing: Item) -> Iterator[tuple[Item | None, str, Any]]:
    method, path = signing.first("KeyReferenceMethod"), signing.first("IncludeCertificatePath")
    kind = HOLODECK_KEYS.get(method.text(), method.text()) if method else "issuer-serial"
    yield method, "leg.x.signature.key_identifier", "bst-pkipath" if kind == "bst" and boolean(path) else kind
    algorithm, digest = signing.first("Algorithm"), signing.first("HashFunction")
    yield algorithm, _X509 + "signature.algorithm", algorithm.text() if algorithm else a.RSA_SHA256
    yield digest, _X509 + "signature.hash_function", digest.text() if digest else a.SHA256
