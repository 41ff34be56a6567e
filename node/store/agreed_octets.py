"""What was agreed for one kind of message, as octets: every parameter of its P-Mode by its name."""

from dataclasses import fields, is_dataclass
from typing import Any

from node.ebms.pmode import PMode
from node.evidence.entry import written


def agreement_octets(pmode: PMode) -> bytes:
    """Canonical JSON; numbers with a fraction are texts."""
    return written(_plain(pmode))


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        return {one.name: _plain(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, frozenset | set):
        return sorted(_plain(one) for one in value)
    if isinstance(value, tuple | list):
        return [_plain(one) for one in value]
    if value is None or isinstance(value, bool | int | str):
        return value
    return str(value)
