"""Our files have the sizes asked for, and are made once."""

from __future__ import annotations

from pathlib import Path

from benchmarks.device.files import OurFile, make_files
from benchmarks.device.sizes import Sizes
from s2s_keras.runtime import load

TINY = Sizes(length=6, beam_width=2, vocabulary=20, embedding=4, encoder_units=3, units=5)


def test_file_has_the_sizes_asked_for_and_is_made_once(tmp_path: Path) -> None:
    files = [OurFile("luong with input feeding", "stateful")]
    (path,) = make_files(tmp_path / "new", files, TINY)
    assert path == tmp_path / "new" / "luong-with-input-feeding-stateful.tflite"
    model = load(path)
    assert len(model.source_tokenizer) == len(model.target_tokenizer) == TINY.vocabulary
    assert model.session.source_lengths == [TINY.length]
    assert model.session.beam_widths == [1, TINY.beam_width]
    assert set(model.metadata["signatures"]) == {"start", "step"}
    # Embeddings, output matrix; the encoder's two cells; bridge, cell and its two inputs, keys,
    # attentional vector, output features.
    encoder = 2 * 3 * 3 * (4 + 3 + 2)
    decoder = (6 * 5 + 5) + 3 * 5 * (4 + 5 + 5 + 2) + 6 * 5 + (6 + 5) * 5 + 5 * 4
    assert model.metadata["parameters"] == 3 * 20 * 4 + encoder + decoder
    before = path.stat().st_mtime_ns
    assert make_files(tmp_path / "new", files, TINY) == [path]
    assert path.stat().st_mtime_ns == before
