"""What is wrong with a partner's request before anybody need look at it. Source: ebCore AU 1.0 2.3; decision 23."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from node.security.certificates import Certificate
from node.updates import update as au
from node.updates.update import CertificateUpdate, UpdateError, UpdateRequest


@dataclass(frozen=True, slots=True)
class Agreed:
    """What a request is held against."""

    #: What the agreement in force may be called.
    identifiers: Collection[str]
    #: The partner's certificates that it names.
    certificates: Sequence[Certificate]
    #: Why the new certificate cannot take the place of the present one from a time on; empty where it can.
    why_not: Callable[[CertificateUpdate, Certificate, datetime], str]
    #: Whether another request came under this id.
    reused: bool = False


def judge(request: UpdateRequest, agreed: Agreed, now: datetime) -> tuple[UpdateError, ...]:
    """Every reason to refuse it; none where people are to decide."""
    found = list(_of_request(request, agreed, now))
    # Without its time nobody can say whether a certificate is valid then.
    if not found and request.activate_by is not None:
        found = [error for one in request.updates for error in _of_update(one, agreed, request.activate_by)]
    return tuple(found)


def _of_request(request: UpdateRequest, agreed: Agreed, now: datetime) -> Iterator[UpdateError]:
    if agreed.reused:
        yield UpdateError(*au.REQUEST_ID_REUSED, "another request came under this id before")
    if request.current not in agreed.identifiers:
        yield UpdateError(*au.CURRENT_AGREEMENT_UNKNOWN, f"{request.current} is not in force")
    if request.updated in agreed.identifiers:
        yield UpdateError(*au.UPDATED_AGREEMENT_REJECTED, f"{request.updated} is in force already")
    if request.respond_by is not None and request.respond_by <= now:
        yield UpdateError(*au.RESPOND_BY_REJECTED, "lies in the past")
    if request.activate_by is None:
        yield UpdateError(*au.ACTIVATE_BY_REJECTED, "is wanted: both sides switch at one time")
    elif request.activate_by <= now:
        yield UpdateError(*au.ACTIVATE_BY_REJECTED, "lies in the past")
    if request.expire_by is not None:
        # Whoever asks for an end must be told that there would be none: an update that nobody answers leaves both sides with different books.
        past = request.expire_by <= now
        why = "lies in the past" if past else "no end is kept here: an update holds until another follows; ask again without it"
        yield UpdateError(*au.EXPIRE_BY_REJECTED, why)


def _of_update(update: CertificateUpdate, agreed: Agreed, at: datetime) -> Iterator[UpdateError]:
    present = next((one for one in agreed.certificates if update.replaces(one)), None)
    if present is None:
        yield UpdateError(*au.CURRENT_CERTIFICATE_UNKNOWN, "the agreement names no such certificate", about=update.id)
        return
    why = "it is the present one" if update.certificate == present else agreed.why_not(update, present, at)
    if why:
        yield UpdateError(*au.CERTIFICATE_REJECTED, why, about=update.id)
