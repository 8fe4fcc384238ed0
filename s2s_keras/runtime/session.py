"""The step function of a `.tflite` file."""

from __future__ import annotations

import importlib
import importlib.util
import os
from typing import Any

import numpy as np
from numpy.typing import NDArray

from s2s_keras.decoding import StepOutput
from s2s_keras.errors import ArtifactError, MissingDependencyError
from s2s_keras.runtime.artifact import Artifact
from s2s_keras.text import pad_ids

__all__ = ["INTERPRETERS", "TFLiteSession", "find_interpreter"]

INTERPRETERS = {
    "tflite-runtime": "tflite_runtime.interpreter",
    "ai-edge-litert": "ai_edge_litert.interpreter",
}
"""PyPI package -> module that holds `Interpreter`, in the order of preference.

tflite-runtime comes first because it is only there where somebody asked for it.
"""

FLAVOURS = {"encode": "decode_step", "start": "step"}
"""Signature that takes a source -> signature that takes a token: stateless, and stateful files."""

STEP_OUTPUTS = {"log_probs", "token_ids"}
"""What every step puts out; without variables in the interpreter also `state`."""


def find_interpreter(package: str | None = None) -> Any:
    """Returns the `Interpreter` class of an installed package.

    Args:
        package: a key of `INTERPRETERS`; where not given, the environment variable
            `S2S_KERAS_INTERPRETER`, or else the first that is installed.

    Raises:
        ValueError: there is no such package in `INTERPRETERS`.
        MissingDependencyError: it is not installed, or none is.
    """
    package = package or os.environ.get("S2S_KERAS_INTERPRETER")
    if package is not None and package not in INTERPRETERS:
        raise ValueError(
            f"The interpreter must be one of {sorted(INTERPRETERS)}. Received: {package!r}."
        )
    for name in [package] if package else list(INTERPRETERS):
        module = INTERPRETERS[name]
        if importlib.util.find_spec(module.partition(".")[0]) is not None:
            return importlib.import_module(module).Interpreter
    raise MissingDependencyError(
        f"No TFLite interpreter is installed: pip install {package or 'ai-edge-litert'}."
    )


class TFLiteSession:
    """Runs a file's signatures; see `decoding.Session`, and `save_signatures` for the signatures.

    A source goes to the graph of the smallest source length that holds it. Between steps the
    decoder's state is kept here, or, in a stateful file, inside the interpreter. One source at a
    time. A session belongs to one thread.

    Args:
        artifact: what `read_artifact` returned.
        num_threads: threads of the interpreter, at least 1.
        interpreter: a key of `INTERPRETERS`; see `find_interpreter`.

    Raises:
        ArtifactError: the interpreter refuses the graph, or a signature is missing or of another
            shape.
        MissingDependencyError: no interpreter is installed.
    """

    def __init__(
        self, artifact: Artifact, num_threads: int = 1, interpreter: str | None = None
    ) -> None:
        interpreter_class = find_interpreter(interpreter)
        try:
            self._interpreter = interpreter_class(
                model_content=artifact.graph, num_threads=num_threads
            )
            self._interpreter.allocate_tensors()
            self._map_signatures(artifact.metadata["signatures"])
        except (KeyError, ValueError, RuntimeError, AttributeError, TypeError) as error:
            raise ArtifactError(
                f"{artifact.path}: the interpreter refuses the graph: {error}"
            ) from error
        self._check_signatures(artifact)
        self._source_length = 0
        self._step: Any = None
        self._source: dict[str, NDArray[np.float32]] = {}
        self._state = np.zeros((0, 0, 0), np.float32)

    def _map_signatures(self, signatures: dict[str, Any]) -> None:
        """Finds the runners that `model.json` names: by source length, and by beam width."""
        first = next(name for name in FLAVOURS if name in signatures)
        self._stateful = first == "start"
        self._runners: dict[str, Any] = {}
        self._starts = {
            int(length): self._runner(name) for length, name in signatures[first].items()
        }
        self._steps = {
            int(length): {int(width): self._runner(name) for width, name in by_width.items()}
            for length, by_width in signatures[FLAVOURS[first]].items()
        }

    def _runner(self, name: str) -> Any:
        if name not in self._runners:
            self._runners[name] = self._interpreter.get_signature_runner(name)
        return self._runners[name]

    @property
    def beam_widths(self) -> list[int]:
        """The beam widths that the file holds a signature for."""
        return sorted(next(iter(self._steps.values())))

    @property
    def source_lengths(self) -> list[int]:
        """The source lengths, in tokens, that the file holds a signature for."""
        return sorted(self._starts)

    def signatures(self) -> dict[str, dict[str, dict[str, tuple[str, list[int]]]]]:
        """Returns signature -> `inputs` and `outputs` -> tensor -> its type and shape."""
        return {
            name: {
                side: {
                    tensor: (np.dtype(detail["dtype"]).name, [int(n) for n in detail["shape"]])
                    for tensor, detail in sorted(details.items())
                }
                for side, details in (
                    ("inputs", runner.get_input_details()),
                    ("outputs", runner.get_output_details()),
                )
            }
            for name, runner in self._runners.items()
        }

    def start(self, source_ids: NDArray[np.int32], beam_width: int) -> None:
        """Encodes one source, int32 (1, at most `max_source_length`), for `beam_width` rows."""
        if len(source_ids) != 1:
            raise ValueError(
                f"A TFLite session takes one source at a time. Received: {len(source_ids)}."
            )
        if beam_width not in self.beam_widths:
            raise ValueError(
                f"The file holds beam widths {self.beam_widths}. "
                f"Received: beam_width={beam_width}. Export with `--beam-width {beam_width}`."
            )
        length = self._length_for(source_ids.shape[1])
        self._source_length = source_ids.shape[1]
        self._step = self._steps[length][beam_width]
        encoded = self._starts[length](source_ids=pad_ids(list(source_ids), length))
        if not self._stateful:
            self._state = np.repeat(encoded.pop("state"), beam_width, axis=1)
            self._source = encoded

    def step(self, tokens: NDArray[np.int32], parents: NDArray[np.intp]) -> StepOutput:
        """Advances every beam by one token; see `decoding.Session.step`."""
        if self._stateful:
            output = self._step(token=tokens, parent=parents.astype(np.int32))
        else:
            output = self._step(token=tokens, state=self._state[:, parents], **self._source)
            self._state = output["state"]
        attention = output.get("attention")
        if attention is not None:
            attention = attention[:, : self._source_length]
        return StepOutput(output["log_probs"], output["token_ids"], attention)

    def _length_for(self, length: int) -> int:
        for candidate in self.source_lengths:
            if length <= candidate:
                return candidate
        raise ValueError(
            f"The file takes sources of at most {max(self._starts)} tokens. Received: {length}."
        )

    def _check_signatures(self, artifact: Artifact) -> None:
        complete = bool(self._starts) and set(self._steps) == set(self._starts)
        complete = complete and max(self._starts) == artifact.metadata["max_source_length"]
        complete = complete and len({tuple(sorted(x)) for x in self._steps.values()}) == 1
        for length, start in self._starts.items() if complete else ():
            source = start.get_input_details().get("source_ids")
            complete = complete and source is not None and list(source["shape"]) == [1, length]
            # What `encode` puts out goes into each step.
            reads = {"parent"} if self._stateful else set(start.get_output_details())
            writes = STEP_OUTPUTS if self._stateful else STEP_OUTPUTS | {"state"}
            for width, step in self._steps[length].items() if complete else ():
                inputs = step.get_input_details()
                complete = complete and set(inputs) == reads | {"token"}
                complete = complete and set(step.get_output_details()) - {"attention"} == writes
                complete = complete and list(inputs["token"]["shape"]) == [width]
        if not complete or not self.beam_widths:
            raise ArtifactError(
                f"{artifact.path}: the signatures of the graph do not fit model.json."
            )
