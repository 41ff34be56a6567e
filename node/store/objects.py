"""Octets in a bucket of an S3-compatible store, through obstore: an optional extra that is loaded only where a bucket is configured."""

import hashlib
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from node.bucket import Bucket
from node.configuration import refuse
from node.failpoints import failpoint
from node.msh.ports import Kept, StorageUnavailable
from node.store.files import FileOctets, FileQuarantine, Lying, PayloadFiles
from node.store.uploads import Uploads

if TYPE_CHECKING:
    from obstore.store import S3Config

#: Begins the name of what lies in the bucket; names without it lie in the data folder.
MARK: Final = "object:"
#: A larger object goes up in parts of this size; PARTS of them are in memory at a time.
PART: Final = 8 * 1024 * 1024
PARTS: Final = 2
#: An object is read in stretches of this size, each of which may be asked for again alone.
STRETCH: Final = 4 * 1024 * 1024
_CHUNK: Final = 262_144
_REQUEST: Final = timedelta(seconds=60)
_CONNECT: Final = timedelta(seconds=5)
#: No request is tried longer: a partner waits for the answer, and is better told 503.
_TRYING: Final = timedelta(seconds=20)
_PROBE: Final = ".writable"
_REMEDY: Final = "look at its name, its endpoint and region, and the credentials"


class Objects:
    """The objects of one bucket below its prefix. Every method raises StorageUnavailable when the store does not answer as it must."""

    def __init__(self, bucket: Bucket) -> None:
        """Raises ConfigurationError where obstore is not installed."""
        try:
            import obstore
            from obstore.store import S3Store
        except ImportError:
            refuse("node.toml", "store.payloads", "a bucket needs the package obstore", "install customs-n2n-node[s3]")
        self.bucket = bucket
        self._obstore = obstore
        self._store: S3Store = S3Store(
            bucket.name,
            prefix=bucket.prefix or None,
            config=_config(bucket),
            client_options={
                "allow_http": bucket.endpoint is not None and bucket.endpoint.startswith("http://"),
                "timeout": _REQUEST,
                "connect_timeout": _CONNECT,
                **({"root_certificate": bucket.authority} if bucket.authority else {}),
            },
            retry_config={"max_retries": 3, "retry_timeout": _TRYING},
        )

    def put(self, key: str, path: Path, size: int) -> None:
        """Upload a file; the store has all of it when this returns. What failed half way is aborted there."""
        with self._told(key):
            # The parts carry their SHA-256, so that the store itself refuses what was damaged on the way.
            self._obstore.put(self._store, key, path, use_multipart=size > PART, chunk_size=PART, max_concurrency=PARTS)
            found = self._obstore.head(self._store, key)["size"]
        if found != size:
            raise StorageUnavailable(f"{self.bucket.url}/{key}: {size} octets were sent, the store has {found}")

    def put_octets(self, key: str, octets: bytes) -> None:
        """The same of octets in memory."""
        with self._told(key):
            self._obstore.put(self._store, key, octets, use_multipart=len(octets) > PART, chunk_size=PART, max_concurrency=PARTS)
            found = self._obstore.head(self._store, key)["size"]
        if found != len(octets):
            raise StorageUnavailable(f"{self.bucket.url}/{key}: {len(octets)} octets were sent, the store has {found}")

    def whole(self, key: str) -> bytes:
        """All octets of an object."""
        with self._told(key):
            return bytes(self._obstore.get(self._store, key).bytes())

    def sizes(self) -> dict[str, int]:
        """Every object below the prefix, and how many octets it has."""
        with self._told(""):
            return {one["path"]: one["size"] for page in self._obstore.list(self._store) for one in page if one["path"] != _PROBE}

    def read(self, key: str, start: int, length: int) -> memoryview:
        """Some octets of an object."""
        with self._told(key):
            return memoryview(self._obstore.get_range(self._store, key, start=start, length=length))

    def remove(self, key: str) -> None:
        """Harmless for what is gone already."""
        with self._told(key):
            self._obstore.delete(self._store, key)

    def lying(self) -> Iterator[Lying]:
        """Every object below the prefix."""
        with self._told(""):
            for page in self._obstore.list(self._store):
                for one in page:
                    if one["path"] != _PROBE:
                        yield Lying(one["path"], one["last_modified"])

    def trouble(self) -> str | None:
        """Writes, reads and removes one small object: why that is not possible, or None."""
        try:
            with self._told(_PROBE):
                self._obstore.put(self._store, _PROBE, b"n2n", use_multipart=False)
                if bytes(self._obstore.get_range(self._store, _PROBE, start=0, length=3)) != b"n2n":
                    return f"{self.bucket.url} gives back other octets than were written"
                self._obstore.delete(self._store, _PROBE)
        except StorageUnavailable as error:
            return str(error)
        return None

    @contextmanager
    def _told(self, key: str) -> Iterator[None]:
        """Whatever the store says becomes StorageUnavailable with the place and a short reason."""
        where = f"{self.bucket.url}/{key}".rstrip("/")
        try:
            yield
        except FileNotFoundError as error:
            raise StorageUnavailable(f"{where} is not there") from error
        except (self._obstore.exceptions.BaseError, OSError) as error:
            raise StorageUnavailable(f"{where}: {short(error)}", _REMEDY) from error


def short(error: Exception) -> str:
    """What the store or the network said, in one line: its code where it gives one."""
    lines = str(error).splitlines() or [type(error).__name__]
    status = re.search(r"status code: (\d{3}[^:<]*)", lines[0])
    code = re.search(r"<Code>([^<]{1,80})</Code>", lines[0])
    if status:
        return " ".join(one.group(1).strip() for one in (status, code) if one)
    return lines[0].rpartition(" - ")[2][:200]


def _config(bucket: Bucket) -> "S3Config":
    config: S3Config = {"region": bucket.region, "checksum_algorithm": "SHA256"}
    if bucket.endpoint is not None:
        config["endpoint"] = bucket.endpoint
    if bucket.credentials is not None:
        config["access_key_id"] = bucket.credentials.access_key
        config["secret_access_key"] = bucket.credentials.secret_key
        if bucket.credentials.session_token is not None:
            config["session_token"] = bucket.credentials.session_token
    return config


class ObjectOctets:
    """`ports.Kept` over an object, read in stretches when it is asked for."""

    def __init__(self, objects: Objects, key: str, size: int, sha256: str | None) -> None:
        self._objects, self._key, self._size, self._sha256 = objects, key, size, sha256

    @property
    def size(self) -> int:
        return self._size

    @property
    def sha256(self) -> str:
        """The hash; read from the whole object where nobody computed it before."""
        if self._sha256 is None:
            digest = hashlib.sha256()
            for chunk in self.chunks():
                digest.update(chunk)
            self._sha256 = digest.hexdigest()
        return self._sha256

    def chunks(self, size: int = _CHUNK) -> Iterator[bytes | memoryview]:
        """The octets in order. Raises StorageUnavailable when the object is gone or shorter than what was kept."""
        for start in range(0, self._size, STRETCH):
            length = min(STRETCH, self._size - start)
            stretch = self._objects.read(self._key, start, length)
            if len(stretch) != length:
                raise StorageUnavailable(f"{self._key}: {self._size} octets were kept, {start + len(stretch)} are there")
            for at in range(0, length, size):
                yield stretch[at : at + size]

    def discard(self) -> None:
        """Nothing: a transaction has named these octets."""


class PayloadObjects:
    """`Payloads` in a bucket; what lay in the data folder before is read there for as long as rows name it."""

    def __init__(self, objects: Objects, files: PayloadFiles) -> None:
        self.objects, self.files = objects, files

    @property
    def quarantine(self) -> FileQuarantine:
        """On the local disk: what is not proven goes nowhere."""
        return self.files.quarantine

    def adopt(self, kept: Kept, claim: Callable[[str], None] = lambda name: None) -> tuple[str, FileOctets]:
        """Upload octets under their hash, or under a unique name where nobody computed it. Raises StorageUnavailable."""
        own = self.files.own(kept)
        name = own.known_sha256 or own.path.stem
        key = f"{name[:2]}/{name}"
        if own.known_sha256:
            claim(MARK + key)
        failpoint("in.14.before_upload")
        self.objects.put(key, own.path, own.size)
        failpoint("in.14.after_upload")
        own.unlink()
        return MARK + key, own

    def open(self, name: str, size: int, sha256: str | None) -> Kept:
        """The object or file that a row names."""
        if name.startswith(MARK):
            return ObjectOctets(self.objects, name.removeprefix(MARK), size, sha256)
        return self.files.open(name, size, sha256)

    def lying(self) -> Iterator[Lying]:
        """Objects and files."""
        for one in self.objects.lying():
            yield Lying(MARK + one.name, one.written_at)
        yield from self.files.lying()

    def remove(self, name: str) -> None:
        """Remove an object or a file."""
        if name.startswith(MARK):
            self.objects.remove(name.removeprefix(MARK))
        else:
            self.files.remove(name)

    def tidy(self, before: datetime, now: datetime) -> int:
        """Abort uploads that a crash cut off before an instant, and remove what is left in quarantine; how many.

        Without credentials of its own file the node cannot ask for uploads; then a rule of the bucket has to end them.
        """
        done, bucket = self.files.tidy(before, now), self.objects.bucket
        if bucket.credentials is not None:
            uploads = Uploads(bucket, bucket.credentials)
            for one in [one for one in uploads.unfinished(now) if one.began_at < before]:
                uploads.abort(one, now)
                done += 1
        return done

    def where(self, name: str) -> str:
        """The place of one, for people."""
        if name.startswith(MARK):
            return f"{self.objects.bucket.url}/{name.removeprefix(MARK)}"
        return self.files.where(name)

    def trouble(self) -> str | None:
        """Why nothing can be written there now, or None."""
        return self.objects.trouble()
