"""Uploads that a crash cut off are found in a real S3 server and aborted; requests are signed as Amazon's own example."""

import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from node.bucket import Bucket, Credentials
from node.msh.ports import StorageUnavailable
from node.store.files import FileQuarantine, PayloadFiles
from node.store.objects import PART, Objects, PayloadObjects
from node.store.uploads import Uploads, sign

ROOT = Path(__file__).parents[2]
CHILD = """
import sys
from pathlib import Path
from node.bucket import Bucket, Credentials
from node.store.objects import Objects
endpoint, key, secret, path = sys.argv[1:]
objects = Objects(Bucket("customs", "tw", endpoint, credentials=Credentials(key, secret)))
objects.put("aa/aa", Path(path), Path(path).stat().st_size)
"""


def test_a_request_is_signed_as_in_the_example_of_the_documentation():
    """GET ?lifecycle of "Examples: Signature Calculations in AWS Signature Version 4"."""
    credentials = Credentials("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
    at = datetime(2013, 5, 24, tzinfo=UTC)
    headers = sign("GET", "examplebucket.s3.amazonaws.com", "/", "lifecycle=", "us-east-1", credentials, at)
    assert headers["authorization"].endswith("Signature=fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543")
    token = Credentials("A", "S", "session")
    assert "x-amz-security-token" in sign("GET", "h", "/", "", "r", token, at)["authorization"]


def cut_off(s3, tmp_path):
    """A process that dies in the middle of an upload."""
    path = tmp_path / "large"
    path.write_bytes(os.urandom(25 * PART))
    credentials = s3.bucket().credentials
    words = [sys.executable, "-c", CHILD, s3.endpoint, credentials.access_key, credentials.secret_key, str(path)]
    child = subprocess.Popen(words, cwd=ROOT)
    end = time.monotonic() + 30
    while not any(one.is_file() for one in s3.root.rglob("*")) and time.monotonic() < end:
        time.sleep(0.002)
    child.send_signal(signal.SIGKILL)
    assert child.wait(30) == -signal.SIGKILL


def test_an_upload_that_a_crash_cut_off_is_aborted_after_a_day(s3, tmp_path):
    cut_off(s3, tmp_path)
    now = datetime.now(UTC)
    uploads = Uploads(s3.bucket(), s3.bucket().credentials)
    assert [one.key for one in uploads.unfinished(now)] == ["tw/aa/aa"]
    assert list(Uploads(s3.bucket("other"), s3.bucket().credentials).unfinished(now)) == []
    payloads = PayloadObjects(Objects(s3.bucket()), PayloadFiles(tmp_path / "p", FileQuarantine(tmp_path / "q", lambda: "u")))
    assert list(payloads.lying()) == []
    assert payloads.tidy(now - timedelta(days=1), now) == 0
    assert payloads.tidy(now + timedelta(minutes=1), now) == 1
    assert [one for one in s3.root.rglob("*") if one.is_file()] == []
    assert list(uploads.unfinished(now)) == []


def test_whatever_the_store_says_is_told(s3):
    now = datetime.now(UTC)
    with pytest.raises(StorageUnavailable, match="403 Forbidden"):
        list(Uploads(s3.bucket(secret="wrong"), s3.bucket(secret="wrong").credentials).unfinished(now))
    s3.kill()
    with pytest.raises(StorageUnavailable, match="Connection refused"):
        list(Uploads(s3.bucket(), s3.bucket().credentials).unfinished(now))


def test_a_bucket_of_amazon_is_asked_at_its_region():
    uploads = Uploads(Bucket("customs", region="eu-central-1"), Credentials("a", "b"))
    assert (uploads._host, uploads._secure) == ("s3.eu-central-1.amazonaws.com", True)
    assert uploads._connect().host == "s3.eu-central-1.amazonaws.com"
