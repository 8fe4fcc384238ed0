"""A Keras model -> a version of a SavedModel: trace, save, load again, prove parity."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import tensorflow as tf

from s2s_keras.decoding import DecodingSettings
from s2s_keras.errors import ExportError, InputError
from s2s_keras.export.requirements import check_can_export, in_float32
from s2s_keras.export.servable import Servable
from s2s_keras.export.servable_parity import ServableParity, check_servable_parity
from s2s_keras.model import Seq2Seq
from s2s_keras.saved_model import new_version, read_saved_model, write_members
from s2s_keras.saved_model_predictor import SavedModelPredictor

__all__ = ["SavedModelReport", "export_saved_model"]

SCORE_TOLERANCE = 1e-3
"""Largest difference of a score that a SavedModel may show."""

SAME_SHARE = 0.98
"""Smallest share of texts with the same beams and alignments; the rest may be ties."""


@dataclass(frozen=True)
class SavedModelReport:
    """What an export made.

    Attributes:
        path: the version's folder.
        size_bytes: of all its files together.
        signatures: their names.
        parity: how far it lies from the Keras model.
    """

    path: Path
    size_bytes: int
    signatures: list[str]
    parity: ServableParity


def export_saved_model(
    model: Seq2Seq,
    folder: str | Path,
    sample: Sequence[str],
    settings: DecodingSettings,
    *,
    with_text: bool = True,
    card: Mapping[str, Any] | None = None,
) -> SavedModelReport:
    """Exports a model to the next version of a SavedModel, and proves that it is the same model.

    The version appears under its number only after every check has passed. Its weights are float32
    and stand in it once; see `Servable` for its signatures.

    Args:
        model: built; any backend may have trained it, but this runs on TensorFlow's.
        folder: of the versions: FOLDER/1, then FOLDER/2 and so on.
        sample: texts for the proof, at least one that the model takes; dev sources are a good
            choice.
        settings: how the graph decodes; `max_source_length` must be given, `n_best` is how many
            outputs it gives for each text, and a `temperature` or a time limit must not be given.
        with_text: `False` leaves out the signatures on strings, so that whoever loads the folder
            needs no tensorflow-text. `replace_unknown` is then left out, too.
        card: what `model.json` says of the model beside what is known here: task, training data
            with licences, measured quality.

    Raises:
        ValueError: an argument lies outside its range.
        ExportError: the model looks ahead and writes no texts, the backend is not TensorFlow,
            TensorFlow cannot save the graph, or parity does not hold.
        ArtifactError: the folder holds something else than versions.
        MissingDependencyError: tensorflow-text is needed, and not installed.
        OSError: the folder cannot be made or written.
    """
    check_can_export(settings, sample)
    for name in ("temperature", "time_limit_ms"):
        if (given := getattr(settings, name)) is not None:
            raise ValueError(
                f"`{name}` has no place in a graph; leave it out. Received: {name}={given}."
            )
    if model.options["looks_ahead"]:
        raise ExportError(
            "This model tells words in their context, and a SavedModel writes whole texts. Export "
            "it to a .tflite file, and serve that."
        )
    settings = replace(
        settings,
        split_long_sources=False,
        replace_unknown=settings.replace_unknown and with_text,
        seed=0,
    )
    model = in_float32(model)
    tokenizers = (model.source_tokenizer, model.target_tokenizer)
    servable = Servable(model, settings, with_text)
    with new_version(folder) as version:
        signatures = _save(servable, version.path)
        metadata = {
            **(card or {}),
            **settings.as_metadata(),
            "n_best": settings.n_best,
            "signatures": signatures,
            "quantization": "none",
        }
        write_members(version.path, metadata, *tokenizers)
        parity = _prove(model, SavedModelPredictor(version.path), sample)
        write_members(version.path, {**metadata, "parity": parity.as_dict()}, *tokenizers)
    size_bytes = sum(read_saved_model(version.path).size_bytes.values())
    return SavedModelReport(version.path, size_bytes, signatures, parity)


def _save(servable: Servable, folder: Path) -> list[str]:
    """Writes graph and weights, and returns the signatures' names."""
    try:
        signatures = servable.signatures()
        tf.saved_model.save(servable, str(folder), signatures)
    except (AssertionError, tf.errors.OpError) as error:
        first_line = str(error).strip().partition("\n")[0]
        raise ExportError(f"TensorFlow cannot save the graph. It said: {first_line}") from error
    return sorted(signatures)


def _prove(model: Seq2Seq, exported: SavedModelPredictor, sample: Sequence[str]) -> ServableParity:
    texts = [text for text in sample if _is_taken(exported, text)]
    if not texts:
        raise ExportError(
            "The proof needs a text that the model takes. "
            f"Received {len(sample)}, each empty, too long or of unknown characters."
        )
    parity = check_servable_parity(model, exported, texts)
    shares = {"beams": parity.same_beams, "alignments": parity.same_alignments}
    for name, share in shares.items():
        if share is not None and share < SAME_SHARE:
            raise ExportError(
                f"At least {SAME_SHARE:.0%} of the SavedModel's {name} must be the Keras model's. "
                f"Received: {share:.1%} of {parity.texts}."
            )
    if not parity.max_difference <= SCORE_TOLERANCE:
        raise ExportError(
            f"The SavedModel's scores must lie within {SCORE_TOLERANCE} of the Keras model's. "
            f"Largest difference: {parity.max_difference:.2g}."
        )
    return parity


def _is_taken(exported: SavedModelPredictor, text: str) -> bool:
    try:
        exported.check(text)
    except InputError:
        return False
    return True
