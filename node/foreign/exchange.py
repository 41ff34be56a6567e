"""What any P-Mode says, neutrally: one service and action in one direction between us and a partner."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from node.agreements.agreement import AgreedService, Agreement
from node.agreements.parameters import PARAMETERS
from node.agreements.patterns import channel_of, is_pulled
from node.agreements.pmodes import pmodes_of
from node.agreements.retrying import TEXT, retry_parameters
from node.ebms.message import AgreementRef, PartyId, Service
from node.ebms.namespaces import DEFAULT_MPC, TEST_ACTION, TEST_SERVICE

#: Parameters that an exchange says by its own fields.
OF_FIELDS: Final = frozenset(
    {"mep", "mep_binding", "initiator.role", "responder.role", "leg.business_info.mpc", "leg.business_info.sub_mpc_ext"}
)
#: The table `[leg.x.retry]` is said as the text of Retry.Parameters.
_RETRY_TABLE: Final = "leg.x.retry."


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two parties as messages name it."""

    party_ids: tuple[PartyId, ...]
    role: str = ""
    #: Where it receives; empty where nobody says.
    url: str = ""
    #: What the file calls it: a name for people.
    name: str = ""
    #: Its certificates as DER by purpose (sign, encrypt), where they are known.
    certificates: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Exchange:
    """One service and action that we send or receive."""

    service: Service
    action: str
    sends: bool
    us: Side
    partner: Side
    agreement_ref: AgreementRef | None = None
    pulled: bool = False
    #: Its answer, or it as an answer, comes on the HTTP exchange of the other.
    sync: bool = False
    mpc: str = DEFAULT_MPC
    #: The action that this one answers.
    answers: str = ""
    #: Values of `leg.*` parameters that are stated.
    parameters: Mapping[str, Any] = field(default_factory=dict)

    @property
    def test(self) -> bool:
        """Whether it is the test service."""
        return (self.service.value, self.action) == (TEST_SERVICE, TEST_ACTION)

    @property
    def place(self) -> tuple[str, str, str]:
        """What tells it from the others of one agreement."""
        return ("send" if self.sends else "receive", self.service.value, self.action)

    @property
    def sender(self) -> Side:
        """Who sends the user message."""
        return self.us if self.sends else self.partner

    @property
    def receiver(self) -> Side:
        """Who receives it."""
        return self.partner if self.sends else self.us


def mirrored(exchange: Exchange) -> Exchange:
    """The same exchange as the partner sees it."""
    return replace(exchange, sends=not exchange.sends, us=exchange.partner, partner=exchange.us)


def exchanges_of(
    agreement: Agreement,
    our_url: str = "",
    ours: Mapping[str, bytes] | None = None,
    theirs: Mapping[str, bytes] | None = None,
) -> Iterator[Exchange]:
    """Every exchange of an agreement, as its P-Modes have it; the test service last. `ours` and `theirs` are certificates by purpose."""
    stated = stated_of(agreement)
    agreed = {(one.service, action): one for one in agreement.services for action in one.actions}
    for pmode in pmodes_of(agreement):
        info = pmode.leg.business_info
        of = agreed.get((info.service, info.action)) or AgreedService(info.service, (info.action,), pulled=False, mpc=DEFAULT_MPC)
        us, partner = (pmode.responder, pmode.initiator) if pmode.inbound else (pmode.initiator, pmode.responder)
        yield Exchange(
            service=info.service,
            action=info.action,
            sends=not pmode.inbound,
            us=Side(us.party_ids, us.role, our_url, "us", ours or {}),
            partner=Side(partner.party_ids, partner.role, agreement.url, agreement.partner, theirs or {}),
            agreement_ref=pmode.agreement,
            pulled=is_pulled(agreement, of),
            sync=of.sync,
            mpc=channel_of(agreement, of),
            answers=of.answers,
            parameters=stated,
        )


def stated_of(agreement: Agreement) -> dict[str, Any]:
    """Every parameter that a leg may state, with its value in an agreement; lists of rules as tables."""
    p = agreement.parameters
    found = {key: p[key] for key in PARAMETERS if key not in OF_FIELDS and not key.startswith(_RETRY_TABLE)}
    found[TEXT] = retry_parameters(p)
    found["leg.x.inbound.allowed_algorithms"] = list(p["leg.x.inbound.allowed_algorithms"])
    found["leg.business_info.properties"] = [
        {"name": one.name, "required": one.required, "datatype": one.datatype, "description": one.description}
        for one in agreement.properties
    ]
    found["leg.business_info.payload_profile"] = [
        {
            "name": one.name,
            "mime_type": one.mime_type,
            "max_size": one.max_size // 1000 if one.max_size else None,
            "required": one.required,
        }
        for one in agreement.payload_profile
    ]
    return found


def pairs(exchanges: Sequence[Exchange]) -> Iterator[tuple[Exchange, Exchange | None]]:
    """Each exchange that answers nothing, with its answer."""
    answers: dict[tuple[Service, str, bool], Exchange] = {}
    for one in exchanges:
        if one.answers:
            answers.setdefault((one.service, one.answers, not one.sends), one)
    for first in exchanges:
        if not first.answers:
            yield first, answers.get((first.service, first.action, first.sends))


def swapped(exchange: Exchange, others: Mapping[tuple[str, str, str], "Exchange"]) -> bool:
    """Whether the sender is the responder of the whole exchange: it is pulled from, or it answers. spec: C D.3.1."""
    if not exchange.answers:
        return exchange.pulled
    first = others.get(("receive" if exchange.sends else "send", exchange.service.value, exchange.answers))
    return not first.pulled if first else True
