"""Measures recurrent models against a Transformer of like quality on the device runtime.

    python -m benchmarks.claims.recurrent_against_transformer --dataset dates --out build/claims

Trains a GRU, an LSTM and a Transformer on one data set with one vocabulary, exports each as float32
and as int8, and decodes the same dev texts greedily with one interpreter on one thread, a text with
each file in turn. A model that stands in the folder already is loaded, not trained. Returns 1 where
the qualities lie apart, or where the Transformer's steps do not compute what it was trained to.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.table import Table

from benchmarks.claims.output import DOCS, save_plot, write_figures
from s2s_keras.cli.console import note, quiet_native_logs, stdout
from s2s_keras.data import Pair, build_dataset
from s2s_keras.decoding import Session, StepOutput
from s2s_keras.files import make_folder
from s2s_keras.text import BOS_ID, EOS_ID, CharacterTokenizer, pad_ids

if TYPE_CHECKING:
    from benchmarks.claims.contestants import Exported

__all__ = ["Timed", "main", "step_difference"]

STEP_TOLERANCE = 1e-4
"""Largest difference of a log-probability between teacher forcing and decoding by steps."""

QUALITY_TOLERANCE = 0.02
"""Largest difference of dev exact match between the models; else their speeds say nothing."""

NAME = "recurrent_against_transformer"
MODELS = ("gru", "lstm", "transformer")
QUANTIZATIONS = ("none", "dynamic_range")


class Timed:
    """A session that notes how long each call took.

    Args:
        session: the session that does the work.

    Attributes:
        encode_ms: milliseconds of each `start`.
        step_ms: milliseconds of each `step`.
    """

    def __init__(self, session: Session) -> None:
        self.session = session
        self.encode_ms: list[float] = []
        self.step_ms: list[float] = []

    def start(self, source_ids: Any, beam_width: int) -> None:
        """Encodes; see `Session.start`."""
        started = time.perf_counter()
        self.session.start(source_ids, beam_width)
        self.encode_ms.append(1000 * (time.perf_counter() - started))

    def step(self, tokens: Any, parents: Any) -> StepOutput:
        """Takes a step; see `Session.step`."""
        started = time.perf_counter()
        output = self.session.step(tokens, parents)
        self.step_ms.append(1000 * (time.perf_counter() - started))
        return output


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the benchmark; returns 1 where a limit is missed."""
    options = _parse(arguments)
    folder = make_folder(options.out / NAME)
    data = build_dataset(options.dataset, 0.1, lambda pair: _fits(pair, options.max_length))
    train_pairs = _spread(data.train, options.train_pairs)
    dev = _spread(data.dev, options.dev_pairs)
    tokenizer = CharacterTokenizer.learn(text for pair in train_pairs for text in pair)
    exported: dict[str, Exported] = {}
    results: dict[str, Any] = {}
    figures = {"dataset": options.dataset, "dev_pairs": len(dev), "results": results}
    with quiet_native_logs():
        from benchmarks.claims import contestants
    for kind in options.models:
        with quiet_native_logs():
            model = contestants.load_model(folder / f"{kind}.keras", tokenizer)
            if model is None:
                model = contestants.build_model(kind, tokenizer, options)
                contestants.train(
                    model, train_pairs, options.epochs, contestants.PEAK_LEARNING_RATE[kind]
                )
                model.save(folder / f"{kind}.keras")
            for quantization in QUANTIZATIONS:
                name = f"{kind}, {quantization}"
                path = folder / f"{kind}-{quantization}.tflite"
                exported[name] = contestants.export_model(
                    model, path, quantization, dev, options.max_length
                )
                results[name] = {"parameters": int(model.count_params())}
            if kind == "transformer":
                session = exported["transformer, none"].predictor.session
                figures["step_difference"] = step_difference(model, session, dev[:20])
        note(f"{kind}: {model.count_params():,} parameters")
    for name, row in _decode(exported, dev).items():
        results[name].update(row)
    _draw(results, options.docs / f"{NAME}.png")
    write_figures(NAME, options, figures)
    _print(figures)
    missed = _missed(figures)
    for line in missed:
        stdout.print(f"MISSED: {line}")
    return 1 if missed else 0


def _fits(pair: Pair, max_length: int) -> bool:
    return max(len(text) for text in pair) <= max_length


def _spread(pairs: Sequence[Pair], count: int | None) -> list[Pair]:
    """Returns `count` of the pairs, evenly spread, or all of them."""
    return list(pairs[:: max(1, len(pairs) // (count or len(pairs)))][:count])


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder for models")
    parser.add_argument("--docs", type=Path, default=DOCS, help=f"for figures, default {DOCS}")
    parser.add_argument("--dataset", default="dates", help="a built-in data set, default dates")
    parser.add_argument(
        "--models",
        nargs="+",
        choices=MODELS,
        default=MODELS,
    )
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--train-pairs", type=int, default=30_000, help="evenly spread")
    parser.add_argument("--dev-pairs", type=int, default=500, help="evenly spread, default 500")
    parser.add_argument("--max-length", type=int, default=40, help="tokens a side, eos apart")
    parser.add_argument("--units", type=int, default=128, help="of GRU and LSTM")
    parser.add_argument("--width", type=int, default=96, help="of the Transformer")
    parser.add_argument("--layers", type=int, default=2, help="of the Transformer, each side")
    options = parser.parse_args(arguments)
    changed = {
        key: value
        for key, value in vars(options).items()
        if key not in ("out", "docs") and value != parser.get_default(key)
    }
    words = [f"--{key.replace('_', '-')} {value}" for key, value in changed.items()]
    options.command = " ".join([f"python -m benchmarks.claims.{NAME} --out OUT", *words])
    options.quick = False
    return options


def step_difference(model: Any, session: Session, pairs: Sequence[Pair]) -> float:
    """Feeds true targets to a session and compares it with the model's teacher forcing.

    Args:
        model: the Transformer.
        session: its float32 file.
        pairs: at least one.

    Returns:
        The largest absolute difference of a log-probability, in nats.
    """
    from keras import ops

    from benchmarks.claims.contestants import tokenizer_of

    tokenizer = tokenizer_of(model)
    rows = np.arange(1)
    largest = 0.0
    for pair in pairs:
        source = np.asarray([tokenizer.encode(pair.source)], np.int32)
        target = [*tokenizer.encode(pair.target), EOS_ID]
        logits = model({"source_ids": source, "target_ids": pad_ids([target], len(target))})
        expected = ops.convert_to_numpy(ops.log_softmax(logits, axis=-1))[0]
        session.start(source, 1)
        for token, row in zip([BOS_ID, *target[:-1]], expected, strict=True):
            found = session.step(np.full(1, token, np.int32), rows)
            difference = np.abs(row[found.token_ids] - found.log_probs).max()
            largest = float(np.maximum(largest, difference))  # NaN stays NaN
    return largest


def _decode(exported: dict[str, Exported], dev: Sequence[Pair]) -> dict[str, dict[str, Any]]:
    """Decodes every text with each file in turn, after a few that do not count."""
    text_ms: dict[str, list[float]] = {name: [] for name in exported}
    right: dict[str, list[bool]] = {name: [] for name in exported}
    for file in exported.values():
        file.predictor.predict([pair.source for pair in dev[:10]])
        file.predictor.session = Timed(file.predictor.session)
    for pair in dev:
        for name, file in exported.items():
            started = time.perf_counter()
            found = file.predictor.predict([pair.source])[0][0].text
            text_ms[name].append(1000 * (time.perf_counter() - started))
            right[name].append(found == pair.target)
    figures = {}
    for name, file in exported.items():
        timed: Any = file.predictor.session
        figures[name] = {
            "size_bytes": file.size_bytes,
            "exact_match": round(float(np.mean(right[name])), 4),
            "encode_ms": round(statistics.median(timed.encode_ms), 4),
            "step_ms": round(statistics.median(timed.step_ms), 4),
            "text_ms": round(statistics.median(text_ms[name]), 3),
        }
    return figures


def _missed(figures: dict[str, Any]) -> list[str]:
    lines = []
    difference = figures.get("step_difference", 0.0)
    if not difference <= STEP_TOLERANCE:
        lines.append(f"the Transformer's steps lie {difference} nats apart: over {STEP_TOLERANCE}")
    for quantization in QUANTIZATIONS:
        matches = {n: f["exact_match"] for n, f in figures["results"].items() if quantization in n}
        if max(matches.values()) - min(matches.values()) > QUALITY_TOLERANCE:
            lines.append(f"qualities lie more than {QUALITY_TOLERANCE} apart: {matches}")
    return lines


def _draw(results: dict[str, Any], path: Path) -> None:
    def draw(milliseconds: Any, sizes: Any) -> None:
        names = list(results)
        milliseconds.barh(names, [row["step_ms"] for row in results.values()])
        milliseconds.set_xlabel("decode step, ms a token (median)")
        sizes.barh(names, [row["size_bytes"] / 1e6 for row in results.values()])
        sizes.set_xlabel("file, MB")
        sizes.set_yticklabels([])

    save_plot(path, draw, panels=2)


def _print(figures: dict[str, Any]) -> None:
    rows = figures["results"]
    columns = [key.replace("_", " ") for key in next(iter(rows.values()))]
    table = Table("model, weights", *columns, title_justify="left")
    table.title = f"{figures['dataset']}: {figures['dev_pairs']} dev pairs, greedy, one thread"
    for name, row in rows.items():
        table.add_row(name, *(f"{value:,}" for value in row.values()))
    stdout.print(table)
    if "step_difference" in figures:
        stdout.print(
            f"Transformer, steps against teacher forcing: {figures['step_difference']:.1e}"
        )


if __name__ == "__main__":
    sys.exit(main())
