"""Words for both readers."""

from node.customs.operators.labels import label


def test_a_word_has_both_languages_and_what_is_none_stays():
    assert (label("since", "en"), label("since", "zh-Hant")) == ("since", "起始日")
    assert label("TW-UBN", "zh-Hant") == "TW-UBN"
