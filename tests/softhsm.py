"""A SoftHSM token of a test's own, and keys in it."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from node.security.keys import SoftwareKey

MODULE = Path("/usr/lib/softhsm/libsofthsm2.so")
PIN = "907214"


@dataclass(frozen=True)
class SoftHsm:
    """One token named `n2n`; its folder may be taken away and put back."""

    folder: Path

    @staticmethod
    def make(folder: Path) -> "SoftHsm":
        """SOFTHSM2_CONF must say `configuration` when the library is first loaded, and again whenever it is begun anew."""
        made = SoftHsm(folder)
        made.tokens.mkdir(parents=True)
        text = f"directories.tokendir = {made.tokens}\nobjectstore.backend = file\nlog.level = ERROR\n"
        made.configuration.write_text(text)
        made._run("--init-token", "--free", "--label", "n2n", "--pin", PIN, "--so-pin", "5678")
        return made

    @property
    def configuration(self) -> Path:
        return self.folder / "softhsm2.conf"

    @property
    def tokens(self) -> Path:
        return self.folder / "tokens"

    def put(self, label: str, number: str, key: SoftwareKey) -> None:
        """A private key, imported under a label and an id."""
        path = self.folder / f"{label}.pem"
        path.write_bytes(key.private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        self._run("--import", path, "--token", "n2n", "--label", label, "--id", number, "--pin", PIN)

    def uri(self, label: str, number: str, more: str = "") -> str:
        return f"pkcs11:token=n2n;object={label};id=%{number};type=private?module-path={MODULE}{more}"

    def reference(self, own: Path, name: str, label: str, number: str, key: SoftwareKey) -> Path:
        """`name`.ref with its certificate and its PIN beside it."""
        path = own / f"{name}.ref"
        path.write_text(self.uri(label, number) + "\n")
        path.with_suffix(".crt").write_bytes(b"".join(one.x509.public_bytes(Encoding.PEM) for one in key.chain))
        pin = path.with_suffix(".password")
        pin.write_text(PIN)
        pin.chmod(0o600)
        return path

    def take_away(self) -> None:
        self.tokens.rename(self.folder / "away")

    def put_back(self) -> None:
        (self.folder / "away").rename(self.tokens)

    def _run(self, *words: object) -> None:
        environment = {**os.environ, "SOFTHSM2_CONF": str(self.configuration)}
        ended = subprocess.run(["softhsm2-util", *map(str, words)], env=environment, capture_output=True, text=True)
        assert ended.returncode == 0, ended.stderr


def missing() -> str:
    """Why there is no SoftHSM on this machine; nothing where there is one."""
    if not MODULE.exists() or not shutil.which("softhsm2-util"):
        return "SoftHSM is not installed (apt-get install softhsm2)"
    return ""


if __name__ == "__main__":
    # Sign rate through the token: python -m tests.softhsm FOLDER
    import threading
    import time

    from node.keyring.pkcs11_uri import read_uri
    from node.keyring.token import TokenKey, token_of
    from node.security.algorithms import ECDSA_SHA256, RSA_SHA256
    from tests.pki import Pki

    hsm, pki = SoftHsm.make(Path(sys.argv[1])), Pki()
    os.environ["SOFTHSM2_CONF"] = str(hsm.configuration)
    for at, (kind, algorithm) in enumerate((("rsa2048", RSA_SHA256), ("rsa3072", RSA_SHA256), ("p256", ECDSA_SHA256)), 1):
        held = pki.key("a", kind)
        hsm.put(kind, f"0{at}", held)
        uri = read_uri(hsm.uri(kind, f"0{at}"))
        key = TokenKey(held.certificate, held.chain, uri, token_of(uri, PIN))
        key.prove()
        for name, one, threads in (("file", held, 1), ("token", key, 1), ("token", key, 2), ("token", key, 4)):
            began, count = time.monotonic(), 400

            def work(one: object = one, count: int = count, algorithm: str = algorithm) -> None:
                for _ in range(count):
                    one.sign(algorithm, b"x" * 2000)  # type: ignore[attr-defined]

            running = [threading.Thread(target=work) for _ in range(threads)]
            for thread in running:
                thread.start()
            for thread in running:
                thread.join()
            print(f"{kind} {name}, {threads} threads: {threads * count / (time.monotonic() - began):.0f} signatures a second")
