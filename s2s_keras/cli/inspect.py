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
    """Show a model file: size by part, signatures, operators, what it runs on, metadata.

    The installed interpreter loads the file; for others, a table of the operators that they know
    is asked.
    """
    from s2s_keras.runtime import read_artifact
    from s2s_keras.runtime.inspection import inspect_artifact

    with quiet_native_logs():
        document = inspect_artifact(read_artifact(file))
    if as_json:
        print_json(document)
    else:
        _print_tables(document)


def _print_tables(document: dict[str, Any]) -> None:
    sizes = {name: f"{n:,} bytes" for name, n in document["size_bytes"].items()}
    print_figures(document["path"], sizes)
    _print_signatures(document)
    print_figures(
        "operators",
        {
            part: ", ".join(f"{name} {times}" for name, times in operators.items())
            for part, operators in document["operators_by_part"].items()
        },
    )
    print_figures("runs on", _runtimes(document))
    print_figures("model.json", {k: str(v) for k, v in document["metadata"].items()})


def _runtimes(document: dict[str, Any]) -> dict[str, str]:
    rows = {
        f"{document['loaded_by']}, installed": "loads it",
        "the converter says": f"TFLite {document['oldest_runtime'] or 'unknown'} or newer",
    }
    for runtime, found in document["runtimes"].items():
        missing = ", ".join(found["missing"])
        rows[runtime] = f"lacks {missing}" if missing else "knows every operator"
    return rows


def _print_signatures(document: dict[str, Any]) -> None:
    lengths, widths = (
        ", ".join(map(str, document[name])) for name in ("source_lengths", "beam_widths")
    )
    title = f"signatures: sources up to {lengths} tokens, beams of {widths}"
    table = Table("signature", "", "tensor", "type", "shape", title=title, title_justify="left")
    for name, sides in document["signatures"].items():
        for side, tensors in sides.items():
            for tensor, (dtype, shape) in tensors.items():
                table.add_row(name, side, tensor, dtype, str(tuple(shape)))
    stdout.print(table)
