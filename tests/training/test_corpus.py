from pathlib import Path

import pytest

from s2s_keras.config import DataConfig, Recipe
from s2s_keras.data import Pair, number_words, write_pairs
from s2s_keras.errors import DataError
from s2s_keras.text import TOKENIZERS, SubwordTokenizer, WordTokenizer
from s2s_keras.training.corpus import (
    Corpus,
    learn_tokenizers,
    load_corpus,
    make_batches,
    vocabulary_notes,
)


@pytest.mark.parametrize(
    ("tokenizer", "limits", "message"),
    [
        ("word", (2, 3), None),
        ("word", (1, 3), ":2: the source has 2 tokens; `data.max_source_length` is 1"),
        ("word", (2, 2), ":2: the target has 3 tokens; `data.max_target_length` is 2"),
        ("character", (9, 9), None),
        ("character", (8, 9), ":2: the source has 9 tokens; `data.max_source_length` is 8"),
    ],
)
def test_load_corpus_counts_tokens_of_the_recipe(
    tmp_path: Path, tokenizer: str, limits: tuple[int, int], message: str | None
) -> None:
    path = tmp_path / "pairs.tsv"
    pairs = [Pair("a", "b"), Pair("two words", "et c'")]
    write_pairs(path, pairs)
    config = DataConfig(
        train=path,
        dev=path,
        tokenizer=tokenizer,
        max_source_length=limits[0],
        max_target_length=limits[1],
    )
    if message is None:
        assert load_corpus(config).train == pairs
    else:
        with pytest.raises(DataError, match=f"pairs.tsv{message}"):
            load_corpus(config)


def test_load_corpus_counts_subwords_with_the_learned_vocabulary(tmp_path: Path) -> None:
    """`common` is seen often, and so one token; the letters of `x9q` are by themselves."""
    path, dev = tmp_path / "pairs.tsv", tmp_path / "dev.tsv"
    write_pairs(path, [Pair("common words", "common")] * 20 + [Pair("common", "common words")])
    write_pairs(dev, [Pair("common words", "words"), Pair("words x9q", "words")])
    limits = {"max_source_length": 4, "max_target_length": 2, "max_vocabulary": 40}
    config = DataConfig(train=path, dev=path, tokenizer="subword", **limits)
    corpus = load_corpus(config)
    assert len(corpus.train) == 21
    source, target = learn_tokenizers(corpus, config)
    assert corpus.tokenizers == (source, target)
    assert source.pieces("common words") == ["▁common", "▁words"]
    again = load_corpus(config, (source, target))
    assert again.tokenizers == corpus.tokenizers and again.train == corpus.train
    message = "dev.tsv:2: the source has 5 tokens; `data.max_source_length` is 4"
    with pytest.raises(DataError, match=message):
        load_corpus(config.model_copy(update={"dev": dev}))
    letters = SubwordTokenizer(sorted(set("comnwrds▁")))
    with pytest.raises(DataError, match="pairs.tsv:1: the source has 13 tokens"):
        load_corpus(config, (letters, letters))


def write_aligned(folder: Path, part: str, pairs: list[Pair]) -> None:
    for language, texts in zip(("en", "de"), zip(*pairs, strict=True), strict=True):
        (folder / f"{part}.{language}").write_text("\n".join(texts) + "\n", encoding="utf-8")


def test_load_corpus_reads_aligned_files_of_a_folder(tmp_path: Path) -> None:
    train, dev = [Pair("a", "b"), Pair("c d", "e")], [Pair("f", "g h")]
    write_aligned(tmp_path, "train", train)
    write_aligned(tmp_path, "val", dev)
    config = DataConfig(
        train=("train.en", "train.de"), dev=["val.en", "val.de"], folder=tmp_path, tokenizer="word"
    )
    corpus = load_corpus(config)
    assert (corpus.train, corpus.dev, corpus.name) == (train, dev, "train.en + train.de")
    assert load_corpus(config.model_copy(update={"name": "Letters"})).name == "Letters"
    with pytest.raises(DataError, match=r"val\.de:1: the target has 2 tokens"):
        load_corpus(config.model_copy(update={"max_target_length": 1}))


def test_load_corpus_drops_what_is_too_long_and_says_so(tmp_path: Path) -> None:
    pairs = [Pair("a", "b"), Pair("a a a", "b"), Pair("a", "b b b"), Pair("a a", "b b")]
    write_pairs(tmp_path / "train.tsv", pairs)
    write_pairs(tmp_path / "dev.tsv", pairs[:1])
    settings = {"tokenizer": "word", "max_source_length": 2, "max_target_length": 2}
    config = DataConfig(train="train.tsv", dev="dev.tsv", folder=tmp_path, **settings)
    with pytest.raises(DataError, match=r"train.tsv:2: .* with `data.too_long: drop`"):
        load_corpus(config)
    corpus = load_corpus(config.model_copy(update={"too_long": "drop"}))
    assert (corpus.train, corpus.dev) == ([pairs[0], pairs[3]], pairs[:1])
    assert corpus.notes == ("train.tsv: 2 of 4 pairs are too long and left out",)
    write_pairs(tmp_path / "dev.tsv", pairs[1:3])
    with pytest.raises(DataError, match=r"dev.tsv: all 2 pairs are longer than"):
        load_corpus(config.model_copy(update={"too_long": "drop"}))


def test_load_corpus_leaves_out_built_pairs_of_too_many_subwords(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(number_words, "SAMPLES", ((0, 1_000, 400),))
    settings = {"tokenizer": "subword", "shared_vocabulary": False, "max_vocabulary": 60}
    config = DataConfig(dataset="number_words", max_source_length=7, **settings)
    corpus = load_corpus(config)
    source, target = learn_tokenizers(corpus, config)
    assert source != target
    whole = load_corpus(DataConfig(dataset="number_words", max_source_length=64, **settings))
    assert whole.tokenizers == (source, target)
    for kept, pairs in ((corpus.train, whole.train), (corpus.dev, whole.dev)):
        assert kept == [pair for pair in pairs if len(source.encode(pair.source)) <= 7]
        assert 0 < len(kept) < len(pairs)


def test_load_corpus_leaves_out_built_pairs_that_are_too_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(number_words, "SAMPLES", ((0, 1_000, 400),))
    config = DataConfig(
        dataset="number_words", tokenizer="word", max_source_length=4, max_target_length=3
    )
    corpus = load_corpus(config)
    pieces = WordTokenizer(()).pieces
    pairs = corpus.train + corpus.dev
    assert max(len(pieces(pair.source)) for pair in pairs) == 4
    assert max(len(pieces(pair.target)) for pair in pairs) == 3
    assert max(len(pair.source) for pair in pairs) > 4


CORPUS = Corpus([Pair("a b b", "B c"), Pair("b", "c c")], [Pair("z", "z")], "tiny", "CC0")


@pytest.mark.parametrize(
    ("settings", "source", "target"),
    [
        ({"tokenizer": "character", "shared_vocabulary": False}, "b a", "c B"),
        ({"tokenizer": "character"}, "bc aB", "bc aB"),
        ({"tokenizer": "word", "shared_vocabulary": False}, "▁b▁a", "▁c▁B"),
        ({"tokenizer": "word"}, "▁b▁c▁B▁a", "▁b▁c▁B▁a"),
        ({"tokenizer": "word", "lowercase": True}, "▁b▁c▁a", "▁b▁c▁a"),
        ({"tokenizer": "word", "max_vocabulary": 2}, "▁b▁c", "▁b▁c"),
        ({"tokenizer": "word", "min_count": 3}, "▁b▁c", "▁b▁c"),
        ({"tokenizer": "subword"}, "abcB▁▁a▁b▁B▁c", "abcB▁▁a▁b▁B▁c"),
        ({"tokenizer": "subword", "shared_vocabulary": False}, "ab▁▁a▁b", "Bc▁▁B▁c"),
        ({"tokenizer": "subword", "max_vocabulary": 4, "lowercase": True}, "▁bca", "▁bca"),
    ],
)
def test_learn_tokenizers_follows_the_recipe(
    settings: dict[str, object], source: str, target: str
) -> None:
    config = DataConfig(train=Path("pairs.tsv"), **settings)
    tokenizers = learn_tokenizers(CORPUS, config)
    kind = TOKENIZERS[config.tokenizer]
    for tokenizer, vocabulary in zip(tokenizers, (source, target), strict=True):
        assert type(tokenizer) is kind
        assert tokenizer.lowercase is config.lowercase
        assert sorted("".join(tokenizer.vocabulary)) == sorted(vocabulary)
    assert (tokenizers[0] is tokenizers[1]) is config.shared_vocabulary


@pytest.mark.parametrize(
    ("settings", "found"),
    [
        ({"max_vocabulary": 10}, ["9 subwords of both sides; `data.max_vocabulary` asks for 10."]),
        ({"max_vocabulary": 9}, []),
        ({}, []),
        (
            {"max_vocabulary": 6, "shared_vocabulary": False},
            [
                "5 subwords of the source; `data.max_vocabulary` asks for 6.",
                "5 subwords of the target; `data.max_vocabulary` asks for 6.",
            ],
        ),
        ({"max_vocabulary": 90, "tokenizer": "word"}, []),
    ],
)
def test_vocabulary_notes_name_what_was_asked_and_found(
    settings: dict[str, object], found: list[str]
) -> None:
    config = DataConfig(**{"train": "pairs.tsv", "tokenizer": "subword", **settings})
    notes = vocabulary_notes(learn_tokenizers(CORPUS, config), config)
    assert notes == [f"The training pairs give {note}" for note in found]


def test_make_batches_cuts_training_subwords_anew_each_epoch_and_dev_never(tmp_path: Path) -> None:
    path = tmp_path / "pairs.tsv"
    pairs = [Pair("common words", "words"), Pair("words", "common words")] * 10
    write_pairs(path, pairs)
    data = {"train": path, "dev": path, "tokenizer": "subword", "max_vocabulary": 40}
    limits = {"max_source_length": 8, "max_target_length": 8}
    seen: dict[float, set[bytes]] = {}
    for dropout in (0.0, 0.3):
        recipe = Recipe(data=DataConfig(**data, **limits, subword_dropout=dropout))
        corpus = load_corpus(recipe.data)
        tokenizers = learn_tokenizers(corpus, recipe.data)
        batches = make_batches(recipe, corpus, *tokenizers)
        decode = tokenizers[1].decode
        rows = [row for batch in batches.train.repeat(5) for row in batch[1]]
        assert {decode(row) for row in rows} == {"words", "common words"}
        seen[dropout] = {row[row > 0].tobytes() for row in rows}
        assert len({row.tobytes() for batch in batches.dev for row in batch[1]}) == 2
        assert batches.target_tokens == 10 * (1 + 2 + 2)
    assert len(seen[0.0]) == 2 < len(seen[0.3])


def test_make_batches_pads_targets_to_their_own_lengths_where_the_recipe_has_some(
    tmp_path: Path,
) -> None:
    path = tmp_path / "pairs.tsv"
    write_pairs(path, [Pair("abcdef", "a"), Pair("a", "abc")])
    data = {"train": path, "dev": path, "max_source_length": 8, "max_target_length": 5}
    recipe = Recipe(data=DataConfig(**data, bucket_lengths=[2], target_bucket_lengths=[2, 9]))
    assert recipe.data.target_buckets == [2, 6]
    corpus = load_corpus(recipe.data)
    batches = make_batches(recipe, corpus, *learn_tokenizers(corpus, recipe.data))
    for part in (batches.train, batches.dev):
        shapes = {(inputs["source_ids"].shape[1], targets.shape[1]) for inputs, targets in part}
        assert shapes == {(8, 2), (2, 6)}
