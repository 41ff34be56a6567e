"""What an agreement may say, and every way to say it wrongly."""

from datetime import timedelta

import pytest

from node.agreements.agreement import Known
from node.agreements.agreements import load_agreements
from node.configuration import Problems
from node.ebms.message import AgreementRef, PartyId
from node.ebms.pmode import PayloadRule, PropertyRule


def test_an_agreement_is_read(load, a):
    [one] = load(xx=a.AGREEMENT).partners()
    assert (one.partner, one.profile, one.party_ids, one.url) == (
        "xx",
        "edelivery-as4-1.15",
        (a.THEM,),
        "https://as4.example.xx/as4",
    )
    assert one.agreement_ref == AgreementRef("urn:agreement:tw-xx")
    assert [(s.service.value, s.actions, s.direction) for s in one.services] == [
        ("urn:co", ("Submit", "Revoke"), "both"),
        ("urn:aeo", ("List",), "receive"),
    ]
    assert (one.us.party_ids, one.us.sign, one.test_service) == ((a.US,), "sign", True)


def test_our_side_may_differ_from_node_toml(load, a):
    [one] = load(
        xx=a.AGREEMENT
        + '[us]\nparty_id = "urn:tw"\nrole = "sender"\nsign = "sign-p256"\n[leg.security]\nx509.signature.algorithm = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"\n'
    ).agreements.values()
    assert (one.us.party_ids, one.us.role, one.us.sign, one.us.encrypt) == ((PartyId("urn:tw"),), "sender", "sign-p256", "enc")


def test_several_party_ids_may_be_given(load, a):
    many = '[[partner.party_ids]]\nvalue = "A"\ntype = "urn:t1"\n[[partner.party_ids]]\nvalue = "urn:b"\n'
    text = a.AGREEMENT.replace('party_id   = "XX-CUSTOMS"\nparty_type = "urn:x"\n', "").replace(
        "[agreement_ref]", many + "[agreement_ref]"
    )
    assert load(xx=text).partners()[0].party_ids == (PartyId("A", "urn:t1"), PartyId("urn:b"))


def test_property_and_payload_rules_are_read(load, a):
    rules = """
[[leg.business_info.properties]]
name = "originalSender"
required = true
[[leg.business_info.properties]]
name = "trackingIdentifier"
[[leg.business_info.payload_profile]]
name = "certificate"
mime_type = "application/xml"
max_size = 5
required = true
"""
    [one] = load(xx=a.AGREEMENT + rules).partners()
    assert one.properties == (PropertyRule("originalSender", True), PropertyRule("trackingIdentifier"))
    assert one.payload_profile == (PayloadRule("certificate", "application/xml", 5000, True),)


def test_bare_names_are_required_properties(load, a):
    [one] = load(xx=a.AGREEMENT + '[leg.business_info]\nproperties = ["originalSender"]\n').partners()
    assert one.properties == (PropertyRule("originalSender", True),)


WRONG = [
    # (what is replaced, by what, what is told)
    ('"edelivery-as4-1.15"', '"edelivery-as4-1.51"', "profile: edelivery-as4-1.51: no such preset; did you mean 'edelivery-as4-1.15'?"),
    ("[partner]", "[partnr]", "partnr: is not known; did you mean 'partner'?"),
    ("party_id   =", "partyid =", "partner.party_id: is required"),
    ('party_type = "urn:x"\n', "", "partner.party_type: is required, since 'XX-CUSTOMS' is no URI"),
    ('"XX-CUSTOMS"', '"TW-CUSTOMS"', "partner.party_id: 'TW-CUSTOMS' is our own; name the partner's; ours is party_ids of node.toml"),
    ("[partner]", '[us]\nparty_id = "XX-CUSTOMS"\nparty_type = "urn:x"\n[partner]', "partner.party_id: 'XX-CUSTOMS' is our own"),
    ("https://as4", "http://as4", "partner.url: must be https"),
    ('url        = "https://as4.example.xx/as4"\n', "", "partner.url: is required, since we send to this partner"),
    ("https://as4", "ftp://as4", "partner.url: must be an https address"),
    ("https://as4", "https://[as4", "partner.url: must be an https address"),
    ("https://as4", "https://x:99999/as4", "partner.url: must be an https address"),
    ('"https://as4.example.xx/as4"', "7", "partner.url: must be a string, is 7"),
    ('"b-sign"', '"b-sgin"', "certificates.sign: certs/partners has no certificate 'b-sgin'; did you mean 'b-sign'?"),
    ('sign    = ["b-sign"]\n', "", "certificates.sign: is required: the profile signs"),
    ('encrypt = ["b-enc"]\n', "", "certificates.encrypt: is required: the profile encrypts"),
    ("[certificates]", '[certificates]\ntrust = "blind"', "certificates.trust: must be one of path, pinned, is 'blind'"),
    ('value     = "urn:co"', 'value     = "co"', "service[1].type: is required, since 'co' is no URI"),
    ('actions   = ["List"]\n', "", "service[2].actions: is required"),
    ('"receive"', '"recieve"', "service[2].direction: must be one of both, send, receive"),
    ("[partner]", "[leg.security]\npmode_authorise = true\n[partner]", "leg.security.pmode_authorise: is not known; did you mean 'leg.security.pmode_authorize'?"),
    ("[partner]", "[leg.security]\npmode_authorize = true\n[partner]", "initiator.authorization.password: is required by leg.security.pmode_authorize"),
    ("[partner]", '[leg.security.username_token]\nusername = "x"\n[partner]', "Security.UsernameToken.username is not supported by this node"),
    ("[partner]", 'mep_binding = "pull"\n[partner]', "mep_binding: PMode.MEPbinding = 'pull' is not supported by this node"),
    ("[partner]", '[us]\nsign = "sing"\n[partner]', "us.sign: certs/own has no key 'sing'; did you mean 'sign'?"),
    ("[partner]", '[[leg.business_info.properties]]\nrequired = true\n[partner]', "leg.business_info.properties[1].name: is required"),
    ("[partner]", '[[leg.business_info.properties]]\nname = "a"\nrequried = true\n[partner]', "properties[1].requried: is not known; did you mean 'required'?"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "said"), WRONG, ids=[row[2][:60] for row in WRONG])
def test_every_mistake_is_told_with_its_key_and_what_to_do(load, a, old, new, said):
    assert old in a.AGREEMENT
    agreements = load(xx=a.AGREEMENT.replace(old, new))
    assert any(said in one for one in agreements.problems), agreements.problems
    assert agreements.partners() == [] or "certs/" in said


def test_all_mistakes_are_told_at_once(load, a):
    text = a.AGREEMENT.replace('"b-sign"', '"x"').replace('"receive"', '"x"').replace("https", "ftp")
    assert len(load(xx=text).problems) == 3


@pytest.mark.parametrize("text", ["", "profile = ", "\x00"])
def test_a_file_that_is_no_toml_is_one_problem(load, text):
    assert len(load(xx=text).problems) <= 1
    assert load(xx=text).partners() == []


def test_an_agreement_about_nothing_is_refused(load, a):
    text = "test_service = false\n" + a.AGREEMENT.partition("[[service]]")[0]
    assert load(xx=text).problems == [
        "partners/xx/agreement.toml: service: no service is agreed; add [[service]] with value, actions and direction"
    ]


def test_a_partner_that_only_sends_needs_no_url(load, a):
    text = a.AGREEMENT.replace('url        = "https://as4.example.xx/as4"\n', "").replace(
        '["Submit", "Revoke"]', '["Submit"]\ndirection = "receive"'
    )
    agreements = load(xx=text)
    assert agreements.problems == []
    assert all(one.inbound for one in agreements.pmodes("xx"))


# -- what a preset says for agreements that say nothing ------------------------------------------------------------------


def customs(a):
    return a.AGREEMENT.replace('"edelivery-as4-1.15"', '"customs-n2n"')


def test_the_ladder_of_a_preset_holds_unless_the_agreement_has_its_own(load, a):
    plain = load(xx=customs(a))
    assert plain.problems == []
    assert plain.deadlines("xx", "co.certificate").periods["L5"] == timedelta(days=180)
    assert plain.deadlines("xx", "not.notice").periods == {
        level: timedelta(hours=n) for level, n in (("L1", 1), ("L2", 1), ("L3", 24), ("L4", 240))
    }
    own = load(xx=customs(a) + '[ladder]\nL1 = "5m"\nL3 = "never"\n')
    assert own.deadlines("xx", "not.notice").periods == {
        "L1": timedelta(minutes=5),
        "L2": timedelta(hours=1),
        "L4": timedelta(days=10),
    }
    assert load(xx=a.AGREEMENT).deadlines("xx", "not.notice").periods == {}
    told = {one.parameter: (one.value, one.origin.file, one.origin.line is not None) for one in own.explain("xx")}
    assert told["Ladder: L1 within"] == ("5m", "partners/xx/agreement.toml", True)
    assert told["Ladder: L4 within"] == ("10d", "profiles/messaging/customs-n2n.toml", True)


def test_how_a_calendar_is_kept_is_the_presets_and_the_windows_are_the_agreements(load, a, tmp_path, known):
    assert load(xx=customs(a)).partners()[0].calendar.windows == ()
    (tmp_path / "presets").mkdir()
    (tmp_path / "presets" / "ours.toml").write_text(
        'source = "us"\nbase = "customs-n2n"\n[calendar]\ntime_zone = "Asia/Taipei"\npolicy = "reject"\n'
    )
    here = Known(known.us, known.own, known.partners, (tmp_path / "presets", a.presets))
    (tmp_path / "partners" / "xx").mkdir(parents=True)
    window = '[[calendar.window]]\nname = "night"\nevery = "day"\nfrom = 22:00:00\nto = 23:00:00\n'
    (tmp_path / "partners" / "xx" / "agreement.toml").write_text(customs(a).replace("customs-n2n", "ours") + window)
    problems = Problems()
    [agreement] = load_agreements(tmp_path / "partners", here, problems).partners()
    assert problems.found == []
    assert (agreement.calendar.zone.key, [one.policy for one in agreement.calendar.windows]) == ("Asia/Taipei", ["reject"])


def test_a_profile_that_this_node_cannot_do_is_refused_by_its_name(load, a):
    [problem, *_] = load(xx=a.AGREEMENT.replace("edelivery-as4-1.15", "as4-minimal-client")).problems
    assert (
        "profile: as4-minimal-client is not supported by this node: its only payload travels in the SOAP Body (A 6.3)" in problem
    )


def test_a_preset_is_read_once_for_all_agreements(load, a, monkeypatch):
    from node.agreements import presets

    asked = []
    real = presets.read_toml
    monkeypatch.setattr(presets, "read_toml", lambda *args: asked.append(args[2]) or real(*args))
    first = load(**{f"p{n}": a.AGREEMENT.replace("XX-CUSTOMS", f"P{n}") for n in range(3)})
    assert first.problems == []
    assert len(asked) <= 1
    legs = [one.leg for one in first.pmodes() if not one.inbound]
    assert len({id(one.limits) for one in legs}) == len({id(one.reception_awareness) for one in legs}) == 1
