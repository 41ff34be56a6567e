"""The packs that came with the node and their samples, for tests of documents."""

from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from node.codelists import open_lists
from node.customs.checking.offline import Offline
from node.customs.packs.library import Packs
from node.library import open_packs, shipped_documents

#: When the samples are judged.
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


@cache
def packs() -> Packs:
    """Every shipped pack with the lists of the core."""
    return open_packs(None, open_lists(None))


def sample(name: str, kind: str = "good") -> Path:
    """The file of a sample of any shipped pack."""
    (found,) = shipped_documents().glob(f"*/samples/{kind}/{name}.xml")
    return found


def offline(*names: str) -> Offline:
    """A desk with the prior documents of these samples and the samples themselves on file."""
    made = Offline(packs())
    for name in names:
        for path in (*sorted(sample(name).with_suffix(".prior").glob("*.xml")), sample(name)):
            made.put_on_file(path.read_bytes(), NOW)
    return made


def rules(octets: bytes, desk: Offline | None = None, at: datetime = NOW) -> list[str]:
    """The rules that say something about a document."""
    return [finding.rule for finding in (desk or offline()).check(octets, at).verdict.findings]
