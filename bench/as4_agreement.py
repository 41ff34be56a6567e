"""What we agree on with the PyPI library `as4`, and the nodes that keep to it. Its only profile is Peppol's, so the P-Mode speaks Peppol's words.

What as4 0.2.0 asks of its partner, each visible below: one RSA certificate per party for everything; the certificate it encrypts to as a token in the
message, never by SKI; exactly one payload, encrypted, and in it XML under an SBDH that repeats the message properties, their types included.
tests/peers/test_as4.py shows what becomes of a message that has it otherwise.
"""

from dataclasses import replace

from bench.pair import FixedAgreements, FixedKeyring, Keys, Node, Pair, make_node
from node.ebms.message import AgreementRef, Party, PartyId, Property, Service
from node.ebms.namespaces import INITIATOR, RESPONDER
from node.ebms.pmode import BusinessInfo, Leg, PMode, Protocol, Security
from node.security.keys import SoftwareKey
from node.security.suites import EDELIVERY_1_15

SENDER, RECIPIENT, ACTOR_TYPE = "0000:customs-a", "0000:customs-b", "iso6523-actorid-upis"
DOCUMENT = "urn:example:co::Certificate##urn:example:co:1::1.0"
PROCESS = "urn:example:process:co"
ACTION = f"busdox-docid-qns::{DOCUMENT}"
PARTY_IDS = {"a": "PTW000001", "b": "PXX000002"}
_PARTY_TYPE = "urn:fdc:peppol.eu:2017:identifiers:ap"
#: The same for the worker (see tests/peers/as4/README.md).
AGREED = {"sender": SENDER, "recipient": RECIPIENT, "document": DOCUMENT, "process": PROCESS}
PROPERTIES = (
    # as4 compares the type, too, with the Authority in the SBDH.
    Property("originalSender", SENDER, ACTOR_TYPE),
    Property("finalRecipient", RECIPIENT, ACTOR_TYPE),
)
_SBDH = "http://www.unece.org/cefact/namespaces/StandardBusinessDocumentHeader"


def make_pmode(me: str, other: str, *, inbound: bool, key_identifier: str) -> PMode:
    """The P-Mode of one direction, seen from `me`; `key_identifier` is how the recipient's certificate is named."""
    sender, receiver = (other, me) if inbound else (me, other)
    return PMode(
        id=f"{sender}-{receiver}:as4",
        partner=other,
        inbound=inbound,
        initiator=Party((PartyId(PARTY_IDS[sender], _PARTY_TYPE),), INITIATOR),
        responder=Party((PartyId(PARTY_IDS[receiver], _PARTY_TYPE),), RESPONDER),
        agreement=AgreementRef("urn:fdc:peppol.eu:2017:agreements:tia:ap_provider"),
        leg=Leg(
            protocol=Protocol("https://memory.invalid/as4"),
            business_info=BusinessInfo(Service(PROCESS, "cenbii-procid-ubl"), ACTION),
            security=Security(
                signature=EDELIVERY_1_15.signature((sender,)),
                encryption=EDELIVERY_1_15.encryption((receiver,), key_identifier),
                signal_signature=EDELIVERY_1_15.signature((receiver,)),
            ),
        ),
    )


def our_node(me: str, other: str, mine: SoftwareKey, theirs: SoftwareKey, key_identifier: str = "bst") -> Node:
    """Our node as one party of this agreement, with everything in memory.

    as4 knows no KeyIdentifier, so the recipient's certificate travels in the message as a token.
    """
    node = make_node(me, other, Keys(mine, mine), Keys(theirs, theirs), EDELIVERY_1_15)
    pmodes = [make_pmode(me, other, inbound=inbound, key_identifier=key_identifier) for inbound in (False, True)]
    agreements = FixedAgreements({pmode.id: pmode for pmode in pmodes})
    keyring = FixedKeyring(own={me: mine}, partners={other: theirs.certificate})
    return replace(node, ports=replace(node.ports, agreements=agreements, keyring=keyring))


def our_pair(a: SoftwareKey, b: SoftwareKey) -> Pair:
    """Two of our nodes under the agreement that each keeps with as4, but for the key identifier: between them it is the preset's, the SKI."""
    return Pair(our_node("a", "b", a, b, "ski"), our_node("b", "a", b, a, "ski"))


def document(content: bytes) -> bytes:
    """XML under the header that as4 asks for (UN/CEFACT SBDH 1.3); canonical as written."""
    scopes = "".join(
        f"<Scope><Type>{kind}</Type><InstanceIdentifier>{value}</InstanceIdentifier></Scope>"
        for kind, value in (("DOCUMENTID", DOCUMENT), ("PROCESSID", PROCESS), ("COUNTRY_C1", "TW"))
    )
    parties = "".join(
        f'<{role}><Identifier Authority="{ACTOR_TYPE}">{value}</Identifier></{role}>'
        for role, value in (("Sender", SENDER), ("Receiver", RECIPIENT))
    )
    head = (
        f'<StandardBusinessDocument xmlns="{_SBDH}"><StandardBusinessDocumentHeader><HeaderVersion>1.0</HeaderVersion>{parties}'
        "<DocumentIdentification><Standard>urn:example:co</Standard><TypeVersion>1.0</TypeVersion>"
        "<InstanceIdentifier>1</InstanceIdentifier><Type>Certificate</Type>"
        "<CreationDateAndTime>2026-11-24T08:00:00Z</CreationDateAndTime></DocumentIdentification>"
        f"<BusinessScope>{scopes}</BusinessScope></StandardBusinessDocumentHeader>"
    )
    return head.encode() + content + b"</StandardBusinessDocument>"
