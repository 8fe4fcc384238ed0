from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from s2s_keras.data import learn_shortlist
from s2s_keras.data import shortlist as module
from s2s_keras.text import EOS_ID

WORDS = 60
FUNCTION_WORD = 4
"""Stands in every source and target of the toy corpus."""


def dictionary() -> np.ndarray:
    """Source id -> its one translation."""
    translated = np.arange(WORDS)
    translated[5:] = np.random.default_rng(1).permutation(np.arange(5, WORDS))
    return translated


def corpus(count: int = 600) -> list[tuple[np.ndarray, np.ndarray]]:
    """Sources of four words and the function word; targets in another order, and `eos`."""
    generator = np.random.default_rng(2)
    translated = dictionary()

    def pairs() -> Iterator[tuple[np.ndarray, np.ndarray]]:
        for _ in range(count):
            words = generator.choice(np.arange(5, WORDS), 4, replace=False)
            target = generator.permutation(translated[words])
            yield (
                np.append(words, FUNCTION_WORD).astype(np.int32),
                np.concatenate([target, [FUNCTION_WORD, EOS_ID]]).astype(np.int32),
            )

    return list(pairs())


def learn(pairs: Any, **options: Any) -> Any:
    sizes = {"source_size": WORDS, "target_size": WORDS, "size": 12, "per_token": 3}
    return learn_shortlist(pairs, **{**sizes, **options})


def test_first_proposals_are_the_dictionary() -> None:
    """Word order says nothing to model 1: only the dictionary explains what occurs together."""
    listed = learn(corpus())
    translated = dictionary()
    best = np.frombuffer(listed.to_bytes(), "<u2")[12:].reshape(WORDS, 3)
    assert (best[5:, 0] == translated[5:]).all()


def test_candidates_hold_every_translation() -> None:
    listed = learn(corpus())
    for source, target in corpus(50):
        found = listed.candidates(source)
        assert len(found) == 12
        assert set(target.tolist()) <= set(found.tolist())


def test_table_after_two_rounds_is_that_of_pencil_and_paper() -> None:
    """Two pairs, "a b" -> "x y" and "a" -> "x", with an empty token beside each source."""
    a, b, x, y = 4, 5, 4, 5
    pairs = [(np.array([a, b]), np.array([x, y])), (np.array([a]), np.array([x]))]
    keys, found = module._translation_table(pairs, 6, iterations=2)
    table = dict(zip(keys.tolist(), found.tolist(), strict=True))
    # Round 1 shares each target out evenly: count(a, x) = 1/3 + 1/2, count(a, y) = 1/3, and so on.
    # t(x|a) = (5/6) / (7/6) = 5/7, t(y|a) = 2/7, t(x|b) = t(y|b) = 1/2; the empty one is as `a`.
    x_of_a = (5 / 7) / (5 / 7 + 1 / 2 + 5 / 7) + 1 / 2
    y_of_a = (2 / 7) / (2 / 7 + 1 / 2 + 2 / 7)
    x_of_b = (1 / 2) / (5 / 7 + 1 / 2 + 5 / 7)
    y_of_b = (1 / 2) / (2 / 7 + 1 / 2 + 2 / 7)
    assert table[a * 6 + x] == pytest.approx(x_of_a / (x_of_a + y_of_a))
    assert table[a * 6 + y] == pytest.approx(y_of_a / (x_of_a + y_of_a))
    assert table[b * 6 + x] == pytest.approx(x_of_b / (x_of_b + y_of_b))
    assert table[b * 6 + y] == pytest.approx(y_of_b / (x_of_b + y_of_b))


def test_parts_looked_at_together_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = learn(corpus())
    monkeypatch.setattr(module, "PAIRS_AT_ONCE", 7)
    assert learn(corpus()) == whole


def test_more_links_than_are_learned_from_are_spread(monkeypatch: pytest.MonkeyPatch) -> None:
    pairs = corpus()
    each = 6 * 6  # four words, the function word and the empty one; four words, it, and `eos`
    monkeypatch.setattr(module, "MAX_LINKS", 300 * each)
    assert learn(pairs)._best.tolist() == learn(pairs[::2])._best.tolist()


def test_common_tokens_are_proposed_by_none() -> None:
    listed = learn(corpus(), size=40)
    frequent = np.frombuffer(listed.to_bytes(), "<u2")[:40]
    assert frequent[:5].tolist() == [0, 1, 2, 3, FUNCTION_WORD]
    best = np.frombuffer(listed.to_bytes(), "<u2")[40:]
    assert not set(best.tolist()) & set(frequent[1:10].tolist())


def test_unknown_words_leave_the_most_frequent() -> None:
    listed = learn(corpus(), source_size=WORDS + 1)
    assert FUNCTION_WORD in listed.candidates(np.array([WORDS]))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"size": 61}, "between 5 and the size of the target vocabulary, 60. Received: size=61"),
        ({"size": 4}, "Received: size=4"),
        ({"per_token": 0}, "`per_token` must be a positive integer. Received: per_token=0"),
        ({"iterations": 0}, "`iterations` must be a positive integer"),
        ({"source_size": 10}, "source ids must lie between 0 and 9"),
        ({"target_size": 20}, "target ids must lie between 0 and 19"),
        ({"pairs": []}, "At least one pair"),
    ],
)
def test_bad_arguments_are_refused(options: dict[str, Any], message: str) -> None:
    options = {"pairs": corpus(20), **options}
    with pytest.raises(ValueError, match=message):
        learn(options.pop("pairs"), **options)
