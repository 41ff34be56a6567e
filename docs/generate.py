"""Writes the pages of docs/reference/ that are drawn from the code: `python docs/generate.py`; tests/test_docs.py finds them stale."""

from collections.abc import Callable, Mapping

from docs.drawing.agreements import foreign_formats, ladder, parameters
from docs.drawing.documents import cuscar, document_types
from docs.drawing.messages import error_codes, implemented_standards, lives
from docs.drawing.rules import rule_language, rules
from docs.drawing.running import audit, dependencies, doctor
from docs.drawing.tables import ROOT

REFERENCE = ROOT / "docs" / "reference"

PAGES: Mapping[str, Callable[[], str]] = {
    "cuscar.md": cuscar,
    "implemented-standards.md": implemented_standards,
    "errors.md": error_codes,
    "states.md": lives,
    "p-mode.md": parameters,
    "dependencies.md": dependencies,
    "document-types.md": document_types,
    "rules.md": rules,
    "rule-language.md": rule_language,
    "ladder.md": ladder,
    "foreign-formats.md": foreign_formats,
    "doctor.md": doctor,
    "audit.md": audit,
}


def main() -> None:
    for name, draw in PAGES.items():
        (REFERENCE / name).write_text(draw(), "utf-8")


if __name__ == "__main__":
    main()
