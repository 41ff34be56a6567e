"""A whole node whose keys lie in a token: messages go both ways, and none is lost while the token is away."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest

from node.ebms.states import OutboundState
from node.home import init_home, put_certificate, put_own_key
from node.keyring.demo_authority import DemoAuthority
from node.keyring.pkcs11_uri import read_uri
from node.keyring.token import token_of
from node.security.keys import SoftwareKey
from tests.conftest import missing as skip
from tests.homes import PARTY_TYPE, PURPOSES, Side, agree, free_port
from tests.services import delivered, ended, run, serving, submission
from tests.softhsm import PIN, SoftHsm, missing

PROFILE = 'profile = "edelivery-as4-1.15"'


@pytest.fixture
def hsm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SoftHsm:
    if why := missing():
        skip(why)
    made = SoftHsm.make(tmp_path / "hsm")
    monkeypatch.setenv("SOFTHSM2_CONF", str(made.configuration))
    return made


def rsa_side(root: Path, name: str, authority: DemoAuthority) -> Side:
    """A home with RSA keys, since only those decrypt in a token."""
    issued = {use: authority.issue(name, "rsa2048" if use != "tls" else "ecdsa", use) for use in PURPOSES}
    side = Side(name, root / name, free_port(), issued)
    init_home(
        side.folder, party_id=side.party_id, party_type=PARTY_TYPE, host=f"{name}.example", port=side.port, client_ca=["ca"]
    )
    put_certificate(side.folder, "trust", "ca", authority.certificate)
    for use, one in issued.items():
        put_own_key(side.folder, use, one.private_key + one.certificate)
    return side


def into_token(side: Side, hsm: SoftHsm) -> None:
    own = side.folder / "certs" / "own"
    for number, use in (("01", "sign"), ("02", "encrypt")):
        path = own / f"{use}.pem"
        key = SoftwareKey.from_pem(path.read_bytes(), path.read_bytes())
        hsm.put(use, number, key)
        path.unlink()
        hsm.reference(own, use, use, number, key)
    token = token_of(read_uri(hsm.uri("sign", "01")), PIN)
    # Another test of this process may have begun the library with another token.
    token._library.begin_anew(token._library.generation)


def test_no_message_is_lost_while_the_token_is_away(
    tmp_path: Path, document: Path, hsm: SoftHsm, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("node.workers.push.REST_SECONDS", 0.5)
    authority = DemoAuthority(datetime.now(UTC))
    tw, kr = rsa_side(tmp_path, "tw", authority), rsa_side(tmp_path, "kr", authority)
    for us, them in ((tw, kr), (kr, tw)):
        agree(us, them, more='\n[leg.reception_awareness]\nretry_parameters = "retries=100; period=300ms"\n')
        path = us.folder / "partners" / them.name / "agreement.toml"
        path.write_text(path.read_text().replace('profile = "edelivery-as4-2.0-ecdsa"', PROFILE))
    into_token(tw, hsm)

    async def story() -> None:
        async with serving(tw) as here, serving(kr) as there:
            for sender, receiver, partner in ((here, there, "kr"), (there, here, "tw")):
                exchange = sender.node.submit(submission(sender.node, document, partner))
                sender.push.wake()
                await ended(sender.node, exchange.message_id, OutboundState.ACKNOWLEDGED)
                await delivered(receiver.node, exchange.message_id)
            hsm.take_away()
            out = here.node.submit(submission(here.node, document, "kr"))
            back = there.node.submit(submission(there.node, document, "tw"))
            here.push.wake()
            there.push.wake()
            async with asyncio.timeout(20):
                while "does not answer" not in here.node.messages.exchange(out.message_id).waits_for:  # type: ignore[union-attr]  # noqa: ASYNC110
                    await asyncio.sleep(0.05)
                while not any(one.http_status == 503 for one in there.node.messages.history(back.message_id)):  # noqa: ASYNC110
                    await asyncio.sleep(0.05)
            # Neither refused nor taken: the partner has no verdict to believe.
            assert here.node.messages.inbound(back.message_id) == []
            hsm.put_back()
            await ended(here.node, out.message_id, OutboundState.ACKNOWLEDGED)
            await ended(there.node, back.message_id, OutboundState.ACKNOWLEDGED)
            await delivered(there.node, out.message_id)
            await delivered(here.node, back.message_id)

    run(story)


def test_a_key_in_a_token_speaks_no_tls_and_an_elliptic_one_decrypts_nothing(tmp_path: Path, hsm: SoftHsm) -> None:
    from node.setting import Setting
    from tests.homes import make_pair

    tw, _ = make_pair(tmp_path)
    into_token(tw, hsm)
    own = tw.folder / "certs" / "own"
    path = own / "tls.pem"
    key = SoftwareKey.from_pem(path.read_bytes(), path.read_bytes())
    hsm.put("tls", "03", key)
    path.unlink()
    hsm.reference(own, "tls", "tls", "03", key)
    said = "\n".join(map(str, Setting(tw.folder).problems.found))
    assert "node.toml: keys.tls: 'tls' lies in a token, which cannot speak TLS here" in said
    assert "node.toml: keys.encrypt: 'encrypt' lies in a token, and only an RSA key can decrypt there" in said
