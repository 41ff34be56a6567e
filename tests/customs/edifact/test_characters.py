import string

import pytest

from node.customs.edifact.characters import CharacterRefused, repertoire
from tests.customs.edifact.manifests import rules, short

LEVEL_A = set(string.ascii_uppercase + string.digits + " .,-()/='+:?!\"%&*;<>")
LEVEL_B = LEVEL_A | set(string.ascii_lowercase)


def holds(name: str, version: str, char: str) -> bool:
    known = repertoire(name, version)
    assert known
    return known.outside(char) == []


@pytest.mark.parametrize(
    ("name", "version", "allowed"), [("UNOA", "1", LEVEL_A), ("UNOB", "3", LEVEL_B), ("UNOA", "4", LEVEL_A | {"_"})]
)
def test_levels_a_and_b_hold_exactly_their_characters(name: str, version: str, allowed: set[str]) -> None:
    assert {chr(code) for code in range(256) if holds(name, version, chr(code))} == allowed


@pytest.mark.parametrize(("name", "char"), [("UNOC", "é"), ("UNOD", "ł"), ("UNOE", "Ж"), ("UNOF", "Ω"), ("UNOY", "臺")])
def test_each_level_reads_and_writes_its_own_letters(name: str, char: str) -> None:
    known = repertoire(name, "4")
    assert known and known.outside(char) == [] and known.decode(char.encode(known.codec)) == char


@pytest.mark.parametrize(
    ("name", "octets", "at"), [("UNOA", b"AB#", 2), ("UNOB", b"ab\xe9", 2), ("UNOF", b"a\xae", 1), ("UNOY", b"ab\xff", 2)]
)
def test_an_octet_outside_is_refused_with_its_place(name: str, octets: bytes, at: int) -> None:
    known = repertoire(name, "3")
    assert known
    with pytest.raises(CharacterRefused) as refused:
        known.decode(octets)
    assert refused.value.octet == at


@pytest.mark.parametrize(
    ("name", "version"), [("UNOG", "3"), ("UNOX", "3"), ("unoc", "3"), ("", "3"), ("UNOC", "5"), ("UNOC", "0"), ("UNOC", "")]
)
def test_other_identifiers_and_versions_are_not_known(name: str, version: str) -> None:
    assert repertoire(name, version) is None
    assert rules(short(("UNOC:3", f"{name}:{version}"))) == ["EDI-02"]


def test_controls_can_never_be_written() -> None:
    assert [char for char in "\x00\t\x7f\x85\ufffe" if holds("UNOY", "4", char)] == []
