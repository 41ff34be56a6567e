"""The serving process of a bar: the real one, with a clock that can be set from outside and shorter rests; `python -m tests.bars.serving` as node.cli.serving."""

import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from node import app, clock, delivering
from node.cli import serving
from node.workers import breaker, deliver, push

#: Seconds of a rest after a failure; the node's own would be longer than a bar can wait.
WAIT = float(os.environ.get("N2N_BAR_WAIT", "0.5"))
#: A file with the seconds by which the clock is wrong.
CLOCK = os.environ.get("N2N_BAR_CLOCK")


class WrongClock(clock.SystemClock):
    """The machine's clock, as wrong as the file says at this moment."""

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=float(Path(CLOCK).read_text() or 0)) if CLOCK else datetime.now(UTC)


if __name__ == "__main__":
    app.SystemClock = WrongClock  # type: ignore[misc]
    delivering.REST = timedelta(seconds=WAIT / 10)
    deliver.REST_SECONDS = push.REST_SECONDS = push.SETTLE_SECONDS = WAIT
    breaker.LEAST_SECONDS = breaker.MOST_SECONDS = WAIT
    sys.exit(serving.main(sys.argv[1:]))
