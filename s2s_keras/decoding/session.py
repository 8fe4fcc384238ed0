"""What the search sees of a model: sources go in once, then tokens step by step."""

from __future__ import annotations

from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

__all__ = ["Session", "StepOutput"]


class StepOutput(NamedTuple):
    """The candidates for the next token of R rows.

    Attributes:
        log_probs: float32 (R, K), natural logarithms, in any order.
        token_ids: int (R, K), the tokens that they belong to.
        attention: float32 (R, S), the weights over the source; rows sum to 1.
    """

    log_probs: NDArray[np.float32]
    token_ids: NDArray[np.integer]
    attention: NDArray[np.float32]


class Session(Protocol):
    """A model that decodes N sources at once, `beam_width` rows each.

    Row n * beam_width + k is beam k of source n.
    """

    def start(self, source_ids: NDArray[np.int32], beam_width: int) -> None:
        """Encodes sources int32 (N, S), padded with 0 on the right, and forgets those before."""

    def step(self, tokens: NDArray[np.int32], parents: NDArray[np.intp]) -> StepOutput:
        """Advances every row by one token.

        Args:
            tokens: int32 (N * beam_width,), the last token of each row; `bos` at first.
            parents: int (N * beam_width,), the row of the step before that each row continues.
        """
