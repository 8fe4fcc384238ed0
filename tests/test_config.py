import json
import re
from pathlib import Path
from typing import get_args

import pytest

from s2s_keras.config import DataConfig, DecodingConfig, Recipe
from s2s_keras.decoding import DecodingSettings
from s2s_keras.errors import ConfigError
from s2s_keras.recipe import load_recipe, parse_recipe
from s2s_keras.text import TOKENIZERS

RECIPES = sorted((Path(__file__).parents[1] / "recipes").rglob("*.yaml"))


@pytest.fixture
def recipe_file(tmp_path):
    path = tmp_path / "recipe.yaml"
    path.write_text("data:\n  train: pairs.tsv\nmodel:\n  units: 32\n")
    return path


def recipe_with(**sections):
    return parse_recipe({"data": {"train": "pairs.tsv"}, **sections})


def test_recipes_know_every_tokenizer():
    assert set(get_args(DataConfig.model_fields["tokenizer"].annotation)) == set(TOKENIZERS)


def test_there_is_a_shipped_recipe():
    assert RECIPES


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_shipped_recipe_loads_and_is_named_as_its_file(path):
    recipe = load_recipe(path)
    assert recipe.name == path.stem
    assert recipe.decoding_settings().max_source_length == recipe.data.max_source_length


def test_load_recipe_keeps_given_values_and_defaults(recipe_file):
    recipe = load_recipe(str(recipe_file))
    assert recipe == recipe_with(model={"units": 32})
    assert recipe.data.train == Path("pairs.tsv")
    assert (recipe.model.units, recipe.model.embedding_size) == (32, 64)


def test_a_recipe_does_not_change(recipe_file):
    recipe = load_recipe(recipe_file)
    with pytest.raises(ValueError, match="frozen"):
        recipe.model.units = 5


@pytest.mark.parametrize(
    ("override", "section", "key", "value"),
    [
        ("model.units=256", "model", "units", 256),
        ("model.dropout=0", "model", "dropout", 0.0),
        ("training.learning_rate=1e-2", "training", "learning_rate", 0.01),
        ("model.tie_output=false", "model", "tie_output", False),
        ("data.bucket_lengths=[8, 16]", "data", "bucket_lengths", [8, 16]),
        ("data.licence=CC0 = free", "data", "licence", "CC0 = free"),
        ("data.tokenizer=word", "data", "tokenizer", "word"),
        ("data.lowercase=true", "data", "lowercase", True),
        ("data.max_vocabulary=500", "data", "max_vocabulary", 500),
        ("model.attention_units=", "model", "attention_units", None),
    ],
)
def test_an_override_sets_its_value(recipe_file, override, section, key, value):
    recipe = load_recipe(recipe_file, [override])
    assert getattr(getattr(recipe, section), key) == value


def test_a_later_override_wins_and_top_level_keys_can_be_set(recipe_file):
    recipe = load_recipe(recipe_file, ["name=first", "model.units=1", "name=second"])
    assert (recipe.name, recipe.model.units) == ("second", 1)


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("model.units", "must be `key=value`. Received: 'model.units'"),
        ("=5", "must be `key=value`. Received: '=5'"),
        ("model.units=[", r"value of `model.units` is not valid YAML: '\['"),
        ("data.train.x=5", "`train` in the override 'data.train.x=5' is not a section"),
        ("model.unit=5", "unknown key `model.unit`; did you mean `model.units`"),
        ("model.units=0", "`model.units` should be greater than or equal to 1. Received: 0"),
    ],
)
def test_a_wrong_override_raises(recipe_file, override, message):
    with pytest.raises(ConfigError, match=message):
        load_recipe(recipe_file, [override])


@pytest.mark.parametrize(
    ("sections", "message"),
    [
        ({"modle": {}}, "unknown key `modle`; did you mean `model`?"),
        ({"training": {"epoch": 3}}, "`training.epoch`; did you mean `training.epochs`?"),
        ({"decoding": {"width": 3}}, "`decoding.width`; did you mean `decoding.beam_width`?"),
    ],
)
def test_an_unknown_key_names_the_nearest_known_one(sections, message):
    with pytest.raises(ConfigError, match=re.escape(message)):
        recipe_with(**sections)


def test_an_unknown_key_without_a_near_one_names_none():
    with pytest.raises(ConfigError) as caught:
        recipe_with(zzz=1)
    assert str(caught.value) == "recipe: unknown key `zzz`"


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


@pytest.mark.parametrize("section", ["model", "data"])
def test_a_section_that_is_no_mapping_raises(section):
    with pytest.raises(ConfigError, match=f"`{section}` should be a valid dictionary"):
        recipe_with(**{section: 5})


def test_several_problems_are_named_at_once():
    with pytest.raises(ConfigError) as caught:
        recipe_with(model={"units": 0, "dropuot": 0.1}, training={"epochs": "x"})
    problems = str(caught.value).removeprefix("recipe: ").split("; ")
    assert [problem.split("`")[1] for problem in problems] == [
        "model.units",
        "model.dropuot",
        "model.dropout",
        "training.epochs",
    ]


@pytest.mark.parametrize(
    "data", [{}, {"dataset": "misspellings", "train": "pairs.tsv"}], ids=["neither", "both"]
)
def test_data_must_come_from_exactly_one_place(data):
    message = "exactly one of `data.dataset` and `data.train` must be given"
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
    ("content", "message"),
    [
        (b"data: [", "this is not valid YAML"),
        (b"data: \xff", "this is not valid YAML"),
        (b"a: !!python/object:x 1", "this is not valid YAML"),
        (b"", "a recipe must be a mapping"),
        (b"- data", "a recipe must be a mapping"),
        (b"data: {train: x}\nnam: y", "unknown key `nam`; did you mean `name`"),
    ],
)
def test_a_malformed_file_raises_in_one_line_and_is_named(tmp_path, content, message):
    path = tmp_path / "recipe.yaml"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=message) as caught:
        load_recipe(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["missing.yaml", "."], ids=["missing", "a folder"])
def test_a_file_that_cannot_be_read_is_named(tmp_path, name):
    with pytest.raises(ConfigError, match="cannot be read: ") as caught:
        load_recipe(tmp_path / name)
    assert str(caught.value).startswith(f"{tmp_path / name}: ")


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


def test_a_recipe_survives_json(recipe_file):
    recipe = load_recipe(recipe_file, ["data.bucket_lengths=[8]"])
    assert Recipe.model_validate_json(recipe.model_dump_json()) == recipe


@pytest.mark.parametrize("override", ["name=2024-13-45", "name=..", "name=a b", "name=.hidden"])
def test_name_that_is_no_folder_name_raises(recipe_file, override):
    with pytest.raises(ConfigError, match="name"):
        load_recipe(recipe_file, [override])


def test_value_that_yaml_cannot_read_raises(tmp_path):
    path = tmp_path / "recipe.yaml"
    path.write_text("name: 2024-13-45\ndata: {train: pairs.tsv}\n")
    with pytest.raises(ConfigError, match="not valid YAML"):
        load_recipe(path)


def test_boolean_is_no_count():
    with pytest.raises(ConfigError, match=r"`model.units` .*Received: True"):
        recipe_with(model={"units": True})


def test_override_fills_an_empty_section(tmp_path):
    path = tmp_path / "recipe.yaml"
    path.write_text("data: {train: pairs.tsv}\nmodel:\n")
    assert load_recipe(path, ["model.units=3"]).model.units == 3


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
    assert again.data.files("train") == (Path("/corpus/a.en"), Path("/corpus/a.de"))
    assert again.data.files("dev") == ()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"dataset": "dates", "folder": "x"}, "`data.folder` is where the files of `data.train`"),
        ({"train": "x", "source_language": "EN"}, "`data.source_language` should match pattern"),
        ({"train": "x", "too_long": "keep"}, "`data.too_long` should be 'error' or 'drop'"),
    ],
)
def test_data_settings_that_mean_nothing_are_refused(data, message):
    with pytest.raises(ConfigError, match=message):
        parse_recipe({"data": data})


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_recipes_of_files_say_what_a_card_must(path):
    recipe = load_recipe(path)
    if recipe.data.dataset is None and path.parent.name == "recipes":
        assert recipe.name == path.stem
        assert recipe.data.name
        assert recipe.data.licence
        assert recipe.data.dev
