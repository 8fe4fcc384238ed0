from s2s_keras.data import Pair
from s2s_keras.evaluation import ReferencedSource, group_references


def test_group_references_keeps_the_order_of_sources_and_references():
    pairs = [Pair("b", "2"), Pair("a", "1"), Pair("b", "4"), Pair("b", "3")]
    assert group_references(pairs) == [
        ReferencedSource("b", ("2", "4", "3")),
        ReferencedSource("a", ("1",)),
    ]


def test_group_references_counts_equal_ones_once_in_one_normalisation_form():
    accent = "\N{COMBINING ACUTE ACCENT}"
    pairs = [Pair(f"e{accent}", "x"), Pair("é", "x"), Pair("é", f"e{accent}")]
    assert group_references(pairs) == [ReferencedSource("é", ("x", "é"))]
