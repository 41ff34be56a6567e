"""One process alone serves a home."""

import os
from pathlib import Path

import pytest

from node.configuration import ConfigurationError
from node.served import is_locked, take_lock


def test_who_serves_holds_the_lock_until_he_lets_go(tmp_path: Path) -> None:
    held = take_lock(tmp_path)
    assert is_locked(tmp_path)
    with pytest.raises(ConfigurationError, match="another n2n serve runs on this home"):
        take_lock(tmp_path)
    # A look takes nothing from him.
    assert is_locked(tmp_path)
    os.close(held)
    assert not is_locked(tmp_path)
    os.close(take_lock(tmp_path))


def test_a_start_does_not_take_a_look_for_a_process_that_serves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looking = take_lock(tmp_path)
    monkeypatch.setattr("node.served.time.sleep", lambda _: os.close(looking))
    os.close(take_lock(tmp_path))


def test_a_look_leaves_no_file_behind(tmp_path: Path) -> None:
    assert not is_locked(tmp_path)
    assert list(tmp_path.iterdir()) == []
