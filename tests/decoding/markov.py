"""A model without a network: the next token depends on the token before it and on the source."""

import itertools

import numpy as np

from s2s_keras.decoding import StepOutput
from s2s_keras.text import EOS_ID, PAD_ID, UNK_ID

FIRST_LETTER = UNK_ID + 1


class MarkovSession:
    """A session over a fixed table; its state is the tokens that each row has seen.

    Args:
        table: float32 (V, V, V), log p(next token | first token of the source, token before).
            Its candidates are the letters, from the last to the first, and then `eos`.
        unknown: whether `<unk>` is a candidate too.
        attends: whether it has attention.
    """

    def __init__(self, table, unknown=False, attends=True):
        self.table = table
        letters = [*range(len(table) - 1, FIRST_LETTER - 1, -1)]
        self.candidates = np.array([*letters, EOS_ID, *([UNK_ID] if unknown else [])])
        self.attends = attends
        self.steps = 0

    def start(self, source_ids, beam_width):
        self.sources = np.repeat(source_ids, beam_width, axis=0)
        self.beam_width = beam_width
        self.histories = [()] * len(self.sources)
        self.steps = 0

    def step(self, tokens, parents):
        rows = np.arange(len(self.sources))
        assert tokens.shape == parents.shape == rows.shape
        assert (parents // self.beam_width == rows // self.beam_width).all()
        self.steps += 1
        self.histories = [
            (*self.histories[parent], int(token))
            for parent, token in zip(parents, tokens, strict=True)
        ]
        ended = [history for history in self.histories if EOS_ID in history]
        assert all(set(h[h.index(EOS_ID) + 1 :]) <= {PAD_ID} for h in ended)
        seen = list(zip(self.sources, self.histories, strict=True))
        return StepOutput(
            np.stack([self.row(source, history) for source, history in seen]),
            np.tile(self.candidates, (len(rows), 1)),
            np.stack([self.attention(source, history) for source, history in seen])
            if self.attends
            else None,
        )

    def row(self, source, history):
        """Returns the log-probabilities (K,) of the candidates after `history`."""
        return self.table[source[0], history[-1], self.candidates]

    def attention(self, source, history):
        """Returns weights (S,): all on one token that is not padding, which `history` chooses."""
        return np.eye(len(source), dtype=np.float32)[sum(history) % np.count_nonzero(source)]


class HistorySession(MarkovSession):
    """A model whose next token depends on all tokens before it, so that a lost one shows."""

    def row(self, source, history):
        rng = np.random.default_rng([int(source[0]), *history])
        return np.log(rng.dirichlet(np.ones(len(self.candidates)))).astype(np.float32)


class SoftSession(HistorySession):
    """Spreads its attention, also over padding and one column behind the source, as no model would.

    Whatever counts those shows.
    """

    def attention(self, source, history):
        rng = np.random.default_rng([7, int(source[0]), *history])
        return rng.dirichlet(np.full(len(source) + 1, 0.4)).astype(np.float32)


def table_of(chances, size):
    """Returns a table with `chances[previous][next]` for every source, and 0 elsewhere."""
    table = np.zeros((size, size, size))
    for previous, row in chances.items():
        for token, chance in row.items():
            table[:, previous, token] = chance
    with np.errstate(divide="ignore"):
        return np.log(table).astype(np.float32)


def random_table(seed, letters, end=1.0):
    """Returns a table of random chances; a larger `end` makes shorter outputs."""
    size = FIRST_LETTER + letters
    weights = np.random.default_rng(seed).gamma(0.7, size=(size, size, size)) + 1e-3
    weights[:, :, EOS_ID] *= end
    weights[:, :, [i for i in range(FIRST_LETTER) if i != EOS_ID]] = 0.0
    with np.errstate(divide="ignore"):
        return np.log(weights / weights.sum(axis=2, keepdims=True)).astype(np.float32)


def every_output(letters, longest):
    """Yields every output: any letters and `eos`, or `longest` letters."""
    alphabet = range(FIRST_LETTER, FIRST_LETTER + letters)
    for length in range(longest):
        for text in itertools.product(alphabet, repeat=length):
            yield (*text, EOS_ID)
    yield from itertools.product(alphabet, repeat=longest)
