"""Running text as records: the batches, the dev texts and the corrector are those of the text."""

import json
from pathlib import Path

import numpy as np
import pytest

from s2s_keras.cli import main
from s2s_keras.data.batches import make_dataset, stream
from s2s_keras.data.mistyped_texts import MistypedTexts
from s2s_keras.data.pairs import is_held_out
from s2s_keras.errors import ConfigError, DataError
from s2s_keras.recipe import load_recipe
from s2s_keras.training import text_corpus
from s2s_keras.training.corpus import learn_tokenizers, load_corpus, make_batches
from s2s_keras.training.prepared import prepare
from s2s_keras.training.run import load_run
from tests.correction.few_words import TEXTS, write_data


@pytest.fixture
def records(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("s2s_keras.data.encoding._CHUNK", 50)
    prepare(load_recipe(write_data(tmp_path)).data, tmp_path / "records")
    return tmp_path / "records"


def recipe_of(records: Path, *overrides: str):
    path = records.parent / "recipe.yaml"
    return load_recipe(path, [f"data.folder={records}", *overrides])


def batches_of(recipe):
    corpus = load_corpus(recipe.data)
    return corpus, make_batches(recipe, corpus, *learn_tokenizers(corpus, recipe.data))


def in_memory(records: Path):
    """Returns the texts that are not held out, and those that are, as without records."""
    config = load_recipe(records.parent / "recipe.yaml").data
    held_out = [is_held_out(text, config.dev_fraction) for text in TEXTS]
    train = [text for text, out in zip(TEXTS, held_out, strict=True) if not out]
    dev = [text for text, out in zip(TEXTS, held_out, strict=True) if out]
    lexicon = text_corpus.read_spelled_lexicon(config, config.words, TEXTS)
    misspellings = text_corpus.read_misspellings(config, config.words, lexicon)
    tokenizer = text_corpus.learn_text_tokenizer(train, config)
    typing = text_corpus.make_typing(config, config.words, tokenizer, lexicon, misspellings)
    texts = MistypedTexts(train, *typing), MistypedTexts(dev, *typing)
    return *texts, tokenizer, lexicon


@pytest.mark.parametrize("workers", [0, 2])
def test_batches_are_those_of_the_same_texts_in_memory(records: Path, workers: int) -> None:
    recipe = recipe_of(records)
    corpus, found = batches_of(recipe)
    train, dev, tokenizer, lexicon = in_memory(records)
    settings, data = recipe.training, recipe.data
    lengths = data.buckets, settings.seed, data.target_buckets
    expected = make_dataset(train, settings.batch_size, *lengths).repeat(2)
    assert corpus.tokenizers == (tokenizer, tokenizer)
    assert corpus.lexicon.to_bytes() == lexicon.to_bytes()
    assert corpus.lexicon.spellings == ("She", "They")
    assert len(corpus.train) == len(train)
    assert found.target_tokens == train.target_tokens
    assert len(corpus.dev) == len(dev) > 3
    assert corpus.dev == text_corpus.draw_dev(data, dev, tokenizer)
    streamed = list(stream(found.train.repeat(2)[3:], workers))
    assert len(streamed) == len(expected) - 3
    for (inputs, targets), (others, other_targets) in zip(expected[3:], streamed, strict=True):
        np.testing.assert_array_equal(inputs["source_ids"], others["source_ids"])
        np.testing.assert_array_equal(targets, other_targets)


def test_texts_are_mistyped_anew_and_rates_may_change(records: Path) -> None:
    corpus, batches = batches_of(recipe_of(records, "data.words.unfinished=0.0"))
    decode = corpus.tokenizers[0].decode
    steps = len(batches.train)

    def typed(dataset):
        return sorted(decode(row) for inputs, _ in dataset for row in inputs["source_ids"])

    first, second = typed(batches.train), typed(batches.train.repeat(2)[steps:])
    assert first == typed(batches.train)
    assert first != second
    clean = recipe_of(records, "data.words.rates={omission: 1.0e-9}", "data.words.unfinished=0.0")
    assert typed(batches_of(clean)[1].train) == typed(batches_of(clean)[1].train.repeat(2)[steps:])


def test_workers_change_nothing_of_the_files(records: Path, tmp_path: Path) -> None:
    prepare(load_recipe(tmp_path / "recipe.yaml").data, tmp_path / "two", workers=2)
    names = sorted(path.name for path in records.iterdir())
    assert {"dev.txt", "lexicon.bin", "misspellings.tsv", "records.json"} < {*names}
    assert names == sorted(path.name for path in (tmp_path / "two").iterdir())
    for name in names:
        assert (records / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_what_is_held_out_is_in_no_record(records: Path) -> None:
    dev = (records / "dev.txt").read_text().splitlines()
    assert dev and len(dev) < len(TEXTS) / 4
    corpus, batches = batches_of(recipe_of(records, "data.words.unfinished=0.0"))
    decode = corpus.tokenizers[1].decode
    seen = {decode(row) for _, targets in batches.train for row in targets}
    assert not seen & {text.lower() for text in dev}


@pytest.mark.parametrize(
    ("override", "changed"),
    [
        ("data.words.lexicon=other.tsv", "data.words"),
        ("data.target_language=en", "data.target_language"),
        ("data.max_source_length=18", "data.max_source_length"),
    ],
)
def test_another_recipe_is_refused(records: Path, override: str, changed: str) -> None:
    with pytest.raises(ConfigError, match=f"prepared by another recipe; changed: {changed}"):
        load_corpus(recipe_of(records, override).data)


@pytest.mark.parametrize("name", ["lexicon.bin", "misspellings.tsv", "dev.txt"])
def test_files_that_are_missing_are_named(records: Path, name: str) -> None:
    (records / name).unlink()
    with pytest.raises(DataError, match=f"{name}: cannot be read: "):
        load_corpus(recipe_of(records).data)


def test_texts_that_leave_a_part_empty_are_refused(tmp_path: Path) -> None:
    recipe = load_recipe(write_data(tmp_path), ["data.words.rates={omission: 0.1}"])
    (tmp_path / "text.txt").write_text("the cat sat\n" * 9)
    with pytest.raises(DataError, match=r"text.txt: 9 lines give \d training and \d dev texts"):
        prepare(recipe.data, tmp_path / "records")
    assert not (tmp_path / "records" / "records.json").exists()


@pytest.mark.slow
def test_train_on_prepared_text_makes_a_corrector(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    recipe, records, run = write_data(tmp_path), tmp_path / "records", tmp_path / "run"
    assert main(["data", "prepare", str(recipe), "--out", str(records), "--json"]) == 0
    assert json.loads(capfd.readouterr().out)["dev_pairs"] > 3
    (tmp_path / "text.txt").unlink()
    arguments = ["--data", str(records), "--set", "training.epochs=2", "--out", str(run)]
    assert main(["train", str(recipe), *arguments, "--json"]) == 0
    assert json.loads(capfd.readouterr().out)["perplexity"] > 1
    loaded = load_run(run)
    assert loaded.lexicon.spellings == ("She", "They") and loaded.channel is not None
