"""The file of `--partners`: whom we believe when a document is sealed. Every problem of it is told at once. Source: DESIGN 10."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, TypeVar

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from node.cli.problems import CommandFailed, ExitCode, Told
from node.customs.partners import Partners
from node.security.certificates import CertificateRefused, load_certificates

_KEYS: Final = ("anchors", "timestampAnchors", "crls", "bindings")
T = TypeVar("T")


def read_partners(file: Path) -> Partners:
    """The partners of a JSON file, whose paths are relative to it. Raises CommandFailed with every problem."""
    reading = _Reading(file)
    partners = reading.partners()
    if reading.problems:
        failed = CommandFailed(ExitCode.USAGE, str(file), "cannot be used")
        failed.told = tuple(reading.problems)
        raise failed
    return partners


class _Reading:
    def __init__(self, file: Path) -> None:
        self.file, self.problems = file, list[Told]()

    def partners(self) -> Partners:
        values = self._values()
        for key in values:
            if key not in _KEYS:
                self._add(str(key), "is not known", f"the keys are {', '.join(_KEYS)}")
        anchors = {
            country: tuple(one for found in self._read(f"anchors.{country}", names, load_certificates) for one in found)
            for country, names in self._table(values, "anchors").items()
            if self._is_country(country)
        }
        stamps = self._read("timestampAnchors", values.get("timestampAnchors", []), load_certificates)
        crls = self._read("crls", values.get("crls", []), _revocation_list)
        bindings = {
            authority: frozenset(self._fingerprints(f"bindings.{authority}", held))
            for authority, held in self._table(values, "bindings").items()
        }
        return Partners(anchors, tuple(one for found in stamps for one in found), tuple(crls), bindings)

    def _values(self) -> Mapping[str, Any]:
        try:
            values = json.loads(self.file.read_bytes())
        except OSError as error:
            self._add("", error.strerror or str(error))
            return {}
        except ValueError as error:
            self._add("", f"no JSON: {error}")
            return {}
        if not isinstance(values, dict):
            self._add("", "no JSON object")
            return {}
        return values

    def _table(self, values: Mapping[str, Any], key: str) -> Mapping[str, Any]:
        found = values.get(key, {})
        if isinstance(found, dict):
            return found
        self._add(key, "is no object")
        return {}

    def _texts(self, key: str, held: Any) -> list[str]:
        """One text or a list of them."""
        found = [held] if isinstance(held, str) else held
        if isinstance(found, list) and all(isinstance(one, str) for one in found):
            return found
        self._add(key, "is neither a text nor a list of texts")
        return []

    def _read(self, key: str, held: Any, load: Callable[[bytes], T]) -> list[T]:
        found = []
        for name in self._texts(key, held):
            try:
                found.append(load((self.file.parent / name).read_bytes()))
            except OSError as error:
                self._add(key, f"{name}: {error.strerror or error}", "paths are relative to this file")
            except (CertificateRefused, ValueError) as error:
                self._add(key, f"{name}: {error}")
        return found

    def _is_country(self, country: str) -> bool:
        if len(country) == 2 and country.isascii() and country.isupper() and country.isalpha():
            return True
        self._add(f"anchors.{country}", "is no country", "write two capitals, such as KR")
        return False

    def _fingerprints(self, key: str, held: Any) -> list[str]:
        found = []
        for written in self._texts(key, held):
            plain = written.replace(":", "").lower()
            if len(plain) == 64 and set(plain) <= set("0123456789abcdef"):
                found.append(plain)
            else:
                self._add(key, f"{written[:80]!r} is no SHA-256 fingerprint", "n2n cert list shows them")
        return found

    def _add(self, key: str, problem: str, remedy: str = "") -> None:
        self.problems.append(Told(f"{self.file}: {key}" if key else str(self.file), problem, remedy))


def _revocation_list(octets: bytes) -> bytes:
    """DER of a revocation list in PEM or DER. Raises ValueError."""
    load = x509.load_pem_x509_crl if b"-----BEGIN" in octets else x509.load_der_x509_crl
    return load(octets).public_bytes(Encoding.DER)
