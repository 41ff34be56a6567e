"""The page is one file, in both languages, and holds whatever a partner wrote as text."""

from node.ebms.xml import parse_xml
from node.sheets.page import page
from node.sheets.weakened import Weakness
from tests.agreed import agreed, signed


def test_both_languages_are_on_the_page_and_nothing_comes_from_outside():
    made = page(signed(agreed()), ())
    assert '<article id="en" lang="en">' in made
    assert '<article id="zh" lang="zh-Hant">' in made
    assert "Certificates of origin" in made
    assert "協議書" in made
    assert "default-src 'none'" in made
    assert "src=" not in made.replace("default-src=", "")


def test_what_a_partner_wrote_is_text():
    made = page(signed(agreed(title='<script>alert("x")</script>')), ())
    assert "<script>" not in made
    assert "&lt;script&gt;" in made


def test_the_page_is_well_formed_and_marks_what_is_weaker():
    made = page(signed(agreed()), [Weakness("leg.security.x509.sign", True, False)])
    assert made.count('<tr class="bad">') == 4
    body = made[made.index("<article") : made.index("</body>")]
    assert len(parse_xml(f"<x>{body}</x>".encode())) == 2
