"""Attachments through digest and content encryption."""

import hashlib
import os
import tracemalloc

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from node.ebms.errors import EbmsError, FailedAuthentication, FailedDecryption, FeatureNotSupported
from node.ebms.message import SignedReference
from node.security import attachments
from node.security.algorithms import AES128_GCM, AES256_GCM, SHA256, SHA384, SHA512
from node.security.attachments import HELD_OCTETS, AttachmentIn, AttachmentOut, ContentKey, PartNotDigestible

GZIP = "application/gzip"
#: Around the sizes at which the treatment changes: nothing, a tag, a block, what is held in one piece, chunks.
SIZES = [0, 1, 15, 16, 17, 27, 28, 29, 4096, HELD_OCTETS - 28, HELD_OCTETS - 1, HELD_OCTETS, HELD_OCTETS + 1, 300_000]


def key(algorithm: str = AES128_GCM, media_type: str = GZIP) -> ContentKey:
    return ContentKey(algorithm, os.urandom(32 if algorithm == AES256_GCM else 16), media_type, "ski 00ff")


def cut(octets: bytes, size: int) -> list[bytes]:
    return [octets[start : start + size] for start in range(0, len(octets), size)]


def through(part, chunks) -> bytes:
    out = b"".join([bytes(part.feed(chunk)) for chunk in chunks])
    return out + part.finish()


def sent(octets: bytes, content_key: ContentKey | None, media_type: str = GZIP, method: str = SHA256, size: int = 1 << 18):
    part = AttachmentOut(content_key, method, media_type)
    return through(part, cut(octets, size)), part.digest


def reference(digest: bytes, method: str = SHA256) -> SignedReference:
    return SignedReference("cid:p1@a", method, digest)


def refusal(content_key: ContentKey | None, wire: bytes, digest: bytes, size: int = 1 << 18, media_type: str = GZIP) -> EbmsError:
    with pytest.raises(EbmsError) as caught:
        through(AttachmentIn(content_key, reference(digest), media_type), cut(wire, size))
    return caught.value


# -- round trips -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("algorithm", [AES128_GCM, AES256_GCM])
def test_what_is_sealed_is_iv_ciphertext_tag_and_opens_again(size, algorithm):
    octets, content_key = os.urandom(size), key(algorithm)
    wire, digest = sent(octets, content_key)
    assert len(wire) == 12 + size + 16
    assert AESGCM(content_key.key).decrypt(wire[:12], wire[12:], None) == octets
    assert digest == hashlib.sha256(octets).digest()
    part = AttachmentIn(content_key, reference(digest), GZIP)
    assert through(part, cut(wire, 1 << 18)) == octets
    assert (part.size, part.sha256, part.media_type) == (size, hashlib.sha256(octets).hexdigest(), GZIP)


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_where_chunks_are_cut_makes_no_difference(data):
    octets = os.urandom(data.draw(st.sampled_from([0, 40, HELD_OCTETS - 20, HELD_OCTETS + 40, 200_000])))
    sizes = st.lists(st.integers(0, 70_000) | st.integers(0, 40), max_size=12)

    def pieces(whole: bytes) -> list[bytes | bytearray | memoryview]:
        found, start = [], 0
        for kind, length in enumerate(data.draw(sizes)):
            found.append((bytes, bytearray, memoryview)[kind % 3](whole[start : start + length]))
            start += length
        return [*found, whole[start:]]

    content_key = key()
    out = AttachmentOut(content_key, SHA256, GZIP)
    wire = through(out, pieces(octets))
    assert through(AttachmentIn(content_key, reference(out.digest), GZIP), pieces(wire)) == octets


@pytest.mark.parametrize("size", [1000, 100_000])
def test_a_part_fed_octet_by_octet_opens(size):
    octets, content_key = os.urandom(size), key()
    wire, digest = sent(octets, content_key, size=1)
    assert through(AttachmentIn(content_key, reference(digest), GZIP), cut(wire, 1)) == octets


@pytest.mark.parametrize("method", [SHA256, SHA384, SHA512])
def test_the_digest_is_the_one_that_the_policy_names(method):
    name = {SHA256: "sha256", SHA384: "sha384", SHA512: "sha512"}[method]
    wire, digest = sent(b"octets", None, method=method)
    assert (wire, digest) == (b"octets", hashlib.new(name, b"octets").digest())
    part = AttachmentIn(None, reference(digest, method), GZIP)
    assert through(part, [wire]) == b"octets"
    assert part.sha256 == hashlib.sha256(b"octets").hexdigest()


def test_octets_that_came_out_stay_what_they_are():
    content_key, octets = key(), os.urandom(3 * HELD_OCTETS)
    out = AttachmentOut(content_key, SHA256, GZIP)
    pieces = [out.feed(chunk) for chunk in cut(octets, HELD_OCTETS)] + [out.finish()]
    back = AttachmentIn(content_key, reference(out.digest), GZIP)
    kept = [back.feed(piece) for piece in pieces] + [back.finish()]
    assert b"".join(kept) == octets


def test_no_two_parts_share_an_iv():
    content_key = key()
    assert len({sent(b"same", content_key)[0][:12] for _ in range(200)}) == 200
    assert len({sent(bytes(HELD_OCTETS + 1), content_key)[0][:12] for _ in range(20)}) == 20


def test_a_small_part_gives_nothing_before_it_is_proven():
    wire, digest = sent(b"small", content_key := key())
    part = AttachmentIn(content_key, reference(digest), GZIP)
    assert [bytes(part.feed(chunk)) for chunk in cut(wire, 7)] == [b""] * len(cut(wire, 7))
    assert part.finish() == b"small"


def test_memory_does_not_grow_with_the_part():
    content_key, chunk = key(), bytes(1 << 18)

    def run(chunks: int) -> int:
        out = AttachmentOut(content_key, SHA256, GZIP)
        back = AttachmentIn(content_key, None, GZIP)
        tracemalloc.start()
        for _ in range(chunks):
            back.feed(out.feed(chunk))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak

    assert run(64) < run(4) + (1 << 18)


# -- refusals --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [0, 5, 4096, HELD_OCTETS + 5, 200_000])
def test_every_damage_to_the_ciphertext_is_one_and_the_same_refusal(size):
    content_key = key()
    wire, digest = sent(os.urandom(size), content_key)
    damaged = {
        "iv": bytes([wire[0] ^ 1]) + wire[1:],
        "tag": wire[:-1] + bytes([wire[-1] ^ 1]),
        "middle": wire[: 12 + size // 2] + bytes([wire[12 + size // 2] ^ 0x80]) + wire[13 + size // 2 :],
        "tag cut off": wire[:-16],
        "one octet less": wire[:-1],
        "one octet more": wire + b"\0",
        "tag of 12 octets": wire[:-4],
        "without iv": wire[12:],
        "iv of 16 octets": b"\0\0\0\0" + wire,
        "nothing": b"",
        "27 octets": wire[:12] + wire[-15:],
    }
    refusals = {case: refusal(content_key, octets, digest) for case, octets in damaged.items()}
    assert {(error.definition, error.detail, str(error)) for error in refusals.values()} == {
        (
            FailedDecryption,
            "a part does not decrypt; its key is addressed to ski 00ff",
            "EBMS:0102 FailedDecryption: a part does not decrypt; its key is addressed to ski 00ff",
        )
    }


@pytest.mark.parametrize("length", range(28))
def test_less_than_iv_and_tag_is_refused(length):
    assert refusal(key(), bytes(length), b"").definition is FailedDecryption


@pytest.mark.parametrize("content_key", [None, key()])
@pytest.mark.parametrize("size", [10, 200_000])
def test_a_digest_that_differs_is_an_authentication_failure(content_key, size):
    wire, _ = sent(os.urandom(size), content_key)
    error = refusal(content_key, wire, bytes(32))
    assert error.definition is FailedAuthentication
    assert error.detail == "cid:p1@a: the digest differs from the one that was signed"


def test_a_digest_cut_short_is_refused():
    wire, digest = sent(b"octets", None)
    assert refusal(None, wire, digest[:16]).definition is FailedAuthentication
    assert refusal(None, wire, b"").definition is FailedAuthentication


def test_mime_headers_inside_the_encrypted_content_are_named():
    content_key = key()
    wire, _ = sent(b"Content-ID: <p1@a>\r\n\r\noctets", content_key)
    _, digest = sent(b"octets", None)
    assert refusal(content_key, wire, digest).detail.endswith("; the content begins with a MIME header, which is no part of it")


def test_a_wrong_tag_is_reported_before_a_wrong_digest():
    wire, _ = sent(bytes(200_000), content_key := key())
    assert refusal(content_key, wire[:-1] + bytes([wire[-1] ^ 1]), bytes(32)).definition is FailedDecryption


# -- XML and text (SwA 5.4.2) ----------------------------------------------------------------------------------------

CRLF = [
    # text, and what is digested of it
    (b"", b""),
    (b"a", b"a"),
    (b"a\nb", b"a\r\nb"),
    (b"a\r\nb", b"a\r\nb"),
    (b"a\rb", b"a\r\nb"),
    (b"\n\n", b"\r\n\r\n"),
    (b"\r\r", b"\r\n\r\n"),
    (b"\r\n\n\r", b"\r\n\r\n\r\n"),
    (b"\n\r", b"\r\n\r\n"),
    (b"end\r", b"end\r\n"),
]


@pytest.mark.parametrize("size", [1, 2, 3, 100])
@pytest.mark.parametrize(("text", "digested"), CRLF)
def test_text_is_digested_with_crlf_wherever_it_is_cut(text, digested, size):
    wire, digest = sent(text, None, "text/plain; charset=utf-8", size=size)
    assert (wire, digest) == (text, hashlib.sha256(digested).digest())
    part = AttachmentIn(None, reference(digest), "TEXT/csv")
    assert through(part, cut(wire, size)) == text
    assert part.sha256 == hashlib.sha256(text).hexdigest()


@settings(deadline=None, max_examples=150)
@given(st.lists(st.sampled_from([b"\r", b"\n", b"\r\n", b"x", b""]), max_size=30))
def test_text_in_chunks_is_digested_as_the_text_in_one(chunks):
    whole, parts = AttachmentOut(None, SHA256, "text/plain"), AttachmentOut(None, SHA256, "text/plain")
    through(whole, [b"".join(chunks)])
    through(parts, chunks)
    assert parts.digest == whole.digest


XML = [
    # document, and its exclusive canonical form
    (b'<?xml version="1.0" encoding="UTF-8"?>\n<a  z="1" b=\'2\'/>', b'<a b="2" z="1"></a>'),
    (b"<a>\r\n<b/></a>\n", b"<a>\n<b></b></a>"),
    (b'<a xmlns="urn:x" xmlns:u="urn:unused"><b/></a>', b'<a xmlns="urn:x"><b></b></a>'),
    (
        b"<!--a--><?p q ?><!--b--><a>x<!--c-->y<?r?><![CDATA[<!--]]></a><?s t?><!--d-->\n",
        b"<?p q ?>\n<a>xy<?r?>&lt;!--</a>\n<?s t?>",
    ),
    (b'<?xml-stylesheet href="x"?>\n<a/>', b'<?xml-stylesheet href="x"?>\n<a></a>'),
    ('<?xml version="1.0" encoding="UTF-16"?><a>\u00e4</a>'.encode("utf-16"), "<a>\u00e4</a>".encode()),
]
XML_TYPES = ["text/xml", "application/xml", "Application/XML; charset=utf-8", "application/vnd.wco.cuscar+xml", "image/svg+xml"]


@pytest.mark.parametrize("media_type", XML_TYPES)
@pytest.mark.parametrize(("document", "digested"), XML)
def test_xml_is_digested_in_exclusive_canonical_form(document, digested, media_type):
    wire, digest = sent(document, content_key := key(), media_type)
    assert digest == hashlib.sha256(digested).digest()
    part = AttachmentIn(content_key, reference(digest), media_type)
    assert through(part, cut(wire, 7)) == document
    assert part.sha256 == hashlib.sha256(document).hexdigest()


def test_xml_in_another_writing_has_the_same_digest():
    assert sent(b"<a b='1' c='2'/>", None, "text/xml")[1] == sent(b'<a  c="2"  b="1"></a>', None, "text/xml")[1]


@pytest.mark.parametrize("media_type", ["application/gzip", "application/pdf", "application/xmlx", "", "application/x+xml+zip"])
def test_anything_else_is_digested_as_it_is(media_type):
    octets = b"<a/>\r\n\xff"
    assert sent(octets, None, media_type)[1] == hashlib.sha256(octets).digest()


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"<a>",
        b"no xml",
        b"<a><!-- a -- b --></a>",
        b"<!-- <a/>",
        b'<?xml version="1.0" encoding="ISO-8859-1"?><a/>',
        b'<!DOCTYPE a [<!ENTITY e "x">]><a>&e;</a>',
        b"\x00",
    ],
)
def test_xml_that_cannot_be_canonicalized_is_refused(document):
    with pytest.raises(PartNotDigestible):
        sent(document, None, "text/xml")
    assert refusal(None, document, bytes(32), media_type="text/xml").definition is FailedAuthentication


def test_xml_too_large_to_canonicalize_is_refused_at_once_and_says_what_helps(monkeypatch):
    monkeypatch.setattr(attachments, "XML_OCTETS", 1000)
    with pytest.raises(PartNotDigestible):
        AttachmentOut(None, SHA256, "text/xml").feed(bytes(1001))
    part = AttachmentIn(None, reference(bytes(32)), "text/xml")
    part.feed(bytes(1000))
    with pytest.raises(EbmsError) as caught:
        part.feed(b"x")
    assert caught.value.definition is FeatureNotSupported
    assert "compress" in caught.value.detail


def test_xml_that_nobody_signed_is_not_parsed():
    assert through(AttachmentIn(None, None, "text/xml"), [b"<a"]) == b"<a"


@settings(deadline=None, max_examples=60)
@given(st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc"]), max_size=40), st.integers(1, 20))
def test_the_xml_digest_is_what_an_independent_canonicalizer_gives(text, size):
    root = etree.Element("{urn:x}a", nsmap={"p": "urn:x"})
    etree.SubElement(root, "b", {"v": text}).text = text
    root.addprevious(etree.ProcessingInstruction("before", text.replace("?>", "")))
    root.addprevious(etree.Comment("gone"))
    root.append(etree.ProcessingInstruction("within", "x"))
    root.append(etree.Comment("gone"))
    root.addnext(etree.ProcessingInstruction("after"))
    document = etree.tostring(root.getroottree())
    digest = sent(document, None, "application/xml", size=size)[1]
    canonical = etree.tostring(etree.fromstring(document).getroottree(), method="c14n", exclusive=True, with_comments=False)
    assert digest == hashlib.sha256(canonical).digest()
