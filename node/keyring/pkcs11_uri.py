"""Where a key lies in a token, as a PKCS#11 URI says it (RFC 7512)."""

from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote, unquote_to_bytes

SCHEME: Final = "pkcs11:"
_PATH: Final = frozenset({"token", "manufacturer", "serial", "model", "object", "id", "type", "slot-id"})
_QUERY: Final = frozenset({"module-path", "pin-source"})


class UriRefused(ValueError):
    """The text is no PKCS#11 URI that this node follows; it says why."""


@dataclass(frozen=True, slots=True)
class Pkcs11Uri:
    """A private key in a token; what is None or empty does not matter. The PIN itself never stands here."""

    module: str
    token: str = ""
    serial: str = ""
    object: str = ""
    id: bytes = b""
    #: A file with the PIN, where no other source has it.
    pin_source: str = ""


def read_uri(text: str) -> Pkcs11Uri:
    """Raises UriRefused."""
    if not text.startswith(SCHEME):
        raise UriRefused(f"{text!r} does not begin with {SCHEME}")
    path, _, query = text[len(SCHEME) :].partition("?")
    attributes = _attributes(path, ";", _PATH)
    asked = _attributes(query, "&", _QUERY)
    if attributes.get("type", "private") != "private":
        raise UriRefused(f"type={attributes['type']}: a private key is wanted")
    if not attributes.get("object") and not attributes.get("id"):
        raise UriRefused("names neither object nor id")
    if not attributes.get("token") and not attributes.get("serial"):
        raise UriRefused("names neither token nor serial")
    if "module-path" not in asked:
        raise UriRefused("names no module-path: the library of the token, such as ?module-path=/usr/lib/softhsm/libsofthsm2.so")
    return Pkcs11Uri(
        module=unquote(asked["module-path"]),
        token=unquote(attributes.get("token", "")),
        serial=unquote(attributes.get("serial", "")),
        object=unquote(attributes.get("object", "")),
        id=unquote_to_bytes(attributes.get("id", "")),
        pin_source=unquote(asked.get("pin-source", "")).removeprefix("file:"),
    )


def _attributes(text: str, separator: str, known: frozenset[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in filter(None, text.split(separator)):
        name, equals, value = part.partition("=")
        if name == "pin-value":
            # spec: RFC 7512 2.4, whoever reads the file would have the key
            raise UriRefused(
                "pin-value: the PIN does not belong here; write it into certs/own/NAME.password, or name a file by pin-source"
            )
        # spec: RFC 7512 2.3, an attribute that is not understood cannot be ignored
        if name not in known or not equals or name in found:
            raise UriRefused(f"{part!r} is not understood" if name not in found else f"{name} stands there twice")
        found[name] = value
    return found
