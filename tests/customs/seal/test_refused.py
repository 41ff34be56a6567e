"""A refusal is one finding of stage 8."""

from node.customs.seal.refused import Fault


def test_a_fault_becomes_a_finding_at_a_place():
    refused = Fault("SIG-04", "KR-KCCI", "CN=x").at("/Root/Signature")
    found = refused.finding
    assert (found.rule, found.stage, found.location, found.args) == ("SIG-04", 8, "/Root/Signature", ("KR-KCCI", "CN=x"))
    assert found.en == "The signer is not entitled to sign for KR-KCCI."
    assert str(refused) == "SIG-04: KR-KCCI; CN=x"
