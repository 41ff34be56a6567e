"""The port: what may be sent, who is at the other end, where each value comes from."""

from datetime import UTC, datetime, timedelta

import pytest

from node.agreements.agreements import Agreements
from node.ebms.namespaces import TEST_ACTION, TEST_SERVICE
from node.msh.ports import SubmissionError
from node.security.period import Period


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


WINDOW = '[[certificates.window]]\nname = "b-sign-p256"\nfrom = 2027-01-01T00:00Z\nuntil = 2028-01-01T00:00Z\n'
JANUARY = datetime(2027, 1, 1, tzinfo=UTC)


def with_window(a, window: str = WINDOW) -> str:
    text = a.AGREEMENT.replace("[certificates]", '[certificates]\ntls = "b-sign-p256"')
    return text + window.replace("T00:00Z", "T00:00:00Z")


def test_a_tls_certificate_counts_in_its_window(load, a, known):
    agreements = load(xx=with_window(a))
    assert agreements.problems == []
    der = known.partners["b-sign-p256"].der
    assert set(agreements.tls_certificates("xx", JANUARY)) == {der}
    assert set(agreements.tls_certificates("xx", JANUARY - timedelta(seconds=1))) == set()
    # That there is one is known all the same: nobody else is let in meanwhile.
    assert set(agreements.tls_certificates("xx")) == {der}
    assert agreements.periods() == {"b-sign-p256": (Period(JANUARY, JANUARY.replace(year=2028)),)}
    explained = {one.parameter: one for one in agreements.explain("xx")}
    assert explained["Certificate counts"].value == "b-sign-p256 from 2027-01-01 00:00 UTC until 2028-01-01 00:00 UTC"


WRONG_WINDOWS = [
    (WINDOW.replace("b-sign-p256", "b-sing"), "certificates.window: 'b-sing' is in none of sign, encrypt and tls"),
    (WINDOW.replace("2028", "2027"), "certificates.window[1].until: 2027-01-01T00:00Z is not after from"),
    (WINDOW.replace("2027", "2100").replace("2028", "2101"), "and the certificate is valid from 2024-01-01"),
    (WINDOW + WINDOW, "certificates.window[2].name: two windows of 'b-sign-p256' overlap"),
    (WINDOW.replace("from", "form"), "certificates.window[1].form: is not known"),
    ('[[certificates.window]]\nname = "b-sign-p256"\n', "certificates.window[1]: says neither from nor until"),
]


@pytest.mark.parametrize(("window", "said"), WRONG_WINDOWS, ids=[row[1][:60] for row in WRONG_WINDOWS])
def test_a_window_that_makes_no_sense_is_refused(load, a, window, said):
    assert said in "\n".join(map(str, load(xx=with_window(a, window)).problems))


def test_two_agreements_say_the_same_of_one_certificate(load, a):
    sign = WINDOW.replace("b-sign-p256", "b-sign")
    problems = load(xx=with_window(a, sign), yy=other(a)).problems
    assert [
        "certificates.window: 'b-sign' counts at other times than in partners/xx/agreement.toml" in str(one) for one in problems
    ] == [True]
    assert load(xx=with_window(a, sign), yy=other(a) + sign.replace("T00:00Z", "T00:00:00Z")).problems == []


def test_the_longest_time_for_which_any_partner_may_send_again(load, a):
    assert load(xx=a.AGREEMENT).longest_resend() == timedelta(days=3)
    longer = a.AGREEMENT + '[leg.reception_awareness]\nretry_parameters = "horizon=9d"\n'
    assert load(xx=longer, yy=other(a)).longest_resend() == timedelta(days=9)
    assert Agreements(()).longest_resend() == timedelta(0)
