"""`report.html` of a training; `tests/evaluation/test_report.py` has that of an evaluation."""

import math
import re
from pathlib import Path

import keras
import numpy as np
import pytest

from s2s_keras.decoding import Prediction
from s2s_keras.recipe import load_recipe, parse_recipe
from s2s_keras.training.report import Subject, write_training_report
from s2s_keras.training.samples import Sample
from tests.correction.few_words import write_data
from tests.page import Page

HOSTILE = "</td><script>alert('x')</script> & \u05e9\u05dc\u05d5\u05dd"
HISTORY = [
    {"epoch": epoch, "step": 700 * epoch, "nll": nll, "val_nll": nll + 0.1, "seconds": 4000.0}
    for epoch, nll in ((1, 2.0), (2, 0.5), (3, 0.75))
]
METRICS = {
    "pairs": 1234,
    "unprocessed": 5,
    "fix_rate": 0.75,
    "broken_rate": None,
    "exact_match": 0.5,
    "character_error_rate": 0.25,
}


def subject_of(**sections: object) -> Subject:
    recipe = parse_recipe({"name": "toy", "data": {"dataset": "misspellings"}, **sections})
    return Subject(recipe, HOSTILE, "CC BY 4.0", 4567, 1234, 98765)


def samples() -> list[Sample]:
    attention = np.array([[0.9, 0.1], [0.25, 0.75]], np.float32)
    prediction = Prediction(HOSTILE, -1.0, -1.0, ("<a", "b"), ("&", "<eos>"), attention)
    return [Sample(HOSTILE, f"reference {HOSTILE}", prediction), Sample("two", "three", None)]


def test_report_shows_the_training(tmp_path: Path) -> None:
    write_training_report(tmp_path, subject_of(), HISTORY, samples(), METRICS)
    page = Page((tmp_path / "report.html").read_text(encoding="utf-8"))
    text = page.text("td") + page.text("p")
    for shown in ("4,567", "98,765", "2,100", "1 h 6 min", "CC BY 4.0", keras.__version__):
        assert shown in text
    assert keras.backend.backend() in text
    assert "1,234 (5 unprocessed)75.0%none in the data50.0%25.0%" in text
    assert "Finished after 3 of 10 epochs" in text
    [kept] = re.findall(r'<tr class="kept">(.*?)</tr>', read(tmp_path))
    assert re.findall(r">([^<]+)</td>", kept) == ["2", "1,400", "0.5", "0.6", "4,000"]
    assert "dataset: misspellings" in page.text("pre")
    assert f"s2s-keras export {tmp_path} --out toy.tflite" in page.text("pre")
    assert len(page.all("rect", class_="weight")) == 4
    assert "does not take the source" in text


def test_report_loads_nothing_and_runs_nothing(tmp_path: Path) -> None:
    write_training_report(tmp_path, subject_of(), HISTORY, samples(), METRICS)
    page = Page(read(tmp_path))
    assert not page.all("script") and not page.all("link") and not page.all("img")
    [policy] = page.all("meta", **{"http-equiv": "Content-Security-Policy"})
    assert policy["content"] == "default-src 'none'; style-src 'unsafe-inline'"
    assert page.text("bdi").count(HOSTILE) == 3
    assert HOSTILE in page.text("td")
    assert "prefers-color-scheme: dark" in page.text("style")


def test_report_of_a_training_under_way_says_how_to_go_on(tmp_path: Path) -> None:
    folder = tmp_path / "a run"
    folder.mkdir()
    write_training_report(folder, subject_of(), HISTORY[:1])
    page = Page(read(folder))
    assert "1 of 10 epochs are done" in page.text("p")
    command = f"s2s-keras train '{folder}/config.json' --out '{folder}' --resume"
    assert command in page.text("pre")
    assert "s2s-keras export" not in page.text("pre")
    assert "training.samples" in page.text("code")


def test_report_of_a_corrector_says_why_it_has_no_samples(tmp_path: Path) -> None:
    recipe = load_recipe(write_data(tmp_path))
    subject = Subject(recipe, "texts", "CC0", 20, 7, 98765)
    write_training_report(tmp_path, subject, HISTORY, (), {"pairs": 7, "perplexity": 12.5})
    page = Page(read(tmp_path))
    assert "writes no texts" in page.text("p")
    assert "712.50" in page.text("td")
    assert "predict" not in page.text("pre")


@pytest.mark.parametrize("figure", [math.nan, math.inf])
def test_report_shows_figures_that_are_no_numbers(tmp_path: Path, figure: float) -> None:
    write_training_report(tmp_path, subject_of(), [{**HISTORY[0], "val_nll": figure}])
    assert str(figure) in Page(read(tmp_path)).text("td")


def read(folder: Path) -> str:
    return (folder / "report.html").read_text(encoding="utf-8")
