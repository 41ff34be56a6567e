"""What facts open a gate: agreement, certificates, clock, drill and nights, each as a function of what was seen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit

from node.onboarding.gates import Gate, Look

#: Further apart than this, deadlines and time-stamps of the two sides cannot be compared.
MOST_OFFSET: Final = timedelta(seconds=30)
#: So many nights in a row must agree.
NIGHTS: Final = 5
#: So many messages in a row are a drill.
VOLUME: Final = 200
#: Where nobody listens in, so that http will do.
_LOCAL: Final = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, slots=True)
class Signed:
    """One side's signature under the version in force, verified."""

    side: str
    at: str
    subject: str
    sha256: str


def agreement(version: int, digest: str, signatures: Sequence[Signed], in_force: bool) -> Look:
    """Gate 1."""
    facts = {
        "version": version,
        "digest": digest,
        "signatures": [{"side": one.side, "at": one.at, "subject": one.subject, "sha256": one.sha256} for one in signatures],
        "in_force": in_force,
    }
    missing = []
    if version == 0:
        missing.append("only we have written it: offer it as a sheet (n2n partner offer) and let the partner sign")
    elif {one.side for one in signatures} != {"a", "b"}:
        missing.append("both sides must sign it")
    if not in_force:
        missing.append("it is not in force now")
    return Look(facts, tuple(missing))


def certificates(compared: str, unusable: Mapping[str, str], sign: Sequence[str], url: str, earlier: Sequence[str]) -> Look:
    """Gate 2: `compared` is the SHA-256 that was compared by another way now, `earlier` those compared before; `sign` are the agreed ones."""
    vouched = compared or next((one for one in sign if one in earlier), "")
    facts = {"compared": vouched, "compared_now": bool(compared), "sign": list(sign), "endpoint": url, "unusable": dict(unusable)}
    missing = []
    if not vouched:
        missing.append("no fingerprint of the partner was compared by another way: --fingerprint with what the partner reads out")
    missing += [f"{name}: {why}" for name, why in unusable.items()]
    if url and not url.startswith("https://") and urlsplit(url).hostname not in _LOCAL:
        missing.append(f"the address {url} is not https")
    return Look(facts, tuple(missing))


def clock(
    answered: bool, detail: str, sent: datetime, theirs: datetime | None, received: datetime, evidence: Mapping[str, Any]
) -> Look:
    """Gate 3: the receipt, and the partner's time in it against ours, both within one round trip."""
    offset = None
    if theirs is not None:
        # Within the round trip nobody can tell; outside of it the clocks differ by at least this.
        offset = max(timedelta(), sent - theirs, theirs - received)
    facts: dict[str, Any] = {
        "answered": answered,
        "detail": detail,
        "round_trip_ms": round((received - sent).total_seconds() * 1000),
        "offset_ms": None if offset is None else round(offset.total_seconds() * 1000),
        "most_offset_ms": round(MOST_OFFSET.total_seconds() * 1000),
        **evidence,
    }
    missing = []
    if not answered:
        missing.append(f"no receipt: {detail}")
    elif offset is None:
        missing.append("the receipt says no time")
    elif offset > MOST_OFFSET:
        missing.append(f"the clocks are {offset.total_seconds():.0f} s apart: set both by NTP")
    return Look(facts, tuple(missing))


def drill(wanted: int, receipted: int, seconds: float, outage: Mapping[str, Any] | None) -> Look:
    """Gate 6: how many of how many were receipted in how long, and what was seen of the break."""
    rate = round(receipted / seconds, 1) if seconds > 0 else 0
    facts: dict[str, Any] = {"messages": wanted, "receipted": receipted, "per_second": rate, "outage": outage}
    missing = []
    if receipted < wanted:
        missing.append(f"{wanted - receipted} of {wanted} messages got no receipt")
    if wanted < VOLUME:
        missing.append(f"a drill has at least {VOLUME} messages: --messages {VOLUME}")
    if outage is None:
        missing.append("no break was rehearsed: --outage SECONDS, and the partner stops its node meanwhile")
    elif not outage["broke"]:
        missing.append("the partner did not stop while the drill waited for it")
    elif not outage["receipted_after"]:
        missing.append("what was sent in the break got no receipt when the drill ended")
    return Look(facts, tuple(missing))


def parallel_run(nights: Sequence[tuple[str, str, Mapping[str, Any]]], wanted: int = NIGHTS) -> Look:
    """Gate 7: the latest nights first, each with its outcome (AP when both lists agree) and the report of what differs."""
    counted = nights[:wanted]
    facts = {
        "wanted": wanted,
        "nights": [{"night": night, "outcome": outcome, "report": dict(report)} for night, outcome, report in counted],
    }
    missing = []
    if len(counted) < wanted:
        missing.append(f"{wanted - len(counted)} more nights must be compared: both sides serve over night, or n2n reconcile run")
    missing += [_night(night, outcome, report) for night, outcome, report in counted if outcome != "AP"]
    return Look(facts, tuple(missing))


def _night(night: str, outcome: str, report: Mapping[str, Any]) -> str:
    if not outcome:
        return f"the list of the partner for {night} has not come: n2n reconcile show, and look again"
    found = [f"{one['what']}: {one['type']} {one['document']}" for one in report.get("differences", ())]
    more = f" and {len(found) - 3} more" if len(found) > 3 else ""
    what = f" ({'; '.join(found[:3])}{more})" if found else ""
    return f"the lists of {night} do not agree, {outcome}{what}: n2n reconcile show says who does what, and so many nights must follow that agree"


def production(not_passed: Sequence[Gate]) -> Look:
    """Gate 8."""
    missing = tuple(f"gate {one.number}, {one.en}, is not passed under this version" for one in not_passed)
    return Look({"not_passed": [one.number for one in not_passed]}, missing)
