"""The state of every arrangement at one glance, for the staff of a programme. Source: ux N5."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from node.customs.operators.arrangement import Arrangement, OwnProgramme
from node.customs.operators.look_up import Age, age_of, conflicts_among
from node.customs.operators.port import OperatorRegister, ProgrammeState, SetLine, SetState

#: Sets of a programme that are looked through for what was not applied.
RECENT = 20
#: Identifiers in common that are looked at.
SHARED = 500
#: Schemes by which everybody is known; coverage tells of the others.
_EVERYBODY = frozenset({"TIN", "AEO"})


@dataclass(frozen=True, slots=True)
class LastOut:
    """The last list that went to a partner."""

    #: Empty for one that was handed in as a document, and not made by this node.
    mode: str
    sequence: int
    made_at: datetime
    #: None where the node did not count.
    quantity: int | None


@dataclass(frozen=True, slots=True)
class BoardLine:
    """One programme of one partner."""

    sender: str
    programme: str
    #: None where lists come without an arrangement.
    arrangement: Arrangement | None
    sequence: int
    #: The last list that took effect.
    last_in: SetLine | None
    last_out: LastOut | None
    age: Age
    #: Operators by status, all tiers together.
    by_status: Mapping[str, int]
    #: What the last list changed.
    changes: Mapping[str, int]
    #: Lists after it that did not take effect.
    open: tuple[SetLine, ...]
    conflicts: tuple[str, ...]
    #: Operators of today with an identifier of a scheme, as a share of all.
    coverage: Mapping[str, float]

    @property
    def operators(self) -> int:
        """Operators of today."""
        return sum(self.by_status.values())


def board(
    register: OperatorRegister,
    arrangements: Iterable[Arrangement],
    last_out: Mapping[str, LastOut],
    own: OwnProgramme | None,
    now: datetime,
) -> list[BoardLine]:
    """A line for each arrangement, and for each programme of which lists come without one; our own is none of them."""
    programmes = {(one.sender, one.programme): one for one in register.programmes()}
    if own is not None:
        programmes.pop((own.authority, own.programme), None)
    conflicts = _conflicts(register)
    lines = []
    for one in arrangements:
        programme = programmes.pop((one.authority, one.programme), None)
        state = programme or ProgrammeState(one.authority, one.programme, 0, None, None, None)
        lines.append(_line(register, state, one, last_out.get(one.partner), conflicts, now))
    lines += [_line(register, one, None, None, conflicts, now) for one in programmes.values()]
    return lines


def _line(
    register: OperatorRegister,
    state: ProgrammeState,
    arrangement: Arrangement | None,
    last_out: LastOut | None,
    conflicts: Sequence[tuple[str, str]],
    now: datetime,
) -> BoardLine:
    sets = register.sets(state.sender, state.programme, RECENT)
    applied = next((one for one in sets if one.result.state is SetState.APPLIED), None)
    by_status: dict[str, int] = {}
    for (_, status), count in register.totals(state.sender, state.programme).items():
        by_status[status] = by_status.get(status, 0) + count
    total = sum(by_status.values())
    covered = register.coverage(state.sender, state.programme)
    return BoardLine(
        state.sender,
        state.programme,
        arrangement,
        state.sequence,
        applied,
        last_out,
        age_of(state, arrangement.every if arrangement is not None and arrangement.sends else None, now),
        by_status,
        applied.result.counts if applied is not None else {},
        tuple(_open(sets)),
        tuple(words for sender, words in conflicts if sender == state.sender),
        {scheme: count / total for scheme, count in covered.items() if total and scheme not in _EVERYBODY},
    )


def _open(sets: Iterable[SetLine]) -> Iterable[SetLine]:
    """What came after the last list that took effect, and did not."""
    for one in sets:
        if one.result.state is SetState.APPLIED:
            return
        yield one


def _conflicts(register: OperatorRegister) -> list[tuple[str, str]]:
    """Sender and words of each."""
    found = {
        (sender, one.words()): None
        for group in register.shared(SHARED)
        for one in conflicts_among(group)
        for sender in (one.one.sender, one.other.sender)
    }
    return list(found)
