"""The page on reconciling is followed word for word, with real seals of both sides."""

import json
import re
import shlex
import shutil
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from node.app import Node
from node.cli.root import run
from node.customs.seal.making import seal
from node.security.keys import SoftwareKey
from tests.customs_pair import make_customs_pair
from tests.documents import sample
from tests.pages import MANUAL, blocks
from tests.seals import NOW, SIGN, Authority, private_key
from tests.test_reconciling import came, receipts, send, theirs
from tests.two_nights import after, set_dial

PAGE = MANUAL / "howto" / "reconcile-with-a-partner.md"


def signer(country: str, number: int) -> tuple[Authority, SoftwareKey]:
    authority, private = Authority(f"{country} root"), private_key("p256", number)
    certificate = authority.issue(f"{country} seal", private, SIGN)
    return authority, SoftwareKey(certificate, (authority.certificate, certificate), private)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tw, tw_key), (kr, kr_key) = signer("TW", 1), signer("KR", 2)
    pem = tw_key.private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / "tw-seal.pem").write_bytes(pem + tw_key.certificate.pem() + tw.certificate.pem())
    for name, authority in (("tw", tw), ("kr", kr)):
        (tmp_path / f"{name}.pem").write_bytes(authority.certificate.pem())
        (tmp_path / f"{name}.crl").write_bytes(authority.crl())
    partners = {
        "anchors": {"TW": ["tw.pem"], "KR": ["kr.pem"]},
        "crls": ["tw.crl", "kr.crl"],
        "bindings": {"TW-CUSTOMS": [tw_key.certificate.sha256], "KR-CUSTOMS": [kr_key.certificate.sha256]},
    }
    (tmp_path / "partners.json").write_text(json.dumps(partners))
    shutil.copy(sample("rec-night-tw"), tmp_path)
    (tmp_path / "theirs.xml").write_bytes(seal(sample("rec-night-kr").read_bytes(), kr_key, NOW))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def told(command: str, capsys: Any) -> tuple[int, str, str]:
    words = shlex.split(command)
    assert words[0] == "n2n"
    capsys.readouterr()
    code = run(words[1:], {})
    out, err = capsys.readouterr()
    return code, out, err


def test_every_command_of_the_page_prints_what_it_shows(folder: Path, capsys: Any) -> None:
    commands, shown = blocks(PAGE, "sh"), blocks(PAGE, "text")
    assert len(commands) == len(shown) == 2
    codes = []
    for command, text in zip(commands, shown, strict=True):
        code, out, _ = told(command, capsys)
        codes.append(code)
        assert re.fullmatch(".*".join(map(re.escape, text.split("..."))), out), f"{command}\nprinted\n{out}"
    # They differ.
    assert codes == [0, 1]


def test_a_manifest_that_was_altered_after_it_was_sealed_is_not_compared(folder: Path, capsys: Any) -> None:
    seal_it, compare = blocks(PAGE, "sh")
    assert told(seal_it, capsys)[0] == 0
    theirs = folder / "theirs.xml"
    theirs.write_bytes(theirs.read_bytes().replace(b"@kr.example", b"@jp.example", 1))
    code, out, err = told(compare, capsys)
    assert (code, out) == (2, "")
    assert err.startswith("error: theirs.xml: SIG-02: The document or its signature was altered.")


def test_every_rule_of_the_comparison_is_on_the_page() -> None:
    from node.customs.reconciling.comparing import Kind

    assert re.findall(r"^   \| (REC-\d\d) \|", PAGE.read_text("utf-8"), re.MULTILINE) == [kind.value for kind in Kind]


def test_what_the_node_does_by_itself_is_told_as_the_page_shows_it(tmp_path, monkeypatch, capsys) -> None:
    dial = set_dial(monkeypatch)
    tw, _ = make_customs_pair(tmp_path)
    node = Node.open(tw.folder)
    messages = [send(node, "TW-N-1"), send(node, "TW-N-2")]
    for one in messages:
        receipts(node, one)
    dial.turn(after(dial.now()))
    monkeypatch.chdir(tw.folder)
    run_it, show_it = re.findall(r"^```sh\n(.*?)^```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    waiting, differs = re.findall(r"^```text\n(.*?)^```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    assert matches(told(run_it, capsys), 6, waiting)
    # KR has lost one.
    (night,) = node.reconciling.nights.nights("kr", 9)
    came(node, night.period, [one for one in theirs(node, night.period) if one.transport_id != messages[0]])
    assert told(run_it, capsys)[0] == 1
    assert matches(told(show_it, capsys), 1, differs)
    node.close()


def matches(found: tuple[int, str, str], code: int, text: str) -> bool:
    assert re.fullmatch(".*".join(map(re.escape, text.split("..."))), found[1]), found
    return found[0] == code
