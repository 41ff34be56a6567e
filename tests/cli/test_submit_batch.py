"""`n2n submit --batch` for people; what it does is told by tests/exchanges/test_batch.py."""

from node.cli.root import run
from tests.customs_pair import make_customs_pair
from tests.test_reconciling import notice


def test_every_document_is_told_with_its_place_and_its_message(tmp_path, capsys):
    tw, _ = make_customs_pair(tmp_path)
    folder = tmp_path / "batch"
    folder.mkdir()
    (folder / ".hidden").write_bytes(b"left out")
    for name in ("b.xml", "a.xml"):
        (folder / name).write_bytes(notice(f"TW-{name}"))
    words = ["--home", str(tw.folder), "submit", "--batch", str(folder), "--partner", "kr"]
    assert run(words, {}) == 0
    head, first, second, after = capsys.readouterr().out.splitlines()
    assert head.endswith(": 2 documents are submitted to kr")
    assert (first.split()[:2], second.split()[:2]) == (["1", "a.xml"], ["2", "b.xml"])
    assert after.startswith("next: n2n serve")
    assert run(words, {}) == 0
    assert "2 documents are submitted to kr, 2 of them before" in capsys.readouterr().out
