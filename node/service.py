"""Runs a node: what partners reach, what sends, what is swept, from the start to the last message of the stop."""

import asyncio
import functools
import logging
import os
import signal
import ssl
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, Final

from node.answering import quietly
from node.app import PROGRESS, Node
from node.checking import Taken
from node.configuration import refuse
from node.delivering import Delivering
from node.duties import Duties, Wakes
from node.msh.inbound import receive
from node.msh.ports import Answer, Ports, StorageUnavailable
from node.msh.second_leg import take_second_leg
from node.pools import Pools
from node.posting import Posting
from node.preflight import check_serving
from node.pulling import Pulling, channels_of
from node.security.keys import KeyUnavailable
from node.sending import Sending
from node.served import take_lock
from node.store.values import InboundMessage
from node.swapping import Swapping, tell_gaps
from node.transport.client import HttpTransport
from node.web.endpoint import MshEndpoint
from node.web.server import WebServer, bind
from node.workers.deliver import DeliveryWorker
from node.workers.heartbeat import Heartbeat
from node.workers.post import PostWorker
from node.workers.progress import ProgressFile
from node.workers.pull import PullWorker
from node.workers.push import PushWorker
from node.workers.second_legs import SecondLegs
from node.workers.waiting import Waiting
from node.workers.watch import Watch

#: What a stop waits for; the process is gone within ten seconds.
PATIENCE: Final = 6
#: Free space below which nobody should send us anything, in octets.
FREE: Final = 64 * 1024**2

log = logging.getLogger("node")


class Service:
    """A node that serves: `run()` until `stop()`. Made, used and stopped on one event loop."""

    def __init__(self, node: Node) -> None:
        """Raises ConfigurationError when the home, or a port of it, is taken, or nothing could be served."""
        self.node = node
        self._pools = Pools(node.home.limits.threads)
        self._told_to_stop = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        #: Under this name the process claims what it sends; another start is another worker.
        self.worker = node.ports.identifiers.unique()
        self._lock = take_lock(node.home.data)
        try:
            self._build()
        except BaseException:
            self._release()
            raise

    def _build(self) -> None:
        node = self.node
        check_serving(node.setting, node.clock.now())
        # A pack that cannot be read stops the start, not the first document.
        _ = node.checking
        # Lists may be long: they are read before anybody waits.
        node.setting.revocations.held()
        self._transport = HttpTransport(node.client_tls, self._pools.files, connections=self._connections, heard=node.heard_date)
        sending = self._build_sending()
        pulling = self._build_pulling()
        self._build_receiving()
        swapping = self._swapping = Swapping(node, self._loop, self._swapped)
        self.duties = Duties(node, self._pools, sending, pulling, swapping, self._wakes, self._mine)
        tell_gaps(node.setting, node.clock.now())
        self._listen()

    def _build_sending(self) -> Sending:
        node, pools = self.node, self._pools
        took = functools.partial(self._loop.call_soon_threadsafe, functools.partial(self._took, accepted=True))
        sending = Sending(node.messages, self._ports, node.steady, self.worker, took)
        self._heartbeat = Heartbeat(functools.partial(node.alive, self.worker))
        self.push = PushWorker(sending, self._transport, pools.as4, per_partner=self._connections)
        for circuit in node.messages.circuits().values():
            self.push.reopen(circuit.partner, circuit.failures, circuit.why)
        posting = Posting(node.messages, self._ports, functools.partial(self._mine, "post"))
        self.post = PostWorker(posting, self._transport, pools.as4, per_partner=self._connections)
        self._progress = ProgressFile(node.home.data / PROGRESS, self._transport.progress, pools.files, self._loop.time)
        return sending

    def _build_pulling(self) -> Pulling:
        node, pools = self.node, self._pools
        self._waiting = Waiting(node.messages.waiting, pools.files, node.home.limits.waiting)
        pulling = Pulling(node.messages, self._ports, functools.partial(self._mine, "pull"))
        self.pull = PullWorker(
            *(pulling, self._transport, pools.large, channels_of(node.setting.agreements.to_pull())),
            took=lambda one: self._took(accepted=one.accepted),
            full=lambda: self._waiting.full,
        )
        return pulling

    def _build_receiving(self) -> None:
        node, pools = self.node, self._pools
        self.second_legs = SecondLegs(lambda awaited: take_second_leg(awaited, node.ports), pools.files, self.post.wake)
        self._wakes = Wakes(self.push.wake, self.second_legs.wake)
        delivering = Delivering(
            *(node.messages, node.home.data, node.clock, functools.partial(self._mine, "hand-over"), self._judge),
            answer=self._wakes.answer(quietly(node.answer)),
            arrived=self._arrived,
        )
        self.delivery = DeliveryWorker(delivering, pools.files, handed=self._waiting.handed)
        self._watch = Watch(node.version, pools.files, self.push.wake, self.delivery.wake, self.second_legs.wake)

    def _listen(self) -> None:
        node, listen, limits = self.node, self.node.home.listen, self.node.home.limits
        self._endpoint = MshEndpoint(
            *(self._receive, node.store.quarantine.free_for, self._pools.as4, self._pools.large),
            path=listen.path,
            max_request=limits.request,
            answered=self._answered,
            full=lambda: self._waiting.full,
            second_leg=self.second_legs.answer,
        )
        context = node.setting.server_tls(node.clock.now())
        listener = _bind(listen.host, listen.port, "listen.port")
        self.web = WebServer(self._endpoint, listener, context, graceful=PATIENCE, connections=limits.connections)
        self.admin = self._admin(listen.admin_port) if listen.admin_port else None

    def _admin(self, port: int) -> WebServer:
        # Starlette is loaded only where somebody wants it.
        from node.web.admin import admin_app

        return WebServer(admin_app(self._ready, self._status), _bind("127.0.0.1", port, "listen.admin_port"), graceful=1)

    @property
    def address(self) -> str:
        """Where partners reach us."""
        return self.node.home.listen.url(*self.web.address)

    async def run(self, started: Callable[["Service"], object] = lambda _: None) -> None:
        """Serve until `stop`; a worker that dies takes the node down, so that somebody notices."""
        self.node.recover(self.worker)
        servers = [self.web, *([self.admin] if self.admin else [])]
        workers: list[Any] = [
            self.push,
            self.delivery,
            self.pull,
            self.post,
            self._watch,
            self.duties,
            self._waiting,
            self._progress,
        ]
        # Where one process alone serves, nobody asks whether it is alive.
        beats = [self._heartbeat] if self.node.messages.database.shared else []
        tasks = [asyncio.create_task(one) for one in (*(s.serve() for s in servers), *(w.run() for w in (*workers, *beats)))]
        stopping = asyncio.create_task(self._told_to_stop.wait())
        try:
            await asyncio.wait([*(asyncio.create_task(server.ready.wait()) for server in servers)], timeout=10)
            log.info("listening on %s", self.address)
            started(self)
            await asyncio.wait([*tasks, stopping], return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopping.cancel()
            await self._wind_down(tasks)

    def stop(self) -> None:
        """Take nothing new, finish what was begun; `run()` then returns."""
        self._told_to_stop.set()

    def renew(self) -> None:
        """Read the files now; from any thread."""
        self._pools.renewing.submit(self._swapping.read_anyhow)

    async def _wind_down(self, tasks: Sequence[asyncio.Task[None]]) -> None:
        log.info("stopping")
        self._endpoint.closing = True
        self.second_legs.stop()
        for server in (self.web, self.admin):
            if server:
                server.stop()
        self._watch.stop()
        self.duties.stop()
        self._waiting.stop()
        self._progress.stop()
        self.delivery.stop()
        await asyncio.gather(*(one.stop(PATIENCE) for one in (self.push, self.pull, self.post)))
        self._heartbeat.stop()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
        await self._transport.close()
        await self._loop.run_in_executor(self._pools.files, self._retire)
        self._release()
        for failure in ended:
            if isinstance(failure, BaseException):
                raise failure

    def _release(self) -> None:
        self._pools.release()
        os.close(self._lock)

    def _retire(self) -> None:
        """Whatever is still claimed is free for others at once."""
        try:
            self.node.messages.retire(self.worker)
        except StorageUnavailable as error:
            log.warning("the store is not told that this process ends (%s); others take over in a while", error)

    async def _swapped(self, context: ssl.SSLContext | None) -> None:
        if context is not None:
            await self.web.renew(context)
        await self._transport.renew()
        self.pull.renew(channels_of(self.node.setting.agreements.to_pull()))
        # What could not go before may go now.
        self.push.wake()

    def _ports(self) -> Ports:
        return self.node.ports

    def _receive(self, content_type: str, chunks: Iterable[bytes], peer: Any) -> Answer:
        try:
            return receive(content_type, chunks, peer, self.node.ports)
        except KeyUnavailable as error:
            log.error("a message from %s is put off: %s", peer.address, error)
            # spec: RFC 9110 15.6.4
            return Answer(503)

    def _judge(self, delivery: InboundMessage) -> Taken:
        if self.node.updating.takes(delivery):
            return self.node.updating.take(delivery)
        return self.node.checking.take(delivery)

    def _arrived(self, message_id: str, partner: str, now: datetime) -> bool:
        return self.node.checking.arrived(message_id, partner, now)

    def _connections(self, partner: str) -> int:
        return self.node.setting.agreements.connections(partner)

    def _mine(self, duty: str) -> bool:
        """Whether this process is the one of several that does it."""
        messages = self.node.messages
        # Where one process alone serves, there is nothing to ask.
        return not messages.database.shared or messages.take_duty(duty, self.worker)

    def _answered(self, answer: Answer) -> None:
        if answer.status in (200, 202) and not answer.body:
            self._took(accepted=answer.accepted)

    def _took(self, *, accepted: bool) -> None:
        """A message was accepted, or came again; either may owe a receipt."""
        if accepted:
            self._waiting.accepted()
            self.delivery.wake()
        self.post.wake()

    async def _ready(self) -> str | None:
        """None, or why nobody should send us anything now."""
        if self._endpoint.closing:
            return "the node is stopping"
        return await self._loop.run_in_executor(self._pools.as4, _why_not_ready, self.node)

    async def _status(self) -> dict[str, Any]:
        counts = await self._loop.run_in_executor(self._pools.as4, self.duties.statistics.latest)
        workers = await self._loop.run_in_executor(self._pools.as4, self.node.messages.workers)
        return {
            "party_ids": [one.value for one in self.node.setting.home.party_ids],
            "address": self.address,
            "sending": self._sending(),
            "certificates": self.duties.expiring.document(),
            "time": self.node.clocks().document(),
            "setting": self._swapping.in_force.document(),
            "workers": [{"name": one.name, "place": one.place, "duties": list(one.duties)} for one in workers],
            **counts,
        }

    def _sending(self) -> list[dict[str, Any]]:
        """How far each large message under way is."""
        under_way = list(self._transport.progress.items())
        return [{"message_id": one, "octets": taken, "of": size} for one, (taken, size) in under_way]


def serve(node: Node, started: Callable[[Service], object] = lambda _: None) -> None:
    """Serve in this thread until SIGTERM or SIGINT. Raises ConfigurationError when the address or the home is taken."""
    import uvloop

    async def main() -> None:
        service = Service(node)
        loop = asyncio.get_running_loop()
        for name in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(name, service.stop)
        loop.add_signal_handler(signal.SIGHUP, service.renew)
        await service.run(started)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main())


def _why_not_ready(node: Node) -> str | None:
    if not node.store.quarantine.free_for(FREE):
        return "less than 96 MB are free in the data folder"
    try:
        node.messages.writer.run(lambda cursor: None)
    except Exception as error:  # noqa: BLE001 - whatever it is, the node cannot take messages
        return f"the store takes nothing: {error}"
    return None


def _bind(host: str, port: int, key: str) -> Any:
    try:
        return bind(host, port)
    except OSError as error:
        refuse(
            "node.toml",
            key,
            f"cannot listen on {host} port {port}: {error.strerror or error}",
            "stop what uses it, or choose another",
        )
