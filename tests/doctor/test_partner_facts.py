"""Partners' addresses are called: real servers, each with its own fault."""

import asyncio
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from node.doctor.partner_facts import reach, reach_all
from node.setting import Setting
from tests.doctor.homes import NOW, Home, key
from tests.homes import make_pair
from tests.services import serving

WELL = b"HTTP/1.1 405 Method Not Allowed\r\nDate: Sat, 28 Nov 2026 10:00:00 GMT\r\nContent-Length: 0\r\n\r\n"


@contextmanager
def server(answer: bytes, context: ssl.SSLContext | None = None) -> Iterator[int]:
    """Answers each connection with these octets."""
    listener = socket.create_server(("127.0.0.1", 0))

    def answer_all() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            try:
                with context.wrap_socket(connection, server_side=True) if context else connection as one:
                    one.recv(4096)
                    one.sendall(answer)
            except OSError:
                continue

    thread = threading.Thread(target=answer_all, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)


def speaking_tls(setting: Setting, *, wanted: bool = True) -> ssl.SSLContext:
    context = setting.server_tls(datetime.now(UTC))
    assert context is not None
    context.verify_mode = ssl.CERT_REQUIRED if wanted else ssl.CERT_NONE
    return context


def called(home: Home, port: int, scheme: str = "https") -> Any:
    return reach(Setting(home.folder), "kr", f"{scheme}://127.0.0.1:{port}/as4", NOW)


def test_a_partner_that_asks_for_certificates_is_well(home: Home) -> None:
    with server(WELL, speaking_tls(Setting(home.folder))) as port:
        found = called(home, port)
    assert (found.trouble, found.tls, found.lets_anybody_in) == ("", "TLSv1.3", False)
    assert found.until is not None
    assert found.clock is not None
    assert abs(found.clock - (datetime(2026, 11, 28, 10, tzinfo=UTC) - NOW)).total_seconds() < 60


def test_one_that_lets_anybody_in_is_told(home: Home) -> None:
    with server(WELL, speaking_tls(Setting(home.folder), wanted=False)) as port:
        assert called(home, port).lets_anybody_in is True


def test_a_name_that_nobody_knows_and_a_port_that_is_closed(home: Home) -> None:
    setting = Setting(home.folder)
    assert reach(setting, "kr", "https://no-such-host.invalid/as4", NOW).step == "name"
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert called(home, port).step == "tcp"


def test_a_server_of_an_unknown_authority_is_not_believed(home: Home, tmp_path: Path) -> None:
    home.put_own("tls", key(stranger=True))
    strange = speaking_tls(Setting(home.folder), wanted=False)
    with server(WELL, strange) as port:
        found = called(home, port)
    assert (found.step, "unable to get" in found.trouble or "unknown" in found.trouble) == ("tls", True), found.trouble


def test_what_speaks_no_tls_or_says_nothing_is_told(home: Home) -> None:
    with server(b"SSH-2.0-garbage\r\n") as port:
        assert called(home, port).step == "tls"
    with server(b"", speaking_tls(Setting(home.folder))) as port:
        found = called(home, port)
    assert (found.step, "closed before" in found.trouble) == ("tls", True)


def test_plain_http_has_no_certificate_and_a_clock(home: Home) -> None:
    with server(WELL) as port:
        found = called(home, port, "http")
    assert (found.trouble, found.tls, found.until, found.lets_anybody_in) == ("", "", None, None)
    assert found.clock is not None
    with server(WELL.replace(b"Date", b"Dote")) as port:
        assert called(home, port, "http").clock is None
    with server(WELL.replace(b"Sat, 28 Nov", b"nonsense")) as port:
        assert called(home, port, "http").clock is None


def test_a_whole_node_is_reached(tmp_path: Path) -> None:
    tw, kr = make_pair(tmp_path)

    async def story() -> Any:
        async with serving(kr):
            return await asyncio.to_thread(reach_all, Setting(tw.folder), datetime.now(UTC))

    found = asyncio.run(story())
    assert found["kr"].trouble == ""
    assert found["kr"].lets_anybody_in is False


@pytest.mark.parametrize("url", ["", 'url = "https://localhost/as4"\n'])
def test_who_has_no_address_is_left_out(home: Home, url: str) -> None:
    text = home.agreement.read_text("utf-8")
    line = next(one for one in text.splitlines(keepends=True) if one.startswith("url"))
    home.agreement.write_text(text.replace(line, url), "utf-8")
    found = reach_all(Setting(home.folder), NOW)
    # An agreement that lacks it is not one.
    assert len(found) == bool(url)
