"""Checkpoints are signed while the log grows, times come from a third side, and are renewed before they end."""

import logging
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from node.customs.seal.token import read_token
from node.evidence.authorities import Authorities, Heard, Named
from node.evidence.checkpoint import check_signature
from node.evidence.notes import make_note
from node.failpoints import FAILPOINTS
from node.keyring.demo_stamps import DemoTimestampAuthority
from node.proving import SELDOM, SOON, Rhythm
from node.security.certificates import Certificate
from node.store.log_audit import audit
from node.transport.public import Stopping
from node.transport.stamping import HttpTimestampAuthority
from tests.logged import judging, logged
from tests.seals import NOW
from tests.time_authorities import YEAR, authority_under, time_root

ROOT = Path(__file__).parents[1]


@pytest.fixture
def made(tmp_path):
    one = logged(tmp_path)
    one.exchange(b"first")
    yield one
    one.close()


def change(messages, statement):
    messages.writer.run(lambda cursor: cursor.execute(statement) and None)


def test_a_checkpoint_is_signed_and_the_next_one_when_the_log_has_grown_and_its_time_has_come(made):
    made.rhythm = Rhythm(timedelta(seconds=60))
    proving, evidence = made.proving(), made.evidence()
    assert [proving.checkpoint(), proving.checkpoint()] == [1, 0]
    made.later(seconds=90)
    assert proving.checkpoint() == 0
    made.exchange(b"second")
    made.later(seconds=-40)
    assert proving.checkpoint() == 0
    made.later(seconds=40)
    assert proving.checkpoint() == 1
    for one in evidence.checkpoints():
        certificate = Certificate(b"".join(evidence.object(one.signers[0]).chunks()))
        check_signature(one.checkpoint, one.signature, certificate)
    assert [one.checkpoint.size for one in evidence.checkpoints()] == [2, 4]
    assert evidence.last_checkpoint().checkpoint.log == evidence.log().name


def test_nothing_is_signed_over_a_log_that_was_changed(made, caplog):
    proving, messages = made.proving(), made.both.stores["b"].messages
    change(messages, "UPDATE evidence_entry SET octets = chain WHERE number = 2")
    with caplog.at_level(logging.ERROR):
        assert [proving.checkpoint(), proving.checkpoint()] == [0, 0]
    assert [one.message for one in caplog.records] == [
        (
            "ALARM: entry 2 of the log of evidence: the entry does not follow the one before it; "
            "nothing is signed over it, n2n doctor --store says more"
        )
    ]


def test_nothing_is_signed_over_a_log_that_was_cut_off(made, caplog):
    change(made.both.stores["b"].messages, "DELETE FROM evidence_entry WHERE number = 2")
    assert made.proving().checkpoint() == 0
    assert "ends at 1, and its head says 2" in caplog.text


def test_nothing_is_signed_over_a_tree_that_was_changed(made, caplog):
    for number in range(150):
        made.exchange(b"%d" % number)
    proving = made.proving()
    assert [proving.tiles(), proving.checkpoint()] == [1, 1]
    made.exchange(b"last")
    made.later(seconds=2)
    change(made.both.stores["b"].messages, "UPDATE evidence_tile SET hashes = zeroblob(length(hashes))")
    assert proving.checkpoint() == 0
    assert "a tile was changed" in caplog.text


def test_a_token_stands_over_the_newest_checkpoint(made):
    proving, evidence = made.proving(), made.evidence()
    assert proving.stamps() == 0
    proving.checkpoint()
    assert [proving.stamps(), proving.stamps()] == [1, 0]
    checkpoint = evidence.last_checkpoint()
    (token,) = evidence.tokens(checkpoint.checkpoint.size)
    assert token.note == make_note(checkpoint.octets, checkpoint.signature)
    assert (token.number, token.at) == (0, read_token(token.token).time)
    assert evidence.checkpoint_over(1, stamped=True) == checkpoint
    made.exchange(b"second")
    made.later(seconds=2)
    proving.checkpoint()
    assert evidence.unstamped() == evidence.last_checkpoint() != checkpoint


def test_without_an_authority_nothing_is_asked(made):
    proving = made.proving(authorities=lambda: None)
    proving.checkpoint()
    assert proving.stamps() == 0


def test_an_authority_that_does_not_answer_is_asked_ever_more_seldom_and_no_message_waits(made, caplog):
    authorities, proving = made.authorities, made.proving()
    authorities.trouble = ConnectionError("down")
    proving.checkpoint()
    for asked, rest in ((1, SOON), (2, SOON * 2), (3, SOON * 4)):
        assert proving.stamps() == 0
        assert proving.stamps() == 0
        assert authorities.asked == asked
        made.later(seconds=rest.total_seconds())
        made.exchange(b"meanwhile %d" % asked)
        proving.checkpoint()
    assert "asked again in 0:01:00" in caplog.text
    authorities.trouble = None
    made.later(seconds=SELDOM.total_seconds())
    assert proving.stamps() == 1


def test_an_answer_that_stamps_something_else_is_not_kept(made, caplog):
    class Other:
        def stamp(self, request):
            return made.authorities.world.tsa.stamp(request[:-40] + bytes([request[-40] ^ 1]) + request[-39:])

    root = made.authorities.world.time_root.certificate
    proving = made.proving(authorities=lambda: judging(Other(), made.both.a.clock, root))
    proving.checkpoint()
    assert proving.stamps() == 0
    assert made.evidence().tokens(2) == []
    assert "ALARM: no time stamp came" in caplog.text


def test_a_token_is_renewed_before_its_authority_ends_over_all_that_stood_before(made):
    proving, evidence, world = made.proving(), made.evidence(), made.authorities.world
    proving.checkpoint()
    proving.stamps()
    first = evidence.tokens(2)[0]
    made.later(days=(first.ends_at - NOW).days - 80)
    # The same authority with the same certificate gains nothing.
    assert proving.stamps() == 0
    assert len(evidence.tokens(2)) == 1
    key, root = world.tsa.key, world.time_root
    issued = _later(root, key, first.ends_at + timedelta(days=3000))
    world.tsa = DemoTimestampAuthority(key, issued, made.both.a.clock.now, ())
    made.later(days=2)
    assert proving.stamps() == 1
    first, second = evidence.tokens(2)
    checkpoint = evidence.checkpoint(2)
    carried = read_token(first.token).certificates
    assert second.note == make_note(checkpoint.octets, checkpoint.signature, [first.token], carried)
    assert all(evidence.object(Certificate(one).sha256) for one in carried)
    assert second.ends_at > first.ends_at
    assert proving.stamps() == 0
    assert not list(audit(made.both.stores["b"].messages))


def two(made):
    """Two authorities under roots of their own, that of the log first."""
    other = time_root("Other root", NOW - YEAR, NOW + 40 * YEAR)
    second = authority_under(other, "Second", 88, made.both.a.clock.now, since=NOW - YEAR, until=NOW + YEAR)
    named = [Named("first.example", made.authorities), Named("second.example", second)]
    anchors = [made.authorities.world.time_root.certificate, other.certificate]
    heard = Heard()
    return lambda: Authorities(named, anchors, [], made.both.a.clock, lambda what: None, heard)


def test_a_second_authority_says_the_time_as_well_where_that_is_wanted(made):
    made.rhythm = Rhythm(timedelta(seconds=1), timedelta(seconds=1), independent=True)
    proving, evidence = made.proving(authorities=two(made)), made.evidence()
    assert proving.stamps() == 0
    proving.checkpoint()
    assert [proving.stamps(), proving.stamps()] == [2, 0]
    first, second = evidence.tokens(2)
    assert second.note == make_note(
        *(evidence.checkpoint(2).octets, evidence.checkpoint(2).signature, [first.token], read_token(first.token).certificates)
    )
    assert second.ends_at < first.ends_at
    assert not list(audit(made.both.stores["b"].messages))


def test_a_second_authority_that_is_silent_keeps_the_first_from_nothing(made, caplog):
    made.rhythm = Rhythm(timedelta(seconds=1), timedelta(seconds=1), independent=True)
    proving, evidence = made.proving(), made.evidence()
    for number in range(3):
        made.exchange(b"%d" % number)
        made.later(seconds=2)
        proving.checkpoint()
        assert proving.stamps() == 1
    assert [len(evidence.tokens(one.checkpoint.size)) for one in evidence.checkpoints()] == [1, 1, 1]
    assert "no authority is named that stands under another anchor" in caplog.text


def test_what_rests_on_an_algorithm_that_will_fall_is_renewed_before_by_one_that_has_another(made):
    proving, evidence, world = made.proving(), made.evidence(), made.authorities.world
    proving.checkpoint()
    proving.stamps()
    falls = made.both.a.clock.now() + timedelta(days=100)
    made.rhythm = Rhythm(timedelta(seconds=1), timedelta(seconds=1), ends={"secp256r1": falls})
    assert proving.stamps() == 0
    assert evidence.tokens(2)[0].ends_at == falls
    made.later(days=11)
    # Another key of the same curve gains nothing.
    assert proving.stamps() == 0
    world.time_root = time_root("Large root", NOW - YEAR, NOW + 40 * YEAR, "p521")
    world.tsa = authority_under(world.time_root, "Large", 89, made.both.a.clock.now, kind="p521")
    made.later(days=2)
    assert proving.stamps() == 1
    assert [one.ends_at > falls for one in evidence.tokens(2)] == [False, True]


def test_a_token_that_came_while_the_node_was_stopping_alarms_nobody(made, caplog):
    def fetch(url, body=None, content_type=""):
        raise Stopping("the node is stopping")

    root = made.authorities.world.time_root.certificate
    asking = judging(HttpTimestampAuthority("https://tsa.example/", fetch), made.both.a.clock, root)
    proving = made.proving(authorities=lambda: asking)
    proving.checkpoint()
    assert proving.stamps() == 0
    assert caplog.text == ""


_DIES = """
import sys
from pathlib import Path
from node import failpoints
from tests.logged import logged
from tests.seals import NOW
made = logged(Path(sys.argv[1]))
made.exchange(b"first")
failpoints.arm(sys.argv[2])
made.evidence().act(NOW, "kim", "acted", "why")
made.prove()
"""


@pytest.mark.parametrize("point", [one for one in FAILPOINTS if one.startswith("evidence.") and "import" not in one])
def test_a_node_that_is_killed_there_goes_on_with_a_whole_log(tmp_path, point):
    dead = subprocess.run([sys.executable, "-c", _DIES, tmp_path, point], cwd=ROOT, capture_output=True, check=False)
    assert dead.returncode == -9, dead.stderr
    made = logged(tmp_path)
    made.later(seconds=5)
    made.evidence().act(NOW, "kim", "acted again", "why")
    made.prove()
    assert not list(audit(made.both.stores["b"].messages))
    assert made.evidence().last_stamped() is not None
    made.close()


def _later(root, key, until):
    """A certificate of the authority for time stamps that ends later."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.serialization import Encoding
    from cryptography.x509.oid import ExtendedKeyUsageOID

    made = (
        x509.CertificateBuilder()
        .subject_name(root.certificate.x509.subject)
        .issuer_name(root.certificate.x509.subject)
        .public_key(key.public_key())
        .serial_number(99)
        .not_valid_before(NOW)
        .not_valid_after(until)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
        .sign(root.key, hashes.SHA256())
    )
    return Certificate(made.public_bytes(Encoding.DER))


def test_two_that_sign_at_once_leave_one_checkpoint_and_one_token(made):
    """A command signs beside the node that serves."""
    proving, evidence = made.proving(), made.evidence()
    assert proving.checkpoint() == 1
    first = evidence.last_checkpoint()
    evidence.add_checkpoint(first.checkpoint, b"another signature", [b"other"])
    assert list(evidence.checkpoints()) == [first]
    assert proving.stamps() == 1
    (token,) = evidence.tokens(first.checkpoint.size)
    evidence.add_token(first.checkpoint.size, replace(token, token=b"another"), [])
    assert evidence.tokens(first.checkpoint.size) == [token]
    made.exchange(b"second")
    made.later(seconds=90)
    assert proving.checkpoint() == 1
    # Whoever was slower has nothing to add to a log that is proven further by now.
    evidence.add_checkpoint(replace(first.checkpoint, size=3), b"late", [b"other"])
    assert [one.checkpoint.size for one in evidence.checkpoints()] == [2, 4]
    assert not list(audit(made.both.stores["b"].messages))


def test_a_time_at_once_or_why_there_is_none(made):
    proving, evidence = made.proving(), made.evidence()
    assert proving.stamp_now() == ""
    proving.checkpoint()
    assert "names no authority for time" in made.proving(authorities=lambda: None).stamp_now()
    assert proving.stamp_now() == ""
    assert len(evidence.tokens(2)) == 1
    made.exchange(b"second")
    made.later(seconds=90)
    proving.checkpoint()
    assert proving.stamp_now() == ""
    assert len(evidence.tokens(4)) == 1
    made.exchange(b"third")
    proving.checkpoint(now=True)

    class Silent:
        def stamp(self, _request):
            raise ConnectionError("refused")

    silent = judging(Silent(), made.both.b.clock, made.authorities.world.time_root.certificate)
    said = made.proving(authorities=lambda: silent).stamp_now()
    assert said.startswith("the authority for time gave none: ") and "refused" in said
