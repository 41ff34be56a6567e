"""The Merkle tree over the log, as its tiles hold it: one entry is proven with a few rows, however long the log is."""

from collections.abc import Callable, Sequence
from typing import Final

from node.evidence.chain import leaf_hash
from node.evidence.merkle import folded
from node.store import prepared
from node.store.connection import Cursor, Database

#: Hashes in a tile, and the levels of the tree that one tile is high.
WIDE: Final = 256
HIGH: Final = 8
#: Octets of a hash.
HASH: Final = 32


class StoredHashes:
    """`merkle.Hashes` over tiles, and over entries where no tile is complete yet; for one proof, or a few."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._tiles: dict[tuple[int, int], bytes] = {}

    def complete(self, level: int, index: int) -> bytes:
        """As `merkle.Hashes`. Raises LookupError where the log does not hold as much."""
        high = level // HIGH
        first = index << (level - high * HIGH)
        count = 1 << (level - high * HIGH)
        tile = self._tile(high, first // WIDE)
        place = first % WIDE * HASH
        octets = tile[place : place + count * HASH]
        if len(octets) < count * HASH:
            raise LookupError(f"the log has no {count} hashes of level {high * HIGH} from {first} on")
        return root_of(octets)

    def _tile(self, high: int, place: int) -> bytes:
        found = self._tiles.get((high, place))
        if found is None:
            rows = self._database.read(prepared.TILE, {"level": high, "place": place})
            found = bytes(rows[0]["hashes"]) if rows else b""
            if high == 0 and not found:
                found = b"".join(self._leaves(place))
            elif len(found) < WIDE * HASH and high:
                found = self._grown(high, place, found)
            self._tiles[(high, place)] = found
        return found

    def _leaves(self, place: int) -> Sequence[bytes]:
        rows = self._database.read(prepared.ENTRY_OCTETS, {"after": place * WIDE, "until": (place + 1) * WIDE})
        return [leaf_hash(bytes(row["octets"])) for row in rows]

    def _grown(self, high: int, place: int, found: bytes) -> bytes:
        """With what is complete below and was not written up yet: between two sweeps."""
        for index in range(place * WIDE + len(found) // HASH, (place + 1) * WIDE):
            below = self._tile(high - 1, index)
            if len(below) < WIDE * HASH:
                break
            found += root_of(below)
        return found


def add_tiles(
    database: Database, run: Callable[[Callable[[Cursor], None]], None], digests: Callable[[bytes], Sequence[str]]
) -> int:
    """Write every tile that is complete, one transaction each; how many.

    `digests` gives by which payloads an entry is to be found. What a crash interrupts is taken up by the next call.
    """
    done, size = 0, _size(database)
    last = database.read(prepared.LAST_TILE, {"level": 0})[0][0]
    place = 0 if last is None else last + 1
    while (place + 1) * WIDE <= size:
        rows = database.read(prepared.ENTRY_OCTETS, {"after": place * WIDE, "until": (place + 1) * WIDE})
        if len(rows) != WIDE:
            # Entries are missing; whoever examines the log says which.
            break
        entries = [(row["number"], bytes(row["octets"])) for row in rows]
        tile = b"".join(leaf_hash(octets) for _, octets in entries)
        found = [(digest, number) for number, octets in entries for digest in digests(octets)]
        above = _above(database, place, tile)

        def work(
            cursor: Cursor,
            tile: bytes = tile,
            place: int = place,
            found: Sequence[tuple[str, int]] = found,
            above: Sequence[tuple[int, int, bytes]] = above,
        ) -> None:
            cursor.execute(prepared.PUT_TILE, {"level": 0, "place": place, "hashes": tile})
            for level, at, hashes in above:
                cursor.execute(prepared.PUT_TILE, {"level": level, "place": at, "hashes": hashes})
            for digest, number in sorted(found):
                cursor.execute(prepared.ADD_DIGEST, {"sha256": digest, "number": number})

        run(work)
        done, place = done + 1, place + 1
    return done


def _above(database: Database, place: int, tile: bytes) -> Sequence[tuple[int, int, bytes]]:
    """The tiles above a new one, each as it is then."""
    made, level = [], 1
    while True:
        rows = database.read(prepared.TILE, {"level": level, "place": place // WIDE})
        before = bytes(rows[0]["hashes"])[: place % WIDE * HASH] if rows else b""
        tile = before + root_of(tile)
        made.append((level, place // WIDE, tile))
        if len(tile) < WIDE * HASH:
            return made
        level, place = level + 1, place // WIDE


def root_of(hashes: bytes) -> bytes:
    """The hash over 2 ** n hashes of one level, which stand one after the other."""
    return folded([hashes[one : one + HASH] for one in range(0, len(hashes), HASH)])


def _size(database: Database) -> int:
    rows = database.read(prepared.LOG, {})
    return int(rows[0]["number"]) if rows else 0
