"""Makes our files for `compare`.

    python -m benchmarks.device.files --out build/device

What takes time does not depend on the weights, so none is trained.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.device.sizes import SIZES, Sizes
from s2s_keras.files import make_folder
from s2s_keras.text.tokenizer import SPECIAL_TOKENS

__all__ = ["FLAVOURS", "MODELS", "OURS", "OurFile", "main", "make_files"]

MODELS: dict[str, dict[str, Any]] = {
    "bahdanau": {"decoder": "bahdanau", "score": "additive"},
    "luong": {"decoder": "luong", "score": "general"},
    "luong with input feeding": {"decoder": "luong", "score": "general", "input_feeding": True},
}
"""Name -> what the decoder is. The last is OpenNMT-tf's."""

FLAVOURS: dict[str, dict[str, Any]] = {
    "plain": {},
    "stateful": {"stateful": True},
    "shortlist": {"shortlist": 512},
}
"""Name -> how the file is exported; of a shortlist, its size."""


class OurFile(NamedTuple):
    """A file to make.

    Attributes:
        model: a key of `MODELS`.
        flavour: a key of `FLAVOURS`.
    """

    model: str
    flavour: str

    def path(self, folder: Path) -> Path:
        """Returns where the file stands in `folder`."""
        name = f"{self.model} {self.flavour}".replace(" ", "-")
        return folder / f"{name}.tflite"


OURS = [OurFile(model, flavour) for model in MODELS for flavour in FLAVOURS]


def make_files(folder: Path, files: Sequence[OurFile] = OURS, sizes: Sizes = SIZES) -> list[Path]:
    """Makes files that are not there yet, with int8 weights (`dynamic_range`).

    Args:
        folder: where to; it is made.
        files: which.
        sizes: of the models.

    Returns:
        The paths of all.

    Raises:
        ExportError: see `export_tflite`.
    """
    make_folder(folder)
    for name in MODELS:
        missing = [f for f in files if f.model == name and not f.path(folder).exists()]
        if missing:
            _export(name, missing, folder, sizes)
    return [file.path(folder) for file in files]


def _export(name: str, files: Sequence[OurFile], folder: Path, sizes: Sizes) -> None:
    import keras

    from s2s_keras.decoding import DecodingSettings
    from s2s_keras.export import export_tflite
    from s2s_keras.model import Seq2Seq
    from s2s_keras.text import WordTokenizer

    words = [f"\N{LOWER ONE EIGHTH BLOCK}w{index}" for index in range(sizes.vocabulary)]
    tokenizer = WordTokenizer(words[: sizes.vocabulary - len(WordTokenizer(()))])
    settings = DecodingSettings(
        beam_width=sizes.beam_width, max_source_length=sizes.length, max_output_length=sizes.length
    )
    keras.utils.set_random_seed(1)
    model = Seq2Seq(
        tokenizer,
        tokenizer,
        embedding_size=sizes.embedding,
        units=sizes.units,
        encoder_units=sizes.encoder_units,
        tie_output=False,  # as OpenNMT-tf's
        **MODELS[name],
    )
    for file in files:
        options = dict(FLAVOURS[file.flavour])
        if "shortlist" in options:
            options["shortlist"] = _random_shortlist(options["shortlist"], sizes.vocabulary)
        export_tflite(
            model,
            file.path(folder),
            ["w1 w2 w3"],
            settings,
            min_same_best=0.0,  # random weights have near ties
            card={"parameters": model.count_params()},
            **options,
        )


def _random_shortlist(size: int, vocabulary: int) -> Any:
    """Returns a shortlist of 16 tokens a source token, as a learned one has by default."""
    import numpy as np

    from s2s_keras.text import Shortlist

    drawn = np.random.default_rng(1).integers(len(SPECIAL_TOKENS), vocabulary, (vocabulary, 16))
    return Shortlist(np.arange(min(size, vocabulary)), drawn, vocabulary)


def main(arguments: Sequence[str] | None = None) -> int:
    """Makes the files and prints their names."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder for the files")
    for path in make_files(parser.parse_args(arguments).out):
        print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
