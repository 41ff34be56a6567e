"""An agreement as plain text: what `partner add` writes and people then read and change."""

from collections.abc import Sequence
from dataclasses import dataclass

from node.configuration import toml
from node.ebms.message import AgreementRef


@dataclass(frozen=True, slots=True)
class NewAgreement:
    """What must be known to exchange with a partner."""

    profile: str
    party_id: str
    party_type: str | None
    url: str
    #: service value, type, actions, direction (both, send or receive)
    services: Sequence[tuple[str, str | None, Sequence[str], str]]
    sign: Sequence[str] = ()
    encrypt: Sequence[str] = ()
    tls: Sequence[str] = ()
    trust: str = "path"
    #: By which policy paths are judged; empty for the standard one.
    policy: str = ""
    role: str | None = None
    agreement_ref: AgreementRef | None = None


def agreement_text(new: NewAgreement) -> str:
    """The agreement.toml; every key stands on its own line, so that `explain` can point at it."""
    lines = [f"profile = {toml(new.profile)}", "", "[partner]", f"party_id   = {toml(new.party_id)}"]
    lines += [f"party_type = {toml(new.party_type)}"] if new.party_type else []
    lines += [f"role       = {toml(new.role)}"] if new.role else []
    lines += [f"url        = {toml(new.url)}"] if new.url else []
    if new.agreement_ref:
        lines += ["", "[agreement_ref]", f"value = {toml(new.agreement_ref.value)}"]
        lines += [f"type  = {toml(new.agreement_ref.type)}"] if new.agreement_ref.type else []
    lines += ["", "[certificates]                          # names of files in certs/partners"]
    for key, names in (("sign", new.sign), ("encrypt", new.encrypt), ("tls", new.tls)):
        lines += [f"{key:7} = {toml(list(names))}"] if names else []
    lines += [f"trust   = {toml(new.trust)}"]
    lines += [f"policy  = {toml(new.policy)}"] if new.policy else []
    for value, kind, actions, direction in new.services:
        lines += ["", "[[service]]", f"value     = {toml(value)}"]
        lines += [f"type      = {toml(kind)}"] if kind else []
        lines += [f"actions   = {toml(list(actions))}", f"direction = {toml(direction)}"]
    return "\n".join(lines) + "\n"
