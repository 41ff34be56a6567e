"""Both verifiers come to the same verdict, over the bundles of each other's makers and over the test vectors."""

import tomllib
from functools import cache
from pathlib import Path
from random import Random

import pytest

from node.evidence.verify import verify
from tests.verifier import made
from tests.verifier.made import DAY, NOW, World
from verifier import n2n_verify as second

VECTORS = Path(__file__).parents[1] / "vectors" / "evidence"
LISTED = tomllib.loads((VECTORS / "vectors.toml").read_text())["vector"]
SOON = NOW + 3 * DAY


@cache
def usual() -> bytes:
    return made.usual(World()).bundle()


def by_first(octets: bytes, at) -> set[str]:
    return {check.value for check in verify(octets, at).failed}


def by_second(octets: bytes, at) -> set[str]:
    report = second.verify_bundle(octets, at)
    found = {check for check, _, _ in report.failures}
    assert report.holds is not bool(found)
    return found


@pytest.mark.parametrize("vector", LISTED, ids=[one["file"] for one in LISTED])
def test_both_name_the_check_of_each_vector(vector):
    octets = (VECTORS / vector["file"]).read_bytes()
    wanted = {vector["check"]} if "check" in vector else set()
    for found in (by_first(octets, vector["at"]), by_second(octets, vector["at"])):
        assert wanted <= found
        assert bool(found) is bool(wanted)


def test_a_bundle_made_from_the_page_alone_holds_for_both():
    assert (by_first(usual(), SOON), by_second(usual(), SOON)) == (set(), set())


def test_any_octet_changed_is_found_by_both():
    good = (VECTORS / "good.asice").read_bytes()
    at = LISTED[0]["at"]
    chance = Random(7)
    for _ in range(60):
        place, by = chance.randrange(len(good)), chance.randrange(1, 256)
        other = good[:place] + bytes([good[place] ^ by]) + good[place + 1 :]
        assert by_first(other, at), (place, by)
        assert by_second(other, at), (place, by)
