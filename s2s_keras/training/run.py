"""A recipe -> a run folder: data, vocabularies, model, training, dev metrics."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras

from s2s_keras.config import DataConfig, Recipe, parse_recipe
from s2s_keras.data import Pair, build_dataset, read_pairs, split_pairs
from s2s_keras.data.batches import encode_pairs, make_dataset, stream
from s2s_keras.decoding import Predictor
from s2s_keras.errors import ArtifactError, ConfigError, DataError
from s2s_keras.evaluation import evaluate
from s2s_keras.files import atomic_path, make_folder, write_text
from s2s_keras.model import EVALUATION_BATCH, KerasSession, Seq2Seq, load_model
from s2s_keras.text import CharacterTokenizer, normalize
from s2s_keras.training.callbacks import InterruptGuard, ProgressBar, RunRecorder, read_history
from s2s_keras.training.metrics import ExactMatch, MaskedCrossentropy, TokenAccuracy

__all__ = ["Corpus", "Run", "load_corpus", "load_run", "make_predictor", "train"]


@dataclass(frozen=True)
class Corpus:
    """The pairs of a recipe, with what a model card says of them."""

    train: list[Pair]
    dev: list[Pair]
    name: str
    licence: str


@dataclass(frozen=True)
class Run:
    """A finished run folder: `model.keras`, `config.json`, `metrics.json` and more.

    Attributes:
        folder: where it is.
        recipe: what it was trained by.
        model: the trained model.
        metrics: the figures on the dev pairs.
    """

    folder: Path
    recipe: Recipe
    model: Seq2Seq
    metrics: dict[str, Any]


def load_corpus(config: DataConfig) -> Corpus:
    """Reads or builds the pairs, and splits dev off where no dev file is given.

    Raises:
        DataError: a file is missing or malformed, a text is too long, or a part is empty; names
            file and line.
        ConfigError: there is no such built-in data set.
        MissingDependencyError: a package that a built-in data set is made from is missing.
    """
    if config.dataset is not None:
        longest = min(config.max_source_length, config.max_target_length)
        built = build_dataset(config.dataset, config.dev_fraction, longest)
        return Corpus(built.train, built.dev, built.name, built.licence)
    if config.train is None:
        raise ConfigError("exactly one of `data.dataset` and `data.train` must be given")
    train = _read_checked(config.train, config)
    if config.dev is not None:
        dev = _read_checked(config.dev, config)
    else:
        train, dev = split_pairs(train, config.dev_fraction)
        if not train or not dev:
            raise DataError(
                f"{len(train) + len(dev)} pairs cannot be split with `data.dev_fraction` "
                f"{config.dev_fraction}: train {len(train)}, dev {len(dev)}. Add pairs, or give "
                "`data.dev`.",
                config.train,
            )
    return Corpus(train, dev, config.train.name, config.licence or "not stated")


def _read_checked(path: Path, config: DataConfig) -> list[Pair]:
    """Reads pairs and refuses those that are too long."""
    pairs = read_pairs(path)
    limits = {"source": config.max_source_length, "target": config.max_target_length}
    for line, pair in enumerate(pairs, 1):
        for side, text in pair._asdict().items():
            length = len(normalize(text))
            if length > limits[side]:
                raise DataError(
                    f"the {side} has {length} tokens; `data.max_{side}_length` is {limits[side]}. "
                    "Raise it, or remove the line.",
                    path,
                    line,
                )
    return pairs


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
    `resume` goes on.

    Args:
        recipe: what to train.
        folder: the run folder; it must not hold a run unless `resume`.
        resume: goes on after the last complete epoch; a finished run is returned as it is.
        report: takes a line of text for the person who waits.

    Raises:
        DataError: see `load_corpus`.
        ConfigError: the folder holds a run already, or one of another recipe.
        OSError: the folder cannot be made or written.
    """
    folder = Path(folder)
    if (folder / "config.json").exists():
        _check_resumable(folder, recipe, resume)
        if (folder / "model.keras").exists():
            report(f"{folder} is finished already.")
            return load_run(folder)
    corpus = load_corpus(recipe.data)
    report(f"{corpus.name}: {len(corpus.train):,} training pairs, {len(corpus.dev):,} dev pairs")
    make_folder(folder)
    keras.utils.set_random_seed(recipe.training.seed)
    checkpoint = folder / "checkpoint.keras"
    if checkpoint.exists():
        model = load_model(checkpoint)
    else:
        model = _build_model(recipe, corpus)
        write_text(folder / "config.json", recipe.model_dump_json(indent=2) + "\n")
        for side in ("source", "target"):
            tokenizer: CharacterTokenizer = getattr(model, f"{side}_tokenizer")
            write_text(folder / f"{side}_tokenizer.json", tokenizer.to_json())
    report(f"{model.count_params():,} parameters, Keras on {keras.backend.backend()}")
    _fit(model, recipe, corpus, folder)

    report("Decoding the dev pairs ...")
    predictor = make_predictor(model, recipe)
    metrics = evaluate(predictor, corpus.dev, EVALUATION_BATCH).as_dict()
    metrics["data"] = {"name": corpus.name, "licence": corpus.licence}
    write_text(folder / "metrics.json", json.dumps(metrics, indent=2) + "\n")
    write_text(
        folder / "sample.json", json.dumps([pair.source for pair in _sample(corpus, recipe)])
    )
    with atomic_path(folder / "model.keras") as temporary:
        model.save(temporary)
    checkpoint.unlink(missing_ok=True)
    return Run(folder, recipe, model, metrics)


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
    except (OSError, ValueError) as error:
        raise ArtifactError(f"{folder}: the run cannot be loaded: {error}") from error
    return Run(folder, recipe, model, metrics)


def make_predictor(model: Seq2Seq, recipe: Recipe) -> Predictor:
    """Returns the Keras model as a predictor with the recipe's decoding settings."""
    return Predictor(
        KerasSession(model),
        model.source_tokenizer,
        model.target_tokenizer,
        recipe.decoding_settings(),
    )


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
    changed = [key for key in now if now[key] != before[key]]
    if changed:
        raise ConfigError(
            f"{folder} was started by another recipe; changed: {', '.join(changed)}. "
            "Choose another `--out`."
        )


def _build_model(recipe: Recipe, corpus: Corpus) -> Seq2Seq:
    learn = CharacterTokenizer.learn
    sides = [[pair.source for pair in corpus.train], [pair.target for pair in corpus.train]]
    if recipe.data.shared_vocabulary:
        sides = [sides[0] + sides[1]] * 2
    tokenizers = [learn(texts, recipe.data.min_count) for texts in sides]
    options = recipe.model.model_dump()
    return Seq2Seq(*tokenizers, **options, dtype=recipe.training.precision)


def _fit(model: Seq2Seq, recipe: Recipe, corpus: Corpus, folder: Path) -> None:
    """Trains what is left of the recipe's epochs."""
    settings = recipe.training
    tokenizers = (model.source_tokenizer, model.target_tokenizer)
    examples = encode_pairs(corpus.train, *tokenizers)
    batches = make_dataset(examples, settings.batch_size, recipe.data.buckets, settings.seed)
    dev_batches = make_dataset(
        encode_pairs(corpus.dev, *tokenizers), EVALUATION_BATCH, recipe.data.buckets
    )
    steps = len(batches)
    if not model.compiled:
        _compile(model, recipe, steps * settings.epochs)
    done = int(keras.ops.convert_to_numpy(model.optimizer.iterations)) // steps
    if done >= settings.epochs:  # interrupted after the last epoch
        return
    tokens = sum(len(target) for _, target in examples)
    progress = ProgressBar(steps * settings.epochs, tokens / steps, done * steps)
    guard = InterruptGuard()
    try:
        model.fit(
            stream(batches.repeat(settings.epochs)[done * steps :]),
            # Repeated, because Keras does not ask a grain data set for its length.
            validation_data=stream(dev_batches.repeat()),
            validation_steps=len(dev_batches),
            epochs=settings.epochs,
            initial_epoch=done,
            steps_per_epoch=steps,
            shuffle=False,  # the data set is shuffled already
            callbacks=[guard, progress, RunRecorder(folder, read_history(folder, done))],
            verbose=0,
        )
    finally:
        guard.close()
        progress.close()


def _compile(model: Seq2Seq, recipe: Recipe, total_steps: int) -> None:
    settings = recipe.training
    warmup = min(settings.warmup_steps, total_steps // 2)
    schedule = keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=0.0 if warmup else settings.learning_rate,
        decay_steps=math.ceil(max(1, total_steps - warmup)),
        alpha=0.02,
        warmup_target=settings.learning_rate if warmup else None,
        warmup_steps=warmup,
    )
    model.compile(
        optimizer=keras.optimizers.Adam(schedule, global_clipnorm=settings.clip_norm),
        loss=MaskedCrossentropy(),
        metrics=[TokenAccuracy(), ExactMatch()],
        jit_compile="auto" if keras.backend.backend() == "jax" else settings.jit_compile,
    )
