"""WS-Security over a package: what a message claims, what is proven, how a message is signed and encrypted.

The nouns: a `Certificate` and a `KeyReference` that names one; a `SigningKey` and a `DecryptionKey` behind the narrow interface of private-key use;
a `Suite` of algorithms that a network prescribes; a `Claim`, which is what wsse:Security says; a `Proof`, which is what was verified; a path from a certificate to an anchor. Only what a
`Proof` covers is passed on. One shape of signature is read, exactly the one AS4 needs; nothing is looked up by URI outside the package.
"""
