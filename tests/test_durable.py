"""Two system calls, seen at the system: what is synced, how, and that a hint asks nothing of who gives it."""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from node import durable


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """The sync calls in their order, with the file that each was for."""
    made: list[tuple[str, str]] = []
    for name in ("fsync", "fdatasync"):
        real = getattr(os, name)

        def note(descriptor: int, name: str = name, real: object = real) -> None:
            made.append((name, Path(f"/proc/self/fd/{descriptor}").readlink().name))
            real(descriptor)  # type: ignore[operator]

        monkeypatch.setattr(os, name, note)
    return made


def test_a_file_and_a_folder_are_synced(tmp_path: Path, calls: list[tuple[str, str]]) -> None:
    (tmp_path / "file").write_bytes(b"x")
    durable.sync(tmp_path / "file", data_only=True)
    durable.sync(str(tmp_path / "file"))
    durable.sync(tmp_path)
    assert calls == [("fdatasync", "file"), ("fsync", "file"), ("fsync", tmp_path.name)]


def test_a_file_is_there_whole_and_its_name_last(tmp_path: Path, calls: list[tuple[str, str]]) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"before")
    durable.put(file, b"after", datetime(2026, 11, 28, 9, 14, tzinfo=UTC))
    assert file.read_bytes() == b"after"
    assert file.stat().st_mtime == datetime(2026, 11, 28, 9, 14, tzinfo=UTC).timestamp()
    # The octets are on disk before the name leads to them.
    assert calls == [("fsync", f".file.{os.getpid()}"), ("fsync", tmp_path.name)]
    assert [one.name for one in tmp_path.iterdir()] == ["file"]


def test_nothing_stays_open_when_syncing_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(_descriptor: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fsync", fails)
    before = [*Path("/proc/self/fd").iterdir()]
    with pytest.raises(OSError, match="Input/output error"):
        durable.sync(tmp_path)
    assert [*Path("/proc/self/fd").iterdir()] == before


def test_the_disk_is_asked_to_begin_with_the_whole_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hints: list[tuple[int, int, int]] = []
    monkeypatch.setattr(os, "posix_fadvise", lambda _fd, *hint: hints.append(hint))
    with (tmp_path / "file").open("wb") as file:
        durable.start_writing(file.fileno())
        # A system without the call writes all the same.
        monkeypatch.delattr(os, "posix_fadvise")
        durable.start_writing(file.fileno())
    assert hints == [(0, 0, os.POSIX_FADV_DONTNEED)]


def test_a_disk_that_is_full_keeps_no_half_of_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_bytes(b"before")

    def fails(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fails)
    with pytest.raises(OSError, match="No space left"):
        durable.put(tmp_path / "file", b"after")
    assert [(one.name, one.read_bytes()) for one in tmp_path.iterdir()] == [("file", b"before")]
