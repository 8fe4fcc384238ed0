"""Decodes with one of our files, from ids to ids, on LiteRT; see `worker`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.device.worker import Loaded, make_source, serve
from s2s_keras.decoding import beam_search, greedy_search
from s2s_keras.runtime import load
from s2s_keras.runtime.machine import interpreter_name

__all__ = ["INTERPRETER", "load_file", "main"]

INTERPRETER = "ai-edge-litert"


def load_file(path: Path, beam_width: int, length: int) -> Loaded:
    """Loads a file for one thread.

    No output ends early: of its tokens only the last may be `eos`.

    Args:
        path: the `.tflite` file.
        beam_width: one that the file holds.
        length: of the source and the output, in tokens; at least 2.

    Raises:
        ArtifactError: the file is missing, foreign or damaged, or takes no source of that length.
    """
    model = load(path, num_threads=1, interpreter=INTERPRETER)
    settings = replace(
        model.settings,
        beam_width=beam_width,
        n_best=1,
        temperature=None,
        min_output_length=length - 1,
        max_output_length=length,
    )
    source_ids = np.array([make_source(length, len(model.source_tokenizer))], np.int32)
    search = greedy_search if beam_width == 1 else beam_search
    about = {
        "runs_on": interpreter_name(INTERPRETER),
        "parameters": model.metadata.get("parameters"),
    }
    return Loaded(
        about,
        decode=lambda: search(model.session, source_ids, settings),
        count=lambda found: len(found[0][0].token_ids),
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Reads the command line, and serves."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path, help="the .tflite file")
    parser.add_argument("--beam-width", type=int, required=True, help="1 is greedy search")
    parser.add_argument("--length", type=int, required=True, help="of source and output, in tokens")
    options = parser.parse_args(arguments)
    serve(partial(load_file, options.file, options.beam_width, options.length))


if __name__ == "__main__":
    main()
