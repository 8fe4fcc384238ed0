"""Sentences, and texts of them -> translations."""

from __future__ import annotations

from dataclasses import replace

from s2s_keras.decoding import DecodingSettings, Prediction
from s2s_keras.runtime.artifact import Artifact
from s2s_keras.runtime.seq2seq_lite import Seq2SeqLite

__all__ = ["Translator"]


class Translator(Seq2SeqLite):
    """Opens a file whose task is `translation`; see `Seq2SeqLite`.

    Texts longer than the file takes are translated in pieces, unless settings are given that leave
    `split_long_sources` out.

    >>> with Translator("model.tflite") as translator:
    ...     print(translator.translate("one hundred and two").text)
    """

    task = "translation"

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
