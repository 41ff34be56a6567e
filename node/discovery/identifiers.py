"""Identifiers with a scheme, as publishers write them. Source: OASIS SMP 1.0 2.3, SMP 2.0 5."""

from dataclasses import dataclass
from urllib.parse import quote

#: Between scheme and value.
SEPARATOR = "::"
#: Characters of one identifier at most; longer ones name nobody.
LONGEST = 512


class IdentifierRefused(ValueError):
    """The text is no identifier; it says why."""


@dataclass(frozen=True, slots=True)
class Identifier:
    """A value of a scheme; the scheme may be empty."""

    scheme: str
    value: str

    def __str__(self) -> str:
        return f"{self.scheme}{SEPARATOR}{self.value}" if self.scheme else self.value

    def encoded(self) -> str:
        """As one segment of a path: every sign but letters, digits and `-._~` percent-encoded."""
        return quote(str(self), safe="")

    def folded(self) -> "Identifier":
        """As participants are compared: without regard to case."""
        return Identifier(self.scheme.lower(), self.value.lower())


def read_identifier(said: str) -> Identifier:
    """`scheme::value`, or a value without a scheme. Raises IdentifierRefused."""
    scheme, found, value = said.strip().partition(SEPARATOR)
    one = Identifier(scheme, value) if found else Identifier("", scheme)
    if not one.value or len(said) > LONGEST or not str(one).isprintable():
        raise IdentifierRefused(
            f"{said[:80]!r} is no identifier: write scheme::value, such as iso6523-actorid-upis::0088:7300010000001"
        )
    return one
