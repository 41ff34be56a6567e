"""What campaigns have shown of the agreed document types: read from the register, whoever has sent the documents."""

import re
from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from node.customs.filing.registration import IN, OUT, Entry
from node.customs.finding import Outcome
from node.customs.making.response import TYPE as RESPONSE
from node.customs.packs.library import Packs
from node.onboarding.documents import BAD, VALID, Shown
from node.store.documents import StoredDocuments
from node.store.ladders import StoredLadders

_LONG_AGO: Final = datetime(2000, 1, 1, tzinfo=UTC)
_OUTCOME: Final = re.compile(rb"<OutcomeCode>([^<]+)<")
_RULE: Final = re.compile(rb"<ValidationCode>([^<]+)<")


class Showing:
    """Looks at the documents of one partner since an instant."""

    def __init__(self, documents: StoredDocuments, ladders: StoredLadders, packs: Packs) -> None:
        self._documents, self._ladders, self._packs = documents, ladders, packs

    def answers(self, types: Collection[str]) -> frozenset[str]:
        """Those types that a node makes by itself, to answer others: nobody rehearses them."""
        known = (self._packs.named(one) for one in types)
        return frozenset(one.reply for one in known if one is not None and one.reply)

    def function_of(self, type_id: str, code: str) -> str:
        """What a document of this type does, in a word."""
        definition = self._packs.named(type_id)
        return definition.functions.get(code, code) if definition is not None else code

    def shown(self, partner: str, wanted: Mapping[str, str], since: datetime | None, now: datetime) -> Iterator[Shown]:
        """Every document of a campaign of the wanted types, and what its receiver said of it; the oldest first."""
        answers = self.answers(wanted)
        for entry in self._documents.registered(partner, since or _LONG_AGO, now + timedelta(seconds=1)):
            type_id, direction = entry.about.type_id, entry.carried.direction
            if wanted.get(type_id) != direction:
                continue
            if type_id in answers:
                # An answer is of the campaign of what it answers.
                if entry.accepted and (entry.about.campaign or self._answers_a_campaign(entry)):
                    yield Shown(type_id, entry.about.function, entry.about.document_id, "AP")
            elif entry.about.campaign:
                yield self._sent(entry) if direction == OUT else self._came(entry)

    def _answers_a_campaign(self, entry: Entry) -> bool:
        return any(one.about.campaign for one in self._documents.said(entry.about.correlation))

    def _came(self, entry: Entry) -> Shown:
        about = entry.about
        bad = entry.outcome == Outcome.REFUSED.value
        rules = tuple(str(one["rule"]) for one in entry.findings) if bad else ()
        return Shown(
            about.type_id, BAD if bad else about.function, about.document_id, entry.outcome, rules[0] if rules else "", rules
        )

    def _sent(self, entry: Entry) -> Shown:
        about = entry.about
        if entry.outcome == Outcome.REFUSED.value:
            outcome, rules = self._refusal(about.document_id)
            return Shown(about.type_id, BAD, about.document_id, outcome, str(entry.findings[0]["rule"]), rules)
        definition = self._packs.named(about.type_id)
        reply = definition.reply if definition is not None else ""
        if reply and reply != RESPONSE:
            answered = any(one.about.type_id == reply and one.accepted for one in self._documents.correlated(about.document_id))
            return Shown(
                about.type_id, about.function, about.document_id, "AP" if answered else self._refusal(about.document_id)[0]
            )
        heard = [one for one in self._ladders.heard(about.sender, about.document_id) if one.level == "L2"]
        outcome = heard[-1].outcome if heard else ""
        rules = self._refusal(about.document_id)[1] if outcome and outcome not in VALID else ()
        return Shown(about.type_id, about.function, about.document_id, outcome, rules=rules)

    def _refusal(self, document_id: str) -> tuple[str, tuple[str, ...]]:
        """The outcome of the response to a document of ours and the rules that it names, whether or not we could take the response in."""
        for entry in self._documents.correlated(document_id):
            if entry.about.type_id == RESPONSE and entry.carried.direction == IN:
                octets = self._documents.octets(entry.id)
                outcome = _OUTCOME.search(octets)
                return (outcome[1].decode() if outcome else "", tuple(one.decode() for one in _RULE.findall(octets)))
        return "", ()
