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

STEP_OUTPUTS = {"log_probs", "token_ids", "state"}
"""What every step puts out; with attention also `attention`."""


def find_interpreter(package: str | type[Any] | None = None) -> Any:
    """Returns the `Interpreter` class of an installed package.

    Args:
        package: a key of `INTERPRETERS`, or such a class, which is returned; where not given, the
            environment variable `S2S_KERAS_INTERPRETER`, or else the first that is installed.

    Raises:
        ValueError: there is no such package in `INTERPRETERS`.
        MissingDependencyError: it is not installed, or none is.
    """
    if isinstance(package, type):
        return package
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
    """Runs the signatures `encode` and `decode_step`; see `decoding.Session`.

    The decoder's state is kept here between steps and reordered by `parents`. One source at a
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
        self,
        artifact: Artifact,
        num_threads: int = 1,
        interpreter: str | type[Any] | None = None,
    ) -> None:
        signatures = artifact.metadata["signatures"]
        interpreter_class = find_interpreter(interpreter)
        try:
            self._interpreter = interpreter_class(
                model_content=artifact.graph, num_threads=num_threads
            )
            self._interpreter.allocate_tensors()
            self._encode = self._interpreter.get_signature_runner(signatures["encode"])
            self._steps = {
                int(width): self._interpreter.get_signature_runner(name)
                for width, name in signatures["decode_step"].items()
            }
        except (KeyError, ValueError, RuntimeError, AttributeError) as error:
            raise ArtifactError(
                f"{artifact.path}: the interpreter refuses the graph: {error}"
            ) from error
        self._step_names = {int(width): name for width, name in signatures["decode_step"].items()}
        self._check_signatures(artifact)
        self._step = next(iter(self._steps.values()))
        self._source: dict[str, NDArray[np.float32]] = {}
        self._state = np.zeros((0, 0, 0), np.float32)

    @property
    def beam_widths(self) -> list[int]:
        """The beam widths that the file holds a signature for."""
        return sorted(self._steps)

    def signatures(self) -> dict[str, dict[str, dict[str, tuple[str, list[int]]]]]:
        """Returns signature -> `inputs` and `outputs` -> tensor -> its type and shape."""
        runners = {"encode": self._encode}
        runners.update({self._step_names[width]: step for width, step in self._steps.items()})
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
            for name, runner in runners.items()
        }

    def start(self, source_ids: NDArray[np.int32], beam_width: int) -> None:
        """Encodes one source, int32 (1, at most `max_source_length`), for `beam_width` rows."""
        if len(source_ids) != 1:
            raise ValueError(
                f"A TFLite session takes one source at a time. Received: {len(source_ids)}."
            )
        if beam_width not in self._steps:
            raise ValueError(
                f"The file holds beam widths {self.beam_widths}. "
                f"Received: beam_width={beam_width}. Export with `--beam-width {beam_width}`."
            )
        encoded = self._encode(source_ids=pad_ids(list(source_ids), self._source_length))
        state = encoded.pop("state")
        self._source = encoded
        self._step = self._steps[beam_width]
        self._state = np.repeat(state, beam_width, axis=1)

    def step(self, tokens: NDArray[np.int32], parents: NDArray[np.intp]) -> StepOutput:
        """Advances every beam by one token; see `decoding.Session.step`."""
        output = self._step(token=tokens, state=self._state[:, parents], **self._source)
        self._state = output["state"]
        return StepOutput(output["log_probs"], output["token_ids"], output.get("attention"))

    def _check_signatures(self, artifact: Artifact) -> None:
        source = self._encode.get_input_details().get("source_ids")
        encoded = set(self._encode.get_output_details())
        complete = source is not None and "state" in encoded
        for width, step in self._steps.items():
            inputs = step.get_input_details()
            # What `encode` puts out goes into each step.
            complete = complete and set(inputs) == encoded | {"token"}
            complete = complete and set(step.get_output_details()) - {"attention"} == STEP_OUTPUTS
            complete = complete and list(inputs["token"]["shape"]) == [width]
        length = artifact.metadata["max_source_length"]
        if not complete or not self._steps or list(source["shape"]) != [1, length]:
            raise ArtifactError(
                f"{artifact.path}: the signatures `encode` and `decode_step` do not fit model.json."
            )
        self._source_length = length
