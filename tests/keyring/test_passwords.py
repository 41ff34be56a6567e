"""Passwords that everybody tries first are known, however they are spelled."""

import pytest

from node.keyring.passwords import is_default


@pytest.mark.parametrize("word", [b"changeit", b"Secret", b" PASSWORD\n", b"", b"123456"])
def test_a_password_that_everybody_tries_first(word: bytes) -> None:
    assert is_default(word)


@pytest.mark.parametrize("word", [b"JFmoa9-wmVk0-2bnXa", "密碼不是這個".encode(), b"\xff\xfe"])
def test_one_that_nobody_guesses(word: bytes) -> None:
    assert not is_default(word)
