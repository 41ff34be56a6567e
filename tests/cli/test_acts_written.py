"""Each command that changes something is run for real, and the log of evidence tells who, what and why; the log holds afterwards."""

import fcntl
import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from node.app import Node
from node.cli.acts import ACTS
from node.customs.filing.registration import IN, OUT, Carried
from node.ebms.states import OutboundEvent
from node.evidence.entry import Kind
from node.keyring.demo_authority import DemoAuthority
from node.msh.outbound import begin
from node.msh.ports import Settlement
from node.served import take_lock
from node.store.people import Acted
from node.store.updates import Asked, Carrier
from node.store.witnessed import log_is_whole
from node.updates.states import UpdateDirection
from node.updates.update import CONFIRM, REJECT, REQUEST, SERVICE
from tests.archives import Archive
from tests.customs_pair import make_customs_pair
from tests.foreign.conftest import SAMPLES
from tests.homes import ACTION, Side, agree, make_pair, make_side
from tests.own_lists import aeo_toml
from tests.registered import NUMBER, Clerk, certificate, hold, home_with_story, question
from tests.store.samples import accepted
from tests.test_noticing import came
from tests.two_homes import OFFER, Two

LIN = {"USER": "lin"}
NOW = datetime.now(UTC)
NEXT = f"{NOW + timedelta(days=9):%Y-%m-%dT%H:%MZ}"
UPDATES = f'\n[[service]]\nvalue = "{SERVICE}"\nactions = ["{REQUEST}", "{CONFIRM}", "{REJECT}"]\n'
TIN = "TW1,AEOS,ACTIVE,2020-01-01,One,TW,IM,A1,ALL,2019-01-01,"
HEADING = "tin,tier,status,valid_from,name,country,roles,aeo_number,consent,consent_since,reason"


@dataclass
class Making:
    """Makes what a command needs."""

    root: Path
    n2n: Callable[..., Any]
    files: Path

    def run(self, home: Path, *words: object) -> Any:
        ended = self.n2n("--home", home, *words, environment=LIN)
        assert ended.code == 0, ended.err
        return ended

    def fresh(self) -> Path:
        keys = [word for use in ("sign", "encrypt", "tls") for word in (f"--{use}", self.files / f"tw-{use}.key.pem")]
        ended = self.n2n("init", self.root / "tw", "--party-id", "TW-CUSTOMS", *keys, "--trust", self.files / "ca.pem")
        assert ended.code == 0, ended.err
        return self.root / "tw"

    def write(self, name: str, text: str) -> Path:
        path = self.root / name
        path.write_text(text)
        return path


@dataclass
class Run:
    """The command line to be run, and what the log must tell of it."""

    home: Path
    words: tuple[object, ...]
    what: tuple[str, ...]
    #: A text of the reason; else the command line.
    why: str = ""
    who: str = "lin"
    codes: tuple[int, ...] = (0,)
    #: As if somebody served the home.
    served: bool = False


Case = Callable[[Making], Run]
CASES: dict[str, Case] = {}


def case(command: str) -> Callable[[Case], Case]:
    def taken(made: Case) -> Case:
        assert command not in CASES
        CASES[command] = made
        return made

    return taken


def size(home: Path) -> int:
    node = Node.open(home)
    try:
        log = node.evidence.log()
        return log.size if log else 0
    finally:
        node.close()


@contextmanager
def serving_in_name_only(home: Path, wanted: bool) -> Iterator[None]:
    if not wanted:
        yield
        return
    lock = take_lock(home / "data")
    try:
        yield
    finally:
        fcntl.flock(lock, fcntl.LOCK_UN)


# -- files -------------------------------------------------------------------------------------------------------------


@case("init")
def _(make: Making) -> Run:
    keys = [word for use in ("sign", "encrypt", "tls") for word in (f"--{use}", make.files / f"tw-{use}.key.pem")]
    return Run(make.root / "tw", ("init", make.root / "tw", "--party-id", "TW-CUSTOMS", *keys), ("init",))


@case("cert add")
def _(make: Making) -> Run:
    return Run(make.fresh(), ("cert", "add", "--own", "sign-2", make.files / "tw-sign.key.pem"), ("cert add",))


@case("cert add-crl")
def _(make: Making) -> Run:
    authority = DemoAuthority(NOW)
    tw, kr = make_side(make.root, "tw", authority), make_side(make.root, "kr", authority)
    agree(tw, kr)
    file = make.root / "ca.crl"
    file.write_bytes(authority.revocation_list({}, NOW))
    return Run(tw.folder, ("cert", "add-crl", file), ("cert add-crl",))


@case("cert switch")
def _(make: Making) -> Run:
    home = make.fresh()
    make.run(home, "cert", "add", "--own", "sign-2", make.files / "tw-sign.key.pem")
    return Run(home, ("cert", "switch", "--purpose", "sign", "--name", "sign-2", "--from", NEXT), ("cert switch",))


@case("partner add")
def _(make: Making) -> Run:
    words = ("--party-id", "KR", "--url", "https://kr.example/as4", "--service", "urn:co", "--action", "co.certificate")
    certificates = [word for use in ("sign", "encrypt") for word in (f"--{use}-cert", make.files / f"kr-{use}.pem")]
    profile = ("--profile", "edelivery-as4-2.0-ecdsa")
    return Run(make.fresh(), ("partner", "add", "kr", *words, *certificates, *profile), ("partner add",))


@case("partner import")
def _(make: Making) -> Run:
    return Run(make.fresh(), ("partner", "import", SAMPLES / "holodeck", "--as", "hub"), ("partner import",))


@case("pack new")
def _(make: Making) -> Run:
    words = ("inspection", "--type", "inspection.certificate", "--namespace", "urn:x:1", "--root", "Inspection")
    return Run(make.fresh(), ("pack", "new", *words), ("pack new",))


@case("pack activate")
def _(make: Making) -> Run:
    home = make.fresh()
    make.run(
        home, *("pack", "new", "inspection", "--type", "inspection.certificate", "--namespace", "urn:x:1", "--root", "Inspection")
    )
    return Run(home, ("pack", "activate", "inspection"), ("pack activate",))


@case("codelist import")
def _(make: Making) -> Run:
    file = make.write("places.csv", "country,location,name,function\nTW,KHH,Kaohsiung,1-3-----\n")
    words = ("codelist", "import", "un-locode", file, "--version", "2026-1", "--from", "2026-07-01")
    return Run(make.fresh(), words, ("codelist import",))


@case("directory publish")
def _(make: Making) -> Run:
    who = "iso6523-actorid-upis::0158:TW-CUSTOMS"
    home = make_customs_pair(make.root)[0].folder
    return Run(
        home, ("directory", "publish", who, "--url", "https://tw.example/as4", "--out", make.root / "smp"), ("directory publish",)
    )


# -- agreements --------------------------------------------------------------------------------------------------------


class TwoOf(Two):
    def __init__(self, make: Making) -> None:
        super().__init__(make.root, make.n2n)

    def offered(self) -> Path:
        assert self.run(self.tw, "offer", "kr", "--out", self.file("offer.json"), *OFFER).code == 0
        return self.file("offer.json")

    def taken(self) -> tuple[object, ...]:
        return (self.offered(), "--as", "tw", "--fingerprint", self.print_of(self.tw))

    def proposed(self) -> None:
        self.agree()
        terms = self.write("terms.toml", "leg.security.send_receipt.non_repudiation = false\n")
        ended = self.run(self.tw, "propose", "kr", terms, "--who", "ann", "--out", self.file("v2.json"))
        assert ended.code == 0, ended.err


@case("partner offer")
def _(make: Making) -> Run:
    two = TwoOf(make)
    words = ("partner", "offer", "kr", "--out", two.file("o.json"), *OFFER, "--who", "Lin Mei", "--why", "as agreed in Seoul")
    return Run(two.tw.folder, words, ("agreement propose",), "as agreed in Seoul", "Lin Mei")


@case("partner accept")
def _(make: Making) -> Run:
    two = TwoOf(make)
    words = ("partner", "accept", *two.taken(), "--out", two.file("a.json"))
    return Run(two.kr.folder, words, ("agreement accept", "agreement activate"))


@case("partner counter")
def _(make: Making) -> Run:
    two = TwoOf(make)
    terms = two.write("terms.toml", 'title = "Other"\n')
    words = ("partner", "counter", *two.taken(), "--terms", terms, "--out", two.file("c.json"))
    return Run(two.kr.folder, words, ("agreement propose", "agreement counter"))


@case("partner activate")
def _(make: Making) -> Run:
    two = TwoOf(make)
    ended = two.run(two.kr, "accept", *two.taken(), "--out", two.file("a.json"))
    assert ended.code == 0, ended.err
    words = ("partner", "activate", two.file("a.json"), "--fingerprint", two.print_of(two.kr))
    return Run(two.tw.folder, words, ("agreement accept", "agreement activate"))


@case("partner propose")
def _(make: Making) -> Run:
    two = TwoOf(make)
    two.agree()
    terms = two.write("terms.toml", 'title = "Other"\n')
    words = ("partner", "propose", "kr", terms, "--out", two.file("v2.json"))
    return Run(two.tw.folder, words, ("agreement propose",))


@case("partner rollback")
def _(make: Making) -> Run:
    two = TwoOf(make)
    two.agree()
    ended = two.run(two.tw, "propose", "kr", two.write("terms.toml", 'title = "Other"\n'), "--out", two.file("v2.json"))
    assert ended.code == 0, ended.err
    assert two.run(two.kr, "accept", two.file("v2.json"), "--out", two.file("a2.json")).code == 0
    assert two.run(two.tw, "activate", two.file("a2.json")).code == 0
    words = ("partner", "rollback", "kr", "1", "--out", two.file("v3.json"), "--why", "it did not work")
    return Run(two.tw.folder, words, ("agreement propose",), "it did not work")


@case("partner approve")
def _(make: Making) -> Run:
    two = TwoOf(make)
    two.proposed()
    return Run(two.tw.folder, ("partner", "approve", "kr", "2", "--why", "seen"), ("agreement approve",), "seen")


@case("partner reject")
def _(make: Making) -> Run:
    two = TwoOf(make)
    two.proposed()
    return Run(two.tw.folder, ("partner", "reject", "kr", "2", "--why", "no"), ("agreement withdraw",), "no")


@case("partner gate")
def _(make: Making) -> Run:
    two = TwoOf(make)
    two.agree()
    return Run(two.tw.folder, ("partner", "gate", "kr", "1"), ("gate passed",))


# -- updates -----------------------------------------------------------------------------------------------------------


def updating(make: Making) -> tuple[Side, Side]:
    authority = DemoAuthority(NOW)
    tw, kr = make_side(make.root, "tw", authority), make_side(make.root, "kr", authority)
    agree(tw, kr, more=UPDATES)
    agree(kr, tw, more=UPDATES)
    issued = authority.issue("tw", "ecdsa", "sign")
    key = make.root / "sign-2.pem"
    key.write_bytes(issued.private_key + issued.certificate)
    make.run(tw.folder, "cert", "add", "--own", "sign-2", key)
    make.run(tw.folder, "cert", "switch", "--purpose", "sign", "--name", "sign-2", "--from", NEXT)
    return tw, kr


def asked(make: Making) -> tuple[Side, str]:
    """The partner, with the request as it comes in, and the fingerprint to be read out."""
    tw, kr = updating(make)
    told = make.run(tw.folder, "partner", "update", "kr", "--purpose", "sign").out.partition("telephone: ")[2][:19]
    ours, theirs = Node.open(tw.folder), Node.open(kr.folder)
    try:
        (sent,) = ours.updates.of("kr")
        one = sent.asked
        came_in = Asked(
            *("tw", UpdateDirection("in"), one.request_id, hashlib.sha256(one.content).hexdigest(), one.content),
            *(Carrier("m1@tw.example", "c1"), one.respond_by, one.activate_by),
        )
        theirs.updates.record(came_in, Acted("tw", theirs.clock.now()))
    finally:
        ours.close()
        theirs.close()
    return kr, told


@case("partner update")
def _(make: Making) -> Run:
    return Run(updating(make)[0].folder, ("partner", "update", "kr", "--purpose", "sign"), ("update propose",))


@case("partner update-accept")
def _(make: Making) -> Run:
    kr, told = asked(make)
    words = ("partner", "update-accept", "1", "--fingerprint", told, "--who", "Lin Mei", "--why", "called Taipei")
    return Run(kr.folder, words, ("update approve",), "called Taipei", "Lin Mei")


@case("partner update-reject")
def _(make: Making) -> Run:
    words = ("partner", "update-reject", "1", "--reason", "it differs")
    return Run(asked(make)[0].folder, words, ("update reject",), "it differs")


# -- messages ----------------------------------------------------------------------------------------------------------


def one_message(make: Making) -> Path:
    home = make_pair(make.root)[0].folder
    make.run(home, "submit", "--partner", "kr", make.files / "document.xml", "--message-id", "m1@tw.example")
    return home


@case("submit")
def _(make: Making) -> Run:
    home = make_pair(make.root)[0].folder
    return Run(home, ("submit", "--partner", "kr", "--action", ACTION, make.files / "document.xml"), ("submit",))


@case("partner ping")
def _(make: Making) -> Run:
    words = ("partner", "ping", "kr", "--wait", "0.1")
    return Run(make_pair(make.root)[0].folder, words, ("partner ping",), codes=(6,), served=True)


@case("message hold")
def _(make: Making) -> Run:
    return Run(one_message(make), ("message", "hold", "m1", "--reason", "wait"), ("hold",), "wait")


@case("message release")
def _(make: Making) -> Run:
    home = one_message(make)
    make.run(home, "message", "hold", "m1", "--reason", "wait")
    return Run(home, ("message", "release", "m1", "--reason", "go on"), ("release",), "go on")


@case("message cancel")
def _(make: Making) -> Run:
    return Run(one_message(make), ("message", "cancel", "m1", "--reason", "wrong"), ("cancel",), "wrong")


@case("message resend")
def _(make: Making) -> Run:
    home = one_message(make)
    make.run(home, "message", "cancel", "m1", "--reason", "wrong")
    return Run(home, ("message", "resend", "m1", "--reason", "right"), ("resend",), "right")


@case("message keep")
def _(make: Making) -> Run:
    return Run(one_message(make), ("message", "keep", "m1", "--reason", "court file 12"), ("hold",), "court file 12")


@case("message deliver-again")
def _(make: Making) -> Run:
    home = make_pair(make.root)[1].folder
    node = Node.open(home)
    node.messages.accept_once(accepted("in1@x"))
    node.messages.delivery_failed(1, node.clock.now(), "rotten")
    node.close()
    return Run(home, ("message", "deliver-again", "in1@x"), ("DELIVER_AGAIN",), "an operator asked for it")


@case("retention run")
def _(make: Making) -> Run:
    home = one_message(make)
    node = Node.open(home)
    exchange = node.messages.exchange("m1@tw.example")
    assert exchange is not None
    begin(exchange, node.ports)
    node.messages.settle(Settlement("m1@tw.example", OutboundEvent.RECEIPT_MATCHED, NOW - timedelta(days=400)))
    node.close()
    return Run(home, ("retention", "run"), ("retention run",))


# -- documents ---------------------------------------------------------------------------------------------------------


def held(make: Making) -> tuple[Path, str]:
    home = home_with_story(make.root).folder
    node = Node.open(home)
    row = hold(Clerk(node.documents), certificate("013-26-0771207"), Carried(IN, "held@kr", "kr")).entry.id
    node.close()
    return home, str(row)


@case("document release")
def _(make: Making) -> Run:
    home, row = held(make)
    words = ("document", "release", row, "--reason", "telephoned", "--who", "Lin Mei")
    return Run(home, words, ("document release",), "telephoned", "Lin Mei")


@case("document refuse")
def _(make: Making) -> Run:
    home, row = held(make)
    return Run(home, ("document", "refuse", row, "--reason", "a mistake"), ("document refuse",), "a mistake")


@case("document keep")
def _(make: Making) -> Run:
    home, row = held(make)
    return Run(home, ("document", "keep", row, "--reason", "court file 12"), ("document keep",), "court file 12")


# -- what is sent about documents ----------------------------------------------------------------------------------------


def received_certificate(make: Making) -> Path:
    return home_with_story(make.root).folder


@case("co use")
def _(make: Making) -> Run:
    words = ("co", "use", "013-26-0771339", "--declaration", "D-2026-1")
    return Run(received_certificate(make), words, ("co use",))


@case("co ask")
def _(make: Making) -> Run:
    words = ("co", "ask", "013-26-0771207", "--due", "2027-06-01", "--question", "AUTHENTIC")
    home = make_customs_pair(make.root)[0].folder
    node = Node.open(home)
    Clerk(node.documents).accept(certificate("013-26-0771207"), Carried(IN, "m1@kr.example", "kr"))
    node.close()
    return Run(home, words, ("co ask",))


@case("co reply")
def _(make: Making) -> Run:
    home = make_customs_pair(make.root)[1].folder
    node = Node.open(home)
    clerk = Clerk(node.documents)
    for direction, octets, name in ((OUT, certificate(NUMBER), "1"), (IN, question("TW-VER-1"), "2")):
        checked, looked = clerk.looked(octets)
        clerk.record(octets, checked, looked, Carried(direction, f"m{name}@tw.example", "tw"))
    node.close()
    return Run(home, ("co", "reply", "TW-VER-1", "--outcome", "CONFIRMED", "--answer", "1=Y"), ("co reply",))


@case("co verify")
def _(make: Making) -> Run:
    words = ("co", "verify", "013-26-0771339", "--timeout", "0")
    return Run(received_certificate(make), words, ("co verify",), codes=(6,), served=True)


NOTICE = ("notice", "send", "kr", "--category", "OTHER", "--subject", "quite secret", "--text", "nobody else")


@case("notice send")
def _(make: Making) -> Run:
    return Run(make_customs_pair(make.root)[0].folder, NOTICE, ("notice send",))


@case("notice ack")
def _(make: Making) -> Run:
    home = make_customs_pair(make.root)[0].folder
    node = Node.open(home)
    came(node, "KR-N-1")
    node.close()
    return Run(home, ("notice", "ack", "KR-N-1"), ("notice ack",))


@case("notice withdraw")
def _(make: Making) -> Run:
    home = make_customs_pair(make.root)[0].folder
    make.run(home, *NOTICE, "--number", "TW-N-1")
    make.run(home, "message", "cancel", "--partner", "kr")
    return Run(home, ("notice", "withdraw", "TW-N-1"), ("notice withdraw",))


def arranged(make: Making) -> Path:
    home = make_customs_pair(make.root)[0].folder
    (home / "aeo.toml").write_text(aeo_toml("tw", "kr"))
    return home


@case("aeo verify")
def _(make: Making) -> Run:
    words = ("aeo", "verify", "KR1234567890", "--partner", "kr", "--timeout", "0", "--who", "Lin Mei")
    return Run(arranged(make), words, ("aeo verify",), who="Lin Mei", codes=(6,), served=True)


@case("aeo own import")
def _(make: Making) -> Run:
    return Run(arranged(make), ("aeo", "own", "import", make.write("list.csv", f"{HEADING}\n{TIN}\n")), ("aeo own import",))


@case("aeo publish")
def _(make: Making) -> Run:
    home = arranged(make)
    make.run(home, "aeo", "own", "import", make.write("list.csv", f"{HEADING}\n{TIN}\n"))
    return Run(home, ("aeo", "publish", "kr", "--mode", "full"), ("aeo publish",))


@case("reconcile run")
def _(make: Making) -> Run:
    home = make_customs_pair(make.root)[0].folder
    return Run(home, ("reconcile", "run", "kr"), ("reconcile run",), codes=(6,))


@case("evidence hold")
def _(make: Making) -> Run:
    words = ("evidence", "hold", "m1", "--case", "2026 Su 123", "--why", "order of the court")
    return Run(one_message(make), words, ("hold",), "order of the court")


@case("evidence release")
def _(make: Making) -> Run:
    home = one_message(make)
    make.run(home, "evidence", "hold", "m1", "--case", "2026 Su 123", "--why", "order of the court")
    return Run(home, ("evidence", "release", "1", "--why", "it is final"), ("release",), "it is final")


@case("evidence import")
def _(make: Making) -> Run:
    archive = Archive(make.root, make.write("d.xml", "<d/>"), 1)
    archive.run()
    (make.root / "new").mkdir()
    home = make_pair(make.root / "new")[0].folder
    words = ("evidence", "import", archive.folder, "--why", "the node was lost")
    return Run(home, words, ("import of the log",), "the node was lost")


# -- all of them -------------------------------------------------------------------------------------------------------


def test_every_command_of_the_table_is_run_here() -> None:
    # Of those that need a partner or a process: tests/cli/test_doctor.py, tests/test_auditing_served.py.
    assert CASES.keys() == ACTS.keys() - {"doctor", "serve"}


@pytest.mark.parametrize("command", sorted(CASES))
def test_the_log_tells_who_did_what_and_why(command: str, tmp_path: Path, n2n: Any, files: Path) -> None:
    made = CASES[command](Making(tmp_path, n2n, files))
    after = 0 if command == "init" else size(made.home)
    words = made.words if command == "init" else ("--home", made.home, *made.words)
    with serving_in_name_only(made.home, made.served):
        ended = n2n(*words, environment=LIN)
    assert ended.code in made.codes, ended.err
    node = Node.open(made.home)
    try:
        found = [one.entry for one in node.evidence.walk(after) if one.entry.kind is Kind.ACTED]
        # An import goes on to say of what.
        said = [(what, one) for one in found for what in made.what if one.facts["what"].startswith(what)]
        assert {what for what, _ in said} == set(made.what), [one.facts for one in found]
        told = [one for _, one in said]
        assert {one.facts["who"] for one in told} == {made.who}
        why = made.why or f"n2n --home {made.home} {command}"
        assert all(why in one.facts["why"] for one in told if command != "init"), [one.facts["why"] for one in told]
        assert list(log_is_whole(node.messages, None)) == []  # type: ignore[arg-type]
        # Nothing is left that no command had told.
        assert node.auditing.untold() == []
        assert "outside" not in str([one.facts for one in found])
    finally:
        node.close()
