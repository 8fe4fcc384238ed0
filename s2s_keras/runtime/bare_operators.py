"""The least that matrix products take here: each of them alone in a graph."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from s2s_keras.runtime.benchmark_options import BenchmarkOptions
from s2s_keras.runtime.interpreters import find_interpreter
from s2s_keras.runtime.products import Product
from s2s_keras.runtime.single_operator import single_operator
from s2s_keras.runtime.timing import CALLS_IN_A_ROW, Case

__all__ = ["BareOperators"]


class BareOperators:
    """One case for each kind of product, whichever files and parts it occurs in.

    Args:
        options: threads, interpreter, and the seed of the inputs.
    """

    def __init__(self, options: BenchmarkOptions) -> None:
        self._options = options
        self.cases: dict[tuple[Any, ...], Case] = {}

    def add(self, graph: bytes, products: Sequence[Product]) -> None:
        """Adds a case for each product of a kind not yet there."""
        for product in products:
            if product.key not in self.cases:
                interpreter = self._interpreter(single_operator(graph, product.operator))
                self.cases[product.key] = Case(interpreter.invoke, calls=CALLS_IN_A_ROW)

    def limit(self, products: Sequence[Product]) -> dict[str, Any]:
        """Returns `limit_ms` and, of each product, what it is and its `best_ms` a run."""
        best_ms = [min(self.cases[product.key].samples_ms) for product in products]
        return {
            "limit_ms": sum(p.times * best for p, best in zip(products, best_ms, strict=True)),
            "products": [
                {"product": product.label, "times": product.times, "best_ms": best}
                for product, best in zip(products, best_ms, strict=True)
            ],
        }

    def _interpreter(self, graph: bytes) -> Any:
        interpreter = find_interpreter(self._options.interpreter)(
            model_content=graph, num_threads=self._options.num_threads
        )
        interpreter.allocate_tensors()
        generator = np.random.default_rng(self._options.seed)
        for tensor in interpreter.get_input_details():
            values = generator.standard_normal(tensor["shape"])
            interpreter.set_tensor(tensor["index"], values.astype(tensor["dtype"]))
        return interpreter
