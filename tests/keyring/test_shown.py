"""The paths that partners showed, as they lie in data/revocations/shown."""

from datetime import timedelta

import pytest

from node.keyring.shown import KEPT, MOST, NOTED, Shown
from tests.seals import NOW, Authority, private_key

ROOT = Authority("KR root")
MIDDLE = Authority("KR middle", ROOT)
LEAF = MIDDLE.issue("server", private_key("p256"))
PATH = LEAF, MIDDLE.certificate, ROOT.certificate


def test_a_path_is_found_by_another_process(tmp_path):
    Shown(tmp_path / "shown").remember(PATH, NOW)
    assert Shown(tmp_path / "shown").paths() == [PATH]
    assert [file.name for file in (tmp_path / "shown").iterdir()] == [f"{LEAF.sha256}.pem"]


def test_nothing_is_there_before_anybody_showed_anything(tmp_path):
    assert Shown(tmp_path / "shown").paths() == []
    assert Shown(tmp_path / "shown").forget(NOW) == 0


def test_what_is_shown_again_is_written_now_and_then_only(tmp_path):
    shown, file = Shown(tmp_path), tmp_path / f"{LEAF.sha256}.pem"
    shown.remember(PATH, NOW)
    file.unlink()
    shown.remember(PATH, NOW + NOTED - timedelta(seconds=1))
    assert not file.exists()
    shown.remember(PATH, NOW + NOTED)
    assert file.stat().st_mtime == (NOW + NOTED).timestamp()


def test_another_path_above_the_same_certificate_takes_its_place(tmp_path):
    shown = Shown(tmp_path)
    shown.remember(PATH, NOW)
    assert shown.paths() == [PATH]
    shown.remember(PATH[:2], NOW)
    assert shown.paths() == [PATH[:2]]


def test_what_nobody_shows_any_more_is_forgotten(tmp_path):
    shown = Shown(tmp_path)
    shown.remember(PATH, NOW)
    assert shown.forget(NOW + KEPT) == 0
    assert shown.forget(NOW + KEPT + timedelta(seconds=1)) == 1
    assert shown.paths() == []
    shown.remember(PATH, NOW)
    assert shown.paths() == [PATH]


def test_of_too_many_those_that_were_shown_last_stay(tmp_path, monkeypatch):
    assert MOST == 2000
    monkeypatch.setattr("node.keyring.shown.MOST", 2)
    shown = Shown(tmp_path)
    leaves = [MIDDLE.issue(f"server {number}", private_key("p256")) for number in range(3)]
    for number, one in enumerate(leaves):
        shown.remember((one,), NOW + timedelta(minutes=number))
    assert shown.forget(NOW + timedelta(hours=1)) == 1
    assert {path[0] for path in shown.paths()} == set(leaves[1:])


def test_a_file_that_is_no_certificate_is_told_and_passed_over(tmp_path, caplog):
    shown = Shown(tmp_path)
    shown.remember(PATH, NOW)
    (tmp_path / "0.pem").write_bytes(b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    assert shown.paths() == [PATH]
    assert "shown/0.pem cannot be read" in caplog.text


def test_what_cannot_be_written_is_an_oserror(tmp_path):
    (tmp_path / "shown").write_text("")
    with pytest.raises(OSError, match="shown"):
        Shown(tmp_path / "shown").remember(PATH, NOW)
