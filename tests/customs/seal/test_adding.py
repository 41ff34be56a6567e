"""Time-stamps and values are added to whatever seal is there, and nothing that was signed changes."""

import shutil
import subprocess
from dataclasses import replace

import pytest
from rfc3161_client import VerifierBuilder, decode_timestamp_response

from node.customs.seal.adding import add_timestamp, add_values
from node.customs.seal.making import SealImpossible, seal
from node.security.der import write, write_number
from tests.seals import DOCUMENT, NOW, judged


@pytest.fixture
def sealed(world):
    return seal(DOCUMENT, world.key(), NOW)


def test_the_levels_follow_one_another(world, sealed):
    stamped = add_timestamp(sealed, world.tsa)
    twice = add_timestamp(stamped, world.tsa)
    whole = add_values(twice, world.partners(), "KR", NOW)
    levels = [judged(one, world.partners(), streamed=one is whole) for one in (sealed, stamped, twice, whole)]
    assert [one.level for one in levels if one] == ["B", "T", "T", "LT"]
    at = stamped.index(b"<xades:UnsignedProperties")
    assert stamped[:at] == sealed[:at]
    assert stamped.endswith(sealed[at:])


def test_the_stamps_of_our_authority_are_right_for_rfc3161_client(world):
    responses = []

    class Kept:
        def stamp(self, request):
            responses.append(world.tsa.stamp(request))
            return responses[-1]

    add_timestamp(seal(DOCUMENT, world.key(), NOW), Kept())
    found = decode_timestamp_response(responses[0])
    verifier = VerifierBuilder(roots=[world.time_root.certificate.x509]).build()
    assert found.tst_info.gen_time == NOW
    assert verifier.verify(found, found.tst_info.message_imprint.message)


class Wrong:
    """An authority that answers something else than it is asked."""

    def __init__(self, answer):
        self.stamp = answer


def test_an_answer_that_is_none_is_told(world, sealed):
    first = add_timestamp(sealed, world.tsa)
    answers = {
        "refused": lambda request: write(0x30, write(0x30, write_number(2))),
        "stamps something else": lambda request: world.tsa.stamp(request[:-60] + b"\x00" * 0 + request[-60:].replace(request[30:40], bytes(10))),
        "a value that is cut off": lambda request: world.tsa.stamp(request)[:-1],
        "no DER at all": lambda request: b"<html/>",
    }  # fmt: skip
    for answer in answers.values():
        with pytest.raises(SealImpossible, match="the answer of the time-stamp authority"):
            add_timestamp(first, Wrong(answer))


def test_an_old_answer_is_refused_by_its_nonce(world, sealed):
    kept = []

    def answer(request):
        kept.append(world.tsa.stamp(request))
        return kept[0]

    add_timestamp(sealed, Wrong(answer))
    with pytest.raises(SealImpossible, match="nonce"):
        add_timestamp(sealed, Wrong(answer))


def test_values_need_a_stamp_paths_and_lists(world, sealed):
    stamped = add_timestamp(sealed, world.tsa)
    with pytest.raises(SealImpossible, match="no time-stamp"):
        add_values(sealed, world.partners(), "KR", NOW)
    with pytest.raises(SealImpossible, match="no revocation list of CN=Time root"):
        add_values(stamped, world.partners(crls=(world.root.crl(),)), "KR", NOW)
    with pytest.raises(SealImpossible, match="anchors"):
        add_values(stamped, world.partners(), "XX", NOW)
    with pytest.raises(SealImpossible, match="anchors"):
        add_values(stamped, replace(world.partners(), timestamp_anchors=()), "KR", NOW)
    whole = add_values(stamped, world.partners(), "KR", NOW)
    with pytest.raises(SealImpossible, match="already"):
        add_values(whole, world.partners(), "KR", NOW)


@pytest.mark.parametrize(
    ("octets", "why"), [(DOCUMENT, "exactly one"), (b"<a", "well-formed"), (DOCUMENT.replace(b"</Cert", b'<Signature xmlns="http://www.w3.org/2000/09/xmldsig#"/></Cert'), "Id")]
)  # fmt: skip
def test_what_has_no_seal_gets_no_stamp(world, octets, why):
    with pytest.raises(SealImpossible, match=why):
        add_timestamp(octets, world.tsa)


def test_empty_properties_are_not_written_around(world, sealed):
    empty = b"<xades:UnsignedProperties><xades:UnsignedSignatureProperties/></xades:UnsignedProperties>"
    octets = sealed.replace(b"</xades:QualifyingProperties>", empty + b"</xades:QualifyingProperties>")
    assert judged(octets, world.partners())
    with pytest.raises(SealImpossible, match="empty UnsignedSignatureProperties"):
        add_timestamp(octets, world.tsa)


def test_the_stamps_of_openssl_hold(world, sealed, require, tmp_path):
    openssl = require("openssl")
    tsa = world.tsa
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    (tmp_path / "key.pem").write_bytes(tsa.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    (tmp_path / "tsa.pem").write_bytes(tsa.certificate.pem())
    (tmp_path / "serial").write_text("01")
    (tmp_path / "tsa.cnf").write_text(
        "[tsa]\ndefault_tsa = t\n[t]\nserial = serial\nsigner_cert = tsa.pem\nsigner_key = key.pem\nsigner_digest = sha256\n"
        "default_policy = 1.2.3.4.1\ndigests = sha256, sha384\nordering = no\ntsa_name = no\ness_cert_id_alg = sha256\n"
    )

    def answer(request):
        (tmp_path / "q").write_bytes(request)
        words = ["ts", "-reply", "-config", "tsa.cnf", "-queryfile", "q", "-out", "r"]
        subprocess.run([openssl, *words], cwd=tmp_path, check=True, capture_output=True)
        return (tmp_path / "r").read_bytes()

    from datetime import datetime, timedelta

    stamped = add_timestamp(sealed, Wrong(answer))
    now = datetime.now().astimezone()
    found = judged(stamped, world.partners(), now=now)
    assert found is not None
    assert (found.level, abs(found.proven_time - now) < timedelta(minutes=2)) == ("T", True)
    assert shutil.which(openssl)
