"""Takes in what was changed in a home's files while the node runs; what has problems changes nothing and is told everywhere."""

import json
import logging
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from node.configuration import ConfigurationError, Problem
from node.fingerprint import Fingerprint, fingerprint
from node.home import NODE_TOML, Home
from node.msh.ports import Clock
from node.store.finding import Finding

#: Below the data folder: what the process that serves has in force, for whoever asks beside it.
FILE: Final = "setting.json"

log = logging.getLogger("node.renewing")


@dataclass(frozen=True, slots=True)
class InForce:
    """Since when the setting of a running node holds, what keeps a newer one from it, and what waits for the next start."""

    since: datetime
    problems: tuple[Problem, ...] = ()
    #: Since when the files have these problems.
    problems_since: datetime | None = None
    next_start: tuple[str, ...] = ()

    def document(self) -> dict[str, Any]:
        """As /status shows it."""
        return {
            "since": self.since.isoformat(),
            "problems": [str(one) for one in self.problems],
            "problems_since": self.problems_since.isoformat() if self.problems_since else None,
            "next_start": list(self.next_start),
        }

    def findings(self) -> Iterator[Finding]:
        """As n2n doctor tells it."""
        since = f"{self.problems_since:%Y-%m-%d %H:%M:%S}" if self.problems_since else ""
        for one in self.problems:
            what = f"{one.problem}; not taken in since {since}, and the setting of {self.since:%Y-%m-%d %H:%M:%S} stays in force"
            yield Finding("setting", what, f"{one.file}: {one.key}" if one.key else one.file, one.remedy or "correct it")
        for key in self.next_start:
            yield Finding("setting", "was changed, and takes effect at the next start", key, "restart n2n serve when it suits")


class Renewing:
    """Looks at the files every few seconds. `read` gives their whole setting, or raises ConfigurationError; `take` puts it in force."""

    def __init__(
        self,
        folder: Path,
        data: Path,
        clock: Clock,
        read: Callable[[], Any],
        take: Callable[[Any], Sequence[str]],
        seen: Fingerprint,
        *,
        versions: Callable[[], str] = str,
    ) -> None:
        """`take` gives the changes that hold at the next start only; `seen` are the files that the setting in force was read from.

        `versions` marks the versions of agreements that the store holds: another mark, and the setting is read anew.
        """
        self._folder, self._data, self._clock, self._read, self._take = folder, data, clock, read, take
        self._looking = threading.Lock()
        self._seen, self._versions = seen, versions
        #: What the last look found.
        self._last = seen
        self._mark = versions()
        #: Whether the last sweep did more than look, or the next one will.
        self.has_read = False
        self.in_force = InForce(clock.now())
        self._tell()

    def sweep(self, *, anyhow: bool = False) -> int:
        """Take in what was changed and has stood still since the last look, or `anyhow`; 1 when a new setting is in force now."""
        with self._looking:
            found, mark = fingerprint(self._folder), self._versions()
            changed, steady = found != self._seen, found == self._last
            self._last = found
            # A file that is being copied is a whole one to TOML at the end of any line, and a folder that is being replaced is not there for a moment.
            self.has_read = anyhow or changed or mark != self._mark
            if not self.has_read or (changed and not steady and not anyhow):
                return 0
            taken = self._renew(found)
            # What was refused is told once, and looked at again when something changes.
            self._mark = mark
            return int(taken)

    def _renew(self, found: Fingerprint) -> bool:
        now = self._clock.now()
        try:
            setting = self._read()
            # Somebody is still writing: what was read may be half of it.
            if fingerprint(self._folder) != found:
                return False
            next_start = tuple(self._take(setting))
        except ConfigurationError as error:
            if fingerprint(self._folder) != found:
                return False
            self._refuse(error.problems, now)
            self._seen = found
            return False
        self._seen = found
        self.in_force = InForce(now, next_start=next_start)
        self._tell()
        log.info("what was changed in %s is in force", self._folder)
        for one in next_start:
            log.warning("%s: takes effect at the next start", one)
        return True

    def _refuse(self, problems: tuple[Problem, ...], now: datetime) -> None:
        since = self.in_force.problems_since or now
        self.in_force = InForce(self.in_force.since, problems, since, self.in_force.next_start)
        self._tell()
        log.error(
            "what was changed in %s is not taken in, and the setting of %s stays in force: %d problems",
            *(self._folder, f"{self.in_force.since:%Y-%m-%d %H:%M:%S}", len(problems)),
        )
        for one in problems:
            log.error("%s", one)

    def _tell(self) -> None:
        """For `n2n doctor`, which is another process."""
        path = self._data / FILE
        growing = path.with_suffix(".part")
        document = {**self.in_force.document(), "problems": [asdict(one) for one in self.in_force.problems], "pid": os.getpid()}
        try:
            growing.write_text(json.dumps(document, ensure_ascii=False), "utf-8")
            growing.replace(path)
        except OSError as error:
            log.warning("%s is not written: %s", path, error)


def read_in_force(data: Path) -> InForce | None:
    """What the process that serves has in force; None where none has said so."""
    try:
        held = json.loads((data / FILE).read_text("utf-8"))
        since = held["problems_since"]
        return InForce(
            datetime.fromisoformat(held["since"]),
            tuple(Problem(**one) for one in held["problems"]),
            datetime.fromisoformat(since) if since else None,
            tuple(held["next_start"]),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def at_next_start(old: Home, new: Home) -> Iterator[str]:
    """What was changed in node.toml and cannot change while the node runs."""
    was, now = old.listen, new.listen
    changes: dict[str, tuple[object, object]] = {
        "listen.host": (was.host, now.host),
        "listen.port": (was.port, now.port),
        "listen.path": (was.path, now.path),
        "listen.admin_port": (was.admin_port, now.admin_port),
        "listen.tls": (was.key is None, now.key is None),
        "limits": (old.limits, new.limits),
        "store.folder": (old.data, new.data),
        "store.database": (old.database, new.database),
        "store.payloads": (old.bucket, new.bucket),
        "retention.archive": (old.archive, new.archive),
        "revocation": (old.revocation, new.revocation),
    }
    for key, (before, after) in changes.items():
        if before != after:
            yield f"{NODE_TOML}: {key}"
