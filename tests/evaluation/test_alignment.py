import dataclasses
import sys

import numpy as np
import pytest
from matplotlib.figure import Figure

from s2s_keras.decoding import Prediction
from s2s_keras.errors import MissingDependencyError
from s2s_keras.evaluation import attention_png, plot_attention

ATTENTION = np.array([[0.7, 0.2, 0.1], [0.0, 0.5, 0.5]], np.float32)
PREDICTION = Prediction("h", -0.1, -0.1, ("h", " ", "$"), ("h", "<eos>"), ATTENTION)


@pytest.fixture
def figures(monkeypatch):
    """The figures that are saved."""
    saved = []
    save = Figure.savefig

    def note(figure, *arguments, **options):
        saved.append(figure)
        save(figure, *arguments, **options)

    monkeypatch.setattr(Figure, "savefig", note)
    return saved


@pytest.mark.parametrize(
    ("suffix", "beginning"), [(".png", b"\x89PNG"), (".svg", b"<?xml"), (".pdf", b"%PDF")]
)
def test_plot_attention_writes_the_format_of_the_suffix(tmp_path, suffix, beginning):
    path = tmp_path / f"heat{suffix}"
    plot_attention(PREDICTION, str(path))
    content = path.read_bytes()
    assert content.startswith(beginning)
    assert len(content) > 1000
    assert list(tmp_path.iterdir()) == [path]


def test_plot_attention_has_target_rows_and_source_columns(tmp_path, figures):
    plot_attention(PREDICTION, tmp_path / "heat.png")
    axes = figures[0].axes[0]
    image = axes.images[0]
    np.testing.assert_array_equal(image.get_array(), ATTENTION)
    assert image.get_clim() == (0.0, 1.0)
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("source", "target")
    assert [label.get_text() for label in axes.get_xticklabels()] == ["h", "␣", "$"]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["h", "<eos>"]


@pytest.mark.parametrize(("tokens", "rotation"), [(("h", " ", "$"), 0), (("a", "▁red", "."), 90)])
def test_plot_attention_turns_words(tmp_path, figures, tokens, rotation):
    prediction = dataclasses.replace(PREDICTION, source_tokens=tokens)
    plot_attention(prediction, tmp_path / "heat.png")
    labels = figures[0].axes[0].get_xticklabels()
    assert {label.get_rotation() for label in labels} == {rotation}


def test_plot_attention_of_a_model_without_raises(tmp_path):
    prediction = Prediction("h", -0.1, -0.1, ("h",), ("h", "<eos>"), None)
    with pytest.raises(ValueError, match="needs a model with attention"):
        plot_attention(prediction, tmp_path / "heat.png")
    assert list(tmp_path.iterdir()) == []


def test_plot_attention_in_a_missing_folder_raises(tmp_path):
    with pytest.raises(FileNotFoundError):
        plot_attention(PREDICTION, tmp_path / "missing" / "heat.png")


def test_plot_attention_without_matplotlib_names_the_remedy(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(MissingDependencyError, match="pip install matplotlib"):
        plot_attention(PREDICTION, tmp_path / "heat.png")
    assert list(tmp_path.iterdir()) == []


def test_plot_without_suffix_is_a_png(tmp_path):
    plot_attention(PREDICTION, tmp_path / "heat")
    assert [path.name for path in tmp_path.iterdir()] == ["heat"]
    assert (tmp_path / "heat").read_bytes().startswith(b"\x89PNG")


def test_plot_of_unknown_format_raises_and_leaves_nothing(tmp_path):
    with pytest.raises(ValueError, match="'xyz' is not supported"):
        plot_attention(PREDICTION, tmp_path / "heat.xyz")
    assert list(tmp_path.iterdir()) == []


def test_plot_of_glyphs_that_the_font_lacks_is_drawn(tmp_path):
    prediction = Prediction("h", -0.1, -0.1, ("漢", "字", "x"), ("h", "<eos>"), ATTENTION)
    plot_attention(prediction, tmp_path / "heat.png")
    assert (tmp_path / "heat.png").stat().st_size > 1000


def test_attention_png_is_a_picture_that_grows_with_the_tokens():
    attention = np.full((2, 8), 1 / 8, np.float32)
    longer = dataclasses.replace(PREDICTION, source_tokens=tuple("abcdefgh"), attention=attention)
    pictures = [attention_png(prediction) for prediction in (PREDICTION, longer)]
    assert all(png.startswith(b"\x89PNG") for png in pictures)
    widths = [int.from_bytes(png[16:20], "big") for png in pictures]
    assert widths[0] < widths[1] < 1000
    with pytest.raises(ValueError, match="needs a model with attention"):
        attention_png(dataclasses.replace(PREDICTION, attention=None))
