"""Explains a message to an operator: the verdict of the handler over a store that is only read, and what the rules say of its documents."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from node.checking import octets_of, places_of_documents
from node.clock import RandomIdentifiers
from node.customs.checking.judging import RuleUnfit
from node.customs.packs.problems import PackRefused
from node.judging import Judging
from node.msh.beheld import Looking
from node.msh.explaining import Explanation, explain
from node.msh.ports import Peer, Ports
from node.setting import Setting
from node.store.in_memory import InMemoryMessages, InMemoryQuarantine

#: What a message is believed to have come over, where nobody says more: the partner's own connection.
TAKEN_FOR_GRANTED: Final = Peer("a capture", called=True)


@dataclass(frozen=True, slots=True)
class StandingClock:
    """The time at which a message is judged."""

    at: datetime

    def now(self) -> datetime:
        """That time."""
        return self.at


def explain_message(
    content_type: str,
    chunks: Iterable[bytes],
    setting: Setting,
    store: Looking,
    at: datetime,
    peer: Peer = TAKEN_FOR_GRANTED,
) -> Explanation:
    """What the node of this setting would do with a message at that time; nothing is kept of it."""
    setting.keyring.judging.look_only()
    ports = Ports(
        *(setting.agreements, setting.keyring, InMemoryMessages(), InMemoryQuarantine(), StandingClock(at), RandomIdentifiers()),
        host=setting.home.host,
        calendar_of=setting.agreements.calendar,
    )
    held = {name: one.certificate for name, one in setting.certificates.partners.items()}
    return explain(content_type, chunks, peer, ports, store, held)


def judge_documents(told: Explanation, judging: Judging, at: datetime) -> list[Mapping[str, Any]]:
    """What the rules say of each document of a message that would be accepted; registered is nothing."""
    if not told.accepted or told.duplicate or told.pmode is None or told.user_message is None or told.pmode.test_service:
        return []
    info = told.user_message.collaboration_info
    if not judging.judges(told.pmode.partner, info.service.value):
        return []
    found: list[Mapping[str, Any]] = []
    for place in places_of_documents([one.media_type for one in told.payloads]):
        try:
            checked = judging.foresee(octets_of(told.payloads[place]), told.pmode.partner, info.action, at)
        except (RuleUnfit, PackRefused) as error:
            found.append({"payload": place + 1, "type": "", "outcome": "", "findings": [], "problem": str(error)})
        else:
            found.append({"payload": place + 1, **checked.verdict.as_json(), "problem": ""})
    return found
