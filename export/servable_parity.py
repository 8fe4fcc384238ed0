"""The proof that a SavedModel gives the texts and scores that the Keras model gives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from s2s_keras.decoding import Prediction, Predictor
from s2s_keras.keras_session import EVALUATION_BATCH, KerasSession
from s2s_keras.model import Seq2Seq
from s2s_keras.saved_model_predictor import SERVING_BATCH, SavedModelPredictor
from s2s_keras.text import EOS_ID, pad_ids

__all__ = ["ServableParity", "check_servable_parity"]

ATTENTION_TOLERANCE = 1e-3


@dataclass(frozen=True)
class ServableParity:
    """How far a SavedModel lies from its Keras model, on a sample.

    Attributes:
        texts: size of the sample.
        same_best: share of texts with the same best output, 0 to 1.
        same_beams: share of texts with the same n best outputs in the same order, 0 to 1: the same
            ids and, where there are signatures on strings, the same texts.
        max_difference: the largest absolute difference of the score of such an output.
        same_alignments: share of texts for which `alignments` gives text and pieces of the best
            output, and attention weights within 0.001, 0 to 1; `None` without text.
    """

    texts: int
    same_best: float
    same_beams: float
    max_difference: float
    same_alignments: float | None = None

    def as_dict(self) -> dict[str, Any]:
        """Returns the figures for `model.json`."""
        return {name: figure for name, figure in asdict(self).items() if figure is not None}


def check_servable_parity(
    model: Seq2Seq, exported: SavedModelPredictor, texts: Sequence[str]
) -> ServableParity:
    """Decodes a sample with every signature, in batches of mixed length, and with the Keras model.

    Args:
        model: the reference.
        exported: the SavedModel.
        texts: the sample, at least one text, which the model takes.
    """
    settings = exported.folder.settings
    tokenizers = (model.source_tokenizer, model.target_tokenizer)
    reference = Predictor(KerasSession(model), *tokenizers, settings)
    expected = reference.predict(texts, batch_size=EVALUATION_BATCH)
    same: list[list[bool]] = []
    differences: list[float] = [0.0]
    same_alignments: list[bool] = []
    for start in range(0, len(texts), SERVING_BATCH):
        batch = texts[start : start + SERVING_BATCH]
        predictions = expected[start : start + SERVING_BATCH]
        by_ids = _search_ids(exported, batch)
        by_text = _serve(exported, batch) if exported.folder.has_text else None
        for n, wanted in enumerate(predictions):
            same.append([])
            for k, prediction in enumerate(wanted):
                is_same = prediction.target_tokens == by_ids[n][k][0]
                scores = [by_ids[n][k][1]]
                if by_text is not None:
                    is_same &= prediction.text == by_text[n][k][0]
                    scores.append(by_text[n][k][1])
                same[-1].append(is_same)
                differences += [abs(score - prediction.score) for score in scores if is_same]
        if by_text is not None:
            same_alignments += _same_alignments(exported, batch, predictions)
    return ServableParity(
        texts=len(texts),
        same_best=float(np.mean([beams[0] for beams in same])),
        same_beams=float(np.mean([all(beams) for beams in same])),
        max_difference=float(np.max(differences)),  # NaN stays NaN
        same_alignments=float(np.mean(same_alignments)) if same_alignments else None,
    )


def _search_ids(
    exported: SavedModelPredictor, texts: Sequence[str]
) -> list[list[tuple[tuple[str, ...], float]]]:
    """Returns tokens and score of each output of the signature `ids`."""
    sources = [exported.check(text) for text in texts]
    outputs = exported.signatures["ids"](
        source_ids=tf.constant(pad_ids(sources, max(map(len, sources))))
    )
    target_ids, scores = outputs["target_ids"].numpy(), outputs["scores"].numpy()
    tokens = exported.target_tokenizer.tokens
    return [
        [(tuple(tokens[i] for i in _cut(ids)), float(s)) for ids, s in zip(rows, row, strict=True)]
        for rows, row in zip(target_ids, scores, strict=True)
    ]


def _cut(ids: NDArray[np.int32]) -> list[int]:
    ended = np.flatnonzero(ids == EOS_ID)
    return [int(i) for i in (ids[: ended[0] + 1] if len(ended) else ids)]


def _serve(exported: SavedModelPredictor, texts: Sequence[str]) -> list[list[tuple[str, float]]]:
    """Returns text and score of each output of the signature `serving_default`."""
    outputs = exported.signatures["serving_default"](texts=_strings(texts))
    return [
        [(text.decode(), float(score)) for text, score in zip(rows, row, strict=True)]
        for rows, row in zip(outputs["texts"].numpy(), outputs["scores"].numpy(), strict=True)
    ]


def _same_alignments(
    exported: SavedModelPredictor, texts: Sequence[str], expected: Sequence[list[Prediction]]
) -> list[bool]:
    """Whether the signature `alignments` gives, for each text, what the Keras model gives."""
    outputs = exported.signatures["alignments"](texts=_strings(texts))
    found = {name: tensor.numpy() for name, tensor in outputs.items()}
    same = []
    for n, [best, *_] in enumerate(expected):
        pieces = [
            tuple(piece.decode() for piece in found[name][n] if piece)
            for name in ("source_pieces", "target_pieces")
        ]
        is_same = found["texts"][n].decode() == best.text
        is_same &= pieces == [best.source_tokens, best.target_tokens]
        if is_same and best.attention is not None:
            weights = np.zeros(found["attention"][n].shape, np.float32)
            weights[: best.attention.shape[0], : best.attention.shape[1]] = best.attention
            is_same = np.abs(found["attention"][n] - weights).max() <= ATTENTION_TOLERANCE
        same.append(bool(is_same))
    return same


def _strings(texts: Sequence[str]) -> tf.Tensor:
    return tf.constant([text.encode() for text in texts])
