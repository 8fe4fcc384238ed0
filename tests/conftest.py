"""A toy model that the tests of files, runtimes and the command line share."""

from __future__ import annotations

import itertools
import os
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import pytest

from s2s_keras.cli import main
from s2s_keras.data import Pair, split_pairs, write_pairs
from s2s_keras.quantization import Quantization
from tests.browser import browser  # noqa: F401

TOY_RECIPE = """
name: toy
task: translation
data:
  train: {folder}/train.tsv
  dev: {folder}/dev.tsv
  max_source_length: 8
  max_target_length: 8
  bucket_lengths: [5, 9]
model: {{embedding_size: 24, units: 40, dropout: 0.0, share_embeddings: true}}
training: {{epochs: 5, batch_size: 64, learning_rate: 0.01, warmup_steps: 50, seed: 3}}
export: {{parity_texts: 40}}
"""


def pytest_make_parametrize_id(config: pytest.Config, val: object, argname: str) -> str | None:
    """Names bytes by their number: what compressed them may differ from process to process."""
    return f"{len(val)}_bytes" if isinstance(val, bytes) else None


@pytest.fixture(scope="session")
def toy_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Files of pairs and a recipe: strings of 3 to 5 letters become their reverse."""
    folder = tmp_path_factory.mktemp("toy")
    texts = ["".join(t) for n in (3, 4, 5) for t in itertools.product("abcdé", repeat=n)]
    train, dev = split_pairs([Pair(text, text[::-1]) for text in texts], 0.08)
    write_pairs(folder / "train.tsv", train)
    write_pairs(folder / "dev.tsv", dev)
    (folder / "recipe.yaml").write_text(TOY_RECIPE.format(folder=folder), encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def toy_run(toy_folder: Path) -> Path:
    """The run folder of the toy, trained by the command line."""
    run = toy_folder / "run"
    assert main(["train", str(toy_folder / "recipe.yaml"), "--out", str(run)]) == 0
    return run


@pytest.fixture(scope="session")
def toy_files(toy_run: Path) -> dict[str, Path]:
    """The toy's exported files, by quantisation."""
    files = {str(name): toy_run.parent / f"{name}.tflite" for name in Quantization}
    for name, path in files.items():
        assert main(["export", str(toy_run), "--out", str(path), "--quantize", name]) == 0
    return files


@pytest.fixture
def toy_dev(toy_folder: Path) -> list[list[str]]:
    """The toy's dev pairs."""
    lines = (toy_folder / "dev.tsv").read_text(encoding="utf-8").splitlines()
    return [line.split("\t") for line in lines]


@pytest.fixture(scope="session")
def tiny_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of random weights, which takes 12 of the characters a to h, space, `.` and `,`."""
    import keras

    from s2s_keras.decoding import DecodingSettings
    from s2s_keras.export import export_tflite
    from s2s_keras.model import Seq2Seq
    from s2s_keras.text import CharacterTokenizer

    path = tmp_path_factory.mktemp("tiny") / "tiny.tflite"
    keras.utils.set_random_seed(1)
    tokenizer = CharacterTokenizer("abcdefgh .,")
    model = Seq2Seq(tokenizer, tokenizer, embedding_size=8, units=8)
    for weight in model.trainable_weights:
        weight.assign(weight + keras.random.normal(weight.shape, stddev=0.5))
    settings = DecodingSettings(beam_width=3, max_source_length=12, max_output_length=10)
    options = {"quantization": "none", "min_same_best": 0.0, "card": {"task": "translation"}}
    export_tflite(model, path, ["abc"], settings, **options)
    return path
