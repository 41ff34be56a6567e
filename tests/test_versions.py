"""What both signed is read from the store of a home as if a file said it."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from node.agreements.agreement import Known, Term, Us, read_tables
from node.agreements.agreements import periods_of
from node.agreements.terms import Ours
from node.app import Node
from node.cli.root import run
from node.configuration import ConfigurationError, Problems
from node.keyring.folder import CertificateFolder
from node.our_party import OurParty
from node.security.period import Period
from node.setting import Setting
from node.sheets.effects import Risk
from node.sheets.signing import SignedSheet, sign, write_signed
from node.sheets.states import VersionState
from node.sheets.terms import answered, offered
from node.store import prepared
from node.store.agreed import KeptVersion
from node.store.people import Acted
from node.store.updates import Answer, Asked, Carrier, KeptUpdate
from node.updates.states import UpdateDirection, UpdateState
from node.updates.update import UpdateRequest
from node.updates.writing import replacing, write_update
from node.versions import read_updates, read_versions, replacements_of, said_of, take
from tests.agreed import NOW, after, agreed, key, signed, terms
from tests.homes import make_pair


def test_a_home_without_a_store_has_no_versions(tmp_path):
    tw, _ = make_pair(tmp_path)
    setting = Setting(tw.folder)
    assert read_versions(setting.home, Problems()) == []
    assert not (tw.folder / "data" / "node.db").exists()


def test_a_store_of_an_older_node_has_none_and_is_left_to_whoever_opens_it(tmp_path):
    tw, _ = make_pair(tmp_path)
    (tw.folder / "data" / "node.db").write_bytes(b"")
    assert read_versions(Setting(tw.folder).home, Problems()) == []


def test_a_version_whose_keys_are_gone_is_a_problem_and_no_agreement():
    problems = Problems()
    assert said_of("kr", agreed(), "a", Term(1), {}, problems) is None
    assert "certs/own has no key of the agreed certificates" in str(problems.found[0])
    assert problems.found[0].file == "partners/kr/version 1"


def test_nothing_signed_changes_nothing(tmp_path):
    tw, _ = make_pair(tmp_path)
    setting = Setting(tw.folder)
    taken = take([], setting.certificates, Problems())
    assert (taken.said, taken.certificates.partners) == ([], setting.certificates.partners)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.server)])
def signed_home(request, tmp_path):
    """A home that has agreed with itself by hand, then by a sheet that begins in an hour."""
    tw, kr = make_pair(tmp_path)
    if request.param == "postgres":
        toml, url = tw.folder / "node.toml", request.getfixturevalue("postgres").database()
        toml.write_text(toml.read_text().replace("[store]\n", f'[store]\ndatabase = "{url}"\n'))
    now = datetime.now(UTC)
    nodes = [Node.open(one.folder) for one in (tw, kr)]
    try:
        ours, theirs = (OurParty(one.setting).party(Ours(), None) for one in nodes)
        parts = terms(agreement_ref={"value": "urn:signed", "type": None, "pmode": None})
        sheet = answered(offered("urn:uuid:9", ours, parts, now + timedelta(hours=1), None, "1h"), theirs)
        keys = [one.setting.certificates.own["sign"] for one in nodes]
        both = sign(sign(SignedSheet(sheet), "a", keys[0], now), "b", keys[1], now)
        by = Acted("ann", now)
        nodes[0].versions.activate(nodes[0].versions.accept("kr", both, "a", by).id, by)
    finally:
        for one in nodes:
            one.close()
    return tw, now


def test_a_file_holds_until_the_signed_version_has_begun_and_its_overlap_is_over(signed_home):
    tw, now = signed_home
    clock = [now]
    agreements = Setting(tw.folder, now=lambda: clock[0]).agreements
    assert [one.term.version for one in agreements.versions("kr")] == [0, 1]
    seen = []
    for minutes in (0, 61, 121):
        clock[0] = now + timedelta(minutes=minutes)
        seen.append(
            (agreements.agreements["kr"].term.version, len({one.agreement for one in agreements.pmodes("kr") if one.inbound}))
        )
    assert seen == [(0, 1), (1, 2), (1, 1)]


@pytest.mark.parametrize("table", ["services", "effective", "parties", "version"])
def test_a_version_that_lacks_a_table_is_a_problem_of_its_own_and_ends_neither_start_nor_doctor(signed_home, table, capsys):
    tw, _ = signed_home
    node = Node.open(tw.folder)
    try:
        (kept,) = node.versions.of("kr")
        value = json.loads(write_signed(kept.signed))
        del value["body"][table]
        values = {"row_id": kept.id, "new_content": json.dumps(value).encode()}
        node.messages.writer.run(lambda cursor: cursor.execute(prepared.SIGN_AGREED, values).rowcount)
    finally:
        node.close()
    setting = Setting(tw.folder)
    assert [(one.file, one.key) for one in setting.problems.found] == [("partners/kr/version 1", table)]
    assert "row 1 of agreed_version is damaged" in setting.problems.found[0].problem
    assert "restore it from a backup" in setting.problems.found[0].remedy
    # The file of the partner, and whatever others agreed, are read all the same.
    assert [one.term.version for one in setting.agreements.versions("kr")] == [0]
    with pytest.raises(ConfigurationError, match=f"partners/kr/version 1: {table}: is required"):
        Node.open(tw.folder)
    assert run(["--home", str(tw.folder), "doctor"], {}) == 1
    told = capsys.readouterr().out
    assert f"partners/kr/version 1: {table}" in told, told


def test_its_certificates_stand_beside_the_files(signed_home):
    tw, _ = signed_home
    setting = Setting(tw.folder)
    assert setting.problems.found == []
    assert [name.partition("-")[0] for name in setting.certificates.partners if "/" in name] == [
        "kr/sign",
        "kr/encrypt",
        "kr/tls",
    ]


def test_a_certificate_that_two_versions_name_is_used_as_long_as_either_says():
    own = {"sign": key("a"), "encrypt": key("a", "enc")}
    first = agreed()
    shorter = {**first.party("b")["certificates"]}
    shorter["sign"] = [{**shorter["sign"][0], "from": "2026-12-01T00:00:00Z", "until": "2026-12-31T00:00:00Z"}]
    second = after(first, parties={"a": first.party("a"), "b": {**first.party("b"), "certificates": shorter}})
    kept = [
        KeptVersion(n, "kr", signed(one), VersionState.ACTIVE, "a", None, Risk.LOW, "ann", NOW)
        for n, one in enumerate((second, first))
    ]
    name = f"kr/sign-{key('b').certificate.sha256[:16]}"
    window = Period(datetime(2026, 12, 1, tzinfo=UTC), datetime(2026, 12, 31, 0, 0, 1, tzinfo=UTC))
    for versions, periods in ((kept[:1], {name: (window,)}), (kept, {})):
        taken, problems = take(versions, CertificateFolder(own, {}, {}), Problems()), Problems()
        certificates = {each: one.certificate for each, one in taken.certificates.partners.items()}
        known = Known(Us((), "sign", "encrypt"), {each: one.certificate for each, one in own.items()}, certificates, ())
        read = [read_tables(said, known, problems) for said in taken.said]
        assert problems.found == []
        assert periods_of(filter(None, read)) == periods


def test_an_update_of_a_partner_lies_over_the_file_and_over_every_version(signed_home):
    tw, now = signed_home
    setting = Setting(tw.folder)
    old = setting.certificates.partners["kr-sign"].certificate
    new = key("b", "enc").certificate
    ends = now + timedelta(minutes=90)
    request = UpdateRequest("r1", now, ends, ends, "urn:signed", "urn:signed#2", (replacing(old, new, (), 1),))
    asked = Asked("kr", UpdateDirection.IN, "r1", "d", write_update(request), Carrier(), ends, ends)
    node = Node.open(tw.folder)
    try:
        kept, _ = node.updates.record(asked, Acted("n2n", now))
        mark = node.mark()
        for who in ("ann", "ben"):
            # Asked, and approved by one, it changes nothing.
            assert read_updates(setting.home) == []
            node.updates.approve(kept.id, Acted(who, now), Answer(b"yes", "m@tw"))
        assert node.mark() != mark
    finally:
        node.close()
    assert [one.id for one in read_updates(setting.home)] == [kept.id]
    setting = Setting(tw.folder)
    new_name = f"kr/update-{kept.id}-1-sign"
    for agreement in setting.agreements.versions("kr"):
        assert agreement.certificates.sign[-1] == new_name
        assert agreement.certificates.encrypt[-1] != new_name
    # For what the old one was not used the new one is not there.
    assert [name for name in setting.certificates.partners if "/update-" in name] == [new_name]
    assert setting.certificates.partners[new_name].certificate == new


def test_an_update_of_a_certificate_that_is_gone_does_nothing(signed_home):
    tw, now = signed_home
    folder = Setting(tw.folder).certificates
    stranger = key("a", "enc").certificate
    request = UpdateRequest("r1", now, now, now, "a", "b", (replacing(stranger, key("b").certificate, (), 1),))
    asked = Asked("kr", UpdateDirection.IN, "r1", "d", write_update(request), Carrier(), now, now)
    kept = KeptUpdate(1, asked, UpdateState.ACCEPTED, b"yes", "SENT", "m@tw", now, now)
    assert replacements_of([kept], folder, timedelta(days=30)) == []
    ours = replace(kept, asked=replace(asked, direction=UpdateDirection.OUT))
    assert replacements_of([ours], folder, timedelta(days=30)) == []


def test_what_an_update_brought_may_be_replaced_in_its_turn(signed_home):
    tw, now = signed_home
    folder = Setting(tw.folder).certificates
    first, second, third = folder.partners["kr-sign"].certificate, key("b", "enc").certificate, key("a", "enc").certificate

    def kept(number, old, new):
        ends = now + timedelta(days=number)
        request = UpdateRequest(f"r{number}", now, ends, ends, "a", f"b{number}", (replacing(old, new, (), 1),))
        asked = Asked("kr", UpdateDirection.IN, request.id, "d", write_update(request), Carrier(), ends, ends)
        return KeptUpdate(number, asked, UpdateState.ACCEPTED, b"yes", "SENT", "m@tw", now, now)

    chain = [kept(1, first, second), kept(2, second, third)]
    assert [(one.old, one.new) for one in replacements_of(chain, folder, timedelta(0))] == [(first, second), (second, third)]
    # The later one alone replaces what is not known here.
    assert replacements_of(chain[1:], folder, timedelta(0)) == []
