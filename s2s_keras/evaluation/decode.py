"""A model and sources -> its best outputs, as far as it takes the sources."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from s2s_keras.decoding import Prediction, Predictor
from s2s_keras.errors import InputError

__all__ = ["decode_sources"]


def decode_sources(
    predictor: Predictor,
    sources: Sequence[str],
    batch_size: int = 1,
    progress: Callable[[int], None] | None = None,
    *,
    alignments: bool = False,
) -> list[Prediction | None]:
    """Returns the best output for each source; `None` where the model does not take it.

    Args:
        predictor: the model.
        sources: any texts.
        batch_size: sources that are decoded together; 1 for a TFLite model.
        progress: called with the number of sources done since the last call; those that the model
            does not take are done at once.
        alignments: keeps the attention of each output; of many long texts that is most of what is
            kept.
    """
    outputs: list[Prediction | None] = [None] * len(sources)
    taken: list[int] = []
    for index, source in enumerate(sources):
        try:
            predictor.check(source)
        except InputError:
            continue
        taken.append(index)
    if progress is not None and len(taken) < len(sources):
        progress(len(sources) - len(taken))
    chunk = 16 * batch_size
    for start in range(0, len(taken), chunk):
        indices = taken[start : start + chunk]
        found = predictor.predict([sources[i] for i in indices], batch_size)
        for index, predictions in zip(indices, found, strict=True):
            best = predictions[0]
            outputs[index] = best if alignments else replace(best, attention=None, pieces=())
        if progress is not None:
            progress(len(indices))
    return outputs
