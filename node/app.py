"""Builds the whole node from its home, once: the only place that constructs adapters, and the only one that runs them together."""

import asyncio
import hashlib
import logging
import os
import socket
import ssl
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

from node.agreeing import Agreeing
from node.announcing import announce
from node.answering import Answering
from node.asked import built_when_asked
from node.asking import Asking
from node.auditing import Auditing, Order, place_of
from node.batching import Batching
from node.checking import Checking
from node.clock import RandomIdentifiers, SteadyClock, SystemClock, chance
from node.clocks import Clocks
from node.codelists import open_lists
from node.customs.checking.prior import NotOnFile
from node.customs.filing.filing import is_over
from node.customs.filing.on_file import NoLongerThere
from node.customs.filing.registration import Entry
from node.customs.ladder import Deadlines
from node.customs.packs.library import Packs
from node.durable import put
from node.ebms.states import OUTBOUND_ENDS, OutboundState
from node.failpoints import failpoint
from node.fingerprint import documents_of
from node.following import Following
from node.gatekeeping import Gatekeeping
from node.home import Home
from node.judging import Judging
from node.keeping import Archived, Keeping
from node.keyring.folder import Passwords
from node.library import open_packs
from node.measuring import FILE as TIME
from node.measuring import Inquiry, Measuring, remember
from node.msh.intervention import Intervention, Ordered
from node.msh.octets import HeldOctets
from node.msh.ports import Clock, Exchange, HttpAnswer, Identifiers, Outgoing, Ports, StorageUnavailable
from node.msh.retention import Rule
from node.msh.seen import Seen
from node.msh.submit import Payload, Submission, submit
from node.noticing import Noticing
from node.on_file import OnFile
from node.origin import Origin
from node.preflight import check_sending
from node.proof import Proof
from node.publishing import Publishing
from node.reconciling import Reconciling
from node.reconciling import partners as reconciled
from node.rehearsing import Rehearsing
from node.renewing import at_next_start
from node.replying import Replying
from node.responding import Responding
from node.served import WORKER, is_locked
from node.setting import Setting
from node.shelving import Shelving
from node.store.acts import Acts
from node.store.agreed import StoredVersions
from node.store.batches import StoredBatches
from node.store.configured import StoredConfiguration
from node.store.connection import Cursor
from node.store.documents import StoredDocuments
from node.store.evidence import Evidence
from node.store.files import FileOctets
from node.store.gates import StoredGates
from node.store.imported import Imports
from node.store.kept import piece_of
from node.store.ladders import StoredLadders
from node.store.lists_out import ListsOut
from node.store.lives import StoredLives
from node.store.messages import Store, StoredMessages, open_store
from node.store.nights import StoredNights
from node.store.operators import StoredOperators
from node.store.own_operators import OwnOperators
from node.store.people import Acted
from node.store.shelves import Shelves
from node.store.updates import StoredUpdates
from node.timekeeping.timekeeping import Timekeeping
from node.transport.client import HttpTransport
from node.transport.dates import read_date
from node.transport.ntp import NtpServers
from node.updating import Updating
from node.workers.progress import Progress, read_progress

#: Where interchanges lie that became documents, below the data folder.
ORIGINALS = "originals"
#: How far long sends are; written by the process that serves.
PROGRESS = "progress.json"
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
        #: Writes into the log of evidence what people do.
        self.acts = Acts(self.messages.entries)
        #: AEO operators of partners, and our own with what each partner holds of them.
        self.operators = StoredOperators(self.messages.database, self.messages.writer)
        self.own_operators = OwnOperators(self.messages.database, self.messages.writer)
        self.lists_out = ListsOut(self.messages.database, self.messages.writer)
        self.documents = StoredDocuments(self.messages.database, self.messages.writer)
        self.batches = StoredBatches(self.messages.database, self.messages.writer)
        self.versions = StoredVersions(self.messages.database, self.messages.writer, self.acts)
        self.gates = StoredGates(self.messages.database, self.messages.writer, self.acts)
        self.updates = StoredUpdates(self.messages.database, self.messages.writer, self.acts)
        ladders = self._ladders = StoredLadders(self.messages.database, self.messages.writer)
        self.following = Following(
            *(self.documents, ladders, self.messages, self._deadlines, self.clock, self._wanted_by, self._over)
        )
        #: What is known of this machine's clock and of partners'.
        self.timekeeping = Timekeeping(self.clock, self.steady.seconds, lambda: self.setting.home.time.max_age)
        if trouble := remember(self.home.data / TIME, self.timekeeping):
            log.warning("what was known of the clocks is not known any more: %s", trouble)
        #: Asks the references about this machine's clock, where it is served.
        self.measuring = Measuring(
            *(self.timekeeping, self.clocks, Inquiry(self.clock, NtpServers(self.clock, self.steady.seconds).ask)),
            *(self.steady.seconds, self.home.data / TIME),
        )
        #: The log of evidence, and those that were imported.
        self.evidence = Evidence(self.messages)
        self.imports = Imports(self.messages)
        self.proof = Proof(
            *(self.evidence, self.imports, self.documents, lambda: self.checking.packs, lambda: self.setting),
            *(self.clock, self.timekeeping.latest, self.home.host),
        )
        self.store.numbering.host = self.home.host
        self.messages.entries.clock = self.timekeeping.latest
        self.messages.entries.partner_clock = self.timekeeping.partner_facts
        #: Sees that the log tells of each change of this home's files.
        self.auditing = _auditing(self.home, self.store, self.clock, identifiers.unique, setting.passwords)
        self.auditing.look(setting.fingerprint)
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
            told_time=self.timekeeping.partners.hear_timestamp,
            passed=failpoint,
        )

    def clocks(self) -> Clocks:
        """What is known of all clocks, judged now."""
        return Clocks(self.timekeeping, self.setting.home.time, self.setting.agreements.max_apart, self.clock.now())

    def heard_date(self, partner: str, said: str, seconds: float) -> None:
        """The Date of a partner's answer that came now, to a request that began so many seconds ago."""
        date, now = read_date(said), self.clock.now()
        if date is not None:
            self.timekeeping.partners.hear_date(partner, date, now - timedelta(seconds=seconds), now)

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
        # Lists may be long, and the next to ask for them is the event loop.
        setting.revocations.read_already(self.setting.revocations)
        before, self.setting = self.setting, setting
        self.ports = replace(
            self.ports,
            agreements=setting.agreements,
            keyring=setting.keyring,
            calendar_of=setting.agreements.calendar,
            host=setting.home.host,
        )
        # Each is built anew when it is next asked for, by what is in force then.
        for name in [one for one in vars(self) if one != "checking" and _is_built_when_asked(one)]:
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

    @built_when_asked
    def checking(self) -> Checking:
        """The judge of documents in messages; packs are read when the first is judged. Raises ConfigurationError."""
        return self._checking(open_packs(self.home.folder, open_lists(self.home.folder)))

    def _checking(self, packs: Packs) -> Checking:
        documents, operators, setting = self.documents, self.operators, self.setting
        judging = Judging(packs, documents, operators, setting.agreements, self._in_production)
        replying = Replying(documents, operators, setting.arrangements)
        responding = Responding(packs, judging, documents, replying, setting.home.host, self._seal)
        return Checking(
            *(packs, documents, operators, judging, responding),
            goes_out=self._goes_out,
            keep=self._keep_original,
            batched=self.batches.note,
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
        put(file, octets)

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
            return self.checking.judging.wanted(entry, self.documents.octets(entry.id)).deadlines
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

    @built_when_asked
    def agreeing(self) -> Agreeing:
        """How agreements come about and change."""
        return Agreeing(self.setting, self.versions, self.gates, self.clock, self.ports.identifiers.unique)

    @built_when_asked
    def updating(self) -> Updating:
        """Certificates that change by message."""
        return Updating(self.setting, self.updates, self.clock, self._submit_answer, self._was_submitted)

    def mark(self) -> str:
        """A text that changes whenever what was agreed has: another version, or an update that was accepted."""
        return f"{self.versions.mark()} {self.updates.mark()}"

    def update(self) -> int:
        """Send what is owed about updates, and end those that nobody answered; how many of both. Raises StorageUnavailable."""
        return self.updating.sweep()

    @built_when_asked
    def gatekeeping(self) -> Gatekeeping:
        """The gates between an agreement and production."""
        nights = StoredNights(self.messages.database, self.messages.writer, self.documents)
        stores = (self.documents, self._ladders, nights, self.messages)
        return Gatekeeping(self.setting, self.versions, self.gates, self.ports, *stores, lambda: self.checking.packs)

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

    @built_when_asked
    def rehearsing(self) -> Rehearsing:
        """Samples that are sent in a conformance campaign."""
        unique = self.ports.identifiers.unique
        return Rehearsing(self.checking, self.documents, self.submit, self._submit_answer, self.clock, unique, time.sleep)

    @built_when_asked
    def origin(self) -> Origin:
        """What is sent about certificates of origin."""
        return Origin(self.documents, self.checking, self.ports.identifiers)

    @built_when_asked
    def batching(self) -> Batching:
        """Many documents to one partner."""
        return Batching(self.checking, self.submit, self._goes_out, self.setting.home.host, self.clock)

    @built_when_asked
    def noticing(self) -> Noticing:
        """Notices: what is sent, what came, and what was acknowledged."""
        lives = StoredLives(self.messages.database)
        return Noticing(
            *(self.documents, lives, self._ladders, self.checking, self.ports.identifiers),
            host=self.home.host,
            was_submitted=self._was_submitted,
            is_under_way=self._is_under_way,
        )

    @built_when_asked
    def asking(self) -> Asking:
        """What partners are asked about their operators."""
        return Asking(self.checking, self.setting.arrangements, self.ports.identifiers)

    @built_when_asked
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

    @built_when_asked
    def on_file(self) -> OnFile:
        """What people ask about certificates, consignments and manifests, and decide about documents that are held."""
        return OnFile(self.documents, self.messages, self.checking, self.clock)

    @built_when_asked
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

    @contextmanager
    def ordered(self, order: Order) -> Iterator[None]:
        """Around what somebody orders of this node: the log tells of it in the first transaction that this makes, and of nothing where there is none. Raises StorageUnavailable."""
        about = {"order": self.ports.identifiers.unique(), **order.about}
        # Made here and not in the transaction: a large file becomes a payload, and passes through no row.
        taken = [piece_of(HeldOctets(one, hashlib.sha256(one).hexdigest()), self.messages.files) for one in order.taken]

        def act(cursor: Cursor) -> None:
            self.acts(cursor, Acted(order.who, self.clock.now(), order.why), order.what, about, taken)

        with self.messages.writer.riding(act) as was_written:
            try:
                yield
            except BaseException as error:
                if was_written():
                    self._failed(order, about, error)
                raise

    def _failed(self, order: Order, about: Mapping[str, str], error: BaseException) -> None:
        """What was ordered and written down did not come to its end."""
        facts = {"stage": "failed", "problem": str(error)[:500] or type(error).__name__}
        by = Acted(order.who, self.clock.now(), order.why)
        try:
            self.messages.writer.run(lambda cursor: self.acts(cursor, by, order.what, about, (), facts))
        except StorageUnavailable as trouble:
            log.warning("that an order failed is not written down: %s", trouble)

    def order(self, order: Intervention, message_ids: Sequence[str], why: str, who: str = "") -> Sequence[Ordered]:
        """Do what an operator wants with messages that we send; whoever serves this home notices."""
        return self.messages.order(order, message_ids, self.clock.now(), self.steady.now(), why, who)

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
        return is_locked(self.home.data) or self.messages.served()

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


def _auditing(home: Home, store: Store, clock: Clock, unique: Callable[[], str], passwords: Passwords) -> Auditing:
    stored = StoredConfiguration(store.messages, place_of(home.folder, shared=store.messages.database.shared))
    return Auditing(home.folder, home.data, stored, clock, unique, passwords)


@contextmanager
def auditing(home: Home, passwords: Passwords = lambda name: None) -> Iterator[Auditing]:
    """For commands that change files of a home, whether or not a node would start with them. Raises StorageUnavailable."""
    world = World()
    store = world.open_store(home, world.identifiers.unique, world.clock.now())
    store.numbering.host = home.host
    try:
        yield _auditing(home, store, world.clock, world.identifiers.unique, passwords)
    finally:
        store.close()


def _is_built_when_asked(name: str) -> bool:
    return isinstance(getattr(Node, name, None), built_when_asked)
