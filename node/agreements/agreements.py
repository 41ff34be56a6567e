"""The handler's `Agreements` port over partners/: read once at start, then dictionaries."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from node.agreements.agreement import Agreement, Known, read_agreement
from node.agreements.matching import Index, key_of_pmode
from node.agreements.origins import Origin
from node.agreements.parameters import PARAMETERS
from node.agreements.patterns import check_patterns, pattern_words
from node.agreements.pmodes import pmodes_of
from node.agreements.suitability import check
from node.agreements.window import duplicate_window, retry_horizon
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
    """`ports.Agreements` over the agreements of one node."""

    def __init__(
        self,
        agreements: Iterable[Agreement],
        tls: Mapping[str, Collection[bytes]] | None = None,
        tls_periods: Mapping[bytes, Sequence[Period]] | None = None,
    ) -> None:
        """`tls` holds, for each partner, the DER of its agreed TLS client certificates; `tls_periods` when those count that do not always."""
        self.agreements = {agreement.partner: agreement for agreement in agreements}
        #: Every P-Mode, also where one claims the messages of another.
        self.made = pmodes = [pmode for agreement in self.agreements.values() for pmode in pmodes_of(agreement)]
        self._by_id = {pmode.id: pmode for pmode in pmodes}
        self._inbound = Index(pmode for pmode in pmodes if pmode.inbound)
        self._outbound: dict[str, list[PMode]] = {}
        for pmode in pmodes:
            if not pmode.inbound:
                self._outbound.setdefault(pmode.partner, []).append(pmode)
        self._channels: dict[str, list[PMode]] = {}
        for pmode in pmodes:
            if pmode.pulling and not pmode.inbound:
                self._channels.setdefault(pmode.leg.business_info.mpc, []).append(pmode)
        self._tls = {partner: frozenset(ders) for partner, ders in (tls or {}).items()}
        self._tls_periods = tls_periods or {}
        self._partner_of_tls = {der: partner for partner, ders in self._tls.items() for der in ders}

    # -- the port ------------------------------------------------------------------------------------------------

    def find(self, user_message: UserMessage) -> PMode:
        """The one inbound P-Mode of this message. Raises PModeNotFound with the nearest miss."""
        return self._inbound.find(user_message)

    def get(self, pmode_id: str) -> PMode:
        """Raises KeyError."""
        return self._by_id[pmode_id]

    def offered(self, mpc: str) -> Collection[PMode]:
        """The P-Modes whose messages wait on this channel for their receivers to pull them."""
        return self._channels.get(mpc, ())

    def to_pull(self) -> list[PMode]:
        """For each channel of each partner from which we pull, one of its P-Modes."""
        found = {(one.partner, one.leg.business_info.mpc): one for one in self._by_id.values() if one.inbound and one.pulling}
        return list(found.values())

    def for_submission(self, partner: str, service: str | None, action: str) -> PMode:
        """The outbound P-Mode. Raises SubmissionError naming what is agreed instead."""
        if partner not in self.agreements:
            raise SubmissionError(f"partner {partner!r}: no such folder in partners; {nearest(partner, self.agreements)}")
        agreed = self._outbound.get(partner, [])
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

    def minimum_tls(self, partner: str) -> str:
        """The oldest TLS that this partner is called with: `1.2` or `1.3`."""
        return str(self.agreements[partner].parameters["leg.protocol.security.protocol_version"])

    # -- for operators -------------------------------------------------------------------------------------------

    def partners(self) -> list[Agreement]:
        """Every agreement, by the partner's name."""
        return [self.agreements[name] for name in sorted(self.agreements)]

    def pmodes(self, partner: str | None = None) -> list[PMode]:
        """The P-Modes of one partner or of all."""
        return [one for one in self._by_id.values() if partner in (None, one.partner)]

    def pinned(self) -> frozenset[str]:
        """Names of the partner certificates that agreements themselves vouch for."""
        return frozenset(
            name
            for agreement in self.agreements.values()
            if agreement.certificates.trust == "pinned"
            for name in (*agreement.certificates.sign, *agreement.certificates.encrypt)
        )

    def trusting(self) -> dict[str, Trusting]:
        """By which rules the partners' certificates are judged, by their names."""
        return {
            name: one.certificates.trusting
            for one in self.partners()
            for name in (*one.certificates.sign, *one.certificates.encrypt, *one.certificates.tls)
        }

    def periods(self) -> dict[str, tuple[Period, ...]]:
        """When the certificates count that do not always, by name."""
        return {name: found for one in self.partners() for name, found in one.certificates.periods.items()}

    def longest_resend(self) -> timedelta:
        """The longest time for which any partner may send a message again."""
        horizons = (retry_horizon(one.leg.reception_awareness) for one in self.pmodes() if one.inbound)
        return max(horizons, default=timedelta(0))

    def explain(self, partner: str) -> list[Explained]:
        """Every resolved parameter of one partner with its origin, in the standard's order. Raises KeyError."""
        return list(explained(self.agreements[partner]))


def service_of(pmode: PMode) -> str:
    """The service of a P-Mode as people write it."""
    return pmode.leg.business_info.service.value


def load_agreements(partners: Path, known: Known, problems: Problems) -> Agreements:
    """Every `partners/NAME/agreement.toml`; what is wrong is a problem, and the agreement is left out."""
    found: list[Agreement] = []
    folders = sorted(one for one in partners.iterdir() if one.is_dir()) if partners.is_dir() else []
    for folder in folders:
        if folder.name.startswith("."):
            continue
        agreement = read_agreement(folder, known, problems)
        if agreement is not None and check_patterns(agreement, problems):
            check(agreement, known, problems)
            found.append(agreement)
    tls = {one.partner: [known.partners[name].der for name in one.certificates.tls if name in known.partners] for one in found}
    tls_periods = {
        known.partners[name].der: periods
        for one in found
        for name, periods in one.certificates.periods.items()
        if name in known.partners
    }
    agreements = Agreements(found, tls, tls_periods)
    check_unambiguous(agreements, problems)
    check_tls(tls, problems)
    check_same_trusting(found, problems)
    check_same_periods(found, problems)
    return agreements


def check_unambiguous(agreements: Agreements, problems: Problems) -> None:
    """No two P-Modes claim the same message."""
    seen: dict[object, PMode] = {}
    for pmode in agreements.made:
        # What we send is chosen by partner, what we receive by the header alone.
        claim = (pmode.inbound, key_of_pmode(pmode), None if pmode.inbound else pmode.partner)
        first = seen.setdefault(claim, pmode)
        if first is not pmode:
            file, action = agreements.agreements[pmode.partner].file, pmode.leg.business_info.action
            problems.add(file, "service", f"action {action!r} is agreed twice: {first.id} and {pmode.id}")


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
            if first.certificates.trusting != named.trusting:
                remedy = "say the same in both, or keep the certificate under two names"
                problems.add(one.file, "certificates.policy", f"{name!r} is judged by other rules than in {first.file}", remedy)


def check_same_periods(agreements: Iterable[Agreement], problems: Problems) -> None:
    """A certificate that two agreements name counts at the same times in both."""
    seen: dict[str, Agreement] = {}
    for agreement in agreements:
        for name in {one for names in agreement.certificates.named().values() for one in names}:
            first = seen.setdefault(name, agreement)
            if first.certificates.periods.get(name) != agreement.certificates.periods.get(name):
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
