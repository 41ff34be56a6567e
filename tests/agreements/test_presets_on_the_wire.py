"""Under every preset two nodes exchange a message, with agreements as its network wants them, and the octets show what the preset says."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bench.pair import Counted, FixedKeyring, Node, SetClock, body_of
from node.agreements.agreement import Known, Us
from node.agreements.agreements import Agreements, load_agreements
from node.configuration import Problems
from node.ebms.message import PartyId, Property
from node.ebms.states import OutboundState
from node.msh.octets import HeldOctets
from node.msh.ports import Peer, Ports
from node.msh.submit import Payload, Submission, submit
from node.security import algorithms as a_
from node.store.in_memory import InMemoryMessages, InMemoryQuarantine

B = "http://docs.oasis-open.org/ebxml-msg/ebms/v3.0/ns/core/200704/"
DEFAULT_ACTION = "http://docs.oasis-open.org/ebxml-msg/as4/200902/action"
EB = "urn:oasis:names:tc:ebcore:partyid-type:"
DOCUMENT = b"<CertificateOfOrigin xmlns='urn:n2n:customs:co:1'><ID>1</ID></CertificateOfOrigin>" * 20
CORNERS = (Property("originalSender", "urn:c1"), Property("finalRecipient", "urn:c4"))
GZIP = b"application/gzip"


@dataclass(frozen=True)
class Network:
    """What two partners of a network agree: their ids, roles, reference and service, their keys, and what the octets then hold."""

    keys: tuple[str, str] = ("rsa2048", "rsa2048")
    ids: tuple[str, str] = ("TW-CUSTOMS", "KR-CUSTOMS")
    type: str = EB + "iso6523:0088"
    types: tuple[str, str] | None = None
    roles: tuple[str, str] | None = None
    reference: str = 'value = "urn:agreement:tw-kr"'
    service: str = 'value = "urn:co"\nactions = ["Submit"]'
    action: str = "Submit"
    properties: tuple[Property, ...] = ()
    holds: tuple[str, ...] = (a_.RSA_SHA256, a_.AES128_GCM, a_.RSA_OAEP)
    lacks: tuple[str, ...] = ()


ED = Network()
EDDSA = Network(("ed25519", "x25519"), holds=(a_.EDDSA_ED25519, a_.X25519, a_.HKDF))
ECDSA = Network(("p256", "p256"), holds=(a_.ECDSA_SHA256, a_.ECDH_ES, a_.HKDF))
PUSHED = 'value = "urn:co"\nactions = ["Submit"]\nbinding = "push"'


def corners(network: Network) -> Network:
    return Network(network.keys, properties=CORNERS, holds=(*network.holds, "originalSender", "finalRecipient"))


def entsog(network: Network, token: str) -> Network:
    return Network(
        network.keys,
        ("21X-NL-A-A0A0A-Z", "21X-DE-B-B0B0B-X"),
        "http://www.entsoe.eu/eic-codes/eic-party-codes-x",
        roles=("ZSO", "ZUA"),
        reference='value = "http://entsog.eu/communication/agreements/21X-DE-B-B0B0B-X/21X-NL-A-A0A0A-Z/3"',
        service='value = "A06"',
        action=DEFAULT_ACTION,
        holds=(*network.holds, token, 'type="http://edigas.org/service"', DEFAULT_ACTION, "ZSO"),
    )


def ics2(service: str) -> Network:
    return Network(
        ids=("TW1234567", "sti-taxud"),
        types=(EB + "unregistered:eu-customs:EORI", EB + "unregistered:eu-customs:auth"),
        roles=("Trader", "Customs"),
        reference='value = "EU-ICS2-TI-V2.0"\ntype = "ics2-interface-version"',
        service=f'value = "eu_ics2_t2c"\nactions = ["IE3F10"]\n{service}',
        action="IE3F10",
        holds=(a_.RSA_SHA256, a_.X509_PKIPATH_V1, "eu-customs-service-type", "Trader", "ics2-interface-version"),
        lacks=("EncryptedKey", "EncryptedData"),
    )


NETWORKS = {
    "as4-ebhandler": Network(holds=(a_.RSA_SHA256, a_.AES128_GCM, B + "defaultRole")),
    "as4-light-client": Network(holds=(a_.RSA_SHA256,), lacks=("EncryptedData",)),
    "edelivery-as4-1.15": ED,
    "edelivery-as4-1.15-four-corner": corners(ED),
    "edelivery-as4-1.15-two-way": Network(service='value = "urn:co"\nactions = ["Submit"]\n[[service]]\nvalue = "urn:co"\nactions = ["Answer"]\nanswers = "Submit"'),
    "edelivery-as4-1.15-pull": Network(service=PUSHED),
    "edelivery-as4-2.0-eddsa": EDDSA,
    "edelivery-as4-2.0-eddsa-four-corner": corners(EDDSA),
    "edelivery-as4-2.0-ecdsa": ECDSA,
    "edelivery-as4-2.0-ecdsa-four-corner": corners(ECDSA),
    "entsog-as4-3.6": entsog(ED, "#X509v3"),
    "entsog-as4-4.0-eddsa": entsog(EDDSA, a_.X509_PKIPATH_V1),
    "entsog-as4-4.0-ecdsa": entsog(ECDSA, a_.X509_PKIPATH_V1),
    "bdew-as4-1.1": Network(
        ("brainpool", "brainpool"),
        type=EB + "unregistered:BDEW",
        reference='value = "https://www.bdew.de/as4/communication/agreement"',
        service='value = "https://www.bdew.de/as4/communication/services/MP"',
        action=DEFAULT_ACTION,
        holds=(a_.ECDSA_SHA256, a_.ECDH_ES, a_.CONCAT_KDF, a_.X509_PKIPATH_V1, "X509SKI", "urn:oid:1.3.36.3.3.2.8.1.1.7"),
    ),
    "peppol-as4-2.0": Network(
        ids=("POP000001", "POP000002"),
        type="urn:fdc:peppol.eu:2017:identifiers:ap",
        reference='value = "urn:fdc:peppol.eu:2017:agreements:tia:ap_provider"',
        service='value = "urn:fdc:peppol.eu:2017:poacc:billing:01:1.0"\nactions = ["busdox-docid-qns::invoice"]',
        action="busdox-docid-qns::invoice",
        properties=CORNERS,
        holds=(a_.RSA_SHA256, "#X509v3", "cenbii-procid-ubl", "originalSender"),
    ),
    "ics2-trader": ics2(""),
    "ics2-trader-pull": ics2(f'binding = "push"\nmpc = "{B}defaultMPC"'),
    "bdx-as4-1.0": Network(properties=CORNERS, holds=(a_.RSA_SHA256, a_.AES256_GCM)),
    "dbc-as4-2017": Network(
        type=EB + "iso6523:0151",
        reference='value = "http://resources.digitalbusinesscouncil.com.au/dbc/services/exchange/ebms3profile/current"',
        holds=(B + "defaultRole", "application/gzip"),
        lacks=("Signature", "EncryptedData", "BinarySecurityToken"),
    ),
    "customs-n2n": Network(properties=CORNERS, holds=(a_.RSA_SHA256, a_.AES128_GCM, "originalSender")),
}  # fmt: skip


@pytest.fixture
def pair(pki: Any, a: Any, tmp_path: Path) -> Any:
    """Two nodes of a network, `us` and `them`, which read one agreement each."""

    def made(profile: str, network: Network) -> tuple[Node, Node]:
        keys = {
            name: {use: pki.key(name, kind, use) for use, kind in zip(("sign", "enc"), network.keys, strict=True)}
            for name in ("a", "b")
        }
        return tuple(node(profile, network, me, keys, a.presets, tmp_path) for me in (0, 1))  # type: ignore[return-value]

    return made


def node(profile: str, network: Network, me: int, keys: Any, presets: Path, folder: Path) -> Node:
    other, names = 1 - me, ("a", "b")
    mine, theirs = keys[names[me]], keys[names[other]]
    types = network.types or (network.type, network.type)
    known = Known(
        Us((PartyId(network.ids[me], types[me]),), "sign", "enc", network.roles[me] if network.roles else None),
        {use: key.certificate for use, key in mine.items()},
        {f"their-{use}": key.certificate for use, key in (theirs | {"tls": theirs["sign"]}).items()},
        (presets,),
    )
    direction, back = ("send", "receive") if me == 0 else ("receive", "send")
    # The first service goes from the first node to the second, and its answer back.
    first, *rest = network.service.split("[[service]]\n")
    services = "".join(
        f'[[service]]\n{one}\ndirection = "{way}"\n' for one, way in [(first.strip(), direction), *[(one, back) for one in rest]]
    )
    text = f"""profile = "{profile}"
[partner]
party_id = "{network.ids[other]}"
party_type = "{types[other]}"
url = "https://memory.invalid/as4"
{f'role = "{network.roles[other]}"' if network.roles else ""}
[agreement_ref]
{network.reference}
[certificates]
sign = ["their-sign"]
encrypt = ["their-enc"]
tls = ["their-tls"]
{services}"""
    (folder / names[me] / "partner").mkdir(parents=True)
    (folder / names[me] / "partner" / "agreement.toml").write_text(text)
    problems = Problems()
    agreements: Agreements = load_agreements(folder / names[me], known, problems)
    assert [str(one) for one in problems.found] == []
    keyring = FixedKeyring({"sign": mine["sign"], "enc": mine["enc"]}, dict(known.partners))
    messages, clock = InMemoryMessages(), SetClock()
    ports = Ports(
        agreements, keyring, messages, InMemoryQuarantine(), clock, Counted(names[me]), host=f"node-{names[me]}.example"
    )
    return Node(names[me], ports, messages, clock)


@pytest.mark.parametrize("profile", NETWORKS)
def test_a_message_is_exchanged_as_the_preset_says(pair: Any, profile: str) -> None:
    network = NETWORKS[profile]
    us, them = pair(profile, network)
    payload = Payload(HeldOctets(DOCUMENT), "application/xml")
    exchange = submit(Submission("partner", network.action, (payload,), properties=network.properties), us.ports)
    outgoing = us.prepare(exchange.message_id)
    octets = body_of(outgoing)
    for word in network.holds:
        assert word.encode() in octets, word
    for word in network.lacks:
        assert word.encode() not in octets, word
    assert GZIP in octets
    assert (DOCUMENT in octets) is False
    # Under TLS, where it is the only proof of who sends.
    caller = Peer("memory", us.ports.keyring.own["sign"].certificate.der)  # type: ignore[attr-defined]
    answer = them.receive(outgoing.content_type, octets, caller)
    assert us.settle(exchange.message_id, answer) is OutboundState.ACKNOWLEDGED
    assert (b"NonRepudiationInformation" in answer.octets) is (profile != "dbc-as4-2017")
    assert us.messages.refused() == them.messages.refused() == []


def test_every_preset_that_this_node_can_do_is_exchanged_under(a: Any) -> None:
    from node.agreements.presets import preset_names, read_preset

    presets = [read_preset(name, (a.presets,), Problems()) for name in preset_names([a.presets])]
    assert {one.name for one in presets if one and not one.unsupported} == set(NETWORKS)
