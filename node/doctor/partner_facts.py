"""Facts about partners' addresses: each is called once with our certificate and once without, and asked nothing that it could refuse or keep."""

import socket
import ssl
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import SplitResult, urlsplit

from cryptography import x509

from node.configuration import ConfigurationError
from node.doctor.facts import Reached
from node.setting import Setting
from node.transport.dates import read_date

#: What each step may take.
PATIENCE: Final = 10.0
#: Partners that are called at a time.
AT_ONCE: Final = 16
#: Octets of an answer that are read: the head of it is wanted.
MOST: Final = 16_384


def reach_all(setting: Setting, now: datetime) -> Mapping[str, Reached]:
    """What the address of each partner answers; those that have none are left out."""
    named = {one.partner: one.url for one in setting.agreements.partners() if one.url}
    with ThreadPoolExecutor(AT_ONCE) as pool:
        found = pool.map(lambda name: reach(setting, name, named[name], now), named)
        return dict(zip(named, found, strict=True))


def reach(setting: Setting, partner: str, url: str, now: datetime) -> Reached:
    """One address: name, connection, TLS with our certificate, the head of an answer, and once more without our certificate."""
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    began = time.monotonic()
    try:
        socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        return Reached(f"{host}: {error.strerror or error}", "name")
    try:
        raw = socket.create_connection((host, port), PATIENCE)
    except OSError as error:
        return Reached(f"{host} port {port}: {error.strerror or error}", "tcp")
    with raw:
        if parts.scheme != "https":
            return _answered(raw, parts, began, now)
        try:
            context = setting.client_tls(partner, now)
            with context.wrap_socket(raw, server_hostname=host) as secured:
                found = _answered(secured, parts, began, now)
        except (OSError, ValueError, KeyError, ConfigurationError) as error:
            return Reached(f"{host} port {port}: {_said(error)}", "tls")
    return found if found.trouble else replace(found, lets_anybody_in=_lets_anybody_in(setting, partner, parts, now))


def _said(error: BaseException) -> str:
    return getattr(error, "verify_message", "") or getattr(error, "reason", "") or getattr(error, "strerror", "") or str(error)


def _answered(connection: socket.socket, parts: SplitResult, began: float, now: datetime) -> Reached:
    """The head of what a GET brings: an AS4 address refuses it, and tells its clock."""
    head = _head(connection, parts)
    seconds = time.monotonic() - began
    if not head:
        # In TLS 1.3 a server refuses the caller's certificate after the handshake.
        return Reached(
            "the connection was closed before anything was answered: our certificate may not be accepted", "tls", seconds
        )
    secured = connection if isinstance(connection, ssl.SSLSocket) else None
    shown = secured.getpeercert(binary_form=True) if secured else None
    cipher = secured.cipher() if secured else None
    return Reached(
        seconds=seconds,
        tls=(secured.version() or "") if secured else "",
        cipher=cipher[0] if cipher else "",
        until=x509.load_der_x509_certificate(shown).not_valid_after_utc if shown else None,
        clock=_clock(head, now + timedelta(seconds=seconds)),
    )


def _head(connection: socket.socket, parts: SplitResult) -> bytes:
    path = parts.path or "/"
    request = f"GET {path} HTTP/1.1\r\nHost: {parts.netloc}\r\nUser-Agent: customs-n2n-node\r\nConnection: close\r\n\r\n"
    found = b""
    try:
        connection.settimeout(PATIENCE)
        connection.sendall(request.encode("ascii", "ignore"))
        while b"\r\n\r\n" not in found and len(found) < MOST and (piece := connection.recv(4096)):
            found += piece
    except OSError:
        return b""
    return found


def _clock(head: bytes, now: datetime) -> timedelta | None:
    """How far the Date of an answer is from our clock; the header counts whole seconds."""
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"date":
            said = read_date(value.decode("ascii", "replace").strip())
            return None if said is None else said - now
    return None


def _lets_anybody_in(setting: Setting, partner: str, parts: SplitResult, now: datetime) -> bool | None:
    """Whether a caller without a certificate gets an answer; None where that cannot be found out."""
    try:
        context = setting.client_tls(partner, now, show=False)
        with (
            socket.create_connection((parts.hostname or "", parts.port or 443), PATIENCE) as raw,
            context.wrap_socket(raw, server_hostname=parts.hostname) as secured,
        ):
            return bool(_head(secured, parts))
    except ssl.SSLError:
        return False
    except OSError:
        return None
