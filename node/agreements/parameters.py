"""The P-Mode parameters by the names that files use, in the standard's order: type, default, and what this node can do (standards.md 2)."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from node.ebms.namespaces import (
    DEFAULT_MPC,
    GZIP,
    INITIATOR,
    ONE_WAY,
    PULL,
    PULL_AND_PUSH,
    PUSH,
    PUSH_AND_PULL,
    PUSH_AND_PUSH,
    RESPONDER,
    SYNC,
    TWO_WAY,
)
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
    #: Why this node cannot do the rest.
    why: str = ""
    #: What to write instead; where the node does what the parameter wants, the place in an agreement that says it.
    remedy: str = ""
    #: Whether an agreement says this in a place of its own, and not under this key.
    elsewhere: bool = False
    #: Other spellings of a value, in small letters.
    spellings: Mapping[str, str] = field(default_factory=dict)
    #: What may stand in a list; None for what its reader judges.
    items: Collection[str] | None = None

    @property
    def honoured(self) -> bool:
        """Whether there is anything to choose: of the rest, only what the node does anyway can be written."""
        return not self.elsewhere and (self.supported is None or any(one != self.default for one in self.supported))

    def spelled(self, value: Any) -> Any:
        """The value as the node writes it."""
        return self.spellings.get(value.lower(), value) if isinstance(value, str) else value


def _p(key: str, standard: str, kind: type, default: Any, supported: Collection[Any] | None = None, **more: Any) -> Parameter:
    return Parameter(key, standard, kind, default, supported, **more)


def _at(key: str, standard: str, place: str) -> Parameter:
    """A parameter that an agreement says in a place of its own."""
    remedy = place if place.startswith("leave it out") else f"write {place}"
    return Parameter(key, standard, str, None, (), remedy=remedy, elsewhere=True)


def _no(key: str, standard: str, kind: type, default: Any, why: str, remedy: str = "leave it out") -> Parameter:
    """A parameter that is known and cannot be done: only what the node does anyway may be written."""
    return Parameter(key, standard, kind, default, () if default is None else (default,), why, remedy)


_TRANSPORTS = (a.RSA_OAEP, a.RSA_OAEP_MGF1P, a.X25519, a.ECDH_ES)
#: Whatever an agreement may let in beside what it sends with.
ALLOWED: Final = frozenset(
    (
        *a.DIGESTS,
        *a.SIGNATURES,
        *a.CONTENT_KEY_OCTETS,
        *a.OAEP_DIGESTS,
        *a.OAEP_MGFS,
        *a.KEY_WRAP_OCTETS,
        *a.PRFS,
        *_TRANSPORTS,
        a.HKDF,
        a.CONCAT_KDF,
    )
)
_X509 = "leg.security.x509"
_REPORT = "leg.error_handling.report"
# spec: A 2.1.3.1
_LEGACY: Final = {
    "http://www.oasis-open.org/committees/ebxml-msg/one-way": ONE_WAY,
    "http://www.oasis-open.org/committees/ebxml-msg/push": PUSH,
    "http://www.oasis-open.org/committees/ebxml-msg/pull": PULL,
}
_HOP = "this node is no end of a multi-hop route (P2 2)"
_RM = "AS4 has ReceptionAwareness instead of WS-ReliableMessaging (A 5.1.2)"
_TELLS = "the history of a message always tells it, and nothing silences that"
_FIXED = "AS4 fixes what is covered: eb:Messaging, the Body and every attachment (A 5.1.4, A 5.1.5)"
_SPLIT = "a message is never cut into fragments here (P2 4); payloads of any size travel whole"
_BUNDLE = "each message travels on its own (P2 3)"

# fmt: off
_TABLE: Final = (
    # spec: C D.3.1
    _p("mep",                                      "PMode.MEP",                                          str,  ONE_WAY, (ONE_WAY, TWO_WAY), spellings=_LEGACY),
    _p("mep_binding",                              "PMode.MEPbinding",                                   str,  PUSH, (PUSH, PULL, SYNC, PUSH_AND_PUSH, PUSH_AND_PULL, PULL_AND_PUSH), spellings=_LEGACY),
    _p("initiator.role",                           "PMode.Initiator.Role",                               str,  INITIATOR),
    _p("responder.role",                           "PMode.Responder.Role",                               str,  RESPONDER),
    _p("initiator.authorization.username",         "PMode.Initiator.Authorization.username",             str,  None),
    _p("initiator.authorization.password",         "PMode.Initiator.Authorization.password",             str,  None),
    _at("id",                                      "PMode.ID",                                           "leave it out: it is PARTNER/send or receive/SERVICE/ACTION, and agreement_ref.pmode what is sent as @pmode"),
    _at("agreement",                               "PMode.Agreement",                                    "[agreement_ref] with value, and type if one was agreed"),
    _at("initiator.party",                         "PMode.Initiator.Party",                              "partner.party_id and us.party_id: whoever sends is the initiator"),
    _at("responder.party",                         "PMode.Responder.Party",                              "partner.party_id and us.party_id: whoever receives is the responder"),
    _no("responder.authorization.username",        "PMode.Responder.Authorization.username",  str, None, "only whoever pulls authorises itself", "write initiator.authorization.username"),
    _no("responder.authorization.password",        "PMode.Responder.Authorization.password",  str, None, "only whoever pulls authorises itself", "write initiator.authorization.password"),
    _no("mep_binding_pipelining",                  "PMode.MEPbinding.Pipelining",             bool, False, "each leg has a connection of its own (P2 2)"),
    _no("mep_binding_alternate",                   "PMode.MEPbinding.Alternate",              list, None, "one binding is agreed for a service (P2 2)", "write binding of a [[service]]"),
    # spec: C D.3.2
    _p("leg.protocol.soap_version",                "Protocol.SOAPVersion",                               str,  "1.2", ("1.1", "1.2")),
    _p("leg.protocol.security.protocol_version",   "Protocol.Security.ProtocolVersion",                  str,  "1.2", ("1.2", "1.3"), why="older TLS is broken (ED 3.2.6)", remedy="write 1.2 or 1.3"),
    _no("leg.protocol.security.protocol",          "Protocol.Security.Protocol",              str, "TLS", "nothing else protects a connection"),
    _no("leg.protocol.security.security_algorithm", "Protocol.Security.SecurityAlgorithm",    str, None, "suites are those with forward secrecy and authenticated encryption, for all partners"),
    _no("leg.protocol.security.minimum_key_size",  "Protocol.Security.minimumKeySize",        int, None, "weak keys are refused for all partners alike"),
    _at("leg.protocol.security.server_certificate", "Protocol.Security.Server.Certificate",              'certificates.tls, with certificates.trust = "pinned"; ours is listen.tls of node.toml'),
    _at("leg.protocol.security.client_certificate", "Protocol.Security.Client.Certificate",              "certificates.tls; ours is keys.tls of node.toml"),
    _at("leg.protocol.security.anchor_certificates", "Protocol.Security.AnchorCertificates",             "leave it out: anchors are the files of certs/trust"),
    _at("leg.protocol.address",                    "Protocol.Address",                                   "partner.url"),
    _no("leg.protocol.add_actor_or_role_attribute", "Protocol.AddActorOrRoleAttribute",       bool, False, _HOP),
    _no("leg.protocol.restart",                    "Protocol.Restart",                        bool, False, "a broken transfer begins anew: the message is sent again (P2 4)"),
    _no("leg.protocol.restart_protocol",           "Protocol.Restart.Protocol",               str, None, "a broken transfer begins anew: the message is sent again (P2 4)"),
    _no("leg.protocol.restart_interval",           "Protocol.Restart.Interval",               str, None, "a broken transfer begins anew: the message is sent again (P2 4)"),
    _no("leg.addressing.address",                  "Addressing.Address",                      str, None, _HOP),
    _no("leg.addressing.action",                   "Addressing.Action",                       str, None, _HOP),
    _no("leg.addressing.epr.routing_input",        "Addressing.EPR.RoutingInput",             str, None, _HOP),
    # spec: C D.3.3
    _p("leg.business_info.service",                "BusinessInfo.Service",                               str,  None),
    _p("leg.business_info.service_type",           "BusinessInfo.Service/@type",                         str,  None),
    _p("leg.business_info.action",                 "BusinessInfo.Action",                                str,  None),
    _p("leg.business_info.properties",             "BusinessInfo.Properties[]",                          list, ()),
    _p("leg.business_info.payload_profile",        "BusinessInfo.PayloadProfile[]",                      list, ()),
    _p("leg.business_info.payload_profile_max_size", "BusinessInfo.PayloadProfile.maxSize",              int,  None),
    _p("leg.business_info.mpc",                    "BusinessInfo.MPC",                                   str,  DEFAULT_MPC),
    _p("leg.business_info.sub_mpc_ext",            "BusinessInfo.subMPCext",                             str,  None),
    _no("leg.business_info.mpc_alternate",         "BusinessInfo.MPC.Alternate",              str, None, "a message waits on one channel (P2 2)", "write mpc of a [[service]]"),
    # spec: C D.3.4
    _no(f"{_REPORT}.sender_errors_to",             "ErrorHandling.Report.SenderErrorsTo",     str, None, "what goes wrong in sending is told here, to nobody else (ED 3.2.5)"),
    _p(f"{_REPORT}.receiver_errors_to",            "ErrorHandling.Report.ReceiverErrorsTo",              str,  None),
    _p(f"{_REPORT}.as_response",                   "ErrorHandling.Report.AsResponse",                    bool, True),
    _at(f"{_REPORT}.receiver_errors_reply_pattern", "ErrorHandling.Report.ReceiverErrors.ReplyPattern",  f"{_REPORT}.as_response: true for Response, false for Callback"),
    _no(f"{_REPORT}.process_error_notify_consumer", "ErrorHandling.Report.ProcessErrorNotifyConsumer",       bool, True, _TELLS),
    _no(f"{_REPORT}.process_error_notify_producer", "ErrorHandling.Report.ProcessErrorNotifyProducer",       bool, True, _TELLS),
    _no(f"{_REPORT}.delivery_failures_notify_producer", "ErrorHandling.Report.DeliveryFailuresNotifyProducer", bool, True, _TELLS),
    _no(f"{_REPORT}.missing_receipt_notify_producer", "ErrorHandling.Report.MissingReceiptNotifyProducer",   bool, True, _TELLS),
    # spec: C D.3.5, AS4 replaces these contracts by ReceptionAwareness
    _no("leg.reliability.at_least_once",           "Reliability.AtLeastOnce.Contract",        bool, False, _RM, "write leg.reception_awareness.retry"),
    _no("leg.reliability.at_least_once_ack_on_delivery", "Reliability.AtLeastOnce.Contract.AckOnDelivery", bool, False, _RM),
    _no("leg.reliability.at_least_once_acks_to",   "Reliability.AtLeastOnce.Contract.AcksTo", str, None, _RM, "write leg.security.send_receipt.reply_to"),
    _no("leg.reliability.at_least_once_ack_response", "Reliability.AtLeastOnce.Contract.AckResponse", bool, False, _RM),
    _no("leg.reliability.at_least_once_reply_pattern", "Reliability.AtLeastOnce.ReplyPattern", str, None, _RM, "write leg.security.send_receipt.reply_pattern"),
    _no("leg.reliability.at_most_once",            "Reliability.AtMostOnce.Contract",         bool, False, _RM, "write leg.reception_awareness.duplicate_detection"),
    _no("leg.reliability.in_order",                "Reliability.InOrder.Contract",            bool, False, _RM, "number the documents, as reconciliation does"),
    _no("leg.reliability.start_group",             "Reliability.StartGroup",                  bool, False, _RM),
    _no("leg.reliability.correlation",             "Reliability.Correlation",                 str, None, _RM),
    _no("leg.reliability.terminate_group",         "Reliability.TerminateGroup",              bool, False, _RM),
    _no("leg.reliability.protocol",                "Reliability.Protocol",                    str, None, _RM),
    _no("leg.reliability.reliable_pull",           "Reliability.ReliablePull",                bool, False, _RM),
    # spec: C D.3.6
    _p("leg.security.wss_version",                 "Security.WSSVersion",                                str,  "1.1.1", ("1.1", "1.1.1")),
    _p(f"{_X509}.sign",                            "Security.X509.Sign",                                 bool, True),
    _p(f"{_X509}.signature.hash_function",         "Security.X509.Signature.HashFunction",               str,  a.SHA256, tuple(a.DIGESTS)),
    _p(f"{_X509}.signature.algorithm",             "Security.X509.Signature.Algorithm",                  str,  a.RSA_SHA256, tuple(a.SIGNATURES)),
    _p(f"{_X509}.encryption.encrypt",              "Security.X509.Encryption.Encrypt",                   bool, True),
    _p(f"{_X509}.encryption.algorithm",            "Security.X509.Encryption.Algorithm",                 str,  a.AES128_GCM, tuple(a.CONTENT_KEY_OCTETS)),
    _p(f"{_X509}.encryption.minimum_strength",     "Security.X509.Encryption.MinimumStrength",           int,  128),
    _at(f"{_X509}.signature.certificate",          "Security.X509.Signature.Certificate",                "us.sign and certificates.sign"),
    _at(f"{_X509}.encryption.certificate",         "Security.X509.Encryption.Certificate",               "us.encrypt and certificates.encrypt"),
    _no(f"{_X509}.sign_elements",                  "Security.X509.Sign.Element[]",            list, None, _FIXED),
    _no(f"{_X509}.sign_attachments",               "Security.X509.Sign.Attachment[]",         list, None, _FIXED),
    _no(f"{_X509}.encryption.elements",            "Security.X509.Encryption.Encrypt.Element[]", list, None, "AS4 encrypts attachments, every one (A 5.1.5)"),
    _no(f"{_X509}.encryption.attachments",         "Security.X509.Encryption.Encrypt.Attachment[]", list, None, "AS4 encrypts attachments, every one (A 5.1.5)"),
    _no("leg.security.username_token.username",    "Security.UsernameToken.username",         str, None, "a user message is known by its signature, and only a PullRequest carries a token", "write initiator.authorization.username"),
    _no("leg.security.username_token.password",    "Security.UsernameToken.password",         str, None, "a user message is known by its signature, and only a PullRequest carries a token", "write initiator.authorization.password"),
    _no("leg.security.username_token.nonce",       "Security.UsernameToken.Nonce",            bool, True, "a token without a nonce could be used again"),
    _no("leg.security.username_token.created",     "Security.UsernameToken.Created",          bool, True, "a token without a time could be used again"),
    _p("leg.security.username_token.digest",       "Security.UsernameToken.Digest",                      bool, True),
    _p("leg.security.pmode_authorize",             "Security.PModeAuthorize",                            bool, False),
    _p("leg.security.send_receipt.send",           "Security.SendReceipt",                               bool, True),
    _p("leg.security.send_receipt.non_repudiation", "Security.SendReceipt.NonRepudiation",               bool, True),
    _p("leg.security.send_receipt.reply_pattern",  "Security.SendReceipt.ReplyPattern",                  str,  "Response", ("Response", "Callback"), spellings={"response": "Response", "callback": "Callback"}),
    _p("leg.security.send_receipt.reply_to",       "Security.SendReceipt.ReplyTo",                       str,  None),
    _no("leg.security.send_receipt.addressing",    "Security.SendReceipt.Addressing",         str, None, _HOP, "write leg.security.send_receipt.reply_to"),
    _no("leg.security.conversation",               "Security.Conversation",                   bool, False, "WS-SecureConversation is in no AS4 profile"),
    # spec: A 3.1, A 3.2
    _p("leg.payload_service.compression_type",     "PayloadService.CompressionType",                     str,  "none", ("none", GZIP)),
    _p("leg.reception_awareness.enabled",          "ReceptionAwareness",                                 bool, True, (True,), why="without it nobody would know that a message came, or came twice (A 3.2)", remedy="leave it out"),
    _p("leg.reception_awareness.retry",            "ReceptionAwareness.Retry",                           bool, True),
    _p("leg.reception_awareness.retry_parameters", "ReceptionAwareness.Retry.Parameters",                str,  ""),
    _p("leg.reception_awareness.duplicate_detection", "ReceptionAwareness.DuplicateDetection",           bool, True, (True,), why="nothing is delivered twice here", remedy="leave it out"),
    _p("leg.reception_awareness.detect_duplicates_parameters", "ReceptionAwareness.DetectDuplicates.Parameters", str, ""),
    # spec: P2 3, P2 4
    _no("leg.bundling.policy",                     "bundling.policy",                         str, "never", _BUNDLE),
    _no("leg.bundling.compatibility_pmodelist",    "bundling.compatibility.pmodelist",        list, None, _BUNDLE),
    _no("leg.bundling.max_size",                   "bundling.maxsize",                        int, None, _BUNDLE),
    _no("leg.bundling.max_delay",                  "bundling.maxdelay",                       str, None, _BUNDLE),
    _no("leg.bundling.ordering",                   "bundling.ordering",                       str, None, _BUNDLE),
    _no("leg.splitting",                           "Splitting",                               bool, False, _SPLIT),
    _no("leg.splitting_fragment_size",             "Splitting.FragmentSize",                  int, None, _SPLIT),
    _no("leg.splitting_routing_properties",        "Splitting.RoutingProperties",             list, None, _SPLIT),
    _no("leg.splitting_compression",               "Splitting.Compression",                   bool, False, _SPLIT),
    _no("leg.splitting_compression_algorithm",     "Splitting.Compression.Algorithm",         str, None, _SPLIT),
    _no("leg.splitting_join_interval",             "Splitting.JoinInterval",                  str, None, _SPLIT),
    # what no standard names (standards.md 2.9)
    _at("leg.x.signature.trust_anchors",           "x.Signature.TrustAnchors",                           'certificates.trust = "path": the anchors are the files of certs/trust'),
    _no("leg.x.signature.subject_rule",            "x.Signature.SubjectRule",                 str, None, "a signer is one of the certificates that the agreement names", "write certificates.sign"),
    _no("leg.x.signature.inclusive_namespaces",    "x.Signature.InclusiveNamespaces",         str, "none", "no peer in use needs the SOAP prefix kept; inbound, whatever the signature says is done"),
    _no("leg.x.encryption.hkdf_info",              "x.Encryption.HKDF.Info",                  str, None, "it is empty in every profile; inbound, what the message says is used"),
    _no("leg.x.encryption.concat_kdf_algorithm_id", "x.Encryption.ConcatKDF.AlgorithmID",     str, None, "it is empty in every profile; inbound, what the message says is used"),
    _p("leg.x.signature.key_identifier",           "x.Signature.KeyIdentifier",                          str,  "bst", ("bst", "bst-pkipath", "issuer-serial", "ski", "thumbprint")),
    _p("leg.x.encryption.key_identifier",          "x.Encryption.KeyIdentifier",                         str,  "ski", ("ski", "issuer-serial", "bst", "thumbprint", "x509ski")),
    _p("leg.x.encryption.key_transport",           "x.Encryption.KeyTransport",                          str,  a.RSA_OAEP, _TRANSPORTS),
    _p("leg.x.encryption.digest",                  "x.Encryption.Digest",                                str,  a.SHA256, tuple(a.OAEP_DIGESTS)),
    _p("leg.x.encryption.mgf",                     "x.Encryption.MGF",                                   str,  a.MGF1_SHA256, tuple(a.OAEP_MGFS)),
    _p("leg.x.encryption.kdf",                     "x.Encryption.KDF",                                   str,  None, (a.HKDF, a.CONCAT_KDF)),
    _p("leg.x.inbound.allowed_algorithms",         "x.Inbound.AllowedAlgorithms",                        list, (), items=ALLOWED),
    _p("leg.x.http.connect_timeout",               "x.Http.ConnectTimeout",                              float, 10.0),
    _p("leg.x.http.read_timeout",                  "x.Http.ReadTimeout",                                 float, 120.0),
    _no("leg.x.http.chunked",                      "x.Http.Chunked",                          bool, False, "the length is always known before sending; inbound, both forms are read"),
    _no("leg.x.http.error_status",                 "x.Http.ErrorStatus",                      int, 200, "an ebMS error travels with 200; from partners any status is taken"),
    _no("leg.x.http.error_with_fault",             "x.Http.ErrorWithFault",                   bool, False, "an ebMS error travels without a SOAP Fault; from partners both are read"),
    _no("leg.x.http.proxy_url",                    "x.Http.ProxyUrl",                         str, None, "partners are called directly", "route at the firewall"),
    _no("leg.x.conformance.level",                 "x.Conformance.Level",                     str, "strict", "what the schema forbids is refused from everybody"),
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
    _p("leg.x.time.max_age",                       "x.Time.MaxAge",                                      str,  "14d"),
    _p("leg.x.time.max_ahead",                     "x.Time.MaxAhead",                                    str,  "10m"),
    _p("leg.x.time.action",                        "x.Time.Action",                                      str,  "flag", ("flag", "refuse")),
    _p("leg.x.time.max_apart",                     "x.Time.MaxApart",                                    str,  "60s"),
    _p("leg.x.payload.max_total",                  "x.Payload.MaxTotal",                                 int,  4 * 1024**3),
    _p("leg.x.payload.max_inflated",               "x.Payload.MaxInflated",                              int,  8 * 1024**3),
    _p("leg.x.payload.max_ratio",                  "x.Payload.MaxRatio",                                 int,  200),
    _p("leg.x.payload.max_parts",                  "x.Payload.MaxParts",                                 int,  100),
    _p("leg.x.onboarding.required",                "x.Onboarding.Required",                              bool, False),
)
# fmt: on

PARAMETERS: Final[Mapping[str, Parameter]] = {parameter.key: parameter for parameter in _TABLE}


def why_refused(parameter: Parameter, value: Any) -> str | None:
    """Why this value cannot be taken, or None."""
    if parameter.elsewhere:
        return f"{parameter.standard} has a place of its own in an agreement"
    wrong_kind = not isinstance(value, (int, float) if parameter.kind is float else parameter.kind)
    if wrong_kind or (isinstance(value, bool) and parameter.kind is not bool):
        return f"must be {KINDS[parameter.kind]}, is {value!r}"
    if isinstance(value, int | float) and not isinstance(value, bool) and value <= 0:
        return f"must be more than 0, is {value!r}"
    supported = parameter.supported
    if parameter.items is not None:
        foreign = next((one for one in value if not isinstance(one, str) or one not in parameter.items), None)
        return None if foreign is None else f"{parameter.standard} holds {foreign!r}, which this node cannot do"
    if supported is None or value in supported:
        return None
    why = f": {parameter.why}" if parameter.why else ""
    if not supported:
        return f"{parameter.standard} is not supported by this node{why}"
    able = ", ".join(str(one).lower() if isinstance(one, bool) else str(one) for one in supported)
    return f"{parameter.standard} = {value!r} is not supported by this node, which can do {able}{why}"
