"""A document goes across by its map; what stays behind, is missing or does not fit is told with its place."""

from lxml import etree

from node.customs.mapping.carrying import Carried, carry, losses_as_json, order_of
from node.customs.mapping.table import Way, read_table

HEAD = """# type: co.x
# root: t:D
# ns t: urn:t
source_path,target_path,direction,transform,condition,needed,loss_note
"""
ROWS = """ID,t:N,both,,,yes,
@v,t:V,out,const:9,,,
Item[]/Name,t:I[]/t:Name,both,,,yes,
Item[]/Mark[],t:I[]/t:Marks,both,join:;,,,
Item[]/W,t:I[]/t:W,both,,,,
Item[]/W/@u,t:I[]/t:W/@unit,both,,,,
First[]/X,t:X,both,,,,
Secret,,out,,,,stays here
Kind,t:Kind,out,codes:kind,,,rounded
Late,t:Late,out,,ID = '1',,
Item[]/Name,t:I[]/t:No,out,number,,,
"""
OURS = """<D xmlns="urn:o" v="1"><ID>{id}</ID>{more}</D>"""
ITEMS = '<Item><Name>a</Name><Mark>1</Mark><Mark>2</Mark><W u="KGM">5</W></Item><Item><Name>b</Name></Item>'


def carried(text: str, way: Way = Way.OUT) -> Carried:
    table = read_table("t", (HEAD + ROWS).encode(), "{urn:o}D", {"kind": b"ours,theirs\nx,X\n"})
    order = order_of([("D", "ID"), ("D", "Item"), ("D", "First"), ("Item", "Name"), ("Item", "Mark"), ("Item", "W")])
    return carry(etree.fromstring(text), table, way, order if way is Way.IN else None)


def text_of(found: Carried) -> str:
    return etree.tostring(found.root).decode()


def test_a_document_goes_out_and_comes_back() -> None:
    ours = OURS.format(id="7", more=ITEMS + "<First><X>f</X></First>")
    out = carried(ours)
    assert (out.losses, out.problems) == ([], [])
    assert text_of(out) == (
        '<t:D xmlns:t="urn:t"><t:N>7</t:N><t:V>9</t:V>'
        '<t:I><t:Name>a</t:Name><t:Marks>1;2</t:Marks><t:W unit="KGM">5</t:W><t:No>1</t:No></t:I>'
        "<t:I><t:Name>b</t:Name><t:No>2</t:No></t:I><t:X>f</t:X></t:D>"
    )
    back = carried(text_of(out), Way.IN)
    assert text_of(back) == ours.replace(' v="1"', "")
    # What their form has for itself is told, not taken.
    assert [(loss.location, loss.value) for loss in back.losses] == [("/D/V", "9"), ("/D/I[1]/No", "1"), ("/D/I[2]/No", "2")]


def test_what_stays_behind_is_told() -> None:
    more = "<First><X>f</X></First><First><X>g</X></First><Secret s='1'><A b='c'>d</A></Secret><Kind>x</Kind><Late>l</Late><New n='1'>z</New>"
    out = carried(OURS.format(id="2", more=more))
    assert [(loss.location, loss.value, loss.note) for loss in out.losses] == [
        ("/D/Secret", "1 d c", "stays here"),
        ("/D/Kind", "x", "rounded"),
        ("/D/First[2]/X", "g", ""),
        ("/D/Late", "l", ""),
        ("/D/New", "z", ""),
        ("/D/New/@n", "1", ""),
    ]
    assert "<t:Kind>X</t:Kind>" in text_of(out)
    assert list(losses_as_json(out.losses[2:3])) == [
        {"location": "/D/First[2]/X", "value": "g", "note": "the map has no place for it"}
    ]


def test_a_condition_lets_a_row_go_or_not() -> None:
    assert "<t:Late>l</t:Late>" in text_of(carried(OURS.format(id="1", more="<Late>l</Late>")))
    assert "Late" not in text_of(carried(OURS.format(id="2", more="<Late>l</Late>")))


def test_what_is_missing_or_does_not_fit_is_told() -> None:
    out = carried('<D xmlns="urn:o"><Item><W u="KGM">1</W></Item><Item><Name>b</Name></Item><Kind>q</Kind></D>')
    assert out.problems == [
        "/D: ID is needed and missing",
        "/D/Item[1]: Item[]/Name is needed and missing",
        "/D/Kind: 'q' is not in the table kind",
    ]


def test_a_seal_stays_behind_whole() -> None:
    seal = '<s:Signature xmlns:s="http://www.w3.org/2000/09/xmldsig#"><s:V a="1">x</s:V></s:Signature>'
    (loss,) = carried(OURS.format(id="1", more=seal)).losses
    assert (loss.location, loss.note) == ("/D/Signature", "a seal is of the document as it was written")


def test_losses_end_somewhere() -> None:
    out = carried(OURS.format(id="1", more="<New>z</New>" * 3000))
    assert len(out.losses) == 1000
