"""The page on changing a key is followed word for word, with a partner that serves."""

import re
import shlex
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from node.app import Node
from node.cli.root import run
from node.home import put_certificate, put_own_key
from node.keyring.demo_authority import DemoAuthority
from node.security.certificates import load_certificates
from node.setting import Setting
from node.sheets.fingerprint import grouped
from tests.bars.bar import until
from tests.bars.nodes import MANY, World
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


def part(kind: str) -> list[str]:
    """What stands between the fences of a kind where certificates change by message."""
    text = PAGE.read_text("utf-8").partition("## By message")[2].partition("\n## ")[0]
    return re.findall(rf"^```{kind}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def test_a_certificate_changes_by_message_as_the_page_says(tmp_path: Path, capsys: Any) -> None:
    (service,) = part("toml")
    world = World(tmp_path, more=f"{MANY}\n{service}", trust="pinned")
    issued = DemoAuthority(datetime(2026, 11, 1, tzinfo=UTC), days=3650).issue("tw", "ecdsa", "sign")
    put_own_key(world.tw.folder, "sign-2027", issued.private_key + issued.certificate)
    (certificate,) = load_certificates(issued.certificate)
    right = grouped(certificate.sha256)[:19]
    switch = shlex.split("cert switch --purpose sign --name sign-2027 --from 2027-01-05T00:00Z")
    assert run(["--home", str(world.tw.folder), *switch], {}) == 0
    capsys.readouterr()
    try:
        for side in (world.tw, world.kr):
            world.start(side)
        commands, shown = part("sh"), part("text")
        assert len(commands) == len(shown) == 3
        for side, command, text in zip((world.tw, world.kr, world.kr), commands, shown, strict=True):
            if side is world.kr:
                until(lambda: arrived(world.kr.folder))
            for line in command.replace("9F86-D081-884C-7D65", right).splitlines():
                assert run(["--home", str(side.folder), *shlex.split(line)[1:]], {}) == 0, capsys.readouterr()
            out = capsys.readouterr().out
            assert re.fullmatch(pattern(text), out), out
    finally:
        world.stop()


def arrived(home: Path) -> bool:
    node = Node.open(home)
    try:
        return bool(node.updates.of())
    finally:
        node.close()
