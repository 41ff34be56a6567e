"""The envelope taken apart by position, and everything that is written around a message."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from node.ebms.c14n import canonicalize
from node.ebms.envelope import empty_body, message_id_of, open_envelope, write_envelope, write_fault
from node.ebms.errors import EbmsError, SoapFault
from node.ebms.header_writer import write_messaging
from node.ebms.message import CollaborationInfo, MessageInfo, Messaging, Party, PartyId, Service, UserMessage
from node.ebms.namespaces import DS, EB, EBINT, MF, S11, S12, SOAP_11, SOAP_12, WSA, WSSE, WSU, XENC

MESSAGE = Messaging(
    UserMessage(
        MessageInfo("2026-11-24T00:00:00Z", "m1@node-a.example"),
        Party((PartyId("a", "urn:t"),), "urn:r"),
        Party((PartyId("b", "urn:t"),), "urn:r"),
        CollaborationInfo(Service("urn:customs"), "Submit", "c1"),
    )
)
MESSAGING = write_messaging(MESSAGE, "_msg-1").decode()
BODY = empty_body("_body-1").decode()
SECURITY = f'<wsse:Security xmlns:wsse="{WSSE}"/>'
NEXTMSH = "http://docs.oasis-open.org/ebxml-msg/ebms/v3.0/ns/part2/200811/nextmsh"


def envelope(*blocks, body=BODY, soap=S12, between=""):
    return f'<s:Envelope xmlns:s="{soap}"><s:Header>{between.join(blocks)}</s:Header>{between}{body}</s:Envelope>'.encode()


def block(name, namespace, target=None, must=None, soap=S12, inner=""):
    """A header block as anybody may write it."""
    role = "" if target is None else f' s:{"role" if soap == S12 else "actor"}="{target}"'
    mandatory = "" if must is None else f' s:mustUnderstand="{must}"'
    return f'<x:{name} xmlns:x="{namespace}" xmlns:s="{soap}"{role}{mandatory}>{inner}</x:{name}>'


def messaging(**attributes):
    """Our eb:Messaging with its attributes changed."""
    element = etree.fromstring(MESSAGING)
    for name, value in attributes.items():
        clark = f"{{{S12}}}{name}" if name in ("role", "mustUnderstand") else f"{{{WSU}}}Id" if name == "wsu_id" else name
        if value is None:
            del element.attrib[clark]
        else:
            element.set(clark, value)
    return etree.tostring(element).decode()


# -- what is read ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("version", "soap", "media_type"), [("1.2", S12, SOAP_12), ("1.1", S11, SOAP_11)])
def test_an_envelope_is_taken_apart_by_position(version, soap, media_type):
    octets = write_envelope(
        SECURITY.encode(), write_messaging(MESSAGE, "_msg-1", version), empty_body("_body-1", version), soap_version=version
    )
    opened = open_envelope(octets, media_type)
    assert opened.soap_version == version
    assert [element.tag for element in (opened.root, opened.header, opened.body)] == [
        f"{{{soap}}}{name}" for name in ("Envelope", "Header", "Body")
    ]
    assert (opened.messaging.tag, opened.security.tag) == (f"{{{EB}}}Messaging", f"{{{WSSE}}}Security")
    assert opened.pull_security is None
    assert message_id_of(opened) == "m1@node-a.example"
    assert dict(opened.ids) == {"_msg-1": opened.messaging, "_body-1": opened.body}


@pytest.mark.parametrize(
    "octets",
    [
        # PKG-27: the order of blocks has no meaning; and the Security may be missing.
        envelope(SECURITY, MESSAGING),
        envelope(MESSAGING, SECURITY),
        envelope(MESSAGING),
        envelope(SECURITY, MESSAGING, between="\r\n \t"),
        # PKG-26, trap 17: mustUnderstand as 1, as 0, or not at all.
        envelope(messaging(mustUnderstand="1")),
        envelope(messaging(mustUnderstand="0")),
        envelope(messaging(mustUnderstand=None)),
        # The targets that we act as (MHP-02: nextmsh).
        envelope(messaging(role="")),
        envelope(messaging(role=f"{S12}/role/ultimateReceiver")),
        envelope(messaging(role=f"{S12}/role/next")),
        envelope(messaging(role=NEXTMSH)),
        # PKG-24: what need not be understood is passed over; so is what is for others.
        envelope(block("any", "urn:x"), MESSAGING),
        envelope(block("any", "urn:x", must="false"), MESSAGING),
        envelope(block("any", "urn:x", must="0"), MESSAGING),
        envelope(block("any", "urn:x", must="true", target="urn:else"), MESSAGING),
        envelope(block("any", "urn:x", must="true", target=f"{S12}/role/none"), MESSAGING),
        envelope(block("To", WSA), block("Action", WSA, must="false"), MESSAGING),
        envelope(block("RoutingInput", EBINT, must="false"), MESSAGING),
        envelope(block("Messaging", EB, target="urn:else", must="true"), MESSAGING),
        envelope(block("Security", WSSE, target="urn:else", must="true"), SECURITY, MESSAGING),
        # A like of the header elsewhere is not the header.
        envelope(block("any", "urn:x", inner=block("Messaging", EB)), MESSAGING),
        envelope(MESSAGING, body=f"<s:Body>{block('Security', WSSE, must='true')}{block('Messaging', EB)}</s:Body>"),
        b"\xef\xbb\xbf" + envelope(MESSAGING),
        '<?xml version="1.0" encoding="UTF-16"?>'.encode("utf-16") + envelope(MESSAGING).decode().encode("utf-16-le"),
    ],
)
def test_one_message_for_us_is_found(octets):
    opened = open_envelope(octets)
    assert message_id_of(opened) == "m1@node-a.example"
    assert opened.messaging.getparent() is opened.header
    assert opened.security is None or opened.security.getparent() is opened.header


def test_the_token_for_a_pull_stands_in_a_security_of_its_own():
    pull = block("Security", WSSE, target="ebms", must="true")
    opened = open_envelope(envelope(pull, SECURITY, MESSAGING))
    assert [list(opened.header).index(found) for found in (opened.pull_security, opened.security)] == [0, 1]


@pytest.mark.parametrize("media_type", [SOAP_12, "application/soap+xml; charset=UTF-8", "Application/SOAP+XML ;action=x", None])
def test_the_media_type_agrees(media_type):
    open_envelope(envelope(MESSAGING), media_type)


@pytest.mark.parametrize("media_type", [SOAP_11, "application/xml", "", "application/soap", "multipart/related"])
def test_the_media_type_disagrees(media_type):
    with pytest.raises(EbmsError, match="EBMS:0007") as refused:
        open_envelope(envelope(MESSAGING), media_type)
    assert refused.value.ref_to_message_id == "m1@node-a.example"


# -- what is no ebMS message ----------------------------------------------------------------------------------------

FAULT = "<s:Body><s:Fault><s:Code><s:Value>s:Receiver</s:Value></s:Code></s:Fault></s:Body>"


@pytest.mark.parametrize(
    ("octets", "code", "status", "why"),
    [
        (b"", "Sender", 400, "not well-formed"),
        (b"no xml", "Sender", 400, "not well-formed"),
        (b"<html/>", "Sender", 400, "html is no SOAP envelope"),
        (f'<!DOCTYPE x><Envelope xmlns="{S12}"/>'.encode(), "Sender", 400, "a DOCTYPE"),
        (envelope("<!-- x -->", MESSAGING), "Sender", 400, "a comment"),
        (b"<Envelope xmlns='urn:soap-9'/>", "VersionMismatch", 500, "urn:soap-9"),
        # Exactly one Header, then exactly one Body.
        (f'<s:Envelope xmlns:s="{S12}"/>'.encode(), "Sender", 400, "not Header and Body"),
        (f'<s:Envelope xmlns:s="{S12}">{BODY}</s:Envelope>'.encode(), "Sender", 400, "no SOAP Header"),
        (f'<s:Envelope xmlns:s="{S12}">{FAULT}</s:Envelope>'.encode(), "Sender", 400, "the Body holds a Fault: s:Receiver"),
        (f'<s:Envelope xmlns:s="{S12}"><s:Header>{MESSAGING}</s:Header></s:Envelope>'.encode(), "Sender", 400, "not Header and Body"),
        (f'<s:Envelope xmlns:s="{S12}">{BODY}<s:Header>{MESSAGING}</s:Header></s:Envelope>'.encode(), "Sender", 400, "not Header and Body"),
        (envelope(MESSAGING, body=BODY + BODY), "Sender", 400, "not Header and Body"),
        (envelope(MESSAGING, body=f"<s:Header/>{BODY}"), "Sender", 400, "not Header and Body"),
        (envelope(MESSAGING, body=f"{BODY}<after/>"), "Sender", 400, "not Header and Body"),
        (envelope(MESSAGING, body=f'<b:Body xmlns:b="{S11}"/>'), "Sender", 400, "not Header and Body"),
        (envelope(MESSAGING, "x"), "Sender", 400, "text after"),
        (envelope("x", MESSAGING), "Sender", 400, "text where only elements may stand"),
        (envelope(MESSAGING, body="x" + BODY), "Sender", 400, "text after"),
        (envelope(MESSAGING, body=BODY + "\u00a0"), "Sender", 400, "text after"),
        # PKG-29, NEG-26: no eb:Messaging, or for somebody else.
        (envelope(), "Sender", 400, "no eb:Messaging"),
        (envelope(SECURITY, body=FAULT), "Sender", 400, "the Body holds a Fault"),
        (envelope(messaging(role="urn:else")), "Sender", 400, "no eb:Messaging"),
        (envelope(block("any", "urn:x", inner=MESSAGING)), "Sender", 400, "no eb:Messaging"),
        (envelope(block("Messaging", "urn:x")), "Sender", 400, "no eb:Messaging"),
        # PKG-25: mandatory and not understood.
        (envelope(block("any", "urn:x", must="true"), MESSAGING), "MustUnderstand", 500, "{urn:x}any"),
        (envelope(MESSAGING, block("any", "urn:x", must=" 1 ")), "MustUnderstand", 500, "{urn:x}any"),
        (envelope(block("any", "urn:x", must="yes"), MESSAGING), "MustUnderstand", 500, "{urn:x}any"),
        (envelope(block("any", "urn:x", must="1", target=f" {S12}/role/next "), MESSAGING), "MustUnderstand", 500, "{urn:x}any"),
        (envelope(block("To", WSA, must="true"), MESSAGING), "MustUnderstand", 500, "To"),
        (envelope(block("RoutingInput", EBINT, must="1"), MESSAGING), "MustUnderstand", 500, "RoutingInput"),
        (envelope(block("MessageFragment", MF, must="1"), MESSAGING), "MustUnderstand", 500, "MessageFragment"),
        (envelope(block("MessageFragment", MF), MESSAGING), "MustUnderstand", 500, "MessageFragment"),
        (envelope(block("any", "urn:x", must="1", soap=S11), MESSAGING, body=empty_body("b", "1.1").decode(), soap=S11), "MustUnderstand", 500, "{urn:x}any"),
    ],
)  # fmt: skip
def test_what_is_no_message_for_us_is_a_soap_fault(octets, code, status, why):
    with pytest.raises(SoapFault) as refused:
        open_envelope(octets)
    assert (refused.value.code, refused.value.http_status) == (code, status)
    assert why in refused.value.detail


@pytest.mark.parametrize(
    ("octets", "code", "why"),
    [
        (envelope(MESSAGING, messaging(wsu_id="_msg-2")), "EBMS:0009", "2 eb:Messaging"),
        (envelope(MESSAGING.replace("<eb:Action>Submit</eb:Action>", "")), "EBMS:0009", ""),
        (envelope(SECURITY, SECURITY, MESSAGING), "EBMS:0101", "2 wsse:Security"),
        (envelope(SECURITY, block("Security", WSSE, target=f"{S12}/role/next"), MESSAGING), "EBMS:0101", "2 wsse:Security"),
        (envelope(*[block("Security", WSSE, target="ebms")] * 2, MESSAGING), "EBMS:0101", "2 wsse:Security"),
    ],
)
def test_what_is_wrong_with_a_message_is_an_ebms_error_about_it(octets, code, why):
    with pytest.raises(EbmsError) as refused:
        open_envelope(octets)
    assert refused.value.definition.code == code
    assert why in refused.value.detail
    assert refused.value.ref_to_message_id == "m1@node-a.example"


# -- ids ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "other",
    [
        f'<x wsu:Id="_msg-1" xmlns:wsu="{WSU}"/>',
        '<x xml:id="_msg-1"/>',
        f'<d:Object Id="_msg-1" xmlns:d="{DS}"/>',
        f'<e:EncryptedData Id="_body-1" xmlns:e="{XENC}"/>',
        # What others may take for an id.
        '<x Id="_msg-1"/>',
        '<x id="_msg-1"/>',
        '<x ID="_body-1"/>',
        # Ids that are alike only once they are read.
        '<x Id="_m&#115;g-1"/>',
        f'<x wsu:Id=" _msg-1&#10;" xmlns:wsu="{WSU}"/>',
        f'<x wsu:Id="same" xmlns:wsu="{WSU}"/><x wsu:Id="same" xmlns:wsu="{WSU}"/>',
        f'<x wsu:Id="a b" xmlns:wsu="{WSU}"/><x wsu:Id="a  b" xmlns:wsu="{WSU}"/>',
        f'<x Id="same"/><x><x><d:Signature Id="same" xmlns:d="{DS}"/></x></x>',
    ],
)
@pytest.mark.parametrize("place", ["before", "after", "body"])
def test_an_id_that_stands_for_two_elements_is_refused(other, place):
    hidden = f'<h:h xmlns:h="urn:h">{other}</h:h>'
    octets = {
        "before": lambda: envelope(hidden, MESSAGING),
        "after": lambda: envelope(MESSAGING, hidden),
        "body": lambda: envelope(MESSAGING, body=BODY.replace("></", f">{hidden}</")),
    }[place]()
    with pytest.raises(EbmsError, match=r"EBMS:0101.*stands for two elements") as refused:
        open_envelope(octets)
    assert refused.value.ref_to_message_id == "m1@node-a.example"


def test_ids_of_others_may_repeat_themselves():
    opened = open_envelope(envelope(MESSAGING, '<h:h xmlns:h="urn:h"><x id="1"/><x id="1"/><x ID="1"/></h:h>'))
    assert set(opened.ids) == {"_msg-1", "_body-1"}


def test_one_element_may_bear_one_id_under_two_names():
    opened = open_envelope(envelope(messaging(id="_msg-1")))
    assert opened.ids["_msg-1"] is opened.messaging


def test_the_schema_s_own_id_counts():
    opened = open_envelope(envelope(messaging(id="_own", wsu_id=None)))
    assert opened.ids["_own"] is opened.messaging


# -- what is written ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", ["1.2", "1.1"])
@pytest.mark.parametrize("security", [None, f'<wsse:Security xmlns:wsse="{WSSE}"></wsse:Security>'.encode()])
def test_what_is_pasted_is_canonical_where_it_stands(version, security):
    header, body = write_messaging(MESSAGE, "_msg-1", version), empty_body("_body-1", version)
    octets = write_envelope(security, header, body, soap_version=version)
    opened = open_envelope(octets)
    assert (canonicalize(opened.messaging), canonicalize(opened.body)) == (header, body)
    assert canonicalize(opened.root) != b""
    if security is None:
        assert opened.security is None
    else:
        assert canonicalize(opened.security) == security


@pytest.mark.parametrize("version", ["1.2", "1.1"])
@pytest.mark.parametrize("code", ["Sender", "Receiver", "MustUnderstand", "VersionMismatch"])
def test_a_fault_tells_its_code_and_nothing_else(version, code):
    octets = write_fault(SoapFault(code, "<secret&"), version)
    root = etree.fromstring(octets)
    soap = {"1.2": S12, "1.1": S11}[version]
    assert root.tag == f"{{{soap}}}Envelope"
    assert b"secret" not in octets
    told = root.findtext(
        f"{{{soap}}}Body/{{{soap}}}Fault/" + (f"{{{S12}}}Code/{{{S12}}}Value" if version == "1.2" else "faultcode")
    )
    names = {"Sender": "Client", "Receiver": "Server"} if version == "1.1" else {}
    prefix, _, name = told.partition(":")
    assert (root.nsmap[prefix], name) == (soap, names.get(code, code))
    # Whoever is sent the fault knows it for one.
    with pytest.raises(SoapFault, match=r"the Body holds a Fault|no eb:Messaging"):
        open_envelope(octets)


def test_a_version_mismatch_says_what_is_supported():
    root = etree.fromstring(write_fault(SoapFault("VersionMismatch", "")))
    supported = root.findall(f"{{{S12}}}Header/{{{S12}}}Upgrade/{{{S12}}}SupportedEnvelope")
    assert [one.nsmap[one.get("qname").partition(":")[0]] for one in supported] == [S12, S11]


# -- properties -----------------------------------------------------------------------------------------------------

GOOD = envelope(SECURITY, MESSAGING)


@st.composite
def damaged(draw):
    """A good envelope with a few pieces of it cut out, doubled, moved or overwritten."""
    octets = bytearray(GOOD)
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(octets)))
        end = min(len(octets), at + draw(st.integers(0, 80)))
        piece = draw(
            st.one_of(
                st.binary(max_size=4), st.just(b""), st.just(bytes(octets[at:end]) * 2), st.sampled_from([b"<", b">", b'"'])
            )
        )
        octets[at:end] = piece
    return bytes(octets)


#: Elements of the vocabulary nested anyhow, so that shape and position vary while the XML is good.
NAMES = [f"{{{S12}}}{n}" for n in ("Envelope", "Header", "Body", "Fault")] + [
    f"{{{EB}}}Messaging", f"{{{EB}}}UserMessage", f"{{{EB}}}MessageInfo", f"{{{EB}}}MessageId", f"{{{WSSE}}}Security", f"{{{MF}}}MessageFragment"
]  # fmt: skip
ATTRIBUTES = st.dictionaries(
    st.sampled_from([f"{{{S12}}}role", f"{{{S12}}}mustUnderstand", f"{{{WSU}}}Id", "id", "Id"]),
    st.sampled_from(["", "1", "true", "ebms", "x", " x"]),
    max_size=2,
)


def made(tag, attributes, children):
    element = etree.Element(tag, attributes)
    element.extend(children)
    return element


def trees(leaf):
    return st.builds(made, st.sampled_from(NAMES), ATTRIBUTES, st.lists(leaf, max_size=3))


LEAVES = st.builds(made, st.sampled_from(NAMES), ATTRIBUTES, st.just([]))
SHAPES = st.builds(
    lambda header, body: made(NAMES[0], {}, [made(NAMES[1], {}, header), *body]),
    st.lists(st.recursive(LEAVES, trees, max_leaves=5), max_size=3),
    st.lists(trees(LEAVES), max_size=2),
).map(etree.tostring)


@settings(max_examples=150)
@given(st.one_of(damaged(), SHAPES, st.binary(max_size=100)))
def test_any_octets_are_an_envelope_or_refused(octets):
    try:
        opened = open_envelope(octets)
    except (SoapFault, EbmsError):
        return
    assert [opened.messaging.getparent(), opened.body.getparent()] == [opened.header, opened.root]
    canonicalize(opened.messaging, ("#default", "S12"))


def test_captures_of_phase4_are_opened(request):
    folder = request.config.rootpath / "tests/vectors/phase4-live"
    bodies = [path.read_bytes() for path in sorted(folder.glob("*/*.body"))]
    envelopes = [body for body in bodies if body.lstrip().startswith((b"<?xml", b"<S12:Envelope"))]
    assert len(envelopes) > 20
    for octets in envelopes:
        assert message_id_of(open_envelope(octets))
