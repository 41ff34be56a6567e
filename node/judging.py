"""What a document is worth between us and a partner: the verdict of its pack, and of what was agreed."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

from node.agreements.agreements import Agreements
from node.agreements.documents import STANDARD_DOCUMENTS, AgreedDocuments
from node.customs.checking.agreed import judge_action, judge_agreed, judge_production
from node.customs.checking.check import Checked, Desk, check
from node.customs.checking.prior import read_unjudged
from node.customs.checking.programs import programs
from node.customs.checking.sealing import SealJudge
from node.customs.checking.withdrawn import judge_withdrawn
from node.customs.filing.registration import Entry
from node.customs.finding import Finding, Outcome, Severity
from node.customs.operators.port import OperatorRegister
from node.customs.packs.library import Packs
from node.customs.urgency import Urgency, urgency
from node.msh.ports import SubmissionError
from node.store.documents import StoredDocuments


class Judging:
    """Judges documents; registers none."""

    def __init__(
        self,
        packs: Packs,
        documents: StoredDocuments,
        operators: OperatorRegister,
        agreements: Agreements,
        in_production: Callable[[str], bool] = lambda _: True,
    ) -> None:
        """`in_production` tells whether business with a partner has begun."""
        self.in_production = in_production
        self._packs, self._documents, self._operators, self._agreements = packs, documents, operators, agreements
        self._services = frozenset(pack.service for pack in packs.all if pack.service)
        self._seals: dict[str, SealJudge] = {}

    def agreed(self, partner: str) -> AgreedDocuments:
        """What was agreed with a partner about documents; the standard for one that is no partner any more."""
        agreement = self._agreements.agreements.get(partner)
        return agreement.documents if agreement is not None else STANDARD_DOCUMENTS

    def judges(self, partner: str, service: str) -> bool:
        """Whether the payloads of such a message are documents that are judged."""
        return service in self._services and self.agreed(partner).check

    def check_production(self, partner: str) -> None:
        """Whether business that nobody judges may go out. Raises SubmissionError as long as production waits for gate 8."""
        if not self.in_production(partner):
            raise SubmissionError(
                f"{partner}: the agreement lets business begin with gate 8, production: n2n partner gates {partner}"
            )

    def incoming(self, octets: bytes, partner: str, on_file: Any, at: datetime, action: str) -> Checked:
        """The verdict about a document that a partner sends under an Action, by what is on file."""
        agreed = self.agreed(partner)
        return self._judged(octets, partner, on_file, at, agreed.theirs, agreed.ours, action)

    def going_out(self, octets: bytes, partner: str, on_file: Any, at: datetime, action: str) -> Checked:
        """The verdict about a document that we send under an Action; what we hold of the partner's operators says nothing about it."""
        agreed = self.agreed(partner)
        return self._judged(octets, partner, on_file, at, agreed.ours, agreed.theirs, action, ours=True)

    def judge_again(self, entry: Entry, octets: bytes, on_file: Any, at: datetime) -> Checked:
        """The verdict about a document that came before, by what is on file now."""
        # It is on file, so it came under its action.
        return self.incoming(octets, entry.carried.partner, on_file, at, entry.about.type_id)

    def foresee(self, octets: bytes, partner: str, action: str, at: datetime) -> Checked:
        """The verdict about a document as if a partner's message brought it now; nothing is registered."""
        return self.incoming(octets, partner, self._documents.look(), at, action)

    def trial(self, octets: bytes, partner: str, action: str, at: datetime) -> tuple[Finding, ...]:
        """What keeps a document from going out to a partner under an Action, by what is on file now; nothing is registered."""
        checked = self.going_out(octets, partner, self._documents, at, action)
        return () if checked.verdict.accepted else tuple(worst(checked.verdict.findings))

    def wanted(self, entry: Entry, octets: bytes) -> Urgency:
        """How urgent a document says it is: nothing where its type does not say where that stands."""
        definition = self._packs.named(entry.about.type_id)
        if definition is None or (definition.priority is None and not definition.deadlines):
            return Urgency()
        document, _ = read_unjudged(octets, self._packs)
        return urgency(definition, document.root)

    def service_of(self, partner: str, action: str) -> str:
        """The one agreed service that has an action. Raises SubmissionError."""
        return self._agreements.for_submission(partner, None, action).leg.business_info.service.value

    def may_send(self, partner: str, type_id: str) -> bool:
        """Whether the agreement has an action to send such documents."""
        pack = self._packs.pack_of(type_id)
        try:
            self._agreements.for_submission(partner, pack.service if pack else None, type_id)
        except SubmissionError:
            return False
        return True

    def _judged(
        self,
        octets: bytes,
        partner: str,
        on_file: Any,
        at: datetime,
        senders: tuple[str, ...],
        recipients: tuple[str, ...],
        action: str,
        *,
        ours: bool = False,
    ) -> Checked:
        desk = Desk(self._packs, on_file, programs(None if ours else self._operators), self._seal_judge(partner))
        checked = check(octets, desk, at)
        if checked.document is None or checked.verdict.outcome is Outcome.REFUSED:
            return checked
        name = checked.document.definition.name
        found = tuple(judge_action(name, checked.document.definition.id, action))
        found += tuple(judge_agreed(name, checked.document.header, senders, recipients))
        if not self.in_production(partner):
            found += tuple(judge_production(checked.document.definition, checked.document.header))
        if checked.filing is not None:
            found += tuple(judge_withdrawn(name, checked.filing, on_file))
        if not found:
            return checked
        verdict = replace(checked.verdict, findings=(*found, *checked.verdict.findings))
        filing = replace(checked.filing, outcome=verdict.outcome) if checked.filing is not None and verdict.accepted else None
        return replace(checked, verdict=verdict, filing=filing)

    def _seal_judge(self, partner: str) -> SealJudge:
        # Kept, because it remembers certificates and paths that held.
        if partner not in self._seals:
            agreed = self.agreed(partner)
            self._seals[partner] = SealJudge(agreed.partners, agreed.seals)
        return self._seals[partner]


def worst(findings: Iterable[Finding]) -> Iterator[Finding]:
    """The findings that are more than warnings."""
    return (finding for finding in findings if finding.severity is not Severity.WARNING)
