"""`[documents]` of an agreement: whose documents come from this partner, who may seal them, and how far we answer them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from node.configuration import Table, nearest
from node.customs.partners import Partners
from node.security.certificates import Certificate

SEALS: Final = ("profile", "require", "ignore")
#: Steps of the ladder that we tell on our own: readable and valid, in the business system, and of a list of operators what became of its records.
ANSWERS: Final = ("L2", "L3", "L4")


@dataclass(frozen=True, slots=True)
class AgreedDocuments:
    """What two parties agreed about the business documents in their messages."""

    #: Whether documents are judged; without it they are carried like any payload.
    check: bool = True
    #: The authorities that we speak for, the first one in what the node makes itself.
    ours: tuple[str, ...] = ()
    #: The authorities whose documents may come from the partner; empty for any.
    theirs: tuple[str, ...] = ()
    #: The own key that seals what the node makes itself; empty for none.
    seal: str = ""
    #: Whether seals are judged: as the document's profile says, always, or never.
    seals: str = "profile"
    #: Whom we believe.
    partners: Partners = field(default_factory=Partners)
    #: The steps of the ladder that we tell.
    answers: tuple[str, ...] = ("L2",)


#: An agreement without the table: documents are judged and answered.
STANDARD_DOCUMENTS: Final = AgreedDocuments()


def read_documents(
    table: Table,
    own: Mapping[str, Certificate],
    signers: Mapping[str, Certificate],
    trust: Mapping[str, Sequence[Certificate]],
    crls: tuple[bytes, ...] = (),
) -> AgreedDocuments:
    """The table; `signers` are the files of certs/partners, `trust` those of certs/trust. A signer may be an own key too: of an issuing body at home."""
    ours, theirs = table.texts("ours"), table.texts("theirs")
    for key, names in (("ours", ours), ("theirs", theirs)):
        for name in names:
            if not _is_authority(name):
                table.problem(key, f"{name!r} is no authority", "a country and a name: TW-CUSTOMS")
    seal = table.text("seal")
    if seal and seal not in own:
        table.problem("seal", f"certs/own has no key {seal!r}", nearest(seal, own))
    answers = table.texts("answers") or STANDARD_DOCUMENTS.answers
    if unknown := [level for level in answers if level not in (*ANSWERS, "none")]:
        table.problem("answers", f"{unknown[0]!r} is no step that the node tells", f'some of {", ".join(ANSWERS)}, or "none"')
    anchors = {country: _anchors(table, "anchors", names, trust) for country, names in _lists(table, "anchors").items()}
    bindings = {who: _fingerprints(table, names, {**own, **signers}) for who, names in _lists(table, "signers").items()}
    for authority in ours:
        # What we seal ourselves is judged before it goes out; nobody has to write down that we believe ourselves.
        anchors.setdefault(authority[:2], tuple(certificate for path in trust.values() for certificate in path))
        if seal in own:
            bindings.setdefault(authority, frozenset({own[seal].sha256}))
    found = AgreedDocuments(
        table.boolean("check", True),
        ours,
        theirs,
        seal,
        table.choice("seals", "profile", SEALS),
        Partners(
            anchors,
            _anchors(table, "timestamp_anchors", table.texts("timestamp_anchors"), trust),
            crls,
            bindings,
        ),
        tuple(level for level in answers if level != "none"),
    )
    table.finish()
    return found


def _is_authority(name: str) -> bool:
    country, _, rest = name.partition("-")
    return len(country) == 2 and country.isupper() and bool(rest)


def _lists(table: Table, key: str) -> dict[str, tuple[str, ...]]:
    """A table of lists of names."""
    inner = table.table(key)
    found = {name: inner.texts(name) for name in inner.values}
    inner.finish()
    return found


def _anchors(table: Table, key: str, names: Sequence[str], trust: Mapping[str, Sequence[Certificate]]) -> tuple[Certificate, ...]:
    found: list[Certificate] = []
    for name in names:
        if name not in trust:
            table.problem(key, f"certs/trust has no certificate {name!r}", nearest(name, trust))
        found += trust.get(name, ())
    return tuple(found)


def _fingerprints(table: Table, names: Sequence[str], signers: Mapping[str, Certificate]) -> frozenset[str]:
    found = set()
    for name in names:
        if name not in signers:
            table.problem("signers", f"neither certs/partners nor certs/own has {name!r}", nearest(name, signers))
        else:
            found.add(signers[name].sha256)
    return frozenset(found)
