"""Every parameter has its effect in both languages, and a risk."""

import dataclasses

import pytest

from node.agreements.parameters import PARAMETERS
from node.sheets.effects import EFFECTS, UNKNOWN, Effect, Risk, effect_of


def test_every_parameter_has_an_effect() -> None:
    # What this node cannot do otherwise is no matter of agreement.
    assert {key for key, one in PARAMETERS.items() if one.honoured} - set(EFFECTS) == set()
    said = ("sign", "encrypt", "tls", "trust", "policy", "anchors", "revocation", "window")
    assert [one for one in said if f"certificates.{one}" not in EFFECTS] == []


@pytest.mark.parametrize("key", EFFECTS)
def test_an_effect_has_words_in_both_languages(key: str) -> None:
    effect = EFFECTS[key]
    assert effect.en.isascii()
    assert effect.en[0].islower() and not effect.en.endswith(".")
    assert any("\u4e00" <= one <= "\u9fff" for one in effect.zh)


@pytest.mark.parametrize(
    ("key", "risk"),
    [
        ("leg.security.x509.sign", Risk.HIGH),
        ("leg.security.x509.encryption.algorithm", Risk.HIGH),
        ("partner.party_id", Risk.HIGH),
        # Whoever is named there reads what became of each message, and the sender waits for ever.
        ("leg.security.send_receipt.reply_to", Risk.HIGH),
        ("leg.error_handling.report.receiver_errors_to", Risk.HIGH),
        ("leg.security.send_receipt.reply_pattern", Risk.MEDIUM),
        # Nothing of it leaves this node, and nobody may set it.
        ("leg.error_handling.report.sender_errors_to", Risk.LOW),
        ("leg.payload_service.compression_type", Risk.MEDIUM),
        ("leg.reception_awareness.retry_parameters", Risk.LOW),
        ("retention.days", Risk.LOW),
        ("service", Risk.HIGH),
    ],
)
def test_risks(key: str, risk: Risk) -> None:
    assert effect_of(key).risk is risk


def test_what_is_not_known_is_asked() -> None:
    assert effect_of("novelty.of.tomorrow") == UNKNOWN


def test_risks_have_an_order() -> None:
    assert sorted(Risk, key=lambda one: one.weight) == [Risk.LOW, Risk.MEDIUM, Risk.HIGH]
    assert dataclasses.is_dataclass(Effect)
