"""How the agreement before and after an update is called, so that both sides find the same names without asking. Source: decision 23."""

from collections.abc import Iterable
from datetime import UTC, datetime


def current_identifier(agreement_ref: str | None, parties: Iterable[str]) -> str:
    """The AgreementRef of the messages; where none was agreed, the party ids of both sides in their order as texts."""
    return agreement_ref or " ".join(sorted(parties))


def updated_identifier(current: str, since: datetime, new: str) -> str:
    """The same agreement from a time on, with a new certificate of this SHA-256: two updates of one time are two agreements.

    Messages go on naming the agreement that they named before: an update changes certificates alone.
    """
    return f"{current}#{since.astimezone(UTC):%Y%m%dT%H%M%SZ}-{new[:16]}"
