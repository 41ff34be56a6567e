"""Distinguished names compared as X.500 means them, whichever way a stack has written the string."""

import re
from typing import Final

from cryptography import x509

#: A name as sorted (type, value) pairs per RDN, in the order of the certificate, values folded in case and white space.
NormalName = tuple[tuple[tuple[str, str], ...], ...]

#: Keywords that stacks write (RFC 4514 table, Java, OpenSSL), in upper case, to the attribute's OID.
_KEYWORDS: Final = {
    "CN": "2.5.4.3", "SN": "2.5.4.4", "SURNAME": "2.5.4.4", "SERIALNUMBER": "2.5.4.5", "C": "2.5.4.6", "L": "2.5.4.7",
    "ST": "2.5.4.8", "S": "2.5.4.8", "STREET": "2.5.4.9", "O": "2.5.4.10", "OU": "2.5.4.11", "T": "2.5.4.12", "TITLE": "2.5.4.12",
    "GN": "2.5.4.42", "GIVENNAME": "2.5.4.42", "G": "2.5.4.42", "DNQ": "2.5.4.46", "DNQUALIFIER": "2.5.4.46",
    "ORGANIZATIONIDENTIFIER": "2.5.4.97", "OID.2.5.4.97": "2.5.4.97",
    "DC": "0.9.2342.19200300.100.1.25", "UID": "0.9.2342.19200300.100.1.1",
    "E": "1.2.840.113549.1.9.1", "EMAIL": "1.2.840.113549.1.9.1", "EMAILADDRESS": "1.2.840.113549.1.9.1",
}  # fmt: skip
_AVA = re.compile(
    r"""\s*(?P<type>[A-Za-z0-9.\-]+)\s*=\s*
    (?: "(?P<quoted>(?:[^"\\]|\\.)*)" | (?P<hex>\#(?:[0-9A-Fa-f]{2})+) | (?P<plain>(?:[^,+;"\\<>]|\\.)*) )
    \s*(?P<end>[,;+]|$)""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"((?:\\[0-9A-Fa-f]{2})+)|\\(.)", re.DOTALL)


def normal_name(name: x509.Name) -> NormalName:
    """The comparable form of a certificate's issuer or subject."""
    return tuple(tuple(sorted((a.oid.dotted_string, _fold(_text(a.value))) for a in rdn)) for rdn in name.rdns)


def read_name(text: str) -> NormalName:
    """The comparable form of a ds:X509IssuerName, which is an RFC 4514 string (RFC 2253, 1779 and Java's forms too).

    Raises ValueError when it cannot be read.
    """
    rdns: list[tuple[tuple[str, str], ...]] = []
    current: list[tuple[str, str]] = []
    position = 0
    if len(text) > 4096:
        raise ValueError("a distinguished name of more than 4096 characters")
    while position < len(text):
        found = _AVA.match(text, position)
        if found is None:
            raise ValueError(f"no RFC 4514 name from character {position} on")
        current.append((_type(found["type"]), _fold(_value(found))))
        if found["end"] != "+":
            rdns.append(tuple(sorted(current)))
            current = []
        position = found.end()
    # spec: RFC 4514 2.1, the last RDN of the certificate is written first
    return tuple(reversed(rdns))


def _type(keyword: str) -> str:
    if keyword[0].isdigit():
        return keyword
    upper = keyword.upper()
    if upper in _KEYWORDS:
        return _KEYWORDS[upper]
    if upper.startswith("OID."):
        return keyword[4:]
    raise ValueError(f"unknown attribute type {keyword}")


def _value(found: re.Match[str]) -> str:
    if found["hex"]:
        return _from_ber(bytes.fromhex(found["hex"][1:]))
    if found["quoted"] is not None:
        return _unescape(found["quoted"])
    return _unescape(found["plain"])


def _unescape(text: str) -> str:
    def one(found: re.Match[str]) -> str:
        return bytes.fromhex(found[1].replace("\\", "")).decode() if found[1] else found[2]

    return _ESCAPE.sub(one, text)


def _from_ber(octets: bytes) -> str:
    # `#` and hexadecimal digits: a whole DER string, whose short length suffices for a name's values.
    if len(octets) < 2 or octets[1] != len(octets) - 2:
        raise ValueError("a hexadecimal value that is no DER string of up to 127 octets")
    return octets[2:].decode("utf-16-be" if octets[0] == 0x1E else "utf-8")


def _text(value: str | bytes) -> str:
    return value if isinstance(value, str) else value.hex()


def _fold(text: str) -> str:
    return " ".join(text.split()).casefold()
