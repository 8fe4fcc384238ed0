"""Model files flow in, and what each costs on this machine flows out, beside the least possible."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from s2s_keras.runtime.bare_operators import BareOperators
from s2s_keras.runtime.benchmark_options import BenchmarkOptions
from s2s_keras.runtime.file_benchmark import FileBenchmark
from s2s_keras.runtime.machine import describe_machine
from s2s_keras.runtime.timing import measure

__all__ = ["benchmark"]


def benchmark(
    paths: Sequence[str | Path],
    options: BenchmarkOptions | None = None,
    report: Callable[[int, int], None] = lambda done, total: None,
) -> dict[str, Any]:
    """Measures model files in one process, in turn, round by round.

    | part of a file | what is measured |
    |---|---|
    | `load` | reading, checks, the interpreter, its signatures |
    | `first_call` | the first source and the first step after loading |
    | `encode` | `TFLiteSession.start`, by source length, with sources of that length |
    | `step` | `TFLiteSession.step`, by source length and beam width |
    | `text` | a search of `output_tokens` tokens from ids to ids, by source length and beam width |

    Each has the keys of `timing.figures`, with the first file as the reference. `encode` and `step`
    also have `limit_ms`: the sum over their matrix products of the best time of a bare graph of
    that operator alone, measured in the same rounds; see `matrix_products`, `single_operator`.

    Args:
        paths: the `.tflite` files, at least one.
        options: see `BenchmarkOptions`.
        report: called with the number of cases done and of all.

    Returns:
        `machine`, `options` and `files`, ready for JSON.

    Raises:
        ArtifactError: a file is missing, foreign or damaged.
        InputError: a file does not take a text.
        MissingDependencyError: no interpreter is installed.
    """
    options = options or BenchmarkOptions()
    bare = BareOperators(options)
    files = [FileBenchmark(Path(path), options, bare) for path in paths]
    for file in files:
        file.measure_memory()
    # One case of each file after another: what is compared lies close in time.
    in_turn = itertools.zip_longest(*(file.cases.values() for file in files))
    cases = [case for group in in_turn for case in group if case is not None]
    cases += bare.cases.values()
    total = len(cases) * (options.warmup_rounds + options.rounds)
    done = itertools.count(1)
    measure(cases, options.rounds, options.warmup_rounds, lambda: report(next(done), total))
    return {
        "machine": describe_machine(options.interpreter),
        "options": {
            "rounds": options.rounds,
            "warmup_rounds": options.warmup_rounds,
            "threads": options.num_threads,
            "output_tokens": options.output_tokens,
            "texts": len(options.texts),
            "seed": options.seed,
        },
        "files": [file.document(files[0]) for file in files],
    }
