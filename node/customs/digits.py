"""Check digits of transport: containers (ISO 6346), ships (IMO) and air waybills. Source: DESIGN 3.7."""

import re
from typing import Final

_CONTAINER: Final = re.compile(r"[A-Z]{4}[0-9]{7}")
_FREIGHT: Final = re.compile(r"[A-Z]{3}[UJZ][0-9]{7}")
_SHIP: Final = re.compile(r"[0-9]{7}")
_AIR_WAYBILL: Final = re.compile(r"[0-9]{3}-[0-9]{8}")
# Letters count from 10, and the multiples of 11 are left out.
_LETTERS: Final = dict(zip("ABCDEFGHIJKLMNOPQRSTUVWXYZ", (n for n in range(10, 39) if n % 11), strict=True))


def container_form(number: str) -> bool:
    """Four letters and seven digits, whatever they are."""
    return _CONTAINER.fullmatch(number) is not None


def container(number: str) -> bool:
    """A container number with the right check digit, of any category letter."""
    if not container_form(number):
        return False
    total = sum((_LETTERS[sign] if sign.isalpha() else int(sign)) << place for place, sign in enumerate(number[:10]))
    return total % 11 % 10 == int(number[10])


def freight_container(number: str) -> bool:
    """A container number of category U, J or Z with the right check digit."""
    return _FREIGHT.fullmatch(number) is not None and container(number)


def ship(number: str) -> bool:
    """An IMO number with the right check digit."""
    if _SHIP.fullmatch(number) is None:
        return False
    return sum(int(digit) * weight for digit, weight in zip(number, range(7, 1, -1), strict=False)) % 10 == int(number[6])


def air_waybill(number: str) -> bool:
    """Airline prefix, hyphen, seven digits of serial and their remainder modulo 7."""
    return _AIR_WAYBILL.fullmatch(number) is not None and int(number[4:11]) % 7 == int(number[11])
