"""Updates are read as they were written; what is not understood refuses the whole."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from node.updates.reading import UpdateRefused, read_update
from node.updates.update import ACTIVATE_BY_REJECTED, Severity, UpdateError, UpdateException, UpdateRequest, UpdateResponse
from node.updates.writing import replacing, write_update
from tests.pki import make_pki

PKI = make_pki()
AT = datetime(2026, 11, 20, 12, tzinfo=UTC)
OLD, NEW = PKI.key("a").certificate, PKI.key("a", use="enc").certificate
REQUEST = UpdateRequest(
    *("81ff47c6", AT, AT + timedelta(days=7), AT + timedelta(days=14), "urn:n2n:agreement:1", "urn:n2n:agreement:2"),
    (replacing(OLD, NEW, (PKI.ca,), 1), replacing(NEW, OLD, (), 2)),
)
RESPONSE = UpdateResponse("bbfc1126", "81ff47c6", AT, "urn:n2n:agreement:1", "urn:n2n:agreement:2")
EXCEPTION = UpdateException(
    *("587fe7a9", "81ff47c6", AT, "urn:n2n:agreement:1", "urn:n2n:agreement:2"),
    (UpdateError(*ACTIVATE_BY_REJECTED, "Ten working days are needed", Severity.FAILURE, "ur1"), UpdateError("AU:0001", "Other")),
)


@pytest.mark.parametrize("update", [REQUEST, replace(REQUEST, expire_by=AT), RESPONSE, EXCEPTION])
def test_what_is_written_is_read_again(update):
    assert read_update(write_update(update)) == update


def test_times_may_be_left_out_and_have_no_zone():
    octets = write_update(REQUEST)
    octets = re.sub(rb"<au:(RespondBy|ActivateBy)>[^<]*</au:\1>", b"", octets)
    octets = re.sub(rb"(<au:CreatedAt>)[^<]*", rb"\g<1>2026-11-20T12:00:00", octets)
    found = read_update(octets)
    assert (found.created_at, found.respond_by, found.activate_by) == (AT, None, None)


def test_a_chain_may_come_in_any_order():
    octets = write_update(REQUEST)
    first, second = re.findall(rb"<ds:X509Certificate>[^<]*</ds:X509Certificate>", octets)[:2]
    swapped = octets.replace(first + second, second + first, 1)
    assert swapped != octets
    assert read_update(swapped) == REQUEST


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (rb"AgreementUpdateRequest", rb"AgreementUpdateWish", "is no request, response or exception"),
        (rb"<au:ID>[^<]*", rb"<au:ID> ", "ID: wanted once"),
        (rb"(<au:ID>[^<]*</au:ID>)", rb"\1\1", "ID: wanted once"),
        (rb"<au:CreatedAt>[^<]*", rb"<au:CreatedAt>soon", "CreatedAt: 'soon' is no moment"),
        (rb"<au:CreatedAt>[^<]*", rb"<au:CreatedAt>9999-12-31T23:59:59-14:00", "9999-12-31T23:59:59-14:00' is no moment"),
        (rb' id="ur2"', rb' id="ur1"', "two updates have one id"),
        (rb' id="ur2"', rb"", "CertificateUpdateRequest/@id is missing"),
        (rb"xmlenc#sha256", rb"xmlenc#sha255", "is none that is known here"),
        (rb"(<dsig11:X509Digest[^>]*>)[^<]*", rb"\1AAAA", "is none that is known here"),
        (rb"(<dsig11:X509Digest[^>]*>)[^<]*", rb"\1!", "X509Digest: is no base64"),
        (rb"<ds:X509Data>", rb"<ds:RetrievalMethod/><ds:X509Data>", "ds:RetrievalMethod must not be used"),
        (rb"(<ds:KeyInfo>.*?</ds:KeyInfo>)", rb"\1\1", "exactly one ds:KeyInfo"),
        (rb"<ds:X509Certificate>[^<]*</ds:X509Certificate>", rb"", "0 times X509Certificate"),
        (rb"(<ds:X509Certificate>)[^<]{100}", rb"\1", "ur1: "),
        (rb"(<cu:CertificateUpdateRequest id=\"ur1\">)", rb'<x xmlns="urn:x"/>\1', "this kind of update is not known here"),
        (rb"(<au:RespondBy>)", rb"<au:ExpireBy>never</au:ExpireBy>\1", "ExpireBy: 'never' is no moment"),
        (rb"<cu:CertificateUpdateRequest.*</cu:CertificateUpdateRequest>", rb"", "0 times CertificateUpdateRequest"),
    ],
)
def test_what_is_no_request_is_refused_with_its_place(old, new, told):
    octets = write_update(REQUEST)
    changed = re.sub(old, new, octets, flags=re.DOTALL)
    assert changed != octets
    with pytest.raises(UpdateRefused, match=told):
        read_update(changed)


def test_certificates_that_are_no_chain_are_refused():
    other = write_update(
        UpdateRequest("x", AT, None, None, "a", "b", (replacing(OLD, PKI.key("stranger").certificate, (NEW,), 1),))
    )
    with pytest.raises(UpdateRefused, match="are no one chain"):
        read_update(other)


def test_too_many_are_refused():
    many = UpdateRequest("x", AT, None, None, "a", "b", tuple(replacing(OLD, NEW, (), n) for n in range(21)))
    with pytest.raises(UpdateRefused, match="21 times CertificateUpdateRequest, expected 1 to 20"):
        read_update(write_update(many))


def test_an_error_has_a_known_severity():
    with pytest.raises(UpdateRefused, match="neither Failure nor Warning"):
        read_update(write_update(EXCEPTION).replace(b'"Failure"', b'"Doom"'))


def test_what_is_no_xml_is_refused():
    with pytest.raises(UpdateRefused):
        read_update(b"<!DOCTYPE a><a/>")
