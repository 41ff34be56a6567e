"""`n2n doctor` tells each promise, and exits with 1 when one is broken."""

import asyncio
import os
import re
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from node.cli.demo_homes import make_sides
from node.store.sqlite import Connection
from tests.homes import Side, make_pair
from tests.services import serving


@pytest.fixture
def tw(tmp_path: Path, n2n: Any) -> Side:
    side = make_pair(tmp_path)[0]
    path = tmp_path / "document.xml"
    path.write_text("<certificate/>")
    assert n2n("--home", side.folder, "submit", "--partner", "kr", path, "--message-id", "one@tw.example").code == 0
    return side


def test_a_healthy_store_is_told_promise_by_promise(n2n: Any, tw: Side) -> None:
    ended = n2n("--home", tw.folder, "doctor", "--store")
    assert ended.code == 0, ended.out
    lines = ended.out.splitlines()
    assert lines[13].startswith("INV-13  ok            the log of evidence is whole")
    assert [line.split()[1] for line in lines[:14]] == ["ok"] * 14
    assert lines[-1] == "all is well"


def test_a_breach_is_told_with_its_place_and_ends_with_1(n2n: Any, tw: Side) -> None:
    with closing(Connection(tw.folder / "data" / "node.db")) as connection:
        connection.execute("UPDATE exchange SET due_at = NULL")
    ended = n2n("--home", tw.folder, "doctor", "--store", "--json")
    assert ended.code == 1
    assert ended.document["ok"] is False
    (found,) = ended.document["findings"]
    assert (found["id"], found["where"]) == ("INV-14", "message one@tw.example")
    assert {row["id"]: row["findings"] for row in ended.document["invariants"]}["INV-14"] == 1


def test_it_writes_nothing(n2n: Any, tw: Side) -> None:
    database = tw.folder / "data" / "node.db"
    before = database.read_bytes()
    n2n("--home", tw.folder, "doctor", "--store")
    assert database.read_bytes() == before


def damaged_page(database: Path) -> None:
    octets = bytearray(database.read_bytes())
    # Where a table lies and no header does.
    octets[8192 * 3 : 8192 * 3 + 4096] = b"\xff" * 4096
    database.write_bytes(octets)


def cut_in_half(database: Path) -> None:
    database.write_bytes(database.read_bytes()[: database.stat().st_size // 2])


def overwritten(database: Path) -> None:
    database.write_bytes(b"not what it was " * 4096)


@pytest.mark.parametrize("damage", [damaged_page, cut_in_half, overwritten])
def test_a_damaged_database_is_a_finding_with_its_place_and_remedy(n2n: Any, tw: Side, damage: Any) -> None:
    database = tw.folder / "data" / "node.db"
    damage(database)
    ended = n2n("--home", tw.folder, "doctor", "--store", "--json")
    assert ended.code == 1, ended.err
    found = [one for one in ended.document["findings"] if one["id"] == "STORE"]
    assert found
    assert all((one["where"], "the database is damaged" in one["what"]) == (str(database), True) for one in found)
    assert all("restore it from a backup" in one["remedy"] for one in found)
    assert ended.document["invariants"][0]["findings"] == len(found)
    assert n2n("--home", tw.folder, "doctor", "--store").out.splitlines()[0].startswith("STORE")


def test_an_empty_file_and_another_database_are_no_store(n2n: Any, tw: Side) -> None:
    database = tw.folder / "data" / "node.db"
    database.write_bytes(b"")
    ended = n2n("--home", tw.folder, "doctor", "--store")
    assert (ended.code, "has no tables" in ended.err) == (3, True)
    with closing(Connection(database)) as connection:
        connection.execute("CREATE TABLE recipes (name TEXT)")
    ended = n2n("--home", tw.folder, "doctor", "--store")
    assert (ended.code, "look whether it is the right one" in ended.err) == (3, True)


def test_a_store_of_another_version_is_told_with_the_remedy(n2n: Any, tw: Side) -> None:
    with closing(Connection(tw.folder / "data" / "node.db")) as connection:
        connection.execute("UPDATE schema_version SET version = 99")
    ended = n2n("--home", tw.folder, "doctor", "--store")
    assert ended.code == 3
    assert "schema_version: is 99" in ended.err
    assert "use the newer node" in ended.err


def test_a_missing_folder_of_payloads_is_a_finding_and_is_not_made(n2n: Any, tw: Side, tmp_path: Path) -> None:
    large = tmp_path / "large.bin"
    large.write_bytes(os.urandom(300_000))
    assert n2n("--home", tw.folder, "submit", "--partner", "kr", large, "--message-id", "two@tw.example").code == 0
    payloads = tw.folder / "data" / "payloads"
    payloads.rename(tmp_path / "elsewhere")
    ended = n2n("--home", tw.folder, "doctor", "--store", "--json")
    assert (ended.code, payloads.exists()) == (1, False)
    assert {(one["id"], one["where"]) for one in ended.document["findings"]} > {("STORE", str(payloads))}
    assert "INV-12" in {one["id"] for one in ended.document["findings"]}
    (tmp_path / "elsewhere").rename(payloads)
    assert n2n("--home", tw.folder, "doctor", "--store").code == 0


def test_no_store_is_told_with_the_remedy(n2n: Any, tmp_path: Path) -> None:
    home = make_pair(tmp_path)[1].folder
    ended = n2n("--home", home, "doctor", "--store")
    assert (ended.code, "there is no store" in ended.err) == (3, True)


# -- the home ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def demo(tmp_path: Path) -> Path:
    """A demo's home that nobody has served yet."""
    return make_sides(tmp_path / "demo", "edelivery-as4-2.0-ecdsa", datetime.now(UTC))[0].home


def test_a_healthy_home_is_well(n2n: Any, demo: Path) -> None:
    ended = n2n("--home", demo, "doctor")
    assert ended.code == 0, ended.out
    assert " 0 found, " in ended.out.splitlines()[0]
    told = n2n("--home", demo, "doctor", "--json").document
    assert told["ok"] is True
    assert {one["result"] for one in told["checks"]} == {"ok", "not applicable"}
    assert all(one["reason"] for one in told["checks"] if one["result"] == "not applicable")


def test_a_finding_is_told_with_place_reason_remedy_and_who_acts(n2n: Any, demo: Path) -> None:
    (demo / "certs" / "own" / "sign.pem").chmod(0o644)
    ended = n2n("--home", demo, "doctor", "--area", "places")
    assert ended.code == 1
    assert ended.out.splitlines()[:4] == [
        "CONFIG  certs/own/sign.pem: has mode 644: others may read our keys",
        "  why   Whoever reads the key signs in our name; the node refuses such a key.",
        "  mend  chmod 600 certs/own/sign.pem",
        "  who   administrator (places.keys)",
    ]
    told = n2n("--home", demo, "doctor", "--area", "places", "--json")
    (one,) = (one for one in told.document["checks"] if one["findings"])
    assert (told.code, one["id"], one["findings"][0]["fix"]) == (1, "places.keys", "chmod 600 certs/own/sign.pem")


def test_what_is_only_worth_knowing_leaves_it_well(n2n: Any, demo: Path) -> None:
    agreement = demo / "partners" / "kr" / "agreement.toml"
    text = agreement.read_text("utf-8").replace('"both"', '"receive"').partition("\n[[service]]\nvalue = ")[0]
    agreement.write_text(text, "utf-8")
    ended = n2n("--home", demo, "doctor", "--area", "agreements", "--json")
    (one,) = (one for one in ended.document["checks"] if one["findings"])
    assert (one["id"], one["findings"][0]["severity"], ended.code) == ("agreements.both-ways", "info", 0)


def test_every_check_is_listed_and_none_is_asked(n2n: Any, demo: Path) -> None:
    told = n2n("--home", demo, "doctor", "--list", "--json").document["checks"]
    assert len(told) >= 35
    assert all(all(one.values()) for one in told)
    assert len(n2n("--home", demo, "doctor", "--list").out.splitlines()) == len(told) + 1


def test_a_password_is_never_told(n2n: Any, demo: Path) -> None:
    path = demo / "certs" / "own" / "pull.password"
    path.touch(0o600)
    path.write_text("letmein")
    ended = n2n("--home", demo, "doctor", "--json", environment={"N2N_KEY_PASSWORD": "changeit"})
    assert ended.code == 1
    assert "keys.passwords" in {one["id"] for one in ended.document["checks"] if one["findings"]}
    assert "letmein" not in ended.out
    assert "changeit" not in ended.out


@pytest.mark.parametrize("words", [("--ping",), ("--list", "--store"), ("--area", "nothing"), ("--online", "--store")])
def test_what_does_not_go_together_is_wrong_usage(n2n: Any, demo: Path, words: tuple[str, ...]) -> None:
    assert n2n("--home", demo, "doctor", *words).code == 2


def test_online_the_partners_are_called_and_pinged(n2n: Any, tmp_path: Path) -> None:
    tw, kr = make_pair(tmp_path)

    async def story() -> Any:
        async with serving(tw), serving(kr):
            return await asyncio.to_thread(n2n, "--home", tw.folder, "doctor", "--area", "online", "--online", "--ping", "--json")

    ended = asyncio.run(story())
    assert {one["id"]: one["result"] for one in ended.document["checks"]}["online.ping"] == "ok", ended.out
    assert (ended.document["online"]["kr"]["tls"], ended.document["online"]["kr"]["trouble"]) == ("TLSv1.3", "")
    (act,) = n2n("--home", tw.folder, "audit", "list", "--what", "partner ping", "--json").document["acts"]
    assert "doctor --area online --online --ping" in act["why"]


def test_what_a_partner_showed_is_told(n2n: Any, tmp_path: Path) -> None:
    tw, kr = make_pair(tmp_path)

    async def story() -> Any:
        async with serving(kr):
            return await asyncio.to_thread(n2n, "--home", tw.folder, "doctor", "--area", "online", "--online")

    told = asyncio.run(story()).out.splitlines()[0]
    assert re.fullmatch(r"kr answered in \d+ ms by TLSv1\.3, its certificate ends on [\d-]+, its clock [+-]\d s from ours", told)


def test_a_ping_that_nobody_can_send_is_told(n2n: Any, tmp_path: Path) -> None:
    tw, kr = make_pair(tmp_path)

    async def story() -> Any:
        async with serving(kr):
            return await asyncio.to_thread(n2n, "--home", tw.folder, "doctor", "--area", "online", "--online", "--ping", "--json")

    ended = asyncio.run(story())
    (one,) = (one for one in ended.document["checks"] if one["id"] == "online.ping")
    assert "nobody serves this home" in one["findings"][0]["what"]
