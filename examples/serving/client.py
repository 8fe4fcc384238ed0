"""Asks a server for translations: `s2s-keras serve` and TensorFlow Serving alike.

python examples/serving/client.py --model en-fr "A dog runs." "Two men talk."

Needs nothing but Python's standard library.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Sequence
from typing import Any

__all__ = ["ServerError", "main", "predict"]

ATTEMPTS = 5


class ServerError(Exception):
    """The server refused a request, or cannot be reached."""


def predict(
    server: str, model: str, texts: Sequence[str], signature: str = "serving_default"
) -> list[dict[str, Any]]:
    """Asks for the outputs of texts, and again after a while where the server is busy.

    Args:
        server: `http://127.0.0.1:8501`, for example.
        model: what the server calls the model.
        texts: sources, at least one.
        signature: name of a signature that takes texts.

    Returns:
        For each text its outputs by name.

    Raises:
        ServerError: the server refused the request, or cannot be reached.
    """
    url = f"{server.rstrip('/')}/v1/models/{urllib.parse.quote(model)}:predict"
    document = {"signature_name": signature, "instances": list(texts)}
    request = urllib.request.Request(
        url, json.dumps(document).encode(), {"Content-Type": "application/json"}
    )
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with urllib.request.urlopen(request, timeout=60) as response:
                return list(json.load(response)["predictions"])
        except urllib.error.HTTPError as error:
            with error:
                if error.code != 503 or attempt == ATTEMPTS:
                    raise ServerError(f"HTTP {error.code}: {_message(error)}") from error
                time.sleep(float(error.headers.get("Retry-After", attempt)))
        except (OSError, ValueError, KeyError) as error:
            raise ServerError(f"{url}: {error}") from error
    raise ServerError(f"{url}: no answer after {ATTEMPTS} attempts.")


def _message(error: urllib.error.HTTPError) -> str:
    content = error.read(10_000).decode(errors="replace")
    try:
        return str(json.loads(content)["error"])
    except (ValueError, KeyError, TypeError):
        return content


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints each text's best output, and returns the exit status."""
    parser = argparse.ArgumentParser(description="Ask a server for translations.")
    parser.add_argument("texts", nargs="+", metavar="TEXT")
    parser.add_argument("--server", default="http://127.0.0.1:8501")
    parser.add_argument("--model", default="en-fr")
    options = parser.parse_args(arguments)
    try:
        found = predict(options.server, options.model, options.texts)
    except ServerError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    for outputs in found:
        print(f"{outputs['texts'][0]}\t{outputs['scores'][0]:.3f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
