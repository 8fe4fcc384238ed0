"""A model of typed words without a network: it holds what may have been meant, and how probably."""

import numpy as np

from s2s_keras.decoding import StepOutput
from s2s_keras.text import EOS_ID, CharacterTokenizer, SubwordTokenizer
from s2s_keras.text.marker import marked_word, with_marks

CHARACTERS = "abcdefghijklmnopqrstuvwxyz' "
SOURCES = with_marks(
    SubwordTokenizer([*"abcdefghijklmnopqrstuvwxyz'.,▁", "▁the"], lowercase=True), CHARACTERS
)
TARGETS = CharacterTokenizer(sorted(CHARACTERS), lowercase=True)

ELSE = 1e-9
"""The share of every other text."""


class MeantWords:
    """A session whose probability of a text is the one that is given for the typed word.

    Args:
        meant: typed word -> text -> its probability; a word that is not there is meant itself.
        of_source: whether keys are whole sources instead of typed words.
    """

    def __init__(self, meant, of_source=False):
        self.meant = meant
        self.of_source = of_source
        self.starts = []

    def start(self, source_ids, beam_width):
        source = SOURCES.decode(source_ids[0])
        typed = marked_word(source)
        self.texts = self.meant.get(source if self.of_source else typed, {typed: 1.0})
        self.prefixes = [""] * beam_width
        self.starts.append((typed, beam_width))

    def step(self, tokens, parents):
        before = [self.prefixes[parent] for parent in parents]
        self.prefixes = [
            prefix + (TARGETS.tokens[token] if token > EOS_ID + 1 else "")
            for prefix, token in zip(before, tokens, strict=True)
        ]
        size = len(TARGETS)
        log_probs = np.stack([self.row(prefix) for prefix in self.prefixes]).astype(np.float32)
        return StepOutput(log_probs, np.tile(np.arange(size), (len(tokens), 1)), None)

    def row(self, prefix):
        """Returns log p(next token | prefix), each of the others with a little."""
        chances = np.full(len(TARGETS), ELSE)
        for text, share in self.texts.items():
            if text.startswith(prefix):
                rest = text[len(prefix) :]
                chances[TARGETS.encode(rest[:1])[0] if rest else EOS_ID] += share
        return np.log(chances / chances.sum())
