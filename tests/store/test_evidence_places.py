"""A folder and a bucket hold an archive alike."""

import os
from pathlib import Path
from typing import Any

import pytest

from node.msh.ports import StorageUnavailable
from node.store.evidence_places import EvidenceFolder, EvidencePlace, evidence_place

BIG = b"0123456789abcdef" * (600 * 1024)


@pytest.fixture(params=["folder", pytest.param("bucket", marks=pytest.mark.java)])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> EvidencePlace:
    return evidence_place(request.getfixturevalue("s3").bucket() if request.param == "bucket" else tmp_path)


@pytest.mark.usefixtures("place")
def test_what_is_put_is_read_and_listed(place: EvidencePlace) -> None:
    before = set(place.lying())
    place.put("volumes/000001.asice", BIG)
    place.put("head.json", b"one")
    place.put("head.json", b"three")
    assert place.read("volumes/000001.asice") == BIG
    assert place.read("head.json") == b"three"
    lying = place.lying()
    assert {name: lying[name] for name in set(lying) - before} == {"head.json": 5, "volumes/000001.asice": len(BIG)}
    with pytest.raises(StorageUnavailable):
        place.read("volumes/000002.asice")


def test_a_folder_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    gone = EvidenceFolder(tmp_path / "not mounted")
    for work in (gone.lying, lambda: gone.read("x"), lambda: gone.put("x", b"")):
        with pytest.raises(StorageUnavailable):
            work()
    assert gone.shown == str(tmp_path / "not mounted") and not gone.folder.exists()


def test_what_a_write_left_that_was_cut_off_is_not_counted(tmp_path: Path) -> None:
    (tmp_path / "volumes").mkdir()
    (tmp_path / "volumes" / ".000001.asice.77").write_bytes(b"half")
    assert EvidenceFolder(tmp_path).lying() == {}


@pytest.mark.java
def test_a_server_that_is_gone_is_unavailable_and_names_no_secret(s3: Any) -> None:
    place = evidence_place(s3.bucket())
    s3.kill()
    for work in (place.lying, lambda: place.read("x"), lambda: place.put("x", b"")):
        with pytest.raises(StorageUnavailable) as told:
            work()
        assert s3.bucket().credentials.secret_key not in str(told.value)


def test_a_folder_that_may_not_be_looked_into_is_not_taken_for_an_empty_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "head.json").write_bytes(b"x")

    def refuse(folder: object) -> None:
        raise PermissionError(13, "Permission denied", str(folder))

    # Whoever runs the tests as root may look everywhere.
    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(StorageUnavailable, match="Permission denied") as told:
        EvidenceFolder(tmp_path).lying()
    assert told.value.remedy == f"look at free space and permissions of {tmp_path}"


def test_what_cannot_be_written_is_told_with_its_place_and_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "volumes").write_bytes(b"a file where a folder belongs")
    with pytest.raises(StorageUnavailable) as told:
        EvidenceFolder(tmp_path).put("volumes/000001.asice", b"x")
    assert (str(told.value), str(tmp_path) in told.value.remedy) == (f"{tmp_path / 'volumes'}: File exists", True)
