"""`python -m tests.data.working batches|encoding|fatal`: works with two processes, without end.

With `fatal` they die before they have read the data set that they are to draw from.
"""

import itertools
import os
import signal
import sys
from pathlib import Path

import grain

from s2s_keras.data.batches import stream
from s2s_keras.data.encoding import Chunk, Encoded, encode_all


class Large:
    """More than a pipe holds."""

    def __init__(self) -> None:
        self.content = bytes(2**20)

    def __len__(self) -> int:
        return 10

    def __getitem__(self, index: int) -> int:
        return index


def encode(items: object) -> Encoded:
    return Encoded([], 0, [], [])


if __name__ == "__mp_main__" and sys.argv[1] == "fatal":
    os.kill(os.getpid(), signal.SIGKILL)

if __name__ == "__main__":
    if sys.argv[1] == "batches":
        work = stream(grain.MapDataset.range(10).repeat(), workers=2)
    elif sys.argv[1] == "fatal":
        work = stream(grain.MapDataset.source(Large()).repeat(), workers=2)
    else:
        chunks = (Chunk(0, (Path("pairs.tsv"),), line, [line]) for line in itertools.count(1))
        work = encode_all(encode, chunks, workers=2)
    for number, _ in enumerate(work):
        if number == 5:
            print("works", flush=True)
