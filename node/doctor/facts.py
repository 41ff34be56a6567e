"""What the checks judge: everything about a home, its machine, its store and its partners that was found out before the first check is asked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from node.clocks import Clocks
from node.configuration import Problem
from node.customs.packs.library import Packs
from node.ebms.pmode import PMode
from node.setting import Setting
from node.store.condition import Condition
from node.store.pending import Pending
from node.vouching import Standing


@dataclass(frozen=True, slots=True)
class Versions:
    """The libraries at work."""

    python: tuple[int, ...]
    sqlite: str
    libxml2: tuple[int, ...]
    #: The OpenSSL that signs and encrypts, and the one that speaks TLS.
    openssl: tuple[int, ...]
    tls: tuple[int, ...]
    #: What the program asks for and does not find, or finds too old: distribution and what is wrong.
    #: None where the program runs from a checkout, which asks for nothing by itself.
    unmet: Mapping[str, str] | None = None
    #: Modules of the extras that cannot be loaded.
    absent: frozenset[str] = frozenset()
    #: What the cryptography at work cannot do of what was agreed: partner and algorithm, and why.
    unable: Mapping[str, str] = field(default_factory=dict)
    #: Time zones that agreements name and nobody knows.
    zones: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Machine:
    """What the machine gives. None where it does not tell."""

    free: int
    size: int
    free_inodes: int
    inodes: int
    memory: int | None = None
    umask: int = 0o022
    #: Whether something keeps the clock right.
    synchronised: bool | None = None
    #: How far the clock is from whoever keeps it right.
    offset: timedelta | None = None
    user: int = 0
    environment: Mapping[str, str] = field(default_factory=dict)
    #: Python's own switches for developers that are on.
    debug: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """One file or folder as the disk shows it; `name` as people know it below the home."""

    name: str
    mode: int
    owner: int
    is_folder: bool = False


@dataclass(frozen=True, slots=True)
class Places:
    """Files and folders of the home, and what cannot be written."""

    own: Sequence[Place] = ()
    data: Sequence[Place] = ()
    settings: Sequence[Place] = ()
    #: The folder that the node must write into, and why it cannot.
    closed: Mapping[str, str] = field(default_factory=dict)
    #: Folders of partners/, whether their agreements can be read or not.
    partners: int = 0
    #: How many files lie in the quarantine for more than a day.
    quarantine: int = 0
    #: Whose the home is.
    owner: int = 0
    #: Octets in the data folder.
    octets: int = 0
    #: The newest file in the folder of backups: how old it is; None where the folder holds none or cannot be read.
    backup: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Proven:
    """Which time a third side gave to the log of evidence."""

    #: The time of the first token over the newest checkpoint that has one.
    stamped: datetime | None = None
    #: Since when the oldest checkpoint behind it waits.
    waits_since: datetime | None = None
    #: How many checkpoints have a last token that ends soon; which is the first of them, and when that ends.
    ending: int = 0
    first_ending: int = 0
    ends: datetime | None = None


@dataclass(frozen=True, slots=True)
class StoreFacts:
    """The store as it was read, or why it cannot be read."""

    condition: Condition | None = None
    #: Where, what, and how to mend it; of a store that cannot be read.
    trouble: Sequence[Problem] = ()
    #: Whether there is one at all.
    there: bool = True
    wal: int = 0
    #: Why nothing can be written into the bucket of payloads, or into the archive.
    payloads: str = ""
    archive: str = ""
    #: Files that are not what the log of evidence says of them; None where it says nothing yet.
    untold: Sequence[str] | None = None
    #: Versions of agreements and updates by message.
    pending: Pending = field(default_factory=Pending)
    proven: Proven = Proven()


@dataclass(frozen=True, slots=True)
class Serving:
    """Whether somebody serves the home, and what has changed since."""

    locked: bool = False
    since: datetime | None = None
    #: Settings, agreements and certificates that are newer than the start.
    changed: Sequence[str] = ()
    #: Each port that the node wants and cannot have, with why: `listen.port`.
    ports: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reached:
    """What a partner's address answered."""

    #: Why it was not reached, at which step: name, tcp, tls.
    trouble: str = ""
    step: str = ""
    seconds: float = 0.0
    tls: str = ""
    cipher: str = ""
    #: Until when the certificate holds that it showed.
    until: datetime | None = None
    #: Whether it lets callers in who show no certificate; None where that was not asked.
    lets_anybody_in: bool | None = None
    #: How far its clock is from ours, by the Date of its answer; None where it tells none.
    clock: timedelta | None = None
    #: What came of the test message; empty where none was wanted.
    ping: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that is known."""

    now: datetime
    setting: Setting
    versions: Versions
    machine: Machine
    places: Places
    store: StoreFacts
    serving: Serving
    #: None where they cannot be read; then `pack_problems` says why.
    packs: Packs | None = None
    pack_problems: Sequence[Problem] = ()
    #: A home that n2n demo made: its certificates are for thirty days and for nobody else.
    demo: bool = False
    #: What was agreed with each partner, resolved.
    pmodes: Mapping[str, Sequence[PMode]] = field(default_factory=dict)
    #: What partners' certificates rest on, as far as lists and answers of their authorities lie here.
    standings: Sequence[Standing] = ()
    #: Why what authorities said cannot be read.
    revocations_trouble: str = ""
    #: Keys of ours whose certificate was taken back, and why; None where no list lies here.
    own_taken_back: Mapping[str, str] | None = None
    #: What the process that serves knows of the clocks; and why it is not all that was kept.
    clocks: Clocks | None = None
    clocks_trouble: str = ""
    #: By partner; None where nobody was to be asked.
    online: Mapping[str, Reached] | None = None

    @property
    def folder(self) -> Path:
        """The home."""
        return self.setting.home.folder
