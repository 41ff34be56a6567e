"""How long is kept what: the keys of a `[retention]` table, in node.toml and in an agreement alike, and those of classes of documents."""

from datetime import timedelta
from typing import Final

from node.configuration import Table
from node.msh.retention import PeriodError, Rule, period_text, read_period

KEYS: Final = ("sent", "payload", "failed", "evidence")


def read_rule(table: Table, rule: Rule) -> Rule:
    """`sent`, `payload`, `failed` and `evidence`; what is not there is as `rule` has it. The table is not finished."""
    said = {name: _read(table, name, getattr(rule, name)) for name in KEYS}
    if not any(name in table.values for name in KEYS):
        return rule
    for name in ("payload", "failed"):
        if _shorter(said["evidence"], said[name]):
            of, evidence = period_text(said[name]), period_text(said["evidence"])
            wrong = name if name in table.values else "evidence"
            table.problem(wrong, f"{name} = {of} is longer than evidence = {evidence}", "make evidence as long at least")
    if "sent" in table.values and _shorter(said["payload"], said["sent"]):
        of, payload = period_text(said["sent"]), period_text(said["payload"])
        table.problem("sent", f"sent = {of} is longer than payload = {payload}", "make payload as long at least")
    return Rule(**said, window=rule.window, where=f"{table.file} {table.prefix}")


def read_classes(table: Table) -> dict[str, timedelta | None]:
    """`[retention.classes]`: how long the octets of documents of a class are kept."""
    classes = {name: _read(table, name, None) for name in table.values}
    table.finish()
    return classes


def _read(table: Table, name: str, default: timedelta | None) -> timedelta | None:
    text = table.optional(name)
    if text is None:
        return default
    try:
        return read_period(text)
    except PeriodError as error:
        table.problem(name, str(error))
        return default


def _shorter(one: timedelta | None, other: timedelta | None) -> bool:
    return one is not None and (other is None or one < other)
