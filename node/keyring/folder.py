"""What lies in certs/: own keys (PEM, PKCS#12, or a reference to where they lie), partner certificates, anchors; each file is a name, and every problem is collected."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from node.configuration import Problems
from node.keyring.passwords import CHOOSE, TRIED_FIRST, is_default, opens_by_default
from node.keyring.reference import CERTIFICATES, SUFFIX, read_reference
from node.security.certificates import Certificate, CertificateRefused, load_certificates
from node.security.keys import KeyUnavailable, OwnKey, SoftwareKey

_KEY_SUFFIXES: Final = frozenset({".pem", ".p12", ".pfx", SUFFIX})
_CERTIFICATE_SUFFIXES: Final = frozenset({".pem", ".crt", ".cer", ".der"})
_PASSWORD_SUFFIX: Final = ".password"  # noqa: S105 - how files that hold one end
_OTHERS: Final = frozenset({".md", ".txt", ".toml", _PASSWORD_SUFFIX})

#: Gives the password of an own key by name, or None.
Passwords = Callable[[str], bytes | None]
#: Stands before the name where the password of a username token is asked for.
PULL_PASSWORD: Final = "pull/"  # noqa: S105 - what stands before its name


@dataclass(frozen=True, slots=True)
class PartnerCertificate:
    """One file of certs/partners: the certificate that its name stands for, and the certificates above it that came along."""

    name: str
    certificate: Certificate
    above: tuple[Certificate, ...] = ()


@dataclass(frozen=True, slots=True)
class CertificateFolder:
    """Everything in certs/ by name; the name is the file's without its suffix."""

    own: Mapping[str, OwnKey]
    partners: Mapping[str, PartnerCertificate]
    trust: Mapping[str, tuple[Certificate, ...]]
    #: What agreements call a password: the line in certs/own/NAME.password.
    passwords: Mapping[str, bytes] = field(default_factory=dict)

    @property
    def trusted(self) -> list[Certificate]:
        """Every certificate of certs/trust."""
        return self.anchors(self.trust)

    @property
    def shared(self) -> list[str]:
        """The files of certs/trust that count for every partner: an authority that one partner signed for, PARTNER/NAME, says nothing about another."""
        return [name for name in self.trust if "/" not in name]

    def anchors(self, names: Iterable[str]) -> list[Certificate]:
        """The certificates of some files of certs/trust; none for a name that no file has."""
        return [certificate for name in names for certificate in self.trust.get(name, ())]


def read_folder(certs: Path, problems: Problems, passwords: Passwords = lambda name: None) -> CertificateFolder:
    """Read own, partners and trust below `certs`. What cannot be used is a problem and left out."""
    own: dict[str, OwnKey] = {}
    secrets = _read_passwords(certs / "own", problems)
    for path in _files(certs / "own", _KEY_SUFFIXES, problems):
        key = _read_key(path, problems, passwords, secrets)
        if key is not None:
            own[path.stem] = key
    partners: dict[str, PartnerCertificate] = {}
    for path in _files(certs / "partners", _CERTIFICATE_SUFFIXES, problems):
        found = _read_certificates(path, problems)
        if found:
            partners[path.stem] = PartnerCertificate(path.stem, found[0], found[1:])
    trust: dict[str, tuple[Certificate, ...]] = {}
    for path in _files(certs / "trust", _CERTIFICATE_SUFFIXES, problems):
        found = _read_certificates(path, problems)
        if found:
            trust[path.stem] = found
    return CertificateFolder(own, partners, trust, secrets)


def _read_passwords(own: Path, problems: Problems) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for path in sorted(own.glob(f"*{_PASSWORD_SUFFIX}")):
        try:
            if path.stat().st_mode & 0o077:
                problems.add(shown(path), "", "others may read this password", f"chmod 600 {path}")
            elif word := path.read_bytes().strip(b"\r\n"):
                word.decode()
                if is_default(word):
                    problems.add(shown(path), "", TRIED_FIRST, CHOOSE)
                    continue
                found[path.stem] = word
            else:
                problems.add(shown(path), "", "is empty", "write the password into it, in one line")
        except (OSError, UnicodeDecodeError) as error:
            problems.add(shown(path), "", str(error))
    return found


def _files(folder: Path, suffixes: frozenset[str], problems: Problems) -> Iterator[Path]:
    """The files with these suffixes, sorted by name; each name once."""
    seen: dict[str, Path] = {}
    for path in sorted(folder.glob("*")) if folder.is_dir() else ():
        if path.name.startswith(".") or path.suffix.lower() in _OTHERS or path.is_dir():
            continue
        if path.suffix == CERTIFICATES and path.with_suffix(SUFFIX).exists():
            continue
        if path.exists() and not path.is_file():
            # A pipe would be waited for, and everything else with it.
            problems.add(shown(path), "", "is no file", "move it away")
        elif path.suffix.lower() not in suffixes:
            problems.add(shown(path), "", f"is none of {', '.join(sorted(suffixes))}", "rename it or move it away")
        elif path.stem in seen:
            problems.add(shown(path), "", f"has the same name as {seen[path.stem].name}", "rename one of them")
        else:
            seen[path.stem] = path
            yield path


def _read_key(path: Path, problems: Problems, passwords: Passwords, secrets: Mapping[str, bytes]) -> OwnKey | None:
    try:
        if path.suffix == SUFFIX:
            return read_reference(path, passwords, secrets)
        # Whoever else can read the key can sign in our name.
        if path.stat().st_mode & 0o077:
            problems.add(shown(path), "", "others may read this private key", f"chmod 600 {path}")
            return None
        octets, word = path.read_bytes(), passwords(path.stem)
        pem = path.suffix.lower() == ".pem"
        if opens_by_default(octets, word, pem=pem):
            problems.add(shown(path), "", TRIED_FIRST, CHOOSE)
            return None
        return SoftwareKey.from_pem(octets, octets, word) if pem else SoftwareKey.from_pkcs12(octets, word)
    except (OSError, ValueError, KeyUnavailable) as error:
        # A path in a reference may hold what no path holds.
        problems.add(shown(path), "", str(error))
        return None


def _read_certificates(path: Path, problems: Problems) -> tuple[Certificate, ...]:
    try:
        return load_certificates(path.read_bytes())
    except (OSError, CertificateRefused) as error:
        problems.add(shown(path), "", str(error))
        return ()


def shown(path: Path) -> str:
    """The file as the operator knows it: certs/own/sign.pem."""
    return str(Path(*path.parts[-3:]))
