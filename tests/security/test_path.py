"""Which certificates are trusted, and the reason for each that is not; cryptography's verifier is asked too where it knows the algorithms."""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa, x25519
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import verification
from hypothesis import given, settings
from hypothesis import strategies as st

from node.security import path as module
from node.security.certificates import Certificate, CertificateRefused
from node.security.path import Purpose, Untrusted, check_purpose, find_path, judge_path
from node.security.path_policy import POLICIES, PathPolicy

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)
CA = x509.BasicConstraints(True, None)
CA_USAGE = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
P256 = ec.generate_private_key(ec.SECP256R1())
OTHER = ec.generate_private_key(ec.SECP256R1())


def name(text):
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])


def directory(text):
    return x509.DirectoryName(name(text))


def issue(
    subject,
    issuer,
    *extensions,
    key=P256,
    signer=P256,
    algorithm=None,
    since=NOW - timedelta(days=1),
    until=NOW + timedelta(days=9),
):
    builder = (
        x509.CertificateBuilder()
        .subject_name(name(subject))
        .issuer_name(name(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(since)
        .not_valid_after(until)
    )
    for value, critical in extensions:
        builder = builder.add_extension(value, critical)
    chosen = algorithm or (None if isinstance(signer, ed25519.Ed25519PrivateKey) else hashes.SHA256())
    return Certificate(builder.sign(signer, chosen).public_bytes(Encoding.DER))


def authority(subject="ca", issuer=None, *extensions, **other):
    return issue(subject, issuer or subject, *(extensions or ((CA, True), (CA_USAGE, True))), **other)


ROOT = authority("root")
LEAF = issue("leaf", "root")


def test_a_certificate_of_an_anchor_is_trusted():
    assert find_path(LEAF, (), [ROOT], NOW) == (LEAF, ROOT)


def test_intermediates_may_come_in_any_order():
    one, two = authority("one", "root"), authority("two", "one")
    leaf = issue("leaf", "two")
    for pool in ([one, two], [two, one]):
        assert find_path(leaf, pool, [ROOT], NOW) == (leaf, two, one, ROOT)


def test_an_anchor_may_be_an_intermediate_or_the_certificate_itself():
    middle = authority("middle", "absent root")
    leaf = issue("leaf", "middle")
    assert find_path(leaf, (), [middle], NOW) == (leaf, middle)
    assert find_path(leaf, (), [leaf], NOW) == (leaf,)


def test_two_authorities_of_one_name_are_told_apart_by_their_keys():
    impostor = authority("root", key=OTHER, signer=OTHER)
    assert find_path(LEAF, (), [impostor, ROOT], NOW) == (LEAF, ROOT)


@pytest.mark.parametrize(
    ("kind", "key"),
    [
        ("RSA", rsa.generate_private_key(65537, 2048)),
        ("P-384", ec.generate_private_key(ec.SECP384R1())),
        ("brainpool", ec.generate_private_key(ec.BrainpoolP256R1())),
        ("Ed25519", ed25519.Ed25519PrivateKey.generate()),
    ],
)
def test_authorities_of_every_kind_that_the_profiles_use_are_understood(kind, key):
    ca = authority("ca", key=key, signer=key)
    for subject_key in (P256, x25519.X25519PrivateKey.generate(), ed25519.Ed25519PrivateKey.generate()):
        leaf = issue("leaf", "ca", key=subject_key, signer=key)
        assert find_path(leaf, (), [ca], NOW) == (leaf, ca), kind


EXPIRED, FUTURE = {"until": NOW - timedelta(seconds=1)}, {"since": NOW + timedelta(seconds=1)}
PATHLEN0 = authority("root", "root", (x509.BasicConstraints(True, 0), True))
REFUSED = [
    # (why, leaf, pool, anchors, the word that tells)
    ("no anchor at all", LEAF, [], [], "anchors"),
    ("another anchor", LEAF, [], [authority("other")], "anchors"),
    ("the anchor is in the pool only", LEAF, [ROOT], [], "anchors"),
    ("signed by another key", issue("leaf", "root", signer=OTHER), [], [ROOT], "not signed by"),
    ("expired", issue("leaf", "root", **EXPIRED), [], [ROOT], "expired"),
    ("not yet valid", issue("leaf", "root", **FUTURE), [], [ROOT], "not valid before"),
    ("expired though pinned as anchor", one := issue("leaf", "root", **EXPIRED), [], [one], "expired"),
    ("expired anchor", LEAF, [], [authority("root", **EXPIRED)], "expired"),
    ("expired intermediate", issue("leaf", "mid"), [authority("mid", "root", **EXPIRED)], [ROOT], "expired"),
    ("issuer is no authority", issue("leaf", "mid"), [issue("mid", "root")], [ROOT], "no certification authority"),
    ("issuer says ca=false", LEAF, [], [authority("root", "root", (x509.BasicConstraints(False, None), True))], "no certification"),
    ("issuer may not sign", LEAF, [], [authority("root", "root", (CA, True), (x509.KeyUsage(*[True] * 5, False, True, False, False), True))], "keyCertSign"),
    ("path length exceeded", issue("leaf", "mid"), [authority("mid", "root")], [PATHLEN0], "path length"),
    ("unknown critical extension", issue("leaf", "root", (x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3"), b"x"), True)), [], [ROOT], "1.2.3"),
    ("name constraints", issue("leaf", "mid"), [authority("mid", "root", (CA, True), (x509.NameConstraints([directory("Taiwan")], None), False))], [ROOT], "not among those that CN=mid may"),
    ("name constraints of no authority", issue("leaf", "root", (x509.NameConstraints([x509.DNSName("a")], None), False)), [], [ROOT], "name constraints"),
    ("RSA-1024", issue("leaf", "root", key=rsa.generate_private_key(65537, 1024)), [], [ROOT], "1024 bits"),
    ("a loop", issue("leaf", "a"), [authority("a", "b"), authority("b", "a")], [ROOT], "anchors"),
]  # fmt: skip


@pytest.mark.parametrize(("leaf", "pool", "anchors", "said"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_the_reason_of_a_refusal_is_told(leaf, pool, anchors, said):
    with pytest.raises(Untrusted, match=said):
        find_path(leaf, pool, anchors, NOW)


def test_a_path_length_counts_only_what_is_below_and_not_self_issued():
    assert find_path(LEAF, (), [PATHLEN0], NOW)


def test_a_very_long_path_is_refused():
    pool = [authority(f"ca{i}", f"ca{i - 1}") for i in range(1, 9)]
    with pytest.raises(Untrusted, match="longer"):
        find_path(issue("leaf", "ca8"), pool, [authority("ca0")], NOW)


def test_a_crowd_of_cross_certificates_costs_a_bounded_number_of_signatures():
    pool = [authority("ca", "ca", key=ec.generate_private_key(ec.SECP256R1())) for _ in range(40)]
    with pytest.raises(Untrusted):
        find_path(issue("leaf", "ca", signer=OTHER), pool, [ROOT], NOW)


def browsers_verdict(leaf, pool, anchors):
    """cryptography's verifier with as few rules of browsers as it allows."""
    every = verification.ExtensionPolicy.permit_all()
    authorities = every.require_present(x509.BasicConstraints, verification.Criticality.AGNOSTIC, None)
    builder = verification.PolicyBuilder().store(verification.Store([one.x509 for one in anchors])).time(NOW)
    verifier = builder.extension_policies(ca_policy=authorities, ee_policy=every).build_client_verifier()
    try:
        verifier.verify(leaf.x509, [one.x509 for one in pool])
    except verification.VerificationError:
        return False
    return True


# It asks neither an authority for keyCertSign nor an anchor for its period, and takes short RSA keys in a leaf.
DIFFERS = {"issuer may not sign", "expired anchor", "expired though pinned as anchor", "name constraints", "RSA-1024"}
DIFFERS |= {"name constraints of no authority"}


@pytest.mark.parametrize(
    ("leaf", "pool", "anchors"),
    [row[1:4] for row in REFUSED if row[0] not in DIFFERS and row[3]],
    ids=[row[0] for row in REFUSED if row[0] not in DIFFERS and row[3]],
)
def test_the_verifier_for_browsers_refuses_what_is_refused_here(leaf, pool, anchors):
    assert not browsers_verdict(leaf, pool, anchors)


def test_the_verifier_for_browsers_trusts_what_is_trusted_here():
    assert browsers_verdict(LEAF, (), [ROOT])


def usage(**set_bits):
    bits = ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only")  # fmt: skip
    return x509.KeyUsage(**{bit: set_bits.get(bit, False) for bit in bits})


RSA = rsa.generate_private_key(65537, 2048)


@pytest.mark.parametrize(
    ("key", "bit", "purpose", "allowed"),
    [
        (RSA, "digital_signature", Purpose.SIGN, True),
        (RSA, "content_commitment", Purpose.SIGN, True),
        (RSA, "key_encipherment", Purpose.SIGN, False),
        (RSA, "key_encipherment", Purpose.ENCRYPT, True),
        (RSA, "key_agreement", Purpose.ENCRYPT, False),
        (RSA, "digital_signature", Purpose.ENCRYPT, False),
        (P256, "key_agreement", Purpose.ENCRYPT, True),
        (P256, "key_encipherment", Purpose.ENCRYPT, False),
    ],
)
def test_key_usage_decides_the_purpose(key, bit, purpose, allowed):
    certificate = issue("leaf", "root", (usage(**{bit: True}), True), key=key)
    if allowed:
        check_purpose(certificate, purpose)
    else:
        with pytest.raises(Untrusted, match="keyUsage"):
            check_purpose(certificate, purpose)


def test_a_certificate_without_key_usage_serves_every_purpose():
    for purpose in Purpose:
        check_purpose(LEAF, purpose)


# -- policies ------------------------------------------------------------------------------------------------------------


def test_a_policy_allows_what_it_names():
    short = PathPolicy("short", longest=1, keys=frozenset({"rsa"}))
    with pytest.raises(Untrusted, match="short allows no ec key"):
        find_path(LEAF, (), [ROOT], NOW, short)
    one, two = authority("one", "root"), authority("two", "one")
    pool = [one, two]
    assert find_path(issue("leaf", "one"), pool, [ROOT], NOW, PathPolicy("p", longest=1))
    with pytest.raises(Untrusted, match="longer than 1"):
        find_path(issue("leaf", "two"), pool, [ROOT], NOW, PathPolicy("p", longest=1))
    with pytest.raises(Untrusted, match="the curve secp256r1"):
        find_path(LEAF, (), [ROOT], NOW, PathPolicy("p", curves=frozenset({"secp384r1"})))
    with pytest.raises(Untrusted, match="2048 bits"):
        find_path(issue("leaf", "root", key=RSA), (), [ROOT], NOW, PathPolicy("p", rsa_bits=3072))


def test_a_required_certificate_policy_holds_for_the_whole_path():
    def policies(*oids):
        return x509.CertificatePolicies([x509.PolicyInformation(x509.ObjectIdentifier(one), None) for one in oids]), False

    wanted = PathPolicy("p", required=frozenset({"1.2.3"}))
    middle = authority("middle", "root", (CA, True), (CA_USAGE, True), policies("1.2.3", "1.2.4"))
    fits, other = (issue("leaf", "middle", policies(one)) for one in ("1.2.3", "1.2.4"))
    assert judge_path(fits, [middle], [ROOT], NOW, wanted).policies == {"1.2.3"}
    assert judge_path(other, [middle], [ROOT], NOW, PathPolicy("p")).policies == {"1.2.4"}
    for leaf in (other, issue("leaf", "middle")):
        with pytest.raises(Untrusted, match="certificate policy"):
            find_path(leaf, [middle], [ROOT], NOW, wanted)


def test_the_reason_is_that_of_the_path_that_came_farthest():
    impostor = authority("root", key=OTHER, signer=OTHER)
    for anchors in ([impostor, ROOT], [ROOT, impostor]):
        with pytest.raises(Untrusted, match="certificate policy"):
            find_path(LEAF, [], anchors, NOW, PathPolicy("p", explicit=True))


def usages(*oids):
    return x509.ExtendedKeyUsage([x509.ObjectIdentifier(one) for one in oids]), False


SERVER, CLIENT, STAMPS = "1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2", "1.3.6.1.5.5.7.3.8"


@pytest.mark.parametrize(
    ("held", "purpose", "policy", "allowed"),
    [
        ((SERVER,), Purpose.TLS_SERVER, "n2n", True),
        ((CLIENT,), Purpose.TLS_SERVER, "n2n", False),
        ((SERVER,), Purpose.TLS_CLIENT, "n2n", False),
        ((), Purpose.TLS_CLIENT, "n2n", True),
        ((), Purpose.TLS_CLIENT, "web", False),
        ((CLIENT,), Purpose.SIGN, "customs", True),
        ((STAMPS,), Purpose.SIGN, "n2n", False),
        ((STAMPS, CLIENT), Purpose.SEAL, "n2n", True),
        (("2.5.29.37.0",), Purpose.TLS_CLIENT, "n2n", True),
        (("2.5.29.37.0", CLIENT), Purpose.TLS_CLIENT, "web", False),
    ],
)
def test_extended_key_usage_decides_the_purpose(held, purpose, policy, allowed):
    certificate = issue("leaf", "root", *([usages(*held)] if held else []))
    if allowed:
        check_purpose(certificate, purpose, POLICIES[policy])
    else:
        with pytest.raises(Untrusted, match="extended key usage"):
            check_purpose(certificate, purpose, POLICIES[policy])


def test_a_name_in_other_letters_and_spaces_is_the_same_name():
    leaf = issue("leaf", "ROOT ")
    assert find_path(leaf, (), [ROOT], NOW) == (leaf, ROOT)


def test_a_hostile_pool_of_authorities_that_sign_each_other_costs_a_bounded_number_of_signatures(monkeypatch):
    checked = []
    real = module.is_signed_by
    monkeypatch.setattr(module, "is_signed_by", lambda *both: checked.append(1) or real(*both))
    names = [f"ca{number}" for number in range(8)]
    pool = [authority(one, other) for one in names for other in names if one != other]
    with pytest.raises(Untrusted):
        find_path(issue("leaf", "ca0"), pool, [ROOT], NOW)
    assert len(checked) <= 40


# -- octets of strangers -------------------------------------------------------------------------------------------------


def rich():
    """A certificate of an authority with every extension that is read."""
    info = x509.PolicyInformation(x509.ObjectIdentifier("1.2.3"), ["https://a.org/cps"])
    return authority(
        "mid", "root", (CA, True), (CA_USAGE, True), usages(SERVER), (x509.CertificatePolicies([info]), False), (x509.PolicyConstraints(1, 1), True),
        (x509.InhibitAnyPolicy(1), True), (x509.NameConstraints([x509.DNSName("a.org"), directory("Taiwan")], [x509.RFC822Name("b.org")]), True),
        (x509.SubjectAlternativeName([x509.DNSName("a.org"), x509.RFC822Name("x@a.org"), x509.UniformResourceIdentifier("https://a.org")]), False),
    )  # fmt: skip


RICH = rich()
BELOW = issue("leaf", "mid")


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning", "ignore::UserWarning")
@given(st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), min_size=1, max_size=4), st.sampled_from(["n2n", "web"]))
@settings(max_examples=1500, deadline=None)
def test_octets_that_were_changed_are_refused_with_a_reason_and_nothing_else(changes, policy):
    octets = bytearray(RICH.der)
    for place, value in changes:
        octets[place % len(octets)] = value
    try:
        changed = Certificate(bytes(octets))
        for leaf, pool in ((BELOW, [changed]), (changed, [])):
            # Whatever it says, nobody signed it.
            with pytest.raises(Untrusted):
                find_path(leaf, pool, [ROOT] if changed.der != RICH.der else [], NOW, POLICIES[policy])
        # As an anchor it is read as deeply as can be.
        find_path(BELOW, [], [changed], NOW, POLICIES[policy])
    except (CertificateRefused, Untrusted):
        pass
