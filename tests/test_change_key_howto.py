"""The page on changing a key is followed word for word, with a partner that serves."""

import re
import shlex
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from node.cli.root import run
from node.home import put_certificate
from node.keyring.demo_authority import DemoAuthority
from node.setting import Setting
from tests.bars.nodes import World
from tests.pages import MANUAL, blocks, pattern

PAGE = MANUAL / "howto" / "change-a-key.md"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.stop()


def name_in_agreement(home: Path, partner: str, more: str = "") -> None:
    path = home / "partners" / partner / "agreement.toml"
    text = path.read_text()
    path.write_text(re.sub(r"(?m)^sign .*$", f'sign = ["{partner}-sign", "{partner}-sign-2027"]', text) + more)


def test_every_command_of_the_page_prints_what_it_shows(
    world: World, capsys: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    authority = DemoAuthority(datetime(2026, 11, 1, tzinfo=UTC), days=3650)
    for name in ("tw", "kr"):
        issued = authority.issue(name, "ecdsa", "sign")
        key = issued.private_key if name == "tw" else b""
        (tmp_path / f"{'kr-' if name == 'kr' else ''}sign-2027.pem").write_bytes(key + issued.certificate)
        if name == "tw":
            # The partner has done what the second part of the page says.
            put_certificate(world.kr.folder, "partners", "tw-sign-2027", issued.certificate)
    for side in (world.tw, world.kr):
        put_certificate(side.folder, "trust", "next", authority.certificate)
    name_in_agreement(world.kr.folder, "tw")
    world.start(world.kr)
    commands, shown = blocks(PAGE, "sh"), blocks(PAGE, "text")
    assert len(commands) == len(shown) == 6
    entry, windows = blocks(PAGE, "toml")
    for command, text in zip(commands, shown, strict=True):
        words = shlex.split(command)
        assert words[0] == "n2n"
        if words[1:3] == ["partner", "check"]:
            name_in_agreement(world.tw.folder, "kr", f"\n{windows}")
        assert run(["--home", str(world.tw.folder), *words[1:]], {}) == 0, capsys.readouterr()
        out = capsys.readouterr().out
        assert re.fullmatch(pattern(text), out), out
    written = tomllib.loads((world.tw.folder / "node.toml").read_text())["keys"]["next"]
    assert written == tomllib.loads(entry)["keys"]["next"]
    setting = Setting(world.tw.folder)
    assert setting.problems.found == []
    assert set(setting.agreements.periods()) == {"kr-sign", "kr-sign-2027"}
