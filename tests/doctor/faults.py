"""One seeded fault, and more, for each check: seeded for real in a home where that can be done, else told as a fact."""

import os
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from node.app import Node
from node.doctor.facts import Facts, Reached
from node.store.condition import Condition
from node.store.database import instant
from tests.doctor.homes import NOW, Home, key, pki

Told = Callable[[Facts], Facts]


def untold(home: Home) -> None:
    """A certificate was copied into the home after a node had opened it."""
    Node.open(home.folder).close()
    home.put_trust("new", key())


@dataclass(frozen=True)
class Fault:
    """What is broken, and how the check must tell it."""

    check: str
    #: Breaks the home; what it returns stays open until the facts are gathered.
    seed: Callable[[Home], Any] | None = None
    told: Told | None = None
    place: str = ""
    what: str = ""
    #: The environment of whoever asks the doctor.
    environment: Mapping[str, str] = field(default_factory=dict)


def versions(**other: Any) -> Told:
    return lambda facts: replace(facts, versions=replace(facts.versions, **other))


def machine(**other: Any) -> Told:
    return lambda facts: replace(facts, machine=replace(facts.machine, **other))


def places(**other: Any) -> Told:
    return lambda facts: replace(facts, places=replace(facts.places, **other))


def store(**other: Any) -> Told:
    return lambda facts: replace(facts, store=replace(facts.store, **other))


def condition(**other: Any) -> Told:
    return lambda facts: replace(
        facts, store=replace(facts.store, condition=replace(facts.store.condition or Condition(), **other))
    )


def serving(**other: Any) -> Told:
    return lambda facts: replace(facts, serving=replace(facts.serving, **other))


def online(**other: Any) -> Told:
    return lambda facts: replace(facts, demo=False, online={"kr": Reached(**other)})


def age(seconds: float) -> Any:
    return NOW - timedelta(seconds=seconds)


HOUR, DAY = 3600.0, 86_400.0


# -- seeds that take more than a line --------------------------------------------------------------------------------------


def mode(path: str, bits: int) -> Callable[[Home], None]:
    return lambda home: (home.folder / path).chmod(bits)


def own(name: str, **shape: Any) -> Callable[[Home], None]:
    return lambda home: home.put_own(name, key(**shape))


def partner(name: str, **shape: Any) -> Callable[[Home], None]:
    return lambda home: home.put_partner(name, key(**shape))


def trusted(seed: Callable[[Home], Any]) -> Callable[[Home], None]:
    """With the test's authority among the anchors."""

    def both(home: Home) -> None:
        home.put_trust("test-ca", pki().ca)
        seed(home)

    return both


def other_anchors(home: Home) -> None:
    """An authority that lies here, and not the one that the agreement lets vouch."""
    home.put_trust("other", pki().ca)
    home.agree("[certificates]", '[certificates]\nanchors = ["other"]')


def agree(old: str, new: str) -> Callable[[Home], None]:
    return lambda home: home.agree(old, new)


def weaker(key: str) -> Callable[[Home], None]:
    """A protection that the agreement takes away, and says why."""
    table, _, name = key.rpartition(".")
    return more(f'\n[{table}]\n{name} = false\n\n[[weakened]]\nparameter = "{key}"\nreason = "for a trial"\n')


def more(text: str) -> Callable[[Home], None]:
    """More at the end of the agreement."""

    def add(home: Home) -> None:
        home.agreement.write_text(home.agreement.read_text("utf-8") + text, "utf-8")

    return add


def before_services(text: str) -> Callable[[Home], None]:
    """More at the top of the agreement."""

    def add(home: Home) -> None:
        home.agreement.write_text(text + home.agreement.read_text("utf-8"), "utf-8")

    return add


def settings(old: str, new: str) -> Callable[[Home], None]:
    return lambda home: home.set(old, new)


def not_a_demo(seed: Callable[[Home], Any] = lambda _home: None) -> Callable[[Home], None]:
    def both(home: Home) -> None:
        (home.folder.parent / ".n2n-demo").unlink()
        seed(home)

    return both


def taken_port(home: Home) -> socket.socket:
    listener = socket.create_server(("127.0.0.1", 0))
    port = next(line for line in (home.folder / "node.toml").read_text().splitlines() if line.startswith("port"))
    home.set(port, f"port = {listener.getsockname()[1]}")
    return listener


def other_owner(home: Home) -> None:
    os.chown(home.folder / "certs" / "own" / "sign.pem", 12345, -1)


def damaged(home: Home) -> None:
    (home.folder / "data" / "node.db").write_bytes(b"not what it was " * 4096)


def old_quarantine(home: Home) -> None:
    path = home.folder / "data" / "quarantine" / "left"
    path.write_bytes(b"half a message")
    os.utime(path, (age(2 * DAY).timestamp(),) * 2)


def old_backup(home: Home) -> None:
    home.set('folder = "data"', 'folder = "data"\nbackups = "backups"')
    (home.folder / "backups").mkdir()
    path = home.folder / "backups" / "monday.tar"
    path.touch()
    os.utime(path, ((datetime.now(UTC) - timedelta(hours=50)).timestamp(),) * 2)


class Umask:
    """Another umask until it is closed."""

    def __init__(self, mask: int) -> None:
        self._before = os.umask(mask)

    def close(self) -> None:
        os.umask(self._before)


def broken_preset(home: Home) -> None:
    (home.folder / "profiles" / "messaging" / "ours.toml").write_text("this is no TOML", "utf-8")
    home.agree("edelivery-as4-2.0-ecdsa", "ours")


def undecided(home: Home) -> None:
    """A document that waits for a person."""
    texts = (
        *("conversation_id", "type_id", "document_id", "sender", "recipient", "function", "profile", "correlation", "campaign"),
        *("number", "issuer", "digest", "findings", "retention", "kept_because", "decided_by", "decided_because", "sending"),
    )
    row: dict[str, Any] = {
        **dict.fromkeys(texts, ""),
        **dict.fromkeys(("payload", "version", "size", "findings_not_listed"), 0),
        "direction": "in",
        "message_id": "m@kr",
        "partner": "kr",
        "outcome": "AJ",
        "registered_at": instant(age(3 * DAY)),
    }
    home.insert("document", row)


def almost_full(home: Home) -> None:
    home.set("[store]", "[limits]\nwaiting = 1\n[store]")
    home.receive()


def edited_pack(home: Home) -> None:
    from datetime import UTC, datetime

    from node.library import activate, shipped_documents

    pack = next(one for one in sorted(shipped_documents().iterdir()) if (one / "pack.toml").is_file())
    frozen = activate(pack, home.folder, datetime.now(UTC))
    path = frozen / "pack.toml"
    path.chmod(0o600)
    path.write_text(path.read_text("utf-8") + "\n# edited by hand\n", "utf-8")


def ended_list(home: Home) -> None:
    folder = home.folder / "profiles" / "codelists" / "our-list"
    folder.mkdir(parents=True)
    (folder / "1.csv").write_text(
        "# title: ours\n# version: 1\n# from: 2020-01-01\n# to: 2021-01-01\ncode,name_en,name_zh,valid_from,valid_to,flags\nA,a,a,,,\n"
    )


def same_signer(home: Home) -> None:
    """A second partner that signs with the certificate of the first."""
    folder = home.folder / "partners" / "jp"
    folder.mkdir()
    text = (
        home.agreement.read_text("utf-8")
        .replace("KR-KCS", "JP-CUSTOMS")
        .replace("tw-kr", "tw-jp")
        .replace('["kr-tls"]', '["tw-tls"]')
    )
    (folder / "agreement.toml").write_text(text.partition("[documents]")[0], "utf-8")
    home.put_partner("tw-tls", key("sign"))


def twice(home: Home) -> None:
    """The same partner twice."""
    folder = home.folder / "partners" / "korea"
    folder.mkdir()
    (folder / "agreement.toml").write_text(
        home.agreement.read_text("utf-8").partition("[documents]")[0].replace('tls     = ["kr-tls"]', ""), "utf-8"
    )


_PULLED = '\n[[service]]\nvalue = "urn:n2n:test"\nactions = ["pull.me"]\nbinding = "pull"\n'


def wrong_certificate(home: Home) -> None:
    """The key of one and the certificate of another."""
    own = home.folder / "certs" / "own"
    key_part = (own / "sign.pem").read_text().partition("-----BEGIN CERTIFICATE")[0]
    certificate = (own / "encrypt.pem").read_text().partition("-----BEGIN CERTIFICATE")
    (own / "sign.pem").write_text(key_part + certificate[1] + certificate[2])


def not_believed(home: Home) -> None:
    """No anchor at all, and nothing that names one."""
    (home.folder / "certs/trust/demo-ca.pem").unlink()
    home.set('client_ca = ["demo-ca"]', "")
    drop_line(home, 'KR = ["demo-ca"]')


def password(home: Home, word: str) -> None:
    path = home.folder / "certs" / "own" / "pull.password"
    path.touch(0o600)
    path.write_text(word)


def remove(folder: Any) -> None:
    import shutil

    shutil.rmtree(folder)


def drop_line(home: Home, beginning: str) -> None:
    lines = home.agreement.read_text("utf-8").splitlines()
    left = [one for one in lines if not one.startswith(beginning)]
    assert len(left) < len(lines), beginning
    home.agreement.write_text("\n".join(left), "utf-8")


def one_way(home: Home) -> None:
    text = home.agreement.read_text("utf-8").replace('"both"', '"receive"')
    head, _, rest = text.partition('\n[[service]]\nvalue = "urn:n2n:customs:svc:co"\nactions = ["co.query-response"]')
    home.agreement.write_text(head + "\n[documents]" + rest.partition("[documents]")[2], "utf-8")


def outgoing(home: Home, **columns: Any) -> None:
    """A message of ours whose row says what the doctor looks at."""
    home.send(**columns)


def untranslated(home: Home) -> None:
    """A pack of the home's own, made active, that lacks the Chinese names of the shipped one."""
    import shutil
    from datetime import UTC, datetime

    from node.library import activate, shipped_documents

    shipped = next(one for one in sorted(shipped_documents().iterdir()) if one.name == "n2n-co")
    own = home.folder / "profiles" / "documents" / shipped.name
    shutil.copytree(shipped, own)
    labels = own / "labels" / "zh-Hant.toml"
    lines = labels.read_text("utf-8").splitlines()
    labels.write_text("\n".join(lines[: len(lines) // 2]) + "\n", "utf-8")
    activate(own, home.folder, datetime.now(UTC))


PULLED_WITH = """[[service]]
value = "urn:n2n:test"
actions = ["pull.me"]
binding = "pull"
mpc = "urn:mpc"
[initiator.authorization]
username = "kr"
password = "kr-pull"
[leg.security]
pmode_authorize = true
"""

FAULTS = [
    # -- the program
    Fault("library.python", told=versions(python=(3, 10, 4)), place="python", what="3.10.4"),
    Fault("library.sqlite", told=versions(sqlite="3.51.2"), place="apsw", what="3.51.2"),
    Fault("library.libxml2", told=versions(libxml2=(2, 13, 9)), place="lxml", what="2.13.9"),
    Fault("library.openssl", told=versions(tls=(1, 1, 1)), place="ssl", what="1.1.1"),
    Fault("library.requirements", told=versions(unmet={"aiohttp": "is not installed"}), place="aiohttp"),
    Fault("library.algorithms", told=versions(unable={"partners/kr": "no such curve"}), place="partners/kr"),
    Fault("library.zones", told=versions(zones={"Asia/Taipei": "is not known here"}), place="Asia/Taipei"),
    Fault("library.zones", more('\n[calendar]\ntime_zone = "Asia/Taipeh"\n'), place="calendar.time_zone", what="Asia/Taipeh"),
    Fault(
        "library.extras",
        settings('folder = "data"', 'database = "postgresql://n2n@nowhere.invalid/n2n"'),
        versions(absent=frozenset({"psycopg"})),
        place="store.database",
        what="psycopg",
    ),
    Fault("library.loop", told=versions(absent=frozenset({"uvloop"})), place="uvloop"),
    # -- the machine
    Fault("machine.room", told=machine(free=50 * 1024**2), place="data", what="50 MB"),
    Fault("machine.room", told=machine(free=500 * 1024**2), place="data", what="500 MB"),
    Fault("machine.inodes", told=machine(free_inodes=12, inodes=1000), place="data", what="12 of 1000"),
    Fault(
        "machine.growth",
        told=lambda facts: places(octets=10 * 1024**3)(condition(first=age(2 * DAY))(machine(free=20 * 1024**3)(facts))),
        place="retention.payload",
    ),
    Fault("machine.memory", told=machine(memory=100 * 1024**2), what="100 MB"),
    Fault("machine.synchronised", told=machine(synchronised=False), place="clock"),
    Fault("machine.clock", told=machine(offset=timedelta(seconds=-7)), what="-7.0 s"),
    Fault(
        "machine.set-back",
        lambda home: home.receive(received_at=instant(NOW + timedelta(hours=3)), state="DELIVERED"),
        place="clock",
        what="newest entry",
    ),
    Fault("machine.umask", lambda _: Umask(0), what="000"),
    Fault("machine.debug", environment={"PYTHONDEVMODE": "1"}, place="PYTHONDEVMODE"),
    Fault("machine.debug", environment={"N2N_FAILPOINT": "in.4.after_parse"}, place="N2N_FAILPOINT"),
    # -- files
    Fault("places.keys", mode("certs/own/sign.pem", 0o644), place="certs/own/sign.pem", what="644"),
    Fault("places.keys", mode("certs/own", 0o755), place="certs/own", what="755"),
    Fault("places.messages", mode("data", 0o755), place="data", what="755"),
    Fault("places.messages", mode("data/node.db", 0o644), place="data/node.db"),
    Fault("places.settings", mode("partners/kr/agreement.toml", 0o666), place="partners/kr/agreement.toml"),
    Fault("places.owner", other_owner, place="certs/own/sign.pem", what="12345"),
    Fault("places.writable", lambda home: (home.folder / "data" / "inbox").write_text("no folder"), place="data/inbox"),
    Fault(
        "places.writable",
        lambda home: (home.folder / "data" / "inbox").symlink_to("/nowhere/at/all"),
        place="data/inbox",
        what="/nowhere/at/all",
    ),
    Fault("places.backup", old_backup, place="store.backups", what="50 hours"),
    Fault("places.backup", settings('folder = "data"', 'folder = "data"\nbackups = "none"'), what="holds no backup"),
    # -- the store
    Fault("store.reachable", damaged, place="node.db", what="damaged"),
    Fault("store.reachable", lambda home: (home.folder / "data" / "node.db").write_bytes(b""), what="no store"),
    Fault("store.version", lambda home: home.sql("UPDATE schema_version SET version = 99"), place="schema_version", what="99"),
    Fault("store.version", lambda home: home.sql("UPDATE schema_version SET version = 3"), place="schema_version", what="3"),
    Fault(
        "store.log",
        # Whoever reads the home's versions alone takes a log away that nobody writes; one that is in use stays.
        told=lambda facts: replace(facts, store=replace(facts.store, wal=600 * 1024**2)),
        place="node.db-wal",
        what="600 MB",
    ),
    Fault("store.payloads", lambda home: (home.folder / "data" / "payloads").rmdir(), place="store.payloads"),
    Fault(
        "store.archive",
        settings("[store]", '[retention]\narchive = "archive"\n[store]'),
        place="retention.archive",
        what="no such folder",
    ),
    Fault("store.audit", untold, place="certs/trust/new.pem", what="does not tell of it yet"),
    # -- own keys
    Fault("keys.open", lambda home: (home.folder / "certs/own/sign.pem").write_text("no key"), place="certs/own/sign.pem"),
    Fault("keys.open", wrong_certificate, place="certs/own/sign.pem", what="certificates belongs"),
    Fault("keys.named", settings('sign    = "sign"', 'sign    = "sing"'), place="keys.sign", what="sing"),
    Fault("keys.valid", own("sign", days=-1), place="certs/own/sign", what="expired"),
    Fault("keys.valid", own("sign", begins=2, days=9), place="certs/own/sign", what="not valid before"),
    *(
        Fault("keys.soon", own("sign", days=end - 0.1), place="certs/own/sign", what=f"told at {end} days")
        for end in (90, 60, 30, 14, 7, 1)
    ),
    Fault("keys.usage", own("sign", use="enc"), place="certs/own/sign", what="digitalSignature"),
    Fault("keys.usage", own("encrypt", use="sign"), place="certs/own/encrypt", what="keyAgreement"),
    Fault("keys.usage", own("tls", use="enc"), place="certs/own/tls", what="speak TLS"),
    Fault("keys.path", own("sign", stranger=True), place="certs/own/sign", what="not among the anchors"),
    Fault("keys.demo", not_a_demo(), place="certs/own/sign", what="n2n demo"),
    Fault("keys.passwords", lambda home: password(home, "changeit"), place="certs/own/pull.password"),
    Fault("keys.passwords", environment={"N2N_KEY_PASSWORD_SIGN": "Secret"}, place="N2N_KEY_PASSWORD_SIGN"),
    Fault(
        "keys.passwords",
        lambda home: home.agree("[documents]", PULLED_WITH + "[documents]"),
        machine(environment={"N2N_PULL_PASSWORD_KR_PULL": "admin"}),
        place="N2N_PULL_PASSWORD_KR_PULL",
    ),
    # -- certificates of partners
    Fault(
        "partners.open",
        lambda home: (home.folder / "certs/partners/kr-sign.pem").write_text("x"),
        place="certs/partners/kr-sign.pem",
    ),
    Fault("partners.valid", partner("kr-sign", days=-1), place="certs/partners/kr-sign", what="expired"),
    Fault("partners.valid", partner("kr-encrypt", use="enc", begins=3, days=30), place="kr-encrypt", what="not valid before"),
    *(
        Fault("partners.soon", partner("kr-sign", days=end - 0.1), place="kr-sign", what=f"told at {end} days")
        for end in (90, 60, 30, 14, 7, 1)
    ),
    Fault("partners.usage", partner("kr-sign", use="enc"), place="kr-sign", what="digitalSignature"),
    Fault("partners.path", partner("kr-sign", stranger=True), place="kr-sign", what="not among the anchors"),
    Fault("partners.path", other_anchors, place="kr-sign", what="not among the anchors"),
    Fault("partners.anchors", lambda home: home.put_trust("old", key(days=-1)), place="certs/trust/old"),
    Fault("partners.anchors", not_believed, place="certs/trust", what="is empty"),
    Fault("partners.apart", same_signer, place="kr-sign", what="and so does"),
    # -- settings and agreements
    Fault("agreements.settings", settings("[store]", "[stoer]"), place="node.toml", what="is not known"),
    Fault("agreements.settings", broken_preset, place="profiles/messaging/ours.toml"),
    Fault("agreements.readable", agree('"both"', '"boht"'), place="partners/kr/agreement.toml", what="boht"),
    Fault("agreements.readable", agree('"kr-sign"', '"kr-sing"'), place="certificates.sign", what="kr-sing"),
    Fault("agreements.some", lambda home: remove(home.folder / "partners" / "kr"), place="partners"),
    Fault("agreements.suits", agree("edelivery-as4-2.0-ecdsa", "edelivery-as4-1.15"), place="us.sign", what="an RSA key"),
    Fault("agreements.clear", twice, place="service", what="agreed twice"),
    Fault(
        "agreements.window",
        more(
            '\n[leg.reception_awareness]\ndetect_duplicates_parameters = "window=1h"\nretry_parameters = "retries=9; period=1h"\n'
        ),
        what="shorter",
    ),
    Fault("agreements.addressed", lambda home: drop_line(home, "url "), place="partner.url", what="is required"),
    Fault("agreements.channels", more(_PULLED), place="mpc", what="a channel of its own"),
    Fault("agreements.channels", more("\n[leg.security]\npmode_authorize = true\n"), place="initiator.authorization"),
    Fault(
        "agreements.answers",
        agree('"aeo.recordset", "aeo.query",', '"aeo.recordset",'),
        place="answers",
        what="aeo.query",
    ),
    Fault("agreements.both-ways", one_way, place="service", what="receiving alone"),
    Fault("agreements.tested", before_services("test_service = false\n"), place="test_service"),
    Fault("agreements.protected", weaker("leg.security.x509.encryption.encrypt"), place="encryption.encrypt", what="for a trial"),
    Fault("agreements.protected", weaker("leg.security.send_receipt.send"), place="send_receipt", what="for a trial"),
    # -- documents
    Fault("documents.packs", edited_pack, what="has changed since it was made active"),
    Fault("documents.in-force", told=lambda facts: replace(facts, now=facts.now.replace(year=1990)), what="no version"),
    Fault("documents.lists", ended_list, place="our-list"),
    Fault("documents.translated", untranslated, place="labels/zh-Hant.toml", what="lacks"),
    Fault("documents.seals", agree('seal = "seal"\n', ""), place="documents.seal", what="aeo.recordset"),
    Fault("documents.anchors", agree('KR = ["demo-ca"]', ""), place="documents.anchors.KR"),
    Fault("documents.authorities", lambda home: drop_line(home, "theirs"), place="documents.theirs"),
    Fault(
        "documents.answers",
        agree('["gen.response"]\ndirection = "both"', '["gen.response"]\ndirection = "receive"'),
        place="documents.answers",
    ),
    Fault("documents.arrangements", lambda home: home.edit("aeo.toml", 'partner = "kr"', 'partner = "ko"'), what="ko"),
    Fault("documents.arrangements", lambda home: home.edit("aeo.toml", "every_hours", "every_huors"), what="not known"),
    Fault(
        "documents.overdue",
        lambda home: home.sql(
            "INSERT INTO aeo_programme (sender, programme, sequence, received_at) VALUES ('KR-KCS', 'KR-AEO', 1, :at)",
            at=instant(age(3 * DAY)),
        ),
        place="aeo.toml: kr",
    ),
    Fault("documents.undecided", undecided, place="data/held", what="1 documents"),
    Fault(
        "documents.ladder",
        lambda home: home.sql(
            "INSERT INTO document_standing (sender, document_id, level, ended, awaits, escalated_at) VALUES ('TW', 'd', 'L1', 0, 'L2', :at)",
            at=instant(age(HOUR)),
        ),
        place="ladder",
    ),
    # -- queues
    Fault("queues.due", lambda home: outgoing(home, due_at=instant(age(2 * HOUR))), what="is due since"),
    Fault(
        "queues.receipts", lambda home: outgoing(home, state="AWAITING_RECEIPT", changed_at=instant(age(2 * DAY))), what="awaited"
    ),
    Fault(
        "queues.posted",
        lambda home: home.sql(
            "INSERT INTO signal (partner, pmode_id, about, is_error, octets_id, content_type, since, due_at, attempts, detail)"
            " VALUES ('kr', '', 'm@kr', 0, 1, '', :at, :at, 3, '')",
            at=instant(age(2 * HOUR)),
        ),
        what="posted",
    ),
    Fault("queues.delivered", lambda home: home.receive(received_at=instant(age(2 * HOUR))), what="1 wait"),
    Fault("queues.delivered", almost_full, place="limits.waiting", what="1 of 1 wait"),
    Fault(
        "queues.set-aside", lambda home: home.receive(state="DELIVERY_FAILED"), place="messages of kr", what="1 were set aside"
    ),
    Fault("queues.failed", lambda home: outgoing(home, state="FAILED", due_at=None), place="messages to kr"),
    Fault(
        "queues.refused",
        lambda home: home.sql(
            "INSERT INTO refusal (at, peer_address, partner, size, sha256, error_code, detail) VALUES (:at, '', 'kr', 1, '', 'EBMS:0101', '')",
            at=instant(age(60)),
        ),
        place="messages of kr",
    ),
    Fault("queues.held", lambda home: outgoing(home, held=1, due_at=None, changed_at=instant(age(8 * DAY))), what="oldest"),
    Fault(
        "queues.circuits",
        lambda home: home.sql("INSERT INTO circuit VALUES ('kr', :at, :at, 3, 'connection refused')", at=instant(age(60))),
        place="kr",
        what="connection refused",
    ),
    Fault("queues.quarantine", old_quarantine, place="data/quarantine", what="1 files"),
    # -- serving
    Fault("serving.ports", taken_port, place="listen.port", what="in use"),
    Fault("serving.runs", lambda home: outgoing(home, due_at=instant(age(60))), place="n2n serve"),
    Fault("serving.changed", told=serving(locked=True, since=NOW, changed=("node.toml",)), place="node.toml"),
    Fault(
        "serving.heartbeats",
        settings('folder = "data"', 'folder = "data"\ndatabase = "postgresql://n2n@nowhere.invalid/n2n"'),
        condition(workers={"here (w)": age(HOUR)}),
        place="here (w)",
    ),
    Fault("serving.connections", lambda home: drop_line(home, 'tls     = ["kr-tls"]'), place="certificates.tls"),
    Fault(
        "serving.connections",
        settings("client_ca", 'client_certificates = "none"\nclient_ca'),
        place="listen.client_certificates",
    ),
    # -- partners' addresses
    Fault("online.name", told=online(trouble="no such name", step="name"), place="partner.url", what="no such name"),
    Fault("online.connection", told=online(trouble="refused", step="tcp"), what="refused"),
    Fault("online.tls", told=online(trouble="unknown ca", step="tls"), what="unknown ca"),
    Fault("online.ends", told=online(until=NOW + timedelta(days=5)), what="ends on"),
    Fault("online.strangers", told=online(lets_anybody_in=True), what="no certificate"),
    Fault("online.time", told=online(seconds=9.0), what="9.0 s"),
    Fault("online.clock", told=online(clock=timedelta(seconds=90)), what="+90 s"),
    Fault("online.ping", told=online(ping="no receipt"), what="no receipt"),
]
