"""The table of parameters agrees with itself, and every parameter of standards.md 2 is honoured or refused by its name."""

import pytest

from node.agreements.parameters import PARAMETERS, why_refused
from node.agreements.resolve import read_layer
from node.configuration import Problems
from node.security import algorithms


@pytest.mark.parametrize("parameter", PARAMETERS.values(), ids=lambda one: one.key)
def test_a_default_is_a_value_that_may_be_written(parameter):
    default = list(parameter.default) if isinstance(parameter.default, tuple) else parameter.default
    assert default is None or why_refused(parameter, default) is None or default == ""


@pytest.mark.parametrize("parameter", PARAMETERS.values(), ids=lambda one: one.key)
def test_a_value_of_another_kind_is_refused(parameter):
    values = {str: "x", bool: True, int: 7, float: 7.5, list: []}
    for kind, value in values.items():
        fits = kind is parameter.kind or (kind is int and parameter.kind is float)
        assert fits or why_refused(parameter, value) is not None, value


def test_standard_names_are_unique():
    assert len({one.standard for one in PARAMETERS.values()}) == len(PARAMETERS)


def test_what_is_known_and_cannot_be_done_is_refused_by_its_standard_name():
    assert why_refused(PARAMETERS["leg.security.username_token.username"], "x") == (
        "Security.UsernameToken.username is not supported by this node: a user message is known by its signature, and only a PullRequest carries a token"
    )


@pytest.mark.parametrize("item", ["http://www.w3.org/2001/04/xmlenc#rsa-1_5", "", 7, ["x"], {"x": 1}])
def test_an_algorithm_that_this_node_cannot_do_is_not_let_in(item):
    said = why_refused(PARAMETERS["leg.x.inbound.allowed_algorithms"], [algorithms.SHA512, item])
    assert said == f"x.Inbound.AllowedAlgorithms holds {item!r}, which this node cannot do"


# -- standards.md 2, row by row -----------------------------------------------------------------------------------------

BY_STANDARD = {one.standard: one for one in PARAMETERS.values()}
E = "http://docs.oasis-open.org/ebxml-msg/ebms/v3.0/ns/core/200704/"
ANSWERS = '[[service]]\nvalue = "urn:co"\nactions = ["Answer"]\nanswers = "Submit"\n'
PULLED = f'mep_binding = "{E}pull"\nleg.business_info.mpc = "urn:mpc"\n'
NAME, WORD = 'initiator.authorization.username = "kr"\n', 'initiator.authorization.password = "word"\n'
AUTHORIZE = "leg.security.pmode_authorize = true\n"
ECDH = f'leg.x.encryption.key_transport = "{algorithms.ECDH_ES}"\n'
#: What is honoured: the standard's name, a value of it, and what it needs beside it, before the tables and among them. Each changes a P-Mode or what its effect says.
HONOURED = [
    # 2.1
    ("PMode.MEP", E + "twoWay", f'mep_binding = "{E}pushAndPush"\n', ANSWERS),
    ("PMode.MEPbinding", E + "pull", 'leg.business_info.mpc = "urn:mpc"\n', ""),
    ("PMode.Initiator.Role", "Trader", "", ""),
    ("PMode.Responder.Role", "Trader", "", ""),
    ("PMode.Initiator.Authorization.username", "kr", PULLED + AUTHORIZE + WORD, ""),
    ("PMode.Initiator.Authorization.password", "word", PULLED + AUTHORIZE + NAME, ""),
    # 2.2
    ("Protocol.SOAPVersion", "1.1", "", ""),
    ("Protocol.Security.ProtocolVersion", "1.3", "", ""),
    # 2.3
    ("BusinessInfo.Service", "urn:usual", "", '[[service]]\nactions = ["Usual"]\n'),
    ("BusinessInfo.Service/@type", "urn:scheme", "", ""),
    ("BusinessInfo.Action", "Usual", "", '[[service]]\nvalue = "urn:usual"\n'),
    ("BusinessInfo.Properties[]", ["originalSender"], "", ""),
    ("BusinessInfo.PayloadProfile[]", ["certificate"], "", ""),
    ("BusinessInfo.PayloadProfile.maxSize", 10, "", ""),
    ("BusinessInfo.MPC", "urn:mpc", "", ""),
    ("BusinessInfo.subMPCext", "sub", PULLED, ""),
    # 2.4
    ("ErrorHandling.Report.ReceiverErrorsTo", "https://x.example/errors", "", ""),
    ("ErrorHandling.Report.AsResponse", False, "", ""),
    # 2.6
    ("Security.WSSVersion", "1.1", "", ""),
    ("Security.X509.Sign", False, "", ""),
    ("Security.X509.Signature.HashFunction", algorithms.SHA512, "", ""),
    ("Security.X509.Signature.Algorithm", algorithms.RSA_SHA512, "", ""),
    ("Security.X509.Encryption.Encrypt", False, "", ""),
    ("Security.X509.Encryption.Algorithm", algorithms.AES256_GCM, "", ""),
    ("Security.X509.Encryption.MinimumStrength", 64, "", ""),
    ("Security.UsernameToken.Digest", False, PULLED + AUTHORIZE + NAME + WORD, ""),
    ("Security.PModeAuthorize", True, NAME + WORD, ""),
    ("Security.SendReceipt", False, "", ""),
    ("Security.SendReceipt.NonRepudiation", False, "", ""),
    ("Security.SendReceipt.ReplyPattern", "callback", "", ""),
    ("Security.SendReceipt.ReplyTo", "https://x.example/receipts", "", ""),
    # 2.7
    ("PayloadService.CompressionType", "none", "", ""),
    ("ReceptionAwareness.Retry", False, "", ""),
    ("ReceptionAwareness.Retry.Parameters", "maxretries=10,period=3000", "", ""),
    ("ReceptionAwareness.DetectDuplicates.Parameters", "maxsize=10Mb,checkwindow=7D", "", ""),
    # 2.9
    ("x.Signature.KeyIdentifier", "bst-pkipath", "", ""),
    ("x.Encryption.KeyIdentifier", "x509ski", "", ""),
    ("x.Encryption.KeyTransport", algorithms.RSA_OAEP_MGF1P, "", ""),
    ("x.Encryption.Digest", algorithms.SHA512, "", ""),
    ("x.Encryption.MGF", algorithms.MGF1_SHA512, "", ""),
    ("x.Encryption.KDF", algorithms.CONCAT_KDF, ECDH, ""),
    ("x.Inbound.AllowedAlgorithms", [algorithms.RSA_SHA512], "", ""),
    ("x.Http.ConnectTimeout", 3.5, "", ""),
    ("x.Http.ReadTimeout", 70.0, "", ""),
    ("x.Http.Connections", 3, "", ""),
    ("x.Retry.Multiplier", 3.0, "", ""),
    ("x.Retry.MaxInterval", "2h", "", ""),
    ("x.Message.ExpireAfter", "9d", "", ""),
    ("x.Payload.MaxTotal", 5, "", ""),
    ("x.Payload.MaxInflated", 5, "", ""),
    ("x.Payload.MaxRatio", 5, "", ""),
    ("x.Payload.MaxParts", 5, "", ""),
]
#: What an agreement says in a place of its own, and a word of the remedy.
ELSEWHERE = [
    ("PMode.ID", "PARTNER/send"),
    ("PMode.Agreement", "[agreement_ref]"),
    ("PMode.Initiator.Party", "party_id"),
    ("PMode.Responder.Party", "party_id"),
    ("Protocol.Address", "partner.url"),
    ("Protocol.Security.Server.Certificate", "certificates.tls"),
    ("Protocol.Security.Client.Certificate", "certificates.tls"),
    ("Protocol.Security.AnchorCertificates", "certs/trust"),
    ("ErrorHandling.Report.ReceiverErrors.ReplyPattern", "as_response"),
    ("Security.X509.Signature.Certificate", "certificates.sign"),
    ("Security.X509.Encryption.Certificate", "certificates.encrypt"),
    ("x.Signature.TrustAnchors", "certificates.trust"),
]
#: What is refused: the standard's name and a value that this node cannot do.
REFUSED = [
    ("PMode.MEP", E + "threeWay"),
    ("PMode.MEPbinding.Pipelining", True),
    ("PMode.MEPbinding.Alternate", [E + "pull"]),
    ("PMode.Responder.Authorization.username", "x"),
    ("PMode.Responder.Authorization.password", "x"),
    ("Protocol.AddActorOrRoleAttribute", True),
    ("Protocol.Security.Protocol", "IPsec"),
    ("Protocol.Security.ProtocolVersion", "1.1"),
    ("Protocol.Security.SecurityAlgorithm", "TLS_RSA_WITH_3DES_EDE_CBC_SHA"),
    ("Protocol.Security.minimumKeySize", 1024),
    ("Protocol.Restart", True),
    ("Protocol.Restart.Protocol", "urn:x"),
    ("Protocol.Restart.Interval", "PT1M"),
    ("Addressing.Address", "urn:x"),
    ("Addressing.Action", "urn:x"),
    ("Addressing.EPR.RoutingInput", "x"),
    ("BusinessInfo.MPC.Alternate", "urn:x"),
    ("ErrorHandling.Report.SenderErrorsTo", "https://x.example"),
    ("ErrorHandling.Report.ProcessErrorNotifyConsumer", False),
    ("ErrorHandling.Report.ProcessErrorNotifyProducer", False),
    ("ErrorHandling.Report.DeliveryFailuresNotifyProducer", False),
    ("ErrorHandling.Report.MissingReceiptNotifyProducer", False),
    ("Reliability.AtLeastOnce.Contract", True),
    ("Reliability.AtLeastOnce.Contract.AckOnDelivery", True),
    ("Reliability.AtLeastOnce.Contract.AcksTo", "urn:x"),
    ("Reliability.AtLeastOnce.Contract.AckResponse", True),
    ("Reliability.AtLeastOnce.ReplyPattern", "Response"),
    ("Reliability.AtMostOnce.Contract", True),
    ("Reliability.InOrder.Contract", True),
    ("Reliability.StartGroup", True),
    ("Reliability.Correlation", "x"),
    ("Reliability.TerminateGroup", True),
    ("Reliability.Protocol", "urn:x"),
    ("Reliability.ReliablePull", True),
    ("Security.WSSVersion", "1.0"),
    ("Security.X509.Sign.Element[]", ["//x"]),
    ("Security.X509.Sign.Attachment[]", ["cid:x"]),
    ("Security.X509.Encryption.Encrypt.Element[]", ["//x"]),
    ("Security.X509.Encryption.Encrypt.Attachment[]", ["cid:x"]),
    ("Security.UsernameToken.username", "x"),
    ("Security.UsernameToken.password", "x"),
    ("Security.UsernameToken.Nonce", False),
    ("Security.UsernameToken.Created", False),
    ("Security.SendReceipt.Addressing", "urn:x"),
    ("Security.Conversation", True),
    ("ReceptionAwareness", False),
    ("ReceptionAwareness.DuplicateDetection", False),
    ("bundling.policy", "always"),
    ("bundling.compatibility.pmodelist", ["x"]),
    ("bundling.maxsize", 5),
    ("bundling.maxdelay", "PT1S"),
    ("bundling.ordering", "x"),
    ("Splitting", True),
    ("Splitting.FragmentSize", 5),
    ("Splitting.RoutingProperties", ["originalSender"]),
    ("Splitting.Compression", True),
    ("Splitting.Compression.Algorithm", "application/gzip"),
    ("Splitting.JoinInterval", "PT1M"),
    ("x.Signature.SubjectRule", "CN={party}"),
    ("x.Signature.InclusiveNamespaces", "soap"),
    ("x.Encryption.HKDF.Info", "AAAA"),
    ("x.Encryption.ConcatKDF.AlgorithmID", "0000"),
    ("x.Http.Chunked", True),
    ("x.Http.ErrorStatus", 500),
    ("x.Http.ErrorWithFault", True),
    ("x.Http.ProxyUrl", "http://proxy.example"),
    ("x.Conformance.Level", "lenient"),
]
#: Ours that standards.md 2 does not list.
OWN = {
    "x.Retry.MaxRetries",
    "x.Retry.Period",
    "x.Retry.Intervals",
    "x.Retry.Jitter",
    "x.Retry.ReceiptWithin",
    "x.Retry.Refused",
    "x.Pull.Interval",
    "x.Sync.Wait",
    "x.Onboarding.Required",
    "x.Time.MaxAge",
    "x.Time.MaxAhead",
    "x.Time.Action",
    "x.Time.MaxApart",
}


def test_every_parameter_of_the_standard_is_here_and_nothing_else():
    rows = {name for table in (HONOURED, ELSEWHERE, REFUSED) for name, *_ in table}
    assert rows | OWN == set(BY_STANDARD)


def written(key, value):
    text = str(value).lower() if isinstance(value, bool) else repr(value).replace("'", '"')
    return f"{key} = {text}\n"


@pytest.mark.parametrize(("name", "value", "head", "tail"), HONOURED, ids=[row[0] for row in HONOURED])
def test_what_is_honoured_changes_what_a_message_is_judged_by(load, a, name, value, head, tail):
    key = BY_STANDARD[name].key
    reason = f'[[weakened]]\nparameter = "{key}"\nreason = "x"\n'
    text = a.AGREEMENT.replace("[partner]", tail + "[partner]")
    # Nothing is two-way without an answer.
    plain = load(xx=a.AGREEMENT if name == "PMode.MEP" else head + text)
    changed = load(xx=written(key, value) + head + text)
    if any("no reason is given" in one for one in changed.problems):
        changed = load(xx=written(key, value) + head + text.replace("[partner]", reason + "[partner]"))
    effect = {
        "x.Http.Connections": lambda x: x.connections("xx"),
        "Protocol.Security.ProtocolVersion": lambda x: x.minimum_tls("xx"),
    }
    look = effect.get(name, lambda x: x.pmodes("xx"))
    assert changed.partners(), changed.problems
    assert look(changed) != (look(plain) if plain.partners() else [])


@pytest.mark.parametrize(("name", "word"), ELSEWHERE, ids=[row[0] for row in ELSEWHERE])
def test_what_an_agreement_says_elsewhere_is_told_with_the_place(name, word):
    assert refused(name, "x") == f"{name} has a place of its own in an agreement"
    assert word in BY_STANDARD[name].remedy


@pytest.mark.parametrize(("name", "value"), REFUSED, ids=[row[0] for row in REFUSED])
def test_what_cannot_be_done_is_refused_by_its_name_with_the_reason_and_a_remedy(name, value):
    assert refused(name, value).startswith(name)
    parameter = BY_STANDARD[name]
    if not parameter.honoured:
        assert "not supported by this node" in refused(name, value)
        assert parameter.why
        assert parameter.remedy


def refused(name, value):
    """The one problem of this value in a file."""
    tables = value
    for step in reversed(BY_STANDARD[name].key.split(".")):
        tables = {step: tables}
    problems = Problems()
    assert read_layer(tables, "f", "", problems).values == {}
    [one] = problems.found
    assert one.remedy == BY_STANDARD[name].remedy
    return one.problem
