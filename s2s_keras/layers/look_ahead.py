"""Which source tokens stand behind the word that a target token is of."""

from __future__ import annotations

from typing import Any

from keras import ops

from s2s_keras.layers.attention import mask_bias
from s2s_keras.text import Tokenizer
from s2s_keras.text.context import word_steps

__all__ = ["LookAhead"]


class LookAhead:
    """Hides from each target token the source up to the end of the token's word.

    A decoder so learns what fits between what it wrote and what follows. The words of a source and
    its target must stand in the same places; see `word_steps`.

    Args:
        source_tokenizer: of source tokens, with an end.
        target_tokenizer: of target tokens, likewise.

    Raises:
        ValueError: see `word_steps`.
    """

    def __init__(self, source_tokenizer: Tokenizer, target_tokenizer: Tokenizer) -> None:
        self._source_steps = word_steps(source_tokenizer)
        self._target_steps = word_steps(target_tokenizer)

    def __call__(self, source_ids: Any, target_ids: Any, bias: Any) -> Any:
        """Returns what is added to the scores of attention, float (N, T, S).

        Args:
            source_ids: int (N, S).
            target_ids: int (N, T).
            bias: float (N, S), 0 at tokens and a large negative number at padding.
        """
        source_words = ops.cumsum(ops.take(self._source_steps, source_ids), axis=1)
        target_words = ops.cumsum(ops.take(self._target_steps, target_ids), axis=1)
        is_behind = ops.greater(source_words[:, None, :], target_words[:, :, None])
        return bias[:, None, :] + mask_bias(is_behind, bias.dtype)
