"""What chrony says of the machine's clock: one line of `chronyc -c tracking`."""

from datetime import timedelta
from math import isfinite
from typing import Final

from node.timekeeping.offset import Offset, Unusable

_COLUMNS: Final = 14
#: 127.127.1.1: chrony goes by this machine's own clock (`local`).
_OWN_CLOCK: Final = "7F7F0101"


def read_tracking(line: str) -> tuple[Offset, str]:
    """How far the clock is off, and by whom chrony knows it. Raises Unusable."""
    columns = line.strip().split(",")
    if len(columns) != _COLUMNS:
        raise Unusable(f"chronyc says {line.strip()[:100]!r}, which is no report")
    reference, name, stratum, leap = columns[0], columns[1], columns[2], columns[13]
    if leap == "Not synchronised" or stratum == "0" or reference == "00000000":
        raise Unusable("chrony is not synchronised")
    if reference.upper() == _OWN_CLOCK:
        raise Unusable("chrony goes by this machine's own clock (its directive local), which proves nothing")
    try:
        behind, root_delay, root_dispersion = (float(columns[n]) for n in (4, 10, 11))
    except ValueError:
        raise Unusable(f"chronyc says {line.strip()[:100]!r}, which is no report") from None
    if not all(map(isfinite, (behind, root_delay, root_dispersion))) or root_delay < 0 or root_dispersion < 0:
        raise Unusable(f"chronyc says {line.strip()[:100]!r}, which is no report")
    try:
        # What is added to the clock to have the time: positive where the clock is behind.
        offset, within = timedelta(seconds=-behind), timedelta(seconds=root_dispersion + root_delay / 2)
    except OverflowError:
        raise Unusable("chrony says that the clock is off by centuries") from None
    return Offset(offset, within), name or reference
