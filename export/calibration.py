"""The ranges of values that the dense products of a graph meet, recorded while it decodes texts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from ai_edge_litert.interpreter import Interpreter, OpResolverType
from numpy.typing import NDArray

from s2s_keras.decoding import DecodingSettings, Predictor
from s2s_keras.runtime import Artifact, TFLiteSession

__all__ = ["Product", "Range", "Ranges", "record_ranges"]


class Product(NamedTuple):
    """A dense product of a signature, by the numbers that the flatbuffer gives its parts.

    Attributes:
        signature: the signature that computes it.
        subgraph: the signature's subgraph.
        operator: its place among the subgraph's operators.
        weights: the buffer of its weights, which signatures share.
        input: the tensor that it reads.
        output: the tensor that it puts out.
    """

    signature: str
    subgraph: int
    operator: int
    weights: int
    input: int
    output: int


class Range(NamedTuple):
    """The smallest and the largest value met, and 0, which int8 must hold exactly."""

    low: float = 0.0
    high: float = 0.0

    def including(self, values: NDArray[np.float32]) -> Range:
        """Returns the range that holds `values`, too."""
        return Range(min(self.low, float(values.min())), max(self.high, float(values.max())))


Ranges = dict[int, tuple[Range, Range]]
"""Buffer of weights -> what the products with them read, and what they put out.

Several signatures compute a product with the same weights. One range for all of them gives one
scale, and one bias that they can share.
"""


def record_ranges(
    artifact: Artifact,
    products: Sequence[Product],
    texts: Sequence[str],
    settings: DecodingSettings,
) -> Ranges:
    """Decodes texts with every beam width of a file, and looks at what its products compute.

    Args:
        artifact: the file.
        products: those to look at.
        texts: what to decode, at least one.
        settings: how to decode.

    Returns:
        The ranges; a product that no text has run is not among them.
    """
    ranges: Ranges = {}

    class RecordingInterpreter(Interpreter):
        """Keeps every tensor of a run until the next one."""

        def __init__(self, **options: Any) -> None:
            resolver = OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
            super().__init__(
                **options,
                experimental_op_resolver_type=resolver,
                experimental_preserve_all_tensors=True,
            )

        def get_signature_runner(self, signature_key: str | None = None) -> Any:
            """Returns a runner that notes the ranges after each run."""
            own = [product for product in products if product.signature == signature_key]

            def note() -> None:
                for product in own:
                    read, put_out = ranges.get(product.weights, (Range(), Range()))
                    ranges[product.weights] = (
                        read.including(self.get_tensor(product.input, product.subgraph)),
                        put_out.including(self.get_tensor(product.output, product.subgraph)),
                    )

            return _Runner(super().get_signature_runner(signature_key), note)

    session = TFLiteSession(artifact, interpreter=RecordingInterpreter)
    tokenizers = (artifact.source_tokenizer, artifact.target_tokenizer)
    settings = replace(settings, n_best=1, allow_unknown=True, temperature=None)
    for width in session.beam_widths:
        Predictor(session, *tokenizers, replace(settings, beam_width=width)).predict(texts)
    return ranges


class _Runner:
    """A signature runner that calls `note` after each run."""

    def __init__(self, runner: Any, note: Callable[[], None]) -> None:
        self._runner = runner
        self._note = note

    def __call__(self, **inputs: Any) -> Any:
        outputs = self._runner(**inputs)
        self._note()
        return outputs

    def get_input_details(self) -> Any:
        """Returns the runner's own."""
        return self._runner.get_input_details()

    def get_output_details(self) -> Any:
        """Returns the runner's own."""
        return self._runner.get_output_details()
