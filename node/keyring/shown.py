"""The certificate paths that partners showed us on TLS, in data/revocations/shown: no file of certs/ has them, and the sweep must know which lists they want."""

import logging
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from threading import Lock
from typing import Final

from node.durable import put
from node.security.certificates import Certificate, CertificateRefused, load_certificates

#: How often it is noted that a path is still shown.
NOTED: Final = timedelta(hours=6)
#: A path that nobody has shown for so long wants no list any more.
KEPT: Final = timedelta(days=30)
#: Paths at most; those that were shown last stay.
MOST: Final = 2000

log = logging.getLogger("node.keyring.shown")

#: A path, the certificate that was shown first.
ShownPath = tuple[Certificate, ...]


class Shown:
    """A file for each certificate that was shown, by its SHA-256, with the path above it; its time is when it was shown last."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = Lock()
        self._noted: dict[str, tuple[ShownPath, datetime]] = {}
        self._read: dict[str, tuple[tuple[int, int], ShownPath]] = {}

    def remember(self, path: ShownPath, now: datetime) -> None:
        """Note that a path was shown. Raises OSError."""
        key = path[0].sha256
        with self._lock:
            noted = self._noted.get(key)
            if noted is not None and noted[0] == path and timedelta(0) <= now - noted[1] < NOTED:
                return
            self._write(self._folder / f"{key}.pem", path, now)
            self._noted[key] = path, now

    def paths(self) -> Sequence[ShownPath]:
        """Every path that is remembered."""
        return list(self._paths())

    def forget(self, now: datetime) -> int:
        """Drop what nobody shows any more; how many paths. Raises OSError."""
        ages = sorted(((file.stat().st_mtime, file) for file in self._files()), reverse=True)
        gone = [file for number, (at, file) in enumerate(ages) if number >= MOST or at < (now - KEPT).timestamp()]
        with self._lock:
            for file in gone:
                file.unlink(missing_ok=True)
                self._noted.pop(file.stem, None)
                self._read.pop(file.name, None)
        return len(gone)

    def _paths(self) -> Iterator[ShownPath]:
        for file in self._files():
            try:
                found = file.stat()
                stamp = found.st_mtime_ns, found.st_size
                held = self._read.get(file.name)
                if held is None or held[0] != stamp:
                    held = self._read[file.name] = stamp, tuple(load_certificates(file.read_bytes()))
            except FileNotFoundError:
                continue
            except (OSError, CertificateRefused) as error:
                log.error(
                    "data/revocations/shown/%s cannot be read (%s); it is written again when it is shown again", file.name, error
                )
                continue
            yield held[1]

    def _files(self) -> list[Path]:
        return sorted(self._folder.glob("*.pem"))

    def _write(self, file: Path, path: ShownPath, now: datetime) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        put(file, b"".join(one.pem() for one in path), now)
