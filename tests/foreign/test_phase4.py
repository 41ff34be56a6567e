"""phase4's JSON: one P-Mode or an array, with the names of its converters."""

import json

import pytest

from node.foreign.account import Fate
from node.foreign.formats import read_foreign
from node.foreign.we import We
from node.security import algorithms as a
from tests.foreign.conftest import SAMPLES, US
from tests.foreign.drafts import fate, foreign, gathered


def test_a_pmode() -> None:
    (one,) = gathered("phase4")
    assert (one.services[0].actions, one.services[0].direction) == (("Certificate",), "receive")
    p = one.parameters
    assert p["leg.security.x509.signature.algorithm"] == a.ECDSA_SHA256
    assert p["leg.reception_awareness.retry_parameters"] == "maxretries=3; period=2m"
    assert p["leg.business_info.payload_profile"][0]["max_size"] == 500
    assert p["leg.error_handling.report.receiver_errors_to"] == "https://hub.example/as4"
    # It has single P-Modes, so a test that is not among them may be agreed all the same.
    assert one.test_service is None


def test_an_object_is_one_pmode() -> None:
    document = json.loads((SAMPLES / "phase4.json").read_bytes())[0]
    found = read_foreign({"one.json": json.dumps(document).encode()}, We("", (US,)))
    assert [one.action for one in found.exchanges] == ["Certificate"]


@pytest.mark.parametrize(
    ("before", "after", "key", "value"),
    [
        ('"X509SignatureAlgorithm": "ecdsa-sha-256",', "", "leg.security.x509.sign", False),
        (
            '"X509EncryptionAlgorithm": "aes128-gcm"',
            '"X509EncryptionAlgorithm": null',
            "leg.security.x509.encryption.encrypt",
            False,
        ),
        ('"SendReceipt": true', '"SendReceipt": "false"', "leg.security.send_receipt.send", False),
        ('"Retry": true', '"Retry": false', "leg.reception_awareness.retry", False),
    ],
)
def test_values(before: str, after: str, key: str, value: object) -> None:
    assert gathered("phase4", (before, after))[0].parameters[key] == value


@pytest.mark.parametrize(
    ("before", "after", "end"),
    [
        ("ecdsa-sha-256", "eddsa-ed448", "X509SignatureAlgorithm"),
        ("aes128-gcm", "3des", "X509EncryptionAlgorithm"),
        ('"SoapVersion": "1.2"', '"SoapVersion": "2.0"', "SoapVersion"),
    ],
)
def test_what_this_node_cannot_do(before: str, after: str, end: str) -> None:
    assert fate(foreign("phase4", (before, after)), end)[0] is Fate.UNSUPPORTED


def test_a_two_way_exchange_has_its_answer() -> None:
    document = json.loads((SAMPLES / "phase4.json").read_bytes())
    second = json.loads(json.dumps(document[0]["Leg1"]))
    second["BusinessInfo"]["Action"] = "Used"
    document[0] |= {"MEP": "twoway", "MEPBinding": "pushpush", "Leg2": second}
    found = read_foreign({"a": json.dumps(document).encode()}, We("", (US,)))
    assert [(one.action, one.sends, one.answers) for one in found.exchanges] == [
        ("Certificate", False, ""),
        ("Used", True, "Certificate"),
    ]
    one_way = json.loads(json.dumps(document))
    one_way[0] |= {"MEP": "oneway", "MEPBinding": "push"}
    spare = read_foreign({"a": json.dumps(one_way).encode()}, We("", (US,)))
    assert len(spare.exchanges) == 1
    assert fate(spare, "Leg2.BusinessInfo.Action") == (Fate.IGNORED, "a one-way exchange has one leg")


def test_a_binding_that_this_node_cannot_do() -> None:
    found = foreign("phase4", ('"MEPBinding": "push"', '"MEPBinding": "pullpull"'))
    assert found.exchanges == ()
    assert fate(found, "MEPBinding")[0] is Fate.UNSUPPORTED
