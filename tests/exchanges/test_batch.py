"""A batch between two whole nodes: the receiver sees what is missing, and the same command again sends it."""

import asyncio
import json

import pytest

from node.app import Node
from node.cli.root import run
from node.ebms.states import OutboundState
from tests.customs_pair import make_customs_pair
from tests.services import delivered, ended, serving
from tests.test_reconciling import notice


@pytest.fixture
def pair(tmp_path):
    return make_customs_pair(tmp_path)


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "batch"
    made.mkdir()
    for number in (1, 2, 3, 4):
        (made / f"{number}.xml").write_bytes(notice(f"TW-N-{number}"))
    return made


def n2n(side, capsys, *words):
    capsys.readouterr()
    code = run(["--home", str(side.folder), *map(str, words), "--json"], {})
    out, err = capsys.readouterr()
    return code, json.loads(out or err)


async def sent(pair, message_ids):
    async with serving(pair[0]) as here, serving(pair[1]) as there:
        here.push.wake()
        for one in message_ids:
            await ended(here.node, one, OutboundState.ACKNOWLEDGED)
            await delivered(there.node, one)


def test_what_is_missing_is_seen_and_sent_by_the_same_command(pair, folder, capsys):
    tw, kr = pair
    node = Node.open(tw.folder)
    pieces = node.batching.plan(
        "kr", [(path.name, node.payload(path, "application/xml")) for path in sorted(folder.iterdir(), reverse=True)]
    )
    assert [one.name for one in pieces] == ["1.xml", "2.xml", "3.xml", "4.xml"]
    # The process dies after two of them, of which the second was lost.
    for piece in (pieces[0], pieces[2]):
        assert node.batching.submit("kr", None, piece, (), None)
    node.close()
    asyncio.run(sent(pair, [pieces[0].message_id, pieces[2].message_id]))
    batch = pieces[0].mark.batch_id
    code, told = n2n(kr, capsys, "document", "batch", "tw", batch)
    assert (code, told["arrived"], told["total"], told["missing"]) == (1, 2, 4, [[2, 2], [4, 4]])
    assert told["findings"][0]["rule"] == "BAT-01"
    assert run(["--home", str(kr.folder), "document", "batch", "tw", batch, "--lang", "zh-Hant"], {}) == 1
    assert "缺 2 則：2, 4" in capsys.readouterr().out
    code, told = n2n(tw, capsys, "submit", "--batch", folder, "--partner", "kr", "--property", "a=b")
    assert (code, told["batch"], told["total"], told["submitted"]) == (0, batch, 4, 2)
    assert [one["again"] for one in told["messages"]] == [True, False, True, False]
    asyncio.run(sent(pair, [one["message_id"] for one in told["messages"]]))
    code, told = n2n(kr, capsys, "document", "batch", "tw", batch)
    assert (code, told["complete"], told["findings"]) == (0, True, [])
    code, told = n2n(kr, capsys, "document", "batch", "tw")
    assert (code, [(one["batch"], one["arrived"]) for one in told["batches"]]) == (0, [(batch, 4)])
    assert n2n(kr, capsys, "document", "batch", "tw", "other")[0] == 7
    # Nothing came twice.
    node = Node.open(kr.folder)
    assert len([one for one in node.documents.entries() if one.about.type_id == "not.notice"]) == 4
    node.close()


def test_nothing_goes_out_before_every_document_is_right(pair, folder, capsys):
    tw, _ = pair
    (folder / "2.xml").write_bytes(notice("TW-N-2").replace(b">NORMAL<", b">URGENT<"))
    (folder / "3.xml").write_bytes(b"<what/>")
    code, told = n2n(tw, capsys, "submit", "--batch", folder, "--partner", "kr")
    assert code == 2
    said = json.dumps(told)
    assert "NOT-01" in said
    assert "is no document of a known type" in said
    assert "nothing was submitted" in said
    node = Node.open(tw.folder)
    assert node.documents.entries() == []
    node.close()


def test_what_is_on_file_may_come_with_an_earlier_document_of_the_batch(pair, folder, capsys):
    tw, _ = pair
    withdrawal = notice("TW-N-1").replace(b"<FunctionCode>9<", b"<FunctionCode>1<").replace(b"<VersionID>1<", b"<VersionID>2<")
    (folder / "1b.xml").write_bytes(withdrawal)
    (folder / "2b.xml").write_bytes(withdrawal.replace(b"TW-N-1<", b"TW-N-9<").replace(b"uuid:", b"uuid:1", 1))
    code, told = n2n(tw, capsys, "submit", "--batch", folder, "--partner", "kr", "--type", "not.notice")
    # Of the second one nothing is on file, and the others went out.
    assert code == 2
    said = json.dumps(told)
    assert "LC-01" in said
    assert "5 of 6 are submitted" in said
    node = Node.open(tw.folder)
    assert len(node.documents.entries()) == 5
    node.close()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--message-id", "a@b"), "goes without FILE"),
        (("--type", "co.nothing"), "not agreed for sending"),
        (("--partner", "jp"), "no such folder in partners"),
    ],
)
def test_what_does_not_go_together_is_told(pair, folder, capsys, words, said):
    code, told = n2n(pair[0], capsys, "submit", "--batch", folder, "--partner", "kr", *words)
    assert code == 2
    assert said in json.dumps(told)


def test_a_folder_of_nothing_and_one_of_folders_are_no_batch(pair, tmp_path, capsys):
    empty = tmp_path / "empty"
    (empty / "inner").mkdir(parents=True)
    code, told = n2n(pair[0], capsys, "submit", "--batch", empty, "--partner", "kr")
    assert (code, "is no regular file" in json.dumps(told)) == (2, True)
    (empty / "inner").rmdir()
    code, told = n2n(pair[0], capsys, "submit", "--batch", empty, "--partner", "kr")
    assert (code, "0 messages" in json.dumps(told)) == (2, True)
    code, told = n2n(pair[0], capsys, "submit", "--partner", "kr")
    assert (code, "name a file" in json.dumps(told)) == (2, True)
