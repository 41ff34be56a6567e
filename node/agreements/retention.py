"""How long what we exchange with one partner is kept: `[retention]` of an agreement, and `[[retention.type]]` for single document types."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from node.configuration import Table, nearest
from node.ebms.message import Service
from node.msh.retention import STANDARD, Rule
from node.retaining import read_rule


@dataclass(frozen=True, slots=True)
class DocumentType:
    """One action, of one service or of whichever has it, with its rule."""

    service: str | None
    action: str
    rule: Rule


@dataclass(frozen=True, slots=True)
class Retention:
    """The rules of one partner; the first document type that fits comes before the partner's own."""

    rule: Rule = STANDARD
    types: tuple[DocumentType, ...] = ()

    def rule_of(self, service: str, action: str) -> Rule:
        """The rule of one document type."""
        for one in self.types:
            if one.action == action and one.service in (None, service):
                return one.rule
        return self.rule


STANDARD_RETENTION: Final = Retention()


def read_retention(table: Table, rule: Rule, agreed: Sequence[tuple[Service, Sequence[str]]]) -> Retention:
    """`[retention]`; what it does not say is as node.toml has it. `agreed` holds the services with their actions."""
    own = read_rule(table, rule)
    types = tuple(_read_type(one, own, agreed) for one in table.tables("type"))
    table.finish()
    return Retention(own, types)


def _read_type(table: Table, rule: Rule, agreed: Sequence[tuple[Service, Sequence[str]]]) -> DocumentType:
    service, action = table.optional("service"), table.text("action", required=True)
    services = {one.value: tuple(actions) for one, actions in agreed}
    if service is not None and service not in services:
        table.problem("service", f"{service!r} is not agreed", nearest(service, services))
    known = [one for value, actions in services.items() if service in (None, value) for one in actions]
    if action and action not in known:
        table.problem("action", f"{action!r} is not agreed", nearest(action, known))
    found = DocumentType(service, action, read_rule(table, rule))
    table.finish()
    return found
