"""What may be kept of a file of a home for ever: never a private key, a password or a token."""

import hashlib
import re
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, Final

from node.security.certificates import CertificateRefused, load_certificates
from node.security.keys import KeyRefused, SoftwareKey

#: Of larger files, such as code lists, the digest is told and nothing is kept.
LARGEST: Final = 1 << 20
#: Stands in the place of a secret.
LEFT_OUT: Final = "(not kept)"
_OWN: Final = ("certs", "own")
_CERTIFICATES: Final = frozenset({".pem", ".crt", ".cer", ".der"})
_PKCS12: Final = frozenset({".p12", ".pfx"})
#: What packs, presets and code lists are made of.
_OPEN: Final = frozenset({".json", ".xml", ".xsd", ".xsl", ".xslt", ".sch", ".csv", ".gz", ".txt", ".md", ".edi"})
#: Words of a name that names a secret.
_WORDS: Final = "password|passwd|passphrase|secret|token|pin|apikey|credential|authorization"
_SECRET_NAME: Final = re.compile(rf"(?:^|[^a-z])(?:{_WORDS}|(?:api|access|private|secret)[_-]?key)s?(?:$|[^a-z])", re.IGNORECASE)
#: The name before a sign that a value follows, and the value; of so many signs, since a line may be as long as a file.
_NAME: Final = re.compile(r"([\w.-]+)[\"']?[ \t]*\Z")
_REACH: Final = 80
_VALUE: Final = re.compile(r"""\s*(?:"(?:[^"\\\n]|\\.)*"|'[^'\n]*'|[^\s,}\]\n]+)""")
_SIGNS: Final = re.compile("[=:]")
_USER: Final = re.compile(r"(?<=://)(?P<user>[^\s/@:]*):(?P<password>[^\s/@]+)(?=@)")
_IN_URI: Final = re.compile(r"(?P<name>pin-value|password|passfile|token|secret)=[^\s&;\"']+", re.IGNORECASE)
_KEY_IN_PEM: Final = b"PRIVATE KEY-----"

#: Gives the password of an own key by name, or None.
Passwords = Callable[[str], bytes | None]


@dataclass(frozen=True, slots=True)
class Shown:
    """What of a file may be told."""

    #: None where nothing of it may be kept, or it is too large.
    octets: bytes | None
    #: Whether nothing was left out but for size, so that its digest tells nobody a secret.
    open: bool


_NOTHING: Final = Shown(None, open=False)


def shown(path: str, octets: bytes, passwords: Passwords) -> Shown:
    """What may be told of a file by its path below the home: of a key its certificates, of a file of settings all but secrets, of what nobody knows nothing."""
    pure = PurePosixPath(path)
    suffix = pure.suffix.lower()
    if pure.parts[:2] == _OWN:
        return _own(pure, octets, passwords)
    if suffix in _CERTIFICATES:
        return _certificates(octets)
    if _KEY_IN_PEM in octets:
        return _NOTHING
    if len(octets) > LARGEST:
        # So long a text is tried out by nobody.
        return Shown(None, open=True)
    if suffix == ".toml":
        return _settings(octets)
    if pure.parts[0] == "profiles" and suffix in _OPEN and not _says_secret(octets):
        return Shown(octets, open=True)
    return _NOTHING


def sealed(octets: bytes, one: Shown, salt: str) -> str:
    """By what another content is known: where a short secret may be in it, nobody can try out what it was."""
    if one.open:
        return hashlib.sha256(octets).hexdigest()
    return hashlib.scrypt(hashlib.sha256(octets).digest(), salt=salt.encode(), n=1 << 13, r=8, p=1, dklen=32).hex()


def _own(path: PurePosixPath, octets: bytes, passwords: Passwords) -> Shown:
    suffix = path.suffix.lower()
    if suffix in _PKCS12:
        try:
            key = SoftwareKey.from_pkcs12(octets, passwords(path.stem))
        except (KeyRefused, CertificateRefused, ValueError):
            return _NOTHING
        return Shown(b"".join(one.pem() for one in key.chain), open=False)
    if suffix in _CERTIFICATES:
        return _certificates(octets)
    if suffix == ".ref":
        # Where a key lies may tell its PIN: the kind of place is enough.
        lines = [one.strip() for one in octets.decode("utf-8", "replace").splitlines()]
        kinds = [one.partition(":")[0] for one in lines if one and not one.startswith("#")]
        known = [one for one in kinds if one in ("file", "env", "systemd-credential", "pkcs11")]
        return Shown("".join(f"{one}:{LEFT_OUT}\n" for one in known).encode(), open=False)
    return _NOTHING


def _certificates(octets: bytes) -> Shown:
    """Certificates and nothing else that stands beside them."""
    try:
        found = load_certificates(octets)
    except (CertificateRefused, ValueError):
        return _NOTHING
    if b"-----BEGIN" not in octets:
        return Shown(octets, open=True) if octets == found[0].der else _NOTHING
    pem = b"".join(one.pem() for one in found)
    return Shown(pem, open=octets.split() == pem.split())


def _settings(octets: bytes) -> Shown:
    try:
        text = octets.decode("utf-8-sig")
        told = without_secrets("".join(map(_without_remark, text.splitlines(keepends=True))))
        secrets = set(_secrets(tomllib.loads(text), secret=False))
        # Where a secret stands in a form that was not seen, nothing is kept.
        tomllib.loads(told)
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError):
        return _NOTHING
    if any(one in told for one in secrets if one):
        return _NOTHING
    return Shown(octets, open=True) if told == text else Shown(told.encode(), open=False)


def _without_remark(line: str) -> str:
    """A line whose comment ends where it begins to speak of a secret."""
    sign = line.find("#")
    word = _SECRET_NAME.search(line, sign) if sign >= 0 else None
    return line if word is None else f"{line[: word.end()].rstrip()} {LEFT_OUT}\n"


def without_secrets(text: str) -> str:
    """A text without what stands behind names of secrets, and without passwords in addresses."""
    text = _USER.sub(lambda found: f"{found['user']}:{LEFT_OUT}", text)
    text = _IN_URI.sub(lambda found: f"{found['name']}={LEFT_OUT}", text)
    return "".join(_left_out(text))


def _left_out(text: str) -> Iterator[str]:
    told = 0
    for sign in _SIGNS.finditer(text):
        if sign.start() < told:
            continue
        name = _NAME.search(text[max(sign.start() - _REACH, told) : sign.start()])
        value = _VALUE.match(text, sign.end()) if name and _SECRET_NAME.search(name[1]) else None
        if value is not None and not value[0].lstrip().startswith(LEFT_OUT.split()[0]):
            yield text[told : sign.end()] + f' "{LEFT_OUT}"'
            told = value.end()
    yield text[told:]


def _secrets(value: Any, *, secret: bool) -> Iterator[str]:
    """Every text under a name of a secret, however it is written."""
    if isinstance(value, dict):
        for name, one in value.items():
            yield from _secrets(one, secret=secret or bool(_SECRET_NAME.search(name)))
    elif isinstance(value, list):
        for one in value:
            yield from _secrets(one, secret=secret)
    elif isinstance(value, str):
        if secret:
            yield value
        yield from (found["password"] for found in _USER.finditer(value))
    elif secret and not isinstance(value, bool):
        yield str(value)


def _says_secret(octets: bytes) -> bool:
    text = octets.decode("utf-8", "replace")
    return without_secrets(text) != text
