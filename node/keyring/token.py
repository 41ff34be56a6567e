"""Keys in a PKCS#11 token: they sign and decrypt where they lie, and what goes out of here is what they made."""

import ctypes
import hashlib
import logging
import queue
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

from node.keyring.pkcs11_uri import Pkcs11Uri
from node.security import algorithms as a
from node.security.certificates import Certificate
from node.security.keys import KeyRefused, KeyUnavailable, KeyUseFailed, PublicKey
from node.security.oaep import decode

#: Sessions of one token at the same time; whoever wants another waits.
SESSIONS: Final = 8
_OS_LOCKING_OK: Final = 2
_RSA: Final[Mapping[str, str]] = {
    a.RSA_SHA256: "SHA256_RSA_PKCS",
    a.RSA_SHA384: "SHA384_RSA_PKCS",
    a.RSA_SHA512: "SHA512_RSA_PKCS",
}
_ECDSA: Final[Mapping[str, str]] = {a.ECDSA_SHA256: "sha256", a.ECDSA_SHA384: "sha384", a.ECDSA_SHA512: "sha512"}

T = TypeVar("T")
log = logging.getLogger("node.keyring.token")


def apart(work: Callable[[], T]) -> T:
    """What `work` gives in a thread of its own: a library over OpenSSL leaves errors with the thread that calls it, and TLS would take them for its own."""
    with ThreadPoolExecutor(1, "token") as fresh:
        return fresh.submit(work).result()


class _InitializeArgs(ctypes.Structure):
    _fields_ = (
        *((name, ctypes.c_void_p) for name in ("create", "destroy", "lock", "unlock")),
        ("flags", ctypes.c_ulong),
        ("reserved", ctypes.c_void_p),
    )


class Library:
    """One PKCS#11 library of this process. What runs in it is counted, so that nothing runs while it is begun anew."""

    def __init__(self, path: str) -> None:
        """Raises KeyUnavailable."""
        try:
            import pkcs11
        except ImportError as error:
            raise KeyUnavailable("keys in a token need the extra pkcs11: pip install python-pkcs11") from error
        self.path, self.pkcs11 = path, pkcs11
        self._quiet = threading.Condition()
        self._running = 0
        #: Changes when the library is begun anew; sessions of before are worth nothing then.
        self.generation = 0
        try:
            self._lib = apart(lambda: pkcs11.lib(path))
            apart(self._begin)
        except (pkcs11.PKCS11Error, RuntimeError, OSError) as error:
            raise KeyUnavailable(f"{path}: the library does not load: {said(error)}") from error

    def _begin(self) -> None:
        """The package begins the library for one thread alone; we have many."""
        if self._lib.initialized:
            self._lib.finalize()
        arguments = _InitializeArgs(flags=_OS_LOCKING_OK)
        answer = ctypes.CDLL(self.path).C_Initialize(ctypes.byref(arguments))
        if answer not in (0, 0x191):
            raise RuntimeError(f"C_Initialize says {answer:#x}")

    @contextmanager
    def running(self) -> Iterator[None]:
        """While something runs in the library."""
        with self._quiet:
            self._running += 1
        try:
            yield
        finally:
            with self._quiet:
                self._running -= 1
                self._quiet.notify_all()

    def begin_anew(self, generation: int) -> None:
        """Forget every session, unless somebody else just did; a token that comes back is found again only so."""
        with self._quiet:
            if generation != self.generation:
                return
            # A library that is ended under a call would take the process with it.
            if not self._quiet.wait_for(lambda: self._running == 0, timeout=10):
                return
            self.generation += 1
            # What they say shows itself at the next use.
            apart(lambda: ctypes.CDLL(self.path).C_Finalize(None))
            apart(lambda: ctypes.CDLL(self.path).C_Initialize(ctypes.byref(_InitializeArgs(flags=_OS_LOCKING_OK))))

    def token(self, uri: Pkcs11Uri) -> Any:
        """The token of a URI. Raises PKCS11Error."""
        wanted = {"token_label": uri.token or None, "token_serial": uri.serial.encode() or None}
        return self._lib.get_token(**{name: value for name, value in wanted.items() if value})


@dataclass(slots=True)
class _Open:
    generation: int
    session: Any
    #: Objects that were looked up, by the URI.
    objects: dict[Pkcs11Uri, Any] = field(default_factory=dict)


class Token:
    """The sessions with one token: made when wanted, used again, and made anew when the token was away."""

    def __init__(self, library: Library, uri: Pkcs11Uri, pin: str | None) -> None:
        self._library, self._uri, self._pin = library, uri, pin
        self._free: queue.LifoQueue[_Open | None] = queue.LifoQueue()
        for _ in range(SESSIONS):
            self._free.put(None)
        self._login = threading.Lock()
        self._logged_in_at = -1
        #: A token that has refused a PIN is not offered it again: it would lock itself.
        self._refused_pin = False

    def use(self, uri: Pkcs11Uri, work: Callable[[Any], T]) -> T:
        """What `work` makes of the private key. Raises KeyUseFailed when the token refuses it, KeyUnavailable when there is no answer."""
        held, why = self._free.get(), ""
        try:
            for attempt in range(3):
                try:
                    with self._library.running():
                        held = self._current(held)
                        return self._work(held, uri, work)
                except self._library.pkcs11.PKCS11Error as error:
                    self._drop(held)
                    held = None
                    why = why or said(error)
                    # First another session, then the library anew.
                    if attempt == 1:
                        self._library.begin_anew(self._library.generation)
            raise KeyUnavailable(
                f"the token {self._uri.token or self._uri.serial!r} of {self._uri.module} does not answer: {why}"
            )
        finally:
            self._free.put(held)

    def _work(self, held: _Open, uri: Pkcs11Uri, work: Callable[[Any], T]) -> T:
        key = held.objects.get(uri)
        if key is None:
            key = held.objects[uri] = self._find(held.session, uri)
        try:
            return work(key)
        except self._library.pkcs11.PKCS11Error as error:
            # A token that still knows the key refuses this very thing.
            _ = key[self._library.pkcs11.Attribute.KEY_TYPE]
            raise KeyUseFailed(f"the token refuses: {said(error)}") from error

    def _find(self, session: Any, uri: Pkcs11Uri) -> Any:
        wanted = {"label": uri.object or None, "id": uri.id or None, "object_class": self._library.pkcs11.ObjectClass.PRIVATE_KEY}
        return session.get_key(**{name: value for name, value in wanted.items() if value is not None})

    def certificate(self, uri: Pkcs11Uri) -> bytes | None:
        """The DER of the certificate that lies beside the key in the token. Raises KeyUnavailable."""
        attribute, object_class = self._library.pkcs11.Attribute, self._library.pkcs11.ObjectClass
        wanted = {attribute.LABEL: uri.object or None, attribute.ID: uri.id or None, attribute.CLASS: object_class.CERTIFICATE}
        query = {name: value for name, value in wanted.items() if value is not None}

        def find(key: Any) -> bytes | None:
            return next((bytes(one[attribute.VALUE]) for one in key.session.get_objects(query)), None)

        return self.use(uri, find)

    def _current(self, held: _Open | None) -> _Open:
        if held is not None and held.generation == self._library.generation:
            return held
        token = self._library.token(self._uri)
        with self._login:
            # One login counts for every session of the process.
            if self._pin is None or self._logged_in_at == self._library.generation:
                return _Open(self._library.generation, token.open())
            if self._refused_pin:
                raise KeyUnavailable(
                    f"the token {self._uri.token or self._uri.serial!r} refused its PIN before and is not asked again"
                )
            try:
                session = token.open(user_pin=self._pin)
            except self._library.pkcs11.UserAlreadyLoggedIn:
                session = token.open()
            except (self._library.pkcs11.PinIncorrect, self._library.pkcs11.PinLocked, self._library.pkcs11.PinInvalid) as error:
                self._refused_pin = True
                raise KeyUnavailable(
                    f"the token {self._uri.token or self._uri.serial!r} refuses its PIN: {said(error)}"
                ) from error
            self._logged_in_at = self._library.generation
            return _Open(self._library.generation, session)

    def _drop(self, held: _Open | None) -> None:
        if held is not None and held.generation == self._library.generation:
            with suppress(self._library.pkcs11.PKCS11Error), self._library.running():
                held.session.close()
        self._logged_in_at = -1


class _Held:
    """The libraries and tokens of this process: a library can be loaded once only."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.libraries: dict[str, Library] = {}
        self.tokens: dict[tuple[str, str, str, str | None], Token] = {}


_held: Final = _Held()


def token_of(uri: Pkcs11Uri, pin: str | None) -> Token:
    """The one of this process. Raises KeyUnavailable."""
    with _held.lock:
        library = _held.libraries.get(uri.module)
        if library is None:
            library = _held.libraries[uri.module] = Library(uri.module)
        key = uri.module, uri.token, uri.serial, pin
        token = _held.tokens.get(key)
        if token is None:
            token = _held.tokens[key] = Token(library, uri, pin)
        return token


@dataclass(frozen=True, slots=True)
class TokenKey:
    """`security.keys.OwnKey` over a key in a token; its certificate may lie in a file or in the token too."""

    certificate: Certificate
    chain: tuple[Certificate, ...]
    uri: Pkcs11Uri
    token: Token = field(repr=False, compare=False)

    def prove(self) -> None:
        """That the private key belongs to the certificate: by a use of it. Raises KeyRefused, KeyUnavailable."""
        public = self.certificate.public_key
        failures: list[str] = []
        for try_ in (self._prove_signing, self._prove_opening):
            try:
                return try_(public)
            except (KeyUseFailed, InvalidSignature, ValueError) as error:
                failures.append(str(error))
        raise KeyRefused(
            f"the key in the token is not the one of certificate {self.certificate.subject!r}, or does nothing: {failures[0]}"
        )

    def _prove_signing(self, _public: object) -> None:
        for algorithm in (a.RSA_SHA256, a.ECDSA_SHA256, a.EDDSA_ED25519):
            with suppress(TypeError):
                self.sign(algorithm, b"is this the key?")
                return
        raise KeyUseFailed("a key of a kind that signs nothing here")

    def _prove_opening(self, public: object) -> None:
        if not isinstance(public, rsa.RSAPublicKey):
            raise KeyUseFailed("no RSA key")
        digest, mgf = "http://www.w3.org/2001/04/xmlenc#sha256", "http://www.w3.org/2009/xmlenc11#mgf1sha256"
        wrapped = public.encrypt(b"is this the key?", padding.OAEP(padding.MGF1(a.OAEP_MGFS[mgf]), a.OAEP_DIGESTS[digest], None))
        if self.decrypt(wrapped, digest, mgf) != b"is this the key?":
            raise KeyUseFailed("another key")

    def sign(self, algorithm: str, octets: bytes) -> bytes:
        """The signature value under a SignatureMethod URI, verified before it goes out. Raises KeyUseFailed, KeyUnavailable; TypeError for a key of another kind."""
        value = self.token.use(self.uri, self._signing(algorithm, octets))
        try:
            a.SIGNATURES[algorithm].verify(self.certificate.public_key, value, octets)
        except InvalidSignature as error:
            raise KeyUseFailed(f"what the token signed does not verify with {self.certificate.subject!r}") from error
        return value

    def _signing(self, algorithm: str, octets: bytes) -> Callable[[Any], bytes]:
        from pkcs11 import Mechanism

        public = self.certificate.public_key
        if algorithm in _RSA and isinstance(public, rsa.RSAPublicKey):
            return lambda key: bytes(key.sign(octets, mechanism=Mechanism[_RSA[algorithm]]))
        if algorithm in _ECDSA and isinstance(public, ec.EllipticCurvePublicKey):
            # The value is r || s already, as XML Signature wants it.
            return lambda key: bytes(key.sign(hashlib.new(_ECDSA[algorithm], octets).digest(), mechanism=Mechanism.ECDSA))
        if algorithm == a.EDDSA_ED25519 and isinstance(public, ed25519.Ed25519PublicKey):
            return lambda key: bytes(key.sign(octets, mechanism=Mechanism.EDDSA))
        raise TypeError(f"cannot sign as {algorithm} with {self.certificate.subject!r}")

    def decrypt(self, wrapped: bytes, digest: str, mgf: str) -> bytes:
        """What RSA-OAEP wrapped for this key. Raises KeyUseFailed, KeyUnavailable."""
        public = self.certificate.public_key
        if not isinstance(public, rsa.RSAPublicKey):
            raise KeyUseFailed("no RSA key")
        # What no key could open is not even asked.
        if len(wrapped) != (public.key_size + 7) // 8 or int.from_bytes(wrapped, "big") >= public.public_numbers().n:
            raise KeyUseFailed("RSA-OAEP failed")
        hashed, masked = a.OAEP_DIGESTS.get(digest), a.OAEP_MGFS.get(mgf)
        if hashed is None or masked is None:
            raise KeyUseFailed("RSA-OAEP failed")
        from pkcs11 import MGF, Mechanism

        def bare(key: Any) -> bytes:
            return decode(bytes(key.decrypt(wrapped, mechanism=Mechanism.RSA_X_509)), hashed, masked)

        def whole(key: Any) -> bytes:
            names = (Mechanism[_mechanism(hashed.name)], MGF[masked.name.replace("-", "").upper()], None)
            return bytes(key.decrypt(wrapped, mechanism=Mechanism.RSA_PKCS_OAEP, mechanism_param=names))

        try:
            # Tokens differ in the digests that they know in OAEP, and some will not do the bare operation.
            try:
                return self.token.use(self.uri, bare)
            except KeyUseFailed:
                return self.token.use(self.uri, whole)
        except ValueError as error:
            raise KeyUseFailed("RSA-OAEP failed") from error

    def agree(self, originator: PublicKey) -> bytes:  # noqa: ARG002 - the port's signature
        """Raises KeyUseFailed: key agreement is not done in a token here; encrypt to a key in a file, or to an RSA key."""
        raise KeyUseFailed("key agreement in a token is not done")


def _mechanism(digest: str) -> str:
    return {"sha1": "SHA_1"}.get(digest, digest.upper())


def said(error: BaseException) -> str:
    """What a library says, which is often a class name alone."""
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
