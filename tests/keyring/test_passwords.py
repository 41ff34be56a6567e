"""Passwords that everybody tries first are known, however they are spelled."""

import pytest

from node.keyring.passwords import is_default, opens_by_default


@pytest.mark.parametrize("word", [b"changeit", b"Secret", b" PASSWORD\n", b"", b"123456"])
def test_a_password_that_everybody_tries_first(word: bytes) -> None:
    assert is_default(word)


@pytest.mark.parametrize("word", [b"JFmoa9-wmVk0-2bnXa", "密碼不是這個".encode(), b"\xff\xfe"])
def test_one_that_nobody_guesses(word: bytes) -> None:
    assert not is_default(word)


def test_a_password_of_another_key_says_nothing_about_a_key_that_is_not_encrypted() -> None:
    plain, encrypted = b"-----BEGIN PRIVATE KEY-----", b"-----BEGIN ENCRYPTED PRIVATE KEY-----"
    assert [opens_by_default(one, b"changeit", pem=True) for one in (plain, encrypted)] == [False, True]
    assert opens_by_default(b"\x30", b"changeit", pem=False)
    assert not opens_by_default(encrypted, None, pem=True)
    assert not opens_by_default(encrypted, b"k2-9QmVz7-tide", pem=True)
