import re
from pathlib import Path

import pytest

from s2s_keras.config import Recipe
from s2s_keras.errors import ConfigError
from s2s_keras.recipe import load_recipe, parse_recipe

RECIPES = sorted((Path(__file__).parents[1] / "recipes").rglob("*.yaml"))


@pytest.fixture
def recipe_file(tmp_path):
    path = tmp_path / "recipe.yaml"
    path.write_text("data:\n  train: pairs.tsv\nmodel:\n  units: 32\n")
    return path


def recipe_with(**sections):
    return parse_recipe({"data": {"train": "pairs.tsv"}, **sections})


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


def test_override_fills_an_empty_section(tmp_path):
    path = tmp_path / "recipe.yaml"
    path.write_text("data: {train: pairs.tsv}\nmodel:\n")
    assert load_recipe(path, ["model.units=3"]).model.units == 3


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_recipes_of_files_say_what_a_card_must(path):
    recipe = load_recipe(path)
    if recipe.data.dataset is None and path.parent.name == "recipes":
        assert recipe.name == path.stem
        assert recipe.data.name
        assert recipe.data.licence
        assert recipe.data.dev or recipe.data.text
