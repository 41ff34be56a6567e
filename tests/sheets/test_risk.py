"""Every path of a sheet has an effect in both languages."""

import pytest

from node.agreements.parameters import PARAMETERS
from node.security.algorithms import SHA1, SHA256
from node.sheets.changes import _paths
from node.sheets.effects import Risk
from node.sheets.effects import effect_of as effect_of_key
from node.sheets.risk import FOR_PEOPLE, PATHS, effect_of, highest
from node.sheets.strength import PROTECTS
from tests.agreed import agreed, open_offer


def test_no_path_of_a_sheet_is_unknown_to_the_table():
    unknown = PATHS["*"]
    paths = [path for sheet in (agreed(), open_offer()) for path, _ in _paths(sheet)]
    assert [path for path in paths if effect_of(path) is unknown] == []
    assert effect_of("something.new") is unknown


def test_what_nobody_has_thought_of_is_high():
    assert effect_of("something.new").risk is Risk.HIGH


@pytest.mark.parametrize(
    ("path", "risk"),
    [
        ("parties.a.certificates.sign", Risk.HIGH),
        ("parties.b.certificates.anchors", Risk.HIGH),
        ("parties.b.certificates.tls", Risk.HIGH),
        ("parties.a.endpoint", Risk.HIGH),
        ("parties.a.calendar.fall_back", Risk.HIGH),
        ("parties.a.calendar", Risk.MEDIUM),
        ("profile.parameters.leg.security.x509.sign", Risk.HIGH),
        ("profile.parameters.leg.security.send_receipt.reply_to", Risk.HIGH),
        ("profile.parameters.leg.error_handling.report.receiver_errors_to", Risk.HIGH),
        ("profile.parameters.leg.x.retry.period", Risk.LOW),
        ("profile.parameters.leg.payload_service.compression_type", Risk.MEDIUM),
        ("parties.a.contacts", Risk.LOW),
        ("parties.a.documents.signers", Risk.HIGH),
        ("services.+urn:co co.new", Risk.MEDIUM),
        ("title", Risk.LOW),
    ],
)
def test_the_risk_of_a_path(path, risk):
    assert effect_of(path).risk is risk


def test_every_effect_is_said_in_both_languages():
    assert [pattern for pattern, one in PATHS.items() if not one.en.isascii() or one.zh.isascii()] == []
    assert all(pattern for pattern in FOR_PEOPLE)


def test_the_highest_of_none_is_low():
    assert highest([]) is Risk.LOW
    assert highest([Risk.MEDIUM, Risk.HIGH, Risk.LOW]) is Risk.HIGH


def test_a_parameter_says_its_own_effect():
    for key in PARAMETERS:
        assert effect_of(f"profile.parameters.{key}") == effect_of_key(key)


@pytest.mark.parametrize("key", PROTECTS)
def test_what_protects_less_is_never_below_high(key):
    strong, weak = ("", "maxretries=0") if key.endswith("retry_parameters") else ([], [SHA1])
    if not key.endswith(("retry_parameters", "allowed_algorithms")):
        strong, weak = (SHA256 if PROTECTS[key](SHA256) else 2), None
    found = effect_of(f"profile.parameters.{key}", strong, weak)
    assert found.risk is Risk.HIGH
    assert found.en == f"it protects less than before: {effect_of_key(key).en}"
    assert effect_of(f"profile.parameters.{key}", weak, strong) == effect_of_key(key)
