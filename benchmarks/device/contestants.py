"""A folder flows in, and its contestants flow out: files, and the workers that decode with them."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks.device.files import OURS
from benchmarks.device.opennmt_files import PEERS
from benchmarks.device.sizes import Sizes

__all__ = ["MODEL_NAMES", "Contestant", "our_contestants", "peer_contestants"]

MODEL_NAMES = {"gru": "OpenNMT-tf GRU", "transformer": "OpenNMT-tf Transformer"}
"""`Peer.model` -> what it is called."""


class Contestant(NamedTuple):
    """A file, and a way to decode with it.

    Attributes:
        model: what it is.
        form: which of the model's files.
        beam_width: 1 is greedy search.
        path: the `.tflite` file.
        command: what starts a worker that has loaded it.
    """

    model: str
    form: str
    beam_width: int
    path: Path
    command: Sequence[str]


def our_contestants(folder: Path, others: Sequence[Path], sizes: Sizes) -> list[Contestant]:
    """Returns ours, greedy and with the beam.

    Args:
        folder: where `files` made them.
        others: more of our files, each a model of its own.
        sizes: length and beam width.
    """
    files = [(file.model, file.flavour, file.path(folder)) for file in OURS]
    files += [(path.name, "", path) for path in others]
    return [
        Contestant(model, form, width, path, _ours(path, width, sizes.length))
        for width in (1, sizes.beam_width)
        for model, form, path in files
    ]


def peer_contestants(folder: Path, python: Path, sizes: Sizes) -> list[Contestant]:
    """Returns OpenNMT-tf's.

    Args:
        folder: where `opennmt_files` made them.
        python: the interpreter of its environment.
        sizes: the length.
    """
    return [
        Contestant(
            MODEL_NAMES[peer.model],
            peer.form,
            peer.beam_width,
            peer.path(folder),
            _theirs(python, peer.path(folder), sizes.length),
        )
        for peer in PEERS
    ]


def _ours(path: Path, beam_width: int, length: int) -> list[str]:
    options = ["--beam-width", str(beam_width), "--length", str(length)]
    return [sys.executable, "-m", "benchmarks.device.our_worker", str(path.resolve()), *options]


def _theirs(python: Path, path: Path, length: int) -> list[str]:
    # The link in a virtual environment must not be resolved: it says which packages to use.
    command = [str(python.absolute()), "-m", "benchmarks.device.opennmt_worker"]
    return [*command, str(path.resolve()), "--length", str(length)]
