import os
import signal

import pytest

from s2s_keras.data.encoding import Chunk, Encoded, encode_all
from s2s_keras.errors import TrainingError


def count(items):
    return Encoded([], len(items), list(items), [])


def die(items):
    os.kill(os.getpid(), signal.SIGKILL)


def chunks():
    return [Chunk(0, (), 3 * i + 1, range(3 * i, 3 * i + 3)) for i in range(9)]


@pytest.mark.parametrize("workers", [0, 2])
def test_chunks_come_back_in_order_with_what_became_of_them(workers):
    found = list(encode_all(count, chunks(), workers))
    assert [chunk for chunk, _ in found] == chunks()
    assert [encoded.dev for _, encoded in found] == [[*chunk.items] for chunk in chunks()]


def test_a_process_that_is_killed_ends_it():
    with pytest.raises(TrainingError, match=r"has died, .* fewer `--workers`. Received: 2"):
        list(encode_all(die, chunks(), 2))
