"""The handler's `Agreements` port over partners/ and signed versions: read once at start, then dictionaries."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from node.agreements.agreement import FOREVER, Agreement, Known, Said, Term, read_agreement, read_tables
from node.agreements.in_force import InForce
from node.agreements.in_force import in_force as versions_in_force
from node.agreements.matching import key_of_pmode
from node.agreements.origins import Origin
from node.agreements.parameters import PARAMETERS
from node.agreements.patterns import check_patterns, pattern_words
from node.agreements.pmodes import pmodes_of
from node.agreements.replacing import Replacement, replaced
from node.agreements.suitability import check
from node.agreements.timing import message_time
from node.agreements.window import duplicate_window, retry_horizon
from node.clock import SystemClock
from node.configuration import Problems, nearest
from node.customs.ladder import NO_DEADLINES, Deadlines
from node.ebms.message import AgreementRef, PartyId, UserMessage
from node.ebms.pmode import PMode
from node.msh.next_action import ALWAYS_OPEN, Calendar
from node.msh.ports import SubmissionError
from node.msh.retention import Rule
from node.msh.schedule import duration_text
from node.security.path_policy import Trusting
from node.security.period import ALWAYS, Period, in_force


@dataclass(frozen=True, slots=True)
class Explained:
    """One resolved parameter: the standard's name, the value, and where it was written."""

    parameter: str
    value: str
    origin: Origin


class Agreements:
    """`ports.Agreements` over the agreements of one node, each answered for the time that the clock tells."""

    def __init__(
        self,
        agreements: Iterable[Agreement],
        tls: Mapping[str, Collection[bytes]] | None = None,
        tls_periods: Mapping[bytes, Sequence[Period]] | None = None,
        now: Callable[[], datetime] | None = None,
    ) -> None:
        """`agreements` may hold several versions of one; `tls` holds, for each partner, the DER of its agreed TLS client certificates.

        `tls_periods` says when those count that do not always.
        """
        self._versions: dict[str, list[Agreement]] = {}
        for one in sorted(agreements, key=_begin):
            self._versions.setdefault(one.partner, []).append(one)
        self._now = now
        self._at = versions_in_force(self._versions, now() if now else None)
        self._tls = {partner: frozenset(ders) for partner, ders in (tls or {}).items()}
        self._tls_periods = tls_periods or {}
        self._partner_of_tls = {der: partner for partner, ders in self._tls.items() for der in ders}

    def told_by(self, now: Callable[[], datetime]) -> None:
        """From now on this clock says which versions are in force."""
        self._now = now
        if any(one.term != FOREVER for every in self._versions.values() for one in every):
            self._at = versions_in_force(self._versions, now())

    def now(self) -> datetime:
        """The time by which versions are in force."""
        return self._now() if self._now is not None else SystemClock().now()

    def _in_force(self) -> InForce:
        """What is in force now; where no version begins or ends, no clock is asked."""
        found = self._at
        if self._now is not None and not found.stands_for_ever:
            now = self._now()
            if not found.stands(now):
                found = self._at = versions_in_force(self._versions, now)
        return found

    @property
    def agreements(self) -> Mapping[str, Agreement]:
        """The agreement with each partner: of several versions the newest that is in force."""
        return self._in_force().agreements

    def versions(self, partner: str) -> Sequence[Agreement]:
        """Every version that is known here, the oldest first."""
        return self._versions.get(partner, ())

    def claims(self) -> Iterator[tuple[PMode, Agreement]]:
        """Every P-Mode of every version with its agreement, whether in force or not."""
        # Of ten thousand agreements each is made once.
        for pmode in self._at.pmodes:
            every = self._versions[pmode.partner]
            if len(every) == 1 and every[0].term == FOREVER:
                yield pmode, every[0]
        for every in self._versions.values():
            if len(every) > 1 or every[0].term != FOREVER:
                yield from ((pmode, one) for one in every for pmode in pmodes_of(one))

    def every(self) -> Iterator[Agreement]:
        """Every version of every agreement."""
        return (one for every in self._versions.values() for one in every)

    # -- the port ------------------------------------------------------------------------------------------------

    def find(self, user_message: UserMessage) -> PMode:
        """The one inbound P-Mode of this message. Raises PModeNotFound with the nearest miss."""
        return self._in_force().find(user_message)

    def get(self, pmode_id: str) -> PMode:
        """Raises KeyError."""
        return self._in_force().by_id[pmode_id]

    def offered(self, mpc: str) -> Collection[PMode]:
        """The P-Modes whose messages wait on this channel for their receivers to pull them."""
        return self._in_force().channels.get(mpc, ())

    def to_pull(self) -> list[PMode]:
        """For each channel of each partner from which we pull, one of its P-Modes."""
        pmodes = self._in_force().pmodes
        return list({(one.partner, one.leg.business_info.mpc): one for one in pmodes if one.inbound and one.pulling}.values())

    def for_submission(self, partner: str, service: str | None, action: str) -> PMode:
        """The outbound P-Mode. Raises SubmissionError naming what is agreed instead."""
        at = self._in_force()
        if partner not in at.agreements:
            raise SubmissionError(f"partner {partner!r}: no such folder in partners; {nearest(partner, at.agreements)}")
        if why := at.ended.get(partner):
            raise SubmissionError(f"partner {partner!r}: {why}; agree on another version: n2n partner propose")
        agreed = at.outbound.get(partner, [])
        fitting = [one for one in agreed if one.leg.business_info.action == action and service in (None, service_of(one))]
        if len(fitting) == 1:
            return fitting[0]
        if fitting:
            services = ", ".join(service_of(one) for one in fitting)
            raise SubmissionError(f"action {action!r}: {partner} has it in several services; name one of {services}")
        offers = "; ".join(f"{one.leg.business_info.action} of {service_of(one)}" for one in agreed)
        asked = f"action {action!r}" + (f" of service {service!r}" if service else "")
        raise SubmissionError(f"{asked}: not agreed for sending to {partner}; agreed is {offers or 'nothing'}")

    def partner_of_tls(self, certificate: bytes) -> str | None:
        """The partner whose agreed TLS client certificate this DER is, or None."""
        return self._partner_of_tls.get(certificate)

    def tls_certificates(self, partner: str, now: datetime | None = None) -> Collection[bytes]:
        """DER of the agreed TLS client certificates that count now; of all without a time. Empty when the agreement names none."""
        agreed = self._tls.get(partner, frozenset())
        if now is None or not self._tls_periods:
            return agreed
        return {der for der in agreed if in_force(self._tls_periods.get(der, ALWAYS), now)}

    def calendar(self, partner: str) -> Calendar:
        """When this partner's system is closed; always open for one that is no partner any more."""
        agreement = self.agreements.get(partner)
        return agreement.calendar if agreement else ALWAYS_OPEN

    def retention(self, partner: str, service: str, action: str, otherwise: Rule) -> Rule:
        """How long what belongs to a message of this type is kept; `otherwise` for one that is no partner any more."""
        agreement = self.agreements.get(partner)
        if agreement is None:
            return otherwise
        rule = agreement.retention.rule_of(service, action)
        return replace(rule, window=self._window(partner) or rule.window)

    def retention_rules(self, otherwise: Rule) -> list[Rule]:
        """Every rule that `retention` may answer."""
        kept = [one.retention for one in self.partners()]
        rules = [otherwise, *(one.rule for one in kept), *(each.rule for one in kept for each in one.types)]
        # The window of any partner may lengthen them, and never shortens the time before which nothing is looked at.
        shortest = min((self._window(one.partner) or rules[0].window for one in self.partners()), default=otherwise.window)
        return [replace(one, window=min(one.window, shortest)) for one in rules]

    def deadlines(self, partner: str, type_id: str) -> Deadlines:
        """How long the steps of the ladder may take for documents of this type; none for one that is no partner any more."""
        agreement = self.agreements.get(partner)
        return NO_DEADLINES if agreement is None else agreement.ladder.of(type_id)

    def _window(self, partner: str) -> timedelta | None:
        """How long this partner may send the same message again."""
        windows = [duplicate_window(one.leg.reception_awareness) for one in self.pmodes(partner) if one.inbound]
        return max(windows, default=None)

    def connections(self, partner: str) -> int:
        """How many messages may be under way to this partner at a time."""
        agreement = self.agreements.get(partner)
        return int(agreement.parameters["leg.x.http.connections"]) if agreement else 1

    def max_apart(self, partner: str) -> timedelta:
        """How far the clock of this partner may be from ours before somebody is told. Raises KeyError."""
        return timedelta(seconds=message_time(self.agreements[partner].parameters).max_apart)

    def minimum_tls(self, partner: str) -> str:
        """The oldest TLS that this partner is called with: `1.2` or `1.3`."""
        return str(self.agreements[partner].parameters["leg.protocol.security.protocol_version"])

    # -- for operators -------------------------------------------------------------------------------------------

    def partners(self) -> list[Agreement]:
        """Every agreement, by the partner's name."""
        return [one for _, one in sorted(self.agreements.items())]

    def pmodes(self, partner: str | None = None) -> list[PMode]:
        """The P-Modes of one partner or of all."""
        return [one for one in self._in_force().pmodes if partner in (None, one.partner)]

    def pinned(self) -> frozenset[str]:
        """Names of the partner certificates that agreements themselves vouch for."""
        return frozenset(
            name
            for versions in self._versions.values()
            for agreement in versions
            if agreement.certificates.trust == "pinned"
            for name in (*agreement.certificates.sign, *agreement.certificates.encrypt)
        )

    def trusting(self) -> dict[str, Trusting]:
        """By which rules the partners' certificates are judged, by their names."""
        return {
            name: one.certificates.trusting
            for one in self.every()
            for name in (*one.certificates.sign, *one.certificates.encrypt, *one.certificates.tls)
        }

    def periods(self) -> dict[str, tuple[Period, ...]]:
        """When the certificates count that do not always, by name; one of several versions whenever any of them says."""
        return periods_of(self.every())

    def longest_resend(self) -> timedelta:
        """The longest time for which any partner may send a message again."""
        horizons = (retry_horizon(one.leg.reception_awareness) for one in self.pmodes() if one.inbound)
        return max(horizons, default=timedelta(0))

    def explain(self, partner: str) -> list[Explained]:
        """Every resolved parameter of one partner with its origin, in the standard's order. Raises KeyError."""
        return list(explained(self.agreements[partner]))


def periods_of(agreements: Iterable[Agreement]) -> dict[str, tuple[Period, ...]]:
    """When the certificates count that do not always, by name: whenever any of the agreements that name them says."""
    found: dict[str, dict[Period, None]] = {}
    for one in agreements:
        for name in {each for names in one.certificates.named().values() for each in names}:
            found.setdefault(name, {}).update(dict.fromkeys(one.certificates.periods.get(name, ALWAYS)))
    return {name: tuple(periods) for name, periods in found.items() if ALWAYS[0] not in periods}


def service_of(pmode: PMode) -> str:
    """The service of a P-Mode as people write it."""
    return pmode.leg.business_info.service.value


def load_agreements(
    partners: Path,
    known: Known,
    problems: Problems,
    signed: Iterable[Said] = (),
    now: Callable[[], datetime] | None = None,
    replacements: Sequence[Replacement] = (),
) -> Agreements:
    """Every `partners/NAME/agreement.toml`, and every version that both sides signed; what is wrong is a problem, and the agreement is left out.

    Where both are there, the file holds until the first signed version has begun and its overlap is over. `replacements` of certificates, the
    oldest first, count for both.
    """
    found: list[Agreement] = []
    versions = list(signed)
    terms: dict[str, list[Term]] = {}
    for said in versions:
        terms.setdefault(said.partner, []).append(said.term)
    replacing: dict[str, list[Replacement]] = {}
    for each in replacements:
        replacing.setdefault(each.partner, []).append(each)
    folders = sorted(one for one in partners.iterdir() if one.is_dir()) if partners.is_dir() else []
    for folder in folders:
        mine = terms.get(folder.name, [])
        if folder.name.startswith(".") or (mine and not (folder / "agreement.toml").exists()):
            continue
        agreement = read_agreement(folder, known, problems)
        if agreement is not None and mine:
            agreement = replace(agreement, term=Term(until=min(one.before_ends or one.since for one in mine if one.since)))
        if agreement is not None:
            agreement = replaced(agreement, replacing.get(folder.name, ()), known.partners)
        found += [agreement] if agreement is not None and _fits(agreement, known, problems) else []
    for said in versions:
        agreement = read_tables(said, known, problems)
        if agreement is not None:
            agreement = replaced(agreement, replacing.get(said.partner, ()), known.partners)
        found += [agreement] if agreement is not None and _fits(agreement, known, problems) else []
    return together(found, known, problems, now)


def together(
    found: Sequence[Agreement], known: Known, problems: Problems, now: Callable[[], datetime] | None = None
) -> Agreements:
    """The agreements of one node, each of which is right by itself; what two of them cannot both have is a problem."""
    tls: dict[str, list[bytes]] = {}
    for one in found:
        named = [known.partners[name].der for name in one.certificates.tls if name in known.partners]
        tls.setdefault(one.partner, []).extend(named)
    tls_periods = {known.partners[name].der: periods for name, periods in periods_of(found).items() if name in known.partners}
    agreements = Agreements(found, tls, tls_periods, now)
    check_unambiguous(agreements, problems)
    check_tls(tls, problems)
    check_same_trusting(found, problems)
    check_same_periods(found, problems)
    return agreements


def _begin(agreement: Agreement) -> tuple[datetime, int]:
    """By this the versions of one partner follow each other: a new sheet counts its versions from 1 again."""
    return agreement.term.since or datetime.min.replace(tzinfo=UTC), agreement.term.version


def _fits(agreement: Agreement, known: Known, problems: Problems) -> bool:
    if not check_patterns(agreement, problems):
        return False
    check(agreement, known, problems)
    return True


def check_unambiguous(agreements: Agreements, problems: Problems) -> None:
    """No two P-Modes claim the same message, but those of two versions of one agreement."""
    seen: dict[object, tuple[PMode, Agreement]] = {}
    for pmode, agreement in agreements.claims():
        # What we send is chosen by partner, what we receive by the header alone.
        claim = (pmode.inbound, key_of_pmode(pmode), None if pmode.inbound else pmode.partner)
        first, of = seen.setdefault(claim, (pmode, agreement))
        if first is not pmode and (of is agreement or of.partner != agreement.partner):
            action = pmode.leg.business_info.action
            problems.add(agreement.file, "service", f"action {action!r} is agreed twice: {first.id} and {pmode.id}")


def check_tls(tls: Mapping[str, Collection[bytes]], problems: Problems) -> None:
    """No two partners share a TLS client certificate: it tells one from the other."""
    seen: dict[bytes, str] = {}
    for partner, ders in tls.items():
        for der in ders:
            first = seen.setdefault(der, partner)
            if first != partner:
                problems.add(f"partners/{partner}/agreement.toml", "certificates.tls", f"is the certificate of {first} too")


def check_same_trusting(agreements: Iterable[Agreement], problems: Problems) -> None:
    """A certificate that two agreements name is judged by the same rules in both."""
    seen: dict[str, Agreement] = {}
    for one in agreements:
        named = one.certificates
        for name in dict.fromkeys((*named.sign, *named.encrypt, *named.tls)):
            first = seen.setdefault(name, one)
            if first.partner != one.partner and first.certificates.trusting != named.trusting:
                remedy = "say the same in both, or keep the certificate under two names"
                problems.add(one.file, "certificates.policy", f"{name!r} is judged by other rules than in {first.file}", remedy)


def check_same_periods(agreements: Iterable[Agreement], problems: Problems) -> None:
    """A certificate that two agreements name counts at the same times in both."""
    seen: dict[str, Agreement] = {}
    for agreement in agreements:
        for name in {one for names in agreement.certificates.named().values() for one in names}:
            first = seen.setdefault(name, agreement)
            if first.partner != agreement.partner and first.certificates.periods.get(name) != agreement.certificates.periods.get(
                name
            ):
                remedy = "say the same in both, or keep the certificate under two names"
                problems.add(
                    agreement.file, "certificates.window", f"{name!r} counts at other times than in {first.file}", remedy
                )


def explained(agreement: Agreement) -> Iterator[Explained]:
    """The parameters of one agreement: parties and certificates first, then PMode[1] in the standard's order."""

    def here(parameter: str, value: Any, key: str) -> Explained:
        written = agreement.written
        if key.partition("[")[0] in written.values:
            return Explained(parameter, text(value), written.origin(key))
        if agreement.preset and (origin := agreement.preset.origin(key)).file:
            return Explained(parameter, text(value), origin)
        return Explained(
            parameter, text(value), Origin("node.toml", key.replace("us.", "node.")) if key[:3] == "us." else Origin()
        )

    p = agreement.parameters
    yield here("PMode.Agreement", agreement.agreement_ref, "agreement_ref.value")
    yield Explained("PMode.MEP", p["mep"], p.origins["mep"])
    yield Explained("PMode.MEPbinding", p["mep_binding"], p.origins["mep_binding"])
    yield here("Party (partner)", agreement.party_ids, "partner.party_id")
    yield here("Party (us)", agreement.us.party_ids, "us.party_id")
    for key in ("initiator.role", "responder.role"):
        yield Explained(PARAMETERS[key].standard, p[key], p.origins[key])
    if agreement.role:
        yield here("Role (partner, always)", agreement.role, "partner.role")
    if agreement.us.role:
        yield here("Role (us, always)", agreement.us.role, "us.role")
    yield here("Protocol.Address", agreement.url, "partner.url")
    for i, agreed in enumerate(agreement.services, 1):
        value = f"{agreed.service.value}: {', '.join(agreed.actions)} ({', '.join(pattern_words(agreement, agreed))})"
        yield here("BusinessInfo.Service, .Action", value, f"service[{i}]")
    yield here("Test service", agreement.test_service, "test_service")
    for i, window in enumerate(agreement.calendar.windows, 1):
        yield here("Maintenance window", window.words(agreement.calendar.zone), f"calendar.window[{i}]")
    for level, within in agreement.ladder.deadlines.periods.items():
        yield here(f"Ladder: {level} within", duration_text(within), f"ladder.{level}")
    certificates = agreement.certificates
    yield here("Security.X509.Signature.Certificate (partner)", certificates.sign, "certificates.sign")
    yield here("Security.X509.Encryption.Certificate (partner)", certificates.encrypt, "certificates.encrypt")
    yield here("Protocol.Security.Client.Certificate (partner)", certificates.tls, "certificates.tls")
    yield here("Trust in these certificates", certificates.trust, "certificates.trust")
    yield here("Policy of paths", certificates.trusting.words(), "certificates.policy")
    windows = [(name, period) for name, periods in certificates.periods.items() for period in periods]
    for i, (name, period) in enumerate(windows, 1):
        yield here("Certificate counts", f"{name} {period}", f"certificates.window[{i}]")
    yield here("Security.X509.Signature.Certificate (us)", agreement.us.sign, "us.sign")
    yield here("Security.X509.Encryption.Certificate (us)", agreement.us.encrypt, "us.encrypt")
    for key, parameter in PARAMETERS.items():
        # What cannot be chosen is shown where somebody wrote it.
        if key.startswith("leg.") and p[key] is not None and (parameter.honoured or p.origins[key].file):
            yield Explained(parameter.standard, text(p[key]), p.origins[key])


def text(value: Any) -> str:
    """A parameter's value as one line."""
    if value is None or value == ():
        return "none"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple | list):
        return ", ".join(text(one) for one in value) or "none"
    if isinstance(value, dict):
        return " ".join(f"{name}={text(one)}" for name, one in value.items())
    if isinstance(value, PartyId | AgreementRef):
        return value.value + (f" ({value.type})" if value.type else "")
    return str(value)
