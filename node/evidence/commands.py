"""Each check as commands of a shell and of OpenSSL, which work inside of the unpacked bundle: whoever trusts no software of ours types them."""

from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from node.ebms.message import SignedReference
from node.evidence.bundle import acknowledged
from node.evidence.case import Case
from node.evidence.checkpoint import CheckpointRefused, check_signature
from node.evidence.entry import Entry, Kind
from node.evidence.finding import Check
from node.evidence.manifest import Exchange
from node.evidence.notes import NoteRefused, judge_token, read_note
from node.evidence.signed import NotSigned, Signed, content_ids, open_signed, signer_of
from node.evidence.tree_commands import consistency_lines, inclusion_lines
from node.security.algorithms import DIGESTS
from node.security.algorithms import digest as digest_of
from node.security.attachments import Digest, PartNotDigestible, TextDigest, XmlDigest
from node.security.certificates import Certificate
from node.security.crl import Crl, RevocationRefused
from node.security.path import find_path
from node.security.trust import Untrusted

#: Exchanges whose commands are written out; those of the others differ in their numbers alone.
MOST: Final = 20
#: Canonical octets that do not stand in a file as they are; larger ones are not written out.
WRITTEN: Final = 1 << 16
#: What every other block uses. GNU sed and coreutils, OpenSSL 3.
PREPARATION: Final = r"""T=$(mktemp -d)
h() { sha256sum | cut -c1-64; }
raw() { tr a-f A-F | basenc --base16 -d; }
same() { if [ "$2" = "$3" ]; then echo "ok: $1"; else echo "FAILS: $1"; fi; }
holds() { what=$1; shift; if "$@" > "$T/said" 2>&1; then echo "ok: $what"; else echo "FAILS: $what"; cat "$T/said"; fi; }
pem() { for d in "$@"; do openssl x509 -inform DER -in "objects/$d"; done; }
key() { openssl x509 -inform DER -in "objects/$1" -noout -pubkey > "$T/key"; }
slice() { tail -c "+$2" "$1" | head -c "$3"; }
value() { tr -d '\r\n' < "$2" | sed "s/.*<[A-Za-z0-9_.-]*:*$1[^>]*>\([^<]*\)<.*/\1/" | tr -d ' '; }
inside() { tr -d '\r\n' < "$2" | sed "s/.*<[A-Za-z0-9_.-]*:*$1[ >]/ /; s/<\/[A-Za-z0-9_.-]*:*$1>.*//"; }
refs() { sed 's/<[A-Za-z0-9_.-]*:*Reference /\n&/g' | sed -n 's/.*URI="\([^"]*\)".*<[A-Za-z0-9_.-]*:*DigestValue[^>]*>\([^<]\{1,\}\)<.*/\1 \2/p' | sed 's/%40/@/g' | sort; }
halves() { v=$(od -An -v -tx1 | tr -d ' \n'); n=$((${#v} / 2)); printf 'asn1=SEQUENCE:s\n[s]\nr=INTEGER:0x%s\ns=INTEGER:0x%s\n' "$(printf %s "$v" | cut -c1-$n)" "$(printf %s "$v" | cut -c$((n + 1))-)" > "$T/cnf"; openssl asn1parse -genconf "$T/cnf" -noout -out "$T/sig"; }
"""
_CONTAINER: Final = """# BUNDLE is the file that was unpacked here.
[ -z "$BUNDLE" ] || same "the sum at the end of the bundle" "$(head -c -64 "$BUNDLE" | h)" "$(tail -c 64 "$BUNDLE")"
"""
_FILES: Final = r"""grep -o '"[^"]*":{"sha256":"[0-9a-f]*","size":[0-9]*}' manifest.json | sed 's/"\([^"]*\)":{"sha256":"\([0-9a-f]*\)".*/\2  \1/' > "$T/list"
holds "every file is as the manifest lists it" sha256sum --quiet -c "$T/list"
cut -c67- "$T/list" | sort > "$T/listed"
find . -type f | sed 's#^\./##' | grep -v -e '^META-INF/' -e '^mimetype$' -e '^manifest.json$' -e '^report\.' | sort > "$T/here"
holds "no file is missing, none was added" diff "$T/listed" "$T/here"
"""
_ENTRIES: Final = """for f in objects/*; do [ "$(h < "$f")" = "${f#objects/}" ] || echo "FAILS: $f is not what its name says"; done
for d in $(cat log/*[0-9].json | grep -o '"objects":{[^}]*}' | grep -o '[0-9a-f]\\{64\\}' | sort -u); do
  [ -f "objects/$d" ] || grep -q "{[^}]*\\"sha256\\":\\"$d\\",\\"why\\"" manifest.json || echo "FAILS: $d is neither here nor listed as absent"
done
echo "ok: entries and objects were compared"
"""
_SEAL: Final = r"""S=META-INF/signatures.xml
A='xmlns:asic="http://uri.etsi.org/02918/v1.2.1#" xmlns:ds="http://www.w3.org/2000/09/xmldsig#"'
full() { sed 's#<\([A-Za-z0-9:]*\)\( [^<>]*\)\{0,1\}/>#<\1\2></\1>#g'; }
grep -o '<ds:SignedInfo>.*</ds:SignedInfo>' $S | full | sed "s|<ds:SignedInfo>|<ds:SignedInfo $A>|" | tr -d '\n' > "$T/si"
grep -o '<xades:SignedProperties .*</xades:SignedProperties>' $S | full | sed "s|<xades:SignedProperties |<xades:SignedProperties $A xmlns:xades=\"http://uri.etsi.org/01903/v1.3.2#\" |" | tr -d '\n' > "$T/sp"
grep -o '<ds:KeyInfo>.*</ds:KeyInfo>' $S | sed 's#.*<ds:X509Data><ds:X509Certificate>\([^<]*\)<.*#\1#' | openssl base64 -d -A > "$T/seal.der"
openssl x509 -inform DER -in "$T/seal.der" -noout -pubkey > "$T/key"
openssl x509 -inform DER -in "$T/seal.der" -noout -subject -issuer -enddate
value SignatureValue $S | openssl base64 -d -A > "$T/sig"
H=$(sed 's/.*SignatureMethod Algorithm="[^"]*-\(sha[0-9]*\)".*/\1/' "$T/si")
if grep -q 'Algorithm="[^"]*#ecdsa-sha' "$T/si"; then cp "$T/sig" "$T/v"; halves < "$T/v"; fi
holds "the seal is signed by this certificate" openssl dgst "-$H" -verify "$T/key" -signature "$T/sig" "$T/si"
D=$(refs < "$T/si" | sed -n 's/^#p-[^ ]* //p')
same "what it says of its signer and time" "$(openssl dgst "-$H" -binary "$T/sp" | openssl base64 -A)" "$D"
same "it names its signer" "$(openssl dgst "-$H" -binary "$T/seal.der" | openssl base64 -A)" "$(value DigestValue "$T/sp")"
refs < "$T/si" | grep -v '^#' | while read -r f v; do [ "$(openssl dgst "-$H" -binary "$f" | openssl base64 -A)" = "$v" ] || echo "FAILS: $f was changed after the sealing"; done
cut -d' ' -f1 <<X | sort > "$T/sealed"
$(refs < "$T/si" | grep -v '^#')
X
find . -type f | sed 's#^\./##' | grep -v -e '^META-INF/' -e '^mimetype$' | sort > "$T/here"
holds "every file is under the seal" diff "$T/sealed" "$T/here"
"""


@dataclass(frozen=True, slots=True)
class Step:
    """One block of commands, for one check; `step` is one of the six of a receipt."""

    check: Check
    script: str
    step: int = 0
    #: Which message it is about.
    about: str = ""


def steps(case: Case) -> Iterator[Step]:
    """The commands of a bundle whose files the checks have gone through, in the order of the checks."""
    yield Step(Check.CONTAINER, _CONTAINER)
    yield Step(Check.FILES, _FILES)
    yield Step(Check.ENTRIES, _ENTRIES)
    few = case.manifest.exchanges[:MOST]
    numbers = [number for one in few for number in one.entries]
    yield Step(Check.INCLUSION, "".join(inclusion_lines(case, numbers)))
    if len(case.checkpoints) > 1:
        yield Step(Check.CONSISTENCY, "".join(consistency_lines(case)))
    yield Step(Check.CHECKPOINTS, "".join(_checkpoints(case)))
    if case.stamped:
        yield Step(Check.TOKENS, "".join(_tokens(case)))
    for exchange in few:
        yield from _messages(case, exchange)
    for exchange in few:
        for number, entry in acknowledged(case.entries, exchange):
            yield from _six(case, exchange, number, entry)
    yield Step(Check.SEAL, _SEAL)


# -- checkpoints and time --------------------------------------------------------------------------------------------


def _checkpoints(case: Case) -> Iterator[str]:
    anchors = case.certificates(case.manifest.signers.node)
    path = case.certificates(case.manifest.signers.checkpoints)
    for size, checkpoint in sorted(case.checkpoints.items()):
        signer = next((one for one in path if _signed(checkpoint, case.files.get(f"checkpoints/{size}.sig", b""), one)), None)
        if signer is None:
            continue
        yield f"{{ printf 'n2n-checkpoint/1\\n'; cat checkpoints/{size}.json; }} > \"$T/c\"\nkey {signer.sha256}\n"
        yield _verify(signer, f"checkpoint {size} is signed", "$T/c", f"checkpoints/{size}.sig")
        yield from _path(
            signer,
            [one for one in path if one != signer],
            anchors,
            checkpoint.at,
            f"its signer was valid at {checkpoint.at:%Y-%m-%d %H:%M} UTC",
        )


def _signed(checkpoint: Any, signature: bytes, certificate: Certificate) -> bool:
    try:
        check_signature(checkpoint, signature, certificate)
    except CheckpointRefused:
        return False
    return True


def _tokens(case: Case) -> Iterator[str]:
    anchors = case.certificates(case.manifest.signers.time)
    yield f'pem {" ".join(one.sha256 for one in anchors)} > "$T/time.pem"\n'
    for size in sorted(case.stamped):
        at, number, before = f"checkpoints/{size}", 0, list[str]()
        while (token := case.files.get(f"{at}.stamp-{number}.tst")) is not None:
            note = case.files[f"{at}.stamp-{number}.json"]
            try:
                held = judge_token(token, note, [one.der for one in case.certificates(read_note(note).evidence)], anchors, [])
            except NoteRefused:
                break
            name = f"{at}.stamp-{number}"
            yield f'same "note {number} is over checkpoint {size}" "$(h < {at}.json) $(h < {at}.sig)" "$(sed \'s/.*"checkpoint":"\\([0-9a-f]*\\)".*"signature":"\\([0-9a-f]*\\)".*/\\1 \\2/\' {name}.json)"\n'
            if before:
                tokens = " ".join(before)
                yield f"same \"and over the tokens before it\" \"$(for t in {tokens}; do h < \"$t\"; done | sort | tr '\\n' ' ')\" \"$(grep -o '\"tokens\":[^]]*' {name}.json | grep -o '[0-9a-f]\\{{64\\}}' | sort | tr '\\n' ' ')\"\n"
            yield f'holds "token {number} is over its note" openssl ts -verify -data {name}.json -in {name}.tst -token_in -CAfile "$T/time.pem" -partial_chain -attime {int(held.token.time.timestamp())}\n'
            yield f"openssl ts -reply -in {name}.tst -token_in -text 2>&1 | grep 'Time stamp'\n"
            before.append(f"{name}.tst")
            number += 1


# -- signatures ------------------------------------------------------------------------------------------------------


def _messages(case: Case, exchange: Exchange) -> Iterator[Step]:
    for number in exchange.entries:
        entry = case.entries.get(number)
        if entry is None or entry.kind not in (Kind.RECEIVED, Kind.PACKAGED):
            continue
        envelope, signer = entry.objects.get("envelope", ""), case.certificate(entry.objects.get("signer", ""))
        signed = _opened(case, envelope)
        if signed is None or signer is None:
            continue
        lines = [*_signature(case, envelope, signed, signer), *_payloads(case, entry, signed)]
        whose = (
            case.manifest.signers.node
            if entry.kind is Kind.PACKAGED
            else case.manifest.signers.partners.get(exchange.partner, ())
        )
        lines += _path_of_entry(case, signer, entry, case.certificates(whose))
        yield Step(Check.SIGNATURES, "".join(lines), about=exchange.message_id)


def _opened(case: Case, digest: str) -> Signed | None:
    try:
        return open_signed(case.objects[digest])
    except (KeyError, NotSigned):
        return None


def _signature(case: Case, name: str, signed: Signed, signer: Certificate) -> Iterator[str]:
    """The signature over SignedInfo, and the digests of header and body."""
    octets, file = case.objects[name], f"objects/{name}"
    yield from _octets_of(octets, file, signed.signature.signed_info, "$T/si", "SignedInfo in its canonical form")
    yield f'value SignatureValue {file} | openssl base64 -d -A > "$T/sig"\n'
    if isinstance(signer.public_key, ec.EllipticCurvePublicKey):
        yield 'cp "$T/sig" "$T/v"; halves < "$T/v"\n'
    yield f"key {signer.sha256}\n"
    yield _verify(
        signer, "SignedInfo is signed by this certificate", "$T/si", "$T/sig", signed.signature.algorithm.rpartition("-")[2]
    )
    claim = signed.opened.claim
    inside = {"messaging": claim.messaging, "body": claim.body}
    for one in signed.signature.references:
        if one.target in inside:
            yield from _octets_of(octets, file, inside[one.target], "$T/part", f"the {one.target} in its canonical form")
            yield _digest(f"the digest of the {one.target}", '"$T/part"', one.reference.uri, one.reference.digest_method)


def _payloads(case: Case, entry: Entry, signed: Signed) -> Iterator[str]:
    parts = content_ids(signed)
    for one in signed.signature.references:
        named = entry.objects.get(f"payload-{parts.get(one.content_id, 0)}", "")
        if one.target == "attachment" and named in case.objects:
            yield from _payload(f"payload {parts[one.content_id]}", case.objects[named], f"objects/{named}", one.reference)


def _payload(what: str, octets: bytes, file: str, reference: SignedReference) -> Iterator[str]:
    """The digest of a payload as it is, or in the form in which text and XML travel without compression."""
    uri, method = reference.uri, reference.digest_method
    if method not in DIGESTS or digest_of(method, octets) == reference.digest:
        yield _digest(f"the digest of {what}", file, uri, method)
        return
    if digest_of(method, _form(TextDigest, octets)) == reference.digest:
        yield f'sed -z "s/\\r\\n/\\n/g; s/\\r/\\n/g; s/\\n/\\r\\n/g" {file} > "$T/part"\n'
        yield _digest(f"the digest of {what}, the ends of its lines as CR LF", '"$T/part"', uri, method)
        return
    made = _form(XmlDigest, octets)
    if len(made) > WRITTEN and made not in octets:
        # Nothing that a partner wrote, such as the URI, stands in here.
        yield f"# {what} was signed in Exclusive XML Canonicalization without comments, which a tool for XML makes of {file}; its digest must be that of its reference in $T/si.\n"
        return
    yield from _octets_of(octets, file, made, "$T/part", f"{what} in its canonical form")
    yield _digest(f"the digest of {what} in its canonical form", '"$T/part"', uri, method)


def _form(kind: Callable[[Digest], Digest], octets: bytes) -> bytes:
    """The octets that are digested of a payload; nothing where it has no such form."""
    collected = _Collected()
    try:
        form = kind(collected)
        form.update(octets)
        form.digest()
    except PartNotDigestible:
        return b""
    return bytes(collected.octets)


class _Collected:
    """What would be digested."""

    def __init__(self) -> None:
        self.octets = bytearray()

    def update(self, octets: bytes | memoryview, /) -> None:
        self.octets += octets

    def digest(self) -> bytes:
        return b""


def _digest(what: str, file: str, uri: str, method: str) -> str:
    if method not in DIGESTS:
        return f'echo "FAILS: {what}: by a method that is not known"\n'
    shown = uri.replace("%40", "@")
    return f'same "{what}" "$(openssl dgst -{DIGESTS[method]} -binary {file} | openssl base64 -A)" "$(refs < "$T/si" | sed -n \'s|^{_for_sed(shown)} ||p\')"\n'


def _for_sed(text: str) -> str:
    """A text as a pattern of sed within single quotes; what is not common in an identifier is any character."""
    return "".join(one if one.isalnum() or one in "@:#_-" else "." for one in text)


def _octets_of(whole: bytes, file: str, wanted: bytes, out: str, what: str) -> Iterator[str]:
    """How canonical octets come out of a file: cut out where they stand in it, else written out."""
    tag = wanted[: wanted.index(b">") + 1] if b">" in wanted else b""
    rest = wanted[len(tag) :]
    at = whole.find(wanted)
    if at >= 0:
        yield f'slice {file} {at + 1} {len(wanted)} > "{out}"\n'
        return
    at = whole.find(rest)
    if rest and at >= 0 and b"'" not in tag and b"%" not in tag and b"\\" not in tag:
        # Namespaces that are declared above stand in the first tag of the canonical form.
        yield f"{{ printf '%s' '{tag.decode()}'; slice {file} {at + 1} {len(rest)}; }} > \"{out}\"\n"
        return
    encoded = b64encode(wanted).decode()
    rows = "\n".join(encoded[start : start + 100] for start in range(0, len(encoded), 100))
    yield f"# {what} (Exclusive XML Canonicalization), written out\nbase64 -d > \"{out}\" <<'END'\n{rows}\nEND\n"


def _verify(signer: Certificate, what: str, data: str, signature: str, hashing: str = "") -> str:
    public = signer.public_key
    if isinstance(public, ed25519.Ed25519PublicKey):
        return f'holds "{what}" openssl pkeyutl -verify -pubin -inkey "$T/key" -rawin -in "{data}" -sigfile "{signature}"\n'
    if hashing not in DIGESTS.values():
        # Nothing that a partner wrote becomes a word of the shell.
        size = public.curve.key_size if isinstance(public, ec.EllipticCurvePublicKey) else 256
        hashing = "sha256" if size <= 256 else "sha384" if size <= 384 else "sha512"
    return f'holds "{what}" openssl dgst -{hashing} -verify "$T/key" -signature "{signature}" "{data}"\n'


def _path_of_entry(case: Case, signer: Certificate, entry: Entry, anchors: list[Certificate]) -> Iterator[str]:
    pool = case.certificates(case.named(entry, "signer-path-"))
    yield from _path(
        signer,
        pool,
        anchors,
        entry.at,
        f"the certificate was valid at {entry.at:%Y-%m-%d %H:%M:%S} UTC",
        _lists(case, signer, pool, anchors, entry),
    )


def _lists(case: Case, signer: Certificate, pool: list[Certificate], anchors: list[Certificate], entry: Entry) -> list[str]:
    """The revocation lists by which OpenSSL can judge the signer at the time of an entry."""
    found = []
    for digest in case.named(entry, "revocation-"):
        try:
            crl = Crl(case.objects.get(digest, b""))
        except RevocationRefused:
            continue
        fresh = crl.since <= entry.at and crl.until is not None and crl.until >= entry.at
        if fresh and any(one.issuer_name and crl.is_signed_by(one) and signer.issuer == one.subject for one in (*pool, *anchors)):
            found.append(digest)
    return found


def _path(
    signer: Certificate,
    pool: list[Certificate],
    anchors: list[Certificate],
    at: datetime,
    what: str,
    lists: list[str] | None = None,
) -> Iterator[str]:
    try:
        path = find_path(signer, pool, anchors, at)
        trusted, above = [path[-1]], list(path[1:])
    except Untrusted:
        # OpenSSL tells why there is none.
        trusted, above = anchors, pool
    if not trusted:
        yield f'echo "FAILS: {what}: there is no anchor"\n'
        return
    yield f'pem {_digests(trusted)} > "$T/anchor.pem"; pem {signer.sha256} > "$T/signer.pem"\n'
    untrusted = ""
    if above:
        yield f'pem {_digests(above)} > "$T/path.pem"\n'
        untrusted = ' -untrusted "$T/path.pem"'
    revocation = ""
    # Whoever is an anchor himself is trusted as he is.
    for number, digest in enumerate(lists or () if above else ()):
        yield f'openssl crl -inform DER -in objects/{digest} {">>" if number else ">"} "$T/crl.pem"\n'
        revocation = ' -crl_check -CRLfile "$T/crl.pem"'
    yield f'holds "{what}" openssl verify -partial_chain -attime {int(at.timestamp())} -trusted "$T/anchor.pem"{untrusted}{revocation} "$T/signer.pem"\n'


def _digests(certificates: list[Certificate]) -> str:
    return " ".join(one.sha256 for one in certificates)


# -- the six ---------------------------------------------------------------------------------------------------------


def _six(case: Case, exchange: Exchange, number: int, entry: Entry) -> Iterator[Step]:
    receipt = entry.objects.get("receipt", "")
    packaged = next(
        (case.entries[one] for one in exchange.entries if one in case.entries and case.entries[one].kind is Kind.PACKAGED), None
    )
    envelope = packaged.objects.get("envelope", "") if packaged else ""
    signed = _opened(case, receipt)
    if signed is None:
        return
    r, m, about = f"objects/{receipt}", f"objects/{envelope}", exchange.message_id

    def step(which: int, script: str) -> Step:
        return Step(Check.RECEIPTS, script, which, about)

    if envelope in case.objects:
        yield step(1, f'same "1 it refers to this message" "$(value RefToMessageId {r})" "$(value MessageId {m})"\n')
    signer = signer_of(case, signed)
    if signer is not None and signer.sha256 in case.objects:
        yield step(2, "".join(_signature(case, receipt, signed, signer)))
    agreed = entry.objects.get("signer", "")
    named = (
        f"grep -o '\"objects\":{{[^}}]*}}' log/{number}.json | grep -o '\"signer\":\"[0-9a-f]*\"' | grep -o '[0-9a-f]\\{{64\\}}'"
    )
    if signed.signature.signer.kind == "bst":
        carried = f"value BinarySecurityToken {r} | openssl base64 -d -A | h"
        yield step(
            3,
            f'same "3 the agreed partner signed" "$({carried})" "$({named})"\nopenssl x509 -inform DER -in objects/{agreed} -noout -subject\n',
        )
    elif signer is not None:
        yield step(
            3,
            f'same "3 the agreed partner signed" {signer.sha256} "$({named})"\nopenssl x509 -inform DER -in objects/{agreed} -noout -subject -serial\n',
        )
    agreed_signer = case.certificate(agreed)
    if agreed_signer is not None:
        anchors = case.certificates(case.manifest.signers.partners.get(exchange.partner, ()))
        yield step(4, "".join(_path_of_entry(case, agreed_signer, entry, anchors)))
    message = _opened(case, envelope)
    if message is not None:
        yield step(
            5,
            f'inside NonRepudiationInformation {r} | refs > "$T/listed"; inside SignedInfo {m} | refs > "$T/signed"\ncat "$T/listed"\nsame "5 so many digests were signed" "$(grep -c . "$T/signed")" {len(message.references)}\nholds "5 the digests are equal" diff "$T/signed" "$T/listed"\n',
        )
    if "due_at" in entry.facts:
        yield step(
            6,
            f'a=$(grep -o \'"at":"[^"]*"\' log/{number}.json | grep -o \'[0-9][^"]*\' | head -1); d=$(grep -o \'"due_at":"[^"]*"\' log/{number}.json | grep -o \'[0-9][^"]*\')\nprintf \'%s\\n%s\\n\' "$a" "$d" > "$T/times"; cat "$T/times"; holds "6 it came in time" sort -c "$T/times"\n',
        )
