"""The rules that are programs, by the names that packs call them."""

from node.customs.checking import exchanges, manifest, operators
from node.customs.checking.check import Checks
from node.customs.operators.port import OperatorRegister


def programs(register: OperatorRegister | None) -> Checks:
    """Every program; the register of operators is asked by some, and by none when it is None: for what we send ourselves."""
    return {**manifest.CHECKS, **exchanges.CHECKS, **operators.checks(register)}
