"""A folder of partners, the names that agreements may use, and a loader of both."""

from collections.abc import Callable
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from node.agreements.agreement import Known, Us
from node.agreements.agreements import load_agreements
from node.configuration import Problems
from node.ebms.message import AgreementRef, CollaborationInfo, MessageInfo, Party, PartyId, Service, UserMessage
from node.ebms.namespaces import DEFAULT_MPC, INITIATOR, RESPONDER

ROOT = Path(__file__).parents[2]
US = PartyId("TW-CUSTOMS", "urn:x")
THEM = PartyId("XX-CUSTOMS", "urn:x")

AGREEMENT = """\
profile = "edelivery-as4-1.15"

[partner]
party_id   = "XX-CUSTOMS"
party_type = "urn:x"
url        = "https://as4.example.xx/as4"

[agreement_ref]
value = "urn:agreement:tw-xx"

[certificates]
sign    = ["b-sign"]
encrypt = ["b-enc"]

[[service]]
value     = "urn:co"
actions   = ["Submit", "Revoke"]

[[service]]
value     = "urn:aeo"
actions   = ["List"]
direction = "receive"
"""


@pytest.fixture(scope="session")
def pki() -> Any:
    """`pki.key("a", "rsa2048")` and its like; see tests/pki.py."""
    spec = spec_from_file_location("n2n_tests_pki", Path(__file__).parents[1] / "pki.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.make_pki()


@pytest.fixture(scope="session")
def known(pki: Any) -> Known:
    """Keys of every kind on both sides: sign, enc, sign-p256, sign-ed25519, enc-x25519 ... and b-... for the partner."""
    own, partners = {}, {}
    for kind, suffix in (("rsa2048", ""), ("p256", "-p256"), ("ed25519", "-ed25519"), ("x25519", "-x25519")):
        for use in ("sign", "enc"):
            own[use + suffix] = pki.key("a", kind, use).certificate
            partners[f"b-{use}{suffix}"] = pki.key("b", kind, use).certificate
    partners["c-sign"] = pki.key("stranger").certificate
    return Known(Us((US,), "sign", "enc"), own, partners, (ROOT / "profiles" / "messaging",))


@pytest.fixture
def load(tmp_path: Path, known: Known) -> Callable[..., Any]:
    """`load(xx=TEXT, yy=TEXT)` gives the agreements and, as `problems`, what was wrong with them."""

    def loaded(**partners: str) -> Any:
        for name, text in partners.items():
            (tmp_path / name).mkdir(exist_ok=True)
            (tmp_path / name / "agreement.toml").write_text(text, "utf-8")
        problems = Problems()
        agreements = load_agreements(tmp_path, known, problems)
        agreements.problems = [str(one) for one in problems.found]  # type: ignore[attr-defined]
        return agreements

    return loaded


def message(**other: Any) -> UserMessage:
    """A message that the agreement above allows, unless told otherwise."""
    values = {
        "sender": THEM,
        "sender_role": INITIATOR,
        "receiver": US,
        "receiver_role": RESPONDER,
        "service": Service("urn:co"),
        "action": "Submit",
        "agreement": AgreementRef("urn:agreement:tw-xx"),
        "mpc": DEFAULT_MPC,
    } | other
    senders = values["sender"] if isinstance(values["sender"], tuple) else (values["sender"],)
    return UserMessage(
        MessageInfo("2026-11-24T08:00:00Z", "m1@x"),
        Party(senders, values["sender_role"]),
        Party((values["receiver"],), values["receiver_role"]),
        CollaborationInfo(values["service"], values["action"], "c1", values["agreement"]),
        mpc=values["mpc"],
    )


@pytest.fixture(scope="session")
def a() -> SimpleNamespace:
    """The values above, for tests that are no package."""
    return SimpleNamespace(AGREEMENT=AGREEMENT, US=US, THEM=THEM, message=message, presets=ROOT / "profiles" / "messaging")
