"""Versions of agreements on a database: what was proposed, accepted, approved and is in force when, each step in one transaction.

A change of high risk becomes active with two names or not at all, whoever calls: the transaction that activates counts them.
"""

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from node.security.certificates import Certificate
from node.sheets.canonical import SheetRefused
from node.sheets.changes import changes, risk_of
from node.sheets.effects import Risk
from node.sheets.sheet import SIDES, Sheet, other
from node.sheets.signing import SignedSheet, read_kept, verify, write_signed
from node.sheets.states import IllegalStep, VersionEvent, VersionState, step
from node.store import prepared
from node.store.acts import Acts
from node.store.connection import Cursor, Database
from node.store.database import instant, read_instant, read_instant_if_any
from node.store.group_commit import GroupCommit
from node.store.people import EYES, Acted, Approval, folded, people, read_approval
from node.store.reading import RESTORE, StoreUnreadable, whole
from node.store.steps import Life, NotAgreed, Step, read_step
from node.store.updates import KeptUpdate, read_row, successors, updates_with

#: How long a version that both sides signed waits for the second person.
APPROVED_WITHIN: Final = timedelta(days=30)
_EVER: Final = (VersionState.ACTIVE, VersionState.SUPERSEDED, VersionState.EXPIRED)
#: What has not begun, and must not wait for ever.
_WAITING: Final = (VersionState.OFFERED, VersionState.ACCEPTED)
_CLOSED: Final = (VersionState.COUNTERED.value, VersionState.WITHDRAWN.value)
#: What helps when somebody came too late.
ANEW: Final = "offer or propose it anew, and tell the partner: n2n partner offer, n2n partner propose"
_LIFE: Final = Life(
    prepared.MOVE_AGREED, prepared.ADD_AGREED_STEP, of="agreed", shown="n2n partner versions shows what became of it"
)

log = logging.getLogger("node.agreed")


@dataclass(frozen=True, slots=True)
class KeptVersion:
    """One version as it is kept."""

    id: int
    partner: str
    signed: SignedSheet
    state: VersionState
    #: The side that is ours.
    side: str
    #: When it ends; of an offer, by when it must be answered; of one that waits for a second person, by when that one must approve it.
    ends_at: datetime | None
    risk: Risk
    proposed_by: str
    changed_at: datetime

    @property
    def sheet(self) -> Sheet:
        return self.signed.sheet

    @property
    def was_active(self) -> bool:
        """Whether it ever was to be obeyed."""
        # An offer that nobody answered in time is EXPIRED too; what was active has both signatures.
        return self.state in _EVER and self.signed.is_complete

    @property
    def answer_by(self) -> datetime | None:
        """By when somebody must answer, the partner an offer, a second person what both signed; None for what waits for nobody, and never did in vain."""
        in_vain = self.state is VersionState.LAPSED or (self.state is VersionState.EXPIRED and not self.was_active)
        return self.ends_at if in_vain or self.state in _WAITING else None

    def holds(self, at: datetime) -> bool:
        """Whether it is in force at an instant."""
        return self.was_active and self.sheet.since <= at and (self.ends_at is None or at < self.ends_at)


class VersionDamaged(StoreUnreadable):
    """A kept version lacks what every sheet has: somebody has written into the row, or no node of this version wrote it. `problems` says what, each with its place."""

    def __init__(self, row_id: int, partner: str, version: int, problems: Sequence[tuple[str, str]]) -> None:
        self.row_id, self.partner, self.version, self.problems = row_id, partner, version, problems
        said = "; ".join(f"{place} {problem}" for place, problem in problems)
        what = f"row {row_id} of agreed_version, which is version {version} of an agreement with {partner!r}, is damaged: {said}"
        super().__init__("store", what, RESTORE)


class StoredVersions:
    """Reads in the caller's thread, writes through the one writer."""

    def __init__(self, database: Database, writer: GroupCommit, acts: Acts | None = None) -> None:
        self._database, self._writer, self._acts = database, writer, acts or Acts()

    # -- reading -------------------------------------------------------------------------------------------------

    def of(self, partner: str) -> list[KeptVersion]:
        """The versions with a partner in the order in which they came."""
        return [_version(row) for row in self._database.read(prepared.AGREED_OF, {"partner": partner})]

    def of_sheet(self, sheet: str) -> list[KeptVersion]:
        """The versions of one sheet, with whomever."""
        return [_version(row) for row in self._database.read(prepared.AGREED_SHEET, {"sheet": sheet})]

    def partners(self) -> set[str]:
        """Whom sheets are kept of by name; no sheet is read for it."""
        return {row["partner"] for row in self._database.read(prepared.AGREED_PARTNERS, {})} - {""}

    def mark(self) -> str:
        """A text that changes whenever a version has taken a step: whoever holds a setting of before makes another."""
        count, latest = self._database.read(prepared.AGREED_MARK, {})[0]
        return f"{count} {latest or ''}"

    def approvals(self, row_id: int) -> list[Approval]:
        """Who approved a version."""
        rows = self._database.read(prepared.APPROVALS, {"agreed": row_id})
        return [read_approval(row) for row in rows]

    def steps(self, row_id: int) -> list[Step]:
        """The life of a version."""
        return [read_step(row) for row in self._database.read(prepared.AGREED_STEPS, {"agreed": row_id})]

    def signers(self, before: Sheet, side: str, at: datetime, *, ours: bool) -> tuple[Certificate, ...]:
        """By which certificates a side, ours or the partner's, signs what follows a version, the agreed ones first."""
        partners = {one.partner for one in self.of_sheet(before.id)} - {""}
        rows = [row for one in sorted(partners) for row in self._database.read(prepared.UPDATES_OF, {"partner": one})]
        return signers_after(before, side, map(read_row, rows), at, ours=ours)

    # -- writing -------------------------------------------------------------------------------------------------

    def propose(
        self,
        partner: str,
        signed: SignedSheet,
        side: str,
        by: Acted,
        counters: int | None = None,
        first: Risk = Risk.LOW,
        answer_by: datetime | None = None,
    ) -> KeptVersion:
        """Keep a version that waits for one signature, ours or the partner's; `counters` is the row that it answers.

        After `answer_by`, or after its own end, an answer comes too late. `first` is the risk of one that follows no other here: the store does not know the files in whose place it comes. Raises NotAgreed when it is kept already, StorageUnavailable.
        """

        def work(cursor: Cursor) -> int:
            if counters is not None:
                _move(cursor, _locked(cursor, counters), VersionEvent.COUNTER, by, self._acts)
            ends = [one for one in (answer_by, signed.sheet.until) if one is not None]
            return _add(cursor, partner, signed, side, by, first, min(ends, default=None), self._acts)

        return self._kept(self._writer.run(work))

    def accept(
        self, partner: str, signed: SignedSheet, side: str, by: Acted, row_id: int | None = None, first: Risk = Risk.LOW
    ) -> KeptVersion:
        """Keep a version that both signed, in place of what one of them had offered where that is kept here; `first` as of `propose`.

        Until it is activated it waits for `APPROVED_WITHIN`, and not beyond its own end.

        Raises NotAgreed where a signature is missing or wrong, StorageUnavailable.
        """

        def work(cursor: Cursor) -> int:
            before = _partner_rows(cursor, partner)
            check_signed(signed, before, side, updates_with(cursor, partner), by.at)
            _check_follows(signed.sheet, before)
            found = row_id
            ends = min(by.at + APPROVED_WITHIN, signed.sheet.until or by.at + APPROVED_WITHIN)
            if found is None:
                found = _add(cursor, partner, signed, side, by, first, ends, self._acts)
            else:
                values = _values(partner, signed, by, _risk(cursor, partner, signed.sheet, found, first))
                values["ends_at"] = instant(ends)
                was = _locked(cursor, found)
                if was.sheet.digest == signed.sheet.digest:
                    # Whoever proposed it stays who proposed it, so that no author becomes the second person by another's hand.
                    values["proposed_by"] = was.proposed_by
                cursor.execute(prepared.FILL_AGREED, {"row_id": found, **{f"new_{name}": one for name, one in values.items()}})
            _move(cursor, _locked(cursor, found), VersionEvent.ACCEPT, by, self._acts)
            return found

        return self._kept(self._writer.run(work))

    def complete(self, row_id: int, signed: SignedSheet, by: Acted) -> KeptVersion:
        """Keep the signatures that another copy of a version has besides. Raises NotAgreed for another sheet and for a wrong signature, StorageUnavailable."""

        def work(cursor: Cursor) -> None:
            found = _locked(cursor, row_id)
            if found.sheet.digest != signed.sheet.digest:
                raise NotAgreed(f"it is another version {found.sheet.version}", "let the partner send the file that was accepted")
            whole = found.signed.joined(signed)
            if len(whole.signatures) == len(found.signed.signatures):
                return
            check_signed(whole, _partner_rows(cursor, found.partner), found.side, updates_with(cursor, found.partner), by.at)
            cursor.execute(prepared.SIGN_AGREED, {"row_id": row_id, "new_content": write_signed(whole)})
            _LIFE.note(cursor, row_id, "SIGN", (found.state, found.state), by)
            _act(cursor, found.partner, whole, "SIGN", by, self._acts)

        self._writer.run(work)
        return self._kept(row_id)

    def activate(self, row_id: int, by: Acted) -> KeptVersion:
        """From its time on the version is obeyed, and the one before ends when its overlap is over.

        Raises NotAgreed where a signature is missing, where a change of high risk has not two names, and where it does not follow what is active;
        StorageUnavailable.
        """

        def work(cursor: Cursor) -> None:
            found = _locked(cursor, row_id)
            _check_in_time(found, by)
            rows = _partner_rows(cursor, found.partner)
            check_signed(found.signed, rows, found.side, updates_with(cursor, found.partner), by.at)
            _check_ours(found)
            active = [one for one in rows if one.state is VersionState.ACTIVE and one.id != row_id]
            _check_follows(found.sheet, [one for one in rows if one.id != row_id])
            risk = _check_eyes(cursor, found)
            for one in active:
                ends = min(one.ends_at or found.sheet.before_ends, found.sheet.before_ends)
                cursor.execute(prepared.END_AGREED, {"row_id": one.id, "new_ends_at": instant(ends)})
            until = None if found.sheet.until is None else instant(found.sheet.until)
            cursor.execute(prepared.RATE_AGREED, {"row_id": row_id, "new_risk": risk.value, "new_ends_at": until})
            _move(cursor, found, VersionEvent.ACTIVATE, by, self._acts)

        self._writer.run(work)
        return self._kept(row_id)

    def approve(self, row_id: int, by: Acted, seen: str = "") -> KeptVersion:
        """A second person has looked at a version, whose digest was `seen`. Raises NotAgreed for whoever proposed it, and where it is another one by now; StorageUnavailable."""

        def work(cursor: Cursor) -> None:
            found = _locked(cursor, row_id)
            if seen and found.sheet.digest != seen:
                raise NotAgreed(
                    f"version {found.sheet.version} has changed since it was looked at",
                    f"look again: n2n partner show {found.partner} {found.sheet.version}",
                )
            if found.state not in _WAITING:
                raise NotAgreed(
                    f"version {found.sheet.version} is {found.state.value}: there is nothing to approve", _remedy(found)
                )
            _check_in_time(found, by)
            if folded(by.who) == folded(found.proposed_by):
                raise NotAgreed(f"{by.who} proposed it, so another person must approve it", "--who NAME says who approves")
            values = {"agreed": row_id, "who": folded(by.who), "digest": found.sheet.digest, "at": instant(by.at), "why": by.why}
            cursor.execute(prepared.ADD_APPROVAL, values)
            _LIFE.note(cursor, row_id, "APPROVE", (found.state, found.state), by)
            _act(cursor, found.partner, found.signed, "APPROVE", by, self._acts)

        self._writer.run(work)
        return self._kept(row_id)

    def withdraw(self, row_id: int, by: Acted) -> KeptVersion:
        """A version that will never be active: taken back, or refused. Raises NotAgreed, StorageUnavailable."""
        self._writer.run(lambda cursor: _move(cursor, _locked(cursor, row_id), VersionEvent.WITHDRAW, by, self._acts))
        return self._kept(row_id)

    def settle(self, now: datetime) -> int:
        """Write down which versions have ended, and which nobody answered or approved in time; nothing depends on the first, since what is in force is asked with the time. Raises StorageUnavailable."""
        over = [int(row[0]) for row in self._database.read(prepared.AGREED_OVER, {"now": instant(now)})]
        if not over:
            return 0

        def work(cursor: Cursor) -> int:
            ended = 0
            for one in (_locked(cursor, row_id) for row_id in over):
                if one.state not in (VersionState.ACTIVE, *_WAITING) or one.ends_at is None or one.ends_at > now:
                    continue
                if one.state in _WAITING:
                    why = "nobody answered in time" if one.state is VersionState.OFFERED else "nobody approved it in time"
                    _move(cursor, one, VersionEvent.EXPIRE, Acted("n2n", now, why), self._acts)
                    log.warning("partners/%s: version %d waits no longer: %s; %s", one.partner, one.sheet.version, why, ANEW)
                    ended += 1
                    continue
                follows = any(each.id > one.id and each.was_active for each in _partner_rows(cursor, one.partner))
                event = VersionEvent.SUPERSEDE if follows else VersionEvent.EXPIRE
                _move(cursor, one, event, Acted("n2n", now, "its time is over"), self._acts)
                ended += 1
            return ended

        return self._writer.run(work)

    def _kept(self, row_id: int) -> KeptVersion:
        return _version(self._database.read(prepared.AGREED, {"row_id": row_id})[0])


def in_force(database: Database, damaged: list[VersionDamaged] | None = None) -> list[KeptVersion]:
    """Every version that is, was or will be in force, by partner, the oldest first. Where `damaged` is given, those that lack something are added to it, and the others are read."""
    return [one for one in _versions(database.read(prepared.AGREED_IN_FORCE, {}), damaged) if one.was_active]


def under_way(database: Database, damaged: list[VersionDamaged] | None = None) -> list[KeptVersion]:
    """Every version that is, was or will be in force, that waits for somebody, or that nobody answered; by partner, the oldest first. `damaged` as of `in_force`."""
    return list(_versions((row for row in database.read(prepared.AGREED_ALL, {}) if row["state"] not in _CLOSED), damaged))


def _versions(rows: Iterable[Any], damaged: list[VersionDamaged] | None) -> Iterator[KeptVersion]:
    for row in rows:
        try:
            yield _version(row)
        except VersionDamaged as error:
            if damaged is None:
                raise
            damaged.append(error)


def unapproved(database: Database) -> list[KeptVersion]:
    """Versions of high risk that were active with fewer than two names: there are none, whatever has happened to the node (INV-15)."""
    found = []
    for one in in_force(database):
        rows = database.read(prepared.APPROVALS, {"agreed": one.id}) if one.risk is Risk.HIGH else []
        names = people([one.proposed_by, *(row["who"] for row in rows if row["digest"] == one.sheet.digest)])
        if one.risk is Risk.HIGH and len(names) < EYES:
            found.append(one)
    return found


# -- within a transaction --------------------------------------------------------------------------------------------


def _locked(cursor: Cursor, row_id: int) -> KeptVersion:
    row = cursor.execute(prepared.LOCK_AGREED, {"row_id": row_id}).fetchone()
    if row is None:
        raise NotAgreed("there is no such version")
    return _version(row)


def _partner_rows(cursor: Cursor, partner: str) -> list[KeptVersion]:
    return [_version(row) for row in cursor.execute(prepared.LOCK_AGREED_OF, {"partner": partner}).fetchall()]


def check_signed(
    signed: SignedSheet, rows: Sequence[KeptVersion], side: str, updates: Sequence[KeptUpdate], at: datetime
) -> None:
    """Raises NotAgreed where a version lacks a signature, carries a wrong one, or does not follow one of the partner's `rows`; `side` is ours.

    A certificate that an accepted one of the partner's `updates` put in place of an agreed one by `at` signs like that one.
    """
    if not signed.is_complete:
        missing = [one for one in ("a", "b") if signed.of(one) is None]
        raise NotAgreed(f"party {', '.join(missing) or 'b'} has not signed it", "n2n partner accept signs ours")
    before = next((one.sheet for one in reversed(rows) if one.sheet.digest == signed.sheet.before), None)
    if signed.sheet.before is not None and before is None:
        raise NotAgreed("it follows a version that is not kept here", "ask the partner for the versions between")
    if before is not None and (signed.sheet.version != before.version + 1 or signed.sheet.since < before.since):
        # Versions are counted by one, and none begins before the one that it follows: what holds when is told by both.
        raise NotAgreed(
            f"version {signed.sheet.version} from {signed.sheet.since:%Y-%m-%dT%H:%M:%SZ} does not follow version {before.version} "
            f"from {before.since:%Y-%m-%dT%H:%M:%SZ}",
            "let the partner propose it anew",
        )
    try:
        # What follows is signed by keys of the version before: a new key cannot bring in itself.
        known = {one: signers_after(before, one, updates, at, ours=one == side) for one in SIDES} if before else {}
        found = verify(signed, known)
    except SheetRefused as error:
        raise NotAgreed(str(error), "let the partner send it again") from error
    theirs = other(side)
    if before is not None and found[theirs].certificate not in known[theirs]:
        raise NotAgreed(
            "the partner signed it with a key that the version before does not name", "sign it with the key agreed so far"
        )


def signers_after(
    before: Sheet, side: str, updates: Iterable[KeptUpdate], at: datetime, *, ours: bool
) -> tuple[Certificate, ...]:
    """By which certificates a side signs what follows a version: those that it names, then those that updates by message have put in their place.

    Both sides know these: the update was asked for under the old key, and accepted.
    """
    named = before.certificates(side, "sign")
    return (*named, *successors(named, updates, at, ours=ours))


def _check_in_time(found: KeptVersion, by: Acted) -> None:
    """Also before a sweep has written it down."""
    if found.state is VersionState.LAPSED:
        raise NotAgreed(f"version {found.sheet.version} is LAPSED: nobody approved it in time", ANEW)
    if found.state in _WAITING and found.ends_at is not None and found.ends_at <= by.at:
        whom = "the partner" if found.state is VersionState.OFFERED else "a second person"
        raise NotAgreed(f"version {found.sheet.version} waited for {whom} until {found.ends_at:%Y-%m-%dT%H:%M:%SZ} only", ANEW)


def _remedy(found: KeptVersion) -> str:
    return ANEW if found.answer_by is not None else ""


def _check_ours(found: KeptVersion) -> None:
    """Nobody obeys here what we have signed in part only."""
    if not found.signed.covers_all(found.side):
        raise NotAgreed(
            "our own signature covers the offer alone, without the partner's part",
            "n2n partner activate FILE, with the file that the partner accepted, signs all of it",
        )


def _check_follows(sheet: Sheet, others: Sequence[KeptVersion]) -> None:
    """A version that branches off from an older one would undo what came between, and its signer may have been left behind there."""
    were = [one for one in others if one.was_active and one.sheet.id == sheet.id]
    newest = max(were, key=lambda one: one.sheet.version, default=None)
    if newest is not None and sheet.before != newest.sheet.digest:
        said = f"it does not follow version {newest.sheet.version}, which is {newest.state.value.lower()}"
        raise NotAgreed(said, "propose it anew: n2n partner propose")


def _check_eyes(cursor: Cursor, found: KeptVersion) -> Risk:
    risk = _risk(cursor, found.partner, found.sheet, found.id, found.risk)
    if risk is Risk.HIGH:
        approved = [
            row[1] for row in cursor.execute(prepared.APPROVALS, {"agreed": found.id}).fetchall() if row[2] == found.sheet.digest
        ]
        if len(people([found.proposed_by, *approved])) < EYES:
            raise NotAgreed(
                "its risk is high, and only one person has seen it",
                f"n2n partner approve {found.partner} {found.sheet.version} --who NAME",
            )
    return risk


def _risk(cursor: Cursor, partner: str, sheet: Sheet, row_id: int, first: Risk) -> Risk:
    """Against what was last in force; a first agreement has the risk that its caller, or its row, says."""
    rows = [_version(row) for row in cursor.execute(prepared.AGREED_OF, {"partner": partner}).fetchall()]
    return risk_against(rows, sheet, row_id, first)


def risk_against(rows: Sequence[KeptVersion], sheet: Sheet, row_id: int | None = None, first: Risk = Risk.LOW) -> Risk:
    """The risk of a version against the last of these that was active; `first` where none was."""
    before = [one for one in rows if partner_had(one) and one.id != row_id]
    return risk_of(changes(before[-1].sheet, sheet)) if before else first


def partner_had(one: KeptVersion) -> bool:
    """Whether this version was ever in force with whom it names."""
    return bool(one.partner) and one.was_active


def _add(
    cursor: Cursor,
    partner: str,
    signed: SignedSheet,
    side: str,
    by: Acted,
    first: Risk,
    answer_by: datetime | None,
    acts: Acts,
) -> int:
    state = VersionState.OFFERED
    row = {
        "sheet": signed.sheet.id,
        "version": signed.sheet.version,
        "state": state.value,
        "side": side,
        **_values(partner, signed, by, _risk(cursor, partner, signed.sheet, 0, first)),
        "ends_at": None if answer_by is None else instant(answer_by),
    }
    found = cursor.execute(prepared.ADD_AGREED, row).fetchone()
    if found is None:
        raise NotAgreed(f"version {signed.sheet.version} of this sheet is kept already", "n2n partner versions shows it")
    _LIFE.note(cursor, int(found[0]), "PROPOSE", ("", state), by)
    _act(cursor, partner, signed, "PROPOSE", by, acts)
    return int(found[0])


def _values(partner: str, signed: SignedSheet, by: Acted, risk: Risk) -> dict[str, Any]:
    return {
        "partner": partner,
        "digest": signed.sheet.digest,
        "content": write_signed(signed),
        "since": instant(signed.sheet.since),
        "ends_at": None,
        "risk": risk.value,
        "proposed_by": by.who,
        "changed_at": instant(by.at),
    }


def _move(cursor: Cursor, found: KeptVersion, event: VersionEvent, by: Acted, acts: Acts) -> None:
    try:
        after = step(found.state, event)
    except IllegalStep as error:
        raise NotAgreed(str(error), _LIFE.shown) from error
    _LIFE.move(cursor, found.id, event, (found.state, after), by)
    _act(cursor, found.partner, found.signed, event.value, by, acts)


def _act(cursor: Cursor, partner: str, signed: SignedSheet, event: str, by: Acted, acts: Acts) -> None:
    """The log says the step as well, with the signed file as it is then."""
    about = {"partner": partner, "sheet": signed.sheet.id, "version": str(signed.sheet.version)}
    acts(cursor, by, f"agreement {event.lower()}", about, [write_signed(signed)])


# -- rows; the writer's know no names of columns ---------------------------------------------------------------------------


def _version(row: Any) -> KeptVersion:
    """Raises VersionDamaged, or another StoreUnreadable, for a row that this node has not written so."""
    with whole(f"row {row[0]} of agreed_version, which is an agreement with {row[1]!r},"):
        try:
            return _read_version(row)
        except SheetRefused as error:
            raise VersionDamaged(int(row[0]), row[1], int(row[3]), error.problems) from error


def _read_version(row: Any) -> KeptVersion:
    row_id, partner, _, _, _, state, side, content, _, ends_at, risk, proposed_by, changed_at = row
    return KeptVersion(
        int(row_id),
        partner,
        read_kept(bytes(content)),
        VersionState(state),
        one_of(side, SIDES),
        read_instant_if_any(ends_at),
        Risk(risk),
        proposed_by,
        read_instant(changed_at),
    )


def one_of(value: str, words: Sequence[str]) -> str:
    """The value. Raises ValueError where it is none of the words."""
    if value not in words:
        raise ValueError(f"{value!r} is none of {', '.join(words)}")
    return value
