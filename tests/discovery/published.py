"""Metadata for tests: made by us, signed by a publisher of the test PKI."""

from datetime import UTC, datetime

from node.discovery.identifiers import Identifier
from node.discovery.metadata import AS4, Endpoint, EndpointCertificate, Metadata
from node.security.period import Period

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
KOREA = Identifier("iso6523-actorid-upis", "0203:KR-KCS")
SERVICE = Identifier("bdx-docid-qns", "urn:n2n:customs:co:1::CertificateOfOrigin")
PROCESS = Identifier("cenbii-procid-ubl", "urn:n2n:customs:svc:co")
YEAR = Period(datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))


def metadata(pki, version="2.0", **changes):
    """One service of Korea, at one endpoint."""
    certificate = pki.key("b").certificate
    purpose = "bdxr-smp-2-encryption" if version == "2.0" else ""
    values = {
        "processes": (PROCESS,),
        "transport_profile": AS4,
        "url": "https://as4.kr.example/as4",
        "certificates": (EndpointCertificate(certificate, purpose, YEAR if version == "2.0" else Period()),),
        "validity": YEAR,
        "description": "Certificates of origin",
        "contact": "https://kr.example/contact",
        **changes,
    }
    return Metadata(version, KOREA, SERVICE, (Endpoint(**values),))
