"""What every test may ask for: a clock, the parts that may be missing on a machine, and an honest count at the end."""

import logging
import os
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import pytest
from hypothesis import HealthCheck, settings

from tests.s3 import S3Server

ROOT = Path(__file__).parents[1]
NOTHING_SKIPPED = os.environ.get("N2N_NOTHING_SKIPPED") == "1"
MARK_OF_FIXTURE = {"shared": "shared", "postgres": "server", "require_java": "java", "peer": "java", "s3": "java"}

# A red build says something about the change, not about the dice: where nothing may be skipped the examples are fixed.
settings.register_profile(
    "house", deadline=None, max_examples=100, derandomize=NOTHING_SKIPPED, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("house")


class FixtureClock:
    """A clock that stands still until it is told to go on."""

    def __init__(self, at: datetime = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)) -> None:
        self._at = at

    def now(self) -> datetime:
        return self._at

    def advance(self, **by: float) -> None:
        """`clock.advance(minutes=5)`."""
        self._at += timedelta(**by)


@pytest.fixture(autouse=True)
def log_as_before() -> Iterator[None]:
    """A command that serves writes the log of this process to an error output that is closed after its test."""
    root, node = logging.getLogger(), logging.getLogger("node")
    handlers, levels = root.handlers[:], (root.level, node.level)
    yield
    root.handlers[:] = handlers
    root.setLevel(levels[0])
    node.setLevel(levels[1])


@pytest.fixture
def clock() -> FixtureClock:
    return FixtureClock()


def missing(reason: str) -> NoReturn:
    """Skip, since a part of the proof is not on this machine; fail where nothing may be skipped."""
    if NOTHING_SKIPPED:
        pytest.fail(f"missing: {reason}", pytrace=False)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Any]:
    """A PostgreSQL server of this test process."""
    try:
        from tests.postgres import Postgres, programs
    except ImportError as error:
        missing(f"psycopg cannot be loaded: {error}")
    if programs() is None:
        missing("no PostgreSQL server (Debian: apt install postgresql)")
    server = Postgres()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of third-party vectors and schemas beside the checkout."""
    folder = ROOT.parent / "shared"
    if not (folder / "vectors").is_dir():
        missing("no ../shared beside this checkout (third-party vectors)")
    return folder


@pytest.fixture(scope="session")
def require() -> Callable[[str], str]:
    """`require("openssl")` is the path of a program."""

    def path_of(program: str) -> str:
        return shutil.which(program) or missing(f"no {program} on this machine")

    return path_of


@pytest.fixture(scope="session")
def require_java(require: Callable[[str], str]) -> str:
    """The path of a Java that runs."""
    java = require("java")
    if subprocess.run([java, "-version"], capture_output=True, check=False).returncode != 0:
        missing("no Java that runs on this machine")
    return java


@pytest.fixture(scope="session")
def peer(require_java: str) -> Callable[[str], Path]:
    """`peer("phase4")` is the folder of a counterparty that was built."""

    def folder_of(name: str) -> Path:
        folder = ROOT / "tests" / "peers" / name
        if not list(folder.glob("target/*.jar")):
            missing(f"tests/peers/{name} is not built (mvn -f tests/peers/{name}/pom.xml package)")
        return folder

    return folder_of


@pytest.fixture
def s3(peer: Callable[[str], Path], tmp_path: Path) -> Iterator[S3Server]:
    """An S3 server of this test that runs."""
    server = S3Server(peer("s3proxy"), tmp_path / "s3")
    server.start()
    yield server
    server.kill()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test that asks for a part carries the mark of that part."""
    for item in items:
        for fixture in getattr(item, "fixturenames", ()):
            if fixture in MARK_OF_FIXTURE:
                item.add_marker(MARK_OF_FIXTURE[fixture])


def reason_of(report: pytest.TestReport | pytest.CollectReport) -> str:
    if hasattr(report, "wasxfail"):
        return f"expected to fail: {report.wasxfail}"
    longrepr = report.longrepr
    return str(longrepr[2] if isinstance(longrepr, tuple) else longrepr).removeprefix("Skipped: ")


Report = TypeVar("Report", pytest.TestReport, pytest.CollectReport)


def refuse_skip(report: Report) -> Report:
    if NOTHING_SKIPPED and report.skipped and not hasattr(report, "wasxfail"):
        report.longrepr = f"nothing may be skipped here: {reason_of(report)}"
        report.outcome = "failed"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    return refuse_skip((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    return refuse_skip((yield))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--tally", metavar="FILE", help="write the numbers of passed, failed and skipped tests to FILE")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Group what was skipped by its reason, and leave the numbers for ./check."""
    stats = terminalreporter.stats
    unproven = stats.get("skipped", []) + stats.get("xfailed", [])
    if unproven:
        terminalreporter.section("skipped")
        for reason, count in Counter(map(reason_of, unproven)).most_common():
            terminalreporter.write_line(f"{count:5} {reason}")
    if config.option.tally:
        failed = len(stats.get("failed", [])) + len(stats.get("error", []))
        Path(config.option.tally).write_text(f"{len(stats.get('passed', []))} {failed} {len(unproven)}\n")


@pytest.fixture
def document(tmp_path: Path) -> Path:
    path = tmp_path / "certificate.xml"
    path.write_text("<certificate>產地證明書</certificate>" * 20, "utf-8")
    return path


@pytest.fixture
def taiwan(tmp_path: Path) -> Iterator[Any]:
    """The node of TW, which exchanges every type of document with KR; seals are not judged."""
    from node.app import Node
    from tests.customs_pair import make_customs_pair

    node = Node.open(make_customs_pair(tmp_path)[0].folder)
    yield node
    node.close()
