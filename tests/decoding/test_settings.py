import dataclasses
import json

import pytest

from s2s_keras.decoding import DecodingSettings


@pytest.mark.parametrize("name", ["max_output_length", "n_best"])
@pytest.mark.parametrize("value", [0, -1, 1.5, "4", None, True])
def test_a_count_that_is_no_positive_integer_raises(name, value):
    with pytest.raises(ValueError, match=f"`{name}` must be a positive integer.*{name}={value!r}"):
        DecodingSettings(**{name: value})


@pytest.mark.parametrize("value", [0, 201, -1, 1.5, "4", None, True])
def test_a_beam_width_out_of_range_raises(value):
    message = rf"`beam_width` must be an integer from 1 to 200\. Received: beam_width={value!r}\."
    with pytest.raises(ValueError, match=message):
        DecodingSettings(beam_width=value)


@pytest.mark.parametrize("name", ["min_output_length", "seed"])
@pytest.mark.parametrize("value", [-1, 1.5, "4", None, False])
def test_a_number_that_is_no_integer_of_at_least_0_raises(name, value):
    with pytest.raises(ValueError, match=f"`{name}` must be an integer of at least 0.*{value!r}"):
        DecodingSettings(**{name: value})


@pytest.mark.parametrize("name", ["allow_unknown", "replace_unknown", "split_long_sources"])
@pytest.mark.parametrize("value", [0, 1, "yes", None])
def test_a_flag_that_is_none_raises(name, value):
    with pytest.raises(ValueError, match=f"`{name}` must be true or false.*{name}={value!r}"):
        DecodingSettings(**{name: value})


@pytest.mark.parametrize("value", ["wu", "", None, ["power"]])
def test_an_unknown_length_penalty_raises(value):
    with pytest.raises(ValueError, match=r"one of \['power', 'gnmt'\]. Received: length_penalty="):
        DecodingSettings(length_penalty=value)


@pytest.mark.parametrize("value", [-0.1, float("nan"), float("inf"), 10**400, "1", None, True])
def test_a_coverage_penalty_out_of_range_raises(value):
    with pytest.raises(ValueError, match="`coverage_penalty_beta` must be a number of at least 0"):
        DecodingSettings(coverage_penalty_beta=value)


@pytest.mark.parametrize("name", ["temperature", "time_limit_ms"])
@pytest.mark.parametrize("value", [0, -1.0, float("nan"), float("inf"), "1", True])
def test_a_number_that_is_not_positive_raises(name, value):
    with pytest.raises(ValueError, match=f"`{name}` must be a positive number. Received"):
        DecodingSettings(**{name: value})


def test_an_output_length_that_no_search_ends_at_raises():
    assert DecodingSettings(max_output_length=10_000).max_output_length == 10_000
    with pytest.raises(ValueError, match="positive integer, at most 10000. .*=1000000000000"):
        DecodingSettings(max_output_length=10**12)


@pytest.mark.parametrize("shortest", [5, 6])
def test_a_shortest_output_that_leaves_no_place_for_eos_raises(shortest):
    assert DecodingSettings(min_output_length=4, max_output_length=5).min_output_length == 4
    with pytest.raises(ValueError, match=f"min_output_length={shortest}, max_output_length=5"):
        DecodingSettings(min_output_length=shortest, max_output_length=5)


def test_n_best_above_the_beam_width_raises():
    with pytest.raises(ValueError, match="at most `beam_width`. Received: n_best=3, beam_width=2"):
        DecodingSettings(beam_width=2, n_best=3)


@pytest.mark.parametrize("value", [-0.1, 5.1, float("nan"), float("inf"), "1", None, True])
def test_a_length_penalty_out_of_range_raises(value):
    with pytest.raises(ValueError, match=f"between 0 and 5. .*length_penalty_alpha={value!r}"):
        DecodingSettings(length_penalty_alpha=value)


@pytest.mark.parametrize(
    "values",
    [
        {"beam_width": 1, "n_best": 1, "length_penalty_alpha": 0},
        {"beam_width": 200, "n_best": 200, "length_penalty_alpha": 5.0},
        {"length_penalty": "gnmt", "coverage_penalty_beta": 0, "temperature": 1, "seed": 0},
        {"temperature": None, "max_source_length": None, "min_output_length": 0},
    ],
)
def test_values_at_the_ends_of_their_ranges_are_taken(values):
    settings = DecodingSettings(**values)
    assert {name: getattr(settings, name) for name in values} == values


def test_settings_are_checked_when_replaced_and_do_not_change():
    settings = DecodingSettings(beam_width=4)
    with pytest.raises(ValueError, match="n_best=5, beam_width=4"):
        dataclasses.replace(settings, n_best=5)
    with pytest.raises(dataclasses.FrozenInstanceError):
        settings.beam_width = 2


@pytest.mark.parametrize("value", [0, -1, "x"])
def test_a_source_length_that_is_no_positive_integer_raises(value):
    with pytest.raises(ValueError, match="`max_source_length` must be a positive integer"):
        DecodingSettings(max_source_length=value)


def test_metadata_round_trip():
    settings = DecodingSettings(
        beam_width=3,
        length_penalty_alpha=0.6,
        max_output_length=9,
        max_source_length=8,
        allow_unknown=True,
        length_penalty="gnmt",
        coverage_penalty_beta=0.2,
        min_output_length=2,
        replace_unknown=True,
    )
    metadata = json.loads(json.dumps(settings.as_metadata()))
    assert DecodingSettings.from_metadata({**metadata, "quantization": "none"}) == settings


def test_metadata_leaves_out_what_belongs_to_a_call():
    call = {"n_best": 2, "temperature": 0.5, "seed": 7, "time_limit_ms": 5}
    settings = DecodingSettings(**call, split_long_sources=True)
    assert not {*call, "split_long_sources"} & set(settings.as_metadata())
    assert DecodingSettings.from_metadata(settings.as_metadata()) == DecodingSettings()


def test_metadata_that_lacks_keys_takes_the_defaults():
    assert DecodingSettings.from_metadata({"beam_width": 2}) == DecodingSettings(2)


def test_metadata_of_a_wrong_value_raises():
    with pytest.raises(ValueError, match="length_penalty='wu'"):
        DecodingSettings.from_metadata({"beam_width": 2, "length_penalty": "wu"})
