import pytest

from node.customs.edifact.mapping import Level, read_mapping
from node.customs.edifact.table import TableRefused
from tests.customs.edifact.manifests import D03A, D95B, FILES

GOOD = FILES["cuscar-d95b.csv"]


def test_the_groups_that_open_parts_of_the_document_follow_from_the_rows() -> None:
    assert D95B.levels == {"SG2": Level.EQUIPMENT, "SG5": Level.CONSIGNMENT, "SG10": Level.ITEM}
    assert D03A.levels == {"SG5": Level.EQUIPMENT, "SG8": Level.CONSIGNMENT, "SG14": Level.ITEM}


def test_both_directories_fill_the_same_fields() -> None:
    fields = [{(row.field, row.needed) for row in mapping.rows if row.read and row.path} for mapping in (D95B, D03A)]
    assert fields[0] == fields[1]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (b"source_path,", b"source,", "line 1"),
        (b"BGM/1004,ID", b"BGM/1005,ID", "no element 1005"),
        (b"BGM/1004,ID", b"SG9/BGM/1004,ID", "does not stand in SG9"),
        (b"BGM/1004,ID", b"BGM,ID", "no path"),
        (b"BGM/1004,ID,both,copy", b"BGM/1004,ID,both,guess", "not known"),
        (b"BGM/1004,ID,both,copy", b"BGM/1004,ID,across,copy", "not known"),
        (b",6313=T,", b",T,", "no condition"),
        (b"SG2/EQD/8260,TransportEquipment/ID", b"SG2/EQD/8260,TransportEquipment/Name", "no row for TransportEquipment/ID"),
    ],
)
def test_a_file_that_is_no_mapping_says_where(old: bytes, new: bytes, said: str) -> None:
    assert old in GOOD
    with pytest.raises(TableRefused, match=said):
        read_mapping(GOOD.replace(old, new, 1), D95B.table)
