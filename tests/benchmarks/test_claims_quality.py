"""Figures of the claims, by closed form."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.claims import alignment, beam, length, quality, speed
from benchmarks.claims.experiments import Decoded, Result
from s2s_keras.decoding import DecodingSettings, Prediction, beam_search
from tests.decoding.markov import MarkovSession


def make_rows(words: int, right: int, count: int = 4) -> list[Decoded]:
    """Rows of sources of some length, whose outputs have `right` tokens right of `words`."""
    target = " ".join("abcdefghijklmnopqrstuvwxyz"[:words])
    output = " ".join(["!"] * (words - right) + target.split()[words - right :])
    return [Decoded(" ".join(["x"] * words), target, output)] * count


def make_result(rows: list[Decoded], accuracies: tuple[float, ...] = ()) -> Result:
    history = [{"epoch": i + 1.0, "val_token_accuracy": a} for i, a in enumerate(accuracies)]
    return Result(0, Path(), 1, 10 * len(history), {}, history, rows)


def test_token_accuracy_is_one_minus_edits_over_tokens() -> None:
    assert quality.token_accuracy(make_rows(4, 3)) == 0.75
    assert quality.token_accuracy([Decoded("x", "a b", "a b c d")]) == 0.5
    assert quality.token_accuracy([Decoded("x", "a b", "")]) == 0


def test_exact_match_ignores_the_normal_form() -> None:
    assert quality.exact_match([Decoded("x", "é", "e\u0301"), Decoded("x", "a", "b")]) == 0.5


def test_bleu_of_the_reference_is_100() -> None:
    rows = [Decoded("x", "un chien noir court", "un chien noir court")]
    found = quality.bleu(rows)
    assert found["bleu"] == pytest.approx(100)
    assert found["length_ratio"] == 1
    assert "tok:13a" in found["signature"]
    assert quality.bleu([Decoded("x", "a b c d e f", "a b c")])["length_ratio"] == 0.5


def test_bleu_of_a_bootstrap_lies_in_its_interval() -> None:
    rows = [Decoded("x", f"{n} chiens noirs courent", f"{n} chiens {n} courent") for n in "abcdef"]
    found = quality.bleu([*rows, Decoded("x", "un chien noir court", "un chien noir court")], 200)
    assert found["low"] < found["bleu"] < found["high"]


def test_by_length_takes_sources_near_the_centre() -> None:
    rows = make_rows(4, 4) + make_rows(6, 3) + make_rows(9, 0)
    found = quality.by_length(rows, (4, 5, 9, 20), quality.token_accuracy, reach=1)
    assert found == [1.0, 0.75, 0.0, None]


def test_fall_figures_compare_median_and_twice_the_median() -> None:
    attention = make_result(make_rows(10, 10) + make_rows(20, 18))
    fixed = make_result(make_rows(10, 9) + make_rows(20, 8))
    falls = length.fall_figures([attention, attention], [fixed, fixed], 10)
    accuracy = falls["token_accuracy"]
    assert accuracy["attention"]["fall"]["values"] == pytest.approx([0.1, 0.1])
    assert accuracy["fixed"]["fall"]["mean"] == pytest.approx(0.5)
    assert accuracy["ratio"] == pytest.approx(0.2)
    assert falls["exact_match"]["ratio"] is None  # nothing is exact without, so nothing falls
    assert length.holds(falls)
    # A ratio just above a third misses; so does a model that is worse at the median already.
    slow = make_result(make_rows(10, 10) + make_rows(20, 16))
    assert not length.holds(length.fall_figures([slow], [fixed], 10))
    bad = make_result(make_rows(10, 1) + make_rows(20, 2))
    assert not length.holds(length.fall_figures([bad], [fixed], 10))
    with pytest.raises(ValueError, match="Sources of 15 and of 30 tokens are needed"):
        length.fall_figures([attention], [fixed], 15)


def test_steps_to_reach_a_level_are_those_of_its_first_epoch() -> None:
    result = make_result([], (0.5, 0.92, 0.91, 0.95))
    assert quality.steps_to_reach(result, 0.9) == 20
    assert quality.steps_to_reach(result, 0.99) is None


def test_summary_keeps_every_value() -> None:
    assert quality.summary([1.0, 4.0]) == {"mean": 2.5, "min": 1.0, "max": 4.0, "values": [1, 4]}


def test_batches_of_wide_beams_stay_small() -> None:
    assert [beam.batch_size(width) for width in (1, 8, 200, 4000)] == [2000, 250, 10, 1]


@pytest.mark.parametrize("width", [1, 2, 5])
def test_the_likeliest_tokens_are_all_that_a_beam_needs(width: int) -> None:
    logits = np.random.default_rng(0).normal(size=(12, 12, 12)).astype(np.float32)
    session = MarkovSession(logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True)))
    settings = DecodingSettings(beam_width=width, n_best=width, max_output_length=6)
    source_ids = np.asarray([[4, 5], [6, 0]], np.int32)
    expected = beam_search(session, source_ids, settings)
    found = beam_search(beam.LikeliestTokens(session, width), source_ids, settings)
    assert [[h.token_ids for h in best] for best in found] == [
        [h.token_ids for h in best] for best in expected
    ]


def test_in_turns_leaves_the_first_round_out() -> None:
    calls: list[str] = []
    found = speed.in_turns({name: lambda n=name: calls.append(n) for name in "ab"}, rounds=2)
    assert calls == ["a", "b"] * 3
    assert {name: len(spans) for name, spans in found.items()} == {"a": 2, "b": 2}
    assert speed.ratios([4, 9, 2], [2, 3, 2]) == {"median": 2, "min": 1, "max": 3}


def make_prediction(attention: list[list[float]]) -> Prediction:
    tokens = (*"abc"[: len(attention) - 1], "<eos>")
    return Prediction("abc", 0.0, 0.0, ("x", "y", "z"), tokens, np.asarray(attention, np.float32))


def test_alignment_finds_diagonals_and_swaps() -> None:
    end = [0.0, 0.0, 1.0]
    diagonal = make_prediction([[0.9, 0.1, 0], [0.1, 0.9, 0], [0, 0.1, 0.9], end])
    swapped = make_prediction([[0.1, 0.9, 0], [0.8, 0.2, 0], [0, 0.1, 0.9], end])
    assert alignment.positions(diagonal).tolist() == [0, 1, 2]
    assert alignment.diagonality(alignment.positions(diagonal)) == pytest.approx(1)
    assert alignment.diagonality(np.asarray([2, 1, 0])) == pytest.approx(-1)
    assert alignment.diagonality(np.asarray([1, 1, 1])) == 0
    assert alignment.inversions(alignment.positions(swapped)) == 0.5
    assert alignment.swap_weight(diagonal) == 0
    assert alignment.swap_weight(swapped) == pytest.approx(0.8)
