"""Attention as a picture: which source token each output token looked at."""

from __future__ import annotations

import io
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO

from s2s_keras.decoding import Prediction
from s2s_keras.errors import MissingDependencyError
from s2s_keras.files import atomic_path

__all__ = ["attention_png", "plot_attention", "visible_tokens"]


def plot_attention(prediction: Prediction, path: str | Path) -> None:
    """Draws the alignment heat map: target rows, source columns, weights 0 to 1.

    Args:
        prediction: what to draw.
        path: the picture; its suffix (`.png`, `.svg`, `.pdf`) chooses the format.

    Raises:
        MissingDependencyError: matplotlib is not installed.
        ValueError: the model has no attention, or matplotlib has no such format.
        OSError: the folder is missing or cannot be written.

    Reference:
        Bahdanau et al. 2015, figure 3.
    """
    figure = _draw(prediction)
    format_name = Path(path).suffix[1:] or "png"
    with atomic_path(path) as temporary:
        _save(figure, temporary, format_name, dpi=150)


def attention_png(prediction: Prediction) -> bytes:
    """Returns the picture of `plot_attention` as PNG, for a screen.

    Raises:
        MissingDependencyError: matplotlib is not installed.
        ValueError: the model has no attention.
    """
    buffer = io.BytesIO()
    _save(_draw(prediction), buffer, "png", dpi=80)
    return buffer.getvalue()


def _draw(prediction: Prediction) -> Any:
    """Returns the heat map as a figure of matplotlib."""
    if prediction.attention is None:
        raise ValueError("An alignment needs a model with attention. Received: one without.")
    try:
        from matplotlib.figure import Figure
    except ModuleNotFoundError as error:
        raise MissingDependencyError("Plots need matplotlib: pip install matplotlib.") from error
    rows, columns = prediction.attention.shape
    figure = Figure(figsize=(1.5 + 0.32 * columns, 1.5 + 0.32 * rows), layout="constrained")
    axes = figure.subplots()
    image = axes.imshow(prediction.attention, cmap="viridis", vmin=0.0, vmax=1.0)
    is_wide = any(len(token) > 2 for token in prediction.source_tokens)  # side by side they overlap
    rotation = 90 if is_wide else 0
    axes.set_xticks(range(columns), visible_tokens(prediction.source_tokens), rotation=rotation)
    axes.set_yticks(range(rows), visible_tokens(prediction.target_tokens))
    axes.xaxis.tick_top()
    axes.xaxis.set_label_position("top")
    axes.set_xlabel("source")
    axes.set_ylabel("target")
    figure.colorbar(image, label="attention weight", shrink=0.8)
    return figure


def _save(figure: Any, target: Path | BinaryIO, format_name: str, dpi: int) -> None:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph", UserWarning)  # drawn as boxes, which is enough
        figure.savefig(target, dpi=dpi, format=format_name)


def visible_tokens(tokens: Sequence[str]) -> list[str]:
    """Returns tokens as labels, in which a space shows."""
    return ["\N{OPEN BOX}" if token == " " else token for token in tokens]
