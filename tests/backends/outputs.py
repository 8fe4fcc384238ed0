"""What trained models put out on the backend of `KERAS_BACKEND`, for another to be compared with.

As a program: `python -m tests.backends.outputs RUNS OUTPUTS` takes a folder of run folders.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import keras
import numpy as np

from s2s_keras.data import Pair
from s2s_keras.data.batches import encode_pairs, pad_batch
from s2s_keras.keras_session import make_predictor
from s2s_keras.model import Seq2Seq
from s2s_keras.training.run import load_run
from tests.backends.systems import DEV_PAIRS, LETTERS

PAIRS = [Pair("".join(letters), "".join(letters)[::-1]) for letters in LETTERS[:DEV_PAIRS]]
SENTENCES = [Pair("they sat", "they sat"), Pair("the cat slept", "a dog slept")]


def write_outputs(runs: Path, folder: Path) -> None:
    """Writes the logits of each run, and the texts that greedy search makes, with their scores."""
    folder.mkdir()
    texts = {}
    for path in sorted(path for path in runs.iterdir() if (path / "model.keras").exists()):
        run = load_run(path)
        model = in_float32(run.model)
        looks_ahead = model.options["looks_ahead"]
        pairs = SENTENCES if looks_ahead else PAIRS
        examples = encode_pairs(pairs, model.source_tokenizer, model.target_tokenizer)
        length = max(len(ids) for example in examples for ids in example)
        logits = model(pad_batch(examples, length)[0])
        np.save(folder / f"{path.name}.npy", keras.ops.convert_to_numpy(logits))
        if not looks_ahead:  # such a model writes no texts
            predictor = make_predictor(model, run.recipe.decoding_settings())
            found = predictor.predict([pair.source for pair in PAIRS], batch_size=DEV_PAIRS)
            best = [predictions[0] for predictions in found]
            texts[path.name] = [[one.text, one.log_prob] for one in best]
    document = {"backend": keras.backend.backend(), "texts": texts}
    (folder / "texts.json").write_text(json.dumps(document), encoding="utf-8")


def in_float32(model: Seq2Seq) -> Seq2Seq:
    """Returns the model's twin in float32: low precision is rounded otherwise by each backend."""
    twin = Seq2Seq.from_config({**model.get_config(), "dtype": "float32"})
    twin.set_weights(model.get_weights())
    return twin


if __name__ == "__main__":
    write_outputs(Path(sys.argv[1]), Path(sys.argv[2]))
