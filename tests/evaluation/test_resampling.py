import numpy as np
import pytest
from sacrebleu.metrics.bleu import BLEU
from sacrebleu.significance import PairedTest

from s2s_keras.evaluation import resampling
from s2s_keras.evaluation.references import ReferencedSource
from s2s_keras.evaluation.resampling import Interval, bootstrap_interval, paired_difference
from s2s_keras.evaluation.translation_metrics import translation_metrics


def share(sums):
    """Of rows (right, all)."""
    return float(sums[0] / sums[1])


def rows_of(right):
    return np.stack([np.asarray(right, np.float64), np.ones(len(right))], axis=1)


@pytest.fixture(scope="module")
def systems():
    """Statistics of BLEU of two systems, and their outputs and references."""
    rng = np.random.default_rng(5)
    references = [" ".join(f"w{k}" for k in rng.integers(0, 30, 12)) for _ in range(60)]

    def worsened(share_kept):
        return [
            " ".join(w if rng.random() < share_kept else "x" for w in text.split())
            for text in references
        ]

    outputs = worsened(0.93), worsened(0.9)
    metric = translation_metrics()[0]
    sources = [ReferencedSource("x", (text,)) for text in references]
    return [metric.measure(o, sources) for o in outputs], outputs, references


def test_interval_of_a_share_is_that_of_the_binomial():
    right = [1.0] * 30 + [0.0] * 70
    interval = bootstrap_interval(rows_of(right), share, samples=4000)
    deviation = (0.3 * 0.7 / 100) ** 0.5
    assert interval.low == pytest.approx(0.3 - 1.96 * deviation, abs=0.015)
    assert interval.high == pytest.approx(0.3 + 1.96 * deviation, abs=0.015)


@pytest.mark.parametrize("right", [[1.0], [0.25] * 7])
def test_interval_of_one_sentence_and_of_equal_ones_is_a_point(right):
    assert bootstrap_interval(rows_of(right), share) == Interval(right[0], right[0])


def test_interval_is_the_same_for_a_seed_alone():
    rows = rows_of([1, 0, 1, 1, 0, 0.5])
    first = bootstrap_interval(rows, share, seed=1)
    assert first == bootstrap_interval(rows, share, seed=1)
    assert first != bootstrap_interval(np.sqrt(rows + 0.1), share, seed=2)


def test_samples_are_as_many_and_each_as_large_as_asked_for(monkeypatch):
    monkeypatch.setattr(resampling, "CELLS", 50)  # 7 samples of 7 sentences at a time
    sums = list(resampling._resampled(rows_of(range(7)), 30, seed=0))
    assert len(sums) == 30
    assert {row[1] for row in sums} == {7.0}
    assert len({row[0] for row in sums}) > 10
    assert len(list(resampling._exchanged(rows_of(range(7)), 30, seed=0))) == 30


def test_interval_of_bleu_is_near_that_of_sacrebleu(systems):
    (ours, _), outputs, references = systems
    score = BLEU().corpus_score(outputs[0], [references], n_bootstrap=1000)
    interval = bootstrap_interval(ours.statistics, ours.score_of)
    assert (interval.low + interval.high) / 2 == pytest.approx(score._mean, abs=0.5)
    assert (interval.high - interval.low) / 2 == pytest.approx(score._ci, abs=0.5)
    assert interval.low < ours.score < interval.high


def test_p_value_where_every_sentence_is_better_by_the_same():
    # As large only where all ten are exchanged, or none: 2 of 1,024.
    better, worse = rows_of([1.0] * 10), rows_of([0.5] * 10)
    found = paired_difference(better, worse, share)
    assert found.p_value == pytest.approx(2 / 1024, abs=0.0015)
    assert (found.difference, found.interval) == (0.5, Interval(0.5, 0.5))
    back = paired_difference(worse, better, share)
    assert (back.difference, back.p_value) == (-0.5, found.p_value)


@pytest.mark.parametrize("right", [[1.0, 0.0, 0.5], [1.0]])
def test_equal_models_differ_by_chance_alone(right):
    found = paired_difference(rows_of(right), rows_of(right), share)
    assert (found.difference, found.interval, found.p_value) == (0.0, Interval(0.0, 0.0), 1.0)


def test_models_that_differ_in_one_sentence_differ_by_chance():
    # Exchanged or not, the difference is as large.
    found = paired_difference(rows_of([1, 0, 0, 1]), rows_of([1, 0, 1, 1]), share)
    assert found.p_value == 1.0
    assert found.difference == -0.25


def test_difference_of_bleu_agrees_with_sacrebleu(systems):
    (ours, theirs), outputs, references = systems
    _, scores = PairedTest(
        [("theirs", outputs[1]), ("ours", outputs[0])], {"BLEU": BLEU()}, [references], "ar"
    )()
    found = paired_difference(ours.statistics, theirs.statistics, ours.score_of)
    assert found.difference == pytest.approx(scores["BLEU"][1].score - scores["BLEU"][0].score)
    assert found.p_value == pytest.approx(scores["BLEU"][1].p_value, abs=0.02)
    assert 0.001 < found.p_value < 0.3
    assert found.interval.low < found.difference < found.interval.high


def test_rows_of_other_sentences_raise():
    with pytest.raises(ValueError, match=r"rows of shape \(2, 2\) and \(3, 2\)"):
        paired_difference(rows_of([1, 0]), rows_of([1, 0, 1]), share)
