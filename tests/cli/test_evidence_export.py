"""`n2n evidence export` makes one file that proves messages, and never writes over another."""

import hashlib
from pathlib import Path
from typing import Any

import pytest

from node.evidence.bundle import open_bundle
from node.evidence.entry import Kind, read_entry
from node.evidence.manifest import FILE, read_manifest
from node.home import put_certificate
from tests.exchanged import exchanged as exchange_between
from tests.homes import Side, make_pair
from tests.judged_bundles import holds
from tests.seals import World
from tests.seals import serving as authority

WHY = ("--why", "case 7", "--who", "lin")


def exported(n2n: Any, side: Side, *words: object) -> Any:
    return n2n("--home", side.folder, "evidence", "export", *words, *WHY)


def test_a_message_of_either_side(n2n: Any, traded: tuple[Side, Side], tmp_path: Path) -> None:
    for side, way in zip(traded, ("out", "in"), strict=True):
        out = tmp_path / f"{side.name}.asice"
        ended = exported(n2n, side, "m1@tw.example", "-o", out)
        assert ended.code == 0, ended.err
        assert ended.out.splitlines()[0].startswith(f"{out}: 1 message, ")
        assert "node.toml names no authority for time" in ended.out
        manifest = holds(out.read_bytes()).manifest
        assert [(one.message_id, one.direction) for one in manifest.exchanges] == [("m1@tw.example", way)]
        assert dict(manifest.scope) == {"messages": ["m1@tw.example"]}
        # Who took it, and why, goes along.
        files = open_bundle(out.read_bytes()).files
        last = read_entry(files[f"log/{manifest.exchanges[0].entries[-1]}.json"])
        assert (last.kind, last.facts["who"], last.facts["why"]) == (Kind.RETRIEVED, "lin", "case 7")
        assert last.facts["what"] == f"export to {out}"


def test_a_message_of_which_the_wire_octets_went_is_shown_exported_and_verified(n2n: Any, tmp_path: Path, document: Path) -> None:
    tw, kr = make_pair(tmp_path / "homes")
    exchange_between(tw, kr, document)
    toml = tw.folder / "node.toml"
    toml.write_text(toml.read_text() + '\n[retention]\nsent = "0d"\n')
    assert n2n("--home", tw.folder, "retention", "run", "--json").document["wire"] == 1
    shown = n2n("--home", tw.folder, "message", "show", "m1@tw.example", "--json").document
    digest = hashlib.sha256(document.read_bytes()).hexdigest()
    assert [(one["size"], one["sha256"]) for one in shown["payloads"]] == [(document.stat().st_size, digest)]
    assert [one["event"] for one in shown["history"]][-2:] == ["RECEIPT_MATCHED", "WIRE_REMOVED"]
    assert n2n("--home", tw.folder, "message", "resend", "m1@tw.example").code == 8
    out = tmp_path / "m1.asice"
    told = exported(n2n, tw, "m1@tw.example", "-o", out, "--json").document
    assert (told["holds"], told["failed"]) == (True, [])
    assert n2n("evidence", "verify", out).code == 0
    (absent,) = holds(out.read_bytes()).manifest.absent
    assert absent.why == "purged" and absent.rule.startswith("sent = 0d after ACKNOWLEDGED at ")
    assert n2n("--home", tw.folder, "doctor", "--store", "--json").document["findings"] == []


def test_all_of_a_time_without_payloads(n2n: Any, traded: tuple[Side, Side], tmp_path: Path) -> None:
    out = tmp_path / "time.asice"
    told = exported(
        n2n, traded[1], "--partner", "tw", "--from", "2026-01-01T00:00+08:00", "--redacted", "-o", out, "--json"
    ).document
    assert (told["holds"], told["failed"], len(told["messages"])) == (True, [], 3)
    manifest = read_manifest(open_bundle(out.read_bytes()).files[FILE])
    assert manifest.redacted
    assert (manifest.scope["partner"], manifest.scope["from"]) == ("tw", "2025-12-31T16:00:00.000000Z")
    holds(out.read_bytes())


def test_everything_with_a_partner(n2n: Any, traded: tuple[Side, Side], tmp_path: Path) -> None:
    out = tmp_path / "all.asice"
    assert exported(n2n, traded[1], "--partner", "tw", "-o", out).code == 0
    scope = holds(out.read_bytes()).manifest.scope
    assert scope["from"] == "1970-01-01T00:00:00.000000Z"
    # Long before there were nodes.
    early = exported(n2n, traded[1], "--partner", "tw", "--from", "0001-01-01", "-o", tmp_path / "early.asice")
    assert early.code == 0, early.err
    assert holds((tmp_path / "early.asice").read_bytes()).manifest.scope["from"] == "0001-01-01T00:00:00.000000Z"


def test_what_is_not_possible_is_told_with_the_remedy(n2n: Any, traded: tuple[Side, Side], tmp_path: Path) -> None:
    tw, out = traded[0], tmp_path / "x.asice"
    there = tmp_path / "there.asice"
    there.write_bytes(b"mine")
    for words, code, said in (
        (["m3@tw.example", "-o", out], 7, "did you mean m"),
        (["m", "-o", out], 2, "several messages begin like this: give more"),
        (["m1@tw.example", "-o", there], 8, "is there already: name another file"),
        (["m1@tw.example", "-o", tmp_path / "no" / "x"], 2, "is no folder"),
        (["m1@tw.example", "-o", out, "--from", "2026-01-01"], 2, "takes MessageIds or a time, not both"),
        (["m1@tw.example", "-o", out, "--direction", "in"], 7, "there is: --partner kr --direction out"),
        (["m1@tw.example", "-o", out, "--direction", "up"], 2, "neither in nor out"),
        (["-o", out], 2, "needs MessageIds, or a partner"),
        (["--partner", "kr", "-o", out, "--direction", "in"], 2, "of a time all are taken"),
        (["--partner", "kt", "-o", out], 7, "known here: kr"),
        (
            ["--partner", "kr", "-o", out, "--to", "2020-01-01"],
            7,
            "any time before 2020-01-01T00:00:00.000Z: n2n evidence search",
        ),
        (["--partner", "kr", "-o", out, "--from", "2020-01-02", "--to", "2020-01-01"], 2, "is not after"),
        (["--partner", "kr", "-o", out, "--from", "2999-01-02"], 2, "2999-01-02T00:00:00.000Z has not come"),
    ):
        ended = exported(n2n, tw, *words)
        assert (ended.code, said in ended.err) == (code, True), (words, ended.err)
        assert not out.exists()
    assert there.read_bytes() == b"mine"
    ended = n2n("--home", tw.folder, "evidence", "export", "m1@tw.example", "-o", out, "--why", " ")
    assert (ended.code, "--why: says nothing" in ended.err) == (2, True)
    assert n2n("--home", tw.folder, "evidence", "export", "m1@tw.example", "-o", out).code == 2
    assert not out.exists()


def test_nothing_leaves_that_is_not_on_record(
    n2n: Any, traded: tuple[Side, Side], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from node.msh.ports import StorageUnavailable
    from node.store.evidence import Evidence

    def fail(*_: object) -> None:
        raise StorageUnavailable("the disk is full")

    monkeypatch.setattr(Evidence, "retrieved", fail)
    for words in (["export", "m1@tw.example", "-o", tmp_path / "x"], ["search", "--partner", "kr"], ["show", "m1@tw.example"]):
        ended = n2n("--home", traded[0].folder, "evidence", *words, *WHY)
        assert (ended.code, ended.out) == (4, ""), ended.err
    assert not (tmp_path / "x").exists()


def test_times_of_an_authority_where_one_answers(n2n: Any, traded: tuple[Side, Side], tmp_path: Path) -> None:
    from datetime import UTC, datetime

    side, world = traded[0], World()
    settings = side.folder / "node.toml"
    before = settings.read_text("utf-8")
    try:

        def stamp(request: bytes) -> bytes:
            world.stamps_at = datetime.now(UTC)
            return world.tsa.stamp(request)

        put_certificate(side.folder, "trust", "time", world.time_root.certificate.pem())
        with authority(stamp) as url:
            settings.write_text(f'{before}\n[evidence]\ntime_stamp_authority = "{url}"\nallow_private = true\n', "utf-8")
            told = exported(n2n, side, "m2@tw.example", "-o", tmp_path / "stamped.asice", "--json").document
        assert (told["holds"], told["notes"], len(told["stamped"])) == (True, [], 1)
        verdict = holds((tmp_path / "stamped.asice").read_bytes())
        assert any(one.word == "seal.stamped" for one in verdict.findings)
        # It does not answer any more.
        told = exported(n2n, side, "m2@tw.example", "-o", tmp_path / "late.asice", "--json").document
        assert told["holds"]
        assert len(told["notes"]) == 1
        assert "the authority for time gave none" in told["notes"][0]
        holds((tmp_path / "late.asice").read_bytes())
    finally:
        settings.write_text(before, "utf-8")


def test_without_a_key_nothing_is_sealed_and_the_remedy_is_told(n2n: Any, tmp_path: Path) -> None:
    assert n2n("init", tmp_path / "new", "--party-id", "TW", "--plain-http").code == 0
    ended = exported(n2n, Side("tw", tmp_path / "new", 0, {}), "m1@tw.example", "-o", tmp_path / "x")
    assert ended.code == 3, ended.err
    assert "no key 'sign'" in ended.err
    assert "n2n cert add --own" in ended.err


def test_a_disk_without_room_is_told_with_the_remedy(
    n2n: Any, traded: tuple[Side, Side], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from node import durable

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(durable, "put", full)
    ended = exported(n2n, traded[0], "m1@tw.example", "-o", tmp_path / "x")
    assert (ended.code, "No space left on device: make room on that disk" in ended.err) == (4, True), ended.err
