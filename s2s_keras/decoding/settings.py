"""How to decode."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["DecodingSettings"]


@dataclass(frozen=True)
class DecodingSettings:
    """How to decode; checked when made.

    Args:
        beam_width: K, hypotheses kept a source, at least 1; 1 is greedy search.
        length_penalty_alpha: a hypothesis of T tokens scores log p / T^alpha; 0 to 5. 0 prefers
            short outputs, 1 ranks by the mean.
        max_output_length: tokens after which decoding stops without `eos`, at least 1.
        max_source_length: S, the longest source in tokens, or `None` for any.
        n_best: hypotheses returned a source, 1 to `beam_width`.
        allow_unknown: decodes characters never seen in training as `<unk>` instead of refusing.

    Raises:
        ValueError: a value lies outside its range.
    """

    beam_width: int = 4
    length_penalty_alpha: float = 1.0
    max_output_length: int = 64
    max_source_length: int | None = None
    n_best: int = 1
    allow_unknown: bool = False

    def __post_init__(self) -> None:
        for name in ("beam_width", "max_output_length", "max_source_length", "n_best"):
            value = getattr(self, name)
            if name == "max_source_length" and value is None:
                continue
            if not isinstance(value, int) or value < 1:
                raise ValueError(f"`{name}` must be a positive integer. Received: {name}={value}.")
        if self.n_best > self.beam_width:
            raise ValueError(
                "`n_best` must be at most `beam_width`. "
                f"Received: n_best={self.n_best}, beam_width={self.beam_width}."
            )
        if not 0 <= self.length_penalty_alpha <= 5:
            raise ValueError(
                "`length_penalty_alpha` must lie between 0 and 5. "
                f"Received: length_penalty_alpha={self.length_penalty_alpha}."
            )
