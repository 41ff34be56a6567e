"""What a format cannot say is told, each with its reason."""

from collections.abc import Callable

import pytest

from node.agreements.agreement import Agreement
from node.foreign.exchange import exchanges_of
from node.foreign.formats import Format, write_foreign
from node.foreign.losses import Loss, losses
from tests.foreign.test_comparing import TEXT

MORE = """
security.x509.encryption.algorithm = "http://www.w3.org/2009/xmlenc11#aes256-gcm"
x.http.read_timeout = 30
[retention]
[calendar]
"""


def lost(ours: Agreement, form: Format) -> dict[str, Loss]:
    exchanges = list(exchanges_of(ours, "https://us.example/as4"))
    return {one.parameter: one for one in losses(ours, exchanges, write_foreign(exchanges, form), form)}


def test_the_nearest_is_told(agreement: Callable[[str], Agreement]) -> None:
    found = lost(agreement(TEXT + MORE), Format.DOMIBUS)["Security.X509.Encryption.Algorithm"]
    assert found.value.endswith("aes256-gcm")
    assert "nearest" in found.reason
    assert found.reason.endswith("aes128-gcm")


@pytest.mark.parametrize("form", Format)
def test_what_has_no_place(form: Format, agreement: Callable[[str], Agreement]) -> None:
    found = lost(agreement(TEXT + MORE), form)
    assert found["x.Http.ReadTimeout"].value == "30"
    assert "Security.X509 certificates" in found


def test_what_is_said_is_not_lost(agreement: Callable[[str], Agreement]) -> None:
    found = lost(agreement(TEXT + MORE), Format.CPPA3)
    assert "Security.X509.Encryption.Algorithm" not in found
    assert "ReceptionAwareness.Retry.Parameters" not in found


def test_a_test_service_that_is_not_agreed(agreement: Callable[[str], Agreement]) -> None:
    ours = agreement(TEXT.replace("[partner]", "test_service = false\n[partner]"))
    assert "Test service" in lost(ours, Format.PHASE4)
    assert "Test service" not in lost(ours, Format.DOMIBUS)


def test_the_type_of_an_agreement_has_no_place_in_phase4(agreement: Callable[[str], Agreement]) -> None:
    ours = agreement(TEXT.replace('value = "urn:ref"', 'value = "urn:ref"\ntype = "urn:t"'))
    assert "PMode.Agreement" in lost(ours, Format.PHASE4)
    assert "PMode.Agreement" not in lost(ours, Format.HOLODECK)
