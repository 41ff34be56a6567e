"""RFC 7512, as far as a private key is named by it."""

import pytest

from node.keyring.pkcs11_uri import Pkcs11Uri, UriRefused, read_uri

MODULE = "?module-path=/usr/lib/p11.so"


def test_a_key_is_named_by_token_and_object_or_id():
    assert read_uri(f"pkcs11:token=The%20Token;object=sign;id=%01%FF;type=private{MODULE}&pin-source=file:/run/pin") == Pkcs11Uri(
        "/usr/lib/p11.so", "The Token", "", "sign", b"\x01\xff", "/run/pin"
    )
    assert read_uri(f"pkcs11:serial=99;id=%01{MODULE}") == Pkcs11Uri("/usr/lib/p11.so", serial="99", id=b"\x01")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("file:x", "does not begin with pkcs11:"),
        (f"pkcs11:token=t{MODULE}", "names neither object nor id"),
        (f"pkcs11:object=o{MODULE}", "names neither token nor serial"),
        ("pkcs11:token=t;object=o", "names no module-path"),
        (f"pkcs11:token=t;object=o;type=cert{MODULE}", "a private key is wanted"),
        (f"pkcs11:token=t;object=o{MODULE}&pin-value=1234", "the PIN does not belong here"),
        (f"pkcs11:token=t;object=o;objcet=p{MODULE}", "'objcet=p' is not understood"),
        (f"pkcs11:token=t;object=o;object=p{MODULE}", "object stands there twice"),
        (f"pkcs11:token=t;object{MODULE}", "'object' is not understood"),
    ],
)
def test_what_cannot_be_followed_is_refused(text, said):
    with pytest.raises(UriRefused, match=said):
        read_uri(text)
