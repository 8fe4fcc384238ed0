"""A few dev pairs -> what the model makes of them at present, and where it looked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from s2s_keras.data import Pair
from s2s_keras.decoding import DecodingSettings, Prediction
from s2s_keras.evaluation.decode import decode_sources
from s2s_keras.keras_session import make_predictor
from s2s_keras.model import Seq2Seq

__all__ = ["Sample", "decode_samples", "evenly_spread", "markdown_table"]

_ESCAPES = {ord(mark): f"&#{ord(mark)};" for mark in "\\`*_~|[]<>&"}
"""What Markdown would read in a cell of a table."""


class Sample(NamedTuple):
    """A dev pair, and what the model makes of its source.

    Attributes:
        source: a text.
        reference: what should come out.
        prediction: what comes out, with its alignment; `None` where the model does not take the
            source.
    """

    source: str
    reference: str
    prediction: Prediction | None


def evenly_spread(pairs: Sequence[Pair], count: int) -> list[Pair]:
    """Returns `count` pairs from the first on, or all where there are not more."""
    step = max(1, len(pairs) // max(1, count))
    return list(pairs[::step][:count])


def decode_samples(
    model: Seq2Seq, pairs: Sequence[Pair], settings: DecodingSettings
) -> list[Sample]:
    """Decodes sources greedily, all in one batch, with the weights that `Seq2Seq.call` reads.

    No random number is drawn and no weight changes: a training goes on as if nobody had looked.

    Args:
        model: as it is at present.
        pairs: sources and references.
        settings: the lengths and whether unknown tokens are taken; what else they say is for beams.

    Returns:
        A sample for each pair; none of a model that looks ahead, because it writes no texts.
    """
    if not pairs or model.options["looks_ahead"]:
        return []
    greedy = replace(settings, beam_width=1, n_best=1, temperature=None)
    predictor = make_predictor(model, greedy)
    sources = [pair.source for pair in pairs]
    with model.reading():
        found = decode_sources(predictor, sources, len(sources), alignments=True)
    return [Sample(*pair, prediction) for pair, prediction in zip(pairs, found, strict=True)]


def markdown_table(samples: Sequence[Sample]) -> str:
    """Returns samples as a table; no text is read as Markdown or HTML."""
    rows = [("source", "reference", "output"), ("---", "---", "---")]
    for source, reference, prediction in samples:
        output = "*(not taken)*" if prediction is None else prediction.text.translate(_ESCAPES)
        rows.append((source.translate(_ESCAPES), reference.translate(_ESCAPES), output))
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)
