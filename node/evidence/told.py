"""What an entry states of a signed envelope, compared with the envelope itself: a statement is never believed where the octets tell. Source: the format of evidence, 8."""

import json
import re
from base64 import b64encode
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final

from node.ebms.message import SignedReference, UserMessage
from node.evidence.entry import Entry, written
from node.evidence.signed import Signed
from node.msh.age import read_instant

#: Letters of a timestamp that an entry keeps.
_SHOWN: Final = 40
#: Between the moment at which the age was told and that of the entry.
_MEANWHILE: Final = timedelta(minutes=1)
_STATUS_LINE: Final = re.compile(rb"HTTP/[0-9.]+ ([0-9]{3})(?: |\r|\n|\Z)")


def misquoted(entry: Entry, message: UserMessage) -> Iterator[str]:
    """Names of the facts of a received message that its envelope does not bear out."""
    info = message.collaboration_info
    said = {"service": info.service.value, "action": info.action, "conversation_id": info.conversation_id}
    for name, value in said.items():
        if entry.facts.get(name, value) != value:
            yield f"facts.{name}"
    if "time" in entry.facts and not _is_time(entry.facts["time"], message.message_info.timestamp, entry.at):
        yield "facts.time"


def misagreed(entry: Entry, agreement: bytes | None) -> Iterator[str]:
    """Names of what an entry tells of the agreement that the agreement, where it is here, does not bear out."""
    if agreement is None:
        return
    try:
        told = json.loads(agreement)
        whole = isinstance(told, dict) and written(told) == agreement
    except (ValueError, RecursionError):
        whole = False
    if not whole or told.get("partner") != entry.about.get("partner"):
        yield "agreement"
    elif entry.facts.get("pmode", told.get("id")) != told.get("id"):
        yield "facts.pmode"


def _is_time(told: Any, stated: str, at: datetime) -> bool:
    if not isinstance(told, dict) or set(told) != {"timestamp", "age_ms", "timeliness"} or told["timestamp"] != stated[:_SHOWN]:
        return False
    said, age = read_instant(stated), told["age_ms"]
    if said is None or age is None:
        return said is None and age is None and told["timeliness"] == "unreadable"
    if type(age) is not int or abs(timedelta(milliseconds=age) - (at - said)) > _MEANWHILE:
        return False
    # What is stale or ahead is so by what was agreed; neither can be on the other side of now.
    return (told["timeliness"], True) in {("timely", True), ("stale", age > 0), ("ahead", age < 0)}


def missigned(entry: Entry, name: str, signed: Signed) -> Iterator[str]:
    """Names of the facts of a signature, in `facts.verified` or `facts.signed`, that the signature does not bear out."""
    told = entry.facts.get(name)
    if not isinstance(told, dict):
        return
    if told.get("signer") != entry.objects.get("signer"):
        yield f"facts.{name}.signer"
    if told.get("signature_algorithm") != signed.signature.algorithm:
        yield f"facts.{name}.signature_algorithm"
    listed = told.get("references")
    if listed == [] and entry.facts.get("shortened") is True:
        return
    rows = [_row(one) for one in listed] if isinstance(listed, list) else None
    if rows is None or Counter(rows) != Counter(map(_stated, signed.references)):
        yield f"facts.{name}.references"


def _stated(one: SignedReference) -> tuple[str, ...]:
    return one.uri, one.digest_method, b64encode(one.digest).decode()


def _row(one: Any) -> tuple[str, ...]:
    return tuple(str(one.get(name)) for name in ("uri", "method", "digest")) if isinstance(one, dict) else ()


def status_of(head: bytes) -> int | None:
    """The status that the head of an HTTP answer has; None for that of a request."""
    found = _STATUS_LINE.match(head)
    return int(found[1]) if found else None
