import dataclasses

import pytest

from s2s_keras.decoding import DecodingSettings


@pytest.mark.parametrize("name", ["beam_width", "max_output_length", "n_best"])
@pytest.mark.parametrize("value", [0, -1, 1.5, "4", None])
def test_a_count_that_is_no_positive_integer_raises(name, value):
    with pytest.raises(ValueError, match=f"`{name}` must be a positive integer.*{name}={value}"):
        DecodingSettings(**{name: value})


def test_n_best_above_the_beam_width_raises():
    with pytest.raises(ValueError, match="at most `beam_width`. Received: n_best=3, beam_width=2"):
        DecodingSettings(beam_width=2, n_best=3)


@pytest.mark.parametrize("value", [-0.1, 5.1, float("nan"), float("inf")])
def test_a_length_penalty_out_of_range_raises(value):
    with pytest.raises(ValueError, match=f"between 0 and 5. .*length_penalty_alpha={value}"):
        DecodingSettings(length_penalty_alpha=value)


@pytest.mark.parametrize(
    "values",
    [{"beam_width": 1, "n_best": 1, "length_penalty_alpha": 0}, {"length_penalty_alpha": 5.0}],
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
