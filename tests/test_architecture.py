import inspect
from typing import get_args

import pytest

from s2s_keras.architecture import check_architecture
from s2s_keras.config import ModelConfig
from s2s_keras.errors import ConfigError
from s2s_keras.layers import CELLS, DECODERS, DIRECTIONS, SCORES
from s2s_keras.layers.decoder import BRIDGES
from s2s_keras.layers.output import DEEP_OUTPUTS
from s2s_keras.model import Seq2Seq
from s2s_keras.recipe import parse_recipe

BAD = {
    "score without attention": (
        {"decoder": "cho", "score": "dot"},
        r"need a decoder with attention: bahdanau or luong. "
        r"Received: model.decoder='cho', model.score='dot'",
    ),
    "window without attention": (
        {"decoder": "sutskever", "attention_window": 3},
        "need a decoder with attention.*model.attention_window=3",
    ),
    "keys of a dot score": (
        {"score": "general", "attention_units": 8},
        "`attention_units` means nothing to the scores dot, general.*choose `additive`",
    ),
    "dot score of unequal widths": (
        {"score": "dot", "units": 64},
        "score `dot` needs `units` equal to the width of the memory, 128 .2 directions.*"
        "set `encoder_units` to 32, or choose the score `general`.*model.units=64",
    ),
    "scaled dot score of unequal widths": (
        {"score": "scaled_dot", "encoder_direction": "forward", "encoder_units": 32},
        "score `scaled_dot` needs `units` equal to the width of the memory, 32 .1 direction .*"
        "set `encoder_units` to 128",
    ),
    "input feeding elsewhere": (
        {"input_feeding": True},
        "`input_feeding` belongs to the decoder `luong`. Received: model.decoder='bahdanau'",
    ),
    "deep output elsewhere": (
        {"decoder": "luong", "deep_output": "maxout"},
        "`deep_output` belongs to the decoders `bahdanau` and `cho`.*model.decoder='luong'",
    ),
    "copy from two directions": (
        {"bridge": "copy"},
        "`bridge` `copy` needs.*width of the memory, 256.*or choose `dense`.*'bidirectional'",
    ),
    "copy to more layers": (
        {"bridge": "copy", "encoder_direction": "backward", "decoder_layers": 2},
        "`bridge` `copy` needs as many.*model.encoder_layers=1, model.decoder_layers=2",
    ),
    "zeros to a decoder without a source": (
        {"bridge": "zeros", "decoder": "sutskever"},
        "`bridge` `zeros` needs a decoder that reads the source at every step",
    ),
    "looking ahead from what has seen the word": (
        {"looks_ahead": True, "decoder": "luong", "bridge": "zeros"},
        "`looks_ahead` needs the decoder `luong`.*encoder_direction='bidirectional'",
    ),
    "residual of one layer": ({"residual": True}, "`residual` acts from the second layer on"),
    "one embedding of two widths": (
        {"share_embeddings": True, "source_embedding_size": 32},
        "`share_embeddings` needs one width.*model.source_embedding_size=32",
    ),
    "one embedding frozen as the source's": (
        {"share_embeddings": True, "freeze_source_embedding": True},
        "there is one embedding; set `freeze_target_embedding`",
    ),
}
GOOD = [
    {"score": "dot", "encoder_units": 64},
    {"score": "scaled_dot", "encoder_direction": "forward"},
    {"decoder": "luong", "input_feeding": True, "attention_window": 2},
    {"bridge": "copy", "encoder_direction": "backward", "encoder_layers": 2, "decoder_layers": 2},
    {"bridge": "copy", "encoder_units": 64},
    {"bridge": "zeros", "decoder": "cho"},
    {
        "looks_ahead": True,
        "decoder": "luong",
        "encoder_direction": "backward",
        "bridge": "zeros",
    },
    {"decoder_layers": 2, "residual": True},
    {"share_embeddings": True, "source_embedding_size": 64},
]


@pytest.mark.parametrize("name", BAD)
def test_settings_that_do_not_fit_are_refused_with_rule_values_and_remedy(name):
    options, message = BAD[name]
    with pytest.raises(ConfigError, match=message):
        parse_recipe({"data": {"dataset": "misspellings"}, "model": options})


@pytest.mark.parametrize("setting", [{"coverage_penalty_beta": 0.2}, {"replace_unknown": True}])
def test_decoding_that_needs_attention_is_refused_without(setting):
    recipe = {"data": {"dataset": "misspellings"}, "decoding": setting}
    parse_recipe(recipe)
    with pytest.raises(ConfigError, match="needs attention; .*bahdanau or luong.*'sutskever'"):
        parse_recipe({**recipe, "model": {"decoder": "sutskever"}})


@pytest.mark.parametrize("options", GOOD, ids=str)
def test_settings_that_fit_are_taken(options):
    check_architecture(ModelConfig(**options).arguments())


def test_recipe_and_model_have_the_same_arguments_and_defaults():
    parameters = inspect.signature(Seq2Seq.__init__).parameters
    taken = {
        name: parameter.default
        for name, parameter in parameters.items()
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY and name != "scheduled_sampling"
    }
    assert ModelConfig().arguments() == taken


def test_recipe_names_every_layer():
    def choices(key):
        schema = ModelConfig.model_json_schema()["properties"][key]
        return set(schema.get("enum") or schema["anyOf"][0]["enum"])

    assert choices("cell") == set(CELLS)
    assert choices("decoder") == set(DECODERS)
    assert choices("encoder_direction") == set(DIRECTIONS)
    assert set(get_args(ModelConfig.model_fields["bridge"].annotation)) == set(BRIDGES)
    assert choices("score") == set(SCORES)
    assert choices("deep_output") == set(DEEP_OUTPUTS)
