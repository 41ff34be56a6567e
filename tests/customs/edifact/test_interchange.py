import subprocess
import sys
from datetime import date

import pytest

from node.customs.edifact.interchange import canonical_documents, interchange_of, references_from
from node.customs.edifact.outgoing import References
from node.customs.edifact.report_reader import ReportRefused
from node.customs.profile import Profile
from tests.customs.edifact.manifests import DIRECTORY, PACK, PROFILE, SAMPLE, SAMPLE_XML, converted, profile


def test_an_interchange_and_its_document_are_each_others_image() -> None:
    result = canonical_documents(SAMPLE, DIRECTORY, [PROFILE])
    assert result.verdict.type_id == "edifact.cuscar" and result.verdict.accepted and result.mapped[0].octets == SAMPLE_XML
    written = interchange_of(SAMPLE_XML, DIRECTORY, [PROFILE], References("TYO00042", "M0001"))
    assert (written.octets, written.losses) == (SAMPLE, ())


def test_a_finding_in_the_envelope_refuses_every_message() -> None:
    result = converted(SAMPLE.replace(b"UNZ+1", b"UNZ+2"))
    assert result.mapped == () and not result.verdict.accepted and result.header and result.header.sender == "JPCUS"


def test_octets_without_unb_have_no_header() -> None:
    assert converted(b"UNA:+.? 'XYZ'").header is None
    assert converted(b"").verdict.findings[0].rule == "EDI-01"


def test_without_a_profile_the_message_is_not_supported_and_one_out_of_force_is_named() -> None:
    assert [f.rule for f in canonical_documents(SAMPLE, DIRECTORY, []).verdict.findings] == ["EDI-05"]
    ended = Profile("man.old.1", (), "1.0", date(2020, 1, 1), date(2021, 1, 1), PROFILE.values)
    (found,) = canonical_documents(SAMPLE, DIRECTORY, [ended]).verdict.findings
    assert (found.rule, found.args[0]) == ("GEN-04", "man.old.1")


def test_a_document_whose_profile_says_nothing_of_edifact_goes_out_by_the_terms_of_its_sender() -> None:
    named = SAMPLE_XML.replace(b"man.cuscar-d95b.1", b"man.sea.1")
    sea = Profile("man.sea.1", (), "1.0", date(2020, 1, 1), None, {})
    written = interchange_of(named, DIRECTORY, [sea, PROFILE])
    assert [f.args[0] for f in written.losses] == ["@profile: man.sea.1"]


def test_a_document_without_terms_does_not_go_out() -> None:
    with pytest.raises(ReportRefused, match="no profile"):
        interchange_of(SAMPLE_XML, DIRECTORY, [])
    with pytest.raises(ReportRefused, match="no profile"):
        interchange_of(SAMPLE_XML.replace(b"man.cuscar-d95b.1", b"man.other.1"), DIRECTORY, [profile(message="CUSCAR:D:99Z:UN")])
    with pytest.raises(ReportRefused, match="no date"):
        interchange_of(SAMPLE_XML.replace(b"<IssueDateTime>2026", b"<IssueDateTime>x026"), DIRECTORY, [PROFILE])


def test_references_of_a_document_are_its_own() -> None:
    one, other = references_from(b"a"), references_from(b"b")
    assert one == references_from(b"a") != other and len(one.interchange) == 14


def test_another_directory_is_two_files_and_a_profile_that_names_it() -> None:
    d03a = profile(message="CUSCAR:D:03A:UN")
    written = interchange_of(SAMPLE_XML, DIRECTORY, [d03a], References("TYO00042", "M0001"))
    assert b"CUSCAR:D:03A:UN" in written.octets and b"GEI+3+22'" in written.octets and written.losses == ()
    assert canonical_documents(written.octets, DIRECTORY, [PROFILE, d03a]).mapped[0].octets == SAMPLE_XML
    assert [f.rule for f in canonical_documents(written.octets, DIRECTORY, [PROFILE]).verdict.findings] == ["EDI-05"]


MEASURED = """
import pathlib, re
from tests.customs.edifact.manifests import DIRECTORY, PROFILE, SHORT, recounted
from node.customs.edifact.interchange import canonical_documents, interchange_of

one = SHORT[SHORT.index("CNI+1") : SHORT.index("UNT+")]
text = SHORT.replace("CNT+10:1'", "CNT+10:9999'").replace(one, one * 9999)
result = canonical_documents(recounted(text).encode(), DIRECTORY, [PROFILE])
assert result.mapped[0].octets.count(b"<Consignment>") == 9999
assert interchange_of(result.mapped[0].octets, DIRECTORY, [PROFILE]).octets.count(b"CNI+") == 9999
print(re.search(r'VmHWM:\\s+(\\d+)', pathlib.Path('/proc/self/status').read_text())[1][:-3])
"""


@pytest.mark.slow
def test_as_many_consignments_as_a_manifest_may_have_fit_into_150_mb() -> None:
    ended = subprocess.run([sys.executable, "-c", MEASURED], capture_output=True, text=True, check=True, cwd=PACK.parents[2])
    assert int(ended.stdout) < 150
