"""What the model is: the section `model`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from s2s_keras.architecture import WITH_ATTENTION, check_architecture
from s2s_keras.config.base import Count, Flag, Section, Share

__all__ = ["ModelConfig"]


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
    bridge: Literal["dense", "copy", "zeros"] = "dense"
    """From the encoder to the decoder's first state: a layer, its last states as they are, or
    nothing."""
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
    looks_ahead: Flag = False
    """Attends to what stands behind the word that is being written, and to nothing else."""
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
