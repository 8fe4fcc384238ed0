"""The shortlist in a file's metadata: read as written, and refused where it is not usable."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from s2s_keras.errors import ArtifactError
from s2s_keras.runtime import TFLiteSession, read_artifact, write_artifact
from s2s_keras.runtime.artifact import SHORTLIST_FILE
from s2s_keras.text import Shortlist
from tests.runtime.packing import pack, parts, repack

VOCABULARY = 15
BEST = np.random.default_rng(0).integers(4, VOCABULARY, (VOCABULARY, 2))
SHORTLIST = Shortlist(np.arange(8), BEST, VOCABULARY)
SIZES = {"size": 8, "per_token": 2}


@pytest.fixture(scope="module")
def content(tiny_file: Path) -> bytes:
    """A file whose metadata holds a shortlist; its graph takes none."""
    artifact = read_artifact(tiny_file)
    assert len(artifact.target_tokenizer) == VOCABULARY
    return repack(
        tiny_file.read_bytes(), members={SHORTLIST_FILE: SHORTLIST.to_bytes()}, shortlist=SIZES
    )


def read(path: Path, content: bytes) -> Any:
    path.write_bytes(content)
    return read_artifact(path)


def refuses(path: Path, content: bytes, message: str) -> None:
    with pytest.raises(ArtifactError, match=message) as caught:
        read(path, content)
    assert str(caught.value).startswith(f"{path}: ")
    assert len(str(caught.value)) < 1000


def test_written_shortlist_is_read_again(tiny_file: Path, tmp_path: Path) -> None:
    artifact = read_artifact(tiny_file)
    assert artifact.shortlist is None
    assert "shortlist" not in artifact.metadata
    tokenizers = (artifact.source_tokenizer, artifact.target_tokenizer)
    path = tmp_path / "m.tflite"
    document = write_artifact(path, artifact.graph, artifact.metadata, *tokenizers, SHORTLIST)
    assert document["shortlist"] == SIZES
    assert read_artifact(path).shortlist == SHORTLIST


def test_graph_that_takes_no_candidates_is_refused(content: bytes, tmp_path: Path) -> None:
    artifact = read(tmp_path / "m.tflite", content)
    with pytest.raises(ArtifactError, match=r"do not fit .*candidate_ids int32 \(8,\)"):
        TFLiteSession(artifact)


def test_shortlist_without_its_half_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "m.tflite"
    graph, members = parts(content)
    refuses(path, repack(content, shortlist=None), "must hold both shortlist.bin and `shortlist`")
    del members[SHORTLIST_FILE]
    refuses(path, pack(graph, members), "must hold both")


@pytest.mark.parametrize(
    "sizes",
    [
        5,
        [],
        {},
        "x" * 200_000,
        {"size": 8},
        {"size": 8, "per_token": True},
        {"size": 8.0, "per_token": 2},
        {"size": "8", "per_token": 2},
    ],
    ids=lambda sizes: str(sizes)[:20],
)
def test_sizes_that_are_no_whole_numbers_are_refused(
    sizes: Any, content: bytes, tmp_path: Path
) -> None:
    refuses(tmp_path / "m", repack(content, shortlist=sizes), "must have the whole numbers `size`")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"size": 9}, "must hold 78 bytes. Received: 76"),
        ({"per_token": 3}, "must hold 106 bytes. Received: 76"),
        ({"size": 10**30}, "must hold .* bytes. Received: 76"),
        ({"per_token": 10**4}, "must hold .* bytes"),
        ({"size": -8}, "must be positive integers"),
        ({"per_token": 0}, "must be positive integers"),
        ({"size": 38, "per_token": 0}, "must be positive integers"),
    ],
)
def test_sizes_that_do_not_fit_the_bytes_are_refused(
    change: dict[str, int], message: str, content: bytes, tmp_path: Path
) -> None:
    refuses(tmp_path / "m", repack(content, shortlist={**SIZES, **change}), message)


@pytest.mark.parametrize(
    ("place", "value", "message"),
    [
        (0, 4, "must be distinct, those of the special tokens first"),
        (7, 6, "must be distinct"),
        (7, VOCABULARY, "`frequent` must lie between 0 and 14"),
        (8, 2**16 - 1, "`best` must lie between 0 and 14"),
        (-1, VOCABULARY, "`best` must lie between 0 and 14"),
    ],
)
def test_ids_that_are_not_in_the_vocabulary_are_refused(
    place: int, value: int, message: str, content: bytes, tmp_path: Path
) -> None:
    ids = np.frombuffer(SHORTLIST.to_bytes(), "<u2").copy()
    ids[place] = value
    changed = repack(content, members={SHORTLIST_FILE: ids.tobytes()})
    refuses(tmp_path / "m", changed, f"the shortlist is not usable: .*{message}")


def test_shortlist_of_another_checksum_is_refused(content: bytes, tmp_path: Path) -> None:
    graph, members = parts(content)
    members[SHORTLIST_FILE] = SHORTLIST.to_bytes()[:-2] + b"\4\0"
    refuses(tmp_path / "m", pack(graph, members), "checksum of shortlist.bin does not match")


def test_bomb_of_a_shortlist_is_refused(content: bytes, tmp_path: Path) -> None:
    graph, members = parts(content)
    bomb = pack(graph, {**members, SHORTLIST_FILE: bytes(2**26 + 1)})
    assert len(bomb) < len(content) + 10**5
    refuses(tmp_path / "m", bomb, "shortlist.bin must hold at most .* bytes. Received: 67108865")


def test_brackets_among_the_bytes_mean_nothing(tiny_file: Path, tmp_path: Path) -> None:
    per_token = 10_000 // VOCABULARY + 1
    best = np.full((VOCABULARY, per_token), 4)
    content = Shortlist(np.arange(8), best, VOCABULARY).to_bytes()
    brackets = content[:16] + b"[" * (len(content) - 16)  # ids of 0x5B5B: too large, but no JSON
    changed = repack(
        tiny_file.read_bytes(),
        members={SHORTLIST_FILE: brackets},
        shortlist={"size": 8, "per_token": per_token},
    )
    refuses(tmp_path / "m", changed, "`best` must lie between 0 and 14. Received: 23387 to 23387")
