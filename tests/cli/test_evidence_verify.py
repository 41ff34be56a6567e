"""`n2n evidence verify` needs a file and nothing else."""

import socket
import tomllib
from pathlib import Path
from typing import Any

import pytest

from node.evidence.bundle import open_bundle
from node.evidence.manifest import FILE, read_manifest

VECTORS = Path(__file__).parents[1] / "vectors" / "evidence"
AT = "2026-11-28T08:00Z"


@pytest.fixture(autouse=True)
def nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No home, and no network."""

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.chdir(tmp_path)


def test_a_good_bundle_is_told_check_by_check(n2n: Any) -> None:
    ended = n2n("evidence", "verify", VECTORS / "good.asice", "--at", AT)
    assert ended.code == 0, ended.err
    lines = ended.out.splitlines()
    assert lines[0] == "Verified as of 2026-11-28 08:00:00 UTC."
    assert lines[1].startswith("The bundle says that it was made at 2026-11-28 08:00:00 UTC by ")
    assert lines[2:4] == [
        "",
        "holds   container     The file is one container that can be read in one way only; it holds 37 files.",
    ]
    assert [line[8:22].strip() for line in lines if "receipts" in line[:22]] == [f"receipts {step}" for step in range(1, 7)]
    assert lines[-1] == "The bundle holds: no check fails."
    assert "prove nothing by themselves" in lines[-3]


def test_what_fails_is_told_with_its_place(n2n: Any) -> None:
    ended = n2n("evidence", "verify", VECTORS / "receipts-5-digests.asice", "--at", AT)
    assert ended.code == 1
    (line,) = [one for one in ended.out.splitlines() if one.startswith("FAILS")]
    assert line.startswith("FAILS   receipts 5    log/4.json: A digest differs: for cid:p2@node-tw.example")
    assert ended.out.splitlines()[-1] == "The bundle does NOT hold: receipts"
    assert ended.out.splitlines()[0] == "Verified as of 2026-11-28 08:00:00 UTC."
    assert "out of the log" in ended.out.splitlines()[1]
    chinese = n2n("evidence", "verify", VECTORS / "receipts-5-digests.asice", "--at", AT, "--lang", "zh-Hant")
    assert chinese.out.splitlines()[-1] == "本證據包不成立：receipts"
    assert chinese.out.splitlines()[0] == "查驗時點：2026-11-28 08:00:00 UTC。"


def test_programs_read_json(n2n: Any) -> None:
    told = n2n("evidence", "verify", VECTORS / "good-redacted.asice", "--at", AT, "--json").document
    assert (told["holds"], told["failed"], told["at"]) == (True, [], "2026-11-28T08:00:00.000Z")
    assert told["bundle"]["redacted"] is True
    assert set(told["findings"][0]["says"]) == {"en", "zh-Hant"}
    assert {one["whose"] for one in told["anchors"]} == {"node", "partner kr", "time"}
    broken = n2n("evidence", "verify", VECTORS / "container-cut.asice", "--json")
    assert (broken.code, broken.document["failed"], broken.document["bundle"]) == (1, ["container"], None)


def test_ten_years_later_without_renewal(n2n: Any) -> None:
    ended = n2n("evidence", "verify", VECTORS / "tokens-old.asice", "--at", "2036-11-28")
    assert ended.code == 1
    assert "was not renewed before it aged" in ended.out
    assert n2n("evidence", "verify", VECTORS / "good-renewed.asice", "--at", "2036-11-28").code == 0
    fallen = ("--fallen", "sha256=2030-01-01")
    assert n2n("evidence", "verify", VECTORS / "good-renewed.asice", "--at", "2036-11-28", *fallen).code == 1


def test_anchors_that_are_known(n2n: Any, tmp_path: Path) -> None:
    opened = open_bundle((VECTORS / "good.asice").read_bytes())
    signers = read_manifest(opened.files[FILE]).signers
    files = []
    for number, digest in enumerate((*signers.node, *signers.partners["kr"], *signers.time)):
        files += ["--anchor", tmp_path / f"{number}.der"]
        files[-1].write_bytes(opened.files[f"objects/{digest}"])
    good = n2n("evidence", "verify", VECTORS / "good.asice", "--at", AT, *files)
    assert good.code == 0
    assert good.out.count("known to you") == 3
    assert "prove nothing" not in good.out
    less = n2n("evidence", "verify", VECTORS / "good.asice", "--at", AT, *files[:4])
    assert less.code == 1
    assert "NOT known to you" in less.out
    assert less.out.splitlines()[-1] == "The bundle does NOT hold: tokens"


def test_an_anchor_counts_for_the_side_whose_it_is_said_to_be(n2n: Any, tmp_path: Path) -> None:
    opened = open_bundle((VECTORS / "good.asice").read_bytes())
    signers = read_manifest(opened.files[FILE]).signers
    sides = {"node": signers.node, "kr": signers.partners["kr"], "time": signers.time}
    for side, (digest, *_) in sides.items():
        (tmp_path / f"{side}.der").write_bytes(opened.files[f"objects/{digest}"])
    anchors = [f"{side}={tmp_path / side}.der" for side in sides]
    right = n2n(
        "evidence", "verify", VECTORS / "good.asice", "--at", AT, *(word for one in anchors for word in ("--anchor", one))
    )
    assert right.code == 0
    assert right.out.count("known to you") == 3
    # That of the partner, known as one of the node.
    wrong = [anchors[0], f"node={tmp_path / 'kr.der'}", anchors[2]]
    ended = n2n("evidence", "verify", VECTORS / "good.asice", "--at", AT, *(word for one in wrong for word in ("--anchor", one)))
    assert ended.code == 1
    assert ended.out.splitlines()[-1] == "The bundle does NOT hold: signatures, receipts"
    assert n2n("evidence", "verify", VECTORS / "good.asice", "--anchor", f"kr={tmp_path / 'none.der'}").code == 7


def test_wrong_use(n2n: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone, folder = n2n("evidence", "verify", tmp_path / "none"), n2n("evidence", "verify", tmp_path)
    assert (gone.code, gone.err) == (7, f"error: {tmp_path / 'none'}: is not there: look at its name\n")
    assert (folder.code, folder.err) == (2, f"error: {tmp_path}: is a folder: name a file\n")
    (tmp_path / "text").write_text("no certificate")
    good = VECTORS / "good.asice"
    refused = n2n("evidence", "verify", good, "--anchor", tmp_path / "text")
    assert (refused.code, refused.err.count(": ")) == (2, 3)
    assert refused.err.endswith(": no usable X.509 certificate: name a certificate in PEM or DER\n")
    assert n2n("evidence", "verify", good, "--at", "tomorrow").code == 2
    assert n2n("evidence", "verify", good, "--fallen", "sha256").code == 2
    assert n2n("evidence", "verify", tmp_path / "text").code == 1
    # A file of another user is a matter of the disk, not of the command line.
    monkeypatch.setattr(Path, "open", lambda one, mode: (_ for _ in ()).throw(PermissionError(13, "Permission denied", str(one))))
    kept_from = n2n("evidence", "verify", good)
    assert (kept_from.code, "Permission denied: give this user the right to it" in kept_from.err) == (4, True)
    monkeypatch.undo()
    assert tomllib.loads((VECTORS / "vectors.toml").read_text())["vector"]


def test_what_the_bundle_says_of_itself_is_told_as_its_own_word(n2n: Any) -> None:
    said = n2n("evidence", "verify", VECTORS / "good-redacted.asice", "--at", AT).out.splitlines()[1]
    assert said.startswith("The bundle says that it was made at 2026-11-28 08:00:00 UTC by ")
    assert "What else was exchanged it does not tell." in said
    assert said.endswith("Payloads were left out of this copy; their digests stand for them.")
    # What cannot be read says nothing of itself.
    assert n2n("evidence", "verify", VECTORS / "container-cut.asice", "--at", AT).out.splitlines()[1] == ""
