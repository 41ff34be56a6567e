"""Two customs administrations with an arrangement on operators, and the list of the first."""

from datetime import UTC, datetime
from itertools import count
from pathlib import Path

from node.app import Node
from node.customs.operators.arrangement import OwnProgramme
from node.customs.operators.own_list import read_list
from node.customs.operators.record import Source
from tests.customs_pair import make_customs_pair
from tests.homes import Side
from tests.operators import business_number

TW_AEO = OwnProgramme("TW-CUSTOMS", "TW-AEO")
IMPORTS = count()
HEADING = "tin,tier,status,valid_from,name,country,roles,aeo_number,consent,consent_since,reason,lines,city"


def aeo_toml(us: str, them: str, more: str = "") -> str:
    names = {"tw": ("TW-CUSTOMS", "TW-AEO", "TW"), "kr": ("KR-KCS", "KR-AEO", "KR")}
    authority, programme, _ = names[us]
    theirs, their_programme, country = names[them]
    return f"""[own]
authority = "{authority}"
programme = "{programme}"

[[arrangement]]
partner = "{them}"
authority = "{theirs}"
programme = "{their_programme}"
country = "{country}"
profile = "mra.tw-kr.1"
{more}"""


def make_arranged_pair(root: Path, more: str = "", documents: str = "") -> tuple[Side, Side]:
    """Two homes; `more` is added to the arrangement on both sides, `documents` to `[documents]` of both agreements."""
    tw, kr = make_customs_pair(root, documents)
    for us, them in ((tw, kr), (kr, tw)):
        (us.folder / "aeo.toml").write_text(aeo_toml(us.name, them.name, more))
    return tw, kr


def tin(number: int) -> str:
    return f"TW{business_number(number)}"


def row(number: int, status: str = "ACTIVE", name: str = "", consent: str = "ALL") -> str:
    since, reason = datetime.now(UTC).date().isoformat(), "SECURITY" if status in {"SUSPENDED", "REVOKED"} else ""
    from_ = "2020-01-01" if status == "ACTIVE" else since
    return f"{tin(number)},AEOS,{status},{from_},{name or f'Company {number}'},TW,IM,A{number},{consent},2019-01-01,{reason},1 Harbour Rd.,Keelung"


def text_of(*rows: str) -> str:
    return "\n".join((HEADING, *rows)) + "\n"


def put(node: Node, *rows: str) -> None:
    """Our list is as these rows say, where it has them."""
    now = node.clock.now()
    listed = read_list(text_of(*rows).encode(), "list.csv", now)
    node.own_operators.put(TW_AEO, listed, Source(f"import:{next(IMPORTS)}", "", now))
