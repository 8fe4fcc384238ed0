"""Prints how many bytes of memory 100,000 steps added: `python growth.py FILE.tflite`.

Runs in any environment with an interpreter.
"""

from __future__ import annotations

import resource
import sys
from pathlib import Path

import numpy as np

from s2s_keras.runtime import TFLiteSession, read_artifact

STEPS, STEPS_A_SOURCE = 100_000, 20


def main(path: str) -> None:
    session = TFLiteSession(read_artifact(path))
    decode(session, STEPS // 10)  # allocates what is allocated once
    before = resident_bytes()
    decode(session, STEPS)
    sys.stdout.write(f"{resident_bytes() - before}\n")


def decode(session: TFLiteSession, steps: int) -> None:
    for source in range(steps // STEPS_A_SOURCE):
        width = session.beam_widths[source % 2]
        session.start(np.full((1, 1 + source % 12), 4 + source % 8, np.int32), width)
        rows = np.arange(width)
        tokens = np.ones(width, np.int32)
        for _ in range(STEPS_A_SOURCE):
            tokens = session.step(tokens, rows).token_ids[:, 0]


def resident_bytes() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize()


if __name__ == "__main__":
    main(sys.argv[1])
