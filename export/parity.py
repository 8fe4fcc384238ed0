"""The proof that an exported file computes what the Keras model computes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from keras import ops
from numpy.typing import NDArray

from s2s_keras.decoding import Predictor, Session
from s2s_keras.keras_session import EVALUATION_BATCH, KerasSession, restrict
from s2s_keras.model import Seq2Seq
from s2s_keras.text import BOS_ID, EOS_ID, Shortlist, pad_ids

__all__ = ["Parity", "check_parity"]


@dataclass(frozen=True)
class Parity:
    """How far an exported file lies from its Keras model, on a sample.

    With a shortlist the Keras model, too, chooses among a source's candidates alone.

    Attributes:
        texts: size of the sample.
        same_best: share of texts with the same best output, 0 to 1.
        same_beams: share of texts with the same n best outputs in the same order, 0 to 1.
        max_difference: the largest absolute difference of a log-probability, in nats, over every
            signature, every token of the Keras model's best outputs and every candidate.
        same_unrestricted: share of texts whose best output is that of the Keras model without a
            shortlist, 0 to 1; `None` for a file without.
    """

    texts: int
    same_best: float
    same_beams: float
    max_difference: float
    same_unrestricted: float | None = None

    def as_dict(self) -> dict[str, Any]:
        """Returns the figures for `model.json`."""
        return {name: figure for name, figure in asdict(self).items() if figure is not None}


def check_parity(
    model: Seq2Seq,
    exported: Predictor,
    texts: Sequence[str],
    beam_widths: Sequence[int],
    shortlist: Shortlist | None = None,
) -> Parity:
    """Decodes a sample with both, and feeds both the Keras model's outputs.

    The Keras model computes the log-probabilities with teacher forcing, all steps at once, and the
    file step by step: the comparison also shows that the two ways are one function.

    Args:
        model: the reference.
        exported: the file, with the settings that both decode with.
        texts: the sample, at least one text.
        beam_widths: the widths that the file holds a signature for.
        shortlist: the file's, where it has one.
    """
    tokenizers = (model.source_tokenizer, model.target_tokenizer)
    reference = Predictor(KerasSession(model, shortlist), *tokenizers, exported.settings)
    expected = reference.predict(texts, batch_size=EVALUATION_BATCH)
    found = exported.predict(texts)
    same_unrestricted = None
    if shortlist is not None:
        reference = Predictor(KerasSession(model), *tokenizers, exported.settings)
        whole = reference.predict(texts, batch_size=EVALUATION_BATCH)
        same = [a[0].text == b[0].text for a, b in zip(whole, found, strict=True)]
        same_unrestricted = float(np.mean(same))
    beams = [
        ([p.text for p in a], [p.text for p in b]) for a, b in zip(expected, found, strict=True)
    ]
    sources = [exported.check(text) for text in texts]
    targets = [
        [*model.target_tokenizer.encode(predictions[0].text), EOS_ID] for predictions in expected
    ]
    log_probs = _teacher_forced(model, sources, targets, shortlist)
    differences = [
        _largest_difference(exported.session, width, source, target, rows)
        for source, target, rows in zip(sources, targets, log_probs, strict=True)
        for width in beam_widths
    ]
    return Parity(
        texts=len(texts),
        same_best=float(np.mean([a[0] == b[0] for a, b in beams])),
        same_beams=float(np.mean([a == b for a, b in beams])),
        max_difference=float(np.max(differences)),  # NaN stays NaN
        same_unrestricted=same_unrestricted,
    )


def _teacher_forced(
    model: Seq2Seq,
    sources: list[list[int]],
    targets: list[list[int]],
    shortlist: Shortlist | None,
) -> NDArray[np.float32]:
    """Returns the Keras model's log-probabilities, float32 (N, T, V), -inf off the shortlist."""
    inputs = {
        # At least 2, because Keras warns of a softmax over one source token.
        "source_ids": ops.convert_to_tensor(pad_ids(sources, max(2, *map(len, sources)))),
        "target_ids": ops.convert_to_tensor(pad_ids(targets, max(map(len, targets)))),
    }
    logits = ops.cast(model(inputs, training=False), "float32")
    log_probs = np.asarray(ops.convert_to_numpy(ops.log_softmax(logits, axis=-1)))
    if shortlist is None:
        return log_probs
    listed = np.stack([shortlist.candidates(ids) for ids in np.asarray(inputs["source_ids"])])
    token_ids = np.repeat(listed[:, None], log_probs.shape[1], axis=1)
    restricted = np.full_like(log_probs, -np.inf)
    np.put_along_axis(restricted, token_ids, restrict(log_probs, token_ids), axis=-1)
    return restricted


def _largest_difference(
    session: Session,
    beam_width: int,
    source: list[int],
    target: list[int],
    expected: NDArray[np.float32],
) -> float:
    """Feeds one target to the file and compares each candidate with `expected` (T, V)."""
    rows = np.arange(beam_width)
    session.start(pad_ids([source], len(source)), beam_width)
    differences = []
    for token, log_probs in zip([BOS_ID, *target[:-1]], expected, strict=False):
        found = session.step(np.full(beam_width, token, np.int32), rows)
        differences.append(np.abs(log_probs[found.token_ids] - found.log_probs).max())
    return float(np.max(differences))
