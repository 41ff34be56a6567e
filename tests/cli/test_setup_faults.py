"""Wrong set-up is told before anything is sent: each of these ends as a configuration error, with no message on the wire and none in the store (ux.md goal 8)."""

import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from node.cli.problems import ExitCode
from node.store.sqlite import Connection
from tests.bars import startup
from tests.doctor import faults
from tests.doctor.homes import Home, copy, key, make_demo, pki

SUBMIT = ("submit", "--partner", "kr", "--type", "not.notice", "DOCUMENT")
PING = ("partner", "ping", "kr")
SERVE = ("serve",)
ADD = ("partner", "add", "jp", "--file", "AGREEMENT")
CHECK = ("partner", "check", "kr")


def trusting(seed: Callable[[Home], Any]) -> Callable[[Home], Any]:
    """The test's authority is among the anchors, so that nothing else is wrong."""
    return faults.trusted(seed)


def added(text: str, old: str = "", new: str = "") -> Callable[[Home], None]:
    """An agreement with Japan, wrong in one place."""

    def seed(home: Home) -> None:
        agreement = home.agreement.read_text("utf-8").partition("[documents]")[0].replace("KR-KCS", "JP-CUSTOMS")
        agreement = agreement.replace('tls     = ["kr-tls"]', "").replace("tw-kr", "tw-jp")
        assert old in agreement
        (home.folder.parent / "jp.toml").write_text(text + agreement.replace(old, new, 1), "utf-8")

    return seed


ROWS: list[tuple[str, Callable[[Home], Any], tuple[str, ...], str]] = [
    # what is to be sent
    ("our signing key has expired", trusting(faults.own("sign", days=-1)), SUBMIT, "certs/own/sign: sign: expired"),
    ("our signing key is not valid yet", trusting(faults.own("sign", begins=1)), PING, "is not valid before"),
    ("our signing key must not sign", trusting(faults.own("sign", use="enc")), SUBMIT, "keyUsage lacks digitalSignature"),
    ("our TLS key has expired", trusting(faults.own("tls", days=-1)), PING, "certs/own/tls: tls: expired"),
    ("we would encrypt to what has expired", trusting(faults.partner("kr-encrypt", use="enc", days=-1)), SUBMIT, "kr-encrypt"),
    ("we would encrypt to what nobody believes", faults.partner("kr-encrypt", use="enc", stranger=True), SUBMIT, "anchors"),
    ("we would encrypt to what must not be", trusting(faults.partner("kr-encrypt", use="sign")), PING, "keyAgreement"),
    ("no receipt could be believed", trusting(faults.partner("kr-sign", days=-1)), SUBMIT, "kr-sign"),
    ("the profile wants other keys", faults.agree("edelivery-as4-2.0-ecdsa", "edelivery-as4-1.15"), SUBMIT, "an RSA key"),
    ("two agreements claim the same message", faults.twice, SUBMIT, "agreed twice"),
    ("a name has no file", faults.agree('"kr-sign"', '"kr-sing"'), PING, "did you mean"),
    # what is to be served
    ("our signing key has expired, and we would serve", trusting(faults.own("sign", days=-1)), SERVE, "expired"),
    ("our TLS key must not speak TLS", trusting(faults.own("tls", use="enc")), SERVE, "certs/own/tls: tls"),
    ("a port is taken", faults.taken_port, SERVE, "listen.port"),
    ("a password that everybody tries first", lambda home: faults.password(home, "changeit"), SERVE, "everybody tries first"),
    ("others may read a key", faults.mode("certs/own/sign.pem", 0o644), SERVE, "chmod 600"),
    ("a pack was edited", faults.edited_pack, SERVE, "has changed since it was made active"),
    ("the store is of a newer node", lambda home: home.sql("UPDATE schema_version SET version = 99"), SERVE, "schema_version"),
    (
        "the window is shorter than the retries",
        faults.more(
            '\n[leg.reception_awareness]\ndetect_duplicates_parameters = "window=1h"\nretry_parameters = "retries=9; period=1h"\n'
        ),
        SERVE,
        "shorter",
    ),
    # who is to be added
    (
        "a certificate that has expired is added",
        lambda home: (home.put_trust("test-ca", pki().ca), home.put_partner("kr-sign", key(days=-1)), added("")(home)),
        ADD,
        "expired on",
    ),
    ("a profile that nobody has", added("", "edelivery-as4-2.0-ecdsa", "edelivery-as4-9"), ADD, "edelivery-as4-9"),
    ("plain http through the world", added("", "https://127.0.0.1", "http://as4.example"), ADD, "must be https"),
    (
        "a zone that nobody knows",
        lambda home: (added("")(home), append(home, '\n[calendar]\ntime_zone = "Asia/Tokio"\n')),
        ADD,
        "Tokio",
    ),
]


def append(home: Home, text: str) -> None:
    path = home.folder.parent / "jp.toml"
    path.write_text(path.read_text("utf-8") + text, "utf-8")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return make_demo(tmp_path_factory.mktemp("demo") / "demo")


@pytest.fixture
def wire() -> Iterator[tuple[int, list[Any]]]:
    """The partner's port, and whoever connected to it."""
    called: list[Any] = []
    listener = socket.create_server(("127.0.0.1", 0))

    def take() -> None:
        while True:
            try:
                connection, address = listener.accept()
            except OSError:
                return
            called.append(address)
            connection.close()

    thread = threading.Thread(target=take, daemon=True)
    thread.start()
    yield listener.getsockname()[1], called
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join(5)


def exchanges(home: Home) -> int:
    with closing(Connection(home.folder / "data" / "node.db")) as connection:
        return int(connection.execute("SELECT count(*) FROM exchange").fetchone()[0])


def pointed(whole: Home, to: Path, port: int) -> Home:
    """A copy whose partner is at the wire's other end."""
    home = copy(whole, to)
    line = next(one for one in home.agreement.read_text("utf-8").splitlines() if one.startswith("url"))
    home.agree(line, f'url = "https://127.0.0.1:{port}/as4"')
    return home


@pytest.mark.parametrize(("seed", "words", "said"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_a_wrong_set_up_is_told_and_nothing_goes_out(
    n2n: Any, whole: Home, tmp_path: Path, wire: Any, document: Path, seed: Any, words: tuple[str, ...], said: str
) -> None:
    port, called = wire
    home = pointed(whole, tmp_path / "demo", port)
    held = seed(home)
    names = {"DOCUMENT": str(document), "AGREEMENT": str(tmp_path / "demo" / "jp.toml")}
    line = [names.get(one, one) for one in words]
    if words == SERVE:
        program = [sys.executable, "-P", "-c", startup.SERVE, str(home.folder), "text"]
        ended = subprocess.run(program, env={"PYTHONPATH": str(startup.ROOT)}, capture_output=True, text=True, timeout=60)
        code, err = ended.returncode, ended.stderr
    else:
        result = n2n("--home", home.folder, *line)
        code, err = result.code, result.err
    assert (code, said in err) == (ExitCode.CONFIGURATION, True), err
    # Each line says what to do.
    assert all(one.count(": ") >= 2 for one in err.splitlines() if one.startswith("error: "))
    assert called == []
    assert exchanges(home) == 0
    if hasattr(held, "close"):
        held.close()


def test_there_are_more_than_fifteen() -> None:
    assert len(ROWS) > 15


def test_without_a_fault_the_message_is_kept(n2n: Any, whole: Home, tmp_path: Path, wire: Any, document: Path) -> None:
    home = pointed(whole, tmp_path / "demo", wire[0])
    # It is no document of the type, which is not what is asked here.
    home.agree("[documents]", "[documents]\ncheck = false")
    ended = n2n("--home", home.folder, *(str(document) if one == "DOCUMENT" else one for one in SUBMIT))
    assert (ended.code, exchanges(home)) == (0, 1), ended.err


def test_a_check_tells_of_our_own_keys_too(n2n: Any, whole: Home, tmp_path: Path, wire: Any) -> None:
    home = pointed(whole, tmp_path / "demo", wire[0])
    assert n2n("--home", home.folder, *CHECK).code == 0
    faults.trusted(faults.own("sign", days=-1))(home)
    ended = n2n("--home", home.folder, *CHECK)
    assert (ended.code, "certs/own/sign: expired on" in ended.out) == (1, True)
