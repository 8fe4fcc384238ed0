"""Trains tiny models for two steps on the backend of `KERAS_BACKEND`; see `test_backends.py`.

Writes a model and its logits for each of `SYSTEMS` into the folder it is given, and prints figures.
"""

import json
import sys
from pathlib import Path

import keras
import numpy as np

from s2s_keras.data import Pair
from s2s_keras.data.batches import encode_pairs, make_dataset, pad_batch
from s2s_keras.decoding import DecodingSettings
from s2s_keras.layers import ScheduledSampling
from s2s_keras.model import Seq2Seq
from s2s_keras.text import CharacterTokenizer
from s2s_keras.training import ExactMatch, MaskedCrossentropy, TokenAccuracy

PAIRS = [Pair("ab", "ba"), Pair("abc", "cba"), Pair("c", "c"), Pair("bcabc", "cbacb")]
TOKENIZER = CharacterTokenizer("abc")
EXAMPLES = encode_pairs(PAIRS, TOKENIZER, TOKENIZER)
INPUTS, _ = pad_batch(EXAMPLES, 6)
TEXTS = ["ab", "bcabc"]
SETTINGS = DecodingSettings(beam_width=2, max_output_length=4)


SYSTEMS = {
    "bahdanau": {"decoder_layers": 2},
    "luong, own tokens": {
        "decoder": "luong",
        "cell": "lstm",
        "input_feeding": True,
        "attention_window": 2,
        "scheduled_sampling": ScheduledSampling("linear", 0.5, 2, seed=1),
    },
    "cho, own tokens": {
        "decoder": "cho",
        "scheduled_sampling": ScheduledSampling("inverse_sigmoid", 0.9, 4, seed=1),
    },
}


def main(folder: Path) -> None:
    reports = {}
    for number, (name, options) in enumerate(SYSTEMS.items()):
        keras.utils.set_random_seed(0)
        model = Seq2Seq(TOKENIZER, TOKENIZER, embedding_size=4, units=5, **options)
        metrics = [TokenAccuracy(), ExactMatch()]
        model.compile(keras.optimizers.Adam(0.01), MaskedCrossentropy(), metrics=metrics)
        dataset = make_dataset(EXAMPLES, batch_size=2, bucket_lengths=[6], seed=0)
        history = model.fit(dataset, steps_per_epoch=len(dataset), shuffle=False, verbose=0)
        model.save(folder / f"{number}.keras")
        np.save(folder / f"{number}.npy", keras.ops.convert_to_numpy(model(INPUTS)))
        best = model.generate(TEXTS, SETTINGS)
        sampling = model.scheduled_sampling
        reports[name] = {
            "backend": keras.backend.backend(),
            "loss": history.history["loss"][-1],
            "steps": int(model.optimizer.iterations),
            "sampling_steps": 2 if sampling is None else int(sampling.steps),
            "log_probs": [predictions[0].log_prob for predictions in best],
        }
    print(json.dumps(reports))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
