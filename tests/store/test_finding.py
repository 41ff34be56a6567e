"""A finding says four things, and a witness that saw nothing accuses nobody."""

from datetime import UTC, datetime

from node.store.finding import Finding, Witness


def test_a_finding_names_invariant_fault_place_and_remedy():
    finding = Finding("INV-1", "is not there", "m1@h", "submit it again")
    assert (finding.id, finding.what, finding.where, finding.remedy) == ("INV-1", "is not there", "m1@h", "submit it again")


def test_a_witness_that_saw_nothing_claims_nothing():
    witness = Witness(datetime(2026, 11, 24, tzinfo=UTC))
    assert (witness.consumed, list(witness.submitted), dict(witness.receipts)) == (None, [], {})
