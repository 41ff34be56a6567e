"""The catalogue of errors is the standards' own, and what is ours to know is not the peer's."""

import pytest

from node.ebms import errors
from node.ebms.errors import CATALOGUE, EbmsError, ErrorDefinition, InvalidHeader, SoapFault

#: C 6.7, P2 2.5.6, 3.7, 3.8 and 4.7, A 3 as printed, typed again from the standards; EBMS:0303 without the hyphen of A's table.
PRINTED = """
0001 ValueNotRecognized           failure Content
0002 FeatureNotSupported          warning Content
0003 ValueInconsistent            failure Content
0004 Other                        failure Content
0005 ConnectionFailure            failure Communication
0006 EmptyMessagePartitionChannel warning Communication
0007 MimeInconsistency            failure Unpackaging
0008 FeatureNotSupported          failure Unpackaging
0009 InvalidHeader                failure Unpackaging
0010 ProcessingModeMismatch       failure Processing
0011 ExternalPayloadError         failure Content
0020 RoutingFailure               failure Processing
0021 MPCCapacityExceeded          failure Processing
0022 MessagePersistenceTimeout    failure Processing
0023 MessageExpired               warning Processing
0030 BundlingError                failure Content
0031 RelatedMessageFailed         failure Processing
0040 BadFragmentGroup             failure Content
0041 DuplicateMessageSize         failure Content
0042 DuplicateFragmentCount       failure Content
0043 DuplicateMessageHeader       failure Content
0044 DuplicateAction              failure Content
0045 DuplicateCompressionInfo     failure Content
0046 DuplicateFragment            failure Content
0047 BadFragmentStructure         failure Unpackaging
0048 BadFragmentNum               failure Content
0049 BadFragmentCount             failure Content
0050 FragmentSizeExceeded         warning Unpackaging
0051 ReceiveIntervalExceeded      failure Unpackaging
0052 BadProperties                warning Unpackaging
0053 HeaderMismatch               failure Unpackaging
0054 OutOfStorageSpace            failure Unpackaging
0055 DecompressionError           failure Processing
0060 ResponseUsingAlternateMEP    warning Processing
0101 FailedAuthentication         failure Processing
0102 FailedDecryption             failure Processing
0103 PolicyNoncompliance          failure Processing
0201 DysfunctionalReliability     failure Processing
0202 DeliveryFailure              failure Communication
0301 MissingReceipt               failure Communication
0302 InvalidReceipt               failure Communication
0303 DecompressionFailure         failure Communication
"""


def test_the_catalogue_is_the_table_of_the_standards() -> None:
    rows = [line.split() for line in PRINTED.split("\n") if line]
    assert {
        f"EBMS:{number}": ErrorDefinition(f"EBMS:{number}", short, severity, category)
        for number, short, severity, category in rows
    } == CATALOGUE


def test_each_error_is_called_by_its_short_description() -> None:
    named = {name: value for name, value in vars(errors).items() if isinstance(value, ErrorDefinition)}
    # Two codes have one short description; the milder one says so in its name.
    assert {name: value.short_description for name, value in named.items() if name != value.short_description} == {
        "FeatureNotSupportedWarning": "FeatureNotSupported"
    }
    assert len(named) == len(CATALOGUE)


def test_an_ebms_error_carries_its_definition_and_the_true_reason() -> None:
    error = EbmsError(InvalidHeader, "Role is empty", ref_to_message_id="1@a.example")
    assert str(error) == "EBMS:0009 InvalidHeader: Role is empty"
    assert (error.definition, error.detail, error.ref_to_message_id) == (InvalidHeader, "Role is empty", "1@a.example")


def test_an_ebms_error_may_be_about_no_message() -> None:
    assert EbmsError(InvalidHeader, "not read").ref_to_message_id is None


@pytest.mark.parametrize(("status", "expected"), [({}, 400), ({"http_status": 415}, 415)])
def test_a_soap_fault_has_a_code_and_an_http_status(status: dict[str, int], expected: int) -> None:
    fault = SoapFault("Sender", "no XML", **status)
    assert (str(fault), fault.code, fault.http_status) == ("SOAP Sender: no XML", "Sender", expected)
