"""`[requires]` of a preset: what a network demands of an agreement beside its P-Mode parameters, each demand with its clause."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from node.agreements.origins import Origin
from node.agreements.parameters import PARAMETERS
from node.configuration import Table, nearest

MUST: Final = "must"
SHOULD: Final = "should"
#: Nothing in an agreement can contradict it: whoever submits a message sees to it.
TOLD: Final = "told"
LEVELS: Final = (MUST, SHOULD, TOLD)
#: The facts of an agreement that may be required, and what each one is.
FACTS: Final[dict[str, str]] = {
    "party.count": "how many party ids a side has",
    "party.type": "the type of every party id",
    "party.id": "every party id",
    "party.role": "the roles of both sides",
    "agreement_ref.value": "the AgreementRef",
    "agreement_ref.type": "its type",
    "agreement_ref.pmode": "its P-Mode name",
    "service.value": "every service but the test service",
    "service.type": "the type of every service",
    "service.action": "every action",
    "mep": "PMode.MEP of every service",
    "mep_binding": "PMode.MEPbinding of every service",
    "mpc": "the channel of every service",
    "message_properties": "the message properties that are required",
}
#: What only a message shows.
OF_MESSAGES: Final[dict[str, str]] = {
    "message.conversation_id": "the ConversationId",
    "message.ref_to_message_id": "the RefToMessageId",
    "message.properties": "message properties and their types",
    "part.properties": "the properties of a payload",
    "part.payload": "the payloads themselves",
    "part.size": "their size",
    "signer.certificates": "the certificates of both sides and their keys",
    "tls.client_certificate": "mutual TLS",
    "tls.suites": "versions and suites of TLS",
    "test_service": "how a test message is answered",
    "discovery": "where addresses and certificates come from",
}


@dataclass(frozen=True, slots=True)
class Requirement:
    """One fact that a network prescribes."""

    fact: str
    level: str
    clause: str
    #: The values that it may have; empty for any.
    values: tuple[str, ...] = ()
    pattern: str = ""
    #: Values that must be among those of the agreement.
    holds: tuple[str, ...] = ()
    #: It must not be said at all.
    absent: bool = False
    #: It must be said.
    present: bool = False
    note: str = ""
    origin: Origin = field(default_factory=Origin)

    def allows(self, value: str) -> bool:
        """Whether the fact may have this value."""
        if self.values and value not in self.values:
            return False
        return not self.pattern or re.fullmatch(self.pattern, value) is not None

    def words(self) -> str:
        """What is required, for people."""
        found = []
        if self.absent:
            found.append("absent")
        if self.present:
            found.append("present")
        if self.values:
            found.append(" or ".join(self.values))
        if self.pattern:
            found.append(f"like {self.pattern}")
        if self.holds:
            found.append("with " + ", ".join(self.holds))
        return "; ".join([*found, self.note] if self.note else found)


def read_requires(top: Table, lines: Mapping[str, int]) -> dict[str, Requirement]:
    """`[requires]` of a preset, by fact."""
    found: dict[str, Requirement] = {}
    for fact, table in _facts(top.table("requires"), ""):
        requirement = _read(fact, table, Origin(top.file, f"requires.{fact}", lines.get(f"requires.{fact}")))
        table.finish()
        if fact not in FACTS and fact not in OF_MESSAGES and fact not in PARAMETERS:
            table.problem("", "is no fact of an agreement", nearest(fact, [*FACTS, *OF_MESSAGES, *PARAMETERS]))
        elif requirement.level != TOLD and fact in OF_MESSAGES:
            table.problem("level", f"must be {TOLD}: no agreement says {OF_MESSAGES[fact]}")
        elif not requirement.words():
            table.problem("", "requires nothing", "add value, values, pattern, holds, absent, present or note")
        found[fact] = requirement
    return found


def _facts(table: Table, prefix: str) -> "list[tuple[str, Table]]":
    """The tables that have a clause, by the dotted key before it."""
    found: list[tuple[str, Table]] = []
    for name, value in table.values.items():
        fact = f"{prefix}.{name}" if prefix else name
        if not isinstance(value, dict):
            table.problem(name, "must be a table with level, clause and what is required")
        elif any(not isinstance(one, dict) for one in value.values()):
            found.append((fact, table.table(name)))
        else:
            found += _facts(table.table(name), fact)
    return found


def _read(fact: str, table: Table, origin: Origin) -> Requirement:
    value, pattern = table.values.get("value"), table.text("pattern")
    table.asked.add("value")
    try:
        re.compile(pattern)
    except re.error as error:
        table.problem("pattern", f"is no regular expression: {error}")
        pattern = ""
    written = () if value is None else (_written(value),)
    return Requirement(
        fact,
        table.choice("level", MUST if fact not in OF_MESSAGES else TOLD, LEVELS),
        table.text("clause", required=True),
        written or table.texts("values"),
        pattern,
        table.texts("holds"),
        table.boolean("absent", False),
        table.boolean("present", False),
        table.text("note"),
        origin,
    )


def _written(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
