"""What a certificate is used for, from when until when: what `n2n cert list` shows of keys and windows."""

from datetime import datetime
from typing import Any

from node.security.period import ALWAYS, Period
from node.security.succession import PURPOSES
from node.setting import Setting


def own_uses(setting: Setting, name: str, now: datetime) -> list[dict[str, Any]]:
    """The turns of an own key, those by node.toml and those that agreements give it for good."""
    found = []
    for purpose in PURPOSES:
        for turn in setting.own.turns(purpose):
            if turn.name == name:
                opens = turn.opens_until if purpose == "encrypt" else None
                found.append(_use(purpose, "", Period(turn.since, turn.until), now) | {"opens_until": opens})
    if setting.home.listen.key == name and setting.home.keys.tls != name:
        found.append(_use("tls when called", "", Period(), now))
    for one in setting.agreements.partners():
        for purpose, used, first in (("sign", one.us.sign, setting.own.sign), ("encrypt", one.us.encrypt, setting.own.encrypt)):
            if used == name != first:
                found.append(_use(purpose, one.partner, Period(), now))
    return found


def partner_uses(setting: Setting, name: str, now: datetime) -> list[dict[str, Any]]:
    """The windows of a partner's certificate in each agreement that names it."""
    return [
        _use(purpose, one.partner, period, now)
        for one in setting.agreements.partners()
        for purpose, names in one.certificates.named().items()
        if name in names
        for period in one.certificates.periods.get(name, ALWAYS)
    ]


def _use(purpose: str, partner: str, period: Period, now: datetime) -> dict[str, Any]:
    state = "now" if period.holds(now) else "next" if period.since and now < period.since else "past"
    return {"purpose": purpose, "partner": partner or None, "state": state, "from": period.since, "until": period.until}
