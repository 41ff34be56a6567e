"""`aeo.toml`: our programme and the arrangements with each partner, read with every problem collected."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Final

from node.configuration import Problems, Table, read_toml
from node.customs.operators.arrangement import MAY_BE_WITHHELD, STATES, Arrangement, Direction, OwnProgramme

AEO_TOML: Final = "aeo.toml"


@dataclass(frozen=True, slots=True)
class Arrangements:
    """What `aeo.toml` says; nothing where a home has none."""

    own: OwnProgramme | None = None
    by_partner: Mapping[str, Arrangement] = field(default_factory=dict)

    def with_authority(self, authority: str, programme: str) -> Arrangement | None:
        """The arrangement under which this programme is known to us."""
        found = (one for one in self.by_partner.values() if (one.authority, one.programme) == (authority, programme))
        return next(found, None)


def load_arrangements(folder: Path, problems: Problems) -> Arrangements:
    """The arrangements of a home."""
    if not (folder / AEO_TOML).is_file():
        return Arrangements()
    top = Table(read_toml(folder / AEO_TOML, problems, AEO_TOML), AEO_TOML, problems)
    own = _own(top.table("own"))
    arrangements = [_arrangement(table) for table in top.tables("arrangement")]
    top.finish()
    return Arrangements(own, {one.partner: one for one in arrangements})


def _own(table: Table) -> OwnProgramme | None:
    authority, programme = table.optional("authority"), table.optional("programme")
    if (authority is None) != (programme is None):
        table.problem("authority", "goes together with programme", "give both, or neither")
    table.finish()
    return OwnProgramme(authority, programme) if authority and programme else None


def _arrangement(table: Table) -> Arrangement:
    standard = Arrangement("", "", "", "", "")
    withheld = table.texts("withhold")
    for name in withheld:
        if name not in MAY_BE_WITHHELD:
            table.problem("withhold", f"{name!r} always goes out", f"may be withheld: {', '.join(MAY_BE_WITHHELD)}")
    made = Arrangement(
        table.text("partner", required=True),
        table.text("authority", required=True),
        table.text("programme", required=True),
        table.text("country", required=True),
        table.text("profile", required=True),
        state=table.choice("state", standard.state, STATES),
        direction=Direction(table.choice("direction", standard.direction.value, [one.value for one in Direction])),
        every=timedelta(hours=table.integer("every_hours", 24, 1, 24 * 366)),
        full_every=timedelta(days=table.integer("full_every_days", 30, 1, 3660)),
        tiers=table.texts("tiers"),
        withheld=withheld,
    )
    table.finish()
    return made
