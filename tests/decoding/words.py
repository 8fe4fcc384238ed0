"""A model of words between contexts without a network: it holds what is likely, and how likely."""

import numpy as np

from s2s_keras.decoding import StepOutput
from s2s_keras.text import SubwordTokenizer, with_end

TOKENIZER = with_end(
    SubwordTokenizer(
        [*"abcdefghijklmnopqrstuvwxyz'.,▁", "▁the", "▁then", "▁ten", "▁a", "re", "ir", "there"],
        lowercase=True,
    )
)

ELSE = 1e-9
"""The share of every other token."""

LONGEST = 200


class LikelyWords:
    """A session whose probability of a word is the one that is given for its contexts.

    Args:
        likely: left and right context -> word -> its probability there.
    """

    def __init__(self, likely):
        self.likely = likely
        self.starts = []
        self.steps = 0

    def start(self, source_ids, beam_width):
        self.right = TOKENIZER.decode(source_ids[0])[:-1]
        self.histories = np.zeros((1, beam_width, LONGEST), np.float32)
        self.starts.append((self.right, beam_width))

    def state(self):
        return self.histories

    def resume(self, state):
        self.histories = np.repeat(state[:, :1], self.histories.shape[1], axis=1)

    def step(self, tokens, parents):
        self.steps += 1
        self.histories = self.histories[:, parents]
        for row, token in zip(self.histories[0], tokens, strict=True):
            row[int(np.count_nonzero(row))] = token
        rows = [[int(token) for token in row if token] for row in self.histories[0]]
        log_probs = np.stack([self.row(row[1:]) for row in rows])
        everything = np.tile(np.arange(len(TOKENIZER)), (len(tokens), 1))
        return StepOutput(log_probs.astype(np.float32), everything, None)

    def row(self, history):
        """Returns log p(next token | history), each of the others with a little."""
        chances = np.full(len(TOKENIZER), ELSE)
        for place in range(len(history) + 1):
            begun = history[place:]
            words = self.likely(TOKENIZER.decode(history[:place]), self.right).items()
            shares = [(TOKENIZER.encode(word), share) for word, share in words]
            shares = [(ids, share) for ids, share in shares if ids[: len(begun)] == begun]
            whole = sum(share for _, share in shares) if begun else 1.0
            for ids, share in shares:
                if len(ids) > len(begun):
                    chances[ids[len(begun)]] += share / whole
        return np.log(chances)


def always(shares):
    """Returns what is likely in every context."""
    return LikelyWords(lambda left, right: shares)
