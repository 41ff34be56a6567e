"""How two administrations come to an agreement: offer, accept, counter, propose, activate, roll back; each step is checked as a start of the node would check it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from node.agreements.agreement import Agreement, Term, read_tables
from node.agreements.patterns import check_patterns
from node.agreements.suitability import check
from node.agreements.terms import Ours, prescribed, read_terms
from node.configuration import NAMES, Problems, is_name, nearest
from node.handwritten import Read, changes_of_file
from node.keyring.folder import PartnerCertificate
from node.keyring.judging import Judging
from node.msh.ports import Clock
from node.onboarding.facts import certificates
from node.our_party import TERMS, OurParty
from node.security.certificates import Certificate
from node.security.keys import SigningKey
from node.setting import Setting
from node.sheets import shapes
from node.sheets.canonical import SheetRefused
from node.sheets.changes import Change, changes, risk_of
from node.sheets.effects import Risk
from node.sheets.fingerprint import agrees, grouped
from node.sheets.sheet import SIDES, Sheet, certificate_of, other
from node.sheets.signing import Signature, SignedSheet, read_signed, sign, verify
from node.sheets.states import VersionState
from node.sheets.terms import answered, changed, following, offered
from node.sheets.view import side_of
from node.sheets.weakened import Weakness, weaknesses
from node.store.agreed import ANEW, KeptVersion, StoredVersions, risk_against
from node.store.gates import StoredGates
from node.store.people import Acted
from node.store.steps import NotAgreed
from node.versions import said_of

#: For so long after a version begins the one before is still accepted.
OVERLAP: Final = "24h"
#: So long an offer waits for its answer, where nothing else is said.
ANSWERED_WITHIN: Final = timedelta(days=90)
_FIRST: Final = Ours()
#: In the place of whoever accepts an offer, whom nobody knows yet; it is not us.
_SOMEBODY: Final = [{"value": "urn:n2n:whoever-accepts", "type": None}]
_ACCEPTED: Final = (VersionState.ACCEPTED, VersionState.ACTIVE)
_WAITS_FOR_PARTNER: Final = "the partner has not signed it yet"


class FingerprintWanted(Exception):
    """Whoever signed is not known here yet: the fingerprint must be compared by another way than the one on which the file came."""

    def __init__(self, signed: SignedSheet, signature: Signature, said: str) -> None:
        super().__init__("the fingerprint is not the one that was given" if said else "the fingerprint was not given")
        self.signed, self.signature = signed, signature


@dataclass(frozen=True, slots=True)
class Times:
    """From when and until when a version is to hold, for how long the one before is still accepted, and until when an answer is awaited."""

    since: datetime | None = None
    until: datetime | None = None
    overlap: str = OVERLAP
    answer_by: datetime | None = None
    #: Whether an end that was agreed before is taken away.
    unending: bool = False

    def ends(self, agreed: datetime | None) -> datetime | None:
        """Until when the version holds that follows one with an agreed end: an end is not lost because nobody spoke of it."""
        return None if self.unending else self.until or agreed

    def answered(self, at: datetime) -> datetime:
        """By when what is proposed now must be answered. Raises NotAgreed for a time that is over."""
        if self.answer_by is not None and self.answer_by <= at:
            raise NotAgreed("an answer is wanted by a time that is over", "--answer-by names a later one")
        return self.answer_by or at + ANSWERED_WITHIN


@dataclass(frozen=True, slots=True)
class Looked:
    """A file that was looked at and not signed: its signatures hold, and `vouched` says whether the version before vouches for the partner's key."""

    signed: SignedSheet
    partner: str
    theirs: Signature
    vouched: bool


@dataclass(frozen=True, slots=True)
class Agreed:
    """A version after a step, and why it is not active yet; empty where it is."""

    kept: KeptVersion
    waits_for: str = ""


class Agreeing:
    """The steps of one node."""

    def __init__(
        self, setting: Setting, versions: StoredVersions, gates: StoredGates, clock: Clock, unique: Callable[[], str]
    ) -> None:
        self._setting, self._versions, self._gates, self._clock, self._unique = setting, versions, gates, clock, unique
        self._own = {name: key.certificate for name, key in setting.certificates.own.items()}
        self._us = OurParty(setting)

    # -- a new agreement -----------------------------------------------------------------------------------------

    def offer(self, partner: str, tables: Mapping[str, Any], times: Times, by: Acted) -> KeptVersion:
        """Our offer to whoever accepts it. Raises ConfigurationError for terms that do not fit, SheetRefused, NotAgreed."""
        problems = Problems()
        terms = read_terms(tables, TERMS, "a", self._setting.known, problems)
        problems.raise_if_any()
        if partner:
            self._check_name(partner)
        party = self._us.party(terms.ours, None)
        _check_period(times.overlap)
        name = f"urn:uuid:{self._unique()}"
        sheet = offered(name, party, terms.parts, times.since or by.at, times.until, times.overlap)
        # As if we had accepted it ourselves: what is wrong is told before the partner sees it.
        self._try(answered(sheet, {**party, "party_ids": _SOMEBODY}), "a", partner or "partner")
        signed = self._signed(SignedSheet(sheet), "a", by, None)
        return self._versions.propose(partner, signed, "a", by, answer_by=times.answered(by.at))

    def look(self, octets: bytes, partner: str) -> Looked:
        """What a file says, and who signed it, without signing or keeping anything. Raises SheetRefused, NotAgreed."""
        signed, _ = self._read(octets)
        names = {one.partner for one in self._versions.of_sheet(signed.sheet.id)} - {""}
        before, side = self._before(signed.sheet), self._side(signed.sheet)
        theirs = verify(signed, self._known(before, side)).get(other(side))
        if theirs is None:
            raise NotAgreed(
                f"the partner (party {other(side)}) has not signed it", "ask for the file that n2n partner wrote there"
            )
        vouched = self._vouched(theirs, other(side), before)
        return Looked(signed, partner or next(iter(sorted(names)), ""), theirs, vouched)

    def accept(self, octets: bytes, partner: str, said: str, tables: Mapping[str, Any], by: Acted) -> Agreed:
        """Sign what the partner signed, with our own side filled in, and obey it unless it needs another person.

        Raises SheetRefused, FingerprintWanted, ConfigurationError, NotAgreed.
        """
        signed, row = self._read(octets)
        partner = self._named(signed, partner)
        before = self._before(signed.sheet)
        sheet, side = signed.sheet, self._side(signed.sheet)
        compared = self._check_theirs(signed, side, before, said)
        if sheet.is_open:
            problems = Problems()
            terms = read_terms(tables, TERMS, "b", self._setting.known, problems, sheet.body)
            if terms.parts:
                problems.add(
                    TERMS, next(iter(terms.parts)), "is the offer's to say", "n2n partner counter answers with other terms"
                )
            problems.raise_if_any()
            signed = SignedSheet(answered(sheet, self._us.party(terms.ours, None)), signed.signatures)
        elif tables:
            raise NotAgreed("both sides are filled in: accept it as it is", "n2n partner counter answers with other terms")
        self._check_one_copy(signed.sheet)
        if (done := self._done(signed.sheet)) is not None:
            # Said twice, or cut off the first time, or its file is lost.
            return self._activated(done, by, compared)
        self._try(signed.sheet, side, partner)
        ours = self._signed(signed, side, by, before)
        kept = self._versions.accept(partner, ours, side, by, row, self._first_risk(partner, signed.sheet, side))
        return self._activated(kept, by, compared)

    def counter(
        self, octets: bytes, partner: str, said: str, tables: Mapping[str, Any], by: Acted, answer_by: datetime | None = None
    ) -> KeptVersion:
        """Answer an offer with other terms; whoever signed the old ones must sign again. Raises as `accept`."""
        signed, row = self._read(octets)
        partner = self._named(signed, partner)
        before = self._before(signed.sheet)
        sheet, side = signed.sheet, self._side(signed.sheet)
        self._check_theirs(signed, side, before, said)
        problems = Problems()
        terms = read_terms(tables, TERMS, side, self._setting.known, problems, sheet.body)
        problems.raise_if_any()
        party = self._us.party(terms.ours, None if sheet.is_open else sheet.party(side))
        made = changed(sheet, side, terms.parts, party)
        if made.digest == (answered(sheet, party) if sheet.is_open else sheet).digest:
            raise NotAgreed("it changes nothing", "n2n partner accept takes it as it is")
        self._try(made, side, partner)
        if row is None:
            row = self._versions.propose(partner, signed, side, by).id
        ours = self._signed(SignedSheet(made), side, by, before)
        wait = Times(answer_by=answer_by).answered(by.at)
        return self._versions.propose(partner, ours, side, by, row, self._first_risk(partner, made, side), wait)

    def activate(self, octets: bytes, partner: str, said: str, by: Acted) -> Agreed:
        """Take what both signed, sign what we had only offered, and obey it unless it needs another person. Raises as `accept`."""
        signed, row = self._read(octets)
        partner = self._named(signed, partner)
        before = self._before(signed.sheet)
        if signed.sheet.is_open:
            raise NotAgreed("nobody has accepted it yet", "send it to the partner, who runs n2n partner accept")
        side = self._side(signed.sheet)
        compared = self._check_theirs(signed, side, before, said)
        self._check_one_copy(signed.sheet)
        self._try(signed.sheet, side, partner)
        done = self._done(signed.sheet)
        signed = done.signed.joined(signed) if done else signed
        if not signed.covers_all(side):
            # What we offered had no party b.
            signed = self._signed(signed, side, by, before)
        if done:
            kept = self._versions.complete(done.id, signed, by)
        else:
            kept = self._versions.accept(partner, signed, side, by, row, self._first_risk(partner, signed.sheet, side))
        return self._activated(kept, by, compared)

    # -- what follows --------------------------------------------------------------------------------------------

    def propose(self, partner: str, tables: Mapping[str, Any], times: Times, by: Acted) -> KeptVersion:
        """The next version of what is agreed, with other terms. Raises ConfigurationError, SheetRefused, NotAgreed."""
        current = self.newest(partner)
        side, problems = current.side, Problems()
        terms = read_terms(tables, TERMS, side, self._setting.known, problems, current.sheet.body)
        problems.raise_if_any()
        party = self._us.party(terms.ours, current.sheet.party(side))
        body = changed(current.sheet, side, terms.parts, party).body
        return self._next(partner, current, body, times, by)

    def rollback(self, partner: str, number: int, times: Times, by: Acted) -> KeptVersion:
        """What an older version said, as the next version. Raises as `propose`."""
        return self._next(partner, self.newest(partner), self.version(partner, number).sheet.body, times, by)

    def _next(self, partner: str, current: KeptVersion, body: Mapping[str, Any], times: Times, by: Acted) -> KeptVersion:
        _check_period(times.overlap)
        until = times.ends(current.sheet.until)
        sheet = following(current.sheet, body, times.since or by.at, until, times.overlap)
        if all(one.path.startswith("effective.") for one in changes(current.sheet, sheet)) and until == current.sheet.until:
            raise NotAgreed(f"it says what version {current.sheet.version} says", "n2n partner diff shows two versions")
        self._try(sheet, current.side, partner)
        signed = self._signed(SignedSheet(sheet), current.side, by, current.sheet)
        return self._versions.propose(partner, signed, current.side, by, answer_by=times.answered(by.at))

    def approve(self, partner: str, number: int, by: Acted, seen: str = "") -> Agreed:
        """A second person has looked at a version; it becomes active when both sides have signed. `seen` is the beginning of its digest.

        Raises NotAgreed, also for one that waited too long.
        """
        # Whoever serves has done so already.
        self._versions.settle(self._clock.now())
        chosen = self._open(partner, number, seen)
        kept = self._versions.approve(chosen.id, by, chosen.sheet.digest)
        return self._activated(kept, by) if kept.state is VersionState.ACCEPTED else Agreed(kept, _WAITS_FOR_PARTNER)

    def reject(self, partner: str, number: int, by: Acted, seen: str = "") -> KeptVersion:
        """A version that will not be; `seen` as of `approve`. Raises NotAgreed."""
        return self._versions.withdraw(self._open(partner, number, seen).id, by)

    # -- asking --------------------------------------------------------------------------------------------------

    def versions(self, partner: str) -> Sequence[KeptVersion]:
        """The versions with a partner, the oldest first. Raises NotAgreed where there is none."""
        found = self._versions.of(partner)
        if not found:
            raise NotAgreed(f"no sheet is kept of {partner!r}", nearest(partner, self._versions.partners()))
        return found

    def version(self, partner: str, number: int, seen: str = "") -> KeptVersion:
        """One version; of several with its number the one whose digest begins so, else the one that came to something. Raises NotAgreed."""
        found = [one for one in self.versions(partner) if one.sheet.version == number]
        if not found:
            numbers = sorted({one.sheet.version for one in self.versions(partner)})
            raise NotAgreed(f"{partner} has no version {number}", f"it has {', '.join(map(str, numbers))}")
        if seen:
            found = [one for one in found if agrees(seen, one.sheet.digest)]
            if not found:
                raise NotAgreed(
                    f"no version {number} of {partner} has a SHA-256 that begins with {seen}",
                    f"it may have changed: n2n partner show {partner} {number}",
                )
        return max(found, key=lambda one: (one.was_active, one.state is VersionState.ACCEPTED, one.id))

    def latest(self, partner: str) -> KeptVersion:
        """The newest version that is active, else the last that came. Raises NotAgreed."""
        found = self.versions(partner)
        return next((one for one in reversed(found) if one.state is VersionState.ACTIVE), found[-1])

    def newest(self, partner: str) -> KeptVersion:
        """The newest version that is active. Raises NotAgreed."""
        found = [one for one in self.versions(partner) if one.state is VersionState.ACTIVE]
        if not found:
            raise NotAgreed(f"no version with {partner} is active", "n2n partner versions shows what there is")
        return found[-1]

    def _open(self, partner: str, number: int, seen: str) -> KeptVersion:
        """The version that is shown under this number. Raises NotAgreed where another one waits beside it, and nobody has said which is meant."""
        shown, waiting = self.version(partner, number, seen), (VersionState.OFFERED, VersionState.ACCEPTED)
        others = [one for one in self.versions(partner) if one.sheet.version == number and one.state in waiting and one != shown]
        if others and not seen:
            prints = ", ".join(f"{grouped(one.sheet.digest)[:19]} ({one.state.value})" for one in (shown, *others))
            raise NotAgreed(
                f"several versions have the number {number}: {prints}", "--digest says which; n2n partner show shows it"
            )
        return shown

    def weaknesses(self, sheet: Sheet) -> list[Weakness]:
        """Where a sheet is weaker than what its profile says here today."""
        profile = prescribed(sheet.body["profile"]["name"], self._setting.known)
        return weaknesses(profile, {**profile, **sheet.body["profile"]["parameters"]}) if profile else []

    def changes(self, partner: str, sheet: Sheet) -> list[Change]:
        """What a version changes of what was last in force; of a first one, what it changes of the file that we wrote by hand."""
        before = self._last_in_force(partner, sheet)
        return changes(before.sheet, sheet) if before else self._changes_of_file(partner, sheet)

    def compared_with(self, partner: str, sheet: Sheet) -> str:
        """With what `changes` compares a version; empty for a first one in nobody's place."""
        before, written = self._last_in_force(partner, sheet), self._written(partner)
        if before is not None:
            return f"version {before.sheet.version}"
        return written.file if written is not None and not self._is_our_open(sheet) else ""

    def _check_one_copy(self, sheet: Sheet) -> None:
        """Raises NotAgreed where a version of this number was accepted here that says something else: both sides must hold the same."""
        for one in self._versions.of_sheet(sheet.id):
            if one.sheet.version == sheet.version and one.state in _ACCEPTED and one.sheet.digest != sheet.digest:
                places = ", ".join(dict.fromkeys(each.path for each in changes(one.sheet, sheet)))
                raise NotAgreed(
                    f"another version {sheet.version} is {one.state.value} here, with a different {places}",
                    "ask the partner for the file that was accepted (n2n partner show NAME --out FILE there); to change it: n2n partner propose",
                )

    # -- parts -----------------------------------------------------------------------------------------------------

    def _last_in_force(self, partner: str, sheet: Sheet) -> KeptVersion | None:
        found = [one for one in self._versions.of(partner) if one.was_active and one.sheet.digest != sheet.digest]
        return found[-1] if partner and found else None

    def _written(self, partner: str) -> Agreement | None:
        """The agreement.toml of a partner, where there is one."""
        return next((one for one in self._setting.agreements.versions(partner) if not one.term.version), None)

    def _is_our_open(self, sheet: Sheet) -> bool:
        """Whether it is an offer of ours: who accepts it, and how, is not known yet."""
        held = {one.sha256 for one in self._own.values()}
        return sheet.is_open and any(one.sha256 in held for one in sheet.certificates("a", "sign"))

    def _changes_of_file(self, partner: str, sheet: Sheet) -> list[Change]:
        written = self._written(partner)
        if written is None or self._is_our_open(sheet):
            return []
        side = self._side(sheet)
        whole = answered(sheet, self._us.party(_FIRST, None)) if sheet.is_open else sheet
        agreed = self._read_as(whole, side, partner, Problems())
        return changes_of_file(Read(written, self._setting.known), agreed) if agreed else []

    def _first_risk(self, partner: str, sheet: Sheet, side: str) -> Risk:
        """Of a sheet that takes the place of a file, if it does: the store does not know files."""
        written, agreed = self._written(partner), self._read_as(sheet, side, partner, Problems())
        if written is None or agreed is None:
            return Risk.LOW
        return risk_of(changes_of_file(Read(written, self._setting.known), agreed))

    def _activated(self, kept: KeptVersion, by: Acted, compared: str = "") -> Agreed:
        if kept.state is VersionState.ACTIVE:
            return Agreed(kept)
        self._note_compared(kept, compared, by)
        try:
            return Agreed(self._versions.activate(kept.id, by))
        except NotAgreed as error:
            if risk_against(self._versions.of(kept.partner), kept.sheet, kept.id, kept.risk) is not Risk.HIGH:
                raise
            return Agreed(kept, f"{error}; {error.remedy}")

    def _read(self, octets: bytes) -> tuple[SignedSheet, int | None]:
        """The file, and the row of what it answers. Raises NotAgreed for an answer to what is no longer offered."""
        signed = read_signed(octets)
        # Whoever serves has done so already.
        self._versions.settle(self._clock.now())
        same = [one for one in self._versions.of_sheet(signed.sheet.id) if one.sheet.version == signed.sheet.version]
        waiting = [one for one in same if one.state is VersionState.OFFERED]
        _check_offered(signed.sheet, same)
        # Several may wait under one number: the one that was signed, else the last, which a partner has answered with other terms.
        waiting.sort(key=lambda one: one.sheet.digest in (signed.sheet.digest, signed.sheet.offer().digest))
        return signed, waiting[-1].id if waiting else None

    def _done(self, sheet: Sheet) -> KeptVersion | None:
        """This very version, where both have signed it and it is still to be obeyed."""
        found = self._versions.of_sheet(sheet.id)
        same = [one for one in found if one.sheet.digest == sheet.digest and one.state in _ACCEPTED]
        return same[-1] if same else None

    def _named(self, signed: SignedSheet, partner: str) -> str:
        known = {one.partner for one in self._versions.of_sheet(signed.sheet.id)} - {""}
        if partner and known and partner not in known:
            raise NotAgreed(f"this sheet is with {', '.join(sorted(known))} here", "leave --as out")
        name = partner or next(iter(sorted(known)), "")
        if not name:
            raise NotAgreed("nobody has said what this partner is called here", "--as NAME names it")
        self._check_name(name)
        return name

    def _check_name(self, name: str) -> None:
        """Names become folders, and two that differ by capitals alone are one to most readers. Raises NotAgreed."""
        known = self._versions.partners() | {one.partner for one in self._setting.agreements.partners()}
        if name in known:
            return
        if not is_name(name):
            raise NotAgreed(f"{name!r} is no name of a partner", NAMES)
        alike = next((one for one in sorted(known) if one.casefold() == name.casefold()), None)
        if alike is not None:
            raise NotAgreed(f"a partner is called {alike} already", f"write {alike}, or choose another name")

    def _before(self, sheet: Sheet) -> Sheet | None:
        """The version before, which says whose signatures count. Raises NotAgreed where it is not kept here."""
        if sheet.before is None:
            return None
        found = next((one.sheet for one in self._versions.of_sheet(sheet.id) if one.sheet.digest == sheet.before), None)
        if found is None:
            raise NotAgreed("it follows a version that is not kept here", "ask the partner for the versions between")
        return found

    def _side(self, sheet: Sheet) -> str:
        if not sheet.is_open:
            return side_of(sheet, self._own)
        if self._is_our_open(sheet):
            raise NotAgreed("it is our own offer", "send it to the partner, who runs n2n partner accept")
        return "b"

    def _note_compared(self, kept: KeptVersion, compared: str, by: Acted) -> None:
        """The record of gate 2, since the fingerprint was compared just now."""
        if not compared:
            return
        theirs = kept.sheet.party(other(kept.side))
        held = {use: kept.sheet.certificates(other(kept.side), use) for use in ("sign", "encrypt")}
        unusable = {
            f"{use} {one.sha256[:16]}": "is not valid now"
            for use, found in held.items()
            for one in found
            if not one.is_valid_at(by.at)
        }
        look = certificates(compared, unusable, [one.sha256 for one in held["sign"]], theirs["endpoint"], ())
        if theirs["certificates"]["trust"] == "path":
            look = replace(look, missing=(*look.missing, "its certificates need a path: n2n partner gate NAME 2 looks for it"))
        found = {**look.facts, "missing": list(look.missing)}
        self._gates.record(kept.partner, 2, (kept.sheet.version, kept.sheet.digest), look.passed, found, by)

    def _check_theirs(self, signed: SignedSheet, side: str, before: Sheet | None, said: str) -> str:
        """The SHA-256 that was compared; empty where the version before vouches for it. Raises FingerprintWanted, NotAgreed, SheetRefused."""
        theirs = other(side)
        found = verify(signed, self._known(before, side)).get(theirs)
        if found is None:
            raise NotAgreed(f"the partner (party {theirs}) has not signed it", "ask for the file that n2n partner wrote there")
        if why := self._taken_back(found):
            raise NotAgreed(f"the certificate that signed it was taken back: {why}", "let the partner sign it with another key")
        if self._vouched(found, theirs, before):
            return ""
        if not agrees(said, found.certificate.sha256):
            raise FingerprintWanted(signed, found, said)
        return found.certificate.sha256

    def _vouched(self, found: Signature, side: str, before: Sheet | None) -> bool:
        """Whether the version before, or an update since, names this certificate for signing now: when a signature was made is only what its maker says."""
        if before is None:
            return False
        held, at = before.party(side)["certificates"]["sign"], self._clock.now()
        now = shapes.write_instant(at)
        named = [one for one in held if certificate_of(one["der"]) == found.certificate]
        if named:
            return any(one["from"] <= now <= one["until"] for one in named)
        x509 = found.certificate.x509
        is_valid = x509.not_valid_before_utc <= at <= x509.not_valid_after_utc
        return is_valid and found.certificate in self._versions.signers(before, side, at, ours=False)

    def _known(self, before: Sheet | None, side: str) -> Mapping[str, Sequence[Certificate]]:
        """By which certificates each side may sign what follows a version; `side` is ours."""
        now = self._clock.now()
        return {one: self._versions.signers(before, one, now, ours=one == side) for one in SIDES} if before else {}

    def _taken_back(self, found: Signature) -> str | None:
        """Why the authority of a certificate no longer stands for it; None as far as is known."""
        setting = self._setting
        judging = Judging(setting.certificates, (), {}, setting.revocations, setting.judgements)
        return judging.taken_back(PartnerCertificate("", found.certificate, found.certificates[1:]), self._clock.now())

    def _signed(self, signed: SignedSheet, side: str, by: Acted, before: Sheet | None) -> SignedSheet:
        return sign(signed, side, self._key(signed.sheet, side, by.at, before), by.at)

    def _key(self, sheet: Sheet, side: str, at: datetime, before: Sheet | None) -> SigningKey:
        """The key by which the other side knows us: of the version before, where there is one."""
        agreed = self._versions.signers(before, side, at, ours=True) if before else sheet.certificates(side, "sign")
        for one in agreed:
            for key in self._setting.certificates.own.values():
                if key.certificate == one and one.is_valid_at(at):
                    return key
        prints = ", ".join(grouped(one.sha256)[:19] for one in agreed)
        raise NotAgreed(f"certs/own has no valid key by which the partner knows us ({prints})", "n2n cert list shows our keys")

    def _try(self, sheet: Sheet, side: str, partner: str) -> None:
        """Read the sheet as a start of the node would. Raises ConfigurationError."""
        problems = Problems()
        read = self._read_as(sheet, side, partner, problems)
        if read is not None and check_patterns(read.agreement, problems):
            check(read.agreement, read.known, problems)
            # One more that the node cannot have beside the others would keep all of them from working.
            self._setting.check_with(read.agreement, read.known, problems)
        problems.raise_if_any()

    def _read_as(self, sheet: Sheet, side: str, partner: str, problems: Problems) -> Read | None:
        """The sheet as our agreement; None where anything is wrong with it, every problem noted."""
        found = said_of(partner, sheet, side, Term(sheet.version), self._own, problems)
        if found is None:
            return None
        seen, said = found
        known = self._setting.known_with(seen.certificates, seen.anchors)
        agreement = read_tables(said, known, problems)
        return None if agreement is None else Read(agreement, known)


def _check_offered(sheet: Sheet, kept: Sequence[KeptVersion]) -> None:
    """Raises NotAgreed for an answer to what expired, was taken back or was answered with other terms; `kept` are the versions of its number."""
    if any(one.state is VersionState.COUNTERED and one.sheet.digest == sheet.digest for one in kept):
        raise NotAgreed(f"version {sheet.version} was answered with other terms here", "let the partner propose it anew")
    ended = (VersionState.EXPIRED, VersionState.WITHDRAWN, VersionState.LAPSED)
    gone = [one for one in kept if one.state in ended and not one.was_active]
    answered_ = [one for one in gone if one.sheet.digest in (sheet.digest, sheet.offer().digest)]
    goes_on = len(gone) + sum(one.state is VersionState.COUNTERED for one in kept) < len(kept)
    if not answered_ and (goes_on or not gone):
        return
    last = (answered_ or gone)[-1]
    what = "approved" if last.state is VersionState.LAPSED else "answered"
    why = f"nobody {what} it by {last.answer_by:%Y-%m-%dT%H:%M:%SZ}" if last.answer_by else "it was taken back or rejected here"
    raise NotAgreed(f"version {sheet.version} is {last.state.value}: {why}", ANEW)


def concerns_partner(found: Sequence[Change]) -> list[Change]:
    """The changes after which the other side's node does something else."""
    return [one for one in found if not one.for_people]


def _check_period(text: str) -> None:
    found: shapes.Found = []
    shapes.duration(text, "effective.overlap", found)
    if found:
        raise SheetRefused(found)
