"""Stage 8 follows the profile, the command line, and the authority that the type names."""

from dataclasses import replace
from functools import cache

import pytest

from node.customs.checking.offline import Offline
from node.customs.checking.sealing import IGNORE, PROFILE, REQUIRE, SealJudge
from node.customs.partners import Partners
from node.customs.seal.making import seal
from tests.documents import NOW, packs, sample
from tests.seals import World

#: Its profile demands a seal, of the issuing authority KR-CCI-01, which is bound to no authority that sends.
CERTIFICATE = "co-tw-kr-replaced"
#: Its profile lets a seal be left out.
RESPONSE = "res-accepted"


@cache
def world() -> World:
    return World()


def partners(authority: str = "KR-CCI-01") -> Partners:
    one = world().key()
    return replace(world().partners(one), bindings={authority: frozenset({one.certificate.sha256})})


def rules(octets: bytes, mode: str, who: Partners | None = None, name: str = CERTIFICATE) -> list[str]:
    desk = Offline(packs(), SealJudge(who or partners(), mode))
    for path in sorted(sample(name).with_suffix(".prior").glob("*.xml")):
        desk.put_on_file(path.read_bytes(), NOW)
    return [finding.rule for finding in desk.check(octets, NOW).verdict.findings]


def sealed(name: str = CERTIFICATE) -> bytes:
    return seal(sample(name).read_bytes(), world().key(), NOW)


@pytest.mark.parametrize(
    ("mode", "name", "found"),
    [
        (PROFILE, CERTIFICATE, ["SIG-01"]),
        (PROFILE, RESPONSE, []),
        (REQUIRE, RESPONSE, ["SIG-01"]),
        (IGNORE, CERTIFICATE, []),
    ],
)
def test_a_missing_seal_refuses_where_one_is_demanded(mode, name, found):
    assert rules(sample(name).read_bytes(), mode, name=name) == found


def test_a_good_seal_of_the_issuing_authority_is_accepted():
    assert rules(sealed(), PROFILE) == []


def test_a_signer_of_another_authority_is_refused():
    assert rules(sealed(), PROFILE, partners("KR-CUSTOMS")) == ["SIG-04"]


def test_a_seal_that_was_not_demanded_is_judged_all_the_same():
    good = sealed(RESPONSE)
    sender = sample(RESPONSE).read_bytes().split(b"<SenderAuthority>")[1].split(b"<")[0].decode()
    one = replace(partners(sender), anchors={sender[:2]: (world().root.certificate,)})
    assert rules(good, PROFILE, one, RESPONSE) == []
    assert rules(good.replace(b"AP</OutcomeCode>", b"AP </OutcomeCode>"), PROFILE, one, RESPONSE) == ["SIG-02"]


def test_an_earlier_stage_is_told_without_the_seal():
    assert rules(sealed().replace(b"<VersionID>1<", b"<VersionID>2<"), PROFILE) == ["CO-29"]
