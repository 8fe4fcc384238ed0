"""`s2s-keras web`: model files -> a page that runs them in the browser."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from s2s_keras.cli.console import note, print_figures
from s2s_keras.runtime.shipped import shipped_models

__all__ = ["run"]


def run(
    models: Annotated[
        list[Path] | None,
        typer.Argument(
            help="`.tflite` files: those with a lexicon correct as one types, others translate. "
            "[default: those that ship]",
            metavar="MODEL",
        ),
    ] = None,
    *,
    out: Annotated[Path, typer.Option(help="Folder of the page; an older page is replaced.")],
    litert: Annotated[
        Path | None,
        typer.Option(
            help="Folder of the npm package @litertjs/core. [default: npm fetches it, once]"
        ),
    ] = None,
) -> None:
    """Write a page of static files that corrects and translates in the browser.

    Nothing that is typed leaves the browser, and the page works offline once it was open. Any web
    server will do, over https or on localhost.
    """
    from s2s_keras.web_page import install_litert, write_page

    paths = models or shipped_models()
    if litert is None:
        note("Looking for LiteRT.js; npm fetches it the first time ...")
        litert = install_litert()
    sizes = write_page(paths, out, litert)
    kinds = {
        "models": sum(size for name, size in sizes.items() if name.startswith("models/")),
        "LiteRT.js, a browser loads half": sum(
            size for name, size in sizes.items() if name.startswith("litert/")
        ),
    }
    kinds["page and code"] = sum(sizes.values()) - sum(kinds.values())
    print_figures(str(out), {name: f"{size:,} bytes" for name, size in kinds.items()})
    note(f"To try it: python -m http.server --bind 127.0.0.1 --directory {out}")
