"""DER is read in one way only, whatever it is fed with."""

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.verifier import made
from tests.verifier.made import NOW, World, der
from verifier import n2n_verify as verifier
from verifier.n2n_verify import Refused

BAD = {
    "nothing": "",
    "a tag alone": "30",
    "indefinite": "30800000",
    "long where short would do": "308100",
    "a length with a zero in front": "3082008000",
    "too long a length": "3085010000000000",
    "cut short": "30020500"[:-2],
    "octets behind": "300000",
    "a long tag": "1f8101",
    "a primitive sequence": "1000",
    "a constructed integer": "2203020101",
    "a constructed octet string": "24040402aabb",
}


@pytest.mark.parametrize("case", BAD)
def test_what_is_not_der_is_refused(case: str) -> None:
    with pytest.raises(Refused):
        verifier.one_der_value(bytes.fromhex(BAD[case]))


@pytest.mark.parametrize("text", ["0200", "02020001", "0202ff80", "0401aa"])
def test_an_integer_is_as_short_as_can_be(text: str) -> None:
    with pytest.raises(Refused):
        verifier.integer_of(verifier.one_der_value(bytes.fromhex(text)))


@pytest.mark.parametrize("value", [0, 1, 127, 128, -1, -128, -129, 2**80])
def test_integers_are_read(value: int) -> None:
    octets = value.to_bytes(
        (value.bit_length() + 8) // 8 if value >= 0 else ((value + 1).bit_length() + 8) // 8, "big", signed=True
    )
    assert verifier.integer_of(verifier.one_der_value(der(2, octets))) == value


@pytest.mark.parametrize("dotted", ["1.2.840.113549.1.7.2", "2.16.840.1.101.3.4.2.1", "0.9.2342", "2.999.3", "1.3.101.112"])
def test_object_identifiers_are_read(dotted: str) -> None:
    assert verifier.oid_of(verifier.one_der_value(made.oid(dotted))) == dotted


@pytest.mark.parametrize("text", ["0600", "060180", "0602800 1".replace(" ", ""), "06032a8001", "060288"])
def test_a_damaged_object_identifier_is_refused(text: str) -> None:
    with pytest.raises(Refused):
        verifier.oid_of(verifier.one_der_value(bytes.fromhex(text)))


@pytest.mark.parametrize(
    "text",
    [
        "20261128091407",
        "20261128091407+0000",
        "202611280914Z",
        "20261128091407.0Z",
        "20261128091407.50Z",
        "20261128091407.Z",
        "261128091407Z",
    ],
)
def test_a_time_has_one_form(text: str) -> None:
    with pytest.raises(Refused):
        verifier.time_of(verifier.one_der_value(der(0x18, text.encode())))


def test_times_are_read() -> None:
    assert verifier.time_of(verifier.one_der_value(der(0x18, b"20261128091407.000042Z"))) == NOW
    assert verifier.time_of(verifier.one_der_value(der(0x18, b"20261128091407Z"))) == NOW - dt.timedelta(microseconds=42)


@given(st.binary(max_size=200))
def test_any_octets_are_read_or_refused(octets: bytes) -> None:
    def every(value: verifier.Der) -> bytes:
        parts = value.parts() if value.tag & 0x20 else []
        return der(value.tag, *map(every, parts)) if parts or value.tag & 0x20 else value.octets

    try:
        value = verifier.one_der_value(octets)
        again = every(value)
    except Refused:
        return
    assert again == octets  # what is read in DER is written in one way


def test_a_deep_value_costs_no_recursion() -> None:
    octets = b""
    for _ in range(3000):
        octets = der(0x30, octets)
    value = verifier.one_der_value(octets)
    with pytest.raises(Refused):
        verifier.read_token(value.octets, [])


@given(where=st.integers(min_value=0), bits=st.integers(1, 255))
def test_a_token_with_another_octet_is_refused_or_differs_outside_of_what_it_signs_only(where: int, bits: int) -> None:
    w = World()
    octets = bytearray(made.token(b"note", w.time, NOW, [w.time]))
    octets[where % len(octets)] ^= bits
    try:
        token = verifier.read_token(bytes(octets), [])
    except (Refused, ValueError):
        return
    assert (token.imprint, token.time, token.signer) == (made.sha(b"note"), NOW.replace(microsecond=0), w.time.certificate)


GOOD_MORE = der(0x30, made.oid("1.2.840.113549.1.9.5"), der(0x31, der(0x17, b"261128091407Z")))  # the time of signing


def token(**more: Any) -> bytes:
    return made.token(b"note", World().time, NOW, [World().time], **more)


def test_a_token_may_have_more_than_it_needs() -> None:
    extension = der(0xA1, der(0x30, made.oid("1.2.3"), der(0x04, b"x")))
    for octets in (
        token(more=[GOOD_MORE]),
        token(named=World().time),
        token(info_more=made.integer(5)),
        token(info_more=extension),
    ):
        assert verifier.read_token(octets, []).imprint == made.sha(b"note")


TOKENS = {
    "an attribute twice": lambda: token(more=[GOOD_MORE, GOOD_MORE]),
    "an attribute of two values": lambda: token(more=[der(0x30, made.oid("1.2.3"), der(0x31, der(0x05), der(0x05)))]),
    "an attribute of more than its values": lambda: token(more=[der(0x30, made.oid("1.2.3"), der(0x31, der(0x05)), der(0x05))]),
    "the serial number of another certificate": lambda: token(named=World().later_time),
    "the digest of another certificate": lambda: token(ess_of=World().later_time),
    "ordering that is not DER": lambda: token(info_more=der(0x01, b"\x01")),
    "a nonce that is not DER": lambda: token(info_more=der(0x02, b"\x00\x01")),
    "a critical extension": lambda: token(info_more=der(0xA1, der(0x30, made.oid("1.2.3"), der(0x01, b"\xff"), der(0x04, b"x")))),
    "a field too many": lambda: token(info_more=der(0x04, b"x")),
    "an octet behind": lambda: token() + b"\0",
    "no signature": lambda: der(0x30, made.oid("1.2.840.113549.1.7.1"), der(0xA0, der(0x04, b"x"))),
    "a certificate that is not here": lambda: made.token(b"note", World().time, NOW),
}


@pytest.mark.parametrize("case", TOKENS)
def test_a_token_that_is_not_made_rightly_is_refused(case: str) -> None:
    with pytest.raises(Refused):
        verifier.read_token(TOKENS[case](), [])
