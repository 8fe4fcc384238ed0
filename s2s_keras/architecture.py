"""Which settings of a model fit together. Needs no Keras, so that a recipe is checked at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

__all__ = ["WITH_ATTENTION", "check_architecture"]

WITH_ATTENTION = ("bahdanau", "luong")
"""Decoders that attend to the source."""


class _Rule(NamedTuple):
    """Settings that must not meet, and what to do instead."""

    broken: bool
    message: str
    keys: tuple[str, ...]


def check_architecture(options: Mapping[str, Any], prefix: str = "") -> None:
    """Refuses settings of `Seq2Seq` that are each allowed but do not fit together.

    Args:
        options: the arguments of `Seq2Seq`, tokenisers apart; `None` takes the decoder's default.
        prefix: what stands before an argument's name where the user wrote it.

    Raises:
        ValueError: names the rule, the values received and the remedy.
    """
    get = options.__getitem__
    decoder, score, units = get("decoder"), get("score"), get("units")
    directions = 2 if get("encoder_direction") == "bidirectional" else 1
    memory_size = directions * (get("encoder_units") or units)
    attends = decoder in WITH_ATTENTION
    rules = [
        _Rule(
            not attends and any(get(k) is not None for k in _ATTENTION_KEYS),
            f"`{'`, `'.join(_ATTENTION_KEYS)}` need a decoder with attention: "
            f"{' or '.join(WITH_ATTENTION)}",
            ("decoder", *_ATTENTION_KEYS),
        ),
        _Rule(
            attends and get("attention_units") is not None and score in _WITHOUT_UNITS,
            f"`attention_units` means nothing to the scores {', '.join(_WITHOUT_UNITS)}; leave it "
            "out, or choose `additive` or `concat`",
            ("score", "attention_units"),
        ),
        _Rule(
            attends and score in ("dot", "scaled_dot") and memory_size != units,
            f"the score `{score}` needs `units` equal to the width of the memory, {memory_size} "
            f"({directions} direction{'s' * (directions > 1)} of `encoder_units`); set "
            f"`encoder_units` to {units // directions or 1}, or choose the score `general`",
            ("score", "units", "encoder_units", "encoder_direction"),
        ),
        _Rule(
            get("input_feeding") and decoder != "luong",
            "`input_feeding` belongs to the decoder `luong`",
            ("decoder", "input_feeding"),
        ),
        _Rule(
            get("deep_output") is not None and decoder not in ("bahdanau", "cho"),
            "`deep_output` belongs to the decoders `bahdanau` and `cho`",
            ("decoder", "deep_output"),
        ),
        _Rule(
            get("bridge") == "copy"
            and (memory_size != units or get("encoder_layers") != get("decoder_layers")),
            "`bridge` `copy` needs as many encoder as decoder layers, and `units` equal to the "
            f"width of the memory, {memory_size}; make them equal (a bidirectional encoder is two "
            "`encoder_units` wide), or choose `dense`",
            (
                "bridge",
                "encoder_direction",
                "encoder_units",
                "units",
                "encoder_layers",
                "decoder_layers",
            ),
        ),
        _Rule(
            get("looks_ahead")
            and (
                decoder != "luong"
                or get("input_feeding")
                or get("attention_window") is not None
                or get("encoder_direction") != "backward"
                or get("bridge") != "zeros"
            ),
            "`looks_ahead` needs the decoder `luong` without `input_feeding` and "
            "`attention_window`, the encoder direction `backward` and the bridge `zeros`: all else "
            "would show the decoder the word that it is to write",
            (
                "looks_ahead",
                "decoder",
                "input_feeding",
                "attention_window",
                "encoder_direction",
                "bridge",
            ),
        ),
        _Rule(
            get("bridge") == "zeros" and decoder == "sutskever",
            "`bridge` `zeros` needs a decoder that reads the source at every step: `sutskever` "
            "would know nothing of it",
            ("bridge", "decoder"),
        ),
        _Rule(
            get("residual") and max(get("encoder_layers"), get("decoder_layers")) < 2,
            "`residual` acts from the second layer on; add layers, or leave it out",
            ("residual", "encoder_layers", "decoder_layers"),
        ),
        _Rule(
            get("share_embeddings")
            and get("source_embedding_size") not in (None, get("embedding_size")),
            "`share_embeddings` needs one width; leave `source_embedding_size` out",
            ("share_embeddings", "source_embedding_size", "embedding_size"),
        ),
        _Rule(
            get("share_embeddings") and get("freeze_source_embedding"),
            "with `share_embeddings` there is one embedding; set `freeze_target_embedding`",
            ("share_embeddings", "freeze_source_embedding"),
        ),
    ]
    for rule in rules:
        if rule.broken:
            received = ", ".join(f"{prefix}{key}={get(key)!r}" for key in rule.keys)
            raise ValueError(f"{rule.message}. Received: {received}.")


_ATTENTION_KEYS = ("score", "attention_units", "attention_window")
_WITHOUT_UNITS = ("dot", "general", "scaled_dot")
