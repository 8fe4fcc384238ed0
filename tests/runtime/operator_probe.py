"""Prints, as JSON, the versions of each builtin operator that the interpreter here knows.

Run by `test_compatibility.py` in an environment of one interpreter. An interpreter looks up every
operator that a graph lists before it looks at anything else: so the graph holds nothing else.
"""

from __future__ import annotations

import contextlib
import json

import flatbuffers
import tflite

from s2s_keras.runtime import find_interpreter

HIGHEST_TRIED = 16


def graph_that_asks_for(code: int, version: int) -> bytes:
    """Builds an empty graph that lists one operator."""
    builder = flatbuffers.Builder(256)
    tflite.BufferStart(builder)
    buffer = tflite.BufferEnd(builder)
    tflite.OperatorCodeStart(builder)
    tflite.OperatorCodeAddDeprecatedBuiltinCode(builder, min(code, 127))
    tflite.OperatorCodeAddBuiltinCode(builder, code)
    tflite.OperatorCodeAddVersion(builder, version)
    operator = tflite.OperatorCodeEnd(builder)
    tflite.SubGraphStartTensorsVector(builder, 0)
    tensors = builder.EndVector()
    tflite.SubGraphStart(builder)
    tflite.SubGraphAddTensors(builder, tensors)
    subgraph = tflite.SubGraphEnd(builder)
    vectors = []
    for start, entry in (
        (tflite.ModelStartBuffersVector, buffer),
        (tflite.ModelStartOperatorCodesVector, operator),
        (tflite.ModelStartSubgraphsVector, subgraph),
    ):
        start(builder, 1)
        builder.PrependUOffsetTRelative(entry)
        vectors.append(builder.EndVector())
    tflite.ModelStart(builder)
    tflite.ModelAddVersion(builder, 3)
    tflite.ModelAddBuffers(builder, vectors[0])
    tflite.ModelAddOperatorCodes(builder, vectors[1])
    tflite.ModelAddSubgraphs(builder, vectors[2])
    builder.Finish(tflite.ModelEnd(builder), b"TFL3")
    return bytes(builder.Output())


def known_versions(code: int) -> list[int]:
    """Returns the versions of an operator that the interpreter does not refuse."""
    found = []
    for version in range(1, HIGHEST_TRIED + 1):
        with contextlib.suppress(ValueError):  # "Didn't find op for builtin opcode ..."
            find_interpreter()(model_content=graph_that_asks_for(code, version))
            found.append(version)
    return found


if __name__ == "__main__":
    names = {n: c for n, c in vars(tflite.BuiltinOperator).items() if isinstance(c, int)}
    print(json.dumps({name: known_versions(code) for name, code in names.items()}))
