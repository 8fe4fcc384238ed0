"""`s2s-keras benchmark`: what model files cost on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from s2s_keras.cli.console import (
    note,
    print_figures,
    print_json,
    progress_bar,
    quiet_native_logs,
    stdout,
)
from s2s_keras.errors import ArtifactError

__all__ = ["run"]


def run(
    files: Annotated[
        list[Path], typer.Argument(help=".tflite files; ratios are to the first.", metavar="FILE")
    ],
    rounds: Annotated[
        int, typer.Option(min=1, help="Rounds; each file has its turn in each.")
    ] = 30,
    warmup_rounds: Annotated[int, typer.Option(min=0, help="Rounds before, not counted.")] = 3,
    threads: Annotated[int, typer.Option(min=1, help="Threads of the interpreter.")] = 1,
    output_tokens: Annotated[
        int, typer.Option(min=1, help="Tokens of every output; no output ends earlier.")
    ] = 20,
    text: Annotated[
        list[str] | None,
        typer.Option(
            help="A source of whole texts; repeatable. [default: random tokens, for each source "
            "length of the file]"
        ),
    ] = None,
    text_file: Annotated[
        Path | None, typer.Option(help="More of them, one a line, UTF-8, plain or .gz.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of random tokens and inputs.")] = 0,
    plot: Annotated[
        Path | None,
        typer.Option(help="Draws where the time goes, .png, .svg or .pdf; needs matplotlib."),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print everything as JSON, each measured time included.")
    ] = False,
) -> None:
    """Measure model files: load, encode, step, whole texts, memory, distance from the limit.

    The limit of a call is the sum over its matrix products of the best time of that product alone
    on this machine, in the same interpreter, measured in the same rounds: what no graph of these
    products falls below. Files are measured in turn, so that a busy machine slows all of them down.
    """
    from s2s_keras.data.lines import read_lines
    from s2s_keras.evaluation import check_plot, plot_benchmark
    from s2s_keras.runtime.benchmark import benchmark
    from s2s_keras.runtime.benchmark_options import BenchmarkOptions

    for file in files:
        if not file.is_file():
            raise ArtifactError(f"{file}: there is no such file.")
    texts = [*(text or []), *(line for _, line in (read_lines(text_file) if text_file else ()))]
    if plot is not None:
        check_plot(plot)
    options = BenchmarkOptions(rounds, warmup_rounds, threads, output_tokens, texts, seed)
    with progress_bar("measuring") as report, quiet_native_logs():
        document = benchmark(files, options, report)
    if as_json:
        print_json(document)
    else:
        _print_tables(document)
    if plot is not None:
        plot_benchmark(document, plot)
        note(f"Where the time goes is drawn in {plot}.")


def _print_tables(document: dict[str, Any]) -> None:
    machine, options = document["machine"], document["options"]
    print_figures(
        "measured on",
        {
            "processor": f"{machine['cpu']}, {machine['cores']} cores, {machine['architecture']}",
            "interpreter": f"{machine['interpreter']}, {options['threads']} threads",
            "Python": f"{machine['python']}, NumPy {machine['numpy']}",
            "rounds": f"{options['rounds']}, after {options['warmup_rounds']} not counted",
        },
    )
    for file in document["files"]:
        memory = file["peak_memory_bytes"]
        read = {entry["beam_width"]: entry["constant_bytes"] for entry in file["step"]}
        print_figures(
            file["path"],
            {
                "size": f"{file['size_bytes']:,} bytes",
                "quantisation, flavour": f"{file['quantization']}, {file['flavour']}",
                "peak memory beyond the interpreter": (
                    "not told by this system" if memory is None else f"{memory / 2**20:.1f} MiB"
                ),
                "constants that a step reads": "; ".join(
                    f"{size:,} bytes with beam {width}" for width, size in read.items()
                ),
            },
        )
        stdout.print(_times(file, options["output_tokens"]))
        stdout.print(_products(file))


def _times(file: dict[str, Any], output_tokens: int) -> Table:
    table = Table(
        *("what", "source", "beam", "median", "best", "95th %", "limit"),
        *("median / limit", "best / limit", "to first", "tokens/s"),
        title=f"milliseconds; a text has {output_tokens} output tokens",
        title_justify="left",
    )
    for part in ("load", "first_call"):
        table.add_row(part.replace("_", " "), "", "", *_row(file[part]))
    for part in ("encode", "step", "text"):
        for entry in file[part]:
            place = (entry["source_length"], entry.get("beam_width", ""))
            table.add_row(part, *map(str, place), *_row(entry))
    return table


def _row(entry: dict[str, Any]) -> list[str]:
    digits = {
        "median_ms": 3,
        "best_ms": 3,
        "p95_ms": 3,
        "limit_ms": 4,
        "median_to_limit": 1,
        "best_to_limit": 1,
        "to_first": 2,
        "tokens_per_second": 0,
    }
    values = {name: entry.get(name) for name in digits}
    return ["" if v is None else f"{v:,.{digits[name]}f}" for name, v in values.items()]


def _products(file: dict[str, Any]) -> Table:
    """The longest step's products, the dearest first."""
    step = max(file["step"], key=lambda entry: (entry["beam_width"], entry["source_length"]))
    table = Table(
        *("matrix product", "times", "best alone, ms", "share of the best step"),
        title=f"limit of a step, source {step['source_length']}, beam {step['beam_width']}",
        title_justify="left",
    )
    products = [(p["product"], p["times"], p["times"] * p["best_ms"]) for p in step["products"]]
    for name, times, milliseconds in sorted(products, key=lambda product: -product[2]):
        share = milliseconds / step["best_ms"]
        table.add_row(name, str(times), f"{milliseconds:.4f}", f"{share:.1%}")
    rest = step["best_ms"] - step["limit_ms"]
    table.add_row("all else", "", f"{rest:.4f}", f"{rest / step['best_ms']:.1%}")
    return table
