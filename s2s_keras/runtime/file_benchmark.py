"""What is measured of one model file."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from s2s_keras.decoding import DecodingSettings, Predictor, beam_search, greedy_search
from s2s_keras.errors import ArtifactError
from s2s_keras.runtime.artifact import Artifact, read_artifact
from s2s_keras.runtime.bare_operators import BareOperators
from s2s_keras.runtime.benchmark_options import BenchmarkOptions
from s2s_keras.runtime.graph import signature_subgraphs
from s2s_keras.runtime.memory import measure_peak_memory
from s2s_keras.runtime.products import Product, matrix_products, step_constant_bytes
from s2s_keras.runtime.seq2seq_lite import default_settings
from s2s_keras.runtime.session import FLAVOURS, TFLiteSession
from s2s_keras.runtime.timing import CALLS_IN_A_ROW, Case, figures
from s2s_keras.text import BOS_ID
from s2s_keras.text.tokenizer import SPECIAL_TOKENS

__all__ = ["FileBenchmark"]

LOAD_EVERY = 5
"""Rounds from one loading of a file to the next: it takes far longer than a call."""


class FileBenchmark:
    """A file, the cases that measure it, and what they found.

    Args:
        path: the `.tflite` file.
        options: what to measure.
        bare: gets the matrix products of the file.

    Attributes:
        cases: part, source length, beam width -> what is timed.

    Raises:
        ArtifactError: the file is missing, foreign or damaged.
        InputError: the file does not take a text.
        MissingDependencyError: no interpreter is installed.
    """

    def __init__(self, path: Path, options: BenchmarkOptions, bare: BareOperators) -> None:
        self._path = path
        self._options = options
        self._bare = bare
        self._artifact = read_artifact(path)
        self._settings = replace(
            default_settings(self._artifact),
            n_best=1,
            temperature=None,
            min_output_length=options.output_tokens - 1,
            max_output_length=options.output_tokens,
        )
        self._session = self._loaded = self._load()
        _check_candidates(path, self._session)
        self._sources = _random_sources(self._artifact, self._session, options.seed)
        self._texts = self._text_sources()
        self._products: dict[tuple[Any, ...], list[Product]] = {}
        self._constant_bytes: dict[tuple[Any, ...], int] = {}
        self._peak_memory_bytes: int | None = None
        self.cases: dict[tuple[Any, ...], Case] = {}
        self._add_cases()

    def measure_memory(self) -> None:
        """Measures the memory of a search, in a process of its own; see `measure_peak_memory`."""
        longest = max(self._sources)
        self._peak_memory_bytes = measure_peak_memory(
            self._path,
            self._sources[longest][0],
            self._settings,
            self._options.num_threads,
            self._options.interpreter,
        )

    def document(self, first: FileBenchmark) -> dict[str, Any]:
        """Returns what was found, also as a ratio to what the same took the first file."""
        parts: dict[str, list[dict[str, Any]]] = {"encode": [], "step": [], "text": []}
        for key, case in self.cases.items():
            part, *place = key
            if part not in parts:
                continue
            entry = dict(zip(("source_length", "beam_width"), place, strict=False))
            entry |= figures(case, first.cases.get(key))
            if part == "text":
                rate = 1000 * self._options.output_tokens / entry["median_ms"]
                entry |= {"sources": len(self._texts[place[0]]), "tokens_per_second": rate}
            else:
                entry |= self._bare.limit(self._products[key])
                for figure in ("median", "best"):
                    entry[f"{figure}_to_limit"] = entry[f"{figure}_ms"] / entry["limit_ms"]
            if part == "step":
                entry["constant_bytes"] = self._constant_bytes[key]
            parts[part].append(entry)
        return {
            "path": str(self._path),
            "size_bytes": self._path.stat().st_size,
            "quantization": self._artifact.metadata.get("quantization"),
            "flavour": "stateful" if "start" in self._artifact.metadata["signatures"] else "plain",
            "beam_width": self._settings.beam_width,
            "peak_memory_bytes": self._peak_memory_bytes,
            **{
                part: figures(self.cases[part,], first.cases[part,])
                for part in ("load", "first_call")
            },
            **parts,
        }

    def _load(self) -> TFLiteSession:
        artifact = read_artifact(self._path)
        return TFLiteSession(artifact, self._options.num_threads, self._options.interpreter)

    def _text_sources(self) -> dict[int, list[NDArray[np.int32]]]:
        """Returns source length -> the sources of whole texts that go to its graph."""
        if not self._options.texts:
            return self._sources
        tokenizers = (self._artifact.source_tokenizer, self._artifact.target_tokenizer)
        predictor = Predictor(self._session, *tokenizers, default_settings(self._artifact))
        found: dict[int, list[NDArray[np.int32]]] = {}
        for text in self._options.texts:
            ids = predictor.check(text)
            length = min(n for n in self._session.source_lengths if n >= len(ids))
            found.setdefault(length, []).append(np.array([ids], np.int32))
        return dict(sorted(found.items()))

    def _add_cases(self) -> None:
        self.cases["load",] = Case(self._reload, every=LOAD_EVERY)
        self.cases["first_call",] = Case(self._first_call, every=LOAD_EVERY)
        signatures: Mapping[str, Any] = self._artifact.metadata["signatures"]
        first = next(name for name in FLAVOURS if name in signatures)
        for length, [source] in self._sources.items():
            encode = _encode_case(self._session, source)
            self._add("encode", encode, signatures[first][str(length)], length)
            steps = signatures[FLAVOURS[first]][str(length)]
            for width in self._session.beam_widths:
                step = _step_case(self._session, source, width)
                self._add("step", step, steps[str(width)], length, width)
        for length, sources in self._texts.items():
            for width in self._session.beam_widths:
                settings = replace(self._settings, beam_width=width)
                self.cases["text", length, width] = _text_case(self._session, sources, settings)

    def _add(self, part: str, case: Case, signature: str, length: int, *place: int) -> None:
        """Adds a case of a signature, and the products that are its limit."""
        key = (part, length, *place)
        graph = self._artifact.graph
        subgraph = signature_subgraphs(graph)[signature]
        self.cases[key] = case
        self._products[key] = matrix_products(graph, subgraph, length)
        self._constant_bytes[key] = step_constant_bytes(graph, subgraph)
        self._bare.add(graph, self._products[key])

    def _reload(self) -> None:
        self._loaded = self._load()

    def _first_call(self) -> None:
        """Runs the session that was loaded last for the first time."""
        width = self._settings.beam_width
        self._loaded.start(self._sources[max(self._sources)][0], width)
        self._loaded.step(np.full(width, BOS_ID, np.int32), np.arange(width))


def _check_candidates(path: Path, session: TFLiteSession) -> None:
    """Refuses a file that `eos` could not be kept from: its outputs would be of any length."""
    outputs = [tensors["outputs"] for tensors in session.signatures().values()]
    if any(found["log_probs"][1][-1] < 2 for found in outputs if "log_probs" in found):
        raise ArtifactError(
            f"{path}: a benchmark needs at least 2 candidates a step, so that outputs do not end "
            "early. Received: 1. Export with more `candidates`."
        )


def _random_sources(
    artifact: Artifact, session: TFLiteSession, seed: int
) -> dict[int, list[NDArray[np.int32]]]:
    """Returns source length -> one source (1, length) of tokens of the vocabulary."""
    generator = np.random.default_rng(seed)
    first, end = len(SPECIAL_TOKENS), len(artifact.source_tokenizer)
    return {
        length: [generator.integers(first, end, (1, length), np.int32)]
        for length in session.source_lengths
    }


def _encode_case(session: TFLiteSession, source: NDArray[np.int32]) -> Case:
    return Case(
        call=lambda: session.start(source, session.beam_widths[0]),
        calls=CALLS_IN_A_ROW,
    )


def _step_case(session: TFLiteSession, source: NDArray[np.int32], width: int) -> Case:
    tokens = np.full(width, BOS_ID, np.int32)
    rows = np.arange(width)
    return Case(
        call=lambda: session.step(tokens, rows),
        prepare=lambda: session.start(source, width),
        calls=CALLS_IN_A_ROW,
    )


def _text_case(
    session: TFLiteSession, sources: Sequence[NDArray[np.int32]], settings: DecodingSettings
) -> Case:
    search = greedy_search if settings.beam_width == 1 else beam_search
    in_turn = itertools.cycle(sources)
    return Case(lambda: search(session, next(in_turn), settings))
