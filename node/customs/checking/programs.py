"""The rules that are programs, by the names that packs call them."""

from node.customs.checking import exchanges, manifest, operators
from node.customs.checking.check import Checks
from node.customs.operators.port import OperatorRegister


def programs(register: OperatorRegister) -> Checks:
    """Every program; the register of operators is asked by some."""
    return {**manifest.CHECKS, **exchanges.CHECKS, **operators.checks(register)}
