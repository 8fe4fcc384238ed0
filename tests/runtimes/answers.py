"""What a runtime answers: raw outputs for fixed inputs, fixed steps, and decoded texts.

Runs in the Python of each environment; `environments.py` starts it.

    python -m tests.runtimes.answers FOLDER RUNTIME,RUNTIME,... FILE.tflite ...
"""

from __future__ import annotations

import importlib
import importlib.metadata
import sys
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from s2s_keras.runtime import (
    Artifact,
    Predictor,
    TFLiteSession,
    default_settings,
    read_artifact,
)
from s2s_keras.text import BOS_ID

MODULES = {
    "ai-edge-litert": "ai_edge_litert.interpreter",
    "tflite-runtime": "tflite_runtime.interpreter",
    "tensorflow": "tensorflow.lite.python.interpreter",
    "ai-edge-litert-compiled-model": "tests.runtimes.compiled_model",
    "c-library": "tests.runtimes.c_library",
}
"""Runtime -> module that holds `Interpreter`."""

WITHOUT_DELEGATES = "-without-delegates"
"""Ends the name of a runtime that leaves XNNPACK out and runs TFLite's own kernels."""

SOURCES = ["abc", "dcbad", "aabb", "cadb"]
"""Texts that every file takes."""


def open_interpreter(runtime: str) -> Callable[..., Any]:
    """Returns the class of a runtime, or what makes one without delegates."""
    name = runtime.removesuffix(WITHOUT_DELEGATES)
    module = importlib.import_module(MODULES[name])
    if name == runtime:
        return module.Interpreter
    resolver = module.OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
    return partial(module.Interpreter, experimental_op_resolver_type=resolver)


def version(runtime: str) -> str:
    """Returns the version of what a runtime's answers come from."""
    name = runtime.removesuffix(WITHOUT_DELEGATES)
    if name == "c-library":
        return str(importlib.import_module(MODULES[name]).version())
    return importlib.metadata.version(name.removesuffix("-compiled-model"))


def raw_outputs(artifact: Artifact, interpreter: Callable[..., Any]) -> Iterator[tuple[str, Any]]:
    """Yields `signature/output` and the array, for inputs drawn by the signature's name."""
    opened = interpreter(model_path=str(artifact.path), num_threads=1)
    opened.allocate_tensors()
    for signature in names(artifact.metadata["signatures"]):
        runner = opened.get_signature_runner(signature)
        outputs = dict(runner(**inputs(signature, runner.get_input_details(), artifact)))
        if "token_ids" in outputs:
            outputs = by_token_id(outputs)
        for name, array in outputs.items():
            yield f"{signature}/{name}", array


def names(signatures: dict[str, Any]) -> list[str]:
    """Returns the names in `signatures` of a `model.json`, each once, what encodes first."""
    found: list[str] = []
    for value in signatures.values():
        found += [value] if isinstance(value, str) else names(value)
    return list(dict.fromkeys(found))


def inputs(signature: str, details: dict[str, Any], artifact: Artifact) -> dict[str, np.ndarray]:
    """Returns the same arrays for the same signature, on every runtime."""
    drawn = {}
    for name, detail in sorted(details.items()):
        rng = np.random.default_rng(zlib.crc32(f"{signature}/{name}".encode()))
        shape = tuple(int(n) for n in detail["shape"])
        if name == "parent":
            drawn[name] = np.arange(*shape)[::-1]
        elif name == "candidate_ids":
            drawn[name] = np.sort(rng.permutation(len(artifact.target_tokenizer))[: shape[0]])
        elif np.issubdtype(detail["dtype"], np.integer):
            drawn[name] = rng.integers(4, len(artifact.target_tokenizer), shape, np.int32)
        elif name == "bias":
            drawn[name] = np.where(np.arange(shape[1]) < shape[1] - 1, 0.0, -1e9)[None]
        else:
            drawn[name] = rng.normal(0.0, 0.5, shape)
        drawn[name] = drawn[name].astype(detail["dtype"])
    return drawn


def steps(artifact: Artifact, session: TFLiteSession) -> Iterator[tuple[str, Any]]:
    """Yields what a session answers to fixed tokens, its beams changing places at every step."""
    vocabulary = len(artifact.target_tokenizer)
    for width in session.beam_widths:
        found = []
        for text in SOURCES:
            session.start(np.array([artifact.source_tokenizer.encode(text)], np.int32), width)
            rows = np.arange(width)
            tokens = np.full(width, BOS_ID, np.int32)
            for step in range(4):
                output = session.step(tokens, rows[::-1])
                tokens = (4 + (step + rows) % (vocabulary - 4)).astype(np.int32)
                found.append(by_token_id(output._asdict()))
        for name in ("token_ids", "log_probs", "attention"):
            arrays = [output[name] for output in found if output[name] is not None]
            if arrays:
                yield f"steps of {width}/{name}", np.concatenate([a.ravel() for a in arrays])


def decoded(artifact: Artifact, session: TFLiteSession) -> Iterator[tuple[str, Any]]:
    """Yields what greedy search and beam search find, all that beam search kept."""
    default = default_settings(artifact)
    for width in session.beam_widths:
        settings = replace(default, beam_width=width, n_best=width)
        tokenizers = (artifact.source_tokenizer, artifact.target_tokenizer)
        found = Predictor(session, *tokenizers, settings).predict(SOURCES)
        yield f"beam of {width}/best", np.array([best[0].text for best in found])
        yield f"beam of {width}/texts", np.array([b.text for best in found for b in best])


def by_token_id(output: dict[str, Any]) -> dict[str, Any]:
    """Orders candidates by their ids: in the order of log-probabilities near ties change places."""
    order = np.argsort(output["token_ids"], axis=1)
    candidates = ("token_ids", "log_probs")
    return output | {n: np.take_along_axis(output[n], order, axis=1) for n in candidates}


def main(folder: str, runtimes: str, *paths: str) -> None:
    """Writes `RUNTIME.npz` for each runtime: `version`, and `file/part/name` -> array."""
    for runtime in runtimes.split(","):
        interpreter = open_interpreter(runtime)
        answers: dict[str, Any] = {"version": np.array(version(runtime))}
        for path in map(Path, paths):
            artifact = read_artifact(path)
            session = TFLiteSession(artifact, 1, interpreter)
            parts = chain(
                raw_outputs(artifact, interpreter),
                steps(artifact, session),
                decoded(artifact, session),
            )
            answers |= {f"{path.stem}/{name}": array for name, array in parts}
        np.savez(Path(folder, f"{runtime}.npz"), **answers)


if __name__ == "__main__":
    main(*sys.argv[1:])
