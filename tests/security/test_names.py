"""Distinguished names in the spellings of many stacks."""

from contextlib import suppress

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from node.security.names import normal_name, read_name

NAME = x509.Name(
    [
        x509.NameAttribute(NameOID.COUNTRY_NAME, "TW"),
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, 'Customs, "Administration" + Co'),
        x509.NameAttribute(NameOID.ORGANIZATION_IDENTIFIER, "VATTW-1"),
        x509.NameAttribute(NameOID.EMAIL_ADDRESS, "a@b.example"),
        x509.NameAttribute(NameOID.COMMON_NAME, "Größe 關務署"),
    ]
)
_ORGANIZATION = r"Customs\, \"Administration\" \+ Co"


@pytest.mark.parametrize(
    "text",
    [
        NAME.rfc4514_string(),
        # RFC 2253 of Java: hexadecimal DER for types that the RFC does not name
        f"CN=Größe 關務署,1.2.840.113549.1.9.1=#160b6140622e6578616d706c65,2.5.4.97=#0c0756415454572d31,O={_ORGANIZATION},C=TW",
        # toString of Java: keywords, spaces, quotes
        r'CN=Größe 關務署, EMAILADDRESS=a@b.example, OID.2.5.4.97=VATTW-1, O="Customs, \"Administration\" + Co", C=TW',
        # .NET: E, quotes doubled by a backslash, semicolons
        rf"CN=Größe 關務署; E=a@b.example; organizationIdentifier=VATTW-1; O={_ORGANIZATION}; C=tw",
        # octets escaped in hexadecimal, case and white space
        rf"cn=Gr\C3\B6\C3\9Fe  關務署,email=A@B.example,2.5.4.97=VATTW-1,o={_ORGANIZATION}  ,c=TW",
    ],
)
def test_a_name_is_read_in_each_spelling(text: str) -> None:
    assert read_name(text) == normal_name(NAME)


@pytest.mark.parametrize(
    "text",
    [
        "CN=Größe",
        f"C=TW,O={_ORGANIZATION},2.5.4.97=VATTW-1,E=a@b.example,CN=Größe 關務署",
        f"CN=Größe 關務署 2,E=a@b.example,2.5.4.97=VATTW-1,O={_ORGANIZATION},C=TW",
    ],
)
def test_another_name_is_another(text: str) -> None:
    assert read_name(text) != normal_name(NAME)


@pytest.mark.parametrize(
    "text", ["?", "CN", "=x", "X-UNKNOWN=a", 'CN="a', "CN=#16", "CN=#1603", "CN=a,,C=TW", "CN=" + "a" * 5000, "CN=\\ff"]
)
def test_what_is_no_name_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        read_name(text)


def test_attributes_of_one_rdn_have_no_order() -> None:
    assert read_name("CN=a+O=b,C=TW") == read_name("O=b+CN=a,C=TW") != read_name("O=b,CN=a,C=TW")


_value = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=20).filter(str.strip)


@given(st.lists(_value, min_size=1, max_size=4))
def test_every_name_that_can_be_written_is_read_back(values: list[str]) -> None:
    name = x509.Name([x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, value, _validate=False) for value in values])
    assert read_name(name.rfc4514_string()) == normal_name(name)


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    with suppress(ValueError):
        read_name(text)
