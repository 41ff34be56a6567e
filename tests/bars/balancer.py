"""One address for several nodes: each connection goes to the next one that takes it."""

import socket
import threading
from collections.abc import Sequence
from contextlib import suppress
from itertools import count


class Balancer:
    """Listens on `port` and passes everything on to one of `ports`, all on this machine."""

    def __init__(self, port: int, ports: Sequence[int]) -> None:
        self._ports, self._numbers = ports, count()
        self._listener = socket.create_server(("127.0.0.1", port))
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._join, args=(client,), daemon=True).start()

    def _join(self, client: socket.socket) -> None:
        first = next(self._numbers)
        for place in range(len(self._ports)):
            with suppress(OSError):
                node = socket.create_connection(("127.0.0.1", self._ports[(first + place) % len(self._ports)]), 2)
                node.settimeout(None)
                back = threading.Thread(target=_copy, args=(node, client), daemon=True)
                back.start()
                _copy(client, node)
                back.join()
                node.close()
                break
        client.close()

    def close(self) -> None:
        """Take no further connection."""
        self._listener.close()


def _copy(one: socket.socket, other: socket.socket) -> None:
    with suppress(OSError):
        while octets := one.recv(1 << 16):
            other.sendall(octets)
    for end in (one, other):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
