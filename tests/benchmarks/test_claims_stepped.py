"""The slower forms of Luong's decoder compute what the fast one computes."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.claims.stepped import FORMS, build_form
from s2s_keras.text import CharacterTokenizer


@pytest.mark.parametrize("cell", ["gru", "lstm"])
def test_every_form_gives_the_same_logits(cell: str) -> None:
    tokenizer = CharacterTokenizer("abcde")
    sizes = {"embedding_size": 6, "units": 8, "dropout": 0.0, "cell": cell}
    models = {form: build_form(form, tokenizer, tokenizer, **sizes) for form in FORMS}
    inputs = {
        "source_ids": np.asarray([[4, 5, 6], [7, 8, 0]], np.int32),
        "target_ids": np.asarray([[5, 6, 2, 0], [8, 4, 7, 2]], np.int32),
    }
    expected = models["all at once"](inputs)
    assert {type(model.decoder) for model in models.values()} == set(FORMS.values())
    for model in models.values():
        model.set_weights(models["all at once"].get_weights())
        np.testing.assert_allclose(model(inputs), expected, atol=1e-5)
