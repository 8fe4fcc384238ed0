"""Sentences, and texts of them -> translations."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Self

from s2s_keras.decoding import DecodingSettings, Prediction
from s2s_keras.runtime.artifact import Artifact
from s2s_keras.runtime.seq2seq_lite import Seq2SeqLite
from s2s_keras.runtime.shipped import shipped_model

__all__ = ["Translator"]


class Translator(Seq2SeqLite):
    """Opens a file whose task is `translation`; see `Seq2SeqLite`.

    Texts longer than the file takes are translated in pieces, unless settings are given that leave
    `split_long_sources` out.

    >>> with Translator("model.tflite") as translator:
    ...     print(translator.translate("one hundred and two").text)
    """

    task = "translation"

    @classmethod
    def shipped(
        cls,
        source: str,
        target: str,
        settings: DecodingSettings | None = None,
        *,
        num_threads: int = 1,
        interpreter: str | Callable[..., Any] | None = None,
    ) -> Self:
        """Opens the translator that ships with the package: `Translator.shipped("en", "fr")`.

        Each sentence of a text is translated by itself, unless settings are given that leave
        `split_sentences` out.

        Args:
            source: ISO 639-1 code of the texts.
            target: likewise of the translations.
            settings: see `Seq2SeqLite`.
            num_threads: see `Seq2SeqLite`.
            interpreter: see `Seq2SeqLite`.

        Raises:
            ArtifactError: no model ships for that pair; names those that do.
            MissingDependencyError: no interpreter is installed.
            ValueError: `num_threads` is below 1.
        """
        path = shipped_model(source, target)
        translator = cls(path, settings, num_threads=num_threads, interpreter=interpreter)
        if settings is None:
            translator.settings = replace(translator.settings, split_sentences=True)
        return translator

    def translate(self, text: str) -> Prediction:
        """Translates a text: the best output of `predict`.

        Raises:
            InputError: see `predict`.
        """
        [[best, *_]] = self.predict([text])
        return best

    @classmethod
    def _default_settings(cls, artifact: Artifact) -> DecodingSettings:
        return replace(super()._default_settings(artifact), split_long_sources=True)
