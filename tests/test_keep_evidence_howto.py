"""Every command of docs/howto/keep-evidence-for-ten-years.md is run, and says what the page shows."""

import re
import shlex
import shutil
from pathlib import Path
from typing import Any

import pytest

from node.agreements.retention import read_retention
from node.bucket import read_bucket
from node.cli.root import run
from node.configuration import Problems, Table, parse_toml
from node.ebms.message import Service
from node.msh.retention import STANDARD, YEAR
from tests.archives import Archive
from tests.homes import make_pair
from tests.judged_bundles import holds
from tests.pages import MANUAL, blocks, pattern

PAGE = MANUAL / "howto" / "keep-evidence-for-ten-years.md"


def commands(block: str) -> list[tuple[list[str], str]]:
    """Each command, and what is shown below it."""
    found = []
    for part in re.split(r"(?m)^\$ ", block)[1:]:
        line, _, shown = part.partition("\n")
        found.append((shlex.split(line)[1:], shown))
    return found


@pytest.fixture
def archive(tmp_path: Path, document: Path) -> Archive:
    return Archive(tmp_path, document, 2)


def test_the_page_is_true_from_top_to_bottom(
    archive: Archive, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "new").mkdir()
    new = make_pair(tmp_path / "new")[0]
    (ca,) = (archive.tw.folder / "certs" / "trust").glob("*.pem")
    shutil.copyfile(ca, tmp_path / "customs-root.pem")
    monkeypatch.chdir(tmp_path)
    done = []
    for block in blocks(PAGE, "console"):
        for words, shown in commands(block):
            if words[1] == "import":
                shutil.rmtree(archive.tw.folder)
            home = archive.tw.folder if archive.tw.folder.exists() else new.folder
            told = [str(archive.folder) if one == "/mnt/evidence" else one for one in words]
            capsys.readouterr()
            code = run(["--home", str(home), *told], {"COLUMNS": "200"})
            out = capsys.readouterr().out.replace(str(archive.folder), "/mnt/evidence")
            assert re.fullmatch(pattern(shown), out), (words, shown, out)
            done.append((words[1], code))
    assert [one for one, _ in done] == [
        *("hold", "hold", "holds", "release", "archive", "archive", "archive-check", "archive-check"),
        *("import", "search", "export"),
    ]
    # After the certificates have ended, the check of what was archived says so or not; all else ends well.
    assert {code for one, code in done if one != "archive-check"} == {0}
    assert holds((tmp_path / "m1.asice").read_bytes()).manifest.exchanges[0].message_id == "m1@tw.example"


def test_the_tables_of_the_page_are_read(tmp_path: Path) -> None:
    tables = [parse_toml(one.encode()) for one in blocks(PAGE, "toml")]
    agreed: Any = [(Service("urn:s"), ("co.certificate", "co.other"))]
    problems = Problems()
    retention = read_retention(Table(tables[0]["retention"], "agreement.toml", problems, "retention"), STANDARD, agreed)
    assert (retention.rule_of("urn:s", "co.certificate").payload, retention.rule_of("urn:s", "co.other").evidence) == (
        *(10 * YEAR, 15 * YEAR),
    )
    keys = tmp_path / "keys.toml"
    keys.write_text('access_key = "a"\nsecret_key = "b"\n')
    keys.chmod(0o600)
    table = Table({"place": "s3://evidence/tw", "s3": tables[1]}, "s3.toml", problems)
    bucket = read_bucket(table, "place", tmp_path, "s3://evidence/tw")
    assert problems.found == [] and bucket is not None
    assert (bucket.endpoint, bucket.region, bucket.credentials.access_key) == ("https://s3.customs.example", "tw-1", "a")
