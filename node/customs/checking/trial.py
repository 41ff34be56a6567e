"""A pack on trial: its good samples are accepted with exactly their warnings, its bad ones refused with exactly their rule. Source: DESIGN 9."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from node.customs.checking.check import Checked
from node.customs.checking.judging import RuleUnfit
from node.customs.checking.offline import Offline
from node.customs.checking.prior import NotOnFile
from node.customs.finding import Severity
from node.customs.packs.pack import Pack
from node.customs.packs.problems import PackProblem

GOOD: Final = "samples/good/"
BAD: Final = "samples/bad/"


@dataclass(frozen=True, slots=True)
class Sample:
    """One sample of a pack."""

    file: str
    octets: bytes
    #: Documents on file before it, in order.
    prior: tuple[tuple[str, bytes], ...]
    #: The rule that refuses it; empty for a good one.
    refused_by: str
    #: The rules that warn.
    warned_by: frozenset[str]


def samples(pack: Pack) -> Iterator[Sample]:
    """Every sample of a pack. Raises ValueError where expected.json or warnings.json is none."""
    expected = _table(pack.files, f"{BAD}expected.json")
    warnings = _table(pack.files, f"{GOOD}warnings.json")
    for name, octets in sorted(pack.files.items()):
        for folder in (GOOD, BAD):
            short = name.removeprefix(folder)
            if short == name or "/" in short or not short.endswith((".xml", ".edi")):
                continue
            prior = tuple(
                (other, pack.files[other])
                for other in sorted(pack.files)
                if other.startswith(f"{folder}{short.rpartition('.')[0]}.prior/")
            )
            refused_by = str(expected.get(short, "?")) if folder == BAD else ""
            yield Sample(name, octets, prior, refused_by, frozenset(map(str, warnings.get(short, ()))))  # type: ignore[call-overload]


def _table(files: Mapping[str, bytes], name: str) -> Mapping[str, object]:
    if name not in files:
        return {}
    said = json.loads(files[name])
    if not isinstance(said, dict):
        raise ValueError(f"{name}: not a JSON object")
    return said


def trial(pack: Pack, fresh: Callable[[], Offline]) -> Iterator[PackProblem]:
    """Every way in which the pack does not keep its word, with the file; `fresh` gives each sample a desk of its own."""
    unfit = [problem for definition in pack.types.values() for problem in definition.problems()]
    yield from unfit
    if unfit:
        # Samples would only say the same again.
        return
    try:
        found = list(samples(pack))
    except ValueError as error:
        yield PackProblem(f"{pack.id}/samples", str(error))
        return
    if not any(not sample.refused_by for sample in found) and pack.types:
        yield PackProblem(f"{pack.id}/samples/good", "a pack that adds types has a good sample at least")
    for sample in found:
        yield from _tried(pack, sample, fresh(), sample_time(pack))


def _tried(pack: Pack, sample: Sample, desk: Offline, at: datetime) -> Iterator[PackProblem]:
    for file, octets in sample.prior:
        try:
            desk.put_on_file(octets, at)
        except NotOnFile as error:
            yield PackProblem(f"{pack.id}/{file}", f"is on file before the sample, and cannot be: {error}")
            return
    try:
        checked = desk.check(sample.octets, at)
    except RuleUnfit as error:
        yield PackProblem(f"{pack.id}/{sample.file}", f"a rule cannot be asked of it: {error}")
        return
    rules = {finding.rule for finding in checked.verdict.findings if finding.severity is not Severity.WARNING}
    warnings = {finding.rule for finding in checked.verdict.findings if finding.severity is Severity.WARNING}
    if sample.refused_by:
        if rules != {sample.refused_by}:
            yield PackProblem(
                f"{pack.id}/{sample.file}", f"is to be refused by {sample.refused_by}, and was told: {_told(checked)}"
            )
    elif rules:
        yield PackProblem(f"{pack.id}/{sample.file}", f"is a good sample, and is refused: {_told(checked)}")
    elif warnings != sample.warned_by:
        wanted = ", ".join(sorted(sample.warned_by)) or "no rule"
        yield PackProblem(f"{pack.id}/{sample.file}", f"is to be warned about by {wanted}, and was told: {_told(checked)}")


def _told(checked: Checked) -> str:
    found = [f"{finding.rule} at {finding.location}: {finding.en}" for finding in checked.verdict.findings]
    return "; ".join(found[:5]) or "accepted"


def sample_time(pack: Pack) -> datetime:
    """When the samples are judged: `now` in pack.toml, else the first day of the pack."""
    return pack.judged_at or datetime.combine(pack.begins, datetime.min.time(), UTC)
