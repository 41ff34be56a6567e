"""Questions of operators: lists, histories, counts."""

from collections.abc import Mapping
from typing import Any

from node.ebms.states import InboundState, OutboundState
from node.store import prepared
from node.store.connection import Row
from node.store.database import instant, read_instant
from node.store.rows import IN, OUT, Rows
from node.store.values import Choice, ExchangeLine, InboundLine, OpenCircuit, RefusalLine, Step

_INSTANTS = frozenset({"at", "submitted_at", "received_at", "changed_at", "due_at", "give_up_at", "opened_at", "probe_at"})
_LAST = (1 << 63) - 1


class Queries(Rows):
    """Reading without changing anything; lists come newest first, a page at a time."""

    def exchanges(
        self,
        limit: int = 50,
        *,
        before: int = _LAST,
        state: OutboundState | None = None,
        partner: str | None = None,
        conversation_id: str | None = None,
    ) -> list[ExchangeLine]:
        """Outbound messages; `before` is the id of the last line of the page before."""
        statement = prepared.EXCHANGES_IN_STATE if state else prepared.EXCHANGES
        rows = self.all(
            statement,
            before=before,
            most=limit,
            state=state.value if state else None,
            partner=partner,
            conversation_id=conversation_id,
        )
        return [_line(row) for row in rows]

    def inbounds(
        self,
        limit: int = 50,
        *,
        before: int = _LAST,
        state: InboundState | None = None,
        partner: str | None = None,
        conversation_id: str | None = None,
    ) -> list[InboundLine]:
        """Inbound messages."""
        statement = prepared.INBOUNDS_IN_STATE if state else prepared.INBOUNDS
        rows = self.all(
            statement,
            before=before,
            most=limit,
            state=state.value if state else None,
            partner=partner,
            conversation_id=conversation_id,
        )
        kinds = [{"state": InboundState(row["state"]), "test_service": bool(row["test_service"])} for row in rows]
        return [InboundLine(**(_values(row) | kind)) for row, kind in zip(rows, kinds, strict=True)]

    def refusals(self, limit: int = 50, *, before: int = _LAST, partner: str | None = None) -> list[RefusalLine]:
        """Refused requests."""
        return [RefusalLine(**_values(row)) for row in self.all(prepared.REFUSALS, before=before, most=limit, partner=partner)]

    def chosen(self, choice: Choice, limit: int, after: int = 0) -> list[tuple[ExchangeLine, bool]]:
        """The messages that an operator means, the oldest first and a page at a time, each with whether its octets are frozen."""
        rows = self.all(
            prepared.CHOOSE,
            after=after,
            most=limit,
            message_id=choice.message_id,
            partner=choice.partner,
            state=choice.state.value if choice.state else None,
            action=choice.action,
            since=instant(choice.since) if choice.since else None,
            until=instant(choice.until) if choice.until else None,
        )
        return [(_line(row), bool(row["frozen"])) for row in rows]

    def circuits(self) -> dict[str, OpenCircuit]:
        """The partners that do not answer."""
        return {row["partner"]: OpenCircuit(**_values(row)) for row in self.all(prepared.CIRCUITS)}

    def history(self, message_id: str) -> list[Step]:
        """Every step of our outbound message, the oldest first; empty for an unknown MessageId."""
        row = self.one(prepared.EXCHANGE_STATE, message_id=message_id)
        return self._history(OUT, row["id"]) if row else []

    def inbound_history(self, row_id: int) -> list[Step]:
        """Every step of an inbound message."""
        return self._history(IN, row_id)

    def _history(self, direction: str, owner_id: int) -> list[Step]:
        return [self._step(row) for row in self.all(prepared.HISTORY, direction=direction, owner_id=owner_id)]

    def _step(self, row: Row) -> Step:
        answer_id = row["answer_id"]
        return Step(
            at=read_instant(row["at"]),
            from_state=row["from_state"],
            event=row["event"],
            to_state=row["to_state"],
            detail=row["detail"],
            http_status=row["http_status"],
            error_code=row["error_code"],
            answer=self.kept(answer_id) if answer_id is not None else None,
            answer_content_type=row["answer_content_type"],
        )

    def counts(self) -> Mapping[str, Mapping[str, int]]:
        """How many exchanges and inbound messages are in each state, and how many refusals had each code."""
        return {
            "outbound": {row[0]: row[1] for row in self.all(prepared.EXCHANGE_COUNTS)},
            "inbound": {row[0]: row[1] for row in self.all(prepared.INBOUND_COUNTS)},
            "refused": {row[0]: row[1] for row in self.all(prepared.REFUSAL_COUNTS)},
        }


def _line(row: Row) -> ExchangeLine:
    values = _values(row) | {"state": OutboundState(row["state"]), "held": bool(row["held"])}
    values.pop("frozen", None)
    return ExchangeLine(**values)


def _values(row: Row) -> dict[str, Any]:
    return {name: read_instant(row[name]) if name in _INSTANTS and row[name] else row[name] for name in row.keys()}  # noqa: SIM118 - Row is no dict
