"""Two checkouts train on the same batches, each with the package of its own."""

import pickle
import shutil
from pathlib import Path

import numpy as np
import pytest

from benchmarks.step_speed import ROOT, Worker, measure
from s2s_keras.data.batches import pad_batch
from s2s_keras.text import EOS_ID, CharacterTokenizer

RECIPE = """\
name: tiny
data: {train: pairs.tsv}
model: {embedding_size: 8, units: 8}
"""


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("inputs")
    (folder / "tiny.yaml").write_text(RECIPE)
    tokenizer = CharacterTokenizer("abc")
    examples = [(np.array([4, 5]), np.array([5, 4, EOS_ID])), (np.array([6]), np.array([EOS_ID]))]
    given = {
        "recipe": str(folder / "tiny.yaml"),
        "tokenizers": (tokenizer, tokenizer),
        "batches": [pad_batch(examples, 4), pad_batch(examples[:1], 3)],
    }
    (folder / "inputs.pkl").write_bytes(pickle.dumps(given))
    return folder / "inputs.pkl"


def test_copy_of_the_package_learns_alike(tmp_path, inputs):
    ignored = shutil.ignore_patterns("models", "__pycache__", "export")
    shutil.copytree(ROOT / "s2s_keras", tmp_path / "s2s_keras", ignore=ignored)
    with Worker(ROOT, inputs) as today, Worker(tmp_path, inputs) as before:
        figures = measure(today, before, rounds=3)
    assert today.examples == 3
    assert 1.5 < figures["loss"] == figures["loss_before"] < 3
    ratio = figures["ratio"]
    assert 0 < ratio["smallest"] <= ratio["median"] <= ratio["largest"]
    assert figures["examples_per_second"] > 0
