"""Where a participant is reached, asked of real publishers over HTTP and of a real name server over UDP."""

import socket
from base64 import b64encode

import pytest
from lxml import etree

from node.configuration import Problems
from node.discovery.identifiers import Identifier
from node.discovery.naming import Publisher, metadata_url, name_of
from node.discovery.publishing import publish
from node.locating import DISCOVERY_TOML, Locating, Locations, NotLocated, load_locations
from node.security import algorithms as a
from node.transport.name_server import NameServer
from node.transport.public import PublicFetch
from tests.discovery.published import KOREA, NOW, SERVICE, metadata
from tests.discovery.test_reading import PKI, resigned
from tests.files_served import files_served
from tests.transport.test_name_server import name_server

PATH = metadata_url(Publisher("", "2.0"), KOREA, SERVICE)


def locating(url="", domain="", resolver=None, anchors=None):
    known = {KOREA.folded(): Publisher(url, "2.0")} if url else {}
    fetch = PublicFetch(allow_private=True)
    anchors = [PKI.ca] if anchors is None else anchors
    return Locating(Locations((), domain, True, known), anchors, fetch, lambda: resolver)


def test_a_publisher_that_is_named_is_asked():
    one = metadata(PKI)
    with files_served({PATH: publish(one, PKI.key("a"), a.RSA_SHA256)}) as (url, asked):
        answer = locating(url).locate(KOREA, SERVICE, NOW)
    assert answer.metadata == one
    assert asked == [PATH]


def test_dns_names_the_publisher():
    one = metadata(PKI)
    name = name_of(KOREA, "sml.example").lower()
    with files_served({PATH: publish(one, PKI.key("a"), a.RSA_SHA256)}) as (url, _):
        records = {name: [f'100 10 "U" "meta:SMP2" "!.*!{url}!" .', '50 1 "U" "other" "!.*!https://no.example!" .']}
        with name_server(records) as resolver:
            assert locating(domain="sml.example", resolver=resolver).locate(KOREA, SERVICE, NOW).metadata == one
            with pytest.raises(NotLocated, match="DNS knows no publisher for it"):
                locating(domain="sml.example", resolver=resolver).locate(Identifier("x", "y"), SERVICE, NOW)


def test_a_name_server_that_is_silent_is_told(monkeypatch):
    monkeypatch.setattr("node.transport.name_server._SECONDS", 0.2)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        with pytest.raises(NotLocated, match="DNS: "):
            locating(domain="sml.example", resolver=NameServer(*silent.getsockname())).locate(KOREA, SERVICE, NOW)


def redirected(url, more=""):
    return resigned(
        etree.fromstring(
            '<ServiceMetadata xmlns="http://docs.oasis-open.org/bdxr/ns/SMP/2/ServiceMetadata"'
            ' xmlns:a="http://docs.oasis-open.org/bdxr/ns/SMP/2/AggregateComponents"'
            ' xmlns:b="http://docs.oasis-open.org/bdxr/ns/SMP/2/BasicComponents"><b:ID>s</b:ID><b:ParticipantID>p</b:ParticipantID>'
            f"<a:ProcessMetadata><a:Redirect><b:PublisherURI>{url}</b:PublisherURI>{more}</a:Redirect></a:ProcessMetadata></ServiceMetadata>"
        )
    )


def test_one_redirect_is_followed_and_its_signer_checked():
    one = metadata(PKI)
    with (
        files_served({PATH: publish(one, PKI.key("b"), a.RSA_SHA256)}) as (second, _),
        files_served({PATH: redirected(second)}) as (first, _),
    ):
        assert locating(first).locate(KOREA, SERVICE, NOW).metadata == one
    with files_served({PATH: publish(one, PKI.key("b"), a.RSA_SHA256)}) as (second, _):
        named = b64encode(PKI.key("a").certificate.der).decode()
        more = f"<a:Certificate><b:ContentBinaryObject>{named}</b:ContentBinaryObject></a:Certificate>"
        with (
            files_served({PATH: redirected(second, more)}) as (first, _),
            pytest.raises(NotLocated, match="is not signed by the certificate that the redirect names"),
        ):
            locating(first).locate(KOREA, SERVICE, NOW)


def test_redirects_without_end_are_not_followed():
    served: dict[str, bytes] = {}
    with files_served(served) as (url, asked):
        served[PATH] = redirected(url)
        with pytest.raises(NotLocated, match="redirects once more"):
            locating(url).locate(KOREA, SERVICE, NOW)
    assert len(asked) == 2


@pytest.mark.parametrize(
    ("served", "told"),
    [
        ({}, "HTTP status 404"),
        ({PATH: b"<x/>"}, "0 signatures at the root"),
    ],
)
def test_what_is_not_answered_or_not_signed_is_told(served, told):
    with files_served(served) as (url, _), pytest.raises(NotLocated, match=told):
        locating(url).locate(KOREA, SERVICE, NOW)


def test_an_answer_about_another_service_is_told():
    other = metadata(PKI)
    path = metadata_url(Publisher("", "2.0"), KOREA, Identifier("", "other"))
    with (
        files_served({path: publish(other, PKI.key("a"), a.RSA_SHA256)}) as (url, _),
        pytest.raises(NotLocated, match="asked for other"),
    ):
        locating(url).locate(KOREA, Identifier("", "other"), NOW)


def test_whom_nobody_names_is_told():
    with pytest.raises(NotLocated, match="names no publisher for it and no domain to ask"):
        locating().locate(KOREA, SERVICE, NOW)


def load(tmp_path, text):
    (tmp_path / DISCOVERY_TOML).write_text(text)
    problems = Problems()
    return load_locations(tmp_path, {"smp-ca": ()}, problems), [str(one) for one in problems.found]


def test_the_file_of_a_home(tmp_path):
    problems = Problems()
    assert load_locations(tmp_path, {}, problems) == Locations()
    found, told = load(
        tmp_path,
        'anchors = ["smp-ca"]\ndomain = "sml.example"\nallow_private = true\n'
        '[[publisher]]\nparticipant = "S::A"\nurl = "https://p/"\nversion = "1.0"\n',
    )
    assert told == []
    assert found == Locations(("smp-ca",), "sml.example", True, {Identifier("s", "a"): Publisher("https://p", "1.0")})


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('anchors = ["smp"]\n', "anchors: certs/trust has no certificate 'smp'"),
        ('domain = "x"\n', "anchors: is required"),
        ('anchors = ["smp-ca"]\n[[publisher]]\nparticipant = "s::"\nurl = "https://p"\n', "is no identifier"),
        ('anchors = ["smp-ca"]\n[[publisher]]\nparticipant = "s::a"\nurl = "https://p"\nversion = "3"\n', "version"),
        ("colour = 1\n", "colour"),
    ],
)
def test_what_is_wrong_with_the_file_is_told(tmp_path, text, told):
    assert any(told in one for one in load(tmp_path, text)[1])
