"""The words of trust: what a certificate is for, and the refusal that says why it may not be used."""

from enum import Enum


class Purpose(Enum):
    """What a certificate is to be used for."""

    SIGN = "sign"
    ENCRYPT = "encrypt"
    TLS_SERVER = "tls-server"
    TLS_CLIENT = "tls-client"
    SEAL = "seal"


class Untrusted(Exception):
    """The certificate may not be used; the text says why, for our log."""
