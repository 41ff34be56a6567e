"""Times in which nothing counts that should: no certificate of a partner, or no valid key of ours."""

from datetime import datetime

from node.security.period import ALWAYS, Period, gaps, of_certificate
from node.security.succession import PURPOSES
from node.setting import Setting


def gaps_of(setting: Setting, now: datetime) -> list[str]:
    """Times from now on in which a purpose of a partner has no certificate, or one of ours no valid key; each in words."""
    found = []
    for one in setting.agreements.partners():
        for purpose, names in one.certificates.named().items():
            spans = [
                span
                for name in names
                if name in setting.known.partners
                for period in one.certificates.periods.get(name, ALWAYS)
                if (span := _both(period, of_certificate(setting.known.partners[name])))
            ]
            found += [
                f"{one.file}: certificates.{purpose}: no certificate of {one.partner} counts {gap}" for gap in gaps(spans, now)
            ]
    for purpose in PURPOSES:
        for turn in setting.own.turns(purpose):
            key = setting.certificates.own.get(turn.name)
            if key is None:
                continue
            end = key.certificate.x509.not_valid_after_utc
            if turn.until and now < turn.until and end < turn.until:
                found.append(
                    f"node.toml: keys.next: {turn.name!r} ends before its successor begins to {purpose}, {Period(max(end, now), turn.until)}"
                )
    return found


def _both(one: Period, other: Period) -> Period | None:
    since = max((at for at in (one.since, other.since) if at), default=None)
    until = min((at for at in (one.until, other.until) if at), default=None)
    return None if since and until and until <= since else Period(since, until)
