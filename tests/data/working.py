"""`python -m tests.data.working batches|encoding`: works with two processes, until it is killed."""

import itertools
import sys
from pathlib import Path

import grain

from s2s_keras.data.batches import stream
from s2s_keras.data.encoding import Chunk, Encoded, encode_all


def encode(items: object) -> Encoded:
    return Encoded([], 0, [], [])


if __name__ == "__main__":
    if sys.argv[1] == "batches":
        work = stream(grain.MapDataset.range(10).repeat(), workers=2)
    else:
        chunks = (Chunk(0, (Path("pairs.tsv"),), line, [line]) for line in itertools.count(1))
        work = encode_all(encode, chunks, workers=2)
    for number, _ in enumerate(work):
        if number == 5:
            print("works", flush=True)
