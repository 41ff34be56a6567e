"""What a format cannot say of an agreement: found by reading what was written, so that nothing is lost unseen."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from node.agreements.agreement import Agreement
from node.agreements.agreements import text
from node.agreements.parameters import PARAMETERS
from node.foreign.exchange import Exchange
from node.foreign.formats import Format, read_foreign
from node.foreign.values import same
from node.foreign.we import We

#: Tables of an agreement that no P-Mode has.
_TABLES: Final = ("calendar", "retention", "documents", "ladder")
_NO_PLACE: Final = "the format has no place for it"


@dataclass(frozen=True, slots=True)
class Loss:
    """One thing that a file does not say as the agreement says it."""

    parameter: str
    value: str
    reason: str


def losses(agreement: Agreement, exchanges: Sequence[Exchange], files: Mapping[str, bytes], form: Format) -> tuple[Loss, ...]:
    """Everything that files say otherwise than the exchanges they were written from, or not at all."""
    found = read_foreign(files, We("", exchanges[0].us.party_ids, exchanges[0].partner.party_ids), form)
    again = {one.place: one for one in found.exchanges}
    # An import takes the parameters of what is tested from the rest.
    business = [one for one in again.values() if not one.test] or list(again.values())
    lost: list[Loss] = [*_parameters(agreement, exchanges, business)]
    for one in exchanges:
        lost += _fields(one, again.get(one.place))
    addresses = {one.partner.url for one in exchanges if one.partner.url}
    lost += [Loss("Protocol.Address", one, _NO_PLACE) for one in sorted(addresses - {one.partner.url for one in again.values()})]
    lost += [
        Loss(f"[{table}]", "", _NO_PLACE) for table in _TABLES if any(key.startswith(table) for key in agreement.written.values)
    ]
    if not found.certificates:
        names = ", ".join((*agreement.certificates.sign, *agreement.certificates.encrypt))
        lost.append(Loss("Security.X509 certificates", names, "they travel as files, and are compared by another way"))
    if not agreement.test_service and not found.whole:
        lost.append(Loss("Test service", "false", _NO_PLACE))
    return tuple(dict.fromkeys(lost))


def _parameters(agreement: Agreement, exchanges: Sequence[Exchange], again: Sequence[Exchange]) -> Iterator[Loss]:
    stated: dict[str, Any] = {}
    for one in again:
        for key, value in one.parameters.items():
            stated.setdefault(key, value)
    for key, value in exchanges[0].parameters.items():
        name = PARAMETERS[key].standard
        if key not in stated:
            if value not in (None, "", [], ()) and agreement.parameters.origins[key].file:
                yield Loss(name, text(value), _NO_PLACE)
        elif not same(key, stated[key], value):
            yield Loss(name, text(value), f"the nearest that can be written is {text(stated[key])}")


def _fields(one: Exchange, again: Exchange | None) -> Iterator[Loss]:
    place = " ".join(one.place)
    if again is None:
        yield Loss("BusinessInfo.Action", place, _NO_PLACE)
        return
    pairs = (
        ("BusinessInfo.Service (type)", one.service.type, again.service.type),
        ("PMode.Agreement", one.agreement_ref, again.agreement_ref),
        ("Party (us)", one.us.party_ids, again.us.party_ids),
        ("Party (partner)", one.partner.party_ids, again.partner.party_ids),
        ("Role (us)", one.us.role, again.us.role),
        ("Role (partner)", one.partner.role, again.partner.role),
        ("PMode.MEPbinding", (one.pulled, one.sync, one.answers), (again.pulled, again.sync, again.answers)),
        ("BusinessInfo.MPC", one.mpc, again.mpc),
    )
    for parameter, ours, theirs in pairs:
        if ours != theirs:
            yield Loss(parameter, text(ours), f"in {place} the file says {text(theirs)}")
