"""Changed files are noticed, read once they lie still, and told."""

import json
from pathlib import Path

from node.app import Node
from node.home import load_home
from node.renewing import Renewing, at_next_start, read_in_force
from node.setting import Setting
from tests.homes import make_pair


def test_a_look_that_finds_nothing_new_reads_nothing(tmp_path: Path) -> None:
    tw, _ = make_pair(tmp_path)
    node, reads = Node.open(tw.folder), []

    def read() -> Setting:
        reads.append(1)
        return node.read_again()

    renewing = Renewing(tw.folder, tw.folder / "data", node.clock, read, node.take, node.setting.fingerprint)
    assert (renewing.sweep(), reads) == (0, [])

    def looked() -> int:
        # What is new stands still from one look to the next.
        return renewing.sweep() + renewing.sweep()

    (tw.folder / "certs" / "trust" / "more.pem").write_bytes((tw.folder / "certs" / "trust" / "ca.pem").read_bytes())
    assert (looked(), renewing.sweep(), len(reads)) == (1, 0, 1)
    # Wrong, and read once only.
    (tw.folder / "certs" / "trust" / "more.pem").write_bytes(b"nonsense")
    assert (looked(), renewing.sweep(), len(reads)) == (0, 0, 2)
    assert "more.pem" in str(renewing.in_force.problems[0])
    # What others may read now is noticed too.
    (tw.folder / "certs" / "trust" / "more.pem").unlink()
    assert looked() == 1
    (tw.folder / "certs" / "own" / "sign.pem").chmod(0o644)
    assert looked() == 0
    assert "others may read this private key" in str(renewing.in_force.problems[0])
    node.close()


def test_what_is_written_meanwhile_is_read_at_the_next_look(tmp_path: Path) -> None:
    tw, _ = make_pair(tmp_path)
    node, writing = Node.open(tw.folder), [True]
    more = tw.folder / "certs" / "trust" / "more.pem"

    def read() -> Setting:
        setting = node.read_again()
        if writing:
            more.write_bytes(more.read_bytes() + b"\n")
        return setting

    renewing = Renewing(tw.folder, tw.folder / "data", node.clock, read, node.take, node.setting.fingerprint)
    more.write_bytes((tw.folder / "certs" / "trust" / "ca.pem").read_bytes())
    before = node.setting
    assert [renewing.sweep() for _ in range(4)] == [0, 0, 0, 0]
    assert node.setting is before
    writing.clear()
    assert renewing.sweep() + renewing.sweep() == 1
    assert "more" in node.setting.certificates.trust
    node.close()


def test_a_file_that_is_still_being_copied_is_not_taken_for_the_whole(tmp_path: Path) -> None:
    tw, _ = make_pair(tmp_path)
    node = Node.open(tw.folder)
    renewing = Renewing(tw.folder, tw.folder / "data", node.clock, node.read_again, node.take, node.setting.fingerprint)
    file, service = tw.folder / "partners" / "kr" / "agreement.toml", '[[service]]\nvalue = "urn:more"\nactions = ["{}"]\n'
    pieces = [file.read_text() + service.format("first") + "\n", service.format("second").replace("more", "most")]
    before = node.setting
    for copied in ("".join(pieces[:1]), "".join(pieces)):
        # Each of them is whole to a reader of TOML.
        file.write_text(copied)
        assert renewing.sweep() == 0
        assert node.setting is before
    # As if the folder were on its way to another place, and back.
    folder, away = file.parent, tw.folder / "partners" / ".away"
    folder.rename(away)
    assert (renewing.sweep(), node.setting) == (0, before)
    away.rename(folder)
    assert [renewing.sweep(), renewing.sweep()] == [0, 1]
    assert [one.service.value for one in node.setting.agreements.agreements["kr"].services][-2:] == ["urn:more", "urn:most"]
    node.close()


def test_nobody_has_said_what_is_in_force(tmp_path: Path) -> None:
    assert read_in_force(tmp_path) is None
    (tmp_path / "setting.json").write_text(json.dumps({"since": 1}))
    assert read_in_force(tmp_path) is None


def test_only_what_needs_a_start_waits_for_one(tmp_path: Path) -> None:
    tw, _ = make_pair(tmp_path)
    before = load_home(tw.folder)
    path = tw.folder / "node.toml"
    path.write_text(path.read_text() + '[limits]\nthreads = 3\n[retention]\npayload = "1d"\n[revocation]\nfetch = false\n')
    assert list(at_next_start(before, load_home(tw.folder))) == ["node.toml: limits", "node.toml: revocation"]
