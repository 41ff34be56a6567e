"""What was agreed with one partner, read: who the partner is, with which certificates, for which services, and what differs from the preset."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit

from node.agreements.calendar import NEVER_CLOSED, Windows, read_calendar
from node.agreements.documents import STANDARD_DOCUMENTS, AgreedDocuments, read_documents
from node.agreements.ladder import STANDARD_LADDER, AgreedLadder, read_ladder
from node.agreements.origins import key_lines
from node.agreements.parameters import PARAMETERS
from node.agreements.presets import DEFAULTED, Preset, read_preset
from node.agreements.resolve import DEFAULTS, Layer, Resolved, flat, read_layer, read_parameters
from node.agreements.retention import STANDARD_RETENTION, Retention, read_retention
from node.agreements.retrying import check_retry
from node.agreements.timing import check_time
from node.agreements.trusting import read_trusting
from node.agreements.weakened import Weakened, read_weakened, still_weakened
from node.configuration import Problems, Table, nearest, read_toml
from node.ebms.message import AgreementRef, PartyId, Service
from node.ebms.pmode import PayloadRule, PropertyRule
from node.msh.retention import STANDARD, Rule
from node.security.certificates import Certificate
from node.security.path_policy import STANDARD_TRUSTING, Trusting
from node.security.period import Period, of_certificate
from node.security.succession import NextKey

DIRECTIONS: Final = ("both", "send", "receive")
TRUST: Final = ("path", "pinned")
#: Keys of an agreement that are P-Mode parameters and override the preset.
_OVERRIDES: Final = frozenset(key.partition(".")[0] for key in PARAMETERS)


@dataclass(frozen=True, slots=True)
class Us:
    """Our side of every agreement unless the agreement says otherwise: party ids, a fixed role if we have one, and key names."""

    party_ids: tuple[PartyId, ...]
    sign: str
    encrypt: str
    role: str | None = None


@dataclass(frozen=True, slots=True)
class Certificates:
    """The partner's certificates by name; several where one follows another."""

    sign: tuple[str, ...] = ()
    encrypt: tuple[str, ...] = ()
    tls: tuple[str, ...] = ()
    #: `path`: each needs a path to certs/trust. `pinned`: the agreement itself vouches for these very certificates.
    trust: str = "path"
    #: By which rules paths are judged.
    trusting: Trusting = STANDARD_TRUSTING
    #: From when until when a certificate counts; one that is not named here always does.
    periods: Mapping[str, tuple[Period, ...]] = field(default_factory=dict)

    def named(self) -> dict[str, tuple[str, ...]]:
        """The names by purpose."""
        return {"sign": self.sign, "encrypt": self.encrypt, "tls": self.tls}


@dataclass(frozen=True, slots=True)
class AgreedService:
    """One service with its actions and who may send them."""

    service: Service
    actions: tuple[str, ...]
    direction: str = "both"
    #: Whether the receiver pulls its messages; None for what the profile says.
    pulled: bool | None = None
    #: The channel of these messages, instead of the profile's.
    mpc: str | None = None
    #: The action that these actions answer: they are the second leg of a two-way exchange.
    answers: str = ""
    #: Whether the answer goes back on the HTTP exchange of what it answers.
    sync: bool = False


@dataclass(frozen=True, slots=True)
class Term:
    """When an agreement holds, and which version of it both signed; 0 for a file that one side wrote."""

    version: int = 0
    since: datetime | None = None
    until: datetime | None = None
    #: Until when the version before is still accepted.
    before_ends: datetime | None = None

    def holds(self, at: datetime) -> bool:
        """Whether it holds at an instant."""
        return (self.since is None or self.since <= at) and (self.until is None or at < self.until)

    def words(self, at: datetime) -> str:
        """Why it does not hold at an instant; empty where it does."""
        if self.since is not None and at < self.since:
            return f"agreement begins on {self.since:%Y-%m-%dT%H:%M:%SZ}"
        if self.until is not None and at >= self.until:
            return f"agreement ended on {self.until:%Y-%m-%dT%H:%M:%SZ}"
        return ""


#: Of a file: for as long as it lies there.
FOREVER: Final = Term()


@dataclass(frozen=True, slots=True)
class Agreement:
    """What two parties agreed, resolved against its preset."""

    partner: str
    file: str
    profile: str
    title: str
    party_ids: tuple[PartyId, ...]
    role: str | None
    url: str
    us: Us
    agreement_ref: AgreementRef | None
    certificates: Certificates
    services: tuple[AgreedService, ...]
    test_service: bool
    properties: tuple[PropertyRule, ...]
    payload_profile: tuple[PayloadRule, ...]
    parameters: Resolved
    #: What this file says, for `explain`.
    written: Layer
    calendar: Windows = NEVER_CLOSED
    retention: Retention = STANDARD_RETENTION
    documents: AgreedDocuments = STANDARD_DOCUMENTS
    ladder: AgreedLadder = STANDARD_LADDER
    term: Term = FOREVER
    preset: Preset | None = None
    #: What this file makes weaker than its preset, each with its reason.
    weakened: tuple[Weakened, ...] = ()

    def all_weakened(self) -> tuple[Weakened, ...]:
        """Whatever protects less than what it is based on: what the preset and its bases took away and this file leaves so, and what it takes away itself."""
        inherited = self.preset.weakened if self.preset else ()
        mine = {one.key for one in self.weakened}
        kept = still_weakened((one for one in inherited if one.key not in mine), self.parameters)
        return (*kept, *self.weakened)


@dataclass(frozen=True, slots=True)
class Known:
    """What names in an agreement may refer to: certificates of our keys, and those of partners."""

    us: Us
    own: Mapping[str, Certificate]
    partners: Mapping[str, Certificate]
    presets: tuple[Path, ...]
    #: How long is kept what, unless an agreement says otherwise.
    retention: Rule = STANDARD
    #: The files of certs/trust.
    trust: Mapping[str, Sequence[Certificate]] = field(default_factory=dict)
    #: Presets that were read already.
    read: dict[str, Preset] = field(default_factory=dict, compare=False, repr=False)

    def preset(self, name: str, problems: Problems) -> Preset | None:
        """The preset of this name; one with problems is read, and told, each time."""
        found = self.read.get(name) or read_preset(name, self.presets, problems)
        if found is not None:
            self.read[name] = found
        return found

    #: The keys that take over from those of `us` one day.
    following: tuple[NextKey, ...] = ()

    def ours(self, purpose: str, name: str) -> tuple[str, ...]:
        """The keys that are used, now or one day, where an agreement names this one."""
        if name != {"sign": self.us.sign, "encrypt": self.us.encrypt}[purpose]:
            return (name,)
        return (name, *(one.name for one in self.following if one.purpose == purpose and one.name in self.own))


@dataclass(frozen=True, slots=True)
class Said:
    """An agreement as tables, whoever wrote them: `read_tables` is the one door for all."""

    partner: str
    #: The place that problems name.
    file: str
    tables: Mapping[str, Any]
    #: The line of each key, where there are lines.
    lines: Mapping[str, int] = field(default_factory=dict)
    #: What both signed in place of a preset, so that a preset that changes later changes nothing.
    parameters: Mapping[str, Any] | None = None
    term: Term = FOREVER


def read_agreement(folder: Path, known: Known, problems: Problems) -> Agreement | None:
    """The agreement in a partner's folder; None where anything is wrong with it, every problem noted."""
    file = f"partners/{folder.name}/agreement.toml"
    before = len(problems.found)
    values = read_toml(folder / "agreement.toml", problems, file)
    if not values:
        if len(problems.found) == before:
            # A full disk, or an editor that was killed, leaves that behind; the partner must not vanish with it.
            problems.add(file, "", "says nothing", "write it again, or move its folder away")
        return None
    text = (folder / "agreement.toml").read_text("utf-8-sig")
    return read_tables(Said(folder.name, file, values, key_lines(text)), known, problems)


def read_tables(said: Said, known: Known, problems: Problems) -> Agreement | None:
    """The agreement that tables are; None where anything is wrong with them, every problem noted."""
    before, file = len(problems.found), said.file
    top = Table(said.tables, file, problems)
    profile = top.text("profile", required=True)
    # A preset that changes later changes nothing that was signed: it is not asked where its values travelled along.
    preset = known.preset(profile, problems) if profile and said.parameters is None else None
    overrides = {name: value for name, value in said.tables.items() if name in _OVERRIDES}
    own_layer = read_layer(overrides, file, said.lines, problems)
    if preset and preset.unsupported:
        top.problem(
            "profile", f"{profile} is not supported by this node: {preset.unsupported}", "choose another: n2n profile list"
        )
    base = _prescribed(said, preset, problems)
    parameters = base.under(own_layer)
    # Without a preset, which is told, nothing can be weaker; why a signed version is, its sheet says to people.
    top.asked.add("weakened")
    weakened = read_weakened(top, profile, base, parameters, own_layer.values) if preset else ()
    partner = top.table("partner")
    services = tuple(read_service(one, parameters) for one in top.tables("service"))
    agreement = Agreement(
        partner=said.partner,
        file=file,
        profile=profile,
        title=top.text("title", said.partner),
        party_ids=read_party_ids(partner),
        role=partner.optional("role"),
        url=read_url(partner),
        us=read_us(top.table("us"), known),
        agreement_ref=read_agreement_ref(top),
        certificates=read_certificates(top.table("certificates"), known, parameters),
        services=services,
        test_service=top.boolean("test_service", True),
        properties=read_properties(parameters, file, problems),
        payload_profile=read_payload_profile(parameters, file, problems),
        parameters=parameters,
        written=Layer(file, dict(flat(said.tables)), said.lines),
        calendar=read_calendar(with_defaults(top, "calendar", preset)),
        retention=read_retention(top.table("retention"), known.retention, [(one.service, one.actions) for one in services]),
        documents=read_documents(top.table("documents"), known.own, known.partners, known.trust),
        ladder=read_ladder(with_defaults(top, "ladder", preset)),
        preset=preset,
        weakened=weakened,
        term=said.term,
    )
    check_retry(parameters, file, problems)
    check_time(parameters, file, problems)
    ours = [one.value for one in agreement.party_ids if one in agreement.us.party_ids]
    if ours:
        # Whose message it is would be told by nothing but the action, and each message to the partner would be one of ours.
        partner.problem(
            "party_id", f"{ours[0]!r} is our own", "name the partner's; ours is party_ids of node.toml, or us.party_id"
        )
    partner.finish()
    # What a preset may say, an agreement may say too, so both are known here.
    top.asked |= _OVERRIDES
    top.finish()
    if not agreement.services and not agreement.test_service:
        problems.add(file, "service", "no service is agreed", "add [[service]] with value, actions and direction")
    return agreement if len(problems.found) == before else None


def with_defaults(top: Table, name: str, preset: Preset | None) -> Table:
    """A table of the agreement over what the preset says of it."""
    assert name in DEFAULTED
    said, defaults = top.table(name), preset.defaults.get(name, {}) if preset else {}
    # How a calendar is kept says nothing as long as no window is named.
    if not said.values and name == "calendar" and "window" not in defaults:
        return said
    return Table({**defaults, **said.values}, said.file, said.problems, said.prefix)


def _prescribed(said: Said, preset: Preset | None, problems: Problems) -> Resolved:
    """What the agreement builds on: what was signed, else the preset that it names."""
    if said.parameters is not None:
        return DEFAULTS.under(read_parameters(said.parameters, f"signed: {said.file}", problems))
    return preset.resolved if preset else DEFAULTS


def read_party_ids(table: Table) -> tuple[PartyId, ...]:
    """`party_id` and `party_type`, or several as `[[party_ids]]` with value and type."""
    many = table.tables("party_ids")
    if many:
        found = tuple(PartyId(one.text("value", required=True), one.optional("type")) for one in many)
        for one in many:
            one.finish()
        return found
    value = table.text("party_id", required=True)
    party_id = PartyId(value, table.optional("party_type"))
    # spec: C 5.2.2.4
    if value and party_id.type is None and ":" not in value:
        table.problem("party_type", f"is required, since {value!r} is no URI", "name the scheme of the party id")
    return (party_id,)


def read_url(table: Table) -> str:
    """The partner's endpoint; empty where we never send."""
    url = table.text("url")
    parts = read_parts(url)
    if parts is None:
        table.problem("url", f"must be an https address, is {url!r}")
        return ""
    if url and (parts.scheme not in ("https", "http") or not parts.hostname or parts.username or parts.fragment):
        table.problem("url", f"must be an https address, is {url!r}")
    elif parts.scheme == "http" and parts.hostname not in ("127.0.0.1", "localhost", "::1"):
        # spec: ED 3.2.6
        table.problem("url", "must be https: plain http leaves this machine unprotected", "use https://")
    return url


def read_parts(url: str) -> SplitResult | None:
    """The parts of an address; None where it has none that anybody could call."""
    try:
        parts = urlsplit(url)
        # A port that is none is found out when it is asked for.
        port = parts.port
    except ValueError:
        return None
    return parts if port != 0 else None


def read_us(table: Table, known: Known) -> Us:
    """Our side, as node.toml has it unless this table says otherwise."""
    ours = known.us
    party_ids = read_party_ids(table) if "party_id" in table.values or "party_ids" in table.values else ours.party_ids
    table.asked |= {"party_id", "party_type", "party_ids"}
    us = Us(
        party_ids=party_ids,
        sign=table.text("sign", ours.sign),
        encrypt=table.text("encrypt", ours.encrypt),
        role=table.optional("role") or ours.role,
    )
    for key, name in (("sign", us.sign), ("encrypt", us.encrypt)):
        if key in table.values and name not in known.own:
            table.problem(key, f"certs/own has no key {name!r}", nearest(name, known.own))
    table.finish()
    return us


def read_agreement_ref(top: Table) -> AgreementRef | None:
    """`[agreement_ref]`; without it none is sent and none is accepted."""
    if "agreement_ref" not in top.values:
        top.asked.add("agreement_ref")
        return None
    table = top.table("agreement_ref")
    found = AgreementRef(table.text("value", required=True), table.optional("type"), table.optional("pmode"))
    table.finish()
    return found


def read_certificates(table: Table, known: Known, parameters: Resolved) -> Certificates:
    """The partner's certificates; every name must be a file of certs/partners."""
    trust = table.choice("trust", "path", TRUST)
    found = Certificates(
        sign=table.texts("sign"),
        encrypt=table.texts("encrypt"),
        tls=table.texts("tls"),
        trust=trust,
        trusting=read_trusting(table, trust, known.trust),
        periods=read_periods(table),
    )
    for key, names in (("sign", found.sign), ("encrypt", found.encrypt), ("tls", found.tls)):
        for name in names:
            if name not in known.partners:
                table.problem(key, f"certs/partners has no certificate {name!r}", nearest(name, known.partners))
    check_periods(table, found, known)
    if not found.sign and parameters["leg.security.x509.sign"]:
        table.problem("sign", "is required: the profile signs", "name the partner's signing certificate in certs/partners")
    if not found.encrypt and parameters["leg.security.x509.encryption.encrypt"]:
        table.problem(
            "encrypt", "is required: the profile encrypts", "name the partner's encryption certificate in certs/partners"
        )
    table.finish()
    return found


def read_periods(table: Table) -> dict[str, tuple[Period, ...]]:
    """`[[certificates.window]]`: name, from, until."""
    found: dict[str, tuple[Period, ...]] = {}
    for window in table.tables("window"):
        name = window.text("name", required=True)
        period = Period(window.instant("from"), window.instant("until"))
        window.finish()
        if "from" not in window.values and "until" not in window.values:
            window.problem("", "says neither from nor until", "write one of them, or leave the window out")
        elif period.since and period.until and period.until <= period.since:
            window.problem("until", f"{period.until:%Y-%m-%dT%H:%MZ} is not after from", "let it end later")
        elif any(_meet(one, period) for one in found.get(name, ())):
            window.problem("name", f"two windows of {name!r} overlap", "write them as one")
        else:
            found[name] = (*found.get(name, ()), period)
    return found


def _meet(one: Period, other: Period) -> bool:
    begins_before_end = one.until is None or other.since is None or other.since < one.until
    return begins_before_end and (other.until is None or one.since is None or one.since < other.until)


def check_periods(table: Table, found: Certificates, known: Known) -> None:
    """Windows belong to certificates that the agreement names, and lie within the validity of each."""
    named = {name for names in found.named().values() for name in names}
    for name, periods in found.periods.items():
        if name not in named:
            table.problem("window", f"{name!r} is in none of sign, encrypt and tls", nearest(name, named))
        elif name in known.partners:
            valid = of_certificate(known.partners[name])
            for period in periods:
                if (period.since and valid.until and period.since > valid.until) or (
                    period.until and valid.since and period.until <= valid.since
                ):
                    table.problem(
                        "window", f"{name!r} counts {period}, and the certificate is valid {valid}", "correct the window"
                    )


def read_service(table: Table, parameters: Resolved) -> AgreedService:
    """One `[[service]]`: value, type, actions, direction; value and actions as BusinessInfo has them unless it says others."""
    usual, usual_type = parameters["leg.business_info.service"], parameters["leg.business_info.service_type"]
    usual_action = parameters["leg.business_info.action"]
    value = table.text("value", usual, required=usual is None)
    # A type without its service is that of every service.
    kind = table.optional("type") or (usual_type if usual in (None, value) else None)
    # spec: C 5.2.2.8
    if value and kind is None and ":" not in value:
        table.problem("type", f"is required, since {value!r} is no URI")
    actions = table.texts("actions") or ((usual_action,) if usual_action and "actions" not in table.values else ())
    if not actions:
        table.problem("actions", "is required", 'name at least one: actions = ["..."]')
    binding = table.choice("binding", "", ("", "push", "pull", "sync"))
    found = AgreedService(
        Service(value, kind),
        actions,
        table.choice("direction", "both", DIRECTIONS),
        {"push": False, "pull": True, "sync": False}.get(binding),
        table.optional("mpc"),
        table.text("answers"),
        binding == "sync",
    )
    table.finish()
    return found


def read_properties(parameters: Resolved, file: str, problems: Problems) -> tuple[PropertyRule, ...]:
    """BusinessInfo.Properties[]: tables with name, required, datatype, description; or bare names, which are required."""
    rules: list[PropertyRule] = []
    for table in rule_tables("leg.business_info.properties", parameters, file, problems):
        rules.append(
            PropertyRule(
                table.text("name", required=True),
                table.boolean("required", False),
                table.choice("datatype", "string", ("string", "integer", "uri")),
                table.text("description"),
            )
        )
        table.finish()
    return tuple(rules)


def read_payload_profile(parameters: Resolved, file: str, problems: Problems) -> tuple[PayloadRule, ...]:
    """BusinessInfo.PayloadProfile[]: tables with name, mime_type, max_size in kB, required."""
    rules: list[PayloadRule] = []
    for table in rule_tables("leg.business_info.payload_profile", parameters, file, problems):
        size = table.integer("max_size", 0)
        rules.append(
            PayloadRule(
                table.text("name", required=True),
                table.optional("mime_type"),
                size * 1000 or None,
                table.boolean("required", False),
            )
        )
        table.finish()
    return tuple(rules)


def rule_tables(key: str, parameters: Resolved, file: str, problems: Problems) -> list[Table]:
    """The rules of one list, each as a table of the file that sets them."""
    origin: Any = parameters.origins[key]
    name = key.rpartition(".")[2]
    rules = [{"name": one, "required": True} if isinstance(one, str) else one for one in parameters[key]]
    return Table({name: rules}, origin.file or file, problems, key.rpartition(".")[0]).tables(name)
