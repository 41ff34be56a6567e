"""All bars one after the other, each in a process of its own: `python -m tests.bars [--full] [NAME ...]`; the figure is last on each line."""

import argparse
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
    """Run them; the exit status is 1 if one did not hold. Raises SystemExit(2) for an option or a bar that there is not."""
    options = argparse.ArgumentParser(prog="./check --faults", description="Without a NAME, all of them.")
    options.add_argument("--full", action="store_true", help="the sizes of the full column")
    options.add_argument("names", nargs="*", metavar="NAME", default=BARS, help=", ".join(BARS))
    given = options.parse_args(words)
    if unknown := [one for one in given.names if not (Path(__file__).parent / f"{one}.py").is_file()]:
        options.error(f"no bar {unknown[0]}; bars: {', '.join(BARS)}")
    broken = [one for one in given.names if not _held(one, given.full)]
    total = len(given.names)
    print(f"{total - len(broken)} of {total} bars held" + (f"; not: {', '.join(broken)}" if broken else ""))
    return 1 if broken else 0


def _held(name: str, full: bool) -> bool:
    return (
        subprocess.run([sys.executable, "-m", f"tests.bars.{name}", *(["--full"] if full else [])], check=False).returncode == 0
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
