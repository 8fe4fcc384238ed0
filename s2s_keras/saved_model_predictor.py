"""A SavedModel, open: texts -> outputs, with the search and the tokenisation that it holds."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from s2s_keras.decoding import DecodingSettings, Hypothesis, Prediction, Predictor
from s2s_keras.decoding.scoring import Coverage, length_penalty
from s2s_keras.errors import ArtifactError, MissingDependencyError
from s2s_keras.saved_model import SavedModelFolder, SearchInGraph, read_saved_model
from s2s_keras.text import EOS_ID, pad_ids
from s2s_keras.text.tokenizer import SPECIAL_TOKENS

if TYPE_CHECKING:
    from s2s_keras.decoding.predictor import _Source

__all__ = ["SERVING_BATCH", "SavedModelPredictor"]

SERVING_BATCH = 32
"""Texts that a SavedModel decodes together, unless told otherwise."""

FREE_FIELDS = ("n_best", "split_long_sources")
"""Settings that do not lie in the graph: up to as many outputs as it gives are taken."""
_SURROGATE = re.compile("[\ud800-\udfff]")


class SavedModelPredictor(Predictor):
    """Decodes texts with a SavedModel that `s2s-keras export --to saved_model` made.

    It needs TensorFlow, and tensorflow-text unless the folder was exported without text. Texts are
    checked here, as `Predictor.check` does, and cut, decoded and joined in the graph.

    The search is the graph's, and so is how it decodes: of `settings` only `n_best`, up to that of
    the export, and `split_long_sources` can be changed. A search of one output for each text gives
    its alignment; of several, none has one.

    >>> predictor = SavedModelPredictor("models/en-fr")
    >>> predictor.predict(["The sea is calm."])[0][0].text

    Args:
        path: a version's folder, or the folder of versions, of which the highest is opened.

    Attributes:
        folder: what it says of itself.
        signatures: the loaded functions by name.

    Raises:
        ArtifactError: there is no SavedModel of ours, or it is damaged.
        MissingDependencyError: TensorFlow or tensorflow-text is not installed.
    """

    def __init__(self, path: str | Path) -> None:
        self.folder = read_saved_model(path)
        self._loaded = _load(self.folder)
        self.signatures: dict[str, Any] = dict(self._loaded.signatures)
        super().__init__(
            SearchInGraph(),
            self.folder.source_tokenizer,
            self.folder.target_tokenizer,
            replace(self.folder.settings, n_best=1),
        )

    @property
    def settings(self) -> DecodingSettings:
        """How it decodes."""
        return self._settings

    @settings.setter
    def settings(self, settings: DecodingSettings) -> None:
        fixed = self.folder.settings
        for field in fields(settings):
            given, held = getattr(settings, field.name), getattr(fixed, field.name)
            if field.name not in FREE_FIELDS and given != held:
                raise ValueError(
                    f"`{field.name}` of a SavedModel is fixed when it is exported. Received: "
                    f"{field.name}={given!r}, and {self.folder.path} has {held!r}. Export again."
                )
        if settings.n_best > fixed.n_best:
            raise ValueError(
                f"`n_best` of a SavedModel must be at most that of its export, {fixed.n_best}. "
                f"Received: n_best={settings.n_best}. Export again with a larger `--n-best`."
            )
        if settings.n_best > 1 and settings.coverage_penalty_beta:
            raise ValueError(
                "`n_best` must be 1 where a SavedModel has a coverage penalty: its outputs do not "
                f"tell log p of the others. Received: n_best={settings.n_best}. Call the signature "
                "`serving_default` for their texts and scores."
            )
        self._settings = settings

    def describe(self) -> dict[str, Any]:
        """Returns what `inspect` shows: sizes, signatures with their tensors, metadata."""
        import tensorflow as tf

        signatures = {}
        for name, function in sorted(self.signatures.items()):
            _, inputs = function.structured_input_signature
            sides = {"inputs": inputs, "outputs": function.structured_outputs}
            signatures[name] = {
                side: {
                    tensor: (spec.dtype.name, spec.shape.as_list())
                    for tensor, spec in tensors.items()
                }
                for side, tensors in sides.items()
            }
        return {
            "path": str(self.folder.path),
            "size_bytes": self.folder.size_bytes,
            "loaded_by": f"tensorflow {tf.__version__}",
            "signatures": signatures,
            "metadata": self.folder.metadata,
        }

    def _search(
        self, session: Any, sources: Sequence[_Source], settings: DecodingSettings
    ) -> list[list[Prediction]]:
        if self.folder.has_text and settings.n_best == 1:
            return self._aligned(sources)
        found = self._from_ids(sources)
        if not self.folder.has_text:
            return found
        [texts] = self._call("serving_default", _texts(sources), "texts")
        return [
            [replace(p, text=text.decode()) for p, text in zip(predictions, row, strict=False)]
            for predictions, row in zip(found, texts, strict=True)
        ]

    def _stream(
        self, session: Any, source: _Source, settings: DecodingSettings
    ) -> Iterator[Prediction]:
        """Yields the best output alone: the graph tells nothing before."""
        yield from self._search(session, [source], settings)[0][:1]

    def _aligned(self, sources: Sequence[_Source]) -> list[list[Prediction]]:
        """Decodes with the signature `alignments`: one output a text."""
        names = ("texts", "scores", "source_pieces", "target_pieces")
        texts, scores, source_pieces, target_pieces, *attention = self._call(
            "alignments", _texts(sources), *names, "attention"
        )
        predictions = []
        for n, source in enumerate(sources):
            aligned = [_written(pieces[n]) for pieces in (source_pieces, target_pieces)]
            shape = tuple(map(len, aligned))
            weights = attention[0][n, : shape[1], : shape[0]] if attention else None
            predictions.append(
                Prediction(
                    text=texts[n].decode(),
                    log_prob=self._log_prob(float(scores[n]), shape[1], source.ids, weights),
                    score=float(scores[n]),
                    source_tokens=aligned[0],
                    target_tokens=aligned[1],
                    attention=weights,
                    is_complete=SPECIAL_TOKENS[EOS_ID] in aligned[1],
                )
            )
        return [[prediction] for prediction in predictions]

    def _from_ids(self, sources: Sequence[_Source]) -> list[list[Prediction]]:
        """Decodes with the signature `ids`, text outside of the graph."""
        padded = pad_ids([source.ids for source in sources], max(len(s.ids) for s in sources))
        target_ids, scores = self._call("ids", padded, "target_ids", "scores")
        return [
            [
                self._prediction(source.text, self._hypothesis(ids, float(score)))
                for ids, score in zip(rows, row_scores, strict=True)
                if np.isfinite(score)
            ][: self.settings.n_best]
            for source, rows, row_scores in zip(sources, target_ids, scores, strict=True)
        ]

    def _hypothesis(self, ids: NDArray[np.int32], score: float) -> Hypothesis:
        # Without `eos` an output has the maximum length: no other ends a search.
        ended = np.flatnonzero(ids == EOS_ID)
        token_ids = tuple(map(int, ids[: ended[0] + 1] if len(ended) else ids))
        log_prob = self._log_prob(score, len(token_ids), [], None)
        return Hypothesis(token_ids, log_prob, score, None)

    def _log_prob(
        self, score: float, length: int, ids: list[int], attention: NDArray[np.float32] | None
    ) -> float:
        """Solves `decoding.scoring.score` for log p."""
        if attention is not None and self.settings.coverage_penalty_beta:
            coverage = Coverage(np.array([ids], np.int32), 1, self.settings)
            for weights in attention:
                coverage.add(weights[np.newaxis], [0])
            score -= float(coverage.penalty()[0])
        return score * float(length_penalty(max(length, 1), self.settings))

    def _call(self, signature: str, rows: Any, *names: str) -> list[Any]:
        """Returns those of a signature's outputs that it has."""
        import tensorflow as tf

        outputs = self.signatures[signature](tf.constant(rows))
        return [outputs[name].numpy() for name in names if name in outputs]


def _texts(sources: Sequence[_Source]) -> list[bytes]:
    # A lone surrogate has no UTF-8: it is unknown to a model, and so is what takes its place.
    return [_SURROGATE.sub("\N{REPLACEMENT CHARACTER}", source.text).encode() for source in sources]


def _written(pieces: NDArray[np.object_]) -> tuple[str, ...]:
    return tuple(piece.decode() for piece in pieces if piece)


def _load(folder: SavedModelFolder) -> Any:
    needed = ["tensorflow", "tensorflow_text"] if folder.has_text else ["tensorflow"]
    try:
        for module in needed:
            __import__(module)
    except ModuleNotFoundError as error:
        raise MissingDependencyError(
            f"Opening a SavedModel needs {error.name}: pip install 's2s-keras[saved-model]'."
        ) from error
    import tensorflow as tf

    try:
        return tf.saved_model.load(str(folder.path))
    except (OSError, RuntimeError, ValueError, tf.errors.OpError) as error:
        first_line = str(error).strip().partition("\n")[0]
        raise ArtifactError(f"{folder.path}: TensorFlow cannot load it: {first_line}") from error
