"""Cases of the rules of AEO data. Source: DESIGN 3.4."""

from tests.customs.rules.table import Case, f

FULL, DELTA, URGENT, ANSWER = "aeo-full-50", "aeo-delta", "aeo-urgent-suspension", "aeo-lookup-answer"
HEAD = "DocumentHeader/"
#: The operators of the difference, and of the urgent one.
FIRST, SECOND, THIRD, OTHER = "TW73447427", "TW23259595", "TW23347583", "TW21728272"

CHECKED = "Record[2]/Identifier/"
REASON = "<StatusReasonClassCode>SECURITY</StatusReasonClassCode>"
FOUR = {"RecordQuantity": "4"}
#: The operator of the first record of the difference is revoked by an urgent one before it.
REVOKED = (
    (FULL, {}),
    (
        URGENT,
        {
            "SinceSequence": "1200",
            "ToSequence": "1201",
            "Record/TIN": FIRST,
            "Record/StatusCode": "REVOKED",
            "Record/ValidFrom": "2026-11-04",
            "Record/RecordVersion": "4",
        },
    ),
)
BACK = {"SinceSequence": "1201", "Record[1]/RecordVersion": "5"}


def shorter(left):
    """The full list with so many records, sent again."""
    gone = {f"Record[{place}]": None for place in range(50, left, -1)}
    return {HEAD + "MessageID": "again", "ToSequence": "1300", **gone, "RecordQuantity": str(left), "digest": ""}


def urgent(records):
    """An urgent difference with so many records."""
    more = {"=Record" + " " * number: {"TIN": f"TW{number}"} for number in range(1, records)}
    return {**more, "RecordQuantity": str(records)}


CASES = {
    "AEO-01": [
        Case(DELTA, {"Record[2]/TIN": "KR23259595"}, (f("AEO-01", "Record[2]/TIN", "KR23259595"),)),
        Case(DELTA, {"Record[2]/TIN": "TW-23"}, (f("AEO-01", "Record[2]/TIN", "TW-23"),)),
        Case(DELTA, {"Record[2]/TIN": "TW"}, (f("AEO-01", "Record[2]/TIN", "TW"),)),
        Case(DELTA, {"Record[2]/TIN": "TWa1"}, (f("AEO-01", "Record[2]/TIN", "TWa1"),)),
        Case(DELTA, {"Record[2]/TIN": "TW1"}),
        Case(DELTA, {"Record[2]/TIN": "TWABCDEF123456789"}),
        Case(ANSWER, {"Record/TIN": "KR21728272"}, (f("AEO-01", "Record[1]/TIN", "KR21728272"),)),
        Case(DELTA, {}, profile={"members": {}}),
        Case(DELTA, {"Record[2]/TIN": "KR1"}, (f("AEO-01", "Record[2]/TIN", "KR1"),), profile={"members": {}}),
        Case(DELTA, {"Record[2]/TIN": "MO1"}, profile={"members": {"TW": ["TW", "MO"]}}),
    ],
    "AEO-02": [
        Case(DELTA, {CHECKED + "ID": "23259594"}, (f("AEO-02", "Record[2]/Identifier[1]/ID", "23259594"),)),
        Case(DELTA, {CHECKED + "ID": "2325959"}, (f("AEO-02", "Record[2]/Identifier[1]/ID", "2325959"),)),
        Case(DELTA, {CHECKED + "SchemeCode": "CN-USCC", CHECKED + "ID": "91350100M000100Y43"}),
        Case(
            DELTA,
            {CHECKED + "SchemeCode": "CN-USCC", CHECKED + "ID": "91350100M000100Y44"},
            (f("AEO-02", "Record[2]/Identifier[1]/ID", "91350100M000100Y44"),),
        ),
        Case(DELTA, {CHECKED + "SchemeCode": "LEI", CHECKED + "ID": "5493001KJTIIGC8Y1R12"}),
        Case(
            DELTA,
            {CHECKED + "SchemeCode": "LEI", CHECKED + "ID": "5493001KJTIIGC8Y1R13"},
            (f("AEO-02", "Record[2]/Identifier[1]/ID", "5493001KJTIIGC8Y1R13"),),
        ),
        Case(DELTA, {CHECKED + "SchemeCode": "LOCAL", CHECKED + "ID": "23259594"}),
        Case(ANSWER, {"Record/Identifier/ID": "21728274"}, (f("AEO-02", "Record[1]/Identifier[1]/ID", "21728274"),)),
    ],
    "AEO-03": [
        Case(DELTA, {"+Record[2]/ValidFrom": "<ValidTo>2026-11-05</ValidTo>"}, (f("AEO-03", "Record[2]/ValidTo"),)),
        Case(DELTA, {"+Record[2]/ValidFrom": "<ValidTo>2026-11-06</ValidTo>"}),
        Case(
            DELTA,
            {"+" + CHECKED + "IssuerCountryCode": "<ValidFrom>2026-01-02</ValidFrom><ValidTo>2026-01-01</ValidTo>"},
            (f("AEO-03", "Record[2]/Identifier[1]/ValidTo"),),
        ),
        Case(DELTA, {"+" + CHECKED + "IssuerCountryCode": "<ValidFrom>2026-01-02</ValidFrom><ValidTo>2026-01-02</ValidTo>"}),
        Case(DELTA, {"+" + CHECKED + "IssuerCountryCode": "<ValidTo>1999-01-01</ValidTo>"}),
        Case(
            ANSWER,
            {"Record/ValidTo": "2021-09-30", "AsOfDate": "2021-09-30"},
            (f("AEO-03", "Record[1]/ValidTo"), f("AEO-20", "Record[1]/ValidFrom")),
        ),
        Case(
            ANSWER,
            {"+Record/Identifier/IssuerCountryCode": "<ValidFrom>2026-01-02</ValidFrom><ValidTo>2026-01-01</ValidTo>"},
            (f("AEO-03", "Record[1]/Identifier[1]/ValidTo"),),
        ),
    ],
    "AEO-04": [
        Case(DELTA, BACK, (f("AEO-04", "Record[1]/StatusCode", FIRST),), prior=REVOKED),
        Case(
            DELTA,
            {**BACK, "Record[1]/ValidationDate": "2026-11-04"},
            (f("AEO-04", "Record[1]/StatusCode", FIRST),),
            prior=REVOKED,
        ),
        Case(DELTA, {**BACK, "Record[1]/ValidationDate": None}, (f("AEO-04", "Record[1]/StatusCode", FIRST),), prior=REVOKED),
        Case(DELTA, {**BACK, "Record[1]/ValidationDate": "2026-11-05"}, prior=REVOKED),
        Case(DELTA, {}),
    ],
    "AEO-05": [
        Case(DELTA, {"ProgrammeCode": "KR-AEO"}, (f("AEO-05", "ProgrammeCode", "KR-AEO"),)),
        Case(DELTA, {"Record[2]/TierCode": "AEOC"}, (f("AEO-05", "Record[2]/TierCode", "AEOC"),)),
        Case(DELTA, {"Record[2]/TierCode": "AEOF"}),
    ],
    "AEO-06": [
        Case(DELTA, {"=Record[2]": {}, **FOUR}, (f("AEO-06", "Record[3]", SECOND),)),
        Case(
            DELTA,
            {"+Record[2]/ValidFrom": "<ValidTo>2026-11-10</ValidTo>", "=Record[2]": {"ValidFrom": "2026-11-10"}, **FOUR},
            (f("AEO-06", "Record[3]", SECOND),),
        ),
        Case(
            DELTA,
            {
                "+Record[2]/ValidFrom": "<ValidTo>2026-11-10</ValidTo>",
                "=Record[2]": {"ValidFrom": "2026-11-11", "ValidTo": "2026-11-30"},
                **FOUR,
            },
        ),
        Case(DELTA, {"=Record[2]": {"TierCode": "AEOF"}, **FOUR}),
        Case(DELTA, {"=Record[2]": {"StatusCode": "SUSPENDED", "+StatusCode": REASON}, **FOUR}),
    ],
    "AEO-07": [
        Case(DELTA, {"Record[2]/Name": "瑞成物流"}, (f("AEO-07", "Record[2]/Name", SECOND),)),
        Case(DELTA, {"Record[2]/Name": "123 & 4"}, (f("AEO-07", "Record[2]/Name", SECOND),)),
        Case(DELTA, {"Record[2]/Name": "Summit Стиль"}, (f("AEO-07", "Record[2]/Name", SECOND),)),
        Case(DELTA, {"Record[2]/Name": "Ærø & Søn ÐÞ 3ª"}),
        # Letters of Latin and of no script: a Hawaiian okina, a micro sign, a letter of full width.
        Case(
            DELTA, {"Record[2]/Name": "O\N{MODIFIER LETTER TURNED COMMA}ahu \N{MICRO SIGN} \N{FULLWIDTH LATIN CAPITAL LETTER X}"}
        ),
        Case(ANSWER, {"Record/Name": "瑞成"}, (f("AEO-07", "Record[1]/Name", OTHER),)),
    ],
    "AEO-08": [
        Case(DELTA, {"Record[1]/RecordVersion": "3"}, (f("AEO-08", "Record[1]/RecordVersion", FIRST),)),
        Case(DELTA, {"Record[1]/RecordVersion": "4"}),
        Case(URGENT, {"Record/RecordVersion": "4"}, (f("AEO-08", "Record[1]/RecordVersion", OTHER),)),
    ],
    "AEO-09": [
        Case(URGENT, {"Record/ValidFrom": "2026-11-20"}, (f("AEO-09", "Record[1]/ValidFrom", OTHER),)),
        Case(
            URGENT,
            {"Record/StatusCode": "REVOKED", "Record/ValidFrom": "2026-11-20"},
            (f("AEO-09", "Record[1]/ValidFrom", OTHER),),
        ),
        Case(URGENT, {"Record/StatusCode": "WITHDRAWN", "Record/ValidFrom": "2026-11-20"}),
        Case(URGENT, {"Record/ValidFrom": "2026-11-21"}, profile={"graceDays": 2}),
        Case(URGENT, {"Record/ValidFrom": "2026-11-22"}, (f("AEO-09", "Record[1]/ValidFrom", OTHER),), profile={"graceDays": 2}),
    ],
    "AEO-10": [
        Case(FULL, shorter(44), (f("AEO-10", "RecordQuantity", "12"),), prior=((FULL, {}),)),
        Case(FULL, shorter(45), prior=((FULL, {}),)),
        Case(FULL, shorter(44)),
    ],
    "AEO-11": [
        Case(DELTA, {"SinceSequence": None}, (f("AEO-11", "ToSequence"),)),
        Case(DELTA, {"SinceSequence": "1203"}, (f("AEO-11", "ToSequence"),)),
        Case(DELTA, {"ToSequence": "1201"}),
        Case(URGENT, {"SinceSequence": None}, (f("AEO-11", "ToSequence"),)),
        Case(FULL, {"+ProgrammeCode": "<SinceSequence>1</SinceSequence>"}, (f("AEO-11", "ToSequence"),)),
        Case(FULL, {}),
    ],
    "AEO-12": [
        Case(DELTA, {"SinceSequence": "1199"}, (f("AEO-12", "SinceSequence", "1200", "1199"),)),
        Case(DELTA, {"SinceSequence": "1201"}, (f("AEO-12", "SinceSequence", "1200", "1201"),)),
        Case(DELTA, {}, (f("AEO-12", "SinceSequence", "0", "1200"),), prior=()),
        Case(DELTA, {"SinceSequence": "0"}, prior=()),
        Case(DELTA, {}),
        Case(FULL, {"ToSequence": "7"}, prior=((DELTA, {}),)),
    ],
    "AEO-13": [
        Case(DELTA, {"Record[2]/Consent": None}, (f("AEO-13", "Record[2]", SECOND),)),
        Case(
            DELTA,
            {"+Record[2]/Consent/Since": "<WithdrawnOn>2026-11-06</WithdrawnOn>"},
            (f("AEO-13", "Record[2]/Consent", SECOND),),
        ),
        Case(DELTA, {"+Record[2]/Consent/Since": "<WithdrawnOn>2026-11-07</WithdrawnOn>"}),
        Case(DELTA, {"Record[2]/Consent/ScopeCode": "LIST"}, (f("AEO-13", "Record[2]/Consent", SECOND),)),
        Case(
            DELTA,
            {
                "+Record[2]/Consent/ScopeCode": "<PartnerCountryCode>CA</PartnerCountryCode><PartnerCountryCode>KR</PartnerCountryCode>",
                "Record[2]/Consent/ScopeCode": "LIST",
            },
        ),
        Case(
            DELTA,
            {
                "+Record[2]/Consent/ScopeCode": "<PartnerCountryCode>CA</PartnerCountryCode>",
                "Record[2]/Consent/ScopeCode": "LIST",
            },
            (f("AEO-13", "Record[2]/Consent", SECOND),),
        ),
        Case(
            DELTA,
            {"+Record[2]/Consent/ScopeCode": "<PartnerCountryCode>KR</PartnerCountryCode>"},
            (f("AEO-13", "Record[2]/Consent", SECOND),),
        ),
        Case(URGENT, {"Record/Consent": None}, (f("AEO-13", "Record[1]", OTHER),)),
        Case(ANSWER, {"Record/Consent": None}, (f("AEO-13", "Record[1]", OTHER),)),
    ],
    "AEO-14": [
        Case(DELTA, {"RecordQuantity": "4"}, (f("AEO-14", "RecordQuantity"),)),
        Case(DELTA, {"RecordQuantity": "2"}, (f("AEO-14", "RecordQuantity"),)),
        Case(DELTA, {"PartNumeric": "2"}, (f("AEO-14", "RecordQuantity"),)),
        Case(DELTA, {"PartTotalNumeric": "2"}),
    ],
    "AEO-15": [
        Case(FULL, {"SetDigest": None}, (f("AEO-15", ""),)),
        Case(FULL, {"Record[7]/RecordVersion": "99"}, (f("AEO-15", "SetDigest"),)),
        Case(FULL, {"Record[7]/RecordVersion": "99", "digest": ""}),
        Case(FULL, {"Record[7]/Name": "Another name"}),
        Case(FULL, {"Record[7]/RecordVersion": "99", "PartTotalNumeric": "2"}),
        Case(
            DELTA,
            {"+SnapshotDateTime": "<SetDigest>oyh8B7ybbI7W/t2aF5D7BhejClDf3qkErvlZeKDIXg4=</SetDigest>"},
            (f("AEO-15", "SetDigest"),),
        ),
        Case(DELTA, {"+SnapshotDateTime": "<SetDigest/>", "digest": ""}),
    ],
    "AEO-16": [
        Case(FULL, {"Record[3]/OperationCode": "CHANGE"}, (f("AEO-16", "Record[3]/OperationCode", "CHANGE"),)),
        Case(FULL, {}),
        Case(
            URGENT,
            {"Record/StatusCode": "EXPIRED", "Record/StatusReasonClassCode": None},
            (f("AEO-16", "Record[1]/OperationCode", "STATUS EXPIRED"),),
        ),
        Case(URGENT, {"Record/OperationCode": "DELETE"}, (f("AEO-16", "Record[1]/OperationCode", "DELETE SUSPENDED"),)),
        Case(URGENT, {"Record/StatusCode": "REVOKED"}),
        Case(URGENT, {"Record/StatusCode": "WITHDRAWN"}),
        Case(URGENT, {"Record": None, "RecordQuantity": "0"}, (f("AEO-16", "RecordQuantity", "STATUS"),)),
        Case(URGENT, urgent(100)),
        Case(URGENT, urgent(101), (f("AEO-16", "RecordQuantity", "STATUS"),)),
    ],
    "AEO-17": [
        *(
            Case(DELTA, {f"Record[2]/{name}": None}, (f("AEO-17", "Record[2]/TIN", SECOND),))
            for name in ("AeoNumber", "Name", "Address")
        ),
        Case(
            DELTA,
            {"Record[1]/RoleCode[1]": None, "Record[1]/RoleCode[2]": None, "Record[1]/RoleCode": None},
            (f("AEO-17", "Record[1]/TIN", FIRST),),
        ),
        *(
            Case(DELTA, {"+Record[3]/" + place: more}, (f("AEO-17", "Record[3]/TIN", THIRD),))
            for place, more in (
                ("TIN", "<AeoNumber>A</AeoNumber>"),
                ("TIN", "<Identifier><SchemeCode>LOCAL</SchemeCode><ID>1</ID></Identifier>"),
                ("TierCode", "<RoleCode>IM</RoleCode>"),
                ("TierCode", "<Name>A</Name>"),
                ("TierCode", '<LocalName languageID="zh-Hant">甲</LocalName>'),
                ("TierCode", "<Alias>A</Alias>"),
                ("TierCode", "<Address><CountryCode>TW</CountryCode></Address>"),
            )
        ),
        Case(DELTA, {"Record[1]/RoleCode[2]": None, "Record[1]/Identifier": None, "Record[1]/LocalName": None}),
    ],
    "AEO-18": [
        Case(URGENT, {"Record/StatusReasonClassCode": None}, (f("AEO-18", "Record[1]/StatusCode"),)),
        Case(
            URGENT,
            {"Record/StatusReasonClassCode": None, "Record/StatusCode": "REVOKED"},
            (f("AEO-18", "Record[1]/StatusCode"),),
        ),
        Case(DELTA, {"+Record[2]/StatusCode": REASON}, (f("AEO-18", "Record[2]/StatusCode"),)),
        Case(ANSWER, {"+Record/StatusCode": REASON}, (f("AEO-18", "Record[1]/StatusCode"),)),
        Case(DELTA, {"+Record[2]/StatusCode": REASON, "Record[2]/StatusCode": "EXPIRED"}),
        Case(DELTA, {"Record[2]/StatusCode": "EXPIRED"}),
    ],
    "AEO-19": [
        Case(DELTA, {"SnapshotDateTime": "2026-11-08T01:00:01+08:00"}, (f("AEO-19", "SnapshotDateTime"),)),
        Case(DELTA, {"SnapshotDateTime": "2026-11-08T01:00:00+08:00"}),
        Case(DELTA, {"SnapshotDateTime": "2026-11-07T17:00:00Z"}),
        Case(DELTA, {"Record[2]/RecordedAt": "2026-11-08T00:00:00.001+08:00"}, (f("AEO-19", "Record[2]/RecordedAt"),)),
        Case(DELTA, {"Record[2]/RecordedAt": "2026-11-08T00:00:00+08:00"}),
    ],
    "AEO-20": [
        Case(ANSWER, {"ResultCode": "NOT-FOUND"}, (f("AEO-20", "ResultCode"),)),
        Case(ANSWER, {"Record": None}, (f("AEO-20", "ResultCode"),)),
        Case(ANSWER, {"Record": None, "ResultCode": "NOT-YOURS"}),
        Case(ANSWER, {"AsOfDate": "2026-11-19"}, (f("AEO-20", "Record[1]/ValidFrom"),)),
        Case(ANSWER, {"AsOfDate": "2026-11-19", "Record/ValidTo": None}),
        Case(ANSWER, {"AsOfDate": "2021-10-01"}),
        Case(ANSWER, {"AsOfDate": "2021-09-30"}, (f("AEO-20", "Record[1]/ValidFrom"),)),
        Case(ANSWER, {"KnownAt": "2026-10-29T13:15:00+08:00"}),
        Case(ANSWER, {"KnownAt": "2026-10-29T13:14:59+08:00"}, (f("AEO-20", "Record[1]/ValidFrom"),)),
    ],
    "AEO-21": [
        Case(DELTA, {"Record[2]/Address/CountryCode": "XX"}, (f("AEO-21", "Record[2]/Address/CountryCode", "XX"),)),
        Case(DELTA, {CHECKED + "IssuerCountryCode": "XX"}, (f("AEO-21", "Record[2]/Identifier[1]/IssuerCountryCode", "XX"),)),
        Case(
            DELTA,
            {"+Record[2]/Consent/ScopeCode": "<PartnerCountryCode>XX</PartnerCountryCode>"},
            (f("AEO-21", "Record[2]/Consent/PartnerCountryCode[1]", "XX"),),
        ),
        Case(ANSWER, {"Record/Address/CountryCode": "XX"}, (f("AEO-21", "Record[1]/Address/CountryCode", "XX"),)),
        Case(DELTA, {"Record[2]/Address/CountryCode": "NZ"}),
    ],
}
