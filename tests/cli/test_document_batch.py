"""`n2n document batch`, beside what tests/exchanges/test_batch.py tells."""

import pytest

from node.app import Node
from node.cli.root import run
from node.customs.filing.registration import IN, Carried
from node.customs.reconciling.batch import Mark
from tests.customs_pair import make_customs_pair
from tests.exchanges.test_documents import fresh


@pytest.fixture
def folder(tmp_path):
    tw, _ = make_customs_pair(tmp_path)
    node = Node.open(tw.folder)
    for number, mark in enumerate((Mark("b1", 1, 2), Mark("b1", 2, 3), Mark("b2", 1, 1))):
        octets = fresh("not-normal-outage", SenderAuthority="KR-KCS", RecipientAuthority="TW-CUSTOMS")
        octets = octets.replace(b"KR-N-2026-0044", b"KR-N-%d" % number)
        entry = node.checking._registered(octets, Carried(IN, f"{number}@kr.example", "kr"), "not.notice", node.clock.now()).entry
        node.batches.note("kr", mark, entry.id)
    node.close()
    return tw.folder


def told(folder, capsys, *words):
    capsys.readouterr()
    return run(["--home", str(folder), "document", "batch", *words], {}), capsys.readouterr().out


def test_the_latest_batches_are_listed(folder, capsys):
    code, out = told(folder, capsys, "kr")
    assert code == 0
    assert [line.split() for line in out.splitlines()[1:]] == [
        ["b2", "1", "1", "0", "complete"],
        ["b1", "3", "2", "1", "INCOMPLETE"],
    ]
    assert len(told(folder, capsys, "kr", "--limit", "1")[1].splitlines()) == 2
    assert len(told(folder, capsys, "ca")[1].splitlines()) == 1


def test_everything_that_is_wrong_with_one_is_told_in_either_language(folder, capsys):
    code, out = told(folder, capsys, "kr", "b1")
    assert code == 1
    lines = out.splitlines()
    assert lines[0] == "batch b1 of kr: 2 of 3 documents have come"
    assert [line[:6] for line in lines[1:-1]] == ["BAT-03", "BAT-01"]
    assert told(folder, capsys, "kr", "b1", "--lang", "zh-Hant")[1].splitlines()[0] == "kr 之批次 b1：共 3 則，已收 2 則"
    assert told(folder, capsys, "kr", "b2") == (0, "batch b2 of kr: 1 of 1 documents have come\ncomplete\n")
