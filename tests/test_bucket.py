"""The bucket that node.toml names is read with its credentials, which nothing shows."""

import pytest

from node.bucket import Bucket, Credentials
from node.configuration import ConfigurationError
from node.home import init_home, load_home

US = {"party_id": "TW-CUSTOMS", "party_type": "urn:x", "host": "n2n.example"}
SECRET = 'access_key = "AK"\nsecret_key = "very-secret"\n'


def home_with(folder, store, secret=SECRET, mode=0o600):
    init_home(folder, **US)
    toml = folder / "node.toml"
    toml.write_text(toml.read_text() + store)
    path = folder / "certs" / "own" / "s3.toml"
    path.write_text(secret)
    path.chmod(mode)
    return folder


def test_without_a_bucket_payloads_lie_in_the_data_folder(tmp_path):
    assert load_home(home_with(tmp_path / "a", "")).bucket is None
    assert load_home(home_with(tmp_path / "b", 'payloads = "folder"\n')).bucket is None


def test_a_bucket_is_read_with_everything(tmp_path):
    pem = b"-----BEGIN CERTIFICATE-----\n"
    store = """payloads = "s3://customs/tw/node1/"
[store.s3]
endpoint = "https://s3.example/"
region = "eu-central-1"
credentials = "certs/own/s3.toml"
authority = "certs/trust/s3.pem"
"""
    folder = home_with(tmp_path, store, SECRET + 'session_token = "st"\n')
    (folder / "certs" / "trust" / "s3.pem").write_bytes(pem)
    bucket = load_home(folder).bucket
    assert bucket == Bucket(
        "customs", "tw/node1", "https://s3.example", "eu-central-1", Credentials("AK", "very-secret", "st"), pem
    )
    assert (bucket.url, Bucket("customs").url) == ("s3://customs/tw/node1", "s3://customs")
    assert "very-secret" not in repr(bucket) and "AK" not in repr(bucket)


S3 = 'payloads = "s3://customs/tw"\n[store.s3]\n'
WRONG = [
    ('payloads = "customs"\n', SECRET, 0o600, "store.payloads: must be a folder or s3://BUCKET/PREFIX, is 'customs'"),
    ('payloads = "s3://Cu"\n', SECRET, 0o600, "store.payloads: must be a folder or s3://BUCKET/PREFIX"),
    ('[store.s3]\nregion = "x"\n', SECRET, 0o600, "store.s3: is not used: store.payloads names no bucket"),
    (S3 + 'endpoint = "ftp://x"\n', SECRET, 0o600, "store.s3.endpoint: must be an https address"),
    (S3 + 'endpoint = "http://s3.example"\n', SECRET, 0o600, "store.s3.endpoint: must be https"),
    (S3 + 'endpoint = "https://who:very-secret@s3.example"\n', SECRET, 0o600, "store.s3.endpoint: must be an https address"),
    (S3 + 'credentails = "x"\n', SECRET, 0o600, "store.s3.credentails: is not known; did you mean 'credentials'?"),
    (S3 + 'credentials = "certs/own/s4.toml"\n', SECRET, 0o600, "certs/own/s4.toml: no such file"),
    (S3 + 'credentials = "certs/own/s3.toml"\n', SECRET, 0o640, "others may read these credentials; chmod 600"),
    (S3 + 'credentials = "certs/own/s3.toml"\n', 'access_key = "AK"\n', 0o600, "secret_key: is required"),
    (S3 + 'credentials = "certs/own/s3.toml"\n', SECRET + 'token = "very-secret"\n', 0o600, "token: is not known"),
    (S3 + 'authority = "certs/trust/none.pem"\n', SECRET, 0o600, "store.s3.authority: certs/trust/none.pem cannot be read"),
    (S3 + 'authority = "node.toml"\n', SECRET, 0o600, "store.s3.authority: node.toml holds no certificate in PEM"),
]


@pytest.mark.parametrize(("store", "secret", "mode", "said"), WRONG, ids=[row[3][:50] for row in WRONG])
def test_every_mistake_is_told_with_its_place_and_without_the_secret(tmp_path, store, secret, mode, said):
    with pytest.raises(ConfigurationError) as told:
        load_home(home_with(tmp_path, store, secret, mode))
    assert said in str(told.value)
    assert "very-secret" not in str(told.value)
