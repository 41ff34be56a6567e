"""What lies in certs/ is read by name; everything that is wrong is told at once."""

from node.configuration import Problems
from node.keyring.folder import CertificateFolder, read_folder


def told(problems):
    return [f"{one.file}: {one.problem}" for one in problems.found]


def test_keys_and_certificates_are_known_by_their_file_names(certs, pki, pem, p12):
    partner = pki.key("b")
    problems = Problems()
    folder = read_folder(
        certs(
            own={
                "sign.pem": pem(pki.key("a")),
                "tls.p12": p12(pki.key("a", "p256"), b"open sesame"),
                "README.md": b"text",
                ".gitignore": b"*",
            },
            partners={
                "b-sign.pem": partner.certificate.pem() + pki.ca.pem(),
                "b-enc.der": pki.key("b", "rsa2048", "enc").certificate.der,
            },
            trust={"ca.crt": pki.ca.pem() + pki.other_ca.pem()},
        ),
        problems,
        {"tls": b"open sesame"}.get,
    )
    assert told(problems) == []
    assert folder.own["sign"].certificate == pki.key("a").certificate
    assert folder.own["tls"].chain == pki.key("a", "p256").chain
    assert folder.partners["b-sign"].certificate == partner.certificate
    assert folder.partners["b-sign"].above == (pki.ca,)
    assert folder.partners["b-enc"].certificate == pki.key("b", "rsa2048", "enc").certificate
    assert folder.trust["ca"] == (pki.ca, pki.other_ca)


def test_an_authority_that_one_partner_signed_for_is_trusted_and_not_shared(pki):
    folder = CertificateFolder({}, {}, {"ca": (pki.ca,), "kr/ca": (pki.other_ca,)})
    assert folder.trusted == [pki.ca, pki.other_ca]
    assert folder.shared == ["ca"]
    assert folder.anchors(["kr/ca", "none", "ca"]) == [pki.other_ca, pki.ca]


def test_an_encrypted_pem_key_is_opened_with_its_password(certs, pki, pem):
    problems = Problems()
    folder = read_folder(certs(own={"sign.pem": pem(pki.key("a"), b"open sesame")}), problems, lambda name: b"open sesame")
    assert (list(folder.own), told(problems)) == (["sign"], [])


def test_a_key_that_others_may_read_is_refused_with_the_command_that_mends_it(certs, pki, pem):
    root = certs(own={"sign.pem": pem(pki.key("a"))})
    (root / "own" / "sign.pem").chmod(0o640)
    problems = Problems()
    assert read_folder(root, problems).own == {}
    assert str(problems.found[0]) == f"certs/own/sign.pem: others may read this private key; chmod 600 {root}/own/sign.pem"


def test_every_problem_is_told(certs, pki, pem):
    problems = Problems()
    read_folder(
        certs(
            own={"a.pem": b"nothing", "b.p12": b"nothing", "c.key": b"", "d.pem": pem(pki.key("a")).split(b"-----BEGIN CERT")[0]},
            partners={"e.pem": b"nothing", "f.pem": pki.ca.pem(), "f.der": pki.ca.der},
            trust={"g.der": b"nothing"},
        ),
        problems,
    )
    assert [one.file for one in problems.found] == [
        "certs/own/a.pem",
        "certs/own/b.p12",
        "certs/own/c.key",
        "certs/own/d.pem",
        "certs/partners/e.pem",
        "certs/partners/f.pem",
        "certs/trust/g.der",
    ]


def test_a_wrong_password_is_a_problem(certs, pki, p12):
    problems = Problems()
    assert read_folder(certs(own={"tls.p12": p12(pki.key("a"), b"open sesame")}), problems, lambda name: b"wrong").own == {}
    assert len(problems.found) == 1


def test_a_folder_that_is_not_there_is_empty(tmp_path):
    problems = Problems()
    folder = read_folder(tmp_path, problems)
    assert (folder.own, folder.partners, folder.trust, problems.found) == ({}, {}, {}, [])


def test_a_password_is_the_line_of_a_file_that_nobody_else_may_read(certs, pki, pem):
    root = certs(own={"sign.pem": pem(pki.key("a"))})
    for name, octets, mode in (("kr", b"open sesame\n", 0o600), ("jp", b"x", 0o644), ("cn", b"\n", 0o600)):
        path = root / "own" / f"{name}.password"
        path.write_bytes(octets)
        path.chmod(mode)
    problems = Problems()
    folder = read_folder(root, problems)
    assert folder.passwords == {"kr": b"open sesame"}
    assert [one.partition(": ")[2] for one in told(problems)] == ["is empty", "others may read this password"]
    assert set(folder.own) == {"sign"}
