"""A home's files are known again, and every change of one of them is noticed."""

from pathlib import Path

from node.fingerprint import documents_of, fingerprint
from tests.homes import make_pair


def test_the_same_files_have_the_same_fingerprint(tmp_path: Path) -> None:
    tw, _ = make_pair(tmp_path)
    found = fingerprint(tw.folder)
    assert found == fingerprint(tw.folder)
    # What passes through the node is no setting.
    (tw.folder / "data" / "x").write_bytes(b"")
    assert found == fingerprint(tw.folder)
    (tw.folder / "aeo.toml").write_bytes(b"")
    assert found != fingerprint(tw.folder)


def test_what_is_hidden_or_gone_changes_nothing(tmp_path: Path) -> None:
    tw, _ = make_pair(tmp_path)
    found = fingerprint(tw.folder)
    (tw.folder / "certs" / "own" / ".sign.pem").write_bytes(b"half")
    (tw.folder / "certs" / "own" / "nowhere.pem").symlink_to(tmp_path / "nothing")
    assert found == fingerprint(tw.folder)
    assert fingerprint(tmp_path / "nothing") == frozenset()


def test_packs_and_code_lists_are_a_part_of_it(tmp_path: Path) -> None:
    tw, _ = make_pair(tmp_path)
    (tw.folder / "profiles" / "messaging" / "own.toml").write_text("")
    assert documents_of(fingerprint(tw.folder)) == frozenset()
    for name in ("documents", "codelists"):
        (tw.folder / "profiles" / name).mkdir(exist_ok=True)
        (tw.folder / "profiles" / name / "x").write_text("")
    assert {Path(one[0]).parent.name for one in documents_of(fingerprint(tw.folder))} == {"documents", "codelists"}
