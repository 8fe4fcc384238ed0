from pathlib import Path

import numpy as np
import pytest
from tensorflow.lite.tools import flatbuffer_utils

from s2s_keras.export.calibration import Range, record_ranges
from s2s_keras.export.static_int8 import find_products, scale_and_zero_point
from s2s_keras.runtime import default_settings, read_artifact


def test_range_holds_its_values_and_zero() -> None:
    values = np.array([0.5, 2.0], np.float32)
    assert Range().including(values) == (0.0, 2.0)
    assert Range().including(values).including(-values) == (-2.0, 2.0)


@pytest.mark.parametrize(
    ("low", "high", "scale", "zero_point"),
    [(-1.28, 1.27, 0.01, 0), (0.0, 2.55, 0.01, -128), (-2.55, 0.0, 0.01, 127)],
)
def test_int8_spans_the_range(low: float, high: float, scale: float, zero_point: int) -> None:
    found = scale_and_zero_point(Range(low, high))
    assert found == (pytest.approx(scale), zero_point)
    assert found[0] * (-128 - found[1]) == pytest.approx(low)
    assert found[0] * (127 - found[1]) == pytest.approx(high)


def test_recorded_ranges_are_those_of_every_signature(
    toy_files: dict[str, Path], toy_dev: list[list[str]]
) -> None:
    artifact = read_artifact(toy_files["dynamic_range"])
    settings = default_settings(artifact)
    model = flatbuffer_utils.convert_bytearray_to_object(bytearray(artifact.graph))
    products = find_products(model)
    assert {p.signature for p in products} == {"encode", "decode_step", "decode_step_1"}
    ranges = record_ranges(artifact, products, [s for s, _ in toy_dev[:5]], settings)
    assert set(ranges) == {product.weights for product in products}
    for read, put_out in ranges.values():
        # Embeddings, states, contexts: nothing that a product reads is large.
        assert -2 < read.low <= 0 <= read.high < 2
        assert put_out.low < 0 < put_out.high
    # What one text needs lies within what five need.
    for weights, narrow in record_ranges(artifact, products, [toy_dev[0][0]], settings).items():
        for inner, outer in zip(narrow, ranges[weights], strict=True):
            assert outer.low <= inner.low <= inner.high <= outer.high
    # A product that no signature runs has none.
    strangers = [p._replace(signature="another") for p in products]
    assert record_ranges(artifact, strangers, ["abc"], settings) == {}
