"""The demo's authority for time answers as RFC 3161 asks, and issues what it needs."""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from rfc3161_client import TimestampRequestBuilder, VerifierBuilder, decode_timestamp_response

from node.keyring.demo_authority import DemoAuthority
from node.keyring.demo_stamps import DemoTimestampAuthority
from node.security.certificates import load_certificates
from node.security.der import read

NOW = datetime(2026, 11, 24, 8, 0, 0, 250_000, tzinfo=UTC)


@pytest.fixture
def demo():
    authority = DemoAuthority(NOW)
    issued = authority.issue("Demo", "ecdsa", "time")
    key = load_pem_private_key(issued.private_key, None)
    return authority, DemoTimestampAuthority(key, load_certificates(issued.certificate)[0], lambda: NOW)


def test_a_stamp_is_right_for_rfc3161_client(demo):
    authority, stamps = demo
    for number in (1, 2):
        request = TimestampRequestBuilder().data(b"data").build()
        answer = decode_timestamp_response(stamps.stamp(request.as_bytes()))
        anchor = load_certificates(authority.certificate)[0].x509
        assert VerifierBuilder.from_request(request).add_root_certificate(anchor).build().verify_message(answer, b"data")
        assert answer.tst_info.serial_number == number
        assert abs(answer.tst_info.gen_time - NOW) < timedelta(seconds=1)


@pytest.mark.parametrize("request_", [b"", b"\x30\x00", b"text", b"\x30\x03\x02\x01\x01"])
def test_what_is_no_request_is_rejected(demo, request_):
    assert read(demo[1].stamp(request_)).parts()[0].parts()[0].number == 2


def test_its_authority_tells_what_it_took_back(demo):
    authority, stamps = demo
    listed = x509.load_der_x509_crl(authority.revocation_list({stamps.certificate.serial: NOW.replace(microsecond=0)}, NOW))
    assert listed.is_signature_valid(load_certificates(authority.certificate)[0].public_key)
    entry = listed.get_revoked_certificate_by_serial_number(stamps.certificate.serial)
    assert entry is not None
    assert entry.revocation_date_utc == NOW.replace(microsecond=0)
