"""The file of --partners is read whole, and every problem of it is told."""

import json

import pytest

from node.cli.partners_file import read_partners
from node.cli.problems import CommandFailed
from tests.seals import World


@pytest.fixture
def world(tmp_path):
    made = World()
    (tmp_path / "kr.pem").write_bytes(made.root.certificate.pem() + made.other.certificate.pem())
    (tmp_path / "kr.der").write_bytes(made.root.certificate.der)
    (tmp_path / "time.pem").write_bytes(made.time_root.certificate.pem())
    (tmp_path / "kr.crl").write_bytes(made.root.crl())
    return made


def write(folder, values):
    file = folder / "partners.json"
    file.write_text(values if isinstance(values, str) else json.dumps(values))
    return file


def test_everything_is_read_relative_to_the_file(world, tmp_path, monkeypatch):
    monkeypatch.chdir("/")
    fingerprint = world.key().certificate.sha256
    shown = ":".join(fingerprint[at : at + 2] for at in range(0, 64, 2)).upper()
    values = {
        "anchors": {"KR": ["kr.pem"], "XX": "kr.der"},
        "timestampAnchors": ["time.pem"],
        "crls": ["kr.crl"],
        "bindings": {"KR-KCCI": [shown], "KR-KCS": fingerprint},
    }
    found = read_partners(write(tmp_path, values))
    assert found.anchors == {"KR": (world.root.certificate, world.other.certificate), "XX": (world.root.certificate,)}
    assert found.timestamp_anchors == (world.time_root.certificate,)
    assert found.crls == ((tmp_path / "kr.crl").read_bytes(),)
    assert found.bindings == {"KR-KCCI": frozenset({fingerprint}), "KR-KCS": frozenset({fingerprint})}


def test_a_revocation_list_may_be_pem(world, tmp_path):
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding

    der = (tmp_path / "kr.crl").read_bytes()
    (tmp_path / "pem.crl").write_bytes(x509.load_der_x509_crl(der).public_bytes(Encoding.PEM))
    assert read_partners(write(tmp_path, {"crls": ["pem.crl"]})).crls == (der,)


def test_every_problem_is_told_at_once(world, tmp_path):
    values = {
        "anchors": {"Korea": ["kr.pem"], "KR": ["missing.pem", "kr.crl"]},
        "timestampAnchors": [1],
        "crls": ["time.pem"],
        "bindings": {"KR-KCS": ["12:34"]},
        "binding": {},
    }
    with pytest.raises(CommandFailed) as failed:
        read_partners(write(tmp_path, values))
    told = [str(one) for one in failed.value.told]
    for word in ("binding: is not known", "anchors.Korea", "missing.pem", "kr.crl", "timestampAnchors", "time.pem", "'12:34'"):
        assert any(word in one for one in told), word
    assert len(told) == 7


@pytest.mark.parametrize("text", ["", "[]", "{", '{"anchors": []}', '{"bindings": 1}'])
def test_what_is_no_such_file_is_told(world, tmp_path, text):
    with pytest.raises(CommandFailed):
        read_partners(write(tmp_path, text))
    with pytest.raises(CommandFailed):
        read_partners(tmp_path / "missing.json")
