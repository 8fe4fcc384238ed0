"""The lexicon in a file's metadata: read as written, and refused where it is not usable."""

import json
from pathlib import Path

import pytest

from s2s_keras.errors import ArtifactError
from s2s_keras.runtime import read_artifact, write_artifact
from s2s_keras.runtime.inspection import inspect_artifact
from s2s_keras.text import Lexicon

LEXICON = Lexicon({"the": 0.05, "then": 0.002})


class Damaged:
    """A lexicon whose bytes are not its own."""

    def __init__(self, content):
        self.content = content

    def to_bytes(self):
        return self.content


def written(tiny_file, path, lexicon):
    plain = read_artifact(tiny_file)
    tokenizers = (plain.source_tokenizer, plain.target_tokenizer)
    write_artifact(path, plain.graph, plain.metadata, *tokenizers, lexicon=lexicon)
    return path


def test_written_lexicon_is_read_again(tiny_file: Path, tmp_path: Path) -> None:
    assert read_artifact(tiny_file).lexicon is None
    path = written(tiny_file, tmp_path / "with.tflite", LEXICON)
    artifact = read_artifact(path)
    assert artifact.lexicon == LEXICON
    assert "lexicon.bin" in artifact.metadata["sha256"]
    sizes = inspect_artifact(artifact)["size_bytes"]
    assert 0 < sizes["lexicon"] < 100
    assert sum(size for part, size in sizes.items() if part != "total") == sizes["total"]
    json.dumps(artifact.metadata)


@pytest.mark.parametrize("content", [b"", b"\2\0\0\0\1\1one", LEXICON.to_bytes() + b"\xff"])
def test_damaged_lexicon_is_refused(tiny_file: Path, tmp_path: Path, content: bytes) -> None:
    path = written(tiny_file, tmp_path / "with.tflite", Damaged(content))
    with pytest.raises(ArtifactError, match=r"with.tflite: the lexicon is not usable: "):
        read_artifact(path)


def test_bomb_of_a_lexicon_is_refused(tiny_file: Path, tmp_path: Path) -> None:
    path = written(tiny_file, tmp_path / "with.tflite", Damaged(bytes(16 * 2**20 + 1)))
    with pytest.raises(ArtifactError, match=r"lexicon.bin must hold at most 16777216 bytes"):
        read_artifact(path)
