"""Every path of a sheet has an effect in both languages."""

import pytest

from node.sheets.changes import _paths
from node.sheets.risk import EFFECTS, FOR_PEOPLE, Risk, effect_of, highest
from tests.agreed import agreed, open_offer


def test_no_path_of_a_sheet_is_unknown_to_the_table():
    unknown = EFFECTS["*"]
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
        ("parties.b.certificates.tls", Risk.MEDIUM),
        ("parties.a.endpoint", Risk.MEDIUM),
        ("profile.parameters.leg.security.x509.sign", Risk.HIGH),
        ("profile.parameters.leg.x.retry.period", Risk.MEDIUM),
        ("parties.a.contacts", Risk.LOW),
        ("parties.a.documents.signers", Risk.HIGH),
        ("services.+urn:co co.new", Risk.MEDIUM),
        ("title", Risk.LOW),
    ],
)
def test_the_risk_of_a_path(path, risk):
    assert effect_of(path).risk is risk


def test_every_effect_is_said_in_both_languages():
    assert [pattern for pattern, one in EFFECTS.items() if not one.en.isascii() or one.zh.isascii()] == []
    assert all(pattern for pattern in FOR_PEOPLE)


def test_the_highest_of_none_is_low():
    assert highest([]) is Risk.LOW
    assert highest([Risk.MEDIUM, Risk.HIGH, Risk.LOW]) is Risk.HIGH
