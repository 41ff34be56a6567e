"""Facts about the store and about whoever serves it."""

import socket
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Final

from node.auditing import Auditing, place_of
from node.clock import SystemClock
from node.configuration import ConfigurationError, Problem
from node.doctor.facts import Proven, Serving, StoreFacts
from node.ebms.namespaces import TEST_SERVICE
from node.home import Home
from node.msh.ports import StorageUnavailable
from node.served import WORKER, is_locked
from node.store.condition import condition
from node.store.configured import StoredConfiguration
from node.store.evidence import Evidence
from node.store.messages import StoredMessages, snapshot
from node.store.pending import pending

#: Checkpoints that are counted at most.
_MOST: Final = 100_000


def gather_store(home: Home, now: datetime) -> StoreFacts:
    """The store as it is at this instant; nothing is written, and nothing made that is not there."""
    archive = _archive(home)
    if not home.database and not (home.data / "node.db").is_file():
        return StoreFacts(there=False, archive=archive)
    wal = home.data / "node.db-wal"
    size = wal.stat().st_size if wal.is_file() else 0
    try:
        with snapshot(home.data, home.database, home.bucket) as messages:
            return StoreFacts(
                condition(messages, now, TEST_SERVICE),
                wal=size,
                payloads=messages.files.trouble() or _missing(home),
                archive=archive,
                pending=pending(messages.database),
                untold=_untold(home, messages),
                proven=_proven(messages, home, now),
            )
    except ConfigurationError as error:
        return StoreFacts(trouble=error.problems, wal=size, archive=archive)
    except StorageUnavailable as error:
        place = getattr(error, "place", "store")
        what, remedy = getattr(error, "what", str(error)), getattr(error, "remedy", "")
        return StoreFacts(trouble=[Problem(place, "", what, remedy)], wal=size, archive=archive)


def _untold(home: Home, messages: StoredMessages) -> Sequence[str] | None:
    stored = StoredConfiguration(messages, place_of(home.folder, shared=messages.database.shared))
    # Nothing is written, so nobody is asked for a password.
    return Auditing(home.folder, home.data, stored, SystemClock(), str, lambda _name: None).untold()


def _proven(messages: StoredMessages, home: Home, now: datetime) -> Proven:
    evidence = Evidence(messages)
    last, size = evidence.last_stamped(), evidence.last_stamped_size()
    waiting = next(evidence.checkpoints(size), None)
    ending = evidence.ending(now + home.proofs.renew_before, _MOST)
    return Proven(
        stamped=last.at if last else None,
        waits_since=waiting.checkpoint.at if waiting else None,
        ending=len(ending),
        first_ending=ending[0] if ending else 0,
        ends=evidence.tokens(ending[0])[-1].ends_at if ending else None,
    )


def _missing(home: Home) -> str:
    folder = home.data / "payloads"
    return "" if folder.is_dir() else f"{folder} is not there"


def _archive(home: Home) -> str:
    if home.archive is None:
        return ""
    # Loaded where somebody wants it, with whatever its bucket needs.
    try:
        from node.store.archive import place_of_archive

        return place_of_archive(home.archive).trouble() or ""
    except (ConfigurationError, ImportError) as error:
        return str(error)


def gather_serving(home: Home) -> Serving:
    """Whether somebody serves this home, since when, and what is newer than that."""
    locked = is_locked(home.data)
    started = home.data / WORKER
    since = datetime.fromtimestamp(started.stat().st_mtime, UTC) if locked and started.is_file() else None
    changed = tuple(_newer(home, since)) if since else ()
    return Serving(locked, since, changed, {} if locked else dict(_ports(home)))


def _newer(home: Home, since: datetime) -> Iterator[str]:
    files = [home.folder / "node.toml", home.folder / "aeo.toml", *home.partners.glob("*/agreement.toml")]
    files += [one for kind in ("own", "partners", "trust") for one in (home.certs / kind).glob("*")]
    for path in sorted(files):
        if path.is_file() and path.suffix != ".md" and path.stat().st_mtime > since.timestamp():
            yield str(path.relative_to(home.folder))


def _ports(home: Home) -> Iterator[tuple[str, str]]:
    listen = home.listen
    for key, host, port in (("listen.port", listen.host, listen.port), ("listen.admin_port", "127.0.0.1", listen.admin_port)):
        # 0 is whatever is free, and for the second nowhere.
        if port and (why := taken(host, port)):
            yield key, f"cannot listen on {host} port {port}: {why}"


def taken(host: str, port: int) -> str:
    """Why nobody can listen there now; empty where one can."""
    try:
        family, kind, proto, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        with socket.socket(family, kind, proto) as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
            listener.listen()
    except OSError as error:
        return error.strerror or str(error)
    return ""
