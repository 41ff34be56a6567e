"""SOAP with Attachments: packages read and written as octets, without a disk, a socket or a clock.

A *package* is the body of an HTTP message: a bare SOAP envelope, or multipart/related. Its *parts* stand between *delimiters*; what stands
before the first is the *preamble*, after the last the *epilogue*. The *root part* holds the SOAP envelope; every other part is an *attachment*,
named by its *Content-ID*, which a `cid:` URL points to. The *transfer encoding* of a part is undone here: all that is handed on are the octets
that digests and decryption speak of. *Compression* is AS4's: a property of a payload, made before signing and undone after it.
"""
