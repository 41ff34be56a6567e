"""The port: what may be sent, who is at the other end, where each value comes from."""

import pytest

from node.ebms.namespaces import TEST_ACTION, TEST_SERVICE
from node.msh.ports import SubmissionError


def test_the_outbound_pmode_is_found_by_partner_service_and_action(load, a):
    agreements = load(xx=a.AGREEMENT)
    assert agreements.problems == []
    for service in ("urn:co", None):
        pmode = agreements.for_submission("xx", service, "Revoke")
        assert (pmode.inbound, pmode.leg.business_info.action, pmode.leg.protocol.address) == (
            False,
            "Revoke",
            "https://as4.example.xx/as4",
        )
        assert agreements.get(pmode.id) is pmode


@pytest.mark.parametrize(
    ("partner", "service", "action", "said"),
    [
        ("xxx", None, "Submit", "partner 'xxx': .*did you mean 'xx'"),
        ("xx", None, "Sumbit", "agreed is Submit of urn:co; Revoke of urn:co"),
        ("xx", "urn:other", "Submit", "service 'urn:other'"),
        ("xx", None, "List", "not agreed for sending"),
    ],
)
def test_what_was_not_agreed_is_refused_with_what_is(load, a, partner, service, action, said):
    with pytest.raises(SubmissionError, match=said):
        load(xx=a.AGREEMENT).for_submission(partner, service, action)


def test_an_action_of_two_services_needs_the_service(load, a):
    agreements = load(xx=a.AGREEMENT + '[[service]]\nvalue = "urn:manifest"\nactions = ["Submit"]\n')
    with pytest.raises(SubmissionError, match="urn:co, urn:manifest"):
        agreements.for_submission("xx", None, "Submit")
    assert agreements.for_submission("xx", "urn:manifest", "Submit").leg.business_info.service.value == "urn:manifest"


def test_an_unknown_pmode_is_a_key_error(load, a):
    with pytest.raises(KeyError):
        load(xx=a.AGREEMENT).get("nobody")


def test_the_test_service_is_agreed_unless_it_is_switched_off(load, a):
    pmode = load(xx=a.AGREEMENT).for_submission("xx", TEST_SERVICE, TEST_ACTION)
    assert pmode.test_service
    with pytest.raises(SubmissionError):
        load(xx="test_service = false\n" + a.AGREEMENT).for_submission("xx", TEST_SERVICE, TEST_ACTION)


def test_a_partner_is_known_by_its_tls_certificate(load, a, known):
    agreements = load(xx=a.AGREEMENT.replace("[certificates]", '[certificates]\ntls = "b-sign-p256"'), yy=other(a))
    der = known.partners["b-sign-p256"].der
    assert agreements.partner_of_tls(der) == "xx"
    assert agreements.partner_of_tls(b"other") is None
    assert list(agreements.tls_certificates("xx")) == [der]
    assert list(agreements.tls_certificates("yy")) == []


def other(a):
    return a.AGREEMENT.replace("XX-CUSTOMS", "YY-CUSTOMS").replace("tw-xx", "tw-yy")


def test_two_partners_of_one_name_are_told_apart_or_refused(load, a):
    assert load(xx=a.AGREEMENT, yy=other(a)).problems == []
    problems = load(xx=a.AGREEMENT, yy=a.AGREEMENT).problems
    assert len(problems) == 4
    assert problems[0].startswith(
        "partners/yy/agreement.toml: service: action 'Submit' is agreed twice: xx/receive/urn:co/Submit and yy/"
    )


def test_two_partners_share_no_tls_certificate(load, a):
    tls = '[certificates]\ntls = "b-sign-p256"'
    problems = load(xx=a.AGREEMENT.replace("[certificates]", tls), yy=other(a).replace("[certificates]", tls)).problems
    assert problems == ["partners/yy/agreement.toml: certificates.tls: is the certificate of xx too"]


def test_certificates_are_pinned_by_the_agreement_that_says_so(load, a):
    pinned = a.AGREEMENT.replace("[certificates]", '[certificates]\ntrust = "pinned"')
    assert load(xx=pinned, yy=other(a)).pinned() == {"b-sign", "b-enc"}
    assert load(xx=a.AGREEMENT, yy=other(a)).pinned() == frozenset()


def test_one_bad_agreement_does_not_hide_the_others(load, a):
    agreements = load(xx=a.AGREEMENT, yy="profile = 7")
    assert [one.partner for one in agreements.partners()] == ["xx"]
    assert len(agreements.problems) > 1


def test_every_parameter_is_explained_with_its_place(load, a):
    text = a.AGREEMENT + "\n[leg.x.http]\nread_timeout = 30\n"
    told = {one.parameter: (one.value, str(one.origin)) for one in load(xx=text).explain("xx")}
    line = text.splitlines().index("read_timeout = 30") + 1
    assert told["x.Http.ReadTimeout"] == ("30", f"partners/xx/agreement.toml:{line}")
    assert told["x.Http.ConnectTimeout"] == ("10.0", "default of this node")
    assert told["Protocol.Address"] == ("https://as4.example.xx/as4", "partners/xx/agreement.toml:6")
    assert told["Party (us)"] == ("TW-CUSTOMS (urn:x)", "node.toml (node.party_id)")
    assert told["Trust in these certificates"] == ("path", "default of this node")
    value, origin = told["Security.X509.Signature.Algorithm"]
    preset = (a.presets / "edelivery-as4-1.15.toml").read_text("utf-8").splitlines()
    assert value.endswith("#rsa-sha256")
    assert value in preset[int(origin.removeprefix("profiles/messaging/edelivery-as4-1.15.toml:")) - 1]


def test_a_partner_that_is_not_there_cannot_be_explained(load, a):
    with pytest.raises(KeyError):
        load(xx=a.AGREEMENT).explain("yy")


def test_each_partner_has_its_number_of_connections(load, a):
    agreements = load(xx=a.AGREEMENT + "[leg.x]\nhttp.connections = 3\n")
    assert agreements.problems == []
    assert [agreements.connections(name) for name in ("xx", "nobody")] == [3, 1]


def test_partners_choose_how_their_certificates_are_judged(load, a):
    agreements = load(xx=a.AGREEMENT.replace("[certificates]", '[certificates]\npolicy = "customs"'))
    assert {one.policy.name for one in agreements.trusting().values()} == {"customs"}
    assert any(
        one.parameter == "Policy of paths" and one.value == "customs (revocation hard)" for one in agreements.explain("xx")
    )


def test_a_certificate_of_two_agreements_is_judged_by_one_rule(load, a):
    other = a.AGREEMENT.replace("XX-CUSTOMS", "YY-CUSTOMS").replace("[certificates]", '[certificates]\npolicy = "customs"')
    said = [one for one in load(xx=a.AGREEMENT, yy=other).problems if "is judged by other rules than in partners/xx" in one]
    assert [one.partition("'")[2].partition("'")[0] for one in said] == ["b-sign", "b-enc"]
    assert load(xx=a.AGREEMENT.replace("[certificates]", '[certificates]\npolicy = "customs"'), yy=other).problems == []
