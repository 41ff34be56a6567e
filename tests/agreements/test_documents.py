"""`[documents]` of an agreement: whose documents come, and who may seal them."""

import pytest

from node.agreements.documents import STANDARD_DOCUMENTS
from node.app import Node
from node.configuration import ConfigurationError
from tests.homes import make_pair


def agreed(tmp_path, more):
    tw, _ = make_pair(tmp_path, more=more)
    node = Node.open(tw.folder)
    node.close()
    return node.setting.agreements.agreements["kr"].documents


def test_without_the_table_documents_are_judged_and_answered(tmp_path):
    found = agreed(tmp_path, "")
    assert found == STANDARD_DOCUMENTS
    assert (found.check, found.answers, found.seals) == (True, ("L2",), "profile")


def test_names_become_certificates(tmp_path):
    tw, _ = make_pair(tmp_path)
    signer = next((tw.folder / "certs" / "partners").iterdir()).stem
    anchor = next(path for path in (tw.folder / "certs" / "trust").iterdir() if path.suffix == ".pem").stem
    more = f"""
[documents]
ours = ["TW-CUSTOMS"]
theirs = ["KR-KCS"]
seals = "require"
answers = ["L2", "L3"]
timestamp_anchors = ["{anchor}"]
[documents.anchors]
KR = ["{anchor}"]
[documents.signers]
"KR-CCI-01" = ["{signer}"]
"""
    text = (tw.folder / "partners" / "kr" / "agreement.toml").read_text()
    (tw.folder / "partners" / "kr" / "agreement.toml").write_text(text + more)
    node = Node.open(tw.folder)
    node.close()
    found = node.setting.agreements.agreements["kr"].documents
    assert (found.ours, found.theirs, found.seals, found.answers) == (("TW-CUSTOMS",), ("KR-KCS",), "require", ("L2", "L3"))
    assert found.partners.anchors["KR"] == node.setting.certificates.trust[anchor] == found.partners.timestamp_anchors
    # What we seal ourselves needs no words: any anchor of ours counts for our own country.
    assert set(found.partners.anchors) == {"KR", "TW"}
    assert found.partners.bindings == {"KR-CCI-01": {node.setting.certificates.partners[signer].certificate.sha256}}


def test_nothing_is_answered_when_that_was_agreed(tmp_path):
    assert agreed(tmp_path, '\n[documents]\nanswers = "none"\n').answers == ()


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('ours = ["customs"]', "documents.ours: 'customs' is no authority"),
        ('seal = "nobody"', "documents.seal: certs/own has no key 'nobody'"),
        ('answers = ["L9"]', "documents.answers: 'L9' is no step that the node tells"),
        ('seals = "sometimes"', "documents.seals: must be one of"),
        ('anchors = { KR = ["nobody"] }', "documents.anchors: certs/trust has no certificate 'nobody'"),
        ('signers = { "KR-KCS" = ["nobody"] }', "documents.signers: neither certs/partners nor certs/own has 'nobody'"),
        ("chekc = true", "documents.chekc"),
    ],
)
def test_every_mistake_is_told_with_its_key(tmp_path, line, told):
    with pytest.raises(ConfigurationError) as error:
        agreed(tmp_path, f"\n[documents]\n{line}\n")
    assert told in str(error.value)
