"""What the chrony of a machine says, asked of a real one."""

import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from node.timekeeping.offset import Unusable
from node.transport.chrony import TRACKING, ask_chrony
from tests.conftest import missing
from tests.ntp_server import Chrony, NtpServer, chronyd, right

HOUR = timedelta(hours=1)


@pytest.fixture
def program() -> str:
    return chronyd() or missing("no chrony (Debian: apt install chrony)")


def tracking(chrony: Chrony) -> tuple[str, ...]:
    return chrony.words(*TRACKING[1:])


@pytest.fixture
def following(program: str) -> Iterator[tuple[Chrony, NtpServer]]:
    """A chrony that follows a server by which this machine's clock is an hour ahead."""
    server = NtpServer(right(HOUR, stratum=1, precision=-20, reference_id=b"GPS\0"))
    chrony = Chrony(program, f"server 127.0.0.1 port {server.server.port} iburst minpoll -2 maxpoll 0\n", serves=False)
    yield chrony, server
    chrony.close()
    server.close()


@pytest.mark.server
def test_the_offset_that_chrony_knows_is_told_with_its_sign(following: tuple[Chrony, NtpServer]) -> None:
    chrony, _ = following
    # Until it has chosen its server.
    subprocess.run(chrony.words("waitsync", "100", "0", "0", "0.1"), stdout=subprocess.DEVNULL, timeout=60, check=True)
    offset, by = ask_chrony(tracking(chrony))
    assert by == "127.0.0.1"
    assert offset.least - timedelta(seconds=1) <= HOUR <= offset.most + timedelta(seconds=1)


@pytest.mark.server
def test_a_chrony_that_follows_nobody_is_no_reference(program: str) -> None:
    for settings, why in (("", "not synchronised"), ("local stratum 3\n", "own clock")):
        chrony = Chrony(program, settings, serves=False)
        try:
            with pytest.raises(Unusable, match=why):
                _ = ask_chrony(tracking(chrony))
        finally:
            chrony.close()


def test_where_there_is_none_that_is_told(tmp_path: Path) -> None:
    with pytest.raises(Unusable, match="not on this machine"):
        ask_chrony((str(tmp_path / "chronyc"),))


def script(tmp_path: Path, text: str) -> tuple[str, ...]:
    path = tmp_path / "chronyc"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return (str(path), "tracking")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("echo 506 Cannot talk to daemon; exit 1", "chronyc fails: 506 Cannot talk to daemon"),
        ("exit 3", "chronyc fails: exit code 3"),
        ("echo nonsense", "no report"),
        ("printf '\\377'", "cannot be asked"),
        ("exec sleep 60", "says nothing within 0.2 s"),
    ],
)
def test_one_that_fails_is_told_with_its_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, why: str) -> None:
    monkeypatch.setattr("node.transport.chrony.PATIENCE", 0.2 if "sleep" in text else 30.0)
    with pytest.raises(Unusable, match=why):
        ask_chrony(script(tmp_path, text))
