"""Each change is as small as can be, and where it is said to be."""

import pytest

from node.onboarding import altering

ENVELOPE = b"<e><ConversationId>0a</ConversationId><ds:SignatureValue>\nAbc=</ds:SignatureValue></e>"
PACKAGE = b"--b\r\n\r\n" + ENVELOPE + b"\r\n--b\r\nContent-ID: <x>\r\n\r\npay\r\n--load\r\n--b--\r\n"


def differing(before, after):
    assert len(before) == len(after)
    return [place for place, (x, y) in enumerate(zip(before, after, strict=True)) if x != y]


@pytest.mark.parametrize(
    ("change", "where"),
    [
        (altering.changed_header, PACKAGE.index(b"0a<")),
        (altering.changed_signature, PACKAGE.index(b"Abc=")),
        (altering.changed_payload, PACKAGE.index(b"\r\n--b--") - 1),
    ],
)
def test_one_octet_is_another(change, where):
    once = change(PACKAGE)
    assert differing(PACKAGE, once) == [where]
    assert change(once) != once


def test_half_of_a_message_is_no_message():
    assert PACKAGE.startswith(altering.cut_off(PACKAGE))
    assert 0 < len(altering.cut_off(PACKAGE)) < len(PACKAGE)


@pytest.mark.parametrize(("octets", "made"), [(b"<a/>", b"<!DOCTYPE x><a/>"), (b"<?xml v?><a/>", b"<?xml v?><!DOCTYPE x><a/>")])
def test_a_doctype_stands_where_xml_wants_it(octets, made):
    assert altering.with_doctype(octets) == made


@pytest.mark.parametrize("version", ["1.1", "1.2"])
def test_an_envelope_without_ebms_has_a_header_and_a_body(version):
    assert b"Header/>" in altering.without_ebms(version)
