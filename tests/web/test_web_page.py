"""`s2s-keras web`, and what it writes."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from s2s_keras.cli import main
from s2s_keras.errors import ArtifactError, MissingDependencyError
from s2s_keras.runtime.shipped import shipped_corrector, shipped_model
from s2s_keras.web_page import install_litert, write_page
from tests.web.site import LITERT


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_the_verb_writes_a_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "page"
    status = main(["web", str(shipped_corrector("en")), "--out", str(out), "--litert", str(LITERT)])
    assert status == 0
    printed = capsys.readouterr()
    assert "page and code" in printed.out
    assert "http.server" in printed.err
    models = json.loads((out / "models.json").read_text())
    assert models == [{"name": "autocorrect-en", "kind": "corrector", "file": "models/en.tflite"}]
    assert (out / "models/en.tflite").read_bytes() == shipped_corrector("en").read_bytes()


def test_without_models_those_that_ship_are_on_it(page_folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "page"
    assert main(["web", "--out", str(out), "--litert", str(LITERT)]) == 0
    assert contents(out) == contents(page_folder)


def test_every_file_of_the_page_is_stored_for_offline_use(page_folder: Path) -> None:
    stamp = (page_folder / "files.js").read_text()
    listed = json.loads(re.findall(r"self.FILES = (.*);", stamp, re.DOTALL)[0])
    kept = {name for name in contents(page_folder) if not name.startswith("litert/")}
    assert set(listed) == kept - {"files.js", "service_worker.js"} | {"./"}


def test_another_content_is_another_version(page_folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "page"
    write_page([shipped_corrector("en")], out, LITERT)
    first = (out / "files.js").read_text().splitlines()[0]
    write_page([shipped_model("en", "fr")], out, LITERT)
    second = (out / "files.js").read_text().splitlines()[0]
    assert first.startswith('self.VERSION = "') and first != second
    assert not (out / "models/en.tflite").exists()
    assert list(tmp_path.iterdir()) == [out]


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(FileExistsError, match="no page of ours"):
        write_page([shipped_corrector("en")], tmp_path, LITERT)
    assert main(["web", "--out", str(tmp_path), "--litert", str(LITERT)]) != 0
    assert contents(tmp_path) == {"thesis.txt": b"years of work"}


def test_a_failure_leaves_the_older_page(page_folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "page"
    shutil.copytree(page_folder, out)
    with pytest.raises(ArtifactError, match="--litert"):
        write_page([shipped_corrector("en")], out, tmp_path)
    assert contents(out) == contents(page_folder)
    assert list(tmp_path.iterdir()) == [out]


def test_models_must_run_in_a_browser(foreign_file: Path, tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match=r"foreign\.tflite.*Erfinv"):
        write_page([foreign_file], tmp_path / "page", LITERT)
    twice = [shipped_corrector("en"), shipped_corrector("en")]
    with pytest.raises(ArtifactError, match="different names"):
        write_page(twice, tmp_path / "page", LITERT)
    with pytest.raises(ArtifactError, match="missing.tflite"):
        write_page([tmp_path / "missing.tflite"], tmp_path / "page", LITERT)
    assert not (tmp_path / "page").exists()


def test_npm_fetches_litert_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    package = install_litert()
    assert contents(package / "wasm") == contents(LITERT / "wasm")
    monkeypatch.setenv("PATH", "")  # no npm any more
    assert install_litert() == package


def test_without_npm_the_page_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("PATH", "")
    with pytest.raises(MissingDependencyError, match="--litert"):
        install_litert()


def test_what_npm_cannot_fetch_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    for name in ("npm_config_registry", "npm_config_cache"):
        monkeypatch.setenv(
            name, {"npm_config_registry": "http://127.0.0.1:9/"}.get(name, str(tmp_path))
        )
    monkeypatch.setenv("npm_config_fetch_retries", "0")
    with pytest.raises(MissingDependencyError, match="npm could not fetch"):
        install_litert()
    assert not list((tmp_path / "s2s-keras").iterdir())
