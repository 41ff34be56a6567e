"""What `partner add` writes is what the reader reads."""

from node.agreements.writing import NewAgreement, agreement_text
from node.ebms.message import AgreementRef, PartyId


def test_a_written_agreement_is_read_as_it_was_meant(load):
    new = NewAgreement(
        profile="edelivery-as4-1.15",
        party_id='XX "quoted" \\ 海關',
        party_type="urn:x",
        url="https://as4.example.xx/as4",
        services=[("urn:co", None, ["Submit"], "send"), ("aeo", "urn:t", ["List", "Query"], "both")],
        sign=["b-sign"],
        encrypt=["b-enc"],
        tls=["b-sign-p256"],
        trust="pinned",
        role="authority",
        agreement_ref=AgreementRef("urn:a", "urn:t"),
    )
    agreements = load(xx=agreement_text(new))
    assert agreements.problems == []
    [one] = agreements.partners()
    assert (one.party_ids, one.role, one.url) == ((PartyId(new.party_id, "urn:x"),), "authority", new.url)
    assert (one.certificates.sign, one.certificates.encrypt, one.certificates.tls, one.certificates.trust) == (
        ("b-sign",),
        ("b-enc",),
        ("b-sign-p256",),
        "pinned",
    )
    assert one.agreement_ref == new.agreement_ref
    assert [(s.service.value, s.service.type, list(s.actions), s.direction) for s in one.services] == [
        tuple(s) for s in new.services
    ]


def test_the_policy_of_paths_is_written_as_it_was_said(load):
    new = NewAgreement(
        "edelivery-as4-1.15", "urn:xx", None, "", [("urn:co", None, ["x"], "receive")], ["b-sign"], ["b-enc"], policy="customs"
    )
    [one] = load(xx=agreement_text(new)).partners()
    assert one.certificates.trusting.policy.name == "customs"


def test_the_least_that_must_be_said_is_enough(load):
    new = NewAgreement("edelivery-as4-1.15", "urn:xx", None, "", [("urn:co", None, ["Submit"], "receive")], ["b-sign"], ["b-enc"])
    assert load(xx=agreement_text(new)).problems == []
