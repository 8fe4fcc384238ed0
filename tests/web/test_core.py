"""`web_demo/core` computes what Python computes: its own tests in Node, on fresh goldens."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from s2s_keras.decoding import DecodingSettings
from s2s_keras.export import export_tflite
from s2s_keras.model import Seq2Seq
from s2s_keras.runtime import Seq2SeqLite
from s2s_keras.text import CharacterTokenizer, Shortlist, WordTokenizer

ROOT = Path(__file__).parents[2]
WEB = ROOT / "web_demo"
TOOLS = ROOT / "build" / "web" / "node_modules"
FLAVOURS: dict[str, dict[str, Any]] = {
    "float32": {"quantization": "none"},
    "stateful": {"quantization": "none", "stateful": True},
    "words": {"quantization": "none"},
    "shortlist": {
        "quantization": "none",
        "shortlist": Shortlist(np.arange(8), np.arange(24).reshape(12, 2) % 12, 12),
    },
}
TEXTS = ("abc", "hg", "abcdefgh", "a", "fedc")


def test_no_registry_is_named() -> None:
    lock = (WEB / "package-lock.json").read_text("utf-8")
    assert "://" not in lock and '"resolved"' not in lock


def test_modules_load_nothing_but_their_own() -> None:
    for path in (WEB / "core").rglob("*.js"):
        if "test" in path.relative_to(WEB).parts:
            continue
        for name in re.findall(r"(?:from|import\() ?'([^']+)'", path.read_text("utf-8")):
            assert name.startswith("."), (path, name)
            assert (path.parent / name).is_file(), (path, name)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_core_answers_as_python(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "GOLDENS": str(tmp_path)}
    python = ROOT / ".venv-litert" / "bin" / "python"
    goldens = ["-m", "tests.golden", tmp_path, "--interpreter", "litert"]
    _run([str(python), *map(str, goldens)], environment)
    _write_flavours(tmp_path)
    report = _run(
        ["node", "--test", "--test-reporter=tap", str(WEB / "core" / "test")], environment
    )
    counts = dict(re.findall(r"^# (\w+) (\d+)$", report, flags=re.MULTILINE))
    assert int(counts["pass"]) >= 40, report[-4000:]
    assert [counts[name] for name in ("fail", "cancelled", "skipped", "todo")] == ["0"] * 4


def _write_flavours(folder: Path) -> None:
    """Exports small models, and writes what Python makes of texts with each."""
    keras.utils.set_random_seed(7)
    lines = []
    for name, options in FLAVOURS.items():
        characters = CharacterTokenizer("abcdefgh")
        tokenizer = (
            WordTokenizer(["\u2581" + text for text in TEXTS]) if name == "words" else characters
        )
        model = Seq2Seq(tokenizer, tokenizer, embedding_size=24, units=32)
        settings = DecodingSettings(beam_width=3, max_source_length=8, max_output_length=9)
        path = folder / f"{name}.tflite"
        export_tflite(
            model, path, ["abc"], settings, source_buckets=[4], min_same_best=0.0, **options
        )
        decoding = DecodingSettings(beam_width=3, n_best=3, max_output_length=9)
        with Seq2SeqLite(path, decoding, interpreter="ai-edge-litert") as seq2seq:
            for text, outputs in zip(TEXTS, seq2seq.predict(list(TEXTS)), strict=True):
                found = [[output.text, output.score] for output in outputs]
                lines.append(json.dumps({"file": path.name, "text": text, "outputs": found}))
    (folder / "flavours.jsonl").write_text("\n".join(lines) + "\n", encoding="ascii")


def _run(command: list[str], environment: dict[str, str]) -> str:
    assert TOOLS.is_dir(), "the tools are missing: make web-tools"
    done = subprocess.run(
        command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-6000:]
    return done.stdout
