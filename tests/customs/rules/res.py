"""Cases of the rules of responses. Source: DESIGN 3.6."""

from tests.customs.rules.table import Case, f

AGREED, RECORDS, REFUSED = "res-accepted", "res-aeo-records", "res-rejected"
CERTIFICATE = "co-rcep-multi-item"
HEAD = "DocumentHeader/"
NUMBERED = "Error/SequenceNumeric"


def error(severity, number=1):
    return (
        f"<Error><SequenceNumeric>{number}</SequenceNumeric><ValidationCode>CO-08</ValidationCode><SeverityCode>{severity}</SeverityCode>"
        '<Description languageID="en">x</Description></Error>'
    )


def errors(count):
    return {"+Document": "".join(error("W", number) for number in range(1, count + 1)), "OutcomeCode": "CA"}


def step(level, outcome, function="11", status=""):
    changes = {HEAD + "FunctionCode": function, "LadderLevelCode": level, "OutcomeCode": outcome}
    if status:
        changes["+EffectiveDateTime"] = f"<StatusCode>{status}</StatusCode>"
    if outcome in {"RE", "CA"}:
        changes["+Document"] = error("F" if outcome == "RE" else "W")
    return changes


POSSIBLE = ("L2 AP", "L2 CA", "L2 RE", "L3 AP", "L3 AJ", "L4 AP", "L4 CA", "L4 RE", "L4 AJ", "L5 AP", "L5 RE")
EVERY = tuple(f"{level} {outcome}" for level in ("L2", "L3", "L4", "L5", "LX") for outcome in ("AP", "CA", "RE", "AJ"))


def function_of(outcome):
    return "27" if outcome == "RE" else "11"


def answered(level, outcome="AP", status=""):
    """The message has this step already."""
    return ((CERTIFICATE, {}), (AGREED, {HEAD + "MessageID": "before", **step(level, outcome, function_of(outcome), status)}))


CASES = {
    "RES-01": [
        Case(AGREED, {"+Document": error("W")}, (f("RES-01", "OutcomeCode"),)),
        Case(AGREED, {"OutcomeCode": "CA"}, (f("RES-01", "OutcomeCode"),)),
        Case(AGREED, {"OutcomeCode": "CA", "+Document": error("W") + error("H", 2)}, (f("RES-01", "OutcomeCode"),)),
        Case(AGREED, {"OutcomeCode": "CA", "+Document": error("W") + error("W", 2)}),
        Case(AGREED, {**step("L2", "RE", "27"), "+Document": error("W") + error("F", 2)}),
        Case(AGREED, {**step("L2", "RE", "27"), "+Document": error("H")}, (f("RES-01", "OutcomeCode"),)),
        Case(AGREED, {**step("L2", "RE", "27"), "+Document": ""}, (f("RES-01", "OutcomeCode"),)),
        Case(AGREED, {**step("L3", "AJ"), "+Document": error("H") + error("W", 2)}),
        Case(AGREED, {**step("L3", "AJ"), "+Document": error("F")}, (f("RES-01", "OutcomeCode"),)),
        Case(AGREED, step("L3", "AJ")),
    ],
    "RES-02": [
        Case(REFUSED, {HEAD + "FunctionCode": "11"}, (f("RES-02", "OutcomeCode", "RE", "L4"),)),
        Case(AGREED, {HEAD + "FunctionCode": "27"}, (f("RES-02", "OutcomeCode", "AP", "L2"),)),
        *(Case(AGREED, step(*one.split(), function_of(one[3:]))) for one in POSSIBLE),
        *(
            Case(AGREED, step(*one.split(), function_of(one[3:])), (f("RES-02", "OutcomeCode", one[3:], one[:2]),))
            for one in EVERY
            if one not in POSSIBLE
        ),
        Case(AGREED, step("LX", "AP", status="CANCELLED")),
        *(
            Case(AGREED, step("LX", outcome, function_of(outcome), "EXPIRED"), (f("RES-02", "OutcomeCode", outcome, "LX"),))
            for outcome in ("CA", "RE", "AJ")
        ),
        Case(AGREED, step("L2", "AP", status="CANCELLED"), (f("RES-02", "OutcomeCode", "AP", "L2"),)),
    ],
    "RES-03": [
        Case(AGREED, {}, (f("RES-03", "ReferencedMessage/MessageID"),), prior=()),
        Case(AGREED, {HEAD + "CorrelationID": "other"}, (f("RES-03", "ReferencedMessage/MessageID"),)),
        Case(
            AGREED,
            {"ReferencedMessage/MessageDigest": "oyh8B7ybbI7W/t2aF5D7BhejClDf3qkErvlZeKDIXg4="},
            (f("RES-03", "ReferencedMessage/MessageID"),),
        ),
        Case(AGREED, {"ReferencedMessage/MessageDigest": None}),
        # Sent by another, or to another.
        Case(AGREED, {HEAD + "RecipientAuthority": "KR-KCS"}, (f("RES-03", "ReferencedMessage/MessageID"),)),
        Case(AGREED, {HEAD + "SenderAuthority": "KR-KCS"}, (f("RES-03", "ReferencedMessage/MessageID"),)),
        Case(AGREED, {}),
    ],
    "RES-04": [
        Case(AGREED, step("L3", "AP"), (f("RES-04", "LadderLevelCode", "L4"),), prior=answered("L4")),
        Case(AGREED, step("L4", "AP"), prior=answered("L4")),
        Case(AGREED, step("L5", "AP"), prior=answered("L3")),
        Case(AGREED, step("L5", "AP"), (f("RES-04", "LadderLevelCode", "L2"),), prior=answered("L2", "RE")),
        Case(AGREED, step("LX", "AP", status="EXPIRED"), (f("RES-04", "LadderLevelCode", "L4"),), prior=answered("L4", "RE")),
        Case(AGREED, step("L5", "AP"), (f("RES-04", "LadderLevelCode", "LX"),), prior=answered("LX", "AP", "EXPIRED")),
        Case(AGREED, step("LX", "AP", status="EXPIRED"), prior=answered("L5")),
    ],
    "RES-05": [
        Case(REFUSED, {NUMBERED: "2"}, (f("RES-05", "Error[1]"),)),
        Case(AGREED, {"OutcomeCode": "CA", "+Document": error("W") + error("W", 3)}, (f("RES-05", "Error[1]"),)),
        Case(
            REFUSED,
            {"+Error": "<ErrorsNotListedQuantity>1</ErrorsNotListedQuantity>"},
            (f("RES-05", "Error[1]"),),
        ),
        Case(AGREED, {**errors(999), "+Error[999]": "<ErrorsNotListedQuantity>1</ErrorsNotListedQuantity>"}),
        Case(
            AGREED,
            {**errors(998), "+Error[998]": "<ErrorsNotListedQuantity>1</ErrorsNotListedQuantity>"},
            (f("RES-05", "Error[1]"),),
        ),
        Case(AGREED, errors(2)),
    ],
}
