"""Writes the outputs of every case on the backend of `KERAS_BACKEND`; see `test_contract.py`."""

import json
import sys
from pathlib import Path

import keras

from tests.layers.cases import CASES, SAMPLING
from tests.layers.layer_check import run_case


def main(path: Path) -> None:
    outputs = {
        name: [x.tolist() for x in run_case(case)]
        for name, case in {**CASES, "sampling": SAMPLING}.items()
    }
    path.write_text(json.dumps({"backend": keras.backend.backend(), **outputs}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
