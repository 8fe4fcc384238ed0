import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from s2s_keras.text import pad_ids


def test_pad_ids_fills_with_zeros_on_the_right():
    padded = pad_ids([[5, 6], np.array([7], np.int32), []], 3)
    np.testing.assert_array_equal(padded, [[5, 6, 0], [7, 0, 0], [0, 0, 0]])
    assert padded.dtype == np.int32


def test_pad_ids_without_rows_keeps_the_width():
    assert pad_ids([], 3).shape == (0, 3)


@given(st.lists(st.lists(st.integers(1, 2**31 - 1), max_size=6)), st.integers(6, 9))
@settings(deadline=None, max_examples=30)
def test_pad_ids_keeps_every_row(rows, length):
    padded = pad_ids(rows, length)
    assert padded.shape == (len(rows), length)
    assert [[i for i in row if i] for row in padded.tolist()] == rows


def test_pad_ids_with_a_row_that_is_too_long_raises():
    with pytest.raises(ValueError, match="at most 2 ids. Received: 3"):
        pad_ids([[4], [4, 5, 6]], 2)
