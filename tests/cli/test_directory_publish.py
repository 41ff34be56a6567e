"""`n2n directory publish`."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from node.home import put_certificate, put_own_key
from node.keyring.demo_authority import DemoAuthority
from node.security.certificates import load_certificates
from tests.customs_pair import make_customs_pair
from tests.homes import Side

WHO = "iso6523-actorid-upis::0158:TW-CUSTOMS"


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Side, Side]:
    return make_customs_pair(tmp_path)


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ((WHO, "--url", "u", "--out", "o", "--version", "3"), 2, "'3' is none"),
        ((WHO, "--url", "u", "--out", "o", "--key", "none"), 7, "certs/own has no key 'none'"),
        (("..", "--url", "https://u/as4", "--out", "o"), 2, "makes no file name"),
        ((WHO, "--url", "u", "--out", "o"), 2, "'u' is no address"),
        ((WHO, "--url", "https://u/\x01", "--out", "o"), 2, "is no address"),
    ],
)
def test_what_cannot_be_published_is_told(
    n2n: Any, pair: tuple[Side, Side], words: tuple[str, ...], code: int, said: str
) -> None:
    answer = n2n("--home", pair[0].folder, "directory", "publish", *words)
    assert (answer.code, said in answer.err) == (code, True), answer.err


def test_what_is_published_names_the_key_that_is_used_now(n2n: Any, pair: tuple[Side, Side]) -> None:
    tw, kr = pair
    authority = DemoAuthority(datetime.now(UTC))
    for use in ("sign", "encrypt"):
        new = authority.issue("tw", "ecdsa", use)
        put_own_key(tw.folder, f"{use}-next", new.private_key + new.certificate)
        settings = tw.folder / "node.toml"
        began = datetime.now(UTC) - timedelta(seconds=1)
        settings.write_text(
            settings.read_text() + f'\n[[keys.next]]\npurpose = "{use}"\nname = "{use}-next"\nfrom = {began:%Y-%m-%dT%H:%M:%SZ}\n'
        )
    where = ("--url", "https://as4.tw.example/as4", "--out", tw.folder / "smp", "--json")
    file = n2n("--home", tw.folder, "directory", "publish", WHO, *where).document["files"][0]
    put_certificate(kr.folder, "trust", "tw-ca", authority.certificate)
    (kr.folder / "discovery.toml").write_text('anchors = ["tw-ca"]\n')
    found = n2n("--home", kr.folder, "directory", "find", WHO, Path(file).name, "--file", file, "--json").document
    (encrypt,) = load_certificates(new.certificate)
    assert found["endpoints"][0]["certificates"][0]["sha256"] == encrypt.sha256
