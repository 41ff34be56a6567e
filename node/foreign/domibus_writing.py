"""Exchanges written as a Domibus configuration: parties, one leg for each service and action, one process for each pattern and direction."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

from node.agreements.retrying import TEXT
from node.ebms.message import AgreementRef, Service
from node.ebms.namespaces import DEFAULT_MPC, GZIP, ONE_WAY, TWO_WAY
from node.foreign.bindings import named, of_legs
from node.foreign.domibus import METHODS, NAMESPACE, POLICIES
from node.foreign.exchange import Exchange, Side, pairs, swapped
from node.foreign.markup import add, octets, root
from node.foreign.uris import back
from node.foreign.waits import steady
from node.security import algorithms as a

_X509: Final = "leg.security.x509."
_REPORT: Final = "leg.error_handling.report."
_RETENTION: Final = {"retention_downloaded": "0", "retention_undownloaded": "14400"}


def write(exchanges: Sequence[Exchange], *, for_partner: bool) -> dict[str, bytes]:
    """One configuration. `for_partner`: its owner is the partner, who is to load it."""
    return {"pmode.xml": octets(_Configuration(exchanges).element(for_partner=for_partner))}


class _Names:
    """Short names for values, given in the order in which they are met."""

    def __init__(self, word: str) -> None:
        self.word, self.names = word, dict[Any, str]()

    def of(self, value: Any, wish: str = "") -> str:
        if value not in self.names:
            self.names[value] = wish if wish and wish not in self.names.values() else f"{self.word}{len(self.names) + 1}"
        return self.names[value]


class _Configuration:
    def __init__(self, exchanges: Sequence[Exchange]) -> None:
        self.exchanges = exchanges
        self.places = {one.place: one for one in exchanges}
        self.us, self.partner = exchanges[0].us, exchanges[0].partner
        self.mpcs, self.roles, self.types = _Names("mpc"), _Names("role"), _Names("partyType")
        self.services, self.actions, self.legs = _Names("service"), _Names("action"), _Names("leg")
        self.meps, self.bindings, self.agreements = _Names("mep"), _Names("binding"), _Names("agreement")
        self.names = {True: "us", False: self.partner.name if self.partner.name not in ("", "us") else "partner"}

    def element(self, *, for_partner: bool) -> Any:
        top = root(NAMESPACE, "configuration", "db", party=self.names[not for_partner])
        processes = self._processes()
        leg_rows = [self._leg_row(one) for one in self._distinct_legs()]
        self._mpcs(add(top, "mpcs"))
        business = add(top, "businessProcesses")
        party_rows = [(self.names[mine], side, [self._identifier(one) for one in side.party_ids]) for mine, side in self._sides()]
        self._named(add(business, "roles"), "role", self.roles, lambda role: {"value": role})
        self._parties(add(business, "parties"), party_rows)
        meps = add(business, "meps")
        self._named(meps, "mep", self.meps, lambda mep: {"value": mep, "legs": 2 if mep == TWO_WAY else None})
        self._named(meps, "binding", self.bindings, lambda binding: {"value": binding})
        shared = self._shared()
        self._properties(add(business, "properties"), shared.get("leg.business_info.properties") or ())
        self._payloads(add(business, "payloadProfiles"), shared)
        self._security(add(business, "securities"), shared)
        self._errors(add(business, "errorHandlings"), shared)
        self._named(add(business, "agreements"), "agreement", self.agreements, _agreement)
        self._named(add(business, "services"), "service", self.services, lambda one: {"value": one.value, "type": one.type})
        self._named(add(business, "actions"), "action", self.actions, lambda one: {"value": one})
        self._as4(add(business, "as4"), shared)
        listed = add(business, "legConfigurations")
        for row in leg_rows:
            add(listed, "legConfiguration", row | self._leg_options(shared))
        for attributes, initiators, responders, legs in processes:
            process = add(business, "process", attributes)
            for word, members in (("initiator", initiators), ("responder", responders)):
                above = add(process, f"{word}Parties")
                for name in members:
                    add(above, f"{word}Party", {"name": name})
            above = add(process, "legs")
            for name in legs:
                add(above, "leg", {"name": name})
        return top

    def _sides(self) -> list[tuple[bool, Side]]:
        return [(True, self.us), (False, self.partner)]

    def _shared(self) -> Mapping[str, Any]:
        return next((one.parameters for one in self.exchanges if not one.test), self.exchanges[0].parameters)

    # -- processes and legs ------------------------------------------------------------------------------------------

    def _processes(self) -> list[tuple[dict[str, Any], list[str], list[str], list[str]]]:
        """For each pattern, initiator, pair of roles and agreement one process; a two-way one for each pair of legs."""
        found: dict[Any, list[Exchange]] = {}
        for first, second in pairs(self.exchanges):
            way = of_legs(pulled=first.pulled, second=(second.pulled, second.sync) if second else None)
            mep, binding = named(way)
            initiator, responder = (
                (first.receiver, first.sender) if swapped(first, self.places) else (first.sender, first.receiver)
            )
            we_initiate = initiator is first.us
            alone = first.place if second else None
            key = (mep, binding, we_initiate, initiator.role, responder.role, first.agreement_ref, alone)
            found.setdefault(key, []).extend(one for one in (first, second) if one)
        return [self._process(i, key, legs) for i, (key, legs) in enumerate(found.items(), 1)]

    def _process(
        self, number: int, key: Any, exchanges: list[Exchange]
    ) -> tuple[dict[str, Any], list[str], list[str], list[str]]:
        mep, binding, we_initiate, initiator_role, responder_role, agreement_ref, _ = key
        attributes = {
            "name": f"process{number}",
            "agreement": self.agreements.of(agreement_ref),
            "mep": self.meps.of(mep, "oneway" if mep == ONE_WAY else "twoway"),
            "binding": self.bindings.of(binding, binding.rpartition("/")[2]),
            "initiatorRole": self.roles.of(initiator_role),
            "responderRole": self.roles.of(responder_role),
        }
        legs = [self._leg_name(one) for one in exchanges]
        return attributes, [self.names[we_initiate]], [self.names[not we_initiate]], legs

    def _leg_name(self, one: Exchange) -> str:
        return self.legs.of((one.service, one.action, one.mpc))

    def _distinct_legs(self) -> list[tuple[Service, str, str]]:
        return list(self.legs.names)

    def _leg_row(self, leg: tuple[Service, str, str]) -> dict[str, Any]:
        service, action, mpc = leg
        wish = "defaultMpc" if mpc == DEFAULT_MPC else ""
        return {
            "name": self.legs.of(leg),
            "service": self.services.of(service),
            "action": self.actions.of(action),
            "defaultMpc": self.mpcs.of(mpc, wish),
        }

    def _leg_options(self, shared: Mapping[str, Any]) -> dict[str, Any]:
        payloads = shared.get("leg.business_info.payload_profile") or shared.get("leg.business_info.payload_profile_max_size")
        return {
            "security": "security1",
            "receptionAwareness": "awareness1",
            "reliability": "reliability1",
            "errorHandling": "errors1",
            "propertySet": "properties1" if shared.get("leg.business_info.properties") else None,
            "payloadProfile": "payloads1" if payloads else None,
            "compressPayloads": shared.get("leg.payload_service.compression_type") == GZIP,
        }

    # -- parts -------------------------------------------------------------------------------------------------------

    def _mpcs(self, above: Any) -> None:
        for mpc, name in self.mpcs.names.items():
            attributes = {"name": name, **_RETENTION, "default": mpc == DEFAULT_MPC, "enabled": True, "qualifiedName": mpc}
            add(above, "mpc", attributes)

    def _named(self, above: Any, name: str, names: _Names, attributes: Any) -> None:
        for value, given in names.names.items():
            add(above, name, {"name": given, **attributes(value)})

    def _identifier(self, party_id: Any) -> dict[str, Any]:
        return {"partyId": party_id.value, "partyIdType": self.types.of(party_id.type) if party_id.type else None}

    def _parties(self, above: Any, rows: Any) -> None:
        self._named(add(above, "partyIdTypes"), "partyIdType", self.types, lambda kind: {"value": kind})
        for name, side, identifiers in rows:
            party = add(above, "party", {"name": name, "endpoint": side.url})
            for one in identifiers:
                add(party, "identifier", one)

    def _properties(self, above: Any, rules: Sequence[Mapping[str, Any]]) -> None:
        for i, rule in enumerate(rules, 1):
            attributes = {"name": f"property{i}", "key": rule["name"], "datatype": rule["datatype"], "required": rule["required"]}
            add(above, "property", attributes)
        if rules:
            listed = add(above, "propertySet", {"name": "properties1"})
            for i in range(1, len(rules) + 1):
                add(listed, "propertyRef", {"property": f"property{i}"})

    def _payloads(self, above: Any, shared: Mapping[str, Any]) -> None:
        rules = shared.get("leg.business_info.payload_profile") or ()
        largest = shared.get("leg.business_info.payload_profile_max_size")
        for i, rule in enumerate(rules, 1):
            size = rule["max_size"]
            attributes = {
                "name": f"payload{i}",
                "cid": rule["name"],
                "mimeType": rule["mime_type"],
                "maxSize": size * 1000 if size else None,
                "required": rule["required"],
            }
            add(above, "payload", attributes)
        if rules or largest:
            profile = add(above, "payloadProfile", {"name": "payloads1", "maxSize": (largest or 0) * 1000})
            for i in range(1, len(rules) + 1):
                add(profile, "attachment", {"name": f"payload{i}"})

    def _security(self, above: Any, shared: Mapping[str, Any]) -> None:
        sign, encrypt = shared[_X509 + "sign"], shared[_X509 + "encryption.encrypt"]
        identifier = shared["leg.x.signature.key_identifier"]
        fits = [name for name, asked in POLICIES.items() if asked[:2] == (sign, encrypt)]
        policy = next((name for name in fits if POLICIES[name][2] in (identifier, None)), fits[0] if fits else "doNothingPolicy")
        method = back(METHODS, shared[_X509 + "signature.algorithm"])
        profile = "ECC" if shared["leg.x.encryption.key_transport"] == a.X25519 and encrypt else None
        add(above, "security", {"name": "security1", "policy": f"{policy}.xml", "signatureMethod": method, "profile": profile})

    def _errors(self, above: Any, shared: Mapping[str, Any]) -> None:
        attributes = {
            "name": "errors1",
            "errorAsResponse": shared[_REPORT + "as_response"],
            "businessErrorNotifyProducer": shared[_REPORT + "process_error_notify_producer"],
            "businessErrorNotifyConsumer": shared[_REPORT + "process_error_notify_consumer"],
            "deliveryFailureNotifyProducer": shared[_REPORT + "delivery_failures_notify_producer"],
        }
        add(above, "errorHandling", attributes)

    def _as4(self, above: Any, shared: Mapping[str, Any]) -> None:
        retry = written_retry(shared[TEXT]) if shared["leg.reception_awareness.retry"] else "0;0;SEND_ONCE"
        duplicates = shared["leg.reception_awareness.duplicate_detection"]
        add(above, "receptionAwareness", {"name": "awareness1", "retry": retry, "duplicateDetection": duplicates})
        pattern = str(shared["leg.security.send_receipt.reply_pattern"]).lower()
        proof = shared["leg.security.send_receipt.non_repudiation"]
        add(above, "reliability", {"name": "reliability1", "replyPattern": pattern, "nonRepudiation": proof})


def _agreement(one: AgreementRef | None) -> dict[str, Any]:
    # Both attributes are required by the schema, and may be empty.
    return {"value": one.value if one else "", "type": (one.type if one else "") or ""}


def written_retry(text: str) -> str:
    """`minutes;count;CONSTANT`: whole minutes, at least one."""
    found = steady(text)
    if not found.retries:
        return "0;0;SEND_ONCE"
    minutes = max(round(found.retries * found.interval / timedelta(minutes=1)), 1)
    return f"{minutes};{found.retries};CONSTANT"
