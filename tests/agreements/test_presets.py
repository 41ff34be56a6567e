"""Presets are read whole, fit a screen, name the source of each value, and say what standards.md 3 found out."""

import pytest

from node.agreements.parameters import PARAMETERS
from node.agreements.presets import preset_names, read_preset
from node.configuration import Problems
from node.security import algorithms as a_

B = "http://docs.oasis-open.org/ebxml-msg/ebms/v3.0/ns/core/200704/"
GZIP, HKDF, CONCAT = "application/gzip", a_.HKDF, a_.CONCAT_KDF
X509, RECEIPT, AWARE, X = "leg.security.x509.", "leg.security.send_receipt.", "leg.reception_awareness.", "leg.x."

#: The facts of standards.md 3, by section; what starts with `requires.` is a demand, the rest parameters.
COMMON = {
    "mep": B + "oneWay",
    "mep_binding": B + "push",
    "leg.protocol.soap_version": "1.2",
    "leg.protocol.security.protocol_version": "1.2",
    "leg.security.wss_version": "1.1.1",
    X509 + "sign": True,
    X509 + "signature.algorithm": a_.RSA_SHA256,
    X509 + "signature.hash_function": a_.SHA256,
    X509 + "encryption.encrypt": True,
    X509 + "encryption.algorithm": a_.AES128_GCM,
    X + "encryption.key_transport": a_.RSA_OAEP,
    X + "encryption.digest": a_.SHA256,
    X + "encryption.mgf": a_.MGF1_SHA256,
    X + "signature.key_identifier": "bst",
    RECEIPT + "send": True,
    RECEIPT + "non_repudiation": True,
    RECEIPT + "reply_pattern": "Response",
    "leg.error_handling.report.as_response": True,
    "leg.error_handling.report.process_error_notify_consumer": True,
    "leg.error_handling.report.process_error_notify_producer": True,
    "leg.error_handling.report.missing_receipt_notify_producer": True,
    AWARE + "enabled": True,
    AWARE + "retry": True,
    AWARE + "duplicate_detection": True,
    "leg.payload_service.compression_type": GZIP,
    "leg.security.pmode_authorize": False,
    "requires.party.count": "1",
    "requires.agreement_ref.pmode": "absent",
}
EDDSA = COMMON | {
    X509 + "signature.algorithm": a_.EDDSA_ED25519,
    X + "encryption.key_transport": a_.X25519,
    X + "encryption.kdf": HKDF,
}
ECDSA = EDDSA | {X509 + "signature.algorithm": a_.ECDSA_SHA256, X + "encryption.key_transport": a_.ECDH_ES}
# A suite of key agreement has no OAEP.
for suite in (EDDSA, ECDSA):
    del suite[X + "encryption.digest"], suite[X + "encryption.mgf"]
CORNERS = {
    "properties": ["originalSender", "finalRecipient"],
    "requires.message_properties": "with originalSender, finalRecipient",
}
PULLED = {"mep_binding": B + "pull", RECEIPT + "reply_pattern": "Callback"}
ENTSOG = {
    "requires.mep": B + "oneWay",
    "requires.mep_binding": B + "push",
    "requires.mpc": B + "defaultMPC",
    "requires.party.type": "http://www.entsoe.eu/eic-codes/eic-party-codes-x",
    "requires.agreement_ref.value": "like http://entsog\\.eu/communication/agreements/[^/]+/[^/]+/[^/]+",
    "requires.agreement_ref.type": "absent",
    "requires.service.type": "http://edigas.org/service",
    "leg.business_info.service_type": "http://edigas.org/service",
    "leg.business_info.action": "http://docs.oasis-open.org/ebxml-msg/as4/200902/action",
    "leg.business_info.payload_profile_max_size": 10_000,
    "requires.part.properties": "EDIGASDocumentType",
    "requires.message.conversation_id": "present and empty",
    "requires.message.ref_to_message_id": "MUST NOT be used",
}
ICS2 = COMMON | {
    X509 + "encryption.encrypt": False,
    X + "signature.key_identifier": "bst-pkipath",
    "requires.agreement_ref.value": "EU-ICS2-TI-V2.0 or EU-ICS2-TI-V1.0",
    "requires.agreement_ref.type": "ics2-interface-version",
    "requires.service.type": "eu-customs-service-type",
    "requires.service.value": "eu_ics2_t2c or eu_ics2_c2t",
    "requires.party.role": "Trader or Customs",
    "requires.party.type": "urn:oasis:names:tc:ebcore:partyid-type:unregistered:eu-customs:EORI or urn:oasis:names:tc:ebcore:partyid-type:unregistered:eu-customs:auth",
    "requires.mep": B + "oneWay",
    "requires.message.properties": "none",
    "requires.tls.client_certificate": "mutual",
}
HANDLER = {
    "mep": B + "oneWay",
    "leg.protocol.soap_version": "1.2",
    "leg.security.wss_version": "1.1",
    "initiator.role": B + "defaultRole",
    X509 + "sign": True,
    RECEIPT + "non_repudiation": True,
    AWARE + "enabled": True,
    AWARE + "duplicate_detection": True,
    "leg.payload_service.compression_type": GZIP,
}
FACTS = [
    ("3.1", "as4-ebhandler", HANDLER | {X509 + "encryption.encrypt": True}),
    ("3.1", "as4-light-client", HANDLER | {X509 + "encryption.encrypt": False}),
    ("3.1", "as4-minimal-client", {X509 + "sign": False, RECEIPT + "send": False, "leg.payload_service.compression_type": "none", "unsupported": "SOAP Body"}),
    ("3.2", "edelivery-as4-1.15", COMMON),
    ("3.2", "edelivery-as4-1.15-two-way", COMMON | {"mep": B + "twoWay", "mep_binding": B + "pushAndPush"}),
    ("3.2", "edelivery-as4-1.15-four-corner", COMMON | CORNERS),
    ("3.2", "edelivery-as4-1.15-pull", COMMON | PULLED),
    ("3.3", "edelivery-as4-2.0-eddsa", EDDSA),
    ("3.3", "edelivery-as4-2.0-ecdsa", ECDSA),
    ("3.3", "edelivery-as4-2.0-eddsa-four-corner", EDDSA | CORNERS),
    ("3.3", "edelivery-as4-2.0-ecdsa-four-corner", ECDSA | CORNERS),
    ("3.4", "entsog-as4-3.6", COMMON | ENTSOG),
    ("3.4", "entsog-as4-4.0-eddsa", EDDSA | ENTSOG | {X + "signature.key_identifier": "bst-pkipath"}),
    ("3.4", "entsog-as4-4.0-ecdsa", ECDSA | ENTSOG | {X + "signature.key_identifier": "bst-pkipath"}),
    (
        "3.5",
        "bdew-as4-1.1",
        {
            X509 + "signature.algorithm": a_.ECDSA_SHA256,
            X509 + "signature.hash_function": a_.SHA256,
            X509 + "encryption.algorithm": a_.AES128_GCM,
            X + "signature.key_identifier": "bst-pkipath",
            X + "encryption.key_transport": a_.ECDH_ES,
            X + "encryption.key_identifier": "x509ski",
            X + "encryption.kdf": CONCAT,
            X + "payload.max_parts": 1,
            RECEIPT + "reply_pattern": "Response",
            RECEIPT + "non_repudiation": True,
            "leg.protocol.security.protocol_version": "1.2",
            "leg.payload_service.compression_type": GZIP,
            "leg.business_info.action": "http://docs.oasis-open.org/ebxml-msg/as4/200902/action",
            "initiator.role": B + "initiator",
            "responder.role": B + "responder",
            "requires.agreement_ref.value": "https://www.bdew.de/as4/communication/agreement",
            "requires.agreement_ref.type": "absent",
            "requires.leg.x.payload.max_parts": "1",
            "requires.message.conversation_id": "empty",
            "requires.tls.client_certificate": "mutual",
        },
    ),
    (
        "3.6",
        "peppol-as4-2.0",
        COMMON
        | CORNERS
        | {
            "leg.business_info.properties": ["originalSender", "finalRecipient"],
            "leg.business_info.service_type": "cenbii-procid-ubl",
            "requires.agreement_ref.value": "urn:fdc:peppol.eu:2017:agreements:tia:ap_provider",
            "requires.agreement_ref.type": "absent",
            "requires.party.type": "urn:fdc:peppol.eu:2017:identifiers:ap",
            "requires.party.role": f"{B}initiator or {B}responder",
            "requires.service.action": "like busdox-docid-qns::.+",
            "requires.mep_binding": B + "push",
            "requires.mpc": B + "defaultMPC",
            "requires.leg.x.payload.max_parts": "1",
        },
    ),
    ("3.7", "ics2-trader", ICS2),
    ("3.7", "ics2-trader-pull", ICS2 | PULLED | {"requires.mpc": f"like {B}defaultMPC|urn:fdc:ec\\.europa\\.eu:2019:eu_ics2_c2t/EORI/.+"}),
    ("3.8", "bdx-as4-1.0", COMMON | CORNERS | {X509 + "encryption.algorithm": a_.AES256_GCM}),
    (
        "3.9",
        "dbc-as4-2017",
        {
            X509 + "sign": False,
            X509 + "encryption.encrypt": False,
            RECEIPT + "send": True,
            RECEIPT + "non_repudiation": False,
            RECEIPT + "reply_pattern": "Response",
            "leg.error_handling.report.as_response": True,
            "leg.payload_service.compression_type": GZIP,
            "leg.business_info.payload_profile_max_size": 10_000,
            "initiator.role": B + "defaultRole",
            "responder.role": B + "defaultRole",
            "leg.protocol.security.protocol_version": "1.2",
            AWARE + "retry_parameters": "maxretries=3;period=120000",
            AWARE + "detect_duplicates_parameters": "maxsize=10Mb;checkwindow=7D",
            "requires.agreement_ref.value": "http://resources.digitalbusinesscouncil.com.au/dbc/services/exchange/ebms3profile/current",
            "requires.service.type": "absent",
        },
    ),
    ("ours", "customs-n2n", COMMON | CORNERS),
]  # fmt: skip
NAMES = [name for _, name, _ in FACTS]


@pytest.fixture
def read(a):
    """A shipped preset, which has no problem."""

    def named(name):
        problems = Problems()
        preset = read_preset(name, (a.presets,), problems)
        assert problems.found == []
        return preset

    return named


@pytest.mark.parametrize(("section", "name", "facts"), FACTS, ids=NAMES)
def test_a_shipped_preset_says_what_the_standard_says(read, section, name, facts):
    preset, wrong = read(name), {}
    for key, expected in facts.items():
        if key == "unsupported":
            got = expected if expected in preset.unsupported else preset.unsupported
        elif key == "properties":
            got = [one for one in preset.resolved["leg.business_info.properties"] if isinstance(one, str)]
        elif key.startswith("requires."):
            fact = preset.requires.get(key.removeprefix("requires."))
            got = fact and fact.words()
        else:
            got = preset.resolved[key]
        if got != expected:
            wrong[key] = (got, expected)
    assert wrong == {}, f"standards.md {section}"


def test_no_shipped_preset_is_untested(a):
    assert preset_names([a.presets]) == sorted(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_shipped_preset_fits_a_screen_and_gives_the_source_of_each_value(a, read, name):
    preset = read(name)
    assert len((a.presets / f"{name}.toml").read_text("utf-8").splitlines()) <= 60
    for key in PARAMETERS:
        origin = preset.resolved.origins[key]
        if origin.file:
            line = (a.presets.parent.parent / origin.file).read_text("utf-8").splitlines()[origin.line - 1]
            assert key.rpartition(".")[2] in line
            assert preset.clauses[key]
            assert preset.clauses[key] in line
            assert preset.clauses[key].startswith(("ED", "EN ", "BD", "IC", "PP", "DBC", "A ", "A:", "C ", "N2N")), line
    for requirement in preset.requires.values():
        assert requirement.clause
        assert requirement.origin.line, requirement.fact


def test_a_value_names_the_file_that_says_it(read):
    preset = read("entsog-as4-4.0-ecdsa")
    assert preset.bases == ("entsog-as4-4.0-eddsa", "edelivery-as4-2.0-eddsa")
    said = {
        key: preset.resolved.origins[key].file.rpartition("/")[2]
        for key in (X + "encryption.kdf", X + "signature.key_identifier", "mep", X + "payload.max_ratio")
    }
    assert list(said.values()) == ["entsog-as4-4.0-ecdsa.toml", "entsog-as4-4.0-eddsa.toml", "edelivery-as4-2.0-eddsa.toml", ""]
    assert preset.requires["party.type"].origin.file.endswith("entsog-as4-4.0-eddsa.toml")


def test_what_a_preset_takes_away_is_kept_with_its_reason(read):
    assert [(one.key, one.before, one.after) for one in read("ics2-trader-pull").weakened] == [
        (X509 + "encryption.encrypt", True, False)
    ]
    assert read("edelivery-as4-1.15-pull").weakened == ()


# -- of a home ---------------------------------------------------------------------------------------------------------


def test_a_home_preset_goes_before_a_shipped_one_and_may_be_based_on_it(tmp_path, a):
    file = tmp_path / "edelivery-as4-1.15.toml"
    file.write_text('source = "ours"\nleg.x.payload.max_parts = 9\n')
    preset = read_preset("edelivery-as4-1.15", (tmp_path, a.presets), Problems())
    assert (preset.resolved["leg.x.payload.max_parts"], str(preset.resolved.origins["leg.protocol.soap_version"])) == (
        9,
        "default of this node",
    )
    file.write_text('source = "ours"\nbase = "edelivery-as4-1.15"\nleg.x.payload.max_parts = 9\n')
    preset = read_preset("edelivery-as4-1.15", (tmp_path, a.presets), Problems())
    assert preset.resolved["leg.x.payload.max_parts"] == 9
    assert "edelivery-as4-1.15.toml:" in str(preset.resolved.origins["leg.protocol.soap_version"])


def test_a_preset_that_sets_right_what_its_base_weakened_is_weak_no_more(tmp_path, a):
    (tmp_path / "ours.toml").write_text('source = "us"\nbase = "ics2-trader"\nleg.security.x509.encryption.encrypt = true\n')
    problems = Problems()
    preset = read_preset("ours", (tmp_path, a.presets), problems)
    assert problems.found == []
    assert preset.weakened == ()


WEAK = 'source = "x"\nbase = "edelivery-as4-1.15"\nleg.security.x509.sign = false\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", None),
        ("leg.splitting = false", "source: is required"),
        ('source = "x"\nleg.bad = 1', "leg.bad: is not known"),
        ("x = ", "is not TOML"),
        ('source = "x"\nbase = "mine"', "profiles/messaging/mine.toml: base: mine is based on itself; name another base, or none"),
        ('source = "x"\nbase = "other"', "profiles/messaging/other.toml: base: mine is based on itself"),
        ('source = "x"\nbase = "edelivery-as4-1.5"', "mine.toml: edelivery-as4-1.5: no such preset; did you mean 'edelivery-as4-1.15'?"),
        (WEAK, "mine.toml: leg.security.x509.sign: Security.X509.Sign is weaker than edelivery-as4-1.15: true there, false here, and no reason is given"),
        ('source = "x"\n[[weakened]]\nparameter = "mep"\nreason = "y"', "weakened: is about what a preset is based on"),
        ('source = "x"\n[requires]\nparty.typ = { value = 1, clause = "A" }', "requires.party.typ: is no fact of an agreement; did you mean 'party.type'?"),
        ('source = "x"\n[requires]\nparty.type = { value = 1 }\nx.y = 1', "requires.party.type.clause: is required"),
        ('source = "x"\n[requires]\nparty.type = { clause = "A" }', "requires.party.type: requires nothing"),
        ('source = "x"\n[requires]\nparty.type = { clause = "A", vlaue = "x", note = "y" }', "requires.party.type.vlaue: is not known; did you mean 'value'?"),
        ('source = "x"\n[requires]\nparty.type = { clause = "A", pattern = "(" }', "requires.party.type.pattern: is no regular expression"),
        ('source = "x"\n[requires]\npart.size = { clause = "A", note = "1", level = "must" }', "requires.part.size.level: must be told"),
    ],
)  # fmt: skip
def test_a_bad_preset_is_refused(tmp_path, a, text, said):
    (tmp_path / "mine.toml").write_text(text)
    (tmp_path / "other.toml").write_text('source = "x"\nbase = "mine"\n')
    problems = Problems()
    assert read_preset("mine", (tmp_path, a.presets), problems) is None
    assert said is None or any(said in str(one) for one in problems.found), problems.found


@pytest.mark.parametrize("name", ["../messaging/customs-n2n", "/etc/passwd", "", ".", "customs-n2n/"])
def test_a_name_is_no_path(a, name):
    problems = Problems()
    assert read_preset(name, (a.presets,), problems) is None
    assert problems.found[0].problem == "no such preset"


def test_a_weakened_parameter_has_one_entry(tmp_path, a):
    why = '[[weakened]]\nparameter = "leg.security.x509.encryption.algorithm"\nreason = "{}"\n'
    value = 'source = "us"\nbase = "{}"\nleg.security.x509.encryption.algorithm = "http://www.w3.org/2009/xmlenc11#{}-gcm"\n'
    (tmp_path / "one.toml").write_text(
        value.format("bdx-as4-1.0", "aes192").replace("leg", "leg.security.x509.encryption.minimum_strength = 192\nleg")
        + why.format("x")
        + why.replace("algorithm", "minimum_strength").format("x")
    )
    (tmp_path / "two.toml").write_text(
        value.format("one", "aes128").replace("leg", "leg.security.x509.encryption.minimum_strength = 128\nleg")
        + why.format("y")
        + why.replace("algorithm", "minimum_strength").format("y")
    )
    problems = Problems()
    preset = read_preset("two", (tmp_path, a.presets), problems)
    assert problems.found == []
    assert sorted((one.key.rpartition(".")[2], one.reason) for one in preset.weakened) == [
        ("algorithm", "y"),
        ("minimum_strength", "y"),
    ]


def test_an_absent_preset_is_told_with_the_nearest(a):
    problems = Problems()
    assert read_preset("edelivery-as4-2.0-edsa", (a.presets,), problems) is None
    assert "did you mean 'edelivery-as4-2.0-eddsa'" in str(problems.found[0])
