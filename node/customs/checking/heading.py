"""Stage 4: the header of a document. Source: DESIGN 3.2."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from node.customs.checking.document import Header
from node.customs.finding import Finding
from node.customs.packs.definition import TypeDefinition
from node.customs.profile import Profile
from node.customs.rulebook import RULEBOOK

#: GEN-05: how far the sender's clock may be ahead.
AHEAD: Final = timedelta(minutes=5)


def judge_header(definition: TypeDefinition, header: Header, profile: Profile | None, now: datetime) -> Iterator[Finding]:
    """GEN-04, 05, 06, 08 and 09."""
    root, heading = f"/{definition.name}", f"/{definition.name}/DocumentHeader"
    if not _fits(definition, header, profile):
        yield RULEBOOK["GEN-04"].found(f"{root}/@profile", header.profile, header.schema_version)
    if header.issued_at is not None and header.issued_at > now + AHEAD:
        yield RULEBOOK["GEN-05"].found(f"{heading}/IssueDateTime", header.issued)
    if header.sender and header.sender == header.recipient:
        yield RULEBOOK["GEN-06"].found(f"{heading}/RecipientAuthority")
    if definition.functions and header.function not in definition.functions:
        yield RULEBOOK["GEN-08"].found(f"{heading}/FunctionCode", header.function)
    if definition.answers and not header.correlation:
        yield RULEBOOK["GEN-09"].found(heading)


def _fits(definition: TypeDefinition, header: Header, profile: Profile | None) -> bool:
    if profile is None or definition.id not in profile.types:
        return False
    if header.day is not None and not profile.in_force(header.day):
        return False
    return _minor(header.schema_version) <= _minor(profile.schema_version)


def _minor(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())
