"""The page on proving an exchange is followed word for word."""

import re
import shlex
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from node.cli.root import run
from node.configuration import parse_toml
from node.home import put_own_key
from node.keyring.demo_authority import DemoAuthority
from tests.conftest import ROOT
from tests.exchanged import exchanged
from tests.homes import agree, make_side
from tests.pages import MANUAL, blocks, pattern
from tests.seals import World, serving
from verifier import n2n_verify

PAGE = MANUAL / "howto" / "prove-an-exchange.md"


def test_every_command_of_the_page_prints_what_it_shows(
    tmp_path: Path, document: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority, world = DemoAuthority(datetime.now(UTC)), World()
    tw, kr = make_side(tmp_path, "tw", authority), make_side(tmp_path, "kr", authority)
    agree(tw, kr)
    agree(kr, tw)
    seal = authority.issue("tw seal", "ecdsa", "sign")
    put_own_key(tw.folder, "seal", seal.private_key + seal.certificate)
    monkeypatch.chdir(tmp_path)
    Path("customs-root.pem").write_bytes(authority.certificate)
    Path("time-root.pem").write_bytes(world.time_root.certificate.pem())

    def stamp(request: bytes) -> bytes:
        world.stamps_at = datetime.now(UTC)
        return world.tsa.stamp(request)

    (settings,) = blocks(PAGE, "toml")
    assert set(parse_toml(settings.encode())["evidence"]) == {"time_stamp_authority", "seal"}
    with serving(stamp) as url, (tw.folder / "node.toml").open("a") as file:
        # An authority of this machine.
        file.write(f"\n{settings.replace('https://tsa.example/', url)}allow_private = true\n")
        file.flush()
        exchanged(tw, kr, document)
        commands = [line for block in blocks(PAGE, "sh") for line in block.splitlines()]
        shown = blocks(PAGE, "text")
        said = []
        for command in commands:
            words = shlex.split(command)
            if words[0] == "n2n":
                assert run(["--home", str(tw.folder), *words[1:]], {"USER": "lin"}) == 0, command
            elif words[0] == "python3":
                assert n2n_verify.main(words[2:]) == 0
            else:
                ended = subprocess.run(["bash", "-euo", "pipefail", "-c", command], capture_output=True, text=True)
                assert (ended.returncode, ended.stdout + ended.stderr) == (0, ""), command
                continue
            said.append(capsys.readouterr().out)
    assert len(commands) == 12
    assert len(said) == len(shown) == 8
    for text, out in zip(shown, said, strict=True):
        assert re.fullmatch(pattern(text), out), out
    # The second verifier lies where the page's reader finds it.
    assert (ROOT / "verifier" / "n2n_verify.py").is_file()
