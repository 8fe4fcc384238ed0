"""`s2s-keras serve`: a model file, over HTTP."""

from __future__ import annotations

import importlib.util
import logging
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from s2s_keras.cli.console import note, quiet_native_logs
from s2s_keras.errors import MissingDependencyError, S2SKerasError

if TYPE_CHECKING:
    from s2s_keras.serving import Service

__all__ = ["run"]

NAME = re.compile(r"[^/:\s]{1,100}")


def run(
    model: Annotated[
        Path, typer.Argument(help="A .tflite file, or a folder of SavedModel versions.")
    ],
    name: Annotated[
        str | None,
        typer.Option(help="What the URL calls the model. [default: the file's or folder's name]"),
    ] = None,
    version: Annotated[
        int | None, typer.Option(min=0, help="Of a SavedModel. [default: the highest]")
    ] = None,
    host: Annotated[
        str, typer.Option(help="Address to listen at; 0.0.0.0 for every one of this machine.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 8501,
    n_best: Annotated[
        int | None,
        typer.Option(min=1, help="Outputs a text, of a .tflite file. [default: its beam width]"),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(min=1, help="Texts at the same time, of a .tflite file. [default: cores]"),
    ] = None,
    max_batch_size: Annotated[
        int | None,
        typer.Option(min=1, help="Texts in a batch. [default: 32 for a SavedModel, else 1]"),
    ] = None,
    max_wait_ms: Annotated[
        float | None,
        typer.Option(min=0, help="How long a batch waits for more texts. [default: 2, or 0]"),
    ] = None,
    max_queue: Annotated[int, typer.Option(min=1, help="Texts that wait; then 503.")] = 1024,
    max_body_bytes: Annotated[int, typer.Option(min=1, help="Of a request; then 413.")] = 2**20,
    max_instances: Annotated[int, typer.Option(min=1, help="Texts a request; then 400.")] = 128,
    max_text_characters: Annotated[int, typer.Option(min=1, help="Of a text; then 400.")] = 2000,
    max_connections: Annotated[int, typer.Option(min=1, help="Open ones; then 503.")] = 512,
    head_seconds: Annotated[
        float, typer.Option(help="For a request's first line and headers; then 408.")
    ] = 10.0,
    body_seconds: Annotated[float, typer.Option(help="For a request's body; then 408.")] = 10.0,
    request_seconds: Annotated[float, typer.Option(help="For an answer; then 504.")] = 30.0,
    stop_seconds: Annotated[
        float, typer.Option(help="For the requests under way, when told to stop.")
    ] = 30.0,
) -> None:
    """Serve a model with TensorFlow Serving's REST interface, and a web page."""
    _require_serving()
    from dataclasses import replace

    from s2s_keras.serving import Limits, Service, bind, open_servable, serve
    from s2s_keras.serving.service import default_batching

    limits = Limits(
        max_body_bytes=max_body_bytes,
        max_instances=max_instances,
        max_text_characters=max_text_characters,
        max_queue=max_queue,
        max_connections=max_connections,
        head_seconds=head_seconds,
        body_seconds=body_seconds,
        request_seconds=request_seconds,
        stop_seconds=stop_seconds,
    )
    called = _name(model, name)
    bound = bind(host, port)  # before the model is loaded: a port that is taken shows at once
    note(f"Opening {model} ...")
    with bound:
        with quiet_native_logs():
            servable = open_servable(
                model,
                version=version,
                n_best=n_best,
                time_limit_ms=1000 * request_seconds,
                workers=workers,
            )
        batching = default_batching(servable, limits)
        if max_batch_size is not None:
            batching = replace(batching, max_batch_size=max_batch_size)
        if max_wait_ms is not None:
            batching = replace(batching, max_wait_ms=max_wait_ms)
        service = Service(servable, called, limits, batching)
        logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s")
        address = _address(host, bound.getsockname()[1])
        is_done = serve(service, bound, lambda: _announce(service, address))
    if not is_done:
        raise S2SKerasError(
            f"Stopped after {stop_seconds:g} seconds with requests under way. `--stop-seconds` "
            "gives them more."
        )
    note("Stopped; every request was answered.")


def _announce(service: Service, address: str) -> None:
    version = service.servable.version
    note(f"Serving {service.name}, version {version}, at {address} (Ctrl-C stops).")


def _address(host: str, port: int) -> str:
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{port}/"


def _name(model: Path, given: str | None) -> str:
    name = model.resolve().stem if given is None else given
    if not NAME.fullmatch(name):
        raise ValueError(
            "`--name` must be 1 to 100 characters without `/`, `:` and white space, because it "
            f"stands in the URL. Received: {name!r}."
        )
    return name


def _require_serving() -> None:
    for module in ("prometheus_client", "starlette", "uvicorn"):
        if importlib.util.find_spec(module) is None:
            raise MissingDependencyError(f"Serving needs {module}: pip install 's2s-keras[serve]'.")
