"""What two authorities have exchanged, from both sides: the entries of a period, their digests, what differs, and batches of documents sent together.

Each night each side sends the other an exchange manifest, sealed. `reconcile` compares it with what is on file here, and the answer of level L4 says whether both agree.
"""
