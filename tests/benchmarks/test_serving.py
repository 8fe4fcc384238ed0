"""The load that the benchmark of the server sends, on a tiny file."""

from pathlib import Path

import pytest

from benchmarks.serving.compare import ask_at_once, send_malformed, vanish
from benchmarks.serving.malformed import KINDS, malformed_bodies
from benchmarks.serving.process import served


def test_malformed_bodies_hang_on_the_seed_alone() -> None:
    assert list(malformed_bodies(100, 1)) == list(malformed_bodies(100, 1))
    assert list(malformed_bodies(100, 1)) != list(malformed_bodies(100, 2))
    assert len(set(malformed_bodies(len(KINDS), 1))) == len(KINDS)


@pytest.mark.slow
def test_a_server_outlives_its_clients(tiny_file: Path, tmp_path: Path) -> None:
    texts = ["abc", "hgfe", "b,c d."] * 20
    with served(tiny_file, tmp_path) as process:
        expected = process.predict({"instances": texts[:3]})
        load = ask_at_once(process.port, texts, 32)
        assert (load.errors, len(load.latencies_ms)) == (0, 60)
        assert load.texts_per_second > 0
        bad = ask_at_once(process.port, ["abc", "Z", "abc", ""], 2)
        assert bad.errors == 2
        vanish(process, "abc", 60)
        statuses = send_malformed(process, 300, seed=3)
        assert set(statuses) <= {400, 413}
        assert statuses.total() == 300
        assert process.predict({"instances": texts[:3]}) == expected
        assert process.stop() == 0
        assert "Traceback" not in process.log.read_text()
