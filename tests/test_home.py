"""A home is written, read as it was meant, and refused with every mistake at once."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from node import home as module
from node.configuration import ConfigurationError, Problems, Table
from node.ebms.message import PartyId
from node.home import Listen, init_home, load_home, put_certificate, put_own_key
from node.security.succession import NextKey, Succession

US = {"party_id": "TW-CUSTOMS", "party_type": "urn:x", "host": "n2n.example"}


def test_a_new_home_is_read_as_it_was_meant(tmp_path):
    init_home(tmp_path, **US, role="customs", listen_host="0.0.0.0", port=9443, client_ca=["partners-ca"])
    home = load_home(tmp_path)
    assert (home.party_ids, home.role, home.host) == ((PartyId("TW-CUSTOMS", "urn:x"),), "customs", "n2n.example")
    assert home.listen == Listen("0.0.0.0", 9443, "/as4", "tls", ("partners-ca",))
    assert home.keys == Succession("sign", "encrypt", "tls")
    assert (home.data, home.partners, home.certs) == (tmp_path / "data", tmp_path / "partners", tmp_path / "certs")


def test_a_home_behind_a_proxy_has_no_tls_of_its_own(tmp_path):
    init_home(tmp_path, **US, tls=False)
    home = load_home(tmp_path)
    assert (home.listen.key, home.keys.tls) == (None, None)


def test_keys_and_messages_are_for_the_owner_and_not_for_git(tmp_path):
    init_home(tmp_path, **US)
    for folder in ("certs/own", "data"):
        assert (tmp_path / folder).stat().st_mode & 0o777 == 0o700
    assert "certs/own/*" in (tmp_path / ".gitignore").read_text().splitlines()
    assert "chmod 600" in (tmp_path / "certs/own/README.md").read_text()


def test_a_home_is_not_written_over(tmp_path):
    init_home(tmp_path, **US)
    before = (tmp_path / "node.toml").read_text()
    with pytest.raises(ConfigurationError, match="there is a node home already"):
        init_home(tmp_path, **(US | {"host": "other.example"}))
    assert (tmp_path / "node.toml").read_text() == before


WRONG = [
    ('host       = "n2n.example"', "", "node.host: is required"),
    ('"n2n.example"', '"n2n example"', "node.host: must be a host name"),
    ('party_type = "urn:x"', "", "node.party_type: is required, since 'TW-CUSTOMS' is no URI"),
    ("[node]", "[nodes]", "nodes: is not known; did you mean 'node'?"),
    ("port = 8443", "port = 84430", "listen.port: must lie between 0 and 65535"),
    ("port = 8443", "prot = 8443", "listen.prot: is not known; did you mean 'port'?"),
    ('path = "/as4"', 'path = "as4"', "listen.path: must begin with /"),
    ('path = "/as4"', 'minimum_tls = "1.1"', "listen.minimum_tls: must be one of 1.2, 1.3"),
    ('host = "127.0.0.1"', 'host = "0.0.0.0"', "listen.tls: is required: without TLS the node listens on this machine only"),
]


@pytest.mark.parametrize(("old", "new", "said"), WRONG, ids=[row[2][:40] for row in WRONG])
def test_every_mistake_is_told_with_its_key(tmp_path, old, new, said):
    init_home(tmp_path, **US, tls=False)
    path = tmp_path / "node.toml"
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(ConfigurationError) as refused:
        load_home(tmp_path)
    assert f"node.toml: {said}" in str(refused.value)


NEXT = '\n[[keys.next]]\npurpose = "sign"\nname = "sign-2027"\nfrom = 2027-01-05T08:00:00+08:00\n'


def test_keys_that_follow_are_read_with_their_time(tmp_path):
    init_home(tmp_path, **US)
    path = tmp_path / "node.toml"
    path.write_text(path.read_text().replace("[keys] ", '[keys]\nkeep = "6w" ') + NEXT)
    keys = load_home(tmp_path).keys
    assert keys.following == (NextKey("sign", "sign-2027", datetime(2027, 1, 5, tzinfo=UTC)),)
    assert keys.keep == timedelta(days=42)
    assert keys.current("sign", "sign", datetime(2027, 1, 5, tzinfo=UTC)) == "sign-2027"


WRONG_NEXT = [
    (NEXT.replace('"sign"', '"seal"'), "keys.next[1].purpose: must be one of"),
    (NEXT.replace('purpose = "sign"\n', ""), "keys.next[1].purpose: is required; one of sign, encrypt, tls"),
    (
        NEXT.replace('purpose = "sign"', 'purpose = "tls"'),
        "keys.next[1].purpose: keys.tls is not set, so there is nothing to follow",
    ),
    (NEXT.replace("+08:00", ""), "keys.next[1].from: 2027-01-05T08:00:00 names no zone"),
    (
        NEXT.replace("2027-01-05T08:00:00+08:00", "9999-12-31T23:59:59-14:00"),
        "keys.next[1].from: '9999-12-31 23:59:59-14:00' is no instant",
    ),
    (NEXT.replace("2027-01-05T08:00:00+08:00", '"tomorrow"'), "keys.next[1].from: 'tomorrow' is no instant"),
    (NEXT.replace("from =", "form ="), "keys.next[1].form: is not known"),
    (NEXT.replace("from =", "form ="), "keys.next[1].from: is required"),
    (NEXT.replace("name =", "nmae ="), "keys.next[1].name: is required"),
    (NEXT + NEXT, "keys.next[2].from: two keys cannot begin to sign at the same time"),
]


@pytest.mark.parametrize(("more", "said"), WRONG_NEXT, ids=[row[1][:50] for row in WRONG_NEXT])
def test_every_mistake_about_keys_that_follow_is_told(tmp_path, more, said):
    init_home(tmp_path, **US, tls=False)
    path = tmp_path / "node.toml"
    path.write_text(path.read_text() + more)
    with pytest.raises(ConfigurationError) as refused:
        load_home(tmp_path)
    assert f"node.toml: {said}" in str(refused.value)


def test_the_limit_of_what_waits_for_the_consumer_can_be_set(tmp_path):
    init_home(tmp_path, **US, tls=False)
    assert load_home(tmp_path).limits.waiting == 100_000
    path = tmp_path / "node.toml"
    path.write_text(path.read_text() + "\n[limits]\nwaiting = 7\n")
    assert load_home(tmp_path).limits.waiting == 7


def test_problems_may_be_collected_with_those_of_others(tmp_path):
    problems = Problems()
    load_home(tmp_path, problems)
    assert "node.toml: no such file" in map(str, problems.found)


def test_an_own_key_is_written_for_the_owner_alone_and_never_over_another(tmp_path):
    init_home(tmp_path, **US)
    path = put_own_key(tmp_path, "sign", b"key")
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (b"key", 0o600)
    for suffix in (".pem", ".p12"):
        with pytest.raises(ConfigurationError, match="of this name already"):
            put_own_key(tmp_path, "sign", b"other", suffix)
    assert path.read_bytes() == b"key"


def test_a_certificate_is_written_by_its_form_and_the_same_one_twice_is_harmless(tmp_path):
    pem, der = b"-----BEGIN CERTIFICATE-----", b"\x30\x82"
    assert put_certificate(tmp_path, "partners", "xx", pem) == put_certificate(tmp_path, "partners", "xx", pem)
    assert put_certificate(tmp_path, "trust", "ca", der) == tmp_path / "certs" / "trust" / "ca.der"
    with pytest.raises(ConfigurationError, match="another certificate"):
        put_certificate(tmp_path, "partners", "xx", pem + b"2")


def test_shipped_presets_are_found_inside_the_package_or_beside_it(tmp_path, monkeypatch):
    assert (module.shipped_profiles() / "messaging" / "edelivery-as4-1.15.toml").is_file()
    (tmp_path / "node" / "presets").mkdir(parents=True)
    monkeypatch.setattr(module.resources, "files", lambda name: tmp_path / name)
    assert module.shipped_profiles() == tmp_path / "node" / "presets"


def test_a_home_looks_into_its_own_profiles_first(tmp_path):
    init_home(tmp_path, **US)
    assert load_home(tmp_path).presets[0] == tmp_path / "profiles" / "messaging"


def test_every_key_is_in_the_reference(tmp_path, monkeypatch):
    asked = set()
    take = Table._take

    def noted(table, name, kind, said):
        if kind is not dict:
            asked.add(table.key(name))
        return take(table, name, kind, said)

    monkeypatch.setattr(Table, "_take", noted)
    init_home(tmp_path, **US)
    toml = tmp_path / "node.toml"
    more = 'payloads = "s3://abc"\n[store.s3]\nregion = "x"\n[retention]\narchive = "s3://abc"\n[retention.s3]\nregion = "x"\n'
    toml.write_text(toml.read_text() + more)
    load_home(tmp_path)
    page = (Path(__file__).parents[1] / "docs" / "reference" / "node-toml.md").read_text()
    assert len(asked) > 30
    assert {key for key in asked if f"`{key}`" not in page} == set()


@pytest.mark.parametrize(
    ("key", "host", "url"),
    [("tls", "fd00::1", "https://[fd00::1]:8443/as4"), (None, "kr.example", "http://kr.example:8443/as4")],
)
def test_how_a_partner_calls_the_node(key: str | None, host: str, url: str) -> None:
    assert Listen(host, 1, path="/as4", key=key).url(host, 8443) == url


def test_several_authorities_for_time_can_be_named(tmp_path):
    init_home(tmp_path, **US)
    more = (
        '\n[evidence]\ntime_stamp_authority = ["https://a.example/", "https://b.example/"]\nindependent_time_stamps = true\n'
        'time_stamp_patience_seconds = 5\ntime_stamp_trust = ["time"]\n[evidence.algorithms_end]\nrsa2048 = 2031-01-01T00:00:00Z\n'
    )
    with (tmp_path / "node.toml").open("a") as settings:
        settings.write(more)
    proofs = load_home(tmp_path).proofs
    assert proofs.authorities == ("https://a.example/", "https://b.example/")
    assert (proofs.independent, proofs.patience, proofs.trust) == (True, timedelta(seconds=5), ("time",))
    assert proofs.ends == {"rsa2048": datetime(2031, 1, 1, tzinfo=UTC)}


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ('time_stamp_authority = ["https://a.example/", "b.example"]', "'b.example'"),
        ('time_stamp_authority = "https://a.example/"\nindependent_time_stamps = true', "needs two authorities"),
        ('algorithms_end = {rsa2048 = "soon"}', "evidence.algorithms_end.rsa2048"),
    ],
)
def test_every_mistake_about_authorities_for_time_is_told(tmp_path, more, said):
    init_home(tmp_path, **US)
    with (tmp_path / "node.toml").open("a") as settings:
        settings.write(f"\n[evidence]\n{more}\n")
    with pytest.raises(ConfigurationError) as caught:
        load_home(tmp_path)
    assert said in str(caught.value)
