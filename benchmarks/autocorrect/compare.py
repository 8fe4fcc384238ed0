"""Measures our corrector beside the checkers in use today, on the same files in the same run.

    python -m benchmarks.autocorrect.compare MODEL.tflite TEXTS.tsv ... [--words WORDS.tsv ...]

Of texts as typed and as meant it counts wrong words repaired and right words changed, by words
between white space. We have a dial: beside each checker stands the best that ours repairs at a
position where it changes no more right words. Of single words it counts those that are the first
suggestion, or among three. `make .venv-peers/ready` installs the checkers; JamSpell needs a text to
learn from (`--jamspell-text`), ours learned from `text.txt` of `s2s-keras data autocorrect-en`.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.table import Table

from s2s_keras.cli.console import note, stdout
from s2s_keras.data import Pair, read_pairs
from s2s_keras.evaluation import word_rates
from s2s_keras.evaluation.correction import DialPoint
from s2s_keras.evaluation.correction_plot import plot_curve
from s2s_keras.files import make_folder, write_text
from s2s_keras.runtime import Corrector

__all__ = ["compare_texts", "compare_words", "main"]

ROOT = Path(__file__).parents[2]
PEERS = ("symspell", "pyspellchecker", "autocorrect", "aspell", "hunspell")
DIALS = tuple(i / 20 for i in range(21))


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the benchmark; returns 1 where a checker repairs more at no more broken words."""
    options = _parse(arguments)
    folder = make_folder(options.out)
    peers: dict[str, list[str]] = {name: [name] for name in PEERS}
    if options.jamspell_text is not None:
        model = folder / "jamspell.bin"
        if not model.exists():
            script = Path(__file__).with_name("train_jamspell.py")
            _run([options.peers_python, script, options.jamspell_text, model])
        peers["jamspell"] = ["jamspell", str(model)]
    document: dict[str, Any] = {"texts": {}, "words": {}}
    is_ahead = True
    with Corrector(options.model) as ours:
        for path in options.texts:
            pairs = read_pairs(path)
            answers = {
                name: ask(options.peers_python, command, [pair.source for pair in pairs], [])
                for name, command in peers.items()
            }
            found = compare_texts(ours, pairs, answers)
            document["texts"][str(path)] = found
            is_ahead &= all(
                row["ours_at_most_so_broken"] > row["fix_rate"] for row in found["peers"]
            )
            _print_texts(path, found)
            plot_curve(
                {"ours": [DialPoint(**point) for point in found["curve"]]},
                folder / f"{path.stem}.png",
                {row["name"]: (row["broken_rate"], row["fix_rate"]) for row in found["peers"]},
            )
        for path in options.words:
            pairs = read_pairs(path)
            words = [pair.source for pair in pairs]
            suggestions = {
                name: ask(options.peers_python, command, [], words)["suggestions"]
                for name, command in peers.items()
            }
            suggestions["ours"] = [[s.text for s in ours.suggest(word, k=3)] for word in words]
            document["words"][str(path)] = compare_words(pairs, suggestions)
            _print_words(path, document["words"][str(path)])
    write_text(folder / "autocorrect.json", json.dumps(document, indent=1) + "\n")
    note(f"All figures and a plot of each file of texts are in {folder}.")
    return 0 if is_ahead else 1


def ask(python: Path, peer: Sequence[str], texts: list[str], words: list[str]) -> dict[str, Any]:
    """Returns what a checker makes of texts and single words."""
    request = json.dumps({"texts": texts, "words": words})
    script = Path(__file__).with_name("peers.py")
    answer: dict[str, Any] = json.loads(_run([python, script, *peer], request))
    return answer


def compare_texts(
    ours: Corrector, pairs: Sequence[Pair], answers: dict[str, dict[str, Any]]
) -> dict[str, Any]:
    """Returns our curve, and each checker's rates with our best at no more broken words.

    Args:
        ours: our corrector.
        pairs: texts as typed and as meant.
        answers: name -> what `ask` returned.
    """
    sources, targets = [pair.source for pair in pairs], [pair.target for pair in pairs]
    outputs: dict[float, list[str]] = {dial: [] for dial in DIALS}
    seconds = 0.0
    for source in sources:
        start = time.perf_counter()
        ours.correct(source)
        seconds += time.perf_counter() - start
        for dial in reversed(DIALS):  # what the most aggressive looked for serves the others
            outputs[dial].append(ours.correct(source, dial).text)
    curve = []
    for dial, texts in outputs.items():
        rates = word_rates(sources, targets, texts)
        right = rates.corrupted * rates.fix_rate + (rates.words - rates.corrupted) * (
            1 - rates.broken_rate
        )
        curve.append(DialPoint(dial, rates.fix_rate, rates.broken_rate, right / rates.words))
    rows = []
    for name, answer in answers.items():
        rates = word_rates(sources, targets, answer["texts"])
        within = [p.fix_rate for p in curve if p.broken_rate <= rates.broken_rate]
        rows.append(
            {
                "name": name,
                "fix_rate": rates.fix_rate,
                "broken_rate": rates.broken_rate,
                "seconds": answer["seconds"],
                "ours_at_most_so_broken": max(within, default=0.0),
            }
        )
    return {"curve": [point._asdict() for point in curve], "peers": rows, "our_seconds": seconds}


def compare_words(
    pairs: Sequence[Pair], suggestions: dict[str, list[list[str]]]
) -> list[dict[str, Any]]:
    """Returns for each checker the share of words that stand first, and among its first three."""
    rows = []
    for name, found in suggestions.items():
        lowered = [[text.lower() for text in texts] for texts in found]
        meant = [pair.target.lower() for pair in pairs]
        both = list(zip(meant, lowered, strict=True))
        first = sum(texts[:1] == [word] for word, texts in both) / len(pairs)
        three = sum(word in texts[:3] for word, texts in both) / len(pairs)
        rows.append({"name": name, "first": first, "among_three": three})
    return rows


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.autocorrect.compare",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("model", type=Path, help="our .tflite file")
    parser.add_argument("texts", type=Path, nargs="*", help="typed<TAB>meant lines of texts")
    parser.add_argument("--words", type=Path, nargs="*", default=[], help="likewise of words")
    parser.add_argument("--jamspell-text", type=Path, help="what JamSpell learns from")
    parser.add_argument(
        "--peers-python", type=Path, default=ROOT / ".venv-peers/bin/python", help="their Python"
    )
    parser.add_argument("--out", type=Path, default=Path("build/autocorrect"), help="folder")
    return parser.parse_args(arguments)


def _run(command: Sequence[str | Path], request: str | None = None) -> str:
    done = subprocess.run(
        list(map(str, command)), input=request, stdout=subprocess.PIPE, text=True, check=True
    )
    return done.stdout


def _print_texts(path: Path, found: dict[str, Any]) -> None:
    title = f"{path}: ours takes {found['our_seconds']:.1f} s for all"
    table = Table(title=title, title_justify="left")
    columns = ("checker", "repaired", "broken", "ours, no more broken", "seconds")
    for column in columns:
        table.add_column(column)
    for row in found["peers"]:
        shares = (row["fix_rate"], row["broken_rate"], row["ours_at_most_so_broken"])
        table.add_row(row["name"], *(f"{share:.2%}" for share in shares), f"{row['seconds']:.1f}")
    stdout.print(table)
    curve = Table("dial", "repaired", "broken", "right", title="ours")
    for point in found["curve"]:
        dial, *rates = point.values()
        curve.add_row(f"{dial:g}", *(f"{rate:.2%}" for rate in rates))
    stdout.print(curve)


def _print_words(path: Path, rows: Sequence[dict[str, Any]]) -> None:
    table = Table("checker", "first", "among three", title=str(path), title_justify="left")
    for row in rows:
        table.add_row(row["name"], f"{row['first']:.1%}", f"{row['among_three']:.1%}")
    stdout.print(table)


if __name__ == "__main__":
    sys.exit(main())
