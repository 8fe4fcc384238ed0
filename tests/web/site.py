"""A folder over HTTP on this machine, as any web server would give it."""

from __future__ import annotations

import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
LITERT = ROOT / "build/web/node_modules/@litertjs/core"
AXE = ROOT / "build/web/node_modules/axe-core/axe.min.js"
ISOLATED = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
}


class Site:
    """Serves a folder until it is closed; a port that was closed can be opened again.

    Attributes:
        headers: sent with every answer.
        missing: ends of paths that are answered with 404.
        asked: the paths that were asked for.
    """

    def __init__(self, folder: Path, port: int = 0, headers: dict[str, str] | None = None) -> None:
        self.headers = headers or {}
        self.missing: tuple[str, ...] = ()
        self.asked: list[str] = []
        self._server = ThreadingHTTPServer(
            ("127.0.0.1", port), partial(_Handler, site=self, directory=str(folder))
        )
        self.port = self._server.server_port
        self.url = f"http://127.0.0.1:{self.port}/"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def __enter__(self) -> Site:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Handler(SimpleHTTPRequestHandler):
    def __init__(self, *given: Any, site: Site, **options: Any) -> None:
        self.site = site
        super().__init__(*given, **options)

    def do_GET(self) -> None:
        self.site.asked.append(self.path)
        if self.site.missing and self.path.endswith(self.site.missing):
            self.send_error(404)
        else:
            super().do_GET()

    def end_headers(self) -> None:
        for name, value in self.site.headers.items():
            self.send_header(name, value)
        super().end_headers()

    def log_message(self, *_: object) -> None:
        pass
