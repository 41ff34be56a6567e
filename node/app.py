"""Builds the whole node from its home, once: the only place that constructs adapters, and the only one that runs them together."""

import asyncio
import fcntl
import functools
import hashlib
import logging
import os
import signal
import socket
import ssl
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from node.agreeing import Agreeing
from node.announcing import announce
from node.answering import Answering, quietly
from node.asking import Asking
from node.batching import Batching
from node.checking import Checking, Taken
from node.clock import RandomIdentifiers, SteadyClock, SystemClock, chance
from node.codelists import open_lists
from node.configuration import ConfigurationError, Problems, refuse
from node.customs.checking.prior import NotOnFile
from node.customs.filing.filing import is_over
from node.customs.filing.on_file import NoLongerThere
from node.customs.filing.registration import Entry
from node.customs.ladder import Deadlines
from node.customs.packs.library import Packs
from node.delivering import Delivering
from node.durable import sync
from node.ebms.states import OUTBOUND_ENDS, OutboundState
from node.expiring import Expiring
from node.failpoints import failpoint
from node.fingerprint import documents_of
from node.following import Following
from node.gaps import gaps_of
from node.gatekeeping import Gatekeeping
from node.home import Home, load_home
from node.keeping import Archived, Keeping
from node.keyring.folder import Passwords
from node.keyring.forecast import endings
from node.library import open_packs
from node.msh.inbound import receive
from node.msh.intervention import Intervention, Ordered
from node.msh.ports import Answer, Clock, Exchange, HttpAnswer, Identifiers, Outgoing, Ports, StorageUnavailable
from node.msh.retention import Rule
from node.msh.second_leg import take_second_leg
from node.msh.seen import Seen
from node.msh.submit import Payload, Submission, submit
from node.noticing import Noticing
from node.on_file import OnFile
from node.origin import Origin
from node.posting import Posting
from node.preflight import check_sending, check_serving
from node.publishing import Publishing
from node.pulling import Pulling, channels_of
from node.reconciling import Reconciling
from node.reconciling import partners as reconciled
from node.refreshing import Refreshing
from node.rehearsing import Rehearsing
from node.renewing import Renewing, at_next_start, read_in_force
from node.replying import Replying
from node.security.keys import KeyUnavailable
from node.sending import Sending
from node.setting import Setting
from node.shelving import Shelving
from node.statistics import Statistics
from node.store.agreed import StoredVersions
from node.store.batches import StoredBatches
from node.store.documents import StoredDocuments
from node.store.files import FileOctets
from node.store.finding import Finding, Witness
from node.store.integrity import integrity, unreadable
from node.store.invariants import check
from node.store.ladders import StoredLadders
from node.store.lists_out import ListsOut
from node.store.lives import StoredLives
from node.store.messages import Store, StoredMessages, open_store, snapshot
from node.store.nights import StoredNights
from node.store.operators import StoredOperators
from node.store.own_operators import OwnOperators
from node.store.reading import StoreUnreadable
from node.store.shelves import Shelves
from node.store.updates import StoredUpdates
from node.store.values import InboundMessage
from node.transport.client import HttpTransport
from node.transport.public import PublicFetch
from node.updating import Updating
from node.web.endpoint import MshEndpoint
from node.web.server import WebServer, bind
from node.workers.deliver import DeliveryWorker
from node.workers.heartbeat import Heartbeat
from node.workers.post import PostWorker
from node.workers.progress import Progress, ProgressFile, read_progress
from node.workers.pull import PullWorker
from node.workers.push import PushWorker
from node.workers.second_legs import SecondLegs
from node.workers.sweeps import Sweep, Sweeps
from node.workers.waiting import Waiting
from node.workers.watch import Watch

#: Large messages that may arrive at the same time; further ones wait on their sockets.
LARGE_AT_ONCE = 4
#: Where interchanges lie that became documents, below the data folder.
ORIGINALS = "originals"
#: Held by the process that serves.
LOCK = "serve.lock"
#: How far long sends are; written by the process that serves.
PROGRESS = "progress.json"
#: Under which name the process that served last has claimed what it sent.
WORKER = "worker"
#: How often overdue receipts are looked for.
OVERDUE_SECONDS = 5.0
EXPIRE_SECONDS = 60.0
RETENTION_SECONDS = 3600.0
#: How often it is looked whether another process has died with messages in hand.
LAPSED_SECONDS = 5.0
DAY_SECONDS = 86_400.0
#: How often certificates are looked through; what is told is told once.
EXPIRING_SECONDS = 3600.0
#: How often it is looked for answers that nobody sent: the process that recorded them has died.
ANSWER_SECONDS = 10.0
#: How often it is looked what partners are to be told of updates of certificates, and which have expired.
UPDATE_SECONDS = 5.0
#: How often it is looked for steps of the ladder that are late.
LATE_SECONDS = 30.0
#: How old the counts of /status may be.
COUNT_SECONDS = 10.0
#: How often it is looked for nights that have ended, and for partners' lists of them.
NIGHT_SECONDS = 60.0
#: How often it is looked which revocation lists are to be fetched.
REFRESH_SECONDS = 5.0
#: How often it is looked what partners are to be told of our own list.
PUBLISH_SECONDS = 10.0
#: How often messages to be pulled are packaged, so that nobody who asks waits for that.
PACKAGE_SECONDS = 2.0
#: How often it is looked whether files of the home were changed.
RENEW_SECONDS = 2.0
#: After a look it is not looked for so many times as long as it took.
LOOK_SHARE = 40
#: What a stop waits for; the process is gone within ten seconds.
PATIENCE = 6

log = logging.getLogger("node")


@dataclass(frozen=True)
class World:
    """What a node finds outside of itself: time, fresh identifiers, chance and a disk. The simulation has another one."""

    clock: Clock = field(default_factory=lambda: SystemClock())  # noqa: PLW0108 - looked up when it is made
    #: None makes one that goes by `clock`.
    steady: SteadyClock | None = None
    identifiers: Identifiers = field(default_factory=RandomIdentifiers)
    chance: Callable[[], float] = chance
    open_store: Callable[[Home, Callable[[], str], datetime], Store] = field(
        default=lambda home, unique, now: open_store(home.data, unique, now, url=home.database)
    )


class Node:
    """One node with its store open; may be used by a command beside the process that serves. Close it."""

    def __init__(self, setting: Setting, world: World | None = None) -> None:
        """Raises ConfigurationError with every problem of the home, or StorageUnavailable."""
        setting.problems.raise_if_any()
        if setting.unread is not None:
            raise setting.unread
        world = world or World()
        self.setting, self.home = setting, setting.home
        self.clock, identifiers = world.clock, world.identifiers
        setting.agreements.told_by(self.clock.now)
        self.steady = world.steady or SteadyClock(self.clock.now)
        self.store = world.open_store(self.home, identifiers.unique, self.clock.now())
        if self.home.bucket is not None:
            self.store.keep_large_in(self.home.bucket)
        self.messages: StoredMessages = self.store.messages
        #: AEO operators of partners, and our own with what each partner holds of them.
        self.operators = StoredOperators(self.messages.database, self.messages.writer)
        self.own_operators = OwnOperators(self.messages.database, self.messages.writer)
        self.lists_out = ListsOut(self.messages.database, self.messages.writer)
        self.documents = StoredDocuments(self.messages.database, self.messages.writer)
        self.batches = StoredBatches(self.messages.database, self.messages.writer)
        self.versions = StoredVersions(self.messages.database, self.messages.writer)
        self.updates = StoredUpdates(self.messages.database, self.messages.writer)
        ladders = self._ladders = StoredLadders(self.messages.database, self.messages.writer)
        self.following = Following(
            *(self.documents, ladders, self.messages, self._deadlines, self.clock, self._wanted_by, self._over)
        )
        rules = setting.agreements.retention_rules(self.home.retention)
        self.keeping = Keeping(self.messages, self._rule_of, rules, self.clock, self._archive(identifiers))
        self.shelves = Shelves(self.messages.database, self.messages.writer)
        self.shelving = Shelving(self.shelves, self.home.classes, self.home.retention.evidence, self.keeping.now)
        #: Of the setting that is in force; swapped as a whole, so whoever handles a message reads it once.
        self.ports = Ports(
            *(setting.agreements, setting.keyring, self.messages, self.store.quarantine, self.clock, identifiers, self.home.host),
            steady=self.steady,
            chance=world.chance,
            calendar_of=setting.agreements.calendar,
            first_seen=Seen().first,
            passed=failpoint,
        )

    def _archive(self, identifiers: Identifiers) -> Archived | None:
        place = self.home.archive
        if place is None:
            return None
        # Loaded where somebody wants it, with whatever its bucket needs.
        from node.store.archive import Archive, place_of_archive

        return Archive(self.messages, place_of_archive(place), identifiers.unique)

    def _rule_of(self, partner: str, service: str, action: str) -> Rule:
        setting = self.setting
        return setting.agreements.retention(partner, service, action, setting.home.retention)

    def _deadlines(self, partner: str, type_id: str) -> Deadlines:
        return self.setting.agreements.deadlines(partner, type_id)

    def client_tls(self, partner: str) -> ssl.SSLContext:
        """The TLS context for calling a partner from now on."""
        return self.setting.client_tls(partner, self.clock.now())

    def take(self, setting: Setting) -> list[str]:
        """Put another setting in force between messages: what is under way ends with the one it began with.

        Returns what takes effect at the next start only. Raises ConfigurationError with every problem; then nothing has changed.
        """
        setting.problems.raise_if_any()
        if setting.unread is not None:
            raise setting.unread
        packs = self._packs_of(setting) if "checking" in self.__dict__ else None
        setting.agreements.told_by(self.clock.now)
        before, self.setting = self.setting, setting
        self.ports = replace(
            self.ports,
            agreements=setting.agreements,
            keyring=setting.keyring,
            calendar_of=setting.agreements.calendar,
            host=setting.home.host,
        )
        # Each is built anew when it is next asked for, by what is in force then.
        for name in (
            "origin",
            "batching",
            "noticing",
            "asking",
            "publishing",
            "on_file",
            "reconciling",
            "agreeing",
            "gatekeeping",
            "updating",
        ):
            self.__dict__.pop(name, None)
        if packs is not None:
            self.checking = self._checking(packs)
        retention = setting.home.retention
        self.keeping.renew(setting.agreements.retention_rules(retention))
        self.shelving.renew(setting.home.classes, retention.evidence)
        return list(at_next_start(before.home, setting.home))

    def _packs_of(self, setting: Setting) -> Packs:
        """The packs that lie there now; those in use where none was changed. Raises ConfigurationError."""
        if documents_of(setting.fingerprint) == documents_of(self.setting.fingerprint):
            return self.checking.packs
        # lxml keeps the names of all that one thread has read in one place: a thread of its own adds none to those of packs in use.
        with ThreadPoolExecutor(1, "packs") as fresh:
            return fresh.submit(open_packs, setting.home.folder, open_lists(setting.home.folder)).result()

    @classmethod
    def open(cls, folder: Path, passwords: Passwords = lambda name: None) -> "Node":
        """The node of a home."""
        return cls(Setting(folder, passwords))

    @functools.cached_property
    def checking(self) -> Checking:
        """The judge of documents in messages; packs are read when the first is judged. Raises ConfigurationError."""
        return self._checking(open_packs(self.home.folder, open_lists(self.home.folder)))

    def _checking(self, packs: Packs) -> Checking:
        replying = Replying(self.documents, self.operators, self.setting.arrangements)
        return Checking(
            *(packs, self.documents, self.operators, self.setting.agreements, self.setting.home.host, self._goes_out, replying),
            seal=self._seal,
            keep=self._keep_original,
            batched=self.batches.note,
            in_production=self._in_production,
        )

    def _in_production(self, partner: str) -> bool:
        return self.gatekeeping.in_production(partner)

    def _keep_original(self, octets: bytes) -> None:
        """Keep an interchange under its SHA-256, beside the document that was made of it; harmless when done twice."""
        folder = self.home.data / ORIGINALS
        file = folder / f"{hashlib.sha256(octets).hexdigest()}.edi"
        if file.exists():
            return
        folder.mkdir(exist_ok=True)
        growing = folder / f".{file.name}"
        growing.write_bytes(octets)
        sync(growing)
        growing.rename(file)
        sync(folder)

    def _seal(self, key: str, octets: bytes, at: datetime) -> bytes:
        # Loaded where somebody seals.
        from node.customs.seal.making import seal

        return seal(octets, self.setting.certificates.own[key], at)

    def _wanted_by(self, entry: Entry) -> Mapping[str, datetime]:
        """Until when a document of ours wants which step of its ladder."""
        definition = self.checking.packs.named(entry.about.type_id)
        if definition is None or not definition.deadlines:
            return {}
        try:
            return self.checking.wanted(entry, self.documents.octets(entry.id)).deadlines
        except (NoLongerThere, NotOnFile):
            return {}

    def _over(self, entry: Entry) -> Collection[str]:
        """The steps that nobody waits for once the life of a document of ours is over, as those of a notice that was withdrawn."""
        about = entry.about
        definition = self.checking.packs.named(about.type_id)
        if definition is None or not definition.deadlines:
            return ()
        over = is_over(about.type_id, about.number, about.issuer, self.checking.packs, self.documents)
        return tuple(definition.deadlines) if over else ()

    def _goes_out(self, message_id: str) -> bool:
        return self._state_of(message_id) is not None

    def check_sending(self, partner: str) -> None:
        """Whether messages to a partner can go out as the home is set up now. Raises ConfigurationError with every problem."""
        check_sending(self.setting, partner, self.clock.now())

    def submit(self, submission: Submission) -> Exchange:
        """Keep a message to be sent, its documents judged and registered; whoever serves this home sends it.

        Raises SubmissionError, StorageUnavailable.
        """
        announced = announce(submission, self.checking, self.ports)
        return submit(announced, self.ports)

    @functools.cached_property
    def agreeing(self) -> Agreeing:
        """How agreements come about and change."""
        return Agreeing(self.setting, self.versions, self.clock, self.ports.identifiers.unique)

    @functools.cached_property
    def updating(self) -> Updating:
        """Certificates that change by message."""
        return Updating(self.setting, self.updates, self.clock, self._submit_answer, self._was_submitted)

    def mark(self) -> str:
        """A text that changes whenever what was agreed has: another version, or an update that was accepted."""
        return f"{self.versions.mark()} {self.updates.mark()}"

    def update(self) -> int:
        """Send what is owed about updates, and end those that nobody answered; how many of both. Raises StorageUnavailable."""
        return self.updating.sweep()

    @functools.cached_property
    def gatekeeping(self) -> Gatekeeping:
        """The gates between an agreement and production."""
        nights = StoredNights(self.messages.database, self.messages.writer, self.documents)
        stores = (self.documents, self._ladders, nights, self.messages)
        return Gatekeeping(self.setting, self.versions, self.ports, *stores, lambda: self.checking.packs)

    @contextmanager
    def posting_directly(self) -> "Iterator[Callable[[Outgoing], HttpAnswer]]":
        """Posts single messages that nobody keeps, whether or not this home is served."""
        with asyncio.Runner() as runner, ThreadPoolExecutor(1, "post") as pool:

            async def make() -> HttpTransport:
                return HttpTransport(self.client_tls, pool)

            transport = runner.run(make())
            try:
                yield lambda outgoing: runner.run(transport.post(outgoing))
            finally:
                runner.run(transport.close())

    @functools.cached_property
    def rehearsing(self) -> Rehearsing:
        """Samples that are sent in a conformance campaign."""
        unique = self.ports.identifiers.unique
        return Rehearsing(self.checking, self.documents, self.submit, self._submit_answer, self.clock, unique, time.sleep)

    @functools.cached_property
    def origin(self) -> Origin:
        """What is sent about certificates of origin."""
        return Origin(self.documents, self.checking, self.ports.identifiers)

    @functools.cached_property
    def batching(self) -> Batching:
        """Many documents to one partner."""
        return Batching(self.checking, self.submit, self._goes_out, self.setting.home.host, self.clock)

    @functools.cached_property
    def noticing(self) -> Noticing:
        """Notices: what is sent, what came, and what was acknowledged."""
        lives = StoredLives(self.messages.database)
        return Noticing(
            *(self.documents, lives, self._ladders, self.checking, self.ports.identifiers),
            host=self.home.host,
            was_submitted=self._was_submitted,
            is_under_way=self._is_under_way,
        )

    @functools.cached_property
    def asking(self) -> Asking:
        """What partners are asked about their operators."""
        return Asking(self.checking, self.setting.arrangements, self.ports.identifiers)

    @functools.cached_property
    def publishing(self) -> Publishing:
        """Our own list, as it goes out to each partner."""
        return Publishing(
            *(
                self.own_operators,
                self.lists_out,
                self.documents,
                self._ladders,
                lambda: self.checking,
                self.setting.arrangements,
            ),
            *(self.submit, self._state_of, self.setting.home.host, self.ports.identifiers.unique),
        )

    def publish(self) -> int:
        """Tell each partner what is due of our own list; the number of messages. Raises StorageUnavailable."""
        return self.publishing.sweep(self.clock.now())

    def _was_submitted(self, message_id: str) -> bool:
        """Also when retention has removed it since."""
        return self._goes_out(message_id) or bool(self.messages.purged(message_id))

    def _state_of(self, message_id: str) -> OutboundState | None:
        exchange = self.messages.exchange(message_id)
        return exchange.state if exchange is not None else None

    @functools.cached_property
    def on_file(self) -> OnFile:
        """What people ask about certificates, consignments and manifests, and decide about documents that are held."""
        return OnFile(self.documents, self.messages, self.checking, self.clock)

    @functools.cached_property
    def reconciling(self) -> Reconciling:
        """What both sides have exchanged, night by night."""
        nights = StoredNights(self.messages.database, self.messages.writer, self.documents)
        return Reconciling(
            *(self.documents, self._ladders, self.messages, nights, self.checking, self.setting.agreements),
            *(self.setting.home.host, self.clock),
        )

    def reconcile(self) -> int:
        """Send the lists of nights that have ended, compare those that have come, and answer them; how many of both."""
        # Packs are read where somebody agreed on lists.
        done = self.reconciling.sweep() if reconciled(self.setting.agreements) else 0
        if done:
            self.answer()
        return done

    def answer_to(self, document_id: str, type_id: str) -> bytes | None:
        """The octets of the accepted document of a type that answers a document of ours; None as long as none came."""
        for entry in self.documents.correlated(document_id):
            if entry.about.type_id == type_id and entry.accepted:
                return self.documents.octets(entry.id)
        return None

    def answer(self) -> int:
        """Submit the answers that are owed for documents; the number of those that were. Raises StorageUnavailable."""
        return Answering(
            self.checking.packs, self.documents, self._submit_answer, self._goes_out, under_way=self._is_under_way
        ).sweep()

    def _is_under_way(self, message_id: str) -> bool:
        state = self._state_of(message_id)
        return state is not None and state not in OUTBOUND_ENDS

    def _submit_answer(self, submission: Submission) -> Exchange:
        pmode = self.ports.agreements.for_submission(submission.partner, submission.service, submission.action)
        # The MessageId of what it answers belongs to the second leg of an exchange, and to nothing else.
        return submit(submission if pmode.answers else replace(submission, ref_to_message_id=None), self.ports)

    def order(self, order: Intervention, message_ids: Sequence[str], why: str) -> Sequence[Ordered]:
        """Do what an operator wants with messages that we send; whoever serves this home notices."""
        return self.messages.order(order, message_ids, self.clock.now(), self.steady.now(), why)

    def payload(self, path: Path, media_type: str, name: str | None = None) -> Payload:
        """A payload whose octets lie in a file; they are copied when the message is submitted."""
        # A name is any octets to Linux; it is shown to people, so what is no UTF-8 is shown as such.
        shown = name or os.fsencode(path.name).decode("utf-8", "replace")
        return Payload(FileOctets(path, path.stat().st_size, durable=True), media_type, shown)

    def agreed_age(self, authority: str, programme: str) -> timedelta | None:
        """After which what we hold of a programme counts as old; None where nothing was agreed."""
        arrangement = self.setting.arrangements.with_authority(authority, programme)
        return arrangement.every if arrangement is not None else None

    def read_again(self) -> Setting:
        """What stands in the home's files now."""
        return Setting(self.home.folder, self.setting.passwords)

    def served(self) -> bool:
        """Whether some process serves this store now: on this home, or elsewhere on the same database."""
        return _is_locked(self.home.data / LOCK) or _served_elsewhere(self.messages)

    def sending(self) -> Mapping[str, Progress]:
        """How far the long sends are that another process has under way, by MessageId."""
        return read_progress(self.home.data / PROGRESS, self.clock.now().timestamp())

    def version(self) -> int:
        """A number that changes when another process has written into the store, and not when this one has."""
        return self.store.version()

    def recover(self, worker: str = "") -> None:
        """Take up what the last process left, and what others died with; only for a process that serves, before it begins to send."""
        shared = self.messages.database.shared
        # Only one process serves a home, so the one before is dead: nobody need wait until it no longer counts as alive.
        last = self.home.data / WORKER
        if shared and last.exists():
            self.messages.retire(last.read_text())
        last.write_text(worker)
        cut_off = self.messages.lapsed(self.clock.now()) if shared else self.messages.recover(self.clock.now())
        self.alive(worker)
        if cut_off:
            log.warning("%d attempts were cut off by the last stop; the same octets are sent again", cut_off)

    def alive(self, worker: str) -> None:
        """Whatever this worker has claimed stays its own for a while."""
        self.messages.alive(worker, f"{socket.gethostname()} process {os.getpid()}", self.clock.now())

    def close(self) -> None:
        """Finish what waits for the disk; harmless when called twice."""
        self.store.close()


def examine(folder: Path) -> Iterator[Finding]:
    """Every breach of a promise in the store of a home.

    Raises ConfigurationError where there is no store, or one of another version.
    """
    problems = Problems()
    home = load_home(folder, problems)
    problems.raise_if_any()
    # Asked first: what begins meanwhile is no breach.
    serving_here = _is_locked(home.data / LOCK)
    if serving_here and (held := read_in_force(home.data)):
        yield from held.findings()
    try:
        with snapshot(home.data, home.database, home.bucket) as messages:
            yield from _places(home, messages)
            yield from integrity(messages)
            yield from check(messages, Witness(SystemClock().now(), serving=serving_here or _served_elsewhere(messages)))
    except StoreUnreadable as error:
        yield unreadable(error)


@contextmanager
def looking(setting: Setting) -> Iterator[tuple[StoredMessages, Checking] | None]:
    """The store of a setting as it is now, for reading alone, with a judge of documents that registers none; None where there is no store yet.

    Raises ConfigurationError for a store of another version, and for packs that cannot be read; StorageUnavailable.
    """
    home = setting.home
    if not home.database and not (home.data / "node.db").is_file():
        yield None
        return
    with snapshot(home.data, home.database, home.bucket) as messages:
        documents = StoredDocuments(messages.database, messages.writer)
        operators = StoredOperators(messages.database, messages.writer)
        packs = open_packs(home.folder, open_lists(home.folder))
        replying = Replying(documents, operators, setting.arrangements)
        yield messages, Checking(packs, documents, operators, setting.agreements, home.host, lambda _: False, replying)


def _places(home: Home, messages: StoredMessages) -> Iterator[Finding]:
    """Whether the places outside the database can be written."""
    trouble = messages.files.trouble()
    if trouble:
        yield Finding("payloads", trouble, "node.toml store.payloads", "see docs/howto/keep-payloads-in-a-bucket.md")
    if home.archive is not None:
        from node.store.archive import place_of_archive

        trouble = place_of_archive(home.archive).trouble()
        if trouble:
            yield Finding("archive", trouble, "node.toml retention.archive", "until then retention removes nothing")


class Service:
    """A node that serves: `await start(node)`, then `run()` until `stop()`. Made, used and stopped on one event loop."""

    def __init__(self, node: Node) -> None:
        self.node = node
        limits = node.home.limits
        self._pool = ThreadPoolExecutor(limits.threads or (os.cpu_count() or 2) + 2, "as4")
        self._large = ThreadPoolExecutor(LARGE_AT_ONCE, "large")
        self._files = ThreadPoolExecutor(2, "files")
        #: A purge may take hours, and nobody waits for it.
        self._slow = ThreadPoolExecutor(1, "keeping")
        #: So may a night of many documents, and nobody waits for that either.
        self._nightly = ThreadPoolExecutor(1, "nightly")
        #: What was changed in files is taken in beside everything else.
        self._renewer = ThreadPoolExecutor(1, "renewing")
        #: A list of a hundred thousand takes a while, and what is urgent waits for no night.
        self._lists = ThreadPoolExecutor(1, "lists")
        #: An address of an authority may not answer for a while, and nobody waits for that either.
        self._fetching = ThreadPoolExecutor(1, "fetching")
        self._told_to_stop = asyncio.Event()
        self._lock = _lock(node.home.data / LOCK)
        try:
            self._build()
        except BaseException:
            self._release()
            raise

    def _build(self) -> None:
        node, listen = self.node, self.node.home.listen
        check_serving(node.setting, node.clock.now())
        transport = self._transport = HttpTransport(node.client_tls, self._files, connections=self._connections)
        #: Under this name the process claims what it sends; another start is another worker.
        self.worker = node.ports.identifiers.unique()
        loop = asyncio.get_running_loop()
        took = functools.partial(loop.call_soon_threadsafe, functools.partial(self._took, accepted=True))
        sending = Sending(node.messages, self._ports, node.steady, self.worker, took)
        # A pack that cannot be read stops the start, not the first document.
        _ = node.checking
        delivering = Delivering(
            *(node.messages, node.home.data, node.clock, self._duty("hand-over"), self._judge),
            answer=self._waking_legs(quietly(node.answer)),
            arrived=self._arrived,
        )
        self._heartbeat = Heartbeat(functools.partial(node.alive, self.worker))
        self.push = PushWorker(sending, transport, self._pool, per_partner=self._connections)
        for circuit in node.messages.circuits().values():
            self.push.reopen(circuit.partner, circuit.failures, circuit.why)
        self._waiting = Waiting(node.messages.waiting, self._files, node.home.limits.waiting)
        self.delivery = DeliveryWorker(delivering, self._files, handed=self._waiting.handed)
        limit, pulling = self._connections, Pulling(node.messages, self._ports, self._duty("pull"))
        self.post = PostWorker(Posting(node.messages, self._ports, self._duty("post")), transport, self._pool, per_partner=limit)
        self.pull = PullWorker(
            pulling,
            transport,
            self._large,
            channels_of(node.setting.agreements.to_pull()),
            took=lambda one: self._took(accepted=one.accepted),
            full=lambda: self._waiting.full,
        )
        running = asyncio.get_running_loop().time
        self._progress = ProgressFile(node.home.data / PROGRESS, transport.progress, self._files, running)
        self.second_legs = SecondLegs(lambda awaited: take_second_leg(awaited, node.ports), self._files, self.post.wake)
        self._watch = Watch(node.version, self._files, self.push.wake, self.delivery.wake, self.second_legs.wake)
        self._expiring = Expiring(lambda: endings(node.setting.certificates), node.clock)
        self.sweeps = [
            Sweep("missing receipts", OVERDUE_SECONDS, self._waking(sending.missing_receipts)),
            Sweep("given up after the horizon", EXPIRE_SECONDS, sending.expired),
            Sweep("lapsed leases", LAPSED_SECONDS, self._waking(sending.lapsed)),
            Sweep("certificates that end soon", EXPIRING_SECONDS, self._expiring.sweep),
            Sweep("versions of agreements that ended", EXPIRE_SECONDS, lambda: node.versions.settle(node.clock.now())),
            Sweep("packaged to be pulled", PACKAGE_SECONDS, pulling.packaged),
            Sweep("given up since nobody pulled them", EXPIRE_SECONDS, pulling.expired),
            Sweep("late steps of documents", LATE_SECONDS, node.following.sweep),
            Sweep("updates of certificates", UPDATE_SECONDS, self._waking(quietly(node.update))),
            Sweep("answers to documents", ANSWER_SECONDS, self._waking_legs(quietly(node.answer))),
        ]
        self._statistics = Statistics(node.messages.counts, node.clock)
        # Every process tells its own /status.
        self._counting = Sweeps(
            [Sweep("statistics", COUNT_SECONDS, self._statistics.refresh)] if listen.admin_port else [], self._files
        )
        self._keeping = Sweeps(
            [
                Sweep("removed by retention", RETENTION_SECONDS, node.keeping.sweep),
                Sweep("documents removed by retention", RETENTION_SECONDS, node.shelving.sweep),
                Sweep("payload files without a message", DAY_SECONDS, node.keeping.orphans),
            ],
            self._slow,
            mine=self._mine,
        )
        self._nights = Sweeps(
            [Sweep("nights reconciled", NIGHT_SECONDS, self._waking(node.reconcile))], self._nightly, mine=self._mine
        )
        self._publishing = Sweeps(
            [Sweep("lists of our own operators", PUBLISH_SECONDS, self._waking(node.publish))], self._lists, mine=self._mine
        )
        self._refresh(loop)
        self._sweeping = Sweeps(self.sweeps, self._files, sending.clock_was_set, mine=self._mine)
        self._endpoint = MshEndpoint(
            self._receive,
            node.store.quarantine.free_for,
            self._pool,
            self._large,
            path=listen.path,
            max_request=node.home.limits.request,
            answered=self._answered,
            full=lambda: self._waiting.full,
            second_leg=self.second_legs.answer,
        )
        tell_gaps(node.setting, node.clock.now())
        context = node.setting.server_tls(node.clock.now())
        listener = _bind(listen.host, listen.port, "listen.port")
        self.web = WebServer(self._endpoint, listener, context, graceful=PATIENCE, connections=node.home.limits.connections)
        self.admin = self._admin(listen.admin_port) if listen.admin_port else None

    def _refresh(self, loop: asyncio.AbstractEventLoop) -> None:
        """By each process, since what it brings lies in its own data folder."""
        node, wanted = self.node, self.node.home.revocation
        self._fetcher = PublicFetch(loop, allow_private=wanted.allow_private)
        refreshing = Refreshing(
            *(lambda: node.setting.certificates, node.setting.revocations, self._fetcher if wanted.fetch else None),
            *(node.clock, node.ports.chance),
        )
        self._refreshing = Sweeps([Sweep("revocation lists", REFRESH_SECONDS, refreshing.sweep)], self._fetching)

        self._renewing = Renewing(
            *(node.home.folder, node.home.data, node.clock, node.read_again, self._take, node.setting.fingerprint),
            versions=node.mark,
        )
        self._look_again_at = 0.0
        #: When the TLS of this home changes next by itself, and the loop that renews what uses it.
        self._loop, self._tls_until = loop, node.setting.tls_until(node.clock.now())
        # Each process has files of its own to look at.
        self._renewals = Sweeps([Sweep("changed files taken in", RENEW_SECONDS, self._renew)], self._renewer)

    def renew(self) -> None:
        """Read the files now, also those that a reference names outside of the home; from any thread."""
        self._renewer.submit(self._renew_now)

    def _renew_now(self) -> None:
        try:
            self._renewing.sweep(anyhow=True)
        except Exception:
            log.exception("changed files are not taken in; next try in %g s", RENEW_SECONDS)

    def _renew(self) -> int:
        began, done = self._loop.time(), 0
        if began >= self._look_again_at:
            done = self._renewing.sweep()
            if not self._renewing.has_read:
                # Of ten thousand partners a mere look takes a quarter of a second.
                self._look_again_at = self._loop.time() + LOOK_SHARE * (self._loop.time() - began)
        now = self.node.clock.now()
        if not done and self._tls_until is not None and now >= self._tls_until:
            log.info("another key speaks TLS from now on")
            self._renew_tls(self.node.setting, now)
        return done

    def _take(self, setting: Setting) -> list[str]:
        # Built first, so that a key that OpenSSL refuses changes nothing.
        now = self.node.clock.now()
        setting.problems.raise_if_any()
        try:
            setting.server_tls(now)
        except ssl.SSLError as error:
            refuse("node.toml", "listen.tls", f"TLS does not take this key: {error}", "put another one there")
        next_start = self.node.take(setting)
        tell_gaps(setting, now)
        self._renew_tls(setting, now)
        return next_start

    def _renew_tls(self, setting: Setting, now: datetime) -> None:
        self._tls_until = setting.tls_until(now)
        context = setting.server_tls(now) if self.node.home.listen.key else None
        asyncio.run_coroutine_threadsafe(self._renewed(context), self._loop).result(PATIENCE)

    async def _renewed(self, context: ssl.SSLContext | None) -> None:
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

    def _admin(self, port: int) -> WebServer:
        # Starlette is loaded only where somebody wants it.
        from node.web.admin import admin_app

        return WebServer(admin_app(self._ready, self._status), _bind("127.0.0.1", port, "listen.admin_port"), graceful=1)

    @property
    def address(self) -> str:
        """Where partners reach us."""
        host, port = self.web.address
        scheme = "https" if self.node.home.listen.key else "http"
        return f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}{self.node.home.listen.path}"

    async def run(self, started: Callable[["Service"], object] = lambda _: None) -> None:
        """Serve until `stop`; a worker that dies takes the node down, so that somebody notices."""
        self.node.recover(self.worker)
        servers = [self.web, *([self.admin] if self.admin else [])]
        tasks = [
            asyncio.create_task(one)
            for one in (
                *(s.serve() for s in servers),
                *(
                    self.push.run(),
                    self.delivery.run(),
                    self._watch.run(),
                    self._sweeping.run(),
                    self._keeping.run(),
                    self._nights.run(),
                    self._publishing.run(),
                    self._refreshing.run(),
                    self._counting.run(),
                    self._waiting.run(),
                    self._progress.run(),
                    self.post.run(),
                ),
                self.pull.run(),
                self._renewals.run(),
                # Where one process alone serves, nobody asks whether it is alive.
                *([self._heartbeat.run()] if self.node.messages.database.shared else []),
            )
        ]
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

    async def _wind_down(self, tasks: Sequence[asyncio.Task[None]]) -> None:
        log.info("stopping")
        self._endpoint.closing = True
        self.second_legs.stop()
        for server in (self.web, self.admin):
            if server:
                server.stop()
        self._watch.stop()
        self._sweeping.stop()
        self._keeping.stop()
        self._nights.stop()
        self._publishing.stop()
        self._refreshing.stop()
        self._fetcher.stop()
        self._counting.stop()
        self._renewals.stop()
        self.node.keeping.stop()
        self.node.shelving.stop()
        self.node.publishing.stop()
        self._waiting.stop()
        self._progress.stop()
        self.delivery.stop()
        await asyncio.gather(*(one.stop(PATIENCE) for one in (self.push, self.pull, self.post)))
        self._heartbeat.stop()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
        await self._transport.close()
        await asyncio.get_running_loop().run_in_executor(self._files, self._retire)
        self._release()
        for failure in ended:
            if isinstance(failure, BaseException):
                raise failure

    def _release(self) -> None:
        pools = (self._pool, self._large, self._files, self._slow, self._nightly, self._lists, self._fetching, self._renewer)
        for pool in pools:
            pool.shutdown(wait=False, cancel_futures=True)
        os.close(self._lock)

    def _retire(self) -> None:
        """Whatever is still claimed is free for others at once."""
        try:
            self.node.messages.retire(self.worker)
        except StorageUnavailable as error:
            log.warning("the store is not told that this process ends (%s); others take over in a while", error)

    def _mine(self, duty: str) -> bool:
        """Whether this process is the one of several that does it."""
        messages = self.node.messages
        # Where one process alone serves, there is nothing to ask.
        return not messages.database.shared or messages.take_duty(duty, self.worker)

    def _duty(self, duty: str) -> Callable[[], bool]:
        return functools.partial(self._mine, duty)

    def _waking(self, work: Callable[[], int]) -> Callable[[], int]:
        """A sweep after which there may be something to send."""

        def swept() -> int:
            done = work()
            if done:
                self.push.wake()
            return done

        return swept

    def _waking_legs(self, work: Callable[[], int]) -> Callable[[], int]:
        """As `_waking`; what there is to send may belong to a request that waits on its connection."""
        swept = self._waking(work)

        def answered() -> int:
            done = swept()
            if done:
                self.second_legs.wake()
            return done

        return answered

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
        return await asyncio.get_running_loop().run_in_executor(self._pool, _why_not_ready, self.node)

    async def _status(self) -> dict[str, Any]:
        loop = asyncio.get_running_loop()
        counts = await loop.run_in_executor(self._pool, self._statistics.latest)
        workers = await loop.run_in_executor(self._pool, self.node.messages.workers)
        return {
            "party_ids": [one.value for one in self.node.setting.home.party_ids],
            "address": self.address,
            "sending": self._sending(),
            "certificates": self._expiring.document(),
            "setting": self._renewing.in_force.document(),
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


def tell_gaps(setting: Setting, now: datetime) -> None:
    """Log the times in which no certificate counts."""
    for gap in gaps_of(setting, now):
        log.warning("%s", gap)


def _why_not_ready(node: Node) -> str | None:
    if not node.store.quarantine.free_for(64 * 1024**2):
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


def _served_elsewhere(messages: StoredMessages) -> bool:
    return messages.database.shared and bool(messages.workers())


def _is_locked(path: Path) -> bool:
    try:
        os.close(_lock(path))
    except ConfigurationError:
        return True
    return False


def _lock(path: Path) -> int:
    """Only one process serves a home: it alone sends, and recovers what a dead one left."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        refuse(str(path), "", "another n2n serve runs on this home", "stop it first")
    return descriptor
