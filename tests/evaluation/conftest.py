"""A predictor whose every step is written down."""

import numpy as np
import pytest

from s2s_keras.decoding import DecodingSettings, Predictor
from s2s_keras.text import BOS_ID, EOS_ID, CharacterTokenizer
from tests.decoding.markov import MarkovSession, table_of

TOKENIZER = CharacterTokenizer("abc")


@pytest.fixture
def predictor():
    """Turns a into b, b into b and c into a; takes one token."""
    table = table_of({}, len(TOKENIZER))
    for source, output in ("ab", "bb", "ca"):
        [i], [j] = TOKENIZER.encode(source), TOKENIZER.encode(output)
        table[i, BOS_ID, j] = np.log(0.9)
        table[i, j, EOS_ID] = 0.0
    settings = DecodingSettings(beam_width=1, max_source_length=1)
    return Predictor(MarkovSession(table), TOKENIZER, TOKENIZER, settings)
