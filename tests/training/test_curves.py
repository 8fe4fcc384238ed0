import math
import re

import numpy as np
import pytest

from s2s_keras.training.curves import curves_svg, plot_history
from tests.page import Page


def test_history_plot_shows_train_and_dev_and_the_kept_epoch(
    tmp_path, monkeypatch: pytest.MonkeyPatch
):
    from matplotlib.figure import Figure

    saved = []
    save = Figure.savefig
    monkeypatch.setattr(Figure, "savefig", lambda f, *a, **k: (saved.append(f), save(f, *a, **k)))
    row = {"nll": 1.0, "val_nll": 1.5, "exact_match": 0.2, "val_exact_match": 0.1}
    history = [{"epoch": 1, **row}, {"epoch": 2, **{key: value / 2 for key, value in row.items()}}]
    plot_history(history, tmp_path / "loss.png")
    plot_history(history, tmp_path / "loss.png", kept=2)
    plain, marked = [
        {
            (axes.get_ylabel(), line.get_label()): (line.get_xdata(), line.get_ydata())
            for axes in figure.axes
            for line in axes.lines
        }
        for figure in saved
    ]
    nll = "negative log-likelihood (nats a token)"
    assert len(plain) == 4
    np.testing.assert_allclose(plain[nll, "dev"][1], [1.5, 0.75])
    assert len(marked) == 6
    np.testing.assert_allclose(marked[nll, "kept: epoch 2"][0], [2, 2])
    assert (tmp_path / "loss.png").stat().st_size > 1000


ROW = {
    "nll": 1.0,
    "val_nll": 1.5,
    "exact_match": 0.2,
    "val_exact_match": 0.1,
    "learning_rate": 0.001,
    "tokens_per_second": 5000.0,
    "waiting": 0.25,
}


def test_curves_of_a_page_have_its_colours_and_no_other_file() -> None:
    history = [{"epoch": epoch, "step": epoch, **ROW} for epoch in (1, 2, 3)]
    history[1] = {**history[1], "val_nll": math.nan}
    svg = curves_svg(history, kept=3)
    page = Page(svg)
    assert len(page.all("svg")) == 1
    texts = page.text("text")
    for label in ("negative log-likelihood", "learning rate", "tokens a second", "waiting"):
        assert label in texts
    assert "token accuracy" not in texts  # the history has none
    assert texts.count("kept: epoch 3") == texts.count("train") == texts.count("dev") == 2
    assert not re.search(r"#[0-9a-f]{6}\b", svg)  # else one would not show in the dark
    assert {"var(--text)", "var(--first)", "var(--second)"} <= set(re.findall(r"var\(.*?\)", svg))
    assert "href" not in re.sub(r'xlink:href="#[^"]*"|xmlns:xlink="[^"]*"', "", svg)
    assert curves_svg(history, kept=3) == svg
