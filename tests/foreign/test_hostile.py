"""Whatever a file says, it is read, drafted and accounted for, or refused: nothing else happens."""

import json
import random
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from node.agreements.resolve import Layer
from node.foreign.drafting import draft
from node.foreign.formats import Format, read_foreign, write_foreign
from node.foreign.gathering import gather
from node.foreign.items import ForeignRefused
from node.foreign.we import PartyUnknown, We
from tests.foreign.conftest import FILES, SAMPLES, US

VALUES = (
    "",
    " ",
    "true",
    "-1",
    "9" * 12,
    "9" * 400,
    "urn:x",
    "https://x.example/",
    'a"b\\c',
    "\u95dc\u52d9\U0001f600",
    "0;0;CONSTANT",
    "9;9;PROGRESSIVE",
    "P9D",
    "{}",
)


def mutated_xml(octets: bytes, dice: random.Random) -> bytes:
    root = etree.fromstring(octets)
    for _ in range(dice.randint(1, 6)):
        elements = [one for one in root.iter(etree.Element) if one is not root]
        one = dice.choice(elements)
        match dice.randrange(5):
            case 0:
                one.getparent().remove(one)
            case 1:
                one.getparent().append(etree.fromstring(etree.tostring(one)))
            case 2:
                one.text = dice.choice(VALUES)
            case 3 if one.attrib:
                one.set(dice.choice(list(one.attrib)), dice.choice(VALUES))
            case _:
                dice.choice(elements).append(etree.fromstring(etree.tostring(one)))
    return etree.tostring(root)


def places(value: Any) -> list[tuple[Any, Any]]:
    pairs = list(value.items()) if isinstance(value, dict) else list(enumerate(value)) if isinstance(value, list) else []
    return [(value, key) for key, _ in pairs] + [place for _, below in pairs for place in places(below)]


def mutated_json(octets: bytes, dice: random.Random) -> bytes:
    document = json.loads(octets)
    for _ in range(dice.randint(1, 6)):
        above, key = dice.choice(places(document) or [([document], 0)])
        if isinstance(above, dict) and dice.random() < 0.3:
            del above[key]
        else:
            above[key] = dice.choice([*VALUES, None, True, 1.5, 10**30, [], {}, [[1]], {"a": {"b": 1}}])
    return json.dumps(document).encode()


@pytest.mark.parametrize("seed", range(40))
@pytest.mark.parametrize("name", FILES)
def test_a_damaged_file_is_read_or_refused(name: str, seed: int, presets: Mapping[str, Layer]) -> None:
    dice = random.Random(seed)
    files = {Path(one).name: (SAMPLES / one).read_bytes() for one in FILES[name]}
    for _ in range(5):
        damaged = {one: (mutated_json if name == "phase4" else mutated_xml)(octets, dice) for one, octets in files.items()}
        try:
            found = read_foreign(damaged, We("", (US,)), Format(name))
        except (ForeignRefused, PartyUnknown):
            continue
        assert "never-shown" not in repr(list(found.account))
        for one in gather(found.exchanges, whole=found.whole):
            made = draft(one, "hub", presets, ours=(US,), source="file")
            assert tomllib.loads(made.text)["profile"] == made.profile


@pytest.mark.parametrize("form", Format)
def test_nothing_to_write_is_refused_by_the_command_and_not_here(form: Format) -> None:
    if form in (Format.HOLODECK, Format.PHASE4):
        assert b"PMode" not in b"".join(write_foreign([], form).values())
