"""phase4's P-Modes as JSON: an object for one P-Mode, or an array of them. Names are those of its JSON converters, slips included."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final

from node.agreements.retrying import TEXT
from node.ebms.message import AgreementRef, PartyId, Service
from node.ebms.namespaces import DEFAULT_MPC, EB, GZIP
from node.foreign.account import Account, Rule, Rules, gives, holds, ignored, secret, unsupported
from node.foreign.bindings import LegWay, ways
from node.foreign.exchange import Exchange, Side
from node.foreign.items import Item, boolean, integer
from node.foreign.reading import Reading
from node.foreign.uris import PHASE4_BINDINGS, PHASE4_CIPHERS, PHASE4_DIGESTS, PHASE4_SIGNATURES
from node.foreign.waits import steady_text
from node.foreign.we import We

_RELIABLE = unsupported("Reliability.AtLeastOnce.Contract", "AS4 has reception awareness instead")
_TOKEN = unsupported("Security.UsernameToken.username", "user messages carry no username token here")
_FIXED = ignored("AS4 fixes what is signed and encrypted")
_X509: Final = "leg.security.x509."
_REPORT: Final = "leg.error_handling.report."
_SECURITY: Final = {
    "WSSVersion": "leg.security.wss_version",
    "X509SignatureAlgorithm": _X509 + "signature.algorithm",
    "X509SignatureHashFunction": _X509 + "signature.hash_function",
    "X509EncryptionAlgorithm": _X509 + "encryption.algorithm",
    "X509EncryptionMinimumStrength": _X509 + "encryption.minimum_strength",
    "PModeAuthorize": "leg.security.pmode_authorize",
    "SendReceipt": "leg.security.send_receipt.send",
    "SendReceiptReplyPattern": "leg.security.send_receipt.reply_pattern",
    "SendReceiptNonRepudiation": "leg.security.send_receipt.non_repudiation",
}
_REPORTS: Final = {
    "ReportAsResponse": "as_response",
    "ReportProcessErrorNotifyConsumer": "process_error_notify_consumer",
    "ReportProcessErrorNotifyProducer": "process_error_notify_producer",
    "ReportDeliveryFailuresNotifyProducer": "delivery_failures_notify_producer",
}
_NAMES: Final = {
    "X509SignatureAlgorithm": PHASE4_SIGNATURES,
    "X509SignatureHashFunction": PHASE4_DIGESTS,
    "X509EncryptionAlgorithm": PHASE4_CIPHERS,
}


def _party(name: str) -> dict[str, Rule]:
    return {
        name: holds(),
        f"{name}/IDType": gives("Party (type)"),
        f"{name}/IDValue": gives("Party"),
        f"{name}/Role": gives(f"PMode.{name}.Role"),
        f"{name}/Username": unsupported(
            f"PMode.{name}.Authorization.username", "agree on it and on a new password by another way"
        ),
        f"{name}/Password": secret(),
    }


# fmt: off
def _leg(name: str) -> dict[str, Rule]:
    info, security, errors = f"{name}/BusinessInfo", f"{name}/Security", f"{name}/ErrorHandling"
    return {
        name: holds(), f"{name}/Protocol": holds(), f"{name}/Protocol/Address": gives("Protocol.Address"),
        f"{name}/Protocol/SoapVersion": gives("Protocol.SOAPVersion"),
        info: holds(), f"{info}/Service": gives("BusinessInfo.Service"), f"{info}/ServiceType": gives("BusinessInfo.Service"),
        f"{info}/Action": gives("BusinessInfo.Action"), f"{info}/MPCID": gives("BusinessInfo.MPC"),
        f"{info}/Properties": holds(), f"{info}/Properties/*": holds(),
        **{f"{info}/Properties/*/{one}": gives("BusinessInfo.Properties[]") for one in ("Name", "Description", "DataType", "Mandatory")},
        f"{info}/PayloadProfile": holds(), f"{info}/PayloadProfile/*": holds(),
        **{f"{info}/PayloadProfile/*/{one}": gives("BusinessInfo.PayloadProfile[]") for one in ("Name", "MimeType", "MaxSizeKB", "Mandatory")},
        f"{info}/PayloadProfile/*/XSDFilename": ignored("documents are checked by packs here"),
        f"{info}/PayloadProfileMaxKB": gives("BusinessInfo.PayloadProfile.maxSize"),
        errors: holds(),
        f"{errors}/ReportSenderErrorsTo": unsupported("ErrorHandling.Report.SenderErrorsTo"),
        f"{errors}/ReportSenderErrorsTo/*": unsupported("ErrorHandling.Report.SenderErrorsTo"),
        f"{errors}/ReportReceiverErrorsTo": gives("ErrorHandling.Report.ReceiverErrorsTo"),
        f"{errors}/ReportReceiverErrorsTo/*": gives("ErrorHandling.Report.ReceiverErrorsTo"),
        f"{errors}/ReportAsResponse": gives("ErrorHandling.Report.AsResponse"),
        f"{errors}/ReportProcessErrorNotifyConsumer": gives("ErrorHandling.Report.ProcessErrorNotifyConsumer"),
        f"{errors}/ReportProcessErrorNotifyProducer": gives("ErrorHandling.Report.ProcessErrorNotifyProducer"),
        f"{errors}/ReportDeliveryFailuresNotifyProducer": gives("ErrorHandling.Report.DeliveryFailuresNotifyProducer"),
        f"{name}/Reliability": _RELIABLE, f"{name}/Reliability/**": _RELIABLE,
        security: holds(),
        f"{security}/WSSVersion": gives("Security.WSSVersion"),
        f"{security}/X509SignElement": _FIXED, f"{security}/X509SignElement/*": _FIXED,
        f"{security}/X509SignAttachment": _FIXED, f"{security}/X509SignAttachment/*": _FIXED,
        f"{security}/X509SignatureCertificate": ignored("certificates are compared by another way: --sign-cert FILE"),
        f"{security}/X509SignatureHashFunction": gives("Security.X509.Signature.HashFunction"),
        f"{security}/X509SignatureAlgorithm": gives("Security.X509.Signature.Algorithm"),
        f"{security}/X509EncryptionEncryptElement": _FIXED, f"{security}/X509EncryptionEncryptElement/*": _FIXED,
        f"{security}/X509EncryptionEncryptAttachment": _FIXED, f"{security}/X509EncryptionEncryptAttachment/*": _FIXED,
        f"{security}/X509EncryptionCertificate": ignored("certificates are compared by another way: --encrypt-cert FILE"),
        f"{security}/X509EncryptionAlgorithm": gives("Security.X509.Encryption.Algorithm"),
        f"{security}/X509EncryptionMinimumStrength": gives("Security.X509.Encryption.MinimumStrength"),
        f"{security}/UsernameTokenUsername": _TOKEN, f"{security}/UsernameTokenPassword": secret(),
        f"{security}/UsernameTokenDigest": ignored("without a token it says nothing"),
        f"{security}/UsernameTokenNonce": ignored("without a token it says nothing"),
        f"{security}/UsernameTokenCreated": ignored("without a token it says nothing"),
        f"{security}/PModeAuthorize": gives("Security.PModeAuthorize"),
        f"{security}/SendReceipt": gives("Security.SendReceipt"),
        f"{security}/SendReceiptReplyPattern": gives("Security.SendReceipt.ReplyPattern"),
        f"{security}/SendReceiptNonRepudiation": gives("Security.SendReceipt.NonRepudiation"),
    }


_KEPT = ignored("who wrote it there, and when")
RULES: Final[Rules] = {
    "": holds(), "id": ignored("P-Modes of this node are named by partner, service and action"),
    **dict.fromkeys(("creationldt", "creationuserid", "lastmodldt", "lastmoduserid", "deletionldt", "deletionuserid"), _KEPT),
    "custom": ignored("means something to that product alone"), "custom/**": ignored("means something to that product alone"),
    **_party("Initiator"), **_party("Responder"),
    "Agreement": gives("PMode.Agreement"), "MEP": gives("PMode.MEP"), "MEPBinding": gives("PMode.MEPbinding"),
    **_leg("Leg1"), **_leg("Leg2"),
    "PayloadServices": holds(), "PayloadServices/CompressionMode": gives("PayloadService.CompressionType"),
    "RecepetionAwareness": holds(),
    "RecepetionAwareness/ReceptionAwareness": gives("ReceptionAwareness"),
    "RecepetionAwareness/Retry": gives("ReceptionAwareness.Retry"),
    "RecepetionAwareness/MaxRetries": gives("ReceptionAwareness.Retry.Parameters"),
    "RecepetionAwareness/RetryIntervalMS": gives("ReceptionAwareness.Retry.Parameters"),
    "RecepetionAwareness/DuplicateDetection": gives("ReceptionAwareness.DuplicateDetection"),
}
# fmt: on


def read(root: Item, account: Account, we: We) -> Reading:
    """The exchanges of one P-Mode or of an array of them. Raises PartyUnknown."""
    pmodes = root.items if root.items and root.items[0].name == "*" else [root]
    return Reading(tuple(one for pmode in pmodes for one in _PMode(pmode, account, we).exchanges()), whole=False)


class _PMode:
    def __init__(self, root: Item, account: Account, we: We) -> None:
        self.root, self.account = root, account
        account.reach(root)
        self.sides = {name: self._side(root.first(name)) for name in ("Initiator", "Responder")}
        us = we.among({one.name: one.party_ids for one in self.sides.values() if one.party_ids})
        self.we_initiate = self.sides["Initiator"].name == us

    def _side(self, item: Item | None) -> Side:
        value = item.text("IDValue") if item else ""
        if item is None or not value:
            return Side((), item.text("Role") if item else "")
        return Side((PartyId(value, item.text("IDType") or None),), item.text("Role"), "", value)

    def exchanges(self) -> Iterator[Exchange]:
        binding = self.root.text("MEPBinding").lower()
        mep = {"oneway": EB + "oneWay", "twoway": EB + "twoWay"}.get(self.root.text("MEP").lower(), "")
        legs = ways(mep, EB + PHASE4_BINDINGS.get(binding, ""))
        if legs is None:
            item = self.root.first("MEPBinding") or self.root
            self.account.unsupported(item, "PMode.MEPbinding", "this node cannot do the pattern with this binding")
            return
        action = ""
        for way, name in zip(legs, ("Leg1", "Leg2"), strict=False):
            leg = self.root.first(name)
            exchange = self._exchange(way, leg, action) if leg is not None else None
            if exchange is not None:
                action = exchange.action
                yield exchange
        spare = self.root.first("Leg2")
        if len(legs) == 1 and spare is not None:
            for one in spare.walk():
                self.account.ignored(one, "a one-way exchange has one leg")

    def _exchange(self, way: LegWay, leg: Item, answers: str) -> Exchange | None:
        info = leg.first("BusinessInfo")
        if info is None or not info.text("Service") or not info.text("Action"):
            self.account.asks(info or leg, "which service and action are agreed?")
            return None
        sends = way.by_initiator == self.we_initiate
        initiator, responder = self.sides["Initiator"], self.sides["Responder"]
        us, partner = (initiator, responder) if self.we_initiate else (responder, initiator)
        agreement = self.root.text("Agreement")
        return Exchange(
            service=Service(info.text("Service"), info.text("ServiceType") or None),
            action=info.text("Action"),
            sends=sends,
            us=us,
            partner=Side(partner.party_ids, partner.role, self._partner_url(leg, way, sends=sends), partner.name),
            agreement_ref=AgreementRef(agreement) if agreement else None,
            pulled=way.pulled,
            sync=way.sync,
            mpc=info.text("MPCID") or DEFAULT_MPC,
            answers=answers,
            parameters=self._parameters(leg, sends=sends),
        )

    def _partner_url(self, leg: Item, way: LegWay, *, sends: bool) -> str:
        address = leg.first("Protocol", "Address")
        if address is None or not address.value:
            return ""
        if sends != way.pulled:
            return address.text()
        self.account.ignored(address, "our own address stands in node.toml")
        return ""

    # -- parameters --------------------------------------------------------------------------------------------------

    def _parameters(self, leg: Item, *, sends: bool) -> dict[str, Any]:
        found: dict[str, Any] = {}
        version = leg.first("Protocol", "SoapVersion")
        if version is not None and version.value:
            self.account.take(found, version, "leg.protocol.soap_version", version.text())
        self._security(found, leg.first("Security"))
        self._errors(found, leg.first("ErrorHandling"), sends=sends)
        self._lists(found, leg.first("BusinessInfo"))
        self._awareness(found)
        mode = self.root.first("PayloadServices", "CompressionMode")
        if mode is None or mode.value is None:
            # The product compresses as each message asks, whatever its P-Mode says.
            return found
        self.account.take(found, mode, "leg.payload_service.compression_type", GZIP if mode.text() == "gzip" else mode.text())
        return found

    def _security(self, found: dict[str, Any], security: Item | None) -> None:
        for name, key in _SECURITY.items():
            item = security.first(name) if security else None
            if item is not None and item.value is not None:
                self._take_security(found, item, name, key)
        for name, key in (("X509SignatureAlgorithm", "sign"), ("X509EncryptionAlgorithm", "encryption.encrypt")):
            item = security.first(name) if security else None
            stands = item is not None and item.value is not None
            self.account.take_implied(found, _X509 + key, stands, f"with {name} it is so, without it is not")

    def _take_security(self, found: dict[str, Any], item: Item, name: str, key: str) -> None:
        if name in _NAMES:
            self.account.take(found, item, key, _NAMES[name].get(item.text(), item.text()))
        elif name == "SendReceiptReplyPattern":
            self.account.take(found, item, key, item.text().capitalize())
        elif name == "X509EncryptionMinimumStrength":
            self.account.take(found, item, key, integer(item) or 0)
        elif name == "WSSVersion":
            self.account.take(found, item, key, item.text())
        else:
            self.account.take_truth(found, item, key)

    def _errors(self, found: dict[str, Any], errors: Item | None, *, sends: bool) -> None:
        for name, key in _REPORTS.items():
            self.account.take_truth(found, errors.first(name) if errors else None, _REPORT + key)
        addresses = errors.first("ReportReceiverErrorsTo") if errors else None
        for i, one in enumerate(addresses.items if addresses else []):
            if sends:
                self.account.ignored(one, "our own address stands in node.toml")
            elif i:
                self.account.unsupported(one, "ErrorHandling.Report.ReceiverErrorsTo", "errors go to one address here")
            else:
                self.account.take(found, one, _REPORT + "receiver_errors_to", one.text())

    def _lists(self, found: dict[str, Any], info: Item | None) -> None:
        if info is None:
            return
        size = integer(info.first("PayloadProfileMaxKB"))
        if size:
            found["leg.business_info.payload_profile_max_size"] = size
        properties, payloads = info.first("Properties"), info.first("PayloadProfile")
        # A leg without a list requires nothing.
        found |= {"leg.business_info.properties": [], "leg.business_info.payload_profile": []}
        if properties is not None and properties.items:
            found["leg.business_info.properties"] = [
                {
                    "name": one.text("Name"),
                    "required": bool(boolean(one.first("Mandatory"))),
                    "datatype": one.text("DataType") or "string",
                    "description": one.text("Description"),
                }
                for one in properties.items
            ]
        if payloads is not None and payloads.items:
            found["leg.business_info.payload_profile"] = [
                {
                    "name": one.text("Name"),
                    "mime_type": one.text("MimeType") or None,
                    "max_size": integer(one.first("MaxSizeKB")) or None,
                    "required": bool(boolean(one.first("Mandatory"))),
                }
                for one in payloads.items
            ]

    def _awareness(self, found: dict[str, Any]) -> None:
        awareness = self.root.first("RecepetionAwareness")
        if awareness is None:
            return
        self.account.take_truth(found, awareness.first("ReceptionAwareness"), "leg.reception_awareness.enabled")
        self.account.take_truth(found, awareness.first("Retry"), "leg.reception_awareness.retry")
        self.account.take_truth(found, awareness.first("DuplicateDetection"), "leg.reception_awareness.duplicate_detection")
        retries, interval = awareness.first("MaxRetries"), awareness.first("RetryIntervalMS")
        count, wait = integer(retries), integer(interval)
        for item in (retries, interval):
            if item is None or not found.get("leg.reception_awareness.retry"):
                continue
            if count and wait:
                self.account.take(found, item, TEXT, steady_text(count, timedelta(milliseconds=wait)))
        if not found.get("leg.reception_awareness.retry"):
            for item in (retries, interval):
                if item is not None:
                    self.account.ignored(item, "nothing is sent again")
