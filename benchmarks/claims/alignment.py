"""Attention finds alignments (Bahdanau et al. 2015, section 5.2.1 and figure 3).

    python -m benchmarks.claims.alignment --multi30k FOLDER --out build/claims

The model of `beam` translates captions from English to French. Over the dev captions, the source
token that each output token looks at most is set against the output's position (diagonality, the
correlation of the two) and against that of its neighbour (inversions, as where French puts the
adjective behind the noun). Chance is the same with each caption's positions shuffled.

Two heat maps show sentences of our own, chosen by rule: the most diagonal one, and one in which two
neighbouring output tokens look at two neighbouring source tokens in the opposite order, both with a
weight above 0.5.

Budget: about a minute on two cores behind the training of `beam`, which is done here where it is
not yet.
"""

from __future__ import annotations

import random
import statistics
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.claims.output import parse_options, write_figures
from benchmarks.claims.translation import Translation, train_translation
from s2s_keras.cli.console import note, stdout
from s2s_keras.decoding import DecodingSettings, Prediction
from s2s_keras.evaluation import plot_attention
from s2s_keras.files import make_folder

__all__ = ["SENTENCES", "diagonality", "inversions", "main", "positions", "swap_weight"]

SENTENCES = (
    "A red car is parked in the street.",
    "A man in a blue shirt is playing a guitar.",
    "Two children are running on the green grass.",
    "A woman in a white dress is standing on the beach.",
    "A black dog is jumping over a fence.",
    "A young girl is riding a yellow bike.",
    "A man with a black hat is reading a book.",
    "Three people are sitting on a bench.",
)
LEAST_WEIGHT = 0.5
"""What both tokens of a swap must put on the source token that they look at."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the script."""
    options = parse_options("alignment", __doc__, arguments, multi30k="required")
    translation = train_translation(options)
    dev = _predict(translation, [pair.source for pair in translation.dev])
    attended = [found for found in map(positions, dev) if len(found) > 2]
    shuffle = random.Random(0)
    chance = [np.asarray(shuffle.sample(list(p), len(p))) for p in attended]
    ours = _predict(translation, SENTENCES)
    figures: dict[str, Any] = {
        "recipes": {"en-fr": translation.recipe},
        "captions": len(attended),
        "attention": _figures(attended),
        "chance": _figures(chance),
        "drawn": _draw(ours, options.docs),
    }
    write_figures("alignment", options, figures)
    for name in ("attention", "chance"):
        found = figures[name]
        stdout.print(
            f"{name}: diagonality {found['diagonality']:.3f}, "
            f"inversions {found['inversions']:.3f} of the neighbours"
        )
    return 0


def _predict(translation: Translation, texts: Sequence[str]) -> list[Prediction]:
    from s2s_keras.keras_session import make_predictor

    settings = DecodingSettings(beam_width=4, max_output_length=50, allow_unknown=True)
    predictions = make_predictor(translation.model, settings).predict(texts, batch_size=128)
    return [found[0] for found in predictions]


def positions(prediction: Prediction) -> NDArray[np.intp]:
    """Returns the source token that each output token looks at most, without `<eos>`."""
    found: NDArray[np.intp] = _weights(prediction).argmax(axis=1)
    return found


def _weights(prediction: Prediction) -> NDArray[np.float32]:
    """The attention of the output tokens, float32 (T, S), without that of `<eos>`."""
    if prediction.attention is None:
        raise ValueError("An alignment needs a model with attention. Received: one without.")
    count = len(prediction.target_tokens) - (prediction.target_tokens[-1:] == ("<eos>",))
    return prediction.attention[:count]


def diagonality(attended: NDArray[np.intp]) -> float:
    """Returns the correlation of output positions and attended positions, -1 to 1.

    Where every token looks at the same place it is 0.
    """
    if np.ptp(attended) == 0:
        return 0.0
    return float(np.corrcoef(np.arange(len(attended)), attended)[0, 1])


def inversions(attended: NDArray[np.intp]) -> float:
    """Returns the share of neighbouring output tokens of which the second looks further left."""
    return float(np.mean(np.diff(attended) < 0))


def swap_weight(prediction: Prediction) -> float:
    """Returns how sure the surest swap of two neighbours is.

    A swap is an output token that looks at j + 1 and is followed by one that looks at j; it is as
    sure as the smaller of the two weights. 0 without a swap.
    """
    weights = _weights(prediction)
    attended, largest = weights.argmax(axis=1), weights.max(axis=1)
    pairs = zip(np.diff(attended) == -1, largest, largest[1:], strict=False)
    return max((float(min(a, b)) for swapped, a, b in pairs if swapped), default=0.0)


def _figures(attended: Sequence[NDArray[np.intp]]) -> dict[str, float]:
    return {
        "diagonality": statistics.fmean(map(diagonality, attended)),
        "inversions": statistics.fmean(map(inversions, attended)),
    }


def _draw(ours: Sequence[Prediction], docs: Path) -> dict[str, Any]:
    """Draws the two heat maps; one for which no sentence fits is left out."""
    swaps = [swap_weight(found) for found in ours]
    diagonals = [diagonality(positions(found)) for found in ours]
    chosen = {"diagonal": int(np.argmax(diagonals))}
    if max(swaps) > LEAST_WEIGHT:
        chosen["swapped"] = int(np.argmax(swaps))
    else:
        note(f"No sentence has a swap with both weights above {LEAST_WEIGHT}.")
    drawn = {}
    for name, index in chosen.items():
        path = make_folder(docs) / f"alignment-{name}.png"
        plot_attention(ours[index], path)
        note(f"plot: {path}")
        drawn[name] = {
            "source": SENTENCES[index],
            "output": ours[index].text,
            "diagonality": diagonals[index],
            "swap_weight": swaps[index],
        }
    return drawn


if __name__ == "__main__":
    sys.exit(main())
