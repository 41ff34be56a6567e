"""Every row of a table in the order of its id, a page at a time, so that a store of any size is read in little memory."""

from collections.abc import Iterator
from typing import Any, Final

from node.store.rows import Rows
from node.store.wording import Wording

PAGE: Final = 500


def walk(rows: Rows, statement: Wording) -> Iterator[Any]:
    """The rows of one of the WALK statements."""
    after = 0
    while page := rows.all(statement, after=after, most=PAGE):
        yield from page
        after = page[-1]["id"]
