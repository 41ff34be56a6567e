"""Agreements as other products write them: Domibus and Holodeck P-Modes, CPPA 3.0, phase4's JSON, read and written.

`Item` (items.py) is one element, attribute or member of a file; `Account` (account.py) holds what became of each. An `Exchange` (exchange.py) is
one service and action in one direction, said neutrally: readers make exchanges, writers take them, `drafts` (gathering.py) makes agreements of them,
and `compare` (comparing.py) holds them against ours. formats.py knows all formats. Octets in, values out; a password is never read.
"""
