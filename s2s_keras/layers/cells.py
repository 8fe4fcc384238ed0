"""The recurrent cells by name."""

from __future__ import annotations

from s2s_keras.layers.cell import RecurrentCell
from s2s_keras.layers.gru import GRUCell
from s2s_keras.layers.lstm import LSTMCell

__all__ = ["CELLS"]

CELLS: dict[str, type[RecurrentCell]] = {"gru": GRUCell, "lstm": LSTMCell}
"""Name in a recipe -> cell."""
