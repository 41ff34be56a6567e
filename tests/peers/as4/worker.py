"""The PyPI library `as4` as a counterparty: JSON lines in, JSON lines out; octets are base64. Runs on the environment of requirements.lock alone.

The first line says who we are and who the partner is; each line after it is one job, named by `do`, answered by one line. See README.md.
"""

import base64
import json
import sys
import time
from importlib.metadata import version
from typing import Any

import as4
from as4 import peppol
from cryptography import x509
from cryptography.hazmat.primitives import serialization


class Network:
    """What both parties agreed on: Peppol's profile is the only one that as4 has, so these are Peppol's words for a certificate of origin."""

    def __init__(self, agreed: dict[str, str]) -> None:
        self.agreed = agreed

    def build(self, exchange: Any, payload: bytes) -> tuple[dict[str, str], bytes]:
        agreed = self.agreed
        arguments = peppol.PeppolAS4MessageBuilderArgs(
            sender=agreed["sender"],
            recipient=agreed["recipient"],
            document_type_identifier=peppol.BusdoxDocidQnsDocumentIdentifier.from_identifier_value(agreed["document"]),
            document_identification_instance_identifier="1",
            process_identifier=agreed["process"],
            c1_country_id="TW",
        )
        return exchange.build(payload, arguments)


class Worker:
    """One party; messages that were made wait here for their receipt."""

    def __init__(self, first: dict[str, Any]) -> None:
        self.network = Network(first["agreed"])
        self.me = internal(first["me"])
        self.partner = external(first["partner"])
        self.policy = as4.SecurityPolicy(signer_resolver=as4.pinned_certificates(self.partner.credentials.certificate))
        self.made: dict[str, Any] = {}

    def make(self, job: dict[str, Any]) -> dict[str, Any]:
        """Build a user message around an XML payload."""
        exchange = sending(self.me, self.partner)
        headers, body = self.network.build(exchange, base64.b64decode(job["payload"]))
        self.made[exchange.message_id] = exchange.mark_sent()
        document = next(iter(exchange.message.decrypted_data.values()))
        return {
            "message_id": exchange.message_id,
            "content_type": headers["Content-Type"],
            "body": text(body),
            "document": text(document),
        }

    def receipt(self, job: dict[str, Any]) -> dict[str, Any]:
        """Judge the answer to a message that was made here."""
        exchange = self.made[job["message_id"]]
        problem = None
        try:
            exchange.receive_signal(base64.b64decode(job["body"]))
        except as4.ReceiptVerificationError as error:
            problem = str(error)
        return {"state": exchange.state.value, "code": exchange.error.error_code if exchange.error else None, "problem": problem}

    def verify(self, job: dict[str, Any]) -> dict[str, Any]:
        """Verify, decrypt and answer a message of the partner's."""
        exchange = peppol.parse_peppol_message(
            {"Content-Type": job["content_type"]}, base64.b64decode(job["body"]), self.me, security_policy=self.policy
        )
        headers, signal = exchange.build_signal()
        error = exchange.error
        return {
            "state": exchange.state.value,
            "message_id": exchange.message_id,
            "error": f"{error.error_code} {error.short_description}: {error.error_detail.value}" if error else None,
            "payloads": [text(octets) for octets in exchange.message.decrypted_data.values()] if exchange.successful else [],
            "content_type": headers["Content-Type"],
            "receipt": text(signal),
        }

    def bench(self, job: dict[str, Any]) -> dict[str, Any]:
        """CPU seconds of one exchange of as4 with itself, averaged: build, verify, make the receipt, check it."""
        payload, count = base64.b64decode(job["payload"]), job["count"]
        other = internal(job["other"])
        policy = as4.SecurityPolicy(signer_resolver=as4.pinned_certificates(self.me.credentials.certificate))
        to = as4.AS4ExternalParty(identity=other.identity, credentials=external(job["other"]).credentials)
        started = time.process_time()
        for _ in range(count):
            sent = sending(self.me, to)
            headers, body = self.network.build(sent, payload)
            received = peppol.parse_peppol_message(headers, body, other, security_policy=policy)
            _, signal = received.build_signal()
            sent.receive_signal(signal)
            if not (sent.successful and received.successful):
                raise AssertionError(f"as4 refuses its own message: {received.error}")
        return {"cpu": (time.process_time() - started) / count}


def sending(me: Any, partner: Any) -> Any:
    return peppol.PeppolSendingExchange(profile=peppol.PeppolAS4Profile, local_party=me, remote_party=partner)


def internal(party: dict[str, str]) -> Any:
    key = serialization.load_pem_private_key(party["key"].encode(), None)
    return peppol.create_peppol_internal_party(party["id"], certificate(party), as4.AS4LocalPrivateKey(key))


def external(party: dict[str, str]) -> Any:
    return peppol.create_peppol_external_party(party["id"], certificate(party))


def certificate(party: dict[str, str]) -> x509.Certificate:
    return x509.load_pem_x509_certificate(party["certificate"].encode())


def text(octets: bytes) -> str:
    return base64.b64encode(octets).decode()


def tell(answer: dict[str, Any]) -> None:
    print(json.dumps(answer), flush=True)


def main() -> None:
    worker = Worker(json.loads(sys.stdin.readline()))
    jobs = {"make": worker.make, "receipt": worker.receipt, "verify": worker.verify, "bench": worker.bench}
    tell({package: version(package) for package in ("as4", "cryptography")})
    for line in sys.stdin:
        job = json.loads(line)
        try:
            tell(jobs[job["do"]](job))
        except Exception as problem:  # noqa: BLE001 a job that fails is an answer; the next one may be asked
            tell({"failed": f"{type(problem).__name__}: {problem}"})


if __name__ == "__main__":
    main()
