"""The retry schedule of an agreement: as the standard's free text, or as the table `[leg.x.retry]`, which becomes that text."""

from typing import Any, Final

from node.agreements.resolve import Resolved
from node.configuration import Problems
from node.msh.schedule import KNOWN, ScheduleError, read_schedule

TEXT: Final = "leg.reception_awareness.retry_parameters"
TABLE: Final = "leg.x.retry"


def retry_parameters(parameters: Resolved) -> str:
    """ReceptionAwareness.Retry.Parameters: the table as text where the agreement has one, else the text."""
    said = _said(parameters)
    if not said or _agreed(parameters, TEXT):
        return str(parameters[TEXT])
    return "; ".join(f"{name}={_text(value)}" for name, value in said.items())


def check_retry(parameters: Resolved, file: str, problems: Problems) -> None:
    """Note whatever is no schedule, with the file and key that say it and what is known."""
    said = _said(parameters)
    if said and _agreed(parameters, TEXT):
        problems.add(file, TABLE, f"says what {TEXT} says too", "leave one of them out")
        return
    key = f"{TABLE}.{next(iter(said))}" if said else TEXT
    try:
        read_schedule(retry_parameters(parameters))
    except ScheduleError as error:
        problems.add(parameters.origins[key].file or file, TABLE if said else TEXT, str(error), error.remedy)


def _said(parameters: Resolved) -> dict[str, Any]:
    values = {name: parameters[f"{TABLE}.{name}"] for name in KNOWN}
    return {name: value for name, value in values.items() if value not in (None, (), [])}


def _agreed(parameters: Resolved, key: str) -> bool:
    """Whether the agreement itself says this, and not its preset."""
    return parameters.origins[key].file.startswith("partners/")


def _text(value: Any) -> str:
    if isinstance(value, list | tuple):
        return " ".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)
