"""`[leg.x.time]` of an agreement: how old a message may be, how far in the future its time may lie, what happens then, and how far clocks may be apart."""

from datetime import timedelta
from typing import Final

from node.agreements.resolve import Resolved
from node.agreements.retrying import retry_parameters
from node.agreements.window import retry_horizon
from node.configuration import Problems
from node.ebms.pmode import MessageTime, ReceptionAwareness
from node.msh.schedule import ScheduleError, duration_text, read_duration

TABLE: Final = "leg.x.time"
_LENGTHS: Final = ("max_age", "max_ahead", "max_apart")


def message_time(parameters: Resolved) -> MessageTime:
    """x.Time."""
    age, ahead, apart = (read_duration(parameters[f"{TABLE}.{name}"]).total_seconds() for name in _LENGTHS)
    return MessageTime(age, ahead, parameters[f"{TABLE}.action"] == "refuse", apart)


def check_time(parameters: Resolved, file: str, problems: Problems) -> None:
    """Note each value that is no length of time, and an age by which messages that are sent again as agreed would be refused."""
    for name in _LENGTHS:
        key = f"{TABLE}.{name}"
        try:
            read_duration(parameters[key])
        except ScheduleError as error:
            problems.add(parameters.origins[key].file or file, key, str(error), error.remedy)
            return
    if parameters[f"{TABLE}.action"] != "refuse":
        return
    age, horizon = read_duration(parameters[f"{TABLE}.max_age"]), _horizon(parameters)
    if age < horizon:
        problems.add(
            parameters.origins[f"{TABLE}.action"].file or file,
            f"{TABLE}.max_age",
            f"is {duration_text(age)}, and a message is sent again for up to {duration_text(horizon)} with its first timestamp: it would be refused",
            f"write at least {duration_text(horizon)}, and more for a message that waits to be pulled or for a calendar to open",
        )


def _horizon(parameters: Resolved) -> timedelta:
    retry = bool(parameters["leg.reception_awareness.retry"])
    return retry_horizon(ReceptionAwareness(retry=retry, retry_parameters=retry_parameters(parameters)))
