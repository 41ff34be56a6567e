"""A desk whose registers live in memory: for checks of files, and for the samples of packs."""

from datetime import datetime

from node.customs.checking.check import Checked, Desk, JudgeSeal, check
from node.customs.checking.interchange import check_interchange
from node.customs.checking.prior import RECORD_SET, NotOnFile, take_in, take_records
from node.customs.checking.programs import programs
from node.customs.edifact.envelope import is_interchange
from node.customs.edifact.interchange import canonical_documents
from node.customs.filing.in_memory import DocumentsInMemory
from node.customs.operators.in_memory import InMemoryOperators
from node.customs.packs.library import Packs


class Offline:
    """Documents and operators on file as long as the process lives."""

    def __init__(self, packs: Packs, judge_seal: JudgeSeal | None = None) -> None:
        """Without `judge_seal` stage 8 is left out."""
        self._documents, self._operators = DocumentsInMemory(), InMemoryOperators()
        found = programs(self._operators)
        self._desk = Desk(packs, self._documents, found, judge_seal) if judge_seal else Desk(packs, self._documents, found)

    def put_on_file(self, octets: bytes, at: datetime) -> None:
        """A document or interchange that was accepted, whatever a check would say today. Raises NotOnFile."""
        for document in self._canonical(octets):
            take_in(document, self._desk.packs, self._documents, self._operators, at)

    def _canonical(self, octets: bytes) -> list[bytes]:
        if not is_interchange(octets):
            return [octets]
        converted = canonical_documents(octets, self._desk.packs.edifact, self._desk.packs.profiles())
        found = [one.octets for one in converted.mapped if one.octets is not None]
        if not found:
            raise NotOnFile("; ".join(finding.en for finding in converted.verdict.findings) or "an interchange without a message")
        return found

    def check(self, octets: bytes, at: datetime) -> Checked:
        """Judge a document or an interchange; nothing is put on file. Raises RuleUnfit, PackRefused."""
        if is_interchange(octets):
            judged = check_interchange(octets, self._desk.packs, lambda document: check(document, self._desk, at))
            return Checked(judged.verdict)
        return check(octets, self._desk, at)

    def accept(self, octets: bytes, at: datetime) -> Checked:
        """Judge a document, and put it on file when it is accepted. Raises RuleUnfit, PackRefused."""
        checked = check(octets, self._desk, at)
        if checked.filing is not None:
            self._documents.file(checked.filing)
            if checked.filing.filed.type_id == RECORD_SET:
                take_records(octets, self._operators, "", at)
        return checked
