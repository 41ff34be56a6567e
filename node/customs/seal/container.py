"""ASiC-E: files that are no XML, sealed together in one container with a XAdES signature over each of them. Source: EN 319 162-1; DESIGN 6 for what a seal may be."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote, unquote
from xml.sax.saxutils import quoteattr

from node.customs.partners import Partners
from node.customs.seal.adding import add_timestamp, add_values
from node.customs.seal.algorithms import method_for
from node.customs.seal.archive import DOCUMENTS, META, MIME_FILE, MIME_TYPE, ArchiveRefused, Bounds, read_archive, write_archive
from node.customs.seal.canonical import NotCanonical, part_limits
from node.customs.seal.claim import MOST_VALUES, Digested, SealClaim, read_seal
from node.customs.seal.judge import Sealed, Trial, judge_claim
from node.customs.seal.making import SealImpossible, complete_signature, reference, signature
from node.customs.seal.memory import Memory
from node.customs.seal.ports import TimestampAuthority
from node.customs.seal.refused import Fault
from node.ebms.namespaces import DS
from node.ebms.xml import Element, XmlRefused, escape_attribute, parse_xml
from node.security.algorithms import DIGESTS, digest
from node.security.elements import ShapeRefused, exactly, only_attributes
from node.security.keys import SigningKey

ASIC: Final = "http://uri.etsi.org/02918/v1.2.1#"
SIGNATURES: Final = "META-INF/signatures.xml"
MANIFEST: Final = "META-INF/manifest.xml"
_MANIFEST_NAMESPACE: Final = "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"
#: Where findings say the seal of a container is.
LOCATION: Final = "/XAdESSignatures/Signature"
_SAFE_IN_URI: Final = "/"


@dataclass(frozen=True, slots=True)
class Content:
    """One file that goes into a container."""

    octets: bytes = field(repr=False)
    mime_type: str = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class SealedFiles:
    """A container whose seal holds, and what it covers: every file that is in it."""

    seal: Sealed
    files: Mapping[str, bytes] = field(repr=False)


# -- judging -------------------------------------------------------------------------------------------------------


def judge_container(
    octets: bytes,
    *,
    partners: Partners,
    now: datetime,
    authority: str,
    country: str,
    memory: Memory | None = None,
    bounds: Bounds = DOCUMENTS,
) -> SealedFiles:
    """The files of a container and its seal, by the same rules as that of a document. Raises SealRefused.

    A container says nothing of who should have sealed it, so whoever asks says `authority` and `country`.
    """
    try:
        files, claim = open_container(octets, bounds)

        def same(one: Digested) -> bool:
            return digest(one.method, files[_file_of(one)]) == one.digest

        def feed(one: Digested, update: Callable[[bytes], Any]) -> None:
            update(files[_file_of(one)])

        trial = Trial(partners, now, authority, country, memory or Memory())
        return SealedFiles(judge_claim(claim, claim.references, same, feed, trial), files)
    except Fault as fault:
        raise fault.at(LOCATION) from None


def open_container(octets: bytes, bounds: Bounds = DOCUMENTS) -> tuple[dict[str, bytes], SealClaim]:
    """The files that the seal names, each once, and what the seal claims; none of it is proven. Raises Fault."""
    try:
        files, seal = _opened(read_archive(octets, bounds), bounds)
        claim = read_seal(seal, _most(bounds))
        _check_detached(claim, files)
    except (ArchiveRefused, ShapeRefused, NotCanonical, XmlRefused) as problem:
        raise Fault("SIG-05", str(problem)) from None
    return files, claim


def _most(bounds: Bounds) -> int:
    """References of a seal: those of a seal of documents are fewer than its files may be."""
    return MOST_VALUES if bounds == DOCUMENTS else bounds.files


def _opened(files: dict[str, bytes], bounds: Bounds) -> tuple[dict[str, bytes], Element]:
    """The files that are to be covered, and the one ds:Signature. Raises Fault."""
    inside = {name: files.pop(name) for name in list(files) if name.startswith(META)}
    seals = [name for name in inside if is_signatures(name)]
    if len(seals) != 1 or not files:
        raise Fault("SIG-01", f"{len(seals)} files of signatures over {len(files)} files")
    if others := [name for name in inside if name not in (seals[0], MANIFEST)]:
        raise Fault("SIG-05", f"{others[0]} is not read")
    try:
        root = parse_xml(inside[seals[0]], part_limits(_most(bounds)))
        if root.tag != f"{{{ASIC}}}XAdESSignatures":
            raise ShapeRefused("not XAdESSignatures")
        only_attributes(root)
        (seal,) = exactly(root, f"{{{DS}}}Signature")
    except (XmlRefused, ShapeRefused) as problem:
        raise Fault("SIG-05", f"{seals[0]}: {problem}") from None
    return files, seal


def is_signatures(name: str) -> bool:
    """Whether a file of META-INF holds signatures by its name, as EN 319 162-1 A.3 has it."""
    return name.startswith(META) and "signatures" in name and name.endswith(".xml")


def _check_detached(claim: SealClaim, files: Mapping[str, bytes]) -> None:
    """Each file is named by one reference to its very octets, and nothing else is. Raises ShapeRefused."""
    for one in claim.references:
        if one.transforms or one.type:
            raise ShapeRefused(f"Reference {one.uri[:80]!r}: a transform or a Type")
    named = [_file_of(one) for one in claim.references]
    if len(set(named)) != len(named) or set(named) != set(files):
        wrong = sorted(set(named) ^ set(files))
        raise ShapeRefused(f"the references are not one to each file: {', '.join(wrong)[:200] or 'one twice'}")
    if set(claim.formats) != {f"#{one.id}" for one in claim.references}:
        raise ShapeRefused("DataObjectFormat: not one for each reference")


def _file_of(reference: Digested) -> str:
    return unquote(reference.uri)


# -- making --------------------------------------------------------------------------------------------------------


def seal_files(files: Mapping[str, Content], key: SigningKey, now: datetime, bounds: Bounds = DOCUMENTS) -> bytes:
    """A container with these files and a seal (B-B) over each of them. Raises SealImpossible."""
    if not files:
        raise SealImpossible("there is no file to seal")
    for name in files:
        if name.startswith(META) or name == MIME_FILE:
            raise SealImpossible(f"{name}: a name that the container needs itself")
    try:
        method, hashing = method_for(key.certificate.public_key)
    except ValueError as problem:
        raise SealImpossible(str(problem)) from None
    references, types = [], {}
    for number, (name, content) in enumerate(files.items(), 1):
        mark = f"r{number}-"
        uri = escape_attribute(quote(name, safe=_SAFE_IN_URI))
        references.append(reference(mark, hashlib.new(DIGESTS[hashing], content.octets).digest(), hashing, (), uri))
        types[mark] = content.mime_type
    made = signature(references, types, key, now, method, hashing)
    made = complete_signature(made, parse_xml(_signatures(made), part_limits(_most(bounds)))[0], key, method, hashing)
    held = {name: content.octets for name, content in files.items()}
    return _packed(held, {name: content.mime_type for name, content in files.items()}, _signatures(made), now, bounds)


def _signatures(made: str) -> bytes:
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<asic:XAdESSignatures xmlns:asic="{ASIC}">{made}</asic:XAdESSignatures>'.encode()


def _packed(files: Mapping[str, bytes], types: Mapping[str, str], signatures: bytes, now: datetime, bounds: Bounds) -> bytes:
    rows = {"/": MIME_TYPE.decode(), **types}
    entries = "".join(
        f"<manifest:file-entry manifest:full-path={quoteattr(name)} manifest:media-type={quoteattr(kind)}/>"
        for name, kind in rows.items()
    )
    manifest = f'<manifest:manifest xmlns:manifest="{_MANIFEST_NAMESPACE}" manifest:version="1.2">{entries}</manifest:manifest>'
    try:
        return write_archive({**files, MANIFEST: manifest.encode(), SIGNATURES: signatures}, now, bounds)
    except ArchiveRefused as problem:
        raise SealImpossible(str(problem)) from None


# -- adding --------------------------------------------------------------------------------------------------------


def stamp_container(octets: bytes, authority: TimestampAuthority, now: datetime, bounds: Bounds = DOCUMENTS) -> bytes:
    """The container with a SignatureTimeStamp more (B-T). Raises SealImpossible, and what the authority raises."""
    return _changed(octets, lambda signatures: add_timestamp(signatures, authority, _most(bounds)), now, bounds)


def complete_container(octets: bytes, partners: Partners, country: str, now: datetime, bounds: Bounds = DOCUMENTS) -> bytes:
    """The container with certificates and revocation lists (B-LT). Raises SealImpossible."""
    return _changed(octets, lambda signatures: add_values(signatures, partners, country, now, _most(bounds)), now, bounds)


def _changed(octets: bytes, change: Callable[[bytes], bytes], now: datetime, bounds: Bounds) -> bytes:
    try:
        files = read_archive(octets, bounds)
        held = [name for name in files if is_signatures(name)]
        if len(held) != 1:
            raise SealImpossible(f"the container has {len(held)} files of signatures, not one")
        return write_archive({**files, held[0]: change(files[held[0]])}, now, bounds)
    except ArchiveRefused as problem:
        raise SealImpossible(str(problem)) from None
