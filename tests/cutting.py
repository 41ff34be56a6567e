"""A wire to PostgreSQL that can be cut at the COMMIT: before the server has heard it, or after it has done it and before the client knows."""

import socket
import threading
from contextlib import suppress
from pathlib import Path
from typing import Literal

#: A simple query of the protocol, as psycopg sends COMMIT.
COMMIT = b"COMMIT\0"
Cut = Literal["before", "after"]


class CuttingWire:
    """Listens on a socket of its own folder and passes everything on; `cut` takes effect once."""

    def __init__(self, folder: Path, server: Path) -> None:
        self.folder, self._server = folder, server
        self.cut: Cut | None = None
        #: While it is False nobody gets through.
        self.open = True
        self.cuts = 0
        folder.mkdir(exist_ok=True)
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(folder / ".s.PGSQL.5432"))
        self._listener.listen()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            if not self.open:
                client.close()
                continue
            server = socket.socket(socket.AF_UNIX)
            server.connect(str(self._server / ".s.PGSQL.5432"))
            threading.Thread(target=self._pass_on, args=(client, server), daemon=True).start()
            threading.Thread(target=_copy, args=(server, client), daemon=True).start()

    def _pass_on(self, client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError):
            while octets := client.recv(65536):
                if self.cut is None or COMMIT not in octets:
                    server.sendall(octets)
                    continue
                cut, self.cut = self.cut, None
                self.cuts += 1
                if cut == "after":
                    # The answer finds nobody any more.
                    client.shutdown(socket.SHUT_RDWR)
                    server.sendall(octets)
                    server.shutdown(socket.SHUT_WR)
                break
        _end(client)
        _end(server)

    def close(self) -> None:
        """Take no further connection."""
        self._listener.close()


def _copy(one: socket.socket, other: socket.socket) -> None:
    with suppress(OSError):
        while octets := one.recv(65536):
            other.sendall(octets)
    _end(other)


def _end(one: socket.socket) -> None:
    with suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
    one.close()
