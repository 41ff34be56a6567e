"""Documents that are meant to cost more than their octets, and what a fresh process needs for one: `python -m tests.customs.checking.hostile NAME`."""

import json
import resource
import sys
import time
from collections.abc import Callable

from node.customs.checking.check import Checked
from tests.documents import NOW, offline, sample

MIB = 1 << 20
CO, AEO = "urn:n2n:customs:co:1", "urn:n2n:customs:aeo:1"


def inside(octets: bytes, root: str = "CertificateOfOrigin", space: str = CO) -> bytes:
    return f'<{root} xmlns="{space}" schemaVersion="1.0" profile="rcep.1">'.encode() + octets + f"</{root}>".encode()


def filled(unit: bytes, size: int) -> bytes:
    return unit * (size // len(unit))


def laughs() -> bytes:
    entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
    return f'<!DOCTYPE x [<!ENTITY l0 "ha">{entities}]><x>&l11;</x>'.encode()


def head(name: str) -> bytes:
    """A good list up to its first record."""
    octets = sample(name).read_bytes()
    return octets[: octets.index(b"<Record>")]


#: By name: the document of about so many octets.
HOSTILE: dict[str, Callable[[int], bytes]] = {
    "tiny elements": lambda size: inside(filled(b"<a/>", size)),
    "tiny rows": lambda size: head("aeo-full-50") + filled(b"<Record/>", size) + b"</AeoRecordSet>",
    "tiny elements in one row": lambda size: (
        head("aeo-full-50") + b"<Record>" + filled(b"<a/>", size) + b"</Record></AeoRecordSet>"
    ),
    "one huge text": lambda size: inside(b"<ID>" + b"x" * size + b"</ID>"),
    "one huge row": lambda size: head("aeo-full-50") + b"<Record><Name>" + b"x" * size + b"</Name></Record></AeoRecordSet>",
    "rows in rows": lambda size: head("aeo-full-50") + filled(b"<Record>" * 50 + b"</Record>" * 50, size) + b"</AeoRecordSet>",
    "rows elsewhere": lambda size: inside(b"<Other>" + filled(b"<Record/>", size) + b"</Other>", "AeoRecordSet", AEO),
    "attributes": lambda size: inside(b"<a " + b" ".join(b'a%d=""' % n for n in range(size // 11)) + b"/>"),
    "names": lambda size: inside(b"".join(b"<n%d/>" % n for n in range(size // 10))),
    "names of namespaces": lambda size: inside(b"".join(b'<a xmlns="urn:%d"/>' % n for n in range(size // 20))),
    "prefixes": lambda size: inside(b"<a " + b" ".join(b'xmlns:p%d="u:u"' % n for n in range(size // 18)) + b"/>"),
    "comments": lambda size: inside(filled(b"<!-- x -->", size)),
    "comments in a value": lambda size: inside(b"<ID>" + filled(b"x<!-- y -->", size) + b"</ID>"),
    "sections": lambda size: inside(b"<ID>" + filled(b"<![CDATA[x]]>", size) + b"</ID>"),
    "references": lambda size: inside(b"<ID>" + filled(b"&#32;x&amp;", size) + b"</ID>"),
    "spaces": lambda size: inside(b"<ID>" + b" " * size + b"</ID>"),
    "spaces between": lambda size: inside(filled(b"<ID> \n</ID>", size)),
    "wrong values": lambda size: (
        head("aeo-full-50") + filled(b"<Record><OperationCode>X</OperationCode><TIN/></Record>", size) + b"</AeoRecordSet>"
    ),
    "wrong items": lambda size: (
        sample("co-rcep-multi-item")
        .read_bytes()
        .replace(
            b"<TotalPackageQuantity>",
            filled(b"<GoodsItem><SequenceNumeric>x</SequenceNumeric></GoodsItem>", size) + b"<TotalPackageQuantity>",
        )
    ),
    "wrong items of few rows": lambda size: (
        head("aeo-full-50")
        + (b"<Record>" + filled(b"<i>1</i>", 1_500_000) + b"</Record>") * (size // 1_500_000)
        + b"</AeoRecordSet>"
    ),
    "deep": lambda size: b"<a>" * (size // 7) + b"</a>" * (size // 7),
}


def checked(octets: bytes) -> Checked:
    return offline().check(octets, NOW)


def main() -> None:
    """Prints rules, seconds of CPU, and MiB beyond what a small document needs."""
    name, size = sys.argv[1], int(sys.argv[2])
    desk = offline()
    for small in ("co-rcep-multi-item", "aeo-full-50"):
        desk.check(sample(small).read_bytes(), NOW)
    octets = HOSTILE[name](size)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.process_time()
    verdict = desk.check(octets, NOW).verdict
    taken = time.process_time() - began
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    rules = sorted({finding.rule for finding in verdict.findings})
    print(
        json.dumps(
            {
                "rules": rules,
                "seconds": round(taken, 2),
                "mebibytes": round(grown),
                "octets": len(octets),
                "listed": len(verdict.findings),
            }
        )
    )


if __name__ == "__main__":
    main()
