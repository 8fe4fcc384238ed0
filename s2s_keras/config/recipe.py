"""All sections of a recipe, and how they fit together."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from s2s_keras.architecture import WITH_ATTENTION
from s2s_keras.config.base import Section
from s2s_keras.config.data import DataConfig
from s2s_keras.config.decoding import DecodingConfig, ExportConfig
from s2s_keras.config.model import ModelConfig
from s2s_keras.config.training import TrainingConfig
from s2s_keras.config.tune import TuneConfig, check_space
from s2s_keras.decoding import DecodingSettings

__all__ = ["Recipe"]


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
    tune: TuneConfig | None = None
    """What `s2s-keras tune` searches; `train` trains the values above."""

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
    def _texts_are_looked_ahead_in(self) -> Self:
        if self.model.looks_ahead != (self.data.text is not None):
            raise ValueError(
                "`data.text` and `model.looks_ahead: true` need one another: words of a text are "
                "told from what stands around them. Received: "
                f"model.looks_ahead={self.model.looks_ahead}"
            )
        if self.model.looks_ahead and self.training.scheduled_sampling is not None:
            raise ValueError(
                "`looks_ahead` needs teacher forcing; leave `training.scheduled_sampling` out"
            )
        if self.data.text is not None and not self.data.shared_vocabulary:
            raise ValueError("`data.text` needs `data.shared_vocabulary: true`")
        if self.data.text is not None:
            for key in ("candidates", "stateful", "shortlist"):
                if value := getattr(self.export, key):
                    raise ValueError(
                        "a corrector judges words by every token of a step, and goes back to "
                        f"states; leave `export.{key}` out. Received: {value}"
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

    @model_validator(mode="after")
    def _search_finds_its_keys(self) -> Self:
        if self.tune is not None:
            check_space(self, self.tune)
        return self

    def decoding_settings(self) -> DecodingSettings:
        """Returns the settings for `generate`, with the lengths of the data."""
        longest = self.decoding.max_output_length or self.data.max_target_length + 1
        lengths = {
            "max_output_length": longest,
            "max_source_length": self.data.max_source_length,
        }
        return DecodingSettings(**{**self.decoding.model_dump(), **lengths})
