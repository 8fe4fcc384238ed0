"""The training benchmark compares like with like: one function, one set of batches."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from benchmarks.training_speed import (
    OURS,
    Setting,
    make_batches,
    make_contestants,
    measure,
)
from benchmarks.tutorial_baseline import Attention, CellModel, Encoder, LoopModel
from s2s_keras.model import Seq2Seq

TINY = Setting(
    vocabulary=12,
    embedding_size=6,
    units=8,
    mean_length=3,
    bucket_lengths=(5,),
    batch_size=16,
)


@pytest.fixture(scope="module")
def batches() -> list[Any]:
    return make_batches(TINY, 3)


@pytest.fixture(scope="module")
def contestants(batches: list[Any]) -> dict[str, Any]:
    """The contestants, the tutorials' with our weights."""
    models = make_contestants(TINY)
    ours, loop, cell = models.values()
    inputs, target_ids = batches[0]
    loop.loss(inputs["source_ids"], target_ids)  # makes the weights
    cell(inputs)
    copy_to_loop(ours, loop)
    copy_to_cell(ours, cell)
    return models


def copy_encoder(ours: Seq2Seq, encoder: Encoder) -> None:
    forward, backward = ours.encoder.cells
    encoder.embedding.set_weights(ours.source_embedding.get_weights())
    encoder.gru.forward_layer.set_weights(forward.get_weights())
    encoder.gru.backward_layer.set_weights(backward.get_weights())
    encoder.bridge.set_weights(ours.decoder.bridge_layer.get_weights())


def copy_attention(ours: Seq2Seq, attention: Attention) -> None:
    score = ours.decoder.attention.score_layer
    kernels = (score.query_kernel, score.memory_kernel, score.score_kernel)
    layers = (attention.query_layer, attention.memory_layer, attention.score_layer)
    for layer, kernel in zip(layers, kernels, strict=True):
        layer.kernel.assign(kernel)


def copy_decoder_cell(ours: Seq2Seq, cell: Any) -> None:
    (own,) = ours.decoder.cells
    cell.kernel.assign(np.concatenate([own.kernel, ours.decoder.extra_kernel]))
    cell.recurrent_kernel.assign(own.recurrent_kernel)
    cell.bias.assign(own.bias)


def copy_output(ours: Seq2Seq, rival: Any) -> None:
    embeddings, output = ours.target_embedding.get_weights()
    rival.embedding.embeddings.assign(embeddings)
    rival.output_layer.kernel.assign(output)


def copy_to_loop(ours: Seq2Seq, loop: LoopModel) -> None:
    copy_encoder(ours, loop.encoder)
    copy_attention(ours, loop.decoder.attention)
    copy_decoder_cell(ours, loop.decoder.gru.cell)
    loop.decoder.hidden_layer.set_weights(ours.decoder.output_layer.get_weights())
    copy_output(ours, loop.decoder)


def copy_to_cell(ours: Seq2Seq, rival: CellModel) -> None:
    copy_encoder(ours, rival.encoder)
    copy_attention(ours, rival.cell.attention)
    copy_decoder_cell(ours, rival.cell.cell)
    rival.hidden_layer.set_weights(ours.decoder.output_layer.get_weights())
    copy_output(ours, rival)


def test_tutorial_forms_compute_our_loss_with_our_weights(
    contestants: dict[str, Any], batches: list[Any]
) -> None:
    ours, loop, cell = contestants.values()
    inputs, target_ids = batches[0]
    assert (target_ids == 0).any()  # so that masking is compared, too
    expected = float(ours.loss(target_ids, ours(inputs)))
    assert expected == pytest.approx(np.log(TINY.vocabulary), rel=0.2)
    assert float(loop.loss(inputs["source_ids"], target_ids)) == pytest.approx(expected, rel=1e-5)
    assert float(cell.loss(target_ids, cell(inputs))) == pytest.approx(expected, rel=1e-5)


def test_parameters_differ_by_the_biases_of_dense_layers(contestants: dict[str, Any]) -> None:
    ours, loop, cell = (model.count_params() for model in contestants.values())
    biases = 2 * TINY.units + 1 + TINY.vocabulary
    assert loop == cell == ours + biases


@pytest.mark.slow
def test_measure_trains_all_on_the_same_batches_and_the_losses_fall(
    contestants: dict[str, Any], batches: list[Any]
) -> None:
    figures = measure(contestants, batches, rounds=3)
    rows = figures["contestants"]
    first = rows[OURS]["first_loss"]
    for row in rows.values():
        assert row["first_loss"] == pytest.approx(first, rel=1e-3)
        assert row["last_loss"] < row["first_loss"] - 0.01
        assert row["tokens_per_second"] > 0
    assert figures["faster_form"] in rows
    ratio = figures["ratio"]
    assert 0 < ratio["smallest"] <= ratio["median"] <= ratio["largest"]
