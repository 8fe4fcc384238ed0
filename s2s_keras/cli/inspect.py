"""`s2s-keras inspect`: what is in a `.tflite` file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from s2s_keras.cli.console import print_figures, print_json, quiet_native_logs, stdout

__all__ = ["run"]


def run(
    file: Annotated[Path, typer.Argument(help="A .tflite file.", metavar="FILE.tflite")],
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
) -> None:
    """Show a model file: signatures, operators, size by part, metadata, what it runs on."""
    from s2s_keras.runtime import TFLiteSession, read_artifact
    from s2s_keras.runtime.graph import builtin_operators, constants, runtime_version

    artifact = read_artifact(file)
    with quiet_native_logs():
        session = TFLiteSession(artifact)
    tensors = constants(artifact.graph)
    weights: dict[str, int] = {}
    for tensor in tensors:
        weights[tensor.dtype] = weights.get(tensor.dtype, 0) + tensor.size_bytes
    total = file.stat().st_size
    sizes = {f"{dtype} constants": size for dtype, size in weights.items()}
    sizes["graph structure"] = len(artifact.graph) - sum(weights.values())
    sizes["metadata"] = total - len(artifact.graph)
    document: dict[str, Any] = {
        "path": str(file),
        "size_bytes": {"total": total, **sizes},
        "signatures": session.signatures(),
        "operators": builtin_operators(artifact.graph),
        "oldest_runtime": runtime_version(artifact.graph),
        "metadata": artifact.metadata,
    }
    if as_json:
        print_json(document)
        return
    print_figures(f"{file}", {name: f"{n:,} bytes" for name, n in document["size_bytes"].items()})
    _print_signatures(document["signatures"])
    operators = (f"{name} {n}" for name, n in document["operators"].items())
    print_figures(
        "graph",
        {
            "operators, all builtin": ", ".join(operators),
            "runs on": f"TFLite {document['oldest_runtime'] or 'of unknown version'} or newer",
        },
    )
    print_figures("model.json", {k: str(v) for k, v in artifact.metadata.items()})


def _print_signatures(signatures: dict[str, Any]) -> None:
    table = Table(
        "signature", "", "tensor", "type", "shape", title="signatures", title_justify="left"
    )
    for name, sides in signatures.items():
        for side, tensors in sides.items():
            for tensor, (dtype, shape) in tensors.items():
                table.add_row(name, side, tensor, dtype, str(tuple(shape)))
    stdout.print(table)
