"""The standard as values: messages, header, P-Modes, errors, receipts and states of ebMS 3.0 and AS4.

Octets and values in, values and octets out: nothing here knows of a disk, a socket or a clock.
"""
