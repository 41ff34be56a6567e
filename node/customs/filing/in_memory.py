"""Documents on file in memory: the twin of the store's, for samples and for checks of files."""

from collections.abc import Iterable, Sequence
from decimal import Decimal

from node.customs.filing.filing import Filing
from node.customs.filing.moving import Subject
from node.customs.filing.on_file import Filed, Standing
from node.customs.xpath.functions import LEVELS


class DocumentsInMemory:
    """An `OnFile` that lives as long as its process."""

    def __init__(self) -> None:
        self._by_message: dict[tuple[str, str], Filed] = {}
        self._by_number: dict[tuple[str, str], list[Filed]] = {}
        self._naming: dict[tuple[str, Subject, str], list[Filed]] = {}
        self._states: dict[tuple[Subject, str], str] = {}
        self._written_off: dict[tuple[Subject, str], Decimal] = {}
        self._standings: dict[tuple[str, str], Standing] = {}

    def file(self, filing: Filing) -> None:
        """Take one accepted document in, with everything that it changes."""
        filed = filing.filed
        self._by_message[filed.sender, filed.message_id] = filed
        self._by_number.setdefault((filed.type_id, filed.number), []).append(filed)
        for subject in filing.subjects:
            self._naming.setdefault((filed.type_id, subject, filed.sender), []).append(filed)
        for move in filing.moves:
            self._states[move.subject, move.machine] = move.after
        for amount in filing.written_off:
            before = self._written_off.get((amount.subject, amount.item), Decimal(0))
            self._written_off[amount.subject, amount.item] = before + amount.amount
        for step in filing.steps:
            now = self._standings.get((step.sender, step.message_id), Standing())
            self._standings[step.sender, step.message_id] = Standing(
                max(now.level, step.level, key=LEVELS.index), now.ended or step.level == "LX" or step.outcome == "RE"
            )

    def message(self, sender: str, message_id: str) -> Filed | None:
        """See `OnFile`."""
        return self._by_message.get((sender, message_id))

    def numbered(self, type_id: str, number: str, issuer: str | None) -> Sequence[Filed]:
        """See `OnFile`."""
        return [filed for filed in self._by_number.get((type_id, number), ()) if issuer in {None, filed.issuer}]

    def naming(self, type_id: str, subject: Subject, sender: str) -> Sequence[Filed]:
        """See `OnFile`."""
        return self._naming.get((type_id, subject, sender), ())

    def state(self, subject: Subject, machine: str) -> str:
        """See `OnFile`."""
        return self._states.get((subject, machine), "")

    def written_off(self, subject: Subject, item: str) -> Decimal:
        """See `OnFile`."""
        return self._written_off.get((subject, item), Decimal(0))

    def standing(self, sender: str, message_id: str) -> Standing:
        """See `OnFile`."""
        return self._standings.get((sender, message_id), Standing())

    def all(self) -> Iterable[Filed]:
        """Everything on file, in the order in which it came."""
        return self._by_message.values()
