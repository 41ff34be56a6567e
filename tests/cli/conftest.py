"""Running the command line in this process."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from node.cli.root import run
from node.keyring.demo_authority import DemoAuthority
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
        code = run([str(word) for word in words], environment or {})
        out, err = capsys.readouterr()
        return Ended(code, out, err)

    return call


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
