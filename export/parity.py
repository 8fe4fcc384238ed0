"""The proof that an exported file computes what the Keras model computes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from s2s_keras.decoding import Predictor
from s2s_keras.text import BOS_ID, pad_ids

__all__ = ["Parity", "check_parity"]


@dataclass(frozen=True)
class Parity:
    """How far two sessions of one model lie apart on a sample.

    Attributes:
        texts: size of the sample.
        same_best: share of texts with the same best output, 0 to 1.
        same_beams: share of texts with the same n best outputs in the same order, 0 to 1.
        max_difference: the largest absolute difference of a log-probability, in nats, over every
            token of the reference's best outputs and every candidate.
    """

    texts: int
    same_best: float
    same_beams: float
    max_difference: float

    def as_dict(self) -> dict[str, Any]:
        """Returns the figures for `model.json`."""
        return asdict(self)


def check_parity(reference: Predictor, exported: Predictor, texts: Sequence[str]) -> Parity:
    """Decodes a sample with both and compares beams and log-probabilities.

    Args:
        reference: the Keras model; its settings are used for both.
        exported: the file.
        texts: the sample, at least one text.
    """
    expected = reference.predict(texts, batch_size=64)
    found = exported.predict(texts)
    best = [a[0].text == b[0].text for a, b in zip(expected, found, strict=True)]
    beams = [
        [p.text for p in a] == [p.text for p in b] for a, b in zip(expected, found, strict=True)
    ]
    difference = max(
        _log_prob_difference(reference, exported, text, predictions[0].text)
        for text, predictions in zip(texts, expected, strict=True)
    )
    return Parity(len(texts), float(np.mean(best)), float(np.mean(beams)), difference)


def _log_prob_difference(reference: Predictor, exported: Predictor, text: str, output: str) -> float:
    """Feeds one target to both sessions and returns the largest difference of a log-probability."""
    source_ids = pad_ids([reference.check(text)], len(reference.check(text)))
    target_ids = [BOS_ID, *reference.target_tokenizer.encode(output)]
    width = reference.settings.beam_width
    rows = np.arange(width)
    largest = 0.0
    for session in (reference.session, exported.session):
        session.start(source_ids, width)
    for token in target_ids:
        tokens = np.full(width, token, np.int32)
        expected = reference.session.step(tokens, rows).log_probs  # every token, by id
        found = exported.session.step(tokens, rows)
        aligned = np.take_along_axis(expected, found.token_ids, axis=1)
        largest = max(largest, float(np.abs(aligned - found.log_probs).max()))
    return largest
