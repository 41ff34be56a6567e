"""Records of gates as a file: whoever changes anything is found out, and who signed is told."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from node.keyring.demo_authority import DemoAuthority
from node.security.keys import SoftwareKey
from node.sheets.canonical import SheetRefused, digest
from node.sheets.records import check_records, write_records

NOW = datetime(2026, 11, 28, tzinfo=UTC)
RECORDS = [
    {"gate": number, "partner": "kr", "passed": True, "facts": {"a": 1}, "at": "2026-11-28T00:00:00Z"} for number in (1, 2)
]


def key(suite="ecdsa"):
    issued = DemoAuthority(NOW).issue("tw", suite, "sign")
    return SoftwareKey.from_pem(issued.private_key, issued.certificate)


def written(signer, at=NOW):
    return write_records([(digest(one), one) for one in RECORDS], signer, at)


@pytest.mark.parametrize("suite", ["rsa2048", "ecdsa", "eddsa"])
def test_what_was_written_is_read_with_its_signer_and_time(suite):
    signer = key(suite)
    found = check_records(written(signer, NOW + timedelta(hours=1)))
    assert (found.signer, found.time, list(found.records)) == (signer.certificate, NOW + timedelta(hours=1), RECORDS)


def refused(change, octets=None):
    value = json.loads(octets or written(key()))
    change(value)
    with pytest.raises(SheetRefused) as told:
        check_records(json.dumps(value).encode())
    return [problem for _, problem in told.value.problems]


def test_a_changed_record_has_another_digest():
    assert refused(lambda value: value["records"][1]["of"].update(passed=False)) == ["was changed: its digest is another"]


def change_both(value):
    value["records"][0]["of"]["passed"] = False
    value["records"][0]["digest"] = digest(value["records"][0]["of"])


@pytest.mark.parametrize(
    "change",
    [
        change_both,
        lambda value: value["records"].pop(),
        lambda value: value["records"].reverse(),
        lambda value: value.update(time="2026-11-28T05:00:00Z"),
        lambda value: value.update(certificates=json.loads(written(key()))["certificates"]),
        lambda value: value.update(algorithm="http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"),
    ],
)
def test_whatever_else_is_changed_no_longer_fits_the_signature(change):
    assert refused(change) == ["the signature does not fit: the file was changed, or another key signed it"]


def test_a_signature_of_a_time_in_which_the_certificate_was_not_valid_does_not_count():
    octets = written(key(), NOW + timedelta(days=31))
    assert refused(lambda _: None, octets) == ["the certificate of the signer was not valid then"]


@pytest.mark.parametrize("octets", [b"", b"{}", b"[]", b'{"format": "n2n-gate-records/2"}'])
def test_another_file_is_refused(octets):
    with pytest.raises(SheetRefused):
        check_records(octets)
