"""What the functions of a rule see of the documents on file."""

from dataclasses import replace
from decimal import Decimal

import pytest

from node.customs.checking.prior import read_unjudged, take_in
from node.customs.filing.files import FilesFor
from node.customs.filing.filing import Filing
from node.customs.filing.in_memory import DocumentsInMemory
from node.customs.filing.on_file import NoLongerThere
from node.customs.finding import Outcome
from node.customs.operators.in_memory import InMemoryOperators
from tests.customs.filing.test_moving import document
from tests.documents import NOW, packs, sample

TWKR, USE, RCEP = "co-tw-kr-replaced", "co-utilisation-part", "co-rcep-multi-item"


@pytest.fixture
def register():
    return DocumentsInMemory()


@pytest.fixture
def put(register):
    def put(octets):
        take_in(octets, packs(), register, InMemoryOperators(), NOW)

    return put


def files(register, octets):
    return FilesFor(read_unjudged(octets, packs())[0], register)


def version(found):
    return [one.findtext("{*}VersionID") for one in found]


def test_the_latest_and_the_first_version_of_the_number(register, put):
    for number in (1, 2, 3):
        put(document(TWKR, number, VersionID=str(number)))
    seen = files(register, document(TWKR, 9, VersionID="4"))
    assert (version(seen.latest()), version(seen.first())) == (["3"], ["1"])
    assert seen.latest()[0] is seen.latest()[0]
    assert version(seen.version("co.certificate", "013-26-0771339", "2", "KR-CCI-01")) == ["2"]
    assert version(seen.version("co.certificate", "013-26-0771339", "", "")) == ["3"]
    assert seen.version("co.certificate", "013-26-0771339", "2", "KR-CCI-02") == []


def test_a_padded_version_is_read_without_its_spaces(register, put):
    put(document(TWKR, 1).replace(b"013-26-0771339<", b" 013-26-0771339\n<"))
    (found,) = files(register, document(TWKR, 9, VersionID="2")).latest()
    assert found.findtext("{*}ID") == "013-26-0771339"


def test_what_is_no_longer_kept_is_on_file_with_nothing_in_it(register, put):
    def gone():
        raise NoLongerThere

    put(document(TWKR, 1))
    (kept,) = register.all()
    register.file(Filing(replace(kept, read=gone, digest=b"other", message_id="m2", version=2), Outcome.ACCEPTED))
    (found,) = files(register, document(TWKR, 9)).latest()
    assert (found.tag, len(found)) == ("NoLongerKept", 0)


def test_nothing_is_there(register):
    seen = files(register, document(TWKR, 9))
    assert (seen.latest(), seen.first(), seen.digest("m1")) == ([], [], "")
    assert seen.standing("m1") == ("", False)


def test_what_was_written_off(register, put):
    put(sample(TWKR).read_bytes())
    put(sample(USE).read_bytes())
    seen = files(register, document(USE, 9))
    assert seen.written_off("co.certificate", "013-26-0771339", "KR-CCI-01", "1 KGM") == Decimal(5000)
    assert seen.written_off("co.certificate", "013-26-0771339", "KR-CCI-01", "1 NAR") == 0


def test_an_answer_sees_only_what_its_recipient_sent_to_its_sender(register, put):
    put(sample(RCEP).read_bytes())
    name = "urn:uuid:bb486078-a15d-47a3-b6db-8f5b284e2900"
    assert files(register, sample("res-accepted").read_bytes()).digest(name) == "UUbmKrfivzcaio+8Q8r38bHr7Rff7sTBrz3tg7JtmUc="
    other = document("res-accepted", 9, **{"DocumentHeader/SenderAuthority": "KR-KCS"})
    assert files(register, other).digest(name) == ""
