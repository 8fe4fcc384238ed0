import json
import re
from pathlib import Path
from typing import get_args

import pytest

from s2s_keras.config import DataConfig, DecodingConfig
from s2s_keras.decoding import DecodingSettings
from s2s_keras.errors import ConfigError
from s2s_keras.recipe import parse_recipe
from s2s_keras.text import TOKENIZERS

RECIPES = sorted((Path(__file__).parents[1] / "recipes").rglob("*.yaml"))


def recipe_with(**sections):
    return parse_recipe({"data": {"train": "pairs.tsv"}, **sections})


def test_recipes_know_every_tokenizer():
    assert set(get_args(DataConfig.model_fields["tokenizer"].annotation)) == set(TOKENIZERS)


@pytest.mark.parametrize(
    ("section", "key", "value"),
    [
        ("model", "units", "many"),
        ("model", "units", 1.5),
        ("model", "units", None),
        ("model", "units", 0),
        ("model", "dropout", 1),
        ("model", "dropout", float("nan")),
        ("model", "encoder_layers", 17),
        ("model", "tie_output", "perhaps"),
        ("training", "epochs", 0),
        ("training", "learning_rate", 0),
        ("training", "learning_rate", float("inf")),
        ("training", "warmup_steps", -1),
        ("training", "precision", "float8"),
        ("training", "label_smoothing", 1),
        ("training", "label_smoothing", -0.1),
        ("training", "decay", "linear"),
        ("training", "ema_momentum", 1),
        ("training", "ema_momentum", 0),
        ("training", "monitor", "val_bleu"),
        ("training", "keep", "first"),
        ("training", "early_stopping_patience", 0),
        ("training", "quantization_aware_epochs", -1),
        ("training", "seed", 2**31),
        ("decoding", "beam_width", 201),
        ("decoding", "length_penalty_alpha", -0.1),
        ("decoding", "length_penalty", "wu"),
        ("decoding", "coverage_penalty_beta", -0.1),
        ("decoding", "min_output_length", -1),
        ("decoding", "min_output_length", True),
        ("decoding", "replace_unknown", "yes"),
        ("decoding", "allow_unknown", 1),
        ("export", "quantization", "int4"),
        ("export", "min_same_best", 1.1),
    ],
)
def test_a_wrong_value_names_its_key_and_itself(section, key, value):
    with pytest.raises(ConfigError) as caught:
        recipe_with(**{section: {key: value}})
    assert str(caught.value).startswith(f"recipe: `{section}.{key}` should ")
    assert str(caught.value).endswith(f". Received: {value!r}")


@pytest.mark.parametrize(
    ("data", "key"),
    [
        ({"dev_fraction": 0}, "data.dev_fraction"),
        ({"dev_fraction": 1}, "data.dev_fraction"),
        ({"max_source_length": 1025}, "data.max_source_length"),
        ({"bucket_lengths": [4, 0]}, "data.bucket_lengths.1"),
        ({"tokenizer": "bpe"}, "data.tokenizer"),
        ({"lowercase": "perhaps"}, "data.lowercase"),
        ({"max_vocabulary": 0}, "data.max_vocabulary"),
    ],
)
def test_a_wrong_value_in_the_data_names_its_key(data, key):
    with pytest.raises(ConfigError, match=f"`{key}` should be"):
        recipe_with(data={"train": "pairs.tsv", **data})


@pytest.mark.parametrize("name", ["", "a b", "a/b", "naïve", "a\n", 5])
def test_a_name_that_is_no_folder_name_raises(name):
    with pytest.raises(ConfigError, match="`name` .*should"):
        recipe_with(name=name)


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"dataset": "misspellings", "train": "pairs.tsv"},
        {"sources": [{"train": "pairs.tsv"}], "train": "pairs.tsv"},
    ],
)
def test_data_must_come_from_exactly_one_place(data):
    message = "exactly one of `data.dataset`, `data.train`, `data.sources` and `data.text` must"
    with pytest.raises(ConfigError, match=message):
        parse_recipe({"data": data})


def test_data_is_needed():
    with pytest.raises(ConfigError, match="^mine: `data` is missing$"):
        parse_recipe({}, origin="mine")


@pytest.mark.parametrize("shared", [True, False])
def test_shared_embeddings_need_a_shared_vocabulary(shared):
    document = {
        "data": {"train": "pairs.tsv", "shared_vocabulary": shared},
        "model": {"share_embeddings": True},
    }
    if shared:
        assert parse_recipe(document).model.share_embeddings
    else:
        with pytest.raises(ConfigError, match=r"`model.share_embeddings` needs `data.shared_voc"):
            parse_recipe(document)


def test_epochs_for_int8_come_last_and_need_an_int8_file():
    training = {"epochs": 3, "quantization_aware_epochs": 2}
    assert recipe_with(training=training).training.float_epochs == 1
    with pytest.raises(ConfigError, match="at most as many. Received: 4 of 3"):
        recipe_with(training={**training, "quantization_aware_epochs": 4})
    with pytest.raises(ConfigError, match="may stop before them: leave one out"):
        recipe_with(training={**training, "early_stopping_patience": 1})
    with pytest.raises(ConfigError, match="with int8 weights. Received: 'float16'"):
        recipe_with(training=training, export={"quantization": "float16"})


def test_inverse_sqrt_decay_needs_a_warmup():
    assert recipe_with(training={"decay": "inverse_sqrt"}).training.warmup_steps > 0
    with pytest.raises(ConfigError, match="inverse_sqrt` needs `training.warmup_steps`"):
        recipe_with(training={"decay": "inverse_sqrt", "warmup_steps": 0})


@pytest.mark.parametrize(
    ("source", "target", "given", "expected"),
    [
        (40, 39, None, [10, 20, 30, 40]),
        (40, 40, None, [10, 20, 30, 41]),
        (10, 99, None, [25, 50, 75, 100]),
        (2, 1, None, [1, 2]),
        (1, 1, None, [1, 2]),
        (20, 19, [15, 5, 5], [5, 15, 20]),
        (20, 19, [5, 20, 60], [5, 20]),
        (20, 20, [20], [20, 21]),
    ],
)
def test_buckets_end_with_the_longest_side(source, target, given, expected):
    config = DataConfig(
        dataset="misspellings",
        max_source_length=source,
        max_target_length=target,
        bucket_lengths=given,
    )
    assert config.buckets == expected


@pytest.mark.parametrize(("given", "expected"), [(None, 31), (7, 7)])
def test_decoding_settings_take_their_lengths_from_the_data(given, expected):
    recipe = recipe_with(
        data={"train": "pairs.tsv", "max_source_length": 20, "max_target_length": 30},
        decoding={"beam_width": 3, "length_penalty_alpha": 0.5, "max_output_length": given},
    )
    settings = recipe.decoding_settings()
    assert (settings.beam_width, settings.length_penalty_alpha) == (3, 0.5)
    assert (settings.max_source_length, settings.max_output_length) == (20, expected)


def test_decoding_settings_hand_every_choice_on():
    choices = {
        "beam_width": 3,
        "length_penalty": "gnmt",
        "length_penalty_alpha": 0.5,
        "coverage_penalty_beta": 0.2,
        "max_output_length": 7,
        "min_output_length": 2,
        "allow_unknown": True,
        "replace_unknown": True,
    }
    assert set(choices) == set(DecodingConfig.model_fields)
    settings = recipe_with(decoding=choices).decoding_settings()
    assert {name: getattr(settings, name) for name in choices} == choices


def test_decoding_settings_default_to_those_of_no_recipe():
    settings = recipe_with().decoding_settings()
    lengths = {"max_output_length": 65, "max_source_length": 64}
    assert settings == DecodingSettings(**lengths)


@pytest.mark.parametrize("decoding", [{}, {"max_output_length": 9}])
def test_a_shortest_output_beyond_the_longest_raises(decoding):
    data = {"train": "pairs.tsv", "max_target_length": 8}
    assert recipe_with(data=data, decoding={"min_output_length": 8, **decoding})
    with pytest.raises(ConfigError, match="min_output_length=9, max_output_length=9"):
        recipe_with(data=data, decoding={"min_output_length": 9, **decoding})


def test_boolean_is_no_count():
    with pytest.raises(ConfigError, match=r"`model.units` .*Received: True"):
        recipe_with(model={"units": True})


@pytest.mark.parametrize("value", [["a"], ["a", "b", "c"], 5, [1, 2], {"en": "a"}])
def test_pair_files_are_one_or_two(value):
    message = re.escape("`data.dev` must be a file of pairs, or a list of two files that are")
    with pytest.raises(
        ConfigError, match=f"^recipe: {message} .*Received: {re.escape(repr(value))}$"
    ):
        recipe_with(data={"train": "pairs.tsv", "dev": value})


def test_pair_files_come_back_from_json():
    recipe = parse_recipe({"data": {"train": ["a.en", "a.de"], "folder": "/corpus"}})
    again = parse_recipe(json.loads(recipe.model_dump_json()))
    assert again == recipe
    assert again.data.pair_files() == [Path("/corpus/a.en"), Path("/corpus/a.de")]
    assert again.data.dev_shards() == []


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"dataset": "dates", "folder": "x"}, "`data.folder` is where the files of `data.train`"),
        ({"train": "x", "source_language": "EN"}, "`data.source_language` should match pattern"),
        ({"train": "x", "too_long": "keep"}, "`data.too_long` should be 'error' or 'drop'"),
        ({"train": "x", "subword_dropout": 0.1}, "needs `data.tokenizer: subword`. Received: 0.1"),
    ],
)
def test_data_settings_that_mean_nothing_are_refused(data, message):
    with pytest.raises(ConfigError, match=message):
        parse_recipe({"data": data})
