"""Our exchanges against theirs, parameter by parameter: what agrees, what differs and what that does."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from node.agreements.agreements import text
from node.agreements.parameters import PARAMETERS
from node.ebms.message import PartyId
from node.foreign.exchange import Exchange
from node.foreign.values import same
from node.sheets.effects import Effect, Risk, effect_of

Place = tuple[str, str, str]


class Verdict(StrEnum):
    """How two sides stand in one parameter."""

    AGREE = "agree"
    DIFFER = "differ"
    ONLY_OURS = "only ours"
    ONLY_THEIRS = "only theirs"


@dataclass(frozen=True, slots=True)
class Row:
    """One parameter of both sides; `where` names the exchanges if they are not all alike."""

    parameter: str
    key: str
    verdict: Verdict
    ours: str
    theirs: str
    where: str = ""
    #: The file need not say it: it has single P-Modes and not all that is agreed.
    silent: bool = False

    @property
    def effect(self) -> Effect:
        """What the difference does."""
        return effect_of(self.key)

    @property
    def matters(self) -> bool:
        """Whether messages may fail, or be less protected than one side thinks."""
        if self.verdict is Verdict.DIFFER:
            return self.effect.risk is not Risk.LOW
        return self.key == "service" and self.verdict is not Verdict.AGREE and not self.silent


def _service(one: Exchange) -> str:
    return one.service.value + (f" ({one.service.type})" if one.service.type else "")


_Field = tuple[str, str, Callable[[Exchange], Any]]
_FIELDS: Final[tuple[_Field, ...]] = (
    ("Party (partner)", "partner.party_id", lambda one: one.partner.party_ids or None),
    ("Party (us)", "us.party_id", lambda one: one.us.party_ids or None),
    ("Role (partner)", "partner.role", lambda one: one.partner.role or None),
    ("Role (us)", "us.role", lambda one: one.us.role or None),
    ("PMode.Agreement", "agreement_ref", lambda one: one.agreement_ref or "none"),
    ("Protocol.Address (partner)", "partner.url", lambda one: one.partner.url or None),
    ("Protocol.Address (us)", "us.url", lambda one: one.us.url or None),
    ("BusinessInfo.Service", "service", _service),
    ("PMode.MEPbinding", "service.binding", lambda one: "pull" if one.pulled else "sync" if one.sync else "push"),
    ("BusinessInfo.MPC", "service.mpc", lambda one: one.mpc),
    ("answers", "service.answers", lambda one: one.answers or "nothing"),
)
_ABSENT: Final = object()


def compare(ours: Sequence[Exchange], theirs: Sequence[Exchange], *, whole: bool = True) -> tuple[Row, ...]:
    """Every parameter of both sides. `whole`: theirs says all that is exchanged, so that what it lacks is not agreed there."""
    mine, other = ({one.place: one for one in listed} for listed in (ours, theirs))
    shared = [place for place in mine if place in other]
    rows = [*_services(mine, other, whole=whole)]
    for name, key, of in _FIELDS:
        rows += _rows(name, key, [(place, of(mine[place]), of(other[place])) for place in shared])
    # A test has no business content, and its receipt comes as an answer, so that its parameters are those of the preset.
    business = [place for place in shared if not mine[place].test] or shared
    for key, parameter in PARAMETERS.items():
        values = [
            (place, mine[place].parameters.get(key, _ABSENT), other[place].parameters.get(key, _ABSENT)) for place in business
        ]
        rows += _rows(parameter.standard, key, values)
    return tuple(rows)


def with_partner(exchanges: Iterable[Exchange], party_ids: Sequence[PartyId]) -> list[Exchange]:
    """The exchanges with this partner; all of them where a file knows one partner alone."""
    listed = list(exchanges)
    values = {one.value for one in party_ids}
    found = [one for one in listed if values & {other.value for other in one.partner.party_ids}]
    return found or (listed if len({one.partner.party_ids for one in listed}) == 1 else [])


def _services(mine: Mapping[Place, Exchange], other: Mapping[Place, Exchange], *, whole: bool) -> Iterable[Row]:
    for place, one in mine.items():
        if place not in other:
            key = "test_service" if one.test else "service"
            yield Row("BusinessInfo.Service, .Action", key, Verdict.ONLY_OURS, " ".join(place), "none", silent=not whole)
    for place, one in other.items():
        if place not in mine:
            key = "test_service" if one.test else "service"
            yield Row("BusinessInfo.Service, .Action", key, Verdict.ONLY_THEIRS, "none", " ".join(place))


def _rows(parameter: str, key: str, values: Sequence[tuple[Place, Any, Any]]) -> list[Row]:
    """One row where all exchanges are alike, else one for each pair of values."""
    found: dict[tuple[Verdict, str, str], list[str]] = {}
    for place, ours, theirs in values:
        verdict = _verdict(key, ours, theirs)
        if verdict is not None:
            found.setdefault((verdict, _said(ours), _said(theirs)), []).append(" ".join(place))
    alike = len(found) == 1
    return [
        Row(parameter, key, verdict, ours, theirs, "" if alike else "; ".join(places))
        for (verdict, ours, theirs), places in found.items()
    ]


def _said(value: Any) -> str:
    return "none" if value is None or value is _ABSENT else text(value)


def _verdict(key: str, ours: Any, theirs: Any) -> Verdict | None:
    """None where neither side says anything."""
    fields = key not in PARAMETERS
    missing = (None, _ABSENT) if fields else (_ABSENT,)
    if ours in missing and theirs in missing:
        return None
    if theirs in missing:
        return Verdict.ONLY_OURS
    if ours in missing:
        return Verdict.ONLY_THEIRS
    return Verdict.AGREE if same(key, ours, theirs) else Verdict.DIFFER
