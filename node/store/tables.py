"""The tables. Imported to prepare statements, to migrate and to query by hand, never by a node in service.

Instants are ISO 8601 text in UTC with microseconds, so that their order is the order of their text. Structured values are JSON in the
standard's own names (header_json.py). `direction` is `out` for an exchange of ours and `in` for a message received; `owner_id` is the id of its row.
"""

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

_OF_INBOUND = text("inbound_id IS NOT NULL")

#: What the purge looks for, so that it need not pass over ten years of evidence.
#: (`state || ''` keeps SQLite from taking the index of states, which has all ten years in it.)
EXCHANGE_PURGE = "payloads_removed_at IS NULL AND state || '' IN ('ACKNOWLEDGED', 'SENT', 'FAILED')"
#: What was acknowledged and still has the octets that went over the wire.
EXCHANGE_WIRED = "wire IS NOT NULL AND payloads_removed_at IS NULL AND state || '' = 'ACKNOWLEDGED'"
INBOUND_PURGE = "payloads_removed_at IS NULL AND state || '' IN ('ACCEPTED', 'DELIVERED')"
#: What is to be sent at a known time; an overdue receipt is found by its state.
_TO_SEND = text("due_at IS NOT NULL AND state != 'AWAITING_RECEIPT'")


class SchemaVersion(SQLModel, table=True):
    """Which shape the tables have; one row."""

    __tablename__ = "schema_version"

    id: int = Field(primary_key=True)
    version: int
    created_at: str
    #: The SQLite library, or the PostgreSQL server, with which this store was opened last.
    library: str


class ExchangeRow(SQLModel, table=True):
    """One outbound user message's journey."""

    __tablename__ = "exchange"
    __table_args__ = (
        Index("exchange_to_send", "partner", "priority", "due_at", "id", sqlite_where=_TO_SEND, postgresql_where=_TO_SEND),
        Index("exchange_state", "state", "id"),
        Index("exchange_purge", "changed_at", "id", sqlite_where=text(EXCHANGE_PURGE), postgresql_where=text(EXCHANGE_PURGE)),
        Index("exchange_wired", "changed_at", "id", sqlite_where=text(EXCHANGE_WIRED), postgresql_where=text(EXCHANGE_WIRED)),
        Index(
            "exchange_pulled", "state", "partner", "mpc", "id", sqlite_where=text("mpc != ''"), postgresql_where=text("mpc != ''")
        ),
    )

    id: int = Field(primary_key=True)
    message_id: str = Field(unique=True)
    state: str
    partner: str
    pmode_id: str
    service: str
    action: str
    conversation_id: str
    submitted_at: str
    changed_at: str
    #: When it is to be sent, or its receipt is overdue; NULL while nothing is to happen by itself.
    due_at: str | None
    #: Since it was submitted, or an operator asked for it to be sent again.
    attempts: int
    #: The eb:UserMessage.
    header: str
    content_type: str | None
    #: What the receipt must repeat.
    signed_references: str | None
    #: Where the segments of the HTTP body lie: a list of [octets id, size, sha256, file]; NULL again when a rule has removed them.
    wire: str | None
    #: 0 to 9; among what is due, the higher goes first.
    priority: int = Field(sa_column_kwargs={"server_default": "5"})
    #: An operator holds it back; `due_at` is NULL as long.
    held: bool = Field(sa_column_kwargs={"server_default": "0"})
    #: Why it waits, in words for an operator; empty while it simply waits for its turn.
    waits_for: str = Field(sa_column_kwargs={"server_default": ""})
    #: After this instant no further attempt is made; NULL before the first attempt.
    give_up_at: str | None
    #: The channel on which the partner pulls it; empty for what we push.
    mpc: str = Field(sa_column_kwargs={"server_default": ""})
    #: The fencing number: one more at every claim, and a worker with an older one can write nothing (INV-9).
    lease: int = Field(sa_column_kwargs={"server_default": "0"})
    #: The worker that has claimed it; the lease holds while that one is alive.
    leased_by: str | None
    #: Since when the octets of its payloads and of its wire body are no longer kept.
    payloads_removed_at: str | None
    #: The envelope as sent; NULL while the wire body holds it.
    envelope_id: int | None


class WorkerRow(SQLModel, table=True):
    """One process that serves."""

    __tablename__ = "worker"

    name: str = Field(primary_key=True)
    #: Machine and process, for an operator.
    place: str
    started_at: str
    #: By the clock of the database; where one process alone serves, later than any instant.
    alive_until: str


class WriterRow(SQLModel, table=True):
    """One process that writes into PostgreSQL, and the number of its last transaction: by it the outcome of a COMMIT is found out."""

    __tablename__ = "writer"

    name: str = Field(primary_key=True)
    number: int
    #: When it last began one, by the clock of the database.
    at: str


class DutyRow(SQLModel, table=True):
    """What one process at a time may do, such as a sweep."""

    __tablename__ = "duty"

    name: str = Field(primary_key=True)
    #: It may be taken over when this one is not alive.
    worker: str


class CircuitRow(SQLModel, table=True):
    """A partner that does not answer: no row while it does."""

    __tablename__ = "circuit"

    partner: str = Field(primary_key=True)
    opened_at: str
    #: When it is asked again, by one message.
    probe_at: str
    failures: int
    #: Why the last attempt failed.
    why: str


class InboundRow(SQLModel, table=True):
    """One user message that was verified and accepted."""

    __tablename__ = "inbound"
    __table_args__ = (
        UniqueConstraint("message_id", "from_party"),
        Index("inbound_state", "state", "test_service", "id"),
        Index("inbound_purge", "changed_at", "id", sqlite_where=text(INBOUND_PURGE), postgresql_where=text(INBOUND_PURGE)),
    )

    id: int = Field(primary_key=True)
    #: The party ids of eb:From, normalised.
    from_party: str
    message_id: str
    state: str
    partner: str
    pmode_id: str
    service: str
    action: str
    conversation_id: str
    received_at: str
    changed_at: str
    test_service: bool
    #: How often the same message came again.
    duplicates: int
    fingerprint: str
    signer_sha256: str | None
    peer_address: str
    peer_tls_sha256: str | None
    header: str
    #: The envelope holds what was signed, and the receipt repeats it.
    envelope_id: int
    receipt_id: int
    receipt_content_type: str
    #: How often the Consumer was offered it in vain, and when it is offered again.
    delivery_attempts: int = Field(sa_column_kwargs={"server_default": "0"})
    deliver_at: str | None
    #: Since when the octets of its payloads are no longer kept.
    payloads_removed_at: str | None


class SignalRow(SQLModel, table=True):
    """A receipt or an error of ours that goes out as a request of its own, and whether it has."""

    __tablename__ = "signal"
    __table_args__ = (
        Index("signal_due", "due_at", "id", sqlite_where=text("due_at IS NOT NULL"), postgresql_where=text("due_at IS NOT NULL")),
        Index("signal_inbound", "inbound_id", unique=True, sqlite_where=_OF_INBOUND, postgresql_where=_OF_INBOUND),
    )

    id: int = Field(primary_key=True)
    #: The message that a receipt is for; NULL for an error, whose message was not kept.
    inbound_id: int | None
    partner: str
    pmode_id: str
    #: The MessageId that it speaks of.
    about: str
    is_error: bool
    octets_id: int
    content_type: str
    since: str
    #: When it is to be posted; NULL once it was, or was given up.
    due_at: str | None
    attempts: int
    #: What the last attempt brought.
    detail: str


class PayloadRow(SQLModel, table=True):
    """One payload of an exchange (as submitted) or of an inbound message (as signed)."""

    __tablename__ = "payload"
    __table_args__ = {"sqlite_with_rowid": False}

    direction: str = Field(primary_key=True)
    owner_id: int = Field(primary_key=True)
    #: The place of its eb:PartInfo in the header.
    position: int = Field(primary_key=True)
    content_id: str
    media_type: str
    name: str | None
    compressed: bool
    inflated_size: int
    octets_id: int


class OctetsRow(SQLModel, table=True):
    """Octets: inline up to 256 KiB, else in a file of data/payloads or in a bucket; or no longer kept, with their size and hash alone."""

    __tablename__ = "octets"
    __table_args__ = (
        Index("octets_file", "file", sqlite_where=text("file IS NOT NULL"), postgresql_where=text("file IS NOT NULL")),
    )

    id: int = Field(primary_key=True)
    size: int
    #: In hexadecimal where it was computed anyway.
    sha256: str | None
    file: str | None
    content: bytes | None
    #: Since when they are no longer kept.
    removed_at: str | None
    #: How many lie there where they lie as gzip; size and hash are of the plain ones. NULL where they lie as they are.
    packed_size: int | None


class HistoryRow(SQLModel, table=True):
    """One step of one life: never changed, never removed before its owner."""

    __tablename__ = "history"
    __table_args__ = (Index("history_owner", "direction", "owner_id", "id"),)

    id: int = Field(primary_key=True)
    direction: str
    owner_id: int
    at: str
    from_state: str
    event: str
    to_state: str
    detail: str
    http_status: int | None
    error_code: str | None
    #: The answer that brought this step.
    answer_id: int | None
    answer_content_type: str | None


class RemovalRow(SQLModel, table=True):
    """A payload file or object that no row names any more and that is to be removed."""

    __tablename__ = "removal"

    file: str = Field(primary_key=True)
    #: When it may go; until then a row may name it again.
    due_at: str
    #: 1 while it is being removed: no row may name it before it is gone.
    going: int


class PurgedRow(SQLModel, table=True):
    """What is left of a message of which everything else was removed; never removed itself."""

    __tablename__ = "purged"
    __table_args__ = (Index("purged_message", "message_id", "direction", "from_party"),)

    id: int = Field(primary_key=True)
    direction: str
    message_id: str
    #: The party ids of eb:From, normalised; empty for what we sent.
    from_party: str
    partner: str
    service: str
    action: str
    state: str
    #: When it came in, or was submitted, and when it came to its end.
    began_at: str
    ended_at: str
    #: Tells the same message from another under its MessageId; empty for what we sent.
    fingerprint: str
    purged_at: str
    #: The rule that removed it.
    rule: str


class RefusalRow(SQLModel, table=True):
    """One refused request; the oldest rows give way to new ones."""

    __tablename__ = "refusal"

    id: int = Field(primary_key=True)
    at: str
    peer_address: str
    peer_tls_sha256: str | None
    partner: str | None
    size: int
    sha256: str
    error_code: str
    detail: str
    message_id: str | None
    nearest_pmode: str | None


class RefusedEnvelopeRow(SQLModel, table=True):
    """A ring of the last refused envelopes of known partners."""

    __tablename__ = "refused_envelope"

    slot: int = Field(primary_key=True)
    refusal_id: int
    content: bytes
