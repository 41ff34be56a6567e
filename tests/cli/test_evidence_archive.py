"""Evidence goes to a folder or a bucket, and whoever has only that can say whether it is still whole."""

import json
from pathlib import Path
from typing import Any

import pytest

from node.app import Node
from node.evidence.archive import volume_name
from node.evidence.entry import Kind
from tests.archives import Archive


@pytest.fixture
def archive(tmp_path: Path, document: Path) -> Archive:
    return Archive(tmp_path, document, 2)


@pytest.fixture
def call(n2n: Any, archive: Archive) -> Any:
    return lambda *words, **more: n2n("--home", archive.tw.folder, "evidence", *words, **more)


def test_what_is_archived_is_told_and_on_record(call: Any, n2n: Any, archive: Archive) -> None:
    told = call("archive", archive.folder, "--why", "nightly", "--who", "Lin", "--json").document
    assert (told["messages"], told["volumes"], told["left"], told["last"], told["notes"]) == (2, 1, [], 1, [])
    # Whoever checks has no home.
    checked = n2n("evidence", "archive-check", archive.folder, "--newest", told["newest"], "--json")
    assert (checked.code, checked.document["holds"], checked.document["messages"]) == (0, True, 2)
    assert checked.document["newest"] == told["newest"]
    said = call("archive", archive.folder)
    assert said.out.startswith(f"{archive.folder}: nothing is new, it ends at page 1\n")
    node = Node.open(archive.tw.folder)
    facts = [one.entry.facts for one in node.evidence.kinds(Kind.RETRIEVED)]
    node.close()
    assert [(one["who"], one["why"]) for one in facts] == [("Lin", "nightly")] * 2
    assert told["newest"] in facts[1]["what"]


def test_a_check_names_the_place_and_ends_with_1(n2n: Any, call: Any, archive: Archive) -> None:
    assert call("archive", archive.folder).code == 0
    good = n2n("evidence", "archive-check", archive.folder).out
    assert good.endswith("The archive is as it was put there.\n") and "compare them with what you know" in good
    archive.write(volume_name(1), archive.read(volume_name(1))[:-1])
    ended = n2n("evidence", "archive-check", archive.folder)
    assert ended.code == 1
    assert f"FAILS: {volume_name(1)}: has " in ended.out and "it was cut short" in ended.out
    found = n2n("evidence", "archive-check", archive.folder, "--newest", "0" * 64, "--json").document["troubles"]
    assert len(found) == 2


def test_anchors_that_are_known_are_named(n2n: Any, call: Any, archive: Archive, files: Path) -> None:
    assert call("archive", archive.folder).code == 0
    (ca,) = (archive.tw.folder / "certs" / "trust").glob("*.pem")
    known = n2n("evidence", "archive-check", archive.folder, "--anchor", ca)
    assert (known.code, "known to you" in known.out) == (0, True), known.out
    assert n2n("evidence", "archive-check", archive.folder, "--anchor", files / "ca.pem").code == 1


def test_what_is_damaged_is_left_and_told(call: Any, n2n: Any, archive: Archive) -> None:
    node = Node.open(archive.tw.folder)
    node.messages.writer.run(lambda cursor: cursor.execute("DELETE FROM payload WHERE direction = 'out' AND owner_id = 2"))
    node.close()
    ended = call("archive", archive.folder)
    assert (ended.code, "LEFT: m2@tw.example: " in ended.out) == (1, True)
    assert "1 message was left" in n2n("evidence", "archive-check", archive.folder).out


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("archive", "/nowhere/at/all"), 7, "no such folder"),
        (("archive", "ftp://x/y"), 3, "s3://BUCKET/PREFIX"),
        (("archive", "s3://b/y"), 3, "the name of a bucket has 3 to 63 small letters"),
        (("archive", ".", "--partner", "kt"), 7, "no partner 'kt': known here: kr"),
        (("archive-check", ".", "--newest", "abc"), 2, "--newest: 'abc' is no SHA-256: 64 digits"),
        (("archive", ".", "--s3", "s3.toml"), 2, "is no bucket"),
        (("archive", "tests", "--from", "2026-02-01"), 8, "is no archive of evidence"),
        (("archive", ".", "--from", "soon"), 2, "no instant"),
        (("archive-check", "/nowhere/at/all"), 7, "no such folder"),
    ],
)
def test_a_place_that_is_none_is_told(call: Any, words: tuple[str, ...], code: int, said: str) -> None:
    ended = call(*words)
    assert (ended.code, said in ended.err) == (code, True), ended.err


@pytest.mark.java
def test_a_bucket_takes_it_and_no_secret_is_seen(n2n: Any, call: Any, archive: Archive, s3: Any, caplog: Any) -> None:
    bucket = s3.bucket("evidence")
    settings, keys = archive.folder / "s3.toml", archive.folder / "keys.toml"
    settings.write_text(f'endpoint = "{bucket.endpoint}"\ncredentials = "keys.toml"\n')
    keys.write_text(f'access_key = "{bucket.credentials.access_key}"\nsecret_key = "{bucket.credentials.secret_key}"\n')
    keys.chmod(0o600)
    place = f"s3://{bucket.name}/evidence"
    told = call("archive", place, "--s3", settings, "--json")
    assert told.document["messages"] == 2
    again = call("archive", place, "--s3", settings)
    checked = n2n("evidence", "archive-check", place, "--s3", settings, "--newest", told.document["newest"])
    assert (again.code, checked.code) == (0, 0), checked.out
    assert "nothing is new" in again.out
    path = s3.path(volume_name(1), "evidence")
    path.write_bytes(path.read_bytes()[:-7])
    broken = n2n("evidence", "archive-check", place, "--s3", settings, "--json")
    assert (broken.code, [one["place"] for one in broken.document["troubles"]]) == (1, [volume_name(1)])
    said = json.dumps([told.out, told.err, again.out, again.err, checked.out, checked.err, broken.out, broken.err, caplog.text])
    node = Node.open(archive.tw.folder)
    log = b"".join(one.octets for one in node.evidence.walk())
    node.close()
    assert bucket.credentials.secret_key not in said and bucket.credentials.secret_key.encode() not in log
    keys.chmod(0o644)
    assert "others may read these credentials" in call("archive", place, "--s3", settings).err
    s3.kill()
    keys.chmod(0o600)
    assert call("archive", place, "--s3", settings).code == 4


def test_a_folder_that_is_no_archive_is_told_in_one_line(n2n: Any, archive: Archive) -> None:
    ended = n2n("evidence", "archive-check", archive.tw.folder)
    assert ended.code == 1
    (line,) = [one for one in ended.out.splitlines() if one.startswith("FAILS")]
    assert line.startswith("FAILS: head.json: is missing, and so is every page and volume: this is no archive of evidence")
    assert ended.out.endswith("The archive is NOT as it was put there: 1 place.\n")
