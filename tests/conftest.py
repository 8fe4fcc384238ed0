"""A toy model that the tests of files, runtimes and the command line share."""

from __future__ import annotations

import gc
import itertools
import os
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import pytest
from filelock import FileLock

from s2s_keras.cli import main
from s2s_keras.data import Pair, split_pairs, write_pairs
from s2s_keras.quantization import Quantization
from tests.browser import browser  # noqa: F401

Once = Callable[[str, Callable[[Path], None]], Path]

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


@pytest.fixture(scope="module", autouse=True)
def _little_to_search() -> None:
    """Keeps what is there now out of later searches for garbage, of which each conversion is one.

    TensorFlow never lets go of the functions of earlier tests, half a second's search and more.
    """
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """A folder of all processes that run tests."""
    base = tmp_path_factory.getbasetemp()
    return base if worker_id == "master" else base.parent


@pytest.fixture(scope="session")
def once(shared_folder: Path) -> Once:
    """Returns the folder of a name, which a function has filled before for all processes."""

    def made(name: str, make: Callable[[Path], None]) -> Path:
        folder, failure = shared_folder / name, shared_folder / f"{name}.failed"
        done = shared_folder / f"{name}.done"
        with FileLock(shared_folder / f"{name}.lock"):
            assert not failure.exists(), failure.read_text(encoding="utf-8")
            if not done.exists():
                try:
                    make(folder)
                except AssertionError as error:
                    failure.write_text(str(error), encoding="utf-8")
                    raise
                done.touch()
        return folder

    return made


@pytest.fixture(scope="session", autouse=True)
def compiled_once(shared_folder: Path) -> None:
    """What one process has JAX compile, those that tests start later take as it is."""
    os.environ["JAX_COMPILATION_CACHE_DIR"] = str(shared_folder / "compiled")
    os.environ["JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"] = "0"
    os.environ["JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES"] = "-1"


@pytest.fixture(scope="session")
def toy_folder(once: Once) -> Path:
    """Files of pairs and a recipe: strings of 3 to 5 letters become their reverse."""

    def write(folder: Path) -> None:
        folder.mkdir()
        texts = ["".join(t) for n in (3, 4, 5) for t in itertools.product("abcdé", repeat=n)]
        train, dev = split_pairs([Pair(text, text[::-1]) for text in texts], 0.08)
        write_pairs(folder / "train.tsv", train)
        write_pairs(folder / "dev.tsv", dev)
        (folder / "recipe.yaml").write_text(TOY_RECIPE.format(folder=folder), encoding="utf-8")

    return once("toy", write)


@pytest.fixture(scope="session")
def toy_run(toy_folder: Path, once: Once) -> Path:
    """The run folder of the toy, trained by the command line."""

    def train(run: Path) -> None:
        assert main(["train", str(toy_folder / "recipe.yaml"), "--out", str(run)]) == 0

    return once("toy-run", train)


@pytest.fixture(scope="session")
def toy_files(toy_run: Path, once: Once) -> dict[str, Path]:
    """The toy's exported files, by quantisation."""

    def export(folder: Path) -> None:
        folder.mkdir()
        for name in Quantization:
            out = ["--out", str(folder / f"{name}.tflite")]
            assert main(["export", str(toy_run), *out, "--quantize", str(name)]) == 0

    folder = once("toy-files", export)
    return {str(name): folder / f"{name}.tflite" for name in Quantization}


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
