"""The pairs that the claims are measured on."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from benchmarks.claims import data
from s2s_keras.data import Pair, read_pairs
from s2s_keras.errors import DataError

DEV = data.draw_dev_lists(2)


def test_dev_lists_cover_all_lengths_evenly() -> None:
    lengths = Counter(data.count_words(pair.source) for pair in DEV)
    assert lengths == dict.fromkeys(range(data.SHORTEST, data.LONGEST + 1), 2)
    assert len({pair.source for pair in DEV}) == len(DEV)


def test_lists_are_translated_number_by_number() -> None:
    french = {"seven": "sept", "twenty-one": "vingt et un", "one hundred": "cent"}
    known = {english: target for english, target, _ in data._number_words()}
    assert {english: known[english] for english in french} == french
    for pair in DEV:
        assert [known[number] for number in pair.source.split(", ")] == pair.target.split(", ")


def test_train_lists_hold_as_many_target_tokens_and_no_dev_source() -> None:
    short = data.draw_train_lists(DEV, 3_000, longest=16)
    long = data.draw_train_lists(DEV, 3_000)
    for train, longest in ((short, 16), (long, data.LONGEST)):
        lengths = [data.count_words(pair.source) for pair in train]
        assert min(lengths) >= data.SHORTEST and max(lengths) <= longest
        tokens = sum(data.count_words(pair.target) for pair in train)
        assert 3_000 <= tokens < 3_100
        assert not {pair.source for pair in train} & {pair.source for pair in DEV}
    assert max(data.count_words(pair.source) for pair in long) > 40


def test_draws_depend_on_the_seed_alone() -> None:
    assert data.draw_dev_lists(1) == data.draw_dev_lists(1)
    assert data.draw_train_lists(DEV, 500) == data.draw_train_lists(DEV, 500)
    assert data.draw_train_lists(DEV, 500) != data.draw_train_lists(DEV, 500, seed=5)


def test_spread_takes_even_distances() -> None:
    pairs = [Pair(str(i), str(i)) for i in range(10)]
    assert [pair.source for pair in data.spread(pairs, 4)] == ["0", "2", "5", "7"]
    assert data.spread(pairs, 20) == pairs


def test_read_multi30k_pairs_lines_and_leaves_long_ones_out(tmp_path: Path) -> None:
    (tmp_path / "val.en").write_text("A dog .\nA  very long dog .\n", encoding="utf-8")
    (tmp_path / "val.fr").write_text("Un chien .\nUn très long chien .\n", encoding="utf-8")
    pairs = data.read_multi30k(tmp_path, "val", "fr")
    assert pairs[1] == ("A very long dog .", "Un très long chien .")
    assert data.read_multi30k(tmp_path, "val", "fr", longest=4) == pairs[:1]
    (tmp_path / "val.fr").write_text("Un chien .\n", encoding="utf-8")
    with pytest.raises(DataError, match="as many lines. Received: 2 and 1"):
        data.read_multi30k(tmp_path, "val", "fr")


def test_write_split_writes_what_a_recipe_reads(tmp_path: Path) -> None:
    paths = data.write_split(tmp_path / "new", DEV[:2], DEV[2:3])
    assert {part: read_pairs(path) for part, path in paths.items()} == {
        "train": DEV[:2],
        "dev": DEV[2:3],
    }
