"""Every dev line of a built-in data set comes back from its subwords."""

import pytest

from s2s_keras.data import build_dataset
from s2s_keras.text import SubwordTokenizer, normalize
from s2s_keras.text.subword import BYTE_PIECES


@pytest.mark.parametrize("name", ["dates", "misspellings"])
def test_dev_lines_come_back_and_most_need_no_bytes(name: str) -> None:
    dataset = build_dataset(name)
    learned_from = (text for pair in dataset.train[::4] for text in pair)
    tokenizer = SubwordTokenizer.learn(learned_from, max_size=500)
    lines = [text for pair in dataset.dev for text in pair]
    assert len(lines) > 1000
    with_bytes = 0
    for line in lines:
        pieces = tokenizer.pieces(line)
        assert tokenizer.decode(tokenizer.encode(line)) == normalize(line)
        with_bytes += bool(set(pieces) & set(BYTE_PIECES))
    assert with_bytes < 0.01 * len(lines)
