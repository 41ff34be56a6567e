"""The error catalogue of ebMS 3.0 Core, Part 2 and AS4, and the exceptions that become eb:Error or a SOAP fault."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class ErrorDefinition:
    """One row of the catalogue: code, short description, severity (`failure` or `warning`) and category."""

    code: str
    short_description: str
    severity: str
    category: str


def _e(number: str, short_description: str, severity: str, category: str) -> ErrorDefinition:
    return ErrorDefinition(f"EBMS:{number}", short_description, severity, category)


_f, _w = "failure", "warning"

# fmt: off
# spec: C 6.7.1
ValueNotRecognized             = _e("0001", "ValueNotRecognized",             _f, "Content")
FeatureNotSupportedWarning     = _e("0002", "FeatureNotSupported",            _w, "Content")
ValueInconsistent              = _e("0003", "ValueInconsistent",              _f, "Content")
Other                          = _e("0004", "Other",                          _f, "Content")
ConnectionFailure              = _e("0005", "ConnectionFailure",              _f, "Communication")
EmptyMessagePartitionChannel   = _e("0006", "EmptyMessagePartitionChannel",   _w, "Communication")
MimeInconsistency              = _e("0007", "MimeInconsistency",              _f, "Unpackaging")
FeatureNotSupported            = _e("0008", "FeatureNotSupported",            _f, "Unpackaging")
InvalidHeader                  = _e("0009", "InvalidHeader",                  _f, "Unpackaging")
ProcessingModeMismatch         = _e("0010", "ProcessingModeMismatch",         _f, "Processing")
ExternalPayloadError           = _e("0011", "ExternalPayloadError",           _f, "Content")
# spec: P2 2.5.6
RoutingFailure                 = _e("0020", "RoutingFailure",                 _f, "Processing")
MPCCapacityExceeded            = _e("0021", "MPCCapacityExceeded",            _f, "Processing")
MessagePersistenceTimeout      = _e("0022", "MessagePersistenceTimeout",      _f, "Processing")
MessageExpired                 = _e("0023", "MessageExpired",                 _w, "Processing")
# spec: P2 3.7
BundlingError                  = _e("0030", "BundlingError",                  _f, "Content")
RelatedMessageFailed           = _e("0031", "RelatedMessageFailed",           _f, "Processing")
# spec: P2 4.7
BadFragmentGroup               = _e("0040", "BadFragmentGroup",               _f, "Content")
DuplicateMessageSize           = _e("0041", "DuplicateMessageSize",           _f, "Content")
DuplicateFragmentCount         = _e("0042", "DuplicateFragmentCount",         _f, "Content")
DuplicateMessageHeader         = _e("0043", "DuplicateMessageHeader",         _f, "Content")
DuplicateAction                = _e("0044", "DuplicateAction",                _f, "Content")
DuplicateCompressionInfo       = _e("0045", "DuplicateCompressionInfo",       _f, "Content")
DuplicateFragment              = _e("0046", "DuplicateFragment",              _f, "Content")
BadFragmentStructure           = _e("0047", "BadFragmentStructure",           _f, "Unpackaging")
BadFragmentNum                 = _e("0048", "BadFragmentNum",                 _f, "Content")
BadFragmentCount               = _e("0049", "BadFragmentCount",               _f, "Content")
FragmentSizeExceeded           = _e("0050", "FragmentSizeExceeded",           _w, "Unpackaging")
ReceiveIntervalExceeded        = _e("0051", "ReceiveIntervalExceeded",        _f, "Unpackaging")
BadProperties                  = _e("0052", "BadProperties",                  _w, "Unpackaging")
HeaderMismatch                 = _e("0053", "HeaderMismatch",                 _f, "Unpackaging")
OutOfStorageSpace              = _e("0054", "OutOfStorageSpace",              _f, "Unpackaging")
DecompressionError             = _e("0055", "DecompressionError",             _f, "Processing")
# spec: P2 3.8
ResponseUsingAlternateMEP      = _e("0060", "ResponseUsingAlternateMEP",      _w, "Processing")
# spec: C 6.7.2
FailedAuthentication           = _e("0101", "FailedAuthentication",           _f, "Processing")
FailedDecryption               = _e("0102", "FailedDecryption",               _f, "Processing")
PolicyNoncompliance            = _e("0103", "PolicyNoncompliance",            _f, "Processing")
# spec: C 6.7.3
DysfunctionalReliability       = _e("0201", "DysfunctionalReliability",       _f, "Processing")
DeliveryFailure                = _e("0202", "DeliveryFailure",                _f, "Communication")
# spec: A 3.2
MissingReceipt                 = _e("0301", "MissingReceipt",                 _f, "Communication")
# spec: A 5.1.8
InvalidReceipt                 = _e("0302", "InvalidReceipt",                 _f, "Communication")
# spec: A 3.1
DecompressionFailure           = _e("0303", "DecompressionFailure",           _f, "Communication")
# fmt: on

CATALOGUE: Final[dict[str, ErrorDefinition]] = {
    value.code: value for value in list(globals().values()) if isinstance(value, ErrorDefinition)
}


class EbmsError(Exception):
    """The peer's message is refused with an eb:Error.

    `definition` is told to the peer. `detail` is the true reason, for our log alone: it names the place and what differed, and never
    travels. `ref_to_message_id` is filled in by whoever knows it.
    """

    def __init__(self, definition: ErrorDefinition, detail: str, *, ref_to_message_id: str | None = None) -> None:
        super().__init__(f"{definition.code} {definition.short_description}: {detail}")
        self.definition = definition
        self.detail = detail
        self.ref_to_message_id = ref_to_message_id


class SoapFault(Exception):
    """The octets are no ebMS message at all and are answered with a SOAP fault (or an empty 4xx).

    `code` is the SOAP 1.2 fault code local name: Sender, Receiver, MustUnderstand or VersionMismatch. `detail` is for our log alone.
    """

    def __init__(self, code: str, detail: str, *, http_status: int = 400) -> None:
        super().__init__(f"SOAP {code}: {detail}")
        self.code = code
        self.detail = detail
        self.http_status = http_status
