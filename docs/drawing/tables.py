"""What pages are made of: tables, and the sentences above fields of the code."""

import ast
import inspect
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).parents[2]


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    columns = list(head)
    lines = [columns, ["---"] * len(columns), *rows]
    return (
        "\n".join("| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in row) + " |" for row in lines) + "\n"
    )


def sentences(module: ModuleType) -> dict[tuple[str, str], str]:
    """What stands after `#:` above the fields and members of each class: (class, name) -> sentence."""
    found: dict[tuple[str, str], str] = {}
    lines = inspect.getsource(module).splitlines()
    for definition in ast.parse("\n".join(lines)).body:
        if not isinstance(definition, ast.ClassDef):
            continue
        for statement in definition.body:
            target = getattr(statement, "target", None) or (getattr(statement, "targets", None) or [None])[0]
            said: list[str] = []
            for above in reversed(lines[: statement.lineno - 1]):
                if not above.strip().startswith("#:"):
                    break
                said.insert(0, above.strip().removeprefix("#:").strip())
            if isinstance(target, ast.Name) and said:
                found[definition.name, target.id] = " ".join(said)
    return found
