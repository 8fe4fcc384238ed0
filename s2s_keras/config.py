"""The sections of a recipe: validated settings for data, model, training, decoding and export."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    model_validator,
)

from s2s_keras.architecture import WITH_ATTENTION, check_architecture
from s2s_keras.decoding import DecodingSettings, LengthPenalty
from s2s_keras.quantization import Quantization

__all__ = [
    "DataConfig",
    "DecodingConfig",
    "ExportConfig",
    "ModelConfig",
    "Recipe",
    "ScheduledSamplingConfig",
    "ShortlistConfig",
    "TrainingConfig",
]

Count = Annotated[int, Field(ge=1, strict=True)]
Flag = Annotated[bool, Field(strict=True)]
# Not strict: YAML reads `1e-3` as text.
Share = Annotated[float, Field(ge=0, lt=1)]
Positive = Annotated[float, Field(gt=0)]
Language = Annotated[str, Field(pattern=r"^[a-z]{2}$")]
UNREACHED = ("exponential", "inverse_sigmoid")
"""Schedules that fall for ever."""


def _check_pair_files(value: Any, info: ValidationInfo) -> Any:
    """Refuses what is neither one name nor two, before the union's cases report one by one."""
    is_pair = isinstance(value, list | tuple) and len(value) == 2
    if value is None or all(
        isinstance(name, str | Path) for name in (value if is_pair else [value])
    ):
        return value
    raise ValueError(
        f"`data.{info.field_name}` must be a file of pairs, or a list of two files that are "
        f"aligned by line. Received: {value!r}"
    )


PairFiles = Annotated[Path | tuple[Path, Path], BeforeValidator(_check_pair_files)]
"""A file of `source<TAB>target`, or a file of sources and one of targets."""


class Section(BaseModel):
    """A part of a recipe: unknown keys are errors, and values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class DataConfig(Section):
    """Where the pairs come from and how they become batches."""

    dataset: str | None = None
    """A built-in data set, see `s2s-keras data`; or give `train`."""
    train: PairFiles | None = None
    """File of training pairs, or a list of two that are aligned by line: sources and targets."""
    dev: PairFiles | None = None
    """Dev pairs, likewise; where not given, `dev_fraction` of the sources is held out."""
    folder: Path | None = None
    """What `train` and `dev` are relative to; the working folder where not given. Set by
    `train --data`."""
    dev_fraction: Annotated[float, Field(gt=0, lt=1)] = 0.05
    """Share of the sources (built-in data sets: of their split keys) held out for dev."""
    name: str | None = None
    """Name of the data in the model card inside the exported file; that of its file where not
    given."""
    licence: str | None = None
    """Licence of the training data, for that card, with whom it asks to name."""
    source_language: Language | None = None
    """ISO 639-1 code of the sources, such as `en`, for that card."""
    target_language: Language | None = None
    """ISO 639-1 code of the targets, likewise."""
    max_source_length: Annotated[int, Field(ge=1, le=1024, strict=True)] = 64
    """S: tokens of the longest source."""
    max_target_length: Annotated[int, Field(ge=1, le=1024, strict=True)] = 64
    """Tokens of the longest target, without `eos`."""
    too_long: Literal["error", "drop"] = "error"
    """What to do with a pair of a file that is longer: refuse it, naming its line, or leave it out
    and say how many there were."""
    tokenizer: Literal["character", "subword", "word"] = "character"
    """What a token is; see `s2s_keras.text`."""
    lowercase: Flag = False
    """Changes both sides to lower case: outputs have no capitals, and those of a target count as
    errors."""
    shared_vocabulary: Flag = True
    """One tokeniser for both sides."""
    min_count: Count = 1
    """Tokens seen less often than this in training become `<unk>`; of subwords, smaller ones or
    bytes."""
    max_vocabulary: Count | None = None
    """Most frequent tokens that have an id in a vocabulary, special tokens apart; the others
    become `<unk>`. All have one where not given. Subwords to learn, bytes apart; 8,000 where not
    given."""
    bucket_lengths: list[Count] | None = None
    """Tokens to pad batches to; where not given, a quarter, a half, three quarters and all of the
    longest."""

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        if (self.dataset is None) == (self.train is None):
            raise ValueError("exactly one of `data.dataset` and `data.train` must be given")
        if self.dataset is not None and self.folder is not None:
            raise ValueError(
                "`data.folder` is where the files of `data.train` are, and a built-in data set has "
                f"none; leave it out. Received: {self.folder} with the data set {self.dataset!r}"
            )
        return self

    def files(self, part: Literal["train", "dev"]) -> tuple[Path, ...]:
        """Returns the file, or the two, of `train` or `dev`; none where none is given."""
        given = getattr(self, part)
        paths = (given,) if isinstance(given, Path) else given or ()
        return tuple((self.folder or Path()) / path for path in paths)

    @property
    def buckets(self) -> list[int]:
        """The lengths in tokens that batches are padded to; the last holds every example."""
        longest = max(self.max_source_length, self.max_target_length + 1)
        lengths = self.bucket_lengths or [longest // 4, longest // 2, 3 * longest // 4]
        return sorted({n for n in lengths if 0 < n < longest} | {longest})


class ModelConfig(Section):
    """The arguments of `Seq2Seq`, and the files of pretrained embeddings."""

    embedding_size: Count = 64
    """E: width of the target embedding."""
    source_embedding_size: Count | None = None
    """Width of the source embedding; E where not given."""
    source_embeddings: Path | None = None
    """Pretrained vectors of source tokens, word2vec or GloVe text format, plain or `.gz`."""
    target_embeddings: Path | None = None
    """Pretrained vectors of target tokens, likewise."""
    freeze_source_embedding: Flag = False
    """Keeps the source embedding as it starts."""
    freeze_target_embedding: Flag = False
    """Keeps the target embedding as it starts."""
    units: Count = 128
    """H: width of each decoder layer."""
    encoder_units: Count | None = None
    """Width of one direction of an encoder layer; H where not given."""
    cell: Literal["gru", "lstm"] = "gru"
    """Recurrent cell of both sides."""
    encoder_layers: Annotated[int, Field(ge=1, le=16, strict=True)] = 1
    """Encoder layers."""
    decoder_layers: Annotated[int, Field(ge=1, le=16, strict=True)] = 1
    """Decoder layers."""
    encoder_direction: Literal["bidirectional", "forward", "backward"] = "bidirectional"
    """`backward` is Sutskever's reversed source."""
    residual: Flag = False
    """Adds a layer's input to its output, from the second layer on."""
    bridge: Literal["dense", "copy"] = "dense"
    """From the encoder to the decoder's first state: a layer, or its last states as they are."""
    decoder: Literal["bahdanau", "luong", "cho", "sutskever"] = "bahdanau"
    """With attention from the previous or the current state; with one context, or none."""
    score: Literal["additive", "concat", "dot", "general", "scaled_dot"] | None = None
    """Score function; where not given, `additive` for `bahdanau` and `general` for `luong`."""
    attention_units: Count | None = None
    """A: width of the keys of `additive` and `concat`; H where not given."""
    attention_window: Count | None = None
    """D: tokens on each side of a predicted position (local-p); the whole source where not given.
    """
    input_feeding: Flag = False
    """Feeds the attentional vector back into the decoder; for `luong`."""
    deep_output: Literal["tanh", "maxout"] | None = None
    """Layer before the vocabulary, for `bahdanau` (`tanh` where not given) and `cho` (`maxout`)."""
    dropout: Share = 0.1
    """Share of values of embeddings and features dropped in training."""
    token_dropout: Share = 0.0
    """Share of tokens whose whole embedding is dropped in training, on both sides."""
    memory_dropout: Share = 0.0
    """Share of values of the memory, what attention reads, dropped in training."""
    tie_output: Flag = True
    """Projects to the vocabulary with the target embedding."""
    share_embeddings: Flag = False
    """One embedding for both sides; needs `data.shared_vocabulary`."""

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        check_architecture(self.arguments(), prefix="model.")
        if self.share_embeddings and self.source_embeddings is not None:
            raise ValueError(
                "with `model.share_embeddings` there is one embedding; give its vectors as "
                f"`model.target_embeddings`. Received: {self.source_embeddings}"
            )
        return self

    def arguments(self) -> dict[str, Any]:
        """Returns the arguments of `Seq2Seq`."""
        return self.model_dump(exclude={"source_embeddings", "target_embeddings"})

    @property
    def has_attention(self) -> bool:
        """Whether the decoder attends to the source."""
        return self.decoder in WITH_ATTENTION


class ScheduledSamplingConfig(Section):
    """How the decoder comes to see its own tokens in training; see `ScheduledSampling`."""

    schedule: Literal["linear", "exponential", "inverse_sigmoid", "constant"] = "linear"
    """How the probability of the true token falls from 1."""
    final_sampling_probability: Annotated[float, Field(gt=0, le=1)] = 0.25
    """Probability, at the end, that a token is the model's own; below 1 for `exponential` and
    `inverse_sigmoid`."""
    decay_steps: Count | None = None
    """Optimiser steps after which it is reached; those of the whole training where not given."""

    @model_validator(mode="after")
    def _is_reached(self) -> Self:
        if self.final_sampling_probability == 1 and self.schedule in UNREACHED:
            raise ValueError(
                "`training.scheduled_sampling.final_sampling_probability` must be below 1 for the "
                f"schedules {' and '.join(UNREACHED)}, which never reach it; take one below 1, or "
                f"`linear`. Received: 1 with {self.schedule!r}"
            )
        return self


class TrainingConfig(Section):
    """How long and how fast to train."""

    epochs: Count = 10
    """Passes over the training pairs."""
    batch_size: Count = 64
    """Pairs an optimiser step."""
    learning_rate: Positive = 1e-3
    """Adam's peak step size."""
    warmup_steps: Annotated[int, Field(ge=0, strict=True)] = 100
    """Steps over which the learning rate rises to its peak; at most half of the training."""
    decay: Literal["cosine", "inverse_sqrt", "constant"] = "cosine"
    """How it falls from there: to a fiftieth at the last step, with 1/sqrt(step), or not at all."""
    label_smoothing: Share = 0.0
    """Share of every target that is spread evenly over the vocabulary."""
    scheduled_sampling: ScheduledSamplingConfig | None = None
    """How the decoder comes to see its own tokens; teacher forcing where not given."""
    clip_norm: Positive = 1.0
    """Largest norm of the whole gradient."""
    ema_momentum: Annotated[float, Field(gt=0, lt=1)] | None = None
    """Evaluates and keeps a moving average of the weights over about 1/(1 - this) steps, such as
    0.999; `null` for the weights themselves."""
    monitor: Literal["val_nll", "val_loss", "val_exact_match", "val_token_accuracy"] = "val_nll"
    """The dev figure that says which epoch is best; `val_nll` is the loss without smoothing."""
    keep: Literal["best", "last"] = "best"
    """The epoch whose weights become `model.keras`."""
    early_stopping_patience: Count | None = None
    """Stops after so many epochs in a row without a new best; `null` trains all `epochs`."""
    quantization_aware_epochs: Annotated[int, Field(ge=0, strict=True)] = 0
    """The last epochs, which train with the weights as an int8 file will hold them; needs such an
    `export.quantization`."""
    seed: Annotated[int, Field(ge=0, lt=2**31, strict=True)] = 0
    """Seed of the weights, the dropout and the order of the pairs."""
    precision: Literal["float32", "mixed_bfloat16", "mixed_float16"] = "float32"
    """Keras dtype policy."""

    @property
    def float_epochs(self) -> int:
        """Epochs before those that train for int8."""
        return self.epochs - self.quantization_aware_epochs

    @model_validator(mode="after")
    def _quantization_aware_epochs_come_last(self) -> Self:
        aware = self.quantization_aware_epochs
        if aware > self.epochs:
            raise ValueError(
                "`training.quantization_aware_epochs` are the last of `training.epochs`, and at "
                f"most as many. Received: {aware} of {self.epochs}"
            )
        if aware and self.early_stopping_patience is not None:
            raise ValueError(
                "`training.quantization_aware_epochs` come last, and "
                "`training.early_stopping_patience` may stop before them: leave one out. "
                f"Received: {aware} and {self.early_stopping_patience}"
            )
        return self

    @model_validator(mode="after")
    def _inverse_sqrt_starts_at_a_peak(self) -> Self:
        if self.decay == "inverse_sqrt" and not self.warmup_steps:
            raise ValueError(
                "`training.decay: inverse_sqrt` needs `training.warmup_steps` of at least 1"
            )
        return self


class DecodingConfig(Section):
    """How to decode dev texts, and the defaults of the exported file."""

    beam_width: Annotated[int, Field(ge=1, le=200, strict=True)] = 4
    """K: hypotheses kept; 1 is greedy search."""
    length_penalty_alpha: Annotated[float, Field(ge=0, le=5)] = 1.0
    """A hypothesis of T tokens scores log p / T^alpha, or as `length_penalty` says."""
    length_penalty: LengthPenalty = "power"
    """`power`: T^alpha; `gnmt`: ((5 + T) / 6)^alpha."""
    coverage_penalty_beta: Annotated[float, Field(ge=0)] = 0.0
    """Weight of the penalty for source tokens that got no attention; 0 is none."""
    max_output_length: Annotated[int, Field(ge=1, le=4096, strict=True)] | None = None
    """Tokens, `eos` included; where not given, the longest target of the data."""
    min_output_length: Annotated[int, Field(ge=0, strict=True)] = 0
    """Tokens before `eos`; less than the maximum."""
    allow_unknown: Flag = False
    """Decodes characters never seen in training as `<unk>` instead of refusing the text."""
    replace_unknown: Flag = False
    """Replaces each `<unk>` of an output by the source token with the largest attention weight."""


class ShortlistConfig(Section):
    """What restricts the outputs of a source to candidates; see `learn_shortlist`."""

    size: Count
    """N: candidates of a source; at most the target vocabulary, at least what a step returns."""
    per_token: Count = 16
    """K: target tokens that each source token proposes; the most frequent ones fill up."""


class ExportConfig(Section):
    """How to make the file for the device."""

    quantization: Quantization = Quantization.DYNAMIC_RANGE
    """How weights are stored, and what is computed in int8; see `Quantization`."""
    candidates: Count | None = None
    """Likeliest tokens that a decode step returns; where not given, all of a small vocabulary."""
    source_buckets: list[Count] | None = None
    """Source lengths in tokens with graphs of their own; where not given, quarters down to 16."""
    stateful: Flag = False
    """Keeps memory and state inside the interpreter."""
    shortlist: ShortlistConfig | None = None
    """Candidates of a source in place of a large target vocabulary; all of it where not given."""
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
    def _decoding_finds_its_attention(self) -> Self:
        if not self.model.has_attention:
            for key in ("coverage_penalty_beta", "replace_unknown"):
                if value := getattr(self.decoding, key):
                    raise ValueError(
                        f"`decoding.{key}` needs attention; leave it out, or choose the decoder "
                        f"{' or '.join(WITH_ATTENTION)}. Received: decoding.{key}={value}, "
                        f"model.decoder={self.model.decoder!r}"
                    )
        return self

    @model_validator(mode="after")
    def _shared_embeddings_share_ids(self) -> Self:
        if self.model.share_embeddings and not self.data.shared_vocabulary:
            raise ValueError("`model.share_embeddings` needs `data.shared_vocabulary: true`")
        return self

    @model_validator(mode="after")
    def _quantization_aware_training_finds_int8(self) -> Self:
        if (
            self.training.quantization_aware_epochs
            and not self.export.quantization.has_int8_weights
        ):
            raise ValueError(
                "`training.quantization_aware_epochs` needs an `export.quantization` with int8 "
                f"weights. Received: {self.export.quantization.value!r}"
            )
        return self

    @model_validator(mode="after")
    def _decoding_fits_the_lengths(self) -> Self:
        self.decoding_settings()  # refuses before a training what would fail after it
        return self

    def decoding_settings(self) -> DecodingSettings:
        """Returns the settings for `generate`, with the lengths of the data."""
        longest = self.decoding.max_output_length or self.data.max_target_length + 1
        lengths = {
            "max_output_length": longest,
            "max_source_length": self.data.max_source_length,
        }
        return DecodingSettings(**{**self.decoding.model_dump(), **lengths})
