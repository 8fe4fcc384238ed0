"""Makes OpenNMT-tf's own TFLite exports of its models, untrained, for `compare`.

    .venv-opennmt/bin/python -m benchmarks.device.opennmt_files --out build/device

This runs in an environment of its own (`make .venv-opennmt/ready`), which has OpenNMT-tf 2.32 and
the TensorFlow of its time, and imports nothing of ours. Each file holds the whole loop: source ids
go in and output ids come out. Documented parameters of inference make all outputs equally long:
no `eos` may come before `minimum_decoding_length`, and the loop ends at `maximum_decoding_length`.
What takes time does not depend on the weights, so none is trained.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.device.sizes import SIZES

__all__ = ["ABOUT", "EOS_ID", "FORMS", "PEERS", "Peer", "main", "make_files"]

ABOUT = "about.json"
"""What is told of a file, in its folder."""

FILE = "opennmt.tflite"
"""What OpenNMT-tf calls it."""

SPECIAL_TOKENS = ("<blank>", "<s>", "</s>")
EOS_ID = 2

FORMS = {"float": "tflite", "dynamic range": "tflite_dynamic_range"}
"""What the weights are -> OpenNMT-tf's exporter."""


class Peer(NamedTuple):
    """A file to make.

    Attributes:
        model: `gru` or `transformer`.
        beam_width: 1 is greedy search.
        form: a key of `FORMS`.
    """

    model: str
    beam_width: int
    form: str

    def path(self, folder: Path) -> Path:
        """Returns where the file stands under `folder`."""
        form = self.form.replace(" ", "-")
        return folder / f"opennmt-{self.model}-beam{self.beam_width}-{form}" / FILE


PEERS = [
    Peer(model, beam_width, form)
    for model, beam_width in (("gru", 1), ("gru", SIZES.beam_width), ("transformer", 1))
    for form in FORMS
]


def make_files(folder: Path) -> list[Path]:
    """Makes those of `PEERS` that are not there yet, and returns the paths of all."""
    folder.mkdir(parents=True, exist_ok=True)
    for peer in PEERS:
        if not peer.path(folder).exists():
            _export(peer, folder)
    return [peer.path(folder) for peer in PEERS]


def _export(peer: Peer, folder: Path) -> None:
    import opennmt
    import tensorflow as tf
    from opennmt.utils import exporters

    tf.random.set_seed(1)
    model = {"gru": _gru, "transformer": _transformer}[peer.model]()
    with tempfile.TemporaryDirectory(dir=folder) as temporary:
        words = [f"w{index}" for index in range(SIZES.vocabulary - len(SPECIAL_TOKENS) - 1)]
        vocabulary = Path(temporary, "vocabulary.txt")  # OpenNMT-tf adds the unknown token
        vocabulary.write_text("\n".join([*SPECIAL_TOKENS, *words]) + "\n", encoding="utf-8")
        model.initialize(
            {"source_vocabulary": str(vocabulary), "target_vocabulary": str(vocabulary)},
            params={
                "beam_width": peer.beam_width,
                "minimum_decoding_length": SIZES.length,
                "maximum_decoding_length": SIZES.length,
                "tflite_output_size": SIZES.length,
            },
        )
        model.create_variables()
        made = Path(temporary, "made")
        made.mkdir()
        model.export(str(made), exporters.make_exporter(FORMS[peer.form]))
        about = {
            "parameters": sum(variable.shape.num_elements() for variable in model.weights),
            "made_by": f"OpenNMT-tf {opennmt.__version__}",
        }
        (made / ABOUT).write_text(json.dumps(about), encoding="utf-8")
        made.rename(peer.path(folder).parent)


def _gru() -> Any:
    """A BiGRU, and a GRU with Luong's attention and input feeding, as ours is."""
    import opennmt
    import tensorflow as tf
    import tensorflow_addons as tfa

    return opennmt.models.SequenceToSequence(
        opennmt.inputters.WordEmbedder(embedding_size=SIZES.embedding),
        opennmt.inputters.WordEmbedder(embedding_size=SIZES.embedding),
        opennmt.encoders.RNNEncoder(
            num_layers=1,
            num_units=SIZES.encoder_units,
            bidirectional=True,
            cell_class=tf.keras.layers.GRUCell,
        ),
        opennmt.decoders.AttentionalRNNDecoder(
            num_layers=1,
            num_units=SIZES.units,
            bridge_class=opennmt.layers.CopyBridge,
            attention_mechanism_class=tfa.seq2seq.LuongAttention,
            cell_class=tf.keras.layers.GRUCell,
        ),
    )


def _transformer() -> Any:
    import opennmt

    return opennmt.models.Transformer(
        num_layers=SIZES.transformer_layers,
        num_units=SIZES.units,
        num_heads=SIZES.transformer_heads,
        ffn_inner_dim=SIZES.transformer_inner,
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Makes the files and prints their names."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder for the files")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    for path in make_files(parser.parse_args(arguments).out):
        print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
