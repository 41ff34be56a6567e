"""The only source of time and of fresh identifiers."""

import uuid
from datetime import UTC, datetime


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Now, in UTC."""
        return datetime.now(UTC)


class RandomIdentifiers:
    """Version 4 UUIDs: 122 bits of the operating system's randomness."""

    def unique(self) -> str:
        """A fresh identifier of `0-9a-f-`."""
        return str(uuid.uuid4())
