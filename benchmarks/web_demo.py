"""Times the page of `s2s-keras web` in headless Chromium, and weighs its memory.

    python -m benchmarks.web_demo

After `make test`, which installs what it needs. Three figures: the median of a word corrected,
alone in a page with nothing else to do; how long after a first visit, with nothing stored, the
first word is corrected; and the memory of page and worker, wasm included, after a million
characters were typed, over that before. `--heap-only` and `--speed-only` leave out the rest.
"""

from __future__ import annotations

import argparse
import json
import re
import tempfile
from contextlib import suppress
from pathlib import Path
from statistics import median
from typing import Any

from rich.console import Console
from rich.progress import track

from benchmarks.android_core import TEXTS
from s2s_keras.runtime.shipped import shipped_models
from s2s_keras.text.words import find_words
from s2s_keras.web_page import write_page
from tests.browser import headless_browser
from tests.web.site import ISOLATED, LITERT, Site

__all__ = ["main"]

VISITS = 5
RESIDENT = "resident"
CHARACTERS, TEXT_CHARACTERS = 1_000_000, 400
WORDS_PAGE = """<!doctype html><meta charset="utf-8"><script type="module">
import { loadRuntime, openModel } from './core/index.js';
window.time = async (words) => {
  const runtime = await loadRuntime({ litert: './litert/' });
  const bytes = new Uint8Array(await (await fetch('models/en.tflite')).arrayBuffer());
  const times = [];
  for (let round = 0; round < 4; round++) {
    const model = await openModel(runtime, bytes, 'en.tflite'); // a new one remembers no word
    for (const [word, left] of words) {
      const start = performance.now();
      model.correctWord(word, left, '');
      if (round) times.push(performance.now() - start);
    }
    model.close();
  }
  return times;
};
</script>"""
FIRST_VISIT = """
addEventListener('DOMContentLoaded', () => {
  const field = document.getElementById('typed');
  field.focus();
  document.execCommand('insertText', false, 'I beleive ');
  const look = () => {
    if (field.value === 'I believe ') window.firstCorrection = performance.now();
    else setTimeout(look, 2);
  };
  look();
});
"""
TYPING = """
const [text, rounds, done] = arguments;
const field = document.getElementById('typed');
const pause = (ms) => new Promise((go) => setTimeout(go, ms));
(async () => {
  for (let round = 0; round < rounds; round++) {
    field.value = '';
    field.dispatchEvent(new InputEvent('input', { inputType: 'deleteContentBackward' }));
    for (const letter of text) {
      field.setRangeText(letter, field.selectionEnd, field.selectionEnd, 'end');
      field.dispatchEvent(new InputEvent('input', { inputType: 'insertText', data: letter }));
      if (letter === '.') await pause(40); // the page looks at what stands there
    }
  }
  await pause(500);
})().then(() => done(field.value), (error) => done(String(error)));
"""
MEMORY = """
const done = arguments[0];
performance.measureUserAgentSpecificMemory().then(done, (error) => done(String(error)));
"""


def main() -> None:
    """Measures and prints a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--characters", type=int, default=CHARACTERS, help="to type")
    parts = parser.add_mutually_exclusive_group()
    parts.add_argument("--speed-only", action="store_true")
    parts.add_argument("--heap-only", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "page"
        write_page(shipped_models(), folder, LITERT)
        (folder / "words.html").write_text(WORDS_PAGE, "utf-8")
        with Site(folder, headers=ISOLATED) as site:
            print("| figure | |\n|---|---|")
            if not options.heap_only:
                times = _word_times(site, Path(scratch))
                ordered = sorted(times)
                print(f"| a word corrected, median | {median(times):.2f} ms |")
                print(f"| one word in twenty takes | {ordered[-len(ordered) // 20]:.2f} ms |")
                visits = [_first_visit(site, Path(scratch) / f"visit{n}") for n in range(VISITS)]
                print(f"| first correction of a first visit, median of {VISITS} |", end=" ")
                print(f"{median(visits):.2f} s ({min(visits):.2f} to {max(visits):.2f}) |")
            if not options.speed_only:
                before, after = _memory(site, Path(scratch), options.characters)
                resident = after.pop(RESIDENT) / before.pop(RESIDENT)
                heap = sum(after.values()) / sum(before.values())
                times = f"after {options.characters:,} characters over before"
                print(f"| heap {times} | {heap:.2f} |")
                print(f"| resident memory of the page's process {times} | {resident:.2f} |")
                print(f"| before, by kind | {json.dumps(before)} |")
                print(f"| after, by kind | {json.dumps(after)} |")


def _word_times(site: Site, scratch: Path) -> list[float]:
    words = [(word.text, text[: word.start]) for text in TEXTS for word in find_words(text)]
    with headless_browser(scratch / "words") as driver:
        driver.get(f"{site.url}words.html")
        driver.set_script_timeout(120)
        script = (
            "const done = arguments[1]; window.time(arguments[0]).then(done, e => done(String(e)))"
        )
        times = driver.execute_async_script(script, words)
    if not isinstance(times, list):
        raise RuntimeError(times)
    return times


def _first_visit(site: Site, profile: Path) -> float:
    """Returns the seconds from asking for the page to the first word corrected."""
    with headless_browser(profile) as driver:
        driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": FIRST_VISIT})
        driver.get(site.url)
        driver.set_script_timeout(60)
        script = (
            "const done = arguments[0]; const look = () => window.firstCorrection"
            " ? done(window.firstCorrection) : setTimeout(look, 20); look()"
        )
        return float(driver.execute_async_script(script)) / 1000


def _memory(site: Site, scratch: Path, characters: int) -> tuple[dict[str, int], dict[str, int]]:
    """Returns bytes by kind before and after."""
    text = " ".join(TEXTS)[:TEXT_CHARACTERS]
    flag = "--enable-blink-features=ForceEagerMeasureMemory"
    with headless_browser(scratch / "memory", flag) as driver:
        driver.get(site.url)
        driver.set_script_timeout(110)
        driver.execute_async_script(
            "const done = arguments[0]; const look = () => "
            "document.getElementById('corrector-status').textContent === 'Ready.'"
            " ? done() : setTimeout(look, 20); look()"
        )
        driver.execute_async_script(TYPING, text, 25)  # what is set up once is there
        before = _measure(driver, scratch)
        rounds = range(0, max(characters // len(text), 1), 25)
        for _ in track(rounds, "typing", console=Console(stderr=True), transient=True):
            typed = driver.execute_async_script(TYPING, text, 25)
        if "believe" not in typed:
            raise RuntimeError(f"The page has not corrected what was typed: {typed!r}.")
        return before, _measure(driver, scratch)


def _measure(driver: Any, scratch: Path) -> dict[str, int]:
    """Returns bytes by kind; the wasm's memory is in the resident bytes alone."""
    driver.execute_cdp_cmd("HeapProfiler.collectGarbage", {})
    found = driver.execute_async_script(MEMORY)
    if not isinstance(found, dict):
        raise RuntimeError(found)
    kinds: dict[str, int] = {}
    for part in found["breakdown"]:
        if part["bytes"]:
            scopes = {entry["scope"] for entry in part["attribution"]} or {"shared"}
            name = " ".join([*sorted(scopes), *part["types"]])
            kinds[name] = kinds.get(name, 0) + part["bytes"]
    return {**kinds, RESIDENT: _resident(scratch)}


def _resident(scratch: Path) -> int:
    """Returns the resident bytes of the processes that show a browser's pages."""
    kilobytes = 0
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            command = (folder / "cmdline").read_bytes()
            if b"--type=renderer" in command and str(scratch).encode() in command:
                [line] = re.findall(r"VmRSS:\s+(\d+) kB", (folder / "status").read_text())
                kilobytes += int(line)
    return 1024 * kilobytes


if __name__ == "__main__":
    main()
