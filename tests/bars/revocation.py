"""Goal 33: a revoked partner is refused on the first message after the list lands; without a list hard refuses and soft alarms; nothing is fetched for a message."""

import asyncio
import logging
import sys
from datetime import timedelta
from pathlib import Path

from tests.bars.bar import Outcome, main
from tests.revoking import Pair, Publisher, make_pair, publishing, serving_pair

ACCEPTED, REFUSED = "", "EBMS:0101"


def run(folder: Path, full: bool, rounds: int = 2) -> Outcome:
    """Both rules, on whole nodes, with a list; full has more messages before and after, delta lists and OCSP too."""
    problems: list[str] = []
    file = folder / "document.xml"
    file.write_text("<a/>")
    sent = 0
    ways = [(kind, rule) for kind in (("list", "delta", "ocsp") if full else ("list",)) for rule in ("hard", "soft")]
    for kind, rule in ways:
        with publishing(kind) as publisher:
            place = folder / f"{kind}-{rule}"
            sent += asyncio.run(_revoked(place / "revoked", publisher, rule, file, problems, 20 if full else rounds))
        with publishing(kind) as publisher:
            sent += asyncio.run(_down(place / "down", publisher, rule, file, problems))
    count = len(ways)
    figure = f"{sent} messages, {count} revocations, {count} failures of the fetcher: {len(problems)} verdicts wrong"
    return Outcome(figure, tuple(problems))


async def _revoked(folder: Path, publisher: Publisher, rule: str, file: Path, problems: list[str], rounds: int) -> int:
    tw, kr = make_pair(folder, publisher, f'revocation = "{rule}"')
    async with serving_pair(tw, kr) as pair:
        await pair.landed()
        for _ in range(rounds):
            await _expect(pair, file, ACCEPTED, f"{rule}, before the revocation", problems)
        publisher.revoke(kr, "sign")
        await pair.landed("revoked")
        for number in range(rounds):
            await _expect(pair, file, REFUSED, f"{rule}, message {number + 1} after the list landed", problems)
        _check_threads(pair, problems)
    return 2 * rounds


async def _down(folder: Path, publisher: Publisher, rule: str, file: Path, problems: list[str]) -> int:
    # The list ends at once; nothing newer comes.
    publisher.holds = timedelta(seconds=1)
    tw, kr = make_pair(folder, publisher, f'revocation = "{rule}"')
    alarms: list[str] = []
    handler = _Listening(alarms)
    before = logging.root.manager.disable
    logging.disable(logging.NOTSET)
    logging.getLogger("node.keyring").addHandler(handler)
    try:
        async with serving_pair(tw, kr) as pair:
            await pair.landed()
            publisher.down = True
            await pair.failed()
            await asyncio.sleep(1.2)
            await _expect(pair, file, REFUSED if rule == "hard" else ACCEPTED, f"{rule}, the list is stale", problems)
            _check_threads(pair, problems)
    finally:
        logging.getLogger("node.keyring").removeHandler(handler)
        logging.disable(before)
    if bool(alarms) is (rule == "hard"):
        problems.append(f"{rule}: {len(alarms)} alarms for a stale list")
    return 1


class _Listening(logging.Handler):
    def __init__(self, alarms: list[str]) -> None:
        super().__init__(logging.WARNING)
        self._alarms = alarms

    def emit(self, record: logging.LogRecord) -> None:
        if record.getMessage().startswith("ALARM certs/partners/kr-"):
            self._alarms.append(record.getMessage())


async def _expect(pair: Pair, file: Path, wanted: str, when: str, problems: list[str]) -> None:
    said = await pair.send(file)
    if said != wanted:
        problems.append(f"{when}: {said or 'a receipt'}, not {wanted or 'a receipt'}")


def _check_threads(pair: Pair, problems: list[str]) -> None:
    if strangers := {one for one in pair.fetched_in if not one.startswith("fetching")}:
        problems.append(f"something was fetched in {', '.join(sorted(strangers))}")


if __name__ == "__main__":
    sys.exit(main(run))
