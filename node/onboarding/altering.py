"""Octets of a test message as somebody on the way might have changed them; each change is as small as can be."""

from typing import Final

#: What stands before the closing delimiter of a package.
_DELIMITER: Final = b"\r\n--"
_NO_EBMS: Final = {
    "1.2": b'<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Header/><s:Body/></s:Envelope>',
    "1.1": b'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Header/><s:Body/></s:Envelope>',
}


def changed_header(octets: bytes) -> bytes:
    """Another ConversationId than the one that was signed."""
    start = octets.index(b">", octets.index(b"ConversationId")) + 1
    return _with(octets, start, b"0" if octets[start : start + 1] != b"0" else b"1")


def changed_signature(octets: bytes) -> bytes:
    """Another character of the SignatureValue: its first, so that it stays base64."""
    start = octets.index(b">", octets.index(b"SignatureValue")) + 1
    while octets[start : start + 1].isspace():
        start += 1
    return _with(octets, start, b"A" if octets[start : start + 1] != b"A" else b"B")


def changed_payload(octets: bytes) -> bytes:
    """Another last octet of the last part of a package."""
    place = octets.rindex(_DELIMITER) - 1
    return _with(octets, place, bytes([octets[place] ^ 1]))


def cut_off(octets: bytes) -> bytes:
    """The first half."""
    return octets[: len(octets) // 2]


def with_doctype(octets: bytes) -> bytes:
    """A document type declaration before the root element of an envelope that travels alone."""
    start = octets.index(b"?>") + 2 if octets.startswith(b"<?xml") else 0
    return octets[:start] + b"<!DOCTYPE x>" + octets[start:]


def without_ebms(soap_version: str) -> bytes:
    """An envelope without an ebMS header."""
    return _NO_EBMS[soap_version]


def _with(octets: bytes, place: int, octet: bytes) -> bytes:
    return octets[:place] + octet + octets[place + 1 :]
