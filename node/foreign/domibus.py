"""Domibus P-Modes (`http://domibus.eu/configuration`): one file has many parties and processes, of which those with us become exchanges."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from itertools import islice
from typing import Any, Final

from node.agreements.retrying import TEXT
from node.ebms.message import AgreementRef, PartyId, Service
from node.ebms.namespaces import DEFAULT_MPC, GZIP
from node.foreign.account import Account, Rules, asks, gives, holds, ignored, secret, unsupported
from node.foreign.bindings import LegWay, ways
from node.foreign.exchange import Exchange, Side
from node.foreign.items import ForeignRefused, Item, boolean, integer
from node.foreign.reading import MOST_EXCHANGES, Reading, check_rules
from node.foreign.waits import steady_text
from node.foreign.we import We
from node.msh.schedule import duration_text
from node.security import algorithms as a

NAMESPACE: Final = "http://domibus.eu/configuration"
_B: Final = "configuration/businessProcesses"
_NAME = holds("a name within this file")
_KEEPING = ignored("how long messages are kept is each side's own: [retention]")
_REFERS = holds("refers to a name within this file")

# fmt: off
RULES: Final[Rules] = {
    "configuration": holds(), "configuration/@party": gives("Party (us)"),
    "configuration/@xsi:schemaLocation": ignored("says where a schema lies"),
    "configuration/mpcs": holds(), "configuration/mpcs/mpc": holds(), "configuration/mpcs/mpc/@name": _NAME,
    **{f"configuration/mpcs/mpc/@{name}": _KEEPING for name in (
        "retention_downloaded", "retention_undownloaded", "retention_sent", "metadata_retention_offset", "retention_metadata_offset",
        "delete_message_metadata", "max_batch_delete")},
    "configuration/mpcs/mpc/@default": ignored("each leg names its channel"),
    "configuration/mpcs/mpc/@enabled": ignored("a channel is open as long as an agreement has it"),
    "configuration/mpcs/mpc/@qualifiedName": gives("BusinessInfo.MPC"),
    _B: holds(), f"{_B}/roles": holds(), f"{_B}/roles/role": holds(), f"{_B}/roles/role/@name": _NAME,
    f"{_B}/roles/role/@value": gives("PMode.Initiator.Role, PMode.Responder.Role"),
    f"{_B}/parties": holds(), f"{_B}/parties/partyIdTypes": holds(), f"{_B}/parties/partyIdTypes/partyIdType": holds(),
    f"{_B}/parties/partyIdTypes/partyIdType/@name": _NAME, f"{_B}/parties/partyIdTypes/partyIdType/@value": gives("Party (type)"),
    f"{_B}/parties/party": holds(), f"{_B}/parties/party/@name": _NAME, f"{_B}/parties/party/@endpoint": gives("Protocol.Address"),
    f"{_B}/parties/party/@userName": unsupported("Security.UsernameToken.username", "user messages carry no username token here"),
    f"{_B}/parties/party/@password": secret(),
    f"{_B}/parties/party/@allowChunking": ignored("both forms of HTTP are understood"),
    f"{_B}/parties/party/identifier": holds(), f"{_B}/parties/party/identifier/@partyId": gives("Party"),
    f"{_B}/parties/party/identifier/@partyIdType": _REFERS,
    f"{_B}/meps": holds(), f"{_B}/meps/mep": holds(), f"{_B}/meps/mep/@name": _NAME, f"{_B}/meps/mep/@value": gives("PMode.MEP"),
    f"{_B}/meps/mep/@legs": ignored("follows from the pattern"),
    f"{_B}/meps/binding": holds(), f"{_B}/meps/binding/@name": _NAME, f"{_B}/meps/binding/@value": gives("PMode.MEPbinding"),
    f"{_B}/properties": holds(), f"{_B}/properties/property": holds(), f"{_B}/properties/property/@name": _NAME,
    **{f"{_B}/properties/property/@{name}": gives("BusinessInfo.Properties[]") for name in ("key", "datatype", "required")},
    f"{_B}/properties/propertySet": holds(), f"{_B}/properties/propertySet/@name": _NAME,
    f"{_B}/properties/propertySet/propertyRef": holds(), f"{_B}/properties/propertySet/propertyRef/@property": _REFERS,
    f"{_B}/payloadProfiles": holds(), f"{_B}/payloadProfiles/payload": holds(), f"{_B}/payloadProfiles/payload/@name": _NAME,
    **{f"{_B}/payloadProfiles/payload/@{name}": gives("BusinessInfo.PayloadProfile[]")
       for name in ("cid", "mimeType", "maxSize", "required")},
    f"{_B}/payloadProfiles/payload/@inBody": ignored("payloads of this node are attachments"),
    f"{_B}/payloadProfiles/payload/@schemaFile": asks("a schema file of theirs: documents are checked by packs here"),
    f"{_B}/payloadProfiles/payloadProfile": holds(), f"{_B}/payloadProfiles/payloadProfile/@name": _NAME,
    f"{_B}/payloadProfiles/payloadProfile/@maxSize": gives("BusinessInfo.PayloadProfile.maxSize"),
    f"{_B}/payloadProfiles/payloadProfile/attachment": holds(), f"{_B}/payloadProfiles/payloadProfile/attachment/@name": _REFERS,
    f"{_B}/securities": holds(), f"{_B}/securities/security": holds(), f"{_B}/securities/security/@name": _NAME,
    f"{_B}/securities/security/@policy": gives("Security.X509, x.Signature.KeyIdentifier"),
    f"{_B}/securities/security/@signatureMethod": gives("Security.X509.Signature.Algorithm"),
    f"{_B}/securities/security/@profile": gives("x.Encryption.KeyTransport"),
    f"{_B}/errorHandlings": holds(), f"{_B}/errorHandlings/errorHandling": holds(), f"{_B}/errorHandlings/errorHandling/@name": _NAME,
    f"{_B}/errorHandlings/errorHandling/@errorAsResponse": gives("ErrorHandling.Report.AsResponse"),
    f"{_B}/errorHandlings/errorHandling/@businessErrorNotifyProducer": gives("ErrorHandling.Report.ProcessErrorNotifyProducer"),
    f"{_B}/errorHandlings/errorHandling/@businessErrorNotifyConsumer": gives("ErrorHandling.Report.ProcessErrorNotifyConsumer"),
    f"{_B}/errorHandlings/errorHandling/@deliveryFailureNotifyProducer": gives("ErrorHandling.Report.DeliveryFailuresNotifyProducer"),
    f"{_B}/agreements": holds(), f"{_B}/agreements/agreement": holds(), f"{_B}/agreements/agreement/@name": _NAME,
    **{f"{_B}/agreements/agreement/@{name}": gives("PMode.Agreement") for name in ("value", "type")},
    f"{_B}/services": holds(), f"{_B}/services/service": holds(), f"{_B}/services/service/@name": _NAME,
    **{f"{_B}/services/service/@{name}": gives("BusinessInfo.Service") for name in ("value", "type")},
    f"{_B}/actions": holds(), f"{_B}/actions/action": holds(), f"{_B}/actions/action/@name": _NAME,
    f"{_B}/actions/action/@value": gives("BusinessInfo.Action"),
    f"{_B}/as4": holds(), f"{_B}/as4/receptionAwareness": holds(), f"{_B}/as4/receptionAwareness/@name": _NAME,
    f"{_B}/as4/receptionAwareness/@retry": gives("ReceptionAwareness.Retry.Parameters"),
    f"{_B}/as4/receptionAwareness/@duplicateDetection": gives("ReceptionAwareness.DuplicateDetection"),
    f"{_B}/as4/reliability": holds(), f"{_B}/as4/reliability/@name": _NAME,
    f"{_B}/as4/reliability/@replyPattern": gives("Security.SendReceipt.ReplyPattern"),
    f"{_B}/as4/reliability/@nonRepudiation": gives("Security.SendReceipt.NonRepudiation"),
    f"{_B}/splittingConfigurations": holds(), f"{_B}/splittingConfigurations/splitting": holds(),
    f"{_B}/splittingConfigurations/splitting/**": unsupported("Splitting"),
    f"{_B}/legConfigurations": holds(), f"{_B}/legConfigurations/legConfiguration": holds(),
    f"{_B}/legConfigurations/legConfiguration/@name": _NAME,
    **{f"{_B}/legConfigurations/legConfiguration/@{name}": _REFERS for name in (
        "service", "action", "security", "defaultMpc", "receptionAwareness", "reliability", "propertySet", "payloadProfile",
        "errorHandling")},
    f"{_B}/legConfigurations/legConfiguration/@compressPayloads": gives("PayloadService.CompressionType"),
    f"{_B}/legConfigurations/legConfiguration/@splitting": unsupported("Splitting"),
    f"{_B}/process": holds(), f"{_B}/process/@name": _NAME,
    **{f"{_B}/process/@{name}": _REFERS for name in ("mep", "binding", "initiatorRole", "responderRole", "agreement")},
    f"{_B}/process/initiatorParties": holds(), f"{_B}/process/initiatorParties/initiatorParty": holds(),
    f"{_B}/process/initiatorParties/initiatorParty/@name": _REFERS,
    f"{_B}/process/responderParties": holds(), f"{_B}/process/responderParties/responderParty": holds(),
    f"{_B}/process/responderParties/responderParty/@name": _REFERS,
    f"{_B}/process/legs": holds(), f"{_B}/process/legs/leg": holds(), f"{_B}/process/legs/leg/@name": _REFERS,
}
# fmt: on

#: What the policies of the distribution ask for, by file name without ending: sign, encrypt, and how the signer's key is named.
POLICIES: Final[Mapping[str, tuple[bool, bool, str | None]]] = {
    "eDeliveryAS4Policy": (True, True, "ski"),
    "eDeliveryAS4Policy_BST": (True, True, "bst"),
    "eDeliveryAS4Policy_BST_PKIP": (True, True, "bst-pkipath"),
    "eDeliveryAS4Policy_IS": (True, True, "issuer-serial"),
    "signOnly": (True, False, None),
    "doNothingPolicy": (False, False, None),
}
_POLICY_NAMES: Final = {name.lower(): name for name in POLICIES} | {"donothing": "doNothingPolicy", "signonlypolicy": "signOnly"}
METHODS: Final[Mapping[str, str]] = {
    "RSA_SHA256": a.RSA_SHA256,
    "RSA_SHA384": a.RSA_SHA384,
    "RSA_SHA512": a.RSA_SHA512,
    "ECDSA_SHA256": a.ECDSA_SHA256,
    "ECDSA_SHA384": a.ECDSA_SHA384,
    "ECDSA_SHA512": a.ECDSA_SHA512,
    "ED25519": a.EDDSA_ED25519,
}
_X509: Final = "leg.security.x509."
_REPORT: Final = "leg.error_handling.report."
_REPORTS: Final = {
    "@errorAsResponse": "as_response",
    "@businessErrorNotifyProducer": "process_error_notify_producer",
    "@businessErrorNotifyConsumer": "process_error_notify_consumer",
    "@deliveryFailureNotifyProducer": "delivery_failures_notify_producer",
}


def read(root: Item, account: Account, we: We) -> Reading:
    """The exchanges of a configuration between us and each other party. Raises PartyUnknown."""
    return _Configuration(root, account, we).reading()


class _Configuration:
    """One file; what its parts call each other is looked up by name."""

    def __init__(self, root: Item, account: Account, we: We) -> None:
        self.root, self.account = root, account
        self.business = root.first("businessProcesses") or Item("businessProcesses", "", "")
        self._names: dict[tuple[str, ...], dict[str, Item]] = {}
        self._of_legs: dict[str, dict[str, Any]] = {}
        self.parties = self._by_name("parties", "party")
        party_ids = {name: self._party_ids(one) for name, one in self.parties.items()}
        said = root.first("@party")
        self.us = we.among(party_ids, root.text("@party"))
        if said is not None:
            if said.value == self.us:
                account.used(said, value=self.us, reason="this is us")
            else:
                account.ignored(said, f"the file is {said.value}'s own; we are {self.us}")

    def reading(self) -> Reading:
        every = (one for process in self.business.all("process") for one in self._process(process))
        found = list(islice(every, MOST_EXCHANGES + 1))
        if len(found) > MOST_EXCHANGES:
            raise ForeignRefused(
                f"more than {MOST_EXCHANGES} exchanges of partners and legs; leave in it what concerns one partner"
            )
        return Reading(tuple(found), whole=True)

    # -- looking up --------------------------------------------------------------------------------------------------

    def _by_name(self, *way: str) -> dict[str, Item]:
        """The items at this way by their names; of several of one name the first."""
        if way not in self._names:
            above = self.business.first(*way[:-1])
            listed = above.all(way[-1]) if above else []
            found: dict[str, Item] = {}
            for one in listed:
                found.setdefault(one.text("@name"), one)
            self._names[way] = found
        return self._names[way]

    def _named(self, refers: Item | None, *way: str) -> Item | None:
        """What an attribute refers to. A name that nothing has is told."""
        if refers is None or not refers.value:
            return None
        found = self._by_name(*way).get(str(refers.value))
        if found is None:
            self.account.asks(refers, f"nothing in {'/'.join(way)} has this name")
            return None
        self.account.reach(found)
        return found

    def _party_ids(self, party: Item) -> tuple[PartyId, ...]:
        types = self._by_name("parties", "partyIdTypes", "partyIdType")
        found = []
        for one in party.all("identifier"):
            kind = types.get(one.text("@partyIdType"))
            found.append(PartyId(one.text("@partyId"), (kind.text("@value") if kind else one.text("@partyIdType")) or None))
        return tuple(sorted(found, key=lambda one: (one.type or "", one.value)))

    def _side(self, name: str, role: str) -> Side:
        party = self.parties[name]
        self.account.reach(party)
        for one in party.all("identifier"):
            self._named(one.first("@partyIdType"), "parties", "partyIdTypes", "partyIdType")
        endpoint, alias = party.first("@endpoint"), party.first("@name")
        if endpoint is not None and name == self.us:
            self.account.ignored(endpoint, "our own address stands in node.toml")
        elif alias is not None:
            why = "the partner's certificates lie in their truststore under this name: ask for the files"
            self.account.asks(alias, why, "Security.X509 certificate")
        return Side(self._party_ids(party), role, party.text("@endpoint"), name)

    # -- processes ---------------------------------------------------------------------------------------------------

    def _process(self, process: Item) -> Iterator[Exchange]:
        initiators = [one for one in self._members(process, "initiator") if one in self.parties]
        responders = [one for one in self._members(process, "responder") if one in self.parties]
        pairs = [(self.us, one) for one in responders if one != self.us] if self.us in initiators else []
        pairs += [(one, self.us) for one in initiators if one != self.us] if self.us in responders else []
        if not pairs:
            self._ask_for_members(process, initiators, responders)
            return
        self.account.reach(process)
        for which in ("initiator", "responder"):
            self._check_members(process, which)
        mep = self._named(process.first("@mep"), "meps", "mep")
        binding = self._named(process.first("@binding"), "meps", "binding")
        legs = ways(mep.text("@value") if mep else "", binding.text("@value") if binding else "")
        if legs is None:
            refused = process.first("@binding") or process
            self.account.unsupported(refused, "PMode.MEPbinding", "this node cannot do the pattern with this binding")
            return
        agreement_ref = self._agreement(process)
        roles = [self._named(process.first(f"@{one}Role"), "roles", "role") for one in ("initiator", "responder")]
        initiator_role, responder_role = (one.text("@value") if one else "" for one in roles)
        for initiator, responder in pairs:
            sides = (self._side(initiator, initiator_role), self._side(responder, responder_role))
            yield from self._legs(process, legs, sides, agreement_ref)

    def _members(self, process: Item, which: str) -> list[str]:
        above = process.first(f"{which}Parties")
        return [one.text("@name") for one in above.all(f"{which}Party")] if above else []

    def _ask_for_members(self, process: Item, initiators: list[str], responders: list[str]) -> None:
        """A process without one side takes whoever is found while it runs; with us on the other side it concerns us."""
        for which, other in (("initiator", responders), ("responder", initiators)):
            if process.first(f"{which}Parties") is None and self.us in other:
                self.account.reach(process)
                self.account.asks(
                    process, f"no {which} is named: parties are found while running, and each needs its agreement here"
                )

    def _check_members(self, process: Item, which: str) -> None:
        above = process.first(f"{which}Parties")
        for one in above.all(f"{which}Party") if above else ():
            name = one.first("@name")
            if name is not None and name.value not in self.parties:
                self.account.asks(name, "no party has this name")

    def _agreement(self, process: Item) -> AgreementRef | None:
        found = self._named(process.first("@agreement"), "agreements", "agreement")
        if found is None or not found.text("@value"):
            return None
        return AgreementRef(found.text("@value"), found.text("@type") or None)

    def _legs(
        self, process: Item, legs: tuple[LegWay, ...], sides: tuple[Side, Side], agreement_ref: AgreementRef | None
    ) -> Iterator[Exchange]:
        """A one-way process has any number of legs alike; in a two-way process the second answers the first."""
        above = process.first("legs")
        listed = above.all("leg") if above else []
        first_action = ""
        for i, refers in enumerate(listed):
            leg = self._named(refers.first("@name"), "legConfigurations", "legConfiguration")
            if leg is None:
                continue
            if i >= len(legs) > 1:
                self.account.unsupported(refers, "PMode.MEP", "a two-way exchange has two legs")
                continue
            way = legs[min(i, len(legs) - 1)]
            exchange = self._exchange(leg, way, sides, agreement_ref, first_action if len(legs) > 1 and i else "")
            if exchange is not None:
                first_action = first_action or exchange.action
                yield exchange

    def _exchange(
        self, leg: Item, way: LegWay, sides: tuple[Side, Side], agreement_ref: AgreementRef | None, answers: str
    ) -> Exchange | None:
        service = self._named(leg.first("@service"), "services", "service")
        action = self._named(leg.first("@action"), "actions", "action")
        if service is None or action is None:
            return None
        mpc = self._named_mpc(leg.first("@defaultMpc"))
        initiator, responder = sides
        we_initiate = initiator.name == self.us
        return Exchange(
            service=Service(service.text("@value"), service.text("@type") or None),
            action=action.text("@value"),
            sends=way.by_initiator == we_initiate,
            us=initiator if we_initiate else responder,
            partner=responder if we_initiate else initiator,
            agreement_ref=agreement_ref,
            pulled=way.pulled,
            sync=way.sync,
            mpc=mpc,
            answers=answers,
            parameters=self._parameters(leg),
        )

    def _named_mpc(self, refers: Item | None) -> str:
        if ("mpcs",) not in self._names:
            above = self.root.first("mpcs")
            self._names["mpcs",] = {one.text("@name"): one for one in (above.all("mpc") if above else [])}
        found = self._names["mpcs",].get(refers.text()) if refers is not None else None
        if found is None:
            if refers is not None:
                self.account.asks(refers, "nothing in mpcs/mpc has this name")
            return DEFAULT_MPC
        self.account.reach(found)
        return found.text("@qualifiedName") or DEFAULT_MPC

    # -- parameters of a leg -----------------------------------------------------------------------------------------

    def _parameters(self, leg: Item) -> dict[str, Any]:
        if leg.path not in self._of_legs:
            self._of_legs[leg.path] = self._read_parameters(leg)
        return self._of_legs[leg.path]

    def _read_parameters(self, leg: Item) -> dict[str, Any]:
        found: dict[str, Any] = {}
        compress = leg.first("@compressPayloads")
        if compress is not None:
            self.account.take(found, compress, "leg.payload_service.compression_type", GZIP if boolean(compress) else "none")
        self._security(found, self._named(leg.first("@security"), "securities", "security"))
        self._errors(found, self._named(leg.first("@errorHandling"), "errorHandlings", "errorHandling"))
        self._awareness(found, self._named(leg.first("@receptionAwareness"), "as4", "receptionAwareness"))
        self._reliability(found, self._named(leg.first("@reliability"), "as4", "reliability"))
        self._properties(found, self._named(leg.first("@propertySet"), "properties", "propertySet"))
        self._payloads(found, self._named(leg.first("@payloadProfile"), "payloadProfiles", "payloadProfile"))
        return found

    def _security(self, found: dict[str, Any], security: Item | None) -> None:
        policy = security.first("@policy") if security else None
        if security is None or policy is None:
            return
        stem = str(policy.value).removesuffix(".xml")
        known = _POLICY_NAMES.get(stem.lower())
        if known is None:
            why = f"what the policy {stem!r} asks for stands in a file of theirs: does it sign, encrypt, how are keys named?"
            self.account.asks(policy, why)
            return
        sign, encrypt, key_identifier = POLICIES[known]
        self.account.take(found, policy, _X509 + "encryption.encrypt", encrypt)
        if key_identifier:
            self.account.take(found, policy, "leg.x.signature.key_identifier", key_identifier)
        self.account.take(found, policy, _X509 + "sign", sign)
        if encrypt:
            self.account.take_implied(found, _X509 + "encryption.algorithm", a.AES128_GCM, "the algorithm suite of its policies")
        if sign:
            self._method(found, security)

    def _method(self, found: dict[str, Any], security: Item) -> None:
        method, profile = security.first("@signatureMethod"), security.text("@profile").upper()
        if method is not None:
            algorithm = METHODS.get(str(method.value).upper())
            if algorithm is None:
                self.account.unsupported(
                    method, "Security.X509.Signature.Algorithm", f"{method.value} is not supported by this node"
                )
            else:
                self.account.take(found, method, _X509 + "signature.algorithm", algorithm)
        self.account.take_implied(found, _X509 + "signature.hash_function", a.SHA256, "the algorithm suite of its policies")
        if not found.get(_X509 + "encryption.encrypt"):
            return
        transport = security.first("@profile")
        if profile == "ECC":
            self.account.take(found, transport or security, "leg.x.encryption.key_transport", a.X25519)
            self.account.take_implied(found, "leg.x.encryption.kdf", a.HKDF, "the security profile ECC")
        elif profile in ("", "RSA"):
            if transport is not None:
                self.account.take(found, transport, "leg.x.encryption.key_transport", a.RSA_OAEP)
            elif found.get(_X509 + "signature.algorithm", "").rpartition("#")[2].startswith("rsa"):
                self.account.take_implied(found, "leg.x.encryption.key_transport", a.RSA_OAEP, "the security profile RSA")
        elif transport is not None:
            self.account.asks(transport, "this security profile is not known here", "x.Encryption.KeyTransport")

    def _errors(self, found: dict[str, Any], errors: Item | None) -> None:
        for name, key in _REPORTS.items():
            self.account.take_truth(found, errors.first(name) if errors else None, _REPORT + key)

    def _awareness(self, found: dict[str, Any], awareness: Item | None) -> None:
        if awareness is None:
            return
        self.account.take_truth(found, awareness.first("@duplicateDetection"), "leg.reception_awareness.duplicate_detection")
        retry = awareness.first("@retry")
        if retry is None or not retry.value:
            self.account.take_implied(found, "leg.reception_awareness.retry", False, "without a retry nothing is sent again")
            return
        text = retry_text(str(retry.value))
        if text is None:
            self.account.asks(retry, "is no schedule that is known here")
        elif text:
            found["leg.reception_awareness.retry"] = True
            self.account.take(found, retry, TEXT, text)
        else:
            self.account.take(found, retry, "leg.reception_awareness.retry", False)

    def _reliability(self, found: dict[str, Any], reliability: Item | None) -> None:
        if reliability is None:
            return
        pattern = reliability.first("@replyPattern")
        if pattern is not None:
            self.account.take(found, pattern, "leg.security.send_receipt.reply_pattern", str(pattern.value).capitalize())
        self.account.take_truth(found, reliability.first("@nonRepudiation"), "leg.security.send_receipt.non_repudiation")

    def _properties(self, found: dict[str, Any], listed: Item | None) -> None:
        rules = []
        for refers in listed.all("propertyRef") if listed else []:
            one = self._named(refers.first("@property"), "properties", "property")
            if one is not None:
                kind = one.text("@datatype").lower()
                kind = kind if kind in ("string", "integer", "uri") else "string"
                rules.append(
                    {
                        "name": one.text("@key"),
                        "required": bool(boolean(one.first("@required"))),
                        "datatype": kind,
                        "description": "",
                    }
                )
        # A leg without a set requires none.
        found["leg.business_info.properties"] = check_rules(rules)

    def _payloads(self, found: dict[str, Any], profile: Item | None) -> None:
        found["leg.business_info.payload_profile"] = []
        if profile is None:
            return
        size = integer(profile.first("@maxSize"))
        if size:
            # The product counts octets, the standard kilobytes.
            found["leg.business_info.payload_profile_max_size"] = max(size // 1000, 1)
        rules = []
        for refers in profile.all("attachment"):
            one = self._named(refers.first("@name"), "payloadProfiles", "payload")
            if one is not None:
                largest = integer(one.first("@maxSize"))
                rules.append(
                    {
                        "name": one.text("@cid") or one.text("@name"),
                        "mime_type": one.text("@mimeType") or None,
                        "max_size": max(largest // 1000, 1) if largest else None,
                        "required": bool(boolean(one.first("@required"))),
                    }
                )
        if rules:
            found["leg.business_info.payload_profile"] = check_rules(rules)


def retry_text(written: str) -> str | None:
    """Retry.Parameters of `minutes;count;CONSTANT` or `minutes;first;factor;PROGRESSIVE`; empty for none, None for what is not known."""
    parts = [one.strip() for one in written.split(";")]
    numbers, strategy = parts[:-1], parts[-1].upper()
    if strategy == "SEND_ONCE":
        return ""
    if not all(one.isascii() and one.isdigit() and len(one) <= 6 for one in numbers):
        return None
    counts = [int(one) for one in numbers]
    if strategy == "CONSTANT" and len(counts) == 2:
        minutes, count = counts
        if not minutes or not count:
            return ""
        return steady_text(count, timedelta(minutes=minutes) / count)
    if strategy == "PROGRESSIVE" and len(counts) == 3 and all(counts) and counts[2] <= 100:
        minutes, first, factor = counts
        whole = duration_text(timedelta(minutes=minutes))
        return f"period={first}m; factor={factor}; cap={duration_text(timedelta(minutes=max(minutes, first)))}; jitter=none; horizon={whole}"
    return None
