"""What is on file, and what one more accepted document changes.

A document is *filed* when it was accepted. A *filing* is everything that it changes: itself, the *moves* of life cycles, its references, its step on the ladder. `OnFile` is how a
check asks; the store and a twin in memory answer.
"""
