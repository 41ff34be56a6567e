"""Cases of the rules that hold for every document, and of life cycles. Source: DESIGN 3.2, 3.6."""

from tests.customs.rules.co import COPY
from tests.customs.rules.table import Case, f, moment

RCEP, TWKR, CANCEL, USE = "co-rcep-multi-item", "co-tw-kr-replaced", "co-cancellation", "co-utilisation-part"
REQUEST, REPLY, AMEND, SEA, ARRIVAL = (
    "co-verification-request",
    "co-verification-reply",
    "man-sea-amendment",
    "man-sea-20",
    "man-arrival-short",
)
HEAD = "DocumentHeader/"
FUNCTION, SENDER, RECIPIENT = HEAD + "FunctionCode", HEAD + "SenderAuthority", HEAD + "RecipientAuthority"
ISSUED = HEAD + "IssueDateTime"
MESSAGE = HEAD + "MessageID"
#: The sample is given to the check at this moment.
AT = moment("2026-11-16T01:20:00+00:00")
LATE = f("MAN-16", "DepartureDateTime", "51 h 0 min")
CERTIFICATE = "26-R00418207"
FIRST, SECOND = "013-26-0771204", "013-26-0771339"
OLDER = ((RCEP, {}),)


def swapped(old, new):
    """The octets with other octets in them."""

    def change(octets):
        assert old in octets
        return octets.replace(old, new, 1)

    return change


def unsafe(told):
    return ("GEN-01", "", (told,))


CASES = {
    "GEN-01": [
        Case(RCEP, swapped(b"?>", b"?>\n<!DOCTYPE x>"), (unsafe("a document type declaration (x)"),)),
        Case(RCEP, swapped(b"?>", b"?>\n<?x y?>"), (unsafe("the processing instruction x"),)),
        Case(RCEP, swapped(b"?>", b"?>\n<!-- a comment -->")),
        Case(RCEP, {}, (unsafe("5138 octets, at most 5137"),), profile={"maxBytes": 5137}),
        Case(RCEP, {}, profile={"maxBytes": 5138}),
    ],
    "GEN-02": [
        Case(
            RCEP,
            swapped(b"urn:n2n:customs:co:1", b"urn:n2n:customs:co:2"),
            (("GEN-02", "", ("{urn:n2n:customs:co:2}CertificateOfOrigin",)),),
        ),
        Case(RCEP, lambda _: b"<x/>", (("GEN-02", "", ("{}x",)),)),
        Case(RCEP, {}),
    ],
    "GEN-03": [
        Case(RCEP, {"VersionID": "x"}, (("GEN-03", "VersionID", None),)),
        Case(RCEP, {"+ID": "<Other/>"}, (("GEN-03", "Other", None),)),
        Case(RCEP, {"ExpiryDate": "2027-02-29"}, (("GEN-03", "ExpiryDate", None),)),
        Case(RCEP, {}),
    ],
    "GEN-04": [
        Case(RCEP, {"@profile": "rcep.9"}, (f("GEN-04", "@profile", "rcep.9", "1.0"),)),
        Case(RCEP, {"@profile": "man.sea.1"}, (f("GEN-04", "@profile", "man.sea.1", "1.0"),)),
        Case(RCEP, {"@schemaVersion": "1.1"}, (f("GEN-04", "@profile", "rcep.1", "1.1"),)),
        Case(RCEP, {"@schemaVersion": "1.10"}, (f("GEN-04", "@profile", "rcep.1", "1.10"),)),
        Case("co-query", {ISSUED: "2009-08-25T23:59:59+08:00"}, (f("GEN-04", "@profile", "tw-kr.eco.1", "1.0"),)),
        Case("co-query", {ISSUED: "2015-01-01T00:00:00+08:00"}),
    ],
    "GEN-05": [
        Case(RCEP, {}, now=AT),
        Case(RCEP, {ISSUED: "2026-11-16T10:25:00+09:00"}, now=AT),
        Case(RCEP, {ISSUED: "2026-11-16T10:25:00.001+09:00"}, (f("GEN-05", ISSUED, "2026-11-16T10:25:00.001+09:00"),), now=AT),
        # The last moment of the day, as XML Schema has it too.
        Case(RCEP, {ISSUED: "2026-11-16T24:00:00+09:00"}, (f("GEN-05", ISSUED, "2026-11-16T24:00:00+09:00"),), now=AT),
    ],
    "GEN-06": [
        Case(RCEP, {RECIPIENT: "JP-CUSTOMS"}, (f("GEN-06", RECIPIENT),)),
        Case(RCEP, {RECIPIENT: "JP-CUSTOMS-2"}),
    ],
    "GEN-07": [
        Case(
            RCEP,
            {"ID": "26-R00418208"},
            (f("GEN-07", MESSAGE, "urn:uuid:bb486078-a15d-47a3-b6db-8f5b284e2900"),),
            prior=OLDER,
        ),
        Case(RCEP, {"ID": "26-R00418208", MESSAGE: "other"}, prior=OLDER),
        Case(RCEP, {"ID": "26-R00418208", SENDER: "JP-OTHER"}, prior=OLDER),
    ],
    "GEN-08": [
        Case(RCEP, {FUNCTION: "13"}, (f("GEN-08", FUNCTION, "13"),)),
        Case("co-query", {FUNCTION: "9"}, (f("GEN-08", FUNCTION, "9"),)),
        Case("co-query", {}),
    ],
    "GEN-09": [
        *(
            Case(name, {HEAD + "CorrelationID": None}, (f("GEN-09", "DocumentHeader"),))
            for name in (REPLY, "co-query-response", "aeo-lookup-answer", "res-accepted")
        ),
        Case(REPLY, {}),
        Case(REQUEST, {}),
    ],
    "LC-01": [
        Case(CANCEL, {}, (f("LC-01", "", SECOND),), prior=()),
        Case(CANCEL, {FUNCTION: "4"}, (f("LC-01", "", SECOND),), prior=()),
        Case(TWKR, {}, (f("LC-01", "", FIRST),), prior=()),
        # Of another issuing authority.
        Case(TWKR, {}, (f("LC-01", "", FIRST),), prior=((CANCEL, {"ID": FIRST, "IssuingAuthority/ID": "KR-CCI-02"}),)),
        Case(RCEP, COPY, (f("LC-01", "", CERTIFICATE),), prior=()),
        Case(REQUEST, {}, (f("LC-01", "", CERTIFICATE),), prior=()),
        Case(REPLY, {}, (f("LC-01", "", "VN-VER-2026-0091"),), prior=OLDER),
        *(Case(AMEND, {FUNCTION: code}, (f("LC-01", "", "JPTYO-KSL-2026-1118"), LATE), prior=()) for code in ("4", "5", "1")),
        Case(TWKR, {}),
    ],
    "LC-02": [
        Case(RCEP, {MESSAGE: "other"}, (f("LC-02", "", CERTIFICATE, "ISSUED"),), prior=OLDER),
        Case(RCEP, {**COPY, "ID": CERTIFICATE}, (f("LC-02", "", CERTIFICATE, "ISSUED"),), prior=OLDER),
        Case(SEA, {MESSAGE: "other"}, (f("LC-02", "", "JPTYO-KSL-2026-1118", "ON-FILE"),), prior=((SEA, {}),)),
        Case(USE, {}, (f("LC-02", "", SECOND, "CANCELLED"),), prior=((TWKR, {}), (CANCEL, {"VersionID": "1"}))),
        Case(RCEP, {}),
    ],
    "LC-03": [
        Case(CANCEL, {SENDER: "TW-CUSTOMS", RECIPIENT: "KR-KCS"}, (f("LC-03", SENDER, "KR-KCS"),)),
        Case(TWKR, {SENDER: "TW-CUSTOMS", RECIPIENT: "KR-KCS"}, (f("LC-03", SENDER, "KR-KCS"),)),
        Case(RCEP, {**COPY, SENDER: "VN-CUSTOMS", RECIPIENT: "JP-CUSTOMS"}, (f("LC-03", SENDER, "JP-CUSTOMS"),), prior=OLDER),
        Case(USE, {SENDER: "KR-KCS", RECIPIENT: "TW-CUSTOMS"}, (f("LC-03", SENDER, "TW-CUSTOMS"),)),
        Case(REQUEST, {SENDER: "JP-CUSTOMS", RECIPIENT: "VN-CUSTOMS"}, (f("LC-03", SENDER, "VN-CUSTOMS"),)),
        Case(REPLY, {SENDER: "VN-CUSTOMS", RECIPIENT: "JP-CUSTOMS"}, (f("LC-03", SENDER, "JP-CUSTOMS"),)),
        Case(AMEND, {SENDER: "TW-CUSTOMS", RECIPIENT: "JP-CUSTOMS"}, (f("LC-03", SENDER, "JP-CUSTOMS"), LATE)),
        Case(ARRIVAL, {SENDER: "JP-CUSTOMS", RECIPIENT: "TW-CUSTOMS"}, (f("LC-03", SENDER, "TW-CUSTOMS"),)),
        Case(CANCEL, {}),
    ],
}
