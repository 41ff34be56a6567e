"""Evidence in a court: bundles of real exchanges verified by both verifiers without a network; whatever is changed in them is found and named by both; the log; six tamperings of a receipt."""

import random
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html import unescape
from pathlib import Path
from unittest.mock import patch

from node.evidence.archive_check import check_archive
from node.evidence.bundle import files_of
from node.evidence.finding import Check
from node.evidence.report import reports
from node.evidence.verify import verify
from node.store.evidence_places import EvidenceFolder
from tests.archives import Archive
from tests.bars import audit
from tests.bars.bar import Outcome, main
from tests.bars.bundles import Bundled, files_in, make_bundles, rebuilt, summed
from tests.bundles import NOW, BundleWorld
from tests.test_archive_campaign import WAYS, Held
from tests.vectors.evidence.make import tamperings
from verifier import n2n_verify as second

ROOT = Path(__file__).parents[2]
#: Bundles that are verified, and tampered with.
MANY = 100
LANGUAGES = ("en", "zh-Hant")
_META = "META-INF/"


def run(folder: Path, full: bool) -> Outcome:
    """All of it; the table is printed, each part says its figure."""
    made = make_bundles(folder / "made")
    bundles = made if full else random.Random(1).sample(made, MANY)
    parts = [
        offline(bundles, folder / "offline"),
        octets(bundles, 200 if full else 5),
        octets_summed_anew(bundles, 200 if full else 5),
        edits(bundles, 100 if full else 5),
        receipts(),
        audit.run(folder / "log", full),
        archive(folder / "archive", 10_000 if full else 1_000),
    ]
    for one in parts:
        print(f"  {one.figure}")
    return Outcome("; ".join(one.figure.partition(" (")[0] for one in parts), tuple(why for one in parts for why in one.problems))


# -- without us ------------------------------------------------------------------------------------------------------


def offline(bundles: Sequence[Bundled], folder: Path) -> Outcome:
    """Each bundle by each verifier in a process of its own that has no network, no environment and no home."""
    folder.mkdir(parents=True)
    commands = {
        "first": [sys.executable, "-P", "-c", _guarded("from node.cli import main; sys.exit(main())"), "evidence", "verify"],
        "second": [sys.executable, "-I", "-c", _guarded(f"import runpy; runpy.run_path({str(SECOND)!r}, run_name='__main__')")],
    }
    cut = _without_network()

    def judged(number: int) -> list[str]:
        one, file = bundles[number], folder / f"{number}.asice"
        file.write_bytes(one.octets)
        wrong = []
        for name, command in commands.items():
            words = [*cut, *command, str(file), "--at", one.at.isoformat()]
            environment = {"PYTHONPATH": str(ROOT)} if name == "first" else {}
            ended = subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, check=False)
            if ended.returncode != 0:
                wrong.append(f"{one.name}: the {name} verifier says {ended.returncode}: {(ended.stdout + ended.stderr)[-300:]}")
        return wrong

    with ThreadPoolExecutor(2) as pool:
        problems = [why for some in pool.map(judged, range(len(bundles))) for why in some]
    how = "in a namespace without a network" if cut else "with sockets that refuse"
    return Outcome(
        f"{len(bundles) - len(problems)} of {len(bundles)} bundles of real exchanges hold for both verifiers, {how}",
        tuple(problems),
    )


SECOND = ROOT / "verifier" / "n2n_verify.py"


def _without_network() -> list[str]:
    """What a command begins with to have no network, where this machine allows it."""
    words = ["unshare", "-rn"]
    try:
        allowed = subprocess.run([*words, "true"], capture_output=True, check=False).returncode == 0
    except OSError:
        allowed = False
    return words if allowed else []


def _guarded(code: str) -> str:
    """Code in whose process nobody is called, whatever the machine allows."""
    return (
        "import socket, sys\n"
        "def refused(*_): raise SystemExit('a verifier called somebody')\n"
        "socket.socket.connect = socket.socket.connect_ex = socket.getaddrinfo = refused\n"
        f"{code}"
    )


# -- whatever is changed ---------------------------------------------------------------------------------------------


@dataclass
class Tally:
    """What both verifiers said of tampered bundles."""

    tampered: int = 0
    checks: dict[str, Counter[str]] = field(default_factory=lambda: {"first": Counter(), "second": Counter()})
    problems: list[str] = field(default_factory=list)

    def judge(self, one: Bundled, what: str, octets: bytes) -> None:
        """Both must refuse, and name a check in common."""
        self.tampered += 1
        verdict, report = verify(octets, one.at), second.verify_bundle(octets, one.at)
        first, other = {check.value for check in verdict.failed}, {check for check, _, _ in report.failures}
        for name, found in (("first", first), ("second", other)):
            self.checks[name].update(found)
            if not found:
                self.problems.append(f"{one.name}: {what}: the {name} verifier does not see it")
        if first and other and not first & other:
            self.problems.append(f"{one.name}: {what}: the first names {sorted(first)}, the second {sorted(other)}")
        if not all(finding.says(language) for finding in verdict.findings if finding.fails for language in LANGUAGES):
            self.problems.append(f"{one.name}: {what}: a check fails without words")
        if not all(why for _, _, why in report.failures):
            self.problems.append(f"{one.name}: {what}: the second verifier has no words")

    def table(self) -> Iterator[str]:
        yield f"{'check':14}{'first':>8}{'second':>8}"
        for check in Check:
            counts = [self.checks[name][check.value] for name in ("first", "second")]
            yield f"{check.value:14}{counts[0]:>8}{counts[1]:>8}"

    def outcome(self, what: str) -> Outcome:
        print("\n".join(f"  {line}" for line in self.table()))
        return Outcome(
            f"{self.tampered:,} {what}, {self.tampered - len(self.problems):,} refused by both, who name a check in common",
            tuple(self.problems),
        )


def octets(bundles: Sequence[Bundled], each: int) -> Outcome:
    """One octet of the file is another."""
    tally = Tally()
    for number, one in enumerate(bundles):
        chance = random.Random(number)
        for _ in range(each):
            at, by = chance.randrange(len(one.octets)), chance.randint(1, 255)
            changed = one.octets[:at] + bytes([one.octets[at] ^ by]) + one.octets[at + 1 :]
            tally.judge(one, f"octet {at} is another", changed)
    return tally.outcome("octets changed")


def octets_summed_anew(bundles: Sequence[Bundled], each: int) -> Outcome:
    """The same by somebody who makes the sum in the comment anew: what nobody refuses then has changed no file that counts."""
    tally, harmless = Tally(), 0
    for number, one in enumerate(bundles):
        chance = random.Random(-number)
        for _ in range(each):
            at, by = chance.randrange(len(one.octets) - 64), chance.randint(1, 255)
            changed = summed(one.octets[:at] + bytes([one.octets[at] ^ by]) + one.octets[at + 1 : -64])
            if means_the_same(one, changed):
                harmless += 1
            else:
                tally.judge(one, f"octet {at} is another, the sum made anew", changed)
    return tally.outcome(f"octets changed with the sum made anew ({harmless} more changed no file)")


def means_the_same(one: Bundled, changed: bytes) -> bool:
    """Whether both accept it, and every file but those in META-INF has the octets that it had: a date of the ZIP, a space outside of what is signed."""
    if verify(changed, one.at).failed or second.verify_bundle(changed, one.at).failures:
        return False
    before, after = files_in(one.octets), files_in(changed)
    return [*before] == [*after] and all(before[name] == after[name] for name in before if not name.startswith(_META))


Edit = Callable[[dict[str, bytes], random.Random], str]


def edits(bundles: Sequence[Bundled], each: int) -> Outcome:
    """The files inside are other ones, in a container that whoever knows the format has made anew with a right sum."""
    tally, number = Tally(), 0
    for one in bundles:
        files = files_in(one.octets)
        for _ in range(each):
            changed = dict(files)
            what = EDITS[number % len(EDITS)](changed, random.Random(number))
            number += 1
            tally.judge(one, what, rebuilt(changed))
    return tally.outcome("edits of files inside, the container made anew")


def inside(files: dict[str, bytes], chance: random.Random, kind: str = "") -> str:
    """A file that counts: what lies in META-INF beside the seal says nothing."""
    return chance.choice(sorted(name for name in files if name.startswith(kind) and not name.startswith(_META)))


def edit_octet(files: dict[str, bytes], chance: random.Random) -> str:
    name = inside(files, chance)
    files[name] = audit.changed(files[name] or b"\0", chance)
    return f"an octet of {name} is another"


def delete_file(files: dict[str, bytes], chance: random.Random) -> str:
    name = chance.choice(sorted({*files} - {f"{_META}manifest.xml"}))
    del files[name]
    return f"{name} is not there"


def truncate_file(files: dict[str, bytes], chance: random.Random) -> str:
    name = inside({name: octets for name, octets in files.items() if octets}, chance)
    files[name] = files[name][: chance.randrange(len(files[name]))]
    return f"{name} ends earlier"


def swap_files(files: dict[str, bytes], chance: random.Random) -> str:
    """Two of one kind change places."""
    kinds = [
        [name for name in files if re.fullmatch(kind, name)]
        for kind in (r"log/\d+\.json", r"log/\d+\.proof\.json", r"objects/.*", r"checkpoints/.*", r"report\..*html")
    ]
    one, other = chance.sample(sorted(chance.choice([some for some in kinds if len(some) > 1])), 2)
    files[one], files[other] = files[other], files[one]
    return f"{one} and {other} changed places" if files[one] != files[other] else delete_file(files, chance)


def put_file_in(files: dict[str, bytes], chance: random.Random) -> str:
    files[f"objects/{chance.randbytes(32).hex()}"] = chance.randbytes(50)
    return "an object is there that nobody named"


def edit_signature(files: dict[str, bytes], chance: random.Random) -> str:
    """Within what the seal is over, or its value."""
    name = f"{_META}signatures.xml"
    values = [one.span(1) for one in re.finditer(rb"<ds:(?:DigestValue|SignatureValue)[^>]*>([A-Za-z0-9+/]{20,})", files[name])]
    start, end = chance.choice(values)
    at = chance.randrange(start, min(end, start + 40))
    new = b"A" if files[name][at : at + 1] != b"A" else b"B"
    files[name] = files[name][:at] + new + files[name][at + 1 :]
    return f"octet {at} of the seal is another"


def leave_entry_out(files: dict[str, bytes], chance: random.Random) -> str:
    """An entry with its proof, and its line of the manifest; the seal is the only one to tell, and the exchange."""
    number = inside(files, chance, "log/").split("/")[1].split(".")[0]
    for name in (f"log/{number}.json", f"log/{number}.proof.json"):
        files["manifest.json"] = re.sub(rb'"%b":\{[^}]*\},?' % re.escape(name.encode()), b"", files["manifest.json"])
        del files[name]
    files["manifest.json"] = files["manifest.json"].replace(b",}", b"}")
    return f"entry {number} is left out, and of the list"


EDITS: Sequence[Edit] = (edit_octet, delete_file, truncate_file, swap_files, put_file_in, edit_signature, leave_entry_out)


# -- what is archived ------------------------------------------------------------------------------------------------


def archive(folder: Path, rounds: int) -> Outcome:
    """An archive in another place, to which chance does something."""
    folder.mkdir(parents=True)
    document = folder / "document.xml"
    document.write_bytes(b"<document/>")
    with patch("node.archiving.TOGETHER", 1):
        made = Archive(folder, document, 3)
        made.run()
        made.send(3)
        made.run()
    place = EvidenceFolder(made.folder)
    whole, now = {name: place.read(name) for name in place.lying()}, datetime.now(UTC)
    problems = [f"an untouched archive: {one}" for one in check_archive(Held(dict(whole)), now).troubles]
    done = 0
    for number in range(rounds):
        held, way = Held(dict(whole)), WAYS[number % len(WAYS)]
        touched = way(held, random.Random(number))
        if held.files == whole:
            continue
        done += 1
        places = {one.place for one in check_archive(held, now).troubles}
        if not touched <= places:
            problems.append(f"archive {number}: {way.__name__} of {sorted(touched)} is not named, but {sorted(places)}")
    return Outcome(f"{done:,} tamperings of an archive, {len(problems)} not found or not named", tuple(problems))


# -- a receipt -------------------------------------------------------------------------------------------------------


def receipts() -> Outcome:
    """Each tampering of a receipt has a sentence of its own, in both languages, by the verifier and in the report; the second names the same of the six."""
    world = BundleWorld()
    said: dict[str, set[str]] = {f"{where} {language}": set() for where in ("verifier", "report") for language in LANGUAGES}
    said["second en"] = set()
    problems = []
    for step, (name, _, changed) in enumerate(tamperings(world), 1):
        evidence = world.evidence(world.material(**changed))
        octets = world.bundle(evidence)
        failed = [one for one in verify(octets, NOW).findings if one.fails]
        steps = {one.step for one in failed if one.check is Check.RECEIPTS}
        told = [(place, why) for check, place, why in second.verify_bundle(octets, NOW).failures if check == "receipts"]
        theirs = {found[1] for place, _ in told if (found := re.search(r", ([1-6]): ", place))}
        said["second en"].update(why for _, why in told)
        if steps != {step} or theirs != {str(step)}:
            problems.append(f"{name}: the first names {steps}, the second {theirs}, and not {step}")
            continue
        pages = dict(zip(LANGUAGES, reports(files_of(evidence), NOW).values(), strict=True))
        for language, page in pages.items():
            sentence = next(one for one in failed if one.step).says(language)
            said[f"verifier {language}"].add(sentence)
            if sentence in unescape(re.sub(r"<[^>]*>", "", page.decode())):
                said[f"report {language}"].add(sentence)
    problems += [f"{where}: {len(some)} sentences" for where, some in said.items() if len(some) != 6]
    return Outcome("6 tamperings of a receipt, 6 sentences in each language, by the verifier and in the report", tuple(problems))


if __name__ == "__main__":
    sys.exit(main(run))
