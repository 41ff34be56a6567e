"""The handler's `Keyring` port over what lies in certs/; verdicts are kept for minutes, so that a message pays a dictionary look-up."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

from node.configuration import nearest
from node.keyring.folder import PULL_PASSWORD, CertificateFolder, PartnerCertificate, Passwords
from node.keyring.judging import Judging
from node.msh.ports import Grounds, SubmissionError
from node.security.certificates import Certificate
from node.security.keys import DecryptionKey, OwnKey, SigningKey
from node.security.path import Purpose, Untrusted
from node.security.period import ALWAYS, Period, in_force, since_of
from node.security.status import Held
from node.security.succession import Succession

#: How long a verdict stands unless a period of validity ends or begins before.
_STANDS: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class _Verdict:
    """Which of the named certificates may be used between two instants, and why the others may not."""

    since: datetime
    until: datetime
    usable: tuple[Certificate, ...]
    reasons: Mapping[str, str]
    #: The revocation lists that lay here then.
    rests_on: Held | None = None


@dataclass(frozen=True, slots=True)
class _Grounded:
    """The grounds of a verdict, as of an instant."""

    since: datetime
    grounds: Grounds | None
    rests_on: Held | None


@dataclass(frozen=True, slots=True)
class _Said:
    """Why a certificate opens no connection, or None, between two instants."""

    since: datetime
    until: datetime
    why: str | None
    rests_on: Held | None


class Keyring:
    """`ports.Keyring`: every certificate needs a path to an anchor, except those that an agreement pins by name."""

    def __init__(
        self,
        folder: CertificateFolder,
        pinned: Collection[str] = (),
        passwords: Passwords = lambda _name: None,
        *,
        judging: Judging | None = None,
        own: Succession = Succession("sign", "encrypt"),
        periods: Mapping[str, Sequence[Period]] = MappingProxyType({}),
    ) -> None:
        """`judging` knows the policies of agreements and what was taken back; without it neither counts.

        `own` says which of our keys follows which; `periods` when certificates of partners count that do not always.
        """
        self.folder, self._passwords = folder, passwords
        self.own, self._periods = own, periods
        self.judging = judging or Judging(folder, pinned)
        self._anchors = self.judging.anchors
        self._verdicts: dict[tuple[Purpose, tuple[str, ...]], _Verdict] = {}
        self._by_der = {one.certificate.der: one for one in folder.partners.values()}
        self._callers: dict[bytes, _Said] = {}
        self._grounds: dict[bytes, _Grounded] = {}

    # -- our own keys --------------------------------------------------------------------------------------------

    def signing_key(self, name: str, now: datetime) -> SigningKey:
        """The key that signs now where this name was agreed. Raises LookupError for a name that no file of certs/own has."""
        return self._own(self.own.current("sign", name, now) or name)

    def decryption_keys(self, names: Sequence[str], now: datetime) -> Sequence[DecryptionKey]:
        """The keys of all names, those to come and those of before, expired ones too: what was sent while they held may still arrive.

        Raises LookupError.
        """
        return [self._own(one) for one in dict.fromkeys(one for name in names for one in self.own.opening(name, now))]

    def password(self, name: str) -> bytes | None:
        """The password that agreements know by this name: of certs/own/NAME.password, else of whoever started us."""
        return self.folder.passwords.get(name) or self._passwords(PULL_PASSWORD + name)

    def _own(self, name: str) -> OwnKey:
        try:
            return self.folder.own[name]
        except KeyError:
            raise LookupError(f"certs/own: no key {name!r}; {nearest(name, self.folder.own)}") from None

    # -- partner certificates ------------------------------------------------------------------------------------

    def signers(self, names: Sequence[str], now: datetime) -> Sequence[Certificate]:
        """Those named certificates that may sign now."""
        return self._judge(Purpose.SIGN, names, now).usable

    def recipient(self, names: Sequence[str], now: datetime) -> Certificate:
        """Of the named certificates that may be encrypted to now the one whose window began last, else the first.

        Raises SubmissionError with the reason of each.
        """
        verdict = self._judge(Purpose.ENCRYPT, names, now)
        if not verdict.usable:
            reasons = "; ".join(f"{name}: {why}" for name, why in verdict.reasons.items())
            raise SubmissionError(
                f"no certificate to encrypt to ({reasons or 'the agreement names none'}); ask the partner for a valid one"
            )
        return verdict.usable[0]

    def why_not(self, names: Sequence[str], now: datetime, purpose: Purpose = Purpose.SIGN) -> Mapping[str, str]:
        """For our log and for `partner check`: each named certificate that may not be used, and why."""
        return self._judge(purpose, names, now).reasons

    def why_no_connection(self, certificate: bytes, now: datetime) -> str | None:
        """Why a caller's agreed certificate, given as DER, opens nothing: taken back, or nobody vouches for it; None where it does."""
        said, rests_on = self._callers.get(certificate), self.judging.held
        if said is None or said.rests_on is not rests_on or not said.since <= now < said.until:
            known = self._by_der.get(certificate)
            if known is None:
                return None
            said = self._callers[certificate] = self._of_caller(known, now, rests_on)
        return said.why

    def grounds(self, certificate: Certificate, now: datetime) -> Grounds | None:
        """What the verdict on a partner's signing certificate rests on; None for one that is not here any more, or has no path now."""
        said, rests_on = self._grounds.get(certificate.der), self.judging.held
        if said is None or said.rests_on is not rests_on or not timedelta(0) <= now - said.since < _STANDS:
            known = self._by_der.get(certificate.der)
            if known is None:
                return None
            said = self._grounds[certificate.der] = _Grounded(now, self.judging.grounds(known, now), rests_on)
        return said.grounds

    def _of_caller(self, known: PartnerCertificate, now: datetime, rests_on: Held | None) -> _Said:
        stands = now + _STANDS
        try:
            ends = self.judging.check_caller(known, now)
        except Untrusted as problem:
            return _Said(now, stands, str(problem), rests_on)
        return _Said(now, min(stands, ends or stands), None, rests_on)

    def _judge(self, purpose: Purpose, names: Sequence[str], now: datetime) -> _Verdict:
        key = purpose, tuple(names)
        verdict, rests_on = self._verdicts.get(key), self.judging.held
        # A list that has landed since then counts for the very next message.
        if verdict is None or verdict.rests_on is not rests_on or not verdict.since <= now < verdict.until:
            verdict = self._verdicts[key] = self._fresh(purpose, key[1], now)
        return verdict

    def _fresh(self, purpose: Purpose, names: tuple[str, ...], now: datetime) -> _Verdict:
        usable: list[tuple[float, Certificate]] = []
        reasons: dict[str, str] = {}
        boundaries, rests_on = [now + _STANDS, *_boundaries(self._anchors, now)], self.judging.held
        for name in names:
            held = self.folder.partners.get(name)
            if held is None:
                reasons[name] = f"no such file in certs/partners; {nearest(name, self.folder.partners)}"
                continue
            boundaries += _boundaries((held.certificate, *held.above), now)
            periods = self._periods.get(name, ALWAYS)
            boundaries += [instant for one in periods for instant in one.instants() if instant > now]
            period = in_force(periods, now)
            if period is None:
                reasons[name] = f"counts {' and '.join(map(str, periods))} only"
                continue
            try:
                ends = self.judging.check(held, purpose, now)
            except Untrusted as problem:
                reasons[name] = str(problem)
            else:
                usable.append((since_of(period), held.certificate))
                boundaries += [ends] if ends is not None else []
        # Those of one age stay in the order of the agreement.
        usable.sort(key=lambda one: one[0], reverse=True)
        return _Verdict(now, min(boundaries), tuple(certificate for _, certificate in usable), reasons, rests_on)


def _boundaries(certificates: Sequence[Certificate], now: datetime) -> list[datetime]:
    """The instants after `now` at which one of these begins or ceases to be valid."""
    begins = [one.x509.not_valid_before_utc for one in certificates]
    # A certificate is valid up to and including its last second.
    ends = [one.x509.not_valid_after_utc + timedelta(microseconds=1) for one in certificates]
    return [instant for instant in (*begins, *ends) if instant > now]
