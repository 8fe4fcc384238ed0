"""Decodes with a file that OpenNMT-tf exported, from ids to ids; see `worker`.

OpenNMT-tf's files keep the outputs of their loops in lists, with Flex operators, which are
TensorFlow's own: only the interpreter inside a full TensorFlow of that time runs them. So this runs
in the environment that made them, and imports nothing of ours but the worker.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.device.opennmt_files import ABOUT, EOS_ID
from benchmarks.device.sizes import SIZES
from benchmarks.device.worker import Loaded, make_source, serve

__all__ = ["load_file", "main"]


def load_file(path: Path, length: int) -> Loaded:
    """Loads a file for one thread.

    Args:
        path: the `.tflite` file, which takes ids (S,) and puts out ids (T,). What the file beside
            it, `about.json`, says is told as well.
        length: S, in tokens.
    """
    import numpy as np
    import tensorflow as tf

    interpreter = tf.lite.Interpreter(str(path), num_threads=1)
    source = interpreter.get_input_details()[0]["index"]
    target = interpreter.get_output_details()[0]["index"]
    interpreter.resize_tensor_input(source, [length])
    interpreter.allocate_tensors()
    source_ids = np.array(make_source(length, SIZES.vocabulary), np.int32)

    def decode() -> Any:
        interpreter.set_tensor(source, source_ids)
        interpreter.invoke()
        return interpreter.get_tensor(target)

    about = json.loads((path.parent / ABOUT).read_text(encoding="utf-8"))
    about["runs_on"] = f"tensorflow {tf.__version__}"
    return Loaded(about, decode, count=lambda ids: int(np.cumprod(ids != EOS_ID).sum()))


def main(arguments: Sequence[str] | None = None) -> None:
    """Reads the command line, and serves."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path, help="the .tflite file")
    parser.add_argument("--length", type=int, required=True, help="of source and output, in tokens")
    options = parser.parse_args(arguments)
    serve(partial(load_file, options.file, options.length))


if __name__ == "__main__":
    main()
