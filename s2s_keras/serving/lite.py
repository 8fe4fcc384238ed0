"""A `.tflite` file -> a servable, without TensorFlow."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from s2s_keras.errors import ArtifactError
from s2s_keras.runtime import Artifact, Seq2SeqLite, TFLiteSession, load, read_artifact
from s2s_keras.serving.rows import join_rows
from s2s_keras.serving.signature import (
    SERVING_DEFAULT,
    Columns,
    Row,
    ServedSignature,
    TensorSpec,
)
from s2s_keras.serving.strings import text_of, to_strings
from s2s_keras.text import pad_ids

__all__ = ["LiteServable"]

MISSING_SCORE = -np.inf
"""Of an output that the search did not find."""


class LiteServable:
    """Serves a model file, the signatures those of the SavedModel of the same model.

    Each worker has an interpreter to itself, and decodes one text at a time.

    Args:
        path: the `.tflite` file, or what `read_artifact` returned.
        n_best: outputs a text, 1 to the file's beam width, which is the default.
        time_limit_ms: see `DecodingSettings`; a text whose time is over gives its best so far.
        workers: texts decoded at the same time, at least 1; by default the machine's cores.

    Raises:
        ArtifactError: the file is missing, foreign, truncated or damaged; or it corrects words in
            their context: see `CorrectorServable`.
        MissingDependencyError: no interpreter is installed.
        ValueError: `n_best` or `workers` lies outside its range.
    """

    version = 1
    batch_size = 1

    def __init__(
        self,
        path: str | Path | Artifact,
        *,
        n_best: int | None = None,
        time_limit_ms: float | None = None,
        workers: int | None = None,
    ) -> None:
        if workers is not None and workers < 1:
            raise ValueError(f"`workers` must be a positive integer. Received: workers={workers}.")
        artifact = path if isinstance(path, Artifact) else read_artifact(path)
        if artifact.lexicon is not None:
            raise ArtifactError(f"{artifact.path}: this corrects words: take `CorrectorServable`.")
        model = load(artifact)
        model.settings = replace(
            model.settings,
            n_best=model.settings.beam_width if n_best is None else n_best,
            time_limit_ms=time_limit_ms,
        )
        self.workers = workers or os.cpu_count() or 1
        self.signatures = _signatures(model.settings.n_best, _has_attention(model))
        self._models = _models(model)

    @property
    def metadata(self) -> Mapping[str, Any]:
        """The file's `model.json`."""
        return self._models[SERVING_DEFAULT].metadata

    def check(self, signature: str, row: Row) -> None:
        """Refuses what the model does not take; see `Servable.check`."""
        model = self._models[signature]
        if signature == "ids":
            model.check_ids(_unpadded(row["source_ids"]))
        else:
            model.check_text(text_of(row["texts"]))

    def run(self, signature: str, columns: Columns) -> Columns:
        """Decodes each row; see `Servable.run`."""
        [values] = columns.values()
        found = [RUN[signature](self._models[signature], value) for value in values]
        return join_rows(found, self.signatures[signature].outputs)

    def close(self) -> None:
        """Closes the file."""
        self._models[SERVING_DEFAULT].close()


def _translate(model: Seq2SeqLite, text: bytes) -> Row:
    [found] = model.predict([text_of(text)])
    texts = [prediction.text for prediction in found]
    missing = model.settings.n_best - len(found)
    return {
        "texts": to_strings([*texts, *[""] * missing]),
        "scores": _scores([prediction.score for prediction in found], missing),
    }


def _align(model: Seq2SeqLite, text: bytes) -> Row:
    [[best, *_]] = model.predict([text_of(text)])
    row = {
        "texts": to_strings(best.text),
        "scores": np.array(best.score, np.float32),
        "source_pieces": to_strings(best.source_tokens),
        "target_pieces": to_strings(best.target_tokens),
    }
    return row if best.attention is None else {**row, "attention": best.attention}


def _search(model: Seq2SeqLite, source_ids: NDArray[np.int32]) -> Row:
    found = model.search(_unpadded(source_ids))
    missing = model.settings.n_best - len(found)
    ids = [list(hypothesis.token_ids) for hypothesis in found] + [[]] * missing
    return {
        "target_ids": pad_ids(ids, max(map(len, ids))),
        "scores": _scores([hypothesis.score for hypothesis in found], missing),
    }


RUN: Mapping[str, Callable[[Seq2SeqLite, Any], Row]] = {
    SERVING_DEFAULT: _translate,
    "alignments": _align,
    "ids": _search,
}


def _models(model: Seq2SeqLite) -> dict[str, Seq2SeqLite]:
    """Returns signature -> the model with its settings; all share the interpreters."""
    whole, ids = copy(model), copy(model)
    # A text in pieces has no alignment.
    whole.settings = replace(model.settings, n_best=1, split_long_sources=False)
    return {SERVING_DEFAULT: model, "alignments": whole, "ids": ids}


def _signatures(n_best: int, has_attention: bool) -> dict[str, ServedSignature]:
    texts = {"texts": TensorSpec("DT_STRING", (None,), "texts")}
    ids = {"source_ids": TensorSpec("DT_INT32", (None, None), "source_ids")}
    scores = TensorSpec("DT_FLOAT", (None, n_best), "scores")
    aligned = {
        "texts": TensorSpec("DT_STRING", (None,), "texts"),
        "scores": TensorSpec("DT_FLOAT", (None,), "scores"),
        "source_pieces": TensorSpec("DT_STRING", (None, None), "source_pieces"),
        "target_pieces": TensorSpec("DT_STRING", (None, None), "target_pieces"),
    }
    if has_attention:
        aligned["attention"] = TensorSpec("DT_FLOAT", (None, None, None), "attention")
    outputs = {
        SERVING_DEFAULT: {
            "texts": TensorSpec("DT_STRING", (None, n_best), "texts"),
            "scores": scores,
        },
        "alignments": aligned,
        "ids": {
            "target_ids": TensorSpec("DT_INT32", (None, n_best, None), "target_ids"),
            "scores": scores,
        },
    }
    return {
        name: ServedSignature(ids if name == "ids" else texts, given)
        for name, given in outputs.items()
    }


def _has_attention(model: Seq2SeqLite) -> bool:
    session = model.session
    return isinstance(session, TFLiteSession) and any(
        "attention" in signature["outputs"] for signature in session.signatures().values()
    )


def _unpadded(source_ids: NDArray[np.int32]) -> list[int]:
    """Returns ids without the padding on their right."""
    return list(map(int, np.trim_zeros(source_ids, "b")))


def _scores(found: Sequence[float], missing: int) -> NDArray[np.float32]:
    return np.array([*found, *[MISSING_SCORE] * missing], np.float32)
