"""AEO operators: what an authority says of an *operator* in a *record*, sent in a *record set*, and what we then know: which status held on which day, as known when, and from which message.

An *operator* here is one TIN in one tier of one programme of one sender. Its *history* has two times: the days for which a record holds, and when it was known. Source: DESIGN 4.
"""
