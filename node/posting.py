"""What the post worker does, over one store."""

from collections.abc import Callable, Collection, Sequence

from node.msh.callback import outgoing_signal, settle_signal
from node.msh.ports import HttpAnswer, Outgoing, Owed, Ports, TransportError
from node.store.messages import StoredMessages


class Posting:
    """The post worker's stories over one store."""

    def __init__(self, messages: StoredMessages, ports: Callable[[], Ports], mine: Callable[[], bool] = lambda: True) -> None:
        """`ports` gives those of the setting that is in force; `mine` tells whether this process, of several on one store, is the one that does it."""
        self._messages, self._ports, self._mine = messages, ports, mine

    def owed(self, limit: int, without: Collection[str]) -> Sequence[Owed]:
        """See `node.workers.post.Stories`."""
        return self._messages.owed(limit, self._ports().waiting.now(), without) if self._mine() else []

    def outgoing(self, owed: Owed) -> Outgoing | None:
        """See `node.workers.post.Stories`."""
        try:
            return outgoing_signal(owed, self._ports())
        except LookupError as error:
            self._messages.posted(owed, None, f"not posted: {error}")
            return None

    def settle(self, owed: Owed, outcome: HttpAnswer | TransportError) -> str:
        """See `node.workers.post.Stories`."""
        return settle_signal(owed, outcome, self._ports())
