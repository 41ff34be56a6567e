"""Gathers the facts about a home, without the network unless partners are to be asked."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Final

from node.clock import SystemClock
from node.clocks import Clocks
from node.codelists import open_lists
from node.configuration import ConfigurationError
from node.doctor.facts import Facts, Reached
from node.doctor.library_facts import gather_versions
from node.doctor.machine_facts import gather_machine, gather_places
from node.doctor.partner_facts import reach_all
from node.doctor.store_facts import gather_serving, gather_store
from node.ebms.pmode import PMode
from node.keyring.folder import Passwords
from node.library import open_packs
from node.measuring import known
from node.setting import Setting
from node.vouching import own_taken_back, standings_of

#: n2n demo writes it beside the homes that it makes.
DEMO_MARK: Final = ".n2n-demo"
#: Sends a test message to a partner; what came of it.
Ping = Callable[[str], str]


def gather(
    folder: Path,
    now: datetime,
    *,
    passwords: Passwords = lambda _name: None,
    environment: Mapping[str, str] | None = None,
    online: bool = False,
    ping: Ping | None = None,
) -> Facts:
    """Everything the checks judge. Nothing of the home is changed, whoever works on it meanwhile."""
    setting = Setting(folder, passwords)
    setting.servers.look_only()
    home = setting.home
    facts = Facts(
        now=now,
        setting=setting,
        versions=gather_versions(setting),
        machine=gather_machine(home, environment or {}),
        places=gather_places(home, now),
        store=gather_store(home, now),
        serving=gather_serving(home),
        pmodes=_by_partner(setting),
        demo=(folder.parent / DEMO_MARK).exists() or (folder / DEMO_MARK).exists(),
    )
    timekeeping, trouble = known(home, SystemClock())
    clocks = Clocks(timekeeping, home.time, setting.agreements.max_apart, now)
    facts = replace(facts, clocks=clocks, clocks_trouble=trouble)
    try:
        facts = replace(facts, standings=standings_of(setting, now), own_taken_back=own_taken_back(setting, now))
    except OSError as error:
        facts = replace(facts, revocations_trouble=str(error))
    try:
        facts = replace(facts, packs=open_packs(folder, open_lists(folder)))
    except ConfigurationError as error:
        facts = replace(facts, pack_problems=error.problems)
    return replace(facts, online=_reached(setting, now, ping)) if online else facts


def _by_partner(setting: Setting) -> Mapping[str, list[PMode]]:
    found: dict[str, list[PMode]] = {one.partner: [] for one in setting.agreements.partners()}
    for pmode in setting.agreements.pmodes():
        found[pmode.partner].append(pmode)
    return found


def _reached(setting: Setting, now: datetime, ping: Ping | None) -> Mapping[str, Reached]:
    found = reach_all(setting, now)
    if ping is None:
        return found
    return {name: one if one.trouble else replace(one, ping=ping(name)) for name, one in found.items()}
