"""Which names an authority may vouch for: DNS, electronic mail, URI, IP and directory names against subtrees, with a bound on the comparisons."""

import re
from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import urlsplit

from cryptography import x509

from node.security.extensions import Extensions
from node.security.names import NormalName, normal_name
from node.security.trust import Untrusted

#: Names against subtrees, compared for one path at most.
MOST_COMPARISONS: Final = 50_000
_LABEL: Final = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_HOST: Final = re.compile(rf"{_LABEL}(?:\.{_LABEL})*", re.ASCII)
#: spec: RFC 5321 4.1.2: without quotes, neither spaces nor a second @
_LOCAL: Final = re.compile(r'[^\s@"]+|"[^"]+"', re.ASCII)
_PATTERN: Final = re.compile(rf"(?:\*\.)?{_LABEL}(?:\.{_LABEL})*", re.ASCII)
_KINDS: Final = {
    x509.DNSName: "DNS",
    x509.RFC822Name: "mail",
    x509.UniformResourceIdentifier: "URI",
    x509.IPAddress: "IP",
    x509.DirectoryName: "directory",
}
_MAIL = x509.NameOID.EMAIL_ADDRESS


class Subtrees:
    """The name constraints of the authorities so far, the anchor's first; `check` holds a certificate below against all of them."""

    def __init__(self) -> None:
        self._held: list[tuple[str, x509.NameConstraints]] = []
        self._left = MOST_COMPARISONS

    def add(self, subject: str, constraints: x509.NameConstraints) -> None:
        """What the authority `subject` may vouch for. Raises Untrusted for a subtree that is malformed."""
        trees = [*(constraints.permitted_subtrees or ()), *(constraints.excluded_subtrees or ())]
        if not trees:
            raise Untrusted(f"{subject}: name constraints without a subtree")
        for tree in trees:
            if not _is_tree(tree):
                raise Untrusted(f"{subject}: name constraints with a malformed {_kind(tree)} subtree")
        self._held.append((subject, constraints))

    # spec: RFC 5280 6.1.3 (b), (c)
    def check(self, certificate: x509.Certificate, subject: str, extensions: Extensions) -> None:
        """Every name of the certificate lies within what is permitted and outside of what is excluded. Raises Untrusted."""
        if not self._held:
            return
        names = _names_of(certificate, subject, extensions)
        for authority, constraints in self._held:
            permitted, excluded = list(constraints.permitted_subtrees or ()), list(constraints.excluded_subtrees or ())
            self._left -= len(names) * (len(permitted) + len(excluded))
            if self._left < 0:
                raise Untrusted(f"{subject}: more than {MOST_COMPARISONS} names to compare with name constraints")
            for name in names:
                _check_name(name, permitted, excluded, subject, authority)


def _check_name(
    name: x509.GeneralName,
    permitted: Sequence[x509.GeneralName],
    excluded: Sequence[x509.GeneralName],
    subject: str,
    authority: str,
) -> None:
    kind = type(name)
    mine, not_mine = [one for one in permitted if type(one) is kind], [one for one in excluded if type(one) is kind]
    if not mine and not not_mine:
        return
    shown = f"{subject}: its {_kind(name)} name {_shown(name)}"
    if kind not in _KINDS:
        # spec: RFC 5280 6.1.3: a form that is constrained and not understood
        raise Untrusted(f"{shown} is of a form whose constraints by {authority} are not understood")
    if not _is_name(name):
        raise Untrusted(f"{shown} is malformed, and {authority} constrains such names")
    if any(_within(name, tree, excluding=True) for tree in not_mine):
        raise Untrusted(f"{shown} is excluded by {authority}")
    if mine and not any(_within(name, tree) for tree in mine):
        raise Untrusted(f"{shown} is not among those that {authority} may vouch for")


def _names_of(certificate: x509.Certificate, subject: str, extensions: Extensions) -> list[x509.GeneralName]:
    names: list[x509.GeneralName] = list(extensions.alternative or ())
    if certificate.subject.rdns:
        names.append(x509.DirectoryName(certificate.subject))
    if not any(isinstance(one, x509.RFC822Name) for one in names):
        # spec: RFC 5280 4.2.1.10: of old certificates
        mails = [str(one.value) for one in certificate.subject.get_attributes_for_oid(_MAIL)]
        try:
            names += [x509.RFC822Name(one) for one in mails]
        except ValueError as error:
            raise Untrusted(f"{subject}: an address of electronic mail in its subject is malformed: {error}") from None
    return names


def _kind(name: x509.GeneralName) -> str:
    return _KINDS.get(type(name), type(name).__name__)


def _shown(name: x509.GeneralName) -> str:
    value = name.value if not isinstance(name, x509.DirectoryName) else name.value.rfc4514_string()
    return repr(str(value)[:200])


# -- forms -----------------------------------------------------------------------------------------------------------


def _is_tree(tree: x509.GeneralName) -> bool:
    value: Any = tree.value
    if isinstance(tree, x509.DNSName):
        return value == "" or _HOST.fullmatch(value) is not None
    if isinstance(tree, x509.RFC822Name):
        local, at, host = value.rpartition("@")
        return _HOST.fullmatch(host if at else host.removeprefix(".")) is not None and (bool(local) or not at)
    if isinstance(tree, x509.UniformResourceIdentifier):
        return _HOST.fullmatch(value.removeprefix(".")) is not None
    return True


def _is_name(name: x509.GeneralName) -> bool:
    value: Any = name.value
    if isinstance(name, x509.DNSName):
        return _PATTERN.fullmatch(value) is not None
    if isinstance(name, x509.RFC822Name):
        local, _, host = value.rpartition("@")
        return _LOCAL.fullmatch(local) is not None and _HOST.fullmatch(host) is not None
    if isinstance(name, x509.UniformResourceIdentifier):
        return bool(_host_of(value))
    # An address, not a network: cryptography gives each its own type.
    return not isinstance(name, x509.IPAddress) or not hasattr(value, "network_address")


def _host_of(uri: str) -> str:
    """The host of a URI; empty where it has none, or an address."""
    try:
        host = urlsplit(uri).hostname or ""
    except ValueError:
        return ""
    return host if _HOST.fullmatch(host) and not re.fullmatch(r"[0-9.]+", host) else ""


# -- within a subtree --------------------------------------------------------------------------------------------------


def _within(name: x509.GeneralName, tree: x509.GeneralName, *, excluding: bool = False) -> bool:
    value, base = name.value, tree.value
    if isinstance(name, x509.DNSName):
        return _dns_within(value.lower(), base.lower(), excluding=excluding)
    if isinstance(name, x509.RFC822Name):
        return _mail_within(value, base)
    if isinstance(name, x509.UniformResourceIdentifier):
        return _host_within(_host_of(value).lower(), base.lower())
    if isinstance(name, x509.IPAddress):
        return value.version == base.version and value in base
    return _directory_within(normal_name(value), normal_name(base))


def _dns_within(name: str, base: str, *, excluding: bool) -> bool:
    # spec: RFC 5280 4.2.1.10: any labels before the base
    bare = name.removeprefix("*.")
    if not base or bare == base or bare.endswith(f".{base}"):
        return True
    # A pattern that may stand for a name which is excluded.
    return excluding and bare != name and base.endswith(f".{bare}")


def _mail_within(name: str, base: str) -> bool:
    local, _, host = name.rpartition("@")
    wanted, at, domain = base.rpartition("@")
    if at:
        return local == wanted and host.lower() == domain.lower()
    return _host_within(host.lower(), base.lower())


def _host_within(host: str, base: str) -> bool:
    return host.endswith(base) if base.startswith(".") else host == base


def _directory_within(name: NormalName, base: NormalName) -> bool:
    return name[: len(base)] == base
