"""Model files -> a folder of static files: the page of `web_demo` that runs them in a browser."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import s2s_keras.web
from s2s_keras.errors import ArtifactError, MissingDependencyError
from s2s_keras.files import make_folder
from s2s_keras.runtime import Artifact, model_card, read_artifact
from s2s_keras.runtime.graph import foreign_operators

try:
    from rjsmin import jsmin
except ImportError as error:
    raise MissingDependencyError(
        "The page needs rjsmin, which the base install leaves out: pip install 's2s-keras[web]'."
    ) from error

__all__ = ["install_litert", "write_page"]

SOURCE = Path(s2s_keras.web.__path__[0])
PATTERNS = (
    *("*.html", "*.css", "*.js", "*.svg", "*.webmanifest", "app/*.js"),
    *(f"core/{part}*.js" for part in ("", "decoding/", "runtime/", "text/")),
)
WASM = ("litert_wasm_internal", "litert_wasm_compat_internal")
"""LiteRT.js for browsers with relaxed SIMD, and for those without."""
STAMP = "files.js"
"""Names the files of a page for its service worker; tells a page from any other folder."""


def write_page(models: Sequence[Path], out: Path, litert: Path) -> dict[str, int]:
    """Writes a page that runs model files in the browser, to be served as it is.

    The folder appears whole, or not at all; an older page in its place is replaced.

    Args:
        models: `.tflite` files, in the order in which the page lists them: those with a lexicon
            to correct, all others to translate.
        out: the folder; missing, empty, or an older page.
        litert: the folder of the npm package `@litertjs/core`; see `install_litert`.

    Returns:
        The page's files with their sizes in bytes.

    Raises:
        ArtifactError: a model does not run in a browser, two have one name, or LiteRT.js is not
            where it was said to be.
        FileExistsError: `out` holds something else.
        OSError: a file cannot be written.
    """
    if out.exists() and not (out.is_dir() and ((out / STAMP).exists() or not any(out.iterdir()))):
        raise FileExistsError(f"{out} exists and is no page of ours. Name a new folder.")
    artifacts = [_browser_safe(read_artifact(path)) for path in models]
    names = [artifact.path.name for artifact in artifacts]
    if len(set(names)) < len(names):
        raise ArtifactError(f"Models on one page must have different names. Received: {names}.")
    parent = make_folder(out.resolve().parent)
    with tempfile.TemporaryDirectory(prefix=f".{out.name}-", dir=parent) as scratch:
        page = Path(scratch) / "page"
        sizes = _fill(page, artifacts, litert)
        page.chmod(0o755)
        if out.exists():
            out.resolve().rename(Path(scratch) / "older")
        page.rename(out.resolve())
    return sizes


def install_litert() -> Path:
    """Returns the folder of the npm package `@litertjs/core`, which npm fetches the first time.

    The version and its checksum are those of `web_demo/package-lock.json`. The package is kept in
    `$XDG_CACHE_HOME/s2s-keras`, or in `~/.cache/s2s-keras`.

    Raises:
        MissingDependencyError: npm is not installed, or could not fetch it.
    """
    lock = (SOURCE / "package-lock.json").read_text("utf-8")
    version = json.loads(lock)["packages"]["node_modules/@litertjs/core"]["version"]
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "s2s-keras"
    installed = cache / f"litertjs-{version}"
    package = installed / "node_modules" / "@litertjs" / "core"
    if package.is_dir():
        return package
    advice = "Give its folder with `--litert`, or install npm and have it fetch the package."
    npm = shutil.which("npm")
    if npm is None:
        raise MissingDependencyError(f"The page needs LiteRT.js, of npm: @litertjs/core. {advice}")
    with tempfile.TemporaryDirectory(prefix=".litertjs-", dir=make_folder(cache)) as scratch:
        folder = Path(scratch) / "package"
        folder.mkdir()
        for name in ("package.json", "package-lock.json"):
            (folder / name).write_text((SOURCE / name).read_text("utf-8"), "utf-8")
        command = [npm, "ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund"]
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, stdin=subprocess.DEVNULL
        )
        if done.returncode:
            lines = (done.stderr or done.stdout).strip().splitlines()
            reason = next((line for line in lines if "error" in line.lower()), "no reason given")
            raise MissingDependencyError(f"npm could not fetch LiteRT.js: {reason}. {advice}")
        if not installed.exists():  # nobody else was faster
            folder.rename(installed)
    return package


def _browser_safe(artifact: Artifact) -> Artifact:
    """Raises `ArtifactError` for a graph that LiteRT.js does not run."""
    foreign = foreign_operators(artifact.graph)
    if foreign:
        raise ArtifactError(
            f"{artifact.path}: a browser's LiteRT.js has builtin operators only, and this graph "
            f"needs {', '.join(foreign)}. Export it again with `s2s-keras export`."
        )
    return artifact


def _fill(page: Path, artifacts: Sequence[Artifact], litert: Path) -> dict[str, int]:
    for pattern in PATTERNS:
        for path in sorted(SOURCE.glob(pattern)):
            _copy(path, page / path.relative_to(SOURCE))
    for path in page.rglob("*.js"):  # comments are for those who read the source
        path.write_text(jsmin(path.read_text("utf-8")) + "\n", "utf-8")
    wasm = _copy_litert(litert, page / "litert")
    listed = [_add_model(artifact, page) for artifact in artifacts]
    (page / "models.json").write_text(json.dumps(listed, indent=1) + "\n", "utf-8")
    (page / "licences.txt").write_text(_licences(artifacts), "utf-8")
    stored = sorted(path.relative_to(page).as_posix() for path in page.rglob("*.*"))
    stored = [name for name in stored if name != "service_worker.js" and name not in wasm]
    # Of LiteRT's builds a browser takes one: the service worker keeps the one that it took.
    digest = hashlib.sha256()
    for path in sorted(path for path in page.rglob("*") if path.is_file()):
        digest.update(path.relative_to(page).as_posix().encode() + b"\0" + path.read_bytes())
    lines = [f'self.VERSION = "{digest.hexdigest()[:16]}";']
    lines.append(f"self.FILES = {json.dumps(['./', *stored], indent=1)};")
    (page / STAMP).write_text("\n".join(lines) + "\n", "utf-8")
    return {
        path.relative_to(page).as_posix(): path.stat().st_size
        for path in sorted(page.rglob("*"))
        if path.is_file()
    }


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)


def _copy_litert(litert: Path, target: Path) -> set[str]:
    """Copies the builds that the page may need, and returns their places in it."""
    names = [f"{build}.{kind}" for build in WASM for kind in ("js", "wasm")]
    for name in names:
        path = litert / "wasm" / name
        if not path.is_file():
            raise ArtifactError(
                f"{litert}: there is no wasm/{name}. `--litert` must be the folder of the npm "
                "package @litertjs/core, such as node_modules/@litertjs/core."
            )
        _copy(path, target / name)
    return {f"{target.name}/{name}" for name in names}


def _add_model(artifact: Artifact, page: Path) -> dict[str, Any]:
    name = artifact.path.name
    _copy(artifact.path, page / "models" / name)
    (page / "models" / f"{artifact.path.stem}.md").write_text(model_card(artifact), "utf-8")
    kind = "translator" if artifact.lexicon is None else "corrector"
    title = artifact.metadata.get("name") or artifact.path.stem
    return {"name": str(title), "kind": kind, "file": f"models/{name}"}


def _licences(artifacts: Sequence[Artifact]) -> str:
    lines = [
        f"The page: s2s-keras {s2s_keras.__version__}, Apache License 2.0.",
        "litert/: LiteRT.js, npm package @litertjs/core, Apache License 2.0.",
        *(
            f"models/{artifact.path.name}: see its card, models/{artifact.path.stem}.md."
            for artifact in artifacts
        ),
    ]
    return "\n".join(lines) + "\n"
