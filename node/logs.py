"""Several logs of one store, where one was imported: evidence is looked for in all of them, and a bundle is of one. Source: decision 26."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from node.evidence.bundle import Evidence
from node.retrieving import MOST_OCTETS, Hands, Message, NotRetrievable, Retrieving
from node.searching import Found, Searching, Sought
from node.security.certificates import Certificate
from node.security.keys import SigningKey
from node.security.path import find_path
from node.security.trust import Untrusted
from node.store.imported import ImportedEvidence, ImportedLog


class RetrievingOfAll(Retrieving):
    """As `Retrieving`, over logs of which the first that has a message is the one that proves it."""

    def __init__(self, each: Sequence[Retrieving]) -> None:
        self._each = each

    @property
    def troubles(self) -> list[str]:  # type: ignore[override]
        """See `Retrieving`."""
        return [said for one in self._each for said in one.troubles]

    def named(self, message_id: str) -> list[Message]:
        """See `Retrieving`. That somebody looked for an imported message stands in the log of the node, and makes it none of that log."""
        return next((found for one in self._each if (found := one.named(message_id))), [])

    def between(self, partner: str, since: datetime, until: datetime) -> list[Message]:
        """See `Retrieving`."""
        return list(dict.fromkeys(found for one in self._each for found in one.between(partner, since, until)))

    def gather(
        self, messages: Iterable[Message], scope: Mapping[str, Any], *, ask: bool = True, octets: int = MOST_OCTETS
    ) -> Evidence:
        """See `Retrieving`. Raises NotRetrievable for messages of several logs."""
        wanted = list(messages)
        chosen = {id(found): found for found in (self._log_of(one) for one in wanted)}
        if len(chosen) > 1:
            raise NotRetrievable("these messages are in several logs, and a bundle is of one: make a bundle of each log")
        one = next(iter(chosen.values()), self._each[-1])
        return one.gather(wanted, scope, ask=ask, octets=octets)

    def bundle(self, evidence: Evidence, *, redact: bool = False) -> bytes:
        """See `Retrieving`."""
        return self._each[-1].bundle(evidence, redact=redact)

    def sealer(self) -> SigningKey:
        """See `Retrieving`: this node seals, whichever log it is."""
        return self._each[-1].sealer()

    def _log_of(self, message: Message) -> Retrieving:
        return next((one for one in self._each if message in one.named(message.message_id)), self._each[-1])


class SearchingOfAll(Searching):
    """As `Searching`, over several logs; what is found says its number within its own log."""

    def __init__(self, each: Sequence[Searching]) -> None:
        self._each = each

    def find(self, sought: Sought, most: int) -> list[Found]:
        """See `Searching`."""
        found = [one for each in self._each for one in each.find(sought, most)]
        return list({(one.message_id, one.partner, one.direction, one.kind, one.at): one for one in found}.values())[:most]

    @property
    def unread(self) -> int:
        """See `Searching`."""
        return sum(each.unread for each in self._each)

    def knows(self, partner: str) -> bool:
        """See `Searching`."""
        return any(each.knows(partner) for each in self._each)

    def completed(self, beginning: str) -> list[str]:
        """See `Searching`."""
        found = list(dict.fromkeys(one for each in self._each for one in each.completed(beginning)))
        return [beginning] if beginning in found else found

    def nearest(self, message_id: str) -> str:
        """See `Searching`."""
        return next((found for each in self._each if (found := each.nearest(message_id))), "")


def imported_hands(hands: Hands, log: ImportedLog, evidence: ImportedEvidence) -> Hands:
    """What retrieving from an imported log needs: nothing is signed or stamped any more, and its own certificates are known beside ours."""

    def certificates(digests: Iterable[str]) -> list[Certificate]:
        kept = [evidence.object(one) for one in digests]
        return [Certificate(b"".join(bytes(chunk) for chunk in one.chunks())) for one in kept if one is not None]

    anchors = certificates([*log.node, *(one for row in log.partners.values() for one in row), *log.time])
    beside, node = certificates(log.beside), certificates(log.node)

    def chain(one: Certificate) -> list[Certificate]:
        try:
            return list(find_path(one, beside, node, log_time(one)))
        except Untrusted:
            return [one]

    def log_time(one: Certificate) -> datetime:
        return one.x509.not_valid_before_utc

    return replace(
        hands,
        sign=lambda: 0,
        stamp=lambda: f"it is of the log {log.name}, which was imported",
        independent=lambda: False,
        trusted=lambda: [*anchors, *hands.trusted()],
        own=lambda: [*hands.own(), *map(chain, beside), *([one] for one in node)],
    )
