"""`s2s-keras inspect`: what is in a `.tflite` file or a SavedModel."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from s2s_keras.cli.console import print_figures, print_json, quiet_native_logs, stdout

if TYPE_CHECKING:
    from s2s_keras.runtime import Artifact

__all__ = ["run"]


def run(
    file: Annotated[Path, typer.Argument(help="A .tflite file or a SavedModel.", metavar="MODEL")],
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
    as_card: Annotated[
        bool,
        typer.Option("--card", help="Print a model card instead: data, licence, quality, limits."),
    ] = False,
) -> None:
    """Show a model file: size by part, signatures, operators, what it runs on, metadata.

    The installed interpreter loads the file; for others, a table of the operators that they know
    is asked. TensorFlow loads a SavedModel.
    """
    if as_json and as_card:
        raise ValueError("`--json` and `--card` exclude each other.")
    if file.is_dir():
        if as_card:
            raise ValueError("`--card` describes a .tflite file. Received: a folder.")
        _show_saved_model(file, as_json)
        return
    from s2s_keras.runtime import model_card, read_artifact
    from s2s_keras.runtime.inspection import inspect_artifact

    artifact = read_artifact(file)
    if as_card:
        sys.stdout.write(model_card(artifact, _commands(artifact)))
        return
    with quiet_native_logs():
        document = inspect_artifact(artifact)
    if as_json:
        print_json(document)
    else:
        _print_tables(document)


def _commands(artifact: Artifact) -> list[str]:
    """Returns what makes a file of a recipe again: the card names the recipe."""
    from s2s_keras.data import PUBLIC_DATASETS

    name = artifact.metadata.get("name")
    if not isinstance(name, str) or not re.fullmatch(r"[\w.-]+", name):
        return []
    fetched = name in PUBLIC_DATASETS
    return [
        *([f"s2s-keras data {name} --out data/{name}"] if fetched else []),
        f"s2s-keras train recipes/{name}.yaml{f' --data data/{name}' if fetched else ''}",
        f"s2s-keras export runs/{name} --quantize {artifact.metadata.get('quantization')} "
        f"--out {artifact.path.name}",
    ]


def _show_saved_model(path: Path, as_json: bool) -> None:
    """Prints what a SavedModel holds, once TensorFlow has loaded it."""
    with quiet_native_logs():
        from s2s_keras.saved_model_predictor import SavedModelPredictor

        document = SavedModelPredictor(path).describe()
    if as_json:
        print_json(document)
        return
    sizes = {name: f"{n:,} bytes" for name, n in document["size_bytes"].items()}
    print_figures(document["path"], sizes)
    _print_tensors(document["signatures"], f"signatures, loaded by {document['loaded_by']}")
    print_figures("model.json", {k: str(v) for k, v in document["metadata"].items()})


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
    _print_tensors(document["signatures"], title)


def _print_tensors(signatures: dict[str, Any], title: str) -> None:
    table = Table("signature", "", "tensor", "type", "shape", title=title, title_justify="left")
    for name, sides in signatures.items():
        for side, tensors in sides.items():
            for tensor, (dtype, shape) in tensors.items():
                table.add_row(name, side, tensor, dtype, str(tuple(shape)))
    stdout.print(table)
