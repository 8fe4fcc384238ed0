"""Trains a tiny model for two steps on the backend of `KERAS_BACKEND`; see `test_backends.py`.

Writes `model.keras` and `logits.npy` into the folder it is given, and prints backend and losses.
"""

import json
import sys
from pathlib import Path

import keras
import numpy as np

from s2s_keras.data import Pair
from s2s_keras.data.batches import encode_pairs, make_dataset, pad_batch
from s2s_keras.decoding import DecodingSettings
from s2s_keras.model import Seq2Seq
from s2s_keras.text import CharacterTokenizer
from s2s_keras.training import ExactMatch, MaskedCrossentropy, TokenAccuracy

PAIRS = [Pair("ab", "ba"), Pair("abc", "cba"), Pair("c", "c"), Pair("bcabc", "cbacb")]
TOKENIZER = CharacterTokenizer("abc")
EXAMPLES = encode_pairs(PAIRS, TOKENIZER, TOKENIZER)
INPUTS, _ = pad_batch(EXAMPLES, 6)
TEXTS = ["ab", "bcabc"]
SETTINGS = DecodingSettings(beam_width=2, max_output_length=4)


def main(folder: Path) -> None:
    keras.utils.set_random_seed(0)
    model = Seq2Seq(TOKENIZER, TOKENIZER, embedding_size=4, units=5, decoder_layers=2)
    metrics = [TokenAccuracy(), ExactMatch()]
    model.compile(keras.optimizers.Adam(0.01), MaskedCrossentropy(), metrics=metrics)
    dataset = make_dataset(EXAMPLES, batch_size=2, bucket_lengths=[6], seed=0)
    history = model.fit(dataset, steps_per_epoch=len(dataset), shuffle=False, verbose=0).history
    model.save(folder / "model.keras")
    np.save(folder / "logits.npy", keras.ops.convert_to_numpy(model(INPUTS)))
    best = model.generate(TEXTS, SETTINGS)
    report = {
        "backend": keras.backend.backend(),
        "loss": history["loss"][-1],
        "steps": int(model.optimizer.iterations),
        "log_probs": [predictions[0].log_prob for predictions in best],
    }
    print(json.dumps(report))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
