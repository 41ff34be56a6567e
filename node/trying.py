"""A dry run with a partner: a test message with keys that are to take over one day; nothing of it is kept here, and nothing else changes."""

import ssl
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlsplit

from node.agreements.agreement import Agreement
from node.ebms.namespaces import TEST_ACTION, TEST_SERVICE
from node.ebms.states import OutboundState
from node.keyring.keyring import Keyring
from node.msh.octets import HeldOctets
from node.msh.outbound import begin
from node.msh.ports import HttpAnswer, Outgoing, Ports, TransportError
from node.msh.second_leg import settle_first_leg
from node.msh.submit import Payload, Submission, submit
from node.security.period import Period
from node.security.succession import NextKey
from node.setting import Setting
from node.store.in_memory import InMemoryMessages, InMemoryQuarantine
from node.transport.client import HttpTransport

_BEGINNING: Final = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Trial:
    """With which keys: ours that signs or speaks TLS, the partner's that is encrypted to; None for those of now."""

    sign: str | None = None
    tls: str | None = None
    encrypt_to: str | None = None


@dataclass(frozen=True, slots=True)
class Tried:
    """What the partner said."""

    partner: str
    accepted: bool
    detail: str
    error_code: str | None = None
    #: Whether it was reached at all.
    reached: bool = True
    encrypted_to: str | None = None


def next_to_encrypt_to(agreement: Agreement, now: datetime) -> str | None:
    """The partner's certificate whose window begins next; None where the agreement names none."""
    begins = {
        name: period.since
        for name in agreement.certificates.encrypt
        for period in agreement.certificates.periods.get(name, ())
        if period.since and period.since > now
    }
    return min(begins, key=lambda name: begins[name], default=None)


def ports_of(setting: Setting, ports: Ports, partner: str, trial: Trial) -> Ports:
    """Ports under which a message is packaged with the keys of the trial, and kept in memory alone."""
    agreement, now = setting.agreements.agreements[partner], ports.clock.now()
    own, periods = setting.own, setting.agreements.periods()
    if trial.sign:
        own = replace(own, sign=agreement.us.sign, following=(NextKey("sign", trial.sign, _BEGINNING),))
    if trial.encrypt_to:
        # Of those that count the one that began last.
        periods = periods | {trial.encrypt_to: (Period(now),)}
    keyring = Keyring(setting.certificates, setting.agreements.pinned(), setting.passwords, own=own, periods=periods)
    return replace(ports, keyring=keyring, messages=InMemoryMessages(), quarantine=InMemoryQuarantine(), steady=None)


def context_of(setting: Setting, trial: Trial, now: datetime) -> Callable[[str], ssl.SSLContext]:
    """The TLS context for calling a partner, with the key of the trial."""
    return lambda partner: setting.client_tls(partner, now, trial.tls)


async def try_with(setting: Setting, ports: Ports, partner: str, trial: Trial, pool: Executor) -> Tried:
    """Send one test message. Raises SubmissionError where it cannot be made, and LookupError for a name that no key has."""
    trying = ports_of(setting, ports, partner, trial)
    agreed = trying.agreements.for_submission(partner, TEST_SERVICE, TEST_ACTION)
    encrypts = agreed.leg.security.encryption.encrypt
    # Only a payload is encrypted (A 5.1.6).
    payloads = (Payload(HeldOctets(b"n2n cert try"), "text/plain", None),) if encrypts else ()
    exchange = submit(Submission(partner, TEST_ACTION, payloads, service=TEST_SERVICE), trying)
    outgoing = begin(exchange, trying)
    transport = HttpTransport(context_of(setting, trial, ports.clock.now()), pool)
    try:
        outcome = await outcome_of(transport, outgoing)
    finally:
        await transport.close()
    state, _ = settle_first_leg(outgoing, outcome, urlsplit(outgoing.url).hostname or "", trying)
    step = trying.messages.history(outgoing.message_id)[-1]  # type: ignore[attr-defined]
    return Tried(
        partner,
        state is OutboundState.ACKNOWLEDGED,
        step.detail,
        step.error_code,
        isinstance(outcome, HttpAnswer),
        trial.encrypt_to if encrypts else None,
    )


async def outcome_of(transport: HttpTransport, outgoing: Outgoing) -> HttpAnswer | TransportError:
    """What the partner answered, or why it did not."""
    try:
        return await transport.post(outgoing)
    except TransportError as error:
        return error
