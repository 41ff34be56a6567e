"""An archive comes into an empty home, and its messages are searched, shown and exported there."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from node.app import Node
from node.evidence.archive import volume_name
from node.evidence.entry import Kind
from tests.archives import Archive
from tests.homes import make_pair
from tests.judged_bundles import holds

WHY = ("--why", "case 7")


@pytest.fixture
def archive(tmp_path: Path, document: Path) -> Archive:
    one = Archive(tmp_path, document, 2)
    one.run()
    shutil.rmtree(one.tw.folder)
    return one


@pytest.fixture
def call(n2n: Any, tmp_path: Path) -> Any:
    (tmp_path / "new").mkdir()
    home = make_pair(tmp_path / "new")[0].folder
    return (lambda *words: n2n("--home", home, "evidence", *words)), home


def test_what_was_imported_is_searched_shown_and_exported(call: Any, n2n: Any, archive: Archive, tmp_path: Path) -> None:
    run, home = call
    told = run("import", archive.folder, "--why", "the node was lost", "--who", "Lin", "--json").document
    assert (told["messages"], told["volumes"], told["notes"]) == (2, 1, [])
    found = run("search", "--partner", "kr", *WHY, "--json").document["entries"]
    assert {one["message_id"] for one in found} == set(archive.sent)
    shown = run("show", "m1@", *WHY)
    assert (shown.code, "m1@tw.example" in shown.out) == (0, True), shown.err
    out = tmp_path / "m1.asice"
    exported = run("export", "m1@", "-o", out, *WHY)
    assert exported.code == 0, exported.err
    assert n2n("evidence", "verify", out).code == 0
    assert holds(out.read_bytes()).manifest.log == told["log"]
    of_time = run("export", "--partner", "kr", "--from", "2020-01-01", "-o", tmp_path / "all.asice", *WHY)
    assert of_time.code == 0, of_time.err
    assert len(holds((tmp_path / "all.asice").read_bytes()).manifest.exchanges) == 2
    node = Node.open(home)
    acts = [one.entry.facts for one in node.evidence.kinds(Kind.ACTED) if "import" in str(one.entry.facts["what"])]
    node.close()
    assert [(one["who"], one["why"]) for one in acts] == [("Lin", "the node was lost")]
    assert told["newest"] in acts[0]["what"] and told["log"] in acts[0]["what"]


def test_a_home_that_is_not_empty_and_an_archive_that_is_damaged_are_refused(call: Any, archive: Archive) -> None:
    run, _ = call
    whole = archive.read(volume_name(1))
    archive.write(volume_name(1), whole[:-1])
    damaged = run("import", archive.folder)
    assert (damaged.code, f"{volume_name(1)}: has " in damaged.err) == (5, True), damaged.err
    archive.write(volume_name(1), whole)
    assert run("import", archive.folder).out.startswith("2 messages of the log ")
    again = run("import", archive.folder)
    assert (again.code, "only an empty node takes an archive" in again.err, "n2n init" in again.err) == (8, True, True)
    assert run("import", "/nowhere/at/all").code == 7


def test_only_what_rests_on_an_anchor_that_is_known_is_taken(call: Any, archive: Archive, files: Path) -> None:
    run, _ = call
    assert run("import", archive.folder, "--anchor", files / "ca.pem").code == 5
    (ca,) = (archive.kr.folder / "certs" / "trust").glob("*.pem")
    assert run("import", archive.folder, "--anchor", ca).code == 0
