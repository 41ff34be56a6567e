"""What a node that serves does again and again, and how often."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from node.answering import quietly
from node.app import Node
from node.evidence.authorities import Authorities
from node.expiring import Expiring
from node.foreseeing import foreseen
from node.keyring.forecast import endings
from node.pools import Pools
from node.pulling import Pulling
from node.refreshing import Refreshing
from node.sending import Sending
from node.statistics import Statistics
from node.store.pending import pending
from node.store.signers import signers
from node.swapping import RENEW_SECONDS, Swapping
from node.transport.public import PublicFetch
from node.workers.sweeps import Sweep, Sweeps

#: Overdue receipts.
OVERDUE_SECONDS: Final = 5.0
#: Messages whose time is over, and versions of agreements.
EXPIRE_SECONDS: Final = 60.0
RETENTION_SECONDS: Final = 3600.0
#: Whether another process has died with messages in hand.
LAPSED_SECONDS: Final = 5.0
DAY_SECONDS: Final = 86_400.0
#: What ends is looked through; what is told is told once.
EXPIRING_SECONDS: Final = 3600.0
#: Answers that nobody sent: the process that recorded them has died.
ANSWER_SECONDS: Final = 10.0
#: What partners are to be told of updates of certificates, and which have expired.
UPDATE_SECONDS: Final = 5.0
#: Steps of the ladder that are late.
LATE_SECONDS: Final = 30.0
#: How old the counts of /status may be.
COUNT_SECONDS: Final = 10.0
#: Nights that have ended, and partners' lists of them.
NIGHT_SECONDS: Final = 60.0
#: Whether references are to be asked for the time, and whether there is anything new to keep of clocks.
MEASURE_SECONDS: Final = 30.0
#: Which revocation lists are to be fetched.
REFRESH_SECONDS: Final = 5.0
#: What partners are to be told of our own list.
PUBLISH_SECONDS: Final = 10.0
#: Messages to be pulled are packaged, so that nobody who asks waits for that.
PACKAGE_SECONDS: Final = 2.0

#: The tree above the log of evidence, and whether a checkpoint is due.
TILE_SECONDS: Final = 10.0
CHECKPOINT_SECONDS: Final = 1.0
#: Whether a time stamp is due.
STAMP_SECONDS: Final = 10.0

log = logging.getLogger("node")


@dataclass(frozen=True)
class Wakes:
    """Who is woken when a sweep has done something."""

    #: Whoever sends: there may be something to send.
    push: Callable[[], None]
    #: Requests that wait on their connections for what there is to send.
    legs: Callable[[], None]

    def sender(self, work: Callable[[], int]) -> Callable[[], int]:
        """A sweep after which there may be something to send."""

        def swept() -> int:
            done = work()
            if done:
                self.push()
            return done

        return swept

    def answer(self, work: Callable[[], int]) -> Callable[[], int]:
        """As `sender`; what there is to send may belong to a request that waits on its connection."""
        swept = self.sender(work)

        def answered() -> int:
            done = swept()
            if done:
                self.legs()
            return done

        return answered


def _untold(work: Callable[[], int]) -> Callable[[], int]:
    """A sweep of which nobody wants to read in the log each time."""

    def swept() -> int:
        work()
        return 0

    return swept


class Duties:
    """All sweeps of a node, each kind in the pool that may wait for it; `run()` until `stop()`."""

    def __init__(
        self,
        node: Node,
        pools: Pools,
        sending: Sending,
        pulling: Pulling,
        swapping: Swapping,
        wakes: Wakes,
        mine: Callable[[str], bool],
    ) -> None:
        """`mine` says whether this process is the one of several that does a sweep."""
        self._node, self._loop = node, asyncio.get_running_loop()
        #: By what an authority for time is asked now.
        self._stamping: PublicFetch | None = None
        self.expiring = Expiring(
            lambda: endings(node.setting.certificates),
            node.clock,
            lambda: foreseen(node.setting, pending(node.messages.database), node.clock.now()),
        )
        self.statistics = Statistics(node.messages.counts, node.clock)
        #: What is done about messages and documents, by one process of those that share a store.
        self.shared = [
            Sweep("missing receipts", OVERDUE_SECONDS, wakes.sender(sending.missing_receipts)),
            Sweep("given up after the horizon", EXPIRE_SECONDS, sending.expired),
            Sweep("lapsed leases", LAPSED_SECONDS, wakes.sender(sending.lapsed)),
            Sweep("certificates that end soon", EXPIRING_SECONDS, self.expiring.sweep),
            Sweep("versions of agreements that ended", EXPIRE_SECONDS, lambda: node.versions.settle(node.clock.now())),
            Sweep("packaged to be pulled", PACKAGE_SECONDS, pulling.packaged),
            Sweep("given up since nobody pulled them", EXPIRE_SECONDS, pulling.expired),
            Sweep("late steps of documents", LATE_SECONDS, node.following.sweep),
            Sweep("updates of certificates", UPDATE_SECONDS, wakes.sender(quietly(node.update))),
            Sweep("answers to documents", ANSWER_SECONDS, wakes.answer(quietly(node.answer))),
        ]
        kept = [
            Sweep("removed by retention", RETENTION_SECONDS, node.keeping.sweep),
            Sweep("documents removed by retention", RETENTION_SECONDS, node.shelving.sweep),
            Sweep("payload files without a message", DAY_SECONDS, node.keeping.orphans),
        ]
        nights = Sweep("nights reconciled", NIGHT_SECONDS, wakes.sender(node.reconcile))
        lists = Sweep("lists of our own operators", PUBLISH_SECONDS, wakes.sender(node.publish))
        proving = self._proving = node.proof.proving(self._authority)
        proven = [
            Sweep("tiles of the log of evidence", TILE_SECONDS, proving.tiles),
            Sweep("checkpoints of the log of evidence", CHECKPOINT_SECONDS, _untold(proving.checkpoint)),
        ]
        stamped = Sweep("time stamps", STAMP_SECONDS, proving.stamps)
        # Each process has files of its own to look at, a data folder of its own for what it fetches, and a /status of its own.
        measured = Sweep("clocks measured", MEASURE_SECONDS, node.measuring.sweep)
        fetched = Sweep("revocation lists", REFRESH_SECONDS, self._refreshing().sweep)
        changed = Sweep("changed files taken in", RENEW_SECONDS, swapping.sweep)
        counted = Sweep("statistics", COUNT_SECONDS, self.statistics.refresh)
        self._groups: Sequence[Sweeps] = (
            Sweeps(self.shared, pools.files, sending.clock_was_set, mine=mine),
            Sweeps(kept, pools.keeping, mine=mine),
            Sweeps([nights], pools.nightly, mine=mine),
            Sweeps([lists], pools.lists, mine=mine),
            Sweeps(proven, pools.proving, mine=mine),
            Sweeps([stamped], pools.fetching, mine=mine),
            Sweeps([fetched], pools.fetching),
            Sweeps([measured], pools.measuring),
            Sweeps([counted] if node.home.listen.admin_port else [], pools.files),
            Sweeps([changed], pools.renewing),
        )

    def _refreshing(self) -> Refreshing:
        node, wanted = self._node, self._node.home.revocation
        self._fetch = PublicFetch(asyncio.get_running_loop(), allow_private=wanted.allow_private)
        return Refreshing(
            *(lambda: node.setting.certificates, lambda: node.setting.revocations, self._fetch if wanted.fetch else None),
            *(node.clock, node.ports.chance, lambda: node.setting.judgements.rested_on(signers(node.messages))),
            lambda used, before: node.setting.judgements.clear(lambda: signers(node.messages), used, before),
        )

    def _authority(self) -> Authorities | None:
        """Whoever gives times to checkpoints, by the setting that is in force."""
        self._stamping = self._node.proof.time_fetch(self._loop)
        return self._node.proof.time_authority(self._stamping)

    async def run(self) -> None:
        """Sweep until `stop`; one group that fails ends them all."""
        async with asyncio.TaskGroup() as running:
            for one in self._groups:
                running.create_task(one.run())

    def stop(self) -> None:
        """Begin no sweep, and end those that can be ended."""
        for one in self._groups:
            one.stop()
        self._fetch.stop()
        if self._stamping is not None:
            self._stamping.stop()
        self._node.keeping.stop()
        self._node.shelving.stop()
        self._node.publishing.stop()
