"""`certs/own/NAME.ref`: one line that says where the key of this name lies, for keys that are no file of the home."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from node.keyring.pkcs11_uri import SCHEME, Pkcs11Uri, UriRefused, read_uri
from node.keyring.token import Token, TokenKey, apart, token_of
from node.security.certificates import Certificate, load_certificates, order_path
from node.security.keys import KeyRefused, OwnKey, SoftwareKey

SUFFIX: Final = ".ref"
#: The certificates of a key that has none with it, beside the reference.
CERTIFICATES: Final = ".crt"
#: Stand before the name where whoever started us is asked for a variable of the environment, or a credential of systemd.
VARIABLE: Final = "env/"
CREDENTIAL: Final = "credential/"
_WORDS: Final = "write one of systemd-credential:NAME, file:PATH, env:NAME, pkcs11:URI into it"


def read_reference(path: Path, ask: Callable[[str], bytes | None], pins: Mapping[str, bytes]) -> OwnKey:
    """The key that a reference names; `ask` gives secrets of whoever started us, `pins` those of certs/own/NAME.password.

    Raises KeyRefused, CertificateRefused, KeyUnavailable, OSError.
    """
    if path.stat().st_mode & 0o022:
        raise KeyRefused(f"others may change this reference; chmod 644 {path}")
    lines = [one.strip() for one in path.read_text("utf-8-sig").splitlines() if one.strip() and not one.startswith("#")]
    if len(lines) != 1:
        raise KeyRefused(f"holds {len(lines)} lines; {_WORDS}")
    kind, _, rest = lines[0].partition(":")
    beside = path.with_suffix(CERTIFICATES)
    certificates = beside.read_bytes() if beside.exists() else b""
    if f"{kind}:" == SCHEME:
        return apart(lambda: _in_token(lines[0], path.stem, ask, pins, certificates))
    if kind == "file":
        octets = _owner_only(path.parent / rest)
    elif kind == "systemd-credential":
        octets = _asked(
            ask,
            CREDENTIAL + rest,
            f"systemd has passed no credential {rest!r}; LoadCredential={rest}:FILE in the unit of n2n serve",
        )
    elif kind == "env":
        octets = _asked(ask, VARIABLE + rest, f"no variable {rest!r} is set for this process")
    else:
        raise KeyRefused(f"{kind!r} is no source of keys; {_WORDS}")
    return software_key(octets, certificates, ask(path.stem))


def software_key(octets: bytes, certificates: bytes, password: bytes | None) -> SoftwareKey:
    """A key in PEM, with its certificates or without, or in PKCS#12. Raises KeyRefused, CertificateRefused."""
    if b"-----BEGIN" not in octets:
        return SoftwareKey.from_pkcs12(octets, password)
    return SoftwareKey.from_pem(octets, certificates or octets, password)


def _owner_only(path: Path) -> bytes:
    # Whoever else can read the key can sign in our name.
    if path.stat().st_mode & 0o077:
        raise KeyRefused(f"others may read the private key in {path}; chmod 600 {path}")
    return path.read_bytes()


def _asked(ask: Callable[[str], bytes | None], name: str, missing: str) -> bytes:
    found = ask(name) if "/" not in name.partition("/")[2] else None
    if not found:
        raise KeyRefused(missing)
    return found


def _in_token(
    text: str, name: str, ask: Callable[[str], bytes | None], pins: Mapping[str, bytes], certificates: bytes
) -> TokenKey:
    try:
        uri = read_uri(text)
    except UriRefused as error:
        raise KeyRefused(str(error)) from error
    pin = pins.get(name) or ask(name) or (_owner_only(Path(uri.pin_source)).strip() if uri.pin_source else None)
    token = token_of(uri, pin.decode() if pin else None)
    held = load_certificates(certificates) if certificates else _of_token(token, uri)
    leaf = next((one for one in held if not any(other.issuer == one.subject for other in held if other is not one)), held[0])
    key = TokenKey(leaf, order_path(leaf, [one for one in held if one is not leaf]), uri, token)
    if key.certificate.weakness:
        raise KeyRefused(f"the key of {key.certificate.subject!r} is not used: {key.certificate.weakness}")
    key.prove()
    return key


def _of_token(token: Token, uri: Pkcs11Uri) -> tuple[Certificate, ...]:
    found = token.certificate(uri)
    if found is None:
        raise KeyRefused(
            f"the token has no certificate beside this key; put it into a file beside the reference, with {CERTIFICATES} for {SUFFIX}"
        )
    return load_certificates(found)
