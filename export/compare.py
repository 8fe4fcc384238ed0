"""One model in every quantisation, side by side: size, quality, time."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from s2s_keras.data import Pair
from s2s_keras.decoding import DecodingSettings, Predictor
from s2s_keras.errors import ArtifactError, ExportError, InputError
from s2s_keras.evaluation import Evaluation, evaluate_outputs
from s2s_keras.export.tflite import export_tflite
from s2s_keras.model import Seq2Seq
from s2s_keras.quantization import Quantization
from s2s_keras.runtime import load

__all__ = ["Candidate", "Comparison", "compare", "export_candidate"]


@dataclass(frozen=True)
class Candidate:
    """A file to compare.

    Attributes:
        quantization: the recipe's name.
        path: the file.
        problem: why there is none, or why the installed interpreter does not run it.
    """

    quantization: str
    path: Path
    problem: str | None = None


@dataclass(frozen=True)
class Comparison:
    """What one file does with the same texts as the others; `None` where it does not run.

    Attributes:
        quantization: the recipe's name.
        problem: why it does not run.
        size_bytes: of the file.
        evaluation: its figures.
        same_as_float32: share of texts whose best output is that of the quantisation `none`, 0 to
            1; `None` also where that one does not run.
        median_ms: of a text, through the device runtime, on one thread.
    """

    quantization: str
    problem: str | None = None
    size_bytes: int | None = None
    evaluation: Evaluation | None = None
    same_as_float32: float | None = None
    median_ms: float | None = None

    def as_dict(self) -> dict[str, Any]:
        """Returns the figures as one flat mapping for JSON."""
        figures = asdict(self)
        figures.pop("evaluation")
        return {**figures, **(self.evaluation.as_dict() if self.evaluation else {})}


def export_candidate(
    model: Seq2Seq,
    path: str | Path,
    sample: Sequence[str],
    settings: DecodingSettings,
    quantization: str,
    **options: Any,
) -> Candidate:
    """Exports one quantisation, or says why that is not possible.

    Args:
        model: see `export_tflite`.
        path: likewise.
        sample: likewise; it proves that the file runs, not how well.
        settings: likewise.
        quantization: likewise.
        options: `candidates`, `source_buckets`, `stateful`, `shortlist` and `card`, likewise.

    Raises:
        OSError: the folder cannot be made or written.
    """
    try:
        export_tflite(
            model, path, sample, settings, quantization=quantization, min_same_best=0.0, **options
        )
    except ExportError as error:
        return Candidate(str(quantization), Path(path), str(error))
    return Candidate(str(quantization), Path(path))


def compare(
    candidates: Sequence[Candidate],
    pairs: Sequence[Pair],
    settings: DecodingSettings,
    progress: Callable[[int], None] = lambda count: None,
) -> list[Comparison]:
    """Decodes the same texts with every file, in turn, so that all meet the same machine.

    Args:
        candidates: the files.
        pairs: sources and references, at least one; a source that the model does not take counts
            as if returned unchanged.
        settings: how to decode.
        progress: called with the number of texts that every file has decoded since the last call.
    """
    decoded = {candidate.quantization: _open(candidate, settings) for candidate in candidates}
    running = [file for file in decoded.values() if isinstance(file, _Decoded)]
    unprocessed = 0
    for number, pair in enumerate(pairs):
        turn = number % max(1, len(running))  # none always follows the same other one
        try:
            for file in running[turn:] + running[:turn]:
                file.decode(pair.source)
        except InputError:  # the first file's, before anything is decoded
            unprocessed += 1
            for file in running:
                file.outputs.append(pair.source)
        progress(1)
    reference = decoded.get(Quantization.NONE)
    return [
        _comparison(candidate, decoded[candidate.quantization], reference, pairs, unprocessed)
        for candidate in candidates
    ]


@dataclass(frozen=True)
class _Decoded:
    """A file that runs, and what it has made so far of how many seconds."""

    predictor: Predictor
    outputs: list[str] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    def decode(self, text: str) -> None:
        started = time.perf_counter()
        output = self.predictor.predict([text])[0][0].text
        self.seconds.append(time.perf_counter() - started)
        self.outputs.append(output)


def _open(candidate: Candidate, settings: DecodingSettings) -> _Decoded | str:
    """Returns the file, or why it does not run."""
    if candidate.problem is not None:
        return candidate.problem
    try:
        return _Decoded(load(candidate.path, settings))
    except ArtifactError as error:
        return str(error)


def _comparison(
    candidate: Candidate,
    decoded: _Decoded | str,
    reference: _Decoded | str | None,
    pairs: Sequence[Pair],
    unprocessed: int,
) -> Comparison:
    if isinstance(decoded, str):
        return Comparison(candidate.quantization, problem=" ".join(decoded.split()))
    same = None
    if isinstance(reference, _Decoded):
        both = zip(decoded.outputs, reference.outputs, strict=True)
        same = sum(a == b for a, b in both) / len(pairs)
    return Comparison(
        candidate.quantization,
        size_bytes=candidate.path.stat().st_size,
        evaluation=evaluate_outputs(pairs, decoded.outputs, unprocessed),
        same_as_float32=same,
        median_ms=1e3 * statistics.median(decoded.seconds) if decoded.seconds else None,
    )
