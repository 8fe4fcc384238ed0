from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from numpy.typing import NDArray

from s2s_keras.decoding import DecodingSettings, beam_search, greedy_search
from s2s_keras.export.beam_graph import BeamGraph
from s2s_keras.keras_session import KerasSession
from s2s_keras.text import EOS_ID, pad_ids
from tests.export.models import SYSTEMS, random_model

LENGTHS = {"max_source_length": 8, "max_output_length": 9}
SETTINGS: dict[str, dict[str, Any]] = {
    "greedy": {"beam_width": 1},
    "greedy with coverage": {"beam_width": 1, "coverage_penalty_beta": 0.4},
    "power": {"n_best": 4},
    "gnmt": {"length_penalty": "gnmt", "length_penalty_alpha": 0.6, "n_best": 2},
    "no length penalty": {"length_penalty_alpha": 0.0},
    "coverage": {"coverage_penalty_beta": 0.5, "n_best": 3},
    "shortest": {"min_output_length": 4, "n_best": 4},
    "wider than the vocabulary": {"beam_width": 20, "n_best": 20},
}


def sources(count: int) -> NDArray[np.int32]:
    """Returns int32 (count, 8), of 1 to 8 tokens each."""
    rng = np.random.default_rng(3)
    return pad_ids([rng.integers(3, 12, n).tolist() for n in rng.integers(1, 9, count)], 8)


def check(model: Any, settings: DecodingSettings, source_ids: NDArray[np.int32]) -> int:
    """Compares both searches, and returns how many hypotheses have ended."""
    found = BeamGraph(model, settings)(tf.constant(source_ids))
    target_ids, lengths, scores = (tensor.numpy() for tensor in found[:3])
    expected = beam_search(KerasSession(model), source_ids, settings)
    assert target_ids.shape[:2] == scores.shape == (len(source_ids), settings.n_best)
    ended = 0
    for n, hypotheses in enumerate(expected):
        assert np.isneginf(scores[n, len(hypotheses) :]).all()
        assert not target_ids[n, len(hypotheses) :].any()
        for k, hypothesis in enumerate(hypotheses):
            length = len(hypothesis.token_ids)
            assert lengths[n, k] == length
            assert tuple(target_ids[n, k, :length]) == hypothesis.token_ids
            assert not target_ids[n, k, length:].any()
            assert scores[n, k] == pytest.approx(hypothesis.score, abs=1e-5)
            if hypothesis.attention is None:
                assert found.attention is None
            else:
                attention = found.attention[n, k].numpy()
                wanted = hypothesis.attention[:, : source_ids.shape[1]]
                np.testing.assert_allclose(attention[:length], wanted, atol=1e-5)
                assert not attention[length:].any()
            ended += hypothesis.token_ids[-1] == EOS_ID
    return ended


@pytest.mark.parametrize("name", SETTINGS)
def test_settings_give_the_hypotheses_of_the_search_in_python(name: str) -> None:
    settings = DecodingSettings(**{"beam_width": 4, **LENGTHS, **SETTINGS[name]})
    source_ids = sources(60)
    ended = check(random_model(), settings, source_ids)
    assert 0 < ended < len(source_ids) * settings.n_best  # by `eos`, and at the maximum length


@pytest.mark.parametrize("name", SYSTEMS)
def test_systems_give_the_hypotheses_of_the_search_in_python(name: str) -> None:
    settings = DecodingSettings(beam_width=3, n_best=3, **LENGTHS)
    check(random_model(**SYSTEMS[name]), settings, sources(200))


def test_one_beam_is_greedy_search() -> None:
    model, source_ids = random_model(), sources(60)
    settings = DecodingSettings(beam_width=1, **LENGTHS)
    found = BeamGraph(model, settings)(tf.constant(source_ids))
    expected = greedy_search(KerasSession(model), source_ids, settings)
    for ids, length, [hypothesis] in zip(
        found.target_ids.numpy()[:, 0], found.lengths.numpy()[:, 0], expected, strict=True
    ):
        assert tuple(ids[:length]) == hypothesis.token_ids


def test_equal_scores_keep_the_order_of_the_search_in_python() -> None:
    model = random_model()
    for weight in model.trainable_weights:
        weight.assign(np.zeros(weight.shape))  # every token is as likely as any other
    for alpha in (0.0, 1.0):
        settings = DecodingSettings(beam_width=4, n_best=4, length_penalty_alpha=alpha, **LENGTHS)
        check(model, settings, sources(3))


def test_source_without_tokens_comes_out_empty_beside_others() -> None:
    settings = DecodingSettings(beam_width=4, n_best=2, **LENGTHS)
    search = BeamGraph(random_model(), settings)
    ids = sources(2)
    alone, beside = search(tf.constant(ids)), search(tf.constant(np.insert(ids, 1, 0, axis=0)))
    np.testing.assert_array_equal(np.delete(beside.target_ids, 1, axis=0), alone.target_ids)
    assert not beside.target_ids[1].numpy().any()
    assert beside.lengths[1].numpy().tolist() == [0, 0]
    assert beside.scores[1].numpy().tolist() == [0.0, 0.0]
    assert not beside.attention[1].numpy().any()


def test_nothing_to_decode_gives_nothing() -> None:
    search = BeamGraph(random_model(), DecodingSettings(beam_width=4, n_best=2, **LENGTHS))
    for shape in ((0, 5), (0, 0), (3, 0), (2, 4)):
        found = search(tf.zeros(shape, tf.int32))
        assert found.target_ids.shape == (shape[0], 2, 0)
        assert found.scores.numpy().tolist() == [[0.0, 0.0]] * shape[0]
        assert found.attention.shape == (shape[0], 2, 0, shape[1])


def test_search_is_traced_once_for_all_shapes() -> None:
    search = BeamGraph(random_model(), DecodingSettings(beam_width=2, **LENGTHS))
    for shape in ((1, 2), (5, 3), (2, 8)):
        search(tf.constant(sources(shape[0])[:, : shape[1]]))
    assert search.traces == 1


@pytest.mark.parametrize("setting", [{"coverage_penalty_beta": 0.2}, {"replace_unknown": True}])
def test_settings_that_need_attention_are_refused_without(setting: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="need a model with attention.*and a model without"):
        BeamGraph(random_model(decoder="cho"), DecodingSettings(**LENGTHS, **setting))
