"""How much faster a server answers texts in batches, and what it takes to stop it.

    python -m benchmarks.serving.compare MODEL PAIRS.tsv --out build/serving

Serves MODEL twice on loopback, once with batches and once without, and lets clients ask each in
turn: one after the other, and many at the same time. The machine may be busy with other things:
only the ratios within a round mean anything. Then clients vanish in the middle of a request, bodies
are malformed, and the server must answer as before.
"""

from __future__ import annotations

import argparse
import http.client
import json
import random
import socket
import statistics
import struct
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.serving.malformed import malformed_bodies
from benchmarks.serving.process import ServingProcess, served
from s2s_keras.data import read_pairs

__all__ = ["Load", "ask_at_once", "main", "send_malformed", "vanish"]

PATH = "/v1/models/toy:predict"
BATCH_OPTION = "--max-batch-size"


@dataclass(frozen=True)
class Load:
    """What clients saw.

    Attributes:
        texts_per_second: answered with 200.
        errors: answers of another status, or none.
        latencies_ms: of each request.
    """

    texts_per_second: float
    errors: int
    latencies_ms: list[float]


def ask_at_once(port: int, texts: Sequence[str], clients: int) -> Load:
    """Asks for each text in a request of its own, from a number of clients at the same time.

    Args:
        port: of the server on loopback.
        texts: sources.
        clients: connections, each of which sends its next request when the last is answered.
    """
    waiting = list(texts)
    lock = threading.Lock()
    latencies: list[float] = []
    errors = 0

    def work() -> None:
        nonlocal errors
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=300)
        while True:
            with lock:
                if not waiting:
                    break
                text = waiting.pop()
            started = time.perf_counter()
            try:
                connection.request("POST", PATH, json.dumps({"instances": [text]}))
                response = connection.getresponse()
                response.read()
                is_good = response.status == 200
            except (OSError, http.client.HTTPException):
                connection.close()
                is_good = False
            with lock:
                latencies.append(1000 * (time.perf_counter() - started))
                errors += not is_good
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(clients)]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - started
    return Load((len(texts) - errors) / seconds, errors, latencies)


def vanish(process: ServingProcess, text: str, clients: int) -> None:
    """Opens connections, sends requests or parts of them, and resets the connections."""
    draws = random.Random(clients)
    body = json.dumps({"instances": [text] * 8}).encode()
    head = f"POST {PATH} HTTP/1.1\r\nhost: x\r\ncontent-length: {len(body)}\r\n\r\n".encode()
    for _ in range(clients):
        client = process.connect()
        client.sendall((head + body)[: draws.choice([None, draws.randrange(len(head + body))])])
        if draws.random() < 0.5:
            time.sleep(0.01)  # the model has it
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.close()


def send_malformed(process: ServingProcess, count: int, seed: int) -> Counter[int]:
    """Sends malformed bodies; returns how often each status came."""
    statuses: Counter[int] = Counter()
    connection = http.client.HTTPConnection("127.0.0.1", process.port, timeout=300)
    for body in malformed_bodies(count, seed):
        for _ in range(2):  # the server closes a connection whose body it does not read
            try:
                connection.request("POST", PATH, body)
                response = connection.getresponse()
                json.loads(response.read())["error"]
                statuses[response.status] += 1
                break
            except (BrokenPipeError, ConnectionResetError, http.client.RemoteDisconnected):
                connection.close()
        else:
            statuses[0] += 1
    connection.close()
    return statuses


def _rounds(
    batched: ServingProcess, single: ServingProcess, texts: list[str], options: argparse.Namespace
) -> list[dict[str, Load]]:
    rounds = []
    for number in range(options.rounds + 1):  # the first one warms up
        draws = random.Random(number)
        chosen = draws.sample(texts, min(options.texts, len(texts)))
        few = chosen[: max(1, len(chosen) // 4)]
        found = {
            "one client": ask_at_once(single.port, few, 1),
            "clients, no batches": ask_at_once(single.port, chosen, options.clients),
            "clients, batches": ask_at_once(batched.port, chosen, options.clients),
        }
        shown = ", ".join(f"{name}: {load.texts_per_second:.0f}/s" for name, load in found.items())
        print(f"round {number}: {shown}", flush=True)
        if number:
            rounds.append(found)
    return rounds


def _batched(process: ServingProcess) -> tuple[float, float]:
    """Returns how many texts the model ran on, and in how many batches."""
    name = 's2s_batch_rows_{}{{signature="serving_default"}}'
    return process.figure(name.format("sum")), process.figure(name.format("count"))


def _summary(rounds: list[dict[str, Load]]) -> dict[str, Any]:
    summary: dict[str, Any] = {}
    for name in rounds[0]:
        loads = [found[name] for found in rounds]
        latencies = sorted(ms for load in loads for ms in load.latencies_ms)
        summary[name] = {
            "texts_per_second": round(statistics.median(x.texts_per_second for x in loads), 1),
            "requests": len(latencies),
            "errors": sum(load.errors for load in loads),
            **{
                f"p{percent}_ms": round(latencies[int(percent / 100 * (len(latencies) - 1))], 1)
                for percent in (50, 95, 99)
            },
        }
    for other in ("one client", "clients, no batches"):
        ratios = [
            found["clients, batches"].texts_per_second / found[other].texts_per_second
            for found in rounds
        ]
        summary[f"times as fast as {other}"] = {
            "median": round(statistics.median(ratios), 2),
            "least": round(min(ratios), 2),
            "most": round(max(ratios), 2),
        }
    return summary


def main() -> None:
    """Measures, prints and writes the figures."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("model", type=Path, help="a .tflite file or a SavedModel folder")
    parser.add_argument("pairs", type=Path, help="a file of pairs; the sources are asked for")
    parser.add_argument("--out", type=Path, default=Path("build/serving"))
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--texts", type=int, default=256, help="a round")
    parser.add_argument("--max-batch-size", default="32")
    parser.add_argument("--malformed", type=int, default=10_000)
    options = parser.parse_args()
    texts = [pair.source for pair in read_pairs(options.pairs)]
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        processes = []
        for size in (options.max_batch_size, "1"):
            (folder / size).mkdir(exist_ok=True)
            served_one = served(options.model, folder / size, BATCH_OPTION, size)
            processes.append(stack.enter_context(served_one))
        batched, single = processes
        chosen = random.Random(0).sample(texts, min(len(texts), 2 * options.texts))
        with ThreadPoolExecutor(options.clients) as pool:
            statuses = pool.map(lambda text: batched.predict({"instances": [text]})[0], chosen)
            taken = [text for text, status in zip(chosen, statuses, strict=True) if status == 200]
        print(f"{len(taken)} of {len(chosen)} sources are taken.", flush=True)
        rows, batches = _batched(batched)
        figures = _summary(_rounds(batched, single, taken, options))
        more_rows, more_batches = _batched(batched)
        figures["mean_batch"] = round((more_rows - rows) / (more_batches - batches), 1)
        before = [batched.predict({"instances": [text]})[1] for text in taken[:20]]
        vanish(batched, taken[0], 200)
        figures["malformed"] = dict(send_malformed(batched, options.malformed, seed=1))
        after = [batched.predict({"instances": [text]})[1] for text in taken[:20]]
        figures["answers_as_before"] = before == after
        figures["exit_status"] = batched.stop()
        figures["tracebacks_in_log"] = batched.log.read_text().count("Traceback")
    options.out.mkdir(parents=True, exist_ok=True)
    text = json.dumps(figures, indent=2) + "\n"
    (options.out / "serving.json").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
