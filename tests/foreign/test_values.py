"""When values mean the same, and when one protects less."""

from typing import Any

import pytest

from node.agreements.parameters import PARAMETERS
from node.foreign.values import same, weakens
from node.security import algorithms as a

PROPERTIES = "leg.business_info.properties"


@pytest.mark.parametrize(
    ("key", "ours", "theirs", "alike"),
    [
        ("leg.reception_awareness.retry_parameters", "maxretries=2; period=60s", "maxretries=2;period=1m", True),
        ("leg.security.send_receipt.reply_pattern", "Response", "response", True),
        ("leg.x.pull.interval", "60s", "1m", True),
        ("leg.x.pull.interval", "60s", "2m", False),
        ("leg.x.pull.interval", "60s", "soon", False),
        (PROPERTIES, ["a"], [{"name": "a", "required": True, "datatype": "string", "description": ""}], True),
        (PROPERTIES, [{"name": "a"}, {"name": "b"}], [{"name": "b"}, {"name": "a"}], True),
        (PROPERTIES, ["a"], [{"name": "a"}], False),
        (PROPERTIES, (), [], True),
        ("leg.x.inbound.allowed_algorithms", [1], [2], False),
        ("leg.protocol.soap_version", "1.1", "1.2", False),
    ],
)
def test_same(key: str, ours: Any, theirs: Any, alike: bool) -> None:
    assert same(key, ours, theirs) is alike


@pytest.mark.parametrize(
    ("key", "preset", "value", "weaker"),
    [
        ("leg.security.x509.sign", True, False, True),
        ("leg.security.x509.sign", False, True, False),
        ("leg.security.x509.signature.algorithm", a.RSA_SHA512, a.RSA_SHA256, True),
        ("leg.security.x509.signature.algorithm", a.RSA_SHA256, a.EDDSA_ED25519, False),
        ("leg.security.x509.signature.algorithm", a.EDDSA_ED25519, a.RSA_SHA256, True),
        ("leg.security.x509.encryption.algorithm", a.AES256_GCM, a.AES128_GCM, True),
        ("leg.security.x509.encryption.minimum_strength", 256, 128, True),
        ("leg.x.encryption.key_transport", a.RSA_OAEP, a.RSA_OAEP_MGF1P, True),
        ("leg.x.encryption.key_transport", a.RSA_OAEP, a.X25519, False),
        ("leg.x.encryption.digest", a.SHA256, a.SHA1, True),
        ("leg.protocol.soap_version", "1.2", "1.1", False),
    ],
)
def test_weakens(key: str, preset: Any, value: Any, weaker: bool) -> None:
    assert key in PARAMETERS
    assert weakens(key, preset, value) is weaker
