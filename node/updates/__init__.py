"""Changes of an agreement that travel as messages: a request, and its response or exception.

Source: OASIS ebCore Agreement Update 1.0 (CS01, 2016), with its one concrete request, the update of a certificate. An update never changes the agreement that
it is about: it makes another, under another identifier, which counts from a time that both sides know. Octets in, values out; nothing here decides.
"""
