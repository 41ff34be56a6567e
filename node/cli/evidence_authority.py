"""`n2n evidence authority`: an authority for time on this machine, to try with what asking one is like."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from node.cli.invocation import Json, show
from node.cli.problems import CommandFailed, ExitCode

if TYPE_CHECKING:
    from node.keyring.demo_stamps import DemoTimestampAuthority

#: By whom it is trusted: the file that a node puts into certs/trust.
ANCHOR = "demo-time.pem"
_KEY = "key.pem"
_OWN = "tsa.pem"
_Made = TypeVar("_Made")


def register(group: typer.Typer) -> None:
    """Add the command."""
    group.command("authority")(authority)


def authority(
    folder: Annotated[
        Path, typer.Option("--dir", metavar="DIR", help="Where its key and certificates lie; made when it is not there.")
    ],
    port: Annotated[int, typer.Option(min=0, max=65535, help="Of 127.0.0.1; 0 for a free one.")] = 3161,
    _json: Json = False,
) -> None:
    """Give times over HTTP until Ctrl-C, for demos and tests: never for production, since whoever stamps himself proves nothing.

    Example: n2n evidence authority --dir demo-time --port 3161
    """
    import signal
    import sys
    from threading import Event

    from node.transport.stamp_server import stamping

    made, stopped = made_or_kept(folder), Event()
    # Also where it was started in the background, and Ctrl-C means nothing.
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stopped.set())
    try:
        with stamping(made, port) as url:
            anchor = folder / ANCHOR
            lines = [
                f"{url} gives times by the clock of this machine, until Ctrl-C",
                f"who trusts it: n2n cert add --trust {anchor}, and in node.toml",
                "  [evidence]",
                f'  time_stamp_authority = "{url}"',
                "  allow_private = true",
            ]
            show({"url": url, "anchor": str(anchor)}, lines)
            # Whoever reads it through a pipe waits for it.
            sys.stdout.flush()
            stopped.wait()
    except OSError as error:
        raise CommandFailed(
            ExitCode.UNREACHABLE, f"port {port}", error.strerror or str(error), "choose another: --port"
        ) from None


def made_or_kept(folder: Path) -> "DemoTimestampAuthority":
    """The authority of a folder; a new one for 30 days where there is none. Raises CommandFailed for a folder with something else in it."""
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    from node.clock import SystemClock
    from node.keyring.demo_authority import TIME, DemoAuthority
    from node.keyring.demo_stamps import DemoTimestampAuthority
    from node.security.certificates import load_certificates

    clock = SystemClock()
    if not (folder / ANCHOR).is_file():
        root = DemoAuthority(clock.now(), name=TIME)
        issued = root.issue("demo", "ecdsa", "time")
        folder.mkdir(parents=True, exist_ok=True)
        (folder / _KEY).touch(0o600)
        for name, octets in ((_KEY, issued.private_key), (_OWN, issued.certificate), (ANCHOR, root.certificate)):
            (folder / name).write_bytes(octets)
    own, above = (_read(folder / name, lambda octets: load_certificates(octets)[0]) for name in (_OWN, ANCHOR))
    key = _read(folder / _KEY, lambda octets: load_pem_private_key(octets, None))
    return DemoTimestampAuthority(key, own, clock.now, (above,))  # type: ignore[arg-type]


def _read(file: Path, made: Callable[[bytes], _Made]) -> _Made:
    try:
        return made(file.read_bytes())
    except ValueError:
        raise CommandFailed(
            ExitCode.CONFIGURATION, str(file), "holds no key or certificate", "take that folder away, or name another: --dir"
        ) from None
