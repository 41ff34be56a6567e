"""What the pull worker and the sweeps of pulled messages do, over one store."""

from collections.abc import Callable, Iterable, Iterator
from urllib.parse import urlsplit

from node.ebms.pmode import PMode
from node.ebms.states import IllegalTransition
from node.msh.next_action import is_second_leg
from node.msh.outbound import expire
from node.msh.ports import Outgoing, Ports
from node.msh.pull import freeze
from node.msh.pulling import Pulled, pull_request, take_pulled
from node.msh.submit import pull_end
from node.store.messages import StoredMessages
from node.workers.pull import Channel

#: How many messages one sweep takes at a time.
BATCH = 500


class Pulling:
    """The pull worker's stories over one store."""

    def __init__(self, messages: StoredMessages, ports: Callable[[], Ports], mine: Callable[[], bool] = lambda: True) -> None:
        """`ports` gives those of the setting that is in force; `mine` tells whether this process, of several on one store, is the one that does it."""
        self._messages, self._ports, self._mine = messages, ports, mine
        #: What the last request of each channel went out with, so that its answer is judged by it.
        self._asked: dict[str, Ports] = {}

    # -- pulling from others -------------------------------------------------------------------------------------

    def closed(self, channel: Channel) -> str:
        """See `node.workers.pull.Stories`."""
        if not self._mine():
            return "another process of this node asks"
        window = self._ports().calendar_of(channel.partner).closed(self._ports().waiting.now())
        return window.why if window else ""

    def request(self, channel: Channel) -> Outgoing:
        """See `node.workers.pull.Stories`."""
        ports = self._asked[channel.pmode_id] = self._ports()
        return pull_request(ports.agreements.get(channel.pmode_id), ports)

    def take(self, request: Outgoing, status: int, content_type: str | None, chunks: Iterator[bytes]) -> Pulled:
        """See `node.workers.pull.Stories`."""
        ports = self._asked.get(request.pmode_id) or self._ports()
        return take_pulled(request, status, content_type, chunks, urlsplit(request.url).hostname or "", ports)

    # -- pulled by others ----------------------------------------------------------------------------------------

    def packaged(self) -> int:
        """What was submitted to be pulled is packaged before somebody asks for it; how many messages."""
        # What waits for a connection may be in the hands of the push worker by now, which packages it itself.
        found = (one for one in self._messages.unfrozen_of_all(BATCH) if not is_second_leg(one.mpc))
        return sum(freeze(one, self._ports()) for one in found)

    def expired(self) -> int:
        """What nobody has pulled up to its horizon is given up; what has none since an operator let it go on gets one. How many were given up."""
        done = 0
        for exchange in self._messages.unpulled(BATCH, self._ports().waiting.now()):
            try:
                if exchange.give_up_at is not None:
                    done += expire(exchange, None, self._ports())
                elif end := pull_end(self._ports().agreements.get(exchange.pmode_id), self._ports()):
                    self._messages.end_pulling(exchange.message_id, end)
            except (IllegalTransition, KeyError):
                # It has moved on meanwhile, or its agreement is gone.
                continue
        return done


def channels_of(pmodes: Iterable[PMode]) -> list[Channel]:
    """The channels of these inbound P-Modes."""
    return [
        Channel(one.partner, one.leg.business_info.mpc, one.id, one.pulling.interval) for one in pmodes if one.pulling is not None
    ]
