"""The P-Mode parameters by the names that files use, in the standard's order: type, default, and what this node can do (standards.md 2)."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

from node.ebms.namespaces import DEFAULT_MPC, GZIP, INITIATOR, ONE_WAY, PULL, PUSH, RESPONDER
from node.security import algorithms as a

#: What a value of this kind is called in a refusal.
KINDS: Final[Mapping[type, str]] = {
    str: "a string",
    bool: "true or false",
    int: "a whole number",
    float: "a number of seconds",
    list: "a list",
}


@dataclass(frozen=True, slots=True)
class Parameter:
    """One P-Mode parameter. `supported` lists the values that this node can do; None means any of the type."""

    key: str
    standard: str
    kind: type
    default: Any
    supported: Collection[Any] | None = None


def _p(key: str, standard: str, kind: type, default: Any, supported: Collection[Any] | None = None) -> Parameter:
    return Parameter(key, standard, kind, default, supported)


_TRANSPORTS = (a.RSA_OAEP, a.RSA_OAEP_MGF1P, a.X25519, a.ECDH_ES)
_X509 = "leg.security.x509"
_REPORT = "leg.error_handling.report"
_NO = (False,)

# fmt: off
_TABLE: Final = (
    # spec: C D.3.1
    _p("mep",                                      "PMode.MEP",                                          str,  ONE_WAY, (ONE_WAY,)),
    _p("mep_binding",                              "PMode.MEPbinding",                                   str,  PUSH, (PUSH, PULL)),
    _p("initiator.role",                           "PMode.Initiator.Role",                               str,  INITIATOR),
    _p("responder.role",                           "PMode.Responder.Role",                               str,  RESPONDER),
    _p("initiator.authorization.username",         "PMode.Initiator.Authorization.username",             str,  None),
    _p("initiator.authorization.password",         "PMode.Initiator.Authorization.password",             str,  None),
    # spec: C D.3.2
    _p("leg.protocol.soap_version",                "Protocol.SOAPVersion",                               str,  "1.2", ("1.1", "1.2")),
    _p("leg.protocol.add_actor_or_role_attribute", "Protocol.AddActorOrRoleAttribute",                   bool, False, _NO),
    # spec: C D.3.3
    _p("leg.business_info.properties",             "BusinessInfo.Properties[]",                          list, ()),
    _p("leg.business_info.payload_profile",        "BusinessInfo.PayloadProfile[]",                      list, ()),
    _p("leg.business_info.payload_profile_max_size", "BusinessInfo.PayloadProfile.maxSize",              int,  None),
    _p("leg.business_info.mpc",                    "BusinessInfo.MPC",                                   str,  DEFAULT_MPC),
    _p("leg.business_info.sub_mpc_ext",            "BusinessInfo.subMPCext",                             str,  None),
    # spec: C D.3.4
    _p(f"{_REPORT}.sender_errors_to",              "ErrorHandling.Report.SenderErrorsTo",                str,  None, ()),
    _p(f"{_REPORT}.receiver_errors_to",            "ErrorHandling.Report.ReceiverErrorsTo",              str,  None),
    _p(f"{_REPORT}.as_response",                   "ErrorHandling.Report.AsResponse",                    bool, True),
    _p(f"{_REPORT}.process_error_notify_consumer", "ErrorHandling.Report.ProcessErrorNotifyConsumer",    bool, True),
    _p(f"{_REPORT}.process_error_notify_producer", "ErrorHandling.Report.ProcessErrorNotifyProducer",    bool, True),
    _p(f"{_REPORT}.delivery_failures_notify_producer", "ErrorHandling.Report.DeliveryFailuresNotifyProducer", bool, True),
    _p(f"{_REPORT}.missing_receipt_notify_producer", "ErrorHandling.Report.MissingReceiptNotifyProducer", bool, True),
    # spec: C D.3.5, AS4 replaces these contracts by ReceptionAwareness
    _p("leg.reliability.at_least_once",            "Reliability.AtLeastOnce.Contract",                   bool, False, _NO),
    _p("leg.reliability.at_most_once",             "Reliability.AtMostOnce.Contract",                    bool, False, _NO),
    _p("leg.reliability.in_order",                 "Reliability.InOrder.Contract",                       bool, False, _NO),
    # spec: C D.3.6
    _p("leg.security.wss_version",                 "Security.WSSVersion",                                str,  "1.1.1", ("1.1", "1.1.1")),
    _p(f"{_X509}.sign",                            "Security.X509.Sign",                                 bool, True),
    _p(f"{_X509}.signature.hash_function",         "Security.X509.Signature.HashFunction",               str,  a.SHA256, tuple(a.DIGESTS)),
    _p(f"{_X509}.signature.algorithm",             "Security.X509.Signature.Algorithm",                  str,  a.RSA_SHA256, tuple(a.SIGNATURES)),
    _p(f"{_X509}.encryption.encrypt",              "Security.X509.Encryption.Encrypt",                   bool, True),
    _p(f"{_X509}.encryption.algorithm",            "Security.X509.Encryption.Algorithm",                 str,  a.AES128_GCM, tuple(a.CONTENT_KEY_OCTETS)),
    _p(f"{_X509}.encryption.minimum_strength",     "Security.X509.Encryption.MinimumStrength",           int,  128),
    _p("leg.security.username_token.username",     "Security.UsernameToken.username",                    str,  None, ()),
    _p("leg.security.username_token.password",     "Security.UsernameToken.password",                    str,  None, ()),
    _p("leg.security.username_token.digest",       "Security.UsernameToken.Digest",                      bool, True),
    _p("leg.security.pmode_authorize",             "Security.PModeAuthorize",                            bool, False),
    _p("leg.security.send_receipt.send",           "Security.SendReceipt",                               bool, True),
    _p("leg.security.send_receipt.non_repudiation", "Security.SendReceipt.NonRepudiation",               bool, True),
    _p("leg.security.send_receipt.reply_pattern",  "Security.SendReceipt.ReplyPattern",                  str,  "Response", ("Response", "Callback")),
    _p("leg.security.send_receipt.reply_to",       "Security.SendReceipt.ReplyTo",                       str,  None),
    # spec: A 3.1, A 3.2
    _p("leg.payload_service.compression_type",     "PayloadService.CompressionType",                     str,  "none", ("none", GZIP)),
    _p("leg.reception_awareness.enabled",          "ReceptionAwareness",                                 bool, True, (True,)),
    _p("leg.reception_awareness.retry",            "ReceptionAwareness.Retry",                           bool, True),
    _p("leg.reception_awareness.retry_parameters", "ReceptionAwareness.Retry.Parameters",                str,  ""),
    _p("leg.reception_awareness.duplicate_detection", "ReceptionAwareness.DuplicateDetection",           bool, True, (True,)),
    _p("leg.reception_awareness.detect_duplicates_parameters", "ReceptionAwareness.DetectDuplicates.Parameters", str, ""),
    # spec: P2 3, P2 4
    _p("leg.bundling.policy",                      "bundling.policy",                                    str,  "never", ("never",)),
    _p("leg.splitting",                            "Splitting",                                          bool, False, _NO),
    # what no standard names (standards.md 2.9)
    _p("leg.x.signature.key_identifier",           "x.Signature.KeyIdentifier",                          str,  "bst", ("bst", "bst-pkipath", "issuer-serial", "ski", "thumbprint")),
    _p("leg.x.encryption.key_identifier",          "x.Encryption.KeyIdentifier",                         str,  "ski", ("ski", "issuer-serial", "bst", "thumbprint", "x509ski")),
    _p("leg.x.encryption.key_transport",           "x.Encryption.KeyTransport",                          str,  a.RSA_OAEP, _TRANSPORTS),
    _p("leg.x.encryption.digest",                  "x.Encryption.Digest",                                str,  a.SHA256, tuple(a.OAEP_DIGESTS)),
    _p("leg.x.encryption.mgf",                     "x.Encryption.MGF",                                   str,  a.MGF1_SHA256, tuple(a.OAEP_MGFS)),
    _p("leg.x.encryption.kdf",                     "x.Encryption.KDF",                                   str,  None, (a.HKDF, a.CONCAT_KDF)),
    _p("leg.x.inbound.allowed_algorithms",         "x.Inbound.AllowedAlgorithms",                        list, ()),
    _p("leg.x.http.connect_timeout",               "x.Http.ConnectTimeout",                              float, 10.0),
    _p("leg.x.http.read_timeout",                  "x.Http.ReadTimeout",                                 float, 120.0),
    _p("leg.x.http.connections",                   "x.Http.Connections",                                 int,  8),
    _p("leg.x.retry.max_retries",                  "x.Retry.MaxRetries",                                 int,  None),
    _p("leg.x.retry.period",                       "x.Retry.Period",                                     str,  None),
    _p("leg.x.retry.intervals",                    "x.Retry.Intervals",                                  list, ()),
    _p("leg.x.retry.factor",                       "x.Retry.Multiplier",                                 float, None),
    _p("leg.x.retry.cap",                          "x.Retry.MaxInterval",                                str,  None),
    _p("leg.x.retry.jitter",                       "x.Retry.Jitter",                                     str,  None, ("full", "none")),
    _p("leg.x.retry.horizon",                      "x.Message.ExpireAfter",                              str,  None),
    _p("leg.x.retry.receipt",                      "x.Retry.ReceiptWithin",                              str,  None),
    _p("leg.x.pull.interval",                      "x.Pull.Interval",                                    str,  "60s"),
    _p("leg.x.sync.wait",                          "x.Sync.Wait",                                        str,  "20s"),
    _p("leg.x.retry.refused",                      "x.Retry.Refused",                                    int,  None),
    _p("leg.x.payload.max_total",                  "x.Payload.MaxTotal",                                 int,  4 * 1024**3),
    _p("leg.x.payload.max_inflated",               "x.Payload.MaxInflated",                              int,  8 * 1024**3),
    _p("leg.x.payload.max_ratio",                  "x.Payload.MaxRatio",                                 int,  200),
    _p("leg.x.payload.max_parts",                  "x.Payload.MaxParts",                                 int,  100),
)
# fmt: on

PARAMETERS: Final[Mapping[str, Parameter]] = {parameter.key: parameter for parameter in _TABLE}


def why_refused(parameter: Parameter, value: Any) -> str | None:
    """Why this value cannot be taken, or None."""
    wrong_kind = not isinstance(value, (int, float) if parameter.kind is float else parameter.kind)
    if wrong_kind or (isinstance(value, bool) and parameter.kind is not bool):
        return f"must be {KINDS[parameter.kind]}, is {value!r}"
    if isinstance(value, int | float) and not isinstance(value, bool) and value <= 0:
        return f"must be more than 0, is {value!r}"
    supported = parameter.supported
    if supported is None or value in supported:
        return None
    if not supported:
        return f"{parameter.standard} is not supported by this node"
    able = ", ".join(str(one).lower() if isinstance(one, bool) else str(one) for one in supported)
    return f"{parameter.standard} = {value!r} is not supported by this node, which can do {able}"
