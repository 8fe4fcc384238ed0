"""A training of a few steps whose dev figures and interruption are scripted, on any backend.

As a program, it checks the moving average of the weights, and the training for int8, on the backend
of `KERAS_BACKEND`; see `test_run.py` and `tests/backends`.
"""

import sys
import tempfile
from pathlib import Path
from unittest import mock

import keras
import numpy as np

from s2s_keras.config import Recipe
from s2s_keras.data import Pair, write_pairs
from s2s_keras.data.batches import encode_pairs, pad_batch
from s2s_keras.model import Seq2Seq, load_model
from s2s_keras.recipe import parse_recipe
from s2s_keras.training import NegativeLogLikelihood, fake_quantize
from s2s_keras.training.callbacks import RunRecorder
from s2s_keras.training.checkpoint import load_newest
from s2s_keras.training.history import read_history
from s2s_keras.training.run import Run, train

PAIRS = [Pair("ab", "ba"), Pair("abc", "cba"), Pair("c", "c"), Pair("bcabc", "cbacb")]
CLIP_NORM = 0.01
MOMENTUM = 0.6


def make_recipe(folder: Path, units: int = 5, **training: object) -> Recipe:
    """A recipe with one optimiser step an epoch, and without dropout."""
    pairs = folder / "pairs.tsv"
    write_pairs(pairs, PAIRS)
    options = {
        "epochs": 3,
        "learning_rate": 0.05,
        "warmup_steps": 1,
        "decay": "inverse_sqrt",
        "label_smoothing": 0.1,
        "clip_norm": CLIP_NORM,
        **training,
    }
    lengths = {"max_source_length": 6, "max_target_length": 5, "bucket_lengths": [6]}
    return parse_recipe(
        {
            "data": {"train": pairs, "dev": pairs, **lengths},
            "model": {"embedding_size": 4, "units": units, "dropout": 0.0},
            "training": options,
            "decoding": {"beam_width": 1, "max_output_length": 1},
        }
    )


class Script:
    """Runs `train` and looks over its shoulder.

    Args:
        val_nll: replaces the dev figure of each epoch, where given.

    Attributes:
        epochs: the numbers of the epochs trained.
        weights: the weights after each epoch, by its number, as the checkpoint has them.
        momentum_norms: the norm of Adam's first moment, likewise.
    """

    def __init__(self, val_nll: tuple[float, ...] = ()) -> None:
        self.val_nll = val_nll
        self.epochs: list[int] = []
        self.weights: dict[int, list[np.ndarray]] = {}
        self.momentum_norms: dict[int, float] = {}

    def train(
        self, recipe: Recipe, folder: Path, interrupt_after: int | None = None, **options: object
    ) -> Run | None:
        """Trains; returns nothing where an epoch should be the last before an interruption."""
        script = self

        class Recorder(RunRecorder):
            def on_epoch_end(self, epoch, logs=None):
                number = epoch + 1
                if script.val_nll:
                    logs = {**logs, "val_nll": script.val_nll[epoch]}
                super().on_epoch_end(epoch, logs)
                script.epochs.append(number)
                script.weights[number] = trainable_weights(self.model)
                script.momentum_norms[number] = np.sqrt(
                    sum(
                        np.sum(keras.ops.convert_to_numpy(variable) ** 2)
                        for variable in self.model.optimizer.variables
                        if variable.path.endswith("momentum")
                    )
                )
                if number == interrupt_after:
                    raise KeyboardInterrupt

        with mock.patch("s2s_keras.training.fit.RunRecorder", Recorder):
            try:
                return train(recipe, folder, **options)
            except KeyboardInterrupt:
                return None


def trainable_weights(model: keras.Model) -> list[np.ndarray]:
    return [np.array(keras.ops.convert_to_numpy(w)) for w in model.trainable_variables]


def assert_all_close(actual: list[np.ndarray], expected: list[np.ndarray]) -> None:
    for one, other in zip(actual, expected, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6, rtol=0)


def nll_of(model: Seq2Seq) -> float:
    examples = encode_pairs(PAIRS, model.source_tokenizer, model.target_tokenizer)
    inputs, target_ids = pad_batch(examples, 6)
    metric = NegativeLogLikelihood()
    metric.update_state(target_ids, model(inputs))
    return float(metric.result())


def check_averaging(folder: Path) -> None:
    """Compares `train`'s moving average with one computed by hand, and a resumed run with it."""
    recipe = make_recipe(folder, ema_momentum=MOMENTUM, keep="last")
    script = Script()
    run = script.train(recipe, folder / "whole")
    average = script.weights[1]
    for number in (2, 3):
        pairs = zip(average, script.weights[number], strict=True)
        average = [MOMENTUM * a + (1 - MOMENTUM) * w for a, w in pairs]
    assert max(np.abs(a - w).max() for a, w in zip(average, script.weights[3], strict=True)) > 0.01
    assert_all_close(trainable_weights(run.model), average)
    saved = load_model(folder / "whole" / "model.keras")
    assert_all_close(trainable_weights(saved), average)
    last = read_history(folder / "whole")[-1]
    np.testing.assert_allclose(last["val_nll"], nll_of(run.model), rtol=1e-5)

    resumed = Script()
    assert resumed.train(recipe, folder / "parts", interrupt_after=2) is None
    checkpoint = load_newest(folder / "parts")
    assert checkpoint is not None and checkpoint.position.step == 2
    assert_all_close(trainable_weights(checkpoint.model), script.weights[2])
    run = resumed.train(recipe, folder / "parts", resume=True)
    assert_all_close(trainable_weights(run.model), average)


def check_training_for_int8(folder: Path) -> None:
    """Compares dev figures with those of rounded weights, and a resumed run with a whole one."""
    recipe = make_recipe(folder, units=20, quantization_aware_epochs=2, keep="last")
    script = Script()
    run = script.train(recipe, folder / "whole")
    model = load_model(folder / "whole" / "model.keras")
    assert_all_close(trainable_weights(model), script.weights[3])
    assert_all_close(trainable_weights(run.model), script.weights[3])

    rows = read_history(folder / "whole")
    for number, is_rounded in ((1, False), (2, True), (3, True)):
        exact = script.weights[number]
        rounded = [
            keras.ops.convert_to_numpy(fake_quantize(value))
            if variable.path.endswith("kernel") and value.size >= 1024
            else value
            for variable, value in zip(model.trainable_variables, exact, strict=True)
        ]
        assert sum(a is not b for a, b in zip(exact, rounded, strict=True)) >= 4
        figures = []
        for weights in (exact, rounded):
            for variable, value in zip(model.trainable_variables, weights, strict=True):
                variable.assign(value)
            figures.append(nll_of(model))
        assert abs(figures[0] - figures[1]) > 5e-6 * figures[0]
        np.testing.assert_allclose(rows[number - 1]["val_nll"], figures[is_rounded], rtol=2e-6)

    resumed = Script()
    assert resumed.train(recipe, folder / "parts", interrupt_after=2) is None
    run = resumed.train(recipe, folder / "parts", resume=True)
    assert_all_close(trainable_weights(run.model), script.weights[3])


if __name__ == "__main__":
    for check in (check_averaging, check_training_for_int8):
        with tempfile.TemporaryDirectory() as name:
            check(Path(name))
    sys.stdout.write(keras.backend.backend())
