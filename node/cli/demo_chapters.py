"""The customs chapters of the demo: a sealed certificate is used, an operator is suspended, a manifest comes as CUSCAR, and a forged certificate is caught."""

import hashlib
import json
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from node.app import Node
from node.cli import demo_papers as papers
from node.cli.demo_homes import CHAMBER, KOREA, SEAL, TAIWAN, Administration
from node.customs.making.origin import Quantity, Use
from node.customs.operators.look_up import Question, look_up
from node.customs.seal.making import seal
from node.ebms.states import OutboundEvent, OutboundState
from node.ebms.xml import parse_xml
from node.msh.octets import HeldOctets
from node.msh.ports import Exchange
from node.msh.submit import Payload, Submission, submit

if TYPE_CHECKING:
    from rich.console import Console

    from node.customs.operators.look_up import Answer

PATIENCE_SECONDS: Final = 30.0
_XML, _EDIFACT = "application/xml", "application/edifact"
#: What a step without words of its own means to somebody who watches.
WORDS: Final = {
    OutboundEvent.PACKAGED.value: "compressed, signed, encrypted; these octets are kept",
    OutboundEvent.ATTEMPT_STARTED.value: "sent over mutual TLS",
}


@dataclass(frozen=True, slots=True)
class Line:
    """What became of one document."""

    type_id: str
    route: str
    message_id: str
    document_id: str
    state: str
    octets: int
    on_the_wire: int
    digests: int
    milliseconds: int
    #: What the other side's response says: level and outcome.
    answered: str
    #: The file in the other side's inbox; empty when it is not there octet for octet.
    delivered: str


class Chapters:
    """Two nodes, a console, and what has been told so far."""

    def __init__(self, nodes: dict[str, Node], console: "Console") -> None:
        self._nodes, self._console = nodes, console
        self.lines: list[Line] = []
        #: What each chapter has shown, for the JSON form; `good` when it went as it should.
        self.told: dict[str, dict[str, Any]] = {}

    def tell(self) -> None:
        """All chapters, in order."""
        self._certificate()
        self._operators()
        self._manifest()
        self._forged()

    # -- chapter by chapter ------------------------------------------------------------------------------------

    def _certificate(self) -> None:
        self._rule("A certificate of origin")
        kr, tw = self._nodes[KOREA.name], self._nodes[TAIWAN.name]
        now = _now()
        sealed = seal(papers.certificate(now), kr.setting.certificates.own["chamber"], now)
        self._sealed = sealed
        self._say(f"The chamber {CHAMBER} has sealed {papers.CERTIFICATE}; Korea sends it to Taiwan.")
        line = self._exchange(KOREA, TAIWAN, sealed, "co.certificate")
        root = parse_xml(sealed)
        item, amount, unit = _certified(root)
        began = time.monotonic()
        made = tw.origin.query(papers.CERTIFICATE, None, "CLEARANCE", tw.clock.now())
        tw.submit(made.submission)
        found = parse_xml(self._awaited(lambda: tw.answer_to(made.document_id, "co.query-response")))
        state = found.findtext("{*}CertificateState/{*}IssuerStateCode")
        self._say(f"An officer in Taiwan asks Korea: [bold]{state}[/], answered in {(time.monotonic() - began) * 1000:.0f} ms.")
        for number, (code, used) in enumerate((("PARTLY-USED", amount / 4), ("USED", amount * 3 / 4)), 1):
            quantity = Quantity(item, f"{used:f}".rstrip("0").rstrip("."), unit)
            use = Use(code, f"AA26{number:010d}", now.date(), "GIVEN", quantities=[quantity])
            report = tw.origin.use(papers.CERTIFICATE, None, use, tw.clock.now())
            self._exchanged(TAIWAN, KOREA, report.submission)
            self._say(f"Import {use.declaration} uses {quantity.amount} {unit} of item {item}; Korea is told.")
        standing = kr.documents.standing(KOREA.party_id, line.document_id)
        subject = ("co.certificate", papers.CERTIFICATE, CHAMBER)
        lives = {name: state for name, (state, _) in kr.documents.states(subject).items()}
        self._say(
            f"Korea sees step [bold]{standing.level}[/] of its certificate: {', '.join(f'{k} {v}' for k, v in sorted(lives.items()))}.\n"
        )
        self.told["certificate"] = {
            "good": state == "ISSUED" and standing.level == "L5" and lives.get("use") == "USED",
            "number": papers.CERTIFICATE,
            "level": standing.level,
            "lives": lives,
        }

    def _operators(self) -> None:
        self._rule("Authorised economic operators")
        tw, kr = self._nodes[TAIWAN.name], self._nodes[KOREA.name]
        key = tw.setting.certificates.own[SEAL]
        self._say("Taiwan sends its list, and a little later a suspension that cannot wait.")
        self._exchange(TAIWAN, KOREA, seal(papers.full_list(_now()), key, _now()), "aeo.recordset")
        before_at = _now()
        before = self._looked_up(kr, before_at)
        time.sleep(1.1)  # RecordedAt has whole seconds, and the suspension is later than the list
        self._exchange(TAIWAN, KOREA, seal(papers.suspension(_now()), key, _now()), "aeo.recordset")
        after = self._looked_up(kr, _now())
        then = self._looked_up(kr, before_at)
        for words, one in (("before", before), ("after", after), (f"as known at {before_at:%H:%M:%S}", then)):
            self._say(f"  {papers.OPERATOR} {words:24} [bold]{one.status if one else 'unknown'}[/]")
        self._console.print()
        statuses = [one.status if one else "" for one in (before, after, then)]
        self.told["operators"] = {
            "good": statuses == ["ACTIVE", "SUSPENDED", "ACTIVE"],
            "operator": papers.OPERATOR,
            "statuses": statuses,
        }

    def _manifest(self) -> None:
        self._rule("A sea manifest")
        kr = self._nodes[KOREA.name]
        interchange = papers.manifest(_now())
        self._say(f"A carrier files {papers.MANIFEST} in Korea as CUSCAR; it goes out in the canonical form.")
        pack = kr.checking.packs.pack_of("man.cargo-report")
        submission = Submission(
            TAIWAN.name, "man.cargo-report", (Payload(HeldOctets(interchange), _EDIFACT),), pack.service if pack else None
        )
        line = self._exchanged(KOREA, TAIWAN, submission)
        # A name with a dot is still being written.
        answer = self._awaited(lambda: next(iter((kr.home.data / "inbox" / TAIWAN.name).glob("[!.]*/cusres.edi")), None))
        said = answer.read_text("latin-1").replace("'", "'\n").splitlines()
        shown = [segment for segment in said if segment[:3] in {"BGM", "GIS", "RFF"}]
        self._say(f"Taiwan's response, as the carrier reads it: [bold]CUSRES[/] {' '.join(shown)}\n")
        self.told["manifest"] = {"good": line.answered.endswith("AP") and bool(shown), "number": papers.MANIFEST, "cusres": shown}

    def _forged(self) -> None:
        self._rule("A forged certificate")
        kr, tw = self._nodes[KOREA.name], self._nodes[TAIWAN.name]
        octets = papers.forged(self._sealed)
        self._say("Somebody in Korea changes the exporter, and sends it past Korea's own checks.")
        pack = kr.checking.packs.pack_of("co.certificate")
        payload = Payload(HeldOctets(octets), _XML)
        # Not through Node.submit, which would refuse it: the receiver must not rely on the sender's checks.
        message_id = submit(
            Submission(TAIWAN.name, "co.certificate", (payload,), pack.service if pack else None), kr.ports
        ).message_id
        self._receipt(kr, message_id)
        entry = self._awaited(lambda: next(iter(tw.documents.carried_by("in", message_id)), None))
        findings = [dict(finding) for finding in entry.findings]
        for finding in findings:
            self._say(f"  [red]{finding['rule']}[/] {finding['en']}")
            self._say(f"         {finding['zh']}")
        self._awaited(lambda: next(iter((tw.home.data / "refused" / KOREA.name).glob("[!.]*")), None))
        self._console.print()
        self.told["forged"] = {
            "good": entry.outcome == "RE" and [one["rule"] for one in findings] == ["SIG-02"],
            "findings": findings,
            "message_id": message_id,
        }

    # -- one document ------------------------------------------------------------------------------------------

    def _exchange(self, sender: Administration, receiver: Administration, octets: bytes, type_id: str) -> Line:
        pack = self._nodes[sender.name].checking.packs.pack_of(type_id)
        submission = Submission(receiver.name, type_id, (Payload(HeldOctets(octets), _XML),), pack.service if pack else None)
        return self._exchanged(sender, receiver, submission)

    def _exchanged(self, sender: Administration, receiver: Administration, submission: Submission) -> Line:
        """Submit, wait for the receipt and for the response, and find the document delivered on the other side."""
        here, there = self._nodes[sender.name], self._nodes[receiver.name]
        began = time.monotonic()
        message_id = here.submit(submission).message_id
        exchange = self._receipt(here, message_id)
        took = round((time.monotonic() - began) * 1000)
        (mine,) = here.documents.carried_by("out", message_id)
        if not self.lines:
            self._steps(here, message_id)
        delivered = self._delivered(there, sender, message_id, mine.digest)
        response = parse_xml(self._awaited(lambda: here.answer_to(mine.about.document_id, "gen.response")))
        line = Line(
            submission.action,
            f"{sender.name} → {receiver.name}",
            message_id,
            mine.about.document_id,
            exchange.state.value,
            mine.size,
            sum(segment.size for segment in exchange.wire),
            len(exchange.references),
            took,
            f"{response.findtext('{*}LadderLevelCode')} {response.findtext('{*}OutcomeCode')}",
            str(delivered or ""),
        )
        self.lines.append(line)
        return line

    def _steps(self, node: Node, message_id: str) -> None:
        for step in node.messages.history(message_id):
            words = step.detail or WORDS.get(step.event, step.event)
            self._console.print(f"    {step.at:%H:%M:%S.%f}"[:-3] + f"  {step.to_state:13} {words}", style="dim")

    def _receipt(self, node: Node, message_id: str) -> Exchange:
        def ended() -> Exchange | None:
            found = node.messages.exchange(message_id)
            return found if found and found.state in (OutboundState.ACKNOWLEDGED, OutboundState.FAILED) else None

        found: Exchange = self._awaited(ended)
        return found

    def _delivered(self, node: Node, sender: Administration, message_id: str, digest: bytes) -> Path | None:
        """The file of the document in the receiver's inbox, if it is there octet for octet."""

        def found() -> Path | None:
            for folder in (node.home.data / "inbox" / sender.name).glob("[!.]*"):
                if json.loads((folder / "message.json").read_text("utf-8"))["message_id"] == message_id:
                    return folder / "payload-1.xml"
            return None

        file = self._awaited(found)
        return file if hashlib.sha256(file.read_bytes()).digest() == digest else None

    def _looked_up(self, node: Node, known_at: datetime) -> "Answer | None":
        now = node.clock.now()
        found = look_up(Question(papers.OPERATOR, "TIN", now.date(), known_at), node.operators, node.agreed_age, now)
        return found[0] if found else None

    def _awaited(self, ask: Any) -> Any:
        end = time.monotonic() + PATIENCE_SECONDS
        while (found := ask()) is None:
            if time.monotonic() > end:
                raise TimeoutError(f"nothing came in {PATIENCE_SECONDS:.0f} seconds")
            time.sleep(0.01)
        return found

    def _rule(self, title: str) -> None:
        self._console.rule(f"[bold]{title}[/]")

    def _say(self, text: str) -> None:
        self._console.print(text, highlight=False, soft_wrap=True)


def _now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 - the story is told as it happens


def _certified(root: Any) -> tuple[int, float, str]:
    """The first item with its certified quantity."""
    item = root.find("{*}GoodsItem")
    for name in ("TariffQuantity", "NetNetWeightMeasure", "GrossMassMeasure"):
        found = item.find(f"{{*}}GoodsMeasure/{{*}}{name}")
        if found is not None:
            return int(item.findtext("{*}SequenceNumeric")), float(found.text), found.get("unitCode")
    raise LookupError("an item without a quantity")
