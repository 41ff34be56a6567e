"""A store that an older node has written is brought up to date, and nothing in it is lost."""

import gzip
import logging
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from node.configuration import ConfigurationError
from node.ebms.states import OutboundState
from node.store import prepared
from node.store.database import VERSION
from node.store.finding import Witness
from node.store.holding import Order
from node.store.invariants import check
from node.store.messages import database_of
from node.store.operators import StoredOperators
from node.store.postgres import Connection as Postgres

STORES = Path(__file__).with_name("stores")
OLD = sorted(int(path.name[1:-6]) for path in STORES.glob("v*.db.gz"))

#: What the database itself says of its tables, their columns in any order.
SHAPE = {
    "sqlite": "SELECT m.name, c.name, c.type, c.\"notnull\", c.dflt_value, c.pk FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table'",
    "postgres": "SELECT table_name, column_name, data_type, is_nullable, column_default, collation_name, is_identity FROM information_schema.columns"
    " WHERE table_schema = 'public'",
}
INDEXES = {
    "sqlite": "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL",
    "postgres": "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
}


@pytest.fixture
def kind(url):
    return "postgres" if url else "sqlite"


def connect(database, kind):
    """Before there are tables, nobody has a name among the writers."""
    return database.connect() if kind == "sqlite" else Postgres(database._url)


def shape(database, kind):
    with closing(connect(database, kind)) as connection:
        columns = sorted(map(repr, connection.execute(SHAPE[kind]).fetchall()))
        indexes = sorted(repr(row).replace("IF NOT EXISTS ", "") for row in connection.execute(INDEXES[kind]).fetchall())
        return columns, indexes


def older(database, kind, version):
    """Tables as a node of that version made them."""
    database.path.parent.mkdir(exist_ok=True) if kind == "sqlite" else None
    with closing(connect(database, kind)) as connection:
        connection.begin()
        for number in range(1, version + 1):
            connection.execute(getattr(prepared.MIGRATIONS[number], kind))
        library = "library" if version > 2 else "sqlite_version"
        connection.execute(f"INSERT INTO schema_version (id, version, created_at, {library}) VALUES (1, {version}, '', '')")
        connection.commit()


@pytest.mark.parametrize("version", range(1, VERSION))
def test_every_older_version_becomes_what_is_made_from_nothing(url, kind, version, tmp_path, postgres_or_none, a, caplog):
    fresh = database_of(tmp_path / "fresh", postgres_or_none.database() if url else "", "x")
    fresh.create(a.NOW)
    old = database_of(tmp_path / "old", url, "x")
    older(old, kind, version)
    with caplog.at_level(logging.WARNING):
        old.create(a.NOW)
        old.create(a.NOW)
    assert shape(old, kind) == shape(fresh, kind)
    assert len(caplog.records) == VERSION - version
    fresh.close()
    old.close()


@pytest.fixture
def postgres_or_none(request, url):
    return request.getfixturevalue("postgres") if url else None


def test_there_is_a_store_of_every_version_that_was_in_use():
    assert list(range(1, VERSION)) == OLD


@pytest.mark.parametrize("version", OLD)
@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_a_store_in_use_has_the_tables_that_its_version_made(kind, url, version, tmp_path):
    made = database_of(tmp_path / "made", url, "x")
    older(made, kind, version)
    used = database_of(tmp_path / "used", url, "x")
    used.path.parent.mkdir()
    used.path.write_bytes(gzip.decompress((STORES / f"v{version}.db.gz").read_bytes()))
    assert shape(used, kind)[0] == shape(made, kind)[0]


@pytest.mark.parametrize("version", [number for number in OLD if number > 3])
@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_operators_of_an_older_store_are_found(version, open_at, tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "node.db").write_bytes(gzip.decompress((STORES / f"v{version}.db.gz").read_bytes()))
    store = open_at()
    register = StoredOperators(store.messages.database, store.messages.writer)
    (programme, *_) = register.programmes()
    assert programme.sequence > 0
    assert register.totals(programme.sender, programme.programme)
    with closing(store.messages.database.connect()) as connection:
        keys = [row[0].split(" ")[0] for row in connection.execute("SELECT operator FROM aeo_operator").fetchall()]
    assert keys
    for tin in keys:
        assert register.find(tin, "TIN")[0].rows


@pytest.mark.parametrize("version", OLD)
@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_a_store_in_use_keeps_everything(version, open_at, tmp_path, a):
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "node.db").write_bytes(gzip.decompress((STORES / f"v{version}.db.gz").read_bytes()))
    messages = open_at().messages
    assert messages.counts() == {"outbound": {"ACKNOWLEDGED": 2, "SUBMITTED": 1}, "inbound": {"DELIVERED": 3}, "refused": {}}
    assert list(check(messages, Witness(a.NOW, serving=False))) == []
    late = a.NOW.replace(year=2027)
    (open_one,) = messages.claim("w1", 9, late)
    assert (open_one.priority, open_one.lease, open_one.state) == (5, 1, OutboundState.SUBMITTED)
    for line in messages.inbounds():
        (message,) = messages.inbound(line.message_id)
        assert a.read(message.receipt).count(b"NonRepudiationInformation")


def test_a_store_of_a_newer_node_is_refused_and_left_as_it_is(open_at, store):
    store.close()
    with closing(store.messages.database.connect()) as connection:
        connection.begin()
        connection.execute("UPDATE schema_version SET version = 99")
        connection.commit()
    with pytest.raises(ConfigurationError, match=r"schema_version: is 99, .* install the newer node again"):
        open_at()


@pytest.mark.server
def test_a_migration_that_fails_half_way_leaves_the_version_before(postgres, tmp_path, a, monkeypatch):
    url = postgres.database()
    old = database_of(tmp_path, url, "x")
    older(old, "postgres", 2)
    broken = prepared.MIGRATIONS[3]._replace(postgres=prepared.MIGRATIONS[3].postgres + "; SELECT 1 / 0")
    monkeypatch.setitem(prepared.MIGRATIONS, 3, broken)
    with pytest.raises(Exception, match="division by zero"):
        old.create(a.NOW)
    with closing(Postgres(url)) as connection:
        assert connection.execute("SELECT version FROM schema_version").fetchall() == [(2,)]
        assert connection.execute("SELECT count(*) FROM pg_tables WHERE tablename = 'worker'").fetchall() == [(0,)]
    monkeypatch.undo()
    old.create(a.NOW)
    old.close()


_OPEN = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from node import failpoints
from node.store.messages import open_store
failpoints.arm("migration.before_commit")
open_store(Path(sys.argv[1]), lambda: "x", datetime.now(UTC), url=sys.argv[2])
"""


@pytest.mark.parametrize("version", OLD)
def test_a_node_that_is_killed_in_the_middle_of_a_migration_leaves_the_store_as_it_was(url, kind, version, tmp_path, open_at, a):
    folder = tmp_path / "data"
    folder.mkdir()
    if kind == "sqlite":
        (folder / "node.db").write_bytes(gzip.decompress((STORES / f"v{version}.db.gz").read_bytes()))
    else:
        older(database_of(folder, url, "x"), kind, version)
    for _ in range(2):
        dead = subprocess.run([sys.executable, "-c", _OPEN, folder, url], cwd=STORES.parents[2], capture_output=True, check=False)
        assert dead.returncode == -9, dead.stderr
    messages = open_at().messages
    counts = messages.counts()
    assert counts["outbound"] == ({"ACKNOWLEDGED": 2, "SUBMITTED": 1} if kind == "sqlite" else {})
    assert list(check(messages, Witness(a.NOW, serving=False))) == []


def test_an_order_of_an_older_store_becomes_a_hold(url, kind, tmp_path, open_at, a):
    folder = tmp_path / "data"
    old = database_of(folder, url, "x")
    older(old, kind, 5)
    with closing(connect(old, kind)) as connection:
        connection.begin()
        names = (
            "message_id",
            "state",
            "partner",
            "pmode_id",
            "service",
            "action",
            "conversation_id",
            "submitted_at",
            "changed_at",
        )
        for number, why in ((1, "court file 12"), (2, "")):
            connection.execute(
                f"INSERT INTO exchange (id, {', '.join(names)}, attempts, header, kept_because) VALUES"
                f" ({number}, 'm{number}@h', 'ACKNOWLEDGED', {', '.join(repr('2026-11-24T08:00:00.000000Z') for _ in names[2:])}, 1, '{{}}', '{why}')"
            )
        connection.commit()
    old.close()
    messages = open_at().messages
    assert [messages.kept_because("out", number) for number in (1, 2)] == ["court file 12", ""]
    (hold,) = messages.holds()
    assert (hold.case_file, hold.why, hold.messages) == ("", "court file 12", 1)
    assert messages.place_hold(Order("x", "Lin", "1", [("out", 2)]), a.NOW) == hold.number + 1
