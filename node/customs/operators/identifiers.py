"""Check digits of the identifiers of operators. Source: DESIGN 4.5."""

from collections.abc import Callable, Mapping
from typing import Final

_UBN_WEIGHTS: Final = (1, 2, 1, 2, 1, 2, 4, 1)
_USCC: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_DIGITS: Final = frozenset("0123456789")
_LEI: Final = frozenset("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")


def is_ubn(text: str) -> bool:
    """Whether it is a Taiwanese unified business number: divisible by 5 since 2021, by 10 before."""
    if len(text) != 8 or not _DIGITS.issuperset(text):
        return False
    total = sum(sum(divmod(int(digit) * weight, 10)) for digit, weight in zip(text, _UBN_WEIGHTS, strict=True))
    return total % 5 == 0 or (text[6] == "7" and (total + 1) % 5 == 0)


def is_uscc(text: str) -> bool:
    """Whether it is a Chinese unified social credit code (GB 32100)."""
    if len(text) != 18 or not set(text) <= set(_USCC):
        return False
    total = sum(_USCC.index(character) * pow(3, place, 31) for place, character in enumerate(text[:17]))
    return _USCC[(31 - total % 31) % 31] == text[17]


def is_lei(text: str) -> bool:
    """Whether it is a legal entity identifier (ISO 17442): the last two are digits, and modulo 97 it is 1."""
    if len(text) != 20 or not _LEI.issuperset(text) or not _DIGITS.issuperset(text[18:]):
        return False
    return int("".join(str(int(character, 36)) for character in text)) % 97 == 1


#: By scheme; other schemes have no check digit that we know.
CHECKED: Final[Mapping[str, Callable[[str], bool]]] = {"TW-UBN": is_ubn, "CN-USCC": is_uscc, "LEI": is_lei}


def is_well_formed(scheme: str, identifier: str) -> bool:
    """Whether length and check digit are right, for the schemes that have one. Source: AEO-02."""
    check = CHECKED.get(scheme)
    return check is None or check(identifier)
