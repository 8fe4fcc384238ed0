"""HTTP requests -> the service -> HTTP answers."""

from __future__ import annotations

import asyncio
import json
import logging
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from s2s_keras.errors import InputError, RequestError
from s2s_keras.serving.body import read_body
from s2s_keras.serving.page import PAGE, PAGE_HEADERS
from s2s_keras.serving.rest import metadata_document, status_document
from s2s_keras.serving.service import Service

__all__ = ["make_app"]

logger = logging.getLogger(__name__)

MODEL_PATH = re.compile(
    r"/v1/models/(?P<name>[^/:]+)"
    r"(?:/versions/(?P<version>[0-9]{1,18}))?"
    r"(?:(?P<metadata>/metadata)|:(?P<method>predict|classify|regress))?"
)

Endpoint = Callable[[Request], Awaitable[Response]]


def make_app(service: Service) -> Starlette:
    """Returns the ASGI application.

    | path | answers |
    |---|---|
    | `POST /v1/models/NAME[/versions/N]:predict` | outputs |
    | `GET /v1/models/NAME[/versions/N]` | status |
    | `GET /v1/models/NAME[/versions/N]/metadata` | signatures |
    | `GET /healthz`, `/readyz` | 200 while the process lives; while it takes requests |
    | `GET /metrics` | figures for Prometheus |
    | `GET /card` | what the page shows of the model |
    | `GET /` | the page |
    """
    endpoints = _Endpoints(service)
    counted = endpoints.counted
    return Starlette(
        routes=[
            Route("/", counted("page", endpoints.page)),
            Route("/card", counted("card", endpoints.card)),
            Route("/healthz", counted("healthz", endpoints.healthz)),
            Route("/readyz", counted("readyz", endpoints.readyz)),
            Route("/metrics", counted("metrics", endpoints.metrics)),
            Route("/v1/{path:path}", counted("model", endpoints.model), methods=["GET", "POST"]),
        ],
        exception_handlers={HTTPException: _http_exception},
    )


class _Endpoints:
    def __init__(self, service: Service) -> None:
        self._service = service

    def counted(self, name: str, endpoint: Endpoint) -> Endpoint:
        """Returns an endpoint that counts its answers and turns every error into one."""

        async def answer(request: Request) -> Response:
            started = time.perf_counter()
            try:
                response = await endpoint(request)
            except RequestError as error:
                self._service.metrics.rejected(error.reason)
                response = _error(error)
            except Exception:
                logger.exception("%s %s failed.", request.method, request.url.path)
                response = _error(
                    RequestError(500, "The server failed; its log says where.", "failed")
                )
            seconds = time.perf_counter() - started
            self._service.metrics.answered(name, response.status_code, seconds)
            return response

        return answer

    async def page(self, request: Request) -> Response:
        return Response(PAGE, media_type="text/html", headers=PAGE_HEADERS)

    async def card(self, request: Request) -> Response:
        return _json(self._service.card())

    async def healthz(self, request: Request) -> Response:
        return _json({"status": "alive"})

    async def readyz(self, request: Request) -> Response:
        if self._service.is_stopping:
            raise RequestError(503, "The server is stopping.", "stopping")
        return _json({"status": "ready"})

    async def metrics(self, request: Request) -> Response:
        return Response(
            self._service.metrics.text(),
            headers={"content-type": self._service.metrics.content_type},
        )

    async def model(self, request: Request) -> Response:
        path = request.scope["path"]
        found = MODEL_PATH.fullmatch(path)
        wanted = "POST" if found and found["method"] else "GET"
        if found is None or request.method not in (wanted, "HEAD" if wanted == "GET" else wanted):
            raise RequestError(
                400 if found is None else 405,
                f"Malformed request: {request.method} {path[:200]}",
                "malformed",
            )
        service = self._service
        version = int(found["version"]) if found["version"] else None
        if found["name"] != service.name or version not in (None, service.servable.version):
            asked = f"Latest({found['name'][:100]})"
            if version is not None:
                asked = f"Specific({found['name'][:100]}, {version})"
            raise RequestError(
                404,
                f"Servable not found for request: {asked}. This server has version "
                f"{service.servable.version} of {service.name!r}.",
                "unknown_model",
            )
        if found["method"] == "predict":
            return await self._predict(request)
        if found["method"]:
            raise RequestError(
                400,
                f"The model's signatures take `:predict`. Received: `:{found['method']}`.",
                "malformed",
            )
        if found["metadata"]:
            signatures = service.servable.signatures
            return _json(metadata_document(service.name, service.servable.version, signatures))
        return _json(status_document(service.servable.version))

    async def _predict(self, request: Request) -> Response:
        service, limits = self._service, self._service.limits
        body = await read_body(request, limits)
        started = time.perf_counter()
        try:
            async with asyncio.timeout(limits.request_seconds):
                # In a thread: cutting long texts into tokens would hold all other requests up.
                asked = await asyncio.to_thread(service.read, body)
                rows = await _unless_disconnected(
                    asyncio.wrap_future(service.submit(asked)), request
                )
                content = await asyncio.to_thread(lambda: _encoded(service.answer(asked, rows)))
        except TimeoutError as error:
            raise RequestError(
                504,
                f"The model did not answer within {limits.request_seconds:g} seconds.",
                "too_late",
            ) from error
        except InputError as error:
            raise RequestError(400, str(error), "malformed") from error
        milliseconds = 1000 * (time.perf_counter() - started)
        return _json_of(content, {"server-timing": f"total;dur={milliseconds:.1f}"})


async def _unless_disconnected(future: asyncio.Future[Any], request: Request) -> Any:
    """Waits for a future, and cancels it where the client goes away."""
    gone = asyncio.ensure_future(_disconnected(request))
    try:
        await asyncio.wait({future, gone}, return_when=asyncio.FIRST_COMPLETED)
        if not future.done():
            raise RequestError(400, "The client went away.", "disconnected")
        return future.result()
    finally:
        gone.cancel()
        future.cancel()


async def _disconnected(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _encoded(document: Any) -> bytes:
    # Infinity and NaN go out as such, as TensorFlow Serving writes them.
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def _json(document: Any) -> Response:
    return _json_of(_encoded(document))


def _json_of(content: bytes, headers: Mapping[str, str] | None = None) -> Response:
    return Response(
        content,
        media_type="application/json",
        headers={
            "x-content-type-options": "nosniff",
            "cache-control": "no-store",
            **(headers or {}),
        },
    )


def _error(error: RequestError) -> Response:
    headers = {"content-type": "application/json", "x-content-type-options": "nosniff"}
    if error.retry_after_seconds is not None:
        headers["retry-after"] = str(error.retry_after_seconds)
    if error.status in (408, 413):  # what is left of the body is not read
        headers["connection"] = "close"
    # ASCII alone: a message may show half a surrogate pair.
    return Response(json.dumps({"error": str(error)}), error.status, headers)


async def _http_exception(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    message = "There is nothing here." if status == 404 else "The method does not fit the path."
    return _error(RequestError(status, f"{message} See `GET /`.", "malformed"))
