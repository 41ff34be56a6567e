"""`n2n notice`, beside what tests/exchanges/test_notices.py tells."""

import json

import pytest

from node.app import Node
from node.cli.root import run
from tests.customs_pair import make_customs_pair
from tests.test_noticing import came


@pytest.fixture
def folder(tmp_path):
    return make_customs_pair(tmp_path)[0].folder


def n2n(folder, capsys, *words):
    capsys.readouterr()
    code = run(["--home", str(folder), "notice", *words], {})
    return code, *capsys.readouterr()


SEND = ("send", "kr", "--category", "OTHER", "--subject", "a", "--text", "b")


def test_it_gets_a_number_and_a_word_about_who_sends_it(folder, capsys):
    code, out, _ = n2n(folder, capsys, *SEND, "--about", "co.certificate=26-1")
    assert code == 0
    number = out.split()[1]
    assert number.startswith("TW-20")
    assert "next: n2n serve" in out
    code, out, _ = n2n(folder, capsys, "show", number)
    assert code == 0
    assert out.splitlines()[0] == f"{number}  NORMAL OTHER GENERAL  TW-CUSTOMS -> KR-KCS"
    assert out.splitlines()[-2:] == ["[en] a", "b"]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ((*SEND, "--priority", "URGENT"), 2, "NOT-01"),
        ((*SEND, "--ack-by", "tomorrow"), 2, "is no time"),
        ((*SEND, "--about", "UCR"), 2, "is no KIND=ID"),
        ((*SEND, "--subject", "zh-Hant=甲"), 2, "NOT-05"),
        (("withdraw", "X"), 2, "error: submit: no notice 'X' is on file: see: n2n notice list"),
        (("show", "X"), 2, "no notice 'X' is on file"),
        (("list", "--lang", "fr"), 2, "is no language"),
    ],
)
def test_what_is_wrong_is_told(folder, capsys, words, code, said):
    found, out, err = n2n(folder, capsys, *words)
    assert (found, out) == (code, "")
    assert said in err


def test_a_withdrawal_says_whether_it_is_the_first_and_who_sends_it(folder, capsys):
    n2n(folder, capsys, *SEND, "--number", "TW-N-1")
    code, _, err = n2n(folder, capsys, "withdraw", "TW-N-1")
    assert (code, "notice TW-N-1 is still on its way" in err) == (2, True)
    assert run(["--home", str(folder), "message", "cancel", err.split()[-1]], {}) == 0
    for said in ("notice TW-N-1 is withdrawn; message ", "notice TW-N-1 was withdrawn before; message "):
        code, out, _ = n2n(folder, capsys, "withdraw", "TW-N-1")
        assert (code, out.startswith(said)) == (0, True), out
        assert "tells kr\nnext: n2n serve" in out
    assert "withdrawn" in n2n(folder, capsys, "list")[1]
    assert "已撤回" in n2n(folder, capsys, "show", "TW-N-1", "--lang", "zh-Hant")[1]
    code, _, err = n2n(folder, capsys, "withdraw", "TW-N-1", "--text", "Another word.")
    assert (code, "is withdrawn already, with another text" in err) == (2, True)


def test_an_acknowledgement_says_whether_it_is_the_first(folder, capsys):
    node = Node.open(folder)
    came(node, "KR-N-1")
    assert n2n(folder, capsys, "ack", "KR-N-1")[1].splitlines()[0] == "notice KR-N-1 of KR-KCS is acknowledged"
    assert "was acknowledged before" in n2n(folder, capsys, "ack", "KR-N-1")[1]
    code, out, _ = n2n(folder, capsys, "list", "--lang", "zh-Hant")
    assert code == 0
    assert "已確認" in out
    assert json.loads(n2n(folder, capsys, "list", "--json")[1])["notices"][0]["state"] == "acknowledged"
    node.close()
