"""A certificate between two whole nodes: issued, asked about in real time, used, verified, and written off."""

import asyncio
import time
from datetime import UTC, date, datetime, timedelta

import pytest

from node.customs.making.origin import Answer, Quantity, Question, Use
from node.ebms.states import OutboundState
from node.ebms.xml import parse_xml
from node.msh.ports import SubmissionError
from tests.customs_pair import make_customs_pair
from tests.exchanges.test_documents import fresh, message_id_of, response_to, send
from tests.services import ended, serving

NUMBER = "013-26-0771340"


@pytest.fixture
def pair(tmp_path):
    return make_customs_pair(tmp_path)


def certificate() -> bytes:
    """A certificate of Korea for Taiwan, issued today."""
    today = datetime.now(UTC).date()
    octets = fresh(
        "co-tw-kr-replaced", FunctionCode="9", IssueDate=today.isoformat(), ExpiryDate=(today + timedelta(days=300)).isoformat()
    )
    root = parse_xml(octets)
    for name in ("StatusReasonCode", "PreviousDocument", "AdditionalInformation", "Transport", "Invoice"):
        for element in root.findall(f"{{*}}{name}"):
            root.remove(element)
    for item in root.findall("{*}GoodsItem"):
        for element in item.findall("{*}InvoiceReferenceID"):
            item.remove(element)
    root.find("{*}ID").text = NUMBER
    from lxml import etree

    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


async def answered(node, document_id: str, type_id: str) -> bytes:
    async with asyncio.timeout(20):
        while (found := node.answer_to(document_id, type_id)) is None:  # noqa: ASYNC110 - the store has no event to wait for
            await asyncio.sleep(0.005)
    return found


async def issued(kr, octets: bytes) -> None:
    send(kr.node, octets, "co.certificate", "tw")
    kr.push.wake()
    assert await response_to(kr.node, message_id_of(octets)) == "AP"


async def sent(service, made, other) -> str:
    """Submit what was made; the outcome that the other side answers."""
    message_id = service.node.submit(made.submission).message_id
    service.push.wake()
    await ended(service.node, message_id, OutboundState.ACKNOWLEDGED)
    return await response_to(service.node, made.document_id)


def test_a_certificate_lives_on_both_sides(pair):
    tw, kr = pair
    octets = certificate()
    item = parse_xml(octets).find("{*}GoodsItem/{*}GoodsMeasure")
    measure = next(item.iterfind("{*}TariffQuantity"), None)
    measure = measure if measure is not None else next(item.iterfind("{*}NetNetWeightMeasure"), item[0])
    unit, amount = measure.get("unitCode"), float(measure.text)
    today = datetime.now(UTC).date()

    async def story():
        async with serving(tw) as here, serving(kr) as there:
            await issued(there, octets)
            now = here.node.clock.now
            # Two imports use it.
            for number, used, code in ((1, amount - 1, "PARTLY-USED"), (2, 1, "USED")):
                use = Use(code, f"AA26{number:010d}", today, "GIVEN", quantities=[Quantity(1, f"{used:g}", unit)])
                assert await sent(here, here.node.origin.use(NUMBER, None, use, now()), there) == "AP"
            # More than was certified, and after it was used up: our own node does not let it out.
            again = Use("PARTLY-USED", "AA26X", today, "GIVEN", quantities=[Quantity(1, "1", unit)])
            with pytest.raises(SubmissionError, match=r"LC-02|CO-18"):
                here.node.submit(here.node.origin.use(NUMBER, None, again, now()).submission)
            # The issuer sees what the importer sees.
            for node in (here.node, there.node):
                issuer = node.documents.numbered("co.certificate", NUMBER, None)[-1].issuer
                subject = ("co.certificate", NUMBER, issuer)
                assert node.documents.state(subject, "use") == "USED"
                assert float(node.documents.written_off(subject, f"1 {unit}")) == amount
                assert node.documents.standing("KR-KCS", message_id_of(octets)).level == "L5"

    asyncio.run(story())


def test_the_issuing_side_is_asked_and_answers_on_the_connection(pair):
    tw, kr = pair
    octets = certificate()

    async def story():
        async with serving(tw) as here, serving(kr) as there:
            await issued(there, octets)
            times = []
            for _ in range(5):
                began = time.perf_counter()
                made = here.node.origin.query(NUMBER, None, "CLEARANCE", here.node.clock.now())
                here.node.submit(made.submission)
                here.push.wake()
                answer = parse_xml(await answered(here.node, made.document_id, "co.query-response"))
                times.append(time.perf_counter() - began)
                assert answer.findtext("{*}ResultCode") == "FOUND"
                assert answer.findtext("{*}CertificateState/{*}IssuerStateCode") == "ISSUED"
                assert answer.findtext("{*}CertificateState/{*}UseStateCode") == "NONE"
            print("seconds from the question to the answer:", [f"{one:.3f}" for one in sorted(times)])

    asyncio.run(story())


def test_a_verification_is_asked_and_answered(pair):
    tw, kr = pair
    octets = certificate()

    async def story():
        async with serving(tw) as here, serving(kr) as there:
            await issued(there, octets)
            questions = [Question("AUTHENTIC"), Question("CRITERION", 1, "Which inputs?")]
            due = date.today() + timedelta(days=60)  # noqa: DTZ011 - a day of the test's own
            asked = here.node.origin.ask(NUMBER, None, "DOUBT", due, questions, here.node.clock.now())
            assert await sent(here, asked, there) == "AP"
            (request,) = [e for e in there.node.documents.entries() if e.about.type_id == "co.verification-request"]
            assert here.node.documents.states(("co.certificate", NUMBER, _issuer(octets)))["verification"][0] == "ASKED"
            short = there.node.origin.reply(request.about.number, "CONFIRMED", [Answer(1, "Y")], there.node.clock.now())
            with pytest.raises(SubmissionError, match="CO-31"):
                there.node.submit(short.submission)
            answers = [Answer(1, "Y"), Answer(2, "Y", "All of Korea.")]
            reply = there.node.origin.reply(request.about.number, "CONFIRMED", answers, there.node.clock.now())
            assert await sent(there, reply, here) == "AP"
            for node in (here.node, there.node):
                assert node.documents.states(("co.certificate", NUMBER, _issuer(octets)))["verification"][0] == "VERIFIED"

    asyncio.run(story())


def _issuer(octets: bytes) -> str:
    return parse_xml(octets).findtext("{*}IssuingAuthority/{*}ID")


def test_a_certificate_that_is_not_on_file_cannot_be_talked_about(pair):
    tw, _ = pair

    async def story():
        async with serving(tw) as here:
            with pytest.raises(SubmissionError, match="no certificate 'X' is on file"):
                here.node.origin.query("X", None, "AUDIT", here.node.clock.now())
            with pytest.raises(SubmissionError, match="no verification request 'X' is on file"):
                here.node.origin.reply("X", "CONFIRMED", [], here.node.clock.now())

    asyncio.run(story())
