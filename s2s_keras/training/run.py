"""A recipe -> a run folder: data, vocabularies, model, training, dev metrics."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras

from s2s_keras.config import Recipe
from s2s_keras.data import Pair
from s2s_keras.data.batches import stream
from s2s_keras.decoding import Predictor
from s2s_keras.errors import ArtifactError, ConfigError
from s2s_keras.evaluation import (
    NO_TRANSLATION_METRICS,
    can_measure_translations,
    evaluate,
    evaluate_translation,
)
from s2s_keras.files import atomic_path, make_folder, write_text
from s2s_keras.keras_session import EVALUATION_BATCH, make_predictor
from s2s_keras.model import Seq2Seq, load_model
from s2s_keras.recipe import parse_recipe
from s2s_keras.text import TOKENIZERS, Lexicon, Tokenizer
from s2s_keras.text.channel import ChannelModel
from s2s_keras.training.build import build_model
from s2s_keras.training.callbacks import InterruptGuard, ProgressBar, RunRecorder
from s2s_keras.training.corpus import (
    Batches,
    Corpus,
    learn_tokenizers,
    load_corpus,
    make_batches,
    vocabulary_notes,
)
from s2s_keras.training.fake_quantization import QuantizationAware
from s2s_keras.training.history import History, is_complete, kept_epoch, read_history

__all__ = ["Run", "load_run", "train"]

LEXICON_FILE = "lexicon.bin"
CHANNEL_FILE = "channel.json"
TOKENIZER_FILES = ("source_tokenizer.json", "target_tokenizer.json")


@dataclass(frozen=True)
class Run:
    """A finished run folder: `model.keras`, `config.json`, `metrics.json` and more.

    Attributes:
        folder: where it is.
        recipe: what it was trained by.
        model: the trained model.
        metrics: the figures on the dev pairs.
        lexicon: the words that a correction is made of, where the recipe has some.
        channel: how people mistype them, likewise.
    """

    folder: Path
    recipe: Recipe
    model: Seq2Seq
    metrics: dict[str, Any]
    lexicon: Lexicon | None = None
    channel: ChannelModel | None = None


def train(
    recipe: Recipe,
    folder: str | Path,
    *,
    resume: bool = False,
    report: Callable[[str], None] = lambda line: None,
) -> Run:
    """Trains a recipe.

    The folder then holds `model.keras`, `config.json`, the tokenisers, `history.csv`, `loss.png`,
    TensorBoard events and `metrics.json`. After each epoch `checkpoint.keras` is saved, with which
    `resume` goes on. `model.keras` has the weights of the epoch that `training.keep` asks for, or
    their moving average; `metrics.json` names it.

    Args:
        recipe: what to train.
        folder: the run folder; it must not hold a run unless `resume`.
        resume: goes on after the last complete epoch; a finished run is returned as it is.
        report: takes a line of text for the person who waits.

    Raises:
        DataError: see `load_corpus`.
        ConfigError: the folder holds a run already, or one of another recipe.
        ArtifactError: a file of the run that should go on is missing or damaged.
        OSError: the folder cannot be made or written.
    """
    folder = Path(folder)
    if (folder / "config.json").exists():
        _check_resumable(folder, recipe, resume)
        if (folder / "model.keras").exists():
            report(f"{folder} is finished already.")
            return load_run(folder)
    checkpoint, best = folder / "checkpoint.keras", folder / "best.keras"
    model = load_model(checkpoint) if checkpoint.exists() else None
    # The ids of a training that goes on are those that it started with, whatever the data is now.
    tokenizers = _read_tokenizers(folder) if model is None else _tokenizers(model)
    if tokenizers is None and TOKENIZERS[recipe.data.tokenizer].cuts_by_vocabulary:
        report(f"Learning {recipe.data.tokenizer}s from the training pairs ...")
    corpus = load_corpus(recipe.data, tokenizers)
    report(f"{corpus.name}: {len(corpus.train):,} training pairs, {len(corpus.dev):,} dev pairs")
    for line in corpus.notes:
        report(line)
    make_folder(folder)
    keras.utils.set_random_seed(recipe.training.seed)
    tokenizers = learn_tokenizers(corpus, recipe.data)
    batches = make_batches(recipe, corpus, *tokenizers)
    if model is None:
        for line in vocabulary_notes(tokenizers, recipe.data):
            report(line)
        total_steps = len(batches.train) * recipe.training.epochs
        model = build_model(recipe, *tokenizers, total_steps, report)
        write_text(folder / "config.json", recipe.model_dump_json(indent=2) + "\n")
        for name, tokenizer in zip(TOKENIZER_FILES, tokenizers, strict=True):
            write_text(folder / name, tokenizer.to_json())
        if corpus.lexicon is not None:
            with atomic_path(folder / LEXICON_FILE) as temporary:
                temporary.write_bytes(corpus.lexicon.to_bytes())
        if corpus.channel is not None:
            document = {"channel": corpus.channel.as_metadata()}
            write_text(folder / CHANNEL_FILE, json.dumps(document) + "\n")
    report(f"{model.count_params():,} parameters, Keras on {keras.backend.backend()}")
    history = _fit(model, recipe, batches, folder)
    kept, trained = kept_epoch(history, recipe.training), len(history)
    if trained < recipe.training.epochs:
        report(f"Stopped early: no better {recipe.training.monitor} since epoch {kept}.")
    # From its file, because the best epoch may be one of before an interruption.
    model = _load_averaged(checkpoint if kept == trained else best)

    if corpus.lexicon is None:
        report(f"Decoding the dev pairs with epoch {kept} of {trained} ...")
        metrics = _dev_metrics(
            make_predictor(model, recipe.decoding_settings()), corpus, recipe, report
        )
    else:  # of texts the model does not write whole ones
        perplexity = math.exp(history[kept - 1]["val_nll"])
        metrics = {"pairs": len(corpus.dev), "perplexity": perplexity}
    metrics["data"] = {"name": corpus.name, "licence": corpus.licence}
    metrics |= {"kept_epoch": kept, "trained_epochs": trained}
    write_text(folder / "metrics.json", json.dumps(metrics, indent=2) + "\n")
    write_text(
        folder / "sample.json", json.dumps([pair.source for pair in _sample(corpus, recipe)])
    )
    with atomic_path(folder / "model.keras") as temporary:
        model.save(temporary)
    checkpoint.unlink()
    best.unlink(missing_ok=True)
    return Run(folder, recipe, model, metrics, corpus.lexicon, corpus.channel)


def load_run(folder: str | Path) -> Run:
    """Loads a finished run folder.

    Raises:
        ArtifactError: the folder is no finished run, or a file of it is damaged.
    """
    folder = Path(folder)
    if not (folder / "config.json").exists():
        raise ArtifactError(f"{folder}: this is not a run folder (it has no config.json).")
    if not (folder / "model.keras").exists():
        raise ArtifactError(f"{folder}: the training is not finished; go on with `--resume`.")
    recipe = _read_recipe(folder)
    try:
        model = load_model(folder / "model.keras")
        metrics = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))
        lexicon = channel = None
        if recipe.data.words is not None:
            lexicon = Lexicon.from_bytes((folder / LEXICON_FILE).read_bytes())
            document = json.loads((folder / CHANNEL_FILE).read_text(encoding="utf-8"))
            channel = ChannelModel.from_metadata(document)
    except (OSError, ValueError) as error:
        raise ArtifactError(f"{folder}: the run cannot be loaded: {error}") from error
    return Run(folder, recipe, model, metrics, lexicon, channel)


def _tokenizers(model: Seq2Seq) -> tuple[Tokenizer, Tokenizer]:
    return model.source_tokenizer, model.target_tokenizer


def _read_tokenizers(folder: Path) -> tuple[Tokenizer, Tokenizer] | None:
    """Returns those of a run without a checkpoint yet, where it has come so far."""
    paths = [folder / name for name in TOKENIZER_FILES]
    if not all(path.exists() for path in paths):
        return None
    found: list[Tokenizer] = []
    for path in paths:
        try:
            found.append(Tokenizer.from_json(path.read_text(encoding="utf-8")))
        except (OSError, ValueError) as error:
            raise ArtifactError(f"{path}: cannot be read: {error}") from error
    return found[0], found[1]


def _dev_metrics(
    predictor: Predictor, corpus: Corpus, recipe: Recipe, report: Callable[[str], None]
) -> dict[str, Any]:
    """Returns the figures of the task, for JSON."""
    if recipe.task != "translation":
        return evaluate(predictor, corpus.dev, EVALUATION_BATCH).as_dict()
    if not can_measure_translations():
        report(NO_TRANSLATION_METRICS)
        return evaluate(predictor, corpus.dev, EVALUATION_BATCH).as_dict()
    language = recipe.data.target_language or "en"
    found = evaluate_translation(predictor, corpus.dev, EVALUATION_BATCH, language=language)
    return found.as_dict()


def _sample(corpus: Corpus, recipe: Recipe) -> list[Pair]:
    """Dev pairs, evenly spread, for the proof of parity."""
    step = max(1, len(corpus.dev) // recipe.export.parity_texts)
    return corpus.dev[::step][: recipe.export.parity_texts]


def _read_recipe(folder: Path) -> Recipe:
    path = folder / "config.json"
    try:
        return parse_recipe(json.loads(path.read_text(encoding="utf-8")), origin=str(path))
    except (OSError, ValueError) as error:
        raise ArtifactError(f"{path}: cannot be read: {error}") from error


def _check_resumable(folder: Path, recipe: Recipe, resume: bool) -> None:
    if not resume:
        raise ConfigError(
            f"{folder} holds a run already. Go on with `--resume`, or choose another `--out`."
        )
    before = _read_recipe(folder).model_dump(mode="json")
    now = recipe.model_dump(mode="json")
    changed = _changes(before, now)
    if changed:
        raise ConfigError(
            f"{folder} was started by another recipe; changed: {', '.join(changed)}. "
            "Choose another `--out`."
        )


def _changes(before: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """Returns the keys of a recipe that differ, such as `data.folder`."""
    changed = []
    for key, value in now.items():
        if value != before[key]:
            is_section = isinstance(value, dict) and isinstance(before[key], dict)
            inner = _changes(before[key], value) if is_section else []
            changed += [f"{key}.{name}" for name in inner] or [key]
    return changed


def _fit(model: Seq2Seq, recipe: Recipe, batches: Batches, folder: Path) -> History:
    """Trains what is left of the recipe's epochs and returns the rows of all."""
    settings = recipe.training
    steps = len(batches.train)
    history = _read_history_of(model, folder)
    if is_complete(history, settings):  # interrupted after the last epoch
        return history
    done = len(history)
    tokens = batches.target_tokens / steps
    progress = ProgressBar(steps * settings.epochs, tokens, done * steps)
    guard = InterruptGuard()
    recorder = RunRecorder(folder, settings, history)
    # The dev figures are those of the average; for the checkpoint the weights are back.
    averaging = [keras.callbacks.SwapEMAWeights()] if settings.ema_momentum is not None else []
    is_per_channel = recipe.export.quantization.is_per_channel
    for_int8 = QuantizationAware(settings.float_epochs, is_per_channel)
    try:
        model.fit(
            stream(batches.train.repeat(settings.epochs)[done * steps :], settings.workers),
            # Repeated, because Keras does not ask a grain data set for its length.
            validation_data=stream(batches.dev.repeat()),
            validation_steps=len(batches.dev),
            epochs=settings.epochs,
            initial_epoch=done,
            steps_per_epoch=steps,
            shuffle=False,  # the data set is shuffled already
            callbacks=[guard, progress, for_int8, *averaging, recorder],
            verbose=0,
        )
    finally:
        guard.close()
        progress.close()
    return recorder.history


def _read_history_of(model: Seq2Seq, folder: Path) -> list[dict[str, float]]:
    """Returns the rows up to a checkpoint; one that runs ahead of it is done again.

    A model that is new has none.
    """
    step = int(keras.ops.convert_to_numpy(model.optimizer.iterations))
    if step == 0:
        return []
    history = read_history(folder, step)
    if not history:
        raise ArtifactError(
            f"{folder}: history.csv must hold the epochs of checkpoint.keras, and it holds none. "
            "Put it back, or start again in another folder."
        )
    return history


def _load_averaged(path: Path) -> Seq2Seq:
    """Loads a checkpoint; where it has a moving average, that replaces the weights."""
    model = load_model(path)
    model.optimizer.finalize_variable_values(model.trainable_variables)
    return model
