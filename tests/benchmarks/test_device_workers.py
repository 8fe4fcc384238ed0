"""A worker decodes when it is asked to, tells how long that took, and never fails in silence."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.device.worker_process import ROOT, WorkerError, WorkerProcess

SLEEPER = """
import time
from benchmarks.device.worker import Loaded, serve

def load():
    print("a library greets")
    return Loaded({"name": "sleeper"}, lambda: time.sleep(0.02), lambda output: 4)

serve(load)
"""


def our_worker(path: Path, beam_width: int, length: int) -> list[str]:
    options = ["--beam-width", str(beam_width), "--length", str(length)]
    return [sys.executable, "-m", "benchmarks.device.our_worker", str(path), *options]


def test_time_is_that_of_the_decoding_by_its_tokens() -> None:
    with WorkerProcess([sys.executable, "-c", SLEEPER], tokens=4) as worker:
        assert worker.about == {"name": "sleeper"}
        assert all(5 <= worker.token_ms() < 50 for _ in range(3))


def test_process_has_ended_when_it_is_closed() -> None:
    with WorkerProcess([sys.executable, "-c", SLEEPER], tokens=4) as worker:
        worker.token_ms()
    with pytest.raises(ValueError, match="closed file"):
        worker.token_ms()


@pytest.mark.parametrize("beam_width", [1, 3])
def test_our_worker_decodes_as_many_tokens_as_asked(tiny_file: Path, beam_width: int) -> None:
    with WorkerProcess(our_worker(tiny_file, beam_width, 8), tokens=8) as worker:
        assert worker.about["runs_on"].startswith("ai-edge-litert ")
        assert worker.token_ms() > 0


def test_output_of_another_length_is_refused(tiny_file: Path) -> None:
    with (
        WorkerProcess(our_worker(tiny_file, 1, 8), tokens=9) as worker,
        pytest.raises(WorkerError, match=r"must have 9 tokens\. Received: 8, from .*our_worker"),
    ):
        worker.token_ms()


def test_worker_that_fails_says_why(tmp_path: Path) -> None:
    with pytest.raises(WorkerError, match=r"(?s)The worker ended: .*ArtifactError: .*none\.tflite"):
        WorkerProcess(our_worker(tmp_path / "none.tflite", 1, 8), tokens=8)


@pytest.mark.parametrize(("eos_at", "tokens"), [(None, 6), (4, 4)])
def test_other_worker_counts_the_tokens_before_eos(
    tmp_path: Path, eos_at: int | None, tokens: int
) -> None:
    """Any file that takes ids (S,) and puts out ids (T,) will do."""
    import tensorflow as tf

    output = [7] * 6
    if eos_at is not None:
        output[eos_at] = 2
    specification = tf.TensorSpec([None], tf.int32)
    function = tf.function(lambda ids: 0 * ids + output, input_signature=[specification])
    concrete = function.get_concrete_function()
    converter = tf.lite.TFLiteConverter.from_concrete_functions([concrete], function)
    path = tmp_path / "other.tflite"
    path.write_bytes(converter.convert())
    (tmp_path / "about.json").write_text(json.dumps({"parameters": 6}))
    command = [sys.executable, "-m", "benchmarks.device.opennmt_worker", str(path), "--length", "6"]
    with WorkerProcess(command, tokens) as worker:
        assert worker.about == {"parameters": 6, "runs_on": f"tensorflow {tf.__version__}"}
        assert worker.token_ms() > 0


def test_what_the_other_environment_imports_needs_nothing_of_ours() -> None:
    code = """
import sys
import benchmarks.device.opennmt_worker
print(sorted({name.partition(".")[0] for name in sys.modules} - set(sys.stdlib_module_names)))
"""
    done = subprocess.run(
        [sys.executable, "-S", "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "['__main__', 'benchmarks']"
