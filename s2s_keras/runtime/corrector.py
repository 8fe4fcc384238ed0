"""Words and short texts -> corrected ones."""

from __future__ import annotations

from dataclasses import dataclass, field

from s2s_keras.decoding import Prediction
from s2s_keras.runtime.seq2seq_lite import Seq2SeqLite

__all__ = ["Correction", "Corrector"]


@dataclass(frozen=True)
class Correction:
    """What became of a text.

    Attributes:
        source: the text as it was given.
        text: the corrected text; where nothing was corrected, `source` itself.
        predictions: the model's n best outputs, the best first.
    """

    source: str
    text: str
    predictions: tuple[Prediction, ...] = field(repr=False)

    @property
    def changed(self) -> bool:
        """Whether anything was corrected."""
        return self.text != self.source


class Corrector(Seq2SeqLite):
    """Opens a file whose task is `correction`; see `Seq2SeqLite`.

    >>> with Corrector("model.tflite") as corrector:
    ...     print(corrector.correct("recieve").text)
    """

    task = "correction"

    def correct(self, text: str) -> Correction:
        """Corrects a word or a short text.

        An output of the same tokens is no correction: white space and, where the model knows no
        capitals, letter case stay as they were. Neither is one that the model did not end, for want
        of time or length: half a word corrects nothing.

        Raises:
            InputError: see `predict`.
        """
        [predictions] = self.predict([text])
        pieces = self.source_tokenizer.pieces
        for best in predictions[:1]:
            if best.is_complete and pieces(best.text) != pieces(text):
                return Correction(text, best.text, tuple(predictions))
        return Correction(text, text, tuple(predictions))
