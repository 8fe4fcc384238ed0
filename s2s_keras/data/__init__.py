"""Files of pairs flow in, and bucketed, padded batches of token ids flow out.

Reading and writing pairs needs the standard library alone, embeddings and shortlists NumPy; the
batches, in `s2s_keras.data.batches`, need `grain`.
"""

from s2s_keras.data.builtin import DATASETS, BuiltDataset, build_dataset, write_dataset
from s2s_keras.data.catalogue import PUBLIC_DATASETS
from s2s_keras.data.embeddings import check_embeddings, embedding_matrix, read_embeddings
from s2s_keras.data.pairs import Pair, read_pairs, split_pairs, write_pairs
from s2s_keras.data.public import PublicDataset
from s2s_keras.data.shortlist import learn_shortlist

__all__ = [
    "DATASETS",
    "PUBLIC_DATASETS",
    "BuiltDataset",
    "Pair",
    "PublicDataset",
    "build_dataset",
    "check_embeddings",
    "embedding_matrix",
    "learn_shortlist",
    "read_embeddings",
    "read_pairs",
    "split_pairs",
    "write_dataset",
    "write_pairs",
]
