"""Asks the chrony of this machine what it says of the clock."""

import shutil
import subprocess
from typing import Final

from node.timekeeping.offset import Offset, Unusable
from node.timekeeping.tracking import read_tracking

#: What a question to chrony may take.
PATIENCE: Final = 3.0
#: In columns, and without asking the name service for the names of servers.
TRACKING: Final = ("chronyc", "-c", "-n", "tracking")


def ask_chrony(words: tuple[str, ...] = TRACKING) -> tuple[Offset, str]:
    """How far the clock is off, and by whom chrony knows it. Blocking. Raises Unusable."""
    program = shutil.which(words[0])
    if program is None:
        raise Unusable(f"{words[0]} is not on this machine")
    try:
        ended = subprocess.run([program, *words[1:]], capture_output=True, text=True, timeout=PATIENCE, check=False)  # noqa: S603 - fixed words
    except subprocess.TimeoutExpired:
        raise Unusable(f"chronyc says nothing within {PATIENCE:g} s") from None
    except (OSError, UnicodeDecodeError) as error:
        raise Unusable(f"chronyc cannot be asked: {error}") from None
    if ended.returncode:
        said = (ended.stdout.strip() or ended.stderr.strip()).splitlines()
        raise Unusable(f"chronyc fails: {said[0][:200] if said else f'exit code {ended.returncode}'}")
    return read_tracking(ended.stdout)
