import pickle
from collections import Counter
from random import Random

import pytest

from s2s_keras.data import Pair
from s2s_keras.data.noise import Edit, ErrorModel, edits_between

PAIRS = [
    *[Pair("recieve", "receive")] * 6,
    *[Pair("beleive", "believe")] * 3,
    *[Pair("definately", "definitely")] * 4,
    *[Pair("untill", "until")] * 2,
    Pair("same", "same"),
]


@pytest.mark.parametrize(
    "word, typed, edits",
    [
        ("their", "thier", [Edit(2, 4, "ie")]),
        ("until", "untill", [Edit(5, 5, "l")]),
        ("occurrence", "ocurence", [Edit(1, 2, ""), Edit(5, 6, "")]),
        ("same", "same", []),
        ("a", "b", [Edit(0, 1, "b")]),
    ],
)
def test_edits_between_make_the_typed_word(word, typed, edits):
    found = edits_between(word, typed)
    assert len(found) == len(edits)
    for start, end, part in reversed(found):
        word = word[:start] + part + word[end:]
    assert word == typed
    if typed in ("thier", "b"):
        assert found == edits


def test_probabilities_are_those_of_the_formula():
    model = ErrorModel(PAIRS)
    # "ei" stands once in each of six receive; the pairs of believe hold "ie" instead.
    general = 6 / 6
    assert model.probabilities("receive")[Edit(3, 5, "ie")] == pytest.approx(
        (6 + 4 * general) / (6 + 4)
    )
    # Between other neighbours nothing was counted: what is known comes from everywhere.
    assert model.probabilities("weird")[Edit(1, 3, "ie")] == pytest.approx(4 * general / 4)


def test_place_decides_between_edits():
    pairs = [*[Pair("ax", "ay")] * 8, *[Pair("bz", "by")] * 8]
    found = ErrorModel(pairs).probabilities("ay")
    assert found[Edit(1, 2, "x")] > 2 * found[Edit(1, 2, "z")] > 0


def test_edits_seen_too_rarely_are_left_out():
    model = ErrorModel([*PAIRS, Pair("qwzzx", "quick")])
    assert all("zz" not in edit.typed for edit in model.probabilities("quick"))


def test_corrupt_draws_what_was_counted_and_hangs_on_the_seed():
    model = ErrorModel(PAIRS)
    found = Counter(model.corrupt("receive", Random(seed)) for seed in range(300))
    assert found.most_common(1)[0][0] == "recieve"
    assert [model.corrupt("receive", Random(7)) for _ in range(3)] == [
        model.corrupt("receive", Random(7))
    ] * 3


def test_corrupt_leaves_a_word_that_nothing_is_known_of():
    model = ErrorModel([Pair("teh", "the")], min_count=1)
    assert model.corrupt("xyz", Random(0)) == "xyz"


def test_several_errors_come_as_often_as_in_the_list():
    pairs = [*[Pair("xbbbxbbb", "abbbabbb")] * 5, *[Pair("xbbbabbb", "abbbabbb")] * 15]
    model = ErrorModel(pairs)
    found = [model.corrupt("acccaccca", Random(seed)).count("x") for seed in range(1000)]
    assert set(found) == {1, 2}
    assert 150 < found.count(2) < 300  # a quarter, less those that hit the same place twice


def test_list_without_errors_is_refused():
    with pytest.raises(ValueError, match="must hold an edit 2 times"):
        ErrorModel([Pair("same", "same"), Pair("teh", "the")])


def test_a_copy_for_another_process_draws_the_same():
    model = ErrorModel(PAIRS, min_count=1)
    copy = pickle.loads(pickle.dumps(model))
    assert [copy.corrupt("receive", Random(i)) for i in range(20)] == [
        model.corrupt("receive", Random(i)) for i in range(20)
    ]
