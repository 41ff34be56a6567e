"""`n2n cert switch`: everything is checked before a line of node.toml changes."""

import time
import tomllib
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from node.home import load_home, put_own_key
from node.keyring.demo_authority import DemoAuthority
from tests.homes import Side, make_pair


@pytest.fixture
def tw(tmp_path: Path) -> Side:
    tw, _ = make_pair(tmp_path)
    authority = DemoAuthority(datetime.now(UTC))
    for name, suite, use in (("sign-2027", "ecdsa", "sign"), ("rsa", "rsa2048", "sign"), ("enc-2027", "ecdsa", "encrypt")):
        one = authority.issue("tw", suite, use)
        put_own_key(tw.folder, name, one.private_key + one.certificate)
    return tw


def soon(days: float = 2) -> str:
    return (datetime.now(UTC) + timedelta(days=days)).strftime("%Y-%m-%dT%H:%MZ")


def switch(n2n: Any, tw: Side, purpose: str, name: str, since: str, *more: str) -> Any:
    return n2n("--home", tw.folder, "cert", "switch", "--purpose", purpose, "--name", name, "--from", since, *more)


def test_a_key_is_written_down_to_take_over(n2n: Any, tw: Side) -> None:
    before, since = (tw.folder / "node.toml").read_text(), soon()
    ended = switch(n2n, tw, "sign", "sign-2027", since)
    assert ended.code == 0, ended.err
    assert f"sign-2027 takes over from sign to sign at {since}" in ended.out
    assert "next: n2n cert try --name sign-2027" in ended.out
    # What stood there stands there still.
    assert (tw.folder / "node.toml").read_text().startswith(before.rstrip("\n"))
    keys = load_home(tw.folder).keys
    at = datetime.fromisoformat(since)
    assert (keys.current("sign", "sign", at - timedelta(seconds=1)), keys.current("sign", "sign", at)) == ("sign", "sign-2027")
    listed = {one["name"]: one["uses"] for one in n2n("--home", tw.folder, "cert", "list", "--json").document["certificates"]}
    assert [(one["purpose"], one["state"]) for one in listed["sign-2027"]] == [("sign", "next")]
    assert [(one["purpose"], one["state"]) for one in listed["sign"]] == [("sign", "now")]
    assert f"next sign from {since}" in n2n("--home", tw.folder, "cert", "list").out


def test_two_who_switch_at_once_come_one_after_the_other(tw: Side, monkeypatch: pytest.MonkeyPatch) -> None:
    import node.cli.cert_switch as module
    from node.cli.root import run

    def slowly(text: str) -> Any:
        # Between reading the file and writing it; the other one would read it now, as it was.
        time.sleep(0.2)
        return tomllib.loads(text)

    monkeypatch.setattr(module, "tomllib", SimpleNamespace(loads=slowly, TOMLDecodeError=tomllib.TOMLDecodeError))
    commands = [("sign", "sign-2027", soon()), ("encrypt", "enc-2027", soon())]

    def switched(one: tuple[str, str, str]) -> int:
        words = ["cert", "switch", "--purpose", one[0], "--name", one[1], "--from", one[2]]
        return run(["--home", str(tw.folder), *words], {})

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(switched, commands)) == [0, 0]
    assert (tw.folder / "node.toml").read_text().count("[[keys.next]]") == 2


def test_a_key_to_encrypt_says_how_long_the_old_one_is_needed(n2n: Any, tw: Side) -> None:
    ended = switch(n2n, tw, "encrypt", "enc-2027", "2026-12-24T00:00Z")
    assert ended.code == 0, ended.err
    # 30 days, and the three days for which partners send again.
    assert "opened until 2027-01-26T00:00Z: leave encrypt in certs/own until then" in ended.out
    assert "opens what comes until 2027-01-26T00:00Z" in n2n("--home", tw.folder, "cert", "list").out


@pytest.mark.parametrize(
    ("purpose", "name", "since", "code", "said"),
    [
        ("seal", "sign-2027", "2", 2, "none of sign, encrypt, tls"),
        ("sign", "sign-2027", "tomorrow", 2, "is no instant"),
        ("sign", "sing-2027", "2", 3, "certs/own has no key 'sing-2027'"),
        ("sign", "sign-2027", "31", 3, "the certificate of 'sign-2027' ends"),
        ("sign", "sign-2027", "-3", 3, "is not valid before"),
        (
            "sign",
            "rsa",
            "2",
            3,
            "partners/kr/agreement.toml: us.sign: certs/own/rsa holds an RSA key; the profile needs an elliptic curve key",
        ),
        ("sign", "enc-2027", "2", 3, "keyUsage lacks digitalSignature"),
        ("encrypt", "sign-2027", "2", 3, "keyUsage lacks keyAgreement"),
        ("sign", "sign", "2", 8, "'sign' is to sign from the beginning already"),
    ],
)
def test_what_cannot_take_over_changes_nothing(
    n2n: Any, tw: Side, purpose: str, name: str, since: str, code: int, said: str
) -> None:
    before = (tw.folder / "node.toml").read_bytes()
    ended = switch(n2n, tw, purpose, name, soon(float(since)) if since.lstrip("-").isdigit() else since)
    assert (ended.code, said in " ".join(ended.err.split())) == (code, True), ended.err
    assert (tw.folder / "node.toml").read_bytes() == before


def test_a_key_that_is_to_follow_already_is_not_written_twice(n2n: Any, tw: Side) -> None:
    assert switch(n2n, tw, "sign", "sign-2027", soon()).code == 0
    ended = switch(n2n, tw, "sign", "sign-2027", soon(3))
    assert ended.code == 8
    assert "edit [[keys.next]]" in ended.err


def test_a_home_with_another_mistake_is_mended_first(n2n: Any, tw: Side) -> None:
    (tw.folder / "certs" / "trust" / "ca.pem").unlink()
    assert switch(n2n, tw, "sign", "sign-2027", soon()).code == 3


def test_a_file_that_cannot_be_added_to_is_left(n2n: Any, tw: Side) -> None:
    path = tw.folder / "node.toml"
    text = path.read_text()
    start = text.index("[keys]")
    end = text.index("[store]")
    path.write_text('keys = { sign = "sign", encrypt = "encrypt", tls = "tls" }\n' + text[:start] + text[end:])
    before = path.read_bytes()
    ended = switch(n2n, tw, "sign", "sign-2027", soon())
    assert ended.code == 3
    assert "write it there by hand: [[keys.next]]" in ended.err
    assert path.read_bytes() == before


def test_a_link_to_a_file_of_another_editor_stays_one(n2n: Any, tw: Side, tmp_path: Path) -> None:
    settings, kept = tw.folder / "node.toml", tmp_path / "kept.toml"
    kept.write_bytes(b"\xef\xbb\xbf" + settings.read_bytes())
    settings.unlink()
    settings.symlink_to(kept)
    ended = switch(n2n, tw, "sign", "sign-2027", soon())
    assert ended.code == 0, ended.err
    assert settings.is_symlink()
    assert "sign-2027" in kept.read_text()
