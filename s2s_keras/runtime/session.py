"""The step function of a `.tflite` file."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from s2s_keras.decoding import StepOutput
from s2s_keras.errors import ArtifactError
from s2s_keras.runtime.artifact import Artifact
from s2s_keras.runtime.contract import misfit
from s2s_keras.runtime.guard import GuardedSession
from s2s_keras.runtime.interpreters import find_interpreter
from s2s_keras.runtime.signature import Signature
from s2s_keras.text import pad_ids

__all__ = ["TFLiteSession"]

FLAVOURS = {"encode": "decode_step", "start": "step"}
"""Signature that takes a source -> signature that takes a token: stateless, and stateful files."""


class TFLiteSession(GuardedSession):
    """Runs a file's signatures; see `decoding.Session`, and `save_signatures` for the signatures.

    A source goes to the graph of the smallest source length that holds it. Between steps the
    decoder's state is kept here, or, in a stateful file, inside the interpreter. One source at a
    time. A session belongs to one thread.

    Args:
        artifact: what `read_artifact` returned.
        num_threads: threads of the interpreter, at least 1.
        interpreter: a key of `INTERPRETERS` or a class; see `find_interpreter`.

    Attributes:
        keeps_encoded: whether a source that was the last one, too, is not encoded again; in a
            stateful file it always is.

    Raises:
        ArtifactError: the interpreter refuses the graph, or a signature is missing or of another
            shape.
        MissingDependencyError: no interpreter is installed.
    """

    def __init__(
        self,
        artifact: Artifact,
        num_threads: int = 1,
        interpreter: str | Callable[..., Any] | None = None,
    ) -> None:
        super().__init__(artifact)
        self._shortlist = artifact.shortlist
        interpreter_class = find_interpreter(interpreter)
        _check_interpreter(artifact, interpreter_class)
        try:
            self._interpreter = interpreter_class(
                model_path=str(artifact.path), num_threads=num_threads
            )
            self._interpreter.allocate_tensors()
            self._map_signatures(artifact.metadata["signatures"])
        except (KeyError, ValueError, RuntimeError, AttributeError, TypeError) as error:
            raise ArtifactError(
                f"{artifact.path}: the interpreter refuses the graph: {error}"
            ) from error
        self._check_signatures(artifact)
        self._source_length = 0
        self._decode_step: Any = None
        self.keeps_encoded = False
        self._encoded: tuple[NDArray[np.int32], dict[str, NDArray[Any]]] | None = None
        self._state = np.zeros((0, 0, 0), np.float32)
        self.prove(self.beam_widths[0])

    def _map_signatures(self, signatures: dict[str, Any]) -> None:
        """Finds the signatures that `model.json` names: by source length, and by beam width."""
        first = next((name for name in FLAVOURS if name in signatures), "encode")
        self._stateful = first == "start"
        self._signatures: dict[str, Signature] = {}
        self._starts = {
            int(length): self._signature(name) for length, name in signatures[first].items()
        }
        self._steps = {
            int(length): {int(width): self._signature(name) for width, name in by_width.items()}
            for length, by_width in signatures[FLAVOURS[first]].items()
        }

    def _signature(self, name: str) -> Signature:
        if name not in self._signatures:
            self._signatures[name] = Signature(self._interpreter, name)
        return self._signatures[name]

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
        return {name: _details(signature) for name, signature in self._signatures.items()}

    def _start(self, source_ids: NDArray[np.int32], beam_width: int) -> None:
        if len(source_ids) != 1:
            raise ValueError(
                f"A TFLite session takes one source at a time. Received: {len(source_ids)}."
            )
        if beam_width not in self.beam_widths:
            raise ValueError(
                f"The file holds beam widths {self.beam_widths}. "
                f"Received: beam_width={beam_width}. Export with `--beam-width {beam_width}`."
            )
        self._source_length = source_ids.shape[1]
        length = self._length_for(self._source_length)
        self._decode_step = self._steps[length][beam_width]
        padded = pad_ids(list(source_ids), length)
        if self._stateful:
            self._starts[length](source_ids=padded)
        else:
            encoded = self._encode(padded)
            self._state = np.repeat(encoded["state"], beam_width, axis=1)
            self._decode_step.keep(**{n: array for n, array in encoded.items() if n != "state"})
        if self._shortlist is not None:
            self._decode_step.keep(candidate_ids=self._shortlist.candidates(source_ids[0]))

    def _encode(self, padded: NDArray[np.int32]) -> dict[str, NDArray[Any]]:
        if self._encoded is not None and np.array_equal(self._encoded[0], padded):
            return self._encoded[1]
        encoded = self._starts[padded.shape[1]](source_ids=padded)
        if self.keeps_encoded:
            self._encoded = padded, encoded
        return encoded

    def _step(self, tokens: NDArray[np.int32], parents: NDArray[np.intp]) -> StepOutput:
        if self._stateful:
            output = self._decode_step(token=tokens, parent=parents.astype(np.int32))
        else:
            # One row continues itself.
            state = self._state.take(parents, axis=1) if len(parents) > 1 else self._state
            output = self._decode_step(token=tokens, state=state)
            self._state = output["state"]
        attention = output.get("attention")
        if attention is not None and attention.shape[1] > self._source_length:
            attention = attention[:, : self._source_length]
        return StepOutput(output["log_probs"], output["token_ids"], attention)

    def _get_state(self) -> NDArray[Any]:
        if self._stateful:
            raise ValueError(
                "A stateful file keeps the decoder's state to itself. Export with `--stateless`."
            )
        return self._state

    def _set_state(self, state: NDArray[Any]) -> None:
        now = self._get_state()
        if (state.shape[0], state.shape[2]) != (now.shape[0], now.shape[2]):
            raise ValueError(
                f"A state must be of shape {now.shape}, the rows apart. Received: {state.shape}."
            )
        self._state = np.repeat(state[:, :1], now.shape[1], axis=1)

    def _release(self) -> None:
        del self._interpreter, self._decode_step
        self._encoded = None
        self._starts.clear()
        self._steps.clear()
        self._signatures.clear()

    def _length_for(self, length: int) -> int:
        for candidate in self.source_lengths:
            if length <= candidate:
                return candidate
        raise ValueError(
            f"The file takes sources of at most {max(self._starts)} tokens. Received: {length}."
        )

    def _check_signatures(self, artifact: Artifact) -> None:
        widths = {tuple(sorted(steps)) for steps in self._steps.values()}
        problem = None
        if set(self._starts) != set(self._steps) or len(widths) != 1 or widths == {()}:
            problem = "Every source length must have a step for every beam width."
        elif max(self._starts) != artifact.metadata["max_source_length"]:
            problem = "The longest source length must be `max_source_length`."
        else:
            problem = self._misfit()
        if problem:
            raise ArtifactError(
                f"{artifact.path}: the signatures of the graph do not fit model.json. {problem}"
            )

    def _misfit(self) -> str | None:
        for length, start in self._starts.items():
            encode = _details(start)
            for width, step in self._steps[length].items():
                decode = _details(step)
                if ("parent" in decode["inputs"]) != self._stateful:
                    return "A step must take `parent` in a stateful file, and nowhere else."
                problem = misfit(
                    encode["inputs"],
                    encode["outputs"],
                    decode["inputs"],
                    decode["outputs"],
                    length,
                    width,
                    self._shortlist.size if self._shortlist is not None else None,
                )
                if problem:
                    return problem
        return None


def _check_interpreter(artifact: Artifact, interpreter_class: Any) -> None:
    """Refuses what is known to be computed wrongly without a word; see docs/runtimes.md."""
    is_old = getattr(interpreter_class, "__module__", "").startswith("tflite_runtime.")
    metadata = artifact.metadata
    if is_old and metadata.get("quantization") == "float16" and "start" in metadata["signatures"]:
        raise ArtifactError(
            f"{artifact.path}: tflite-runtime answers wrongly where a stateful file has float16 "
            "weights. Take ai-edge-litert, or export with `--stateless` or other weights."
        )


def _details(signature: Signature) -> dict[str, dict[str, tuple[str, list[int]]]]:
    """Returns `inputs` and `outputs` of a signature -> tensor -> its type and shape."""
    return {
        side: {
            tensor: (np.dtype(detail["dtype"]).name, [int(n) for n in detail["shape"]])
            for tensor, detail in sorted(details.items())
        }
        for side, details in signature.details.items()
    }
