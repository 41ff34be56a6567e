"""Passwords that everybody tries first: those that products ship with, and those that people choose."""

from typing import Final

_TRIED_FIRST: Final = frozenset(
    {
        *("", "admin", "administrator", "changeit", "changeme", "change-me", "default", "demo", "domibus", "example"),
        *("123456", "12345678", "123456789", "1234", "letmein", "manager", "n2n", "pass", "passw0rd", "password", "password1"),
        *("phase4", "qwerty", "root", "secret", "security", "test", "test123", "welcome", "as4", "edelivery", "examplepwd"),
    }
)


def is_default(word: bytes) -> bool:
    """Whether a password is one of those, however it is spelled."""
    try:
        return word.decode().strip().lower() in _TRIED_FIRST
    except UnicodeDecodeError:
        return False
