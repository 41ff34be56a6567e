"""A draft: the nearest preset, what differs from it, what is weaker, and a text that the reader of agreements takes."""

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest

from node.agreements.agreement import Agreement
from node.agreements.resolve import Layer
from node.ebms.message import PartyId
from node.ebms.namespaces import PUSH
from node.foreign.drafting import draft, literal, nearest_preset
from node.foreign.gathering import Gathered, gather
from node.foreign.values import same
from node.security import algorithms as a
from tests.foreign.conftest import US
from tests.foreign.drafts import gathered

X509 = "leg.security.x509."


@pytest.fixture
def pushed() -> Gathered:
    return gathered("domibus")[0]


def test_the_nearest_preset(presets: Mapping[str, Layer], pushed: Gathered) -> None:
    assert draft(pushed, "hub", presets).profile == "edelivery-as4-1.15"
    assert draft(gathered("phase4")[0], "hub", presets).profile == "edelivery-as4-2.0-ecdsa"
    for name, preset in presets.items():
        assert nearest_preset(preset.values, presets) == name


def test_presets_that_are_as_near_are_told(presets: Mapping[str, Layer], pushed: Gathered) -> None:
    vague = replace(pushed, parameters={"mep_binding": PUSH})
    assert set(draft(vague, "hub", presets).as_near) == set(presets) - {
        "edelivery-as4-1.15-pull",
        draft(vague, "hub", presets).profile,
    }
    assert draft(vague, "hub", presets, profile="bdew-as4-1.1").as_near == ()
    assert draft(pushed, "hub", presets).as_near == ()


def test_only_what_differs_is_written(presets: Mapping[str, Layer], pushed: Gathered) -> None:
    found = draft(pushed, "hub", presets, ours=(US,))
    assert found.overrides["leg.reception_awareness.retry_parameters"] == "maxretries=4; period=3m"
    assert X509 + "sign" not in found.overrides
    values = tomllib.loads(found.text)
    assert "us" not in values
    assert values["certificates"] == {"sign": ["hub-sign"], "encrypt": ["hub-encrypt"]}


def test_our_party_ids_are_written_where_node_toml_has_others(presets: Mapping[str, Layer], pushed: Gathered) -> None:
    values = tomllib.loads(draft(pushed, "hub", presets, ours=(PartyId("ELSE"),)).text)
    assert values["us"] == {"party_id": US.value, "party_type": US.type}


def test_what_is_weaker_is_told(presets: Mapping[str, Layer], pushed: Gathered) -> None:
    weak = replace(
        pushed, parameters={**pushed.parameters, X509 + "encryption.encrypt": False, "leg.reception_awareness.retry": False}
    )
    found = draft(weak, "hub", presets, source="their.xml")
    assert [(one.parameter, one.preset, one.value) for one in found.weakened] == [
        ("Security.X509.Encryption.Encrypt", True, False),
        ("ReceptionAwareness.Retry", True, False),
    ]
    assert "encrypt = [" not in found.text
    assert tomllib.loads(found.text)["weakened"] == [
        {"parameter": X509 + "encryption.encrypt", "reason": "imported from their.xml"},
        {"parameter": "leg.reception_awareness.retry", "reason": "imported from their.xml"},
    ]


@pytest.mark.parametrize("name", ["domibus", "holodeck", "cppa3", "phase4"])
def test_the_reader_of_agreements_takes_every_draft(
    name: str, presets: Mapping[str, Layer], agreement: Callable[[str], Agreement]
) -> None:
    for one in gathered(name):
        made = draft(one, "hub", presets, ours=(US,), source="a\nfile")
        found = agreement(made.text)
        assert found.party_ids == one.partner
        assert found.us.party_ids == one.us
        for key, value in one.parameters.items():
            assert same(key, value, found.parameters[key]), key


def test_several_party_ids(presets: Mapping[str, Layer], pushed: Gathered, agreement: Callable[[str], Agreement]) -> None:
    many, others = (PartyId("A", "t"), PartyId("B", "u")), (PartyId("D", "u"), PartyId("C", "t"))
    found = agreement(draft(replace(pushed, us=many, partner=others), "hub", presets, ours=(US,)).text)
    assert found.us.party_ids == many
    assert found.party_ids == others


def test_a_preset_may_be_chosen(presets: Mapping[str, Layer], pushed: Gathered) -> None:
    found = draft(pushed, "hub", presets, profile="edelivery-as4-2.0-eddsa")
    assert found.overrides[X509 + "signature.algorithm"] == a.RSA_SHA256


def test_nothing_gathered_makes_no_draft() -> None:
    assert gather([], whole=True) == ()


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (True, "true"),
        (3, "3"),
        (1.5, "1.5"),
        ('a "b"', '"a \\"b\\""'),
        (["a", 1], '["a", 1]'),
        ({"a": "b", "c": None, "d e": 1}, '{ a = "b", "d e" = 1 }'),
    ],
)
def test_values_as_toml_writes_them(value: object, written: str) -> None:
    assert literal(value) == written
    assert tomllib.loads(f"x = {written}")["x"] == ({"a": "b", "d e": 1} if isinstance(value, dict) else value)
