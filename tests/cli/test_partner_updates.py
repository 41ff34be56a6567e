"""Updates are asked for, listed, accepted and refused on the command line, while two nodes serve."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from node.home import put_own_key
from node.keyring.demo_authority import DemoAuthority
from node.updates.update import CONFIRM, REJECT, REQUEST, SERVICE
from tests.bars.bar import until
from tests.bars.nodes import MANY, World
from tests.homes import Side

BOTH = f'\n[[service]]\nvalue = "{SERVICE}"\nactions = ["{REQUEST}", "{CONFIRM}", "{REJECT}"]\n'
FROM = f"{datetime.now(UTC) + timedelta(days=9):%Y-%m-%dT%H:%MZ}"


@pytest.fixture
def world(tmp_path: Path, n2n: Any) -> Iterator[World]:
    made = World(tmp_path, more=MANY + BOTH, trust="pinned")
    issued = DemoAuthority(datetime.now(UTC)).issue("tw", "ecdsa", "sign")
    put_own_key(made.tw.folder, "sign-2027", issued.private_key + issued.certificate)
    assert n2n("--home", made.tw.folder, "cert", "switch", "--purpose", "sign", "--name", "sign-2027", "--from", FROM).code == 0
    for side in (made.tw, made.kr):
        made.start(side)
    yield made
    made.stop()


def states(n2n: Any, side: Side) -> list[str]:
    return [one["state"] for one in listed(n2n, side)["updates"]]


def listed(n2n: Any, side: Side) -> Any:
    return json.loads(n2n("--home", side.folder, "partner", "updates", "--json").out)


def test_one_asks_two_accept_and_both_see_it(world: World, n2n: Any) -> None:
    ask = ("--home", world.tw.folder, "partner", "update", "kr", "--purpose", "sign", "--who", "ann")
    asked = n2n(*ask)
    assert asked.code == 0, asked.err
    assert f"kr: update 1 asks to sign with sign-2027 from {FROM}" in asked.out
    said = asked.out.partition("telephone: ")[2][:19]
    assert "update 1 asked before, and is PROPOSED:" in n2n(*ask).out
    until(lambda: states(n2n, world.kr) == ["PROPOSED"])
    # Whoever accepts asks for the fingerprint; it is nowhere to be copied from.
    shown = n2n("--home", world.kr.folder, "partner", "updates", "tw", "--json").out
    assert said not in shown
    assert said not in n2n("--home", world.kr.folder, "partner", "updates").out
    accept = ("--home", world.kr.folder, "partner", "update-accept", "1")
    refused = n2n(*accept, "--who", "kim")
    assert (refused.code, "let them read out theirs" in refused.err) == (8, True)
    first = n2n(*accept, "--who", "kim", "--fingerprint", said)
    assert (first.code, "is PROPOSED, accepted by kim" in first.out) == (0, True)
    assert n2n(*accept, "--who", "KIM", "--fingerprint", said).code == 8
    second = n2n(*accept, "--who", "lee", "--fingerprint", said, "--why", "called Taipei")
    assert (second.code, "is ACCEPTED, accepted by kim, lee" in second.out) == (0, True)
    warned = listed(n2n, world.tw)
    assert warned["updates"][0]["state"] == "ACCEPTED" or "the switch comes at" in warned["warnings"][0]
    until(lambda: states(n2n, world.tw) == ["ACCEPTED"])
    assert listed(n2n, world.tw)["warnings"] == []
    row = listed(n2n, world.kr)["updates"][0]
    assert (row["decided_by"], row["why"], row["direction"]) == (["kim", "lee"], "called Taipei", "in")
    used = n2n("--home", world.kr.folder, "partner", "explain", "tw").out
    assert "tw/update-1-1-sign" in used


def test_what_is_refused_is_told_with_its_reason(world: World, n2n: Any) -> None:
    n2n("--home", world.tw.folder, "partner", "update", "kr")
    until(lambda: states(n2n, world.kr) == ["PROPOSED"])
    refused = n2n("--home", world.kr.folder, "partner", "update-reject", "1", "--reason", "not this year", "--who", "kim")
    assert (refused.code, "update 1 of tw is REJECTED" in refused.out) == (0, True)
    until(lambda: states(n2n, world.tw) == ["REJECTED"])
    shown = listed(n2n, world.tw)
    assert shown["updates"][0]["why"] == "Rejected: not this year"
    assert "kr has not accepted it" in shown["warnings"][0]


def test_what_cannot_be_is_told_with_its_remedy(world: World, n2n: Any) -> None:
    home = ("--home", world.tw.folder, "partner")
    assert n2n(*home, "update", "kr", "--purpose", "seal").code == 2
    assert n2n(*home, "update", "kr", "--respond-by", "soon").code == 2
    ended = n2n(*home, "update", "kr", "--purpose", "tls")
    assert (ended.code, "n2n cert switch" in ended.err) == (8, True)
    assert n2n(*home, "update-accept", "7", "--fingerprint", "x").code == 8
    heads, warned = n2n(*home, "updates").out.splitlines()
    assert heads.split() == ["ID", "PARTNER", "ASKED", "BY", "STATE", "ANSWER", "BY", "FROM", "DECIDED", "BY", "WHY"]
    # A switch stands in node.toml, and its partner can be asked.
    assert warned.endswith("kr was not asked by message: n2n partner update kr")


def test_a_number_that_no_row_can_have_is_wrong_usage(n2n: Any, tmp_path: Path) -> None:
    for number in ("0", "99999999999999999999"):
        assert n2n("--home", tmp_path, "partner", "update-accept", number).code == 2
        assert n2n("--home", tmp_path, "document", "show", number).code == 2
