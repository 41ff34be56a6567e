"""Seals: XAdES signatures of authorities over whole documents, made and judged. Source: DESIGN 6.

A *claim* is what a ds:Signature says, read in the one shape that is allowed. A *stamp* is an RFC 3161 time-stamp. The *status* of a certificate is judged at the *proven time*. A `Memory`
holds what need not be worked out twice. A *container* (ASiC-E) seals files that are no XML.

The octets are ours, not signxml's: its verifier knows neither time-stamps nor who may be trusted for what, and asks for more than we may accept; its signer reads the clock,
needs the private key itself and adds a reference to KeyInfo, which DESIGN 6 forbids. It is the second opinion of the tests.
"""
