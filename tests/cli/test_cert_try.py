"""`n2n cert try`: the partner says whether it accepts a key before the key takes over."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from node.home import put_certificate, put_own_key
from node.keyring.demo_authority import DemoAuthority, Issued
from tests.bars.bar import until
from tests.bars.nodes import World
from tests.homes import Side


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    made.start(made.kr)
    yield made
    made.stop()


def new_key(side: Side, name: str, use: str, authority: DemoAuthority) -> Issued:
    issued = authority.issue(side.name, "ecdsa", use)
    put_own_key(side.folder, name, issued.private_key + issued.certificate)
    return issued


def knows(side: Side, partner: str, use: str, name: str, issued: Issued, authority: DemoAuthority, window: str = "") -> None:
    """One more certificate in an agreement."""
    put_certificate(side.folder, "partners", name, issued.certificate)
    put_certificate(side.folder, "trust", "next", authority.certificate)
    path = side.folder / "partners" / partner / "agreement.toml"
    text = path.read_text()
    before = next(line for line in text.splitlines() if line.startswith(use))
    path.write_text(text.replace(before, f'{use} = ["{partner}-{use}", "{name}"]') + window)


def test_a_key_is_refused_until_the_partner_knows_it(n2n: Any, world: World) -> None:
    authority = DemoAuthority(datetime.now(UTC))
    issued = new_key(world.tw, "sign-2027", "sign", authority)
    words = ("--home", world.tw.folder, "cert", "try", "--name", "sign-2027", "kr", "--json")
    ended = n2n(*words)
    assert (ended.code, ended.document["accepted"]) == (5, False), ended.err
    assert ended.document["partners"][0]["error_code"] == "EBMS:0101"
    knows(world.kr, "tw", "sign", "tw-sign-2027", issued, authority)
    ended = until(lambda: found if (found := n2n(*words)).code == 0 else None, 20, 0.5) or n2n(*words)
    assert ended.code == 0, ended.out
    assert "kr accepts sign-2027: the receipt repeats every digest we signed" in " ".join(n2n(*words[:-1]).out.split())
    # Nothing of it is kept here, nobody serves here, and the partner's Consumer has nothing.
    assert n2n("--home", world.tw.folder, "message", "list", "--json").document["messages"] == []
    assert world.consumed() == []


def test_the_partner_s_next_certificate_is_encrypted_to(n2n: Any, world: World) -> None:
    authority = DemoAuthority(datetime.now(UTC))
    issued = new_key(world.kr, "encrypt-2027", "encrypt", authority)
    at = (datetime.now(UTC) + timedelta(days=3)).isoformat()
    window = f'\n[[certificates.window]]\nname = "kr-encrypt-2027"\nfrom = {at}\n'
    knows(world.tw, "kr", "encrypt", "kr-encrypt-2027", issued, authority, window)
    words = ("--home", world.tw.folder, "cert", "try", "--name", "sign", "--json")
    ended = n2n(*words)
    # The partner has not said yet that this key is to follow.
    assert ended.document["partners"][0]["encrypted_to"] == "kr-encrypt-2027"
    assert ended.code == 5, ended.out
    path = world.kr.folder / "node.toml"
    path.write_text(path.read_text() + f'\n[[keys.next]]\npurpose = "encrypt"\nname = "encrypt-2027"\nfrom = {at}\n')
    assert until(lambda: n2n(*words).code == 0, 20, 0.5)
    # And the one of now, when asked for.
    assert n2n(*words, "--encrypt-to", "kr-encrypt").document["partners"][0]["encrypted_to"] == "kr-encrypt"


def test_a_tls_key_is_tried_by_calling_with_it(n2n: Any, world: World) -> None:
    authority = DemoAuthority(datetime.now(UTC))
    issued = new_key(world.tw, "tls-2027", "tls", authority)
    words = ("--home", world.tw.folder, "cert", "try", "--name", "tls-2027", "--purpose", "tls", "kr")
    assert n2n(*words).code in (4, 5)
    knows(world.kr, "tw", "tls", "tw-tls-2027", issued, authority)
    assert until(lambda: n2n(*words).code == 0, 20, 0.5)


def test_what_cannot_be_tried(n2n: Any, world: World) -> None:
    def code(*words: str) -> int:
        return int(n2n("--home", world.tw.folder, "cert", "try", *words).code)

    assert code("--name", "sign-2027") == 7
    assert code("--name", "sign", "jp") == 7
    assert code("--name", "encrypt", "--purpose", "encrypt") == 2
    assert code("--name", "sign", "--encrypt-to", "nothing") == 7
    world.stop()
    ended = n2n("--home", world.tw.folder, "cert", "try", "--name", "sign")
    assert ended.code == 4
    assert "kr was not reached with sign" in ended.out
