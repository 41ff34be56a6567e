"""The homes of simulated nations: keys for now and for later, and an agreement for each pair."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

from node.agreements.calendar import DAYS
from node.agreements.writing import NewAgreement, agreement_text
from node.home import init_home, put_certificate, put_own_key
from node.keyring.demo_authority import DemoAuthority, Issued
from node.msh.next_action import FALL_BACK
from node.simulation.plan import Plan, Window, name

PROFILE: Final = "edelivery-as4-2.0-eddsa"
SERVICE, ACTION = "urn:n2n:simulation:svc", "any.document"
PARTY_TYPE: Final = "urn:oasis:names:tc:ebcore:partyid-type:unregistered:simulated"
_KEYS: Final = ("sign", "sign-next", "encrypt")
#: A schedule that outlasts outages of two weeks: every two hours at last, and nothing is given up before 30 days.
HORIZON_DAYS: Final = 30
RETRY: Final = f'\n[leg.x.retry]\nperiod  = "1min"\nfactor  = 3\ncap     = "2h"\njitter  = "full"\nhorizon = "{HORIZON_DAYS}d"\n'


def make_homes(folder: Path, plan: Plan, now: datetime) -> dict[str, Path]:
    """A home for each nation, by its name. Everything is valid for the whole run."""
    authority = DemoAuthority(now, days=plan.days + 400)
    names = [name(one) for one in range(plan.nations)]
    issued = {
        (nation, use): authority.issue(nation, "eddsa", "encrypt" if use == "encrypt" else "sign")
        for nation in names
        for use in _KEYS
    }
    homes = {nation: folder / nation for nation in names}
    for nation, home in homes.items():
        init_home(home, party_id=nation.upper(), party_type=PARTY_TYPE, host=f"{nation}.example", tls=False)
        put_certificate(home, "trust", "ca", authority.certificate)
        for use in _KEYS:
            put_own_key(home, use, issued[nation, use].private_key + issued[nation, use].certificate)
    for pair in plan.pairs:
        for one, other in (pair, pair[::-1]):
            agree(homes[name(one)], name(other), issued, [window for window in plan.windows if window.nation == other])
    return homes


def agree(home: Path, partner: str, issued: dict[tuple[str, str], Issued], windows: Sequence[Window]) -> None:
    """What one nation holds of another: when it is closed, and both its signing certificates, so that the change of keys needs no message."""
    for use in _KEYS:
        put_certificate(home, "partners", f"{partner}-{use}", issued[partner, use].certificate)
    new = NewAgreement(
        profile=PROFILE,
        party_id=partner.upper(),
        party_type=PARTY_TYPE,
        url=url(partner),
        services=[(SERVICE, None, (ACTION,), "both")],
        sign=(f"{partner}-sign", f"{partner}-sign-next"),
        encrypt=(f"{partner}-encrypt",),
    )
    (home / "partners" / partner).mkdir()
    (home / "partners" / partner / "agreement.toml").write_text(agreement_text(new) + RETRY + calendar(windows), "utf-8")


def calendar(windows: Sequence[Window]) -> str:
    """The `[calendar]` of an agreement; nothing for a partner that never closes."""
    if not windows:
        return ""
    zones = {one.zone for one in windows}
    lines = ["", "[calendar]", f'time_zone = "{zones.pop()}"']
    for one in windows:
        until = (one.hour + one.hours) % 24
        lines += ["[[calendar.window]]", f'policy = "{one.policy}"', f'every = "{DAYS[one.day]}"']
        lines += [f'from = "{one.hour:02d}:00"', f'to = "{until:02d}:00"']
        lines += [f'fall_back = "{stand_by(name(one.nation))}"'] if one.policy == FALL_BACK else []
    return "\n".join(lines) + "\n"


def url(nation: str) -> str:
    """Where a nation is called."""
    return f"https://{nation}.example/as4"


def stand_by(nation: str) -> str:
    """Where a nation is called while it is closed, if that is agreed."""
    return f"https://{nation}.example/stand-by"


def next_key(home: Path) -> None:
    """Sign with the next key from the next start on."""
    file = home / "node.toml"
    text = file.read_text("utf-8")
    file.write_text(text.replace('sign    = "sign"', 'sign    = "sign-next"'), "utf-8")
