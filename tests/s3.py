"""A real S3 server on loopback: S3Proxy over a folder, which a test may kill, start again, and look into."""

import os
import signal
import socket
import subprocess
import time
from pathlib import Path

from node.bucket import Bucket, Credentials
from tests.homes import Side, free_port

IDENTITY, SECRET = "the-node", "s3-secret-of-the-test"
BUCKET = "customs"
PATIENCE = 30.0


class S3Server:
    """One server; `root` is what it holds: root/BUCKET/KEY."""

    def __init__(self, program: Path, folder: Path) -> None:
        self.program, self.folder, self.root = program, folder, folder / "objects"
        (self.root / BUCKET).mkdir(parents=True)
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        (folder / "s3proxy.conf").write_text(
            "s3proxy.authorization=aws-v2-or-v4\n"
            f"s3proxy.endpoint=http://127.0.0.1:{self.port}\n"
            f"s3proxy.identity={IDENTITY}\n"
            f"s3proxy.credential={SECRET}\n"
            "s3proxy.ignore-unknown-headers=true\n"
            "jclouds.provider=filesystem-nio2\n"
            "jclouds.identity=unused\n"
            "jclouds.credential=unused\n"
            f"jclouds.filesystem.basedir={self.root}\n"
        )

    def start(self) -> None:
        target = self.program / "target"
        command = ["java", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx256m"]
        command += ["-cp", f"{target}/s3proxy-server.jar:{target}/lib/*", "org.gaul.s3proxy.Main"]
        log = self.folder / "s3proxy.log"
        with log.open("ab") as errors:
            self._process = subprocess.Popen(
                [*command, "--properties", self.folder / "s3proxy.conf"], stdout=errors, stderr=errors
            )
        end = time.monotonic() + PATIENCE
        while not self._answers():
            assert self._process.poll() is None, log.read_text()[-2000:]
            assert time.monotonic() < end, "S3Proxy does not start"
            time.sleep(0.05)

    def _answers(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def kill(self) -> None:
        """As a power cut of the server."""
        if self._process is not None:
            os.kill(self._process.pid, signal.SIGKILL)
            self._process.wait(PATIENCE)
            self._process = None

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def bucket(self, prefix: str = "tw", secret: str = SECRET) -> Bucket:
        return Bucket(BUCKET, prefix, self.endpoint, credentials=Credentials(IDENTITY, secret))

    def objects(self, prefix: str = "tw") -> list[str]:
        """The keys below a prefix, as they lie on the server's disk."""
        folder = self.root / BUCKET / prefix
        return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())

    def path(self, key: str, prefix: str = "tw") -> Path:
        return self.root / BUCKET / prefix / key

    def use_in(self, side: Side) -> None:
        """Let a home keep its large payloads here."""
        secret = side.folder / "certs" / "own" / "s3.toml"
        secret.touch(mode=0o600)
        secret.write_text(f'access_key = "{IDENTITY}"\nsecret_key = "{SECRET}"\n')
        toml = side.folder / "node.toml"
        more = f'payloads = "s3://{BUCKET}/{side.name}"\n\n[store.s3]\nendpoint = "{self.endpoint}"\ncredentials = "certs/own/s3.toml"\n'
        text = toml.read_text()
        assert text.endswith('[store]\nfolder = "data"\n')
        toml.write_text(text + more)
