"""What a first sheet changes of the agreement that one side wrote by hand, and whose place it takes: the same changes, by the same table, as of two sheets."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from node.agreements.agreement import Agreement, Known
from node.agreements.parameters import PARAMETERS
from node.foreign.comparing import Row, Verdict, compare
from node.foreign.exchange import exchanges_of
from node.msh.next_action import FALL_BACK
from node.security.certificates import Certificate
from node.security.path_policy import Trusting
from node.security.trust import Purpose
from node.sheets import effects
from node.sheets.changes import Change
from node.sheets.risk import effect_of

_PURPOSES: Final = ("sign", "encrypt", "tls")


@dataclass(frozen=True, slots=True)
class Read:
    """An agreement, and what its names refer to."""

    agreement: Agreement
    known: Known


def changes_of_file(written: Read, agreed: Read) -> list[Change]:
    """What differs: parties, addresses, services, parameters, certificates, and whose documents are believed."""
    rows = compare(list(exchanges_of(written.agreement)), list(exchanges_of(agreed.agreement)))
    found = [_of_row(one, written.agreement, agreed.agreement) for one in rows if one.verdict is not Verdict.AGREE]
    # One change for each path: exchanges that differ alike say it once.
    listed = {one.path: one for one in (*found, *_of_values(written, agreed))}
    return [listed[path] for path in sorted(listed)]


def _of_row(row: Row, written: Agreement, agreed: Agreement) -> Change:
    if row.key == "service" and row.verdict in (Verdict.ONLY_OURS, Verdict.ONLY_THEIRS):
        sign, name = ("-", row.ours) if row.verdict is Verdict.ONLY_OURS else ("+", row.theirs)
        before, after = (name, None) if sign == "-" else (None, name)
        return Change(f"services.{name}", before, after, effect_of(f"services.{sign}{name}"))
    if row.key in PARAMETERS:
        path = f"profile.parameters.{row.key}"
        return Change(path, row.ours, row.theirs, effect_of(path, written.parameters[row.key], agreed.parameters[row.key]))
    path = f"{row.key} ({row.where})" if row.where else row.key
    return Change(path, row.ours, row.theirs, effects.effect_of(row.key))


def _of_values(written: Read, agreed: Read) -> Iterator[Change]:
    before, after = dict(_values(written)), dict(_values(agreed))
    for path, value in before.items():
        if value != after[path]:
            yield Change(path, value, after[path], _effect(path))


def _effect(path: str) -> effects.Effect:
    # Documents are no parameters: the table of a sheet's paths tells one of their keys from another.
    return effect_of(path) if path.startswith(("parties.", "check_documents")) else effects.effect_of(path)


def _values(read: Read) -> Iterator[tuple[str, Any]]:
    agreement, known = read.agreement, read.known
    certificates, documents, us = agreement.certificates, agreement.documents, agreement.us
    for purpose in _PURPOSES:
        yield f"certificates.{purpose}", _prints(known.partners[name] for name in certificates.named()[purpose])
    yield "certificates.trust", certificates.trust
    if certificates.trust == "path":
        # Who is believed directly leads to no anchor.
        yield "certificates.policy", certificates.trusting.words()
        for use in Purpose:
            yield f"certificates.anchors ({use.value})", _anchors(certificates.trusting, use, known.trust)
    else:
        yield "certificates.policy", ""
        yield from ((f"certificates.anchors ({use.value})", []) for use in Purpose)
    for key, name in (("sign", us.sign), ("encrypt", us.encrypt)):
        yield f"us.{key}", _prints([known.own[name]] if name in known.own else [])
    stand_ins = {one.address for one in agreement.calendar.windows if one.policy == FALL_BACK}
    yield "parties.partner.calendar.fall_back", sorted(stand_ins)
    yield "check_documents", documents.check
    yield "parties.us.documents.authorities", list(documents.ours)
    yield "parties.partner.documents.authorities", list(documents.theirs)
    yield "parties.partner.documents.seals", documents.seals
    yield "parties.us.documents.answers", list(documents.answers)
    yield "parties.partner.documents.signers", {who: sorted(prints) for who, prints in documents.partners.bindings.items()}
    yield "parties.partner.documents.anchors", {who: _prints(one) for who, one in documents.partners.anchors.items()}
    yield "parties.partner.documents.timestamp_anchors", _prints(documents.partners.timestamp_anchors)


def _anchors(trusting: Trusting, purpose: Purpose, trust: Mapping[str, Sequence[Certificate]]) -> list[str]:
    return _prints(one for name in trusting.anchors.get(purpose, tuple(trust)) for one in trust.get(name, ()))


def _prints(certificates: Iterable[Certificate]) -> list[str]:
    return sorted({one.sha256 for one in certificates})
