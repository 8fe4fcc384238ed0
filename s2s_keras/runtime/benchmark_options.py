"""What a benchmark measures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["BenchmarkOptions"]


@dataclass(frozen=True)
class BenchmarkOptions:
    """What to measure, and how often; checked when made.

    Args:
        rounds: rounds that count, at least 1.
        warmup_rounds: rounds before, which do not count; at least 0.
        num_threads: threads of the interpreter, at least 1.
        output_tokens: tokens of every output; `eos` neither comes earlier nor ends it. At least 1.
        texts: the sources of whole texts; without any, random tokens of the vocabulary, one source
            for each source length of the file, as long as that.
        seed: of the random tokens and inputs, at least 0.
        interpreter: a key of `INTERPRETERS`; see `find_interpreter`.

    Raises:
        ValueError: a number lies outside its range.
    """

    rounds: int = 30
    warmup_rounds: int = 3
    num_threads: int = 1
    output_tokens: int = 20
    texts: Sequence[str] = ()
    seed: int = 0
    interpreter: str | None = None

    def __post_init__(self) -> None:
        smallest = {
            "rounds": 1,
            "warmup_rounds": 0,
            "num_threads": 1,
            "output_tokens": 1,
            "seed": 0,
        }
        for name, least in smallest.items():
            value = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool) or value < least:
                raise ValueError(
                    f"`{name}` must be an integer of at least {least}. Received: {name}={value!r}."
                )
