"""Settings and agreements: are they whole, without doubt which counts, and do both sides of each fit?"""

import re
from collections.abc import Callable, Iterator
from typing import Final

from node.agreements.agreement import Agreement
from node.agreements.arrangements import AEO_TOML
from node.agreements.weakened import shown
from node.configuration import Problem
from node.doctor.check import Check, Found, NotApplicable, Severity, Who
from node.doctor.facts import Facts
from node.home import NODE_TOML

#: Told by checks of their own: concern, the keys that a problem is about, and a word of it.
_CONCERNS: Final = (
    ("window", re.compile(r"leg\.reception_awareness\.detect_duplicates_parameters"), ""),
    ("addressed", re.compile(r"partner\.url"), "is required"),
    ("channels", re.compile(r"service\[\d+\]\.mpc|initiator\.authorization\..*|leg\.x\.pull\..*"), ""),
    ("answers", re.compile(r"service\[\d+\]\.(answers|binding)|leg\.x\.sync\..*"), ""),
    ("clear", re.compile(r"service"), "is agreed twice"),
    ("suits", re.compile(r"leg\.x\.encryption\.kdf|leg\.security\.x509\.encryption\.algorithm"), ""),
    ("suits", re.compile(r"(us|certificates)\.(sign|encrypt)"), "the profile needs"),
)


def _told(one: Problem) -> Found:
    return Found(f"{one.file}: {one.key}" if one.key else one.file, one.problem, one.remedy)


def _partners(facts: Facts) -> list[Agreement]:
    partners = facts.setting.agreements.partners()
    if not partners:
        raise NotApplicable("nothing is agreed with anybody yet: n2n partner add")
    return partners


def _settings(facts: Facts) -> Iterator[Found]:
    for one in facts.setting.problems.found:
        # Whatever no other check tells is told here, so that nothing is passed over.
        elsewhere = one.file.startswith(("partners/", "certs/")) or one.file == AEO_TOML
        if not elsewhere and not (one.file == NODE_TOML and one.key.startswith(("keys.", "listen.tls"))):
            yield _told(one)


def _of_agreements(facts: Facts, concern: str) -> Iterator[Found]:
    """What the readers of agreements have to say of one concern."""
    for one in facts.setting.problems.found:
        if one.file.startswith("partners/") and _concern(one) == concern:
            yield _told(one)


def _concern(one: Problem) -> str:
    """Which check tells it: the readers have told everything already, and reading thousands of agreements twice takes its time."""
    for concern, keys, words in _CONCERNS:
        if keys.fullmatch(one.key) and words in one.problem:
            return concern
    return "readable"


def _readable(facts: Facts) -> Iterator[Found]:
    yield from _of_agreements(facts, "readable")


def _some(facts: Facts) -> Iterator[Found]:
    if not _anything(facts):
        yield Found("partners", "holds no agreement: nothing can be received or sent")


def _anything(facts: Facts) -> bool:
    """Whether anything is agreed, by a file that may be wrong or by both sides."""
    return bool(facts.places.partners or facts.setting.agreements.partners())


def _asked(concern: str) -> Callable[[Facts], Iterator[Found]]:
    """The judge of one concern."""

    def judge(facts: Facts) -> Iterator[Found]:
        if not _anything(facts):
            raise NotApplicable("nothing is agreed with anybody yet: n2n partner add")
        yield from _of_agreements(facts, concern)

    return judge


def _one_way(facts: Facts) -> Iterator[Found]:
    for one in _partners(facts):
        if one.services and not any(not p.inbound and not p.test_service for p in facts.pmodes[one.partner]):
            yield Found(f"{one.file}: service", "everything is agreed for receiving alone: nothing can be sent to this partner")
        elif one.services and not any(p.inbound and not p.test_service for p in facts.pmodes[one.partner]):
            yield Found(f"{one.file}: service", "everything is agreed for sending alone: nothing of this partner is accepted")


def _tested(facts: Facts) -> Iterator[Found]:
    for one in _partners(facts):
        if not one.test_service:
            yield Found(f"{one.file}: test_service", "is off: n2n partner ping cannot prove that both sides fit")


def _protected(facts: Facts) -> Iterator[Found]:
    for one in _partners(facts):
        for taken in one.all_weakened():
            what = f"is {shown(taken.after)} where {one.profile} has {shown(taken.before)}: {taken.reason}"
            yield Found(f"{one.file}: {taken.key}", what)


CHECKS: Final = (
    Check(
        "agreements.settings",
        "node.toml, presets and what else stands in the home can be read whole",
        "The node does not start with a setting that it does not understand.",
        "see docs/reference/node-toml.md",
        Who.ADMINISTRATOR,
        Severity.CONFIG,
        _settings,
    ),
    Check(
        "agreements.readable",
        "Every agreement can be read whole, and all that it names is there",
        "The node does not start with an agreement that it does not understand.",
        "see docs/howto/add-a-partner.md",
        Who.OPERATOR,
        Severity.CONFIG,
        _readable,
    ),
    Check(
        "agreements.some",
        "At least one partner is agreed with",
        "Whatever comes is refused until somebody is.",
        "n2n partner add",
        Who.OPERATOR,
        Severity.WARNING,
        _some,
    ),
    Check(
        "agreements.suits",
        "Keys and algorithms of each agreement fit together",
        "An RSA key cannot make the signature of an elliptic profile; the first message would fail.",
        "use a key of the kind that the profile wants, or another profile",
        Who.OPERATOR,
        Severity.CONFIG,
        _asked("suits"),
    ),
    Check(
        "agreements.clear",
        "No message fits two agreements",
        "A message must have one P-Mode, or nobody knows which keys count.",
        "take one away, or give each its own agreement reference",
        Who.OPERATOR,
        Severity.CONFIG,
        _asked("clear"),
    ),
    Check(
        "agreements.window",
        "A message is remembered for as long as it may come again",
        "A partner that resends later than we remember has its message delivered twice.",
        "make the window longer, or leave it out for 400 days",
        Who.OPERATOR,
        Severity.CONFIG,
        _asked("window"),
    ),
    Check(
        "agreements.addressed",
        "Whoever is sent to has an address",
        "Without one every submission fails when it is sent.",
        "ask the partner for it: partner.url",
        Who.PARTNER,
        Severity.CONFIG,
        _asked("addressed"),
    ),
    Check(
        "agreements.channels",
        "Each channel that is pulled from has a name of its own, and something proves who pulls",
        "A channel is a mailbox; a stranger must not empty it.",
        "name a channel, and agree on a username token, on signed signals, or on TLS certificates: docs/howto/pull-and-callback.md",
        Who.OPERATOR,
        Severity.CONFIG,
        _asked("channels"),
    ),
    Check(
        "agreements.answers",
        "What answers something has something to answer",
        "The second leg of a two-way exchange without its first is refused.",
        "agree on the first leg in the other direction",
        Who.OPERATOR,
        Severity.CONFIG,
        _asked("answers"),
    ),
    Check(
        "agreements.both-ways",
        "Something is agreed in both directions",
        "One direction alone is rare between two administrations, and often a slip.",
        "look at direction of each service",
        Who.OPERATOR,
        Severity.INFO,
        _one_way,
    ),
    Check(
        "agreements.tested",
        "The test service is on with every partner",
        "A ping is the only message that proves everything and means nothing.",
        "take test_service = false out of the agreement",
        Who.OPERATOR,
        Severity.WARNING,
        _tested,
    ),
    Check(
        "agreements.protected",
        "No agreement protects less than its profile",
        "Who signed less than the profile asks for has a reason; somebody is to know it, and when it is over.",
        "take the weaker parameter out of the agreement",
        Who.OPERATOR,
        Severity.WARNING,
        _protected,
    ),
)
