"""wsse:Security as a claim."""

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from node.ebms.envelope import Envelope, open_envelope
from node.ebms.errors import EbmsError, SoapFault
from node.ebms.namespaces import S12, WSSE, WSSE11, WSU
from node.ebms.xml import parse_xml
from node.security.algorithms import EXCLUSIVE_C14N, PASSWORD_DIGEST
from node.security.claim import TimestampClaim, UsernameTokenClaim, read_security
from node.security.suites import EDELIVERY_1_15
from node.security.verify import verify_signature

PART = "p1.5f0e@node-a.example"
_STAMP = f'<wsu:Timestamp xmlns:wsu="{WSU}" wsu:Id="TS-1"><wsu:Created>2026-11-24T00:00:00Z</wsu:Created></wsu:Timestamp>'


def test_an_unsecured_message_claims_nothing(by_hand: Any) -> None:
    octets = by_hand.envelope()
    start, end = octets.index(b"<wsse:Security "), octets.index(b"</wsse:Security>") + len(b"</wsse:Security>")
    claim = read_security(open_envelope(octets[:start] + octets[end:]))
    assert (claim.messaging, claim.body, claim.body_is_empty) == (by_hand.messaging, by_hand.body, True)
    assert claim.signature is None
    assert claim.encrypted_keys == claim.encrypted_data == ()


def test_messaging_and_body_are_read_under_their_own_references(by_hand: Any) -> None:
    inclusive = f'<ec:InclusiveNamespaces xmlns:ec="{EXCLUSIVE_C14N}" PrefixList="{{}}"></ec:InclusiveNamespaces>'
    transforms = f'<ds:Transforms><ds:Transform Algorithm="{EXCLUSIVE_C14N}">{inclusive}</ds:Transform></ds:Transforms>'
    messaging = by_hand.messaging.replace(b"<eb:Messaging ", b'<eb:Messaging xmlns:app="urn:app" ', 1)
    body = by_hand.body.replace(b"<S12:Body ", b'<S12:Body xmlns:app="urn:app" ', 1)
    # `app` is used nowhere: it is signed where the reference lists it, and not where it does not.
    references = [
        by_hand.reference("#_msg-1", _sorted(messaging), transforms=transforms.format("app S12")),
        by_hand.reference("#_body-1", by_hand.body, transforms=transforms.format("S12")),
        by_hand.part_reference(),
    ]
    signature = by_hand.signature(by_hand.signed_info(references))
    octets = by_hand.envelope(by_hand.token(), signature, messaging=messaging, body=body)
    claim = read_security(open_envelope(octets))
    assert claim.messaging == _sorted(messaging)
    assert claim.body == by_hand.body
    by_hand.judge(octets)


def _sorted(messaging: bytes) -> bytes:
    """Namespaces in canonical order."""
    return messaging.replace(b' xmlns:app="urn:app"', b"", 1).replace(b"<eb:Messaging ", b'<eb:Messaging xmlns:S12="%b" xmlns:app="urn:app" ' % S12.encode(), 1).replace(
        b'xmlns:app="urn:app" xmlns:S12="%b" ' % S12.encode(), b'xmlns:app="urn:app" ', 1
    )  # fmt: skip


def test_messaging_may_carry_the_schemas_unqualified_id(by_hand: Any) -> None:
    messaging = by_hand.messaging.replace(b'wsu:Id="_msg-1" S12:mustUnderstand', b'id="_msg-1" S12:mustUnderstand').replace(
        f' xmlns:wsu="{WSU}"'.encode(), b"", 1
    )
    references = [by_hand.body_reference(), by_hand.reference("#_msg-1", messaging), by_hand.part_reference()]
    octets = by_hand.envelope(by_hand.token(), by_hand.signature(by_hand.signed_info(references)), messaging=messaging)
    assert by_hand.judge(octets).signer == by_hand.key.certificate


@pytest.mark.parametrize(("content", "empty"), [("", True), ("\n ", True), ("x", False), ("<a/>", False), ("\u00a0", False)])
def test_a_body_is_empty_without_elements_and_text(by_hand: Any, content: str, empty: bool) -> None:
    body = by_hand.body.replace(b"></", f">{content}</".encode())
    assert read_security(open_envelope(by_hand.envelope(body=body))).body_is_empty is empty


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 2, 1, 0), (2, 0, 3, 1)])
def test_children_come_in_any_order(by_hand: Any, order: tuple[int, ...]) -> None:
    confirmation = f'<wsse11:SignatureConfirmation xmlns:wsse11="{WSSE11}"></wsse11:SignatureConfirmation>'
    parts = [by_hand.token(), by_hand.signature(), _STAMP, confirmation]
    octets = by_hand.envelope(*[parts[n] for n in order])
    assert by_hand.judge(octets).signer == by_hand.key.certificate
    assert read_security(open_envelope(octets)).timestamp == TimestampClaim("2026-11-24T00:00:00Z", None)


def test_a_recipients_token_before_the_signers_is_no_signer(by_hand: Any, pki: Any) -> None:
    octets = by_hand.envelope(by_hand.token(pki.key("b").certificate, "X509-EK-1"), by_hand.token(), by_hand.signature())
    accepted = [pki.key("b").certificate, by_hand.key.certificate]
    assert by_hand.judge(octets, accepted=accepted).signer == by_hand.key.certificate


def test_a_pretty_printed_header_is_read(by_hand: Any) -> None:
    signature = by_hand.signature()
    value = signature[signature.index("<ds:SignatureValue>") :]
    pretty = signature.replace(value, value.replace("><", ">\r\n\t <").replace("Value>", "Value>\n"))
    octets = by_hand.envelope("\n", by_hand.token().replace("MII", "\nMI I"), "\n", pretty)
    assert by_hand.judge(octets).signer == by_hand.key.certificate


def test_a_username_token_is_read_but_proves_nothing(by_hand: Any) -> None:
    token = (
        f'<wsse:UsernameToken xmlns:wsse="{WSSE}" xmlns:wsu="{WSU}" wsu:Id="U"><wsse:Username>u</wsse:Username>'
        f'<wsse:Password Type="{PASSWORD_DIGEST}">p</wsse:Password><wsse:Nonce>QQ==</wsse:Nonce><wsu:Created>c</wsu:Created></wsse:UsernameToken>'
    )
    octets = by_hand.envelope(token)
    assert read_security(open_envelope(octets)).username_token == UsernameTokenClaim("u", "p", PASSWORD_DIGEST, b"A", "c")
    with pytest.raises(EbmsError, match="0103"):
        by_hand.judge(octets)


@pytest.mark.parametrize(
    ("child", "code"),
    [
        (_STAMP + _STAMP.replace("TS-1", "TS-2"), "EBMS:0101"),
        (_STAMP.replace("<wsu:Created>", "<wsu:Created/><wsu:Created>"), "EBMS:0101"),
        (f'<wsse:UsernameToken xmlns:wsse="{WSSE}"></wsse:UsernameToken>', "EBMS:0101"),
        ('<xenc:EncryptedKey xmlns:xenc="http://www.w3.org/2001/04/xmlenc#"></xenc:EncryptedKey>', "EBMS:0102"),
        ('<xenc:ReferenceList xmlns:xenc="http://www.w3.org/2001/04/xmlenc#"></xenc:ReferenceList>', "EBMS:0103"),
        ('<xenc:EncryptedKey xmlns:xenc="http://www.w3.org/2001/04/xmlenc#"></xenc:EncryptedKey>' * 31, "EBMS:0101"),
    ],
)
def test_a_malformed_child_is_refused(by_hand: Any, child: str, code: str) -> None:
    with pytest.raises(EbmsError) as refused:
        read_security(open_envelope(by_hand.envelope(child)))
    assert refused.value.definition.code == code


def test_what_is_named_twice_names_nothing(by_hand: Any) -> None:
    """The envelope refuses an id that occurs twice; the claim does not rely on it."""
    two_tokens = by_hand.envelope(by_hand.token(), by_hand.token(by_hand.stranger.certificate), by_hand.signature())
    one_id = by_hand.envelope(body=by_hand.body.replace(b"_body-1", b"_msg-1"))
    for octets, reason in [(two_tokens, "two tokens"), (one_id, "neither eb:Messaging")]:
        root = parse_xml(octets)
        header, body = root
        security, messaging = header
        envelope = Envelope("1.2", root, header, body, messaging, security)
        with pytest.raises(EbmsError, match=reason):
            verify_signature(read_security(envelope), EDELIVERY_1_15.signature(), [by_hand.key.certificate], [PART])


@settings(max_examples=150)
@given(st.data())
def test_any_change_is_read_or_refused_and_raises_nothing_else(by_hand: Any, data: st.DataObject) -> None:
    octets = bytearray(by_hand.envelope())
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(octets) - 1))
        if data.draw(st.booleans()):
            octets[at] = data.draw(st.integers(0, 255))
        else:
            size = data.draw(st.integers(0, 60))
            source = data.draw(st.integers(0, len(octets) - 1))
            octets[at : at + size] = octets[source : source + data.draw(st.integers(0, 200))]
    with suppress(EbmsError, SoapFault):
        by_hand.judge(bytes(octets), policy=EDELIVERY_1_15.signature(), content_ids=[])
