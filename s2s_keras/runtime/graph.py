"""What stands in a TFLite flatbuffer, read without an interpreter."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import tflite

__all__ = [
    "TensorInfo",
    "builtin_operators",
    "constants",
    "foreign_operators",
    "loop_outputs",
    "operator_versions",
    "runtime_version",
    "subgraph_operators",
]

_BUILTIN_NAMES = {
    code: name for name, code in vars(tflite.BuiltinOperator).items() if isinstance(code, int)
}
_TYPE_NAMES = {
    code: name.lower() for name, code in vars(tflite.TensorType).items() if isinstance(code, int)
}


@dataclass(frozen=True)
class TensorInfo:
    """A constant of the graph: its name, its type, its shape, and the bytes of its buffer.

    `scales` is how many it is quantised with: 0 where it is not, else 1 or one a channel.
    """

    name: str
    dtype: str
    shape: tuple[int, ...]
    size_bytes: int
    scales: int


def builtin_operators(graph: bytes) -> dict[str, int]:
    """Returns builtin operator -> times used over all subgraphs, the most used first."""
    total = sum(map(Counter, subgraph_operators(graph).values()), Counter())
    return dict(total.most_common())


def subgraph_operators(graph: bytes) -> dict[str, dict[str, int]]:
    """Returns subgraph -> builtin operator -> times used; loop bodies are subgraphs, too."""
    found: dict[str, Counter[str]] = {}
    for subgraph, code, _ in _operator_codes(graph):
        counts = found.setdefault(subgraph, Counter())
        if code != tflite.BuiltinOperator.CUSTOM:
            counts[_BUILTIN_NAMES.get(code, f"BUILTIN_{code}")] += 1
    return {name: dict(counts) for name, counts in found.items()}


def foreign_operators(graph: bytes) -> list[str]:
    """Returns the names of the operators that a plain interpreter lacks: custom and Flex ones."""
    custom = tflite.BuiltinOperator.CUSTOM
    return sorted({name for _, code, name in _operator_codes(graph) if code == custom})


def loop_outputs(graph: bytes) -> list[str]:
    """Returns `signature/output` of each output that a WHILE puts out itself.

    LiteRT's `CompiledModel`, and so LiteRT.js, fails there or answers with another tensor. Any
    operator behind the loop prevents that.
    """
    model = _model(graph)
    found = []
    for index in range(model.SignatureDefsLength()):
        signature = model.SignatureDefs(index)
        subgraph = model.Subgraphs(signature.SubgraphIndex())
        of_loops: set[int] = set()
        for i in range(subgraph.OperatorsLength()):
            operator = subgraph.Operators(i)
            if _builtin_code(model.OperatorCodes(operator.OpcodeIndex())) == (
                tflite.BuiltinOperator.WHILE
            ):
                of_loops.update(map(int, operator.OutputsAsNumpy()))
        for i in range(signature.OutputsLength()):
            output = signature.Outputs(i)
            if output.TensorIndex() in of_loops:
                found.append(f"{signature.SignatureKey().decode()}/{output.Name().decode()}")
    return sorted(found)


def operator_versions(graph: bytes) -> dict[str, int]:
    """Returns builtin operator -> the newest version of it that the graph asks for."""
    model = _model(graph)
    versions: Counter[str] = Counter()
    for i in range(model.OperatorCodesLength()):
        entry = model.OperatorCodes(i)
        code = max(entry.BuiltinCode(), entry.DeprecatedBuiltinCode())
        name = _BUILTIN_NAMES.get(code, f"BUILTIN_{code}")
        versions[name] = max(versions[name], entry.Version())
    return dict(versions)


def constants(graph: bytes) -> list[TensorInfo]:
    """Returns the constants, each buffer once, the largest first."""
    model = _model(graph)
    found: dict[int, TensorInfo] = {}
    for index in range(model.SubgraphsLength()):
        subgraph = model.Subgraphs(index)
        for i in range(subgraph.TensorsLength()):
            tensor = subgraph.Tensors(i)
            size = model.Buffers(tensor.Buffer()).DataLength()
            if size:
                shape = tuple(int(n) for n in tensor.ShapeAsNumpy()) if tensor.ShapeLength() else ()
                dtype = _TYPE_NAMES.get(tensor.Type(), "?")
                name = tensor.Name().decode(errors="replace")
                quantization = tensor.Quantization()
                scales = 0 if quantization is None else quantization.ScaleLength()
                found[tensor.Buffer()] = TensorInfo(name, dtype, shape, size, scales)
    return sorted(found.values(), key=lambda tensor: -tensor.size_bytes)


def runtime_version(graph: bytes) -> str | None:
    """Returns the oldest TFLite version that the converter says has every operator, if it does."""
    model = _model(graph)
    for i in range(model.MetadataLength()):
        entry = model.Metadata(i)
        if entry.Name() == b"min_runtime_version":
            content = bytes(model.Buffers(entry.Buffer()).DataAsNumpy())
            return content.rstrip(b"\0").decode(errors="replace") or None
    return None


def _operator_codes(graph: bytes) -> Iterator[tuple[str, int, str]]:
    """Yields the subgraph, the builtin code and the custom name of each operator."""
    model = _model(graph)
    codes = []
    for i in range(model.OperatorCodesLength()):
        entry = model.OperatorCodes(i)
        codes.append((_builtin_code(entry), (entry.CustomCode() or b"").decode(errors="replace")))
    for index in range(model.SubgraphsLength()):
        subgraph = model.Subgraphs(index)
        name = (subgraph.Name() or b"").decode(errors="replace") or str(index)
        for i in range(subgraph.OperatorsLength()):
            yield name, *codes[subgraph.Operators(i).OpcodeIndex()]


def _builtin_code(operator_code: Any) -> int:
    # Old files hold the code in a byte, new ones in an int32.
    return int(max(operator_code.BuiltinCode(), operator_code.DeprecatedBuiltinCode()))


def _model(graph: bytes) -> Any:
    return tflite.Model.GetRootAsModel(graph, 0)
