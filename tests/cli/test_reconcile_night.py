"""`n2n reconcile run|show`, beside what tests/exchanges/test_night.py and tests/test_reconcile_howto.py tell."""

import json

import pytest

from node.app import Node
from node.cli.root import run
from tests.customs_pair import make_customs_pair
from tests.test_reconciling import came, receipts, send, theirs
from tests.two_nights import after, set_dial


@pytest.fixture
def dial(monkeypatch):
    return set_dial(monkeypatch)


@pytest.fixture
def folder(tmp_path, dial):
    return make_customs_pair(tmp_path)[0].folder


def told(folder, capsys, *words):
    capsys.readouterr()
    code = run(["--home", str(folder), "reconcile", *words, "--json"], {})
    out, err = capsys.readouterr()
    return code, json.loads(out or err)


def test_a_night_is_sent_once_and_compared_as_often_as_one_likes(folder, dial, capsys):
    node = Node.open(folder)
    receipts(node, send(node))
    dial.turn(after(dial.now()))
    code, shown = told(folder, capsys, "run", "kr")
    assert (code, shown["outcome"], shown["result"]) == (6, None, None)
    (night,) = node.reconciling.nights.nights("kr", 9)
    assert shown["night"] == night.number
    code, shown = told(folder, capsys, "show", "kr")
    assert (code, shown["compared_at"]) == (0, None)
    came(node, night.period, theirs(node, night.period))
    day = f"{night.period.ends:%Y-%m-%d}"
    for _ in range(2):
        code, shown = told(folder, capsys, "run", "kr", "--night", day)
        assert (code, shown["outcome"], shown["result"]["agreed"]) == (0, "AP", 1)
    assert run(["--home", str(folder), "reconcile", "show", "kr", "--lang", "zh-Hant"], {}) == 0
    assert "雙方相符" in capsys.readouterr().out
    assert len([one for one in node.documents.entries() if one.about.type_id == "rec.manifest"]) == 2
    node.close()


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("run", "ca"), 2, "lists of nights are not agreed with it"),
        (("show", "kr"), 7, "no list of that night was made"),
        (("run", "kr", "--night", "yesterday"), 2, "is no day"),
        (("run", "kr", "--night", "2126-01-01"), 2, "has not ended"),
    ],
)
def test_what_cannot_be_done_is_told(folder, capsys, words, code, said):
    found, shown = told(folder, capsys, *words)
    assert found == code
    assert said in json.dumps(shown)
