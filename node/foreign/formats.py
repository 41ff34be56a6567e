"""All formats: which one a file is, how it is read, and how exchanges are written in it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from node.foreign import cppa3, cppa3_writing, domibus, domibus_writing, holodeck, holodeck_writing, phase4, phase4_writing
from node.foreign.account import Account, Line, Rules
from node.foreign.exchange import Exchange
from node.foreign.items import ForeignRefused, Item, namespace_of, read_json, read_xml
from node.foreign.reading import Reading
from node.foreign.we import We


class Format(StrEnum):
    """The formats by the names that commands give them."""

    DOMIBUS = "domibus"
    HOLODECK = "holodeck"
    CPPA3 = "cppa3"
    PHASE4 = "phase4"


@dataclass(frozen=True, slots=True)
class Form:
    """What there is for one format."""

    title: str
    #: The namespace of its XML; empty for JSON.
    namespace: str
    root: str
    rules: Rules
    read: Callable[[Item, Account, We], Reading]
    write: Callable[..., dict[str, bytes]]


FORMS: Final[Mapping[Format, Form]] = {
    Format.DOMIBUS: Form(
        "Domibus P-Modes", domibus.NAMESPACE, "configuration", domibus.RULES, domibus.read, domibus_writing.write
    ),
    Format.HOLODECK: Form(
        "Holodeck B2B P-Modes", holodeck.NAMESPACE, "PMode", holodeck.RULES, holodeck.read, holodeck_writing.write
    ),
    Format.CPPA3: Form("OASIS CPPA 3.0", cppa3.NAMESPACE, "CPA", cppa3.RULES, cppa3.read, cppa3_writing.write),
    Format.PHASE4: Form("phase4 P-Modes", "", "$", phase4.RULES, phase4.read, phase4_writing.write),
}


@dataclass(frozen=True, slots=True)
class ForeignFile:
    """What one file, or one set of files, says of us and our partners, with the account of everything in it."""

    format: Format
    exchanges: tuple[Exchange, ...]
    account: tuple[Line, ...]
    #: What the format means where the file says nothing: (parameter, value, reason).
    implied: tuple[tuple[str, str, str], ...]
    #: Whether the files say all that is exchanged.
    whole: bool
    #: Certificates that lie in the files, DER by (partner, purpose).
    certificates: Mapping[tuple[str, str], bytes]


def format_of(octets: bytes) -> Format:
    """The format of a file, by its root. Raises ForeignRefused."""
    start = octets.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    if start in (b"{", b"["):
        return Format.PHASE4
    namespace = namespace_of(octets)
    for name, form in FORMS.items():
        if form.namespace == namespace and namespace:
            return name
    known = ", ".join(f"{name} ({form.namespace or 'JSON'})" for name, form in FORMS.items())
    raise ForeignRefused(f"the namespace {namespace!r} is none of {known}")


def read_foreign(files: Mapping[str, bytes], we: We, form: Format | None = None) -> ForeignFile:
    """Everything in files of one format. Raises ForeignRefused, PartyUnknown."""
    exchanges: list[Exchange] = []
    account: list[Line] = []
    implied: dict[tuple[str, str, str], None] = {}
    certificates: dict[tuple[str, str], bytes] = {}
    whole, chosen = True, form
    for name, octets in files.items():
        try:
            chosen = chosen or format_of(octets)
            found, lines, implies = _read_one(octets, FORMS[chosen], we)
        except ForeignRefused as error:
            raise ForeignRefused(f"{name}: {error}") from None
        exchanges += found.exchanges
        prefix = f"{name}: " if len(files) > 1 else ""
        account += [replace(line, path=prefix + line.path) for line in lines]
        implied |= implies
        certificates |= found.certificates
        whole = whole and found.whole
    if chosen is None:
        raise ForeignRefused("no file is given")
    return ForeignFile(chosen, tuple(exchanges), tuple(account), tuple(implied), whole, certificates)


def _read_one(octets: bytes, form: Form, we: We) -> tuple[Reading, Iterable[Line], dict[tuple[str, str, str], None]]:
    root = read_xml(octets, form.namespace) if form.namespace else read_json(octets)
    if root.name != form.root:
        raise ForeignRefused(f"the root is {root.name}, and {form.title} have {form.root}")
    account = Account(root, form.rules)
    found = form.read(root, account, we)
    return found, account.lines(), account.implied


def write_foreign(exchanges: Sequence[Exchange], form: Format, *, for_partner: bool = True) -> dict[str, bytes]:
    """Files of a format by their names; what it cannot say is found by reading them again (losses.py)."""
    return FORMS[form].write(exchanges, for_partner=for_partner)
