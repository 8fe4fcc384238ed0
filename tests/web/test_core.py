"""`web_demo/core` computes what Python computes: in Node, and in a browser, on fresh goldens."""

from __future__ import annotations

import json
import os
import re
import shutil
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
from tests.web.site import Site

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


# What runs the goldens in a page, the runtime of which is the one that users get.
GOLDEN_PAGE = """<!doctype html><meta charset="utf-8"><script type="module">
import { loadRuntime, openModel } from './core/index.js';
import { checkGoldens } from './core/test/goldens.js';
window.check = async (files) => {
  const bytes = async (file) => new Uint8Array(await (await fetch(file)).arrayBuffer());
  const runtime = await loadRuntime({ litert: './litert/' });
  const models = {
    shipped: await openModel(runtime, await bytes('models/en.tflite'), 'en.tflite'),
    corrector: await openModel(runtime, await bytes('goldens/en.tflite'), 'en.tflite'),
    translator: await openModel(runtime, await bytes('goldens/en-fr.tflite'), 'en-fr.tflite'),
  };
  const goldens = {};
  for (const file of files) {
    const text = new TextDecoder().decode(await bytes(`goldens/${file}.jsonl`));
    goldens[file] = text.trimEnd().split('\\n').map((line) => JSON.parse(line));
  }
  return checkGoldens(models, goldens);
};
</script>"""
LEAST = {"corrections": 200, "shipped": 150, "judgements": 200, "translations": 250}


@pytest.fixture(scope="module")
def goldens(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What Python makes of many texts, with LiteRT."""
    folder = tmp_path_factory.mktemp("goldens")
    python = ROOT / ".venv-litert" / "bin" / "python"
    command = [str(python), "-m", "tests.golden", str(folder)]
    command += ["--interpreter", "litert", "--corrections", "200"]
    _run(command, {**os.environ, "PYTHONPATH": str(ROOT)})
    _write_flavours(folder)
    return folder


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_node_answers_as_python(goldens: Path) -> None:
    tests = [str(WEB / part / "test") for part in ("core", "app")]
    report = _run(
        ["node", "--test", "--test-reporter=tap", *tests], {**os.environ, "GOLDENS": str(goldens)}
    )
    counts = dict(re.findall(r"^# (\w+) (\d+)$", report, flags=re.MULTILINE))
    assert int(counts["pass"]) >= 50, report[-4000:]
    assert [counts[name] for name in ("fail", "cancelled", "skipped", "todo")] == ["0"] * 4


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_browser_answers_as_python(
    goldens: Path, page_folder: Path, browser: Any, tmp_path: Path
) -> None:
    folder = tmp_path / "page"
    shutil.copytree(page_folder, folder)
    (folder / "core" / "test").mkdir()
    shutil.copy(WEB / "core" / "test" / "goldens.js", folder / "core" / "test")
    (folder / "goldens").symlink_to(goldens)
    (folder / "check.html").write_text(GOLDEN_PAGE, "utf-8")
    with Site(folder) as site:
        browser.get(f"{site.url}check.html")
        browser.set_script_timeout(100)
        counts = {}
        for name, least in LEAST.items():
            found = browser.execute_async_script(
                "const [files, done] = arguments; window.check(files).then(done, "
                "error => done(String(error.stack)))",
                [name],
            )
            assert isinstance(found, dict), found
            assert found["mismatches"][:3] == [], name
            counts[name] = found["counts"][name]
            assert counts[name] >= least, counts


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
