"""The judge: an executable catalogue of what the standards ask of a message handler.

A *capture* is the octets of one exchange as they were on the wire, with their provenance. A *predicate* is a function of a
capture whose *verdict* is pass, fail or not applicable, with its reason. Nothing here imports `node`, so that captures of any product can be judged.
"""
