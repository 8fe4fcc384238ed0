"""The memory that a model file needs beyond the bare interpreter, seen from a fresh process."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from s2s_keras.decoding import DecodingSettings, beam_search, greedy_search
from s2s_keras.runtime.artifact import read_artifact
from s2s_keras.runtime.graph import operators, signature_subgraphs
from s2s_keras.runtime.interpreters import find_interpreter
from s2s_keras.runtime.session import TFLiteSession
from s2s_keras.runtime.single_operator import single_operator

__all__ = ["main", "measure_peak_memory"]

STATUS = Path("/proc/self/status")
RESET = Path("/proc/self/clear_refs")
RESET_PEAK = "5"
"""What Linux takes there as the order to forget the peak so far; see `man 5 proc`."""


def measure_peak_memory(
    path: str | Path,
    source_ids: NDArray[np.int32],
    settings: DecodingSettings,
    num_threads: int = 1,
    interpreter: str | None = None,
) -> int | None:
    """Loads a file and decodes a source in a fresh process.

    Args:
        path: the `.tflite` file.
        source_ids: the source, int32 (1, S).
        settings: how to decode it.
        num_threads: threads of the interpreter.
        interpreter: a key of `INTERPRETERS`; see `find_interpreter`.

    Returns:
        The peak of the resident memory in bytes, less what was resident when the interpreter had
        run a graph of one operator; `None` where the system tells neither.
    """
    request = {
        "bare_graph": _bare_graph(read_artifact(path).graph).hex(),
        "path": str(path),
        "source_ids": source_ids.tolist(),
        "lengths": [settings.min_output_length, settings.max_output_length],
        "beam_width": settings.beam_width,
        "num_threads": num_threads,
        "interpreter": interpreter,
    }
    done = subprocess.run(
        [sys.executable, "-m", __name__, json.dumps(request)],
        capture_output=True,
        text=True,
        check=True,
    )
    peak: int | None = json.loads(done.stdout.splitlines()[-1])
    return peak


def main() -> None:
    """Does what `measure_peak_memory` asks, in this process, and prints the bytes."""
    request = json.loads(sys.argv[1])
    bare = find_interpreter(request["interpreter"])(
        model_content=bytes.fromhex(request["bare_graph"]), num_threads=request["num_threads"]
    )
    bare.allocate_tensors()
    bare.invoke()
    before = _resident_bytes()
    artifact = read_artifact(request["path"])
    session = TFLiteSession(artifact, request["num_threads"], request["interpreter"])
    shortest, longest = request["lengths"]
    settings = DecodingSettings(
        beam_width=request["beam_width"], min_output_length=shortest, max_output_length=longest
    )
    search = greedy_search if settings.beam_width == 1 else beam_search
    search(session, np.array(request["source_ids"], np.int32), settings)
    after = _peak_bytes()
    print(json.dumps(None if before is None or after is None else max(0, after - before)))


def _bare_graph(graph: bytes) -> bytes:
    """Returns a graph of one softmax: every step has it, without constants and without a state."""
    found = (
        operator
        for subgraph in signature_subgraphs(graph).values()
        for operator in operators(graph, subgraph)
        if operator.name == "SOFTMAX"
    )
    return single_operator(graph, next(found))


def _resident_bytes() -> int | None:
    """What is resident now, or, where only a peak is told, the peak so far."""
    if not STATUS.exists():
        return _peak_bytes()
    try:
        RESET.write_text(RESET_PEAK)
    except OSError:  # then the peak of the imports counts as well
        return _status_bytes("VmHWM")
    return _status_bytes("VmRSS")


def _peak_bytes() -> int | None:
    if STATUS.exists():
        return _status_bytes("VmHWM")
    try:
        import resource
    except ModuleNotFoundError:  # Windows
        return None
    usage: Any = resource.getrusage(resource.RUSAGE_SELF)
    return int(usage.ru_maxrss) * (1 if sys.platform == "darwin" else 1024)


def _status_bytes(name: str) -> int | None:
    for line in STATUS.read_text().splitlines():
        key, _, value = line.partition(":")
        if key == name:
            return int(value.split()[0]) * 1024
    return None


if __name__ == "__main__":
    main()
