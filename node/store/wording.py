"""One statement in the words of each database."""

from typing import NamedTuple


class Wording(NamedTuple):
    """What is run, with its values by name."""

    sqlite: str
    postgres: str
