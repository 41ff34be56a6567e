"""Acts are found by who, what, when and with whom, and tell what is different."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from node.app import Node
from node.keyring.demo_authority import DemoAuthority
from node.recounting import Wanted, act, acts, differences
from tests.homes import make_pair

NOW = datetime.now(UTC)


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    made = Node.open(make_pair(tmp_path)[0].folder)
    for who, what, about in (("Lin  Mei", "cert add", {}), ("wu", "agreement approve", {"partner": "kr"})):
        made.evidence.act(made.clock.now(), who, what, "because", about, {"file-1": b"x"})
    made.evidence.retrieved(made.clock.now(), "wu", "show", "court file 12", {"message_id": "m1"})
    yield made
    made.close()


def whats(node: Node, **wanted: object) -> list[str]:
    return [one.what for one in acts(node.evidence, Wanted(**wanted))]  # type: ignore[arg-type]


def test_the_newest_is_first_and_each_is_found(node: Node) -> None:
    first = "configuration recorded for the first time"
    assert whats(node) == ["show", "agreement approve", "cert add", first]
    assert whats(node, who="LIN mei") == ["cert add"]
    assert whats(node, what="APPROVE") == ["agreement approve"]
    # By what it is about, and by the files that it changed.
    assert whats(node, partner="kr") == ["agreement approve", first]
    assert whats(node, partner="k") == []
    assert whats(node, since=NOW + timedelta(hours=1)) == []
    assert whats(node, until=NOW - timedelta(hours=1)) == []
    assert len(whats(node, since=NOW - timedelta(hours=1), until=NOW + timedelta(hours=1))) == 4


def test_one_is_told_by_its_number_and_what_is_no_act_is_not(node: Node) -> None:
    found = act(node.evidence, 1)
    assert found is not None
    (settings,) = [one for one in found.files if one.path == "node.toml"]
    assert settings.event == "added" and any(line.startswith("+party_id") for line in settings.lines)
    (key,) = [one for one in found.files if one.path == "certs/own/sign.pem"]
    assert len(key.lines) == 2 and "SHA-256" in key.lines[1]
    assert act(node.evidence, 99) is None
    other = act(node.evidence, 2)
    assert other is not None and list(other.objects) == ["file-1"]


def test_differences_are_told_in_words() -> None:
    assert list(differences("node.toml", b"a = 1\nb = 2\n", b"a = 1\nb = 3\n")) == [
        "@@ -1,2 +1,2 @@",
        " a = 1",
        "-b = 2",
        "+b = 3",
    ]
    assert list(differences("x.gz", b"\xff\xfe", b"\xff")) == ["not text: 2 octets before, 1 now"]
    assert list(differences("x.csv", b"a\n" * 30_000, b"")) == ["30000 lines before, 0 now: too many to compare"]
    one, two = (DemoAuthority(NOW).issue(name, "ecdsa", "sign").certificate for name in ("one", "two"))
    lines = list(differences("certs/partners/kr.pem", one, two))
    assert [line[:1] for line in lines] == ["@", "-", "+"] and "one sign" in lines[1] and "two sign" in lines[2]
