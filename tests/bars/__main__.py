"""All bars one after the other, each in a process of its own: `python -m tests.bars [--full] [NAME ...]`; the figure is last on each line."""

import subprocess
import sys
from pathlib import Path

#: In the order of reliability 5.1; what is no bar of the store and the workers is not here.
BARS = (
    "crash_points",
    "power_cut",
    "sync_order",
    "disk_full",
    "clock",
    "db_kill",
    "two_nodes",
    "flat",
    "bad_peer",
    "duplicates",
    "backlog",
    "load",
    "big",
    "storm",
    "poison",
    "model",
    "stop",
    "year",
    "operators",
    "paths",
    "revocation",
    "documents",
    "rollover",
    "startup",
    "audit",
    "evidence",
)


def main(words: list[str]) -> int:
    """Run them; the exit status is 1 if one did not hold."""
    full = [one for one in words if one == "--full"]
    names = [one for one in words if not one.startswith("-")] or BARS
    unknown = [one for one in names if not (Path(__file__).parent / f"{one}.py").is_file()]
    if unknown:
        print(f"no bar {unknown[0]}; bars: {', '.join(BARS)}", file=sys.stderr)
        return 2
    broken = [
        one for one in names if subprocess.run([sys.executable, "-m", f"tests.bars.{one}", *full], check=False).returncode != 0
    ]
    print(f"{len(names) - len(broken)} of {len(names)} bars held" + (f"; not: {', '.join(broken)}" if broken else ""))
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
