"""Sources, encoded: what a model hands from its encoder to its decoder."""

from __future__ import annotations

from typing import Any, NamedTuple

__all__ = ["Encoded"]


class Encoded(NamedTuple):
    """What the decoder needs of N sources, computed once; `None` where it does not.

    Attributes:
        memory: float (N, S, M), the encoder's outputs; (N, 1, M), its last one, for the decoder
            `cho`; `None` for `sutskever`.
        keys: float (N, S, A), the source half of the score, where it is not the memory itself.
        bias: float (N, S), 0 at tokens and a large negative number at padding, for attention.
        state: float (R, N, H), the decoder's first state.
    """

    memory: Any
    keys: Any
    bias: Any
    state: Any
