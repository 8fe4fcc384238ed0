from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz.distance import OSA

from s2s_keras.decoding import near_words
from s2s_keras.decoding.near_words import MAX_EDITS, NearWords
from s2s_keras.text import Lexicon
from s2s_keras.text.channel import ALPHABET, ChannelModel

SIZE = len(ALPHABET)
TABLES = -np.random.default_rng(0).uniform(0.5, 9.0, (4, SIZE, SIZE)).astype(np.float32)
CHANNEL = ChannelModel(TABLES)
WORDS = ["a", "don't", "hello", "help", "shell", "teh", "the", "theatre", "then", "théâtre"]

# Of one, two and four bytes a character.
alphabets = st.sampled_from(["ab'", "abcdefgh", "abé\xe2", "ab\u0430\u0431'", "ab\U0001f600\x01"])


@st.composite
def cases(draw):
    """Draws words of few characters, and what was typed, also of others and of none."""
    letters = draw(alphabets)
    words = draw(st.lists(st.text(letters, min_size=1, max_size=9), min_size=1, max_size=40))
    return sorted(set(words)), draw(st.text(letters + "x\n\ud800\U0001f601", max_size=9))


def finder(words, channel=CHANNEL):
    return NearWords(Lexicon(dict.fromkeys(words, 1e-3)), channel)


def distance(typed, word, completes):
    """Returns the distance of a word, or of its nearest beginning; `None` for no candidate."""
    if completes:
        beginnings = (word[:i] for i in range(len(word) + 1))
        nearest = min(OSA.distance(typed, beginning) for beginning in beginnings)
        return nearest if len(word) > len(typed) else None
    return OSA.distance(typed, word) or None


def log_prob(typed, word, completes, channel=CHANNEL):
    shortest = 0 if completes else len(word)
    return max(channel.log_prob(typed, word[:i]) for i in range(shortest, len(word) + 1))


def check(words, typed, max_edits, completes):
    """Compares what is found with all words, one by one."""
    near = finder(words).find(typed, max_edits, completes)
    distances = [distance(typed, word, completes) for word in words]
    expected = {i: d for i, d in enumerate(distances) if d is not None and d <= max_edits}
    assert dict(zip(near.indices.tolist(), near.edits.tolist(), strict=True)) == expected
    assert near.indices.tolist() == sorted(expected)
    slips = [log_prob(typed, words[i], completes) for i in near.indices]
    np.testing.assert_allclose(near.slips, slips, rtol=0, atol=1e-9)


def mistyped(word, edits, random):
    """Returns a word after some edits."""
    for _ in range(edits):
        i = random.randrange(len(word) + 1)
        kept, letter = word[i + 1 :], random.choice("abcé'")
        swapped = word[i : i + 2][::-1]
        word = word[:i] + random.choice(
            [kept, letter + kept, letter + word[i:], swapped + kept[1:]]
        )
    return word


@pytest.mark.parametrize(
    "typed, max_edits, expected",
    [
        ("teh", 1, {"the": 1}),
        ("teh", 2, {"the": 1, "then": 2}),
        ("hel", 1, {"help": 1}),
        ("hel", 2, {"hello": 2, "help": 1, "shell": 2, "teh": 2, "the": 2, "then": 2}),
        ("theatre", 2, {"théâtre": 2}),
        ("dont", 1, {"don't": 1}),
        ("", 1, {"a": 1}),
        ("the", 0, {}),
        ("ca", 2, {"a": 1}),
    ],
)
def test_words_within_some_edits_are_found(typed, max_edits, expected):
    near = finder(WORDS).find(typed, max_edits)
    found = {WORDS[i]: edits for i, edits in zip(near.indices, near.edits, strict=True)}
    assert found == expected


@pytest.mark.parametrize(
    "typed, max_edits, expected",
    [
        ("th", 0, {"the": 0, "then": 0, "theatre": 0, "théâtre": 0}),
        ("the", 0, {"then": 0, "theatre": 0}),
        ("", 0, dict.fromkeys(WORDS, 0)),
        ("hxl", 1, {"hello": 1, "help": 1}),
        ("tehat", 1, {"theatre": 1}),
        ("theatrex", 7, {}),
    ],
)
def test_words_whose_beginning_is_near_complete_what_was_typed(typed, max_edits, expected):
    near = finder(WORDS).find(typed, max_edits, completes=True)
    found = {WORDS[i]: edits for i, edits in zip(near.indices, near.edits, strict=True)}
    assert found == expected


@given(cases(), st.integers(0, 4), st.booleans())
def test_all_near_words_are_found_and_no_others(case, max_edits, completes):
    check(*case, max_edits, completes)


@pytest.mark.parametrize("completes", [False, True])
@pytest.mark.parametrize("longest", [12, 48])
def test_long_words_are_found_up_to_the_largest_distance(longest, completes):
    random = Random(longest)
    for _ in range(25):
        meant = "".join(random.choices("abcé'", k=random.randint(longest // 2, longest)))
        others = [mistyped(meant, random.randrange(9), random)[:longest] for _ in range(30)]
        words = sorted({meant, *filter(None, others)})
        typed = mistyped(meant, random.randrange(MAX_EDITS + 1), random)
        check(words, typed, random.randint(1, MAX_EDITS), completes)
    assert finder(["a" * 48]).find("a" * 55, 7).edits.tolist() == [7]
    assert finder(["ab" * 24]).find("ba" * 3 + "ab" * 21, 7).edits.tolist() == [2]


@pytest.mark.parametrize("completes", [False, True])
def test_more_words_than_are_compared_at_once_are_found(completes, monkeypatch):
    monkeypatch.setattr(near_words, "_AT_ONCE", 16)
    random = Random(0)
    words = sorted({"".join(random.choices("abc", k=random.randint(1, 7))) for _ in range(400)})
    for typed in ("abc", "bbabca", "cab"):
        check(words, typed, 2, completes)


def test_what_stands_behind_a_word_completes_nothing():
    words = ["aaafghi", "z"]  # behind "fghi" another edit would lead to the next word's "z"
    assert finder(words).find("fghijz", 4, completes=True).edits.tolist() == []
    assert finder(words).find("fghijz", 5, completes=True).edits.tolist() == [5]


def test_words_among_real_ones_are_found():
    random = Random(1)
    stems = ["".join(random.choices("etaoinsrhld'", k=random.randint(2, 9))) for _ in range(60)]
    words = sorted({stem + ending for stem in stems for ending in ("", "s", "ed", "ing", "'s")})
    for max_edits in (1, 2):
        for word in random.sample(words, 5):
            check(words, mistyped(word, max_edits, random), max_edits, False)
            check(words, word[: random.randint(2, 6)], max_edits, True)


def test_without_a_channel_all_slips_are_free():
    near = finder(WORDS, channel=None).find("teh", 2)
    assert near.slips.tolist() == [0.0] * len(near.indices) and len(near.indices) == 2


def test_a_beginning_of_which_much_was_left_out_may_be_the_likeliest():
    tables = np.full((4, SIZE, SIZE), -9.0, np.float32)
    tables[0] = -0.1  # omissions
    channel = ChannelModel(tables)
    near = finder(["abcdefxyz"], channel).find("axy", 2, completes=True)
    assert near.edits.tolist() == [2]
    assert near.slips.tolist() == pytest.approx([-0.5])


def test_what_was_found_is_remembered_and_not_writable():
    near = finder(WORDS)
    found = near.find("teh", 2)
    assert near.find("teh", 2) is found
    assert near.find("teh", 1) is not found and len(near.find("teh", 2, True).edits) != 2
    for column in found:
        with pytest.raises(ValueError, match="read-only"):
            column[0] = 1


def test_no_more_is_remembered_than_there_is_room_for(monkeypatch):
    monkeypatch.setattr(near_words, "_REMEMBERED", 40)
    near = finder(WORDS)
    first = near.find("teh", 2)
    near.find("hel", 0)
    assert near.find("teh", 2) is first
    assert len(near.find("hel", 2).indices) == 6  # with it there would be too many
    again = near.find("teh", 2)
    assert again is not first and again.indices.tolist() == first.indices.tolist()
    monkeypatch.setattr(near_words, "_REMEMBERED", 10)
    none = finder(WORDS)
    assert none.find("teh", 2) is not none.find("teh", 2)


def test_what_is_longer_than_all_words_is_neither_looked_for_nor_remembered(monkeypatch):
    near = finder(WORDS)
    monkeypatch.setattr(near, "_find", None)
    for completes in (False, True):
        assert [column.tolist() for column in near.find("x" * 10**6, 2, completes)] == [[], [], []]
    assert not near._remembered


@given(st.lists(st.integers(0, 2**64 - 1), min_size=1))
def test_bits_are_counted_without_numpy_2(numbers):
    with pytest.MonkeyPatch.context() as patch:
        patch.delattr(np, "bitwise_count", raising=False)
        counts = near_words._bit_counts(np.array(numbers, np.uint64))
    assert counts.tolist() == [number.bit_count() for number in numbers]
    assert counts.dtype == np.uint8


@pytest.mark.parametrize("max_edits", [-1, MAX_EDITS + 1])
def test_distances_out_of_range_are_refused(max_edits):
    with pytest.raises(ValueError, match=f"between 0 and 7. Received: max_edits={max_edits}"):
        finder(WORDS).find("teh", max_edits)
