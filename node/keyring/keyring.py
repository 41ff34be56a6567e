"""The handler's `Keyring` port over what lies in certs/; verdicts are kept for minutes, so that a message pays a dictionary look-up."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from node.configuration import nearest
from node.keyring.folder import PULL_PASSWORD, CertificateFolder, PartnerCertificate, Passwords
from node.msh.ports import SubmissionError
from node.security.certificates import Certificate
from node.security.keys import DecryptionKey, SigningKey, SoftwareKey
from node.security.path import Purpose, Untrusted, check_own, check_purpose, find_path

#: How long a verdict stands unless a period of validity ends or begins before.
_STANDS: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class _Verdict:
    """Which of the named certificates may be used between two instants, and why the others may not."""

    since: datetime
    until: datetime
    usable: tuple[Certificate, ...]
    reasons: Mapping[str, str]


class Keyring:
    """`ports.Keyring`: every certificate needs a path to an anchor, except those that an agreement pins by name."""

    def __init__(
        self, folder: CertificateFolder, pinned: Collection[str] = (), passwords: Passwords = lambda _name: None
    ) -> None:
        self.folder, self._pinned, self._passwords = folder, frozenset(pinned), passwords
        self._anchors = tuple(one for certificates in folder.trust.values() for one in certificates)
        self._verdicts: dict[tuple[Purpose, tuple[str, ...]], _Verdict] = {}

    # -- our own keys --------------------------------------------------------------------------------------------

    def signing_key(self, name: str) -> SigningKey:
        """Raises LookupError for a name that no file of certs/own has."""
        return self._own(name)

    def decryption_keys(self, names: Sequence[str]) -> Sequence[DecryptionKey]:
        """The keys of all names, expired ones too: what was sent while they held may still arrive. Raises LookupError."""
        return [self._own(name) for name in names]

    def password(self, name: str) -> bytes | None:
        """The password that agreements know by this name: of certs/own/NAME.password, else of whoever started us."""
        return self.folder.passwords.get(name) or self._passwords(PULL_PASSWORD + name)

    def _own(self, name: str) -> SoftwareKey:
        try:
            return self.folder.own[name]
        except KeyError:
            raise LookupError(f"certs/own: no key {name!r}; {nearest(name, self.folder.own)}") from None

    # -- partner certificates ------------------------------------------------------------------------------------

    def signers(self, names: Sequence[str], now: datetime) -> Sequence[Certificate]:
        """Those named certificates that may sign now."""
        return self._judge(Purpose.SIGN, names, now).usable

    def recipient(self, names: Sequence[str], now: datetime) -> Certificate:
        """The first named certificate that may be encrypted to now. Raises SubmissionError with the reason of each."""
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

    def _judge(self, purpose: Purpose, names: Sequence[str], now: datetime) -> _Verdict:
        key = purpose, tuple(names)
        verdict = self._verdicts.get(key)
        if verdict is None or not verdict.since <= now < verdict.until:
            verdict = self._verdicts[key] = self._fresh(purpose, key[1], now)
        return verdict

    def _fresh(self, purpose: Purpose, names: tuple[str, ...], now: datetime) -> _Verdict:
        usable: list[Certificate] = []
        reasons: dict[str, str] = {}
        boundaries = [now + _STANDS, *_boundaries(self._anchors, now)]
        for name in names:
            held = self.folder.partners.get(name)
            if held is None:
                reasons[name] = f"no such file in certs/partners; {nearest(name, self.folder.partners)}"
                continue
            boundaries += _boundaries((held.certificate, *held.above), now)
            if held.window is not None:
                since, until = held.window
                boundaries += [one for one in (since, until + timedelta(microseconds=1)) if one > now]
                if not since <= now <= until:
                    reasons[name] = f"is agreed from {since:%Y-%m-%dT%H:%M:%SZ} to {until:%Y-%m-%dT%H:%M:%SZ}"
                    continue
            try:
                self._check(held, purpose, now)
            except Untrusted as problem:
                reasons[name] = str(problem)
            else:
                usable.append(held.certificate)
        return _Verdict(now, min(boundaries), tuple(usable), reasons)

    def _check(self, held: PartnerCertificate, purpose: Purpose, now: datetime) -> None:
        """Raises Untrusted."""
        check_purpose(held.certificate, purpose)
        if held.name in self._pinned:
            # The agreement itself vouches for this very certificate.
            check_own(held.certificate, now)
        else:
            find_path(held.certificate, held.above, self._anchors, now)


def _boundaries(certificates: Sequence[Certificate], now: datetime) -> list[datetime]:
    """The instants after `now` at which one of these begins or ceases to be valid."""
    begins = [one.x509.not_valid_before_utc for one in certificates]
    # A certificate is valid up to and including its last second.
    ends = [one.x509.not_valid_after_utc + timedelta(microseconds=1) for one in certificates]
    return [instant for instant in (*begins, *ends) if instant > now]
