"""The public corpora that `s2s-keras data` knows, by name."""

from __future__ import annotations

from s2s_keras.data.autocorrect import AUTOCORRECT
from s2s_keras.data.multi30k import MULTI30K
from s2s_keras.data.public import PublicDataset
from s2s_keras.data.tatoeba import TATOEBA

__all__ = ["PUBLIC_DATASETS"]

PUBLIC_DATASETS: dict[str, PublicDataset] = {
    dataset.name: dataset for dataset in (AUTOCORRECT, *MULTI30K, *TATOEBA)
}
