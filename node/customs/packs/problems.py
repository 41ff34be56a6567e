"""What is wrong with a pack, file by file."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PackProblem:
    """One thing that is wrong in one file of a pack."""

    #: Relative to the folder of all packs: `n2n-co/rules/co.toml`.
    file: str
    problem: str

    def __str__(self) -> str:
        return f"{self.file}: {self.problem}"


class PackRefused(Exception):
    """The files make no pack that can be used; `problems` names every file."""

    def __init__(self, problems: Iterable[PackProblem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))
