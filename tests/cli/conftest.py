"""Running the command line in this process."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import get_ident
from typing import Any

import pytest

from node.cli.acts import READS
from node.cli.root import run
from node.keyring.demo_authority import DemoAuthority
from node.store.connection import Cursor
from node.store.group_commit import GroupCommit
from tests.exchanged import exchanged
from tests.homes import PURPOSES, Side, make_pair


@dataclass(frozen=True)
class Ended:
    """What a command left."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        return json.loads(self.out)


Command = Callable[..., Ended]


@pytest.fixture
def n2n(capsys: pytest.CaptureFixture[str]) -> Command:
    """`n2n("--home", folder, "message", "list")`; the environment is empty unless `environment` is given."""

    def call(*words: object, environment: dict[str, str] | None = None) -> Ended:
        capsys.readouterr()
        with only_reading([str(word) for word in words]):
            code = run([str(word) for word in words], environment or {})
        out, err = capsys.readouterr()
        return Ended(code, out, err)

    return call


#: What commands that only read write nonetheless: that files were edited, who looked an operator up, octets that entries name, and what is due anyway.
TOLERATED = ("StoredConfiguration.", "StoredOperators.note", "KeptOnce.")


@contextmanager
def only_reading(words: Sequence[str]) -> Iterator[None]:
    """A command that is said to change nothing must not write into the store."""
    plain = [one for place, one in enumerate(words) if one != "--home" and (place == 0 or words[place - 1] != "--home")]
    command = next((" ".join(plain[:n]) for n in (3, 2, 1) if " ".join(plain[:n]) in READS), "")
    wrote: list[str] = []
    before, thread = GroupCommit.run, get_ident()

    def noting(self: GroupCommit, work: Callable[[Cursor], Any], name: str = "", *, rides: bool = True) -> Any:
        def work_noted(cursor: Cursor) -> Any:
            changes = cursor.execute("SELECT total_changes()").fetchone()[0]
            result = work(cursor)
            # A node that serves in this process writes in threads of its own.
            ours = get_ident() == thread
            if ours and cursor.execute("SELECT total_changes()").fetchone()[0] != changes:
                wrote.append(work.__qualname__)
            return result

        return before(self, work_noted, name, rides=rides)

    if command and command not in ("demo", "bench", "simulate"):
        GroupCommit.run = noting  # type: ignore[method-assign]
    try:
        yield
    finally:
        GroupCommit.run = before  # type: ignore[method-assign]
    assert [one for one in wrote if not one.startswith(TOLERATED)] == [], f"n2n {command} is among READS of node/cli/acts.py"


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Key and certificate files as people have them: ca.pem, kr-sign.key.pem (with its certificate), kr-sign.pem and so on."""
    folder = tmp_path_factory.mktemp("files")
    authority = DemoAuthority(datetime.now(UTC))
    (folder / "ca.pem").write_bytes(authority.certificate)
    for party in ("tw", "kr"):
        for use in PURPOSES:
            issued = authority.issue(party, "ecdsa", use)
            (folder / f"{party}-{use}.key.pem").write_bytes(issued.private_key + issued.certificate)
            (folder / f"{party}-{use}.pem").write_bytes(issued.certificate)
            (folder / f"{party}-{use}.only-key.pem").write_bytes(issued.private_key)
    (folder / "document.xml").write_text("<certificate/>")
    return folder


@pytest.fixture(scope="session")
def traded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Side, Side]:
    """Two homes that have exchanged m1, m2 and another-1 of tw, and are not served now. What looks at them adds to their logs."""
    folder = tmp_path_factory.mktemp("traded")
    document = folder / "certificate.xml"
    document.write_text("<certificate>產地證明書</certificate>" * 20, "utf-8")
    tw, kr = make_pair(folder)
    exchanged(tw, kr, document, ("m1@tw.example", "m2@tw.example", "another-1@tw.example"))
    return tw, kr
