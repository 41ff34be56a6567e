"""Uploads in parts that a crash has left unfinished in a bucket: no object shows them, and they take room until they are aborted.

obstore knows no such request, so the two that are needed are signed here (AWS Signature Version 4).
"""

import hashlib
import hmac
import ssl
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import Final, NamedTuple
from urllib.parse import quote, urlsplit

from node.bucket import Bucket, Credentials
from node.ebms.xml import Element, XmlRefused, parse_xml
from node.msh.ports import StorageUnavailable

_NOTHING: Final = hashlib.sha256(b"").hexdigest()
_TIMEOUT: Final = 30.0
_ANSWER: Final = 1 << 20


class Upload(NamedTuple):
    """One unfinished upload."""

    key: str
    id: str
    began_at: datetime


class Uploads:
    """The unfinished uploads of one bucket below its prefix. Every method raises StorageUnavailable when the store does not answer as it must."""

    def __init__(self, bucket: Bucket, credentials: Credentials) -> None:
        self._bucket, self._credentials = bucket, credentials
        endpoint = bucket.endpoint or f"https://s3.{bucket.region}.amazonaws.com"
        self._secure = endpoint.startswith("https://")
        self._host, self._path = urlsplit(endpoint).netloc, urlsplit(endpoint).path

    def unfinished(self, now: datetime) -> Iterator[Upload]:
        """Each one with when it began."""
        # Not every store can be asked for a prefix, so that the answer is sifted here.
        prefix = f"{self._bucket.prefix}/" if self._bucket.prefix else ""
        query = {"uploads": ""}
        while query:
            octets = self._ask("GET", "", query, now)
            try:
                root = parse_xml(octets)
                for one in root.iterfind("{*}Upload"):
                    if _text(one, "Key").startswith(prefix):
                        yield Upload(_text(one, "Key"), _text(one, "UploadId"), datetime.fromisoformat(_text(one, "Initiated")))
            except (XmlRefused, ValueError) as error:
                raise StorageUnavailable(f"{self._bucket.url}: its list of uploads cannot be read: {error}") from error
            markers = {"key-marker": _text(root, "NextKeyMarker"), "upload-id-marker": _text(root, "NextUploadIdMarker")}
            query = {"uploads": "", **markers} if _text(root, "IsTruncated") == "true" and all(markers.values()) else {}

    def abort(self, upload: Upload, now: datetime) -> None:
        """Harmless for one that has ended meanwhile."""
        self._ask("DELETE", upload.key, {"uploadId": upload.id}, now)

    def _ask(self, method: str, key: str, query: dict[str, str], now: datetime) -> bytes:
        path = quote(f"{self._path}/{self._bucket.name}" + (f"/{key}" if key else ""))
        asked = "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in sorted(query.items()))
        headers = sign(method, self._host, path, asked, self._bucket.region, self._credentials, now)
        try:
            with closing(self._connect()) as connection:
                connection.request(method, f"{path}?{asked}", headers=headers)
                answer: HTTPResponse = connection.getresponse()
                octets = answer.read(_ANSWER)
        except (OSError, HTTPException) as error:
            raise StorageUnavailable(f"{self._bucket.url}: {error}") from error
        if answer.status not in {200, 204, 404}:
            raise StorageUnavailable(f"{self._bucket.url}: {answer.status} {answer.reason} for its unfinished uploads")
        return octets

    def _connect(self) -> HTTPConnection:
        if not self._secure:
            return HTTPConnection(self._host, timeout=_TIMEOUT)
        context = ssl.create_default_context()
        if self._bucket.authority:
            context.load_verify_locations(cadata=self._bucket.authority.decode("ascii", "ignore"))
        return HTTPSConnection(self._host, timeout=_TIMEOUT, context=context)


def sign(method: str, host: str, path: str, query: str, region: str, credentials: Credentials, now: datetime) -> dict[str, str]:
    """The headers of a request without a body; `path` and `query` are as they go over the wire."""
    at = now.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    headers = {"host": host, "x-amz-content-sha256": _NOTHING, "x-amz-date": at}
    if credentials.session_token:
        headers["x-amz-security-token"] = credentials.session_token
    names = ";".join(sorted(headers))
    lines = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
    request = f"{method}\n{path}\n{query}\n{lines}\n{names}\n{_NOTHING}"
    scope = f"{at[:8]}/{region}/s3/aws4_request"
    text = f"AWS4-HMAC-SHA256\n{at}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
    key = f"AWS4{credentials.secret_key}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.digest(key, text.encode(), "sha256").hex()
    proof = f"AWS4-HMAC-SHA256 Credential={credentials.access_key}/{scope}, SignedHeaders={names}, Signature={signature}"
    return {**headers, "authorization": proof}


def _text(element: Element, name: str) -> str:
    return element.findtext(f"{{*}}{name}") or ""
