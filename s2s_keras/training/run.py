"""A recipe -> a run folder: data, vocabularies, model, training, dev metrics."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import keras

from s2s_keras.cluster import Cluster
from s2s_keras.config import Recipe
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
from s2s_keras.training.checkpoint import BEST, find_checkpoints, load_newest, remove_checkpoints
from s2s_keras.training.corpus import (
    Corpus,
    learn_tokenizers,
    load_corpus,
    make_batches,
    vocabulary_notes,
)
from s2s_keras.training.distribution import Distribution, connect
from s2s_keras.training.fit import fit
from s2s_keras.training.history import History, kept_epoch
from s2s_keras.training.report import REPORT_FILE, Subject
from s2s_keras.training.samples import evenly_spread
from s2s_keras.training.tokenizer_files import read_tokenizers, write_tokenizers
from s2s_keras.training.trackers import Tracking
from s2s_keras.training.watching import Watcher

__all__ = ["Run", "check_resumable", "load_run", "train"]

LEXICON_FILE = "lexicon.bin"
CHANNEL_FILE = "channel.json"
_FREE = (
    "data.folder",
    "data.name",
    "data.licence",
    "training.workers",
    "training.checkpoint_seconds",
    "training.keep_checkpoints",
    "training.early_stopping_patience",
    "training.samples",
    "training.trackers",
    "decoding.",
    "tune",
    "tune.",
)
"""What of a recipe may change while it is trained: the weights do not hang on it."""


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
    callbacks: Sequence[keras.callbacks.Callback] = (),
    cluster: Cluster | None = None,
) -> Run:
    """Trains a recipe.

    The folder then holds `model.keras`, `config.json`, the tokenisers, `history.csv`, `loss.png`,
    TensorBoard events, `report.html` and `metrics.json`. Meanwhile `checkpoints/` holds the newest
    states, of which `resume` goes on at the very batch. `model.keras` has the weights of the epoch
    that `training.keep` asks for, or their moving average; `metrics.json` names it.

    Args:
        recipe: what to train.
        folder: the run folder; it must not hold a run unless `resume`.
        resume: goes on from the newest checkpoint; a finished run is returned as it is.
        report: takes a line of text for the person who waits.
        callbacks: more for `fit`; they come last, when an epoch is saved already.
        cluster: processes and devices to train on; this process and one device where not given.
            All processes see the same folder, which only process 0 writes, and return its run.

    Raises:
        DataError: see `load_corpus`.
        ConfigError: the folder holds a run already, or one of another recipe or of other data.
        ArtifactError: a file of the run that should go on is missing or damaged.
        MissingDependencyError: a package of `training.trackers` is not installed.
        TrainingError: the weights are no numbers any more, a tracker cannot begin, or another
            process is gone.
        OSError: the folder cannot be made or written.
    """
    folder = Path(folder)
    if cluster is not None and cluster.process:
        report = _say_nothing
    with Tracking(recipe, folder, report) as tracking:
        return _train(recipe, folder, tracking, resume, report, callbacks, cluster)


def _train(
    recipe: Recipe,
    folder: Path,
    tracking: Tracking,
    resume: bool,
    report: Callable[[str], None],
    callbacks: Sequence[keras.callbacks.Callback],
    cluster: Cluster | None,
) -> Run:
    if (folder / "config.json").exists():
        for line in check_resumable(folder, recipe, resume, _FREE):
            report(line)
        if (folder / "model.keras").exists():
            remove_checkpoints(folder)
            report(f"{folder} is finished already.")
            return load_run(folder)
    distribution = Distribution()
    if cluster is not None:
        newest = [path.name for path in find_checkpoints(folder)[:1]]
        told = {"recipe": _agreed(recipe), "--resume": resume, "checkpoint": newest}
        distribution = connect(cluster, told)
    with distribution.scope():
        done = _fit_recipe(recipe, folder, report, [tracking, *callbacks], distribution)
    run = _finish(recipe, folder, done, tracking, report) if distribution.writes else None
    distribution.leave()
    return run or load_run(folder)


class _Trained(NamedTuple):
    """What `_finish` needs of a training: its data, what shows it, and the rows of its epochs."""

    corpus: Corpus
    watcher: Watcher
    history: History


def _fit_recipe(
    recipe: Recipe,
    folder: Path,
    report: Callable[[str], None],
    callbacks: Sequence[keras.callbacks.Callback],
    distribution: Distribution,
) -> _Trained:
    """Trains; the folder then holds the checkpoints of the last epoch and of the best."""
    checkpoint = load_newest(folder, report)
    model = None if checkpoint is None else checkpoint.model
    # The ids of a training that goes on are those that it started with, whatever the data is now.
    tokenizers = read_tokenizers(folder) if model is None else _tokenizers(model)
    if tokenizers is None and TOKENIZERS[recipe.data.tokenizer].cuts_by_vocabulary:
        report(f"Learning {recipe.data.tokenizer}s from the training pairs ...")
    corpus = load_corpus(recipe.data, tokenizers)
    report(f"{corpus.name}: {len(corpus.train):,} training pairs, {len(corpus.dev):,} dev pairs")
    for line in corpus.notes:
        report(line)
    keras.utils.set_random_seed(recipe.training.seed)
    tokenizers = learn_tokenizers(corpus, recipe.data)
    batches = make_batches(recipe, corpus, *tokenizers, distribution.share)
    if distribution.processes > 1:  # and nothing is written before all have read what is there
        vocabularies = [tokenizer.to_json() for tokenizer in tokenizers]
        distribution.check_agreement({"data": batches.summary(), "vocabularies": vocabularies})
    if distribution.writes:
        make_folder(folder)
    if model is None:
        for line in vocabulary_notes(tokenizers, recipe.data):
            report(line)
        total_steps = len(batches.train) * recipe.training.epochs
        model = build_model(recipe, *tokenizers, total_steps, report)
    if checkpoint is None and distribution.writes:
        write_tokenizers(tokenizers, folder)
        if corpus.lexicon is not None:
            with atomic_path(folder / LEXICON_FILE) as temporary:
                temporary.write_bytes(corpus.lexicon.to_bytes())
        if corpus.channel is not None:
            document = {"channel": corpus.channel.as_metadata()}
            write_text(folder / CHANNEL_FILE, json.dumps(document) + "\n")
    if distribution.writes:
        write_text(folder / "config.json", recipe.model_dump_json(indent=2) + "\n")
    report(f"{model.count_params():,} parameters, Keras on {keras.backend.backend()}{distribution}")
    if keras.backend.backend() == "tensorflow":
        how = "cuDNN" if model.encoder.uses_cudnn else "a loop, as TensorFlow sees no GPU"
        report(f"The encoder's recurrence: {how}")
    if checkpoint is not None:
        report(f"Going on at step {checkpoint.position.step:,}, from {checkpoint.path}")
    subject = Subject(
        recipe,
        corpus.name,
        corpus.licence,
        pairs=len(corpus.train),
        dev_pairs=len(corpus.dev),
        parameters=model.count_params(),
    )
    watcher = Watcher(folder, subject, corpus.dev)
    history = fit(
        *(model, recipe, batches, folder, watcher, checkpoint, report, callbacks),
        distribution=distribution,
    )
    return _Trained(corpus, watcher, history)


def _finish(
    recipe: Recipe,
    folder: Path,
    done: _Trained,
    tracking: Tracking,
    report: Callable[[str], None],
) -> Run:
    """Measures the epoch that is kept, and makes its model that of the run."""
    corpus, watcher, history = done
    kept, trained = kept_epoch(history, recipe.training), len(history)
    if trained < recipe.training.epochs:
        report(f"Stopped early: no better {recipe.training.monitor} since epoch {kept}.")
    # From its file, because the best epoch may be one of before an interruption.
    is_best = recipe.training.keep == "best"
    model = _load_averaged(folder / BEST if is_best else find_checkpoints(folder)[0])

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
    sample = evenly_spread(corpus.dev, recipe.export.parity_texts)  # for the proof of parity
    write_text(folder / "sample.json", json.dumps([pair.source for pair in sample]))
    watcher.finish(model, history, metrics)
    tracking.finish(metrics, folder / REPORT_FILE)
    with atomic_path(folder / "model.keras") as temporary:
        model.save(temporary)
    remove_checkpoints(folder)
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


def _agreed(recipe: Recipe) -> dict[str, Any]:
    """Returns what of a recipe must be alike in all processes."""
    return recipe.model_dump(
        mode="json", exclude={"data": {"folder"}, "training": {"workers"}, "tune": True}
    )


def _say_nothing(line: str) -> None:
    """Process 0 speaks for all."""


def _tokenizers(model: Seq2Seq) -> tuple[Tokenizer, Tokenizer]:
    return model.source_tokenizer, model.target_tokenizer


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


def _read_recipe(folder: Path) -> Recipe:
    path = folder / "config.json"
    try:
        return parse_recipe(json.loads(path.read_text(encoding="utf-8")), origin=str(path))
    except (OSError, ValueError) as error:
        raise ArtifactError(f"{path}: cannot be read: {error}") from error


def check_resumable(
    folder: Path, recipe: Recipe, resume: bool, free: Sequence[str] = ()
) -> list[str]:
    """Checks that a folder with a `config.json` may be gone on with by this recipe.

    Args:
        folder: the folder.
        recipe: by which it is to go on.
        resume: whether that is asked for.
        free: keys, or sections with a dot behind them, that may have changed.

    Returns:
        A line of text on what has changed, or none.

    Raises:
        ConfigError: it may not, or `resume` is not asked for; names what changed.
        ArtifactError: the file is damaged.
    """
    if not resume:
        raise ConfigError(
            f"{folder} holds a run already. Go on with `--resume`, or choose another `--out`."
        )
    before = _read_recipe(folder).model_dump(mode="json")
    now = recipe.model_dump(mode="json")
    changed = _changes(before, now)
    sections = tuple(key for key in free if key.endswith("."))
    refused = [key for key in changed if key not in free and not key.startswith(sections)]
    if refused:
        raise ConfigError(
            f"{folder} was started by another recipe; changed: {', '.join(refused)}. "
            "Choose another `--out`."
        )
    return [f"Changed since {folder} was started: {', '.join(changed)}"] if changed else []


def _changes(before: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """Returns the keys of a recipe that differ, such as `data.folder`."""
    changed = []
    for key, value in now.items():
        if value != before[key]:
            is_section = isinstance(value, dict) and isinstance(before[key], dict)
            inner = _changes(before[key], value) if is_section else []
            changed += [f"{key}.{name}" for name in inner] or [key]
    return changed


def _load_averaged(path: Path) -> Seq2Seq:
    """Loads a checkpoint; where it has a moving average, that replaces the weights."""
    model = load_model(path)
    model.optimizer.finalize_variable_values(model.trainable_variables)
    return model
