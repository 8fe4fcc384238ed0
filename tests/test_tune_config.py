"""The section `tune` of a recipe."""

import re

import pytest

from s2s_keras.config import Dimension, Recipe, TuneConfig
from s2s_keras.config.tune import field_type, place_value
from s2s_keras.errors import ConfigError
from s2s_keras.recipe import load_recipe, parse_recipe


def recipe_with(space: object, training: dict | None = None, **settings: object) -> Recipe:
    tune = {"space": space, **settings}
    return parse_recipe({"data": {"train": "a.tsv"}, "training": training or {}, "tune": tune})


def test_a_space_is_read_from_yaml(tmp_path):
    path = tmp_path / "recipe.yaml"
    path.write_text(
        "data: {train: pairs.tsv}\n"
        "tune:\n"
        "  trials: 7\n"
        "  space:\n"
        "    model.units: {choices: [128, 192]}\n"
        "    training.learning_rate: {low: 1e-4, high: 1.0e-2, log: true}\n"
        "    model.dropout: {low: 0, high: 0.4, step: 0.1}\n"
    )
    tune = load_recipe(path).tune
    assert tune.trials == 7
    units, rate, dropout = tune.space.values()
    assert units == Dimension(choices=[128, 192])
    assert (rate.low, rate.high, rate.log) == (1e-4, 1e-2, True)
    assert (dropout.low, dropout.high, dropout.step) == (0, 0.4, 0.1)
    assert load_recipe(path, ["tune.seed=3", "tune.trials=2"]).tune.seed == 3


def test_a_recipe_without_a_space_has_no_search():
    assert parse_recipe({"data": {"train": "a.tsv"}}).tune is None


def test_a_space_survives_json():
    space = {
        "training.scheduled_sampling": {"choices": [None, {"schedule": "constant"}]},
        "model.units": {"low": 3, "high": 9, "step": 3},
    }
    recipe = recipe_with(space)
    assert Recipe.model_validate_json(recipe.model_dump_json()) == recipe


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("model.unit", "the recipe has no key `model.unit`; did you mean `model.units`?"),
        ("units", "the recipe has no key `units`; did you mean `model.units`?"),
        ("model.units.x", "the recipe has no key `model.units.x`"),
        ("training.scheduled_sampling.x", "has no key `training.scheduled_sampling.x`"),
        ("name", "cannot be searched: it changes no training"),
        ("tune.trials", "cannot be searched: a search does not search itself"),
        ("decoding.beam_width", "it does not change the figure of `training.monitor`"),
        ("export.shortlist.size", "it does not change the figure of `training.monitor`"),
        ("training.monitor", "cannot be searched: trials are compared by it"),
        ("data.dev_fraction", "all trials must be measured on the same dev pairs"),
        ("data.max_source_length", "all trials must be measured on the same dev pairs"),
        ("data.max_vocabulary", "`val_nll` counts by token, and vocabularies would differ"),
    ],
)
def test_a_key_that_cannot_be_searched_is_refused(key, message):
    with pytest.raises(ConfigError) as caught:
        recipe_with({key: {"choices": [1, 2]}})
    assert str(caught.value).startswith(f"recipe: `tune.space.{key}`")
    assert message in str(caught.value)


def test_figures_by_token_and_with_smoothing_need_another_monitor():
    vocabulary = {"data.max_vocabulary": {"choices": [50, 100]}}
    assert recipe_with(vocabulary, {"monitor": "val_exact_match"})
    smoothing = {"training.label_smoothing": {"low": 0, "high": 0.2}}
    assert recipe_with(smoothing)
    with pytest.raises(ConfigError, match="`val_loss` depends on it; take another"):
        recipe_with(smoothing, {"monitor": "val_loss"})


@pytest.mark.parametrize(
    ("dimension", "message"),
    [
        ({}, "must have either `choices`, or `low` and `high`"),
        ({"choices": [1], "low": 1}, "must have either `choices`, or `low` and `high`"),
        ({"choices": []}, "needs at least one of `choices`. Received: []"),
        ({"choices": [8, 9, 8]}, "names a choice twice. Received: 8"),
        ({"choices": [8], "log": True}, "has `choices`; `step` and `log` are for ranges"),
        ({"choices": [8], "step": 1}, "has `choices`; `step` and `log` are for ranges"),
        ({"low": 1}, "needs both ends of a range. Received: low=1, high=None"),
        ({"low": 5, "high": 5}, "needs `low` below `high`. Received: low=5, high=5"),
        ({"low": 6, "high": 5}, "needs `low` below `high`. Received: low=6, high=5"),
        ({"low": 0, "high": 5, "log": True}, "needs `low` above 0 with `log`. Received: low=0"),
        ({"low": 1, "high": 5, "step": 2, "log": True}, "can have `step` or `log`, not both"),
        ({"low": 1, "high": 5, "step": 0}, "needs `step` above 0. Received: step=0"),
        ({"low": 1, "high": 6, "step": 2}, "needs a `high` that is `low` and a multiple of `step`"),
        ({"low": 1, "high": 6, "step": 2.5}, "needs a whole number as `step`. Received: 2.5"),
        ({"low": "x", "high": 6}, "needs a number as `low`. Received: 'x'"),
        ({"low": 1, "high": True}, "needs a number as `high`. Received: True"),
        ({"low": 1, "high": float("inf")}, "needs a number as `high`. Received: inf"),
        ({"choices": [8, "x"]}, "it should be a valid integer. Received: 'x'"),
        ({"choices": [8, 0]}, "it should be greater than or equal to 1. Received: 0"),
        ({"low": 0, "high": 8}, "it should be greater than or equal to 1. Received: 0"),
        ({"low": 1, "high": 8.5}, "it should be a valid integer. Received: 8.5"),
    ],
)
def test_a_dimension_that_is_unsound_names_its_key(dimension, message):
    with pytest.raises(ConfigError) as caught:
        recipe_with({"model.dropout": {"choices": [0.1]}, "model.units": dimension})
    assert str(caught.value).startswith("recipe: `tune.space.model.units` ")
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("key", "values", "message"),
    [
        ("model.dropout", [0.5, 1], "`model.dropout` does not take: it should be less than 1"),
        ("model.cell", ["gru", "rnn"], "it should be 'gru' or 'lstm'. Received: 'rnn'"),
        ("data.bucket_lengths", [[4], [4, 0]], "it should be greater than or equal to 1"),
        ("training.scheduled_sampling", [{"schedul": "x"}], "does not take: it "),
        ("model.tie_output", ["perhaps"], "it should be a valid boolean"),
    ],
)
def test_a_choice_that_its_key_does_not_take_is_refused(key, values, message):
    with pytest.raises(ConfigError, match=re.escape(message)):
        recipe_with({key: {"choices": values}})


def test_values_that_fit_only_with_others_are_no_error():
    recipe = recipe_with(
        {
            "training.warmup_steps": {"choices": [0, 5]},
            "training.decay": {"choices": ["inverse_sqrt", "cosine"]},
            "model.decoder": {"choices": ["bahdanau", "sutskever"]},
            "model.score": {"choices": [None, "dot"]},
        },
        {"warmup_steps": 0},
    )
    assert len(recipe.tune.space) == 4


def test_a_key_and_its_part_are_not_searched_together():
    space = {
        "training.scheduled_sampling": {"choices": [None]},
        "training.scheduled_sampling.decay_steps": {"low": 1, "high": 9},
    }
    with pytest.raises(ConfigError, match="is a part of `tune.space.training.scheduled_sampling`"):
        recipe_with(space)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"trials": 0}, "`tune.trials` should be greater than or equal to 1. Received: 0"),
        ({"sampler": "grid"}, "`tune.sampler` should be 'tpe' or 'random'"),
        ({"pruner": "x"}, "`tune.pruner` should be 'median' or 'none'"),
        ({"pruner_epochs": 0}, "`tune.pruner_epochs` should be greater than or equal to 1"),
        ({"seed": -1}, "`tune.seed` should be greater than or equal to 0"),
        ({"trial": 3}, "unknown key `tune.trial`; did you mean `tune.trials`?"),
        ({"space": {}}, "`tune.space` needs at least one key"),
        ({"space": 5}, "`tune.space` should be a valid dictionary"),
    ],
)
def test_a_wrong_setting_of_a_search_names_its_key(settings, message):
    with pytest.raises(ConfigError, match=re.escape(message)):
        recipe_with(**{"space": {"model.units": {"choices": [1]}}, **settings})


@pytest.mark.parametrize(
    ("dimension", "inside", "outside"),
    [
        (Dimension(choices=[1, "a", None]), [1, "a", None], [2, "b"]),
        (Dimension(low=1, high=9), [1, 4, 9], [0, 10, "4", True, None]),
        (Dimension(low=0.0, high=0.4, step=0.1), [0.0, 0.3, 0.4], [0.35, 0.5]),
        (Dimension(low=1e-4, high=1e-2, log=True), [1e-4, 3e-3], [1e-5, 0.02]),
    ],
)
def test_a_dimension_contains_its_values(dimension, inside, outside):
    assert all(dimension.contains(value) for value in inside)
    assert not any(dimension.contains(value) for value in outside)


@pytest.mark.parametrize(
    ("dimension", "is_integer", "count"),
    [
        (Dimension(choices=[1, 2, 3]), True, 3),
        (Dimension(low=1, high=9), True, 9),
        (Dimension(low=1, high=9), False, None),
        (Dimension(low=1, high=9, step=4), True, 3),
        (Dimension(low=0.0, high=0.3, step=0.1), False, 4),
    ],
)
def test_a_dimension_counts_its_values(dimension, is_integer, count):
    assert dimension.count(is_integer) == count


def test_field_types_are_those_of_the_recipe():
    assert field_type(Recipe, "model.units") == (int,)
    assert set(field_type(Recipe, "model.encoder_units")) == {int, type(None)}
    assert float in field_type(Recipe, "training.ema_momentum")
    assert int in field_type(Recipe, "training.scheduled_sampling.decay_steps")
    assert field_type(Recipe, "model.none") is None


def test_place_value_leaves_the_document_as_it_is():
    document = {"a": {"b": 1}, "c": None}
    assert place_value(document, "a.b", 2) == {"a": {"b": 2}, "c": None}
    assert place_value(document, "c.d.e", 2) == {"a": {"b": 1}, "c": {"d": {"e": 2}}}
    assert document == {"a": {"b": 1}, "c": None}


def test_every_setting_of_a_search_has_its_default():
    tune = TuneConfig(space={"model.units": {"choices": [1]}})
    assert (tune.trials, tune.sampler, tune.pruner, tune.seed) == (20, "tpe", "median", 0)
