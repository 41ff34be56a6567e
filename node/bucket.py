"""The bucket of an S3-compatible store, as `[store]` of node.toml names it; its credentials come from an owner-only file or from the environment."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from node.configuration import Problems, Table, read_toml

SCHEME: Final = "s3://"
#: What stores of other makers than Amazon answer to.
REGION: Final = "us-east-1"
_LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, slots=True)
class Credentials:
    """What opens the bucket; never shown."""

    access_key: str = field(repr=False)
    secret_key: str = field(repr=False)
    session_token: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Bucket:
    """Where large octets lie instead of a folder."""

    name: str
    #: Without slashes at its ends; several nodes may share a bucket under prefixes of their own.
    prefix: str = ""
    #: None for the service of Amazon.
    endpoint: str | None = None
    region: str = REGION
    #: None takes those of the environment (AWS_ACCESS_KEY_ID and the like) or of the machine's role.
    credentials: Credentials | None = None
    #: PEM of the authority of the endpoint's certificate, where the machine does not know it.
    authority: bytes | None = field(default=None, repr=False)

    @property
    def url(self) -> str:
        """As node.toml names it."""
        return f"{SCHEME}{self.name}" + (f"/{self.prefix}" if self.prefix else "")


def read_bucket(outer: Table, key: str, home: Path, url: str | None) -> Bucket | None:
    """The bucket that a key of a table names, with the table `s3` below it; None where the key names a folder."""
    table = outer.table("s3")
    if url is None:
        if table.values:
            table.problem("", f"is not used: {outer.key(key)} names no bucket", f'{key} = "s3://BUCKET/PREFIX"')
        return None
    name, _, prefix = url.removeprefix(SCHEME).partition("/")
    if not url.startswith(SCHEME) or not _is_bucket(name):
        remedy = "the name of a bucket has 3 to 63 small letters, digits, dots and hyphens" if url.startswith(SCHEME) else ""
        outer.problem(key, f"must be a folder or s3://BUCKET/PREFIX, is {url!r}", remedy)
    bucket = Bucket(
        name=name,
        prefix=prefix.strip("/"),
        endpoint=_read_endpoint(table),
        region=table.text("region", REGION),
        credentials=_read_credentials(table, home),
        authority=_read_authority(table, home),
    )
    table.finish()
    return bucket


def _is_bucket(name: str) -> bool:
    return 3 <= len(name) <= 63 and all(c.isascii() and (c.islower() or c.isdigit() or c in ".-") for c in name)


def _read_endpoint(table: Table) -> str | None:
    url = table.optional("endpoint")
    if url is None:
        return None
    parts = urlsplit(url)
    if parts.scheme not in ("https", "http") or not parts.hostname or parts.username:
        table.problem("endpoint", f"must be an https address, is {parts.scheme}://{parts.hostname or ''}")
    elif parts.scheme == "http" and parts.hostname not in _LOOPBACK:
        table.problem("endpoint", "must be https: plain http leaves this machine unprotected", "use https://")
    return url.rstrip("/")


def _read_credentials(table: Table, home: Path) -> Credentials | None:
    """The file that `credentials` names: `access_key`, `secret_key` and perhaps `session_token`."""
    name = table.optional("credentials")
    if name is None:
        return None
    path = home / name
    problems: Problems = table.problems
    if path.is_file() and path.stat().st_mode & 0o077:
        problems.add(name, "", "others may read these credentials", f"chmod 600 {path}")
        return None
    # Its values are in no message: a secret in the wrong place must not be shown either.
    values = read_toml(path, problems, name)
    if not values:
        return None
    known = {one: values.pop(one, None) for one in ("access_key", "secret_key", "session_token")}
    for one in values:
        problems.add(name, one, "is not known", "known here: access_key, secret_key, session_token")
    for one in ("access_key", "secret_key"):
        if not isinstance(known[one], str) or not known[one]:
            problems.add(name, one, "is required and must be a string")
    token = known["session_token"]
    return Credentials(str(known["access_key"]), str(known["secret_key"]), str(token) if token else None)


def _read_authority(table: Table, home: Path) -> bytes | None:
    name = table.optional("authority")
    if name is None:
        return None
    try:
        pem = (home / name).read_bytes()
    except OSError as error:
        table.problem("authority", f"{name} cannot be read: {error.strerror}", "name a PEM file, such as certs/trust/s3.pem")
        return None
    if b"-----BEGIN CERTIFICATE-----" not in pem:
        table.problem("authority", f"{name} holds no certificate in PEM")
        return None
    return pem
