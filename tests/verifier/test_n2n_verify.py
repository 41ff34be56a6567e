"""The second verifier comes to the verdict that the page asks for, names the check that fails, and stands alone."""

import ast
import datetime as dt
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.x509.oid import ExtendedKeyUsageOID as Use
from hypothesis import given
from hypothesis import strategies as st

from tests.verifier import made
from tests.verifier.made import DAY, NOW, Holder, Maker, Ref, Stamp, World, holder, sha
from verifier import n2n_verify as verifier

FILE = Path(verifier.__file__)
ROOT = Path(__file__).parents[2]
SOON = NOW + 3 * DAY


def failed(octets: bytes, at: dt.datetime = SOON) -> set[str]:
    """The names of the checks that fail."""
    report = verifier.verify_bundle(octets, at)
    assert report.holds is not bool(report.failures)
    return {check for check, _, _ in report.failures}


def reasons(octets: bytes, at: dt.datetime = SOON) -> list[str]:
    return [f"{check} {place}: {why}" for check, place, why in verifier.verify_bundle(octets, at).failures]


@cache
def world() -> World:
    return World()


@cache
def good() -> bytes:
    return made.usual(world()).bundle()


def changed(change: Callable[[dict[str, bytes]], Any], of: bytes | None = None) -> bytes:
    """A bundle changed by somebody who has no key."""
    files = made.unpacked(of or good())
    change(files)
    return made.packed(files)


# ----------------------------------------------------------------------------------------------------------- what holds


@pytest.mark.parametrize(
    ("kind", "pss"), [("p256", False), ("p384", False), ("p521", False), ("rsa", False), ("rsa", True), ("ed25519", False)]
)
def test_a_bundle_holds_whatever_the_keys(kind: str, pss: bool) -> None:
    assert reasons(made.usual(World(kind, pss)).bundle()) == []


@pytest.mark.parametrize("method", ["sha384", "sha512"])
def test_payloads_may_be_signed_by_a_longer_digest(method: str) -> None:
    assert reasons(made.usual(world(), method=method).bundle()) == []


@pytest.mark.parametrize("naming", ["ski", "thumbprint", "itself", "issuer"])
def test_a_signature_may_name_its_certificate_in_other_ways(naming: str) -> None:
    assert reasons(made.usual(world(), naming=naming).bundle()) == []


def test_a_deflated_bundle_holds() -> None:
    import zipfile

    octets = made.packed(made.unpacked(good()), zipfile.ZIP_DEFLATED)
    assert len(octets) < len(good())
    assert reasons(octets) == []


@pytest.mark.parametrize("method", ["sha256", "sha512"])
def test_a_bundle_without_payloads_holds(method: str) -> None:
    maker = made.usual(world(), method=method)
    maker.redact()
    octets = maker.bundle()
    assert not {name for name in made.unpacked(octets) if name.startswith("objects/")} & {
        f"objects/{one}" for one in maker.absent
    }
    assert reasons(octets) == []


def test_a_bundle_without_tokens_holds_and_says_that_only_the_node_dates_it() -> None:
    report = verifier.verify_bundle(made.usual(world(), stamps=[]).bundle(), SOON)
    assert report.failures == []
    assert any("only the node's own clock" in why for _, _, why in report.remarks)


def test_a_note_may_wait_for_its_token() -> None:
    assert reasons(made.usual(world()).bundle(edit=lambda files: files.pop("checkpoints/16.stamp-0.tst"))) == []


# ------------------------------------------------------------------------------------------- changed by one without keys

OUTSIDE: dict[str, tuple[Callable[[dict[str, bytes]], Any], set[str]]] = {
    "an entry is another": (
        lambda f: f.update({"log/6.json": f["log/6.json"].replace(b"NN", b"MM") + b" "}),
        {"files", "entries", "inclusion", "seal"},
    ),
    "an entry is gone": (lambda f: f.pop("log/6.json"), {"container", "files", "entries", "seal"}),
    "a proof is gone": (lambda f: f.pop("log/6.proof.json"), {"files", "inclusion", "seal"}),
    "a file is there beside them": (lambda f: f.update({f"objects/{sha(b'x').hex()}": b"x"}), {"files", "entries", "seal"}),
    "a file has no place": (lambda f: f.update({"run.sh": b"x"}), {"container", "files", "seal"}),
    "a report is another": (lambda f: f.update({"report.en.html": b"<p>no"}), {"seal"}),
    "the seal is gone": (lambda f: f.pop("META-INF/signatures.xml"), {"container", "seal"}),
    "the manifest is gone": (lambda f: f.pop("manifest.json"), {"container"}),
    "the manifest has a space": (lambda f: f.update({"manifest.json": f["manifest.json"] + b" "}), {"container"}),
    "the type is another": (lambda f: f.update({"mimetype": b"application/zip"}), {"container"}),
}


@pytest.mark.parametrize("case", OUTSIDE)
def test_whoever_has_no_key_changes_nothing_unseen(case: str) -> None:
    change, checks = OUTSIDE[case]
    # Where an entry cannot be read, what rests on it cannot be judged either.
    assert checks <= failed(changed(change)) <= {*checks, "receipts"}


def test_the_first_file_is_the_type() -> None:
    assert failed(made.packed(dict(sorted(made.unpacked(good()).items())))) == {"container"}


# ------------------------------------------------------------------------------------ changed by one who has the seal's key


def rewritten(name: str, **members: Any) -> Callable[[dict[str, bytes]], None]:
    def edit(files: dict[str, bytes]) -> None:
        files[name] = made.canonical({**json.loads(files[name]), **members})

    return edit


def signed_anew(name: str, **members: Any) -> Callable[[dict[str, bytes]], None]:
    """The checkpoint with other members, signed by the log's key, and its stamps thrown away."""

    def edit(files: dict[str, bytes]) -> None:
        rewritten(name, **members)(files)
        stem = name.removesuffix(".json")
        files[f"{stem}.sig"] = made.checkpoint_signature(world().log.key, b"n2n-checkpoint/1\n" + files[name])
        for stamp in [one for one in files if one.startswith(f"{stem}.stamp")]:
            files.pop(stamp)

    return edit


def swapped(one: str, other: str) -> Callable[[dict[str, bytes]], None]:
    return lambda files: files.update({one: files[other], other: files[one]})


INSIDE: dict[str, tuple[Callable[[dict[str, bytes]], Any], set[str]]] = {
    "an entry says another time": (rewritten("log/9.json", at="2026-11-28T09:14:09.000000Z"), {"inclusion"}),
    "an entry has a member more": (rewritten("log/9.json", more=1), {"entries", "inclusion"}),
    "an entry has a fraction": (
        lambda f: f.update({"log/9.json": f["log/9.json"].replace(b"200", b"200.5")}),
        {"entries", "inclusion"},
    ),
    "an entry has a member twice": (
        lambda f: f.update({"log/9.json": f["log/9.json"].replace(b'"v":1', b'"v":1,"v":1')}),
        {"entries", "inclusion"},
    ),
    "two entries changed places": (swapped("log/6.json", "log/9.json"), {"inclusion"}),
    "a proof is for another entry": (rewritten("log/9.proof.json", number=6), {"inclusion"}),
    "a proof is cut": (
        lambda f: rewritten("log/9.proof.json", path=json.loads(f["log/9.proof.json"])["path"][:-1])(f),
        {"inclusion"},
    ),
    "a proof is longer": (
        lambda f: rewritten("log/9.proof.json", path=[*json.loads(f["log/9.proof.json"])["path"], "00" * 32])(f),
        {"inclusion"},
    ),
    "a checkpoint has another root": (signed_anew("checkpoints/16.json", root="00" * 32), {"inclusion", "consistency"}),
    "a checkpoint is of another log": (signed_anew("checkpoints/16.json", log="other"), {"checkpoints"}),
    "a checkpoint is older than its key": (signed_anew("checkpoints/16.json", at="2025-11-28T09:14:07.000000Z"), {"checkpoints"}),
    "a signature is that of another checkpoint": (swapped("checkpoints/13.sig", "checkpoints/16.sig"), {"checkpoints", "tokens"}),
    "a proof of consistency is missing": (lambda f: f.pop("checkpoints/16.proof.json"), {"consistency"}),
    "a proof of consistency is another": (rewritten("checkpoints/16.proof.json", path=["00" * 32, "11" * 32]), {"consistency"}),
    "two tokens changed places": (swapped("checkpoints/13.stamp-0.tst", "checkpoints/16.stamp-0.tst"), {"tokens"}),
    "a note is about something else": (rewritten("checkpoints/16.stamp-0.json", checkpoint="00" * 32), {"tokens"}),
    "a row begins with its second stamp": (
        lambda f: f.update(
            {name.replace("-0", "-1"): f.pop(name) for name in list(f) if name.startswith("checkpoints/16.stamp")}
        ),
        {"tokens"},
    ),
    "an object is another": (lambda f: f.update({f"objects/{sha(b'wire').hex()}": b"wrong"}), {"entries"}),
}


@pytest.mark.parametrize("case", INSIDE)
def test_whoever_seals_anew_changes_nothing_of_the_log_unseen(case: str) -> None:
    edit, checks = INSIDE[case]
    found = failed(made.usual(world()).bundle(edit))
    # An entry that is not read is not judged, so that checks which rest on it may fail or not be reached.
    assert checks <= found <= {*checks, "signatures", "receipts", "entries", "tokens"}


MANIFESTS: dict[str, tuple[Callable[[dict[str, Any]], Any], set[str]]] = {
    "an exchange leaves an entry out": (lambda m: m["exchanges"][0]["entries"].pop(1), {"entries"}),
    "an exchange has an entry too many": (lambda m: m["exchanges"][0]["entries"].append(99), {"entries"}),
    "a scope names another message": (lambda m: m["scope"]["messages"].append("more"), {"container"}),
    "a member is missing": (lambda m: m.pop("redacted"), {"container"}),
    "a member is unknown": (lambda m: m.update(more=1), {"container"}),
    "another format": (lambda m: m.update(format="n2n-evidence/2"), {"container"}),
    "something absent that nobody names": (
        lambda m: m["absent"].append({"sha256": "00" * 32, "why": "purged", "rule": "r", "at": made.told(NOW)}),
        {"entries"},
    ),
    "something absent that is here": (
        lambda m: m["absent"].append({"sha256": sha(b"tls").hex(), "why": "purged", "rule": "r", "at": made.told(NOW)}),
        {"entries"},
    ),
    "no anchor of the partner": (lambda m: m["signers"]["anchors"]["partners"].clear(), {"signatures", "receipts"}),
    "no anchor of the node": (lambda m: m["signers"]["anchors"]["node"].clear(), {"signatures", "checkpoints", "seal"}),
    "no anchor for time": (lambda m: m["signers"]["anchors"]["time"].clear(), {"tokens"}),
    "nobody signs checkpoints": (lambda m: m["signers"]["checkpoints"].clear(), {"checkpoints"}),
    "a size is another": (lambda m: m["files"]["log/6.json"].update(size=1), {"files"}),
}


@pytest.mark.parametrize("case", MANIFESTS)
def test_a_manifest_that_says_something_else_is_noticed(case: str) -> None:
    change, checks = MANIFESTS[case]
    assert failed(made.usual(world()).bundle(remanifest=change)) == checks


def test_where_all_entries_are_here_the_chain_is_computed() -> None:
    maker = Maker(world())
    got = made.message("got", world().partner, [])
    about = {"message_id": "got", "partner": "partner", "direction": "in"}
    verified = maker.verified(got, world().partner)
    objects = {"envelope": got.envelope, "signer": world().partner.der, "signer-path-1": world().partner_sub.der}
    maker.exchanges.append({**about, "entries": [maker.entry("message.received", about, objects, {"verified": verified})]})
    maker.checkpoint()
    assert reasons(maker.bundle()) == []
    assert failed(maker.bundle(signed_anew("checkpoints/1.json", chain="00" * 32))) == {"consistency"}


@pytest.mark.parametrize(
    ("about", "holds"),
    [
        ({"message_id": "got"}, True),
        ({"message_id": "got", "partner": "partner", "by": "desk"}, True),
        ({"message_id": "got", "partner": "other"}, False),
        ({"message_id": "other"}, False),
        ({}, False),
    ],
)
def test_what_somebody_did_with_a_message_belongs_to_its_exchange(about: dict[str, str], holds: bool) -> None:
    maker = Maker(world())
    got = made.message("got", world().partner, [])
    maker.received(got)
    act = maker.entry("evidence.retrieved", about, {}, {"who": "a court", "what": "the bundle", "why": "case 7"})
    maker.exchanges[0]["entries"].append(act)
    maker.checkpoint()
    assert failed(maker.bundle()) == (set() if holds else {"entries"})


def test_an_entry_of_no_exchange_is_refused() -> None:
    maker = Maker(world())
    maker.received(made.message("got", world().partner, []))
    maker.entry("act", {}, {}, {"who": "a", "what": "b", "why": "c"})
    maker.checkpoint()
    assert failed(maker.bundle()) == {"entries"}


def test_a_payload_that_is_missing_is_named() -> None:
    digest = sha(b"wire").hex()
    (said,) = reasons(made.usual(world()).bundle(lambda files: files.pop(f"objects/{digest}")))
    assert said.startswith("entries log/9.json: ")
    assert digest in said


def test_only_payloads_may_be_left_out() -> None:
    maker = made.usual(world())
    maker.redact()
    digest = sha(maker.objects.pop(sha(b"tls").hex())).hex()
    maker.absent[digest] = {"sha256": digest, "why": "redacted"}
    assert failed(maker.bundle()) == {"entries"}


def test_a_message_that_a_rule_removed_is_told_and_does_not_fail() -> None:
    maker = made.usual(world())
    number = next(one for one in maker.shown if json.loads(maker.log[one - 1])["kind"] == "message.received")
    entry = json.loads(maker.log[number - 1])
    digest = entry["objects"]["envelope"]
    why = {"who": "the rule", "what": "everything", "why": "ten years"}
    maker.exchanges[-1]["entries"].append(
        maker.entry("evidence.purged", entry["about"], {f"envelope.{number}": maker.objects[digest]}, why)
    )
    maker.checkpoint()
    maker.objects.pop(digest)
    maker.absent[digest] = {"sha256": digest, "why": "purged", "rule": "ten years", "at": made.told(NOW)}
    report = verifier.verify_bundle(maker.bundle(), SOON)
    assert report.failures == []
    assert any("cannot be verified any more" in why for _, _, why in report.remarks)


ENTRY = {
    "v": 1,
    "kind": "message.delivered",
    "at": made.told(NOW),
    "about": {"message_id": "m", "partner": "p", "direction": "in"},
    "objects": {},
    "facts": {},
    "clock": None,
}
CLOCK = {"offset_ms": 1, "within_ms": 0, "source": "chrony", "measured_at": made.told(NOW)}
ACT = {"who": "a", "what": "b", "why": "c"}
FORMS: list[tuple[dict[str, Any], bool]] = [
    ({}, True),
    ({"clock": CLOCK}, True),
    ({"clock": {**CLOCK, "within_ms": -1}}, False),
    ({"clock": {**CLOCK, "more": 1}}, False),
    ({"clock": {}}, False),
    ({"v": 2}, False),
    ({"v": True}, False),
    ({"kind": "message.lost"}, False),
    ({"at": "2026-11-28"}, False),
    ({"about": {"message_id": "m", "partner": "p", "direction": "out"}}, False),
    ({"about": {"message_id": "m", "partner": "p"}}, False),
    ({"about": {"message_id": "m", "partner": "p", "direction": "in", "number": 5}}, False),
    ({"kind": "message.failed", "about": {"message_id": "m", "partner": "p", "direction": "up"}}, False),
    ({"objects": {"payload-1": "00" * 32, "payload-2": "11" * 32, "revocation-1": "22" * 32}}, True),
    ({"objects": {"payload-2": "11" * 32}}, False),
    ({"objects": {"payload-01": "11" * 32}}, False),
    ({"objects": {"photo": "11" * 32}}, False),
    ({"objects": {"tls": "AA" * 32}}, False),
    ({"facts": {"due_at": "soon"}}, False),
    ({"facts": {"verified": {}}}, False),
    ({"kind": "message.received"}, False),
    ({"kind": "act", "about": {}, "facts": {"who": "a", "what": "b", "why": "c"}}, True),
    ({"kind": "act", "about": {}, "facts": {"who": "a", "what": "b"}}, False),
    # Of a file that was removed there is one only; and of a message no file.
    ({"kind": "act", "about": {}, "objects": {"was-2": "11" * 32, "file-1": "22" * 32}, "facts": ACT}, True),
    ({"kind": "act", "about": {}, "objects": {"will-be-1": "11" * 32}, "facts": ACT}, False),
    ({"objects": {"was-1": "11" * 32}}, False),
]


@pytest.mark.parametrize(("other", "holds"), FORMS, ids=[json.dumps(other)[:60] for other, _ in FORMS])
def test_an_entry_has_its_form(other: dict[str, Any], holds: bool) -> None:
    octets = made.canonical({**ENTRY, **other})
    if holds:
        assert verifier.read_entry(octets)["v"] == 1
    else:
        with pytest.raises(verifier.Refused):
            verifier.read_entry(octets)


# ------------------------------------------------------------------------------------------------------------- receipts


def acknowledged(answer: Callable[[made.Message], made.Message], **more: Any) -> bytes:
    maker = Maker(world())
    sent = made.message("sent@node", world().node, [b"one", b"two"])
    maker.sent(sent, answer(sent), **more)
    maker.checkpoint(Stamp(world().time, NOW + dt.timedelta(minutes=1)))
    return maker.bundle()


def steps(octets: bytes) -> set[str]:
    """The numbers of the six checks of a receipt that fail."""
    report = verifier.verify_bundle(octets, SOON)
    return {found[1] for check, place, _ in report.failures if check == "receipts" and (found := re.search(r", (\d): ", place))}


def usual_receipt(sent: made.Message) -> made.Message:
    return made.receipt(sent.message_id, sent.refs, world().partner)


def tampered_receipt(sent: made.Message) -> made.Message:
    good_one = usual_receipt(sent)
    return made.Message(
        good_one.message_id, good_one.envelope.replace(b"receipt@there", b"receipt@other"), [], good_one.refs, good_one.algorithm
    )


def stranger() -> Holder:
    return holder("Stranger", holder("Stranger CA", ca=True))


def colleague() -> Holder:
    return holder("Colleague", world().partner_sub)


RECEIPTS: dict[str, tuple[Callable[[], bytes], set[str]]] = {
    "as it should be": (lambda: acknowledged(usual_receipt), set()),
    "it refers to another message": (
        lambda: acknowledged(lambda sent: made.receipt("other@node", sent.refs, world().partner)),
        {"1"},
    ),
    "it was changed": (lambda: acknowledged(tampered_receipt), {"2"}),
    "another signed than the entry says": (
        lambda: acknowledged(lambda sent: made.receipt(sent.message_id, sent.refs, colleague())),
        {"3"},
    ),
    "a stranger signed": (
        lambda: acknowledged(lambda sent: made.receipt(sent.message_id, sent.refs, stranger()), by=stranger()),
        {"4"},
    ),
    "its signer's certificate had ended": (lambda: acknowledged(usual_receipt, at=made.END + DAY), {"4"}),
    "a digest is another": (
        lambda: acknowledged(
            lambda sent: made.receipt(
                sent.message_id, [*sent.refs[:-1], Ref(sent.refs[-1].uri, sha(b"x"), transform=made.SWA)], world().partner
            )
        ),
        {"5"},
    ),
    "a part is missing": (
        lambda: acknowledged(lambda sent: made.receipt(sent.message_id, sent.refs[:-1], world().partner)),
        {"5"},
    ),
    "a part is there beside them": (
        lambda: acknowledged(
            lambda sent: made.receipt(sent.message_id, [*sent.refs, Ref("cid:more", sha(b"x"))], world().partner)
        ),
        {"5"},
    ),
    "a part is there twice": (
        lambda: acknowledged(lambda sent: made.receipt(sent.message_id, [*sent.refs, sent.refs[-1]], world().partner)),
        {"5"},
    ),
    "it came in time": (lambda: acknowledged(usual_receipt, due=NOW), set()),
    "it came too late": (lambda: acknowledged(usual_receipt, due=NOW - dt.timedelta(microseconds=1)), {"6"}),
}


@pytest.mark.parametrize("case", RECEIPTS)
def test_of_the_six_checks_of_a_receipt_exactly_the_right_one_fails(case: str) -> None:
    make, wanted = RECEIPTS[case]
    octets = make()
    assert steps(octets) == wanted
    assert bool(failed(octets)) == bool(wanted)


def test_a_receipt_without_its_message_before_it_proves_nothing() -> None:
    maker = Maker(world())
    sent = made.message("sent@node", world().node, [])
    numbers = maker.sent(sent, usual_receipt(sent))
    maker.exchanges[0]["entries"] = numbers[1:]
    maker.shown.remove(numbers[0])
    maker.checkpoint()
    assert "receipts" in failed(maker.bundle())


def test_when_a_receipt_was_due_is_an_instant() -> None:
    maker = Maker(world())
    sent = made.message("sent@node", world().node, [])
    numbers = maker.sent(sent, usual_receipt(sent), due=NOW)
    maker.checkpoint()
    edit = rewritten(
        f"log/{numbers[-1]}.json", facts={"verified": maker.verified(usual_receipt(sent), world().partner), "due_at": "soon"}
    )
    assert "entries" in failed(maker.bundle(edit))


@pytest.mark.parametrize("name", ["receipt", "envelope"])
def test_a_receipt_that_cannot_be_shown_does_not_hold(name: str) -> None:
    maker = Maker(world())
    sent = made.message("sent@node", world().node, [])
    numbers = maker.sent(sent, usual_receipt(sent))
    digest = json.loads(maker.log[numbers[0 if name == "envelope" else -1] - 1])["objects"][name]
    maker.objects.pop(digest)
    maker.absent[digest] = {"sha256": digest, "why": "purged", "rule": "ten years", "at": made.told(NOW)}
    maker.checkpoint()
    said = reasons(maker.bundle())
    assert any(one.startswith("receipts ") and f"The {name} is absent" in one for one in said)
    # No entry tells of the rule; and of a receipt none could.
    assert any(one.startswith("entries ") for one in said)


def purged_envelope(receipt: made.Message | None = None, *, logged: bool = True, **signed: object) -> bytes:
    """A message that was acknowledged and whose envelope a rule removed, as an entry of the exchange says."""
    maker = Maker(world())
    sent = made.message("sent@node", world().node, [])
    verified = maker.verified(sent, world().node)
    facts = {name: value for name, value in {**verified, **signed}.items() if name not in ("policy", "revocation")}
    about = {"message_id": "sent@node", "partner": "partner", "direction": "out"}
    objects = {"envelope": sent.envelope, "signer": world().node.der, "signer-path-1": world().node_ca.der}
    maker.entry("message.packaged", about, objects, {"signed": facts})
    usual = receipt or usual_receipt(sent)
    maker.sent(sent, usual)
    # The entries of one exchange: packaged as above, and what came of it.
    numbers = [maker.shown[0], maker.exchanges[0]["entries"][-1]]
    maker.shown[:] = numbers
    maker.exchanges[:] = [{**about, "entries": numbers}]
    if logged:
        why = {"who": "the rule", "what": "everything", "why": "ten years"}
        numbers.append(maker.entry("evidence.purged", about, {f"envelope.{numbers[0]}": sent.envelope}, why))
    # Of the attempt, which is not shown.
    for left in (b"wire", b"POST / HTTP/1.1\r\n"):
        maker.objects.pop(sha(left).hex())
    digest = sha(sent.envelope).hex()
    maker.objects.pop(digest)
    maker.absent[digest] = {"sha256": digest, "why": "purged", "rule": "ten years", "at": made.told(NOW)}
    maker.checkpoint()
    return maker.bundle()


def test_a_receipt_for_what_a_rule_removed_is_compared_with_what_the_log_says() -> None:
    report = verifier.verify_bundle(purged_envelope(), SOON)
    assert report.failures == []
    assert any("compared with what its entry says" in why for _, _, why in report.remarks)
    assert failed(purged_envelope(logged=False)) == {"entries", "receipts"}
    assert failed(purged_envelope(references=[])) == {"receipts"}
    other = {"uri": "#m", "method": next(iter(verifier.XML_DIGESTS)), "digest": made.b64(bytes(32))}
    assert steps(purged_envelope(references=[other])) == {"5"}
    another = made.message("another@node", world().node, [])
    assert "1" in steps(purged_envelope(usual_receipt(another)))


def test_why_a_checkpoint_fails_is_told_of_the_one_who_signed_it() -> None:
    early = made.usual(world()).bundle(signed_anew("checkpoints/16.json", at="2025-11-28T09:14:07.000000Z"))
    assert any("is valid from" in one for one in reasons(early))
    other = made.usual(world()).bundle(swapped("checkpoints/13.sig", "checkpoints/16.sig"))
    assert any("None of the certificates" in one for one in reasons(other))


def test_a_log_may_have_had_other_signers_before() -> None:
    w = world()
    maker = made.usual(w)
    now, before = w.log, holder("Log of before", w.node_ca)
    edit = signed_anew("checkpoints/13.json")

    def by_another(files: dict[str, bytes]) -> None:
        edit(files)
        files["checkpoints/13.sig"] = made.checkpoint_signature(before.key, b"n2n-checkpoint/1\n" + files["checkpoints/13.json"])
        files[f"objects/{sha(before.der).hex()}"] = before.der

    digests = [sha(one.der).hex() for one in (now, w.node_ca, before)]
    assert failed(maker.bundle(by_another)) == {"checkpoints"}
    assert failed(maker.bundle(by_another, lambda manifest: manifest["signers"].update(checkpoints=digests))) == set()


# ----------------------------------------------------------------------------------------------------------- revocation


def revoked(data: list[bytes], revocation: str = "unknown") -> list[str]:
    return reasons(acknowledged(usual_receipt, data=data, revocation=revocation))


def test_revocation_data_of_the_bundle_are_believed() -> None:
    w, before, after = world(), NOW - DAY, NOW + DAY
    assert revoked([made.crl(w.partner_sub, {}, before, after)], "good") == []
    assert revoked([made.crl(w.partner_sub, {w.partner: after}, after, after + DAY)]) == []
    (said,) = revoked([made.crl(w.partner_sub, {w.partner: before}, before, after)])
    assert ", 4: " in said
    assert "was revoked at" in said
    assert any("was revoked at" in one for one in revoked([made.crl(w.partner_ca, {w.partner_sub: before}, before, after)]))


def test_good_is_shown_or_it_is_not_good() -> None:
    w = world()
    stale = made.crl(w.partner_sub, {}, NOW - 3 * DAY, NOW - DAY)
    assert any("nothing in the bundle shows it" in one for one in revoked([stale], "good"))
    assert any("nothing in the bundle shows it" in one for one in revoked([], "good"))
    assert any(
        "is not signed by it" in one
        for one in revoked([made.crl(Holder(w.node.key, w.partner_sub.certificate), {}, NOW - DAY, NOW + DAY)], "good")
    )


def test_ocsp_responses_are_believed_if_the_issuer_or_its_responder_signed_them() -> None:
    w, span = world(), (NOW - DAY, NOW + DAY)
    responder = holder("Responder", w.partner_sub, uses=(Use.OCSP_SIGNING,), uses_critical=False)
    assert revoked([made.ocsp_response(w.partner, w.partner_sub, *span)], "good") == []
    assert revoked([made.ocsp_response(w.partner, responder, *span)], "good") == []
    assert any("was revoked at" in one for one in revoked([made.ocsp_response(w.partner, responder, *span, since=NOW - DAY)]))
    assert any("is not signed by it" in one for one in revoked([made.ocsp_response(w.partner, colleague(), *span)]))


# ------------------------------------------------------------------------------------------------------------- messages


def one_received(
    got: made.Message,
    edit: Callable[[dict[str, Any]], Any] = lambda entry: None,
    payloads: list[bytes] | None = None,
    by: Holder | None = None,
) -> bytes:
    maker, by = Maker(world()), by or world().partner
    about = {"message_id": "got", "partner": "partner", "direction": "in"}
    objects = {
        "envelope": got.envelope,
        "signer": by.der,
        "signer-path-1": world().partner_sub.der,
        "signer-path-2": world().partner_ca.der,
    }
    objects |= {f"payload-{number}": octets for number, octets in enumerate(got.payloads if payloads is None else payloads, 1)}
    facts = {"verified": maker.verified(got, by)}
    edit(facts["verified"])
    maker.exchanges.append({**about, "entries": [maker.entry("message.received", about, objects, facts)]})
    maker.checkpoint()
    return maker.bundle()


def edited(old: bytes, new: bytes) -> made.Message:
    got = made.message("got", world().partner, [b"one"])
    assert old in got.envelope
    return made.Message("got", got.envelope.replace(old, new), got.payloads, got.refs, got.algorithm)


def wrapped() -> made.Message:
    """Another eb:Messaging in the place of the signed one, which is put elsewhere."""
    got = made.message("got", world().partner, [b"one"])
    text = got.envelope.decode()
    signed = re.search("<eb:Messaging.*</eb:Messaging>", text)
    assert signed
    other = signed[0].replace('wsu:Id="m"', 'wsu:Id="other"')
    return made.Message(
        "got", text.replace(signed[0], f"{other}<x>{signed[0]}</x>").encode(), got.payloads, got.refs, got.algorithm
    )


MESSAGES: dict[str, Callable[[], bytes]] = {
    "a payload is another": lambda: one_received(
        edited(b"one", b"one") if False else made.message("got", world().partner, [b"one"]), payloads=[b"other"]
    ),
    "a payload is missing": lambda: one_received(made.message("got", world().partner, [b"one"]), payloads=[]),
    "a payload is there beside them": lambda: one_received(made.message("got", world().partner, []), payloads=[b"x"]),
    "payloads changed places": lambda: one_received(
        m := made.message("got", world().partner, [b"one", b"two"]), payloads=m.payloads[::-1]
    ),
    "the header is another": lambda: one_received(
        edited(b"2026-11-28T09:14:07Z</eb:Timestamp>", b"2026-11-28T09:14:08Z</eb:Timestamp>")
    ),
    "what is signed is another": lambda: one_received(edited(b"cid:part+1@here", b"cid:part+2@here")),
    "the signed header is elsewhere": lambda: one_received(wrapped()),
    "one identifier is there twice": lambda: one_received(edited(b"<wsse:Security ", b'<wsse:Security wsu:Id="m" ')),
    "it has a DTD": lambda: one_received(edited(b"<S12:Envelope", b"<!DOCTYPE x><S12:Envelope")),
    "it has a processing instruction": lambda: one_received(edited(b"<S12:Header>", b"<S12:Header><?x y?>")),
    "it is not signed": lambda: one_received(
        edited(b"ds:Signature ", b"ds:Other ") if False else edited(b"wsse:Security", b"wsse:Other")
    ),
    "it is another message": lambda: one_received(made.message("other", world().partner, [])),
    "it says another algorithm": lambda: one_received(edited(b"ecdsa-sha256", b"ecdsa-sha512")),
    "its algorithm has fallen": lambda: one_received(edited(b"xmldsig-more#ecdsa-sha256", b"xmldsig-more#ecdsa-sha1")),
    "the entry names another algorithm": lambda: one_received(
        made.message("got", world().partner, []), lambda told: told.update(signature_algorithm=made.RSA_NAME)
    ),
    "the entry lists fewer references": lambda: one_received(
        made.message("got", world().partner, []), lambda told: told["references"].pop()
    ),
    "the entry names another certificate": lambda: one_received(made.message("got", colleague(), [])),
    "its signer leads nowhere": lambda: one_received(made.message("got", stranger(), []), by=stranger()),
    "its key is not for signing": lambda: one_received(made.message("got", enciphering(), []), by=enciphering()),
    "a transform is unknown": lambda: one_received(edited(b"#Attachment-Content-", b"#Attachment-Complete-")),
    "its token is of an unknown kind": lambda: one_received(edited(b"#X509v3", b"#PKCS7")),
    "its token is encoded in an unknown way": lambda: one_received(edited(b"#Base64Binary", b"#HexBinary")),
    "a part of its signed info is missing": lambda: one_received(edited(b"ds:SignatureMethod", b"ds:Reference")),
    "the value is cut": lambda: one_received(edited(b"</ds:SignatureValue>", b"AAAA</ds:SignatureValue>")),
}


def enciphering() -> Holder:
    return holder("Enciphering", world().partner_sub, key_usage="key_encipherment")


def test_one_received_message_holds() -> None:
    assert reasons(one_received(made.message("got", world().partner, [b"one"]))) == []


@pytest.mark.parametrize("case", MESSAGES)
def test_a_message_that_is_not_the_signed_one_is_noticed(case: str) -> None:
    assert failed(MESSAGES[case]()) == {"signatures"}


def own_receipt(answer: Callable[[made.Message], made.Message]) -> set[str]:
    maker = Maker(world())
    got = made.message("got", world().partner, [b"one"])
    maker.received(got, answer(got))
    maker.checkpoint()
    return failed(maker.bundle())


def test_our_own_receipt_is_ours_and_for_this_message() -> None:
    node = world().node
    assert own_receipt(lambda got: made.receipt("got", got.refs, node)) == set()
    assert own_receipt(lambda got: made.receipt("other", got.refs, node)) == {"signatures"}
    assert own_receipt(lambda got: made.receipt("got", got.refs[:-1], node)) == {"signatures"}
    assert own_receipt(lambda got: made.receipt("got", got.refs, stranger())) == {"signatures"}
    assert own_receipt(lambda got: made.receipt("got", got.refs, world().partner)) == {"signatures"}


@pytest.mark.parametrize("packed", [True, False])
def test_a_certificate_may_come_with_its_path(packed: bool) -> None:
    got, w = made.message("got", world().partner, [b"one"]), world()
    path = made.der(0x30, w.partner_sub.der, w.partner.der) if packed else made.der(0x30, w.partner.der, w.partner_sub.der)
    octets = got.envelope.replace(b"#X509v3", b"#X509PKIPathv1").replace(
        made.b64(w.partner.der).encode(), made.b64(path).encode()
    )
    changed_one = made.Message("got", octets, got.payloads, got.refs, got.algorithm)
    assert failed(one_received(changed_one)) == (set() if packed else {"signatures"})


PLAIN = {
    "text/xml": (b"<a  b='1'/>", b'<a b="1"></a>'),
    "application/x+xml; charset=utf-8": (b"<a><!-- c --></a>", b"<a></a>"),
    "text/plain": (b"one\ntwo\r\n", b"one\r\ntwo\r\n"),
}


@pytest.mark.parametrize("media", PLAIN)
@pytest.mark.parametrize("compressed", [False, True])
def test_plain_xml_and_text_are_signed_in_their_canonical_form(media: str, compressed: bool) -> None:
    payload, signed = PLAIN[media]
    kind = '<eb:Property name="CompressionType">application/gzip</eb:Property>' if compressed else ""
    got = made.message("got", world().partner, [])
    messaging = re.search("<eb:Messaging.*</eb:Messaging>", got.envelope.decode())
    assert messaging
    parts = f'<eb:PartProperties>{kind}<eb:Property name="MimeType">{media}</eb:Property></eb:PartProperties>'
    header = messaging[0].replace("<eb:PayloadInfo>", f'<eb:PayloadInfo><eb:PartInfo href="cid:p">{parts}</eb:PartInfo>')
    octets = made.envelope(header, [Ref("cid:p", sha(signed), transform=made.SWA)], world().partner)
    refs = [Ref(one.uri, one.digest) for one in verifier.read_soap(octets).signature.references]
    assert failed(one_received(made.Message("got", octets, [payload], refs, got.algorithm))) == (
        {"signatures"} if compressed else set()
    )
    assert failed(one_received(made.Message("got", octets, [signed], refs, got.algorithm))) == set()
    assert failed(
        one_received(made.Message("got", octets, [payload.replace(b"a", b"c").replace(b"o", b"c")], refs, got.algorithm))
    ) == {"signatures"}


def facts(**told: Any) -> bytes:
    """One message sent whose facts.signed is another."""
    maker = Maker(world())
    sent = made.message("sent", world().node, [b"one"])
    about = {"message_id": "sent", "partner": "partner", "direction": "out"}
    signed = {name: value for name, value in maker.verified(sent, world().node).items() if name not in ("policy", "revocation")}
    objects = {"envelope": sent.envelope, "signer": world().node.der, "payload-1": sent.payloads[0]}
    number = maker.entry("message.packaged", about, objects, {"signed": {**signed, **told.pop("signed", {})}, **told})
    maker.exchanges.append({**about, "entries": [number]})
    maker.checkpoint()
    return maker.bundle()


def test_what_an_entry_says_of_our_own_signature_is_what_it_says() -> None:
    assert reasons(facts()) == []
    assert failed(facts(signed={"signature_algorithm": made.RSA_NAME})) == {"signatures"}
    assert failed(facts(signed={"references": []})) == {"signatures"}
    assert failed(facts(signed={"signer": "00" * 32})) == {"signatures"}
    assert reasons(facts(signed={"references": []}, shortened=True)) == []


def test_what_went_by_a_rule_is_named_with_its_entry() -> None:
    maker = Maker(world())
    got = made.message("got", world().partner, [b"one"])
    numbers = maker.received(got)
    why = {"who": "the rule", "what": "one payload", "why": "ten years"}
    for name, holds in ((f"payload-1.{numbers[0]}", True), ("payload-1", False), (f"payload-0.{numbers[0]}", False)):
        again = Maker(world())
        again.received(got)
        again.exchanges[0]["entries"].append(again.entry("evidence.purged", {"message_id": "got"}, {name: got.payloads[0]}, why))
        digest = sha(got.payloads[0]).hex()
        again.objects.pop(digest)
        again.absent[digest] = {"sha256": digest, "why": "purged", "rule": "ten years", "at": made.told(NOW)}
        again.checkpoint()
        assert (failed(again.bundle()) == set()) == holds


def with_body(inside: str, signed: str) -> bytes:
    messaging = re.search("<eb:Messaging.*</eb:Messaging>", made.message("got", world().partner, []).envelope.decode())
    assert messaging
    octets = made.envelope(messaging[0], [], world().partner, inside=inside, signed=signed)
    refs = [Ref(one.uri, one.digest) for one in verifier.read_soap(octets).signature.references]
    return one_received(made.Message("got", octets, [], refs, made.xml_algorithm(world().partner.key)))


def test_a_body_that_is_not_empty_is_signed_and_the_header_always() -> None:
    assert failed(with_body("", "mb")) == failed(with_body("", "m")) == failed(with_body("<x></x>", "mb")) == set()
    assert failed(with_body("<x></x>", "m")) == failed(with_body("text", "m")) == failed(with_body("", "b")) == {"signatures"}


def test_a_comment_in_what_is_signed_is_refused() -> None:
    (why, *_) = reasons(one_received(edited(b"<eb:UserMessage>", b"<eb:UserMessage><!-- c -->")))
    assert "a comment" in str(why)


@pytest.mark.shared
def test_messages_of_phase4_hold_and_tampered_ones_do_not(shared: Path) -> None:
    held, refused = [], []
    for path in sorted((shared / "vectors" / "phase4-live").rglob("*.body")):
        for octets in re.findall(rb"<(?:\w+:)?Envelope.*?</(?:\w+:)?Envelope>", path.read_bytes(), re.DOTALL):
            if b"SignedInfo" in octets:
                try:
                    soap = verifier.read_soap(octets)
                    signer = soap.signer([])
                    soap.verify_parts()
                    soap.signature.verify(signer)
                except verifier.Refused:
                    refused.append(path.parent.name)
                else:
                    held.append(path.parent.name)
    assert len(held) >= 50
    # Two name their certificate by its key identifier or number, and here nobody has it.
    assert set(refused) == {"key-issuer-serial", "key-ski", "tampered-header", "tampered-receipt-digest"}


# -------------------------------------------------------------------------------------------------------------- paths


def with_signer(by: Holder, *above: Holder) -> list[str]:
    maker = Maker(world())
    got = made.message("got", by, [])
    about = {"message_id": "got", "partner": "partner", "direction": "in"}
    objects = {
        "envelope": got.envelope,
        "signer": by.der,
        **{f"signer-path-{number}": one.der for number, one in enumerate(above, 1)},
    }
    maker.exchanges.append(
        {**about, "entries": [maker.entry("message.received", about, objects, {"verified": maker.verified(got, by)})]}
    )
    maker.checkpoint()
    return reasons(maker.bundle())


def test_a_path_may_go_through_authorities() -> None:
    assert with_signer(world().partner, world().partner_sub) == []


def test_a_path_goes_through_authorities_only() -> None:
    w = world()
    between = holder("No CA", w.partner_ca)
    weak = holder("Sub of Sub", w.partner_sub, ca=True)
    wrong_use = holder("CA that may not", w.partner_ca, ca=True, key_usage="crl_sign")
    ended = holder("Ended CA", w.partner_ca, ca=True, end=NOW - DAY)
    names = x509.NameConstraints(
        [x509.DirectoryName(x509.Name([]))], [x509.DirectoryName(x509.Name.from_rfc4514_string("O=Test"))]
    )
    bound = holder("Bound CA", w.partner_ca, ca=True, names=names)
    for above, why in [
        ([between], "is no authority"),
        ([weak, w.partner_sub], "more authorities under"),
        ([wrong_use], "not for certificates"),
        ([ended], "ended at"),
        ([bound], "may not issue"),
    ]:
        (said,) = with_signer(holder(f"Under {above[0].certificate.subject.rfc4514_string()}", above[0]), *above)
        assert why in said
    (said,) = with_signer(w.partner)
    assert "No path leads" in said


# Valid paths that are refused on purpose: they need policies, lists of some reasons or of other authorities, DSA, or rows taken back.
PKITS_REFUSED = re.compile("dsa|polic|distributionpoint_test[47]|onlysomereasons|indirectcrl|crlissuer|deltacrl_test5")


@pytest.mark.shared
@pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning")
def test_the_paths_of_pkits_are_judged_as_nist_says(shared: Path) -> None:
    folder = shared / "vectors" / "pkits"
    at = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)

    def certificate(name: str) -> x509.Certificate:
        return verifier.read_certificate((folder / "certs" / name).read_bytes())

    anchors = verifier.Certificates([certificate("TrustAnchorRootCertificate.crt")])
    accepted, refused = set(), set()
    for case in json.loads((folder / "pkits.json").read_text()):
        try:
            known = verifier.Certificates([*anchors.all, *map(certificate, case["intermediates"])])
            path = verifier.path_to_anchor(certificate(case["ee"]), known, anchors, at)
            data = verifier.Revocation((folder / "crls" / name).read_bytes() for name in case["crls"])
            verifier.not_revoked(path, data, at, known)
            for begin in range(len(path) - 1):
                verifier.shown_good(path[begin:], data, at, known)
        except (verifier.Refused, ValueError):
            refused.add((case["expected"], case["id"]))
        else:
            accepted.add((case["expected"], case["id"]))
    # A verifier of evidence asks for no policy, where these six ask for one.
    wrongly = {name for expected, name in accepted if expected == "invalid"}
    assert len(wrongly) == 6
    assert all("different_policies" in name for name in wrongly)
    assert all(PKITS_REFUSED.search(name) for expected, name in refused if expected == "valid")
    assert len(accepted) == 52


# --------------------------------------------------------------------------------------------------------------- tokens

YEARS = NOW + 3650 * DAY


def stamped(*stamps: Stamp) -> Maker:
    return made.usual(world(), stamps=list(stamps))


def time_holder(name: str, **more: Any) -> Holder:
    return holder(name, world().time_ca, **{"uses": (Use.TIME_STAMPING,), **more})


TOKENS: dict[str, Callable[[], Stamp]] = {
    "by a stranger": lambda: Stamp(holder("Time of nobody", stranger_time(), uses=(Use.TIME_STAMPING,)), NOW),
    "by a certificate for anything": lambda: Stamp(time_holder("Time any", uses=()), NOW),
    "by a certificate for more": lambda: Stamp(time_holder("Time more", uses=(Use.TIME_STAMPING, Use.CLIENT_AUTH)), NOW),
    "by a certificate whose purpose is not critical": lambda: Stamp(time_holder("Time soft", uses_critical=False), NOW),
    "before the certificate began": lambda: Stamp(world().later_time, NOW),
    "after the certificate ended": lambda: Stamp(time_holder("Time ended", end=NOW - DAY), NOW),
    "for another certificate": lambda: Stamp(world().time, NOW, ess_of=world().later_time),
    "after the moment of verification": lambda: Stamp(world().time, SOON + DAY),
}


def stranger_time() -> Holder:
    return holder("Time CA of nobody", ca=True)


@pytest.mark.parametrize("case", TOKENS)
def test_a_token_that_proves_nothing_is_named(case: str) -> None:
    assert failed(stamped(TOKENS[case]()).bundle()) == {"tokens"}


def test_a_token_may_leave_its_certificate_to_the_bundle() -> None:
    assert reasons(stamped(Stamp(world().time, NOW, inside=False)).bundle()) == []


def renewed(**more: Any) -> bytes:
    """One checkpoint, stamped and renewed while the first authority's certificate was valid."""
    maker = Maker(world())
    maker.received(made.message("got@partner", world().partner, []))
    w = world()
    data = {"evidence": [w.time.der, w.time_ca.der], "at": made.BEGIN + 450 * DAY, **more}
    maker.checkpoint(Stamp(w.time, NOW, inside=False), Stamp(w.later_time, data["at"], evidence=data["evidence"]))
    return maker.bundle()


def test_ten_years_later_a_renewed_row_holds_and_one_that_was_not_renewed_does_not() -> None:
    assert reasons(renewed(), YEARS) == []
    assert failed(good(), YEARS) == {"tokens"}
    assert all("It was not renewed" in one for one in reasons(good(), YEARS))


def test_a_renewal_that_came_too_late_is_told() -> None:
    (said,) = reasons(renewed(at=made.BEGIN + 501 * DAY), YEARS)[:1]
    assert "It came too late" in said


def test_a_renewal_names_what_verifies_the_token_before_it() -> None:
    assert failed(renewed(evidence=[]), YEARS) == {"tokens"}


def test_a_robbed_authority_for_time_proves_nothing_and_one_that_closed_does() -> None:
    w, since = world(), NOW + 30 * DAY
    for reason, holds in ((x509.ReasonFlags.key_compromise, False), (x509.ReasonFlags.cessation_of_operation, True)):
        told = made.crl(w.time_ca, {w.time: since}, since, since + DAY, reason)
        assert (failed(renewed(evidence=[w.time.der, told]), YEARS) == set()) == holds


# ----------------------------------------------------------------------------------------------------------------- seal


def sealed_by(by: Holder, edit: Callable[[bytes], bytes] = lambda seal: seal) -> bytes:
    files = made.unpacked(good())
    files.pop("META-INF/signatures.xml")
    files["META-INF/signatures.xml"] = edit(made.sealed(files, by, NOW))
    return made.packed(files)


def test_the_seal_is_that_of_the_node() -> None:
    assert failed(sealed_by(world().seal)) == set()
    assert failed(sealed_by(stranger())) == {"seal"}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"report.pdf", b"report.pdg"),
        (b"<xades:SigningTime>2026", b"<xades:SigningTime>2027"),
        (b'Target="#s"', b'Target="#t"'),
        (b"01903#SignedProperties", b"01903#SomethingElse"),
        (
            b"</xades:SignedProperties>",
            b"</xades:SignedProperties><xades:UnsignedProperties><xades:x></xades:x></xades:UnsignedProperties>",
        ),
    ],
)
def test_a_seal_that_was_changed_does_not_hold(old: bytes, new: bytes) -> None:
    assert old in made.unpacked(good())["META-INF/signatures.xml"]
    assert failed(sealed_by(world().seal, lambda seal: seal.replace(old, new))) == {"seal"}


def stamped_seal(by: Holder, over: bytes | None = None, at: dt.datetime = NOW + 2 * DAY, sealer: Holder | None = None) -> bytes:
    """A seal with a time-stamp over the canonical form of its value, which is written with its namespaces in the scope."""

    def edit(seal: bytes) -> bytes:
        value = re.search(rb"<ds:SignatureValue>.*</ds:SignatureValue>", seal)
        assert value
        inclusive = value[0].replace(
            b"<ds:SignatureValue>",
            f'<ds:SignatureValue xmlns:asic="http://uri.etsi.org/02918/v1.2.1#" xmlns:ds="{made.DS}">'.encode(),
        )
        token = made.b64(made.token(over or inclusive, by, at, [by])).encode()
        stamp = (
            b"<xades:SignatureTimeStamp><xades:EncapsulatedTimeStamp>"
            + token
            + b"</xades:EncapsulatedTimeStamp></xades:SignatureTimeStamp>"
        )
        unsigned = (
            b"<xades:UnsignedProperties><xades:UnsignedSignatureProperties>"
            + stamp
            + b"</xades:UnsignedSignatureProperties></xades:UnsignedProperties>"
        )
        return seal.replace(b"</xades:SignedProperties>", b"</xades:SignedProperties>" + unsigned)

    return sealed_by(sealer or world().seal, edit)


def test_a_seal_may_be_stamped_and_is_then_judged_at_that_time() -> None:
    assert reasons(stamped_seal(world().time)) == []
    assert failed(stamped_seal(world().time, over=b"other")) == {"seal"}
    assert failed(stamped_seal(holder("Time of nobody", stranger_time(), uses=(Use.TIME_STAMPING,)))) == {"seal"}
    assert failed(stamped_seal(world().partner)) == {"seal"}
    brief = holder("Brief seal", world().node_ca, end=NOW + DAY)
    assert failed(sealed_by(brief)) == set()
    assert failed(stamped_seal(world().time, sealer=brief)) == {"seal"}


def test_a_seal_covers_nothing_twice() -> None:
    files = made.unpacked(good())
    files.pop("META-INF/signatures.xml")
    seal = made.sealed({**files, "report%2Epdf": files["report.pdf"]}, world().seal, NOW)
    assert failed(made.packed({**files, "META-INF/signatures.xml": seal})) == {"seal"}


def test_the_seal_covers_every_file() -> None:
    files = made.unpacked(good())
    report = files.pop("report.pdf")
    files["META-INF/signatures.xml"] = made.sealed(
        {k: v for k, v in files.items() if not k.startswith("META-INF/")}, world().seal, NOW
    )
    files["report.pdf"] = report
    assert failed(made.packed(files)) == {"seal"}


@given(where=st.integers(min_value=0), bits=st.integers(1, 255), which=st.integers(min_value=0))
def test_damaged_objects_and_tokens_are_named_even_if_everything_else_is_made_to_fit(where: int, bits: int, which: int) -> None:
    """An insider changes an octet of a file that is no entry, and makes list, manifest and seal anew."""
    files = {name: octets for name, octets in made.unpacked(good()).items() if not name.startswith("META-INF/")}
    names = [name for name in files if name.startswith(("objects/", "checkpoints/")) and files[name]]
    name = names[which % len(names)]
    octets = bytearray(files[name])
    octets[where % len(octets)] ^= bits
    files[name] = bytes(octets)
    manifest = json.loads(files["manifest.json"])
    manifest["files"][name]["sha256"] = sha(files[name]).hex()
    files["manifest.json"] = made.canonical(manifest)
    files["META-INF/signatures.xml"] = made.sealed(files, world().seal, NOW)
    report = verifier.verify_bundle(made.packed(files), SOON)
    if name.endswith(".tst") and not report.failures:
        return  # what a token does not sign of itself, such as a certificate that it carries beside its own
    assert report.failures
    assert not {check for check, _, _ in report.failures} & {"container", "files"}


# --------------------------------------------------------------------------------------------------- the command, alone


def run(*arguments: object, cwd: Path | None = None, isolated: bool = False) -> subprocess.CompletedProcess[str]:
    flags = ["-I", "-W", "error"] if isolated else []
    return subprocess.run([sys.executable, *flags, *map(str, arguments)], capture_output=True, text=True, cwd=cwd)


def test_the_command_says_each_check_and_whose_the_anchors_are(tmp_path: Path) -> None:
    (tmp_path / "b.asice").write_bytes(good())
    anchors = []
    for name, one in (("node", world().node_ca), ("time", world().time_ca)):
        (tmp_path / f"{name}.pem").write_bytes(one.certificate.public_bytes(serialization.Encoding.PEM))
        anchors += ["--anchor", tmp_path / f"{name}.pem"]
    (tmp_path / "partner.der").write_bytes(world().partner_ca.der)

    at = ["--at", "2026-12-01T00:00:00Z"]
    alone = run(FILE, tmp_path / "b.asice", *at)
    assert alone.returncode == 0, alone.stdout + alone.stderr
    assert [line.split()[1] for line in alone.stdout.splitlines() if line.startswith("holds")] == list(verifier.CHECKS)
    assert alone.stdout.count("KNOWN FROM THE BUNDLE ALONE") == 3
    ended = run(FILE, tmp_path / "b.asice", *at, *anchors)
    assert ended.returncode == 1, ended.stdout + ended.stderr
    assert [line.split()[1] for line in ended.stdout.splitlines() if line.startswith("FAILS")] == ["signatures", "receipts"]
    assert f"{sha(world().partner_ca.der).hex()}), which was not handed in as an anchor of the partner " in ended.stdout
    assert ended.stdout.count("handed in by you") == 2

    told = json.loads(run(FILE, tmp_path / "b.asice", *at, *anchors, "--anchor", tmp_path / "partner.der", "--json").stdout)
    assert told["holds"] is True
    assert all(anchor["handed_in"] for anchor in told["anchors"])
    assert [check["name"] for check in told["checks"]] == list(verifier.CHECKS)


def test_what_the_bundle_says_of_itself_is_told_as_its_own_word(tmp_path: Path) -> None:
    (tmp_path / "b.asice").write_bytes(good())
    said = run(FILE, tmp_path / "b.asice", "--at", "2026-12-01T00:00:00Z").stdout.splitlines()
    assert said[0] == "Verified as of 2026-12-01 00:00:00 UTC."
    assert said[1].startswith("The bundle says that it was made at ")
    told = {"made_at": "2026-11-28T00:00:00.000000Z", "made_by": "us\x1b[2J", "log": "l", "exchanges": [1], "redacted": True}
    of_time = {**told, "scope": {"partner": "kr", "from": "a", "to": "b"}}
    assert verifier.claimed({**told, "scope": {"messages": []}}).endswith(
        "by us [2J, out of the log l: 1 message, without payloads."
    )
    assert "1 message, all that were exchanged with kr from a up to b, without payloads." in verifier.claimed(of_time)


def test_whoever_reads_the_beginning_alone_gets_the_verdict_as_the_status(tmp_path: Path) -> None:
    (tmp_path / "b.asice").write_bytes(good())
    with subprocess.Popen(
        [sys.executable, FILE, tmp_path / "b.asice", "--at", "2026-12-01T00:00:00Z"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert (process.wait(), process.stderr.read()) == (0, "")


def test_an_anchor_is_that_of_the_side_whose_it_is_said_to_be(tmp_path: Path) -> None:
    (tmp_path / "b.asice").write_bytes(good())
    sides = {"node": world().node_ca, "time": world().time_ca, "partner": world().partner_ca}
    for name, one in sides.items():
        (tmp_path / f"{name}.der").write_bytes(one.der)

    def handed_in(*told: str) -> list[bool]:
        anchors = [word for one in told for word in ("--anchor", one)]
        ended = run(FILE, "b.asice", "--at", "2026-12-01T00:00:00Z", "--json", *anchors, cwd=tmp_path)
        return [anchor["handed_in"] for anchor in json.loads(ended.stdout)["anchors"]]

    assert handed_in("node=node.der", "time=time.der", "partner=partner.der") == [True, True, True]
    assert handed_in("node=node.der", "time=time.der", "node=partner.der").count(True) == 2
    assert handed_in("other=partner.der", "partner.der") == handed_in("partner.der")


def test_the_command_ends_with_1_and_names_the_place(tmp_path: Path) -> None:
    (tmp_path / "b.asice").write_bytes(changed(lambda files: files.update({"report.pdf": b"other"})))
    ended = run(FILE, tmp_path / "b.asice")
    assert ended.returncode == 1
    assert "FAILS  seal" in ended.stdout
    assert "report.pdf" in ended.stdout
    assert "The bundle does NOT hold." in ended.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "the following arguments are required: BUNDLE"),
        (["nowhere.asice"], "nowhere.asice: No such file or directory"),
        (["."], ".: Is a directory"),
        (["b.asice", "--at", "tomorrow"], "'tomorrow' is no instant with a zone: write it as"),
        (["b.asice", "--at", "2026-12-01"], "'2026-12-01' is no instant with a zone: write it as"),
        (["b.asice", "--anchor", "b.asice"], "b.asice is no certificate in PEM or DER"),
        (["b.asice", "--fallen", "sha256"], "--fallen 'sha256' names no instant"),
    ],
)
def test_a_wrong_call_ends_with_2(arguments: list[str], said: str, tmp_path: Path) -> None:
    (tmp_path / "b.asice").write_bytes(b"x")
    ended = run(FILE, *arguments, cwd=tmp_path)
    assert ended.returncode == 2
    assert "Traceback" not in ended.stderr
    assert f"error: {said}" in ended.stderr


@pytest.mark.parametrize("octets", [b"", b"x", b"PK\x05\x06" + bytes(18), bytes(5000)])
def test_what_is_no_bundle_does_not_hold(octets: bytes) -> None:
    assert failed(octets) == {"container"}


def test_the_file_imports_the_standard_library_and_cryptography_alone() -> None:
    imported = set()
    for statement in ast.walk(ast.parse(FILE.read_text())):
        if isinstance(statement, ast.Import):
            imported |= {name.name.partition(".")[0] for name in statement.names}
        elif isinstance(statement, ast.ImportFrom):
            assert statement.level == 0
            imported.add((statement.module or "").partition(".")[0])
    assert imported - sys.stdlib_module_names == {"cryptography"}
    assert not imported & {"socket", "ssl", "http", "urllib3", "subprocess", "tempfile", "shutil", "os"}
    assert "import_module" not in FILE.read_text()
    assert "__import__" not in FILE.read_text()


def test_nothing_of_ours_imports_the_verifier() -> None:
    for folder in ("node", "conformance"):
        for path in (ROOT / folder).rglob("*.py"):
            assert not re.search(r"^\s*(import|from) (verifier|n2n_verify)\b", path.read_text(), re.MULTILINE), path


def test_the_file_runs_in_a_folder_of_its_own_with_nothing_but_cryptography(tmp_path: Path) -> None:
    import cryptography

    shutil.copy(FILE, tmp_path / "n2n_verify.py")
    (tmp_path / "b.asice").write_bytes(good())
    lent = tmp_path / "lent"
    lent.mkdir()
    packages = Path(cryptography.__file__).parents[1]
    for name in ("cryptography", "_cffi_backend", "cffi"):
        for path in packages.glob(f"{name}*"):
            (lent / path.name).symlink_to(path)
    # -I: no folder of the caller, no environment; -S: no site-packages; only the folder lent is added, by the line itself.
    line = (
        f"import sys; sys.path.append({str(lent)!r}); sys.argv = ['v', 'b.asice', '--at', '2026-12-01T00:00:00Z'];"
        "import runpy; runpy.run_path('n2n_verify.py', run_name='__main__')"
    )
    ended = subprocess.run([sys.executable, "-I", "-S", "-c", line], capture_output=True, text=True, cwd=tmp_path)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b.asice", "lent", "n2n_verify.py"]


def test_the_file_opens_no_connection_and_writes_nothing(tmp_path: Path) -> None:
    (tmp_path / "b.asice").write_bytes(good())
    line = (
        "import sys, runpy\n"
        "def hook(event, args):\n"
        "    if event.startswith(('socket.', 'subprocess.', 'os.', 'shutil.')) and event not in ('os.listdir', 'os.scandir', 'os.putenv'):\n"
        "        print('DID', event, args, file=sys.stderr)\n"
        "    if event == 'open' and isinstance(args[1], str) and set(args[1]) & set('wax+'):\n"
        "        print('DID', event, args, file=sys.stderr)\n"
        f"sys.argv = ['v', {str(tmp_path / 'b.asice')!r}, '--at', '2026-12-01T00:00:00Z']\n"
        "sys.dont_write_bytecode = True\n"
        "sys.addaudithook(hook)\n"
        f"runpy.run_path({str(FILE)!r}, run_name='__main__')\n"
    )
    ended = subprocess.run([sys.executable, "-c", line], capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    assert "DID" not in ended.stderr


def test_what_a_bundle_brings_moves_no_cursor_and_ends_no_line(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    evil = "m1\x1b[2J\u202e\x9b\nThe bundle holds.\u2028@tw"
    report = verifier.Report([("files", evil, evil)], [("tokens", evil, evil)])
    verifier.print_report(report, [{"of": [evil], "subject": evil, "sha256": "0" * 64, "handed_in": False}], NOW)
    out = capsys.readouterr().out
    assert all(one.isprintable() or one == "\n" for one in out)
    assert "The bundle holds." not in out.splitlines()
    assert r"m1\x1b[2J\u202e\x9b\nThe bundle holds.\u2028@tw" in out


def test_a_name_is_told_on_a_terminal_that_lacks_its_letters(tmp_path: Path) -> None:
    import subprocess

    file = tmp_path / "bundle.asice"
    file.write_bytes(made.packed({"mimetype": b"x", "關": b"x"}))
    command = [sys.executable, verifier.__file__, str(file)]
    done = subprocess.run(command, capture_output=True, env={"PYTHONIOENCODING": "ascii"}, check=False)
    assert (done.returncode, done.stderr) == (1, b"")
