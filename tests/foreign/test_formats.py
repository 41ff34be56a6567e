"""What an agreement says comes back through every format, but for what the account of the export names."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from node.agreements.agreement import Agreement
from node.agreements.parameters import PARAMETERS
from node.agreements.resolve import Layer
from node.agreements.weakened import PROTECTS
from node.foreign.drafting import draft
from node.foreign.exchange import Exchange, exchanges_of
from node.foreign.formats import FORMS, Format, format_of, read_foreign, write_foreign
from node.foreign.gathering import gather
from node.foreign.items import ForeignRefused
from node.foreign.losses import losses
from node.foreign.values import same
from node.foreign.we import We
from node.security import algorithms as a
from tests.foreign.conftest import FILES, PROFILES, SAMPLES, UNREGISTERED, US

PULLED = "edelivery-as4-1.15-pull"
HEAD = f"""\
profile = "{{profile}}"
{{top}}
[partner]
party_id   = "HUB-CUSTOMS"
party_type = "{UNREGISTERED}"
url        = "https://hub.example/as4"
{{roles}}
[certificates]
sign    = ["hub-sign"]
encrypt = ["hub-encrypt"]
tls     = ["hub-tls"]
"""
SERVICES = {
    "one": '[[service]]\nvalue = "urn:co"\nactions = ["Submit", "Revoke"]\n',
    "typed": '[[service]]\nvalue = "customs"\ntype = "urn:services"\nactions = ["List"]\ndirection = "send"\n',
    "received": '[[service]]\nvalue = "urn:aeo"\nactions = ["Board"]\ndirection = "receive"\n',
    "channel": '[[service]]\nvalue = "urn:man"\nactions = ["Manifest"]\nmpc = "urn:mpc:man"\n',
    "pulled": '[[service]]\nvalue = "urn:mra"\nactions = ["Wait"]\ndirection = "receive"\nbinding = "pull"\nmpc = "urn:mpc:mra"\n',
    "asked": '[[service]]\nvalue = "urn:ask"\nactions = ["Ask"]\ndirection = "send"\nbinding = "push"\n'
    '[[service]]\nvalue = "urn:ask"\nactions = ["Tell"]\ndirection = "receive"\nanswers = "Ask"\nbinding = "push"\n',
    "sync": '[[service]]\nvalue = "urn:now"\nactions = ["Query"]\ndirection = "receive"\nbinding = "push"\n'
    '[[service]]\nvalue = "urn:now"\nactions = ["Answer"]\ndirection = "send"\nanswers = "Query"\nbinding = "sync"\n',
}
OVERRIDES = (
    "",
    "security.x509.encryption.encrypt = false",
    "security.x509.sign = false\nsecurity.x509.encryption.encrypt = false",
    'payload_service.compression_type = "none"',
    'reception_awareness.retry_parameters = "maxretries=4; period=3m"',
    "reception_awareness.retry = false",
    f'security.x509.encryption.algorithm = "{a.AES256_GCM}"',
    f'security.x509.signature.hash_function = "{a.SHA512}"',
    'security.send_receipt.reply_pattern = "Callback"',
    "security.send_receipt.non_repudiation = false",
    "error_handling.report.as_response = false",
    'x.signature.key_identifier = "issuer-serial"\nx.encryption.key_identifier = "issuer-serial"',
    'protocol.soap_version = "1.1"',
    'business_info.properties = [{ name = "originalSender", required = true }, { name = "note" }]',
    'business_info.payload_profile = [{ name = "cid:a", mime_type = "text/xml", max_size = 5, required = true }]',
    "business_info.payload_profile_max_size = 9",
    'reception_awareness.detect_duplicates_parameters = "window=30d"',
    "x.http.read_timeout = 30",
)
TOPS = ("", "test_service = false", '[agreement_ref]\nvalue = "urn:ref"', '[agreement_ref]\nvalue = "urn:ref"\ntype = "urn:t"')
ROLES = ("", 'role = "Customs"\n[us]\nrole = "Office"', '[initiator]\nrole = "Buyer"\n[responder]\nrole = "Seller"')


def reasons(legs: list[str]) -> str:
    """Why an agreement protects less than its profile."""
    keys = (f"leg.{one.removesuffix(' = false')}" for leg in legs for one in leg.splitlines() if one.endswith(" = false"))
    return "".join(f'\n[[weakened]]\nparameter = "{key}"\nreason = "a test"\n' for key in keys if key in PROTECTS)


def imported(files: Mapping[str, bytes], presets: Mapping[str, Layer], profile: str = "") -> str:
    found = read_foreign(files, We("", (US,)))
    gathered = gather(found.exchanges, whole=found.whole)
    assert len(gathered) == 1, gathered
    return draft(gathered[0], "hub", presets, profile=profile, ours=(US,)).text


def unlost(exchanges: list[Exchange], lost: set[str]) -> dict[Any, Any]:
    """Fields and parameters by place, without what an export said that it lost."""
    found: dict[Any, Any] = {}
    for one in exchanges:
        fields: dict[str, Any] = {
            "PMode.Agreement": one.agreement_ref,
            "Role (us)": one.us.role,
            "Role (partner)": one.partner.role,
            "Party": (one.us.party_ids, one.partner.party_ids),
            "Protocol.Address": one.partner.url,
            "PMode.MEPbinding": (one.pulled, one.sync, one.answers),
            "BusinessInfo.MPC": one.mpc,
        }
        if one.test and "Test service" in lost:
            continue
        found[one.place] = {key: value for key, value in fields.items() if key not in lost}
    return found


@pytest.mark.parametrize("form", Format)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_an_agreement_comes_back(
    form: Format, data: st.DataObject, presets: Mapping[str, Layer], agreement: Callable[[str], Agreement]
) -> None:
    profile = data.draw(st.sampled_from(PROFILES))
    services = data.draw(st.lists(st.sampled_from(sorted(SERVICES)), min_size=1, max_size=4, unique=True))
    legs = data.draw(st.lists(st.sampled_from(OVERRIDES), max_size=3, unique=True))
    top, roles = data.draw(st.sampled_from(TOPS)), data.draw(st.sampled_from(ROLES))
    keys = [line.partition(" =")[0] for leg in legs for line in leg.splitlines()]
    if len(set(keys)) < len(keys):
        return
    pull = 'business_info.mpc = "urn:mpc:all"' if profile == PULLED else ""
    text = HEAD.format(profile=profile, top=top, roles=roles)
    text += "\n".join(SERVICES[one] for one in services) + "\n[leg]\n" + "\n".join([pull, *legs]) + reasons(legs)
    ours = agreement(text)
    before = list(exchanges_of(ours, "https://us.example/as4"))
    files = write_foreign(before, form)
    lost = losses(ours, before, files, form)
    names = {one.parameter for one in lost}
    text_again = imported(files, presets, profile)
    if "Protocol.Address" in names and "\nurl " not in text_again:
        # As the account of the export asks for it.
        text_again = text_again.replace("[partner]", '[partner]\nurl = "https://hub.example/as4"')
    again = agreement(text_again)
    after = list(exchanges_of(again, "https://us.example/as4"))
    assert unlost(after, names) == unlost(before, names), text
    for key, value in before[0].parameters.items():
        if PARAMETERS[key].standard not in names:
            assert same(key, value, after[0].parameters[key]), (key, text)
    # What was lost once is lost no further.
    written = write_foreign(after, form)
    third = imported(written, presets, profile)
    if "Protocol.Address" in names and "\nurl " not in third:
        third = third.replace("[partner]", '[partner]\nurl = "https://hub.example/as4"')
    assert write_foreign(list(exchanges_of(agreement(third), "https://us.example/as4")), form) == written


@pytest.mark.parametrize("name", FILES)
def test_a_sample_comes_back(name: str, presets: Mapping[str, Layer], agreement: Callable[[str], Agreement]) -> None:
    """Imported, exported and imported again, each agreement of a sample is the same."""
    files = {Path(one).name: (SAMPLES / one).read_bytes() for one in FILES[name]}
    found = read_foreign(files, We("", (US,)))
    for one in gather(found.exchanges, whole=found.whole):
        text = draft(one, "hub", presets, ours=(US,)).text
        first = agreement(text)
        exported = list(exchanges_of(first, "https://us.example/as4"))
        written = write_foreign(exported, Format(name))
        lost = {loss.parameter for loss in losses(first, exported, written, Format(name))}
        second = agreement(imported(written, presets, first.profile))
        again = list(exchanges_of(second, "https://us.example/as4"))
        assert unlost(again, lost) == unlost(exported, lost)
        differing = {PARAMETERS[k].standard for k, v in exported[0].parameters.items() if not same(k, v, again[0].parameters[k])}
        assert differing <= lost


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_known_by_its_root(name: str) -> None:
    assert format_of((SAMPLES / FILES[name][0]).read_bytes()) == name


@pytest.mark.parametrize(
    ("octets", "said"),
    [
        (b"<a xmlns='urn:other'/>", "urn:other"),
        (b"<a/>", "is none of"),
        (b"no markup", "not well-formed"),
        (b"{", "no JSON"),
        (b'<!DOCTYPE a><a xmlns="http://domibus.eu/configuration"/>', "DOCTYPE"),
        (b'<db:other xmlns:db="http://domibus.eu/configuration"/>', "the root is other"),
    ],
)
def test_what_is_no_agreement_is_refused_with_its_file(octets: bytes, said: str) -> None:
    with pytest.raises(ForeignRefused, match=f"^file: .*{said}"):
        read_foreign({"file": octets}, We("", (US,)))


def test_nothing_to_read_is_refused() -> None:
    with pytest.raises(ForeignRefused, match="no file"):
        read_foreign({}, We())


def test_every_format_has_its_form() -> None:
    assert set(FORMS) == set(Format)
