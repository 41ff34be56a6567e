"""The Alembic revisions as the text of each database. Imported to prepare statements, never by a node in service."""

from collections.abc import Iterator
from importlib import import_module
from io import StringIO
from pathlib import Path
from types import ModuleType

from alembic.migration import MigrationContext
from alembic.operations import Operations

from node.store import dialects, migrations

VERSIONS = Path(migrations.__file__).with_name("versions")


def revisions() -> list[ModuleType]:
    """Every revision in the order of the versions. Raises ValueError when one does not follow the one before."""
    names = [path.stem for path in VERSIONS.glob("v*.py")]
    found = sorted((import_module(f"node.store.migrations.versions.{name}") for name in names), key=lambda one: int(one.revision))
    for number, one in enumerate(found, 1):
        if one.revision != str(number) or one.down_revision != (str(number - 1) if number > 1 else None):
            raise ValueError(f"{one.__name__}: revision {one.revision} after {one.down_revision} is no version {number}")
    return found


def migration(revision: ModuleType, database: str) -> str:
    """The statements of one revision, divided by semicolons."""
    written = StringIO()
    context = MigrationContext.configure(
        dialect=dialects.dialect(database), opts={"as_sql": True, "output_buffer": written, "target_metadata": None}
    )
    with Operations.context(context):
        revision.upgrade()
    return ";\n".join(_statements(written.getvalue(), database))


def _statements(text: str, database: str) -> Iterator[str]:
    for statement in text.split(";"):
        if flat := " ".join(statement.split()):
            yield dialects.in_types_of(database, flat)
