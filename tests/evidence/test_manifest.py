"""The list of a bundle."""

import json
from dataclasses import replace

import pytest

from node.evidence.bundle import files_of
from node.evidence.manifest import FILE, MAX_OCTETS, NAME, Absent, ManifestRefused, read_manifest
from tests.bundles import NOW, BundleWorld

FILES = files_of(BundleWorld().evidence())
OCTETS = FILES[FILE]


def test_a_manifest_is_read_as_it_was_written() -> None:
    manifest = read_manifest(OCTETS)
    assert manifest.octets() == OCTETS
    gone = replace(manifest, absent=(Absent("0" * 64, "redacted"), Absent("1" * 64, "purged", "10 years", NOW)))
    assert read_manifest(gone.octets()) == gone


@pytest.mark.parametrize(
    ("path", "value", "why"),
    [
        (("format",), "n2n-evidence/2", "format"),
        (("more",), 1, "members"),
        (("made_at",), "yesterday", "no manifest"),
        (("made_by",), "", "empty"),
        (("log",), 3, "no text"),
        (("log",), "a log", "name of its log"),
        (("exchanges", 0, "entries"), [0, 2], "number of an entry"),
        (("absent",), [{"sha256": "0" * 64, "why": "redacted"}] * 2, "absent twice"),
        (("absent",), [{"sha256": "0" * 64, "why": "purged", "rule": None, "at": "2026-11-28T08:00:00.000000Z"}], "rule no text"),
        (("redacted",), 1, "redacted"),
        (("scope",), {"messages": [], "partner": "x"}, "scope"),
        (("exchanges", 0, "direction"), "up", "direction"),
        (("exchanges", 0, "entries"), [3, 2], "order"),
        (("exchanges", 0, "entries"), ["2"], "number"),
        (("exchanges", 0, "more"), 1, "not known"),
        (("signers", "checkpoints"), ["abc"], "SHA-256"),
        (("signers", "anchors"), [], "no manifest"),
        (("files", "log/01.json"), {"sha256": "0" * 64, "size": 1}, "no name of a file"),
        (("files", "log/1.json"), {"sha256": "0" * 64, "size": True}, "a size of a file is none"),
        (("absent",), [{"sha256": "0" * 64, "why": "lost"}], "no reason"),
    ],
)
def test_what_is_no_manifest_is_refused(path, value, why) -> None:
    document = json.loads(OCTETS)
    place = document
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    with pytest.raises(ManifestRefused, match=why):
        read_manifest(json.dumps(document, separators=(",", ":"), sort_keys=True).encode())


@pytest.mark.parametrize("octets", [b"", b"[]", b"\xff", OCTETS + b"\n", b"[" * 100_000])
def test_other_octets_are_refused(octets: bytes) -> None:
    with pytest.raises(ManifestRefused):
        read_manifest(octets)


def test_a_manifest_larger_than_any_is_not_read() -> None:
    with pytest.raises(ManifestRefused, match="at most 67108864"):
        read_manifest(b" " * (MAX_OCTETS + 1))


def test_names_of_files() -> None:
    good = ("log/1.json", "log/10.proof.json", "checkpoints/4.stamp-0.tst", "checkpoints/4.stamp-12.json", "checkpoints/4.sig")
    bad = (
        "log/0.json",
        "log/01.json",
        "log/1.json\n",
        "objects/1",
        "checkpoints/4.stamp-01.tst",
        "objects/" + "A" * 64,
        "x/log/1.json",
    )
    assert all(NAME.match(one) for one in good)
    assert not any(NAME.match(one) for one in bad)
