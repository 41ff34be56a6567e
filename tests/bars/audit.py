"""A thousand edits, deletions, moves and truncations of the log of evidence, each in a store of its own: each is found, at its number."""

import os
import random
import re
import shutil
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from node.store.finding import Finding
from node.store.log_audit import audit
from node.store.messages import snapshot
from tests.bars.bar import Outcome, main
from tests.logged import fill

#: Messages of the log: two entries each, and some more.
MESSAGES = 400
#: Messages between two checkpoints.
EVERY = 25
#: Findings of a log in which all that follows is moved are very many; the first is what counts.
FIRST = 5


@dataclass(frozen=True)
class Tampering:
    """What was done to a log, and by which words its place is named."""

    what: str
    #: Of the first finding, or of one of the first.
    named: re.Pattern[str]


Connection = sqlite3.Connection
Tamper = Callable[[Connection, random.Random], Tampering]


def run(folder: Path, full: bool, rounds: int = 0, messages: int = MESSAGES) -> Outcome:
    """Make one log, and tamper with copies of it."""
    rounds = rounds or (10_000 if full else 1_000)
    whole = fill(folder / "made", messages, EVERY)
    flat(whole / "node.db")
    problems = [f"an untouched log: {one.what} ({one.where})" for one in findings(whole)]
    done: dict[str, int] = {}
    for number, (name, tampering, found) in enumerate(tampered(whole, folder / "copy", rounds)):
        done[name] = done.get(name, 0) + 1
        if not found:
            problems.append(f"{number}: {tampering.what}: not found")
        elif not any(tampering.named.search(f"{one.where} {one.what}") for one in found[:FIRST]):
            problems.append(f"{number}: {tampering.what}: its place is not named, but {found[0].where}: {found[0].what}")
    kinds = ", ".join(f"{name} {count}" for name, count in sorted(done.items()))
    return Outcome(
        f"{rounds:,} tamperings of a log of {size(whole)} entries, {len(problems)} not found ({kinds})", tuple(problems)
    )


def tampered(whole: Path, copy: Path, rounds: int) -> Iterator[tuple[str, Tampering, list[Finding]]]:
    """Each kind in turn, at a place by chance; the seed is the number of the round."""
    kinds = list(TAMPERINGS.items())
    copy.mkdir(parents=True, exist_ok=True)
    (copy / "payloads").mkdir(exist_ok=True)
    for number in range(rounds):
        name, tamper = kinds[number % len(kinds)]
        for rest in ("node.db-wal", "node.db-shm"):
            (copy / rest).unlink(missing_ok=True)
        shutil.copyfile(whole / "node.db", copy / "node.db")
        with closing(sqlite3.connect(copy / "node.db", isolation_level=None)) as connection:
            # No journal: the copy is thrown away.
            connection.execute("PRAGMA synchronous = OFF")
            connection.execute("BEGIN")
            tampering = tamper(connection, random.Random(number))
            connection.execute("COMMIT")
        yield name, tampering, findings(copy)


def findings(folder: Path) -> list[Finding]:
    """What is wrong with a log, as `n2n doctor --store` says it."""
    with snapshot(folder) as messages:
        found = audit(messages)
        return [one for _, one in zip(range(FIRST), found, strict=False)]


def flat(path: Path) -> None:
    """One file, so that a copy of it is whole."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def size(folder: Path) -> int:
    with closing(sqlite3.connect(folder / "node.db")) as connection:
        return last(connection)


# -- what is done to it ------------------------------------------------------------------------------------------------


def last(connection: Connection) -> int:
    return int(connection.execute("SELECT max(number) FROM evidence_entry").fetchone()[0])


def entry(number: int) -> re.Pattern[str]:
    return re.compile(rf"\bentr(y|ies) {number}\b")


def an_entry(connection: Connection, chance: random.Random) -> int:
    return chance.randint(1, last(connection))


def changed(octets: bytes, chance: random.Random) -> bytes:
    """One octet is another."""
    at = chance.randrange(len(octets))
    return octets[:at] + bytes([octets[at] ^ chance.randint(1, 255)]) + octets[at + 1 :]


def edit_octets(connection: Connection, chance: random.Random) -> Tampering:
    number = an_entry(connection, chance)
    (octets,) = connection.execute("SELECT octets FROM evidence_entry WHERE number = ?", (number,)).fetchone()
    connection.execute("UPDATE evidence_entry SET octets = ? WHERE number = ?", (changed(octets, chance), number))
    return Tampering(f"an octet of entry {number} is another", entry(number))


def edit_chain(connection: Connection, chance: random.Random) -> Tampering:
    number = an_entry(connection, chance)
    (chain,) = connection.execute("SELECT chain FROM evidence_entry WHERE number = ?", (number,)).fetchone()
    connection.execute("UPDATE evidence_entry SET chain = ? WHERE number = ?", (changed(chain, chance), number))
    return Tampering(f"the chain value of entry {number} is another", entry(number))


def edit_column(connection: Connection, chance: random.Random) -> Tampering:
    number = an_entry(connection, chance)
    column = chance.choice(["kind", "at", "message_id", "partner", "direction"])
    connection.execute(f"UPDATE evidence_entry SET {column} = {column} || 'x' WHERE number = ?", (number,))
    return Tampering(f"{column} of entry {number} is another", entry(number))


def edit_and_chain_on(connection: Connection, chance: random.Random) -> Tampering:
    """Whoever knows the format writes the chain anew from there to the end, and the head."""
    from node.evidence.chain import NOTHING, leaf_hash, link

    number = an_entry(connection, chance)
    (octets,) = connection.execute("SELECT octets FROM evidence_entry WHERE number = ?", (number,)).fetchone()
    other = octets.replace(b'"v":1}', b'"v":1}').replace(b"2026", b"2025", 1)
    connection.execute("UPDATE evidence_entry SET octets = ? WHERE number = ?", (other, number))
    before = connection.execute("SELECT chain FROM evidence_entry WHERE number = ?", (number - 1,)).fetchone()
    chain = before[0] if before else NOTHING
    for one, octets in connection.execute(
        "SELECT number, octets FROM evidence_entry WHERE number >= ? ORDER BY number", (number,)
    ).fetchall():
        chain = link(chain, leaf_hash(octets))
        connection.execute("UPDATE evidence_entry SET chain = ? WHERE number = ?", (chain, one))
    connection.execute("UPDATE evidence_head SET chain = ?", (chain,))
    return Tampering(
        f"entry {number} is another, and all that follows is chained anew", re.compile(r"entr(y|ies) \d+|checkpoint \d+")
    )


def delete_entry(connection: Connection, chance: random.Random) -> Tampering:
    number = an_entry(connection, chance)
    connection.execute("DELETE FROM evidence_entry WHERE number = ?", (number,))
    return Tampering(f"entry {number} is deleted", entry(number))


def delete_and_close_up(connection: Connection, chance: random.Random) -> Tampering:
    number = an_entry(connection, chance)
    connection.execute("DELETE FROM evidence_entry WHERE number = ?", (number,))
    for (one,) in connection.execute("SELECT number FROM evidence_entry WHERE number > ? ORDER BY number", (number,)).fetchall():
        connection.execute("UPDATE evidence_entry SET number = ? WHERE number = ?", (one - 1, one))
    connection.execute("UPDATE evidence_head SET number = number - 1")
    return Tampering(f"entry {number} is deleted, and the numbers are closed up", entry(number))


def insert_entry(connection: Connection, chance: random.Random) -> Tampering:
    number = an_entry(connection, chance)
    for (one,) in connection.execute(
        "SELECT number FROM evidence_entry WHERE number > ? ORDER BY number DESC", (number,)
    ).fetchall():
        connection.execute("UPDATE evidence_entry SET number = ? WHERE number = ?", (one + 1, one))
    connection.execute(
        "INSERT INTO evidence_entry SELECT number + 1, octets, chain, kind, at, message_id, partner, direction, held, head"
        " FROM evidence_entry WHERE number = ?",
        (number,),
    )
    return Tampering(f"entry {number} is there twice", entry(number + 1))


def swap_entries(connection: Connection, chance: random.Random) -> Tampering:
    number = chance.randint(1, last(connection) - 1)
    other = chance.randint(number + 1, last(connection))
    for one, to in ((number, -1), (other, number), (-1, other)):
        connection.execute("UPDATE evidence_entry SET number = ? WHERE number = ?", (to, one))
    return Tampering(f"entries {number} and {other} have changed places", entry(number))


def truncate(connection: Connection, chance: random.Random) -> Tampering:
    number = an_entry(connection, chance)
    connection.execute("DELETE FROM evidence_entry WHERE number >= ?", (number,))
    return Tampering(f"the log is cut off before {number}", entry(number))


def truncate_and_behead(connection: Connection, chance: random.Random) -> Tampering:
    """Whoever knows the format moves the head back too, and takes the tiles away."""
    number = an_entry(connection, chance)
    connection.execute("DELETE FROM evidence_entry WHERE number >= ?", (number,))
    chain = connection.execute("SELECT chain FROM evidence_entry WHERE number = ?", (number - 1,)).fetchone()
    connection.execute("UPDATE evidence_head SET number = ?, chain = ?", (number - 1, chain[0] if chain else bytes(32)))
    connection.execute("DELETE FROM evidence_tile")
    connection.execute("DELETE FROM evidence_payload")
    return Tampering(f"the log is cut off before {number}, its head and its tiles with it", entry(number))


def edit_head(connection: Connection, chance: random.Random) -> Tampering:
    number, chain = connection.execute("SELECT number, chain FROM evidence_head").fetchone()
    which = chance.randrange(3)
    if which == 0:
        connection.execute("UPDATE evidence_head SET number = ?", (number + chance.choice([-3, -1, 1, 7]),))
    elif which == 1:
        connection.execute("UPDATE evidence_head SET chain = ?", (changed(chain, chance),))
    else:
        connection.execute("UPDATE evidence_head SET log = log || 'x'")
    return Tampering("the head of the log is another", re.compile(r"entry \d+|checkpoint \d+"))


def edit_tile(connection: Connection, chance: random.Random) -> Tampering:
    level, place, hashes = chance.choice(connection.execute("SELECT level, place, hashes FROM evidence_tile").fetchall())
    connection.execute(
        "UPDATE evidence_tile SET hashes = ? WHERE level = ? AND place = ?", (changed(hashes, chance), level, place)
    )
    return Tampering(f"tile {place} of level {level} is another", re.compile(rf"tile {place} of level {level}"))


def delete_tile(connection: Connection, chance: random.Random) -> Tampering:
    found = connection.execute("SELECT level, place FROM evidence_tile").fetchall()
    # The last of the lowest level is made anew by the next sweep: it is no loss.
    top = max(place for level, place in found if level == 0)
    level, place = chance.choice([one for one in found if one != (0, top)])
    connection.execute("DELETE FROM evidence_tile WHERE level = ? AND place = ?", (level, place))
    return Tampering(f"tile {place} of level {level} is deleted", re.compile(rf"tile {place} of level {level}"))


def a_checkpoint(connection: Connection, chance: random.Random) -> int:
    return int(chance.choice(connection.execute("SELECT size FROM evidence_checkpoint").fetchall())[0])


def edit_checkpoint(connection: Connection, chance: random.Random) -> Tampering:
    number, column = a_checkpoint(connection, chance), chance.choice(["octets", "signature"])
    (octets,) = connection.execute(f"SELECT {column} FROM evidence_checkpoint WHERE size = ?", (number,)).fetchone()
    connection.execute(f"UPDATE evidence_checkpoint SET {column} = ? WHERE size = ?", (changed(octets, chance), number))
    return Tampering(f"{column} of checkpoint {number} is another", re.compile(rf"checkpoint {number}\b"))


def delete_checkpoint(connection: Connection, chance: random.Random) -> Tampering:
    number = a_checkpoint(connection, chance)
    connection.execute("DELETE FROM evidence_checkpoint WHERE size = ?", (number,))
    return Tampering(f"checkpoint {number} is deleted", re.compile(rf"checkpoint {number}\b"))


def move_checkpoint(connection: Connection, chance: random.Random) -> Tampering:
    number = a_checkpoint(connection, chance)
    connection.execute("UPDATE evidence_checkpoint SET size = size + 1 WHERE size = ?", (number,))
    return Tampering(f"checkpoint {number} is of another size", re.compile(rf"checkpoint ({number}|{number + 1})\b"))


def edit_token(connection: Connection, chance: random.Random) -> Tampering:
    size, number = chance.choice(connection.execute("SELECT size, number FROM evidence_token").fetchall())
    column = chance.choice(["note", "token"])
    where = "WHERE size = ? AND number = ?"
    (octets,) = connection.execute(f"SELECT {column} FROM evidence_token {where}", (size, number)).fetchone()
    # The last octets of a token are its signature; what stands in its shell without a meaning is not looked for.
    other = octets[:-1] + bytes([octets[-1] ^ 1]) if column == "token" else changed(octets, chance)
    connection.execute(f"UPDATE evidence_token SET {column} = ? {where}", (other, size, number))
    return Tampering(f"{column} {number} over checkpoint {size} is another", re.compile(rf"checkpoint {size}\b"))


def edit_object(connection: Connection, chance: random.Random) -> Tampering:
    sha256, row = chance.choice(connection.execute("SELECT sha256, octets_id FROM evidence_object").fetchall())
    (octets,) = connection.execute("SELECT content FROM octets WHERE id = ?", (row,)).fetchone()
    connection.execute("UPDATE octets SET content = ? WHERE id = ?", (changed(octets, chance), row))
    return Tampering(f"octets of object {sha256} are others", re.compile(rf"entry \d+|{sha256}"))


def delete_object(connection: Connection, chance: random.Random) -> Tampering:
    sha256, _row = chance.choice(connection.execute("SELECT sha256, octets_id FROM evidence_object").fetchall())
    connection.execute("DELETE FROM evidence_object WHERE sha256 = ?", (sha256,))
    return Tampering(f"object {sha256} is deleted", re.compile(rf"entry \d+|checkpoint \d+|{sha256}"))


def edit_named(connection: Connection, chance: random.Random) -> Tampering:
    """Octets of a message: envelope, receipt, payload, head of HTTP."""
    import json

    rows = connection.execute("SELECT number, held FROM evidence_entry WHERE kind = 'message.received'").fetchall()
    number, held = chance.choice(rows)
    name, row = chance.choice([*json.loads(held).items(), ("http", 0)])
    if name == "http":
        connection.execute("UPDATE evidence_entry SET head = ? WHERE number = ?", (os.urandom(30), number))
    else:
        (octets,) = connection.execute("SELECT content FROM octets WHERE id = ?", (row,)).fetchone()
        connection.execute("UPDATE octets SET content = ? WHERE id = ?", (changed(octets, chance), row))
    return Tampering(f"the {name} of entry {number} is another", entry(number))


def delete_named(connection: Connection, chance: random.Random) -> Tampering:
    import json

    rows: list[Any] = connection.execute("SELECT number, held FROM evidence_entry WHERE kind = 'message.received'").fetchall()
    number, held = chance.choice(rows)
    name, row = chance.choice(list(json.loads(held).items()))
    connection.execute("DELETE FROM octets WHERE id = ?", (row,))
    return Tampering(f"the {name} of entry {number} is deleted", entry(number))


def forget_payload(connection: Connection, chance: random.Random) -> Tampering:
    sha256, number = chance.choice(connection.execute("SELECT sha256, number FROM evidence_payload").fetchall())
    connection.execute("DELETE FROM evidence_payload WHERE sha256 = ? AND number = ?", (sha256, number))
    return Tampering(f"entry {number} is not found by its payload", entry(number))


TAMPERINGS: dict[str, Tamper] = {
    one.__name__.replace("_", " "): one
    for one in (
        *(edit_octets, edit_chain, edit_column, edit_and_chain_on, delete_entry, delete_and_close_up, insert_entry),
        *(swap_entries, truncate, truncate_and_behead, edit_head, edit_tile, delete_tile, edit_checkpoint),
        *(delete_checkpoint, move_checkpoint, edit_token, edit_object, delete_object, edit_named, delete_named),
        forget_payload,
    )
}


if __name__ == "__main__":
    sys.exit(main(run))
