"""Passwords that everybody tries first: those that products ship with, and those that people choose."""

from typing import Final

_KNOWN: Final = frozenset(
    {
        *("", "admin", "administrator", "changeit", "changeme", "change-me", "default", "demo", "domibus", "example"),
        *("123456", "12345678", "123456789", "1234", "letmein", "manager", "n2n", "pass", "passw0rd", "password", "password1"),
        *("phase4", "qwerty", "root", "secret", "security", "test", "test123", "welcome", "as4", "edelivery", "examplepwd"),
    }
)


#: What is said of one.
TRIED_FIRST: Final = "the password is one that everybody tries first"
#: What to do about it.
CHOOSE: Final = "choose a long random one, and tell whoever must know it by another way"


def opens_by_default(octets: bytes, word: bytes | None, *, pem: bool) -> bool:
    """Whether a key is kept behind such a password; one that is there for another key says nothing about a key that is not encrypted."""
    return word is not None and is_default(word) and (not pem or b"ENCRYPTED" in octets)


def is_default(word: bytes) -> bool:
    """Whether a password is one of those, however it is spelled."""
    try:
        return word.decode().strip().lower() in _KNOWN
    except UnicodeDecodeError:
        return False
