"""What counts now of the metadata of a service."""

from node.discovery.identifiers import Identifier
from node.discovery.metadata import AS4
from tests.discovery.published import NOW, PROCESS, metadata
from tests.pki import make_pki

PKI = make_pki()


def test_what_does_not_count_now_is_not_reached():
    one = metadata(PKI)
    assert not list(one.reached("other", NOW))
    assert not list(one.reached(AS4, NOW.replace(year=2025)))
    assert not list(one.reached(AS4, NOW.replace(year=2027)))
    assert not list(one.reached(AS4, NOW, Identifier("", "another process")))
    assert list(metadata(PKI, processes=()).reached(AS4, NOW, PROCESS))
