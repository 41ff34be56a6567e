"""Exchange patterns of an agreement: what is pushed and what is pulled, on which channel, and which actions answer which."""

from collections.abc import Iterator
from typing import Final

from node.agreements.agreement import AgreedService, Agreement
from node.configuration import Problems, nearest
from node.ebms.namespaces import (
    DEFAULT_MPC,
    ONE_WAY,
    PULL,
    PULL_AND_PUSH,
    PUSH,
    PUSH_AND_PULL,
    PUSH_AND_PUSH,
    SYNC,
    TEST_SERVICE,
    TWO_WAY,
)
from node.msh.schedule import ScheduleError, read_duration

#: Binding of a two-way exchange by whether its first and its second leg are pulled.
_TWO_WAYS: Final = {(False, False): PUSH_AND_PUSH, (False, True): PUSH_AND_PULL, (True, False): PULL_AND_PUSH}
_INTERVAL: Final = "leg.x.pull.interval"
_WAIT: Final = "leg.x.sync.wait"
_TURNED: Final = {"send": "receive", "receive": "send", "both": "both"}


def is_pulled(agreement: Agreement, agreed: AgreedService) -> bool:
    """Whether the receiver pulls these messages."""
    if agreed.pulled is not None:
        return agreed.pulled
    match agreement.parameters["mep_binding"]:
        case binding if binding == PUSH_AND_PULL:
            return bool(agreed.answers)
        case binding if binding == PULL_AND_PUSH:
            return any(second_leg_of(agreement, agreed, action) for action in agreed.actions)
        case binding:
            return bool(binding == PULL)


def is_sync(agreement: Agreement, agreed: AgreedService) -> bool:
    """Whether these answers go back on the HTTP exchange of what they answer."""
    return agreed.sync or bool(agreed.answers and agreed.pulled is None and agreement.parameters["mep_binding"] == SYNC)


def channel_of(agreement: Agreement, agreed: AgreedService) -> str:
    """The message partition channel of these messages."""
    p = agreement.parameters
    mpc: str = agreed.mpc or p["leg.business_info.mpc"]
    extension = p["leg.business_info.sub_mpc_ext"]
    # spec: A 3.5
    return f"{mpc.rstrip('/')}/{extension}" if extension and is_pulled(agreement, agreed) else mpc


def first_leg_of(agreement: Agreement, agreed: AgreedService) -> AgreedService | None:
    """What these actions answer."""
    if not agreed.answers:
        return None
    firsts = (one for one in agreement.services if one.service == agreed.service and agreed.answers in one.actions)
    return next(firsts, None)


def second_leg_of(agreement: Agreement, agreed: AgreedService, action: str) -> AgreedService | None:
    """What answers this action."""
    return next((one for one in agreement.services if one.service == agreed.service and one.answers == action), None)


def is_swapped(agreement: Agreement, agreed: AgreedService) -> bool:
    """Whether the sender of these messages is the responder of the whole exchange: it is pulled from, or it answers."""
    first = first_leg_of(agreement, agreed)
    return not is_pulled(agreement, first) if first else is_pulled(agreement, agreed)


def binding_of(agreement: Agreement, agreed: AgreedService, action: str) -> tuple[str, str]:
    """PMode.MEP and PMode.MEPbinding."""
    first = first_leg_of(agreement, agreed)
    second = agreed if first else second_leg_of(agreement, agreed, action)
    if second is None:
        return ONE_WAY, PULL if is_pulled(agreement, agreed) else PUSH
    if is_sync(agreement, second):
        return TWO_WAY, SYNC
    return TWO_WAY, _TWO_WAYS.get((is_pulled(agreement, first or agreed), is_pulled(agreement, second)), PUSH_AND_PUSH)


def sync_wait(agreement: Agreement, agreed: AgreedService, action: str) -> float:
    """For how many seconds the HTTP exchange of the first leg stays open for the second, said of both; 0 where it does not."""
    second = agreed if agreed.answers else second_leg_of(agreement, agreed, action)
    if second is None or not is_sync(agreement, second):
        return 0.0
    return read_duration(agreement.parameters[_WAIT]).total_seconds()


def pattern_words(agreement: Agreement, agreed: AgreedService) -> Iterator[str]:
    """Direction and pattern for an operator."""
    yield agreed.direction
    if is_pulled(agreement, agreed):
        yield f"pulled on MPC {channel_of(agreement, agreed)}"
    if agreed.answers:
        yield f"answers {agreed.answers}" + (" on its connection" if is_sync(agreement, agreed) else "")


# -- checking --------------------------------------------------------------------------------------------------------


def check_patterns(agreement: Agreement, problems: Problems) -> bool:
    """Note every pattern that cannot work, and every address, channel and right that one of them lacks; whether there is none."""
    before, file, p = len(problems.found), agreement.file, agreement.parameters
    if not agreement.url and any(_calls(agreement, one) for one in agreement.services):
        problems.add(
            file, "partner.url", "is required, since we send to this partner", 'or say direction = "receive" for every service'
        )
    try:
        read_duration(p[_INTERVAL])
    except ScheduleError as error:
        problems.add(p.origins[_INTERVAL].file or file, _INTERVAL, str(error), error.remedy)
    if p["leg.security.pmode_authorize"]:
        for name in ("username", "password"):
            if not p[f"initiator.authorization.{name}"]:
                problems.add(file, f"initiator.authorization.{name}", "is required by leg.security.pmode_authorize")
    _check_two_way(agreement, problems)
    for i, agreed in enumerate(agreement.services, 1):
        _check_answers(agreement, agreed, f"service[{i}].answers", problems)
        if is_sync(agreement, agreed):
            _check_sync(agreement, agreed, i, problems)
        if is_pulled(agreement, agreed):
            _check_pulled(agreement, agreed, f"service[{i}].mpc", problems)
    return len(problems.found) == before


def _check_two_way(agreement: Agreement, problems: Problems) -> None:
    """PMode.MEP and its binding belong together, and a two-way exchange has a second leg."""
    mep, binding = agreement.parameters["mep"], agreement.parameters["mep_binding"]
    two_ways = (SYNC, *_TWO_WAYS.values())
    if (mep == TWO_WAY) != (binding in two_ways):
        said = f"{binding} does not go with PMode.MEP {mep}"
        problems.add(
            agreement.file, "mep_binding", said, f"write one of {', '.join(two_ways if mep == TWO_WAY else (PUSH, PULL))}"
        )
    elif mep == TWO_WAY and not any(one.answers for one in agreement.services):
        problems.add(agreement.file, "service", "PMode.MEP is twoWay, and no service answers another", 'write answers = "ACTION"')


def _calls(agreement: Agreement, agreed: AgreedService) -> bool:
    """Whether we open connections to the partner: to push, to pull, or to post a receipt."""
    pulled = is_pulled(agreement, agreed)
    later = agreement.parameters["leg.security.send_receipt.reply_pattern"] == "Callback"
    receives = agreed.direction != "send"
    return (receives and (pulled or later)) if agreed.direction == "receive" else (not pulled or receives)


def _check_pulled(agreement: Agreement, agreed: AgreedService, key: str, problems: Problems) -> None:
    file, p = agreement.file, agreement.parameters
    # spec: ED 4.5
    if channel_of(agreement, agreed) == DEFAULT_MPC:
        problems.add(file, key, "is required: what is pulled has a channel of its own", 'write mpc = "urn:..."')
    if " " in channel_of(agreement, agreed):
        # An MPC is an xsd:anyURI; and answers wait on channels of ours whose names hold a space.
        problems.add(file, key, f"{channel_of(agreement, agreed)!r} is no URI", "leave the space out")
    if not p["leg.security.pmode_authorize"] and not p["leg.security.x509.sign"] and not agreement.certificates.tls:
        what = "is required: nothing else says who may pull, since the profile neither signs nor wants a username token"
        problems.add(file, "certificates.tls", what)


def _check_answers(agreement: Agreement, agreed: AgreedService, key: str, problems: Problems) -> None:
    if not agreed.answers:
        return
    file, first = agreement.file, first_leg_of(agreement, agreed)
    if first is None:
        actions = [action for one in agreement.services if one.service == agreed.service for action in one.actions]
        problems.add(file, key, f"no action {agreed.answers!r} is agreed in this service", nearest(agreed.answers, actions))
    elif agreed.direction != _TURNED[first.direction]:
        problems.add(
            file,
            key,
            f"an answer goes the other way: {agreed.answers} is {first.direction}, so this is {_TURNED[first.direction]}",
        )
    elif is_pulled(agreement, first) and is_pulled(agreement, agreed):
        problems.add(file, key, "both legs are pulled, for which the standard has no binding", "push one of them")
    elif agreed.service.value == TEST_SERVICE:
        problems.add(file, key, "a test has no answer but its receipt")


def _check_sync(agreement: Agreement, agreed: AgreedService, number: int, problems: Problems) -> None:
    file, p, first = agreement.file, agreement.parameters, first_leg_of(agreement, agreed)
    if not agreed.answers:
        problems.add(file, f"service[{number}].answers", "is required: only an answer can go back on a connection")
    elif first is not None and is_pulled(agreement, first):
        problems.add(
            file,
            f"service[{number}].binding",
            f"{agreed.answers} is pulled, so it leaves no connection open",
            'write binding = "push"',
        )
    if not agreement.url:
        # The receipt of the request finds no room in the response, and the answer none once it has come too late.
        problems.add(file, "partner.url", "is required: receipts, and answers that come too late, are posted")
    origin = p.origins[_WAIT].file or file
    try:
        wait = read_duration(p[_WAIT]).total_seconds()
    except ScheduleError as error:
        problems.add(origin, _WAIT, str(error), error.remedy)
        return
    if not 0 < wait < p["leg.x.http.read_timeout"]:
        problems.add(
            origin, _WAIT, f"must be more than 0 and less than leg.x.http.read_timeout ({p['leg.x.http.read_timeout']:g} s)"
        )
