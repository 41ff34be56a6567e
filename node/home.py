"""A node home: `node.toml`, `profiles/`, `partners/`, `certs/`, `data/`; read with every problem collected, written from plain text."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from importlib import resources
from pathlib import Path
from typing import Final

from node.bucket import Bucket, read_bucket
from node.configuration import Problems, Table, read_toml, refuse, toml
from node.ebms.message import PartyId
from node.msh.retention import STANDARD, PeriodError, Rule, read_period
from node.references import References, read_references
from node.retaining import read_classes, read_rule
from node.security.succession import KEEP, PURPOSES, NextKey, Succession

NODE_TOML: Final = "node.toml"
CLIENT_CERTIFICATES: Final = ("required", "optional", "none")


@dataclass(frozen=True, slots=True)
class Listen:
    """Where partners reach us. `key` names the own key of TLS; without it the node speaks plain HTTP, for a proxy on the same machine."""

    host: str = "127.0.0.1"
    port: int = 8443
    path: str = "/as4"
    key: str | None = None
    #: Files of certs/trust whose authorities issue the partners' TLS client certificates; those that agreements name count too.
    client_ca: tuple[str, ...] = ()
    #: required, optional or none.
    client_certificates: str = "required"
    minimum_tls: str = "1.2"
    #: Where health and status are told; 0 for nowhere.
    admin_port: int = 0

    def url(self, host: str, port: int) -> str:
        """How a partner calls the node at an address."""
        named = f"[{host}]" if ":" in host else host
        return f"{'https' if self.key else 'http'}://{named}:{port}{self.path}"


@dataclass(frozen=True, slots=True)
class NodeLimits:
    """Caps of the whole node; each agreement may set lower ones."""

    #: Octets of one HTTP request.
    request: int = 5 * 1024**3
    #: AS4 work at the same time; 0 for the number of cores.
    threads: int = 0
    connections: int = 500
    #: Accepted messages that may wait for the Consumer; beyond it partners are answered 503.
    waiting: int = 100_000


@dataclass(frozen=True, slots=True)
class Revocation:
    """`[revocation]`: whether lists and OCSP answers are fetched from the addresses that certificates name."""

    fetch: bool = True
    #: Whether such an address may lie inside of our own network.
    allow_private: bool = False


@dataclass(frozen=True, slots=True)
class Proofs:
    """`[evidence]`: how the log of evidence is made provable."""

    #: The key of certs/own that signs checkpoints; None for the one that signs messages.
    key: str | None = None
    #: The key of certs/own that seals bundles; None for the one that signs checkpoints.
    seal: str | None = None
    checkpoint: timedelta = timedelta(seconds=60)
    #: The addresses of authorities for time stamps, in the order in which they are asked.
    authorities: tuple[str, ...] = ()
    #: How long one of them is waited for.
    patience: timedelta = timedelta(seconds=15)
    #: Whether a second one, under another anchor, says the time as well.
    independent: bool = False
    #: Files of certs/trust that hold the anchors of authorities for time; empty for all.
    trust: tuple[str, ...] = ()
    #: Until when algorithms of time stamps are taken to be safe.
    ends: Mapping[str, datetime] = field(default_factory=dict)
    stamp: timedelta = timedelta(hours=1)
    renew_before: timedelta = timedelta(days=90)
    #: Whether the authority may lie inside of our own network.
    allow_private: bool = False


@dataclass(frozen=True, slots=True)
class Home:
    """One node's settings and the places of everything else."""

    folder: Path
    party_ids: tuple[PartyId, ...]
    #: Our role in every message; without it the initiator and responder roles of the profile hold.
    role: str | None
    #: Right-hand side of MessageIds and Content-IDs.
    host: str
    listen: Listen
    keys: Succession
    data: Path
    limits: NodeLimits
    #: Where large payloads lie; None for the data folder.
    bucket: Bucket | None = None
    #: How long is kept what; an agreement may say otherwise.
    retention: Rule = STANDARD
    #: How long the octets of documents of each class are kept in the register, by the names that packs give the classes; None for ever.
    classes: Mapping[str, timedelta | None] = field(default_factory=dict)
    #: Where goes what retention removes; None for nowhere.
    archive: Path | Bucket | None = None
    #: Where whoever makes backups of `data` puts them; for n2n doctor, which tells when the newest one is old.
    backups: Path | None = None
    #: The PostgreSQL database of the rows, as a URL without a password; empty for a SQLite file in `data`.
    database: str = ""
    revocation: Revocation = Revocation()
    time: References = field(default_factory=References)
    proofs: Proofs = Proofs()

    @property
    def partners(self) -> Path:
        return self.folder / "partners"

    @property
    def certs(self) -> Path:
        return self.folder / "certs"

    @property
    def presets(self) -> tuple[Path, ...]:
        """Where presets are looked for: the home's own, then those that came with the node."""
        return (self.folder / "profiles" / "messaging", shipped_profiles() / "messaging")


def shipped_profiles() -> Path:
    """The profiles that came with the node: inside the package, or beside it in a checkout."""
    package = Path(str(resources.files("node")))
    inside = package / "presets"
    return inside if inside.is_dir() else package.parent / "profiles"


# -- reading -----------------------------------------------------------------------------------------------------------


def load_home(folder: Path, problems: Problems | None = None) -> Home:
    """The settings of a home.

    Raises ConfigurationError with all problems, unless `problems` is given to collect them.
    """
    found = problems if problems is not None else Problems()
    top = Table(read_toml(folder / NODE_TOML, found, NODE_TOML), NODE_TOML, found)
    node, store = top.table("node"), top.table("store")
    backups = store.optional("backups")
    payloads, (rule, classes, archive) = store.text("payloads", "folder"), read_retention(top.table("retention"), folder)
    home = Home(
        folder=folder,
        party_ids=read_party_ids(node),
        role=node.optional("role"),
        host=read_host(node),
        listen=read_listen(top.table("listen")),
        keys=read_keys(top.table("keys")),
        data=folder / store.text("folder", "data"),
        limits=read_limits(top.table("limits")),
        bucket=read_bucket(store, "payloads", folder, payloads if payloads != "folder" else None),
        retention=rule,
        classes=classes,
        archive=archive,
        backups=folder / backups if backups else None,
        database=read_database(store),
        revocation=read_revocation(top.table("revocation")),
        time=read_references(top.table("time")),
        proofs=read_proofs(top.table("evidence")),
    )
    for table in (node, store, top):
        table.finish()
    if home.listen.key is None and home.listen.host not in ("127.0.0.1", "::1", "localhost"):
        found.add(NODE_TOML, "listen.tls", "is required: without TLS the node listens on this machine only", "name an own key")
    if problems is None:
        found.raise_if_any()
    return home


def read_party_ids(node: Table) -> tuple[PartyId, ...]:
    """`party_id` with `party_type`."""
    value = node.text("party_id", required=True)
    kind = node.optional("party_type")
    # spec: C 5.2.2.4
    if value and kind is None and ":" not in value:
        node.problem("party_type", f"is required, since {value!r} is no URI", "name the scheme of the party id")
    return (PartyId(value, kind),)


def read_host(node: Table) -> str:
    """The right-hand side of our identifiers: letters, digits, dots and hyphens."""
    host = node.text("host", required=True)
    if host and not all(c.isascii() and (c.isalnum() or c in ".-") for c in host):
        node.problem("host", f"must be a host name, is {host!r}", "letters, digits, dots and hyphens")
    return host


def read_listen(table: Table) -> Listen:
    """`[listen]`."""
    standard = Listen()
    listen = Listen(
        host=table.text("host", standard.host),
        port=table.integer("port", standard.port, 0, 65535),
        path=table.text("path", standard.path),
        key=table.optional("tls"),
        client_ca=table.texts("client_ca"),
        client_certificates=table.choice("client_certificates", standard.client_certificates, CLIENT_CERTIFICATES),
        minimum_tls=table.choice("minimum_tls", standard.minimum_tls, ("1.2", "1.3")),
        admin_port=table.integer("admin_port", standard.admin_port, 0, 65535),
    )
    if not listen.path.startswith("/"):
        table.problem("path", f"must begin with /, is {listen.path!r}")
    table.finish()
    return listen


def read_keys(table: Table) -> Succession:
    """`[keys]` with `[[keys.next]]`."""
    first = Succession(table.text("sign", "sign"), table.text("encrypt", "encrypt"), table.optional("tls"))
    keys = replace(first, following=read_next_keys(table, first), keep=read_keep(table))
    table.finish()
    return keys


def read_revocation(table: Table) -> Revocation:
    """`[revocation]`."""
    standard = Revocation()
    found = Revocation(table.boolean("fetch", standard.fetch), table.boolean("allow_private", standard.allow_private))
    table.finish()
    return found


def read_proofs(table: Table) -> Proofs:
    """`[evidence]`."""
    standard = Proofs()
    before, renew = table.optional("renew_before"), standard.renew_before
    try:
        # For ever would renew at every sweep.
        renew = (read_period(before) or renew) if before else renew
    except PeriodError as error:
        table.problem("renew_before", str(error))
    authorities = table.texts("time_stamp_authority")
    for one in authorities:
        if not one.startswith(("https://", "http://")):
            table.problem("time_stamp_authority", f"must be an http or https address, is {one!r}")
    independent = table.boolean("independent_time_stamps", standard.independent)
    if independent and len(set(authorities)) < 2:
        table.problem("independent_time_stamps", "needs two authorities", 'name both: time_stamp_authority = ["https://..", ..]')
    found = Proofs(
        key=table.optional("key"),
        seal=table.optional("seal"),
        checkpoint=timedelta(seconds=table.integer("checkpoint_seconds", 60, 1, 86_400)),
        authorities=authorities,
        patience=timedelta(seconds=table.integer("time_stamp_patience_seconds", 15, 1, 300)),
        independent=independent,
        trust=table.texts("time_stamp_trust"),
        ends=read_ends(table.table("algorithms_end")),
        stamp=timedelta(seconds=table.integer("time_stamp_seconds", 3600, 60, 30 * 86_400)),
        renew_before=renew,
        allow_private=table.boolean("allow_private", standard.allow_private),
    )
    table.finish()
    return found


def read_ends(table: Table) -> dict[str, datetime]:
    """`[evidence.algorithms_end]`: names of algorithms, each with an instant."""
    found = {name: table.instant(name) for name in table.values}
    return {name: at for name, at in found.items() if at is not None}


def read_next_keys(keys: Table, first: Succession) -> tuple[NextKey, ...]:
    """Which key follows when: never two of one purpose at the same time, and none for a purpose that has no first key."""
    found: list[NextKey] = []
    for table in keys.tables("next"):
        purpose = table.choice("purpose", "", ("", *PURPOSES))
        name, since = table.text("name", required=True), table.instant("from", required=True)
        table.finish()
        if not purpose:
            table.problem("purpose", "is required", f"one of {', '.join(PURPOSES)}")
        elif first.first(purpose) is None:
            table.problem("purpose", f"keys.{purpose} is not set, so there is nothing to follow", f"set keys.{purpose}")
        elif since and any(one.purpose == purpose and one.since == since for one in found):
            table.problem("from", f"two keys cannot begin to {purpose} at the same time", "choose another time")
        elif since and name:
            found.append(NextKey(purpose, name, since))
    return tuple(found)


def read_keep(table: Table) -> timedelta:
    """How long partners may still encrypt to a key after another has taken over."""
    said = table.optional("keep")
    try:
        return read_period(said) or timedelta(days=36_500) if said else KEEP
    except PeriodError as error:
        table.problem("keep", str(error))
        return KEEP


def read_database(store: Table) -> str:
    """`store.database`: a PostgreSQL URL; its password lies elsewhere, since this file is copied and shown."""
    url = store.text("database", "")
    if url and not url.startswith(("postgresql://", "postgres://")):
        # What stands there instead may hold a password, and is not repeated.
        store.problem("database", "must be a URL as postgresql://user@host/database", "leave it out for SQLite")
        return ""
    if ":" in url.partition("://")[2].rpartition("@")[0] or "password=" in url:
        store.problem(
            "database", "holds a password", "put it into ~/.pgpass of the node's user (chmod 600), or name a file by ?passfile="
        )
    return url


def read_limits(table: Table) -> NodeLimits:
    """`[limits]`."""
    standard = NodeLimits()
    limits = NodeLimits(
        request=table.integer("request", standard.request, 1),
        threads=table.integer("threads", standard.threads, 0, 1024),
        connections=table.integer("connections", standard.connections, 1, 100_000),
        waiting=table.integer("waiting", standard.waiting, 1),
    )
    table.finish()
    return limits


def read_retention(table: Table, folder: Path) -> tuple[Rule, Mapping[str, timedelta | None], Path | Bucket | None]:
    """`[retention]`: periods, those of classes of documents, and `archive` as a folder or a bucket with `[retention.s3]`."""
    rule, archive = read_rule(table, STANDARD), table.optional("archive")
    classes = read_classes(table.table("classes"))
    bucket = read_bucket(table, "archive", folder, archive if archive and "://" in archive else None)
    table.finish()
    return rule, classes, bucket or (folder / archive if archive else None)


# -- writing -----------------------------------------------------------------------------------------------------------

_NODE_TOML: Final = """\
# The settings of this node; every key is explained in docs/reference/node-toml.md.

[node]
party_id   = {party_id}
party_type = {party_type}
{role}host       = {host}                     # right-hand side of MessageIds and Content-IDs

[listen]
host = {listen_host}
port = {port}
path = "/as4"
{tls}
[keys]                                  # names of files in certs/own
sign    = "sign"
encrypt = "encrypt"
{tls_key}
[store]
folder = "data"
"""

_OWN_README: Final = """\
# Own keys

One file for each key: NAME.pem holds the private key, its certificate and the certificates above it; NAME.p12 the same as PKCS#12;
NAME.ref says where else it lies: `systemd-credential:`, `file:`, `env:` or `pkcs11:` (docs/reference/node-toml.md).
`node.toml` says which name signs, decrypts and speaks TLS. Only the owner may read these files (chmod 600), and none of them goes into git.
"""

_GITIGNORE: Final = """\
# Private keys and what passes through the node stay on this machine.
certs/own/*
!certs/own/README.md
data/
"""


def init_home(
    folder: Path,
    *,
    party_id: str,
    party_type: str,
    host: str,
    role: str | None = None,
    listen_host: str = "127.0.0.1",
    port: int = 8443,
    tls: bool = True,
    client_ca: Sequence[str] = (),
) -> None:
    """Write a new home without keys. Raises ConfigurationError when there is one already, or OSError."""
    path = folder / NODE_TOML
    if path.exists():
        refuse(str(path), "", "there is a node home already", "choose another folder")
    for name in ("profiles/messaging", "partners", "certs/own", "certs/partners", "certs/trust", "data"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    # Others read neither keys nor messages.
    for name in ("certs/own", "data"):
        (folder / name).chmod(0o700)
    (folder / "certs" / "own" / "README.md").write_text(_OWN_README, "utf-8")
    ignored = folder / ".gitignore"
    if not ignored.exists():
        ignored.write_text(_GITIGNORE, "utf-8")
    listen = (
        f'tls  = "tls"                            # the key of certs/own that this node shows to whoever calls\nclient_ca = {toml(list(client_ca))}\n'
        if tls
        else ""
    )
    text = _NODE_TOML.format(
        party_id=toml(party_id),
        party_type=toml(party_type),
        role=f"role       = {toml(role)}\n" if role else "",
        host=toml(host),
        listen_host=toml(listen_host),
        port=port,
        tls=listen,
        tls_key='tls     = "tls"                         # shown when this node calls a partner\n' if tls else "",
    )
    tomllib.loads(text)
    # Last, so that a home is complete when it is one.
    path.write_text(text, "utf-8")


def put_own_key(folder: Path, name: str, octets: bytes, suffix: str = ".pem") -> Path:
    """Write a private key into certs/own, readable by its owner alone. Raises ConfigurationError when the name is taken."""
    own = folder / "certs" / "own"
    for taken in (own / f"{name}{ending}" for ending in (".pem", ".p12", ".pfx", ".ref")):
        if taken.exists():
            refuse(str(taken), "", "there is a key of this name already", "choose another name, or move the old key away")
    path = own / f"{name}{suffix}"
    growing = own / f".{path.name}"
    growing.unlink(missing_ok=True)
    growing.touch(mode=0o600, exist_ok=False)
    growing.write_bytes(octets)
    # A node that runs sees all of it or nothing.
    growing.rename(path)
    return path


def put_certificate(folder: Path, kind: str, name: str, octets: bytes) -> Path:
    """Write a certificate in PEM or DER into certs/partners or certs/trust (`kind`). Raises ConfigurationError when the name holds another."""
    suffix = ".pem" if b"-----BEGIN" in octets else ".der"
    path = folder / "certs" / kind / f"{name}{suffix}"
    if path.exists() and path.read_bytes() != octets:
        refuse(str(path), "", "there is another certificate of this name", "choose another name")
    path.parent.mkdir(parents=True, exist_ok=True)
    growing = path.with_name(f".{path.name}")
    growing.write_bytes(octets)
    # A node that runs sees all of it or nothing.
    growing.rename(path)
    return path
