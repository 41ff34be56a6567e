"""Every clause that the code cites is in the index, and every clause that we claim is cited where it is obeyed.

A citation is a document's short name and a clause: `# spec: A 5.1.8, C 6.3; and then prose`. Brackets hold prose too.
"""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
INDEX = tomllib.loads((ROOT / "docs" / "standards" / "index.toml").read_text())
REFS = {row["ref"] for row in INDEX["clause"]}
A_CLAUSE = re.compile(r"[A-Z]{0,2}[\d.]+|appendix$")
A_CITATION = re.compile(r"#:? spec: (.+)")


def refs_of(text: str) -> list[str]:
    """The index rows meant by one `# spec:` comment; an unknown clause of a known document stands for itself."""
    found: list[str] = []
    for piece in re.split(r"[.,;:](?: |$)", re.sub(r"\([^)]*\)?", "", text)):
        words = piece.strip(" .").split()
        prefixes = [" ".join(words[:length]) for length in range(len(words), 0, -1)]
        row = next((prefix for prefix in prefixes if prefix in REFS), None)
        clause = next((words[len(prefix.split()) :] for prefix in prefixes if prefix in INDEX["documents"]), [])
        if row is None and not any(A_CLAUSE.match(word) for word in clause[:1]):
            break  # prose from here on
        found.append(row or " ".join(words))
    return found


def citations() -> list[tuple[str, str]]:
    """(place, what stands after `# spec:`) for every citation in node/."""
    return [
        (f"{path.relative_to(ROOT)}:{number}", match[1])
        for path in sorted((ROOT / "node").rglob("*.py"))
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if (match := A_CITATION.search(line))
    ]


READINGS = [
    # (comment, the rows it means)
    ("A 5.1.4, A 5.1.5", ["A 5.1.4", "A 5.1.5"]),
    ("A 5.1.8; a duplicate gets the stored receipt", ["A 5.1.8"]),
    ("SwA 5.4.2 (exclusive, without comments, of the parsed document)", ["SwA 5.4.2"]),
    ("RFC 5280 4.2.1.2 method 1", ["RFC 5280 4.2.1.2"]),
    ("ED2 Common Usage", ["ED2 Common Usage"]),
    ("A 99.9, C 6.3", ["A 99.9", "C 6.3"]),
    ("C 6.3; SOAP 1.1 comes as text/xml", ["C 6.3"]),
    ("somebody said so", []),
]


@pytest.mark.parametrize(("comment", "rows"), READINGS)
def test_a_citation_is_read_as_it_is_written(comment: str, rows: list[str]) -> None:
    assert refs_of(comment) == rows


def test_every_citation_is_in_the_index() -> None:
    unreadable = [f"{place}: {text}" for place, text in citations() if not refs_of(text)]
    unknown = [f"{place}: {ref}" for place, text in citations() for ref in refs_of(text) if ref not in REFS]
    assert unreadable + unknown == []


def test_every_claimed_clause_is_cited_where_it_is_obeyed() -> None:
    cited = {ref for _, text in citations() for ref in refs_of(text)}
    assert [row["ref"] for row in INDEX["clause"] if row["status"] != "no" and row["ref"] not in cited] == []


@pytest.mark.parametrize("row", INDEX["clause"], ids=lambda row: row["ref"])
def test_a_row_is_whole(row: dict[str, str]) -> None:
    assert set(row) <= {"ref", "title", "status", "note"}
    assert row["title"]
    assert row["status"] in {"yes", "partial", "no"}
    assert row["status"] == "yes" or row.get("note"), "what is missing?"
    assert any(row["ref"] == short or row["ref"].startswith(f"{short} ") for short in INDEX["documents"])


def test_no_clause_has_two_rows() -> None:
    assert len(REFS) == len(INDEX["clause"])
