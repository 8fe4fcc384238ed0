"""Times `android_demo/core` on the desktop's JVM, and the Python runtime beside it.

    python -m benchmarks.android_core

One thread, a word or a sentence at a time, each three times in turn on either side; the first pass
warms up. Both run TensorFlow Lite's C library, or Python what `--interpreter` names.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from s2s_keras.runtime import Corrector, Translator
from s2s_keras.runtime.shipped import shipped_corrector, shipped_model
from s2s_keras.text.words import find_words

__all__ = ["main"]

ROOT = Path(__file__).parents[1]
CORE = ROOT / "android_demo" / "core"
ENVIRONMENT = ROOT / ".venv-tflite-runtime"
TEXTS = (
    "I beleive that she recieved teh letter yesterdya and was verry happy about it.",
    "We shoud definately meet tommorow at the new restaraunt near your ofice.",
    "The goverment has not yet desided weather it will rase the taxes agian.",
    "My freind dosen't like to travle by plane becuase it makes him nervus.",
    "Please rember to by some bred and milk on you're way home tonight.",
)


def main() -> None:
    """Measures and prints a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--interpreter", default=None, help="see s2s_keras.runtime.Corrector")
    interpreter = parser.parse_args().interpreter
    lines = [
        {"word": word.text, "left": text[: word.start]}
        for text in TEXTS
        for word in find_words(text)
    ]
    lines += [{"text": text} for text in TEXTS]
    found: dict[str, list[list[float]]] = {"JVM": [], "Python": []}
    for _ in range(3):
        found["JVM"].append(_jvm(lines))
        found["Python"].append(_python(lines, interpreter))
    words = len(lines) - len(TEXTS)
    print("| median, ms | a word corrected | a sentence translated |\n|---|---|---|")
    for side, runs in found.items():
        best = [min(times) for times in zip(*runs, strict=True)]
        print(f"| {side} | {median(best[:words]):.2f} | {median(best[words:]):.2f} |")


def _python(lines: list[dict[str, str]], interpreter: str | None) -> list[float]:
    times = []
    with Translator(shipped_model("en", "fr"), interpreter=interpreter) as translator:
        for counts in (False, True):  # a new corrector remembers no word
            with Corrector(shipped_corrector("en"), interpreter=interpreter) as corrector:
                corrector.correct_word("wrm", "up ")
                for line in lines:
                    start = time.perf_counter()
                    if "word" in line:
                        corrector.correct_word(line["word"], line["left"])
                    else:
                        translator.translate(line["text"])
                    if counts:
                        times.append(1000 * (time.perf_counter() - start))
    return times


def _jvm(lines: list[dict[str, str]]) -> list[float]:
    [library] = ENVIRONMENT.glob("lib/python3*/site-packages/*/lib/libtensorflowlite_c.so")
    build = ROOT / "build" / "android" / "core"
    path = build / "classpath.txt"
    if not path.exists():
        goals = ["test-compile", "dependency:build-classpath", f"-Dmdep.outputFile={path}"]
        subprocess.run(["mvn", "-q", "-B", "-f", str(CORE), *goals], check=True)
    classes = f"{build / 'classes'}:{build / 'test-classes'}:{path.read_text()}"
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as file:
        file.write("".join(f"{json.dumps(line)}\n" for line in lines))
        file.flush()
        command = ["java", f"-Dtflite.library={library}", "-cp", classes]
        command += ["org.s2skeras.desktop.BenchmarkKt"]
        models = [shipped_corrector("en"), shipped_model("en", "fr")]
        done = subprocess.run(
            [*command, *map(str, models), file.name],
            stdout=subprocess.PIPE,
            stderr=sys.stderr,
            text=True,
            check=True,
        )
    return [float(line) for line in done.stdout.split()]


if __name__ == "__main__":
    main()
