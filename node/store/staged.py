"""The rows of one part of a set of operators, ready for a transaction and small until it reads them."""

import json
import zlib
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Final

from node.customs.operators.record import OperatorRecord, content_hash, to_json
from node.store.database import instant

#: Rows that are made small in one go.
PAGE: Final = 2000
#: So many stay as they are, since making them small takes its time: a document of a partner's list has no more.
PLAIN: Final = 10_000

Row = tuple[object, ...]


class StagedRows:
    """Records read to their end, as rows of `aeo_staged` without set and part, and compressed where they are many: a list of 100,000 operators takes some ten MiB."""

    def __init__(self, records: Iterable[OperatorRecord]) -> None:
        """Whatever `records` raises is raised here, before anything is written."""
        self._quantity = 0
        self._pages: list[bytes | list[Row]] = []
        rows = (_row(position, one) for position, one in enumerate(records))
        while page := list(islice(rows, PAGE)):
            self._quantity += len(page)
            self._pages.append(page)
            if self._quantity > PLAIN:
                self._pages = list(map(_small, self._pages))

    def __len__(self) -> int:
        return self._quantity

    def __iter__(self) -> Iterator[Row]:
        for page in self._pages:
            yield from map(tuple, json.loads(zlib.decompress(page))) if isinstance(page, bytes) else page


def _small(page: bytes | list[Row]) -> bytes:
    return page if isinstance(page, bytes) else zlib.compress(json.dumps(page).encode(), 1)


def _row(position: int, record: OperatorRecord) -> Row:
    text = to_json(record)
    return (
        *(record.key, record.status, record.version, position, record.operation, instant(record.recorded_at)),
        *(content_hash(text), text),
    )
