"""What stands in a TFLite flatbuffer, read without an interpreter."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import tflite

__all__ = [
    "LOOKUPS",
    "OperatorInfo",
    "TensorInfo",
    "builtin_operators",
    "constants",
    "embeddings",
    "foreign_operators",
    "loop_bodies",
    "loop_outputs",
    "operator_options",
    "operator_versions",
    "operators",
    "operators_by_part",
    "runtime_version",
    "signature_subgraphs",
]

LOOKUPS = {"GATHER": 0, "EMBEDDING_LOOKUP": 1}
"""Operator that reads rows of a table -> which of its inputs is the table."""

_BUILTIN_NAMES = {
    code: name for name, code in vars(tflite.BuiltinOperator).items() if isinstance(code, int)
}
_TYPE_NAMES = {
    code: name.lower() for name, code in vars(tflite.TensorType).items() if isinstance(code, int)
}

_OPTION_NAMES = {
    code: name for name, code in vars(tflite.BuiltinOptions).items() if isinstance(code, int)
}


@dataclass(frozen=True)
class TensorInfo:
    """A tensor of the graph.

    Attributes:
        name: as the converter called it.
        dtype: `"float32"`, `"int8"`, ...
        shape: as it is before any input is resized.
        size_bytes: of its buffer; 0 where it is computed, not a constant.
        index: its place among the subgraph's tensors.
        buffer: its place among the file's buffers, which constants of equal value share.
        scales: how many it is quantised with: 0 where it is not, else 1 or one a channel.
    """

    name: str
    dtype: str
    shape: tuple[int, ...]
    size_bytes: int
    index: int
    buffer: int
    scales: int


@dataclass(frozen=True)
class OperatorInfo:
    """An operator of a subgraph.

    Attributes:
        name: the builtin operator, or `"CUSTOM"`.
        version: which version of it the graph asks for.
        custom_name: what a custom operator calls itself, else empty.
        subgraph: the subgraph's place in the file.
        index: its place in the subgraph.
        inputs: what it reads; `None` where an optional input is left out.
        outputs: what it writes.
    """

    name: str
    version: int
    custom_name: str
    subgraph: int
    index: int
    inputs: tuple[TensorInfo | None, ...]
    outputs: tuple[TensorInfo, ...]


def operators(graph: bytes, subgraph: int) -> list[OperatorInfo]:
    """Returns the operators of a subgraph, in the order in which they run."""
    model = _model(graph)
    table = model.Subgraphs(subgraph)
    codes = [_operator_code(model.OperatorCodes(i)) for i in range(model.OperatorCodesLength())]
    tensors = [_tensor_info(model, table, i) for i in range(table.TensorsLength())]
    found = []
    for index in range(table.OperatorsLength()):
        operator = table.Operators(index)
        name, version, custom_name = codes[operator.OpcodeIndex()]
        inputs = [operator.Inputs(i) for i in range(operator.InputsLength())]
        outputs = [operator.Outputs(i) for i in range(operator.OutputsLength())]
        found.append(
            OperatorInfo(
                name=name,
                version=version,
                custom_name=custom_name,
                subgraph=subgraph,
                index=index,
                inputs=tuple(tensors[i] if i >= 0 else None for i in inputs),
                outputs=tuple(tensors[i] for i in outputs),
            )
        )
    return found


def signature_subgraphs(graph: bytes) -> dict[str, int]:
    """Returns signature -> the subgraph that computes it."""
    model = _model(graph)
    entries = [model.SignatureDefs(i) for i in range(model.SignatureDefsLength())]
    return {entry.SignatureKey().decode(): entry.SubgraphIndex() for entry in entries}


def loop_bodies(graph: bytes, operator: OperatorInfo) -> tuple[int, ...]:
    """Returns the subgraphs, condition and body, that a WHILE runs each time; else none."""
    if operator.name != "WHILE":
        return ()
    _, options = operator_options(graph, operator)
    return options["CondSubgraphIndex"], options["BodySubgraphIndex"]


def loop_outputs(graph: bytes) -> list[str]:
    """Returns `signature/output` of each output that a WHILE puts out itself.

    LiteRT's `CompiledModel`, and so LiteRT.js, fails there or answers with another tensor. Any
    operator behind the loop prevents that.
    """
    model = _model(graph)
    found = []
    for i in range(model.SignatureDefsLength()):
        signature = model.SignatureDefs(i)
        loops = [o for o in operators(graph, signature.SubgraphIndex()) if o.name == "WHILE"]
        of_loops = {tensor.index for loop in loops for tensor in loop.outputs}
        outputs = [signature.Outputs(k) for k in range(signature.OutputsLength())]
        found += [
            f"{signature.SignatureKey().decode()}/{output.Name().decode()}"
            for output in outputs
            if output.TensorIndex() in of_loops
        ]
    return sorted(found)


def operator_options(graph: bytes, operator: OperatorInfo) -> tuple[str, dict[str, Any]]:
    """Returns the kind of an operator's options, `"FullyConnectedOptions"`, and field -> number.

    Fields are read by the names that the package `tflite` gives them.

    Raises:
        ValueError: a field is a list or a text.
    """
    table = _model(graph).Subgraphs(operator.subgraph).Operators(operator.index)
    union = table.BuiltinOptions()
    if union is None:
        return "NONE", {}
    name = _OPTION_NAMES[table.BuiltinOptionsType()]
    options = getattr(tflite, name)()
    options.Init(union.Bytes, union.Pos)
    prefix = f"{name}Add"
    fields = [key.removeprefix(prefix) for key in vars(tflite) if key.startswith(prefix)]
    lists = [field for field in fields if hasattr(options, f"{field}Length")]
    values = {field: getattr(options, field)() for field in fields if field not in lists}
    if lists or any(isinstance(value, bytes) for value in values.values()):
        raise ValueError(
            f"Options must be single numbers. Received: {operator.name}, whose {name} hold a list "
            "or a text."
        )
    return name, values


def builtin_operators(graph: bytes) -> dict[str, int]:
    """Returns builtin operator -> times used over all subgraphs, the most used first."""
    return _counted(operator for operator in _all_operators(graph) if operator.name != "CUSTOM")


def operators_by_part(graph: bytes) -> dict[str, dict[str, int]]:
    """Returns part -> operator -> times used; see `builtin_operators`.

    A part is a signature, or what belongs to one: `"encode"`, `"encode, loop"`. Subgraphs that no
    signature reaches are together `"other"`.
    """
    parts: dict[int, str] = {}
    for name, subgraph in signature_subgraphs(graph).items():
        waiting = [(subgraph, name)]
        while waiting:
            index, part = waiting.pop()
            parts[index] = part
            for operator in operators(graph, index):
                waiting += [(i, f"{name}, loop") for i in loop_bodies(graph, operator)]
    found: dict[str, list[OperatorInfo]] = {part: [] for part in parts.values()}
    for operator in _all_operators(graph):
        found.setdefault(parts.get(operator.subgraph, "other"), []).append(operator)
    return {part: _counted(operators) for part, operators in found.items()}


def operator_versions(graph: bytes) -> dict[str, int]:
    """Returns operator -> the highest version of it that the graph asks for, by name."""
    versions: dict[str, int] = {}
    for operator in _all_operators(graph):
        versions[operator.name] = max(operator.version, versions.get(operator.name, 0))
    return dict(sorted(versions.items()))


def foreign_operators(graph: bytes) -> list[str]:
    """Returns the names of the operators that a plain interpreter lacks: custom and Flex ones."""
    return sorted({o.custom_name for o in _all_operators(graph) if o.name == "CUSTOM"})


def constants(graph: bytes) -> list[TensorInfo]:
    """Returns the constants, each buffer once, the largest first."""
    model = _model(graph)
    found: dict[int, TensorInfo] = {}
    for index in range(model.SubgraphsLength()):
        subgraph = model.Subgraphs(index)
        for i in range(subgraph.TensorsLength()):
            tensor = _tensor_info(model, subgraph, i)
            if tensor.size_bytes:
                found[tensor.buffer] = tensor
    return sorted(found.values(), key=lambda tensor: -tensor.size_bytes)


def embeddings(graph: bytes) -> set[int]:
    """Returns the buffers of the tables that some operator looks rows up in."""
    tables = [o.inputs[LOOKUPS[o.name]] for o in _all_operators(graph) if o.name in LOOKUPS]
    return {table.buffer for table in tables if table is not None and table.size_bytes}


def runtime_version(graph: bytes) -> str | None:
    """Returns the oldest TFLite version that the converter says has every operator, if it does."""
    model = _model(graph)
    for i in range(model.MetadataLength()):
        entry = model.Metadata(i)
        if entry.Name() == b"min_runtime_version":
            content = bytes(model.Buffers(entry.Buffer()).DataAsNumpy())
            return content.rstrip(b"\0").decode(errors="replace") or None
    return None


def _all_operators(graph: bytes) -> list[OperatorInfo]:
    count = _model(graph).SubgraphsLength()
    return [operator for index in range(count) for operator in operators(graph, index)]


def _counted(operators: Iterable[OperatorInfo]) -> dict[str, int]:
    return dict(Counter(operator.name for operator in operators).most_common())


def _operator_code(entry: Any) -> tuple[str, int, str]:
    """Returns the builtin name, the version and the custom name of an entry of the table."""
    # Old files hold the code in a byte, new ones in an int32.
    code = max(entry.BuiltinCode(), entry.DeprecatedBuiltinCode())
    custom_name = (entry.CustomCode() or b"").decode(errors="replace")
    return _BUILTIN_NAMES.get(code, f"BUILTIN_{code}"), entry.Version(), custom_name


def _tensor_info(model: Any, subgraph: Any, index: int) -> TensorInfo:
    tensor = subgraph.Tensors(index)
    quantization = tensor.Quantization()
    return TensorInfo(
        name=(tensor.Name() or b"").decode(errors="replace"),
        dtype=_TYPE_NAMES.get(tensor.Type(), "?"),
        shape=tuple(int(tensor.Shape(i)) for i in range(tensor.ShapeLength())),
        size_bytes=model.Buffers(tensor.Buffer()).DataLength(),
        index=index,
        buffer=tensor.Buffer(),
        scales=0 if quantization is None else quantization.ScaleLength(),
    )


def _model(graph: bytes) -> Any:
    return tflite.Model.GetRootAsModel(graph, 0)
