"""Two customs administrations that exchange every type of document: tw and kr, each speaking for its authority."""

from datetime import UTC, datetime
from pathlib import Path

from node.agreements.writing import NewAgreement, agreement_text
from node.home import put_certificate
from node.keyring.demo_authority import DemoAuthority
from tests.documents import packs
from tests.homes import PARTY_TYPE, PURPOSES, Side, make_side

AUTHORITIES = {"tw": "TW-CUSTOMS", "kr": "KR-KCS"}


#: Queries are answered on the connection on which they come.
ANSWERS = {"co.query-response": "co.query", "aeo.query-response": "aeo.query"}


def answering(answer: str, query: str) -> str:
    service = f"urn:n2n:customs:svc:{query.partition('.')[0]}"
    return f'\n[[service]]\nvalue = "{service}"\nactions = ["{answer}"]\nanswers = "{query}"\nbinding = "sync"\n'


def documents_table(us: str, them: str, more: str = "") -> str:
    return f'\n[documents]\nours = ["{AUTHORITIES[us]}"]\ntheirs = ["{AUTHORITIES[them]}"]\nseals = "ignore"\n{more}'


def make_customs_pair(root: Path, more: str = "") -> tuple[Side, Side]:
    """Two homes; `more` is added to `[documents]` of both agreements."""
    authority = DemoAuthority(datetime.now(UTC), days=400)
    tw, kr = make_side(root, "tw", authority), make_side(root, "kr", authority)
    for us, them in ((tw, kr), (kr, tw)):
        for use in PURPOSES:
            put_certificate(us.folder, "partners", f"{them.name}-{use}", them.issued[use].certificate)
        new = NewAgreement(
            profile="edelivery-as4-2.0-ecdsa",
            party_id=them.party_id,
            party_type=PARTY_TYPE,
            url=them.url.replace("127.0.0.1", "localhost"),
            services=[
                (pack.service, None, [type_id for type_id in pack.types if type_id not in ANSWERS], "both")
                for pack in packs().all
                if pack.service
            ],
            sign=[f"{them.name}-sign"],
            encrypt=[f"{them.name}-encrypt"],
            tls=[f"{them.name}-tls"],
        )
        folder = us.folder / "partners" / them.name
        folder.mkdir(parents=True)
        services = "".join(answering(*one) for one in ANSWERS.items())
        (folder / "agreement.toml").write_text(agreement_text(new) + services + documents_table(us.name, them.name, more))
    return tw, kr
