"""Recipes: validated settings for data, model, training, decoding and export."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from s2s_keras.decoding import DecodingSettings
from s2s_keras.errors import ConfigError

__all__ = [
    "DataConfig",
    "DecodingConfig",
    "ExportConfig",
    "ModelConfig",
    "Recipe",
    "TrainingConfig",
    "load_recipe",
    "parse_recipe",
]

Count = Annotated[int, Field(ge=1, strict=True)]
Flag = Annotated[bool, Field(strict=True)]
# Not strict: YAML reads `1e-3` as text.
Share = Annotated[float, Field(ge=0, lt=1)]
Positive = Annotated[float, Field(gt=0)]


class Section(BaseModel):
    """A part of a recipe: unknown keys are errors, and values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class DataConfig(Section):
    """Where the pairs come from and how they become batches."""

    dataset: str | None = None
    """A built-in data set, see `s2s-keras data --help`; or give `train`."""
    train: Path | None = None
    """File of training pairs, relative to the working folder."""
    dev: Path | None = None
    """File of dev pairs; where not given, `dev_fraction` of the sources is held out."""
    dev_fraction: Annotated[float, Field(gt=0, lt=1)] = 0.05
    """Share of the sources (built-in data sets: of their split keys) held out for dev."""
    licence: str | None = None
    """Licence of the training data, for the model card inside the exported file."""
    max_source_length: Annotated[int, Field(ge=1, le=1024, strict=True)] = 64
    """S: tokens; a longer training source is an error that names its line."""
    max_target_length: Annotated[int, Field(ge=1, le=1024, strict=True)] = 64
    """Tokens without `eos`; a longer training target is an error that names its line."""
    shared_vocabulary: Flag = True
    """One tokeniser for both sides."""
    min_count: Count = 1
    """Characters seen less often than this in training become `<unk>`."""
    bucket_lengths: list[Count] | None = None
    """Tokens to pad batches to; where not given, a quarter, a half, three quarters and all of the
    longest."""

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        if (self.dataset is None) == (self.train is None):
            raise ValueError("exactly one of `data.dataset` and `data.train` must be given")
        return self

    @property
    def buckets(self) -> list[int]:
        """The lengths in tokens that batches are padded to; the last holds every example."""
        longest = max(self.max_source_length, self.max_target_length + 1)
        lengths = self.bucket_lengths or [longest // 4, longest // 2, 3 * longest // 4]
        return sorted({n for n in lengths if 0 < n < longest} | {longest})


class ModelConfig(Section):
    """The arguments of `Seq2Seq`."""

    embedding_size: Count = 64
    """E: width of the embeddings."""
    units: Count = 128
    """H: width of each encoder direction and decoder layer."""
    encoder_layers: Annotated[int, Field(ge=1, le=16, strict=True)] = 1
    """Bidirectional encoder layers."""
    decoder_layers: Annotated[int, Field(ge=1, le=16, strict=True)] = 1
    """L: decoder layers."""
    attention_units: Count | None = None
    """A: width of the attention keys; `units` where not given."""
    dropout: Share = 0.1
    """Share of values dropped in training."""
    tie_output: Flag = True
    """Projects to the vocabulary with the target embedding."""
    share_embeddings: Flag = False
    """One embedding for both sides; needs `data.shared_vocabulary`."""


class TrainingConfig(Section):
    """How long and how fast to train."""

    epochs: Count = 10
    """Passes over the training pairs."""
    batch_size: Count = 64
    """Pairs an optimiser step."""
    learning_rate: Positive = 1e-3
    """Adam's peak step size."""
    warmup_steps: Annotated[int, Field(ge=0, strict=True)] = 100
    """Steps over which the learning rate rises to its peak; then it falls as a cosine."""
    clip_norm: Positive = 1.0
    """Largest norm of the whole gradient."""
    seed: Annotated[int, Field(ge=0, lt=2**31, strict=True)] = 0
    """Seed of the weights, the dropout and the order of the pairs."""
    precision: Literal["float32", "mixed_bfloat16", "mixed_float16"] = "float32"
    """Keras dtype policy."""
    jit_compile: Flag = False
    """Compiles with XLA on the TensorFlow backend; JAX always does."""


class DecodingConfig(Section):
    """How to decode dev texts, and the defaults of the exported file."""

    beam_width: Annotated[int, Field(ge=1, le=200, strict=True)] = 4
    """K: hypotheses kept; 1 is greedy search."""
    length_penalty_alpha: Annotated[float, Field(ge=0, le=5)] = 1.0
    """A hypothesis of T tokens scores log p / T^alpha."""
    max_output_length: Annotated[int, Field(ge=1, le=4096, strict=True)] | None = None
    """Tokens, `eos` included; where not given, the longest target of the data."""


class ExportConfig(Section):
    """How to make the file for the device."""

    quantization: Literal["none", "dynamic_range"] = "dynamic_range"
    """`none`: float32; `dynamic_range`: int8 weights."""
    candidates: Count | None = None
    """Likeliest tokens that a decode step returns; where not given, all of a small vocabulary."""
    parity_texts: Count = 200
    """Dev sources on which the file must agree with the Keras model."""
    min_same_best: Annotated[float, Field(ge=0, le=1)] = 0.9
    """Smallest share of those whose best output must be the same."""


class Recipe(Section):
    """Everything that a training and its export need."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-][A-Za-z0-9._-]*$")] = "model"
    """Name of the run folder and in the model card."""
    task: Literal["correction", "translation"] = "correction"
    """`correction` is measured by fix rate and broken rate."""
    data: DataConfig
    model: ModelConfig = ModelConfig()
    training: TrainingConfig = TrainingConfig()
    decoding: DecodingConfig = DecodingConfig()
    export: ExportConfig = ExportConfig()

    @model_validator(mode="after")
    def _shared_embeddings_share_ids(self) -> Self:
        if self.model.share_embeddings and not self.data.shared_vocabulary:
            raise ValueError("`model.share_embeddings` needs `data.shared_vocabulary: true`")
        return self

    def decoding_settings(self) -> DecodingSettings:
        """Returns the settings for `generate`, with the lengths of the data."""
        longest = self.decoding.max_output_length or self.data.max_target_length + 1
        return DecodingSettings(
            beam_width=self.decoding.beam_width,
            length_penalty_alpha=self.decoding.length_penalty_alpha,
            max_output_length=longest,
            max_source_length=self.data.max_source_length,
        )


def load_recipe(path: str | Path, overrides: Sequence[str] = ()) -> Recipe:
    """Reads a YAML recipe and applies `key=value` overrides such as `model.units=256`.

    Raises:
        ConfigError: the file is missing or no YAML, an override is malformed, or a key or a value
            is not allowed.
    """
    path = Path(path)
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}.") from error
    except (yaml.YAMLError, ValueError) as error:
        problem = " ".join(str(error).split())
        raise ConfigError(f"{path}: this is not valid YAML: {problem}") from error
    if not isinstance(document, dict):
        raise ConfigError(f"{path}: a recipe must be a mapping with `data`, `model` and so on.")
    for override in overrides:
        _apply_override(document, override)
    return parse_recipe(document, origin=str(path))


def parse_recipe(document: Mapping[str, Any], origin: str = "recipe") -> Recipe:
    """Validates a recipe given as a mapping.

    Args:
        document: sections and their keys.
        origin: what an error names as the place.

    Raises:
        ConfigError: a key or a value is not allowed; names every one.
    """
    try:
        return Recipe.model_validate(document)
    except ValidationError as error:
        problems = "; ".join(_describe(problem) for problem in error.errors())
        raise ConfigError(f"{origin}: {problems}") from None


def _apply_override(document: dict[str, Any], override: str) -> None:
    key, equals, text = override.partition("=")
    if not equals or not key:
        raise ConfigError(f"An override must be `key=value`. Received: {override!r}.")
    try:
        value = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError) as error:
        raise ConfigError(f"The value of `{key}` is not valid YAML: {text!r}.") from error
    *sections, last = key.split(".")
    place = document
    for section in sections:
        if place.get(section) is None:
            place[section] = {}
        place = place[section]
        if not isinstance(place, dict):
            raise ConfigError(f"`{section}` in the override {override!r} is not a section.")
    place[last] = value


def _describe(problem: Any) -> str:
    """Turns one of pydantic's errors into a sentence with the rule, the value and the remedy."""
    location = [str(part) for part in problem["loc"]]
    key = ".".join(location)
    if problem["type"] == "extra_forbidden":
        near = difflib.get_close_matches(key, _known_keys(Recipe), n=1, cutoff=0.5)
        return f"unknown key `{key}`" + (f"; did you mean `{near[0]}`?" if near else "")
    if problem["type"] == "missing":
        return f"`{key}` is missing"
    if problem["type"] == "value_error":  # raised by a validator above, which names the keys
        return str(problem["ctx"]["error"])
    return f"`{key}` {_rule(problem['msg'])}. Received: {problem['input']!r}"


def _rule(message: str) -> str:
    return message.removeprefix("Input ").removeprefix("String ")


def _known_keys(section: type[BaseModel], prefix: str = "") -> list[str]:
    keys: list[str] = []
    for name, field in section.model_fields.items():
        keys.append(prefix + name)
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            keys.extend(_known_keys(field.annotation, f"{prefix}{name}."))
    return keys
