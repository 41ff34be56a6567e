"""What people ask of documents on file, on both databases."""

from decimal import Decimal

from node.store.lives import StoredLives
from tests.registered import ISSUER, NOW, NUMBER, SUBJECT, Clerk, certificate, documents_of, later, utilisation


def test_every_move_and_every_use_is_kept(store):
    clerk, lives = Clerk(documents_of(store)), StoredLives(store.messages.database)
    clerk.accept(certificate())
    clerk.accept(certificate(version=2, function="4"), at=later(hours=1))
    clerk.accept(utilisation("u1", "0.000001", version=2), at=later(hours=2))
    assert [(one.machine, one.before, one.after, one.event, one.document, one.at) for one in lives.turns(SUBJECT)] == [
        ("issue", "", "ISSUED", "issue", 1, NOW),
        ("issue", "ISSUED", "AMENDED", "amend", 2, later(hours=1)),
        ("use", "NONE", "PARTLY-USED", "PARTLY-USED", 3, later(hours=2)),
    ]
    assert [(one.item, one.amount, one.document) for one in lives.used(SUBJECT)] == [("1 KGM", Decimal("0.000001"), 3)]
    assert [one.about.version for one in lives.on_file("co.certificate", NUMBER)] == [1, 2]
    assert [one.about.type_id for one in lives.naming(SUBJECT)] == ["co.certificate", "co.utilisation"]
    assert [(kind, one.id) for kind, one in lives.named("u1")] == [("declaration", 3)]


def test_what_stands_in_a_state_is_found_a_page_at_a_time(store):
    clerk, lives = Clerk(documents_of(store)), StoredLives(store.messages.database)
    for number in range(5):
        clerk.accept(certificate(f"013-26-077120{number}"), at=later(hours=number))
    clerk.accept(certificate("013-26-0771203", 2, "1"), at=later(hours=9))
    page = lives.in_state("co.certificate", "issue", "ISSUED", 2)
    assert [(one.number, one.issuer, one.since) for one in page] == [
        ("013-26-0771204", ISSUER, later(hours=4)),
        ("013-26-0771202", ISSUER, later(hours=2)),
    ]
    assert [one.number[-1] for one in lives.in_state("co.certificate", "issue", "ISSUED", 9, page[-1].id)] == ["1", "0"]
    assert [one.number[-1] for one in lives.in_state("co.certificate", "issue", "CANCELLED", 9)] == ["3"]
