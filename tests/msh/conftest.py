"""The pairs of tests/exchanges, for the handler's modules one by one."""

from tests.exchanges.conftest import keys_of, pair_of

__all__ = ["keys_of", "pair_of"]
