"""A model, its batches and a run folder -> a training, from its beginning or from a checkpoint."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import keras

from s2s_keras.config import Recipe
from s2s_keras.data.batches import stream
from s2s_keras.errors import ArtifactError, ConfigError
from s2s_keras.model import Seq2Seq
from s2s_keras.training.callbacks import (
    InterruptGuard,
    NumberGuard,
    ProgressBar,
    RunRecorder,
    keep_best,
)
from s2s_keras.training.checkpoint import Checkpoint, Position
from s2s_keras.training.corpus import Batches
from s2s_keras.training.distribution import Distribution, Lockstep
from s2s_keras.training.fake_quantization import QuantizationAware
from s2s_keras.training.feeding import Feed
from s2s_keras.training.history import History, is_complete, read_history
from s2s_keras.training.watching import Watcher

__all__ = ["fit"]


class _Resume(keras.callbacks.Callback):
    """Gives the metrics of an epoch that was begun before the sums that they had.

    Args:
        checkpoint: of the model that is trained, whose metrics have variables already.
    """

    def __init__(self, checkpoint: Checkpoint) -> None:
        super().__init__()
        self._checkpoint: Checkpoint | None = checkpoint

    def on_epoch_begin(self, epoch: int, logs: None = None) -> None:
        """Does so in the first epoch, when Keras has set them to zero."""
        if self._checkpoint is not None:
            self._checkpoint.restore_metrics()
            self._checkpoint = None


def fit(
    model: Seq2Seq,
    recipe: Recipe,
    batches: Batches,
    folder: Path,
    watcher: Watcher,
    checkpoint: Checkpoint | None = None,
    report: Callable[[str], None] = lambda line: None,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    distribution: Distribution | None = None,
) -> History:
    """Trains what is left of the recipe's epochs, and returns the rows of all.

    A process that does not write returns only those of before.

    Args:
        model: new, or the checkpoint's.
        recipe: how to train.
        batches: the same as before, where a training goes on.
        folder: the run folder.
        watcher: shows each epoch.
        checkpoint: what a training goes on from.
        report: takes a line of text for the person who waits.
        callbacks: more; they come behind those that save an epoch.
        distribution: who trains together; this process alone where not given.

    Raises:
        TrainingError: the loss is no number any more, and neither are the weights; or a process of
            `training.workers` died.
        DataError: a file of records cannot be read any more; names it.
        ConfigError: the data has changed since the checkpoint was saved.
        ArtifactError: the run's history is damaged, or lacks epochs that are done.
    """
    settings, steps = recipe.training, len(batches.train)
    distribution = distribution or Distribution()
    position = Position(0, 0.0, steps, batches.target_tokens)
    history: History = ()
    if checkpoint is not None:
        position = checkpoint.position
        _check_data(position, batches, folder)
        history = _read_history_of(checkpoint, folder)
        if distribution.writes and history and position.step == history[-1]["step"]:
            keep_best(checkpoint.path, history, settings)  # it may have died just before
        if is_complete(history, settings):  # interrupted after the last epoch
            return history
    done = position.step
    train = batches.train.repeat(settings.epochs)
    feed = Feed(train[done:], settings.workers)
    waited = feed.seconds_waited
    progress = ProgressBar(
        len(train), position.target_tokens / steps, done, _learning_rate_of(model), waited
    )
    whole_batches = batches.whole_train.repeat(settings.epochs)
    numbers = NumberGuard(whole_batches.__getitem__, folder, done, report)
    recorder = RunRecorder(folder, settings, position, history, waited, watcher.show)
    guard = InterruptGuard(recorder.save if distribution.writes else lambda: None)
    lockstep = Lockstep(distribution, done, steps)
    resume = []
    if checkpoint is not None and done % steps:
        inputs, target_ids = batches.train[0]
        model.test_on_batch(inputs, target_ids)  # makes the metrics' variables
        resume = [_Resume(checkpoint)]
    # The dev figures are those of the average; for the checkpoint the weights are back.
    averaging = [keras.callbacks.SwapEMAWeights()] if settings.ema_momentum is not None else []
    for_int8 = QuantizationAware(settings.float_epochs, recipe.export.quantization.is_per_channel)
    try:
        model.fit(
            feed.batches(),
            # Repeated, because Keras does not ask a grain data set for its length.
            validation_data=stream(batches.dev.repeat()),
            validation_steps=len(batches.dev),
            epochs=settings.epochs,
            initial_epoch=done // steps,
            steps_per_epoch=steps,
            shuffle=False,  # the data set is shuffled already
            callbacks=[
                *(*resume, feed, *([progress, numbers] if distribution.writes else []), for_int8),
                *(watcher, *averaging, *([recorder, *callbacks] if distribution.writes else [])),
                *(lockstep, guard),
            ],
            verbose=0,
        )
    except BaseException as error:
        with suppress(OSError):  # what ended the training is to be told
            watcher.draw()
        if isinstance(error, Exception):
            feed.raise_failure()
        raise
    finally:
        guard.close()
        progress.close()
        watcher.close()
    return recorder.history


def _learning_rate_of(model: Seq2Seq) -> Callable[[int], float]:
    """Returns what tells the learning rate of a step."""
    optimizer: Any = getattr(model.optimizer, "inner_optimizer", model.optimizer)  # of scaled loss
    schedule = keras.saving.deserialize_keras_object(optimizer.get_config()["learning_rate"])
    return lambda step: float(keras.ops.convert_to_numpy(schedule(step)))


def _check_data(position: Position, batches: Batches, folder: Path) -> None:
    now = position._replace(epoch_steps=len(batches.train), target_tokens=batches.target_tokens)
    if now != position:
        raise ConfigError(
            f"{folder} was started with other data: an epoch had {position.epoch_steps:,} batches "
            f"with {position.target_tokens:,} target tokens, and now it has {now.epoch_steps:,} "
            f"with {now.target_tokens:,}. Put the files back, or choose another `--out`."
        )


def _read_history_of(checkpoint: Checkpoint, folder: Path) -> History:
    """Returns the rows up to a checkpoint; one that runs ahead of it is done again."""
    step, epoch_steps = checkpoint.position.step, checkpoint.position.epoch_steps
    history = read_history(folder, step)
    if len(history) != step // epoch_steps:
        raise ArtifactError(
            f"{folder}: history.csv must hold the {step // epoch_steps} epochs before "
            f"{checkpoint.path.name}, and it holds {len(history)}. Put it back, or start again in "
            "another folder."
        )
    return history
