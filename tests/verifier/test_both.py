"""Both verifiers come to the same verdict, over the bundles of each other's makers and over the test vectors."""

import tomllib
from dataclasses import replace
from functools import cache
from pathlib import Path
from random import Random

import pytest

from node.evidence.bundle import ProvenEntry, open_bundle
from node.evidence.chain import leaf_hash
from node.evidence.entry import Entry, Kind
from node.evidence.manifest import FILE, read_manifest
from node.evidence.merkle import LeafHashes, inclusion
from node.evidence.verify import verify
from tests.bundles import BEGAN, OUT, PARTNER, BundleWorld
from tests.bundles import NOW as SIGNED
from tests.verifier import made
from tests.verifier.made import DAY, NOW, World
from verifier import n2n_verify as second

VECTORS = Path(__file__).parents[1] / "vectors" / "evidence"
LISTED = tomllib.loads((VECTORS / "vectors.toml").read_text())["vector"]
SOON = NOW + 3 * DAY
STRANGER = second.read_certificate(World().node_ca.der)


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
    if "remark" in vector:
        report = second.verify_bundle(octets, vector["at"])
        assert vector["remark"] in {check for check, _, _ in report.remarks}


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


ACT = Entry(Kind.ACTED, BEGAN, {"message_id": OUT}, facts={"who": "officer", "what": "resend", "why": "a call"})
OTHER_WAY = Entry(Kind.DELIVERED, BEGAN, {"message_id": OUT, "partner": PARTNER, "direction": "in"})
STRANGE = Entry(Kind.ACTED, BEGAN, {"message_id": "m9@node-tw.example"}, facts=ACT.facts)


@pytest.mark.parametrize(
    ("entry", "listed", "holds"),
    [
        (ACT, True, True),
        (ACT, False, False),
        # Somebody else used the same identifier, and that is another exchange.
        (OTHER_WAY, True, False),
        (STRANGE, True, False),
        (STRANGE, False, False),
    ],
    ids=["listed", "not listed", "of another exchange", "of another message", "of no exchange"],
)
def test_both_know_which_entries_are_about_a_message(entry: Entry, listed: bool, holds: bool):
    world = BundleWorld()
    material = world.material()
    # The last of them, which is about no message else.
    material.entries[6] = entry
    evidence = world.evidence(material)
    octets = [one.octets() for one in material.entries]
    path = tuple(inclusion(LeafHashes([leaf_hash(one) for one in octets]), 6, 7))
    exchanges = list(evidence.exchanges)
    if listed:
        exchanges[0] = replace(exchanges[0], entries=(*exchanges[0].entries, 7))
    more = replace(evidence, entries=(*evidence.entries, ProvenEntry(7, octets[6], 7, path)), exchanges=tuple(exchanges))
    bundle = world.bundle(more)
    wanted = set() if holds else {"entries"}
    assert (by_first(bundle, SIGNED), by_second(bundle, SIGNED)) == (wanted, wanted)


@pytest.mark.parametrize(
    ("scope", "wanted"),
    [
        ({"partner": PARTNER, "from": "2026-11-24T00:00:00.000000Z", "to": "2026-11-25T00:00:00.000000Z"}, set()),
        ({"partner": PARTNER, "from": "1-01-01T00:00:00.000000Z", "to": "2026-11-25T00:00:00.000000Z"}, {"container"}),
        ({"partner": "us", "from": "2026-11-24T00:00:00.000000Z", "to": "2026-11-25T00:00:00.000000Z"}, {"entries"}),
        ({"messages": [OUT]}, {"container"}),
    ],
    ids=["a time", "no instant", "another partner", "fewer messages"],
)
def test_both_read_the_scope_alike(scope: dict, wanted: set[str]):
    world = BundleWorld()
    bundle = world.bundle(replace(world.evidence(), scope=scope))
    assert (by_first(bundle, SIGNED), by_second(bundle, SIGNED)) == (wanted, wanted)


def test_anchors_that_are_handed_in_are_the_only_ones_for_both():
    octets, at = (VECTORS / "good.asice").read_bytes(), LISTED[0]["at"]
    opened = open_bundle(octets).files
    signers = read_manifest(opened[FILE]).signers
    by_use = {"node": signers.node, "partner": signers.partners["kr"], "time": signers.time}
    everything = [digest for digests in by_use.values() for digest in digests]
    for left_out in (None, *by_use, "all"):
        kept = [one for one in everything if left_out != "all" and one not in by_use.get(left_out, ())]
        # Somebody else's certificate is none of the bundle's.
        known = frozenset(kept or ["0" * 64])
        given = [("", second.read_certificate(opened[f"objects/{one}"])) for one in kept] or [("", STRANGER)]
        first = {check.value for check in verify(octets, at, known=known).failed}
        assert {check for check, _, _ in second.verify_bundle(octets, at, given=given).failures} == first
        assert bool(first) is (left_out is not None)


@pytest.mark.parametrize("wrong", [None, "node", "partner kr", "time"])
def test_an_anchor_counts_for_both_for_the_side_alone_whose_it_is(wrong: str | None):
    octets, at = (VECTORS / "good.asice").read_bytes(), LISTED[0]["at"]
    opened = open_bundle(octets).files
    signers = read_manifest(opened[FILE]).signers
    known_of = {"node": frozenset(signers.node), "partner kr": frozenset(signers.partners["kr"]), "time": frozenset(signers.time)}
    if wrong:
        known_of = {side: digests for side, digests in known_of.items() if side != wrong} | {"partner jp": known_of[wrong]}
    sides = {"node": "the node", "partner kr": "the partner kr", "time": "an authority for time", "partner jp": "the partner jp"}
    given = [
        (sides[side], second.read_certificate(opened[f"objects/{one}"])) for side, digests in known_of.items() for one in digests
    ]
    first = {check.value for check in verify(octets, at, known_of=known_of).failed}
    assert {check for check, _, _ in second.verify_bundle(octets, at, given=given).failures} == first
    assert bool(first) is (wrong is not None)
